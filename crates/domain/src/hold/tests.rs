//! Shows who places and lifts holds, and what an open one covers.

use super::*;
use crate::{Organisation, OrganisationKind, Role};
use std::collections::BTreeSet;
use uuid::Uuid;

const ICB: u128 = 2;
const SERVICE: u128 = 8;

fn actor(roles: &[Role]) -> Actor {
    Actor::Person {
        id: Uuid::from_u128(1).into(),
        name: "Tom Hill".into(),
        organisation: Organisation {
            id: Uuid::from_u128(ICB).into(),
            code: "QZZ".into(),
            name: "NHS Anytown ICB".into(),
            kind: OrganisationKind::Icb,
            parent: None,
            closed_on: None,
        },
        roles: roles.to_vec(),
        acts_for: crate::deputy::ActsFor::default(),
        origin: Default::default(),
        narrowing: None,
    }
}

fn now() -> Now {
    Now::at("2026-05-18T09:00:00Z".parse().expect("an instant"))
}

fn placing(stops: Stops, cluster: bool, reason: &str) -> Placing {
    Placing {
        service: Uuid::from_u128(SERVICE).into(),
        service_name: "Minor surgery".into(),
        cluster: cluster.then(|| Chosen { id: Uuid::from_u128(5).into(), name: "Coast".into() }),
        stops,
        reason: reason.into(),
    }
}

fn place(placing: &Placing, by: &Actor) -> Result<Change<Hold>, CannotHold> {
    placing.place(Uuid::from_u128(9).into(), "H-2026-000001".into(), by, &now())
}

fn hold(stops: Stops, cluster: bool) -> Hold {
    let by = actor(&[Role::ApprovalManagement]);
    place(&placing(stops, cluster, "Figures are wrong"), &by).expect("a hold").after
}

#[test]
fn whoever_approves_or_does_finance_places_and_lifts_a_hold() {
    for role in Role::ALL {
        let by = actor(&[role]);
        let may = [Role::ApprovalManagement, Role::FinanceManagement].contains(&role);
        let placed = place(&placing(Stops::Both, false, "Why"), &by);
        assert_eq!(placed.is_ok(), may, "{role:?}");
        assert_eq!(hold(Stops::Both, false).lift("", &by, &now()).is_ok(), may, "{role:?}");
    }
}

#[test]
fn a_reason_has_1_to_500_characters() {
    let by = actor(&[Role::FinanceManagement]);
    let (most, long) = ("é".repeat(REASON_MAX), "é".repeat(REASON_MAX + 1));
    for (reason, wanted) in [
        ("  ", Some(CannotHold::NoReason)),
        ("x", None),
        (&*most, None),
        (&*long, Some(CannotHold::ReasonTooLong)),
    ] {
        assert_eq!(place(&placing(Stops::Both, false, reason), &by).err(), wanted);
    }
    let kept = place(&placing(Stops::Both, true, " Wrong "), &by).expect("a hold");
    assert_eq!((&*kept.after.reason, kept.after.version), ("Wrong", 1));
    assert_eq!(
        kept.event.sentence(false),
        "Declarations and payments of Minor surgery put on hold for Coast: Wrong"
    );
}

#[test]
fn a_hold_is_lifted_once_and_keeps_who_and_when() {
    let (open, by) = (hold(Stops::Paying, false), actor(&[Role::FinanceManagement]));
    let long = "x".repeat(NOTE_MAX + 1);
    assert_eq!(open.lift(&long, &by, &now()).err(), Some(CannotLift::NoteTooLong));
    let change = open.lift(" Extracted again ", &by, &now()).expect("lifted");
    assert_eq!(change.event.sentence(true), "Hold lifted: Extracted again");
    let lifted = change.after;
    assert_eq!((lifted.status().word, open.status().word), ("Lifted", "On hold"));
    let step = Step { by: by.by(), at: now().instant };
    let again = lifted.lift("", &by, &now()).expect_err("lifted before");
    assert_eq!(again, CannotLift::AlreadyLifted(step));
    assert_eq!(again.to_string(), "Tom Hill lifted this hold on 18 May 2026 at 10am.");
}

#[test]
fn each_choice_stops_what_it_names() {
    let table = [
        (Stops::Both, [true, true]),
        (Stops::Declaring, [true, false]),
        (Stops::Paying, [false, true]),
    ];
    for (stops, wanted) in table {
        assert_eq!([Act::Declare, Act::Pay].map(|act| stops.stops(act)), wanted, "{stops:?}");
        assert_eq!(Stops::from_name(stops.name()), Some(stops));
    }
    assert_eq!(Stops::from_name("all"), None);
}

#[test]
fn an_open_hold_covers_its_service_and_the_providers_of_its_cluster() {
    let id = |number: u128| OrganisationId(Uuid::from_u128(number));
    let (member, other) = (id(100), id(101));
    let service = ServiceId(Uuid::from_u128(SERVICE));
    let of = |cluster| {
        let members = BTreeSet::from([member]);
        Open::new([(hold(Stops::Declaring, cluster), cluster.then_some(members))])
    };
    let held = |open: &Open, commissioner, service, provider| {
        open.held(Act::Declare, commissioner, service, provider).is_some()
    };
    for (cluster, provider, wanted) in
        [(false, member, true), (false, other, true), (true, member, true), (true, other, false)]
    {
        let open = of(cluster);
        assert_eq!(held(&open, id(ICB), service, provider), wanted, "{cluster} {provider}");
        assert!(!held(&open, id(3), service, provider), "of another commissioner");
        assert!(!held(&open, id(ICB), ServiceId(Uuid::nil()), provider), "of another service");
        assert_eq!(open.held(Act::Pay, id(ICB), service, provider), None);
    }
    // A cluster whose providers are not known covers nobody rather than everybody.
    let unknown = Open::new([(hold(Stops::Both, true), None)]);
    assert!(!held(&unknown, id(ICB), service, member));
}

#[test]
fn what_several_holds_cover_is_held_until_the_last_is_lifted() {
    let ids = (Uuid::from_u128(ICB).into(), Uuid::from_u128(SERVICE).into(), Uuid::nil().into());
    let by = actor(&[Role::ApprovalManagement]);
    let first = hold(Stops::Both, false);
    let later = Now::at("2026-05-20T09:00:00Z".parse().expect("an instant"));
    let second = placing(Stops::Paying, false, "Budget");
    let second = second.place(Uuid::from_u128(1).into(), "H-2".into(), &by, &later);
    let second = second.expect("a hold").after;
    let why = |open: &Open, act| open.held(act, ids.0, ids.1, ids.2).map(|held| held.reason);
    let both = Open::new([(second.clone(), None)]).and(Open::new([(first.clone(), None)]));
    assert_eq!(both.all().count(), 2);
    assert_eq!(why(&both, Act::Pay).as_deref(), Some("Figures are wrong"), "the oldest is named");
    let lifted = first.lift("", &by, &later).expect("lifted").after;
    let one = Open::new([(lifted.clone(), None), (second.clone(), None)]);
    assert_eq!((why(&one, Act::Declare), why(&one, Act::Pay)), (None, Some("Budget".into())));
    let gone = second.lift("", &by, &later).expect("lifted").after;
    assert_eq!(why(&Open::new([(lifted, None), (gone, None)]), Act::Pay), None);
}

#[test]
fn what_is_held_says_by_whom_since_when_and_why() {
    let held = Held::from(&hold(Stops::Both, false));
    assert_eq!(
        held.to_string(),
        "NHS Anytown ICB has put declarations and payments of this service on hold since 18 May 2026 (Tom Hill): \
         Figures are wrong."
    );
}
