//! Whole-program stories, run on SQLite and on PostgreSQL.

mod calculate;
