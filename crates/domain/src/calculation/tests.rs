//! Printed worked examples, each kind of payment, and what stops a calculation.

use super::*;
use crate::{
    calendar::Period,
    reference::tests::national,
    submission::{Field, Figures},
};
use proptest::prelude::*;
use std::sync::Arc;

/// A service with the national figures of its year.
struct Subject {
    service: Service,
    national: Option<Arc<National>>,
}

impl Subject {
    fn inputs(&self, figures: &Figures, registered: Option<ListSize>) -> Inputs {
        Inputs {
            figures: figures.clone(),
            registered,
            reference: self.national.clone(),
            ..Inputs::default()
        }
    }

    fn try_pay(
        &self,
        components: &[&str],
        figures: &Figures,
        list: Option<ListSize>,
    ) -> Result<Calculation, CannotCalculate> {
        self.calculate(components, &self.inputs(figures, list))
    }

    fn calculate(
        &self,
        components: &[&str],
        inputs: &Inputs,
    ) -> Result<Calculation, CannotCalculate> {
        let components: Vec<String> = components.iter().map(|own| (*own).to_owned()).collect();
        calculate(&self.service, &components, self.service.periods()[0], inputs)
    }

    fn pay(&self, components: &[&str], figures: &Figures, list: Option<ListSize>) -> Calculation {
        self.try_pay(components, figures, list).unwrap()
    }
}

/// A points service with one adjusted indicator of so many points, at a value, average list and national prevalence.
fn points_service(points: &str, value: &str, average: u32, prevalence: &str) -> Subject {
    let text = format!(
        r#"
code = "W"
name = "Worked example"
summary = "As printed."
family = "QOF"
year = 2025
starts_on = 2025-04-01
ends_on = 2026-03-31
provider = "practice"
entry = "manual"
list_size_date = 2026-01-01
reference = "QOF"
[payment]
frequency = "annual"
declaration_required = true
approval_required = true
pay_code = "W"
[[component]]
code = "ADJ"
name = "Adjusted"
[[component.indicator]]
code = "G001"
name = "Register"
kind = "register"
prevalence_group = "G"
[[component.indicator]]
code = "G002"
name = "Adjusted by prevalence"
kind = "fraction"
points = "{points}"
lower = "50"
upper = "90"
prevalence_group = "G"
[[component]]
code = "FLAT"
name = "Not adjusted"
[[component.indicator]]
code = "Q001"
name = "Quality improvement"
kind = "yes_no"
points = "{points}"
"#
    );
    let national = Some(national("QOF", 2025, value, average, &[("G", prevalence)]));
    Subject { service: Service::from_toml(&text).unwrap(), national }
}

fn figures(given: &[(&str, Field, i64)]) -> Figures {
    given.iter().map(|(code, field, figure)| (((*code).to_owned(), *field), *figure)).collect()
}

fn list(patients: i64) -> Option<ListSize> {
    Some(ListSize { patients, on: "2026-01-01".parse().unwrap() })
}

/// Examples W2 and W3 (dementia, 44 points) and W5 (74 points at a list of the average size), to the printed penny.
#[test]
fn printed_examples_are_reproduced_to_the_penny() {
    for (register, printed) in [(53, "£6,619.98"), (72, "£8,993.18")] {
        let service = points_service("44", "194.83", 8799, "0.78");
        let given = figures(&[
            ("G001", Field::Register, register),
            ("G002", Field::Numerator, 48),
            ("G002", Field::Denominator, 50),
        ]);
        let paid = service.pay(&["ADJ"], &given, list(10_000));
        assert_eq!(paid.amount.to_string(), printed, "{register} on the register");
        assert_eq!(paid.points, Some(Points::whole(44)), "points themselves are not adjusted");
    }
    let service = points_service("74", "201.16", 9085, "1");
    let yes = figures(&[("Q001", Field::YesNo, 1)]);
    for (patients, printed) in [(9085, "£14,885.84"), (9085 * 2, "£29,771.68")] {
        let paid = service.pay(&["FLAT"], &yes, list(patients));
        assert_eq!(paid.amount.to_string(), printed, "{patients} patients");
    }
}

#[test]
fn pounds_are_rounded_once_at_the_total() {
    // Two indicators worth a third of a penny and a bit each: rounded one by one they would vanish.
    let service = points_service("1", "0.01", 3, "100");
    let given = figures(&[
        ("G001", Field::Register, 1),
        ("G002", Field::Numerator, 9),
        ("G002", Field::Denominator, 10),
        ("Q001", Field::YesNo, 1),
    ]);
    let paid = service.pay(&["ADJ", "FLAT"], &given, list(1));
    assert_eq!(paid.amount, Pence(1), "two thirds of a penny");
    let shown: Vec<_> = paid
        .lines
        .iter()
        .filter(|line| line.indicator.is_some())
        .map(|line| &line.amount)
        .collect();
    assert_eq!(shown, ["", "£0.00", "£0.00"]);
    assert!(
        paid.lines.last().unwrap().working.starts_with("£0.006667 before rounding"),
        "{:?}",
        paid.lines.last()
    );
}

