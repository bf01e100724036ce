//! Of whom a second factor is demanded: whoever holds such a role sets one up before anything else opens.
//!
//! Source: NHS England, multi-factor authentication policy (administrators, and whoever can move money). Ours: the groups.

use crate::Role;
use std::collections::BTreeSet;

/// People of whom it can be demanded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holders {
    /// Who manages people, or what an organisation has set.
    Administrators,
    /// Who gives the first or the second approval.
    Approvers,
    /// Who approves financially and makes payment files.
    Finance,
    /// Who declares for a provider.
    Declarers,
    /// Everybody.
    Everybody,
}

impl Holders {
    /// Every group.
    pub const ALL: [Self; 5] =
        [Self::Administrators, Self::Approvers, Self::Finance, Self::Declarers, Self::Everybody];

    /// Its name in the setting.
    pub fn name(self) -> &'static str {
        match self {
            Self::Administrators => "administrators",
            Self::Approvers => "approvers",
            Self::Finance => "finance",
            Self::Declarers => "declarers",
            Self::Everybody => "everybody",
        }
    }

    /// Reads a name of the setting.
    ///
    /// # Errors
    /// With what is allowed.
    pub fn read(name: &str) -> Result<Self, String> {
        let allowed = || Self::ALL.map(Self::name).join(", ");
        let found = Self::ALL.into_iter().find(|one| one.name() == name.trim());
        found.ok_or_else(|| format!("allowed, with commas between: {}", allowed()))
    }

    fn are_held(self, role: Role) -> bool {
        match self {
            Self::Administrators => matches!(
                role,
                Role::AdvancedUserAdministrator
                    | Role::UserAdministrator
                    | Role::OrganisationAdministrator
            ),
            Self::Approvers => matches!(role, Role::ApprovalManagement | Role::SecondApproval),
            Self::Finance => role == Role::FinanceManagement,
            Self::Declarers => role == Role::DeclarationManagement,
            Self::Everybody => true,
        }
    }
}

/// Of whom a second factor is demanded; of nobody unless it is set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Demand(pub BTreeSet<Holders>);

impl Demand {
    /// Whether it is demanded of nobody.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether somebody with a role, at any organisation, must have one.
    pub fn includes(&self, role: Role) -> bool {
        self.0.iter().any(|one| one.are_held(role))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Holders::*;

    #[test]
    fn a_second_factor_is_demanded_of_who_holds_a_role_of_the_setting() {
        let rows: [(&[Holders], Role, bool); 9] = [
            (&[], Role::FinanceManagement, false),
            (&[Finance], Role::FinanceManagement, true),
            (&[Finance], Role::FinanceView, false),
            (&[Finance], Role::ApprovalManagement, false),
            (&[Finance, Approvers], Role::SecondApproval, true),
            (&[Administrators], Role::UserAdministrator, true),
            (&[Administrators], Role::Supervisor, false),
            (&[Declarers], Role::DeclarationManagement, true),
            (&[Everybody], Role::View, true),
        ];
        for (set, role, expected) in rows {
            let demand = Demand(set.iter().copied().collect());
            assert_eq!(demand.includes(role), expected, "{set:?}, {role:?}");
        }
    }

    #[test]
    fn a_name_that_is_none_is_answered_with_those_that_are() {
        for one in Holders::ALL {
            assert_eq!(Holders::read(one.name()), Ok(one));
        }
        let why = Holders::read("finances").expect_err("no group");
        assert_eq!(
            why,
            "allowed, with commas between: administrators, approvers, finance, declarers, everybody"
        );
    }
}
