//! Whole-program stories, run on SQLite and on PostgreSQL.
#![cfg(test)]

mod support;

mod achievement;
mod calculate;
mod contract;
mod declaration;
mod extract;
mod extract_names;
mod offer;
mod organisation;
mod payment;
mod preview;
mod reference;
mod service;
mod session;
mod submission;
mod working;
