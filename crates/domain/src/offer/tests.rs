//! Shows the life of an offer: each act in each state, and the drawing of them all.

use super::*;
use crate::{NotAllowed, Organisation, OrganisationKind, Role, Service, service::tests::GOOD};
use proptest::prelude::*;
use std::collections::BTreeMap;
use uuid::Uuid;

fn actor(kind: OrganisationKind, roles: &[Role]) -> Actor {
    let of_provider = kind == OrganisationKind::Practice;
    Actor::Person {
        id: Uuid::from_u128(1).into(),
        name: "Sam Ahmed".into(),
        organisation: Organisation {
            id: Uuid::from_u128(if of_provider { 2 } else { 6 }).into(),
            code: "Y00001".into(),
            name: "Riverside Surgery".into(),
            kind,
            parent: None,
            closed_on: None,
        },
        roles: roles.to_vec(),
        acts_for: crate::deputy::ActsFor::default(),
        origin: Default::default(),
        narrowing: None,
    }
}

pub(crate) fn provider() -> Actor {
    actor(OrganisationKind::Practice, &[Role::ServiceManagement])
}

pub(crate) fn commissioner() -> Actor {
    actor(OrganisationKind::Icb, &[Role::CommissioningManagement])
}

pub(crate) fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

pub(crate) fn at(day: &str) -> Now {
    Now::at(format!("{day}T12:00:00Z").parse().expect("an instant"))
}

/// A year that is paid each quarter.
fn service() -> Service {
    let text = GOOD.replace("\"annual\"", "\"quarterly\"");
    assert!(text != GOOD, "the definition was annual");
    Service::from_toml(&text).expect("a definition")
}

/// Offered for 2025 to 2026, to be answered by 30 April 2025.
pub(crate) fn offer() -> Offer {
    Offer {
        id: Uuid::from_u128(3).into(),
        contract: Uuid::from_u128(4).into(),
        service: Uuid::from_u128(5).into(),
        provider: Uuid::from_u128(2).into(),
        commissioner: Uuid::from_u128(6).into(),
        respond_by: day("2025-04-30"),
        answer_may_change: true,
        service_starts_on: day("2025-04-01"),
        service_ends_on: day("2026-03-31"),
        provider_closed_on: None,
        provider_moved: false,
        answered_from: None,
        state: OfferState::Pending,
        version: 1,
    }
}

type Act = fn(&Offer, &Now) -> Result<Offer, String>;

/// The outcome of an act, with a refusal by its name.
fn done<E: std::fmt::Debug>(result: Result<Change<Offer>, E>) -> Result<Offer, String> {
    result.map(|change| change.after).map_err(|why| format!("{why:?}"))
}

const ACTS: [(&str, Act); 10] = [
    ("accept", |offer, now| done(offer.accept(&provider(), None, now))),
    ("reject", |offer, now| done(offer.reject("No staff", &provider(), None, now))),
    ("request", |offer, now| done(offer.request("", &provider(), None, now))),
    ("reissue", |offer, now| done(offer.reissue(&commissioner(), now))),
    ("turn down", |offer, now| done(offer.turn_down("Full", &commissioner(), now))),
    ("extend", |offer, now| {
        let until = now.today + chrono::Days::new(60);
        done(offer.extend(until.min(offer.service_ends_on), &commissioner(), now))
    }),
    ("withdraw", |offer, now| done(offer.withdraw(&commissioner(), now))),
    ("give notice", |offer, now| {
        let service = service();
        let last_day = last_days(&service, now.today).first().copied();
        done(offer.give_notice((last_day, &service), "Merged", &provider(), now))
    }),
    ("terminate", |offer, now| done(offer.terminate(&service(), "Unsafe", &commissioner(), now))),
    ("take back", |offer, now| {
        done(offer.take_back_notice(Some(&given(&provider())), &provider(), now))
    }),
];

