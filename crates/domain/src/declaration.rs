//! Payment declarations: from a calculated achievement to an amount that finance has approved and nobody can change.
//!
//! Source: CQRS National, declaring an achievement for payment; viewing and approving a declaration.

mod approve;
mod band;
pub mod blocked;
pub mod checks;
mod dispute;
mod indicator;
mod refused;
mod take_back;

pub use approve::How;
pub use band::{Band, Bands};
pub use dispute::Less;
pub use indicator::SubjectToDeclare;
pub use refused::{CannotApprove, CannotDeclare, CannotTakeBack, not_ready};
pub use take_back::check_take_back_reason;

use crate::{
    AchievementId, Actor, By, CalculationId, Change, DeclarationId, Event, Now, OrganisationId,
    Pence, Period, Permission, PersonId, ServiceId,
    hold::Held,
    question::{Open, Party},
    status::{self, Status},
};
use chrono::{DateTime, Utc};

/// A step that somebody, or the configuration, has taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Who.
    pub by: By,
    /// When.
    pub at: DateTime<Utc>,
}

/// Where a declaration stands; each state keeps the steps that led to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeclarationState {
    /// The provider must check and declare.
    AwaitingProvider,
    /// The commissioner must approve.
    AwaitingCommissioner {
        /// The declaration itself.
        declared: Step,
    },
    /// A second person must approve for the commissioner, because of the amount.
    AwaitingSecond {
        /// The declaration itself.
        declared: Step,
        /// The commissioner's first approval.
        approved: Step,
    },
    /// Finance must approve.
    AwaitingFinance {
        /// The declaration itself.
        declared: Step,
        /// The commissioner's approval.
        approved: Step,
        /// The second one, where the amount asked for it.
        second: Option<Step>,
    },
    /// Locked; goes into a payment file.
    Approved {
        /// The declaration itself.
        declared: Step,
        /// The commissioner's approval.
        approved: Step,
        /// The second one, where the amount asked for it.
        second: Option<Step>,
        /// The financial approval.
        finance: Step,
    },
}

impl DeclarationState {
    /// Every state name, as stored.
    pub const NAMES: [&str; 5] = [
        "awaiting_provider",
        "awaiting_commissioner",
        "awaiting_second",
        "awaiting_finance",
        "approved",
    ];

    /// The name stored.
    pub fn name(&self) -> &'static str {
        match self {
            Self::AwaitingProvider => "awaiting_provider",
            Self::AwaitingCommissioner { .. } => "awaiting_commissioner",
            Self::AwaitingSecond { .. } => "awaiting_second",
            Self::AwaitingFinance { .. } => "awaiting_finance",
            Self::Approved { .. } => "approved",
        }
    }

    /// Its row of the status table.
    pub fn status(&self) -> &'static Status {
        status::of(status::DECLARATION, self.name())
    }

    /// The declaration step, when taken.
    pub fn declared(&self) -> Option<&Step> {
        match self {
            Self::AwaitingProvider => None,
            Self::AwaitingCommissioner { declared }
            | Self::AwaitingSecond { declared, .. }
            | Self::AwaitingFinance { declared, .. }
            | Self::Approved { declared, .. } => Some(declared),
        }
    }

    /// Whether a person declared, who must do it again when figures change.
    pub fn is_declared_by_a_person(&self) -> bool {
        self.declared().is_some_and(|step| step.by.person.is_some())
    }

    /// The commissioner's approval, when given.
    pub fn approved(&self) -> Option<&Step> {
        match self {
            Self::AwaitingProvider | Self::AwaitingCommissioner { .. } => None,
            Self::AwaitingSecond { approved, .. }
            | Self::AwaitingFinance { approved, .. }
            | Self::Approved { approved, .. } => Some(approved),
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
}

/// What a payment configuration leaves out; the step then takes itself and names the configuration as its actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steps {
    /// Whether the provider must declare.
    pub declaration_required: bool,
    /// Whether the commissioner must approve. Finance always must.
    pub approval_required: bool,
}

/// The name shown for a declaration that the configuration made.
pub const NO_DECLARATION_REQUIRED: &str = "No Declaration Required";
/// The name shown for an approval that the configuration gave.
pub const NO_APPROVAL_REQUIRED: &str = "No Approval Required";
/// Longest note, in characters.
pub const NOTES_MAX: usize = 1_000;

/// The row that travels from provider to finance. It stands for exactly one calculation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declaration {
    /// Identifier.
    pub id: DeclarationId,
    /// Reference that people and the payer see: `D-2026-000123`.
    pub reference: String,
    /// The achievement declared.
    pub achievement: AchievementId,
    /// The calculation that the amount comes from.
    pub calculation: CalculationId,
    /// Whose.
    pub provider: OrganisationId,
    /// Who approves.
    pub commissioner: OrganisationId,
    /// Of which service.
    pub service: ServiceId,
    /// Of which period.
    pub period: Period,
    /// What will be paid: what was calculated, unless the commissioner approved less.
    pub amount: Pence,
    /// Why that is less than what was calculated, where it is.
    pub less: Option<Less>,
    /// The provider's notes to the commissioner.
    pub notes: String,
    /// What the configuration asks for.
    pub steps: Steps,
    /// What its amount asks for.
    pub band: Band,
    /// The indicators that the provider declares by themselves before it declares the whole; mostly none.
    pub indicators: Vec<SubjectToDeclare>,
    /// The people who submitted figures that it is worked out from.
    pub submitted_by: Vec<PersonId>,
    /// The open hold that stops declaring and approving it, where one does.
    pub held: Option<Held>,
    /// Where it stands.
    pub state: DeclarationState,
    /// The questions about it that are open.
    pub open: Open,
    /// Raised by one with each change.
    pub version: i64,
}

