//! Deadlines: what is due when for an organisation, how far it is, and how long is left in working days.
//!
//! Nothing happens by itself when a deadline is over. A late declaration is paid with a later payment file.
//! Source: CQRS, a late declaration is not refused and may slip to a later payment run.

pub mod ical;

use crate::{
    OrganisationKind, Period,
    calendar::{BankHolidays, Due, YearNotLoaded, long_date},
    declaration::DeclarationState,
    service::Dates,
};
use chrono::NaiveDate;

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Providers answer the offer of a service.
    Answer,
    /// Providers enter figures.
    Enter,
    /// Providers declare.
    Declare,
    /// The commissioner and finance approve.
    Approve,
    /// The payer pays.
    Pay,
}

impl Kind {
    /// Each, in the order of the work.
    pub const ALL: [Self; 5] = [Self::Answer, Self::Enter, Self::Declare, Self::Approve, Self::Pay];

    /// The name in addresses and calendar files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Enter => "enter",
            Self::Declare => "declare",
            Self::Approve => "approve",
            Self::Pay => "pay",
        }
    }

    /// What it is: `Last day to declare`, and to the side that does not act itself `Last day for providers to declare`.
    pub fn words(self, reader: OrganisationKind) -> &'static str {
        match (self, self.is_of(reader)) {
            (Self::Answer, true) => "Last day to answer the offer",
            (Self::Answer, false) => "Last day for providers to answer the offer",
            (Self::Enter, true) => "Last day to enter figures",
            (Self::Enter, false) => "Last day for providers to enter figures",
            (Self::Declare, true) => "Last day to declare",
            (Self::Declare, false) => "Last day for providers to declare",
            (Self::Approve, true) => "Last day to approve",
            (Self::Approve, false) => "Last day for the commissioner to approve",
            (Self::Pay, _) => "Payment",
        }
    }

    /// Whether an organisation of this kind has to act, or gets its money, on that day.
    pub fn is_of(self, kind: OrganisationKind) -> bool {
        match self {
            Self::Answer | Self::Enter | Self::Declare => kind.provides(),
            Self::Approve => kind.commissions(),
            Self::Pay => true,
        }
    }
}

/// One thing that is due on a day, for one organisation or for all of a commissioner's providers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// What is due.
    pub kind: Kind,
    /// Code of the service.
    pub code: String,
    /// Name of the service.
    pub service: String,
    /// Which period; none of an answer.
    pub period: Option<Period>,
    /// The day.
    pub on: NaiveDate,
    /// Of how many providers it is done.
    pub done: u32,
    /// Of how many it is to be done, more than none.
    pub of: u32,
}

/// How far a deadline is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Done of all.
    Done,
    /// Its period has not ended, so nobody can do it yet.
    NotYet,
    /// It can be done now.
    Open,
    /// The day is over and it is not done of all.
    Late,
}

impl Deadline {
    /// How far it is on a day.
    pub fn standing(&self, today: NaiveDate) -> Standing {
        let can_begin = match self.kind {
            Kind::Answer => true,
            Kind::Enter => self.period.is_none_or(|period| period.start <= today),
            _ => self.period.is_none_or(|period| period.has_ended(today)),
        };
        match () {
            () if self.done >= self.of => Standing::Done,
            () if today > self.on => Standing::Late,
            () if can_begin => Standing::Open,
            () => Standing::NotYet,
        }
    }

    /// How far it is in words: `To do`, and for a commissioner `12 of 75 to do`.
    pub fn status(&self, today: NaiveDate) -> String {
        let left = self.of.saturating_sub(self.done);
        let some = |word: &str| match self.of {
            1 => word.to_owned(),
            of => format!("{left} of {of} {}", word.to_lowercase()),
        };
        match (self.standing(today), self.kind) {
            (Standing::Done, Kind::Pay) => "Paid".to_owned(),
            (Standing::Done, _) => "Done".to_owned(),
            (Standing::NotYet, _) => "Not yet".to_owned(),
            (Standing::Open, Kind::Pay) => some("To be paid"),
            (Standing::Late, Kind::Pay) => some("Not paid yet"),
            (Standing::Open, _) => some("To do"),
            (Standing::Late, _) => some("Late"),
        }
    }

