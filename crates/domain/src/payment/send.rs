//! Sending a payment file: a second person of finance checks what the first has frozen.

use super::refused::CannotSend;
use crate::{Actor, By, Event, Now, OrganisationId, PaymentFileId, Pence, Permission};
use chrono::NaiveDate;

/// A payment file as it was frozen, for who sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frozen {
    /// Identifier.
    pub id: PaymentFileId,
    /// Who pays.
    pub commissioner: OrganisationId,
    /// Who made it.
    pub created_by: By,
    /// On which day.
    pub created_on: NaiveDate,
    /// Number of lines.
    pub lines: u64,
    /// Their sum.
    pub total: Pence,
    /// SHA-256 of its content, in hexadecimal.
    pub content_hash: String,
    /// When it was sent, if it was.
    pub sent_on: Option<NaiveDate>,
}

/// What the person who sends a file says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sending {
    /// When the payer got it.
    pub on: NaiveDate,
    /// When the payer is going to pay, if that is known.
    pub expected_on: Option<NaiveDate>,
    /// SHA-256 of the content that the person has checked.
    pub seen: String,
}

impl Frozen {
    /// Whether this person could send it now. Nobody sends what they made: a file that one person alone can make and
    /// send is a payment by one person.
    pub fn can_send(&self, by: &Actor) -> Result<(), CannotSend> {
        by.must(Permission::MakePayments)?;
        // Whose money it is decides who sends, whatever roles are held elsewhere.
        if by.organisation().is_none_or(|own| own.id != self.commissioner) {
            return Err(CannotSend::AnotherCommissioner);
        }
        if self.sent_on.is_some() {
            return Err(CannotSend::AlreadySent);
        }
        if self.created_by.counts_for(&by.acting(Permission::MakePayments)) {
            return Err(match self.created_by.is(by) {
                true => CannotSend::SamePersonCreated,
                false => CannotSend::CountsAsOne(self.created_by.name.clone()),
            });
        }
        Ok(())
    }

    /// Marks exactly what was checked as sent.
    pub fn send(&self, sending: &Sending, by: &Actor, now: &Now) -> Result<Event, CannotSend> {
        self.can_send(by)?;
        if sending.seen != self.content_hash {
            return Err(CannotSend::FileChanged);
        }
        let Sending { on, expected_on, .. } = *sending;
        if on > now.today {
            return Err(CannotSend::SentInFuture);
        }
        if on < self.created_on {
            return Err(CannotSend::SentBeforeCreated(self.created_on));
        }
        if expected_on.is_some_and(|expected| expected < on) {
            return Err(CannotSend::ExpectedBeforeSent);
        }
        let (file, lines, total) = (self.id, self.lines, self.total);
        let content_hash = self.content_hash.clone();
        Ok(Event::PaymentFileSent { file, lines, total, content_hash, on, expected_on })
    }
}