/// That somebody gave notice of a contract that was accepted on 2 April.
fn given(by: &Actor) -> GivenNotice {
    GivenNotice {
        by: by.organisation().expect("a person").id,
        accepted: moved(),
        accepted_from: Some(Uuid::from_u128(2).into()),
    }
}

pub(crate) fn moved() -> Move {
    Move::of(&provider(), &at("2025-04-02"), "")
}

/// The states, each with a day on which it is looked at.
fn situations() -> Vec<(&'static str, OfferState, &'static str)> {
    let (early, late) = ("2025-04-30", "2025-05-01");
    vec![
        ("pending", OfferState::Pending, early),
        ("expired", OfferState::Pending, late),
        ("accepted", OfferState::Accepted(moved()), early),
        ("accepted", OfferState::Accepted(moved()), late),
        ("rejected", OfferState::Rejected(moved()), early),
        ("rejected", OfferState::Rejected(moved()), late),
        ("requested", OfferState::Requested(moved()), early),
        ("requested", OfferState::Requested(moved()), late),
        ("turned_down", OfferState::TurnedDown(moved()), late),
        ("withdrawn", OfferState::Withdrawn(moved()), early),
        ("notice_given", OfferState::NoticeGiven(moved(), day("2025-06-30")), late),
        ("ended", OfferState::NoticeGiven(moved(), day("2025-06-30")), "2025-07-01"),
        ("terminated", OfferState::Terminated(moved(), Some(day("2025-06-30"))), "2025-07-01"),
        ("terminated", OfferState::Terminated(moved(), None), "2025-04-30"),
    ]
}

/// The whole machine: the state each act leads to, or the name of the refusal, in the order of the acts.
#[test]
fn every_act_in_every_state_has_one_answer() {
    let rows: [[&str; 10]; 14] = [
        [
            "accepted",
            "rejected",
            "NotRejected",
            "AlreadyPending",
            "NotRequested",
            "pending",
            "withdrawn",
            "NotActive",
            "NotActive",
            "NoNotice",
        ],
        [
            "Expired(2025-04-30)",
            "Expired(2025-04-30)",
            "requested",
            "pending",
            "NotRequested",
            "pending",
            "withdrawn",
            "NotActive",
            "NotActive",
            "NoNotice",
        ],
        [
            "AlreadyAccepted",
            "rejected",
            "NotRejected",
            "Accepted",
            "NotRequested",
            "NotPending",
            "Accepted",
            "notice_given",
            "terminated",
            "NoNotice",
        ],
        [
            "AlreadyAccepted",
            "Accepted",
            "NotRejected",
            "Accepted",
            "NotRequested",
            "NotPending",
            "Accepted",
            "notice_given",
            "terminated",
            "NoNotice",
        ],
        [
            "accepted",
            "NotPending",
            "requested",
            "pending",
            "NotRequested",
            "NotPending",
            "withdrawn",
            "NotActive",
            "NotActive",
            "NoNotice",
        ],
        [
            "Rejected",
            "NotPending",
            "requested",
            "pending",
            "NotRequested",
            "NotPending",
            "withdrawn",
            "NotActive",
            "NotActive",
            "NoNotice",
        ],
        [
            "accepted",
            "NotPending",
            "AlreadyRequested",
            "pending",
            "turned_down",
            "NotPending",
            "withdrawn",
            "NotActive",
            "NotActive",
            "NoNotice",
        ],
        [
            "Requested",
            "NotPending",
            "AlreadyRequested",
            "pending",
            "turned_down",
            "NotPending",
            "withdrawn",
            "NotActive",
            "NotActive",
            "NoNotice",
        ],
        [
            "TurnedDown",
            "NotPending",
            "TurnedDown",
            "pending",
            "NotRequested",
            "NotPending",
            "withdrawn",
            "NotActive",
            "NotActive",
            "NoNotice",
        ],
        [
            "Withdrawn",
            "NotPending",
            "NotRejected",
            "pending",
            "NotRequested",
            "NotPending",
            "AlreadyWithdrawn",
            "NotActive",
            "NotActive",
            "NoNotice",
        ],
        [
            "Ends(2025-06-30)",
            "NotPending",
            "NotRejected",
            "Ended(2025-06-30)",
            "NotRequested",
            "NotPending",
            "Accepted",
            "AlreadyEnds(2025-06-30)",
            "terminated",
            "accepted",
        ],
        [
            "Ends(2025-06-30)",
            "NotPending",
            "NotRejected",
            "Ended(2025-06-30)",
            "NotRequested",
            "NotPending",
            "Accepted",
            "AlreadyEnds(2025-06-30)",
            "AlreadyEnds(2025-06-30)",
            "LastDayOver(2025-06-30)",
        ],
        [
            "Terminated",
            "NotPending",
            "NotRejected",
            "Ended(2025-06-30)",
            "NotRequested",
            "NotPending",
            "Accepted",
            "NotActive",
            "NotActive",
            "NoNotice",
        ],
        [
            "Terminated",
            "NotPending",
            "NotRejected",
            "pending",
            "NotRequested",
            "NotPending",
            "Accepted",
            "NotActive",
            "NotActive",
            "NoNotice",
        ],
    ];
    for ((name, state, day), answers) in situations().into_iter().zip(rows) {
        let before = Offer { state, ..offer() };
        assert_eq!(before.status(at(day).today).name, name);
        for ((act, run), wanted) in ACTS.iter().zip(answers) {
            let got = match run(&before, &at(day)) {
                Ok(after) => {
                    assert_eq!(after.version, before.version + 1);
                    after.state.name().to_owned()
                }
                Err(why) => why,
            };
            assert_eq!(got, wanted, "{act} when {name} on {day}");
        }
    }
}