    /// What is due of what, in one line: `Last day to declare: Blood tests, May 2026`.
    pub fn title(&self, reader: OrganisationKind) -> String {
        let of = self.period.map_or_else(
            || self.service.clone(),
            |period| crate::calendar::with_period(&self.service, &period.to_string()),
        );
        format!("{}: {of}", self.kind.words(reader))
    }
}

/// How long is left until a day, or how long it is over: in working days, and in days of the calendar where the bank
/// holidays are not known.
pub fn left(on: NaiveDate, today: NaiveDate, holidays: &BankHolidays) -> String {
    let (from, to) = (on.min(today), on.max(today));
    let (number, unit) = match holidays.between(from, to) {
        Ok(days) => (i64::from(days), "working day"),
        Err(_) => ((to - from).num_days(), "day"),
    };
    let days = format!("{number} {unit}{}", if number == 1 { "" } else { "s" });
    match () {
        () if on == today => "today is the last day".to_owned(),
        () if today < on && number == 0 => "no working day left".to_owned(),
        () if today < on => format!("{days} left"),
        () if number == 0 => "the last day is over".to_owned(),
        () => format!("{days} late"),
    }
}

/// What follows when somebody is late.
const LATER: &str = "It is paid with the next payment file after finance has approved it.";

/// By when something is declared or approved, or what follows now that it is late; to whoever does it, or to the other
/// side. Empty where no day is set.
pub fn sentence(
    kind: Kind,
    due: Option<Due>,
    is_own: bool,
    today: NaiveDate,
    holidays: &BankHolidays,
) -> String {
    let (act, noun, can) = match kind {
        Kind::Answer => ("Answer", "Answering", ""),
        Kind::Enter => ("Enter figures", "Entering figures", ""),
        Kind::Declare => ("Declare", "Declaring", "You can still declare. "),
        Kind::Approve => ("Approve", "Approving", "You can still approve. "),
        Kind::Pay => ("Pay", "The payment", ""),
    };
    let on = match due {
        None => return String::new(),
        Some(Err(unknown)) => return unknown.to_string(),
        Some(Ok(on)) => on,
    };
    let (date, left) = (long_date(on), left(on, today, holidays));
    match (today > on, is_own) {
        (true, true) => format!("{noun} was due on {date} ({left}). {can}{LATER}"),
        (true, false) => format!("{noun} was due on {date} ({left}). {LATER}"),
        (false, true) => format!("{act} by {date} ({left})."),
        (false, false) => format!("{noun} is due by {date} ({left})."),
    }
}

/// What is due next of a declaration in a state, or of an achievement that has none yet, and when.
pub fn next_of(state: Option<&DeclarationState>, dates: &Dates) -> (Kind, Option<Due>) {
    match state {
        None | Some(DeclarationState::AwaitingProvider) => (Kind::Declare, dates.declare_by),
        Some(DeclarationState::Approved { .. }) => (Kind::Pay, dates.pay_on),
        Some(_) => (Kind::Approve, dates.approve_by),
    }
}

/// How many of those that wait at one step are late, and the next day on which one would be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    /// How many are late.
    pub late: u32,
    /// The first last day that is not over.
    pub next: Option<NaiveDate>,
    /// A year without which some last day is not known.
    pub unknown: Option<YearNotLoaded>,
}

impl Queue {
    /// Adds so many with the same last day; those without a day are no part of it.
    pub fn add(&mut self, due: Option<Due>, number: u32, today: NaiveDate) {
        match due {
            Some(Ok(on)) if today > on => self.late += number,
            Some(Ok(on)) => self.next = Some(self.next.map_or(on, |next| next.min(on))),
            Some(Err(year)) => self.unknown = Some(self.unknown.map_or(year, |own| own.min(year))),
            None => {}
        }
    }

