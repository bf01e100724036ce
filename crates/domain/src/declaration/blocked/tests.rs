//! Shows what blocks a payment in each state: what, who and by when.

use super::*;
use crate::{
    By, CalculationId, Pence, Role,
    calendar::holidays_of_2026,
    declaration::{Band, Step, Steps},
    hold::Stops,
    question::Open,
    submission::Field,
};
use chrono::NaiveDate;

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date in the test")
}

fn now() -> Now {
    Now::at("2026-04-10T09:00:00Z".parse().expect("an instant"))
}

fn organisation(number: u128, name: &str, kind: OrganisationKind) -> Organisation {
    Organisation {
        id: Uuid::from_u128(number).into(),
        code: format!("Y{number}"),
        name: name.into(),
        kind,
        parent: None,
        closed_on: None,
    }
}

fn held() -> Held {
    Held {
        stops: Stops::Both,
        commissioner: "NHS Anytown ICB".into(),
        by: "Tom Hill".into(),
        since: now().instant,
        reason: "The extract was wrong".into(),
    }
}

const HELD: &str = "NHS Anytown ICB has put declarations and payments of this service on hold since 10 April 2026 (Tom Hill): \
                    The extract was wrong. | NHS Anytown ICB, Approval Management or Finance Management | ";
const DECLARE: &str = "It waits to be declared. | Riverside Surgery, Declaration Management | 16 April 2026 (4 working days left)";
const FINANCE: &str = "NHS Anytown ICB, Finance Management | 20 May 2026 (27 working days left)";

fn declaration(state: DeclarationState) -> Declaration {
    Declaration {
        id: Uuid::from_u128(5).into(),
        reference: "D-2026-000001".into(),
        achievement: Uuid::from_u128(6).into(),
        calculation: CalculationId(Uuid::from_u128(7)),
        provider: Uuid::from_u128(100).into(),
        commissioner: Uuid::from_u128(101).into(),
        service: Uuid::from_u128(8).into(),
        period: Period { start: day("2026-03-01"), end: day("2026-03-31") },
        amount: Pence(588_000),
        less: None,
        band: Band::Low,
        indicators: Vec::new(),
        submitted_by: Vec::new(),
        notes: String::new(),
        steps: Steps { declaration_required: true, approval_required: true },
        held: None,
        state,
        open: Open::default(),
        version: 1,
    }
}

fn step() -> Step {
    let by = By::oneself(Some(PersonId(Uuid::from_u128(1))), "Jo Lee");
    Step { by, at: now().instant }
}

fn dates() -> Dates {
    Dates {
        entry_from: day("2026-03-01"),
        entry_until: None,
        declare_by: Some(Ok(day("2026-04-16"))),
        approve_by: Some(Ok(day("2026-04-23"))),
        pay_on: Some(Ok(day("2026-05-20"))),
    }
}

/// What is said around a practice, or around its network.
fn said(
    kind: OrganisationKind,
    dates: Dates,
    ask: impl Fn(&Around) -> Vec<Blocked>,
) -> Vec<String> {
    let provider = organisation(100, "Riverside Surgery", kind);
    let commissioner = organisation(101, "NHS Anytown ICB", OrganisationKind::Icb);
    let holidays = holidays_of_2026();
    let now = now();
    let around = Around {
        provider: &provider,
        commissioner: &commissioner,
        dates,
        holidays: &holidays,
        now: &now,
    };
    ask(&around)
        .into_iter()
        .map(|one| {
            let who = match one.who {
                Who::Organisation { name, roles, .. } => format!("{name}, {roles}"),
                other => format!("{other:?}"),
            };
            format!("{} | {who} | {}", one.what, one.by)
        })
        .collect()
}

fn of(one: &Declaration, payment: &PaymentState) -> Vec<String> {
    said(OrganisationKind::Practice, dates(), |around| around.declaration(one, payment))
}

