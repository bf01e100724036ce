//! Why a payment does not move: every refusal with its sentence.

use super::TRIES;
use super::state::PaymentState;
use crate::{NotAllowed, Pence, calendar::long_date, hold::Held, refusal::refusal};
use chrono::NaiveDate;

/// Why no payment file can be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotPay {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error(
        "There are no approved declarations to pay. Declarations appear here when finance has approved them."
    )]
    NothingToPay,
    #[error(
        "The declarations ready to pay changed while you were looking at them. Check the new totals."
    )]
    RowsChanged,
    #[error("This cannot go into a payment file yet. {0}")]
    Held(Held),
    #[error(
        "The layout you chose has changed or cannot be chosen any more. Choose the layout again."
    )]
    LayoutChanged,
}
refusal!(CannotPay);

/// Why a payment file is not marked as sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotSend {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error(
        "You created this payment file. Another person of finance must check it and send it to the payer."
    )]
    SamePersonCreated,
    #[error(
        "{0} created this payment file, and what a deputy does counts as done by both. Another person of finance must check it and send it to the payer."
    )]
    CountsAsOne(String),
    #[error("The commissioner whose payment file this is must send it.")]
    AnotherCommissioner,
    #[error("This payment file has already been marked as sent.")]
    AlreadySent,
    #[error("This is not the payment file that you checked. Check it again.")]
    FileChanged,
    #[error("Date sent must be today or in the past")]
    SentInFuture,
    #[error("Date sent must be on or after {}, when the file was created", long_date(*.0))]
    SentBeforeCreated(NaiveDate),
    #[error("Expected payment date must be on or after the date sent")]
    ExpectedBeforeSent,
}
refusal!(CannotSend);

/// Why a line of an answer is not kept, or a whole answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotAnswer {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error("This payment file has not been marked as sent, so it cannot have an answer yet.")]
    NotSent,
    #[error("No payment of this file has this reference.")]
    NotFound,
    #[error("The reference is on more than 1 line of the answer, so none of them is loaded.")]
    Doubled,
    #[error("The payment is of {0}.")]
    AmountDiffers(Pence),
    #[error("This answer was loaded before.")]
    AlreadyAnswered,
    #[error("This payment has another answer: {}.", answered(.0))]
    AnsweredDifferently(Box<PaymentState>),
    #[error("The file was sent on {}, so it cannot have been paid before.", long_date(*.0))]
    PaidBeforeSent(NaiveDate),
    #[error("The date is after today, {}.", long_date(*.0))]
    PaidInFuture(NaiveDate),
    #[error("None of these answers can be loaded.")]
    NothingToLoad,
    #[error("The payments changed while you were looking at the answer. Check it again.")]
    RowsChanged,
}
refusal!(CannotAnswer);

/// What an answer that counts says.
fn answered(state: &PaymentState) -> String {
    match state {
        PaymentState::Paid { on, bank_reference } => {
            format!("paid on {}, bank reference {bank_reference}", long_date(*on))
        }
        PaymentState::Failed { reason } => format!("rejected, {reason}"),
        PaymentState::Settled { on, reference, .. } => {
            format!(
                "rejected, and settled outside the files on {}, reference {reference}",
                long_date(*on)
            )
        }
        _ => "none".to_owned(),
    }
}

/// Why a payment is not tried again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotTryAgain {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error("This payment has not failed, so it cannot be tried again.")]
    NotFailed,
    #[error(
        "This payment has failed {TRIES} times. It cannot go into another file: settle it with the provider by hand."
    )]
    TooOften,
    #[error("This payment has been settled outside the files, so it cannot be tried again.")]
    Settled,
}
refusal!(CannotTryAgain);

/// Why a payment is not recorded as settled outside the files.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotSettle {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error("The commissioner whose payment this is must settle it.")]
    AnotherCommissioner,
    #[error("This payment has not failed, so it cannot be settled outside the files.")]
    NotFailed,
    #[error(
        "This payment can go into another file. Try it again: it is settled by hand once it has failed {TRIES} times."
    )]
    CanBeTriedAgain,
    #[error("This payment has already been settled outside the files.")]
    AlreadySettled,
    #[error(
        "You created the payment file of its last try. Another person of finance must record how it was settled."
    )]
    SamePersonCreated,
    #[error(
        "{0} created the payment file of its last try, and what a deputy does counts as done by both. Another person of finance must record how it was settled."
    )]
    CountsAsOne(String),
    #[error("Enter the reference of the payment, as it stands on the bank statement")]
    ReferenceMissing,
    #[error("Reference must be 1 line of {} characters or fewer", super::settle::LONGEST_REFERENCE)]
    ReferenceTooLong,
    #[error("Date settled must be today or in the past")]
    InFuture,
    #[error("Date settled must be on or after {}, when the last file was sent", long_date(*.0))]
    BeforeSent(NaiveDate),
    #[error("Enter why and how the payment was settled")]
    ReasonMissing,
    #[error("Reason must be {} characters or fewer", super::settle::LONGEST_REASON)]
    ReasonTooLong,
    #[error(
        "Take the number that looks like an NHS number out of your reason. Write nothing about a patient here"
    )]
    NhsNumber,
}
refusal!(CannotSettle);
