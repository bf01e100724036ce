//! Shows the life of a payment: each act in each state, the drawing of them all, and what an answer may say.

use super::answer::{Line, Said, plan, read};
use super::letter::{Failure, to_finance, to_provider};
use super::tests::finance;
use super::*;
use crate::hold::{Held, Stops};
use crate::{Now, Role};
use chrono::NaiveDate;
use std::collections::BTreeMap;
use uuid::Uuid;

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn now() -> Now {
    Now::at("2026-05-20T09:00:00Z".parse().expect("an instant"))
}

fn by() -> Actor {
    finance(Role::FinanceManagement)
}

fn file() -> PaymentFileId {
    Uuid::from_u128(7).into()
}

fn payment(state: PaymentState) -> Payment {
    Payment {
        declaration: Uuid::from_u128(3).into(),
        part: None,
        reference: "D-2026-000123".into(),
        attempt: 1,
        amount: Pence(42_000),
        state,
    }
}

fn said_paid() -> Said {
    Said::Paid { on: day("2026-05-19"), bank_reference: "BACS 77".into() }
}

fn said_rejected() -> Said {
    Said::Rejected { reason: "Account closed".into() }
}

fn held() -> Held {
    Held {
        stops: Stops::Paying,
        commissioner: "NHS Anytown ICB".into(),
        by: "Tom Hill".into(),
        since: now().instant,
        reason: "Budget".into(),
    }
}

fn states() -> Vec<PaymentState> {
    vec![
        PaymentState::NotDue,
        PaymentState::Ready,
        PaymentState::Held(held()),
        PaymentState::InFile(file()),
        PaymentState::Sent { file: file(), on: day("2026-05-18") },
        PaymentState::Paid { on: day("2026-05-19"), bank_reference: "BACS 77".into() },
        PaymentState::Failed { reason: "Account closed".into() },
        PaymentState::Settled {
            on: day("2026-05-19"),
            reference: "CHAPS 12".into(),
            reason: "Paid from the ledger".into(),
            failed: "Account closed".into(),
        },
    ]
}

fn settling() -> Settling {
    Settling {
        on: day("2026-05-19"),
        reference: "CHAPS 12".into(),
        reason: "Paid from the ledger".into(),
    }
}

/// The file of a payment's last try.
fn last_file() -> Frozen {
    Frozen {
        id: file(),
        commissioner: Uuid::from_u128(2).into(),
        created_by: by().by(),
        created_on: day("2026-05-18"),
        lines: 3,
        total: Pence(54_000),
        content_hash: "abc".into(),
        sent_on: Some(day("2026-05-18")),
    }
}

type Act = fn(&Payment) -> Result<Payment, String>;

fn done<E: std::fmt::Debug>(result: Result<crate::Change<Payment>, E>) -> Result<Payment, String> {
    result.map(|change| change.after).map_err(|why| {
        let why = format!("{why:?}");
        why.split(['(', ' ']).next().unwrap_or_default().to_owned()
    })
}

const ACTS: [(&str, Act); 6] = [
    ("put in a payment file", |own| done(own.put_in_file(file(), &by()))),
    ("mark the file as sent", |own| done(own.send(day("2026-05-18"), &by()))),
    ("the payer paid", |own| done(own.answer(own.amount, &said_paid(), &by(), &now()))),
    ("the payer could not pay", |own| {
        done(own.answer(own.amount, &said_rejected(), &by(), &now()))
    }),
    ("try again", |own| done(own.try_again(&by()))),
    ("settle outside the files", |own| {
        let last = Payment { attempt: TRIES, ..own.clone() };
        done(last.settle(&settling(), &last_file(), &somebody_else(), &now()))
    }),
];

