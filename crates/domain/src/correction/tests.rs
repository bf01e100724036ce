//! Rules of corrections: every act in every state, who may do it, and a random walk over the amount that stands.

use super::*;
use crate::{
    Actor, Now, Organisation, OrganisationKind, Role,
    declaration::Bands,
    hold::{Held, Stops},
};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

fn now() -> Now {
    on("2026-05-20")
}

fn on(day: &str) -> Now {
    Now::at(format!("{day}T09:00:00Z").parse().expect("an instant"))
}

const PRACTICE: u128 = 11;
const ICB: u128 = 2;

fn person(number: u128, organisation: u128, roles: &[Role]) -> Actor {
    let kind = if organisation == ICB { OrganisationKind::Icb } else { OrganisationKind::Practice };
    Actor::Person {
        id: Uuid::from_u128(number).into(),
        name: format!("Person {number}"),
        organisation: Organisation {
            id: Uuid::from_u128(organisation).into(),
            code: "X".into(),
            name: "X".into(),
            kind,
            parent: None,
            closed_on: None,
        },
        roles: roles.to_vec(),
        acts_for: crate::deputy::ActsFor::Oneself,
        origin: Default::default(),
        narrowing: None,
    }
}

fn declarer() -> Actor {
    person(1, PRACTICE, &[Role::DeclarationManagement])
}

/// Somebody of the commissioner who holds every role that approves.
fn approver(number: u128) -> Actor {
    let roles = [Role::ApprovalManagement, Role::SecondApproval, Role::FinanceManagement];
    person(number, ICB, &roles)
}

fn original(locked: i64) -> Original {
    Original {
        id: Uuid::from_u128(3).into(),
        reference: "D-2026-000123".into(),
        provider: Uuid::from_u128(PRACTICE).into(),
        provider_closed_on: None,
        commissioner: Uuid::from_u128(ICB).into(),
        is_locked: true,
        locked: Pence(locked),
        corrected: Pence(0),
        open: None,
        bands: Bands::default(),
        held: None,
    }
}

fn asking(direction: Direction, amount: i64, seen: i64) -> Asking {
    Asking {
        direction: Some(direction),
        amount: Some(Pence(amount)),
        reason: "Tests were counted twice.".into(),
        evidence: "audit.pdf".into(),
        seen: Pence(seen),
    }
}

fn named() -> (CorrectionId, String) {
    (Uuid::from_u128(4).into(), "CR-2026-000001".into())
}

/// A correction of £420.00 that the commissioner asked for, by person 2.
fn asked(direction: Direction, amount: i64) -> Correction {
    let what = asking(direction, amount, 42_000);
    original(42_000).ask(named(), &what, &approver(2), &now()).expect("asked").after
}

fn acting<'a>(by: &'a Actor, now: &'a Now) -> Acting<'a> {
    Acting { by, now, reason: "Not what we have.", stands_at: Pence(42_000) }
}

fn step(number: u128) -> Step {
    Step { by: approver(number).by(), at: now().instant }
}

fn states() -> Vec<CorrectionState> {
    let answer = Answer::Agreed(Step { by: declarer().by(), at: now().instant });
    let (approved, second) = (step(3), None);
    vec![
        CorrectionState::AwaitingProvider,
        CorrectionState::AwaitingCommissioner { answer: answer.clone() },
        CorrectionState::AwaitingSecond { answer: answer.clone(), approved: approved.clone() },
        CorrectionState::AwaitingFinance {
            answer: answer.clone(),
            approved: approved.clone(),
            second: second.clone(),
        },
        CorrectionState::Approved { answer, approved, second, finance: step(6) },
        CorrectionState::Refused { step: step(3), reason: "No".into() },
        CorrectionState::Withdrawn { step: step(2) },
    ]
}

