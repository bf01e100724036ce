//! Payment declarations: from a calculated achievement to an amount that finance has approved and nobody can change.
//!
//! Source: CQRS National, declaring an achievement for payment; viewing and approving a declaration.

use crate::{
    AchievementId, Actor, By, CalculationId, Change, DeclarationId, Event, NotAllowed, Now,
    OrganisationId, Pence, Period, Permission, ServiceId,
    calendar::{long_date, long_instant},
    refusal::refusal,
    status::{self, Status},
};
use chrono::{DateTime, NaiveDate, Utc};

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
    /// Where it stands.
    pub state: DeclarationState,
    /// Raised by one with each change.
    pub version: i64,
}

/// Why an achievement cannot be declared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotDeclare {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error("You cannot declare yet because the period ends on {}.", long_date(*.0))]
    PeriodNotEnded(NaiveDate),
    #[error("You cannot declare yet. Accord is still waiting for data for {}.", .0.join(", "))]
    MissingData(Vec<String>),
    #[error("You cannot declare yet because the achievement has not been calculated. {0}")]
    NotCalculated(String),
    #[error("You cannot declare because {} declared this achievement on {}.", .0.by.name, long_instant(.0.at))]
    AlreadyDeclared(Step),
    #[error(
        "The figures changed while you were looking at them. Check the new amount and declare again."
    )]
    FiguresChanged,
    #[error("Notes must be {NOTES_MAX} characters or less")]
    NotesTooLong,
}
refusal!(CannotDeclare);

/// Why a declaration cannot be approved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotApprove {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error("The provider has not declared this achievement.")]
    NotDeclared,
    #[error("{} approved this declaration on {}.", .0.by.name, long_instant(.0.at))]
    AlreadyApproved(Step),
    #[error("You cannot approve this because you declared it. Another person must approve.")]
    SamePersonDeclared,
    #[error(
        "You cannot give financial approval because you approved it for the commissioner. Another person must."
    )]
    SamePersonApproved,
    #[error("The commissioner has not approved this declaration.")]
    NotApprovedByCommissioner,
    #[error(
        "The figures changed while you were looking at them. Check the new amount and approve again."
    )]
    FiguresChanged,
}
refusal!(CannotApprove);

