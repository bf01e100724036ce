//! Until when what waits is to be declared and approved, for the hints of the work list.

use crate::error::WebError;
use crate::session::Visitor;
use domain::deadline::Kind;
use domain::{Now, Permission};
use store::deadline::Reckoner;

/// A hint for each step; empty where no day is set, or where this person may not see what waits.
#[derive(Debug, Default)]
pub(super) struct DueBy {
    pub(super) declare: String,
    pub(super) approve: String,
    pub(super) second: String,
    pub(super) finance: String,
}

impl DueBy {
    /// Of everything that waits at the visitor's organisation, or at a provider of it.
    pub(super) async fn of(
        tx: &mut store::Tx,
        visitor: &Visitor,
        now: &Now,
    ) -> Result<Self, WebError> {
        let by = &visitor.actor;
        if !by.may(Permission::SeeAchievement) {
            return Ok(Self::default());
        }
        let mut reckoner = Reckoner::new(tx).await?;
        let mut due = Self::default();
        let steps: &mut [(&str, Kind, &mut String)] = if visitor.organisation().kind.provides() {
            &mut [("awaiting_provider", Kind::Declare, &mut due.declare)]
        } else {
            &mut [
                ("awaiting_commissioner", Kind::Approve, &mut due.approve),
                ("awaiting_second", Kind::Approve, &mut due.second),
                ("awaiting_finance", Kind::Approve, &mut due.finance),
            ]
        };
        for (state, kind, words) in steps {
            let queue = reckoner.queue(tx, (state, *kind), by, now).await?;
            **words = queue.words(*kind, now.today, &reckoner.holidays);
        }
        Ok(due)
    }
}

/// The deadline before what it is worth.
pub(super) fn with(due: &str, worth: String) -> String {
    if due.is_empty() { worth } else { format!("{due} {worth}").trim_end().to_owned() }
}