/// Each act as the documentation calls it, with who does it.
fn acts() -> [(Act, &'static str, Actor); 5] {
    [
        (Act::Agree, "the provider agrees", declarer()),
        (Act::Disagree, "the provider does not agree", declarer()),
        (Act::Approve, "approve", approver(7)),
        (Act::Refuse, "refuse", approver(7)),
        (Act::Withdraw, "withdraw", approver(2)),
    ]
}

#[test]
fn every_act_on_a_correction_has_one_answer_in_every_state() {
    let late = on("2026-06-18");
    for direction in Direction::ALL {
        for state in states() {
            let own = Correction { state: state.clone(), ..asked(direction, 5_000) };
            for (act, _, by) in acts() {
                for now in [now(), late] {
                    let with = acting(&by, &now);
                    let done = own.act(act, &with);
                    assert_eq!(done.is_ok(), own.can(act, &with).is_ok(), "{act:?} {state:?}");
                    match done {
                        Ok(change) => {
                            assert!(state.is_open(), "{act:?} in {}", state.name());
                            assert_eq!(change.after.version, own.version + 1);
                            assert_eq!(change.event.correction(), Some("CR-2026-000001"));
                            assert_eq!(change.after.amount, own.amount);
                        }
                        Err(why) => assert!(!why.to_string().is_empty()),
                    }
                }
            }
        }
    }
}

/// The drawing in the documentation is what the functions do: every act that leads somewhere, and nothing else.
#[test]
fn the_drawing_shows_every_move_of_a_correction() {
    let mut arrows: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    let high = |own: &Correction| Correction { band: Band::Medium, ..own.clone() };
    for direction in Direction::ALL {
        for state in states() {
            let own = Correction { state: state.clone(), ..asked(direction, 5_000) };
            for (act, words, by) in acts() {
                for (now, late) in [(now(), false), (on("2026-06-18"), true)] {
                    for own in [own.clone(), high(&own)] {
                        if let Ok(change) = own.act(act, &acting(&by, &now)) {
                            let silent = change.after.state.answer() == Some(&Answer::Silent);
                            let words = if silent && late {
                                "approve when the notice is over"
                            } else {
                                words
                            };
                            let arrow =
                                format!("{} --> {}", state.name(), change.after.state.name());
                            arrows.entry(arrow).or_default().insert(words);
                        }
                    }
                }
            }
        }
    }
    let mut drawn = String::from(
        "stateDiagram-v2\n    [*] --> awaiting_provider: the commissioner asks\n    [*] --> awaiting_commissioner: the provider asks\n",
    );
    for (arrow, words) in arrows {
        let words: Vec<&str> = words.into_iter().collect();
        drawn.push_str(&format!("    {arrow}: {}\n", words.join(", ")));
    }
    let page = include_str!("../../../../docs/rules/corrections.md");
    assert!(
        page.contains(&drawn),
        "docs/rules/corrections.md does not hold this drawing:\n{drawn}"
    );
}

#[test]
fn what_is_locked_is_corrected_by_either_side_one_at_a_time() {
    let (own, now) = (original(42_000), now());
    assert_eq!(own.can_ask(&declarer(), &now), Ok(Party::Provider));
    assert_eq!(own.can_ask(&approver(2), &now), Ok(Party::Commissioner));
    let second = person(9, ICB, &[Role::SecondApproval]);
    assert_eq!(own.can_ask(&second, &now), Ok(Party::Commissioner));
    let view = person(9, ICB, &[Role::FinanceView]);
    assert!(matches!(own.can_ask(&view, &now), Err(CannotAsk::NotAllowed(_))));
    let entry = person(9, PRACTICE, &[Role::AchievementEntry]);
    assert!(matches!(own.can_ask(&entry, &now), Err(CannotAsk::NotAllowed(_))));
    let foreign = person(9, 77, &[Role::DeclarationManagement]);
    assert_eq!(own.can_ask(&foreign, &now), Err(CannotAsk::NotAParty));
    let open = Original { is_locked: false, ..own.clone() };
    assert_eq!(open.can_ask(&approver(2), &now), Err(CannotAsk::NotLocked));
    let twice = Original { open: Some("CR-2026-000009".into()), ..own.clone() };
    let refused = twice.can_ask(&approver(2), &now);
    assert_eq!(refused, Err(CannotAsk::AlreadyOpen("CR-2026-000009".into())));
    let day = "2026-05-19".parse().expect("a day");
    let closed = Original { provider_closed_on: Some(day), ..own };
    assert_eq!(closed.can_ask(&approver(2), &now), Err(CannotAsk::ProviderClosed(day)));
}

#[test]
fn an_amount_is_above_zero_and_takes_back_no_more_than_stands() {
    use Direction::{Reversing, Supplementary};
    let by = approver(2);
    let ask = |own: &Original, what: &Asking| {
        own.ask(named(), what, &by, &now()).map(|change| change.after.amount)
    };
    let corrected = Original { corrected: Pence(-2_000), ..original(42_000) };
    let none = Asking { direction: None, ..asking(Reversing, 1, 40_000) };
    let rows = [
        (&corrected, asking(Reversing, 40_000, 40_000), Ok(Pence(-40_000))),
        (
            &corrected,
            asking(Reversing, 40_001, 40_000),
            Err(CannotAsk::MoreThanStands(Pence(40_000))),
        ),
        (&corrected, asking(Supplementary, 90_000, 40_000), Ok(Pence(90_000))),
        (&corrected, asking(Supplementary, 0, 40_000), Err(CannotAsk::NoAmount)),
        (&corrected, asking(Reversing, -5, 40_000), Err(CannotAsk::NoAmount)),
        (&corrected, asking(Reversing, 1, 42_000), Err(CannotAsk::StandsElsewhere(Pence(40_000)))),
        (&corrected, asking(Supplementary, i64::MAX, 40_000), Err(CannotAsk::TooLarge)),
        (&corrected, none, Err(CannotAsk::NoDirection)),
    ];
    for (own, what, result) in rows {
        assert_eq!(ask(own, &what), result, "{what:?}");
    }
    let below = original(-100);
    let refused = ask(&below, &asking(Reversing, 1, -100));
    assert_eq!(refused, Err(CannotAsk::NothingToTakeBack(Pence(-100))));
    assert_eq!(ask(&below, &asking(Supplementary, 100, -100)), Ok(Pence(100)));
}

#[test]
fn a_reason_is_asked_for_and_names_no_patient() {
    let by = approver(2);
    let patient = "Patient 943 476 5919 was counted twice";
    let rows = [
        (" ", "", Wrong::NoReason),
        (patient, "", Wrong::ReasonNamesPatient),
        (&*"x".repeat(501), "", Wrong::ReasonTooLong),
        ("Counted twice", patient, Wrong::EvidenceNamesPatient),
        ("Counted twice", &*"x".repeat(201), Wrong::EvidenceTooLong),
    ];
    for (reason, evidence, wrong) in rows {
        let what = Asking {
            reason: reason.into(),
            evidence: evidence.into(),
            ..asking(Direction::Reversing, 1, 42_000)
        };
        let refused = original(42_000).ask(named(), &what, &by, &now()).err();
        assert_eq!(refused, Some(CannotAsk::Wrong(wrong)));
        assert_eq!(wrong.is_evidence(), !evidence.is_empty());
    }
    let now = now();
    let silent = Acting { reason: " ", ..acting(&by, &now) };
    let own = asked(Direction::Reversing, 1);
    let practice = declarer();
    let disagree = own.act(Act::Disagree, &Acting { by: &practice, ..silent });
    assert_eq!(disagree.err(), Some(CannotCorrect::Wrong(Wrong::NoReason)));
}

#[test]
fn different_people_ask_agree_and_approve() {
    let (now, practice) = (now(), declarer());
    let own = asked(Direction::Supplementary, 2_000_000);
    assert_eq!(own.band, Band::Medium);
    let agreed = own.act(Act::Agree, &acting(&practice, &now)).expect("agreed").after;
    let refused = agreed.act(Act::Approve, &acting(&approver(2), &now)).err();
    assert_eq!(refused, Some(CannotCorrect::SamePersonAsked));
    let first = agreed.act(Act::Approve, &acting(&approver(3), &now)).expect("approved").after;
    assert_eq!(first.state.name(), "awaiting_second");
    let refused = first.act(Act::Approve, &acting(&approver(3), &now)).err();
    assert_eq!(refused, Some(CannotCorrect::SamePersonAgreed));
    let second = first.act(Act::Approve, &acting(&approver(4), &now)).expect("approved").after;
    for number in [2, 3, 4] {
        assert!(second.act(Act::Approve, &acting(&approver(number), &now)).is_err());
    }
    let last = second.act(Act::Approve, &acting(&approver(5), &now)).expect("approved").after;
    assert_eq!(last.state.name(), "approved");
    // Somebody who declares at the practice and approves at the ICB does one of the two.
    let both = person(1, ICB, &[Role::ApprovalManagement]);
    let refused = agreed.act(Act::Approve, &acting(&both, &now)).err();
    assert_eq!(refused, Some(CannotCorrect::SamePersonAgreed));
    let finance = person(8, ICB, &[Role::FinanceManagement]);
    let early = agreed.act(Act::Approve, &acting(&finance, &now)).err();
    assert_eq!(early, Some(CannotCorrect::NotApprovedByCommissioner));
    let elsewhere = person(8, ICB + 5, &[Role::DeclarationManagement]);
    let foreign = own.act(Act::Agree, &acting(&elsewhere, &now)).err();
    assert_eq!(foreign, Some(CannotCorrect::AnotherProvider));
}

#[test]
fn a_reversing_one_goes_on_whatever_the_provider_says_and_a_supplementary_one_does_not() {
    let practice = declarer();
    let at = now();
    let more = asked(Direction::Supplementary, 5_000);
    let less = asked(Direction::Reversing, 5_000);
    let name = |own: &Correction, act, by: &Actor, now: &Now| {
        own.act(act, &acting(by, now)).map(|change| change.after.state.name())
    };
    assert_eq!(name(&more, Act::Disagree, &practice, &at), Ok("refused"));
    assert_eq!(name(&less, Act::Disagree, &practice, &at), Ok("awaiting_commissioner"));
    let last_day = on("2026-06-17");
    let until = last_day.today;
    let refused = name(&less, Act::Approve, &approver(3), &last_day);
    assert_eq!(refused, Err(CannotCorrect::NotAnswered(until)));
    let late = on("2026-06-18");
    assert_eq!(name(&less, Act::Approve, &approver(3), &late), Ok("awaiting_finance"));
    let refused = name(&more, Act::Approve, &approver(3), &late);
    assert_eq!(refused, Err(CannotCorrect::NotAgreed));
}

#[test]
fn a_hold_stops_agreeing_and_approving() {
    let held = Held {
        stops: Stops::Both,
        commissioner: "NHS Anytown ICB".into(),
        by: "Tom Hill".into(),
        since: now().instant,
        reason: "Budget".into(),
    };
    let own = Correction { held: Some(held.clone()), ..asked(Direction::Reversing, 5_000) };
    let (at, practice) = (now(), declarer());
    let refused = own.act(Act::Agree, &acting(&practice, &at)).err();
    assert_eq!(refused, Some(CannotCorrect::Held(held)));
    assert!(own.can(Act::Withdraw, &acting(&approver(3), &at)).is_ok());
    let refused = own.can(Act::Withdraw, &acting(&practice, &at)).err();
    assert!(matches!(refused, Some(CannotCorrect::NotAllowed(_))));
}

/// Whatever is asked, answered, approved, refused and withdrawn, by whomever: what stands is the locked amount with what
/// was approved, never below zero, and one correction at most is open.
#[test]
fn no_sequence_of_corrections_takes_back_more_than_stands() {
    let mut dice = 7_u64;
    let mut below = |most: u64| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (dice >> 33) % most
    };
    let people: Vec<Actor> = std::iter::once(declarer()).chain((2..6).map(approver)).collect();
    let (mut approved, mut refused, mut open) = (0, 0, None::<Correction>);
    let mut own = original(50_000);
    for turn in 0..20_000 {
        let by = &people[below(people.len() as u64) as usize];
        let day = if below(4) == 0 { on("2026-07-30") } else { now() };
        if below(3) == 0 {
            let direction = Direction::ALL[below(2) as usize];
            let amount = below(60_000) as i64 - 100;
            let seen = own.stands_at().0 + i64::from(below(9) == 0);
            let result = own.ask(named(), &asking(direction, amount, seen), by, &day);
            if let Ok(change) = result {
                assert!(open.is_none(), "turn {turn}: two at once");
                assert_eq!(seen, own.stands_at().0);
                own.open = Some(change.after.reference.clone());
                open = Some(change.after);
            }
            continue;
        }
        let Some(correction) = &open else { continue };
        let act = Act::ALL[below(5) as usize];
        let with = Acting { by, now: &day, reason: "A reason", stands_at: own.stands_at() };
        let Ok(change) = correction.act(act, &with) else {
            refused += 1;
            continue;
        };
        if change.after.state.finance().is_some() {
            own.corrected = own.corrected + change.after.amount;
            approved += 1;
        }
        if !change.after.state.is_open() {
            own.open = None;
        }
        open = Some(change.after).filter(|after| after.state.is_open());
        assert!(own.stands_at().0 >= 0, "turn {turn}: {own:?}");
    }
    assert!(approved > 50 && refused > 50, "{approved} approved, {refused} refused");
}

