//! Shows who manages whose access, and what stays as it is.

use super::*;
use uuid::Uuid;

fn organisation(number: u128, kind: OrganisationKind, parent: Option<u128>) -> Organisation {
    Organisation {
        id: Uuid::from_u128(number).into(),
        code: format!("Y{number:05}"),
        name: "Riverside Surgery".into(),
        kind,
        parent: parent.map(|parent| Uuid::from_u128(parent).into()),
        closed_on: None,
    }
}

fn actor(organisation: Organisation, roles: &[Role]) -> Actor {
    Actor::Person {
        id: PersonId(Uuid::from_u128(1)),
        name: "Nora Page".into(),
        organisation,
        roles: roles.to_vec(),
        acts_for: crate::deputy::ActsFor::Oneself,
        origin: Default::default(),
        narrowing: None,
    }
}

fn held(person: u128, roles: &[Role], others_manage: bool) -> Access {
    let (person, roles) = (PersonId(Uuid::from_u128(person)), roles.iter().copied().collect());
    let separation = Separation::default();
    let name = "Sam Ahmed".into();
    Access { person, name, roles, narrowing: None, others_manage, separation }
}

#[test]
fn the_own_organisation_or_those_below_are_managed() {
    use OrganisationKind::{Icb, Practice, Region};
    use Role::{AdvancedUserAdministrator, ApprovalManagement, UserAdministrator};
    let region = organisation(100, Region, None);
    let icb = organisation(10, Icb, Some(100));
    let other = organisation(11, Icb, Some(100));
    let practice = organisation(1, Practice, Some(10));
    let sibling = organisation(2, Practice, Some(10));
    let above = Some(region.id);
    let cases = [
        (&practice, UserAdministrator, &practice, true),
        (&practice, UserAdministrator, &sibling, false),
        (&practice, UserAdministrator, &icb, false),
        (&practice, Role::Supervisor, &practice, false),
        (&icb, UserAdministrator, &icb, true),
        (&icb, UserAdministrator, &practice, false),
        (&icb, AdvancedUserAdministrator, &icb, true),
        (&icb, AdvancedUserAdministrator, &practice, true),
        (&icb, ApprovalManagement, &practice, false),
        (&other, AdvancedUserAdministrator, &practice, false),
        (&region, AdvancedUserAdministrator, &practice, true),
        (&region, AdvancedUserAdministrator, &icb, true),
    ];
    for (from, role, whose, can) in cases {
        let region = (whose.kind == Practice).then_some(above).flatten();
        let place = Place { organisation: whose, region };
        let answer = place.must_manage(&actor(from.clone(), &[role]));
        assert_eq!(answer.is_ok(), can, "{role:?} at {} for {}", from.code, whose.code);
    }
}

#[test]
fn what_cannot_be_changed_says_why() {
    use Role::{AchievementEntry, ApprovalManagement, UserAdministrator, View};
    let own = organisation(1, OrganisationKind::Practice, Some(10));
    let place = Place { organisation: &own, region: None };
    let by = actor(own.clone(), &[UserAdministrator]);
    let change = |access: &Access, roles: &[Role]| {
        let held = Held::from(roles.iter().copied().collect::<BTreeSet<_>>());
        access.change(&held, place, &by).map(|facts| facts.len())
    };
    let sam = held(2, &[View], false);
    assert_eq!(change(&sam, &[View]), Ok(0));
    assert_eq!(change(&sam, &[AchievementEntry, UserAdministrator]), Ok(3));
    assert_eq!(change(&sam, &[]), Err(CannotManage::NoRole));
    let not_here = CannotManage::RoleNotHere(ApprovalManagement);
    assert_eq!(change(&sam, &[ApprovalManagement]), Err(not_here));
    assert_eq!(change(&held(1, &[View], true), &[View]), Err(CannotManage::Yourself));
    assert_eq!(held(1, &[View], true).remove(place, &by), Err(CannotManage::Yourself));

    let last = held(2, &[UserAdministrator, View], false);
    let refused = CannotManage::LastWhoManages("Sam Ahmed".into());
    assert_eq!(change(&last, &[View]), Err(refused.clone()));
    assert_eq!(last.remove(place, &by), Err(refused));
    assert_eq!(change(&last, &[UserAdministrator]), Ok(1));
    let one_of_two = held(2, &[UserAdministrator, View], true);
    let taken = one_of_two.remove(place, &by).expect("another one manages people");
    assert_eq!(taken.len(), 2);
    assert!(taken.iter().all(|fact| matches!(fact, Event::RoleTaken { .. })));
    let elsewhere =
        actor(organisation(2, OrganisationKind::Practice, Some(10)), &[UserAdministrator]);
    assert!(matches!(sam.remove(place, &elsewhere), Err(CannotManage::NotAllowed(_))));
}

#[test]
fn roles_are_narrowed_where_they_can_be_and_no_more_is_lost_than_was_said() {
    use Role::{ApprovalManagement, CommissioningManagement, UserAdministrator, View};
    let own = organisation(1, OrganisationKind::Icb, None);
    let place = Place::own(&own);
    let by = actor(own.clone(), &[UserAdministrator]);
    let narrowing = |families: &[&str]| {
        Narrowing::new(families.iter().copied(), None).expect("families of services")
    };
    let held_as = |roles: &[Role], families: &[&str]| Held {
        roles: roles.iter().copied().collect(),
        narrowing: narrowing(families),
    };
    let of = |roles: &[Role], families: &[&str]| Access {
        narrowing: narrowing(families),
        ..held(2, roles, true)
    };
    let kinds = |access: &Access, wanted: &Held| {
        let facts = access.change(wanted, place, &by)?;
        Ok(facts.iter().map(|fact| fact.sentence(true)).collect::<Vec<_>>())
    };
    let whole = of(&[View], &[]);
    let (qof, all) = (held_as(&[View], &["QOF"]), held_as(&[View], &[]));
    assert_eq!(kinds(&whole, &qof), Ok(vec!["Roles kept to services of QOF".to_owned()]));
    assert_eq!(kinds(&of(&[View], &["QOF"]), &qof), Ok(vec![]));
    let widened = "Roles are for all services and providers from now on".to_owned();
    assert_eq!(kinds(&of(&[View], &["QOF"]), &all), Ok(vec![widened]));
    let why = CannotManage::Narrowing(WrongNarrowing::WholeRole(CommissioningManagement));
    let with_whole = held_as(&[ApprovalManagement, CommissioningManagement], &["QOF"]);
    assert_eq!(kinds(&whole, &with_whole), Err(why));
    let gone = of(&[View], &["QOF"]).remove(place, &by).expect("taken away");
    // What they were kept to stays, for roles that a provider of sign-in gives again.
    let gone: Vec<_> = gone.iter().map(|fact| fact.sentence(true)).collect();
    assert_eq!(gone, ["Role View taken away"]);
}
