//! Shows who may answer for whom, and until when.

use super::*;
use crate::{
    OrganisationKind, Role,
    message::{Message, delegation as told},
    offer::{
        CannotAccept, Offer, OfferState,
        tests::{at, day, moved, offer},
    },
};
use uuid::Uuid;

fn organisation(number: u128, name: &str, kind: OrganisationKind) -> Organisation {
    Organisation {
        id: Uuid::from_u128(number).into(),
        code: format!("Y0000{number}"),
        name: name.to_owned(),
        kind,
        parent: Some(Uuid::from_u128(6).into()),
        closed_on: None,
    }
}

fn practice() -> Organisation {
    organisation(2, "Riverside Surgery", OrganisationKind::Practice)
}

fn network() -> Organisation {
    organisation(7, "Riverside PCN", OrganisationKind::Pcn)
}

fn person(organisation: Organisation, role: Role) -> Actor {
    let (id, name) = (Uuid::from_u128(1).into(), "Nia Rees".to_owned());
    Actor::Person {
        id,
        name,
        organisation,
        roles: vec![role],
        acts_for: crate::deputy::ActsFor::default(),
        origin: Default::default(),
        narrowing: None,
    }
}

fn manager(organisation: Organisation) -> Actor {
    person(organisation, Role::ServiceManagement)
}

fn given(until: &str) -> Delegation {
    let now = at("2025-04-01");
    let change = Delegation::give(None, &network(), day(until), &manager(practice()), &now);
    change.expect("a delegation").after
}

/// On which day, by whom, under what: who answers for the practice.
#[test]
fn a_provider_is_answered_for_by_itself_and_by_whom_it_let_until_the_last_day() {
    let standing = given("2025-04-20");
    let ended = Delegation { ended_at: Some(at("2025-04-05").instant), ..standing.clone() };
    let closed = Organisation { closed_on: Some(day("2025-04-09")), ..network() };
    let third = organisation(8, "Hill Top Practice", OrganisationKind::Practice);
    let (name, another) = ("Riverside Surgery".to_owned(), CannotAnswerFor::AnotherProvider);
    let over = CannotAnswerFor::Over(name.clone(), day("2025-04-20"));
    let was_ended = CannotAnswerFor::Ended(name, day("2025-04-05"));
    let table = [
        (manager(practice()), None, "2025-04-10", Ok(false)),
        (manager(practice()), Some(&standing), "2025-04-10", Ok(false)),
        (manager(network()), Some(&standing), "2025-04-10", Ok(true)),
        (manager(network()), Some(&standing), "2025-04-20", Ok(true)),
        (manager(network()), Some(&standing), "2025-04-21", Err(over)),
        (manager(network()), Some(&ended), "2025-04-10", Err(was_ended)),
        (manager(network()), None, "2025-04-10", Err(another.clone())),
        (manager(closed), Some(&standing), "2025-04-10", Err(another.clone())),
        // Somebody else's delegation opens nothing, and neither does a role that answers no offers.
        (manager(third), Some(&standing), "2025-04-10", Err(another.clone())),
        (person(network(), Role::View), Some(&standing), "2025-04-10", Err(another)),
    ];
    for (by, delegation, today, expected) in table {
        let answered = answers_for(&by, practice().id, delegation, day(today));
        assert_eq!(answered.map(|one| one.is_some()), expected, "{by:?} on {today}");
    }
    let others = answers_for(
        &manager(network()),
        Uuid::from_u128(9).into(),
        Some(&standing),
        day("2025-04-10"),
    );
    assert_eq!(others, Err(CannotAnswerFor::AnotherProvider), "of another provider");
}

#[test]
fn an_answer_in_the_provider_s_place_says_so_and_the_provider_s_own_does_not() {
    let (now, standing) = (at("2025-04-10"), given("2025-04-20"));
    let by = manager(network());
    let accepted = offer().accept(&by, Some(&standing), &now).expect("it accepts");
    assert_eq!(accepted.after.answered_from, Some(network().id));
    assert_eq!(accepted.event.sentence(false), "Service offer accepted for Riverside Surgery");
    let rejected = offer().reject("No staff", &by, Some(&standing), &now).expect("it rejects");
    assert_eq!(
        rejected.event.sentence(false),
        "Service offer rejected for Riverside Surgery: No staff"
    );
    let asked = rejected.after.request("", &by, Some(&standing), &now).expect("it requests");
    assert_eq!(
        asked.event.sentence(false),
        "Service requested from the commissioner for Riverside Surgery"
    );
    // The provider changes what was answered in its place.
    let own = manager(practice());
    let changed = accepted.after.reject("Not us", &own, None, &now).expect("it changes its answer");
    assert_eq!(changed.after.answered_from, None);
    assert_eq!(changed.event.sentence(false), "Service offer rejected: Not us");
    let kept = serde_json::to_string(&changed.event).expect("text");
    assert!(!kept.contains("for_provider"), "an own answer is kept as before: {kept}");
    let late = offer().accept(&by, Some(&standing), &at("2025-04-21")).expect_err("too late");
    assert!(matches!(late, CannotAccept::NotFor(CannotAnswerFor::Over(..))), "{late}");
    let stranger = offer().accept(&by, None, &now).expect_err("nobody let it");
    assert!(matches!(stranger, CannotAccept::NotFor(CannotAnswerFor::AnotherProvider)));
}

