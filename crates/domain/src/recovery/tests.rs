//! Rules of recoveries: instalments to the penny, every act in every state, and a random walk.

use super::*;
use crate::{Actor, Now, Organisation, OrganisationKind, Role, payment::PaymentState};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

fn on(day: &str) -> Now {
    Now::at(format!("{day}T09:00:00Z").parse().expect("an instant"))
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

fn person(number: u128, organisation: u128, role: Role) -> Actor {
    let kind = if organisation == 2 { OrganisationKind::Icb } else { OrganisationKind::Practice };
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
        roles: vec![role],
        acts_for: crate::deputy::ActsFor::Oneself,
        origin: Default::default(),
        narrowing: None,
    }
}

fn practice() -> Actor {
    person(1, 11, Role::DeclarationManagement)
}

fn icb(number: u128) -> Actor {
    person(number, 2, Role::ApprovalManagement)
}

fn due() -> Due {
    Due {
        correction: Uuid::from_u128(4).into(),
        reference: "CR-2026-000001".into(),
        declaration: Uuid::from_u128(3).into(),
        provider: Uuid::from_u128(11).into(),
        commissioner: Uuid::from_u128(2).into(),
        whole: Pence(10_000),
        is_due: true,
    }
}

fn plan(instalments: u32, first_on: &str) -> Plan {
    Plan { instalments, first_on: day(first_on) }
}

/// Asked for on 20 May 2026 by person 5: 3 instalments from 1 July.
fn asked() -> Recovery {
    let plan = plan(3, "2026-07-01");
    due().ask(plan, "Counted twice.", &icb(5), &on("2026-05-20")).expect("asked").after
}

fn acting<'a>(by: &'a Actor, now: &'a Now) -> Acting<'a> {
    Acting { by, now, reason: "Too fast for us.", plan: plan(6, "2026-07-15") }
}

fn answered(proposal: Option<Plan>) -> Answered {
    let step = Step { by: practice().by(), at: on("2026-05-21").instant };
    Answered { step, reason: "Too fast for us.".into(), proposal }
}

fn states() -> Vec<RecoveryState> {
    let (how, step, answer) = (How::Kept, answered(None).step, Some(answered(None)));
    vec![
        RecoveryState::Asked,
        RecoveryState::Answered(answered(Some(plan(6, "2026-07-15")))),
        RecoveryState::Agreed { how, step: step.clone(), answer: answer.clone() },
        RecoveryState::Taken { how, step: step.clone(), answer },
        RecoveryState::Dropped { step, reason: "Ours".into(), answer: answered(None) },
    ]
}

/// Each act as the documentation calls it, with who does it and on which day.
fn acts() -> [(Act, &'static str, Actor, &'static str); 7] {
    [
        (Act::Agree, "the provider agrees", practice(), "2026-05-21"),
        (Act::Propose, "the provider proposes other instalments", practice(), "2026-05-21"),
        (Act::Dispute, "the provider disputes it", practice(), "2026-05-21"),
        (Act::Accept, "accept what is proposed", icb(6), "2026-05-22"),
        (Act::Keep, "keep the plan", icb(6), "2026-05-22"),
        (Act::Drop, "drop it", icb(6), "2026-05-22"),
        (Act::Stand, "the notice is over without an answer", Actor::system("Accord"), "2026-06-18"),
    ]
}

#[test]
fn every_act_on_a_recovery_has_one_answer_in_every_state() {
    for state in states() {
        let own = Recovery { state: state.clone(), ..asked() };
        for (act, _, by, date) in acts() {
            let now = on(date);
            let done = own.act(act, &acting(&by, &now));
            assert_eq!(done.is_ok(), own.can(act, &acting(&by, &now)).is_ok());
            match (&state, done) {
                (RecoveryState::Asked | RecoveryState::Answered(_), Ok(change)) => {
                    assert_eq!(change.after.version, own.version + 1);
                    assert_eq!(change.after.whole, own.whole);
                }
                (_, Ok(_)) => panic!("{act:?} in {}", state.name()),
                (_, Err(why)) => assert!(!why.to_string().is_empty()),
            }
        }
    }
}