#[test]
fn points_are_rounded_for_each_indicator_where_the_definition_says_so() {
    let mut service = points_service("15.5", "100.00", 100, "1");
    let given = figures(&[
        ("G001", Field::Register, 1),
        ("G002", Field::Numerator, 7),
        ("G002", Field::Denominator, 10),
    ]);
    // 15.5 × (70 − 50) ÷ 40 = 7.75; with 2/3 of the patients it is 15.5 × (66.66… − 50) ÷ 40 = 6.458333…
    assert_eq!(service.pay(&["ADJ"], &given, list(100)).points, Some(Exact::new(775, 100)));
    let third = figures(&[
        ("G001", Field::Register, 1),
        ("G002", Field::Numerator, 2),
        ("G002", Field::Denominator, 3),
    ]);
    assert_eq!(service.pay(&["ADJ"], &third, list(100)).points, Some(Exact::new(155, 24)));
    assert_eq!(service.pay(&["ADJ"], &third, list(100)).amount, Pence(64_583));
    service.service.points_decimals = Some(2);
    assert_eq!(service.pay(&["ADJ"], &third, list(100)).points, Some(Exact::new(646, 100)));
    assert_eq!(service.pay(&["ADJ"], &third, list(100)).amount, Pence(64_600));
}

#[test]
fn a_register_earns_all_its_points_as_soon_as_somebody_is_on_it() {
    let mut service = points_service("44", "194.83", 8799, "0.78");
    let group = Some("G".to_owned());
    service.service.components[0].indicators[0].kind =
        IndicatorKind::Register { points: Some(Points::whole(5)), prevalence_group: group };
    for (register, points) in [(0, 0), (1, 5), (90, 5)] {
        let given = figures(&[
            ("G001", Field::Register, register),
            ("G002", Field::Numerator, 0),
            ("G002", Field::Denominator, 50),
        ]);
        let paid = service.pay(&["ADJ"], &given, list(10_000));
        assert_eq!(paid.points, Some(Points::whole(points)), "{register} on the register");
    }
}

/// Example W1 (atrial fibrillation, 29 points, 5 of them for the register). It was printed as £14,924.71, with both
/// factors rounded to 2 decimals first; with unrounded ones it is £14,921.66.
#[test]
fn points_of_a_register_are_adjusted_by_the_prevalence_it_gives() {
    let mut service = points_service("24", "207.56", 9_374, "2.1");
    service.service.components[0].indicators[0].kind = IndicatorKind::Register {
        points: Some(Points::whole(5)),
        prevalence_group: Some("G".to_owned()),
    };
    let given = figures(&[
        ("G001", Field::Register, 488),
        ("G002", Field::Numerator, 470),
        ("G002", Field::Denominator, 480),
    ]);
    let paid = service.pay(&["ADJ"], &given, list(16_000));
    assert_eq!((paid.points, paid.amount), (Some(Points::whole(29)), Pence(1_492_166)));
}

/// The prevalence adjustment of the Investment and Impact Fund: the indicator's own denominator over the list.
#[test]
fn a_denominator_can_give_the_prevalence_of_its_own_indicator() {
    let mut subject = points_service("36", "198.00", 50_000, "0.5");
    let component = &mut subject.service.components[0];
    component.indicators.remove(0);
    let IndicatorKind::Fraction { gives_prevalence, .. } = &mut component.indicators[0].kind else {
        panic!("the other indicator is a percentage");
    };
    *gives_prevalence = true;
    // 300 of 50,000 are 0.6%, so the factor is 1.2; 70% is half of the way.
    let given = figures(&[("G002", Field::Numerator, 210), ("G002", Field::Denominator, 300)]);
    let paid = subject.pay(&["ADJ"], &given, list(50_000));
    assert_eq!((paid.points, paid.amount), (Some(Points::whole(18)), Pence(427_680)));
}

#[test]
fn nobody_in_the_denominator_earns_no_points_and_the_line_says_so() {
    let service = points_service("44", "194.83", 8799, "0.78");
    let given = figures(&[
        ("G001", Field::Register, 0),
        ("G002", Field::Numerator, 0),
        ("G002", Field::Denominator, 0),
    ]);
    let paid = service.pay(&["ADJ"], &given, list(10_000));
    assert_eq!((paid.amount, paid.points), (Pence(0), Some(Points::zero())));
    assert!(
        paid.lines.iter().any(|line| line.working.starts_with("The denominator is 0: 0 points"))
    );
}

