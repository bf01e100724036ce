//! Where the money of one declaration is: the payment's own states, and every move between them.

use super::answer::Said;
use super::refused::{CannotAnswer, CannotSend, CannotTryAgain};
use super::{CannotPay, TRIES};
use crate::{
    Actor, Change, CorrectionPartId, DeclarationId, Event, Now, PaymentFileId, Pence, Permission,
    hold::Held,
    status::{self, Status},
};
use chrono::NaiveDate;

/// Where a payment stands; each state keeps what is true only in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaymentState {
    /// Finance has not approved the declaration.
    NotDue,
    /// It goes into the next payment file.
    Ready,
    /// Finance has approved it, and an open hold keeps it out of payment files. Nothing stores this: the hold says it.
    Held(Held),
    /// A file holds it that the payer has not got yet.
    InFile(PaymentFileId),
    /// The payer has it.
    Sent {
        /// In which file.
        file: PaymentFileId,
        /// Since when.
        on: NaiveDate,
    },
    /// The payer says that it is paid.
    Paid {
        /// When.
        on: NaiveDate,
        /// What stands beside it on the bank statement.
        bank_reference: String,
    },
    /// The payer could not pay it.
    Failed {
        /// Why, in the payer's words.
        reason: String,
    },
    /// Its last try failed, and finance settled it another way.
    Settled {
        /// When.
        on: NaiveDate,
        /// What stands beside it on the bank statement, or on the document that settles it.
        reference: String,
        /// Why, and how.
        reason: String,
        /// Why the last try had failed, in the payer's words.
        failed: String,
    },
}

impl PaymentState {
    /// Every state name, in the order of the work.
    pub const NAMES: [&str; 8] =
        ["not_due", "ready", "held", "in_file", "sent", "paid", "failed", "settled"];

    /// The name stored.
    pub fn name(&self) -> &'static str {
        match self {
            Self::NotDue => "not_due",
            Self::Ready => "ready",
            Self::Held(_) => "held",
            Self::InFile(_) => "in_file",
            Self::Sent { .. } => "sent",
            Self::Paid { .. } => "paid",
            Self::Failed { .. } => "failed",
            Self::Settled { .. } => "settled",
        }
    }

    /// Its row of the status table.
    pub fn status(&self) -> &'static Status {
        status(self.name())
    }

    /// The state under the open hold that stops paying, where there is one: what is ready waits, everything else is
    /// past it or not there yet.
    #[must_use]
    pub fn under(self, held: Option<Held>) -> Self {
        match (self, held) {
            (Self::Ready, Some(held)) => Self::Held(held),
            (state, _) => state,
        }
    }
}

/// The row of the status table for the name of a payment's state.
pub fn status(name: &str) -> &'static Status {
    status::of(status::PAYMENT, name)
}

/// One try at paying one declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// What is paid, or what is corrected.
    pub declaration: DeclarationId,
    /// Of a correction what is paid or taken; none where it is the declaration itself.
    pub part: Option<CorrectionPartId>,
    /// Its reference: `D-2026-000123`, or `CR-2026-000012-3` of a correction.
    pub reference: String,
    /// Which try it is, from 1.
    pub attempt: u32,
    /// How much.
    pub amount: Pence,
    /// Where it stands.
    pub state: PaymentState,
}

/// The identity that the payer sees of a try: the declaration's reference, and `/2` behind it when it is the second.
/// What stands before the stroke names the debt, so that a payer can refuse to pay it twice.
pub fn identity(reference: &str, attempt: u32) -> String {
    if attempt == 1 { reference.to_owned() } else { format!("{reference}/{attempt}") }
}

impl Payment {
    /// The identity that the payer sees.
    pub fn identity(&self) -> String {
        identity(&self.reference, self.attempt)
    }

    /// The reference that its facts name beside the declaration's, where it is of a correction.
    pub(super) fn named(&self) -> Option<String> {
        self.part.map(|_| self.reference.clone())
    }

    pub(super) fn moved(&self, state: PaymentState, event: Event) -> Change<Self> {
        Change { after: Self { state, ..self.clone() }, event }
    }

