//! Offers: one service offered to one provider, where it stands, and until when the provider takes part.
//!
//! The acts stand beside each other by who makes them: [`answer`], [`offering`] and [`leaving`]; [`reminding`] moves nothing. Their machine is drawn in
//! `docs/rules/offers.md`, which a test compares with what these functions do.

pub mod answer;
pub mod leaving;
pub mod offering;
pub mod reminding;

pub use answer::{CannotAccept, CannotReject, CannotRequest, wrong_reason};
pub use leaving::{CannotEnd, CannotTakeBack, GivenNotice, last_day_that_counts, last_days};
pub use offering::{CannotExtend, CannotReissue, CannotTurnDown, CannotWithdraw};
pub use reminding::{CannotRemind, Waiting};

use crate::{
    Actor, By, Change, ContractId, Event, Now, OfferId, OrganisationId, ServiceId,
    calendar::long_date,
    status::{self, Status},
};
use chrono::{DateTime, NaiveDate, Utc};

/// Where an offer stands; each state carries what is true only in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OfferState {
    /// Waiting for the provider's answer, until the response date.
    Pending,
    /// Accepted: the provider takes part until the service ends.
    Accepted(Move),
    /// Rejected, with the provider's reason as the text.
    Rejected(Move),
    /// Asked for again after a rejection or an expiry, with the provider's words as the text.
    Requested(Move),
    /// A request that the commissioner did not follow, with its reason as the text.
    TurnedDown(Move),
    /// Taken back by the commissioner.
    Withdrawn(Move),
    /// One side stops: the provider takes part until the last day, and has ended after it.
    NoticeGiven(Move, NaiveDate),
    /// Stopped at once by the commissioner; the provider took part until the last day, or not at all.
    Terminated(Move, Option<NaiveDate>),
}

/// Who moved an offer into its state, when, and with what words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// Who.
    pub by: By,
    /// When.
    pub at: DateTime<Utc>,
    /// The reason or note given; empty where none was asked for.
    pub text: String,
}

impl Move {
    /// Now, by this actor, with these words.
    pub(crate) fn of(by: &Actor, now: &Now, text: &str) -> Self {
        Self { by: by.by(), at: now.instant, text: text.to_owned() }
    }
}

impl OfferState {
    /// Every state name, as stored.
    pub const NAMES: [&str; 8] = [
        "pending",
        "accepted",
        "rejected",
        "requested",
        "turned_down",
        "withdrawn",
        "notice_given",
        "terminated",
    ];

    /// The name stored.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted(_) => "accepted",
            Self::Rejected(_) => "rejected",
            Self::Requested(_) => "requested",
            Self::TurnedDown(_) => "turned_down",
            Self::Withdrawn(_) => "withdrawn",
            Self::NoticeGiven(..) => "notice_given",
            Self::Terminated(..) => "terminated",
        }
    }

    /// Who moved it here, when anyone did.
    pub fn moved(&self) -> Option<&Move> {
        match self {
            Self::Pending => None,
            Self::Accepted(moved)
            | Self::Rejected(moved)
            | Self::Requested(moved)
            | Self::TurnedDown(moved)
            | Self::Withdrawn(moved)
            | Self::NoticeGiven(moved, _)
            | Self::Terminated(moved, _) => Some(moved),
        }
    }
}

/// One service offered to one provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Identifier.
    pub id: OfferId,
    /// The contract it belongs to.
    pub contract: ContractId,
    /// The service.
    pub service: ServiceId,
    /// The provider.
    pub provider: OrganisationId,
    /// The commissioner.
    pub commissioner: OrganisationId,
    /// Last day for an answer.
    pub respond_by: NaiveDate,
    /// Whether the provider may change its answer until then: nobody asked those whom a direct contract binds.
    pub answer_may_change: bool,
    /// First day of the service.
    pub service_starts_on: NaiveDate,
    /// Last day of the service.
    pub service_ends_on: NaiveDate,
    /// Last day of the provider, where it has closed or is to close.
    pub provider_closed_on: Option<NaiveDate>,
    /// Whether the provider belongs to another commissioner now.
    pub provider_moved: bool,
    /// The organisation that gave the answer in the provider's place, where another one did.
    pub answered_from: Option<OrganisationId>,
    /// Where it stands.
    pub state: OfferState,
    /// Raised by one with each move.
    pub version: i64,
}