#[test]
fn every_act_on_a_payment_has_one_answer_in_every_state() {
    let table = [
        ("not_due", ["RowsChanged", "AlreadySent", "NotSent", "NotSent", "NotFailed", "NotFailed"]),
        ("ready", ["in_file", "AlreadySent", "NotSent", "NotSent", "NotFailed", "NotFailed"]),
        ("held", ["Held", "AlreadySent", "NotSent", "NotSent", "NotFailed", "NotFailed"]),
        ("in_file", ["RowsChanged", "sent", "NotSent", "NotSent", "NotFailed", "NotFailed"]),
        ("sent", ["RowsChanged", "AlreadySent", "paid", "failed", "NotFailed", "NotFailed"]),
        (
            "paid",
            [
                "RowsChanged",
                "AlreadySent",
                "AlreadyAnswered",
                "AnsweredDifferently",
                "NotFailed",
                "NotFailed",
            ],
        ),
        (
            "failed",
            [
                "RowsChanged",
                "AlreadySent",
                "AnsweredDifferently",
                "AlreadyAnswered",
                "ready",
                "settled",
            ],
        ),
        (
            "settled",
            [
                "RowsChanged",
                "AlreadySent",
                "AnsweredDifferently",
                "AlreadyAnswered",
                "Settled",
                "AlreadySettled",
            ],
        ),
    ];
    let names: Vec<&str> = table.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, PaymentState::NAMES);
    for (state, (name, answers)) in states().into_iter().zip(table) {
        assert_eq!((state.name(), state.status().name), (name, name));
        for ((act, run), wanted) in ACTS.iter().zip(answers) {
            let got = run(&payment(state.clone()))
                .map_or_else(|why| why, |after| after.state.name().to_owned());
            assert_eq!(got, wanted, "{act} when {name}");
        }
    }
}

#[test]
fn only_what_is_ready_is_held() {
    for state in states() {
        let wanted = if state == PaymentState::Ready { "held" } else { state.name() };
        assert_eq!(state.clone().under(Some(held())).name(), wanted);
        assert_eq!(state.clone().under(None), state);
    }
}

/// The drawing in the documentation is what the functions do: every act that leads somewhere, and nothing else.
#[test]
fn the_drawing_shows_every_move_of_a_payment() {
    let mut arrows: BTreeMap<String, &str> = BTreeMap::new();
    for state in states() {
        for (act, run) in ACTS {
            if let Ok(after) = run(&payment(state.clone())) {
                arrows.insert(format!("{} --> {}", state.name(), after.state.name()), act);
            }
        }
    }
    let mut drawn = String::from("stateDiagram-v2\n    [*] --> not_due: a declaration is opened\n");
    drawn.push_str("    not_due --> ready: finance approves the declaration\n");
    for state in states() {
        let (before, after) = (state.name(), state.under(Some(held())).name());
        if before != after {
            drawn
                .push_str(&format!("    {before} --> {after}: the commissioner puts it on hold\n"));
            drawn.push_str(&format!("    {after} --> {before}: the last hold is lifted\n"));
        }
    }
    for (arrow, act) in arrows {
        drawn.push_str(&format!("    {arrow}: {act}\n"));
    }
    let page = include_str!("../../../../docs/rules/payments.md");
    assert!(page.contains(&drawn), "docs/rules/payments.md does not hold this drawing:\n{drawn}");
}

#[test]
fn each_try_has_an_identity_of_its_own_and_there_are_three() {
    let mut own = payment(PaymentState::Failed { reason: "Account closed".into() });
    for identity in ["D-2026-000123", "D-2026-000123/2", "D-2026-000123/3"] {
        assert_eq!(own.identity(), identity);
        let failed = own.state.clone();
        match own.try_again(&by()) {
            Ok(change) => own = Payment { state: failed, ..change.after },
            Err(why) => assert_eq!((why, own.attempt), (CannotTryAgain::TooOften, TRIES)),
        }
    }
    assert_eq!(own.attempt, TRIES);
}

#[test]
fn only_finance_moves_a_payment() {
    let other = finance(Role::ApprovalManagement);
    let own = payment(PaymentState::Ready);
    assert!(matches!(own.put_in_file(file(), &other), Err(CannotPay::NotAllowed(_))));
    assert!(matches!(own.send(day("2026-05-18"), &other), Err(CannotSend::NotAllowed(_))));
    let answer = own.answer(own.amount, &said_paid(), &other, &now());
    assert!(matches!(answer, Err(CannotAnswer::NotAllowed(_))));
    assert!(matches!(own.try_again(&other), Err(CannotTryAgain::NotAllowed(_))));
    let settled = own.settle(&settling(), &last_file(), &other, &now());
    assert!(matches!(settled, Err(CannotSettle::NotAllowed(_))));
}

