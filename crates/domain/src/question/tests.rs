//! Shows who asks, answers and closes in which state, what was wrong with what was written, and how the clock runs.

use super::*;
use crate::{
    CalculationId, Organisation, OrganisationKind, Pence, Period, Role,
    calendar::long_date,
    declaration::{CannotApprove, Steps},
};
use uuid::Uuid;

const PROVIDER: u128 = 100;
const COMMISSIONER: u128 = 101;
const REGION: u128 = 102;

fn person(number: u128, organisation: u128, kind: OrganisationKind, roles: &[Role]) -> Actor {
    Actor::Person {
        id: Uuid::from_u128(number).into(),
        name: format!("Person {number}"),
        organisation: Organisation {
            id: Uuid::from_u128(organisation).into(),
            code: "Y00001".into(),
            name: format!("Organisation {organisation}"),
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

fn declarer() -> Actor {
    person(1, PROVIDER, OrganisationKind::Practice, &[Role::DeclarationManagement])
}

fn approver() -> Actor {
    person(2, COMMISSIONER, OrganisationKind::Icb, &[Role::ApprovalManagement])
}

fn finance() -> Actor {
    person(3, COMMISSIONER, OrganisationKind::Icb, &[Role::FinanceManagement])
}

fn at(day: &str) -> Now {
    Now::at(format!("{day}T09:00:00Z").parse().expect("an instant"))
}

fn today() -> Now {
    at("2026-04-10")
}

fn seen() -> CalculationId {
    Uuid::from_u128(7).into()
}

fn open(steps: Steps) -> Declaration {
    Declaration {
        id: Uuid::from_u128(5).into(),
        reference: "D-2026-000001".into(),
        achievement: Uuid::from_u128(6).into(),
        calculation: seen(),
        provider: Uuid::from_u128(PROVIDER).into(),
        commissioner: Uuid::from_u128(COMMISSIONER).into(),
        service: Uuid::from_u128(8).into(),
        period: Period {
            start: "2026-03-01".parse().expect("a date"),
            end: "2026-03-31".parse().expect("a date"),
        },
        amount: Pence(588_000),
        less: None,
        notes: String::new(),
        band: crate::declaration::Band::Low,
        indicators: Vec::new(),
        submitted_by: Vec::new(),
        held: None,
        steps,
        state: DeclarationState::AwaitingProvider,
        open: Open::default(),
        version: 1,
    }
}

const ALL_STEPS: Steps = Steps { declaration_required: true, approval_required: true };

/// A declaration in each of its states.
fn path() -> [Declaration; 4] {
    let open = open(ALL_STEPS);
    let declared = open.declare(seen(), &declarer(), &today()).expect("declares").after;
    let approved = declared.approve(seen(), &approver(), &today()).expect("approves").after;
    let locked = approved.approve_finance(seen(), &finance(), &today()).expect("approves").after;
    [open, declared, approved, locked]
}

fn asking(text: &str) -> Asking {
    let written = Written { text: text.into(), evidence: String::new() };
    Asking { written, ..Asking::default() }
}

fn written(text: &str) -> Written {
    asking(text).written
}

fn asked(about: &Declaration, by: &Actor) -> Result<Asked, CannotAsk> {
    let id = Uuid::from_u128(9).into();
    ask(id, about, &asking("Why is it so high?"), about.version, by, &today())
}

/// The declaration while what was asked is open.
fn with(about: &Declaration, question: &Question) -> Declaration {
    let mut open = about.open;
    match question.asked_by {
        Party::Provider => open.provider = question.clock(),
        Party::Commissioner => open.commissioner = question.clock(),
    }
    Declaration { open, ..about.clone() }
}

fn name<T>(result: Result<T, impl std::fmt::Debug>) -> String {
    match result {
        Ok(_) => "yes".into(),
        Err(why) => format!("{why:?}").split(['(', ' ']).next().unwrap_or_default().to_owned(),
    }
}

#[test]
fn who_asks_in_which_state_has_one_answer() {
    let rows: [(Actor, [&str; 4]); 6] = [
        (declarer(), ["yes"; 4]),
        (approver(), ["NotDeclared", "yes", "yes", "Locked"]),
        (finance(), ["NotDeclared", "yes", "yes", "Locked"]),
        (
            person(4, REGION, OrganisationKind::Region, &[Role::ApprovalManagement]),
            ["AnotherOrganisation"; 4],
        ),
        (
            person(5, 404, OrganisationKind::Practice, &[Role::DeclarationManagement]),
            ["AnotherOrganisation"; 4],
        ),
        (person(6, COMMISSIONER, OrganisationKind::Icb, &[Role::View]), ["NotAllowed"; 4]),
    ];
    for (by, wanted) in rows {
        assert_eq!(path().map(|about| name(asked(&about, &by))), wanted, "{by:?}");
        assert_eq!(path().map(|about| name(may_ask(&about, &by))), wanted, "{by:?}");
    }
}

#[test]
fn each_party_has_one_open_question() {
    let [_, about, ..] = path();
    let of_commissioner = asked(&about, &approver()).expect("asks").question;
    let about = with(&about, &of_commissioner);
    assert_eq!(asked(&about, &finance()).err(), Some(CannotAsk::AlreadyOpen));
    let of_provider = asked(&about, &declarer()).expect("the other party asks").question;
    assert_eq!(asked(&with(&about, &of_provider), &declarer()).err(), Some(CannotAsk::AlreadyOpen));
    let closed = of_commissioner.close(1, &finance(), &today()).expect("a colleague closes").after;
    assert!(asked(&with(&about, &closed), &approver()).is_ok());
}

#[test]
fn what_is_asked_is_about_the_declaration_that_was_seen() {
    let [_, about, ..] = path();
    let id = Uuid::from_u128(9).into();
    let old = ask(id, &about, &asking("Why?"), about.version - 1, &approver(), &today());
    assert_eq!(old.err(), Some(CannotAsk::Changed));
}

#[test]
fn a_question_returns_the_declaration_where_the_provider_declares() {
    let returning = Asking { returns: true, ..asking("Why?") };
    let id = Uuid::from_u128(9).into();
    let ask =
        |about: &Declaration, by: Actor| ask(id, about, &returning, about.version, &by, &today());
    for about in &path()[1..3] {
        let done = ask(about, approver()).expect("returns");
        let after = done.returned.expect("the declaration moved");
        assert_eq!((after.state.name(), after.version), ("awaiting_provider", about.version + 1));
        assert_eq!((after.amount, after.calculation), (about.amount, about.calculation));
        assert!(matches!(done.event, Event::QuestionAsked { returned: true, .. }));
        let after = with(&after, &done.question);
        let again = after.declare(seen(), &declarer(), &today());
        assert!(again.is_ok(), "the provider declares while the question is open");
    }
    let [_, about, ..] = path();
    assert_eq!(ask(&about, declarer()).err(), Some(CannotAsk::NotReturnable));
    let by_itself = open(Steps { declaration_required: false, approval_required: true });
    let (_, declared) = by_itself.automatic(&today()).expect("declares itself");
    assert_eq!(ask(&declared.after, approver()).err(), Some(CannotAsk::NotReturnable));
    assert!(asked(&declared.after, &approver()).is_ok_and(|done| done.returned.is_none()));
}

#[test]
fn an_open_question_of_the_commissioner_stops_every_approval() {
    let [_, declared, approved, _] = path();
    for (about, by) in [(declared, approver()), (approved, finance())] {
        let question = asked(&about, &by).expect("asks").question;
        let questioned = with(&about, &question);
        let refused =
            questioned.approve_next(seen(), crate::declaration::How::InList, &by, &today()).err();
        assert_eq!(refused, Some(CannotApprove::QuestionOpen), "{}", about.state.name());
        let closed = question.close(1, &by, &today()).expect("closes").after;
        assert!(
            with(&about, &closed)
                .approve_next(seen(), crate::declaration::How::InList, &by, &today())
                .is_ok()
        );
        // What the provider asks stops nothing.
        let question = asked(&about, &declarer()).expect("asks").question;
        assert!(
            with(&about, &question)
                .approve_next(seen(), crate::declaration::How::InList, &by, &today())
                .is_ok()
        );
    }
}

#[test]
fn an_approval_that_takes_itself_waits_for_the_question() {
    let steps = Steps { declaration_required: true, approval_required: false };
    let declared = open(steps).declare(seen(), &declarer(), &today()).expect("declares").after;
    let question = asked(&declared, &approver()).expect("asks").question;
    assert!(with(&declared, &question).automatic(&today()).is_none());
    let closed = question.close(1, &approver(), &today()).expect("closes").after;
    assert!(with(&declared, &closed).automatic(&today()).is_some());
}

#[test]
fn who_answers_and_closes_has_one_answer() {
    let [_, about, ..] = path();
    let asked = asked(&about, &approver()).expect("asks").question;
    let answered = asked.answer(&written("Flu."), 1, &declarer(), &today()).expect("answers").after;
    let closed = answered.close(2, &approver(), &today()).expect("closes").after;
    let region = person(4, REGION, OrganisationKind::Region, &[Role::ApprovalManagement]);
    let viewer = person(6, PROVIDER, OrganisationKind::Practice, &[Role::View]);
    let rows = [
        (declarer(), ["yes", "NotYours"], ["yes", "NotYours"], ["AlreadyClosed"; 2]),
        (approver(), ["yes", "yes"], ["yes", "yes"], ["AlreadyClosed"; 2]),
        (finance(), ["yes", "yes"], ["yes", "yes"], ["AlreadyClosed"; 2]),
        (
            region,
            ["AnotherOrganisation"; 2],
            ["AnotherOrganisation"; 2],
            ["AnotherOrganisation"; 2],
        ),
        (viewer, ["NotAllowed"; 2], ["NotAllowed"; 2], ["NotAllowed"; 2]),
    ];
    for (by, while_asked, while_answered, once_closed) in rows {
        for (question, wanted) in
            [(&asked, while_asked), (&answered, while_answered), (&closed, once_closed)]
        {
            let version = question.version;
            let got = [
                name(question.answer(&written("More."), version, &by, &today())),
                name(question.close(version, &by, &today())),
            ];
            assert_eq!(got, wanted, "{by:?} when {}", question.status().word);
        }
    }
}

#[test]
fn the_turn_goes_to_the_other_party_with_a_new_clock() {
    let [_, about, ..] = path();
    let question = asked(&about, &approver()).expect("asks").question;
    let turn = |question: &Question| {
        let clock = question.clock().expect("open");
        (clock.turn, long_date(clock.answer_by))
    };
    assert_eq!(turn(&question), (Party::Provider, "20 April 2026".into()));
    let adds = question.answer(&written("And March?"), 1, &finance(), &at("2026-04-12"));
    let adds = adds.expect("the party that waits adds to what it said").after;
    assert_eq!(turn(&adds), (Party::Provider, "20 April 2026".into()), "the clock goes on");
    assert!(!adds.is_answered());
    let answered = adds.answer(&written("Flu."), 2, &declarer(), &at("2026-04-15"));
    let answered = answered.expect("answers").after;
    assert_eq!(turn(&answered), (Party::Commissioner, "25 April 2026".into()));
    assert!(answered.is_answered());
    let words: Vec<_> = answered.said.iter().map(|said| said.text.as_str()).collect();
    assert_eq!(words, ["Why is it so high?", "And March?", "Flu."]);
    assert_eq!(answered.said[2].organisation, "Organisation 100");
}

#[test]
fn the_second_of_two_who_write_at_once_is_told() {
    let [_, about, ..] = path();
    let question = asked(&about, &approver()).expect("asks").question;
    let first = question.answer(&written("Flu."), 1, &declarer(), &today()).expect("answers").after;
    let late = first.answer(&written("Flu."), 1, &declarer(), &today());
    assert_eq!(late.err(), Some(CannotAnswer::Changed));
    assert_eq!(first.close(1, &approver(), &today()).err(), Some(CannotAnswer::Changed));
}

/// A text, its evidence, and what is wrong: whether with the evidence, and the message.
type Typed<'a> = (&'a str, &'a str, &'a [(bool, &'a str)]);

#[test]
fn what_is_wrong_with_what_was_written_is_named_at_its_field() {
    let long = "x".repeat(1_001);
    let rows: [Typed<'_>; 7] = [
        ("Why?", "", &[]),
        (" \n ", "", &[(false, "Enter your question")]),
        (&long, "", &[(false, "Your question must be 1,000 characters or less")]),
        (
            "Is 943 476 5919 counted?",
            "",
            &[(
                false,
                "Take the number that looks like an NHS number out of your question. Write nothing about a patient here",
            )],
        ),
        ("Why?", &long, &[(true, "Evidence must be 200 characters or less")]),
        (
            "",
            "9434765919.pdf",
            &[
                (false, "Enter your question"),
                (
                    true,
                    "Take the number that looks like an NHS number out of your evidence. Write nothing about a patient here",
                ),
            ],
        ),
        ("See D-2026-000123 of 2026 000123", "count-2026-03.xlsx", &[]),
    ];
    let [_, about, ..] = path();
    for (text, evidence, wanted) in rows {
        let written = Written { text: text.into(), evidence: evidence.into() };
        let asking = Asking { written, ..Asking::default() };
        let id = Uuid::from_u128(9).into();
        let wrong = match ask(id, &about, &asking, about.version, &approver(), &today()) {
            Ok(_) => Vec::new(),
            Err(CannotAsk::Written(wrong)) => wrong,
            Err(other) => panic!("{other:?}"),
        };
        let got: Vec<_> = wrong.iter().map(|one| (one.is_evidence, &*one.message)).collect();
        assert_eq!(got, wanted, "{text}");
    }
    let just = "x".repeat(1_000);
    let id = Uuid::from_u128(9).into();
    assert!(ask(id, &about, &asking(&just), about.version, &approver(), &today()).is_ok());
}

#[test]
fn the_clock_says_the_day_the_turn_and_what_is_late() {
    let [_, about, ..] = path();
    let question = asked(&about, &approver()).expect("asks").question;
    let open = with(&about, &question).open;
    let rows = [
        ("2026-04-10", "Question open, provider's turn, day 1", "Answer by 20 April 2026"),
        ("2026-04-12", "Question open, provider's turn, day 3", "Answer by 20 April 2026"),
        ("2026-04-20", "Question open, provider's turn, day 11", "Answer by 20 April 2026"),
        (
            "2026-04-21",
            "Question open, provider's turn, day 12, late",
            "1 day late, answer was due by 20 April 2026",
        ),
        (
            "2026-04-23",
            "Question open, provider's turn, day 14, late",
            "3 days late, answer was due by 20 April 2026",
        ),
    ];
    for (day, line, answer_by) in rows {
        let today = at(day).today;
        assert_eq!(open.lines(Some(Party::Commissioner), today), [line]);
        let clock = open.commissioner.expect("open");
        assert_eq!(clock.answer_by_words(today), answer_by);
    }
    let clock = open.commissioner.expect("open");
    let sentences = |day, reader| clock.sentences(reader, at(day).today).join(" ");
    assert_eq!(
        sentences("2026-04-10", Some(Party::Provider)),
        "Asked today. It is your turn. Answer by 20 April 2026."
    );
    assert_eq!(
        sentences("2026-04-11", Some(Party::Commissioner)),
        "Open for 1 day. It is the provider's turn. Answer by 20 April 2026."
    );
    assert_eq!(
        sentences("2026-04-21", None),
        "Open for 11 days. It is the provider's turn. 1 day late, answer was due by 20 April 2026."
    );
    let day = today().today;
    assert_eq!(
        open.lines(Some(Party::Provider), day),
        ["Question of the commissioner open, your turn, day 1"]
    );
    let question = asked(&about, &declarer()).expect("asks").question;
    let both = with(&Declaration { open, ..about }, &question).open;
    assert_eq!(
        both.lines(None, day),
        [
            "Question of the commissioner open, provider's turn, day 1",
            "Question of the provider open, commissioner's turn, day 1"
        ]
    );
}

#[test]
fn every_state_has_its_row_in_the_status_table() {
    for party in Party::ALL {
        assert_eq!(party.status().name, party.name());
        assert_eq!(Party::from_name(party.name()), Some(party));
    }
    assert_eq!(status::of(status::QUESTION, "closed").word, "Closed");
}
