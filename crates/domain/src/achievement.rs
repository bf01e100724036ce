//! Achievements: the figures of one provider, service and achievement date, and what is calculated from them.

use crate::{
    AchievementId, Actor, NotAllowed, Now, OrganisationId, Period, Permission, ServiceId,
    calendar::long_date,
    declaration::DeclarationState,
    refusal::refusal,
    status::{self, Status},
};
use chrono::NaiveDate;

/// How far the figures have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AchievementState {
    /// No figure yet.
    NotStarted,
    /// Some indicators have all their figures.
    InProgress,
    /// All indicators have their figures; the period has not ended.
    Complete,
    /// All indicators have their figures and the period has ended, but another input is missing.
    Held,
    /// Calculated from the figures in force.
    Calculated,
}

impl AchievementState {
    /// Every state.
    pub const ALL: [Self; 5] =
        [Self::NotStarted, Self::InProgress, Self::Complete, Self::Held, Self::Calculated];

    /// The name in the status table.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotStarted => "not_started",
            Self::InProgress => "in_progress",
            Self::Complete => "complete",
            Self::Held => "held",
            Self::Calculated => "calculated",
        }
    }

    /// Its row of the status table.
    pub fn status(self) -> &'static Status {
        status::of(status::ACHIEVEMENT, self.name())
    }
}

/// The figures of one provider for one service and achievement date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Achievement {
    /// Identifier.
    pub id: AchievementId,
    /// Whose.
    pub provider: OrganisationId,
    /// Of which service.
    pub service: ServiceId,
    /// The period that the achievement date ends.
    pub period: Period,
    /// Indicators with all their figures in force.
    pub submitted: u32,
    /// Indicators of the contracted components that need figures.
    pub required: u32,
    /// Whether a calculation of the figures in force exists.
    pub is_calculated: bool,
    /// Raised by one with each change.
    pub version: i64,
}

impl Achievement {
    /// How far it has come, on a date.
    pub fn state(&self, today: NaiveDate) -> AchievementState {
        if self.is_calculated {
            AchievementState::Calculated
        } else if self.submitted < self.required {
            if self.submitted == 0 {
                AchievementState::NotStarted
            } else {
                AchievementState::InProgress
            }
        } else if self.period.has_ended(today) {
            AchievementState::Held
        } else {
            AchievementState::Complete
        }
    }
}

/// Why figures cannot be submitted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotSubmit {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error("You cannot submit data because you have not accepted this service.")]
    NotTakingPart,
    #[error("{} is not an achievement date of this service.", long_date(*.0))]
    NotAnAchievementDate(NaiveDate),
    #[error("You cannot submit data yet because the period starts on {}.", long_date(*.0))]
    NotStarted(NaiveDate),
    #[error(
        "The commissioner has approved this declaration, so its data cannot be changed. Ask the commissioner."
    )]
    Approved,
    #[error("This declaration has been approved for payment and is locked.")]
    Locked,
    #[error("This service needs no data from you. It is calculated from your list size.")]
    NothingToSubmit,
}
refusal!(CannotSubmit);

/// Who may change figures, and until when: a provider until the commissioner has approved, a commissioner
/// (on a provider's behalf) and an extract until finance has approved; nobody after that.
///
/// Source: CQRS National, adjusting manually submitted data.
pub fn may_submit(
    by: &Actor,
    period: Period,
    declaration: Option<&DeclarationState>,
    now: &Now,
) -> Result<(), CannotSubmit> {
    by.must(Permission::EnterFigures)?;
    if now.today < period.start {
        return Err(CannotSubmit::NotStarted(period.start));
    }
    let is_provider = by.organisation().is_some_and(|organisation| organisation.kind.provides());
    match declaration {
        Some(DeclarationState::Approved { .. }) => Err(CannotSubmit::Locked),
        Some(DeclarationState::AwaitingFinance { .. }) if is_provider => {
            Err(CannotSubmit::Approved)
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_its_row_in_the_status_table() {
        for state in AchievementState::ALL {
            assert_eq!(state.status().name, state.name());
        }
    }
}
