//! What moved between two calculations, and what a few more patients would bring.

use super::*;
use crate::{reference::tests::national, service::tests::GOOD, submission::Figures};
use proptest::prelude::*;
use std::{collections::BTreeMap, sync::Arc};

fn figures(given: &[(&str, Field, i64)]) -> Figures {
    given.iter().map(|(code, field, figure)| (((*code).to_owned(), *field), *figure)).collect()
}

/// Everything of the demonstration service, with a numerator and a list of patients.
fn inputs(numerator: i64, patients: i64) -> Inputs {
    Inputs {
        figures: figures(&[
            ("AF001", Field::Register, 152),
            ("AF006", Field::Numerator, numerator),
            ("AF006", Field::Denominator, 100),
            ("LD001", Field::Register, 35),
            ("LD002", Field::Count, 30),
            ("QI001", Field::YesNo, 0),
        ]),
        registered: Some(ListSize { patients, on: "2026-01-01".parse().unwrap() }),
        reference: Some(national("QOF", 2025, "225.49", 10_184, &[("AF", "2.31")])),
        ..Inputs::default()
    }
}

fn all() -> Vec<String> {
    vec!["CLIN".into(), "OTHER".into()]
}

fn basis<'a>(service: &'a Service, components: &'a [String], inputs: &'a Inputs) -> Basis<'a> {
    Basis { service, components, period: service.periods()[0], inputs }
}

#[test]
fn what_moved_is_split_by_cause_and_adds_up() {
    let service = Service::from_toml(GOOD).unwrap();
    let mut rule = service.clone();
    rule.version = 2;
    let components = all();
    let before = inputs(65, 10_184);
    let mut after = inputs(70, 10_284);
    after.reference = Some(national("QOF", 2025, "230.00", 10_184, &[("AF", "2.4")]));
    after.adjustments = vec![Adjustment {
        indicator: None,
        change: AdjustmentChange::Amount(Pence(-500)),
        reason: "Agreed with the ICB".into(),
    }];
    let found = moved(&basis(&service, &components, &before), &basis(&rule, &components, &after));
    let told: Vec<_> = found
        .unwrap()
        .into_iter()
        .map(|own| (own.causes, own.changes, own.amount.to_string()))
        .collect();
    let changes = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        told,
        [
            (vec![Cause::Data], changes(&["AF006 numerator: 65 became 70"]), "£174.83".to_owned()),
            (
                vec![Cause::ListSize],
                changes(&["Registered patients: 10,184 became 10,284"]),
                "£226.60".to_owned()
            ),
            (
                vec![Cause::National],
                changes(&[
                    "Value of a point: £225.49 became £230.00",
                    "National prevalence of AF: 2.31% became 2.4%"
                ]),
                "-£19.15".to_owned()
            ),
            (
                vec![Cause::Rule],
                changes(&["Version of the definition: 1 became 2"]),
                "£0.00".to_owned()
            ),
            (vec![Cause::Adjustment], changes(&["Agreed with the ICB"]), "-£5.00".to_owned()),
        ]
    );
}

#[test]
fn practices_that_join_are_told_apart_from_figures_that_change() {
    let service = Service::from_toml(GOOD).unwrap();
    let components = vec!["OTHER".to_owned()];
    let own = |count: i64| figures(&[("LD002", Field::Count, count)]);
    let network = |members: &[(&str, i64)]| Inputs {
        figures: figures(&[
            ("LD001", Field::Register, 900),
            ("LD002", Field::Count, members.iter().map(|(_, count)| count).sum()),
            ("QI001", Field::YesNo, 0),
        ]),
        members: members.iter().map(|(code, count)| ((*code).to_owned(), own(*count))).collect(),
        ..inputs(0, 10_184)
    };
    let (before, after) = (network(&[("A1", 10), ("A2", 20)]), network(&[("A1", 12), ("A3", 5)]));
    let found =
        moved(&basis(&service, &components, &before), &basis(&service, &components, &after));
    let told: Vec<_> = found
        .unwrap()
        .into_iter()
        .map(|own| (own.causes, own.changes.join(", "), own.amount))
        .collect();
    assert_eq!(
        told,
        [
            (vec![Cause::Membership], "A3 joined, A2 left".into(), Pence(-15 * 14_000)),
            (
                vec![Cause::Data],
                "LD002 Number of health checks: 30 became 17".into(),
                Pence(2 * 14_000)
            ),
        ]
    );
}

#[test]
fn nobody_joined_a_calculation_that_does_not_know_its_practices() {
    let service = Service::from_toml(GOOD).unwrap();
    let components = vec!["OTHER".to_owned()];
    let before = Inputs { figures: inputs(0, 10_184).figures, ..inputs(0, 10_184) };
    let mut after = before.clone();
    after.members.insert("A1".to_owned(), figures(&[("LD002", Field::Count, 30)]));
    let moved =
        moved(&basis(&service, &components, &before), &basis(&service, &components, &after));
    assert_eq!(moved.unwrap(), []);
}