#[test]
fn names_read_back() {
    for direction in Direction::ALL {
        assert_eq!(Direction::from_name(direction.name()), Some(direction));
    }
    for act in Act::ALL {
        assert_eq!(Act::from_name(act.name()), Some(act));
    }
    let names: Vec<&str> = states().iter().map(CorrectionState::name).collect();
    assert_eq!(names, CorrectionState::NAMES);
    for state in states() {
        assert!(!state.status().word.is_empty());
    }
}

/// A deputy is no way round: what they do for whoever asked or agreed counts as done by both.
#[test]
fn a_deputy_does_not_approve_what_the_principal_asked_or_approved() {
    let deputy = |principal: u128| {
        let Actor::Person { id, name, organisation, origin, .. } = person(9, ICB, &[]) else {
            unreachable!("a person")
        };
        let handed = crate::deputy::HandedOver {
            principal: Uuid::from_u128(principal).into(),
            principal_name: format!("Person {principal}"),
            roles: vec![Role::ApprovalManagement, Role::FinanceManagement],
            last: "2026-05-31".parse().expect("a day"),
        };
        let acts_for = crate::deputy::ActsFor::also(vec![handed]);
        Actor::Person {
            id,
            name,
            organisation,
            roles: Vec::new(),
            acts_for,
            origin,
            narrowing: None,
        }
    };
    let now = now();
    let agreed = asked(Direction::Reversing, 1_000);
    let agreed = agreed.act(Act::Agree, &acting(&declarer(), &now)).expect("agreed").after;
    let refused = agreed.act(Act::Approve, &acting(&deputy(2), &now)).err();
    assert_eq!(refused, Some(CannotCorrect::SamePersonAsked));
    let approved = agreed.act(Act::Approve, &acting(&deputy(3), &now)).expect("approved").after;
    let step = approved.state.approved().expect("a step");
    assert_eq!(step.by.name, "Person 9 for Person 3");
    assert_eq!(step.by.principal, Some(Uuid::from_u128(3).into()));
    for by in [approver(3), approver(9), deputy(3), deputy(4)] {
        let refused = approved.act(Act::Approve, &acting(&by, &now)).err();
        assert_eq!(refused, Some(CannotCorrect::SamePersonAgreed), "{by:?}");
    }
    let locked = approved.act(Act::Approve, &acting(&approver(4), &now));
    assert!(locked.expect("finance approves").after.state.finance().is_some());
}

