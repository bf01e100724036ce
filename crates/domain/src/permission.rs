//! The permission table: which role may do what, at which kind of organisation. Pages, bulk acts and commands all ask it.
//!
//! Source: the role pages and the permission matrix of CQRS National (provider, PCN and commissioner roles).

use crate::OrganisationKind;
use serde::{Deserialize, Serialize};

/// A role a person holds at one organisation, with the names CQRS National uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Role {
    /// Manages access at a commissioner and at every organisation below it.
    AdvancedUserAdministrator,
    /// Manages access at its own organisation only.
    UserAdministrator,
    /// Maintains provider clusters and allocates reports.
    OrganisationAdministrator,
    /// Creates contracts and offers.
    CommissioningManagement,
    /// Answers the offers made to the provider.
    ServiceManagement,
    /// Types figures in.
    AchievementEntry,
    /// Confirms that an achievement is right and may be paid.
    DeclarationManagement,
    /// Approves declarations for the commissioner.
    ApprovalManagement,
    /// Gives the second approval for the commissioner: the second tier of approvers in CQRS Local.
    SecondApproval,
    /// Approves financially and makes payment files.
    FinanceManagement,
    /// Sees achievement with money.
    FinanceView,
    /// Sees achievement in points and counts; money is hidden.
    View,
    /// Sees every open task of the organisation.
    Supervisor,
    /// Sees all practices of its PCN.
    PcnView,
    /// Manages submissions for all practices of its PCN.
    PcnManagement,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 15] = [
        Self::AdvancedUserAdministrator,
        Self::UserAdministrator,
        Self::OrganisationAdministrator,
        Self::CommissioningManagement,
        Self::ServiceManagement,
        Self::AchievementEntry,
        Self::DeclarationManagement,
        Self::ApprovalManagement,
        Self::SecondApproval,
        Self::FinanceManagement,
        Self::FinanceView,
        Self::View,
        Self::Supervisor,
        Self::PcnView,
        Self::PcnManagement,
    ];

    /// The name shown and stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::AdvancedUserAdministrator => "Advanced User Administrator",
            Self::UserAdministrator => "User Administrator",
            Self::OrganisationAdministrator => "Organisation Administrator",
            Self::CommissioningManagement => "Commissioning Management",
            Self::ServiceManagement => "Service Management",
            Self::AchievementEntry => "Achievement Entry",
            Self::DeclarationManagement => "Declaration Management",
            Self::ApprovalManagement => "Approval Management",
            Self::SecondApproval => "Second Approval",
            Self::FinanceManagement => "Finance Management",
            Self::FinanceView => "Finance View",
            Self::View => "View",
            Self::Supervisor => "Supervisor",
            Self::PcnView => "PCN View",
            Self::PcnManagement => "PCN Management",
        }
    }

    /// Reads the stored name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// What it lets somebody do at this kind of organisation, as the table says.
    pub fn hint(self, kind: OrganisationKind) -> String {
        let mut given: Vec<Permission> =
            TABLE.iter().filter(|(.., role, _)| *role == self).map(|row| row.0).collect();
        given.retain(|permission| permission.is_given(self, kind));
        let acts: Vec<&str> = given.into_iter().map(Permission::act).collect();
        match acts.as_slice() {
            [] => String::new(),
            [one] => format!("Can {one}"),
            [most @ .., last] => format!("Can {} and {last}", most.join(", ")),
        }
    }

    /// Whether an organisation of this kind can give the role at all.
    pub fn exists_at(self, kind: OrganisationKind) -> bool {
        let sides: &[Side] = match self {
            Self::AdvancedUserAdministrator
            | Self::OrganisationAdministrator
            | Self::CommissioningManagement
            | Self::ApprovalManagement
            | Self::SecondApproval
            | Self::FinanceManagement => &[Side::Commissioner],
            Self::ServiceManagement | Self::DeclarationManagement => {
                &[Side::Practice, Side::Network]
            }
            Self::PcnView => &[Side::Practice, Side::Network],
            Self::PcnManagement => &[Side::Network],
            Self::UserAdministrator
            | Self::AchievementEntry
            | Self::FinanceView
            | Self::View
            | Self::Supervisor => &[Side::Practice, Side::Network, Side::Commissioner],
        };
        sides.contains(&Side::of(kind))
    }
}

