//! The clock of payment files: by when one must reach the payer each month, and from when on its answer is chased.
//!
//! Source: a payer pays what it has by a working day of the month and an hour; what comes later goes with the next run.
//! The words and the chasing are ours.

use crate::{
    Actor, Change, Event, NotAllowed, Now, OrganisationId, Permission,
    calendar::{BankHolidays, Due, YearNotLoaded, london_instant},
    deadline::left,
    refusal::refusal,
};
use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, Timelike, Utc};

/// The last working day of a month that can be chosen: December with its holidays has no more than 19.
pub const LAST_WORKING_DAY: u32 = 18;
/// Most working days until an answer is chased.
pub const LATEST_CHASE: u32 = 20;

/// A working day of each month, and a time in London.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// Which working day of the month, from 1.
    pub working_day: u32,
    /// Until when on that day, on London's clocks; whole minutes.
    pub until: NaiveTime,
}

/// What a commissioner says of its payer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// By when a file must reach the payer; none where nobody has said.
    pub reach: Option<Reach>,
    /// After how many working days an answer is chased; none where it never is.
    pub chase_after: Option<u32>,
}

impl Default for Timing {
    fn default() -> Self {
        Self { reach: None, chase_after: Some(3) }
    }
}

/// The timing of a commissioner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Whose.
    pub commissioner: OrganisationId,
    /// What it says.
    pub timing: Timing,
    /// Raised by one with each change; nothing was changed yet at 0.
    pub version: i64,
}

/// Why the timing is not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotSetTiming {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error("A region pays nothing itself. Each ICB says by when its files must reach the payer.")]
    NotPaying,
    #[error("The working day must be from 1 to {LAST_WORKING_DAY}, or empty")]
    WorkingDay,
    #[error("The working days must be from 1 to {LATEST_CHASE}, or empty")]
    ChaseAfter,
}
refusal!(CannotSetTiming);

impl Setting {
    /// Before the commissioner has said anything.
    pub fn of(commissioner: OrganisationId) -> Self {
        Self { commissioner, timing: Timing::default(), version: 0 }
    }

    /// Finance says by when files must reach the payer, and from when on answers are chased.
    pub fn change(&self, timing: Timing, by: &Actor) -> Result<Change<Self>, CannotSetTiming> {
        by.must(Permission::MakePayments)?;
        if by.organisation().is_none_or(|own| own.kind == crate::OrganisationKind::Region) {
            return Err(CannotSetTiming::NotPaying);
        }
        if timing.reach.is_some_and(|reach| !(1..=LAST_WORKING_DAY).contains(&reach.working_day)) {
            return Err(CannotSetTiming::WorkingDay);
        }
        if timing.chase_after.is_some_and(|days| !(1..=LATEST_CHASE).contains(&days)) {
            return Err(CannotSetTiming::ChaseAfter);
        }
        let event =
            Event::PaymentTimingChanged { commissioner: self.commissioner, what: timing.words() };
        Ok(Change { after: Self { timing, version: self.version + 1, ..self.clone() }, event })
    }
}

impl Timing {
    /// In words, for the history.
    fn words(&self) -> String {
        let reach = match self.reach {
            Some(Reach { working_day, until }) => format!(
                "files reach the payer by {} on working day {working_day} of the month",
                clock(until)
            ),
            None => "no day for files to reach the payer".to_owned(),
        };
        let chase = match self.chase_after {
            Some(1) => "answers chased after 1 working day".to_owned(),
            Some(days) => format!("answers chased after {days} working days"),
            None => "answers not chased".to_owned(),
        };
        format!("{reach}; {chase}")
    }
}

/// `3pm`, `3:30pm`.
fn clock(time: NaiveTime) -> String {
    let form = if time.minute() == 0 { "%-I%P" } else { "%-I:%M%P" };
    time.format(form).to_string()
}

/// When a file must have reached the payer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// The day in London.
    pub on: NaiveDate,
    /// The instant; whoever sends at it is in time.
    pub at: DateTime<Utc>,
    until: NaiveTime,
}

impl Deadline {
    /// `3pm on Thursday 14 May 2026`.
    pub fn words(&self) -> String {
        format!("{} on {}", clock(self.until), self.on.format("%A %-d %B %Y"))
    }
}

