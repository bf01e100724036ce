//! Shows the life of an adjustment: what may be typed, each act in each state, then thousands of acts at random.

use super::*;
use crate::{
    Organisation, OrganisationKind, PersonId, Role,
    calculation::{Inputs, ListSize, National, calculate},
    reference::ReferenceFigures,
    submission::Field,
};
use proptest::prelude::*;
use std::sync::Arc;
use uuid::Uuid;

const SERVICE: &str = r#"
code = "PTS2526"
name = "Points of care"
summary = "One percentage and a count."
family = "QOF"
year = 2025
starts_on = 2025-04-01
ends_on = 2026-03-31
provider = "practice"
entry = "manual"
points_decimals = 2
list_size_date = 2026-01-01
reference = "QOF"

[payment]
frequency = "annual"
declaration_required = true
approval_required = true
pay_code = "PTS"

[[component]]
code = "CARE"
name = "Care"

[[component.indicator]]
code = "CARE1"
name = "Care given"
kind = "fraction"
points = "10"
lower = "40"
upper = "90"

[[component.indicator]]
code = "CARE2"
name = "Visits"
kind = "count"
fee = "10.00"
unit = "visits"

[[component]]
code = "MORE"
name = "More"

[[component.indicator]]
code = "MORE1"
name = "More given"
kind = "yes_no"
points = "3"
"#;

/// A service, the contracted component, and its calculation: 5 of 10 points.
struct World {
    service: Service,
    components: Vec<String>,
    calculation: Calculation,
}

/// 65 of 100 patients, with the average list.
fn inputs(service: &Service) -> Inputs {
    let figures = ReferenceFigures::from_toml(
        "set = \"QOF\"\nyear = 2025\npoint_value = \"225.49\"\naverage_list = 10184\nsource = \"A test\"\npublished_on = 2026-04-01\n",
    )
    .expect("figures");
    let figure = |code: &str, field, value| ((code.to_owned(), field), value);
    Inputs {
        figures: [
            figure("CARE1", Field::Numerator, 65),
            figure("CARE1", Field::Denominator, 100),
            figure("CARE2", Field::Count, 0),
        ]
        .into(),
        registered: Some(ListSize { patients: 10_184, on: service.list_size_date.unwrap() }),
        reference: Some(Arc::new(National { version: 1, figures })),
        ..Inputs::default()
    }
}

impl World {
    fn new() -> Self {
        let service = Service::from_toml(SERVICE).expect("a service");
        let components = vec!["CARE".to_owned()];
        let inputs = inputs(&service);
        let calculation =
            calculate(&service, &components, service.periods()[0], &inputs).expect("a calculation");
        Self { service, components, calculation }
    }

    fn case<'a>(&'a self, declaration: Option<&'a DeclarationState>) -> Case<'a> {
        Case {
            achievement: Uuid::from_u128(6).into(),
            commissioner: Uuid::from_u128(101).into(),
            service: &self.service,
            components: &self.components,
            calculation: Some(&self.calculation),
            in_force: &[],
            declaration,
        }
    }
}

