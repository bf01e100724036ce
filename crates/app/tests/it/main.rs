//! Whole-program stories, run on SQLite and on PostgreSQL.
#![cfg(test)]

mod support;

mod achievement;
mod calculate;
mod declaration;
mod extract;
mod extract_names;
mod payment;
mod session;
mod submission;
