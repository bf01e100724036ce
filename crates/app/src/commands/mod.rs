//! The commands, one file each.

pub mod audit;
pub mod backup;
pub mod bank_holidays;
pub mod calculate;
pub mod doctor;
pub mod export;
pub mod extract;
pub mod import;
pub mod layout;
pub mod list_sizes;
pub mod migrate;
pub mod next_year;
pub mod organisations;
pub mod outbox;
pub mod person;
pub mod reference;
pub mod restore;
pub mod service;
pub mod work;
