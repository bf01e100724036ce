//! Whole-program stories, run on SQLite and on PostgreSQL.
#![cfg(test)]

mod support;

mod achievement;
mod adjustment;
mod aspiration;
mod calculate;
mod cluster;
mod contract;
mod contract_discard;
mod contract_short;
mod contract_target;
mod declaration;
mod delegation;
mod extract;
mod extract_names;
mod hold;
mod network;
mod nil_return;
mod offer;
mod offer_bulk;
mod offer_moves;
mod organisation;
mod payment;
mod payment_answer;
mod preview;
mod provider_left;
mod question;
mod receipt;
mod receipt_money;
mod record_achievement;
mod reference;
mod reminder;
mod replacement;
mod review;
mod roll_over;
mod service;
mod session;
mod submission;
mod summary_report;
mod template;
mod unanswered;
mod unlikely_figure;
mod variation;
mod working;
mod year_statement;