#[test]
fn an_offer_is_open_to_a_delegate_while_something_can_be_said_to_it() {
    let (delegate, last) = (network().id, day("2025-06-30"));
    let table = [
        (OfferState::Pending, true, true, false),
        (OfferState::Rejected(moved()), true, true, false),
        (OfferState::Requested(moved()), true, true, false),
        (OfferState::TurnedDown(moved()), true, true, false),
        (OfferState::Withdrawn(moved()), true, true, false),
        (OfferState::Accepted(moved()), true, false, false),
        (OfferState::NoticeGiven(moved(), last), false, false, false),
        (OfferState::Terminated(moved(), Some(last)), false, false, false),
    ];
    for (state, in_time, later, after_the_service) in table {
        let one = Offer { state, ..offer() };
        for (today, expected) in
            [("2025-04-30", in_time), ("2025-05-01", later), ("2026-04-01", after_the_service)]
        {
            assert_eq!(one.is_open_to(delegate, day(today)), expected, "{:?} {today}", one.state);
        }
    }
    let state = OfferState::Accepted(moved());
    let own = Offer { state, answered_from: Some(delegate), ..offer() };
    assert!(own.is_open_to(delegate, day("2025-06-01")), "what it accepted itself");
    assert!(!own.is_open_to(practice().id, day("2025-06-01")));
}

#[test]
fn a_provider_lets_others_of_its_commissioner_answer_for_at_most_2_years() {
    let (own, now) = (manager(practice()), at("2025-04-10"));
    let give = |to: &Organisation, until: &str| {
        Delegation::give(None, to, day(until), &own, &now).map(|change| change.after.until)
    };
    for until in ["2025-04-10", "2027-04-10"] {
        assert_eq!(give(&network(), until), Ok(day(until)));
    }
    let within = CannotGive::NotWithin(day("2025-04-10"), day("2027-04-10"));
    for until in ["2025-04-09", "2027-04-11"] {
        assert_eq!(give(&network(), until), Err(within.clone()));
    }
    assert_eq!(give(&practice(), "2025-06-30"), Err(CannotGive::ToItself));
    let foreign = Organisation { parent: Some(Uuid::from_u128(9).into()), ..network() };
    let alone = Organisation { parent: None, ..network() };
    let icb = organisation(6, "NHS Anytown ICB", OrganisationKind::Icb);
    for to in [foreign, alone, icb] {
        let refused = CannotGive::OfAnotherCommissioner(to.name.clone());
        assert_eq!(give(&to, "2025-06-30"), Err(refused));
    }
    let closed = Organisation { closed_on: Some(day("2025-04-09")), ..network() };
    let refused = CannotGive::Closed("Riverside PCN".into(), day("2025-04-09"));
    assert_eq!(give(&closed, "2025-06-30"), Err(refused));
    let viewer = person(practice(), Role::View);
    let refused = Delegation::give(None, &network(), day("2025-06-30"), &viewer, &now);
    assert!(matches!(refused, Err(CannotGive::NotAllowed(_))));
}

#[test]
fn another_date_takes_the_place_of_the_one_before_and_only_the_provider_ends_it() {
    let (own, now, before) = (manager(practice()), at("2025-04-10"), given("2025-04-20"));
    let again = |until: &str| Delegation::give(Some(&before), &network(), day(until), &own, &now);
    let refused = again("2025-04-20").expect_err("nothing new");
    assert_eq!(refused, CannotGive::AlreadyGiven("Riverside PCN".into(), day("2025-04-20")));
    let change = again("2025-05-31").expect("another date");
    assert_eq!((change.after.version, change.after.until), (2, day("2025-05-31")));
    let said = "Riverside PCN can answer service offers until 31 May 2025 instead of 20 April 2025";
    assert_eq!(change.event.sentence(false), said);
    let network_s = manager(network());
    assert!(before.end(&network_s, &now).is_err(), "nobody else ends it");
    let ended = before.end(&own, &now).expect("it ends").after;
    assert!(!ended.stands(day("2025-04-10")));
    assert!(matches!(ended.end(&own, &now), Err(CannotEnd::AlreadyOver(_))));
    assert!(matches!(before.end(&own, &at("2025-04-21")), Err(CannotEnd::AlreadyOver(_))));
    // What has ended or is over can be given again, and is then new.
    let given = Delegation::give(Some(&ended), &network(), day("2025-04-20"), &own, &now);
    let given = given.expect("given again");
    assert_eq!(
        given.event.sentence(false),
        "Riverside PCN can answer service offers until 20 April 2025"
    );
    assert!(given.after.stands(day("2025-04-20")));
}

#[test]
fn what_the_other_organisation_reads_is_short_and_plain() {
    let standing = given("2025-04-20");
    for Message { subject, body, link } in
        [told::given(&standing, false), told::given(&standing, true), told::ended(&standing)]
    {
        assert!(
            subject.chars().count() <= 80 && subject.contains("Riverside Surgery"),
            "{subject}"
        );
        for sentence in body.split(['.', '\n']) {
            assert!(sentence.split_whitespace().count() <= 20, "{sentence}");
        }
        assert!(!body.contains('£') && link == told::PAGE, "{body}");
    }
}