#[test]
fn every_line_says_what_went_in_and_how_it_was_worked_out() {
    let service = points_service("20", "100.00", 10_000, "2");
    let given = figures(&[
        ("G001", Field::Register, 300),
        ("G002", Field::Numerator, 280),
        ("G002", Field::Denominator, 400),
        ("Q001", Field::YesNo, 0),
    ]);
    let paid = service.pay(&["ADJ", "FLAT"], &given, list(12_000));
    let told: Vec<_> = paid
        .lines
        .iter()
        .map(|line| (line.title.as_str(), line.working.as_str(), line.amount.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("List size factor", "12,000 patients ÷ national average 10,000 = 1.2", ""),
            ("Prevalence factor G: Register", "300 ÷ 12,000 = 2.5%; ÷ national 2% = 1.25", ""),
            (
                "Adjusted by prevalence",
                "280 ÷ 400 = 70%, between 50% and 90%: 20 × (70 − 50) ÷ (90 − 50) = 10 points; \
                 10 × prevalence factor 1.25 = 12.5 adjusted points",
                "£1,500.00"
            ),
            ("Quality improvement", "Answer No: none of the 20 points", "£0.00"),
            (
                "Value of the points",
                "£100.00 × 1.2 × 12.5 adjusted points = £1,500.00",
                "£1,500.00"
            ),
            ("Total payment", "Sum of the amounts above", "£1,500.00"),
        ]
    );
    let inputs: Vec<_> = paid.lines[2]
        .inputs
        .iter()
        .map(|own| format!("{}: {} ({})", own.label, own.value, own.source))
        .collect();
    assert_eq!(
        inputs,
        [
            "Numerator: 280 (Submitted figure)",
            "Denominator: 400 (Submitted figure)",
            "Lower threshold: 50% (Definition of the service)",
            "Upper threshold: 90% (Definition of the service)",
            "Points available: 20 (Definition of the service)",
        ]
    );
    assert_eq!(paid.lines[0].inputs[0].source, "Registered patients on 1 January 2026");
    let kept = serde_json::to_string(&paid).unwrap();
    assert_eq!(
        serde_json::from_str::<Calculation>(&kept).unwrap(),
        paid,
        "a record gives back the same lines"
    );
}

/// Blood tests without a limit, health checks up to the register, and an amount for each patient.
fn fee_service(frequency: &str) -> Subject {
    let text = format!(
        r#"
code = "F"
name = "Fees"
summary = "Fees."
family = "Local"
year = 2025
starts_on = 2025-04-01
ends_on = 2026-03-31
provider = "practice"
entry = "manual"
list_size_date = 2025-01-01
[payment]
frequency = "{frequency}"
declaration_required = true
approval_required = true
pay_code = "F"
[[component]]
code = "A"
name = "Fees"
[[component.indicator]]
code = "A1"
name = "Blood tests"
kind = "count"
fee = "10.06"
unit = "blood tests"
[[component.indicator]]
code = "LD1"
name = "Learning disability register"
kind = "register"
[[component.indicator]]
code = "LD2"
name = "Health checks"
kind = "count"
fee = "140.00"
maximum = "LD1"
unit = "health checks"
[[component]]
code = "B"
name = "By list"
[[component.indicator]]
code = "P1"
name = "Amount for each patient"
kind = "per_patient"
rate_per_year = "2.266"
"#
    );
    Subject { service: Service::from_toml(&text).unwrap(), national: None }
}

#[test]
fn a_fee_is_paid_for_each_item_up_to_the_maximum_and_the_cut_is_told() {
    let service = fee_service("quarterly");
    for (tests, checks, register, pence, told) in [
        (0, 0, 0, 0, ""),
        (3, 35, 35, 3 * 1006 + 35 * 14_000, ""),
        (
            0,
            37,
            35,
            35 * 14_000,
            "37 health checks were submitted, but only 35 are paid, because there are 35 patients on the register. ",
        ),
        (1_234, 0, 1, 1_234 * 1006, ""),
    ] {
        let given = figures(&[
            ("A1", Field::Count, tests),
            ("LD1", Field::Register, register),
            ("LD2", Field::Count, checks),
        ]);
        let paid = service.pay(&["A"], &given, None);
        assert_eq!(
            (paid.amount, paid.points.clone()),
            (Pence(pence), None),
            "{tests}, {checks} of {register}"
        );
        let line = paid.lines.iter().find(|line| line.indicator.as_deref() == Some("LD2")).unwrap();
        assert!(
            line.working
                .starts_with(&format!("{told}{} health checks × £140.00", checks.min(register))),
            "{line:?}"
        );
    }
}

