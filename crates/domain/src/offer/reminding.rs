//! Reminders of offers that wait for an answer: asked for by the commissioner, or due as the response date comes near.

use super::{Offer, OfferState};
use crate::{Actor, Event, NotAllowed, Now, Permission, calendar::long_date, refusal::refusal};
use chrono::{Days, NaiveDate};

/// Days before the response date on which a provider is reminded by itself; the last is the day itself.
pub const DAYS_BEFORE: [u64; 4] = [0, 2, 7, 14];

/// Why a provider cannot be reminded of an offer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotRemind {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error("This offer does not wait for an answer, so there is nothing to remind of.")]
    NotPending,
    #[error("The response date was {}. Extend it, and the provider is told.", long_date(*.0))]
    Passed(NaiveDate),
    #[error("The provider was reminded today.")]
    RemindedToday,
    #[error("Nobody at the provider can answer offers, so there is nobody to write to.")]
    Nobody,
}
refusal!(CannotRemind);

/// What is known of an offer that waits, beyond the offer itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The day on which it was made, reissued or extended last.
    pub since: NaiveDate,
    /// The day of the last reminder, if there was one.
    pub reminded_on: Option<NaiveDate>,
    /// Whether anybody at the provider can answer it.
    pub has_reader: bool,
}

impl Offer {
    /// Reminds the provider: the commissioner at most once a day, or the contract by itself.
    ///
    /// A reminder is no move: whoever looks at the offer meanwhile can still answer what they see.
    ///
    /// # Errors
    /// For a person without the permission, and for an offer that does not wait for somebody who can still answer.
    pub fn remind(&self, waiting: Waiting, by: &Actor, now: &Now) -> Result<Event, CannotRemind> {
        if by.person().is_some() {
            by.must(Permission::Commission)?;
        }
        if self.state != OfferState::Pending {
            return Err(CannotRemind::NotPending);
        }
        if self.has_expired(now.today) {
            return Err(CannotRemind::Passed(self.respond_by));
        }
        if waiting.reminded_on == Some(now.today) {
            return Err(CannotRemind::RemindedToday);
        }
        if !waiting.has_reader {
            return Err(CannotRemind::Nobody);
        }
        Ok(Event::OfferReminded { offer: self.id })
    }

    /// Whether a reminder is due that the contract sends by itself: one of the days before the response date has come
    /// since the offer was made, and nobody has reminded the provider from that day on.
    pub fn is_reminder_due(&self, waiting: Waiting, today: NaiveDate) -> bool {
        let Ok(left) = u64::try_from((self.respond_by - today).num_days()) else { return false };
        let Some(before) = DAYS_BEFORE.into_iter().find(|days| *days >= left) else { return false };
        let day = self.respond_by - Days::new(before);
        waiting.since < day && waiting.reminded_on.is_none_or(|reminded| reminded < day)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{at, commissioner, day, moved, offer, provider};
    use super::*;

    const QUIET: Waiting = Waiting { since: NaiveDate::MIN, reminded_on: None, has_reader: true };

    #[test]
    fn only_who_waits_and_can_be_reached_is_reminded_once_a_day() {
        let today = at("2025-04-20");
        let system = Actor::system("Accord");
        let on = |day| Waiting { reminded_on: Some(day), ..QUIET };
        let rejected = Offer { state: OfferState::Rejected(moved()), ..offer() };
        let (reminded, early) = (on(today.today), on(day("2025-04-19")));
        let alone = Waiting { has_reader: false, ..QUIET };
        let rows = [
            (offer(), QUIET, commissioner(), today, ""),
            (offer(), QUIET, system.clone(), today, ""),
            (offer(), early, commissioner(), today, ""),
            (offer(), QUIET, commissioner(), at("2025-04-30"), ""),
            (offer(), QUIET, commissioner(), at("2025-05-01"), "Passed(2025-04-30)"),
            (offer(), reminded, system, today, "RemindedToday"),
            (offer(), alone, commissioner(), today, "Nobody"),
            (rejected, QUIET, commissioner(), today, "NotPending"),
            (offer(), QUIET, provider(), today, "NotAllowed"),
        ];
        for (number, (offer, waiting, by, now, expected)) in rows.into_iter().enumerate() {
            let said =
                offer.remind(waiting, &by, &now).map(|_| ()).map_err(|why| format!("{why:?}"));
            let why = said.err().unwrap_or_default();
            assert!(
                why.starts_with(expected) && why.is_empty() == expected.is_empty(),
                "row {number}: {why}"
            );
        }
    }

    /// Answered by 30 April: reminders fall on 16, 23, 28 and 30 April.
    #[test]
    fn a_reminder_is_due_once_for_each_day_that_has_come() {
        let rows = [
            ("2025-04-01", None, "2025-04-15", false),
            ("2025-04-01", None, "2025-04-16", true),
            ("2025-04-01", Some("2025-04-15"), "2025-04-16", true),
            ("2025-04-01", Some("2025-04-16"), "2025-04-16", false),
            ("2025-04-01", Some("2025-04-16"), "2025-04-22", false),
            // The program did not run on the day itself.
            ("2025-04-01", None, "2025-04-18", true),
            ("2025-04-01", Some("2025-04-18"), "2025-04-22", false),
            ("2025-04-01", Some("2025-04-18"), "2025-04-23", true),
            ("2025-04-01", Some("2025-04-23"), "2025-04-28", true),
            ("2025-04-01", Some("2025-04-28"), "2025-04-29", false),
            ("2025-04-01", Some("2025-04-28"), "2025-04-30", true),
            ("2025-04-01", None, "2025-05-01", false),
            // Made within the last days: the offer itself was news enough.
            ("2025-04-20", None, "2025-04-22", false),
            ("2025-04-20", None, "2025-04-23", true),
            ("2025-04-30", None, "2025-04-30", false),
        ];
        for (since, reminded_on, today, due) in rows {
            let waiting =
                Waiting { since: day(since), reminded_on: reminded_on.map(day), has_reader: true };
            let said = offer().is_reminder_due(waiting, day(today));
            assert_eq!(said, due, "made {since}, reminded {reminded_on:?}, on {today}");
        }
    }
}
