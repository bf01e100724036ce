//! Each way of paying with its inputs, result and words.

use super::*;
use crate::{reference::tests::national, submission::Figures};
use proptest::prelude::*;

/// A quarterly service with one indicator, written as in a definition, beside a register `R1`.
fn service(indicator: &str) -> Service {
    let list = if indicator.contains("points") || indicator.contains("per_patient") {
        "list_size_date = 2025-01-01"
    } else {
        ""
    };
    let reference = if indicator.contains("points") { "reference = \"QOF\"" } else { "" };
    let text = format!(
        r#"
code = "K"
name = "Kinds"
summary = "One of a kind."
family = "Local"
year = 2025
starts_on = 2025-04-01
ends_on = 2026-03-31
provider = "practice"
entry = "manual"
{list}
{reference}
[payment]
frequency = "quarterly"
declaration_required = true
approval_required = true
pay_code = "K"
[[component]]
code = "C"
name = "Component"
[[component.indicator]]
code = "R1"
name = "Register"
kind = "register"
[[component.indicator]]
code = "I1"
name = "The indicator"
{indicator}
"#
    );
    Service::from_toml(&text).unwrap()
}

fn given(figures: &[(&str, Field, i64)]) -> Figures {
    figures.iter().map(|(code, field, figure)| (((*code).to_owned(), *field), *figure)).collect()
}

/// Inputs with a list of the average size at £100 for a point, so that points are worth £100 each.
fn inputs(figures: &[(&str, Field, i64)]) -> Inputs {
    let mut figures = given(figures);
    figures.entry(("R1".into(), Field::Register)).or_insert(10);
    Inputs {
        figures,
        registered: Some(ListSize { patients: 8_000, on: "2025-01-01".parse().unwrap() }),
        weighted: Some(WeightedList {
            patients: "8123.25".parse().unwrap(),
            on: "2025-01-01".parse().unwrap(),
        }),
        reference: Some(national("QOF", 2025, "100.00", 8_000, &[])),
        ..Inputs::default()
    }
}

/// The payment for the first quarter, and the words of the indicator's line.
fn pay(service: &Service, inputs: &Inputs) -> (String, String) {
    let result = calculate(service, &["C".into()], service.periods()[0], inputs).unwrap();
    let line = result.lines.iter().find(|line| line.indicator.as_deref() == Some("I1")).unwrap();
    (result.amount.to_string(), line.working.clone())
}

fn percentage(numerator: i64, denominator: i64) -> Inputs {
    inputs(&[("I1", Field::Numerator, numerator), ("I1", Field::Denominator, denominator)])
}

fn count(count: i64) -> Inputs {
    inputs(&[("I1", Field::Count, count)])
}

#[test]
fn reaching_the_lower_threshold_can_earn_points_at_once() {
    // VI001 of 2021 to 2022: 3 points on reaching 90%, the other 15 up to 95%.
    let service = service(
        "kind = \"fraction\"\npoints = \"18\"\nlower = \"90\"\nupper = \"95\"\nat_lower = \"3\"",
    );
    for (numerator, denominator, amount, words) in [
        (899, 1000, "£0.00", "899 ÷ 1,000 = 89.9%, at or below 90%: 0 points"),
        (
            90,
            100,
            "£300.00",
            "3 points for reaching 90%. 90 ÷ 100 = 90%, at or below 90%: 0 points; 3 + 0 = 3 points",
        ),
        (
            92,
            100,
            "£900.00",
            "3 points for reaching 90%. 92 ÷ 100 = 92%, between 90% and 95%: 15 × (92 − 90) ÷ (95 − 90) = 6 points; 3 + 6 = 9 points",
        ),
        (
            95,
            100,
            "£1,800.00",
            "3 points for reaching 90%. 95 ÷ 100 = 95%, at or above 95%: all 15 points; 3 + 15 = 18 points",
        ),
        (0, 0, "£0.00", "The denominator is 0: 0 points"),
    ] {
        let paid = pay(&service, &percentage(numerator, denominator));
        assert_eq!(paid, (amount.to_owned(), words.to_owned()), "{numerator}/{denominator}");
    }
}

