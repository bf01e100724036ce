//! The pages, one file per noun.

pub mod achievement;
pub mod declaration;
pub mod home;
pub mod organisation;
pub mod payment;
pub mod sign_in;
pub mod submission;
