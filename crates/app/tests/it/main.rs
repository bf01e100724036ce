//! Whole-program stories, run on SQLite and on PostgreSQL.

mod support;

mod calculate;
mod extract_names;
mod session;