#[test]
fn each_state_waits_for_its_side_until_its_day() {
    let (declared, approved) = (step(), step());
    let locked = DeclarationState::Approved {
        declared: step(),
        approved: step(),
        second: None,
        finance: step(),
    };
    let next = |what: &str| format!("{what} | {FINANCE}");
    for (state, payment, expected) in [
        (DeclarationState::AwaitingProvider, PaymentState::NotDue, DECLARE.to_owned()),
        (
            DeclarationState::AwaitingCommissioner { declared: step() },
            PaymentState::NotDue,
            "It waits for the commissioner's approval. | NHS Anytown ICB, Approval Management | 23 April 2026 (9 working days left)".to_owned(),
        ),
        (
            DeclarationState::AwaitingSecond { declared: step(), approved: step() },
            PaymentState::NotDue,
            "It waits for a second approval for the commissioner. | NHS Anytown ICB, Second Approval | 23 April 2026 (9 working days left)".to_owned(),
        ),
        (
            DeclarationState::AwaitingFinance { declared, approved, second: None },
            PaymentState::NotDue,
            "It waits for approval by finance. | NHS Anytown ICB, Finance Management | 23 April 2026 (9 working days left)".to_owned(),
        ),
        (locked.clone(), PaymentState::Ready, next("It waits for the next payment file.")),
        (
            locked.clone(),
            PaymentState::InFile(Uuid::from_u128(9).into()),
            next("It waits for a second person to send its payment file."),
        ),
        (
            locked.clone(),
            PaymentState::Failed { reason: "Account closed".into() },
            next("The payer could not pay it: Account closed"),
        ),
        (locked.clone(), PaymentState::Held(held()), HELD.to_owned()),
        (
            locked.clone(),
            PaymentState::Sent { file: Uuid::from_u128(9).into(), on: day("2026-04-20") },
            "The payer has its payment file and has not said yet that it is paid. | Payer | 20 May 2026 (27 working days left)".to_owned(),
        ),
    ] {
        assert_eq!(of(&declaration(state), &payment), [expected]);
    }
    let paid = PaymentState::Paid { on: day("2026-05-20"), bank_reference: "R1".into() };
    assert_eq!(of(&declaration(locked), &paid), [""; 0]);
}

#[test]
fn a_question_waits_for_whose_turn_it_is_and_a_hold_stands_beside_it() {
    let clock = |turn| Clock { asked_on: day("2026-04-02"), turn, answer_by: day("2026-04-12") };
    let with = |state: DeclarationState, turn: Party, is_held: bool| {
        let mut one = declaration(state);
        one.open.commissioner = Some(clock(turn));
        one.held = is_held.then(held);
        of(&one, &PaymentState::NotDue)
    };
    let waiting = || DeclarationState::AwaitingCommissioner { declared: step() };
    let answer = "The commissioner has asked a question. The provider answers next. | Riverside Surgery, Declaration Management | Answer by 12 April 2026";
    let close = "The provider has answered. The commissioner closes its question, or asks on. | NHS Anytown ICB, Approval Management or Second Approval or Finance Management | Answer by 12 April 2026";
    assert_eq!(with(waiting(), Party::Provider, false), [answer]);
    assert_eq!(with(waiting(), Party::Commissioner, false), [close]);
    assert_eq!(with(waiting(), Party::Commissioner, true), [close, HELD]);
    // A question that came with a return stops no declaring, and is answered before anybody approves.
    let returned = DeclarationState::AwaitingProvider;
    assert_eq!(with(returned.clone(), Party::Provider, false), [DECLARE, answer]);
    assert_eq!(with(returned, Party::Provider, true), [HELD, answer]);
    // What the provider asked stops nothing.
    let mut asked = declaration(waiting());
    asked.open.provider = Some(clock(Party::Commissioner));
    assert_eq!(of(&asked, &PaymentState::NotDue).len(), 1);
    assert!(of(&asked, &PaymentState::NotDue)[0].starts_with("It waits for the commissioner's"));
}

/// A practice types a count, an extract brings a percentage, and the commissioner enters a register.
fn service() -> Service {
    let text = crate::service::tests::GOOD;
    Service::from_toml(text).expect("a good definition")
}

fn missing(indicator: &str, label: &str) -> Missing {
    Missing { indicator: indicator.into(), field: Field::Count, label: label.into() }
}

