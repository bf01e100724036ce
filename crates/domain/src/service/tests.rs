//! Each rule of a definition, broken once; and the figures an extract's rows bring.

use super::*;
use crate::{Field, Pence};

/// A definition that keeps every rule and uses every kind of indicator.
pub(crate) const GOOD: &str = r#"
code = "DEMO2526"
name = "Demonstration 2025 to 2026"
summary = "A service with one of everything."
family = "QOF"
year = 2025
starts_on = 2025-04-01
ends_on = 2026-03-31
provider = "practice"
entry = "extract"
points_decimals = 2
keeps_extra_fields = true
list_size_date = 2026-01-01
reference = "QOF"

[payment]
frequency = "annual"
declaration_required = true
approval_required = false
pay_code = "DEMO"

[[component]]
code = "CLIN"
name = "Clinical"

[[component.indicator]]
code = "AF001"
name = "Atrial fibrillation register"
kind = "register"
prevalence_group = "AF"
extract = { register = "Atrial Fibrillation Register" }

[[component.indicator]]
code = "AF006"
name = "Stroke risk assessed"
kind = "fraction"
points = "12"
lower = "40"
upper = "90"
prevalence_group = "AF"

[[component]]
code = "OTHER"
name = "Other"

[[component.indicator]]
code = "LD001"
name = "Learning disability register"
kind = "register"

[[component.indicator]]
code = "LD002"
name = "Health checks"
kind = "count"
fee = "140.00"
maximum = "LD001"
unit = "health checks"
extract = { count = "Number of health checks" }

[[component.indicator]]
code = "QI001"
name = "Quality improvement done"
kind = "yes_no"
points = "5"
entry = "manual"

[[component.indicator]]
code = "PP001"
name = "Amount for each patient"
kind = "per_patient"
rate_per_year = "2.266"
"#;

fn good() -> Service {
    Service::from_toml(GOOD).unwrap()
}

/// The problems of the good definition with one text put in the place of another.
fn problems(from: &str, to: &str) -> Vec<String> {
    assert!(GOOD.contains(from), "{from} is in the definition");
    match Service::from_toml(&GOOD.replacen(from, to, 1)) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn a_definition_says_everything_about_a_service() {
    let service = good();
    assert_eq!(service.code, "DEMO2526");
    assert_eq!(service.year, FinancialYear(2025));
    assert_eq!(
        service.periods().iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["2025 to 2026"]
    );
    assert_eq!(service.reference.as_deref(), Some("QOF"));
    assert_eq!(service.prevalence_groups().into_iter().collect::<Vec<_>>(), ["AF"]);
    let paying: Vec<_> =
        service.indicators().filter(|own| own.pays()).map(|own| own.code.as_str()).collect();
    assert_eq!(paying, ["AF006", "LD002", "QI001", "PP001"]);
    assert_eq!(service.indicator("QI001").map(|own| own.entry), Some(Entry::Manual));
    assert!(service.needs_list_size(&["CLIN".into()]) && !service.needs_list_size(&[]));
    assert_eq!(service.register_of("AF").map(|own| own.code.as_str()), Some("AF001"));
}

#[test]
fn an_entry_window_has_a_period_and_a_figure_that_providers_enter() {
    let entry = "entry = \"extract\"\n";
    let window = "entry = \"extract\"\nentry_days_after_period_end = 12\n";
    let windowed = GOOD.replacen(entry, window, 1);
    let service = Service::from_toml(&windowed).unwrap();
    let (period, last) = (service.periods()[0], "2026-04-12".parse().ok());
    assert_eq!((service.entered_until(period), good().entered_until(period)), (last, None));
    let wrong = |text: &str| {
        let problems = Service::from_toml(text).expect_err("a problem");
        problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    };
    // The question is the only figure that somebody types.
    assert_eq!(
        wrong(&windowed.replace("entry = \"manual\"\n", "")),
        "entry_days_after_period_end: found 12, allowed only where providers enter a figure themselves"
    );
    let unpaid = windowed.replace("frequency =", "# frequency =").replace("[payment]", "");
    assert!(wrong(&unpaid).contains("allowed only in a service with [payment], which has periods"));
}

#[test]
fn an_indicator_is_subject_to_declare_where_the_provider_declares() {
    let subject =
        GOOD.replacen("kind = \"yes_no\"", "kind = \"yes_no\"\nsubject_to_declare = true", 1);
    let service = Service::from_toml(&subject).unwrap();
    assert_eq!(service.subject_to_declare(&["OTHER".into()]), ["QI001"]);
    assert!(service.subject_to_declare(&["CLIN".into()]).is_empty());
    let undeclared =
        subject.replacen("declaration_required = true", "declaration_required = false", 1);
    let problems = Service::from_toml(&undeclared).expect_err("a problem");
    assert_eq!(
        problems.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "component OTHER, indicator QI001, subject_to_declare: found true, allowed false, because the provider does not declare this service"
        ]
    );
}