/// A provider that has moved or closed: what waited is taken back, nothing new is agreed, what is in force can end.
#[test]
fn nothing_new_is_agreed_with_a_provider_that_has_left() {
    let system = Actor::system("Accord");
    let closed = Some(day("2025-03-31"));
    for (closed_on, moved, left) in [
        (None, true, Some(ProviderLeft::Moved)),
        (closed, false, Some(ProviderLeft::Closed(day("2025-03-31")))),
        (closed, true, Some(ProviderLeft::Closed(day("2025-03-31")))),
        (None, false, None),
        // Its last day has not passed on any of the days looked at.
        (Some(day("2025-07-01")), false, None),
    ] {
        for (name, state, on) in situations() {
            let here = Offer { state, ..offer() };
            let offer =
                Offer { provider_closed_on: closed_on, provider_moved: moved, ..here.clone() };
            assert_eq!(offer.provider_left(at(on).today), left, "on {on}");
            let taken_back = offer.take_back_from_left(&system, &at(on));
            let waits = ["pending", "expired", "requested"].contains(&name);
            assert_eq!(taken_back.is_some(), left.is_some() && waits, "{name} on {on}");
            if let (Some(change), Some(left)) = (taken_back, left) {
                let words = change.after.state.moved().map(|moved| moved.text.clone());
                assert_eq!(
                    (change.after.state.name(), words),
                    ("withdrawn", Some(left.to_string()))
                );
            }
            for (act, run) in ACTS {
                let (before, after) = (run(&here, &at(on)), run(&offer, &at(on)));
                let agrees = ["accept", "request", "reissue", "extend"].contains(&act);
                match left.filter(|_| agrees && before.is_ok()) {
                    Some(left) => {
                        assert_eq!(
                            after,
                            Err(format!("ProviderLeft({left:?})")),
                            "{act} when {name}"
                        );
                    }
                    None => assert_eq!(
                        after.map(|offer| offer.state),
                        before.map(|offer| offer.state),
                        "{act} when {name}"
                    ),
                }
            }
        }
    }
}

