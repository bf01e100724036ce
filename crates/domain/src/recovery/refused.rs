//! Why a recovery is not asked for, or does not go on: every refusal with its sentence.

use super::plan;
use crate::{
    NotAllowed,
    calendar::{long_date, long_instant},
    correction,
    declaration::Step,
    refusal::refusal,
};
use chrono::NaiveDate;

/// Why a recovery stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotRecover {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error("The provider of the declaration must answer this.")]
    AnotherProvider,
    #[error("The commissioner that pays the declaration must do this.")]
    AnotherCommissioner,
    #[error(
        "Nothing is to be recovered here. Only a reversing declaration that finance has approved, of money that has gone to the payer, is recovered with notice."
    )]
    NothingToRecover,
    #[error("The recovery has been asked for already. {} asked on {}.", .0.by.name, long_instant(.0.at))]
    AlreadyAsked(Step),
    #[error("The provider has answered already.")]
    AlreadyAnswered,
    #[error("The provider has not answered. It has until {}.", long_date(*.0))]
    NotAnswered(NaiveDate),
    #[error("The notice runs until {}.", long_date(*.0))]
    NoticeRuns(NaiveDate),
    #[error("This has been decided. {} took the last step on {}.", .0.by.name, long_instant(.0.at))]
    AlreadyDecided(Step),
    #[error("The provider has proposed no other instalments. Keep the plan, or drop the recovery.")]
    NothingProposed,
    #[error("You asked for this recovery. Another person must decide about the provider's answer.")]
    SamePersonAsked,
    #[error("You answered for the provider. Another person must decide for the commissioner.")]
    SamePersonAnswered,
    #[error("You gave this notice. Another person must answer for the provider.")]
    SamePersonGaveNotice,
    #[error("The recovery changed while you were looking at it. Check it again.")]
    Changed,
    #[error(transparent)]
    Plan(#[from] plan::Wrong),
    #[error(transparent)]
    Wrong(#[from] correction::Wrong),
}
refusal!(CannotRecover);
