//! Shows who hands what over to whom, for which days, and who ends it.

use super::*;
use crate::{Organisation, OrganisationKind};
use uuid::Uuid;

const NADIA: u128 = 1;
const TOM: u128 = 2;
const KAY: u128 = 3;

fn id(number: u128) -> PersonId {
    Uuid::from_u128(number).into()
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn at(text: &str) -> Now {
    Now::at(format!("{text}T11:00:00Z").parse().expect("an instant"))
}

fn icb(number: u128) -> Organisation {
    Organisation {
        id: Uuid::from_u128(number).into(),
        code: format!("Q{number}"),
        name: "NHS Anytown ICB".to_owned(),
        kind: OrganisationKind::Icb,
        parent: Some(Uuid::from_u128(99).into()),
        closed_on: None,
    }
}

fn person(number: u128, organisation: Organisation, roles: &[Role]) -> Actor {
    Actor::Person {
        id: id(number),
        name: if number == TOM { "Tom Hill" } else { "Somebody" }.to_owned(),
        organisation,
        roles: roles.to_vec(),
        acts_for: ActsFor::default(),
        origin: Default::default(),
        narrowing: None,
    }
}

fn tom() -> Actor {
    person(TOM, icb(7), &[Role::ApprovalManagement, Role::View])
}

fn colleague(roles: &[Role], deputises: Vec<Deputy>) -> Colleague {
    Colleague {
        id: id(NADIA),
        name: "Nadia Quinn".to_owned(),
        roles: roles.to_vec(),
        sees_the_same: true,
        deputises,
    }
}

fn appointing(first: &str, last: &str) -> Appointing {
    Appointing {
        roles: vec![Role::ApprovalManagement],
        first: day(first),
        last: day(last),
        reason: " Annual leave ".to_owned(),
    }
}

fn appointed() -> Deputy {
    appointing("2026-05-04", "2026-05-20")
        .appoint(
            DeputyId(Uuid::from_u128(50)),
            Some(&colleague(&[Role::View], vec![])),
            &tom(),
            &at("2026-05-01"),
        )
        .expect("a deputy")
        .after
}

#[test]
fn a_role_is_handed_over_to_a_colleague_from_a_day_to_a_day() {
    let deputy = appointed();
    assert_eq!((deputy.principal, deputy.person), (id(TOM), id(NADIA)));
    assert_eq!((&*deputy.reason, deputy.version), ("Annual leave", 1));
    for (today, stands, is_open) in [
        ("2026-05-03", false, true),
        ("2026-05-04", true, true),
        ("2026-05-20", true, true),
        ("2026-05-21", false, false),
    ] {
        assert_eq!(
            (deputy.stands(day(today)), deputy.is_open(day(today))),
            (stands, is_open),
            "{today}"
        );
    }
}

/// First and last day, asked on 1 May 2026.
#[test]
fn the_days_are_within_reason() {
    let first = CannotAppoint::FirstNotWithin(day("2026-05-01"), day("2027-05-01"));
    let last = |first, last| Err(CannotAppoint::LastNotWithin(day(first), day(last)));
    let rows = [
        ("2026-05-01", "2026-05-01", Ok(())),
        ("2026-05-01", "2026-07-31", Ok(())),
        ("2026-05-01", "2026-08-01", last("2026-05-01", "2026-07-31")),
        ("2026-05-04", "2026-05-03", last("2026-05-04", "2026-08-03")),
        ("2026-04-30", "2026-05-20", Err(first.clone())),
        ("2027-05-01", "2027-05-02", Ok(())),
        ("2027-05-02", "2027-05-02", Err(first)),
    ];
    for (first, last, result) in rows {
        let got = appointing(first, last).appoint(
            DeputyId(Uuid::nil()),
            Some(&colleague(&[], vec![])),
            &tom(),
            &at("2026-05-01"),
        );
        assert_eq!(got.map(drop), result, "{first} to {last}");
    }
}

#[test]
fn what_cannot_be_handed_over_is_named() {
    use CannotAppoint::*;
    let held = || colleague(&[Role::View], vec![]);
    let with = |change: fn(&mut Appointing)| {
        let mut form = appointing("2026-05-04", "2026-05-20");
        change(&mut form);
        form
    };
    let usual = || appointing("2026-05-04", "2026-05-20");
    let already = ActsAlready {
        name: "Nadia Quinn".into(),
        principal: "Tom Hill".into(),
        role: Role::ApprovalManagement,
        first: day("2026-05-04"),
        last: day("2026-05-20"),
    };
    let ended =
        Deputy { ended: Some((By::oneself(None, "x"), at("2026-05-02").instant)), ..appointed() };
    let acts_for_kay = |role| Actor::Person {
        id: id(TOM),
        name: "Tom Hill".into(),
        organisation: icb(7),
        roles: vec![Role::View],
        acts_for: ActsFor::also(vec![HandedOver {
            principal: id(KAY),
            principal_name: "Kay Lind".into(),
            roles: vec![role],
            last: day("2026-05-20"),
        }]),
        origin: Default::default(),
        narrowing: None,
    };
    let oneself = Colleague { id: id(TOM), ..held() };
    let rows = [
        (usual(), Some(held()), tom(), Ok(())),
        (usual(), None, tom(), Err(NoSuchColleague)),
        (usual(), Some(oneself), tom(), Err(Oneself)),
        (usual(), Some(held()), person(TOM, icb(7), &[Role::View]), Err(NothingToHandOver)),
        // Nobody hands on what was handed to them.
        (usual(), Some(held()), acts_for_kay(Role::ApprovalManagement), Err(NothingToHandOver)),
        (usual(), Some(held()), Actor::system("Accord"), Err(NothingToHandOver)),
        (with(|form| form.roles.clear()), Some(held()), tom(), Err(NoRole)),
        (
            with(|form| form.roles = vec![Role::FinanceManagement]),
            Some(held()),
            tom(),
            Err(NotHeld(Role::FinanceManagement)),
        ),
        (with(|form| form.roles = vec![Role::View]), Some(held()), tom(), Err(NotHeld(Role::View))),
        (
            usual(),
            Some(colleague(&[Role::ApprovalManagement], vec![])),
            tom(),
            Err(HoldsIt("Nadia Quinn".into(), Role::ApprovalManagement)),
        ),
        (usual(), Some(colleague(&[], vec![appointed()])), tom(), Err(already.clone())),
        (
            appointing("2026-05-20", "2026-05-30"),
            Some(colleague(&[], vec![appointed()])),
            tom(),
            Err(already),
        ),
        (
            appointing("2026-05-21", "2026-05-30"),
            Some(colleague(&[], vec![appointed()])),
            tom(),
            Ok(()),
        ),
        (usual(), Some(colleague(&[], vec![ended])), tom(), Ok(())),
        (with(|form| form.reason = " ".into()), Some(held()), tom(), Err(NoReason)),
        (with(|form| form.reason = "x".repeat(200)), Some(held()), tom(), Ok(())),
        (with(|form| form.reason = "x".repeat(201)), Some(held()), tom(), Err(ReasonTooLong)),
        (with(|form| form.reason = "See 943 476 5919".into()), Some(held()), tom(), Err(NhsNumber)),
    ];
    for (form, to, by, result) in rows {
        let got = form.appoint(DeputyId(Uuid::nil()), to.as_ref(), &by, &at("2026-05-01"));
        assert_eq!(got.map(drop), result, "{form:?} to {to:?} by {by:?}");
    }
}

/// Who, on which day.
#[test]
fn either_of_the_two_or_who_manages_people_there_ends_it() {
    let not_yours = || CannotEnd::NotYours("Nadia Quinn".into(), "Tom Hill".into());
    let region = Organisation { id: Uuid::from_u128(99).into(), parent: None, ..icb(99) };
    let rows = [
        (tom(), "2026-05-02", Ok(())),
        (person(NADIA, icb(7), &[Role::View]), "2026-05-20", Ok(())),
        (
            person(NADIA, icb(7), &[Role::View]),
            "2026-05-21",
            Err(CannotEnd::AlreadyOver(day("2026-05-20"))),
        ),
        (person(KAY, icb(7), &[Role::ApprovalManagement]), "2026-05-10", Err(not_yours())),
        (person(KAY, icb(7), &[Role::UserAdministrator]), "2026-05-10", Ok(())),
        (person(KAY, icb(8), &[Role::UserAdministrator]), "2026-05-10", Err(not_yours())),
        (person(KAY, region.clone(), &[Role::AdvancedUserAdministrator]), "2026-05-10", Ok(())),
        (person(KAY, region, &[Role::UserAdministrator]), "2026-05-10", Err(not_yours())),
    ];
    for (by, today, result) in rows {
        let got = appointed().end(Place::own(&icb(7)), &by, &at(today));
        assert_eq!(got.map(drop), result, "{by:?} on {today}");
    }
    // From two levels above: the region of a practice.
    let region = Organisation { id: Uuid::from_u128(98).into(), parent: None, ..icb(98) };
    let by = person(KAY, region.clone(), &[Role::AdvancedUserAdministrator]);
    let far = Place { organisation: &icb(7), region: Some(region.id) };
    assert!(appointed().end(far, &by, &at("2026-05-10")).is_ok());
    let ended =
        appointed().end(Place::own(&icb(7)), &tom(), &at("2026-05-10")).expect("it ends").after;
    assert!(!ended.stands(day("2026-05-10")) && ended.version == 2);
    let again = ended.end(Place::own(&icb(7)), &tom(), &at("2026-05-10"));
    assert!(matches!(again, Err(CannotEnd::AlreadyEnded(name, _)) if name == "Tom Hill"));
}
