//! An entry of a history, as pages of money show it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use store::event::Happened;

/// An entry of the history.
#[derive(Debug, Serialize)]
pub(in crate::pages) struct Happening {
    title: String,
    by: String,
    at: DateTime<Utc>,
}

impl Happening {
    pub(in crate::pages) fn of(happened: &Happened, sees_money: bool) -> Self {
        let by = if happened.organisation.is_empty() {
            happened.actor.clone()
        } else {
            format!("{}, {}", happened.actor, happened.organisation)
        };
        Self { title: happened.event.sentence(sees_money), by, at: happened.at }
    }
}