/// The drawing in the documentation is what the functions do: every act that leads somewhere, and nothing else.
#[test]
fn the_drawing_shows_every_move() {
    let mut arrows: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (name, state, day) in situations() {
        let before = Offer { state, ..offer() };
        for (act, run) in ACTS {
            if let Ok(after) = run(&before, &at(day)) {
                let acts = arrows.entry(format!("{name} --> {}", after.state.name())).or_default();
                if !acts.contains(&act) {
                    acts.push(act);
                }
            }
        }
    }
    let mut drawn =
        String::from("stateDiagram-v2\n    [*] --> pending: confirm an offer contract\n");
    drawn.push_str("    [*] --> accepted: confirm a direct contract\n");
    drawn.push_str("    pending --> expired: the response date passes\n");
    drawn.push_str("    notice_given --> ended: the last day passes\n");
    for (arrow, acts) in arrows {
        drawn.push_str(&format!("    {arrow}: {}\n", acts.join(", ")));
    }
    let page = include_str!("../../../../docs/rules/offers.md");
    assert!(page.contains(&drawn), "docs/rules/offers.md does not hold this drawing:\n{drawn}");
}

#[test]
fn a_reissued_offer_can_be_answered_for_four_weeks_but_not_after_the_service() {
    let asked = Offer { state: OfferState::Requested(moved()), ..offer() };
    for (today, respond_by) in [("2025-06-01", "2025-06-29"), ("2026-03-20", "2026-03-31")] {
        let after = asked.reissue(&commissioner(), &at(today)).expect("a request to reissue").after;
        assert_eq!(after.respond_by.to_string(), respond_by);
        assert!(after.accept(&provider(), None, &at(respond_by)).is_ok());
    }
    let late = asked.reissue(&commissioner(), &at("2026-04-01"));
    assert!(matches!(late, Err(CannotReissue::ServiceEnded(_))));
}

#[test]
fn a_response_date_moves_later_and_stays_within_the_service() {
    let table =
        [("2025-04-30", false), ("2025-05-01", true), ("2026-03-31", true), ("2026-04-01", false)];
    for (until, is_allowed) in table {
        let moved = offer().extend(day(until), &commissioner(), &at("2025-04-10"));
        assert_eq!(moved.is_ok(), is_allowed, "{until}");
    }
    let expired = offer().extend(day("2025-05-20"), &commissioner(), &at("2025-05-20"));
    assert!(matches!(expired, Err(CannotExtend::NotWithin(..))), "a date that is not over");
    let after =
        offer().extend(day("2025-05-21"), &commissioner(), &at("2025-05-20")).unwrap().after;
    assert!(after.accept(&provider(), None, &at("2025-05-21")).is_ok());
}

#[test]
fn reasons_are_1_to_500_characters() {
    let long = "x".repeat(TEXT_MAX + 1);
    let now = at("2025-04-10");
    assert_eq!(offer().reject("  ", &provider(), None, &now).err(), Some(CannotReject::NoReason));
    assert_eq!(
        offer().reject(&long, &provider(), None, &now).err(),
        Some(CannotReject::ReasonTooLong)
    );
    assert!(offer().reject(&long[1..], &provider(), None, &now).is_ok());
    let asked = Offer { state: OfferState::Requested(moved()), ..offer() };
    let refused = asked.turn_down(" ", &commissioner(), &now).err();
    assert_eq!(refused, Some(CannotTurnDown::NoReason));
}

#[test]
fn an_answer_changes_until_the_response_date_where_the_contract_lets_it() {
    let accepted = Offer { state: OfferState::Accepted(moved()), ..offer() };
    assert!(accepted.can_change_answer(day("2025-04-30")));
    assert!(!accepted.can_change_answer(day("2025-05-01")));
    let fixed = Offer { answer_may_change: false, ..accepted };
    let refused = fixed.reject("No staff", &provider(), None, &at("2025-04-30")).err();
    assert_eq!(refused, Some(CannotReject::Accepted));
}

