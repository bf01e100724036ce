//! Why a declaration does not move: every refusal with its sentence.

use super::{NOTES_MAX, Step};
use crate::{
    Actor, NotAllowed, Now, Pence, Period, Permission,
    calendar::{long_date, long_instant},
    hold::{Held, REASON_MAX},
    refusal::refusal,
};
use chrono::NaiveDate;

/// Why an achievement cannot be declared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotDeclare {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error("You cannot declare yet because the period ends on {}.", long_date(*.0))]
    PeriodNotEnded(NaiveDate),
    #[error("You cannot declare yet. Accord is still waiting for data for {}.", .0.join(", "))]
    MissingData(Vec<String>),
    #[error("You cannot declare yet because the achievement has not been calculated. {0}")]
    NotCalculated(String),
    #[error("You cannot declare yet. {0}")]
    AwaitingNetwork(String),
    #[error("You cannot declare because {} declared this achievement on {}.", .0.by.name, long_instant(.0.at))]
    AlreadyDeclared(Step),
    #[error(
        "The figures changed while you were looking at them. Check the new amount and declare again."
    )]
    FiguresChanged,
    #[error("You cannot declare yet. {0}")]
    Held(Held),
    #[error(
        "You cannot declare yet. These indicators are declared by themselves first: {}.", .0.join(", ")
    )]
    IndicatorsFirst(Vec<String>),
    #[error("Select at least 1 indicator to declare")]
    NoIndicator,
    #[error("{} is not declared by itself here. These indicators are: {}.", .0, .1.join(", "))]
    NotByItself(String, Vec<String>),
    #[error("{} declared {} on {}.", .1.by.name, .0, long_instant(.1.at))]
    IndicatorDeclared(String, Step),
    #[error("Notes must be {NOTES_MAX} characters or less")]
    NotesTooLong,
    #[error(
        "Take the number that looks like an NHS number out of your notes. Write nothing about a patient here"
    )]
    NotesNamePatient,
}
refusal!(CannotDeclare);

/// Why a declaration cannot be approved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotApprove {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error(
        "The provider must declare this achievement first. It goes back to the provider when its figures change."
    )]
    NotDeclared,
    #[error("{} approved this declaration on {}.", .0.by.name, long_instant(.0.at))]
    AlreadyApproved(Step),
    #[error("You cannot approve this because you declared it. Another person must approve.")]
    SamePersonDeclared,
    #[error(
        "You cannot approve this because you submitted figures for it. Another person must approve."
    )]
    SamePersonSubmitted,
    #[error(
        "You cannot approve this again because you approved it for the commissioner. Another person must."
    )]
    SamePersonApproved,
    #[error(
        "You cannot approve this as {0}: the person you act for submitted figures for it. Another person must approve."
    )]
    PrincipalSubmitted(String),
    #[error(
        "You cannot approve this because {} took a step before on {}. What a deputy does counts as done by both. Another person must approve.",
        .0.by.name, long_instant(.0.at)
    )]
    CountsAsOne(Step),
    #[error("The commissioner has not approved this declaration.")]
    NotApprovedByCommissioner,
    #[error("A second person has not approved this declaration for the commissioner.")]
    NotApprovedTwice,
    #[error(
        "It is in the high band, so it is approved alone. Open it, check it and approve it there."
    )]
    OnlyAlone,
    #[error("You cannot approve this because another organisation pays for it.")]
    AnotherCommissioner,
    #[error("There is an open question about this declaration. Close it before you approve.")]
    QuestionOpen,
    #[error("You cannot approve this because its figures changed and have no amount yet. {0}")]
    NotCalculated(String),
    #[error("You cannot approve this yet. {0}")]
    Held(Held),
    #[error(
        "The figures changed while you were looking at them. Check the new amount and approve again."
    )]
    FiguresChanged,
    #[error("The amount must be from £0.01 to less than the {}", .0)]
    NotLess(Pence),
    #[error("Enter a reason")]
    NoReason,
    #[error(
        "Take the number that looks like an NHS number out of your reason. Write nothing about a patient here"
    )]
    NhsNumber,
    #[error("Reason must be {REASON_MAX} characters or less")]
    ReasonTooLong,
    #[error(
        "No person declared this ({}), so nobody would declare it again. Put the service on hold instead.",
        .0
    )]
    NobodyDeclared(String),
}
refusal!(CannotApprove);

/// Why a declaration is not taken back to its provider.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotTakeBack {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error("You cannot take this back because another organisation pays for it.")]
    AnotherCommissioner,
    #[error("The provider has not declared this, so there is nothing to take back.")]
    NotDeclared,
    #[error(
        "No person declared this ({}), so nobody would declare it again. Put the service on hold instead.",
        .0
    )]
    NobodyDeclared(String),
    #[error("Finance has approved this, so it is locked.")]
    Locked,
    #[error("Enter a reason for taking declarations back")]
    NoReason,
    #[error("Reason must be {REASON_MAX} characters or less")]
    ReasonTooLong,
    #[error(
        "Take the number that looks like an NHS number out of your reason. Write nothing about a patient here"
    )]
    NhsNumber,
}
refusal!(CannotTakeBack);

/// Why an achievement without a declaration cannot be declared: the period first, then data, then the calculation. `held`
/// says what else it waits for; while data is missing, that is the practices of a network.
pub fn not_ready(
    period: Period,
    missing: Vec<String>,
    held: String,
    by: &Actor,
    now: &Now,
) -> CannotDeclare {
    if let Err(refusal) = by.must(Permission::Declare) {
        return refusal.into();
    }
    if !period.has_ended(now.today) {
        CannotDeclare::PeriodNotEnded(period.end)
    } else if missing.is_empty() {
        CannotDeclare::NotCalculated(held)
    } else if !held.is_empty() {
        CannotDeclare::AwaitingNetwork(held)
    } else {
        CannotDeclare::MissingData(missing)
    }
}
