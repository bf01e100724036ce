//! Settling a payment by hand: after its last try finance pays it another way, and a second person records that.

use super::refused::CannotSettle;
use super::state::{Payment, PaymentState};
use super::{Frozen, TRIES};
use crate::{Actor, Change, Event, Now, Permission};
use chrono::NaiveDate;

/// Characters of a reference at most: those of a bank reference.
pub const LONGEST_REFERENCE: usize = 35;
/// Characters of a reason at most.
pub const LONGEST_REASON: usize = 500;

/// What the person who records it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settling {
    /// When the provider got the money, or gave it back.
    pub on: NaiveDate,
    /// What stands beside it on the bank statement, or on the document that settles it.
    pub reference: String,
    /// Why, and how.
    pub reason: String,
}

impl Payment {
    /// Whether this person could record that it was settled outside the files; `file` is the one of its last try. A
    /// payment that one person alone makes and settles is a payment by one person.
    pub fn can_settle(&self, file: &Frozen, by: &Actor) -> Result<(), CannotSettle> {
        by.must(Permission::MakePayments)?;
        if by.organisation().is_none_or(|own| own.id != file.commissioner) {
            return Err(CannotSettle::AnotherCommissioner);
        }
        match self.state {
            PaymentState::Failed { .. } if self.attempt >= TRIES => {}
            PaymentState::Failed { .. } => return Err(CannotSettle::CanBeTriedAgain),
            PaymentState::Settled { .. } => return Err(CannotSettle::AlreadySettled),
            _ => return Err(CannotSettle::NotFailed),
        }
        if file.created_by.counts_for(&by.acting(Permission::MakePayments)) {
            return Err(match file.created_by.is(by) {
                true => CannotSettle::SamePersonCreated,
                false => CannotSettle::CountsAsOne(file.created_by.name.clone()),
            });
        }
        Ok(())
    }

    /// Records that it was settled outside the files.
    pub fn settle(
        &self,
        settling: &Settling,
        file: &Frozen,
        by: &Actor,
        now: &Now,
    ) -> Result<Change<Self>, CannotSettle> {
        self.can_settle(file, by)?;
        let PaymentState::Failed { reason: failed } = &self.state else {
            return Err(CannotSettle::NotFailed);
        };
        let Settling { on, reference, reason } = settling.clone();
        let is_line = |text: &str| !text.chars().any(char::is_control);
        if reference.is_empty() {
            return Err(CannotSettle::ReferenceMissing);
        }
        if reference.chars().count() > LONGEST_REFERENCE || !is_line(&reference) {
            return Err(CannotSettle::ReferenceTooLong);
        }
        if on > now.today {
            return Err(CannotSettle::InFuture);
        }
        if let Some(sent_on) = file.sent_on.filter(|sent_on| on < *sent_on) {
            return Err(CannotSettle::BeforeSent(sent_on));
        }
        if reason.is_empty() {
            return Err(CannotSettle::ReasonMissing);
        }
        if reason.chars().count() > LONGEST_REASON {
            return Err(CannotSettle::ReasonTooLong);
        }
        if crate::nhs_number::is_in(&reason) {
            return Err(CannotSettle::NhsNumber);
        }
        let event = Event::PaymentSettled {
            declaration: self.declaration,
            attempt: self.attempt,
            amount: self.amount,
            on,
            reference: reference.clone(),
            reason: reason.clone(),
            part: self.named(),
        };
        let failed = failed.clone();
        Ok(self.moved(PaymentState::Settled { on, reference, reason, failed }, event))
    }
}
