//! What the facts about accounts and access are called in a history.

use super::Event;
use crate::{access::separation::Together, calendar::long_date, narrowing::NARROWED};

impl Event {
    /// Whether it is about a person's account or access.
    pub(super) fn is_about_people(&self) -> bool {
        matches!(
            self,
            Self::PersonAdded { .. }
                | Self::RoleGiven { .. }
                | Self::RoleNotGiven { .. }
                | Self::RoleTaken { .. }
                | Self::RolesNarrowed { .. }
                | Self::PasswordLinkMade { .. }
                | Self::PasswordSet { .. }
                | Self::SecondFactorOn { .. }
                | Self::SecondFactorOff { .. }
                | Self::IdentityLinked { .. }
                | Self::RecoveryCodeUsed { .. }
                | Self::AccessRequested { .. }
                | Self::AccessRequestApproved { .. }
                | Self::AccessRequestRejected { .. }
                | Self::AccessKept { .. }
                | Self::AccessReviewed { .. }
                | Self::SeparationChanged { .. }
                | Self::AccountDisabled { .. }
                | Self::AccountEnabled { .. }
                | Self::AccountLapsed { .. }
                | Self::SignedIn { .. }
                | Self::SignedOut { .. }
        )
    }

    pub(super) fn about_people(&self) -> String {
        match self {
            Self::PersonAdded { name, .. } => format!("{name} added"),
            Self::RoleGiven { role, .. } => format!("Role {role} given"),
            Self::RoleTaken { role, .. } => format!("Role {role} taken away"),
            Self::RolesNarrowed { families, cluster_name, .. } => narrowed(families, cluster_name),
            Self::PasswordLinkMade { .. } => "Link to set a password made".into(),
            Self::PasswordSet { .. } => "Password set".into(),
            Self::SecondFactorOn { .. } => "Codes of an authenticator app switched on".into(),
            Self::SecondFactorOff { .. } => "Codes of an authenticator app switched off".into(),
            Self::IdentityLinked { provider, .. } => {
                format!("Signs in with {provider} from now on")
            }
            Self::RecoveryCodeUsed { .. } => "Signed in with a recovery code".into(),
            Self::AccessRequested { name, roles, .. } => {
                format!("{name} asked for access: {}", roles.join(", "))
            }
            Self::AccessRequestApproved { roles, .. } => {
                format!("Request for access approved: {}", roles.join(", "))
            }
            Self::AccessRequestRejected { reason, .. } => {
                format!("Request for access rejected: {reason}")
            }
            Self::AccessKept { reason, .. } => format!("Access kept in a review: {reason}"),
            Self::AccessReviewed { kept, changed, removed, .. } => {
                format!("Access reviewed: {kept} confirmed, {changed} changed, {removed} removed")
            }
            Self::RoleNotGiven { role, pair, .. } if pair == NARROWED => {
                format!("Role {role} not given: roles there are kept to some services or providers")
            }
            Self::RoleNotGiven { role, pair, .. } => {
                format!("Role {role} not given: one person may not {} there", together(pair))
            }
            Self::SeparationChanged { pair, is_allowed, reason, .. } => {
                let what = together(pair);
                let may = if *is_allowed { "may" } else { "may not" };
                format!("One person {may} {what}: {reason}")
            }
            Self::AccountDisabled { reason, .. } => format!("Account disabled: {reason}"),
            Self::AccountEnabled { reason, .. } => format!("Account enabled again: {reason}"),
            Self::AccountLapsed { unused_since, .. } => {
                format!("Account lapsed, not used since {}", long_date(*unused_since))
            }
            Self::SignedIn { .. } => "Signed in".into(),
            Self::SignedOut { .. } => "Logged out".into(),
            _ => "Access changed".into(),
        }
    }
}

fn together(pair: &str) -> &str {
    Together::from_name(pair).map_or(pair, |pair| pair.words())
}

fn narrowed(families: &[String], cluster: &str) -> String {
    match (families, cluster) {
        ([], "") => "Roles are for all services and providers from now on".into(),
        ([], cluster) => format!("Roles kept to providers of the cluster {cluster}"),
        (some, "") => format!("Roles kept to services of {}", some.join(", ")),
        (some, cluster) => {
            let families = some.join(", ");
            format!("Roles kept to services of {families} and providers of the cluster {cluster}")
        }
    }
}
