//! Corrections of a declaration that is locked: supplementary where more is owed, reversing where money is taken back.
//!
//! A locked declaration is never edited. A correction is a record of its own that names it and goes through the same
//! approvals, by different people.
//!
//! Source: CQRS National, nothing can be changed after the financial approval. Corrections as records of their own are ours.

mod acts;
mod ask;
mod refused;
mod words;

pub use acts::{Act, Acting};
pub use ask::{Asking, Original};
pub use refused::{CannotAsk, CannotCorrect};
pub use words::{Wrong, read_reason};

use crate::{
    CorrectionId, DeclarationId, OrganisationId, Pence,
    declaration::{Band, Step},
    hold::Held,
    question::Party,
    status::{self, Status},
};
use chrono::NaiveDate;

/// Which way a correction goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// More is owed to the provider.
    Supplementary,
    /// The locked amount, or a part of it, is taken back.
    Reversing,
}

impl Direction {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Supplementary, Self::Reversing];

    /// The name stored, which is also what a form says.
    pub fn name(self) -> &'static str {
        match self {
            Self::Supplementary => "supplementary",
            Self::Reversing => "reversing",
        }
    }

    /// Reads the stored name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|direction| direction.name() == name)
    }

    /// What people call such a correction.
    pub fn words(self) -> &'static str {
        match self {
            Self::Supplementary => "Supplementary declaration",
            Self::Reversing => "Reversing declaration",
        }
    }

    /// An amount above zero as this way counts it.
    #[must_use]
    pub fn signed(self, amount: Pence) -> Pence {
        match self {
            Self::Supplementary => amount,
            Self::Reversing => Pence(-amount.0),
        }
    }
}

/// What the provider says to a correction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is right; where the provider asked, asking said so.
    Agreed(Step),
    /// It is wrong. That does not stop a reversing one: whoever approves reads why.
    Disagrees {
        /// Who, and when.
        step: Step,
        /// Why.
        reason: String,
    },
    /// Nothing, until the notice was over.
    Silent,
}

impl Answer {
    /// The name stored.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Agreed(_) => "agreed",
            Self::Disagrees { .. } => "disagrees",
            Self::Silent => "silent",
        }
    }

    /// Who answered; nobody where nobody did.
    pub fn step(&self) -> Option<&Step> {
        match self {
            Self::Agreed(step) | Self::Disagrees { step, .. } => Some(step),
            Self::Silent => None,
        }
    }
}

/// Where a correction stands; each state keeps the steps that led to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CorrectionState {
    /// The commissioner asked for it; the provider must say whether it is right.
    AwaitingProvider,
    /// The commissioner must approve.
    AwaitingCommissioner {
        /// What the provider says.
        answer: Answer,
    },
    /// A second person must approve for the commissioner, because of the amount.
    AwaitingSecond {
        /// What the provider says.
        answer: Answer,
        /// The commissioner's first approval.
        approved: Step,
    },
    /// Finance must approve.
    AwaitingFinance {
        /// What the provider says.
        answer: Answer,
        /// The commissioner's approval.
        approved: Step,
        /// The second one, where the amount asked for it.
        second: Option<Step>,
    },
    /// It counts: the declaration stands at another amount, and the money is on its way.
    Approved {
        /// What the provider says.
        answer: Answer,
        /// The commissioner's approval.
        approved: Step,
        /// The second one, where the amount asked for it.
        second: Option<Step>,
        /// The financial approval.
        finance: Step,
    },
    /// Somebody whose turn it was decided against it. It changes nothing.
    Refused {
        /// Who.
        step: Step,
        /// Why.
        reason: String,
    },
    /// The side that asked took it back. It changes nothing.
    Withdrawn {
        /// Who.
        step: Step,
    },
}

impl CorrectionState {
    /// Every state name, in the order of the work.
    pub const NAMES: [&str; 7] = [
        "awaiting_provider",
        "awaiting_commissioner",
        "awaiting_second",
        "awaiting_finance",
        "approved",
        "refused",
        "withdrawn",
    ];

    /// The names of those that somebody still has to act in.
    pub const OPEN: [&str; 4] =
        ["awaiting_provider", "awaiting_commissioner", "awaiting_second", "awaiting_finance"];

    /// The name stored.
    pub fn name(&self) -> &'static str {
        match self {
            Self::AwaitingProvider => "awaiting_provider",
            Self::AwaitingCommissioner { .. } => "awaiting_commissioner",
            Self::AwaitingSecond { .. } => "awaiting_second",
            Self::AwaitingFinance { .. } => "awaiting_finance",
            Self::Approved { .. } => "approved",
            Self::Refused { .. } => "refused",
            Self::Withdrawn { .. } => "withdrawn",
        }
    }

    /// Its row of the status table.
    pub fn status(&self) -> &'static Status {
        status::of(status::CORRECTION, self.name())
    }

    /// Whether somebody still has to act.
    pub fn is_open(&self) -> bool {
        Self::OPEN.contains(&self.name())
    }

    /// What the provider says, once it has been asked and the notice or the answer has come.
    pub fn answer(&self) -> Option<&Answer> {
        match self {
            Self::AwaitingCommissioner { answer }
            | Self::AwaitingSecond { answer, .. }
            | Self::AwaitingFinance { answer, .. }
            | Self::Approved { answer, .. } => Some(answer),
            _ => None,
        }
    }

    /// The commissioner's approval, when given.
    pub fn approved(&self) -> Option<&Step> {
        match self {
            Self::AwaitingSecond { approved, .. }
            | Self::AwaitingFinance { approved, .. }
            | Self::Approved { approved, .. } => Some(approved),
            _ => None,
        }
    }

    /// The commissioner's second approval, when given.
    pub fn second(&self) -> Option<&Step> {
        match self {
            Self::AwaitingFinance { second, .. } | Self::Approved { second, .. } => second.as_ref(),
            _ => None,
        }
    }

    /// The financial approval, when given.
    pub fn finance(&self) -> Option<&Step> {
        match self {
            Self::Approved { finance, .. } => Some(finance),
            _ => None,
        }
    }

    /// Who ended it without an approval, and why where a reason was asked for.
    pub fn ended(&self) -> Option<(&Step, &str)> {
        match self {
            Self::Refused { step, reason } => Some((step, reason)),
            Self::Withdrawn { step } => Some((step, "")),
            _ => None,
        }
    }
}

/// A correction of one locked declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    /// Identifier.
    pub id: CorrectionId,
    /// Reference that people and the payer see: `CR-2026-000012`.
    pub reference: String,
    /// What it corrects.
    pub declaration: DeclarationId,
    /// The reference of that.
    pub corrects: String,
    /// Whose.
    pub provider: OrganisationId,
    /// Who approves and pays.
    pub commissioner: OrganisationId,
    /// Which way.
    pub direction: Direction,
    /// How much: above zero where more is owed, below where it is taken back.
    pub amount: Pence,
    /// What the declaration stood at when it was asked for.
    pub stood_at: Pence,
    /// Why.
    pub reason: String,
    /// Where it can be looked up; empty where nothing was named.
    pub evidence: String,
    /// Which side asked.
    pub asked_by: Party,
    /// Who asked, and when.
    pub asked: Step,
    /// Until when the provider can answer before a reversing one goes on without an answer.
    pub answer_by: NaiveDate,
    /// What its amount asks for.
    pub band: Band,
    /// The open hold that stops agreeing and approving, where one does.
    pub held: Option<Held>,
    /// Where it stands.
    pub state: CorrectionState,
    /// Raised by one with each change.
    pub version: i64,
}

#[cfg(test)]
mod tests;