#[test]
fn points_can_be_all_or_nothing_from_a_percentage() {
    let service = service("kind = \"fraction\"\npoints = \"4\"\nfrom = \"70\"");
    for (numerator, denominator, amount, words) in [
        (69, 100, "£0.00", "69 ÷ 100 = 69%, below 70%: 0 points"),
        (7, 10, "£400.00", "7 ÷ 10 = 70%, at or above 70%: all 4 points"),
        (0, 0, "£0.00", "The denominator is 0: 0 points"),
    ] {
        let paid = pay(&service, &percentage(numerator, denominator));
        assert_eq!(paid, (amount.to_owned(), words.to_owned()));
    }
}

#[test]
fn whole_points_are_earned_for_the_highest_step_reached() {
    let service = service(
        "kind = \"fraction\"\nsteps = [{ from = \"50\", points = \"2\" }, { from = \"75\", points = \"5\" }]",
    );
    for (numerator, amount, words) in [
        (49, "£0.00", "49 ÷ 100 = 49%, below the first step: 0 points"),
        (50, "£200.00", "50 ÷ 100 = 50%, the step from 50%: 2 points"),
        (74, "£200.00", "74 ÷ 100 = 74%, the step from 50%: 2 points"),
        (75, "£500.00", "75 ÷ 100 = 75%, the step from 75%: 5 points"),
    ] {
        assert_eq!(
            pay(&service, &percentage(numerator, 100)),
            (amount.to_owned(), words.to_owned())
        );
    }
}

#[test]
fn a_band_pays_its_amount_by_percentage_or_number() {
    let bands =
        "bands = [{ from = \"60\", amount = \"100.00\" }, { from = \"80\", amount = \"250.50\" }]";
    let by_percentage = service(&format!("kind = \"fraction\"\n{bands}"));
    for (inputs, amount, words) in [
        (percentage(599, 1000), "£0.00", "599 ÷ 1,000 = 59.9%, below the first band: £0.00"),
        (percentage(6, 10), "£100.00", "6 ÷ 10 = 60%, the band from 60%: £100.00"),
        (percentage(10, 10), "£250.50", "10 ÷ 10 = 100%, the band from 80%: £250.50"),
        (percentage(0, 0), "£0.00", "The denominator is 0, below the first band: £0.00"),
    ] {
        assert_eq!(pay(&by_percentage, &inputs), (amount.to_owned(), words.to_owned()));
    }
    let by_number = service(&format!("kind = \"count\"\nunit = \"reviews\"\n{bands}"));
    assert_eq!(
        pay(&by_number, &count(79)),
        ("£100.00".into(), "79 reviews, the band from 60: £100.00".into())
    );
}

#[test]
fn a_cap_pays_no_more_items_than_it_says() {
    let capped = |per: &str| {
        service(&format!(
            "kind = \"count\"\nunit = \"requests\"\nfee = \"20.00\"\ncap = {{ items = 10, per = \"{per}\" }}"
        ))
    };
    for (per, earlier, submitted, amount, words) in [
        ("period", 0, 10, "£200.00", "10 requests × £20.00 = £200.00"),
        (
            "period",
            9,
            12,
            "£200.00",
            "12 requests were counted, but only 10 are paid, because the cap is 10 for a period. 10 requests × £20.00 = £200.00",
        ),
        (
            "service",
            9,
            12,
            "£20.00",
            "12 requests were counted, but only 1 are paid, because the cap is 10 for the service and earlier periods counted 9. 1 requests × £20.00 = £20.00",
        ),
        (
            "service",
            11,
            1,
            "£0.00",
            "1 requests were counted, but only 0 are paid, because the cap is 10 for the service and earlier periods counted 11. 0 requests × £20.00 = £0.00",
        ),
    ] {
        let inputs =
            Inputs { earlier: given(&[("I1", Field::Count, earlier)]), ..count(submitted) };
        assert_eq!(pay(&capped(per), &inputs), (amount.to_owned(), words.to_owned()));
    }
}

#[test]
fn a_maximum_of_the_whole_service_looks_back() {
    let service = service(
        "kind = \"count\"\nunit = \"checks\"\nfee = \"140.00\"\nmaximum = \"R1\"\nmaximum_per = \"service\"",
    );
    assert!(service.indicator("I1").unwrap().looks_back());
    let inputs = Inputs { earlier: given(&[("I1", Field::Count, 6)]), ..count(5) };
    assert_eq!(
        pay(&service, &inputs),
        (
            "£560.00".into(),
            "5 checks were submitted, but only 4 are paid, because there are 10 patients on the register and earlier periods counted 6. 4 checks × £140.00 = £560.00".into()
        )
    );
}