    /// Finance freezes it in a file.
    pub fn put_in_file(&self, file: PaymentFileId, by: &Actor) -> Result<Change<Self>, CannotPay> {
        by.must(Permission::MakePayments)?;
        match &self.state {
            PaymentState::Ready => {}
            PaymentState::Held(held) => return Err(CannotPay::Held(held.clone())),
            _ => return Err(CannotPay::RowsChanged),
        }
        let (declaration, amount, attempt) = (self.declaration, self.amount, self.attempt);
        let event =
            Event::DeclarationPutInFile { declaration, file, amount, attempt, part: self.named() };
        Ok(self.moved(PaymentState::InFile(file), event))
    }

    /// The file that holds it goes to the payer.
    pub fn send(&self, on: NaiveDate, by: &Actor) -> Result<Change<Self>, CannotSend> {
        by.must(Permission::MakePayments)?;
        let PaymentState::InFile(file) = self.state else {
            return Err(CannotSend::AlreadySent);
        };
        let event =
            Event::PaymentSent { declaration: self.declaration, file, on, part: self.named() };
        Ok(self.moved(PaymentState::Sent { file, on }, event))
    }

    /// The payer has paid it, or could not. The amount must be the payment's own; an answer that was given is not taken
    /// back, and the same one again changes nothing.
    pub fn answer(
        &self,
        amount: Pence,
        said: &Said,
        by: &Actor,
        now: &Now,
    ) -> Result<Change<Self>, CannotAnswer> {
        by.must(Permission::MakePayments)?;
        if amount != self.amount {
            return Err(CannotAnswer::AmountDiffers(self.amount));
        }
        let sent_on = match &self.state {
            PaymentState::NotDue
            | PaymentState::Ready
            | PaymentState::Held(_)
            | PaymentState::InFile(_) => {
                return Err(CannotAnswer::NotSent);
            }
            PaymentState::Sent { on, .. } => *on,
            PaymentState::Paid { .. }
            | PaymentState::Failed { .. }
            | PaymentState::Settled { .. } => {
                return Err(self.answered_before(said));
            }
        };
        let (declaration, attempt) = (self.declaration, self.attempt);
        match said {
            Said::Paid { on, .. } if *on > now.today => Err(CannotAnswer::PaidInFuture(now.today)),
            Said::Paid { on, .. } if *on < sent_on => Err(CannotAnswer::PaidBeforeSent(sent_on)),
            Said::Paid { on, bank_reference } => {
                let (on, bank_reference) = (*on, bank_reference.clone());
                let reference = bank_reference.clone();
                let part = self.named();
                let event =
                    Event::PaymentConfirmed { declaration, attempt, amount, on, reference, part };
                Ok(self.moved(PaymentState::Paid { on, bank_reference }, event))
            }
            Said::Rejected { reason } => {
                let reason = reason.clone();
                let why = reason.clone();
                let part = self.named();
                let event =
                    Event::PaymentFailed { declaration, attempt, amount, reason: why, part };
                Ok(self.moved(PaymentState::Failed { reason }, event))
            }
        }
    }

    /// What an answer is to a payment that has one.
    fn answered_before(&self, said: &Said) -> CannotAnswer {
        let same = match (&self.state, said) {
            (
                PaymentState::Paid { on, bank_reference },
                Said::Paid { on: again, bank_reference: same },
            ) => on == again && bank_reference == same,
            (
                PaymentState::Failed { reason } | PaymentState::Settled { failed: reason, .. },
                Said::Rejected { reason: same },
            ) => reason == same,
            _ => false,
        };
        if same {
            CannotAnswer::AlreadyAnswered
        } else {
            CannotAnswer::AnsweredDifferently(Box::new(self.state.clone()))
        }
    }

    /// Finance lets a payment that failed go into the next file, under a new identity.
    pub fn try_again(&self, by: &Actor) -> Result<Change<Self>, CannotTryAgain> {
        by.must(Permission::MakePayments)?;
        match self.state {
            PaymentState::Failed { .. } => {}
            PaymentState::Settled { .. } => return Err(CannotTryAgain::Settled),
            _ => return Err(CannotTryAgain::NotFailed),
        }
        if self.attempt >= TRIES {
            return Err(CannotTryAgain::TooOften);
        }
        let attempt = self.attempt + 1;
        let event =
            Event::PaymentTriedAgain { declaration: self.declaration, attempt, part: self.named() };
        let after = Self { attempt, state: PaymentState::Ready, ..self.clone() };
        Ok(Change { after, event })
    }
}