#[test]
fn each_rule_of_a_definition_is_kept() {
    for (from, to, expected) in [
        (
            "entry = \"extract\"",
            "entry = \"extract\"\nfollows = \"DEMO2526\"",
            "follows: found DEMO2526, allowed the code of the service of the year before",
        ),
        (
            r#"code = "DEMO2526""#,
            r#"code = "demo 25""#,
            r#"code: found "demo 25", allowed capital letters and digits"#,
        ),
        (
            "year = 2025",
            "year = 2024",
            "starts_on: found 2025-04-01, allowed a date in 2024 to 2025",
        ),
        (
            "ends_on = 2026-03-31",
            "ends_on = 2025-03-31",
            "ends_on: found 2025-03-31, allowed a date after 2025-04-01",
        ),
        (
            r#"family = "QOF""#,
            r#"family = "Q""#,
            r#"family: found "Q", allowed QOF, V&I, Network, Local, Manual, Data collection"#,
        ),
        (
            r#"entry = "extract""#,
            "entry = \"extract\"\nentry_days_after_period_end = 400",
            "entry_days_after_period_end: found 400, allowed a whole number from 0 to 366",
        ),
        (
            r#"name = "Other""#,
            "",
            "component OTHER, name: found nothing, allowed a text of 1 to 120 characters",
        ),
        (
            r#"points = "12""#,
            "points = 12.0",
            r#"component CLIN, indicator AF006, points: found 12.0, allowed a number of 0 or more in quotes, like "12.5""#,
        ),
        (
            r#"points = "12""#,
            r#"points = "0""#,
            "component CLIN, indicator AF006, points: found 0, allowed more than 0",
        ),
        (
            r#"upper = "90""#,
            r#"upper = "90.1234567""#,
            "component CLIN, indicator AF006, upper: found 90.1234567, allowed 0 to 100 with at most 6 decimals",
        ),
        (
            r#"lower = "40""#,
            r#"lower = "140""#,
            "component CLIN, indicator AF006, lower: found 140, allowed 0 to 100 with at most 6 decimals",
        ),
        (
            r#"lower = "40""#,
            r#"lowre = "40""#,
            r#"component CLIN, indicator AF006, lower: found nothing, allowed a number of 0 or more in quotes, like "12.5""#,
        ),
        (
            r#"fee = "140.00""#,
            r#"fee = "140.005""#,
            r#"component OTHER, indicator LD002, fee: found "140.005", allowed pounds and pence in quotes, like "10.06""#,
        ),
        (
            r#"fee = "140.00""#,
            r#"fee = "-1""#,
            r#"component OTHER, indicator LD002, fee: found "-1", allowed pounds and pence in quotes, like "10.06""#,
        ),
        (
            r#"maximum = "LD001""#,
            r#"maximum = "AF001""#,
            r#"component OTHER, indicator LD002, maximum: found AF001, allowed the code of a register, or of a count without a maximum, of component OTHER"#,
        ),
        (
            r#"maximum = "LD001""#,
            r#"maximum = "LD002""#,
            r#"component OTHER, indicator LD002, maximum: found LD002, allowed the code of a register, or of a count without a maximum, of component OTHER"#,
        ),
        (
            r#"code = "LD001""#,
            r#"code = "AF001""#,
            "component OTHER, indicator AF001, code: found AF001 again, allowed each indicator code once",
        ),
        (
            r#"code = "OTHER""#,
            r#"code = "CLIN""#,
            "component CLIN, code: found CLIN again, allowed each component code once",
        ),
        (
            r#"kind = "yes_no""#,
            r#"kind = "maybe""#,
            r#"component OTHER, indicator QI001, kind: found "maybe", allowed register, fraction, count, yes_no, per_patient, block, aspiration"#,
        ),
        (
            r#"upper = "90""#,
            r#"upper = "40""#,
            r#"component CLIN, indicator AF006, upper: found 40, allowed another threshold than the lower one, or "from" alone where it is all or nothing"#,
        ),
        (
            r#"upper = "90""#,
            "upper = \"90\"\nat_lower = \"12\"",
            "component CLIN, indicator AF006, at_lower: found 12, allowed more than 0 and less than the 12 points",
        ),
        (
            r#"upper = "90""#,
            "upper = \"90\"\nbands = [{ from = \"50\", amount = \"1.00\" }]",
            "component CLIN, indicator AF006: found points and bands, allowed one of points, steps, bands",
        ),
        (
            "points = \"12\"\nlower = \"40\"\nupper = \"90\"",
            "steps = [{ from = \"50\", points = \"2\" }, { from = \"40\", points = \"1\" }]",
            "component CLIN, indicator AF006, steps: found from 40 after from 50, allowed rising numbers",
        ),
        (
            "points = \"12\"\nlower = \"40\"\nupper = \"90\"",
            "steps = [{ from = \"50\", points = \"2.5\" }]",
            "component CLIN, indicator AF006, steps: found points with decimals, allowed whole points; for points between thresholds use a slope",
        ),
        (
            "points = \"12\"\nlower = \"40\"\nupper = \"90\"",
            "bands = [{ from = \"101\", amount = \"2.00\" }]",
            "component CLIN, indicator AF006, bands: found from 101, allowed 0 to 100 per cent",
        ),
        (
            "fee = \"140.00\"",
            "bands = [{ from = \"1\", amount = \"9.00\" }, { from = \"5\", amount = \"8.00\" }]",
            "component OTHER, indicator LD002, bands: found less from 5 than from 1, allowed at least as much as the row before",
        ),
        (
            "fee = \"140.00\"",
            "bands = []",
            r#"component OTHER, indicator LD002, bands: found nothing, allowed at least one row with "from""#,
        ),
        (
            "kind = \"per_patient\"\nrate_per_year = \"2.266\"",
            "kind = \"block\"\namount = \"1200.00\"\ninstalments = [\"50\", \"40\"]",
            "component OTHER, indicator PP001, instalments: found 2 instalments, allowed 1, one for each period",
        ),
        (
            "kind = \"per_patient\"\nrate_per_year = \"2.266\"",
            "kind = \"block\"\namount = \"1200.00\"\ninstalments = [\"90\"]",
            "component OTHER, indicator PP001, instalments: found 90 per cent in all, allowed 100 per cent in all",
        ),
        (
            "kind = \"per_patient\"\nrate_per_year = \"2.266\"",
            "kind = \"aspiration\"\nof = \"QOF2425\"\nshare = \"101\"\nuprating = \"1.02\"",
            "component OTHER, indicator PP001, share: found 101, allowed more than 0 and up to 100 per cent",
        ),
        (
            "frequency = \"annual\"",
            "frequency = \"monthly\"\nless_paid_by = \"ASP2526\"",
            "payment, less_paid_by: found ASP2526, allowed only in a service with one period",
        ),
        (
            "entry = \"manual\"",
            "entry = \"manual\"\nlevel = \"network\"",
            "component OTHER, indicator QI001, level: found network, allowed practice or commissioner, because practices provide the service",
        ),
        (
            "reference = \"QOF\"",
            "",
            "reference: found nothing, allowed the name of a set of national figures, because the service pays points",
        ),
        (
            "points_decimals = 2",
            "points_decimals = 2\nversion = 2",
            "effective_on: found nothing, allowed the first achievement date that this version counts for",
        ),
        (
            "points_decimals = 2",
            "points_decimals = 2\nversion = 2\neffective_on = 2026-04-01",
            "effective_on: found 2026-04-01, allowed a date from 2025-04-01 to 2026-03-31",
        ),
        (
            "points_decimals = 2",
            "points_decimals = 2\neffective_on = 2025-06-01",
            "effective_on: found a date, allowed none, because version 1 counts from the start",
        ),
        (
            "list_size_date = 2026-01-01",
            "",
            "list_size_date: found nothing, allowed a date, because the payment depends on list size",
        ),
        (
            r#"extract = { count = "Number of health checks" }"#,
            r#"extract = { register = "x" }"#,
            "component OTHER, indicator LD002, extract, register: found an unknown key, allowed count",
        ),
        (
            r#"upper = "90""#,
            "upper = \"90\"\nextract = { numerator = \"N\", denominator = \"n\" }",
            "component CLIN, indicator AF006, extract: found one name for two fields, allowed a name of its own for each field",
        ),
        (
            r#"entry = "manual""#,
            "entry = \"manual\"\nextract = { yes_no = \"Done\" }",
            "component OTHER, indicator QI001, extract: found field names, allowed none on an indicator that is typed",
        ),
        (
            "approval_required = false",
            "approval_required = \"no\"",
            r#"payment, approval_required: found "no", allowed true or false"#,
        ),
        (
            "starts_on = 2025-04-01",
            "starts_on = 2025-04-01T00:00:00Z",
            "starts_on: found 2025-04-01T00:00:00Z, allowed a date, like 2025-04-01",
        ),
    ] {
        let problems = problems(from, to);
        assert!(
            problems.contains(&expected.to_owned()),
            "{to} gives {problems:#?}, not {expected}"
        );
    }
}