    /// As the work list says it to whoever does it; empty where nothing waits that has a day.
    pub fn words(&self, kind: Kind, today: NaiveDate, holidays: &BankHolidays) -> String {
        let late = match self.late {
            0 => String::new(),
            1 => "1 is late and is paid with a later payment file.".to_owned(),
            late => format!("{late} are late and are paid with a later payment file."),
        };
        let next = match self.next {
            Some(on) if self.late > 0 => {
                format!("The next is due by {} ({}).", long_date(on), left(on, today, holidays))
            }
            next => sentence(kind, next.map(Ok), true, today, holidays),
        };
        let unknown = self.unknown.map(|year| year.to_string()).unwrap_or_default();
        let said = [late, next, unknown].into_iter().filter(|own| !own.is_empty());
        said.collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::holidays_of_2026;

    pub(super) fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date in the test")
    }

    pub(super) fn declare(on: &str, done: u32, of: u32) -> Deadline {
        Deadline {
            kind: Kind::Declare,
            code: "BLD2627".into(),
            service: "Blood tests".into(),
            period: Some(Period { start: day("2026-04-01"), end: day("2026-04-30") }),
            on: day(on),
            done,
            of,
        }
    }

    #[test]
    fn a_deadline_stands_by_its_day_its_period_and_what_is_done() {
        let answer = |mut one: Deadline| {
            (one.kind, one.period) = (Kind::Answer, None);
            one
        };
        let pay = |mut one: Deadline| {
            one.kind = Kind::Pay;
            one
        };
        for (deadline, today, standing, status) in [
            (declare("2026-05-14", 0, 1), "2026-04-30", Standing::NotYet, "Not yet"),
            (declare("2026-05-14", 0, 1), "2026-05-01", Standing::Open, "To do"),
            (declare("2026-05-14", 0, 1), "2026-05-14", Standing::Open, "To do"),
            (declare("2026-05-14", 0, 1), "2026-05-15", Standing::Late, "Late"),
            (declare("2026-05-14", 1, 1), "2026-05-15", Standing::Done, "Done"),
            (declare("2026-05-14", 63, 75), "2026-05-14", Standing::Open, "12 of 75 to do"),
            (declare("2026-05-14", 63, 75), "2026-05-15", Standing::Late, "12 of 75 late"),
            (answer(declare("2026-05-14", 0, 1)), "2026-04-01", Standing::Open, "To do"),
            (pay(declare("2026-05-14", 0, 1)), "2026-05-14", Standing::Open, "To be paid"),
            (pay(declare("2026-05-14", 0, 1)), "2026-05-15", Standing::Late, "Not paid yet"),
            (pay(declare("2026-05-14", 1, 1)), "2026-05-15", Standing::Done, "Paid"),
        ] {
            let found = (deadline.standing(day(today)), deadline.status(day(today)));
            assert_eq!(found, (standing, status.to_owned()), "{deadline:?} on {today}");
        }
    }

    #[test]
    fn each_side_reads_who_has_to_act() {
        let title = |kind| declare("2026-05-14", 0, 1).title(kind);
        for (reader, words) in [
            (OrganisationKind::Practice, "Last day to declare: Blood tests, April 2026"),
            (OrganisationKind::Pcn, "Last day to declare: Blood tests, April 2026"),
            (OrganisationKind::Icb, "Last day for providers to declare: Blood tests, April 2026"),
        ] {
            assert_eq!(title(reader), words);
        }
        for kind in Kind::ALL {
            let sides =
                [OrganisationKind::Practice, OrganisationKind::Icb].map(|side| kind.is_of(side));
            let expected = if kind == Kind::Pay { 2 } else { 1 };
            assert_eq!(sides.iter().filter(|is_own| **is_own).count(), expected, "{kind:?}");
        }
    }

