//! What differs between two definitions of a service, for a table of what changes.

use domain::Service;
use domain::service::{Difference, differences};
use serde::Serialize;

/// One thing that changes.
#[derive(Debug, Serialize)]
pub(crate) struct Change {
    what: String,
    before: String,
    after: String,
}

impl From<Difference> for Change {
    fn from(one: Difference) -> Self {
        Self { what: one.what, before: one.before, after: one.after }
    }
}

/// Everything in which two definitions differ; amounts only for readers who may see prices.
pub(crate) fn changes(before: &Service, after: &Service, sees_prices: bool) -> Vec<Change> {
    differences(before, after, sees_prices).into_iter().map(Change::from).collect()
}