#[test]
fn rules_about_several_parts_are_kept() {
    let expect = |text: String, expected: &str| {
        let problems: Vec<String> =
            Service::from_toml(&text).unwrap_err().iter().map(ToString::to_string).collect();
        assert!(problems.contains(&expected.to_owned()), "{problems:#?}, not {expected}");
    };
    let section = |from: &str, to: &str| {
        let (start, end) = (GOOD.find(from).unwrap(), GOOD.find(to).unwrap());
        format!("{}{}", &GOOD[..start], &GOOD[end..])
    };
    expect(
        section("[payment]", "[[component]]"),
        "component CLIN, indicator AF006: found an indicator that pays, allowed none without payment terms",
    );
    expect(
        GOOD[..GOOD.find("[[component]]").unwrap()].to_owned(),
        "component: found nothing, allowed at least one component",
    );
    expect(
        GOOD.to_owned() + "\n[[component]]\ncode = \"EMPTY\"\nname = \"Empty\"\n",
        "component EMPTY, indicator: found nothing, allowed at least one indicator",
    );
    expect(
        section("[[component]]\ncode = \"OTHER\"", "[[component.indicator]]\ncode = \"LD001\"")
            .replacen("[[component.indicator]]\ncode = \"AF006\"", "[[component]]\ncode = \"X\"\nname = \"X\"\n\n[[component.indicator]]\ncode = \"AF006\"", 1),
        "component X, indicator AF006, prevalence_group: found AF with 1 registers, in: CLIN, allowed a group with exactly one register, in component X",
    );
    let nothing_pays = GOOD.replace("fee = \"140.00\"", "").replace("points = \"5\"", "");
    let from = nothing_pays.find("[[component.indicator]]\ncode = \"PP001\"").unwrap();
    let to = nothing_pays.find("[[component.indicator]]\ncode = \"AF006\"").unwrap();
    let other = nothing_pays.find("[[component]]\ncode = \"OTHER\"").unwrap();
    expect(
        format!("{}{}", &nothing_pays[..to], &nothing_pays[other..from]),
        "payment: found no indicator that pays, allowed an indicator with points, a fee or a rate",
    );
}