    #[test]
    fn what_is_left_is_counted_in_working_days() {
        for (on, today, words) in [
            ("2026-05-14", "2026-05-11", "3 working days left"),
            ("2026-05-14", "2026-05-13", "1 working day left"),
            ("2026-05-14", "2026-05-14", "today is the last day"),
            // Over the bank holiday of 25 May.
            ("2026-05-26", "2026-05-22", "1 working day left"),
            ("2026-05-24", "2026-05-23", "no working day left"),
            ("2026-05-22", "2026-05-25", "the last day is over"),
            ("2026-05-22", "2026-05-26", "1 working day late"),
            ("2026-05-14", "2026-05-20", "4 working days late"),
            // The bank holidays of 2028 are not known.
            ("2028-01-10", "2028-01-03", "7 days left"),
        ] {
            assert_eq!(left(day(on), day(today), &holidays_of_2026()), words, "{on} on {today}");
        }
    }

    #[test]
    fn a_deadline_is_said_with_what_is_left_and_a_late_one_with_what_follows() {
        let holidays = holidays_of_2026();
        let due = Some(Ok(day("2026-05-14")));
        let said = |kind, is_own, today: &str| sentence(kind, due, is_own, day(today), &holidays);
        for (kind, is_own, today, words) in [
            (Kind::Declare, true, "2026-05-11", "Declare by 14 May 2026 (3 working days left)."),
            (Kind::Declare, true, "2026-05-14", "Declare by 14 May 2026 (today is the last day)."),
            (
                Kind::Declare,
                true,
                "2026-05-15",
                "Declaring was due on 14 May 2026 (1 working day late). You can still declare. It is paid with the next \
                 payment file after finance has approved it.",
            ),
            (
                Kind::Declare,
                false,
                "2026-05-13",
                "Declaring is due by 14 May 2026 (1 working day left).",
            ),
            (Kind::Approve, true, "2026-05-13", "Approve by 14 May 2026 (1 working day left)."),
            (
                Kind::Approve,
                false,
                "2026-05-18",
                "Approving was due on 14 May 2026 (2 working days late). It is paid with the next payment file after \
                 finance has approved it.",
            ),
            (Kind::Enter, true, "2026-05-13", "Enter figures by 14 May 2026 (1 working day left)."),
        ] {
            assert_eq!(said(kind, is_own, today), words);
        }
        let today = day("2026-05-15");
        assert_eq!(sentence(Kind::Declare, None, true, today, &holidays), "");
        assert_eq!(
            sentence(Kind::Declare, Some(Err(YearNotLoaded(2028))), true, today, &holidays),
            "The bank holidays of 2028 are not loaded, so Accord does not say the date."
        );
    }

    #[test]
    fn a_queue_says_how_many_are_late_and_the_next_last_day() {
        let (today, holidays) = (day("2026-05-20"), holidays_of_2026());
        let due = |text: &str| Some(Ok(day(text)));
        let words = |rows: &[(Option<Due>, u32)]| {
            let mut queue = Queue::default();
            rows.iter().for_each(|(due, number)| queue.add(*due, *number, today));
            queue.words(Kind::Declare, today, &holidays)
        };
        for (rows, said) in [
            (vec![], ""),
            (vec![(None, 4)], ""),
            (
                vec![(None, 4), (Some(Err(YearNotLoaded(2028))), 2)],
                "The bank holidays of 2028 are not loaded, so Accord does not say the date.",
            ),
            (
                vec![(due("2026-05-19"), 1), (Some(Err(YearNotLoaded(2028))), 2)],
                "1 is late and is paid with a later payment file. The bank holidays of 2028 are not loaded, so Accord \
                 does not say the date.",
            ),
            (
                vec![(due("2026-05-22"), 1), (due("2026-06-16"), 3)],
                "Declare by 22 May 2026 (2 working days left).",
            ),
            (
                vec![(due("2026-06-16"), 3), (due("2026-05-22"), 1), (None, 9)],
                "Declare by 22 May 2026 (2 working days left).",
            ),
            (vec![(due("2026-05-20"), 1)], "Declare by 20 May 2026 (today is the last day)."),
            (vec![(due("2026-05-19"), 1)], "1 is late and is paid with a later payment file."),
            (
                vec![(due("2026-05-19"), 2), (due("2026-04-16"), 1), (due("2026-05-22"), 1)],
                "3 are late and are paid with a later payment file. The next is due by 22 May 2026 (2 working days left).",
            ),
        ] {
            assert_eq!(words(&rows), said);
        }
    }
}