#[test]
fn notice_runs_to_the_end_of_a_payment_period() {
    let days = |today: &str| -> Vec<String> {
        last_days(&service(), day(today)).iter().map(ToString::to_string).collect()
    };
    assert_eq!(days("2025-06-30"), ["2025-06-30", "2025-09-30", "2025-12-31"]);
    assert_eq!(days("2026-01-01"), Vec::<String>::new(), "the service ends by itself");
    let active = Offer { state: OfferState::Accepted(moved()), ..offer() };
    let last = active.give_notice((None, &service()), "Merged", &provider(), &at("2026-01-01"));
    assert_eq!(last.err(), Some(CannotEnd::LastPeriod(day("2026-03-31"))));
    let active = Offer { state: OfferState::Accepted(moved()), ..offer() };
    let (service, now) = (service(), at("2025-07-10"));
    for wrong in [None, Some(day("2025-09-29")), Some(day("2025-06-30"))] {
        let refused = active.give_notice((wrong, &service), "Merged", &commissioner(), &now).err();
        assert_eq!(refused, Some(CannotEnd::NoSuchDay));
    }
    let last = Some(day("2025-09-30"));
    let after =
        active.give_notice((last, &service), "Merged", &commissioner(), &now).unwrap().after;
    assert_eq!(after.in_force_until(), last);
    assert_eq!(after.status(day("2025-09-30")).word, "Notice given");
    assert_eq!(after.status(day("2025-10-01")).word, "Ended");
    let stopped = after.terminate(&service, "Unsafe", &commissioner(), &now).unwrap().after;
    assert_eq!(stopped.in_force_until(), Some(day("2025-06-30")), "the period that is over");
    let early = active.terminate(&service, "Unsafe", &commissioner(), &at("2025-06-30")).unwrap();
    assert_eq!(early.after.in_force_until(), None, "no period is over");
    let late = active.terminate(&service, "Unsafe", &commissioner(), &at("2026-04-01")).err();
    assert_eq!(late, Some(CannotEnd::ServiceEnded(day("2026-03-31"))));
}

#[test]
fn only_the_side_that_gave_notice_takes_it_back() {
    let now = at("2025-06-30");
    let ending = Offer { state: OfferState::NoticeGiven(moved(), day("2025-06-30")), ..offer() };
    let (by_provider, by_commissioner) = (given(&provider()), given(&commissioner()));
    let back = |given: &GivenNotice, by: &Actor| ending.take_back_notice(Some(given), by, &now);
    assert_eq!(back(&by_provider, &commissioner()).err(), Some(CannotTakeBack::GivenByProvider));
    assert_eq!(
        back(&by_commissioner, &provider()).err(),
        Some(CannotTakeBack::GivenByCommissioner)
    );
    let after = back(&by_commissioner, &commissioner()).expect("its own notice").after;
    assert_eq!(after.state, OfferState::Accepted(moved()), "as it was accepted");
    assert_eq!(after.in_force_until(), Some(day("2026-03-31")));
    let viewer = actor(OrganisationKind::Practice, &[Role::View]);
    assert!(matches!(back(&by_provider, &viewer), Err(CannotTakeBack::NotAllowed(_))));
    let late = ending.take_back_notice(Some(&by_provider), &provider(), &at("2025-07-01"));
    assert_eq!(late.err(), Some(CannotTakeBack::LastDayOver(day("2025-06-30"))));
}

#[test]
fn a_reissue_can_name_its_response_date_within_the_service() {
    let asked = Offer { state: OfferState::Requested(moved()), ..offer() };
    let table = [
        ("2025-05-31", None),
        ("2025-06-01", Some("2025-06-01")),
        ("2026-03-31", Some("2026-03-31")),
        ("2026-04-01", None),
    ];
    for (until, respond_by) in table {
        let sent = asked.reissue_until(Some(day(until)), &commissioner(), &at("2025-06-01"));
        match (sent, respond_by) {
            (Ok(change), Some(wanted)) => assert_eq!(change.after.respond_by, day(wanted)),
            (Err(CannotReissue::NotWithin(..)), None) => {}
            (other, _) => panic!("{until}: {other:?}"),
        }
    }
}