#[test]
fn a_maximum_can_refuse_instead_of_clipping() {
    let service = |above: &str| {
        service(&format!(
            "kind = \"count\"\nunit = \"checks\"\nfee = \"140.00\"\nmaximum = \"R1\"\nabove = \"{above}\""
        ))
    };
    assert_eq!(pay(&service("clip"), &count(11)).0, "£1,400.00");
    let refused = service("refuse");
    let error = calculate(&refused, &["C".into()], refused.periods()[0], &count(11)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "The payment cannot be calculated. Number of checks must be 10 or less, because there are 10 patients on the register."
    );
}

#[test]
fn an_amount_for_each_and_month_counts_the_months_of_the_period() {
    let service =
        service("kind = \"count\"\nunit = \"care home beds\"\nrate_per_month = \"10.8544\"");
    assert_eq!(
        pay(&service, &count(37)),
        ("£1,204.84".into(), "37 care home beds × £10.8544 × 3 months = £1,204.8384".into())
    );
}

#[test]
fn an_answer_of_yes_can_pay_an_amount() {
    let service = service("kind = \"yes_no\"\namount = \"500.00\"");
    for (answer, amount, words) in
        [(1, "£500.00", "Answer Yes: £500.00"), (0, "£0.00", "Answer No: £0.00")]
    {
        let inputs = inputs(&[("I1", Field::YesNo, answer)]);
        assert_eq!(pay(&service, &inputs), (amount.to_owned(), words.to_owned()));
    }
}

#[test]
fn a_weighted_list_pays_by_its_decimals() {
    let service =
        service("kind = \"per_patient\"\nrate_per_year = \"26.631\"\nlist = \"weighted\"");
    // 8,123.25 × 26.631 ÷ 4 = 54,082.567…
    assert_eq!(
        pay(&service, &inputs(&[])),
        (
            "£54,082.57".into(),
            "8123.25 weighted patients × £26.631 ÷ 4 payments a year = £54,082.567688".into()
        )
    );
    let without = Inputs { weighted: None, ..inputs(&[]) };
    let error = calculate(&service, &["C".into()], service.periods()[0], &without).unwrap_err();
    assert_eq!(
        error.to_string(),
        "The payment cannot be calculated until these are in: weighted list size on 1 January 2025."
    );
}

#[test]
fn a_block_is_paid_in_equal_parts_or_in_instalments() {
    let equal = service("kind = \"block\"\namount = \"1000.01\"");
    assert_eq!(
        pay(&equal, &inputs(&[])),
        ("£250.00".into(), "£1,000.01 ÷ 4 periods = £250.0025".into())
    );
    let shares = service(
        "kind = \"block\"\namount = \"1000.00\"\ninstalments = [\"40\", \"30\", \"30\", \"0\"]",
    );
    let amounts: Vec<i64> = shares
        .periods()
        .into_iter()
        .map(|period| calculate(&shares, &["C".into()], period, &inputs(&[])).unwrap().amount.0)
        .collect();
    assert_eq!(amounts, [40_000, 30_000, 30_000, 0]);
}

#[test]
fn an_aspiration_is_a_share_of_last_years_payment_and_is_taken_off_at_the_end() {
    let aspiration =
        service("kind = \"aspiration\"\nof = \"QOF2425\"\nshare = \"80\"\nuprating = \"1.0221\"");
    let error =
        calculate(&aspiration, &["C".into()], aspiration.periods()[0], &inputs(&[])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "The payment cannot be calculated until these are in: payment of QOF2425."
    );
    let last_year = Some(PaidBy::new("QOF2425", Pence(10_000_000)));
    let paid = pay(&aspiration, &Inputs { last_year, ..inputs(&[]) });
    assert_eq!(
        paid,
        ("£20,442.00".into(), "£100,000.00 × 80% × 1.0221 ÷ 4 payments a year = £20,442.00".into())
    );
    let mut settled = service("kind = \"yes_no\"\namount = \"500.00\"");
    settled.payment.as_mut().unwrap().less_paid_by = Some("ASP".into());
    let yes = inputs(&[("I1", Field::YesNo, 1)]);
    for (paid, amount) in [(None, "£500.00"), (Some(30_000), "£200.00"), (Some(60_000), "-£100.00")]
    {
        let paid_before = paid.map(|pence| PaidBy::new("ASP", Pence(pence)));
        let inputs = Inputs { paid_before, ..yes.clone() };
        assert_eq!(pay(&settled, &inputs).0, amount);
    }
}

