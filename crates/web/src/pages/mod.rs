//! The pages, one file per noun.

pub mod home;
pub mod organisation;
pub mod sign_in;