/// The three kinds of seat in the matrix: P, N and C.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// P: a GP practice.
    Practice,
    /// N: a primary care network.
    Network,
    /// C: an ICB or a region.
    Commissioner,
}

impl Side {
    fn of(kind: OrganisationKind) -> Self {
        match kind {
            OrganisationKind::Practice => Self::Practice,
            OrganisationKind::Pcn => Self::Network,
            OrganisationKind::Icb | OrganisationKind::Region => Self::Commissioner,
        }
    }
}

/// Something that a role can allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Permission {
    /// Manage people of the own organisation.
    ManagePeople,
    /// Manage people of organisations below.
    ManagePeopleBelow,
    /// Maintain clusters and allocated reports.
    ManageClusters,
    /// Create, confirm, reissue and withdraw offers.
    Commission,
    /// Accept, reject or ask again for an offer.
    AnswerOffers,
    /// Let another organisation answer all offers in the provider's place.
    Delegate,
    /// Type figures in, or load them.
    EnterFigures,
    /// See achievement in points and counts.
    SeeAchievement,
    /// See pounds.
    SeeMoney,
    /// Edit notes and declare.
    Declare,
    /// Approve declarations.
    Approve,
    /// Give the second approval that large amounts ask for.
    ApproveSecond,
    /// Approve financially.
    ApproveFinance,
    /// See all payments together: payment files, and credits in a bank statement.
    SeePayments,
    /// Make payment files, send them and load what the payer answers.
    MakePayments,
    /// Put a service on hold, lift the hold, and take declarations back.
    Hold,
    /// Ask for adjustments of payments, and agree to those that somebody else asked for.
    Adjust,
    /// Ask the other party of a declaration, and answer it.
    AskQuestions,
    /// Run reports.
    RunReports,
    /// See every task of the organisation.
    SeeAllTasks,
    /// Read the audit of the organisation, and of those below it.
    SeeAudit,
    /// See figures of all practices of the network.
    SeeNetwork,
    /// Take national figures into use.
    UseNationalFigures,
    /// Decide which roles that check each other one person may hold together.
    SeparateDuties,
    /// Load organisations, list sizes and service definitions (an operator's command, given to no role).
    MaintainRegister,
}

const C: &[Side] = &[Side::Commissioner];
const P: &[Side] = &[Side::Practice, Side::Network];
const N: &[Side] = &[Side::Network];
const PC: &[Side] = &[Side::Practice, Side::Network, Side::Commissioner];

