//! The pages, one file per noun.

pub mod account;
pub mod achievement;
pub mod adjustment;
pub mod audit;
pub mod calendar;
pub mod cluster;
pub mod contract;
pub mod correction;
pub mod declaration;
pub mod delegation;
pub mod deputy;
pub mod hold;
pub mod home;
pub mod message;
pub mod network;
pub mod offer;
pub mod organisation;
pub mod payment;
pub mod person;
pub mod question;
pub mod receipt;
pub mod reference;
pub mod service;
pub mod sign_in;
pub mod submission;
pub mod variation;