#[test]
fn all_problems_are_named_at_once() {
    let text = "code = \"X\"\nnmae = \"Y\"\nyear = \"2025\"\n[[component]]\ncode = \"A\"\n[[component.indicator]]\nkind = \"count\"\nfee = 3\n";
    let places: Vec<String> =
        Service::from_toml(text).unwrap_err().into_iter().map(|own| own.at).collect();
    assert_eq!(
        places,
        [
            "entry",
            "provider",
            "name",
            "summary",
            "family",
            "year",
            "starts_on",
            "ends_on",
            "component A, name",
            "component A, indicator 1, code",
            "component A, indicator 1, name",
            "component A, indicator 1, fee",
            "component A, indicator 1, unit",
            "nmae",
            "component A, indicator 1",
        ]
    );
    let broken = Service::from_toml("code = ").unwrap_err();
    assert_eq!(broken[0].at, "the definition");
}

/// An example with the given printed points and amount, at the values of the demonstration.
fn with_example(points: &str, amount: &str) -> String {
    format!(
        r#"{GOOD}
[[example]]
name = "Half of the points and no prevalence above the nation's"
components = ["CLIN"]
list_size = 10000
figures = {{ AF001 = {{ register = 231 }}, AF006 = {{ numerator = 65, denominator = 100 }} }}
points = "{points}"
amount = "{amount}"
[example.national]
point_value = "200.00"
average_list = 10000
prevalence = {{ AF = "2.31" }}
"#
    )
}