fn somebody_else() -> Actor {
    match by() {
        Actor::Person { organisation, roles, .. } => Actor::Person {
            id: Uuid::from_u128(9).into(),
            name: "Lou Webb".into(),
            organisation,
            roles,
            acts_for: crate::deputy::ActsFor::default(),
            origin: Default::default(),
            narrowing: None,
        },
        system => system,
    }
}

#[test]
fn who_made_a_file_does_not_send_it_and_only_what_was_checked_is_sent() {
    let frozen = Frozen {
        id: file(),
        commissioner: Uuid::from_u128(2).into(),
        created_by: by().by(),
        created_on: day("2026-05-18"),
        lines: 3,
        total: Pence(54_000),
        content_hash: "abc".into(),
        sent_on: None,
    };
    let sending = |on: &str, expected: Option<&str>, seen: &str| Sending {
        on: day(on),
        expected_on: expected.map(day),
        seen: seen.into(),
    };
    let good = sending("2026-05-19", Some("2026-05-29"), "abc");
    assert_eq!(frozen.send(&good, &by(), &now()), Err(CannotSend::SamePersonCreated));
    let second = somebody_else();
    assert!(matches!(frozen.send(&good, &second, &now()), Ok(Event::PaymentFileSent { .. })));
    for (on, expected, seen, why) in [
        ("2026-05-19", None, "abd", CannotSend::FileChanged),
        ("2026-05-21", None, "abc", CannotSend::SentInFuture),
        ("2026-05-17", None, "abc", CannotSend::SentBeforeCreated(day("2026-05-18"))),
        ("2026-05-19", Some("2026-05-18"), "abc", CannotSend::ExpectedBeforeSent),
    ] {
        assert_eq!(frozen.send(&sending(on, expected, seen), &second, &now()), Err(why), "{on}");
    }
    let foreign = Frozen { commissioner: Uuid::from_u128(8).into(), ..frozen.clone() };
    assert_eq!(foreign.send(&good, &second, &now()), Err(CannotSend::AnotherCommissioner));
    let sent = Frozen { sent_on: Some(day("2026-05-18")), ..frozen };
    assert_eq!(sent.send(&good, &second, &now()), Err(CannotSend::AlreadySent));
}

#[test]
fn a_payment_is_settled_by_hand_after_its_last_try_by_a_second_person() {
    let failed = |attempt| Payment {
        attempt,
        ..payment(PaymentState::Failed { reason: "Account closed".into() })
    };
    let (file, second) = (last_file(), somebody_else());
    let refused = |own: &Payment, what: &Settling, file: &Frozen, by: &Actor| {
        own.settle(what, file, by, &now()).expect_err("a refusal")
    };
    let (good, last) = (settling(), failed(TRIES));
    let done = last.settle(&good, &file, &second, &now()).expect("settled");
    assert!(matches!(done.event, Event::PaymentSettled { amount: Pence(42_000), attempt: 3, .. }));
    assert_eq!(refused(&last, &good, &file, &by()), CannotSettle::SamePersonCreated);
    assert_eq!(refused(&failed(2), &good, &file, &second), CannotSettle::CanBeTriedAgain);
    let foreign = Frozen { commissioner: Uuid::from_u128(8).into(), ..file.clone() };
    assert_eq!(refused(&last, &good, &foreign, &second), CannotSettle::AnotherCommissioner);
    let long = |count| "x".repeat(count);
    for (on, reference, reason, why) in [
        ("2026-05-19", String::new(), "R".into(), CannotSettle::ReferenceMissing),
        ("2026-05-19", long(36), "R".into(), CannotSettle::ReferenceTooLong),
        ("2026-05-19", "A\nB".into(), "R".into(), CannotSettle::ReferenceTooLong),
        ("2026-05-19", "A".into(), String::new(), CannotSettle::ReasonMissing),
        ("2026-05-19", "A".into(), long(501), CannotSettle::ReasonTooLong),
        ("2026-05-21", "A".into(), "R".into(), CannotSettle::InFuture),
        ("2026-05-17", "A".into(), "R".into(), CannotSettle::BeforeSent(day("2026-05-18"))),
    ] {
        let what = Settling { on: day(on), reference, reason };
        assert_eq!(refused(&last, &what, &file, &second), why);
    }
}

const HEADER: &str = "payment_reference,amount_gbp,status,paid_on,bank_reference,reason\n";