fn person_at(number: u128, organisation: u128, kind: OrganisationKind, roles: &[Role]) -> Actor {
    Actor::Person {
        id: PersonId(Uuid::from_u128(number)),
        name: format!("Person {number}"),
        organisation: Organisation {
            id: Uuid::from_u128(organisation).into(),
            code: "QAA".into(),
            name: "NHS Anytown ICB".into(),
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

fn person(number: u128) -> Actor {
    let role =
        if number.is_multiple_of(2) { Role::ApprovalManagement } else { Role::FinanceManagement };
    person_at(number, 101, OrganisationKind::Icb, &[role])
}

fn now() -> Now {
    Now::at("2026-04-10T09:00:00Z".parse().expect("an instant"))
}

fn taken() -> Step {
    step(&person(9), &now())
}

fn locked() -> DeclarationState {
    DeclarationState::Approved {
        declared: taken(),
        approved: taken(),
        second: None,
        finance: taken(),
    }
}

const GOOD: Typed = Typed {
    indicator: "CARE1",
    kind: "points_more",
    number: "2",
    reason: "The supplier missed a day",
    evidence: "Letter of 2 April 2026",
};
const WHY: &str = "It was asked for by mistake";

fn asked(world: &World) -> Adjustment {
    world.case(None).ask(Uuid::from_u128(1).into(), &GOOD, &person(1), &now()).expect("asks").after
}

/// One adjustment in each state: person 1 asks, 2 decides, 3 wants it to end, 4 agrees that it ends.
fn every(world: &World) -> [Adjustment; 6] {
    let (case, now) = (world.case(None), now());
    let asked = asked(world);
    let agreed = asked.agree(&case, Effect::default(), &person(2), &now).expect("agrees").after;
    let refused = asked.refuse(WHY, &case, &person(2), &now).expect("refuses").after;
    let withdrawn = asked.withdraw(&case, &person(1), &now).expect("withdraws").after;
    let ending = agreed.ask_to_end(WHY, &case, &person(3), &now).expect("asks to end").after;
    let ended = ending.agree(&case, Effect::default(), &person(4), &now).expect("ends").after;
    [asked, agreed, refused, withdrawn, ending, ended]
}

fn answer(result: Result<Change<Adjustment>, CannotAdjust>) -> String {
    match result {
        Ok(change) => change.after.state.name().to_owned(),
        Err(why) => format!("{why:?}").split(['(', ' ']).next().unwrap_or_default().to_owned(),
    }
}

/// The whole machine: what each act does in each state, by somebody else and by who asked.
#[test]
fn every_act_on_an_adjustment_has_one_answer() {
    let world = World::new();
    let case = world.case(None);
    let rows: [[&str; 7]; 6] = [
        [
            "agreed",
            "SamePersonAsked",
            "refused",
            "SamePersonAsked",
            "NotYours",
            "withdrawn",
            "NotAgreed",
        ],
        ["Agreed", "Agreed", "Agreed", "Agreed", "Agreed", "Agreed", "ending"],
        ["Refused"; 7],
        ["Withdrawn"; 7],
        ["ended", "SamePersonAsked", "agreed", "SamePersonAsked", "NotYours", "agreed", "EndAsked"],
        ["Ended"; 7],
    ];
    for (before, wanted) in every(&world).iter().zip(rows) {
        let own = before
            .waits_for_another_than()
            .map_or(1, |step| if step.by.is(&person(1)) { 1 } else { 3 });
        let (own, other, now) = (person(own), person(6), now());
        let got = [
            answer(before.agree(&case, Effect::default(), &other, &now)),
            answer(before.agree(&case, Effect::default(), &own, &now)),
            answer(before.refuse(WHY, &case, &other, &now)),
            answer(before.refuse(WHY, &case, &own, &now)),
            answer(before.withdraw(&case, &other, &now)),
            answer(before.withdraw(&case, &own, &now)),
            answer(before.ask_to_end(WHY, &case, &own, &now)),
        ];
        assert_eq!(got, wanted, "when {}", before.state.name());
    }
}

#[test]
fn what_finance_has_approved_is_not_adjusted() {
    let (world, state) = (World::new(), locked());
    let (case, by, now) = (world.case(Some(&state)), person(6), now());
    let [asked, agreed, _, _, ending, _] = every(&world);
    let got = [
        answer(case.ask(Uuid::from_u128(2).into(), &GOOD, &by, &now)),
        answer(asked.agree(&case, Effect::default(), &by, &now)),
        answer(ending.agree(&case, Effect::default(), &by, &now)),
        answer(agreed.ask_to_end(WHY, &case, &by, &now)),
        // What changes no payment can still be put away.
        answer(asked.refuse(WHY, &case, &by, &now)),
        answer(asked.withdraw(&case, &person(1), &now)),
        answer(ending.refuse(WHY, &case, &by, &now)),
    ];
    assert_eq!(got, ["Locked", "Locked", "Locked", "Locked", "refused", "withdrawn", "agreed"]);
    let waiting =
        DeclarationState::AwaitingFinance { declared: taken(), approved: taken(), second: None };
    let case = world.case(Some(&waiting));
    assert_eq!(answer(asked.agree(&case, Effect::default(), &by, &now)), "agreed");
}

#[test]
fn only_two_people_of_the_commissioner_that_pays_adjust() {
    use OrganisationKind::{Icb, Practice, Region};
    let world = World::new();
    let (case, now) = (world.case(None), now());
    let [asked, agreed, ..] = every(&world);
    for (by, wanted) in [
        (person_at(6, 101, Icb, &[Role::ApprovalManagement]), "asked"),
        (person_at(6, 101, Icb, &[Role::FinanceManagement]), "asked"),
        (person_at(6, 101, Icb, &[Role::CommissioningManagement, Role::View]), "NotAllowed"),
        (person_at(6, 101, Icb, &[Role::FinanceView, Role::AchievementEntry]), "NotAllowed"),
        (person_at(6, 101, Practice, &[Role::DeclarationManagement]), "NotAllowed"),
        (person_at(6, 102, Icb, &[Role::ApprovalManagement]), "AnotherCommissioner"),
        (person_at(6, 103, Region, &[Role::FinanceManagement]), "AnotherCommissioner"),
        (Actor::system("Accord"), "NotAllowed"),
    ] {
        assert_eq!(answer(case.ask(Uuid::from_u128(2).into(), &GOOD, &by, &now)), wanted, "{by:?}");
        if wanted != "asked" {
            let got = [
                answer(asked.agree(&case, Effect::default(), &by, &now)),
                answer(asked.refuse(WHY, &case, &by, &now)),
                answer(asked.withdraw(&case, &by, &now)),
                answer(agreed.ask_to_end(WHY, &case, &by, &now)),
            ];
            assert_eq!(got, [wanted; 4], "{by:?}");
        }
    }
    let refused = case.ask(Uuid::from_u128(2).into(), &GOOD, &Actor::system("Accord"), &now);
    assert_eq!(
        case.ask(Uuid::from_u128(2).into(), &GOOD, &person_at(6, 101, Icb, &[Role::View]), &now)
            .unwrap_err()
            .to_string(),
        "You need the role Approval Management or Finance Management to adjust payments."
    );
    assert!(refused.is_err());
}

#[test]
fn without_an_amount_there_is_nothing_to_adjust() {
    let world = World::new();
    let case = Case { calculation: None, ..world.case(None) };
    let refused = case.ask(Uuid::from_u128(2).into(), &GOOD, &person(1), &now());
    assert_eq!(refused.err(), Some(CannotAdjust::NotCalculated));
    // Agreed while figures are held, it counts as soon as there is an amount again.
    let agreed = asked(&world).agree(&case, Effect::default(), &person(2), &now());
    assert_eq!(answer(agreed), "agreed");
}

/// What may be typed, and what comes of it; 5 of 10 points are earned now.
#[test]
fn what_is_typed_into_an_adjustment_is_read_or_refused() {
    let world = World::new();
    let ask =
        |typed: Typed| world.case(None).ask(Uuid::from_u128(2).into(), &typed, &person(1), &now());
    let points = |text: &str| text.parse::<Points>().expect("points");
    for (indicator, kind, number, wanted, words) in [
        ("CARE1", "points_more", "2", AdjustmentChange::Points(points("2")), "2 points more"),
        ("CARE1", "points_more", "5.00", AdjustmentChange::Points(points("5")), "5 points more"),
        ("CARE1", "points_fewer", "1", AdjustmentChange::Points(points("-1")), "1 point fewer"),
        ("CARE1", "points_fewer", "5", AdjustmentChange::Points(points("-5")), "5 points fewer"),
        (
            "CARE1",
            "instead",
            "9.25",
            AdjustmentChange::Instead(points("9.25")),
            "9.25 points in place of those earned",
        ),
        (
            "CARE1",
            "instead",
            "0",
            AdjustmentChange::Instead(points("0")),
            "0 points in place of those earned",
        ),
        (
            "CARE1",
            "pounds_more",
            "£1,250.50",
            AdjustmentChange::Amount(Pence(125_050)),
            "£1,250.50 more",
        ),
        ("CARE2", "pounds_less", "0.01", AdjustmentChange::Amount(Pence(-1)), "£0.01 less"),
        (
            WHOLE_PAYMENT,
            "pounds_less",
            "10000000",
            AdjustmentChange::Amount(Pence(-1_000_000_000)),
            "£10,000,000.00 less",
        ),
    ] {
        let change = ask(Typed { indicator, kind, number, ..GOOD }).expect(number);
        assert_eq!((&change.after.change, &*change.after.change.words()), (&wanted, words));
    }
    for (indicator, kind, number, field, said) in [
        ("", "points_more", "2", Asked::Indicator, "Select an indicator or the whole payment"),
        ("NONE", "points_more", "2", Asked::Indicator, "Select an indicator or the whole payment"),
        ("MORE1", "points_more", "2", Asked::Indicator, "Select an indicator or the whole payment"),
        (
            "CARE2",
            "points_more",
            "2",
            Asked::Indicator,
            "Select an indicator that is paid by points, or adjust pounds",
        ),
        (
            WHOLE_PAYMENT,
            "instead",
            "2",
            Asked::Indicator,
            "Select an indicator that is paid by points, or adjust pounds",
        ),
        ("CARE1", "", "2", Asked::Kind, "Select what to adjust"),
        ("CARE1", "points", "2", Asked::Kind, "Select what to adjust"),
        ("CARE1", "points_more", "", Asked::Number, "Enter the number of points"),
        ("CARE1", "pounds_more", "£", Asked::Number, "Enter the number of pounds"),
        ("CARE1", "points_more", "two", Asked::Number, "Points must be a number, like 4.5"),
        ("CARE1", "pounds_more", "1e3", Asked::Number, "Pounds must be a number, like 1,250.00"),
        ("CARE1", "points_more", "0", Asked::Number, "Points must be more than 0"),
        ("CARE1", "pounds_less", "0.00", Asked::Number, "Pounds must be more than 0"),
        (
            "CARE1",
            "points_fewer",
            "-2",
            Asked::Number,
            "Points must be 0 or more. Select whether to add them or to take them away",
        ),
        (
            "CARE1",
            "points_more",
            "1.005",
            Asked::Number,
            "Points must have no more than 2 decimals",
        ),
        (
            "CARE1",
            "pounds_more",
            "1.005",
            Asked::Number,
            "Pounds must have no more than 2 decimals",
        ),
        (
            "CARE1",
            "pounds_more",
            "10000000.01",
            Asked::Number,
            "Pounds must be £10,000,000.00 or less",
        ),
        (
            "CARE1",
            "pounds_more",
            "99999999999999999999",
            Asked::Number,
            "Pounds must be £10,000,000.00 or less",
        ),
        (
            "CARE1",
            "points_fewer",
            "5.01",
            Asked::Number,
            "CARE1 has 5 points now, so no more than that can be taken away",
        ),
        (
            "CARE1",
            "points_more",
            "5.01",
            Asked::Number,
            "CARE1 has 5 of 10 points now, so no more than 5 can be added",
        ),
        ("CARE1", "instead", "10.01", Asked::Number, "Points of CARE1 must be 10 or less"),
    ] {
        let refused = ask(Typed { indicator, kind, number, ..GOOD }).expect_err(number);
        assert_eq!(refused, CannotAdjust::Typed(vec![Wrong::new(field, said)]), "{kind} {number}");
    }
}

#[test]
fn an_adjustment_needs_a_reason_and_evidence() {
    let world = World::new();
    let ask = |reason: &str, evidence: &str| {
        let typed = Typed { reason, evidence, ..GOOD };
        match world.case(None).ask(Uuid::from_u128(2).into(), &typed, &person(1), &now()) {
            Ok(_) => Vec::new(),
            Err(CannotAdjust::Typed(wrong)) => wrong.into_iter().map(|own| own.message).collect(),
            Err(other) => vec![other.to_string()],
        }
    };
    let (shortest, longest) = ("é".repeat(10), "é".repeat(500));
    assert!(ask(&shortest, "x").is_empty());
    assert!(ask(&longest, &"x".repeat(200)).is_empty());
    assert_eq!(
        ask(" ", " "),
        ["Enter a reason", "Enter the evidence, such as the date of a letter"]
    );
    assert_eq!(ask("Too short", "x"), ["Reason must be 10 characters or more"]);
    assert_eq!(
        ask(&"x".repeat(501), &"x".repeat(201)),
        ["Reason must be 500 characters or less", "Evidence must be 200 characters or less"]
    );
    let all =
        world.case(None).ask(Uuid::from_u128(2).into(), &Typed::default(), &person(1), &now());
    let Err(CannotAdjust::Typed(wrong)) = all else { panic!("{all:?}") };
    assert_eq!(wrong.len(), 5, "everything at once: {wrong:?}");
    let refused = asked(&world).refuse("No", &world.case(None), &person(2), &now());
    assert_eq!(refused.unwrap_err().to_string(), "Reason must be 10 characters or more");
}

#[test]
fn points_that_have_moved_since_are_looked_at_again() {
    let world = World::new();
    let asked = asked(&world);
    let mut later = World::new();
    for line in &mut later.calculation.lines {
        line.points = line.points.as_ref().map(|_| "9.00".to_owned());
    }
    let refused = asked.agree(&later.case(None), Effect::default(), &person(2), &now());
    assert_eq!(
        refused.unwrap_err().to_string(),
        "CARE1 has 9 of 10 points now, so no more than 1 can be added. Refuse this adjustment and ask for another."
    );
    assert_eq!(answer(asked.refuse(WHY, &later.case(None), &person(2), &now())), "refused");
}

/// Figures changed after two people had agreed: an indicator has between none and all of its points.
#[test]
fn points_are_kept_between_none_and_all() {
    let world = World::new();
    let points = |number: &str| number.parse::<Points>().expect("points");
    for (change, kept, said) in [
        (
            AdjustmentChange::Points(points("7")),
            "10.00",
            "; adjusted: 5 +7 = 12; kept at 10, because there are 0 to 10 points",
        ),
        (
            AdjustmentChange::Points(points("-7")),
            "0.00",
            "; adjusted: 5 -7 = -2; kept at 0, because there are 0 to 10 points",
        ),
        (AdjustmentChange::Points(points("5")), "10.00", "; adjusted: 5 +5 = 10"),
        (AdjustmentChange::Points(points("-5")), "0.00", "; adjusted: 5 -5 = 0"),
    ] {
        let reason = "Agreed".to_owned();
        let own = calculation::Adjustment { indicator: Some("CARE1".into()), change, reason };
        let inputs = Inputs { adjustments: vec![own], ..inputs(&world.service) };
        let period = world.service.periods()[0];
        let result = calculate(&world.service, &world.components, period, &inputs).expect("points");
        let line =
            result.lines.iter().find(|line| line.indicator.as_deref() == Some("CARE1")).unwrap();
        assert_eq!(line.points.as_deref(), Some(kept));
        assert!(line.working.ends_with(said), "{}", line.working);
    }
}

#[test]
fn an_adjustment_in_force_says_who_asked_and_agreed_and_where_to_look() {
    let world = World::new();
    let used: Vec<_> =
        every(&world).into_iter().map(|own| used(&[own]).pop().map(|own| own.reason)).collect();
    let said = Some(
        "The supplier missed a day (asked by Person 1, agreed by Person 2 on 10 April 2026; Letter of 2 April 2026)"
            .to_owned(),
    );
    assert_eq!(used, [None, said.clone(), None, None, said, None]);
}

/// Whoever agreed first: points in the place of those earned, then what is added or taken away.
#[test]
fn points_in_place_of_those_earned_come_before_points_on_top() {
    let world = World::new();
    let [_, agreed, ..] = every(&world);
    let instead = AdjustmentChange::Instead(Points::whole(8));
    let first =
        Adjustment { change: instead.clone(), id: Uuid::from_u128(9).into(), ..agreed.clone() };
    let changes =
        |all: &[Adjustment]| used(all).into_iter().map(|own| own.change).collect::<Vec<_>>();
    let wanted = vec![instead, agreed.change.clone()];
    assert_eq!(changes(&[first.clone(), agreed.clone()]), wanted);
    assert_eq!(changes(&[agreed, first.clone()]), wanted);
    let in_force = used(&[first]);
    let case = Case { in_force: &in_force, ..world.case(None) };
    let typed = Typed { kind: "instead", ..GOOD };
    let refused = case.ask(Uuid::from_u128(2).into(), &typed, &person(1), &now());
    assert_eq!(
        refused.unwrap_err().to_string(),
        "CARE1 already has points in place of those earned. End that adjustment first"
    );
    assert!(case.ask(Uuid::from_u128(2).into(), &GOOD, &person(1), &now()).is_ok());
}

#[test]
fn every_state_of_an_adjustment_has_its_row_in_the_status_table() {
    for name in AdjustmentState::NAMES {
        assert_eq!(status::of(status::ADJUSTMENT, name).name, name);
    }
    let world = World::new();
    let names = every(&world).map(|own| own.state.name());
    assert_eq!(names, AdjustmentState::NAMES);
}

/// One thing that somebody may try; the number picks the person.
#[derive(Clone, Copy, Debug)]
enum Act {
    Agree(u8),
    Refuse(u8),
    Withdraw(u8),
    AskToEnd(u8),
    Lock,
}

proptest! {
    /// Whatever is tried in whatever order: nobody decides about what they asked for, nothing comes into force or ends
    /// without two people, what is final stays, and nothing changes a payment that is locked.
    #[test]
    fn no_sequence_of_acts_breaks_the_rules_of_adjustments(
        acts in proptest::collection::vec(
            (0..5_u8, 0..4_u8).prop_map(|(act, who)| match act {
                0 => Act::Agree(who),
                1 => Act::Refuse(who),
                2 => Act::Withdraw(who),
                3 => Act::AskToEnd(who),
                _ => Act::Lock,
            }),
            1..40,
        ),
        locks in any::<bool>(),
    ) {
        let world = World::new();
        let mut row = world
            .case(None)
            .ask(Uuid::from_u128(2).into(), &GOOD, &person(0), &now())
            .expect("asks")
            .after;
        let mut lock = None;
        for act in acts {
            let case = world.case(lock.as_ref());
            let result = match act {
                Act::Agree(who) => row.agree(&case, Effect::default(), &person(who.into()), &now()),
                Act::Refuse(who) => row.refuse(WHY, &case, &person(who.into()), &now()),
                Act::Withdraw(who) => row.withdraw(&case, &person(who.into()), &now()),
                Act::AskToEnd(who) => row.ask_to_end(WHY, &case, &person(who.into()), &now()),
                Act::Lock => {
                    lock = locks.then(locked);
                    continue;
                }
            };
            let Ok(Change { after, .. }) = result else { continue };
            let is_final = ["refused", "withdrawn", "ended"].contains(&row.state.name());
            prop_assert!(!is_final, "{:?} moved {:?}", act, row.state);
            if after.state.is_in_force() != row.state.is_in_force() {
                prop_assert!(lock.is_none(), "{:?} changed a locked payment", act);
            }
            match &after.state {
                AdjustmentState::Agreed { agreed } | AdjustmentState::Ending { agreed, .. } => {
                    prop_assert_ne!(agreed.by.person, after.asked.by.person);
                }
                AdjustmentState::Refused { refused, .. } => {
                    prop_assert_ne!(refused.by.person, after.asked.by.person);
                }
                AdjustmentState::Withdrawn { withdrawn } => {
                    prop_assert_eq!(withdrawn.by.person, after.asked.by.person);
                }
                AdjustmentState::Ended { agreed, asked, ended, .. } => {
                    prop_assert_ne!(agreed.by.person, after.asked.by.person);
                    prop_assert_ne!(asked.by.person, ended.by.person);
                }
                AdjustmentState::Asked => prop_assert!(false, "nothing leads back"),
            }
            prop_assert_eq!(after.version, row.version + 1);
            prop_assert_eq!((&after.change, &after.reason), (&row.change, &row.reason));
            row = after;
        }
    }
}
