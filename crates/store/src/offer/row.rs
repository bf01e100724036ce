//! How an offer lies in its row, and what is asked of rows in more than one question.

use crate::{Result, StoreError};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    By, PersonId,
    offer::{Move, Offer, OfferState},
};
use uuid::Uuid;

#[derive(sqlx::FromRow)]
pub(super) struct OfferRow {
    pub(super) id: Uuid,
    pub(super) contract_id: Uuid,
    pub(super) service_id: Uuid,
    pub(super) provider_id: Uuid,
    pub(super) commissioner_id: Uuid,
    pub(super) components: String,
    pub(super) respond_by: NaiveDate,
    pub(super) answer_may_change: bool,
    pub(super) service_starts_on: NaiveDate,
    pub(super) service_ends_on: NaiveDate,
    pub(super) state: String,
    pub(super) state_by: Option<Uuid>,
    pub(super) state_by_name: Option<String>,
    pub(super) state_at: Option<DateTime<Utc>>,
    pub(super) state_text: Option<String>,
    pub(super) in_force_until: Option<NaiveDate>,
    pub(super) provider_closed_on: Option<NaiveDate>,
    pub(super) provider_moved: bool,
    pub(super) answered_from: Option<Uuid>,
    pub(super) made_at: DateTime<Utc>,
    pub(super) version: i64,
}

impl OfferRow {
    pub(super) fn read(self) -> Result<Offer> {
        let moved = || {
            Some(Move {
                by: By::oneself(self.state_by.map(PersonId), self.state_by_name.clone()?),
                at: self.state_at?,
                text: self.state_text.clone()?,
            })
        };
        let last_day = self.in_force_until;
        let state = match (self.state.as_str(), moved()) {
            ("pending", None) => OfferState::Pending,
            ("accepted", Some(moved)) => OfferState::Accepted(moved),
            ("rejected", Some(moved)) => OfferState::Rejected(moved),
            ("requested", Some(moved)) => OfferState::Requested(moved),
            ("turned_down", Some(moved)) => OfferState::TurnedDown(moved),
            ("withdrawn", Some(moved)) => OfferState::Withdrawn(moved),
            ("notice_given", Some(moved)) if let Some(last_day) = last_day => {
                OfferState::NoticeGiven(moved, last_day)
            }
            ("terminated", Some(moved)) => OfferState::Terminated(moved, last_day),
            (name, _) => {
                return Err(StoreError::Inconsistent {
                    table: "offer",
                    what: format!("state {name} of {} with who moved it", self.id),
                });
            }
        };
        Ok(Offer {
            id: self.id.into(),
            contract: self.contract_id.into(),
            service: self.service_id.into(),
            provider: self.provider_id.into(),
            commissioner: self.commissioner_id.into(),
            respond_by: self.respond_by,
            answer_may_change: self.answer_may_change,
            service_starts_on: self.service_starts_on,
            service_ends_on: self.service_ends_on,
            provider_closed_on: self.provider_closed_on,
            provider_moved: self.provider_moved,
            answered_from: self.answered_from.map(Into::into),
            state,
            version: self.version,
        })
    }
}

/// The codes of components as a column keeps them.
pub(crate) fn components(stored: &str) -> Result<Vec<String>> {
    serde_json::from_str(stored).map_err(|error| StoreError::Inconsistent {
        table: "offer",
        what: format!("components {stored}: {error}"),
    })
}

/// Whether an offer under this name is open or in force; a provider has at most one such offer of a service, as the
/// index `offer_live` says too.
macro_rules! is_live {
    ($offer:literal) => {
        concat!(
            "(",
            $offer,
            ".state IN ('pending', 'requested') OR ",
            $offer,
            ".in_force_until IS NOT NULL)"
        )
    };
}

pub(crate) use is_live;

/// The last day of the provider of the offer `o`, if it has one.
macro_rules! provider_closed_on {
    () => {
        "(SELECT q.closed_on FROM organisation q WHERE q.id = o.provider_id)"
    };
}

/// Whether the provider of the offer `o` is below another commissioner now.
macro_rules! provider_moved {
    () => {
        "NOT EXISTS (SELECT 1 FROM organisation q WHERE q.id = o.provider_id AND (q.parent_id = o.commissioner_id OR EXISTS
             (SELECT 1 FROM organisation i WHERE i.id = q.parent_id AND i.kind = 'icb' AND i.parent_id = o.commissioner_id)))"
    };
}

pub(super) use {provider_closed_on, provider_moved};

/// What an [`OfferRow`] is read from: the offer `o`, its contract `c`, its service `s`, and its provider `p` where that is
/// joined anyway.
macro_rules! columns {
    () => {
        $crate::offer::row::columns!(
            $crate::offer::row::provider_closed_on!(),
            $crate::offer::row::provider_moved!()
        )
    };
    (p) => {
        $crate::offer::row::columns!(
            "p.closed_on",
            "(p.parent_id IS DISTINCT FROM o.commissioner_id AND NOT EXISTS (SELECT 1 FROM organisation i
                 WHERE i.id = p.parent_id AND i.kind = 'icb' AND i.parent_id = o.commissioner_id))"
        )
    };
    ($closed_on:expr, $moved:expr) => {
        concat!(
            "o.id, o.contract_id, o.service_id, o.provider_id, o.commissioner_id, o.components, o.respond_by,
             (c.kind = 'Offer contract' AND c.answers_may_change) AS answer_may_change, s.starts_on AS service_starts_on,
             o.service_ends_on, o.state, o.state_by, o.state_by_name, o.state_at, o.state_text, o.in_force_until, ",
            $closed_on,
            " AS provider_closed_on, ",
            $moved,
            " AS provider_moved, o.answered_from, o.made_at, o.version"
        )
    };
}

pub(super) use columns;