fn answer(rows: &str) -> Result<Vec<Line>, Vec<String>> {
    read(format!("{HEADER}{rows}").as_bytes())
        .map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

#[test]
fn an_answer_is_read_as_a_payer_or_a_spreadsheet_writes_it() {
    let line = |row, reference: &str, pence, said| Line {
        row,
        reference: reference.into(),
        amount: Pence(pence),
        said,
    };
    assert_eq!(
        answer(
            "D-2026-000123,420.00,paid,2026-05-19,BACS 77,\n\
             D-2026-000123/2,420,PAID,19/05/2026,BACS 77,\n\
             D-2026-000124,-80.5,Rejected,,,Account closed\n"
        ),
        Ok(vec![
            line(2, "D-2026-000123", 42_000, said_paid()),
            line(3, "D-2026-000123/2", 42_000, said_paid()),
            line(4, "D-2026-000124", -8_050, said_rejected()),
        ])
    );
}

#[test]
fn an_answer_names_declarations_and_parts_of_corrections() {
    let is_read =
        |reference: &str| answer(&format!("{reference},4.20,paid,2026-05-19,BACS,\n")).is_ok();
    for good in ["D-2026-000123", "D-2026-000123/2", "CR-2026-000012", "CR-2026-000012-3/2"] {
        assert!(is_read(good), "{good}");
    }
    let bad = [
        "D-2026-000123-3",
        "CR-2026-000012-",
        "CR-2026-000012-03",
        "CR-2026-000012-3-1",
        "CR-2026-12",
        "C-2026-000012",
    ];
    for bad in bad {
        assert!(!is_read(bad), "{bad}");
    }
}

#[test]
fn everything_wrong_with_an_answer_is_named_at_once() {
    let long = "x".repeat(201);
    let rows = format!(
        "D-26-1,\"1,420.00\",done,,,\nD-2026-000123/1,4.205,paid,2026-02-30,,late\n\
         D-2026-000124,9,rejected,2026-05-19,BACS,{long}\n"
    );
    let found = answer(&rows).expect_err("a bad answer");
    let wanted = [
        "line 2, payment_reference: found \"D-26-1\"",
        "line 2, amount_gbp: found \"1,420.00\"",
        "line 2, status: found \"done\", allowed paid or rejected",
        "line 3, payment_reference: found \"D-2026-000123/1\"",
        "line 3, amount_gbp: found \"4.205\"",
        "line 3, paid_on: found \"2026-02-30\"",
        "line 3, bank_reference: found nothing, allowed 1 to 35 characters",
        "line 3, reason: found \"late\", allowed nothing",
        "line 4, paid_on: found \"2026-05-19\", allowed nothing",
        "line 4, bank_reference: found \"BACS\", allowed nothing",
        "line 4, reason: found \"xxx",
    ];
    assert_eq!(found.len(), wanted.len(), "{found:#?}");
    for (found, wanted) in found.iter().zip(wanted) {
        assert!(found.starts_with(wanted), "{found} is not {wanted}");
    }
    assert!(answer("").expect_err("no rows")[0].contains("found no rows"));
    let rows = "D-2026-000123,1,paid,2026-05-19,B,\n".repeat(answer::MOST_ROWS + 2);
    let many = answer(&rows).expect_err("too many rows");
    assert_eq!(many.len(), 1);
    assert!(many[0].starts_with("line 20002, the whole file: found more than 20,000 rows"));
    for amount in ["", "-", ".5", "1.", "1.234", "£1", "1e3", "+1", "99999999999999999999"] {
        let row = format!("D-2026-000123,{amount},paid,2026-05-19,B,\n");
        assert_eq!(answer(&row).expect_err(amount).len(), 1, "{amount}");
    }
}

/// A file of 5 payments that was sent on 18 May.
fn sent() -> Vec<Payment> {
    let sent = PaymentState::Sent { file: file(), on: day("2026-05-18") };
    (1..=5)
        .map(|number| Payment {
            reference: format!("D-2026-00000{number}"),
            ..payment(sent.clone())
        })
        .collect()
}

#[test]
fn each_line_of_an_answer_is_kept_or_has_its_reason() {
    let mut payments = sent();
    payments[3].state = PaymentState::Paid { on: day("2026-05-19"), bank_reference: "B".into() };
    payments[4].state = PaymentState::Failed { reason: "Closed".into() };
    let rows = [
        ("D-2026-000001,420.00,paid,2026-05-19,B,", "paid"),
        ("D-2026-000002,420.00,rejected,,,Closed", "failed"),
        ("D-2026-000009,420.00,paid,2026-05-19,B,", "NotFound"),
        ("D-2026-000001/2,420.00,paid,2026-05-19,B,", "NotFound"),
        ("D-2026-000003,420.00,paid,2026-05-19,B,", "Doubled"),
        ("D-2026-000003,420.00,paid,2026-05-19,B,", "Doubled"),
        ("D-2026-000004,420.00,paid,2026-05-19,B,", "AlreadyAnswered"),
        ("D-2026-000005,420.00,paid,2026-05-19,B,", "AnsweredDifferently"),
    ];
    let text: Vec<&str> = rows.iter().map(|(row, _)| *row).collect();
    let lines = answer(&text.join("\n")).expect("an answer");
    let found = plan(lines.clone(), &payments, &by(), &now());
    for ((line, decided), (row, wanted)) in found.lines.iter().zip(rows) {
        let got = match decided {
            Ok(change) => change.after.state.name().to_owned(),
            Err(why) => format!("{why:?}").split('(').next().unwrap_or_default().to_owned(),
        };
        assert_eq!(got, wanted, "{row} on line {}", line.row);
    }
    assert_eq!(
        (found.counted(true), found.counted(false)),
        ((1, Pence(42_000)), (1, Pence(42_000)))
    );
    assert_eq!((found.same(), found.left_out().count()), (1, 5));
    assert_eq!(found.may_load(&found.hash()), Ok(()));
    assert_eq!(found.may_load("another"), Err(CannotAnswer::RowsChanged));
    // What was seen is not what would be loaded once a payment has moved.
    payments[0].state = PaymentState::Failed { reason: "Closed".into() };
    let later = plan(lines, &payments, &by(), &now());
    assert_eq!(later.may_load(&found.hash()), Err(CannotAnswer::RowsChanged));
}

#[test]
fn an_amount_or_a_date_that_cannot_be_is_not_kept() {
    let payments = sent();
    for (row, wanted) in [
        ("D-2026-000001,420.01,paid,2026-05-19,B,", CannotAnswer::AmountDiffers(Pence(42_000))),
        ("D-2026-000001,-420.00,paid,2026-05-19,B,", CannotAnswer::AmountDiffers(Pence(42_000))),
        (
            "D-2026-000001,420.00,paid,2026-05-17,B,",
            CannotAnswer::PaidBeforeSent(day("2026-05-18")),
        ),
        ("D-2026-000001,420.00,paid,2026-05-21,B,", CannotAnswer::PaidInFuture(day("2026-05-20"))),
    ] {
        let found = plan(answer(row).expect("an answer"), &payments, &by(), &now());
        assert_eq!(found.lines[0].1.as_ref().err(), Some(&wanted), "{row}");
        assert_eq!(found.may_load(&found.hash()), Err(CannotAnswer::NothingToLoad));
    }
}

#[test]
fn what_people_are_told_of_a_failure_is_short_and_names_no_amount() {
    let failure = |service: &str| Failure {
        reference: "D-2026-000123".into(),
        service: service.into(),
        period: "April 2026".into(),
        reason: "Account closed".into(),
    };
    let one = to_provider("NHS Anytown ICB", &[failure("Minor surgery")]);
    assert_eq!(one.subject, "A payment to you failed: Minor surgery");
    assert_eq!(one.link, "/declarations/D-2026-000123");
    let two = to_provider("NHS Anytown ICB", &[failure("Minor surgery"), failure("Shingles")]);
    assert_eq!((&*two.subject, &*two.link), ("2 payments to you failed", "/payments"));
    assert!(two.body.contains("Account closed\n- "), "{}", two.body);
    for message in [one, two, to_finance("PF-2026-000001", 1), to_finance("PF-2026-000001", 6_400)]
    {
        for text in [&message.subject, &message.body] {
            assert!(!text.contains('£') && !text.contains("n't") && !text.contains("  "), "{text}");
        }
        for sentence in message.body.split(['.', '\n']) {
            assert!(sentence.split_whitespace().count() <= 20, "{sentence}");
        }
    }
}
