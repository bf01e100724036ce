//! Shows the life of a declaration: each act in each state, then thousands of acts at random.

use super::*;
use crate::{
    Organisation, OrganisationKind, PersonId, Role,
    deputy::{ActsFor, HandedOver},
    question::Clock,
};
use proptest::prelude::*;
use uuid::Uuid;

fn person(number: u128, kind: OrganisationKind, roles: &[Role]) -> Actor {
    Actor::Person {
        id: PersonId(Uuid::from_u128(number)),
        name: format!("Person {number}"),
        organisation: Organisation {
            id: Uuid::from_u128(if kind.provides() { 100 } else { 101 }).into(),
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

fn declarer() -> Actor {
    person(1, OrganisationKind::Practice, &[Role::DeclarationManagement])
}

fn approver(number: u128) -> Actor {
    let roles = [Role::ApprovalManagement, Role::SecondApproval, Role::FinanceManagement];
    person(number, OrganisationKind::Icb, &roles)
}

fn now() -> Now {
    Now::at("2026-04-10T09:00:00Z".parse().expect("an instant"))
}

fn seen() -> CalculationId {
    CalculationId(Uuid::from_u128(7))
}

fn declaration(steps: Steps) -> Declaration {
    Declaration {
        id: Uuid::from_u128(5).into(),
        reference: "D-2026-000001".into(),
        achievement: Uuid::from_u128(6).into(),
        calculation: seen(),
        provider: Uuid::from_u128(100).into(),
        commissioner: Uuid::from_u128(101).into(),
        service: Uuid::from_u128(8).into(),
        period: Period {
            start: "2026-03-01".parse().expect("a date"),
            end: "2026-03-31".parse().expect("a date"),
        },
        amount: Pence(588_000),
        less: None,
        notes: String::new(),
        steps,
        band: Band::Low,
        indicators: Vec::new(),
        submitted_by: Vec::new(),
        held: None,
        state: DeclarationState::AwaitingProvider,
        open: Open::default(),
        version: 1,
    }
}

const BY_ITSELF: [&str; 2] = ["NCD1", "NCD2"];

const ALL_STEPS: Steps = Steps { declaration_required: true, approval_required: true };

fn path() -> [Declaration; 4] {
    let open = declaration(ALL_STEPS);
    let declared = open.declare(seen(), &declarer(), &now()).expect("declares").after;
    let approved = declared.approve(seen(), &approver(2), &now()).expect("approves").after;
    let locked =
        approved.approve_finance(seen(), &approver(3), &now()).expect("finance approves").after;
    [open, declared, approved, locked]
}

fn answer<T, E: std::fmt::Debug>(
    result: Result<Change<T>, E>,
    name: impl Fn(&T) -> &'static str,
) -> String {
    match result {
        Ok(change) => name(&change.after).to_owned(),
        Err(why) => format!("{why:?}").split(['(', ' ']).next().unwrap_or_default().to_owned(),
    }
}

/// The whole machine: what declare, approve, finance approval, a note and new figures do in each state.
#[test]
fn every_act_in_every_state_has_one_answer() {
    let name = |declaration: &Declaration| declaration.state.name();
    let rows = [
        [
            "awaiting_commissioner",
            "NotDeclared",
            "NotDeclared",
            "awaiting_provider",
            "awaiting_provider",
        ],
        [
            "AlreadyDeclared",
            "awaiting_finance",
            "NotApprovedByCommissioner",
            "AlreadyDeclared",
            "awaiting_provider",
        ],
        ["AlreadyDeclared", "AlreadyApproved", "approved", "AlreadyDeclared", "awaiting_provider"],
        ["AlreadyDeclared", "AlreadyApproved", "AlreadyApproved", "AlreadyDeclared", "locked"],
    ];
    for (before, wanted) in path().iter().zip(rows) {
        let got = [
            answer(before.declare(seen(), &declarer(), &now()), name),
            answer(before.approve(seen(), &approver(2), &now()), name),
            answer(before.approve_finance(seen(), &approver(3), &now()), name),
            answer(before.note("Checked", &declarer()), name),
            before
                .recalculated(Uuid::from_u128(9).into(), Pence(1), &[], "new figures")
                .map_or("locked", |change| change.after.state.name())
                .to_owned(),
        ];
        assert_eq!(got, wanted, "when {}", before.state.name());
    }
}

#[test]
fn nobody_acts_twice_on_one_declaration() {
    let both = approver;
    let [_, declared, approved, _] = path();
    assert_eq!(
        declared.approve(seen(), &both(1), &now()).err(),
        Some(CannotApprove::SamePersonDeclared)
    );
    assert_eq!(
        approved.approve_finance(seen(), &both(1), &now()).err(),
        Some(CannotApprove::SamePersonDeclared)
    );
    assert_eq!(
        approved.approve_finance(seen(), &both(2), &now()).err(),
        Some(CannotApprove::SamePersonApproved)
    );
}

/// A declaration of a band that asks for a second approval, in each of its states.
fn long_path(band: Band) -> [Declaration; 5] {
    let open = Declaration { band, ..declaration(ALL_STEPS) };
    let declared = open.declare(seen(), &declarer(), &now()).expect("declares").after;
    let once = declared.approve(seen(), &approver(2), &now()).expect("approves").after;
    let twice = once.approve_second(seen(), &approver(3), &now()).expect("approves again").after;
    let locked =
        twice.approve_finance(seen(), &approver(4), &now()).expect("finance approves").after;
    [open, declared, once, twice, locked]
}

/// A medium amount is approved by two people and then by finance; each of these in each state.
#[test]
fn a_medium_amount_is_approved_twice_before_finance() {
    let name = |declaration: &Declaration| declaration.state.name();
    let rows = [
        ["NotDeclared", "NotDeclared", "NotDeclared", "NotDeclared"],
        [
            "awaiting_second",
            "NotApprovedByCommissioner",
            "NotApprovedByCommissioner",
            "awaiting_provider",
        ],
        ["AlreadyApproved", "awaiting_finance", "NotApprovedTwice", "awaiting_provider"],
        ["AlreadyApproved", "AlreadyApproved", "approved", "awaiting_provider"],
        ["AlreadyApproved", "AlreadyApproved", "AlreadyApproved", "Locked"],
    ];
    for (before, wanted) in long_path(Band::Medium).iter().zip(rows) {
        let got = [
            answer(before.approve(seen(), &approver(5), &now()), name),
            answer(before.approve_second(seen(), &approver(5), &now()), name),
            answer(before.approve_finance(seen(), &approver(5), &now()), name),
            answer(before.take_back("Wrong", &approver(5)), name),
        ];
        assert_eq!(got, wanted, "when {}", before.state.name());
    }
    let [_, _, once, twice, _] = long_path(Band::Medium);
    let same = Some(CannotApprove::SamePersonApproved);
    assert_eq!(once.approve_second(seen(), &approver(2), &now()).err(), same);
    assert_eq!(twice.approve_finance(seen(), &approver(2), &now()).err(), same);
    assert_eq!(twice.approve_finance(seen(), &approver(3), &now()).err(), same);
    let tier_one = person(5, OrganisationKind::Icb, &[Role::ApprovalManagement]);
    assert_eq!(
        answer(once.approve_next(seen(), How::Alone, &tier_one, &now()), name),
        "AlreadyApproved"
    );
}

#[test]
fn a_high_amount_is_approved_alone() {
    let [_, declared, once, twice, _] = long_path(Band::High);
    for row in [declared, once, twice] {
        let by = |how| row.approve_next(seen(), how, &approver(5), &now());
        assert_eq!(by(How::InList).err(), Some(CannotApprove::OnlyAlone), "{:?}", row.state);
        assert!(by(How::Alone).is_ok(), "{:?}", row.state);
    }
}

#[test]
fn nobody_approves_figures_that_they_submitted() {
    for row in &long_path(Band::Medium)[1..4] {
        let submitted_by = vec![Uuid::from_u128(9).into(), Uuid::from_u128(5).into()];
        let row = Declaration { submitted_by, ..row.clone() };
        let by = |number| row.approve_next(seen(), How::InList, &approver(number), &now());
        assert_eq!(by(5).err(), Some(CannotApprove::SamePersonSubmitted), "{:?}", row.state);
        assert!(by(6).is_ok(), "{:?}", row.state);
    }
}

#[test]
fn what_is_agreed_is_the_calculation_that_was_seen() {
    let [open, declared, approved, _] = path();
    let old = CalculationId(Uuid::from_u128(1));
    assert_eq!(open.declare(old, &declarer(), &now()).err(), Some(CannotDeclare::FiguresChanged));
    assert_eq!(
        declared.approve(old, &approver(2), &now()).err(),
        Some(CannotApprove::FiguresChanged)
    );
    assert_eq!(
        approved.approve_finance(old, &approver(3), &now()).err(),
        Some(CannotApprove::FiguresChanged)
    );
}

#[test]
fn nothing_is_declared_before_the_period_has_ended() {
    let last_day = Now::at("2026-03-31T12:00:00Z".parse().expect("an instant"));
    let refusal =
        declaration(ALL_STEPS).declare(seen(), &declarer(), &last_day).expect_err("too early");
    assert_eq!(
        refusal.to_string(),
        "You cannot declare yet because the period ends on 31 March 2026."
    );
    let period = declaration(ALL_STEPS).period;
    let too_early = not_ready(period, vec!["AG001".into()], String::new(), &declarer(), &last_day);
    assert!(matches!(too_early, CannotDeclare::PeriodNotEnded(_)));
    let missing = not_ready(period, vec!["AG001".into()], String::new(), &declarer(), &now());
    assert_eq!(
        missing.to_string(),
        "You cannot declare yet. Accord is still waiting for data for AG001."
    );
}

/// What the configuration leaves out happens by itself and names the configuration.
#[test]
fn configured_steps_take_themselves() {
    let rows: [(bool, bool, &[&str], &str); 4] = [
        (true, true, &[], "awaiting_provider"),
        (false, true, &[NO_DECLARATION_REQUIRED], "awaiting_commissioner"),
        (true, false, &[], "awaiting_provider"),
        (false, false, &[NO_DECLARATION_REQUIRED, NO_APPROVAL_REQUIRED], "awaiting_finance"),
    ];
    for (declaration_required, approval_required, actors, state) in rows {
        let mut row = declaration(Steps { declaration_required, approval_required });
        let mut taken = Vec::new();
        while let Some((actor, change)) = row.automatic(&now()) {
            taken.push(actor.name().to_owned());
            row = change.after;
        }
        assert_eq!(taken, actors);
        assert_eq!(row.state.name(), state);
    }
    let declared_by_hand =
        declaration(Steps { declaration_required: true, approval_required: false })
            .declare(seen(), &declarer(), &now())
            .expect("declares")
            .after;
    let (actor, change) = declared_by_hand.automatic(&now()).expect("approval takes itself");
    assert_eq!(
        (actor.name(), change.after.state.name()),
        (NO_APPROVAL_REQUIRED, "awaiting_finance")
    );
}

#[test]
fn every_state_has_its_row_in_the_status_table() {
    for name in DeclarationState::NAMES {
        assert_eq!(status::of(status::DECLARATION, name).name, name);
    }
}

#[test]
fn the_next_approval_follows_the_row_and_the_roles() {
    let name = |declaration: &Declaration| declaration.state.name();
    let only = |number, role| person(number, OrganisationKind::Icb, &[role]);
    let rows = [
        (approver(4), ["NotDeclared", "awaiting_finance", "approved", "AlreadyApproved"]),
        (
            only(4, Role::ApprovalManagement),
            ["NotDeclared", "awaiting_finance", "AlreadyApproved", "AlreadyApproved"],
        ),
        (
            only(4, Role::FinanceManagement),
            ["NotDeclared", "NotApprovedByCommissioner", "approved", "AlreadyApproved"],
        ),
        (only(4, Role::View), ["NotAllowed"; 4]),
        (declarer(), ["NotAllowed"; 4]),
    ];
    for (by, wanted) in rows {
        let got =
            path().map(|row| answer(row.approve_next(seen(), How::InList, &by, &now()), name));
        assert_eq!(got, wanted, "{by:?}");
    }
}

#[test]
fn only_the_organisation_that_pays_approves() {
    let [_, declared, approved, _] = path();
    let mut elsewhere = approver(4);
    if let Actor::Person { organisation, .. } = &mut elsewhere {
        organisation.id = Uuid::from_u128(999).into();
    }
    for row in [declared, approved] {
        assert_eq!(
            row.approve_next(seen(), How::InList, &elsewhere, &now()).err(),
            Some(CannotApprove::AnotherCommissioner)
        );
    }
}

fn on_hold(row: &Declaration) -> Declaration {
    let held = Held {
        stops: crate::hold::Stops::Both,
        commissioner: "NHS Anytown ICB".into(),
        by: "Tom Hill".into(),
        since: now().instant,
        reason: "The extract is wrong".into(),
    };
    Declaration { held: Some(held), ..row.clone() }
}

/// Under a hold nobody takes a step, not even the configuration; figures still change, and notes are still kept.
#[test]
fn what_is_on_hold_is_neither_declared_nor_approved() {
    let name = |declaration: &Declaration| declaration.state.name();
    let rows = [
        ["Held", "NotDeclared", "NotDeclared", "awaiting_provider", "awaiting_provider"],
        [
            "AlreadyDeclared",
            "Held",
            "NotApprovedByCommissioner",
            "AlreadyDeclared",
            "awaiting_provider",
        ],
        ["AlreadyDeclared", "AlreadyApproved", "Held", "AlreadyDeclared", "awaiting_provider"],
        ["AlreadyDeclared", "AlreadyApproved", "AlreadyApproved", "AlreadyDeclared", "locked"],
    ];
    for (row, wanted) in path().iter().map(on_hold).zip(rows) {
        let got = [
            answer(row.declare(seen(), &declarer(), &now()), name),
            answer(row.approve(seen(), &approver(2), &now()), name),
            answer(row.approve_finance(seen(), &approver(3), &now()), name),
            answer(row.note("Checked", &declarer()), name),
            row.recalculated(Uuid::from_u128(9).into(), Pence(1), &[], "new figures")
                .map_or("locked", |change| change.after.state.name())
                .to_owned(),
        ];
        assert_eq!(got, wanted, "when {}", row.state.name());
    }
    let none = Steps { declaration_required: false, approval_required: false };
    let waits = on_hold(&declaration(none));
    assert!(waits.automatic(&now()).is_none());
    assert!(Declaration { held: None, ..waits }.automatic(&now()).is_some());
    let refusal = on_hold(&path()[0]).declare(seen(), &declarer(), &now()).expect_err("held");
    assert_eq!(
        refusal.to_string(),
        "You cannot declare yet. NHS Anytown ICB has put declarations and payments of this service on hold since \
         10 April 2026 (Tom Hill): The extract is wrong."
    );
}

#[test]
fn what_a_person_declared_is_taken_back_until_finance_has_approved() {
    let by = person(4, OrganisationKind::Icb, &[Role::FinanceManagement]);
    let name = |declaration: &Declaration| declaration.state.name();
    let wanted = ["NotDeclared", "awaiting_provider", "awaiting_provider", "Locked"];
    assert_eq!(path().map(|row| answer(row.take_back("Extract wrong", &by), name)), wanted);
    // A hold stops no taking back: the two go together.
    assert_eq!(path().map(|row| answer(on_hold(&row).take_back("Wrong", &by), name)), wanted);
    let [_, declared, ..] = path();
    let Change { after, event } = declared.take_back(" Extract wrong ", &by).expect("taken back");
    assert_eq!((after.version, after.amount, after.calculation), (3, declared.amount, seen()));
    let (declaration, amount) = (declared.id, declared.amount);
    let reason = "Extract wrong".to_owned();
    assert_eq!(event, Event::DeclarationTakenBack { declaration, amount, reason });
    assert_eq!(event.sentence(true), event.sentence(false), "the reason is for everybody");
    assert!(after.declare(seen(), &declarer(), &now()).is_ok(), "it is declared again");
}

#[test]
fn what_cannot_be_taken_back_has_its_reason() {
    let by = approver(4);
    let [_, declared, ..] = path();
    let why = |row: &Declaration, reason: &str, by: &Actor| row.take_back(reason, by).err();
    let long = "x".repeat(crate::hold::REASON_MAX + 1);
    assert_eq!(why(&declared, "  ", &by), Some(CannotTakeBack::NoReason));
    assert_eq!(why(&declared, &long, &by), Some(CannotTakeBack::ReasonTooLong));
    let mut elsewhere = by.clone();
    if let Actor::Person { organisation, .. } = &mut elsewhere {
        organisation.id = Uuid::from_u128(999).into();
    }
    assert_eq!(why(&declared, "Wrong", &elsewhere), Some(CannotTakeBack::AnotherCommissioner));
    let not_allowed = why(&declared, "Wrong", &person(4, OrganisationKind::Icb, &[Role::View]));
    assert!(matches!(not_allowed, Some(CannotTakeBack::NotAllowed(_))));
    let by_itself = declaration(Steps { declaration_required: false, approval_required: true });
    let (_, change) = by_itself.automatic(&now()).expect("declared by itself");
    let nobody = CannotTakeBack::NobodyDeclared(NO_DECLARATION_REQUIRED.into());
    assert_eq!(why(&change.after, "Wrong", &by), Some(nobody));
}

#[test]
fn less_than_was_calculated_is_approved_with_a_reason() {
    let [open, declared, approved, locked] = path();
    let less = |row: &Declaration, pence, reason: &str, by: &Actor| {
        row.approve_less(seen(), Pence(pence), reason, by, &now())
    };
    let by = approver(2);
    let Change { after, event } = less(&declared, 500_000, " No evidence ", &by).expect("less");
    assert_eq!((after.amount, after.calculated()), (Pence(500_000), declared.amount));
    assert_eq!(after.state.name(), "awaiting_finance");
    assert_eq!(
        event.sentence(true),
        "Approved by the commissioner for less than was calculated: £5,000.00 of £5,880.00. No evidence"
    );
    assert_eq!(event.sentence(false), "Approved by the commissioner for less than was calculated");
    // Finance approves the part; sent back, the whole stands again.
    let paid = after.approve_finance(seen(), &approver(3), &now()).expect("finance approves").after;
    assert_eq!(paid.amount, Pence(500_000));
    let back = after.take_back("Wrong", &approver(3)).expect("taken back").after;
    assert_eq!((back.amount, back.less), (declared.amount, None));
    let new =
        after.recalculated(Uuid::from_u128(9).into(), Pence(7), &[], "new").expect("new").after;
    assert_eq!((new.amount, new.less), (Pence(7), None));
    let long = "x".repeat(crate::hold::REASON_MAX + 1);
    let whole = CannotApprove::NotLess(declared.amount);
    let refused = [
        (&declared, 588_000, "why", &by, whole.clone()),
        (&declared, 0, "why", &by, whole.clone()),
        (&declared, -1, "why", &by, whole),
        (&declared, 1, "  ", &by, CannotApprove::NoReason),
        (&declared, 1, &*long, &by, CannotApprove::ReasonTooLong),
        (&declared, 1, "See 943 476 5919", &by, CannotApprove::NhsNumber),
        (&open, 1, "why", &by, CannotApprove::NotDeclared),
    ];
    for (row, pence, reason, by, why) in refused {
        assert_eq!(less(row, pence, reason, by).err(), Some(why));
    }
    for row in [&approved, &locked] {
        assert!(matches!(less(row, 1, "why", &by).err(), Some(CannotApprove::AlreadyApproved(_))));
    }
    // A recovery is not made smaller here: nobody owes less because an approver says so.
    let recovery = Declaration { amount: Pence(-500), ..declared };
    assert!(matches!(less(&recovery, 1, "why", &by).err(), Some(CannotApprove::NotLess(_))));
}

#[test]
fn whoever_could_approve_next_rejects_with_a_reason() {
    let name = |declaration: &Declaration| declaration.state.name();
    let [open, declared, once, twice, locked] = long_path(Band::Medium);
    let only = |role| person(9, OrganisationKind::Icb, &[role]);
    let (first, second) = (only(Role::ApprovalManagement), only(Role::SecondApproval));
    let finance = only(Role::FinanceManagement);
    let rows = [
        (&open, ["NotDeclared", "NotDeclared", "NotDeclared"]),
        (&declared, ["awaiting_provider", "NotAllowed", "NotAllowed"]),
        (&once, ["NotAllowed", "awaiting_provider", "NotAllowed"]),
        (&twice, ["NotAllowed", "NotAllowed", "awaiting_provider"]),
        (&locked, ["AlreadyApproved", "AlreadyApproved", "AlreadyApproved"]),
    ];
    for (row, wanted) in rows {
        let got = [&first, &second, &finance]
            .map(|by| answer(row.reject(seen(), "Not agreed", by), name));
        assert_eq!(got, wanted, "when {}", row.state.name());
    }
    let why = |reason: &str| declared.reject(seen(), reason, &first).err();
    assert_eq!(why(" "), Some(CannotApprove::NoReason));
    assert_eq!(
        declared.reject(seen(), "x", &approver(1)).err(),
        Some(CannotApprove::SamePersonDeclared)
    );
    let by_itself = declaration(Steps { declaration_required: false, approval_required: true });
    let (_, change) = by_itself.automatic(&now()).expect("declared by itself");
    let nobody = CannotApprove::NobodyDeclared(NO_DECLARATION_REQUIRED.into());
    assert_eq!(change.after.reject(seen(), "Wrong", &first).err(), Some(nobody));
    let after = declared.reject(seen(), "Wrong", &first).expect("rejected").after;
    assert!(after.declare(seen(), &declarer(), &now()).is_ok(), "it is declared again");
}

/// What is done to a declaration, and what becomes of it.
type Run = fn(&Declaration) -> Option<Declaration>;

/// Every act, with the words of the drawing.
const ACTS: [(&str, Run); 10] = [
    ("declare", |row| Some(row.declare(seen(), &declarer(), &now()).ok()?.after)),
    ("approve", |row| Some(row.approve(seen(), &approver(7), &now()).ok()?.after)),
    ("approve less", |row| {
        Some(row.approve_less(seen(), Pence(1), "why", &approver(7), &now()).ok()?.after)
    }),
    ("approve a second time", |row| {
        Some(row.approve_second(seen(), &approver(8), &now()).ok()?.after)
    }),
    ("finance approves", |row| Some(row.approve_finance(seen(), &approver(9), &now()).ok()?.after)),
    ("reject", |row| Some(row.reject(seen(), "why", &approver(10)).ok()?.after)),
    ("take back", |row| Some(row.take_back("why", &approver(10)).ok()?.after)),
    ("new figures", |row| {
        Some(row.recalculated(Uuid::from_u128(9).into(), Pence(1), &[], "new figures")?.after)
    }),
    (NO_DECLARATION_REQUIRED, |row| {
        let steps = Steps { declaration_required: false, approval_required: true };
        let moved = Declaration { steps, ..row.clone() }.automatic(&now())?.1.after;
        Some(Declaration { steps: row.steps, ..moved })
    }),
    (NO_APPROVAL_REQUIRED, |row| {
        let steps = Steps { declaration_required: true, approval_required: false };
        let moved = Declaration { steps, ..row.clone() }.automatic(&now())?.1.after;
        Some(Declaration { steps: row.steps, ..moved })
    }),
];

/// The drawing in the documentation is what the functions do: every act that leads somewhere, and nothing else.
#[test]
fn the_drawing_shows_every_move_of_a_declaration() {
    let mut arrows: Vec<(String, Vec<&str>)> = Vec::new();
    let states = path().into_iter().chain(long_path(Band::Medium));
    let mut states: Vec<Declaration> = states.collect();
    let rank = |row: &Declaration| {
        DeclarationState::NAMES.iter().position(|name| *name == row.state.name())
    };
    states.sort_by_key(rank);
    for before in &states {
        for (act, run) in ACTS {
            let Some(after) = run(before) else { continue };
            let arrow = format!("{} --> {}", before.state.name(), after.state.name());
            match arrows.iter_mut().find(|(own, _)| *own == arrow) {
                Some((_, acts)) if acts.contains(&act) => {}
                Some((_, acts)) => acts.push(act),
                None => arrows.push((arrow, vec![act])),
            }
        }
    }
    let mut drawn = String::from(
        "stateDiagram-v2\n    [*] --> awaiting_provider: an achievement is calculated\n",
    );
    for (arrow, acts) in arrows {
        drawn.push_str(&format!("    {arrow}: {}\n", acts.join(", ")));
    }
    let page = include_str!("../../../../docs/rules/declarations.md");
    assert!(
        page.contains(&drawn),
        "docs/rules/declarations.md does not hold this drawing:\n{drawn}"
    );
}

fn by_itself() -> Declaration {
    let indicators = SubjectToDeclare::all(&BY_ITSELF.map(str::to_owned));
    Declaration { indicators, ..declaration(ALL_STEPS) }
}

/// What somebody meets who declares indicators by themselves, and what is left of them then.
#[test]
fn indicators_are_declared_by_themselves_before_the_whole() {
    let codes = |all: &[&str]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
    let one = by_itself().declare_indicators(&codes(&["NCD1"]), seen(), &declarer(), &now());
    let one = one.expect("declares").after;
    assert_eq!(one.indicators_left(), ["NCD2"]);
    assert_eq!(one.state, DeclarationState::AwaitingProvider);
    let both = one.declare_indicators(&codes(&["NCD2"]), seen(), &declarer(), &now());
    let both = both.expect("declares").after;
    let declared = both.declare(seen(), &declarer(), &now()).expect("declares all").after;
    let later = Now::at("2026-04-11T09:00:00Z".parse().expect("an instant"));
    let other = Uuid::from_u128(404).into();
    let held = on_hold(&by_itself());
    let early = Now::at("2026-03-31T09:00:00Z".parse().expect("an instant"));
    let view = person(1, OrganisationKind::Practice, &[Role::View]);
    let cases = [
        ("NoIndicator", &one, &[][..], seen(), declarer(), later),
        ("NotByItself", &one, &["NCD2", "NCD9"][..], seen(), declarer(), later),
        ("IndicatorDeclared", &one, &["NCD1", "NCD2"][..], seen(), declarer(), later),
        ("AlreadyDeclared", &declared, &["NCD1"][..], seen(), declarer(), later),
        ("FiguresChanged", &one, &["NCD2"][..], other, declarer(), later),
        ("Held", &held, &["NCD2"][..], seen(), declarer(), later),
        ("PeriodNotEnded", &one, &["NCD2"][..], seen(), declarer(), early),
        ("NotAllowed", &one, &["NCD2"][..], seen(), view, later),
        ("awaiting_provider", &one, &["NCD2", "NCD2"][..], seen(), declarer(), later),
    ];
    for (wanted, row, wanted_codes, calculation, by, now) in cases {
        let result = row.declare_indicators(&codes(wanted_codes), calculation, &by, &now);
        assert_eq!(answer(result, |row| row.state.name()), wanted, "{wanted_codes:?}");
    }
    let early = one.declare(seen(), &declarer(), &now()).expect_err("one is left");
    assert_eq!(early, CannotDeclare::IndicatorsFirst(codes(&["NCD2"])));
}

#[test]
fn whoever_declared_an_indicator_by_itself_does_not_approve() {
    let codes = BY_ITSELF.map(str::to_owned);
    let agent = person(2, OrganisationKind::Practice, &[Role::DeclarationManagement]);
    let agreed = by_itself().declare_indicators(&codes, seen(), &agent, &now());
    let declared = agreed.expect("agrees").after.declare(seen(), &declarer(), &now());
    let declared = declared.expect("declares").after;
    let approve = |who| declared.approve(seen(), &approver(who), &now());
    assert_eq!(approve(2).err(), Some(CannotApprove::SamePersonDeclared));
    let approved = approve(3).expect("another approves").after;
    let finance = approved.approve_finance(seen(), &approver(2), &now());
    assert_eq!(finance.err(), Some(CannotApprove::SamePersonDeclared));
    let back = approved.reject(seen(), "wrong", &approver(4)).expect("rejects").after;
    assert_eq!(back.indicators_left(), BY_ITSELF);
}

/// The people of the walk. From there on the number picks a deputy and whom they act for.
const PEOPLE: u8 = 5;

/// One thing that somebody may try; the number picks the person.
#[derive(Clone, Copy, Debug)]
enum Act {
    Note(u8),
    /// One of the indicators, or both.
    DeclareIndicators(u8, bool, usize),
    Declare(u8, bool),
    Approve(u8, bool),
    ApproveSecond(u8, bool),
    ApproveFinance(u8, bool),
    ApproveNext(u8, bool),
    Recalculate(u8),
    TakeBack(u8),
    ApproveLess(u8, i64),
    Reject(u8, bool),
    Automatic,
    /// The commissioner's question is open from here on, or closed.
    Question(bool),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let who = 0..PEOPLE * 3;
    let act = prop_oneof![
        who.clone().prop_map(Act::Note),
        (who.clone(), any::<bool>(), 0..3_usize)
            .prop_map(|(who, fresh, which)| Act::DeclareIndicators(who, fresh, which)),
        (who.clone(), any::<bool>()).prop_map(|(who, fresh)| Act::Declare(who, fresh)),
        (who.clone(), any::<bool>()).prop_map(|(who, fresh)| Act::Approve(who, fresh)),
        (who.clone(), any::<bool>()).prop_map(|(who, fresh)| Act::ApproveSecond(who, fresh)),
        (who.clone(), any::<bool>()).prop_map(|(who, fresh)| Act::ApproveFinance(who, fresh)),
        (who.clone(), any::<bool>()).prop_map(|(who, alone)| Act::ApproveNext(who, alone)),
        who.clone().prop_map(Act::Recalculate),
        who.clone().prop_map(Act::TakeBack),
        (who.clone(), -1..9_i64).prop_map(|(who, pence)| Act::ApproveLess(who, pence)),
        (who, any::<bool>()).prop_map(|(who, fresh)| Act::Reject(who, fresh)),
        Just(Act::Automatic),
        any::<bool>().prop_map(Act::Question),
    ];
    proptest::collection::vec(act, 1..60)
}

/// A person with roles of their own, or one without any who acts for another one.
fn somebody(who: u8, own: &dyn Fn(u128) -> Actor) -> Actor {
    let (number, round) = (who % PEOPLE, who / PEOPLE);
    let myself = own(u128::from(number));
    let Actor::Person { id, name, organisation, roles, acts_for, origin, narrowing } = myself
    else {
        return myself;
    };
    if round == 0 {
        return Actor::Person { id, name, organisation, roles, acts_for, origin, narrowing };
    }
    let handed_over = HandedOver {
        principal: PersonId(Uuid::from_u128(u128::from((number + round) % PEOPLE))),
        principal_name: "the principal".to_owned(),
        roles,
        last: now().today,
    };
    let acts_for = ActsFor::also(vec![handed_over]);
    Actor::Person { id, name, organisation, roles: Vec::new(), acts_for, origin, narrowing }
}

/// Tries an act. All people hold roles on both sides, as a person with two jobs does: only the rules keep them apart.
fn attempt(row: &Declaration, act: Act) -> Option<Change<Declaration>> {
    let declarer =
        |number| person(number, OrganisationKind::Practice, &[Role::DeclarationManagement]);
    let at_provider = |who: u8| somebody(who, &declarer);
    let at_commissioner = |who: u8| somebody(who, &approver);
    let eyes = |fresh: bool| if fresh { row.calculation } else { Uuid::from_u128(404).into() };
    match act {
        Act::Note(who) => row.note(&format!("note {who}"), &at_provider(who)).ok(),
        Act::DeclareIndicators(who, fresh, which) => {
            let codes = BY_ITSELF.map(str::to_owned);
            let codes = codes.get(which..=which).unwrap_or(&codes);
            row.declare_indicators(codes, eyes(fresh), &at_provider(who), &now()).ok()
        }
        Act::Declare(who, fresh) => row.declare(eyes(fresh), &at_provider(who), &now()).ok(),
        Act::Approve(who, fresh) => row.approve(eyes(fresh), &at_commissioner(who), &now()).ok(),
        Act::ApproveSecond(who, fresh) => {
            row.approve_second(eyes(fresh), &at_commissioner(who), &now()).ok()
        }
        Act::ApproveFinance(who, fresh) => {
            row.approve_finance(eyes(fresh), &at_commissioner(who), &now()).ok()
        }
        Act::ApproveNext(who, alone) => {
            let how = if alone { How::Alone } else { How::InList };
            row.approve_next(row.calculation, how, &at_commissioner(who), &now()).ok()
        }
        Act::Recalculate(number) => row.recalculated(
            Uuid::from_u128(500 + u128::from(number)).into(),
            Pence(7),
            // Some have indicators that are declared by themselves, others not.
            &BY_ITSELF.map(str::to_owned)[..usize::from(number % 3)],
            "new figures",
        ),
        Act::TakeBack(who) => row.take_back("again", &at_commissioner(who)).ok(),
        Act::ApproveLess(who, pence) => {
            let by = at_commissioner(who);
            row.approve_less(row.calculation, Pence(pence), "one line", &by, &now()).ok()
        }
        Act::Reject(who, fresh) => row.reject(eyes(fresh), "wrong", &at_commissioner(who)).ok(),
        Act::Automatic => row.automatic(&now()).map(|(_, change)| change),
        Act::Question(_) => None,
    }
}

/// Whether each step that the configuration asks of a person was taken by one, and no person took two, themselves or
/// through a deputy.
fn people_are_apart(row: &Declaration) -> bool {
    let state = &row.state;
    let both = |step: &Step| [step.by.person, step.by.principal].into_iter().flatten();
    let steps = [state.declared(), state.approved(), state.second(), state.finance()];
    let people: Vec<_> = steps.into_iter().flatten().flat_map(both).collect();
    // Who submitted figures may declare them.
    let mut approvals = steps[1..].iter().copied().flatten().flat_map(both);
    let own = approvals.any(|person| row.submitted_by.contains(&person));
    let by_itself = row.indicators.iter().filter_map(|own| own.declared.as_ref()).flat_map(both);
    let mut approvals = steps[1..].iter().copied().flatten().flat_map(both);
    let agreed: Vec<_> = by_itself.collect();
    let agreed = approvals.any(|person| agreed.contains(&person));
    let mut different = people.clone();
    different.sort_unstable();
    different.dedup();
    let by_person = |step: Option<&Step>| step.is_none_or(|step| step.by.person.is_some());
    different.len() == people.len()
        && !own
        && !agreed
        && (!row.steps.declaration_required || by_person(state.declared()))
        && (!row.steps.approval_required || by_person(state.approved()))
        && by_person(state.finance())
}

proptest! {
    /// Whatever is tried in whatever order: a state is reached only by its step, nobody acts twice, what is locked
    /// stays as it is, an amount changes only with its calculation, and each change raises the version by one.
    #[test]
    fn no_sequence_of_acts_breaks_the_rules(
        acts in acts(),
        declaration_required in any::<bool>(),
        approval_required in any::<bool>(),
        band in prop::sample::select(&Band::ALL[..]),
        submitter in 0..5_u128,
    ) {
        let mut row = declaration(Steps { declaration_required, approval_required });
        row.band = band;
        if declaration_required {
            row.indicators = SubjectToDeclare::all(&BY_ITSELF.map(str::to_owned));
        }
        row.submitted_by = vec![Uuid::from_u128(submitter).into()];
        for act in acts {
            if let Act::Question(is_open) = act {
                let asked = Clock::new(now().instant, Party::Provider, now().instant);
                row.open.commissioner = is_open.then_some(asked);
            }
            let Some(change) = attempt(&row, act) else { continue };
            let after = change.after;
            prop_assert_ne!(row.state.name(), "approved", "{:?} changed a locked declaration", act);
            let moved = (row.state.name(), after.state.name());
            let is_returned = matches!(change.event, Event::DeclarationReturned { .. });
            let is_taken_back = matches!(act, Act::TakeBack(_) | Act::Reject(..));
            prop_assert!(
                matches!(
                    moved,
                    ("awaiting_provider", "awaiting_provider" | "awaiting_commissioner")
                        | ("awaiting_commissioner", "awaiting_second" | "awaiting_finance")
                        | ("awaiting_second", "awaiting_finance")
                        | ("awaiting_finance", "approved")
                ) || ((is_returned || is_taken_back) && moved.1 == "awaiting_provider"),
                "{:?} moved {:?}", act, moved
            );
            prop_assert!(
                row.open.commissioner.is_none()
                    || !matches!(moved.1, "awaiting_second" | "awaiting_finance" | "approved"),
                "{:?} overtook a question", act
            );
            prop_assert!(
                moved.1 != "approved"
                    || !after.steps.approval_required
                    || (band != Band::Low) == after.state.second().is_some(),
                "{:?} approved in band {:?}", act, band
            );
            prop_assert!(
                band != Band::High || !matches!(act, Act::ApproveNext(_, false)),
                "{:?} in a list", act
            );
            prop_assert!(
                after.state.declared().is_none() || after.indicators_left().is_empty(),
                "{:?} left {:?}", act, after.indicators_left()
            );
            let is_back = is_returned || is_taken_back;
            prop_assert!(!is_back || after.indicators.iter().all(|own| own.declared.is_none()));
            prop_assert!(people_are_apart(&after), "{:?} gave {:?}", act, after.state);
            prop_assert_eq!(is_returned, row.calculation != after.calculation || matches!(act, Act::Recalculate(_)));
            prop_assert!(after.calculated() == row.calculated() || is_returned);
            prop_assert!(
                after.amount == after.calculated()
                    || (0 < after.amount.0 && after.amount < after.calculated())
            );
            prop_assert!(after.less == row.less || matches!(act, Act::ApproveLess(..)) || after.less.is_none());
            prop_assert!(after.less.is_none() || after.state.approved().is_some());
            prop_assert_eq!(after.version, row.version + 1);
            row = after;
        }
    }
}