/// Why the provider of an offer is not the commissioner's any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum ProviderLeft {
    #[error("The provider belongs to another commissioner now.")]
    Moved,
    #[error("The provider closed on {}.", long_date(*.0))]
    Closed(NaiveDate),
}

/// Longest reason or note, in characters.
pub const TEXT_MAX: usize = 500;

/// The name of the status of an offer whose state has this name: where it waits it has expired after its response date, and
/// under notice it has ended after its last day.
pub fn status_name(
    state: &str,
    respond_by: NaiveDate,
    last_day: Option<NaiveDate>,
    today: NaiveDate,
) -> &str {
    match state {
        "pending" if today > respond_by => "expired",
        "notice_given" if last_day.is_some_and(|last_day| today > last_day) => "ended",
        state => state,
    }
}

/// What is wrong with a reason.
enum Wrong {
    Empty,
    TooLong,
    NhsNumber,
}

/// A reason without the blanks around it: 1 to 500 characters.
fn reason(text: &str) -> Result<&str, Wrong> {
    match text.trim() {
        "" => Err(Wrong::Empty),
        long if long.chars().count() > TEXT_MAX => Err(Wrong::TooLong),
        text if crate::nhs_number::is_in(text) => Err(Wrong::NhsNumber),
        text => Ok(text),
    }
}

impl Offer {
    /// Whether the response date passed without an answer.
    pub fn has_expired(&self, today: NaiveDate) -> bool {
        self.state == OfferState::Pending && today > self.respond_by
    }

    /// Why the provider is not the commissioner's any more, if it is not. Then nothing new is agreed with it; what is in
    /// force stays until its last day or until one side gives notice.
    pub fn provider_left(&self, today: NaiveDate) -> Option<ProviderLeft> {
        match self.provider_closed_on {
            Some(on) if on < today => Some(ProviderLeft::Closed(on)),
            _ => self.provider_moved.then_some(ProviderLeft::Moved),
        }
    }

    /// Nothing where the provider is still the commissioner's.
    fn provider_is_here(&self, today: NaiveDate) -> Result<(), ProviderLeft> {
        self.provider_left(today).map_or(Ok(()), Err)
    }

    /// Whether an answer that was given can still be changed.
    pub fn can_change_answer(&self, today: NaiveDate) -> bool {
        let is_answer = matches!(
            self.state,
            OfferState::Accepted(_) | OfferState::Rejected(_) | OfferState::Requested(_)
        );
        is_answer && self.answer_may_change && today <= self.respond_by
    }

    /// The last day on which the provider takes part; none where it does not.
    pub fn in_force_until(&self) -> Option<NaiveDate> {
        match self.state {
            OfferState::Accepted(_) => Some(self.service_ends_on),
            OfferState::NoticeGiven(_, last_day) => Some(last_day),
            OfferState::Terminated(_, last_day) => last_day,
            OfferState::Pending
            | OfferState::Rejected(_)
            | OfferState::Requested(_)
            | OfferState::TurnedDown(_)
            | OfferState::Withdrawn(_) => None,
        }
    }

    /// Its row of the status table on a date.
    pub fn status(&self, today: NaiveDate) -> &'static Status {
        let (name, last_day) = (self.state.name(), self.in_force_until());
        status::of(status::OFFER, status_name(name, self.respond_by, last_day, today))
    }

    /// The same as its provider sees it: what was Active has Ended with its service.
    pub fn provider_status(&self, today: NaiveDate) -> &'static Status {
        match self.state {
            OfferState::Accepted(_) if today > self.service_ends_on => {
                status::of(status::OFFER, "ended")
            }
            _ => self.status(today),
        }
    }

    /// Whether an organisation that answers for the provider sees it: while something can be said to it, which is until the
    /// response date where it has been accepted, and what that organisation has accepted itself.
    pub fn is_open_to(&self, delegate: OrganisationId, today: NaiveDate) -> bool {
        match self.state {
            OfferState::Pending
            | OfferState::Rejected(_)
            | OfferState::Requested(_)
            | OfferState::TurnedDown(_)
            | OfferState::Withdrawn(_) => today <= self.service_ends_on,
            OfferState::Accepted(_) => {
                today <= self.respond_by || self.answered_from == Some(delegate)
            }
            OfferState::NoticeGiven(..) | OfferState::Terminated(..) => false,
        }
    }

    fn moved(&self, state: OfferState, event: Event) -> Change<Self> {
        let version = self.version + 1;
        Change { after: Self { state, version, answered_from: None, ..self.clone() }, event }
    }
}

#[cfg(test)]
pub(crate) mod tests;
