//! What people see: every address, the pages and their templates.
