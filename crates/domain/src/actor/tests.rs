//! Shows for whom a deputy acts, and what counts as done by both.

use super::*;
use crate::{OrganisationId, OrganisationKind};
use uuid::Uuid;

const NADIA: u128 = 1;
const TOM: u128 = 2;
const KAY: u128 = 3;

fn id(number: u128) -> PersonId {
    Uuid::from_u128(number).into()
}

fn handed_over(principal: u128, name: &str, roles: &[Role]) -> HandedOver {
    HandedOver {
        principal: id(principal),
        principal_name: name.to_owned(),
        roles: roles.to_vec(),
        last: "2026-05-20".parse().expect("a date"),
    }
}

/// Nadia Quinn at an ICB, with roles of her own.
fn nadia(roles: &[Role], acts_for: ActsFor) -> Actor {
    let organisation = Organisation {
        id: OrganisationId(Uuid::from_u128(7)),
        code: "QAA".to_owned(),
        name: "NHS Anytown ICB".to_owned(),
        kind: OrganisationKind::Icb,
        parent: None,
        closed_on: None,
    };
    let (id, name) = (id(NADIA), "Nadia Quinn".to_owned());
    let (roles, origin) = (roles.to_vec(), Origin::default());
    Actor::Person { id, name, organisation, roles, acts_for, origin, narrowing: None }
}

#[test]
fn an_own_role_comes_before_one_that_was_handed_over() {
    let both = ActsFor::also(vec![
        handed_over(TOM, "Tom Hill", &[Role::ApprovalManagement]),
        handed_over(KAY, "Kay Lind", &[Role::FinanceManagement]),
    ]);
    let by_tom = ("Nadia Quinn for Tom Hill", Some(TOM));
    let by_kay = ("Nadia Quinn for Kay Lind", Some(KAY));
    let herself = ("Nadia Quinn", None);
    let rows: [(&[Role], Permission, bool, _); 7] = [
        (&[], Permission::Approve, true, by_tom),
        (&[], Permission::ApproveFinance, true, by_kay),
        // Both roles give it: what was handed over first.
        (&[], Permission::Hold, true, by_tom),
        (&[], Permission::ApproveSecond, false, herself),
        (&[Role::ApprovalManagement], Permission::Approve, true, herself),
        (&[Role::ApprovalManagement], Permission::ApproveFinance, true, by_kay),
        (&[Role::CommissioningManagement], Permission::Commission, true, herself),
    ];
    for (roles, permission, may, (name, principal)) in rows {
        let nadia = nadia(roles, both.clone());
        assert_eq!(nadia.may(permission), may, "{permission:?} with {roles:?}");
        let acting = nadia.acting(permission);
        assert_eq!(
            (acting.name(), acting.principal()),
            (name, principal.map(id)),
            "{permission:?}"
        );
        assert_eq!(acting.may(permission), may, "who acts may still do it: {permission:?}");
        // Asked twice, it says the same.
        assert_eq!(acting.acting(permission).by(), acting.by());
        assert_eq!(acting.person(), Some(id(NADIA)));
    }
}

#[test]
fn without_anything_handed_over_nobody_acts_for_anybody() {
    for actor in
        [nadia(&[Role::ApprovalManagement], ActsFor::also(vec![])), Actor::system("Accord")]
    {
        assert!(matches!(actor.acting(Permission::Approve), Cow::Borrowed(_)));
        assert_eq!(actor.principal(), None);
        assert!(actor.deputises().is_empty());
    }
}

/// Who took a step, who acts now, and whether that is a step of their own.
#[test]
fn what_a_deputy_does_counts_as_done_by_both() {
    let by = |person, principal: Option<u128>| By {
        person: Some(id(person)),
        name: String::new(),
        principal: principal.map(id),
    };
    let acting = |person, principal: Option<u128>| {
        let acts_for = principal.map_or(ActsFor::Oneself, |principal| ActsFor::Only(id(principal)));
        match nadia(&[], acts_for) {
            Actor::Person { name, organisation, roles, acts_for, origin, .. } => Actor::Person {
                id: id(person),
                name,
                organisation,
                roles,
                acts_for,
                origin,
                narrowing: None,
            },
            system => system,
        }
    };
    let (alone, for_tom, for_kay) = (None, Some(TOM), Some(KAY));
    let rows = [
        ((NADIA, alone), (NADIA, alone), true),
        ((NADIA, alone), (TOM, alone), false),
        // Tom finds what his deputy did, and the deputy what she did for him.
        ((NADIA, for_tom), (TOM, alone), true),
        ((NADIA, for_tom), (NADIA, alone), true),
        ((NADIA, for_tom), (KAY, alone), false),
        // A deputy is no way round what Tom did.
        ((TOM, alone), (NADIA, for_tom), true),
        ((TOM, alone), (NADIA, for_kay), false),
        ((TOM, alone), (NADIA, alone), false),
        // Two deputies of the same person are that person.
        ((KAY, for_tom), (NADIA, for_tom), true),
        ((KAY, for_tom), (NADIA, for_kay), true),
    ];
    for ((person, principal), (actor, acts_for), counts) in rows {
        assert_eq!(
            by(person, principal).counts_for(&acting(actor, acts_for)),
            counts,
            "{person} for {principal:?}, then {actor} for {acts_for:?}"
        );
    }
    let rule = By::oneself(None, "No Approval Required");
    assert!(!rule.counts_for(&Actor::system("Accord")), "a rule is nobody");
}
