//! The clock of an open question: how long it is open, whose turn it is, and by when they answer.

use super::Party;
use crate::{Now, calendar::long_date};
use chrono::{DateTime, Days, NaiveDate, Utc};

/// Calendar days to answer in, from the day on which a turn begins.
pub const DAYS_TO_ANSWER: u64 = 10;

/// How an open question stands. Nothing happens by itself when its time is over: it is said to both parties.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// The day on which it was asked.
    pub asked_on: NaiveDate,
    /// Whose turn it is.
    pub turn: Party,
    /// The last day of that turn.
    pub answer_by: NaiveDate,
}

impl Clock {
    /// Of a question asked at one instant whose turn began at another.
    pub fn new(asked_at: DateTime<Utc>, turn: Party, since: DateTime<Utc>) -> Self {
        let began = Now::at(since).today;
        let answer_by = began.checked_add_days(Days::new(DAYS_TO_ANSWER)).unwrap_or(began);
        Self { asked_on: Now::at(asked_at).today, turn, answer_by }
    }

    /// On which day of the question it is: 1 on the day on which it was asked.
    pub fn day(&self, today: NaiveDate) -> i64 {
        (today - self.asked_on).num_days().max(0) + 1
    }

    /// Whether the turn should have been over.
    pub fn is_late(&self, today: NaiveDate) -> bool {
        today > self.answer_by
    }

    /// For how long it is open, whose turn it is and by when they answer, each a sentence to the reader.
    pub fn sentences(&self, reader: Option<Party>, today: NaiveDate) -> Vec<String> {
        let open = match (today - self.asked_on).num_days() {
            days if days < 1 => "Open since today.".to_owned(),
            1 => "Open since 1 day.".to_owned(),
            days => format!("Open since {days} days."),
        };
        let turn = match reader == Some(self.turn) {
            true => "It is your turn.".to_owned(),
            false => format!("It is the {}'s turn.", self.turn.name()),
        };
        vec![open, turn, format!("{}.", self.answer_by_words(today))]
    }

    /// `Answer by 12 July 2025`, or that it is late.
    pub fn answer_by_words(&self, today: NaiveDate) -> String {
        let by = long_date(self.answer_by);
        match (today - self.answer_by).num_days() {
            1 => format!("1 day late, answer was due by {by}"),
            late if late > 1 => format!("{late} days late, answer was due by {by}"),
            _ => format!("Answer by {by}"),
        }
    }
}

/// The open questions about one declaration: each party has at most one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Open {
    /// What the commissioner asked. While it is open, nobody approves.
    pub commissioner: Option<Clock>,
    /// What the provider asked. It stops nothing.
    pub provider: Option<Clock>,
}

impl Open {
    /// What one of the two asked.
    pub fn of(&self, party: Party) -> Option<&Clock> {
        match party {
            Party::Provider => self.provider.as_ref(),
            Party::Commissioner => self.commissioner.as_ref(),
        }
    }

    /// A line for each: `Question open, provider's turn, day 3` of a reader's own question, with whose it is of another.
    pub fn lines(&self, reader: Option<Party>, today: NaiveDate) -> Vec<String> {
        let line = |asked_by: Party| {
            let clock = self.of(asked_by)?;
            let whose = match asked_by {
                _ if reader == Some(asked_by) => "Question",
                Party::Provider => "Question of the provider",
                Party::Commissioner => "Question of the commissioner",
            };
            let turn = match clock.turn {
                turn if reader == Some(turn) => "your",
                Party::Provider => "provider's",
                Party::Commissioner => "commissioner's",
            };
            let late = if clock.is_late(today) { ", late" } else { "" };
            Some(format!("{whose} open, {turn} turn, day {}{late}", clock.day(today)))
        };
        [Party::Commissioner, Party::Provider].into_iter().filter_map(line).collect()
    }
}