/// The drawing in the documentation is what the functions do: every act that leads somewhere, and nothing else.
#[test]
fn the_drawing_shows_every_move_of_a_recovery() {
    let mut arrows: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for state in states() {
        let own = Recovery { state: state.clone(), ..asked() };
        for (act, words, by, date) in acts() {
            if let Ok(change) = own.act(act, &acting(&by, &on(date))) {
                let arrow = format!("{} --> {}", state.name(), change.after.state.name());
                arrows.entry(arrow).or_default().insert(words);
            }
        }
        let under = state.clone().under(true);
        if under != state {
            let arrow = format!("{} --> {}", state.name(), under.name());
            arrows.entry(arrow).or_default().insert("the payer has taken every instalment");
        }
    }
    let mut drawn =
        String::from("stateDiagram-v2\n    [*] --> asked: the commissioner gives notice\n");
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
fn instalments_are_whole_pence_and_their_sum_is_the_whole() {
    let amounts = |instalments, whole| {
        let split = plan(instalments, "2026-07-01").split(Pence(whole));
        split.iter().map(|one| one.amount.0).collect::<Vec<i64>>()
    };
    assert_eq!(amounts(1, 10_000), [10_000]);
    assert_eq!(amounts(3, 10_000), [3_333, 3_333, 3_334]);
    assert_eq!(amounts(12, 12), [1; 12]);
    assert_eq!(amounts(7, 100), [14, 14, 14, 14, 14, 14, 16]);
    for instalments in 1..=MOST_INSTALMENTS {
        for whole in (12..5_000).chain([i64::MAX]) {
            let split = plan(instalments, "2026-07-01").split(Pence(whole));
            assert_eq!(split.iter().map(|one| one.amount).sum::<Pence>(), Pence(whole));
            assert!(split.iter().all(|one| one.amount.0 > 0), "{instalments} of {whole}");
        }
    }
}

#[test]
fn instalments_fall_due_month_by_month() {
    let split = plan(4, "2026-11-30").split(Pence(400));
    let days: Vec<String> = split.iter().map(|one| one.due_on.to_string()).collect();
    assert_eq!(days, ["2026-11-30", "2026-12-30", "2027-01-30", "2027-02-28"]);
    assert_eq!(split.iter().map(|one| one.number).collect::<Vec<_>>(), [1, 2, 3, 4]);
}

#[test]
fn a_plan_has_1_to_12_instalments_after_at_least_28_days() {
    let now = on("2026-05-20");
    assert_eq!(Due::earliest(&now), day("2026-06-18"));
    let ask = |plan| due().ask(plan, "Counted twice.", &icb(5), &now).map(|_| ());
    let wrong = |wrong: Wrong| Err(CannotRecover::Plan(wrong));
    assert_eq!(ask(plan(1, "2026-06-18")), Ok(()));
    assert_eq!(ask(plan(12, "2027-06-18")), Ok(()));
    assert_eq!(ask(plan(0, "2026-07-01")), wrong(Wrong::Instalments));
    assert_eq!(ask(plan(13, "2026-07-01")), wrong(Wrong::Instalments));
    assert_eq!(ask(plan(1, "2026-06-17")), wrong(Wrong::TooEarly(day("2026-06-18"))));
    assert_eq!(ask(plan(1, "2027-06-19")), wrong(Wrong::TooLate(day("2027-06-18"))));
    let pence = Due { whole: Pence(2), ..due() };
    let refused = pence.ask(plan(3, "2026-07-01"), "Counted twice.", &icb(5), &now).err();
    assert_eq!(refused, Some(CannotRecover::Plan(Wrong::MoreThanPence(2))));
    let reason = due().ask(plan(1, "2026-07-01"), " ", &icb(5), &now).err();
    assert!(matches!(reason, Some(CannotRecover::Wrong(_))));
}

#[test]
fn whoever_approves_or_does_finance_at_the_organisation_that_pays_asks() {
    assert_eq!(due().can_ask(&icb(5)), Ok(()));
    assert_eq!(due().can_ask(&person(5, 2, Role::FinanceManagement)), Ok(()));
    let view = due().can_ask(&person(5, 2, Role::FinanceView));
    assert!(matches!(view, Err(CannotRecover::NotAllowed(_))));
    assert!(matches!(due().can_ask(&practice()), Err(CannotRecover::NotAllowed(_))));
    let paid_elsewhere = Due { commissioner: Uuid::from_u128(8).into(), ..due() };
    assert_eq!(paid_elsewhere.can_ask(&icb(5)), Err(CannotRecover::AnotherCommissioner));
    let not_due = Due { is_due: false, ..due() };
    assert_eq!(not_due.can_ask(&icb(5)), Err(CannotRecover::NothingToRecover));
}

#[test]
fn who_asked_does_not_judge_the_answer() {
    let now = on("2026-05-22");
    let own = |proposal| Recovery { state: RecoveryState::Answered(answered(proposal)), ..asked() };
    let disputed = own(None);
    for act in [Act::Keep, Act::Drop] {
        let refused = disputed.act(act, &acting(&icb(5), &now)).err();
        assert_eq!(refused, Some(CannotRecover::SamePersonAsked));
        assert!(disputed.can(act, &acting(&icb(6), &now)).is_ok());
    }
    let refused = disputed.act(Act::Accept, &acting(&icb(6), &now)).err();
    assert_eq!(refused, Some(CannotRecover::NothingProposed));
    let proposed = own(Some(plan(6, "2026-07-15")));
    let accepted = proposed.act(Act::Accept, &acting(&icb(5), &now)).expect("accepted").after;
    assert_eq!(accepted.plan, plan(6, "2026-07-15"));
    let kept = proposed.act(Act::Keep, &acting(&icb(6), &now)).expect("kept").after;
    assert_eq!(kept.plan, plan(3, "2026-07-01"));
    // A decision that comes late takes nothing for days that are over.
    let late = on("2026-08-09");
    let kept = proposed.act(Act::Keep, &acting(&icb(6), &late)).expect("kept").after;
    assert_eq!(kept.plan, plan(3, "2026-08-09"));
}

#[test]
fn silence_stands_when_the_notice_is_over_and_not_before() {
    let system = Actor::system("Accord");
    let (own, last_day) = (asked(), on("2026-06-17"));
    let refused = own.act(Act::Stand, &acting(&system, &last_day)).err();
    assert_eq!(refused, Some(CannotRecover::NoticeRuns(day("2026-06-17"))));
    let next = on("2026-06-18");
    let stands = own.act(Act::Stand, &acting(&system, &next)).expect("stands").after;
    assert!(matches!(stands.state, RecoveryState::Agreed { how: How::Silent, .. }));
    // What was answered waits for a decision, however long it takes.
    let state = RecoveryState::Answered(answered(None));
    let refused = Recovery { state, ..asked() }.act(Act::Stand, &acting(&system, &next)).err();
    assert_eq!(refused, Some(CannotRecover::AlreadyAnswered));
}

#[test]
fn progress_says_what_is_taken_what_is_left_and_what_is_next() {
    let split = plan(3, "2026-07-01").split(Pence(10_000));
    let paid = PaymentState::Paid { on: day("2026-07-05"), bank_reference: "BACS".into() };
    let with = |states: [PaymentState; 3]| {
        Progress::of(&split.iter().copied().zip(states).collect::<Vec<_>>())
    };
    let failed = PaymentState::Failed { reason: "No payment to take it from".into() };
    let some = with([paid.clone(), failed, PaymentState::NotDue]);
    assert_eq!((some.taken, some.left), (Pence(3_333), Pence(6_667)));
    assert_eq!(some.next, Some(split[2]));
    assert!(!some.is_over());
    let all = with([paid.clone(), paid.clone(), paid]);
    assert!(all.is_over() && all.next.is_none());
}

/// Whatever is answered and decided, by whomever and on whatever day: the instalments of what is agreed come to the whole,
/// the first is never before the day it is agreed, and never within the notice unless the provider has agreed.
#[test]
fn no_sequence_of_answers_changes_the_whole_or_shortens_the_notice() {
    let mut dice = 11_u64;
    let mut below = |most: u64| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (dice >> 33) % most
    };
    let people = [practice(), icb(5), icb(6), Actor::system("Accord")];
    let mut ways: BTreeSet<&str> = BTreeSet::new();
    for _ in 0..2_000 {
        let mut own = asked();
        let mut today = day("2026-05-20");
        for _ in 0..8 {
            today = today.checked_add_days(Days::new(below(20))).expect("a day");
            let (by, now) = (&people[below(4) as usize], on(&today.to_string()));
            let proposed = Plan {
                instalments: below(14) as u32,
                first_on: today.checked_add_days(Days::new(below(60))).expect("a day"),
            };
            let with = Acting { by, now: &now, reason: "A reason", plan: proposed };
            let Ok(change) = own.act(Act::ALL[below(7) as usize], &with) else { continue };
            own = change.after;
            if let RecoveryState::Agreed { how, .. } = &own.state {
                ways.insert(how.name());
                let split = own.plan.split(own.whole);
                assert_eq!(split.iter().map(|one| one.amount).sum::<Pence>(), due().whole);
                assert!(split[0].due_on >= today && split[0].due_on > own.answer_by);
            }
        }
    }
    assert_eq!(ways.into_iter().collect::<Vec<_>>(), ["accepted", "agreed", "kept", "silent"]);
}

