//! Payment declarations: from a calculated achievement to an amount that finance has approved and nobody can change.
//!
//! Source: CQRS National, declaring an achievement for payment; viewing and approving a declaration.

pub mod blocked;
pub mod checks;
mod refused;
mod take_back;

pub use refused::{CannotApprove, CannotDeclare, CannotTakeBack, not_ready};
pub use take_back::check_take_back_reason;

use crate::{
    AchievementId, Actor, By, CalculationId, Change, DeclarationId, Event, Now, OrganisationId,
    Pence, Period, Permission, ServiceId,
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
    /// Finance must approve.
    AwaitingFinance {
        /// The declaration itself.
        declared: Step,
        /// The commissioner's approval.
        approved: Step,
    },
    /// Locked; goes into a payment file.
    Approved {
        /// The declaration itself.
        declared: Step,
        /// The commissioner's approval.
        approved: Step,
        /// The financial approval.
        finance: Step,
    },
}

impl DeclarationState {
    /// Every state name, as stored.
    pub const NAMES: [&str; 4] =
        ["awaiting_provider", "awaiting_commissioner", "awaiting_finance", "approved"];

    /// The name stored.
    pub fn name(&self) -> &'static str {
        match self {
            Self::AwaitingProvider => "awaiting_provider",
            Self::AwaitingCommissioner { .. } => "awaiting_commissioner",
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
            Self::AwaitingFinance { approved, .. } | Self::Approved { approved, .. } => {
                Some(approved)
            }
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
    /// What will be paid.
    pub amount: Pence,
    /// The provider's notes to the commissioner.
    pub notes: String,
    /// What the configuration asks for.
    pub steps: Steps,
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
        let declared = Step { by: by.by(), at: now.instant };
        let event = Event::AchievementDeclared { declaration: self.id, amount: self.amount };
        Ok(self.moved(DeclarationState::AwaitingCommissioner { declared }, event))
    }

    /// The approval that this person can give here: for the commissioner or for finance, as the row stands and as their
    /// roles allow. One page serves both.
    pub fn approve_next(
        &self,
        seen: CalculationId,
        by: &Actor,
        now: &Now,
    ) -> Result<Change<Self>, CannotApprove> {
        let is_next = match self.state {
            DeclarationState::AwaitingProvider | DeclarationState::AwaitingCommissioner { .. } => {
                Permission::Approve
            }
            DeclarationState::AwaitingFinance { .. } | DeclarationState::Approved { .. } => {
                Permission::ApproveFinance
            }
        };
        let as_finance = match (by.may(Permission::Approve), by.may(Permission::ApproveFinance)) {
            (true, true) => is_next == Permission::ApproveFinance,
            (_, has_finance) => has_finance,
        };
        if as_finance { self.approve_finance(seen, by, now) } else { self.approve(seen, by, now) }
    }

    /// For which of its two parties somebody acts.
    pub fn party(&self, by: &Actor) -> Option<Party> {
        Party::of(by, self.provider, self.commissioner)
    }

    /// Whose money it is decides who approves, whatever roles are held elsewhere.
    fn must_pay(&self, by: &Actor) -> Result<(), CannotApprove> {
        match by.organisation() {
            Some(organisation) if organisation.id == self.commissioner => Ok(()),
            _ => Err(CannotApprove::AnotherCommissioner),
        }
    }

    /// Whoever asked decides when it has its answer.
    fn must_be_unquestioned(&self) -> Result<(), CannotApprove> {
        match self.open.commissioner {
            Some(_) => Err(CannotApprove::QuestionOpen),
            None => Ok(()),
        }
    }

    /// The declaration back with its provider, as it was before it was declared. Whoever returns it has its own fact.
    pub(crate) fn returned(&self) -> Self {
        Self {
            state: DeclarationState::AwaitingProvider,
            version: self.version + 1,
            ..self.clone()
        }
    }

    /// The commissioner approves the calculation it has seen. Nobody approves what they declared.
    pub fn approve(
        &self,
        seen: CalculationId,
        by: &Actor,
        now: &Now,
    ) -> Result<Change<Self>, CannotApprove> {
        by.must(Permission::Approve)?;
        self.must_pay(by)?;
        let declared = match &self.state {
            DeclarationState::AwaitingProvider => return Err(CannotApprove::NotDeclared),
            DeclarationState::AwaitingCommissioner { declared } => declared,
            DeclarationState::AwaitingFinance { approved, .. }
            | DeclarationState::Approved { approved, .. } => {
                return Err(CannotApprove::AlreadyApproved(approved.clone()));
            }
        };
        self.must_be_unquestioned()?;
        if declared.by.is(by) {
            return Err(CannotApprove::SamePersonDeclared);
        }
        if let Some(held) = &self.held {
            return Err(CannotApprove::Held(held.clone()));
        }
        if seen != self.calculation {
            return Err(CannotApprove::FiguresChanged);
        }
        let approved = Step { by: by.by(), at: now.instant };
        let event = Event::DeclarationApproved { declaration: self.id, amount: self.amount };
        Ok(self.moved(
            DeclarationState::AwaitingFinance { declared: declared.clone(), approved },
            event,
        ))
    }

    /// Finance approves: a third person, and the last change the declaration can have.
    pub fn approve_finance(
        &self,
        seen: CalculationId,
        by: &Actor,
        now: &Now,
    ) -> Result<Change<Self>, CannotApprove> {
        by.must(Permission::ApproveFinance)?;
        self.must_pay(by)?;
        let (declared, approved) = match &self.state {
            DeclarationState::AwaitingProvider => return Err(CannotApprove::NotDeclared),
            DeclarationState::AwaitingCommissioner { .. } => {
                return Err(CannotApprove::NotApprovedByCommissioner);
            }
            DeclarationState::AwaitingFinance { declared, approved } => (declared, approved),
            DeclarationState::Approved { finance, .. } => {
                return Err(CannotApprove::AlreadyApproved(finance.clone()));
            }
        };
        self.must_be_unquestioned()?;
        if declared.by.is(by) {
            return Err(CannotApprove::SamePersonDeclared);
        }
        if approved.by.is(by) {
            return Err(CannotApprove::SamePersonApproved);
        }
        if let Some(held) = &self.held {
            return Err(CannotApprove::Held(held.clone()));
        }
        if seen != self.calculation {
            return Err(CannotApprove::FiguresChanged);
        }
        let finance = Step { by: by.by(), at: now.instant };
        let event = Event::DeclarationFinanceApproved { declaration: self.id, amount: self.amount };
        let state = DeclarationState::Approved {
            declared: declared.clone(),
            approved: approved.clone(),
            finance,
        };
        Ok(self.moved(state, event))
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
                let state =
                    DeclarationState::AwaitingFinance { declared: declared.clone(), approved };
                let change = self.moved(state, event);
                Some((actor, change))
            }
            _ => None,
        }
    }

    /// New figures gave a new calculation: before the lock the row goes back to the provider, whoever had agreed.
    /// `None` when the declaration is locked; then the figures cannot have changed either.
    pub fn recalculated(
        &self,
        calculation: CalculationId,
        amount: Pence,
        cause: &str,
    ) -> Option<Change<Self>> {
        if matches!(self.state, DeclarationState::Approved { .. }) {
            return None;
        }
        let event = Event::DeclarationReturned {
            declaration: self.id,
            old: self.amount,
            new: amount,
            cause: cause.to_owned(),
        };
        let mut change = self.moved(DeclarationState::AwaitingProvider, event);
        change.after.calculation = calculation;
        change.after.amount = amount;
        Some(change)
    }
}

#[cfg(test)]
mod tests;