#[test]
fn a_definition_reproduces_the_examples_it_carries() {
    let service = Service::from_toml(&with_example("6", "1200.00")).unwrap();
    assert_eq!(service.examples[0].amount, Pence(120_000));
    let wrong = |points: &str, amount: &str| -> Vec<String> {
        let problems = Service::from_toml(&with_example(points, amount)).unwrap_err();
        problems.iter().map(ToString::to_string).collect()
    };
    assert_eq!(
        wrong("6.1", "1200.01"),
        [
            "example 1, amount: found £1,200.00, allowed £1,200.01, as the example says",
            "example 1, points: found 6 points, allowed 6.1 points, as the example says",
        ]
    );
    let without = with_example("6", "1200.00").replace("AF006 = {", "AF009 = {");
    let problems = Service::from_toml(&without).unwrap_err();
    assert_eq!(
        problems[0].to_string(),
        "example 1: found The payment cannot be calculated until these are in: AF006 numerator, AF006 denominator., \
         allowed inputs that can be worked out"
    );
}

#[test]
fn rows_of_an_extract_find_their_figure() {
    let service = good();
    let figure = |code: &str, field| Ok(Resolved::Figure(code.to_owned(), field));
    for (indicator, field, expected) in [
        ("AF006", "Numerator", figure("AF006", Field::Numerator)),
        ("AF006", "denominator", figure("AF006", Field::Denominator)),
        ("AF006", "Atrial Fibrillation Register", figure("AF001", Field::Register)),
        ("AF001", "Atrial Fibrillation Register", figure("AF001", Field::Register)),
        ("LD002", "Number of health checks", figure("LD002", Field::Count)),
        ("QI001", "Yes/No Flag", figure("QI001", Field::YesNo)),
        ("AF006", "AFIBPCADEC", Ok(Resolved::Information(None))),
    ] {
        assert_eq!(service.resolve(indicator, field), expected, "{indicator} {field}");
    }
    for (indicator, field, column, sentence) in [
        (
            "AF999",
            "Numerator",
            "IND_CODE",
            "an indicator of DEMO2526: AF001, AF006, LD001, LD002, QI001, PP001",
        ),
        ("AF006", "Numerators", "FIELD_NAME", "a field of AF006: Numerator | Denominator"),
        ("PP001", "Count of all", "FIELD_NAME", "a field of PP001: none"),
    ] {
        let unresolved = service.resolve(indicator, field).unwrap_err();
        assert_eq!(unresolved.cell(indicator, field).0, column);
        assert_eq!(unresolved.to_string(), sentence);
    }
}

