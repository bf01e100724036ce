//! The facts that Accord records: one per change, each with exactly the fields it needs.

use crate::{
    AchievementId, CalculationId, ContractId, DeclarationId, FinancialYear, OfferId,
    OrganisationId, PaymentFileId, Pence, PersonId, ReferenceId, ServiceId, SubmissionId,
    money::thousands, submission::shown,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A fact. Its serialised form is what the history keeps for ever, so variants are added and never changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names of the fields are the documentation")]
pub enum Event {
    OrganisationsLoaded {
        file: String,
        file_hash: String,
        organisations: u64,
    },
    ListSizesLoaded {
        file: String,
        file_hash: String,
        as_at: NaiveDate,
        lists: u64,
    },
    ExtractLoaded {
        file: String,
        file_hash: String,
        rows: u64,
        achievements: u64,
    },
    ServicePublished {
        service: ServiceId,
        code: String,
        #[serde(default = "first_version")]
        version: u32,
        definition_hash: String,
    },
    ReferenceLoaded {
        reference: ReferenceId,
        set: String,
        year: i32,
        number: i64,
        file: String,
        file_hash: String,
    },
    ReferenceUsed {
        reference: ReferenceId,
        achievements: u64,
    },
    ReferenceSetAside {
        reference: ReferenceId,
    },
    PersonAdded {
        person: PersonId,
        name: String,
    },
    RoleGiven {
        person: PersonId,
        organisation: OrganisationId,
        role: String,
    },
    SignedIn {
        person: PersonId,
    },
    SignedOut {
        person: PersonId,
    },
    ContractDrafted {
        contract: ContractId,
        name: String,
    },
    ContractChanged {
        contract: ContractId,
        what: String,
    },
    ContractConfirmed {
        contract: ContractId,
        offers: u64,
    },
    OfferMade {
        offer: OfferId,
        respond_by: NaiveDate,
    },
    OfferBound {
        offer: OfferId,
    },
    OfferAccepted {
        offer: OfferId,
    },
    OfferRejected {
        offer: OfferId,
        reason: String,
    },
    OfferRequested {
        offer: OfferId,
        note: String,
    },
    OfferReissued {
        offer: OfferId,
        respond_by: NaiveDate,
    },
    OfferWithdrawn {
        offer: OfferId,
    },
    FiguresSubmitted {
        achievement: AchievementId,
        submission: SubmissionId,
        source: String,
        figures: u64,
    },
    NilReturnSubmitted {
        achievement: AchievementId,
        submission: SubmissionId,
        component: String,
        figures: u64,
    },
    FigureReplaced {
        achievement: AchievementId,
        submission: SubmissionId,
        indicator: String,
        label: String,
        old: i64,
        new: i64,
        reason: String,
    },
    NetworkSummed {
        achievement: AchievementId,
        cause: String,
    },
    AchievementCalculated {
        achievement: AchievementId,
        calculation: CalculationId,
        amount: Pence,
        points: Option<String>,
    },
    DeclarationOpened {
        declaration: DeclarationId,
        amount: Pence,
    },
    DeclarationReturned {
        declaration: DeclarationId,
        old: Pence,
        new: Pence,
        cause: String,
    },
    NotesChanged {
        declaration: DeclarationId,
        notes: String,
    },
    AchievementDeclared {
        declaration: DeclarationId,
        amount: Pence,
    },
    DeclarationApproved {
        declaration: DeclarationId,
        amount: Pence,
    },
    DeclarationFinanceApproved {
        declaration: DeclarationId,
        amount: Pence,
    },
    DeclarationPutInFile {
        declaration: DeclarationId,
        file: PaymentFileId,
        amount: Pence,
    },
    PaymentFileCreated {
        file: PaymentFileId,
        lines: u64,
        total: Pence,
        content_hash: String,
    },
}

fn first_version() -> u32 {
    1
}

impl Event {
    /// The record whose history shows the fact; none for facts about the register as a whole.
    pub fn subject(&self) -> Option<Uuid> {
        Some(match self {
            Self::OrganisationsLoaded { .. }
            | Self::ListSizesLoaded { .. }
            | Self::ExtractLoaded { .. } => return None,
            Self::ServicePublished { service, .. } => service.0,
            Self::ReferenceLoaded { reference, .. }
            | Self::ReferenceUsed { reference, .. }
            | Self::ReferenceSetAside { reference } => reference.0,
            Self::PersonAdded { person, .. }
            | Self::RoleGiven { person, .. }
            | Self::SignedIn { person }
            | Self::SignedOut { person } => person.0,
            Self::ContractDrafted { contract, .. }
            | Self::ContractChanged { contract, .. }
            | Self::ContractConfirmed { contract, .. } => contract.0,
            Self::OfferMade { offer, .. }
            | Self::OfferBound { offer }
            | Self::OfferAccepted { offer }
            | Self::OfferRejected { offer, .. }
            | Self::OfferRequested { offer, .. }
            | Self::OfferReissued { offer, .. }
            | Self::OfferWithdrawn { offer } => offer.0,
            Self::FiguresSubmitted { achievement, .. }
            | Self::NilReturnSubmitted { achievement, .. }
            | Self::FigureReplaced { achievement, .. }
            | Self::NetworkSummed { achievement, .. }
            | Self::AchievementCalculated { achievement, .. } => achievement.0,
            Self::DeclarationOpened { declaration, .. }
            | Self::DeclarationReturned { declaration, .. }
            | Self::NotesChanged { declaration, .. }
            | Self::AchievementDeclared { declaration, .. }
            | Self::DeclarationApproved { declaration, .. }
            | Self::DeclarationFinanceApproved { declaration, .. }
            | Self::DeclarationPutInFile { declaration, .. } => declaration.0,
            Self::PaymentFileCreated { file, .. } => file.0,
        })
    }

    /// What happened, as the history on a page says it. Amounts are left out for readers who may not see money.
    pub fn sentence(&self, with_money: bool) -> String {
        let words = self.words();
        match self {
            _ if !with_money => words,
            Self::DeclarationReturned { old, new, cause, .. } => format!(
                "Returned to the provider because the amount changed from {old} to {new}: {cause}"
            ),
            _ => self.amount().map_or(words.clone(), |amount| format!("{words}: {amount}")),
        }
    }

    fn amount(&self) -> Option<Pence> {
        match self {
            Self::AchievementCalculated { amount, .. }
            | Self::DeclarationOpened { amount, .. }
            | Self::AchievementDeclared { amount, .. }
            | Self::DeclarationApproved { amount, .. }
            | Self::DeclarationFinanceApproved { amount, .. }
            | Self::DeclarationPutInFile { amount, .. } => Some(*amount),
            Self::PaymentFileCreated { total, .. } => Some(*total),
            _ => None,
        }
    }

    fn about_national_figures(&self) -> String {
        match self {
            Self::ReferenceLoaded { set, year, number, file, .. } => {
                let year = FinancialYear(*year);
                format!("National figures {set} {year}, version {number}, loaded from {file}")
            }
            Self::ReferenceUsed { achievements, .. } => format!(
                "National figures taken into use, {} achievements to look at again",
                thousands(*achievements)
            ),
            _ => "National figures set aside".into(),
        }
    }

    fn about_figures(&self) -> String {
        match self {
            Self::FiguresSubmitted { figures, source, .. } => {
                let plural = if *figures == 1 { "figure" } else { "figures" };
                format!("{figures} {plural} submitted ({source})")
            }
            Self::NilReturnSubmitted { component, .. } => format!("Nil return for {component}"),
            Self::FigureReplaced { indicator, label, old, new, reason, .. } => format!(
                "Extracted figure replaced, {indicator}, {label}: {} instead of {}: {reason}",
                shown(*new),
                shown(*old)
            ),
            _ => "Figures submitted".into(),
        }
    }

    fn words(&self) -> String {
        match self {
            Self::OrganisationsLoaded { file, organisations, .. } => {
                format!("{} organisations loaded from {file}", thousands(*organisations))
            }
            Self::ListSizesLoaded { file, lists, .. } => {
                format!("{} list sizes loaded from {file}", thousands(*lists))
            }
            Self::ExtractLoaded { file, rows, .. } => {
                format!("{} rows loaded from {file}", thousands(*rows))
            }
            Self::ServicePublished { code, version: 1, .. } => format!("Service {code} published"),
            Self::ServicePublished { code, version, .. } => {
                format!("Version {version} of service {code} published")
            }
            Self::ReferenceLoaded { .. }
            | Self::ReferenceUsed { .. }
            | Self::ReferenceSetAside { .. } => self.about_national_figures(),
            Self::PersonAdded { name, .. } => format!("{name} added"),
            Self::RoleGiven { role, .. } => format!("Role {role} given"),
            Self::SignedIn { .. } => "Signed in".into(),
            Self::SignedOut { .. } => "Logged out".into(),
            Self::ContractDrafted { name, .. } => format!("Contract drafted: {name}"),
            Self::ContractChanged { what, .. } => format!("Draft changed: {what}"),
            Self::ContractConfirmed { offers, .. } => {
                let plural = if *offers == 1 { "offer" } else { "offers" };
                format!("Contract confirmed, {} {plural} made", thousands(*offers))
            }
            Self::OfferMade { .. } => "Service offered".into(),
            Self::OfferBound { .. } => "Contract given without an offer".into(),
            Self::OfferAccepted { .. } => "Service offer accepted".into(),
            Self::OfferRejected { reason, .. } => format!("Service offer rejected: {reason}"),
            Self::OfferRequested { note, .. } if note.is_empty() => {
                "Service requested from the commissioner".into()
            }
            Self::OfferRequested { note, .. } => {
                format!("Service requested from the commissioner: {note}")
            }
            Self::OfferReissued { .. } => "Service offer reissued".into(),
            Self::OfferWithdrawn { .. } => "Service offer withdrawn".into(),
            Self::FiguresSubmitted { .. }
            | Self::NilReturnSubmitted { .. }
            | Self::FigureReplaced { .. } => self.about_figures(),
            Self::NetworkSummed { cause, .. } => format!("Practices summed again: {cause}"),
            Self::AchievementCalculated { points: Some(points), .. } => {
                format!("Achievement calculated, {points} points")
            }
            Self::AchievementCalculated { .. } => "Achievement calculated".into(),
            Self::DeclarationOpened { .. } => "Ready to declare".into(),
            Self::DeclarationReturned { cause, .. } => format!("Returned to the provider: {cause}"),
            Self::NotesChanged { .. } => "Notes changed".into(),
            Self::AchievementDeclared { .. } => "Achievement declared".into(),
            Self::DeclarationApproved { .. } => "Approved by the commissioner".into(),
            Self::DeclarationFinanceApproved { .. } => "Approved by finance".into(),
            Self::DeclarationPutInFile { .. } => "Put in a payment file".into(),
            Self::PaymentFileCreated { lines, .. } => {
                format!("Payment file created with {} lines", thousands(*lines))
            }
        }
    }
}
