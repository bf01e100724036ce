//! Whether an open hold covers a declaration: asked of those that are open now, with the providers of their clusters now.

use super::{Hold, Stops};
use crate::{Now, OrganisationId, ServiceId, calendar::long_date};
use chrono::{DateTime, Utc};
use std::{collections::BTreeSet, fmt};

/// What a person typed, to stand before another sentence.
pub fn with_stop(text: &str) -> String {
    let end = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{text}{end}")
}

/// What a hold may stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// To declare and to approve.
    Declare,
    /// To put in a payment file.
    Pay,
}

/// That an open hold stops something: what a person reads of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Everything that it stops.
    pub stops: Stops,
    /// Name of the commissioner.
    pub commissioner: String,
    /// Who placed it there.
    pub by: String,
    /// When.
    pub since: DateTime<Utc>,
    /// Why.
    pub reason: String,
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (stops, since) = (self.stops.words(), long_date(Now::at(self.since).today));
        let Self { commissioner, by, reason, .. } = self;
        let reason = with_stop(reason);
        write!(
            f,
            "{commissioner} has put {stops} of this service on hold since {since} ({by}): {reason}"
        )
    }
}

impl From<&Hold> for Held {
    fn from(hold: &Hold) -> Self {
        Self {
            stops: hold.stops,
            commissioner: hold.commissioner_name.clone(),
            by: hold.placed.by.name.clone(),
            since: hold.placed.at,
            reason: hold.reason.clone(),
        }
    }
}

/// The open holds that a question is asked of, each with the providers of its cluster where it has one.
#[derive(Clone, Debug, Default)]
pub struct Open(Vec<(Hold, Option<BTreeSet<OrganisationId>>)>);

impl Open {
    /// Of holds with the providers of their clusters; those that are lifted stop nothing.
    pub fn new(holds: impl IntoIterator<Item = (Hold, Option<BTreeSet<OrganisationId>>)>) -> Self {
        let open = holds.into_iter().filter(|(hold, _)| hold.lifted.is_none());
        let mut open: Vec<_> = open.collect();
        open.sort_by(|(one, _), (other, _)| {
            (one.placed.at, one.id).cmp(&(other.placed.at, other.id))
        });
        Self(open)
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::new(self.0.into_iter().chain(other.0))
    }

    /// All of them, the oldest first.
    pub fn all(&self) -> impl Iterator<Item = &Hold> {
        self.0.iter().map(|(hold, _)| hold)
    }

    /// Those that cover what a commissioner pays a provider for a service, the oldest first.
    pub fn covering(
        &self,
        commissioner: OrganisationId,
        service: ServiceId,
        provider: OrganisationId,
    ) -> impl Iterator<Item = &Hold> {
        let covers = move |(hold, members): &&(Hold, Option<BTreeSet<OrganisationId>>)| {
            (hold.commissioner, hold.service) == (commissioner, service)
                && match (&hold.cluster, members) {
                    (None, _) => true,
                    (Some(_), members) => {
                        members.as_ref().is_some_and(|members| members.contains(&provider))
                    }
                }
        };
        self.0.iter().filter(covers).map(|(hold, _)| hold)
    }

    /// What stops an act: the oldest of the holds that do.
    pub fn held(
        &self,
        act: Act,
        commissioner: OrganisationId,
        service: ServiceId,
        provider: OrganisationId,
    ) -> Option<Held> {
        let mut covering = self.covering(commissioner, service, provider);
        covering.find(|hold| hold.stops.stops(act)).map(Held::from)
    }
}