#[test]
fn a_reason_that_the_definition_names_comes_with_its_name() {
    let named = GOOD.replacen("keeps_extra_fields = true", "passes_over = [\"AF099\"]", 1).replacen(
        "upper = \"90\"\n",
        "upper = \"90\"\nexclusion = { CHAD_VAL2 = \"Score of 2\" }\ncare_adjustment = { AFIBPCADEC = \"Chose not to\" }\n",
        1,
    );
    let service = Service::from_toml(&named).unwrap();
    for (field, name, is_care_adjustment) in
        [("CHAD_VAL2", "Score of 2", false), ("afibpcadec", "Chose not to", true)]
    {
        let Ok(Resolved::Information(Some(reason))) = service.resolve("AF006", field) else {
            panic!("{field} is named");
        };
        assert_eq!((reason.name.as_str(), reason.is_care_adjustment), (name, is_care_adjustment));
    }
    assert!(service.resolve("AF006", "AFIBPCAPU").is_err(), "a reason that nobody named");
    let register = Ok(Resolved::Figure("AF001".to_owned(), Field::Register));
    assert_eq!(service.resolve("AF099", "Atrial Fibrillation Register"), register);
    assert_eq!(service.resolve("AF099", "Numerator"), Ok(Resolved::Information(None)));
    assert!(service.resolve("AF098", "Numerator").is_err());
}

#[test]
fn the_beginning_of_a_long_field_name_is_enough() {
    let long = GOOD.replacen(
        "upper = \"90\"\n",
        "upper = \"90\"\nextract = { numerator = \"Of the denominator, …\", denominator = \"Patients at risk…\" }\n",
        1,
    );
    let service = Service::from_toml(&long).unwrap();
    for (name, field) in [
        ("Of the denominator, those assessed in the year.", Field::Numerator),
        ("PATIENTS AT RISK of a stroke", Field::Denominator),
    ] {
        let figure = Ok(Resolved::Figure("AF006".to_owned(), field));
        assert_eq!(service.resolve("AF006", name), figure, "{name}");
    }
    assert!(service.resolve("AF006", "Those of the denominator").is_err());
    let overlapping = long.replacen("Patients at risk…", "Of the denominator, and more", 1);
    let problems = Service::from_toml(&overlapping).unwrap_err();
    assert_eq!(
        problems[0].to_string(),
        "component CLIN, indicator AF006, extract: found one name for two fields, allowed a name of its own for each field"
    );
}

#[test]
fn a_register_name_of_two_registers_is_ambiguous_and_short_codes_can_be_refused() {
    let twice = GOOD.replacen(
        "kind = \"register\"\n\n",
        "kind = \"register\"\nextract = { register = \"Atrial Fibrillation Register\" }\n\n",
        1,
    );
    let service = Service::from_toml(&twice).unwrap();
    let unresolved = service.resolve("AF006", "Atrial Fibrillation Register").unwrap_err();
    assert_eq!(unresolved, Unresolved::Ambiguous { registers: "AF001, LD001".into() });
    let strict = Service::from_toml(&GOOD.replacen("keeps_extra_fields = true", "", 1)).unwrap();
    assert!(strict.resolve("AF006", "AFIBPCADEC").is_err());
}