#[test]
fn missing_data_is_named_with_who_brings_it() {
    let mut service = service();
    let ways = [
        (Level::Practice, Entry::Manual),
        (Level::Practice, Entry::Extract),
        (Level::Commissioner, Entry::Manual),
    ];
    let mut all = service.components.iter_mut().flat_map(|own| own.indicators.iter_mut());
    let [typed, extracted, reserved] = ways.map(|(level, entry)| {
        let own = all.next().expect("three indicators");
        (own.level, own.entry) = (level, entry);
        own.code.clone()
    });
    drop(all);
    let absent = [
        missing(&typed, "Register"),
        missing(&extracted, "Numerator"),
        missing(&reserved, "Number"),
    ];
    let owed = [Owed {
        practice: Uuid::from_u128(200).into(),
        name: "Hill Top Practice".into(),
        missing: vec![missing(&typed, "Register")],
    }];
    let period = Period { start: day("2026-03-01"), end: day("2026-03-31") };
    let usual = Waiting {
        service: &service,
        period,
        missing: &absent,
        owed: &[],
        held_because: "",
        hold: None,
    };
    let ask = |one: Waiting, dates: Dates| {
        said(OrganisationKind::Practice, dates, |around| around.achievement(&one))
    };
    let entry = Dates { entry_until: Some(day("2026-04-12")), ..dates() };
    let by = "12 April 2026 (no working day left)";
    let own = [
        format!("Data is missing: Register. | Riverside Surgery, Achievement Entry | {by}"),
        format!(
            "Data that the commissioner enters is missing: Number. | NHS Anytown ICB, Achievement Entry | {by}"
        ),
        format!("Data that an extract brings is missing: Numerator. | Operator | {by}"),
    ];
    assert_eq!(ask(usual, entry), own);
    // A network names the practice that owes, and a hold stands beside it.
    let held = held();
    let of_network = Waiting {
        missing: &[],
        owed: &owed,
        held_because: "Waiting for figures of Hill Top Practice (AF001).",
        hold: Some(&held),
        ..usual
    };
    let practice = "Data of Hill Top Practice is missing: Register. | Hill Top Practice, Achievement Entry | 16 April 2026 (4 working days left)";
    assert_eq!(ask(of_network, dates()), [practice, HELD]);
    // Before the period ends that comes first.
    let later = Period { start: day("2026-04-01"), end: day("2026-04-30") };
    let early = ask(Waiting { period: later, ..usual }, entry);
    assert_eq!(early[0], "The period ends on 30 April 2026. | Nobody | ");
    assert_eq!(early[1..], own);
    // Without a day nothing is promised.
    let none = Dates { declare_by: None, approve_by: None, pay_on: None, ..dates() };
    assert!(ask(usual, none)[0].ends_with("Achievement Entry | "));
}

#[test]
fn what_else_a_calculation_needs_is_the_operators() {
    let service = service();
    let period = Period { start: day("2026-03-01"), end: day("2026-03-31") };
    let with = |held_because: &str| {
        let one = Waiting {
            service: &service,
            period,
            missing: &[],
            owed: &[],
            held_because,
            hold: None,
        };
        said(OrganisationKind::Practice, dates(), |around| around.achievement(&one))
    };
    let why =
        "The payment cannot be calculated until these are in: the list size on 1 January 2026.";
    assert_eq!(with(why), [format!("{why} | Operator | 16 April 2026 (4 working days left)")]);
    assert_eq!(with(""), ["Accord has not calculated it yet. | Nobody | "]);
}

#[test]
fn many_missing_figures_are_counted_after_the_first() {
    assert_eq!(listed(&[]), None);
    assert_eq!(listed(&["A", "B"]).as_deref(), Some("A, B"));
    let many = ["A", "B", "C", "D", "E", "F", "G", "H"];
    assert_eq!(listed(&many).as_deref(), Some("A, B, C, D, E, F and 2 more"));
}

/// Nobody who has declared is asked in whose name: a person with both approving roles is another one.
#[test]
fn the_people_asked_for_are_nobody() {
    let icb = organisation(101, "NHS Anytown ICB", OrganisationKind::Icb);
    let actor = somebody(&icb, &[Permission::Approve, Permission::ApproveFinance]);
    assert!(actor.may(Permission::Approve) && actor.may(Permission::ApproveFinance));
    assert!(!actor.may(Permission::Declare) && actor.organisation() == Some(&icb));
    let Actor::Person { roles, .. } = actor else { panic!("a person") };
    assert!(roles.contains(&Role::ApprovalManagement) && roles.contains(&Role::FinanceManagement));
}