/// Why an achievement without a declaration cannot be declared: the period first, then data, then the calculation.
pub fn not_ready(
    period: Period,
    missing: Vec<String>,
    held: String,
    by: &Actor,
    now: &Now,
) -> CannotDeclare {
    if let Err(refusal) = by.must(Permission::Declare) {
        return refusal.into();
    }
    if !period.has_ended(now.today) {
        CannotDeclare::PeriodNotEnded(period.end)
    } else if missing.is_empty() {
        CannotDeclare::NotCalculated(held)
    } else {
        CannotDeclare::MissingData(missing)
    }
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
        if seen != self.calculation {
            return Err(CannotDeclare::FiguresChanged);
        }
        let declared = Step { by: by.by(), at: now.instant };
        let event = Event::AchievementDeclared { declaration: self.id, amount: self.amount };
        Ok(self.moved(DeclarationState::AwaitingCommissioner { declared }, event))
    }

    /// The commissioner approves the calculation it has seen. Nobody approves what they declared.
    pub fn approve(
        &self,
        seen: CalculationId,
        by: &Actor,
        now: &Now,
    ) -> Result<Change<Self>, CannotApprove> {
        by.must(Permission::Approve)?;
        let declared = match &self.state {
            DeclarationState::AwaitingProvider => return Err(CannotApprove::NotDeclared),
            DeclarationState::AwaitingCommissioner { declared } => declared,
            DeclarationState::AwaitingFinance { approved, .. }
            | DeclarationState::Approved { approved, .. } => {
                return Err(CannotApprove::AlreadyApproved(approved.clone()));
            }
        };
        if declared.by.is(by) {
            return Err(CannotApprove::SamePersonDeclared);
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
        if declared.by.is(by) {
            return Err(CannotApprove::SamePersonDeclared);
        }
        if approved.by.is(by) {
            return Err(CannotApprove::SamePersonApproved);
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
    pub fn automatic(&self, now: &Now) -> Option<(Actor, Change<Self>)> {
        match &self.state {
            DeclarationState::AwaitingProvider if !self.steps.declaration_required => {
                let actor = Actor::system(NO_DECLARATION_REQUIRED);
                let declared = Step { by: actor.by(), at: now.instant };
                let event =
                    Event::AchievementDeclared { declaration: self.id, amount: self.amount };
                let change = self.moved(DeclarationState::AwaitingCommissioner { declared }, event);
                Some((actor, change))
            }
            DeclarationState::AwaitingCommissioner { declared }
                if !self.steps.approval_required =>
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
mod tests {
    use super::*;
    use crate::{Organisation, OrganisationKind, PersonId, Role};
    use uuid::Uuid;

    fn person(number: u128, kind: OrganisationKind, roles: &[Role]) -> Actor {
        Actor::Person {
            id: PersonId(Uuid::from_u128(number)),
            name: format!("Person {number}"),
            organisation: Organisation {
                id: Uuid::from_u128(100).into(),
                code: "Y00001".into(),
                name: "Riverside Surgery".into(),
                kind,
                parent: None,
                closed_on: None,
            },
            roles: roles.to_vec(),
        }
    }

    fn declarer() -> Actor {
        person(1, OrganisationKind::Practice, &[Role::DeclarationManagement])
    }

    fn approver(number: u128) -> Actor {
        person(number, OrganisationKind::Icb, &[Role::ApprovalManagement, Role::FinanceManagement])
    }

    fn now() -> Now {
        Now::at("2026-04-10T09:00:00Z".parse().expect("an instant"))
    }

    fn seen() -> CalculationId {
        CalculationId(Uuid::from_u128(7))
    }

    fn declaration(steps: Steps) -> Declaration {
        Declaration {
            id: Uuid::from_u128(5).into(),
            reference: "D-2026-000001".into(),
            achievement: Uuid::from_u128(6).into(),
            calculation: seen(),
            provider: Uuid::from_u128(100).into(),
            commissioner: Uuid::from_u128(101).into(),
            service: Uuid::from_u128(8).into(),
            period: Period {
                start: "2026-03-01".parse().expect("a date"),
                end: "2026-03-31".parse().expect("a date"),
            },
            amount: Pence(588_000),
            notes: String::new(),
            steps,
            state: DeclarationState::AwaitingProvider,
            version: 1,
        }
    }

    const ALL_STEPS: Steps = Steps { declaration_required: true, approval_required: true };

    fn path() -> [Declaration; 4] {
        let open = declaration(ALL_STEPS);
        let declared = open.declare(seen(), &declarer(), &now()).expect("declares").after;
        let approved = declared.approve(seen(), &approver(2), &now()).expect("approves").after;
        let locked =
            approved.approve_finance(seen(), &approver(3), &now()).expect("finance approves").after;
        [open, declared, approved, locked]
    }

    fn answer<T, E: std::fmt::Debug>(
        result: Result<Change<T>, E>,
        name: impl Fn(&T) -> &'static str,
    ) -> String {
        match result {
            Ok(change) => name(&change.after).to_owned(),
            Err(why) => format!("{why:?}").split(['(', ' ']).next().unwrap_or_default().to_owned(),
        }
    }

    /// The whole machine: what declare, approve, finance approval, a note and new figures do in each state.
    #[test]
    fn every_act_in_every_state_has_one_answer() {
        let name = |declaration: &Declaration| declaration.state.name();
        let rows = [
            [
                "awaiting_commissioner",
                "NotDeclared",
                "NotDeclared",
                "awaiting_provider",
                "awaiting_provider",
            ],
            [
                "AlreadyDeclared",
                "awaiting_finance",
                "NotApprovedByCommissioner",
                "AlreadyDeclared",
                "awaiting_provider",
            ],
            [
                "AlreadyDeclared",
                "AlreadyApproved",
                "approved",
                "AlreadyDeclared",
                "awaiting_provider",
            ],
            ["AlreadyDeclared", "AlreadyApproved", "AlreadyApproved", "AlreadyDeclared", "locked"],
        ];
        for (before, wanted) in path().iter().zip(rows) {
            let got = [
                answer(before.declare(seen(), &declarer(), &now()), name),
                answer(before.approve(seen(), &approver(2), &now()), name),
                answer(before.approve_finance(seen(), &approver(3), &now()), name),
                answer(before.note("Checked", &declarer()), name),
                before
                    .recalculated(Uuid::from_u128(9).into(), Pence(1), "new figures")
                    .map_or("locked", |change| change.after.state.name())
                    .to_owned(),
            ];
            assert_eq!(got, wanted, "when {}", before.state.name());
        }
    }

    #[test]
    fn nobody_acts_twice_on_one_declaration() {
        let both = |number| {
            person(
                number,
                OrganisationKind::Icb,
                &[Role::ApprovalManagement, Role::FinanceManagement],
            )
        };
        let [_, declared, approved, _] = path();
        assert_eq!(
            declared.approve(seen(), &both(1), &now()).err(),
            Some(CannotApprove::SamePersonDeclared)
        );
        assert_eq!(
            approved.approve_finance(seen(), &both(1), &now()).err(),
            Some(CannotApprove::SamePersonDeclared)
        );
        assert_eq!(
            approved.approve_finance(seen(), &both(2), &now()).err(),
            Some(CannotApprove::SamePersonApproved)
        );
    }

    #[test]
    fn what_is_agreed_is_the_calculation_that_was_seen() {
        let [open, declared, approved, _] = path();
        let old = CalculationId(Uuid::from_u128(1));
        assert_eq!(
            open.declare(old, &declarer(), &now()).err(),
            Some(CannotDeclare::FiguresChanged)
        );
        assert_eq!(
            declared.approve(old, &approver(2), &now()).err(),
            Some(CannotApprove::FiguresChanged)
        );
        assert_eq!(
            approved.approve_finance(old, &approver(3), &now()).err(),
            Some(CannotApprove::FiguresChanged)
        );
    }

    #[test]
    fn nothing_is_declared_before_the_period_has_ended() {
        let last_day = Now::at("2026-03-31T12:00:00Z".parse().expect("an instant"));
        let refusal =
            declaration(ALL_STEPS).declare(seen(), &declarer(), &last_day).expect_err("too early");
        assert_eq!(
            refusal.to_string(),
            "You cannot declare yet because the period ends on 31 March 2026."
        );
        let period = declaration(ALL_STEPS).period;
        let too_early =
            not_ready(period, vec!["AG001".into()], String::new(), &declarer(), &last_day);
        assert!(matches!(too_early, CannotDeclare::PeriodNotEnded(_)));
        let missing = not_ready(period, vec!["AG001".into()], String::new(), &declarer(), &now());
        assert_eq!(
            missing.to_string(),
            "You cannot declare yet. Accord is still waiting for data for AG001."
        );
    }

    /// What the configuration leaves out happens by itself and names the configuration.
    #[test]
    fn configured_steps_take_themselves() {
        let rows: [(bool, bool, &[&str], &str); 4] = [
            (true, true, &[], "awaiting_provider"),
            (false, true, &[NO_DECLARATION_REQUIRED], "awaiting_commissioner"),
            (true, false, &[], "awaiting_provider"),
            (false, false, &[NO_DECLARATION_REQUIRED, NO_APPROVAL_REQUIRED], "awaiting_finance"),
        ];
        for (declaration_required, approval_required, actors, state) in rows {
            let mut row = declaration(Steps { declaration_required, approval_required });
            let mut taken = Vec::new();
            while let Some((actor, change)) = row.automatic(&now()) {
                taken.push(actor.name().to_owned());
                row = change.after;
            }
            assert_eq!(taken, actors);
            assert_eq!(row.state.name(), state);
        }
        let declared_by_hand =
            declaration(Steps { declaration_required: true, approval_required: false })
                .declare(seen(), &declarer(), &now())
                .expect("declares")
                .after;
        let (actor, change) = declared_by_hand.automatic(&now()).expect("approval takes itself");
        assert_eq!(
            (actor.name(), change.after.state.name()),
            (NO_APPROVAL_REQUIRED, "awaiting_finance")
        );
    }

    #[test]
    fn every_state_has_its_row_in_the_status_table() {
        for name in DeclarationState::NAMES {
            assert_eq!(status::of(status::DECLARATION, name).name, name);
        }
    }
}
