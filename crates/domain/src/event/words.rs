//! What each fact is called in a history.

use super::Event;
use crate::{FinancialYear, Pence, calendar::long_date, money::thousands, submission::shown};

impl Event {
    /// What happened, as the history on a page says it. Amounts are left out for readers who may not see money.
    pub fn sentence(&self, with_money: bool) -> String {
        let words = self.words();
        match self {
            _ if !with_money => words,
            Self::DeclarationReturned { old, new, cause, .. } => format!(
                "Returned to the provider because the amount changed from {old} to {new}: {cause}"
            ),
            // A reason can name pounds, so it is for those who may see them.
            Self::AdjustmentAsked { indicator, change, reason, .. } => {
                let whose = indicator.as_ref().map(|code| format!(" for {code}"));
                format!("{words}: {}{}. {reason}", change.words(), whose.unwrap_or_default())
            }
            Self::AdjustmentRefused { reason, .. } | Self::AdjustmentEndAsked { reason, .. } => {
                format!("{words}: {reason}")
            }
            Self::AdjustmentAgreed { before: Some(before), after: Some(after), .. }
            | Self::AdjustmentEnded { before: Some(before), after: Some(after), .. } => {
                format!("{words}: {before} became {after}")
            }
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
            | Self::DeclarationPutInFile { amount, .. }
            | Self::PaymentConfirmed { amount, .. } => Some(*amount),
            Self::PaymentFileCreated { total, .. } | Self::PaymentFileSent { total, .. } => {
                Some(*total)
            }
            _ => None,
        }
    }