#[test]
fn adjustments_change_points_and_pounds_and_say_why() {
    let service = service("kind = \"fraction\"\npoints = \"10\"\nlower = \"40\"\nupper = \"90\"");
    let adjust = |indicator: Option<&str>, change| Adjustment {
        indicator: indicator.map(str::to_owned),
        change,
        reason: "The supplier missed a day".into(),
    };
    let of = |adjustments: Vec<Adjustment>| {
        pay(&service, &Inputs { adjustments, ..percentage(65, 100) })
    };
    let words = "65 ÷ 100 = 65%, between 40% and 90%: 10 × (65 − 40) ÷ (90 − 40) = 5 points";
    let points = |number: i64| Points::whole(number);
    for (change, amount, more) in [
        (AdjustmentChange::Points(points(2)), "£700.00", "; adjusted: 5 +2 = 7"),
        (AdjustmentChange::Points(points(-2)), "£300.00", "; adjusted: 5 -2 = 3"),
        (AdjustmentChange::Instead(points(8)), "£800.00", "; 8 points are paid in place of 5"),
        (AdjustmentChange::Amount(Pence(-5_000)), "£450.00", ""),
    ] {
        let indicator = (!matches!(change, AdjustmentChange::Amount(_))).then_some("I1");
        let paid = of(vec![adjust(indicator, change)]);
        assert_eq!(paid, (amount.to_owned(), format!("{words}{more}")));
    }
    let inputs = Inputs {
        adjustments: vec![adjust(None, AdjustmentChange::Amount(Pence(-5_000)))],
        ..percentage(65, 100)
    };
    let result = calculate(&service, &["C".into()], service.periods()[0], &inputs).unwrap();
    let line = result.lines.iter().find(|line| line.title == "Adjustment").unwrap();
    assert_eq!(line.inputs[0].source, "The supplier missed a day");
}

#[test]
fn inputs_are_kept_as_they_were() {
    let inputs = Inputs {
        earlier: given(&[("I1", Field::Count, 6)]),
        last_year: Some(PaidBy::new("QOF2425", Pence(1))),
        adjustments: vec![Adjustment {
            indicator: Some("I1".into()),
            change: AdjustmentChange::Points(Points::whole(2)),
            reason: "Why".into(),
        }],
        ..percentage(65, 100)
    };
    let kept = serde_json::to_string(&inputs).unwrap();
    assert_eq!(serde_json::from_str::<Inputs>(&kept).unwrap(), inputs);
}

proptest! {
    #[test]
    fn the_lines_add_up_to_the_payment(
        numerator in 0_i64..=1000, count in 0_i64..2000, answer in 0_i64..=1, adjusted in -5_000_i64..5_000
    ) {
        let service = service(
            "kind = \"fraction\"\npoints = \"17\"\nlower = \"35\"\nupper = \"75\"\n\
             [[component.indicator]]\ncode = \"I2\"\nname = \"Items\"\nkind = \"count\"\nunit = \"items\"\nfee = \"10.06\"\nmaximum = \"R1\"\n\
             [[component.indicator]]\ncode = \"I3\"\nname = \"Answer\"\nkind = \"yes_no\"\namount = \"12.34\"\n\
             [[component.indicator]]\ncode = \"I4\"\nname = \"Each patient\"\nkind = \"per_patient\"\nrate_per_year = \"2.999\"",
        );
        let inputs = Inputs {
            adjustments: vec![Adjustment {
                indicator: None,
                change: AdjustmentChange::Amount(Pence(adjusted)),
                reason: "Why".into(),
            }],
            ..inputs(&[
                ("R1", Field::Register, 1000),
                ("I1", Field::Numerator, numerator),
                ("I1", Field::Denominator, 1000),
                ("I2", Field::Count, count),
                ("I3", Field::YesNo, answer),
            ])
        };
        let result = calculate(&service, &["C".into()], service.periods()[0], &inputs).unwrap();
        let sum: Exact = result.lines.iter().filter_map(|line| line.unrounded_amount.clone()).sum();
        prop_assert_eq!(sum.to_pence(), Some(result.amount));
    }
}