#[test]
fn a_rule_that_needs_a_new_figure_moves_together_with_it() {
    let before_rule = Service::from_toml(GOOD).unwrap();
    let more = GOOD.replace("code = \"QI001\"", "code = \"QI002\"");
    let after_rule = Service::from_toml(&more).unwrap();
    let components = all();
    let (before, mut after) = (inputs(65, 10_184), inputs(65, 10_184));
    after.figures.remove(&("QI001".to_owned(), Field::YesNo));
    after.figures.insert(("QI002".to_owned(), Field::YesNo), 1);
    let found =
        moved(&basis(&before_rule, &components, &before), &basis(&after_rule, &components, &after))
            .unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].causes, [Cause::Data, Cause::Rule]);
    assert_eq!(found[0].amount, Pence(5 * 22_549));
}

#[test]
fn the_forecast_says_what_a_few_more_would_bring() {
    let service = Service::from_toml(GOOD).unwrap();
    let components = all();
    let mut given = inputs(65, 10_184);
    given.figures.remove(&("QI001".to_owned(), Field::YesNo));
    let found = forecast(&basis(&service, &components, &given)).unwrap();
    let missing: Vec<_> = found.not_in.iter().map(|own| own.label.as_str()).collect();
    assert_eq!(missing, ["Quality improvement done"]);
    let told: Vec<_> = found
        .gains
        .iter()
        .map(|own| (own.indicator.as_str(), own.more, own.unit.as_str(), own.amount))
        .collect();
    assert_eq!(
        told,
        [
            // 12 × 10 ÷ 50 = 2.4 points × £225.49 × (152 ÷ 10,184 ÷ 2.31%)
            ("AF006", 10, "patients", Pence(34_966)),
            // only 5 of them, because there are 35 on the register
            ("LD002", 10, "health checks", Pence(5 * 14_000)),
            ("QI001", 1, "answer of yes", Pence(5 * 22_549)),
        ]
    );
    let none = forecast(&basis(&service, &components, &Inputs { registered: None, ..given }));
    assert!(none.is_err(), "without a list nothing can be said");
}

#[test]
fn fewer_is_more_where_a_low_percentage_is_the_better_one() {
    let low = GOOD.replace("lower = \"40\"\nupper = \"90\"", "lower = \"90\"\nupper = \"40\"");
    let service = Service::from_toml(&low).unwrap();
    let components = vec!["CLIN".to_owned()];
    let given = inputs(65, 10_184);
    let found = forecast(&basis(&service, &components, &given)).unwrap();
    assert_eq!((found.gains[0].more, found.gains[0].amount), (-10, Pence(34_967)));
}

proptest! {
    /// Whatever changes, the parts make the whole.
    #[test]
    fn the_parts_of_a_change_make_the_whole(
        numerators in (0_i64..=100, 0_i64..=100),
        lists in (1_i64..20_000, 1_i64..20_000),
        values in (1_i64..40_000, 1_i64..40_000),
        adjusted in (-9_000_i64..9_000, -9_000_i64..9_000),
        counts in (0_i64..60, 0_i64..60),
    ) {
        let service = Service::from_toml(GOOD).unwrap();
        let components = all();
        let make = |numerator, patients, value: i64, adjusted, count| {
            let mut own = inputs(numerator, patients);
            own.figures.insert(("LD002".to_owned(), Field::Count), count);
            let mut figures = (**own.reference.as_ref().unwrap()).clone();
            figures.figures.point_value = Pence(value);
            own.reference = Some(Arc::new(figures));
            own.adjustments = vec![Adjustment {
                indicator: None,
                change: AdjustmentChange::Amount(Pence(adjusted)),
                reason: adjusted.to_string(),
            }];
            own
        };
        let before = make(numerators.0, lists.0, values.0, adjusted.0, counts.0);
        let after = make(numerators.1, lists.1, values.1, adjusted.1, counts.1);
        let (before, after) =
            (basis(&service, &components, &before), basis(&service, &components, &after));
        let parts: i64 = moved(&before, &after).unwrap().iter().map(|own| own.amount.0).sum();
        let whole = |basis: &Basis| {
            calculate(basis.service, basis.components, basis.period, basis.inputs).unwrap().amount.0
        };
        prop_assert_eq!(parts, whole(&after) - whole(&before));
    }
}

#[test]
fn members_are_kept_as_they_were() {
    let members = BTreeMap::from([("A1".to_owned(), figures(&[("LD002", Field::Count, 3)]))]);
    let inputs = Inputs { members, ..inputs(65, 10_184) };
    let kept = serde_json::to_string(&inputs).unwrap();
    assert_eq!(serde_json::from_str::<Inputs>(&kept).unwrap(), inputs);
}