/// Whoever asked for the commissioner does not agree for the provider, and what was agreed is what the declaration stood at.
#[test]
fn a_correction_is_agreed_by_another_person_over_what_it_stood_at() {
    let now = now();
    let supplementary = asked(Direction::Supplementary, 1_000);
    let both = person(2, PRACTICE, &[Role::DeclarationManagement]);
    for act in [Act::Agree, Act::Disagree] {
        let refused = supplementary.act(act, &acting(&both, &now)).err();
        assert_eq!(refused, Some(CannotCorrect::SamePersonAsked), "{act:?}");
    }
    let agreed = supplementary.act(Act::Agree, &acting(&declarer(), &now)).expect("agreed").after;
    let (by, elsewhere) = (approver(3), Pence(46_000));
    let changed = Acting { stands_at: elsewhere, ..acting(&by, &now) };
    let refused = CannotCorrect::StandsElsewhere(elsewhere, Pence(42_000));
    assert_eq!(agreed.act(Act::Approve, &changed).err(), Some(refused.clone()));
    let by = declarer();
    let changed = Acting { stands_at: elsewhere, ..acting(&by, &now) };
    assert_eq!(supplementary.act(Act::Agree, &changed).err(), Some(refused));
    assert!(supplementary.act(Act::Disagree, &changed).is_ok());
    assert!(agreed.act(Act::Approve, &acting(&approver(3), &now)).is_ok());
}
