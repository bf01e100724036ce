//! Why roles are not handed over, and why a deputy is not ended: every refusal with its sentence.

use super::REASON_MAX;
use crate::{
    Refusal, Role,
    calendar::{long_date, long_instant},
};
use chrono::{DateTime, NaiveDate, Utc};

/// Why roles cannot be handed over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotAppoint {
    #[error(
        "You can hand over the roles Declaration Management, Approval Management, Second Approval and Finance Management, and you hold none of them yourself."
    )]
    NothingToHandOver,
    #[error("Select a colleague of your organisation")]
    NoSuchColleague,
    #[error("Select somebody else: you cannot be your own deputy")]
    Oneself,
    #[error(
        "{0} sees other services or providers than you do, and a deputy acts with what both see. Select a colleague who sees the same"
    )]
    SeesOther(String),
    #[error("The first day must be from {} to {}", long_date(*.0), long_date(*.1))]
    FirstNotWithin(NaiveDate, NaiveDate),
    #[error("The last day must be from {} to {}", long_date(*.0), long_date(*.1))]
    LastNotWithin(NaiveDate, NaiveDate),
    #[error("Select at least 1 role to hand over")]
    NoRole,
    #[error("You do not hold the role {} yourself, so you cannot hand it over", .0.name())]
    NotHeld(Role),
    #[error("{} holds the role {} already, so there is nothing to hand over", .0, .1.name())]
    HoldsIt(String, Role),
    #[error(
        "{name} acts for {principal} in the role {} from {} to {}. Choose other days or another colleague",
        .role.name(), long_date(*.first), long_date(*.last)
    )]
    ActsAlready { name: String, principal: String, role: Role, first: NaiveDate, last: NaiveDate },
    #[error("Enter a reason")]
    NoReason,
    #[error("Reason must be {REASON_MAX} characters or less")]
    ReasonTooLong,
    #[error(
        "Take the number that looks like an NHS number out of your reason. Write nothing about a patient here"
    )]
    NhsNumber,
}

impl Refusal for CannotAppoint {
    fn is_forbidden(&self) -> bool {
        matches!(self, Self::NothingToHandOver)
    }
}

/// Why a deputy is not ended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotEnd {
    #[error(
        "You cannot end that {0} acts for {1}. One of the two can, or somebody with the role User Administrator."
    )]
    NotYours(String, String),
    #[error("{} ended this on {}, so there is nothing to end.", .0, long_instant(*.1))]
    AlreadyEnded(String, DateTime<Utc>),
    #[error("The last day was {}, so there is nothing to end.", long_date(*.0))]
    AlreadyOver(NaiveDate),
}

impl Refusal for CannotEnd {
    fn is_forbidden(&self) -> bool {
        matches!(self, Self::NotYours(..))
    }
}