impl Declaration {
    fn moved(&self, state: DeclarationState, event: Event) -> Change<Self> {
        Change { after: Self { state, version: self.version + 1, ..self.clone() }, event }
    }

    /// The provider edits its notes; only before declaring.
    pub fn note(&self, notes: &str, by: &Actor) -> Result<Change<Self>, CannotDeclare> {
        by.must(Permission::Declare)?;
        if let Some(step) = self.state.declared() {
            return Err(CannotDeclare::AlreadyDeclared(step.clone()));
        }
        let notes = notes.trim();
        if notes.chars().count() > NOTES_MAX {
            return Err(CannotDeclare::NotesTooLong);
        }
        if crate::nhs_number::is_in(notes) {
            return Err(CannotDeclare::NotesNamePatient);
        }
        let event = Event::NotesChanged { declaration: self.id, notes: notes.to_owned() };
        Ok(Change {
            after: Self { notes: notes.to_owned(), version: self.version + 1, ..self.clone() },
            event,
        })
    }

    /// The provider declares the calculation it has seen.
    pub fn declare(
        &self,
        seen: CalculationId,
        by: &Actor,
        now: &Now,
    ) -> Result<Change<Self>, CannotDeclare> {
        by.must(Permission::Declare)?;
        let by = &by.acting(Permission::Declare);
        self.must_be_free_to_declare(seen, now)?;
        let left = self.indicators_left();
        if !left.is_empty() {
            return Err(CannotDeclare::IndicatorsFirst(left));
        }
        let declared = Step { by: by.by(), at: now.instant };
        let event = Event::AchievementDeclared { declaration: self.id, amount: self.amount };
        Ok(self.moved(DeclarationState::AwaitingCommissioner { declared }, event))
    }

    /// Nobody has declared it, its period is over, nothing holds it, and its figures are those that were seen.
    fn must_be_free_to_declare(&self, seen: CalculationId, now: &Now) -> Result<(), CannotDeclare> {
        if let Some(step) = self.state.declared() {
            return Err(CannotDeclare::AlreadyDeclared(step.clone()));
        }
        if !self.period.has_ended(now.today) {
            return Err(CannotDeclare::PeriodNotEnded(self.period.end));
        }
        if let Some(held) = &self.held {
            return Err(CannotDeclare::Held(held.clone()));
        }
        if seen != self.calculation {
            return Err(CannotDeclare::FiguresChanged);
        }
        Ok(())
    }

    /// For which of its two parties somebody acts.
    pub fn party(&self, by: &Actor) -> Option<Party> {
        Party::of(by, self.provider, self.commissioner)
    }

    /// The declaration back with its provider, as it was before it was declared. Whoever returns it has its own fact.
    pub(crate) fn returned(&self) -> Self {
        Self {
            state: DeclarationState::AwaitingProvider,
            amount: self.calculated(),
            less: None,
            indicators: self.indicators_again(),
            version: self.version + 1,
            ..self.clone()
        }
    }

    /// What the calculation came to, whatever the commissioner approved of it.
    pub fn calculated(&self) -> Pence {
        self.less.as_ref().map_or(self.amount, |less| less.calculated)
    }

    /// The next step that the configuration takes by itself, if it takes one here, with the actor to record it under.
    /// Under a hold it waits like everybody else.
    pub fn automatic(&self, now: &Now) -> Option<(Actor, Change<Self>)> {
        match &self.state {
            _ if self.held.is_some() => None,
            DeclarationState::AwaitingProvider if !self.steps.declaration_required => {
                let actor = Actor::system(NO_DECLARATION_REQUIRED);
                let declared = Step { by: actor.by(), at: now.instant };
                let event =
                    Event::AchievementDeclared { declaration: self.id, amount: self.amount };
                let change = self.moved(DeclarationState::AwaitingCommissioner { declared }, event);
                Some((actor, change))
            }
            DeclarationState::AwaitingCommissioner { declared }
                if !self.steps.approval_required && self.open.commissioner.is_none() =>
            {
                let actor = Actor::system(NO_APPROVAL_REQUIRED);
                let approved = Step { by: actor.by(), at: now.instant };
                let event =
                    Event::DeclarationApproved { declaration: self.id, amount: self.amount };
                let declared = declared.clone();
                let state = DeclarationState::AwaitingFinance { declared, approved, second: None };
                let change = self.moved(state, event);
                Some((actor, change))
            }
            _ => None,
        }
    }

    /// New figures gave a new calculation: before the lock the row goes back to the provider, whoever had agreed, who
    /// declares these indicators by themselves again. `None` when the declaration is locked; then the figures cannot have changed either.
    pub fn recalculated(
        &self,
        calculation: CalculationId,
        amount: Pence,
        indicators: &[String],
        cause: &str,
    ) -> Option<Change<Self>> {
        if matches!(self.state, DeclarationState::Approved { .. }) {
            return None;
        }
        let event = Event::DeclarationReturned {
            declaration: self.id,
            old: self.calculated(),
            new: amount,
            cause: cause.to_owned(),
        };
        // Where the configuration declares, nobody does it by indicator.
        let indicators = if self.steps.declaration_required { indicators } else { &[] };
        let indicators = SubjectToDeclare::all(indicators);
        Some(Change { after: Self { calculation, amount, indicators, ..self.returned() }, event })
    }
}

#[cfg(test)]
mod tests;
