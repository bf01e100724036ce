//! What a deputy and the person acted for read: that roles were handed over, that it begins, and that it was ended.
//!
//! Like every message they name no person: the page that they lead to does.

use super::Message;
use crate::{Deputy, Role, calendar::long_date};

/// Where people see and change who acts for whom.
pub const PAGE: &str = "/deputies";

fn message(subject: String, body: String) -> Message {
    Message { subject, body, link: PAGE.to_owned() }
}

fn roles(deputy: &Deputy) -> String {
    deputy
        .roles
        .iter()
        .map(|role: &Role| format!("- {}", role.name()))
        .collect::<Vec<_>>()
        .join("\n")
}

/// To the colleague, who acts from a later day on.
pub fn appointed(deputy: &Deputy) -> Message {
    let (first, last) = (long_date(deputy.first), long_date(deputy.last));
    message(
        format!("You act for a colleague from {first} to {last}"),
        format!(
            "A colleague hands these roles over to you from {first} to {last}:\n\n{}\n\n\
             You can end it at any time.",
            roles(deputy)
        ),
    )
}

/// To the deputy, on the first day.
pub fn begun(deputy: &Deputy) -> Message {
    let last = long_date(deputy.last);
    message(
        format!("You now act for a colleague until {last}"),
        format!(
            "Until {last} you can do what a colleague does in these roles:\n\n{}\n\n\
             What you do for them carries both names and counts as done by both.",
            roles(deputy)
        ),
    )
}

/// To the person acted for, on the first day.
pub fn begun_for(deputy: &Deputy) -> Message {
    let last = long_date(deputy.last);
    message(
        format!("A colleague now acts for you until {last}"),
        format!(
            "Until {last} your deputy can do what you do in these roles:\n\n{}\n\n\
             You can still act yourself, and end it at any time.",
            roles(deputy)
        ),
    )
}

/// To the deputy, where it was ended.
pub fn ended(deputy: &Deputy) -> Message {
    message(
        "You no longer act for a colleague".to_owned(),
        format!(
            "It was ended that you act in these roles:\n\n{}\n\nWhat you did for them stays as it is.",
            roles(deputy)
        ),
    )
}

/// To the person acted for, where it was ended.
pub fn ended_for(deputy: &Deputy) -> Message {
    message(
        "A colleague no longer acts for you".to_owned(),
        format!(
            "It was ended that a deputy acts for you in these roles:\n\n{}\n\n\
             What was done for you stays as it is.",
            roles(deputy)
        ),
    )
}