/// One row per cell of the matrix: this role, on these sides, may do this.
const TABLE: &[(Permission, Role, &[Side])] = &[
    (Permission::ManagePeople, Role::UserAdministrator, PC),
    (Permission::ManagePeople, Role::AdvancedUserAdministrator, C),
    (Permission::ManagePeopleBelow, Role::AdvancedUserAdministrator, C),
    (Permission::ManageClusters, Role::OrganisationAdministrator, C),
    (Permission::Commission, Role::CommissioningManagement, C),
    (Permission::AnswerOffers, Role::ServiceManagement, P),
    (Permission::Delegate, Role::ServiceManagement, P),
    (Permission::EnterFigures, Role::AchievementEntry, PC),
    (Permission::SeeAchievement, Role::View, PC),
    (Permission::SeeAchievement, Role::FinanceView, PC),
    (Permission::SeeAchievement, Role::AchievementEntry, PC),
    (Permission::SeeAchievement, Role::DeclarationManagement, P),
    (Permission::SeeAchievement, Role::ApprovalManagement, C),
    (Permission::SeeAchievement, Role::SecondApproval, C),
    (Permission::SeeAchievement, Role::FinanceManagement, C),
    (Permission::SeeAchievement, Role::PcnView, P),
    (Permission::SeeAchievement, Role::PcnManagement, N),
    (Permission::SeeMoney, Role::FinanceView, PC),
    (Permission::SeeMoney, Role::DeclarationManagement, P),
    (Permission::SeeMoney, Role::ApprovalManagement, C),
    (Permission::SeeMoney, Role::SecondApproval, C),
    (Permission::SeeMoney, Role::FinanceManagement, C),
    (Permission::Declare, Role::DeclarationManagement, P),
    (Permission::Approve, Role::ApprovalManagement, C),
    (Permission::ApproveSecond, Role::SecondApproval, C),
    (Permission::ApproveFinance, Role::FinanceManagement, C),
    (Permission::SeePayments, Role::FinanceView, PC),
    (Permission::SeePayments, Role::DeclarationManagement, P),
    (Permission::SeePayments, Role::ApprovalManagement, C),
    (Permission::SeePayments, Role::SecondApproval, C),
    (Permission::SeePayments, Role::FinanceManagement, C),
    (Permission::MakePayments, Role::FinanceManagement, C),
    (Permission::Hold, Role::ApprovalManagement, C),
    (Permission::Hold, Role::FinanceManagement, C),
    (Permission::Adjust, Role::ApprovalManagement, C),
    (Permission::Adjust, Role::FinanceManagement, C),
    (Permission::AskQuestions, Role::DeclarationManagement, P),
    (Permission::AskQuestions, Role::ApprovalManagement, C),
    (Permission::AskQuestions, Role::SecondApproval, C),
    (Permission::AskQuestions, Role::FinanceManagement, C),
    (Permission::RunReports, Role::View, PC),
    (Permission::RunReports, Role::FinanceView, PC),
    (Permission::RunReports, Role::DeclarationManagement, P),
    (Permission::RunReports, Role::ApprovalManagement, C),
    (Permission::RunReports, Role::SecondApproval, C),
    (Permission::RunReports, Role::FinanceManagement, C),
    (Permission::RunReports, Role::OrganisationAdministrator, C),
    (Permission::SeeAllTasks, Role::Supervisor, PC),
    (Permission::SeeAudit, Role::UserAdministrator, PC),
    (Permission::SeeAudit, Role::AdvancedUserAdministrator, C),
    (Permission::SeeAudit, Role::OrganisationAdministrator, C),
    (Permission::SeeAudit, Role::Supervisor, PC),
    (Permission::UseNationalFigures, Role::OrganisationAdministrator, C),
    (Permission::SeparateDuties, Role::OrganisationAdministrator, C),
    (Permission::SeeNetwork, Role::PcnView, P),
    (Permission::SeeNetwork, Role::PcnManagement, N),
];

impl Permission {
    /// Whether a role, held at an organisation of this kind, gives the permission.
    pub fn is_given(self, role: Role, kind: OrganisationKind) -> bool {
        let side = Side::of(kind);
        TABLE.iter().any(|(permission, holder, sides)| {
            *permission == self && *holder == role && sides.contains(&side)
        })
    }

    /// The roles that give it at this kind of organisation.
    pub fn roles(self, kind: OrganisationKind) -> Vec<Role> {
        Role::ALL.into_iter().filter(|role| self.is_given(*role, kind)).collect()
    }

    /// The same as words: `Approval Management or Finance Management`.
    pub fn roles_in_words(self, kind: OrganisationKind) -> String {
        let names: Vec<_> = self.roles(kind).into_iter().map(Role::name).collect();
        if names.is_empty() { "of another organisation".to_owned() } else { names.join(" or ") }
    }

