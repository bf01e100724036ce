//! Recovery: what was paid too much is taken back with notice, in one to twelve monthly instalments.
//!
//! The commissioner asks with a plan; the provider agrees, proposes another one or disputes it; each instalment is then a
//! line of a payment file like any other, and what is left is always told to both sides.
//!
//! Ours: no source describes how money is taken back; practices read of it years later and at short notice.

mod acts;
mod plan;
mod refused;

pub use acts::{Act, Acting, Due, PAY, acts_as};
pub use plan::{Instalment, MOST_INSTALMENTS, Plan, Progress, Wrong};
pub use refused::CannotRecover;

use crate::{
    CorrectionId, DeclarationId, OrganisationId, Pence,
    declaration::Step,
    status::{self, Status},
};
use chrono::{Days, NaiveDate};

/// How many calendar days a provider has before money is taken back, and before silence counts as no answer. Every notice
/// of a correction and a recovery is made here.
pub const NOTICE_DAYS: u64 = 28;

/// The last day of a notice that is given today.
pub fn notice_until(today: NaiveDate) -> NaiveDate {
    today.checked_add_days(Days::new(NOTICE_DAYS)).unwrap_or(NaiveDate::MAX)
}

/// What the provider says to a plan that it does not agree to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// Who, and when.
    pub step: Step,
    /// Why.
    pub reason: String,
    /// The plan that it proposes; none where it disputes that anything is to be taken back.
    pub proposal: Option<Plan>,
}

/// How a recovery came to stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// The provider agreed to the plan.
    Agreed,
    /// The commissioner accepted the plan that the provider proposed.
    Accepted,
    /// The commissioner kept its plan, whatever the provider had answered.
    Kept,
    /// The notice was over without an answer.
    Silent,
}

impl How {
    /// Every way.
    pub const ALL: [Self; 4] = [Self::Agreed, Self::Accepted, Self::Kept, Self::Silent];

    /// The name stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Agreed => "agreed",
            Self::Accepted => "accepted",
            Self::Kept => "kept",
            Self::Silent => "silent",
        }
    }

    /// Reads the stored name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|how| how.name() == name)
    }

    /// What people read.
    pub fn words(self) -> &'static str {
        match self {
            Self::Agreed => "The provider agreed",
            Self::Accepted => {
                "The commissioner accepted the instalments that the provider proposed"
            }
            Self::Kept => "The commissioner kept its plan after the provider had answered",
            Self::Silent => "The notice was over without an answer, so it stands",
        }
    }
}

/// Where a recovery stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecoveryState {
    /// The provider has notice, and must answer.
    Asked,
    /// The provider does not agree; the commissioner must decide.
    Answered(Answered),
    /// Its instalments are taken, each when it is due.
    Agreed {
        /// How it came to that.
        how: How,
        /// Who took the last step, and when.
        step: Step,
        /// What the provider had said, where it did not agree.
        answer: Option<Answered>,
    },
    /// Every instalment is taken. Nothing stores this: the payments say it.
    Taken {
        /// How it came to be agreed.
        how: How,
        /// Who took the last step, and when.
        step: Step,
        /// What the provider had said, where it did not agree.
        answer: Option<Answered>,
    },
    /// The commissioner gave it up after the provider's answer. The amount stands with the provider again.
    Dropped {
        /// Who, and when.
        step: Step,
        /// Why.
        reason: String,
        /// What the provider had said.
        answer: Answered,
    },
}

impl RecoveryState {
    /// Every state name, in the order of the work.
    pub const NAMES: [&str; 5] = ["asked", "answered", "agreed", "taken", "dropped"];

    /// The name stored; `taken` is stored as `agreed`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Answered(_) => "answered",
            Self::Agreed { .. } => "agreed",
            Self::Taken { .. } => "taken",
            Self::Dropped { .. } => "dropped",
        }
    }

    /// Its row of the status table.
    pub fn status(&self) -> &'static Status {
        status::of(status::RECOVERY, self.name())
    }

    /// What the provider has said, where it did not agree.
    pub fn answer(&self) -> Option<&Answered> {
        match self {
            Self::Asked => None,
            Self::Answered(answer) | Self::Dropped { answer, .. } => Some(answer),
            Self::Agreed { answer, .. } | Self::Taken { answer, .. } => answer.as_ref(),
        }
    }

    /// The state as the payments of its instalments say it.
    #[must_use]
    pub fn under(self, is_all_taken: bool) -> Self {
        match self {
            Self::Agreed { how, step, answer } if is_all_taken => Self::Taken { how, step, answer },
            state => state,
        }
    }
}

/// The recovery of one reversing correction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// The correction that takes the money back.
    pub correction: CorrectionId,
    /// The reference of that.
    pub reference: String,
    /// The declaration that it corrects.
    pub declaration: DeclarationId,
    /// From whom.
    pub provider: OrganisationId,
    /// To whom.
    pub commissioner: OrganisationId,
    /// How much in all, above zero.
    pub whole: Pence,
    /// The plan that stands, or is asked for.
    pub plan: Plan,
    /// Why it is taken so.
    pub reason: String,
    /// Who asked, and when.
    pub asked: Step,
    /// The last day of the notice.
    pub answer_by: NaiveDate,
    /// Where it stands.
    pub state: RecoveryState,
    /// Raised by one with each change.
    pub version: i64,
}

#[cfg(test)]
mod tests;
