//! What each fact is called in a history.

mod corrections;
mod declarations;
mod files;
mod offers;
mod payment;
mod people;

use super::Event;
use crate::{FinancialYear, Pence, calendar::long_date, money::thousands, submission::shown};

impl Event {
    /// What happened, as the history on a page says it. Amounts are left out for readers who may not see money.
    pub fn sentence(&self, with_money: bool) -> String {
        let words = self.words();
        match self {
            _ if !with_money => words,
            Self::CheckLimitsChanged { what, .. } => format!("{words}: {what}"),
            Self::DeclarationReturned { old, new, cause, .. } => format!(
                "Returned to the provider because the amount changed from {old} to {new}: {cause}"
            ),
            Self::PaymentSettled { amount, reason, .. } => format!("{words}: {amount}. {reason}"),
            // A reason can name pounds, so it is for those who may see them.
            Self::DeclarationApprovedForLess { calculated, amount, reason, .. } => {
                format!("{words}: {amount} of {calculated}. {reason}")
            }
            Self::DeclarationRejected { reason, .. } => format!("{words}: {reason}"),
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
            _ if self.is_about_a_correction() => self.about_corrections(true),
            _ => self.amount().map_or(words.clone(), |amount| format!("{words}: {amount}")),
        }
    }

    fn amount(&self) -> Option<Pence> {
        match self {
            Self::AchievementCalculated { amount, .. }
            | Self::DeclarationOpened { amount, .. }
            | Self::AchievementDeclared { amount, .. }
            | Self::DeclarationApproved { amount, .. }
            | Self::DeclarationSecondApproved { amount, .. }
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

    fn about_deputies(&self) -> String {
        match self {
            Self::DeputyAppointed { name, principal_name, roles, first, last, reason, .. } => {
                format!(
                    "{name} acts for {principal_name} from {} to {}: {}. {reason}",
                    long_date(*first),
                    long_date(*last),
                    roles.join(", ")
                )
            }
            Self::DeputyEnded { name, principal_name, .. } => {
                format!("{name} no longer acts for {principal_name}")
            }
            _ => "Who acts for whom changed".into(),
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
            _ if self.is_about_people() => self.about_people(),
            Self::DelegationGiven { .. } | Self::DelegationEnded { .. } => self.about_delegations(),
            Self::DeputyAppointed { .. } | Self::DeputyEnded { .. } => self.about_deputies(),
            Self::AmountsRead { name, record, .. } => format!("Amounts of {name} opened: {record}"),
            Self::CheckLimitsChanged { .. } => "Limits of checks changed".into(),
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
            _ if self.is_about_a_declaration() => self.about_declarations(),
            Self::QuestionAsked { .. }
            | Self::QuestionAnswered { .. }
            | Self::QuestionClosed { .. } => self.about_questions(),
            _ if self.is_about_a_correction() => self.about_corrections(false),
            _ if self.is_about_payments() => self.about_payments(),
            _ => self.about_adjustments().to_owned(),
        }
    }
}

fn receipt_made(content_hash: &str) -> String {
    let short: String = content_hash.chars().take(12).collect();
    format!("Receipt made, its content hash begins {short}")
}

/// `1 offer`, `1,250 offers`.
fn counted(number: u64, one: &str) -> String {
    format!("{} {one}{}", thousands(number), if number == 1 { "" } else { "s" })
}