#[test]
fn an_amount_for_each_patient_is_divided_over_the_year() {
    for (frequency, periods, printed) in
        [("monthly", 12, "£8,520.16"), ("quarterly", 4, "£25,560.48"), ("annual", 1, "£102,241.92")]
    {
        let service = fee_service(frequency);
        assert_eq!(service.service.periods().len(), periods);
        let paid = service.pay(&["B"], &Figures::new(), list(45_120));
        assert_eq!(paid.amount.to_string(), printed, "{frequency}");
    }
    let line = &fee_service("monthly").pay(&["B"], &Figures::new(), list(45_120)).lines[0];
    assert_eq!(line.working, "45,120 patients × £2.266 ÷ 12 payments a year = £8,520.16");
}

#[test]
fn missing_is_never_zero_and_everything_missing_is_named() {
    let service = points_service("44", "194.83", 8799, "0.78");
    let half = figures(&[("G002", Field::Numerator, 3)]);
    let refused = service.try_pay(&["ADJ", "FLAT"], &half, None).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "The payment cannot be calculated until these are in: Register, G002 denominator, Quality improvement, \
         list size on 1 January 2026."
    );
    let complete = figures(&[("Q001", Field::YesNo, 1)]);
    let nobody = service.try_pay(&["FLAT"], &complete, list(0)).unwrap_err();
    let CannotCalculate::Missing { figures, others } = nobody else { panic!("{nobody}") };
    assert_eq!(
        (figures.len(), others),
        (0, vec!["list size on 1 January 2026".to_owned()]),
        "a list of nobody was not loaded"
    );
    let mut inputs = service.inputs(&complete, list(1));
    inputs.reference = None;
    let refused = service.calculate(&["FLAT"], &inputs).unwrap_err().to_string();
    assert!(refused.ends_with("are in: national figures QOF 2025 to 2026."), "{refused}");
    let mut national = (**service.national.as_ref().unwrap()).clone();
    national.figures.prevalence.clear();
    let mut inputs = service.inputs(&half, list(1));
    inputs.reference = Some(Arc::new(national));
    let refused = service.calculate(&["ADJ"], &inputs).unwrap_err().to_string();
    assert!(refused.ends_with("G002 denominator, national prevalence of G."), "{refused}");
}

#[test]
fn what_cannot_be_true_or_is_not_paid_is_refused() {
    let service = points_service("44", "194.83", 8799, "0.78");
    let impossible = figures(&[
        ("G001", Field::Register, 50),
        ("G002", Field::Numerator, 51),
        ("G002", Field::Denominator, 50),
    ]);
    let refused = service.try_pay(&["ADJ"], &impossible, list(1)).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "The payment cannot be calculated. G002 numerator must be 50 or less, because the denominator is 50."
    );
    let start = service.service.starts_on;
    let other = Period { start, end: start };
    let nothing = Inputs::default();
    assert_eq!(
        calculate(&service.service, &["FLAT".into()], other, &nothing),
        Err(CannotCalculate::Period(other))
    );
    let mut participation = service.service.clone();
    participation.payment = None;
    assert_eq!(
        calculate(&participation, &[], other, &nothing),
        Err(CannotCalculate::ParticipationOnly)
    );
    let fees = fee_service("annual");
    let huge = figures(&[
        ("A1", Field::Count, i64::MAX),
        ("LD1", Field::Register, 0),
        ("LD2", Field::Count, 0),
    ]);
    assert_eq!(fees.try_pay(&["A"], &huge, None), Err(CannotCalculate::TooLarge));
}

#[test]
fn components_the_contract_leaves_out_are_neither_needed_nor_paid() {
    let service = fee_service("annual");
    let given =
        figures(&[("A1", Field::Count, 2), ("LD1", Field::Register, 0), ("LD2", Field::Count, 0)]);
    let paid = service.pay(&["A"], &given, None);
    assert_eq!(paid.amount, Pence(2012));
    assert!(paid.lines.iter().all(|line| line.indicator.as_deref() != Some("P1")));
}

proptest! {
    #[test]
    fn more_patients_reached_are_never_paid_less(numerator in 0_i64..500, spare in 1_i64..500, register in 0_i64..900) {
        let service = points_service("44", "194.83", 8799, "0.78");
        let amount = |numerator: i64| {
            let given = figures(&[
                ("G001", Field::Register, register),
                ("G002", Field::Numerator, numerator),
                ("G002", Field::Denominator, 1000),
            ]);
            service.pay(&["ADJ"], &given, list(10_000)).amount
        };
        prop_assert!(amount(numerator) <= amount(numerator + spare));
    }
}