    /// What it lets a person do, to follow "to".
    pub fn act(self) -> &'static str {
        match self {
            Self::ManagePeople => "manage people of your organisation",
            Self::ManagePeopleBelow => "manage people of organisations below yours",
            Self::ManageClusters => "maintain provider clusters",
            Self::UseNationalFigures => "take national figures into use",
            Self::SeparateDuties => "decide which roles one person may hold together",
            Self::Commission => "create contracts and make offers",
            Self::AnswerOffers => "answer service offers",
            Self::Delegate => "let another organisation answer service offers",
            Self::EnterFigures => "submit achievement data",
            Self::SeeAchievement => "see achievement",
            Self::SeeMoney => "see amounts of money",
            Self::Declare => "declare an achievement for payment",
            Self::Approve => "approve payment declarations",
            Self::ApproveSecond => "give the second approval of payment declarations",
            Self::ApproveFinance => "give financial approval",
            Self::SeePayments => "see all payments together",
            Self::MakePayments => "make payment files",
            Self::Hold => "put declarations and payments on hold",
            Self::Adjust => "adjust payments",
            Self::AskQuestions => "ask and answer questions about declarations",
            Self::RunReports => "run reports",
            Self::SeeAllTasks => "see all tasks of the organisation",
            Self::SeeAudit => "read the audit",
            Self::SeeNetwork => "see the practices of the network",
            Self::MaintainRegister => "load organisations and services",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The matrix as the source prints it: role, then what it may do as practice, as PCN and as commissioner.
    #[test]
    fn the_table_gives_each_role_what_the_matrix_says() {
        use OrganisationKind::{Icb, Pcn, Practice};
        use Permission::*;
        let rows: &[(Role, OrganisationKind, &[Permission])] = &[
            (Role::View, Practice, &[SeeAchievement, RunReports]),
            (Role::View, Icb, &[SeeAchievement, RunReports]),
            (Role::FinanceView, Practice, &[SeeAchievement, SeeMoney, SeePayments, RunReports]),
            (Role::FinanceView, Pcn, &[SeeAchievement, SeeMoney, SeePayments, RunReports]),
            (Role::ServiceManagement, Practice, &[AnswerOffers, Delegate]),
            (Role::ServiceManagement, Icb, &[]),
            (Role::AchievementEntry, Icb, &[EnterFigures, SeeAchievement]),
            (
                Role::DeclarationManagement,
                Pcn,
                &[SeeAchievement, SeeMoney, SeePayments, Declare, AskQuestions, RunReports],
            ),
            (Role::DeclarationManagement, Icb, &[]),
            (Role::CommissioningManagement, Icb, &[Commission]),
            (Role::CommissioningManagement, Practice, &[]),
            (
                Role::ApprovalManagement,
                Icb,
                &[
                    SeeAchievement,
                    SeeMoney,
                    Approve,
                    SeePayments,
                    Hold,
                    Adjust,
                    AskQuestions,
                    RunReports,
                ],
            ),
            (
                Role::SecondApproval,
                Icb,
                &[SeeAchievement, SeeMoney, ApproveSecond, SeePayments, AskQuestions, RunReports],
            ),
            (
                Role::FinanceManagement,
                Icb,
                &[
                    SeeAchievement,
                    SeeMoney,
                    ApproveFinance,
                    SeePayments,
                    MakePayments,
                    Hold,
                    Adjust,
                    AskQuestions,
                    RunReports,
                ],
            ),
            (Role::AdvancedUserAdministrator, Icb, &[ManagePeople, ManagePeopleBelow, SeeAudit]),
            (
                Role::OrganisationAdministrator,
                Icb,
                &[ManageClusters, RunReports, UseNationalFigures, SeeAudit, SeparateDuties],
            ),
            (Role::Supervisor, Practice, &[SeeAllTasks, SeeAudit]),
            (Role::PcnManagement, Pcn, &[SeeAchievement, SeeNetwork]),
        ];
        let every: Vec<Permission> = {
            let mut all: Vec<_> = TABLE.iter().map(|(permission, ..)| *permission).collect();
            all.sort_unstable();
            all.dedup();
            all
        };
        for (role, kind, allowed) in rows {
            for permission in &every {
                assert_eq!(
                    permission.is_given(*role, *kind),
                    allowed.contains(permission),
                    "{role:?} at {kind:?}: {permission:?}"
                );
            }
        }
    }

    #[test]
    fn every_row_of_the_table_names_a_role_that_exists_there() {
        for (permission, role, sides) in TABLE {
            for kind in OrganisationKind::ALL {
                if sides.contains(&Side::of(kind)) {
                    assert!(
                        role.exists_at(kind),
                        "{permission:?} is given to {role:?}, which {kind:?} does not have"
                    );
                }
            }
        }
    }

    #[test]
    fn role_names_read_back() {
        for role in Role::ALL {
            assert_eq!(Role::from_name(role.name()), Some(role));
        }
    }
}