#[test]
fn only_the_right_role_acts() {
    let viewer = actor(OrganisationKind::Practice, &[Role::View, Role::DeclarationManagement]);
    let refusal = offer().accept(&viewer, None, &at("2025-04-10")).expect_err("no role");
    assert!(matches!(refusal, CannotAccept::NotAllowed(_)));
    assert_eq!(
        refusal.to_string(),
        "You need the role Service Management to answer service offers."
    );
    let active = Offer { state: OfferState::Accepted(moved()), ..offer() };
    let (service, now) = (service(), at("2025-04-10"));
    let day = last_days(&service, now.today).first().copied();
    let refused = |by: &Actor| active.give_notice((day, &service), "Why", by, &now).err();
    assert_eq!(refused(&provider()), None);
    assert_eq!(refused(&commissioner()), None);
    assert!(matches!(refused(&viewer), Some(CannotEnd::NotAllowed(NotAllowed { .. }))));
    let stopped = active.terminate(&service, "Why", &provider(), &now).err();
    assert!(matches!(stopped, Some(CannotEnd::NotAllowed(_))), "a provider gives notice");
}

#[test]
fn every_state_has_its_row_in_the_status_table() {
    for name in OfferState::NAMES {
        assert_eq!(status::of(status::OFFER, name).name, name);
    }
    let accepted = offer().accept(&provider(), None, &at("2025-04-02")).expect("accepts").after;
    for (today, word) in [("2026-03-31", "Active"), ("2026-04-01", "Ended")] {
        assert_eq!(accepted.provider_status(day(today)).provider_word, word);
        assert_eq!(accepted.status(day(today)).word, "Accepted");
    }
}

/// The moves that the documentation draws: from a status by an act to a status.
fn drawn() -> BTreeMap<(String, String), String> {
    let page = include_str!("../../../../docs/rules/offers.md");
    let mut moves = BTreeMap::new();
    for line in page.lines().filter(|line| line.contains("-->") && !line.contains("[*]")) {
        let (from, rest) = line.trim().split_once(" --> ").expect("an arrow");
        let (to, acts) = rest.split_once(": ").expect("its acts");
        for act in acts.split(", ") {
            let known = moves.insert((from.to_owned(), act.to_owned()), to.to_owned());
            assert_eq!(known, None, "{act} leads from {from} to one status");
        }
    }
    moves
}

proptest! {
    /// Whatever is tried on whatever day: an offer moves only where an arrow is drawn, and as it is drawn; it is in force
    /// only while it is accepted or is ending, never longer than its service; and each move raises the version by one.
    #[test]
    fn no_walk_leaves_the_drawing(
        steps in proptest::collection::vec((0..ACTS.len(), 0_u64..40), 1..80),
        answer_may_change in any::<bool>(),
    ) {
        let moves = drawn();
        let (mut row, mut today) = (Offer { answer_may_change, ..offer() }, day("2025-04-01"));
        for (act, days) in steps {
            today = today + chrono::Days::new(days);
            let (name, run) = ACTS[act];
            let before = row.status(today).name.to_owned();
            let Ok(after) = run(&row, &at(&today.to_string())) else { continue };
            let drawn = moves.get(&(before.clone(), name.to_owned()));
            prop_assert_eq!(drawn.map(String::as_str), Some(after.state.name()), "{} when {}", name, before);
            prop_assert_eq!(after.version, row.version + 1);
            let takes_part = ["accepted", "notice_given", "terminated"].contains(&after.state.name());
            prop_assert!(takes_part || after.in_force_until().is_none());
            prop_assert!(after.in_force_until().is_none_or(|last| last <= after.service_ends_on));
            row = after;
        }
    }
}