    fn about_adjustments(&self) -> &'static str {
        match self {
            Self::AdjustmentAsked { .. } => "Adjustment asked for",
            Self::AdjustmentAgreed { .. } => "Adjustment agreed",
            Self::AdjustmentRefused { ending: true, .. } => "Adjustment stays: its end was refused",
            Self::AdjustmentRefused { .. } => "Adjustment refused",
            Self::AdjustmentWithdrawn { ending: true, .. } => {
                "Adjustment stays: the wish to end it was withdrawn"
            }
            Self::AdjustmentWithdrawn { .. } => "Adjustment withdrawn",
            Self::AdjustmentEndAsked { .. } => "End of an adjustment asked for",
            _ => "Adjustment ended",
        }
    }

    fn about_questions(&self) -> String {
        match self {
            Self::QuestionAsked { by, payment, returned, .. } => {
                let about = match payment {
                    Some(payment) => format!(" about payment {payment}"),
                    None => String::new(),
                };
                let returned = if *returned { ", and returned to the provider" } else { "" };
                format!("The {} asked a question{about}{returned}", by.name())
            }
            Self::QuestionClosed { by, .. } => format!("The {} closed its question", by.name()),
            Self::QuestionAnswered { by, .. } => {
                format!("The {} wrote an answer to a question", by.name())
            }
            _ => "Question changed".into(),
        }
    }

    fn about_payments(&self) -> String {
        let again = |attempt: u32| match attempt {
            1 => String::new(),
            _ => format!(", try {attempt}"),
        };
        match self {
            Self::DeclarationPutInFile { attempt, .. } => {
                format!("Put in a payment file{}", again(*attempt))
            }
            Self::PaymentFileCreated { lines, .. } => {
                format!("Payment file created with {} lines", thousands(*lines))
            }
            Self::PaymentFileSent { lines, on, .. } => {
                let lines = thousands(*lines);
                format!("Payment file with {lines} lines sent to the payer on {}", long_date(*on))
            }
            Self::PaymentAnswerLoaded { name, paid, failed, left_out, .. } => {
                let left = match left_out {
                    0 => String::new(),
                    more => format!(", {} not loaded", thousands(*more)),
                };
                let (paid, failed) = (thousands(*paid), thousands(*failed));
                format!(
                    "Answer of the payer loaded from {name}: {paid} paid, {failed} failed{left}"
                )
            }
            Self::PaymentSent { on, .. } => format!("Sent to the payer on {}", long_date(*on)),
            Self::PaymentConfirmed { attempt, on, reference, .. } => {
                let (again, on) = (again(*attempt), long_date(*on));
                format!("Paid on {on}, bank reference {reference}{again}")
            }
            Self::PaymentFailed { attempt, reason, .. } => {
                format!("Payment failed{}: {reason}", again(*attempt))
            }
            Self::PaymentTriedAgain { attempt, .. } => {
                format!("Goes into the next payment file again, try {attempt}")
            }
            _ => "Payment changed".into(),
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
                format!("{} submitted ({source})", counted(*figures, "figure"))
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

    fn about_clusters(&self) -> String {
        match self {
            Self::ClusterCreated { name, providers, .. } => format!(
                "Cluster {name} created with {}",
                counted(providers.len() as u64, "provider")
            ),
            Self::ClusterChanged { name, added, taken_out, .. } => {
                let mut words = format!("Cluster {name} changed");
                for (what, codes) in [("added", added), ("taken out", taken_out)] {
                    if !codes.is_empty() {
                        words.push_str(&format!(", {what}: {}", codes.join(", ")));
                    }
                }
                words
            }
            Self::ClusterDeleted { name, .. } => format!("Cluster {name} deleted"),
            _ => "Cluster changed".into(),
        }
    }

    fn about_holds(&self) -> String {
        match self {
            Self::HoldPlaced { service, cluster, stops, reason, .. } => {
                let whose = cluster.as_ref().map(|cluster| format!(" for {cluster}"));
                let (first, rest) = stops.split_at(stops.len().min(1));
                let (stops, whose) = (first.to_uppercase() + rest, whose.unwrap_or_default());
                format!("{stops} of {service} put on hold{whose}: {reason}")
            }
            Self::HoldLifted { note, .. } if !note.is_empty() => format!("Hold lifted: {note}"),
            _ => "Hold lifted".into(),
        }
    }

    fn about_contracts(&self) -> String {
        match self {
            Self::ContractDrafted { name, .. } => format!("Contract drafted: {name}"),
            Self::ContractRolledOver { name, from_reference, services, .. } => format!(
                "Contract drafted: {name}. Rolled over from {from_reference}: {}",
                services.join(", ")
            ),
            Self::ContractChanged { what, .. } => format!("Draft changed: {what}"),
            Self::ContractConfirmed { offers, .. } => {
                format!("Contract confirmed, {} made", counted(*offers, "offer"))
            }
            Self::ContractDiscarded { .. } => "Draft discarded".to_owned(),
            Self::OffersMoved { what, offers, .. } => {
                format!("{} {what}", counted(*offers, "offer"))
            }
            _ => "Contract changed".into(),
        }
    }

    fn about_delegations(&self) -> String {
        match self {
            Self::DelegationGiven { name, until, before: Some(before), .. } => format!(
                "{name} can answer service offers until {} instead of {}",
                long_date(*until),
                long_date(*before)
            ),
            Self::DelegationGiven { name, until, .. } => {
                format!("{name} can answer service offers until {}", long_date(*until))
            }
            Self::DelegationEnded { name, .. } => {
                format!("{name} can no longer answer service offers")
            }
            _ => "Who can answer service offers changed".into(),
        }
    }

    fn about_offers(&self) -> String {
        match self {
            Self::OfferMade { .. } => "Service offered".into(),
            Self::OfferBound { .. } => "Contract given without an offer".into(),
            Self::OfferAccepted { for_provider, .. } => {
                format!("Service offer accepted{}", on_behalf(for_provider))
            }
            Self::OfferRejected { reason, for_provider, .. } => {
                format!("Service offer rejected{}: {reason}", on_behalf(for_provider))
            }
            Self::OfferRequested { note, for_provider, .. } => {
                let note = if note.is_empty() { String::new() } else { format!(": {note}") };
                format!("Service requested from the commissioner{}{note}", on_behalf(for_provider))
            }
            Self::OfferReissued { .. } => "Service offer reissued".into(),
            Self::OfferTurnedDown { reason, .. } => format!("Request turned down: {reason}"),
            Self::OfferExtended { respond_by, .. } => {
                format!("Response date moved to {}", long_date(*respond_by))
            }
            Self::OfferReminded { .. } => "Provider reminded to answer".into(),
            Self::VariationOffered { number, respond_by, .. } => {
                format!(
                    "New terms offered, version {number}, to answer by {}",
                    long_date(*respond_by)
                )
            }
            Self::VariationAccepted { number, .. } => {
                format!("New terms accepted, version {number}")
            }
            Self::VariationRejected { number, reason, .. } => {
                format!("New terms rejected, version {number}: {reason}")
            }
            Self::NoticeGiven { last_day, reason, .. } => {
                format!("Notice given, the last day is {}: {reason}", long_date(*last_day))
            }
            Self::ContractTerminated { last_day: Some(last_day), reason, .. } => {
                format!("Contract terminated, it counted until {}: {reason}", long_date(*last_day))
            }
            Self::ContractTerminated { last_day: None, reason, .. } => {
                format!("Contract terminated, nothing of it counted: {reason}")
            }
            Self::NoticeTakenBack { .. } => "Notice taken back, the contract goes on".into(),
            Self::ReceiptMade { content_hash, .. } => receipt_made(content_hash),
            Self::OfferSeen { .. } => "Service offer opened for the first time".into(),
            Self::OfferWithdrawn { because: Some(why), .. } => {
                format!("Service offer withdrawn: {why}")
            }
            _ => "Service offer withdrawn".into(),
        }
    }

    fn is_about_an_offer(&self) -> bool {
        matches!(
            self,
            Self::OfferMade { .. }
                | Self::OfferBound { .. }
                | Self::OfferAccepted { .. }
                | Self::OfferRejected { .. }
                | Self::OfferRequested { .. }
                | Self::OfferReissued { .. }
                | Self::OfferTurnedDown { .. }
                | Self::OfferExtended { .. }
                | Self::OfferReminded { .. }
                | Self::VariationOffered { .. }
                | Self::VariationAccepted { .. }
                | Self::VariationRejected { .. }
                | Self::OfferWithdrawn { .. }
                | Self::NoticeGiven { .. }
                | Self::NoticeTakenBack { .. }
                | Self::ReceiptMade { .. }
                | Self::OfferSeen { .. }
                | Self::ContractTerminated { .. }
        )
    }

    fn about_declarations(&self) -> String {
        match self {
            Self::DeclarationOpened { .. } => "Ready to declare".into(),
            Self::DeclarationReturned { cause, .. } => format!("Returned to the provider: {cause}"),
            Self::DeclarationTakenBack { reason, .. } => {
                format!("Taken back to the provider by the commissioner: {reason}")
            }
            Self::NotesChanged { .. } => "Notes changed".into(),
            Self::AchievementDeclared { .. } => "Achievement declared".into(),
            Self::DeclarationApproved { .. } => "Approved by the commissioner".into(),
            Self::DeclarationReceiptMade { content_hash, .. } => receipt_made(content_hash),
            _ => "Approved by finance".into(),
        }
    }

    fn words(&self) -> String {
        match self {
            Self::OrganisationsLoaded { .. }
            | Self::ListSizesLoaded { .. }
            | Self::BankHolidaysLoaded { .. }
            | Self::ExtractLoaded { .. } => self.about_files(),
            Self::ServicePublished { code, version: 1, .. } => format!("Service {code} published"),
            Self::ServicePublished { code, version, .. } => {
                format!("Version {version} of service {code} published")
            }
            Self::ReferenceLoaded { .. }
            | Self::ReferenceUsed { .. }
            | Self::ReferenceSetAside { .. } => self.about_national_figures(),
            Self::PersonAdded { name, .. } => format!("{name} added"),
            Self::RoleGiven { role, .. } => format!("Role {role} given"),
            Self::DelegationGiven { .. } | Self::DelegationEnded { .. } => self.about_delegations(),
            Self::SignedIn { .. } => "Signed in".into(),
            Self::SignedOut { .. } => "Logged out".into(),
            Self::CheckLimitsChanged { what, .. } => format!("Limits of checks changed: {what}"),
            Self::ClusterCreated { .. }
            | Self::ClusterChanged { .. }
            | Self::ClusterDeleted { .. } => self.about_clusters(),
            Self::ContractDrafted { .. }
            | Self::ContractRolledOver { .. }
            | Self::ContractChanged { .. }
            | Self::ContractConfirmed { .. }
            | Self::ContractDiscarded { .. }
            | Self::OffersMoved { .. } => self.about_contracts(),
            _ if self.is_about_an_offer() => self.about_offers(),
            Self::NetworkSummed { cause, .. } => format!("Practices summed again: {cause}"),
            Self::FiguresSubmitted { .. }
            | Self::NilReturnSubmitted { .. }
            | Self::FigureReplaced { .. } => self.about_figures(),
            Self::AchievementCalculated { points: Some(points), .. } => {
                format!("Achievement calculated, {points} points")
            }
            Self::AchievementCalculated { .. } => "Achievement calculated".into(),
            Self::HoldPlaced { .. } | Self::HoldLifted { .. } => self.about_holds(),
            Self::DeclarationOpened { .. }
            | Self::DeclarationReturned { .. }
            | Self::DeclarationTakenBack { .. }
            | Self::NotesChanged { .. }
            | Self::AchievementDeclared { .. }
            | Self::DeclarationApproved { .. }
            | Self::DeclarationFinanceApproved { .. }
            | Self::DeclarationReceiptMade { .. } => self.about_declarations(),
            Self::QuestionAsked { .. }
            | Self::QuestionAnswered { .. }
            | Self::QuestionClosed { .. } => self.about_questions(),
            Self::DeclarationPutInFile { .. }
            | Self::PaymentFileCreated { .. }
            | Self::PaymentFileSent { .. }
            | Self::PaymentAnswerLoaded { .. }
            | Self::PaymentSent { .. }
            | Self::PaymentConfirmed { .. }
            | Self::PaymentFailed { .. }
            | Self::PaymentTriedAgain { .. } => self.about_payments(),
            _ => self.about_adjustments().to_owned(),
        }
    }
}

fn receipt_made(content_hash: &str) -> String {
    let short: String = content_hash.chars().take(12).collect();
    format!("Receipt made, its content hash begins {short}")
}

/// For whom somebody of another organisation did it.
fn on_behalf(provider: &Option<String>) -> String {
    provider.as_ref().map_or_else(String::new, |provider| format!(" for {provider}"))
}

/// `1 offer`, `1,250 offers`.
fn counted(number: u64, one: &str) -> String {
    format!("{} {one}{}", thousands(number), if number == 1 { "" } else { "s" })
}