#[test]
fn names_of_recoveries_read_back() {
    for how in How::ALL {
        assert_eq!(How::from_name(how.name()), Some(how));
    }
    for act in Act::ALL {
        assert_eq!(Act::from_name(act.name()), Some(act));
    }
    let names: Vec<&str> = states().iter().map(RecoveryState::name).collect();
    assert_eq!(names, RecoveryState::NAMES);
    for state in states() {
        assert!(!state.status().word.is_empty());
    }
}

/// What is said against a plan is not judged by a deputy of whoever asked for it.
#[test]
fn a_deputy_does_not_decide_for_who_asked() {
    let deputy = |principal: u128| {
        let Actor::Person { id, name, organisation, origin, .. } = icb(9) else {
            unreachable!("a person")
        };
        let handed = crate::deputy::HandedOver {
            principal: Uuid::from_u128(principal).into(),
            principal_name: format!("Person {principal}"),
            roles: vec![Role::ApprovalManagement],
            last: day("2026-06-30"),
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
    let now = on("2026-05-21");
    let (plan, reason) = (plan(3, "2026-07-01"), "We owe nothing.");
    let act = |recovery: &Recovery, act, by: &Actor| {
        recovery.act(act, &Acting { by, now: &now, reason, plan }).map(|change| change.after)
    };
    let disputed = act(&asked(), Act::Dispute, &practice()).expect("disputed");
    let refused = act(&disputed, Act::Keep, &deputy(5)).err();
    assert_eq!(refused, Some(CannotRecover::SamePersonAsked));
    let kept = act(&disputed, Act::Keep, &deputy(6)).expect("kept");
    let RecoveryState::Agreed { step, .. } = kept.state else { panic!("it stands") };
    assert_eq!(step.by.name, "Person 9 for Person 6");
}

/// A person with a job on both sides does not act for both: neither the notice and its answer, nor the answer and what is
/// decided about it.
#[test]
fn nobody_acts_for_both_sides_of_a_recovery() {
    let now = on("2026-05-22");
    let provider = person(5, 11, Role::DeclarationManagement);
    for act in [Act::Agree, Act::Propose, Act::Dispute] {
        let refused = asked().act(act, &acting(&provider, &now)).err();
        assert_eq!(refused, Some(CannotRecover::SamePersonGaveNotice), "{act:?}");
    }
    let proposed = answered(Some(plan(6, "2026-07-15")));
    let proposed = Recovery { state: RecoveryState::Answered(proposed), ..asked() };
    for act in [Act::Accept, Act::Keep, Act::Drop] {
        let refused = proposed.act(act, &acting(&icb(1), &now)).err();
        assert_eq!(refused, Some(CannotRecover::SamePersonAnswered), "{act:?}");
    }
}
