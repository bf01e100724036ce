//! Separation of duties at a commissioner: which roles that check each other one person may hold together. None, unless the
//! commissioner allows it for a reason.
//!
//! Source: CQRS Local advises that the two tiers of approvers are different people. Ours: the other pairs, and that they are
//! refused. Making and sending a payment file needs no pair here: both are Finance Management, and the acts themselves check it.

use super::{WrongReason, read_reason};
use crate::{Actor, Event, NotAllowed, OrganisationId, Permission, Role, refusal::refusal};
use std::collections::BTreeSet;

/// Roles that check each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Together {
    /// Entering figures and approving, in any tier.
    EntryAndApproval,
    /// The first approval and the second.
    TwoApprovals,
    /// Approving and finance.
    ApprovalAndFinance,
}

impl Together {
    /// Every pair.
    pub const ALL: [Self; 3] =
        [Self::EntryAndApproval, Self::TwoApprovals, Self::ApprovalAndFinance];

    /// The name stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::EntryAndApproval => "entry_and_approval",
            Self::TwoApprovals => "two_approvals",
            Self::ApprovalAndFinance => "approval_and_finance",
        }
    }

    /// Reads the stored name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }

    /// What one person could do, to follow "may" and "to".
    pub fn words(self) -> &'static str {
        match self {
            Self::EntryAndApproval => "enter figures and approve",
            Self::TwoApprovals => "give the first and the second approval",
            Self::ApprovalAndFinance => "approve and give financial approval",
        }
    }

    /// Whether these roles give both.
    pub fn is_in(self, roles: &BTreeSet<Role>) -> bool {
        let holds = |any: &[Role]| any.iter().any(|role| roles.contains(role));
        let (first, second) = ([Role::ApprovalManagement], [Role::SecondApproval]);
        let finance = [Role::FinanceManagement];
        let approves = holds(&first) || holds(&second);
        match self {
            Self::EntryAndApproval => {
                holds(&[Role::AchievementEntry]) && (approves || holds(&finance))
            }
            Self::TwoApprovals => holds(&first) && holds(&second),
            Self::ApprovalAndFinance => approves && holds(&finance),
        }
    }
}

impl Together {
    /// The pairs that these roles hold.
    pub fn held(roles: &BTreeSet<Role>) -> Vec<Self> {
        Self::ALL.into_iter().filter(|one| one.is_in(roles)).collect()
    }
}

/// What a commissioner allows one person to hold together. By itself nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Separation {
    /// The pairs that are allowed.
    pub allowed: BTreeSet<Together>,
}

impl Separation {
    /// The pair that would come together by going from some roles to others, and may not. What is held together already is
    /// no reason against taking less of it, or against something else.
    pub fn broken(&self, before: &BTreeSet<Role>, after: &BTreeSet<Role>) -> Option<Together> {
        let is_new = |one: &Together| one.is_in(after) && !one.is_in(before);
        Together::ALL.into_iter().filter(|one| !self.allowed.contains(one)).find(is_new)
    }

    /// Allows a pair at the commissioner acted for, or forbids it again, for a reason that everybody who manages people there
    /// reads.
    pub fn change(
        &self,
        pair: Together,
        is_allowed: bool,
        reason: &str,
        by: &Actor,
    ) -> Result<Event, CannotSeparate> {
        by.must(Permission::SeparateDuties)?;
        let commissioner: OrganisationId = match by.organisation() {
            Some(own) => own.id,
            None => return Err(CannotSeparate::NobodyHere),
        };
        if self.allowed.contains(&pair) == is_allowed {
            return Err(CannotSeparate::Already);
        }
        let reason = read_reason(reason)?;
        let pair = pair.name().to_owned();
        Ok(Event::SeparationChanged { commissioner, pair, is_allowed, reason })
    }
}

/// Why what may be held together stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotSeparate {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error("Only a person of a commissioner can decide this.")]
    NobodyHere,
    #[error("Somebody has decided the same already. Check what is allowed now.")]
    Already,
    #[error(transparent)]
    Reason(#[from] WrongReason),
}
refusal!(CannotSeparate);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Organisation, OrganisationKind, PersonId, deputy::ActsFor};
    use Role::{AchievementEntry, ApprovalManagement, FinanceManagement, SecondApproval, View};
    use uuid::Uuid;

    fn set(roles: &[Role]) -> BTreeSet<Role> {
        roles.iter().copied().collect()
    }

    #[test]
    fn nobody_comes_to_hold_what_checks_each_other_unless_it_is_allowed() {
        use Together::*;
        let rows: [(&[Role], &[Role], Option<Together>); 9] = [
            (&[], &[ApprovalManagement, View], None),
            (&[], &[AchievementEntry, View], None),
            (&[], &[AchievementEntry, ApprovalManagement], Some(EntryAndApproval)),
            (&[AchievementEntry], &[AchievementEntry, FinanceManagement], Some(EntryAndApproval)),
            (&[View], &[ApprovalManagement, SecondApproval], Some(TwoApprovals)),
            (&[View], &[SecondApproval, FinanceManagement], Some(ApprovalAndFinance)),
            // Held together already: less of it, or something else besides, is fine.
            (&[ApprovalManagement, FinanceManagement], &[ApprovalManagement], None),
            (
                &[ApprovalManagement, FinanceManagement],
                &[ApprovalManagement, FinanceManagement, View],
                None,
            ),
            (
                &[ApprovalManagement, FinanceManagement],
                &[ApprovalManagement, FinanceManagement, AchievementEntry],
                Some(EntryAndApproval),
            ),
        ];
        for (before, after, broken) in rows {
            let (before, after) = (set(before), set(after));
            assert_eq!(Separation::default().broken(&before, &after), broken, "{after:?}");
            let allowed = Separation { allowed: Together::ALL.into() };
            assert_eq!(allowed.broken(&before, &after), None, "{after:?}");
        }
    }

    #[test]
    fn a_pair_is_allowed_and_forbidden_for_a_reason_by_an_organisation_administrator() {
        let actor = |role| Actor::Person {
            id: PersonId(Uuid::from_u128(1)),
            name: "Del Ward".into(),
            organisation: Organisation {
                id: Uuid::from_u128(7).into(),
                code: "QAA".into(),
                name: "NHS Anytown ICB".into(),
                kind: OrganisationKind::Icb,
                parent: None,
                closed_on: None,
            },
            roles: vec![role],
            acts_for: ActsFor::Oneself,
            origin: Default::default(),
            narrowing: None,
        };
        let (pair, none) = (Together::TwoApprovals, Separation::default());
        let del = actor(Role::OrganisationAdministrator);
        assert!(none.change(pair, true, "A small team", &del).is_ok());
        assert_eq!(none.change(pair, false, "No", &del), Err(CannotSeparate::Already));
        let missing = CannotSeparate::Reason(WrongReason::Missing);
        assert_eq!(none.change(pair, true, " ", &del), Err(missing));
        let some = Separation { allowed: [pair].into() };
        assert!(some.change(pair, false, "We have grown", &del).is_ok());
        let view = actor(View);
        let refused = none.change(pair, true, "A small team", &view);
        assert!(matches!(refused, Err(CannotSeparate::NotAllowed(_))));
    }
}