/// Where the month stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The deadline of this month, where it is over.
    pub missed: Option<Deadline>,
    /// The next one.
    pub next: Deadline,
}

impl Reach {
    /// The deadline of the month that a day is in.
    fn in_month(self, day: NaiveDate, holidays: &BankHolidays) -> Result<Deadline, YearNotLoaded> {
        let first = day.with_day(1).expect("every month has a first day");
        let on: Due = holidays.add(first - Days::new(1), self.working_day);
        let on = on?;
        Ok(Deadline { on, at: london_instant(on.and_time(self.until)), until: self.until })
    }

    /// Whether this month's deadline is over, and which comes next.
    pub fn standing(self, now: &Now, holidays: &BankHolidays) -> Result<Standing, YearNotLoaded> {
        let this = self.in_month(now.today, holidays)?;
        if now.instant <= this.at {
            return Ok(Standing { missed: None, next: this });
        }
        let first = now.today.with_day(1).expect("every month has a first day");
        let next = self.in_month(first + Months::new(1), holidays)?;
        Ok(Standing { missed: Some(this), next })
    }

    /// By when the next file must reach the payer, to whoever makes it; where this month's deadline is over while so many
    /// declarations are ready, what happens with them.
    pub fn sentence(self, ready: i64, now: &Now, holidays: &BankHolidays) -> String {
        let standing = match self.standing(now, holidays) {
            Ok(standing) => standing,
            Err(unknown) => return unknown.to_string(),
        };
        let left = left(standing.next.on, now.today, holidays);
        let next = standing.next.words();
        match standing.missed {
            Some(missed) if ready > 0 => {
                let these = if ready == 1 { "This goes" } else { "These go" };
                let month = standing.next.on.format("%B %Y");
                format!(
                    "{} was the last time for this month. {these} with the next file, for {month}: it must reach the payer by {next} ({left}).",
                    first_upper(&missed.words())
                )
            }
            _ => format!("The next file must reach the payer by {next} ({left})."),
        }
    }

    /// The same in short, for a task that somebody does now.
    pub fn hint(self, now: &Now, holidays: &BankHolidays) -> String {
        match self.standing(now, holidays) {
            Ok(Standing { missed: None, next }) => {
                let left = left(next.on, now.today, holidays);
                format!("It must reach the payer by {} ({left}).", next.words())
            }
            Ok(Standing { missed: Some(missed), next }) => {
                let left = left(next.on, now.today, holidays);
                format!(
                    "The time for {} is over. It goes with the next file, by {} ({left}).",
                    missed.on.format("%B %Y"),
                    next.words()
                )
            }
            Err(unknown) => unknown.to_string(),
        }
    }
}

fn first_upper(text: &str) -> String {
    text[..1].to_uppercase() + &text[1..]
}

/// A sent file, as chasing looks at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// When the payer got it.
    pub sent_on: NaiveDate,
    /// When the payer was going to pay, where that was said: it does not answer before.
    pub expected_on: Option<NaiveDate>,
    /// When it was last chased.
    pub chased_on: Option<NaiveDate>,
    /// Payments that the payer has not answered.
    pub unanswered: i64,
}

impl Waiting {
    /// The day since when the payer could have answered.
    pub fn since(&self) -> NaiveDate {
        self.expected_on.map_or(self.sent_on, |expected| expected.max(self.sent_on))
    }

    /// Whether so many working days are over since it could have been answered, so that it is a task.
    pub fn is_overdue(
        &self,
        after: u32,
        today: NaiveDate,
        holidays: &BankHolidays,
    ) -> Result<bool, YearNotLoaded> {
        Ok(self.unanswered > 0 && today > holidays.add(self.since(), after)?)
    }

    /// Whether people are written to: once it is overdue, and not again until so many working days are over.
    pub fn is_to_chase(
        &self,
        after: u32,
        today: NaiveDate,
        holidays: &BankHolidays,
    ) -> Result<bool, YearNotLoaded> {
        if !self.is_overdue(after, today, holidays)? {
            return Ok(false);
        }
        match self.chased_on {
            Some(chased_on) => Ok(today > holidays.add(chased_on, after)?),
            None => Ok(true),
        }
    }
}

#[cfg(test)]
mod tests;
