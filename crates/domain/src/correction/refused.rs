//! Why a correction is not asked for, or does not go on: every refusal with its sentence.

use super::Wrong;
use crate::{
    NotAllowed, Pence,
    calendar::{long_date, long_instant},
    declaration::Step,
    hold::Held,
    refusal::refusal,
};
use chrono::NaiveDate;

/// Why a correction is not asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotAsk {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error("Only the provider of a declaration and the commissioner that pays it can ask.")]
    NotAParty,
    #[error(
        "Finance has not approved this declaration, so it is not locked. Change its figures, or send it back, instead."
    )]
    NotLocked,
    #[error(
        "The provider closed on {}, so nothing more can be asked of it here. Settle it outside Accord.",
        long_date(*.0)
    )]
    ProviderClosed(NaiveDate),
    #[error(
        "Correction {0} of this declaration is still open. Only one can be open at a time: wait until it is approved or refused."
    )]
    AlreadyOpen(String),
    #[error(
        "The declaration stands at {0} now. It changed while you were looking at it. Check the amount again."
    )]
    StandsElsewhere(Pence),
    #[error("Select whether more is owed or money is taken back")]
    NoDirection,
    #[error("Enter an amount above zero, in pounds and pence, like 1,234.50")]
    NoAmount,
    #[error("Enter an amount of £1,000,000,000 or less")]
    TooLarge,
    #[error("The declaration stands at {0}, so there is nothing to take back")]
    NothingToTakeBack(Pence),
    #[error("The declaration stands at {0}, so no more than that can be taken back")]
    MoreThanStands(Pence),
    #[error(transparent)]
    Wrong(#[from] Wrong),
}
refusal!(CannotAsk);

/// Why a correction that was asked for stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotCorrect {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error("The provider of the declaration must answer this.")]
    AnotherProvider,
    #[error("The commissioner that pays the declaration must do this.")]
    AnotherCommissioner,
    #[error("The provider has answered already.")]
    AlreadyAnswered,
    #[error("The provider has not answered. It has until {}.", long_date(*.0))]
    NotAnswered(NaiveDate),
    #[error("The provider has not answered. A supplementary declaration needs its agreement.")]
    NotAgreed,
    #[error("{} approved this on {}.", .0.by.name, long_instant(.0.at))]
    AlreadyApproved(Step),
    #[error("The commissioner has not approved this yet.")]
    NotApprovedByCommissioner,
    #[error("A second person must approve this for the commissioner first, because of its amount.")]
    NotApprovedTwice,
    #[error("This correction has ended. {} decided on {}.", .0.by.name, long_instant(.0.at))]
    Ended(Step),
    #[error("You asked for this correction. Another person must agree to it and approve it.")]
    SamePersonAsked,
    #[error("You have agreed to this correction already. Another person must approve it.")]
    SamePersonAgreed,
    #[error("The side that asked for this correction can withdraw it, and nobody else.")]
    OtherSideAsked,
    #[error("This cannot go on yet. {0}")]
    Held(Held),
    #[error("The declaration stands at {0} now, so no more than that can be taken back.")]
    MoreThanStands(Pence),
    #[error(
        "The declaration stands at {0} now, and stood at {1} when this was asked for. Withdraw or refuse it, and ask again."
    )]
    StandsElsewhere(Pence, Pence),
    #[error("This correction changed while you were looking at it. Check it again.")]
    Changed,
    #[error(transparent)]
    Wrong(#[from] Wrong),
}
refusal!(CannotCorrect);
