//! Contracts: a commissioner's set of services, drafted in steps and confirmed once.

mod roll_over;
mod target;

pub use roll_over::{
    CannotRollOver, Carried, Onward, WhyStays, may_roll_over, rolled_name, rolled_response_date,
};
pub use target::{Target, WhyLeftOut};

use crate::{
    Actor, Change, ContractId, Event, NotAllowed, Now, OrganisationId, Permission, PersonId,
    ServiceId, refusal::refusal, status,
};
use chrono::{DateTime, Days, NaiveDate, Utc};

/// Whether providers answer, or are bound without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContractKind {
    /// An offer contract: it goes to the commissioner's providers, or to some of them, and each answers.
    Offer,
    /// An ordinary contract: the commissioner chooses the providers, and they are active at once.
    Direct,
}

impl ContractKind {
    /// The name stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Offer => "Offer contract",
            Self::Direct => "Direct contract",
        }
    }

    /// Reads the stored name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Offer, Self::Direct].into_iter().find(|kind| kind.name() == name)
    }
}

/// Where a contract stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContractState {
    /// Only the commissioner sees it.
    Draft,
    /// Its offers have been made.
    Confirmed {
        /// Who confirmed.
        by: PersonId,
        /// When.
        at: DateTime<Utc>,
    },
    /// Given up before anything was offered. It stays in the history, and in no list that does not ask for it.
    Discarded {
        /// Who discarded it.
        by: PersonId,
        /// When.
        at: DateTime<Utc>,
    },
}

impl ContractState {
    /// Every state name, as stored.
    pub const NAMES: [&str; 3] = ["draft", "confirmed", "discarded"];

    /// The name stored.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Confirmed { .. } => "confirmed",
            Self::Discarded { .. } => "discarded",
        }
    }

    /// Its row of the status table.
    pub fn status(&self) -> &'static status::Status {
        status::of(status::CONTRACT, self.name())
    }
}

/// A contract with what is chosen so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contract {
    /// Identifier.
    pub id: ContractId,
    /// Short reference: `C-2026-000001`.
    pub reference: String,
    /// The commissioner.
    pub commissioner: OrganisationId,
    /// Offer or direct.
    pub kind: ContractKind,
    /// Whom an offer contract goes to, as chosen; ask `goes_to`, which knows that a direct one goes to the chosen.
    pub target: Target,
    /// Name, as typed.
    pub name: String,
    /// Last day on which a provider may answer.
    pub respond_by: NaiveDate,
    /// Whether a provider may change its answer until then.
    pub answers_may_change: bool,
    /// Where it stands.
    pub state: ContractState,
    /// Raised by one with each change.
    pub version: i64,
}

/// A service chosen for a contract, with the components that are part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChosenService {
    /// The service.
    pub service: ServiceId,
    /// Codes of its components.
    pub components: Vec<String>,
    /// Last day of the service: nothing can be offered after it.
    pub ends_on: NaiveDate,
}

/// What a contract would send now, counted before it is confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sending<'a> {
    /// The services with their components.
    pub services: &'a [ChosenService],
    /// How many providers have been chosen by name.
    pub chosen: u64,
    /// How many offers there would be.
    pub offers: u64,
}

/// Longest name of a contract, in characters.
pub const NAME_MAX: usize = 120;

/// Days a provider has to answer when the commissioner does not say otherwise.
pub const DAYS_TO_ANSWER: u64 = 28;

/// Why a contract cannot be drafted or changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotDraft {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error("This contract has been confirmed and cannot be changed. Create a new contract.")]
    AlreadyConfirmed,
    #[error("This draft has been discarded and cannot be changed. Create a new contract.")]
    Discarded,
    #[error("Enter a contract name")]
    NoName,
    #[error("Contract name must be {NAME_MAX} characters or less")]
    NameTooLong,
    #[error("{}", crate::nhs_number::take_out_of("contract name"))]
    NameNamesPatient,
    #[error("The response date must be today or later")]
    RespondByPast,
    #[error("{0} is not an open provider of your organisation. Select providers from the list.")]
    NotYourProvider(String),
    #[error("A direct contract goes to the providers that you choose. Select them from the list.")]
    DirectIsChosen,
    #[error("{0} is not a service that can be offered. Select services from the list.")]
    UnknownService(String),
    #[error("This service ended on {}. It cannot be offered.", crate::calendar::long_date(*.0))]
    ServiceEnded(NaiveDate),
    #[error("{service} has no component {code}. Select components from the list.")]
    UnknownComponent { service: String, code: String },
    #[error("Select at least 1 component of {0}, or take the service out")]
    NoComponents(String),
}
refusal!(CannotDraft);

/// Why a contract cannot be confirmed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotConfirm {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error("This contract has already been confirmed. Its offers have been made.")]
    AlreadyConfirmed,
    #[error("This draft has been discarded. Nothing can be offered with it.")]
    Discarded,
    #[error("Select at least 1 service")]
    NoServices,
    #[error("Select at least 1 component of each service")]
    NoComponents,
    #[error("No provider has been chosen. Go back to providers and select at least 1.")]
    NoneChosen,
    #[error(
        "No provider is left to offer to. The providers are closed, not selected, or already have these services."
    )]
    NoProviders,
    #[error(
        "Some providers got an offer of the same service while you were working. Confirm again to offer to the others."
    )]
    OfferedMeanwhile,
    #[error("The response date has passed. Go back to contract details and change it.")]
    RespondByPast,
    #[error("A chosen service ended on {}. Take it out of the contract.", crate::calendar::long_date(*.0))]
    ServiceEnded(NaiveDate),
}
refusal!(CannotConfirm);

