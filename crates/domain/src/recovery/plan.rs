//! The plan of a recovery: how many monthly instalments, from when, and what each of them is to the penny.

use super::refused::CannotRecover;
use crate::{Pence, calendar::long_date, payment::PaymentState};
use chrono::{Months, NaiveDate};

/// The most instalments of a recovery.
pub const MOST_INSTALMENTS: u32 = 12;
/// The months within which the first instalment falls due, counted from the first day that it may.
const FIRST_WITHIN: Months = Months::new(12);

/// What somebody asks for or proposes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// How many monthly instalments.
    pub instalments: u32,
    /// When the first is due.
    pub first_on: NaiveDate,
}

/// What is wrong with a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum Wrong {
    #[error("Enter how many monthly instalments, from 1 to {MOST_INSTALMENTS}")]
    Instalments,
    #[error("The amount has only {0} pence, so there can be no more instalments than that")]
    MoreThanPence(i64),
    #[error("The first instalment must be on or after {}, when the notice is over", long_date(*.0))]
    TooEarly(NaiveDate),
    #[error("The first instalment must be on or before {}", long_date(*.0))]
    TooLate(NaiveDate),
}

/// One instalment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instalment {
    /// Which it is, from 1.
    pub number: u32,
    /// From when on it goes into a payment file.
    pub due_on: NaiveDate,
    /// How much is taken, above zero.
    pub amount: Pence,
}

impl Plan {
    /// What is wrong with it for an amount, when the first instalment may fall due on `earliest`.
    pub fn check(&self, whole: Pence, earliest: NaiveDate) -> Result<(), CannotRecover> {
        if !(1..=MOST_INSTALMENTS).contains(&self.instalments) {
            return Err(Wrong::Instalments.into());
        }
        if i64::from(self.instalments) > whole.0 {
            return Err(Wrong::MoreThanPence(whole.0).into());
        }
        if self.first_on < earliest {
            return Err(Wrong::TooEarly(earliest).into());
        }
        let latest = earliest.checked_add_months(FIRST_WITHIN).unwrap_or(NaiveDate::MAX);
        if self.first_on > latest {
            return Err(Wrong::TooLate(latest).into());
        }
        Ok(())
    }

    /// The same plan, begun no earlier than a day: nothing falls due before it is agreed.
    #[must_use]
    pub fn from(self, day: NaiveDate) -> Self {
        Self { first_on: self.first_on.max(day), ..self }
    }

    /// The instalments of an amount: each the same, and the pennies that remain on the last, so that the sum is the
    /// whole. In a month that has not the day of the first one, the last day of the month.
    pub fn split(&self, whole: Pence) -> Vec<Instalment> {
        let count = i64::from(self.instalments.max(1));
        let each = whole.0 / count;
        (1..=self.instalments.max(1))
            .map(|number| {
                let months = Months::new(number - 1);
                let due_on = self.first_on.checked_add_months(months).unwrap_or(NaiveDate::MAX);
                let is_last = i64::from(number) == count;
                let amount = if is_last { whole.0 - each * (count - 1) } else { each };
                Instalment { number, due_on, amount: Pence(amount) }
            })
            .collect()
    }
}

/// How far a recovery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What the payer has taken, or finance has settled.
    pub taken: Pence,
    /// What is left.
    pub left: Pence,
    /// The next instalment that no file holds; none where all are under way or taken.
    pub next: Option<Instalment>,
}

impl Progress {
    /// Of instalments with where the payment of each stands.
    pub fn of(instalments: &[(Instalment, PaymentState)]) -> Self {
        let is_taken = |state: &PaymentState| {
            matches!(state, PaymentState::Paid { .. } | PaymentState::Settled { .. })
        };
        let sum = |taken: bool| {
            let own = instalments.iter().filter(|(_, state)| is_taken(state) == taken);
            own.map(|(instalment, _)| instalment.amount).sum()
        };
        let waits = |state: &PaymentState| {
            matches!(state, PaymentState::NotDue | PaymentState::Ready | PaymentState::Held(_))
        };
        let next = instalments.iter().filter(|(_, state)| waits(state)).map(|(next, _)| *next);
        Self { taken: sum(true), left: sum(false), next: next.min_by_key(|next| next.due_on) }
    }

    /// Whether everything is taken.
    pub fn is_over(&self) -> bool {
        self.left == Pence(0)
    }
}
