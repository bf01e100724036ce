//! Why a payment is not adjusted: every refusal with its sentence.

use crate::{NotAllowed, calendar::long_instant, declaration::Step, refusal::refusal};

/// What the form of an adjustment asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Which indicator, or the whole payment.
    Indicator,
    /// What changes.
    Kind,
    /// By how much.
    Number,
    /// Why.
    Reason,
    /// Where that can be looked up.
    Evidence,
}

/// One thing that is wrong with what was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// In which field.
    pub field: Asked,
    /// What to do, as the page says it.
    pub message: String,
}

impl Wrong {
    pub(super) fn new(field: Asked, message: impl Into<String>) -> Self {
        Self { field, message: message.into() }
    }
}

/// Why a payment cannot be adjusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotAdjust {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error("You cannot adjust this payment because another organisation pays it.")]
    AnotherCommissioner,
    #[error(
        "Finance has approved this payment, so it cannot be adjusted. Adjust a later payment to this provider instead."
    )]
    Locked,
    #[error(
        "This achievement has no amount yet, so there is nothing to adjust. Adjust it when it has been calculated."
    )]
    NotCalculated,
    #[error(
        "The provider no longer takes part in this service, so its payment cannot be adjusted. Check its contract."
    )]
    NotTakingPart,
    #[error("You cannot decide about this because you asked for it. Another person must decide.")]
    SamePersonAsked,
    #[error(
        "You cannot decide about this because {} asked for it on {}. What a deputy does counts as done by both. Another person must decide.",
        .0.by.name, long_instant(.0.at)
    )]
    CountsAsOne(Step),
    #[error("Only {0}, who asked for it, can withdraw this. You can refuse it.")]
    NotYours(String),
    #[error(
        "Nobody has agreed to this adjustment yet, so there is nothing to end. It can be refused or withdrawn."
    )]
    NotAgreed,
    #[error("{} agreed to this adjustment on {}.", .0.by.name, long_instant(.0.at))]
    Agreed(Step),
    #[error("{} refused this adjustment on {}.", .0.by.name, long_instant(.0.at))]
    Refused(Step),
    #[error("{} withdrew this adjustment on {}.", .0.by.name, long_instant(.0.at))]
    Withdrawn(Step),
    #[error("{} asked to end this adjustment on {}. Another person must decide.", .0.by.name, long_instant(.0.at))]
    EndAsked(Step),
    #[error("{} agreed to end this adjustment on {}.", .0.by.name, long_instant(.0.at))]
    Ended(Step),
    #[error("{0}. Refuse this adjustment and ask for another.")]
    DoesNotFit(String),
    #[error("{}", .0.iter().map(|wrong| wrong.message.as_str()).collect::<Vec<_>>().join(". "))]
    Typed(Vec<Wrong>),
}
refusal!(CannotAdjust);