/// Why a draft cannot be discarded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotDiscard {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error(
        "This contract has been confirmed, so it cannot be discarded. Withdraw its offers instead."
    )]
    AlreadyConfirmed,
    #[error("This draft has already been discarded.")]
    AlreadyDiscarded,
}
refusal!(CannotDiscard);

/// The response date that a new contract starts with: four weeks from today.
pub fn usual_response_date(today: NaiveDate) -> NaiveDate {
    today + Days::new(DAYS_TO_ANSWER)
}

/// The response date of an offer that is sent without asking for one: the usual one, or the last day of the service.
pub fn response_date_within(ends_on: NaiveDate, today: NaiveDate) -> NaiveDate {
    usual_response_date(today).min(ends_on)
}

/// Whether a service with this last day may be offered by this actor.
///
/// # Errors
/// Without the permission, or after the service has ended.
pub fn may_offer(ends_on: NaiveDate, by: &Actor, now: &Now) -> Result<(), CannotDraft> {
    by.must(Permission::Commission)?;
    if ends_on < now.today { Err(CannotDraft::ServiceEnded(ends_on)) } else { Ok(()) }
}

/// Whether the details typed at the first step can be kept, each problem named (field first).
pub fn check_details(
    name: &str,
    respond_by: NaiveDate,
    now: &Now,
) -> Result<(), Vec<(&'static str, CannotDraft)>> {
    let mut problems = Vec::new();
    if name.trim().is_empty() {
        problems.push(("name", CannotDraft::NoName));
    } else if name.chars().count() > NAME_MAX {
        problems.push(("name", CannotDraft::NameTooLong));
    } else if crate::nhs_number::is_in(name) {
        problems.push(("name", CannotDraft::NameNamesPatient));
    }
    if respond_by < now.today {
        problems.push(("respond_by", CannotDraft::RespondByPast));
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

impl Contract {
    /// Whether the draft may be changed by this actor.
    pub fn may_change(&self, by: &Actor) -> Result<(), CannotDraft> {
        by.must(Permission::Commission)?;
        match self.state {
            ContractState::Draft => Ok(()),
            ContractState::Confirmed { .. } => Err(CannotDraft::AlreadyConfirmed),
            ContractState::Discarded { .. } => Err(CannotDraft::Discarded),
        }
    }

    /// Whom the contract goes to: a direct one to the chosen, whatever its draft said as an offer contract.
    pub fn goes_to(&self) -> Target {
        match self.kind {
            ContractKind::Direct => Target::Chosen,
            ContractKind::Offer => self.target,
        }
    }

    /// The draft with another choice of whom it goes to.
    ///
    /// # Errors
    /// When a direct contract would go to anybody but the chosen.
    pub fn aimed(&self, target: Target) -> Result<Self, CannotDraft> {
        if self.kind == ContractKind::Direct && target != Target::Chosen {
            return Err(CannotDraft::DirectIsChosen);
        }
        Ok(Self { target, ..self.clone() })
    }

    /// Confirms the draft, which makes what is to be sent.
    pub fn confirm(
        &self,
        sending: Sending<'_>,
        by: &Actor,
        now: &Now,
    ) -> Result<Change<Self>, CannotConfirm> {
        let person = commissioning(by)?;
        self.must_wait_for_confirmation()?;
        let Sending { services, chosen, offers } = sending;
        if services.is_empty() {
            return Err(CannotConfirm::NoServices);
        }
        if services.iter().any(|chosen| chosen.components.is_empty()) {
            return Err(CannotConfirm::NoComponents);
        }
        if let Some(over) = services.iter().find(|chosen| chosen.ends_on < now.today) {
            return Err(CannotConfirm::ServiceEnded(over.ends_on));
        }
        if self.kind == ContractKind::Offer && self.respond_by < now.today {
            return Err(CannotConfirm::RespondByPast);
        }
        if self.goes_to() == Target::Chosen && chosen == 0 {
            return Err(CannotConfirm::NoneChosen);
        }
        if offers == 0 {
            return Err(CannotConfirm::NoProviders);
        }
        let after = Self {
            state: ContractState::Confirmed { by: person, at: now.instant },
            version: self.version + 1,
            ..self.clone()
        };
        Ok(Change { after, event: Event::ContractConfirmed { contract: self.id, offers } })
    }

    /// Whether the contract still waits for its confirmation.
    ///
    /// # Errors
    /// When it has been confirmed or discarded.
    pub fn must_wait_for_confirmation(&self) -> Result<(), CannotConfirm> {
        match self.state {
            ContractState::Draft => Ok(()),
            ContractState::Confirmed { .. } => Err(CannotConfirm::AlreadyConfirmed),
            ContractState::Discarded { .. } => Err(CannotConfirm::Discarded),
        }
    }

    /// Gives the draft up, for good.
    pub fn discard(&self, by: &Actor, now: &Now) -> Result<Change<Self>, CannotDiscard> {
        let person = commissioning(by)?;
        match self.state {
            ContractState::Draft => {}
            ContractState::Confirmed { .. } => return Err(CannotDiscard::AlreadyConfirmed),
            ContractState::Discarded { .. } => return Err(CannotDiscard::AlreadyDiscarded),
        }
        let after = Self {
            state: ContractState::Discarded { by: person, at: now.instant },
            version: self.version + 1,
            ..self.clone()
        };
        Ok(Change { after, event: Event::ContractDiscarded { contract: self.id } })
    }
}

/// The person who commissions; a contract is confirmed or given up by nobody else.
fn commissioning(by: &Actor) -> Result<PersonId, NotAllowed> {
    let permission = Permission::Commission;
    by.must(permission)?;
    by.person().ok_or(NotAllowed {
        permission,
        kind: crate::OrganisationKind::Icb,
        is_narrowed: false,
    })
}
