//! Submitted figures: what is missing, how far each component is, and what a person's typing means.

pub mod provenance;
mod question;
pub mod template;

pub use question::{Doubt, Question, questions};

use crate::service::{Indicator, IndicatorKind, Service};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Figures in force, by indicator code and field. What is not in it is missing, which is never zero.
pub type Figures = BTreeMap<(String, Field), i64>;

/// The largest figure anybody can mean; more is a slip of the keyboard.
pub const LARGEST: i64 = 999_999_999;

/// One thing that is entered for an indicator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// Patients for whom it was done.
    Numerator,
    /// Patients for whom it should have been done, net of exclusions and adjustments.
    Denominator,
    /// Patients on the register.
    Register,
    /// Things done.
    Count,
    /// 1 for yes, 0 for no.
    YesNo,
}

impl Field {
    /// Every field.
    pub const ALL: [Self; 5] =
        [Self::Numerator, Self::Denominator, Self::Register, Self::Count, Self::YesNo];

    /// As records, forms and definitions name it.
    pub fn key(self) -> &'static str {
        match self {
            Self::Numerator => "numerator",
            Self::Denominator => "denominator",
            Self::Register => "register",
            Self::Count => "count",
            Self::YesNo => "yes_no",
        }
    }

    /// The field of a key.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.key() == key)
    }

    /// The name an extract uses unless the definition gives another.
    pub fn extract_name(self) -> &'static str {
        match self {
            Self::Numerator => "Numerator",
            Self::Denominator => "Denominator",
            Self::Register => "Register",
            Self::Count => "Count",
            Self::YesNo => "Yes/No Flag",
        }
    }
}

/// A figure nobody has given yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// The indicator's code.
    pub indicator: String,
    /// The field.
    pub field: Field,
    /// What the figure is called.
    pub label: String,
}

/// How far the entry of one component is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The component's code.
    pub component: String,
    /// Its name.
    pub name: String,
    /// Indicators with every field given.
    pub complete: usize,
    /// Indicators with some but not all fields given.
    pub partial: usize,
    /// Indicators for which something is entered.
    pub total: usize,
}

impl Progress {
    /// Whether nothing is left to enter.
    pub fn is_complete(&self) -> bool {
        self.complete == self.total
    }
}

/// One box on a form that cannot be used as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FieldError {
    /// The indicator's code.
    pub indicator: String,
    /// The field.
    pub field: Field,
    /// The sentence beside the box.
    pub message: String,
}

/// What is still missing for these components, in the order of the definition.
pub fn missing(service: &Service, components: &[String], figures: &Figures) -> Vec<Missing> {
    let mut missing = Vec::new();
    for indicator in
        service.components_named(components).into_iter().flat_map(|own| &own.indicators)
    {
        for field in indicator.fields() {
            if !figures.contains_key(&(indicator.code.clone(), *field)) {
                let label = indicator.label(*field);
                missing.push(Missing { indicator: indicator.code.clone(), field: *field, label });
            }
        }
    }
    missing
}

/// How many indicators of each component are in: "n of m".
pub fn progress(service: &Service, components: &[String], figures: &Figures) -> Vec<Progress> {
    let given = |indicator: &Indicator| {
        let has = |field: &&Field| figures.contains_key(&(indicator.code.clone(), **field));
        indicator.fields().iter().filter(has).count()
    };
    let of = |component: &crate::service::Component| Progress {
        component: component.code.clone(),
        name: component.name.clone(),
        complete: component.entered().filter(|own| given(own) == own.fields().len()).count(),
        partial: component
            .entered()
            .filter(|own| given(own) > 0 && given(own) < own.fields().len())
            .count(),
        total: component.entered().count(),
    };
    service.components_named(components).into_iter().map(of).collect()
}

/// Reads what was typed into the boxes of some indicators. An empty box gives no figure and no error: it stays missing.
///
/// `in_force` are the figures already recorded; a typed numerator is compared with the denominator that will stand
/// beside it, typed now or recorded before. Otherwise every box that is wrong, in the order of the definition.
pub fn parse(
    service: &Service,
    typed: &BTreeMap<(String, Field), String>,
    in_force: &Figures,
) -> Result<Figures, Vec<FieldError>> {
    let mut errors = Vec::new();
    let mut figures = Figures::new();
    for indicator in service.indicators() {
        for field in indicator.fields() {
            let key = (indicator.code.clone(), *field);
            let Some(text) =
                typed.get(&key).map(|text| text.trim()).filter(|text| !text.is_empty())
            else {
                continue;
            };
            match read(*field, text) {
                Ok(number) => _ = figures.insert(key, number),
                Err(rule) => errors.push(FieldError {
                    indicator: indicator.code.clone(),
                    field: *field,
                    message: format!("{} {rule}", indicator.label(*field)),
                }),
            }
        }
    }
    let mut together = in_force.clone();
    together.extend(figures.clone());
    for error in contradictions(service, &together) {
        let touched = figures
            .keys()
            .any(|(code, _)| *code == error.indicator || limits(service, &error, code));
        let told = errors.iter().any(|known| known.indicator == error.indicator);
        if touched && !told {
            errors.push(error);
        }
    }
    if errors.is_empty() { Ok(figures) } else { Err(errors) }
}

/// Whether the indicator `code` is the maximum of the one the error is about.
fn limits(service: &Service, error: &FieldError, code: &str) -> bool {
    service
        .indicator(&error.indicator)
        .and_then(Indicator::maximum)
        .is_some_and(|maximum| maximum.indicator == code)
}

/// A whole number, perhaps with commas between thousands; yes or no for a question.
fn read(field: Field, text: &str) -> Result<i64, String> {
    if field == Field::YesNo {
        return match text.to_lowercase().as_str() {
            "yes" | "y" | "1" => Ok(1),
            "no" | "n" | "0" => Ok(0),
            _ => Err("must be yes or no".into()),
        };
    }
    let (negative, digits) =
        text.strip_prefix(['-', '−']).map_or((false, text), |rest| (true, rest));
    let digits = without_commas(digits).ok_or("must be a whole number")?;
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("must be a whole number".into());
    }
    let significant = digits.trim_start_matches('0');
    if negative && !significant.is_empty() {
        return Err("must be 0 or more".into());
    }
    match significant.parse::<i64>() {
        _ if significant.is_empty() => Ok(0),
        Ok(number) if number <= LARGEST => Ok(number),
        _ => Err("must be 999,999,999 or less".into()),
    }
}

/// `1,234` as `1234`; `None` where a comma does not stand between thousands, as in `12,5`.
fn without_commas(digits: &str) -> Option<String> {
    let mut groups = digits.split(',');
    let first = groups.next()?;
    let rest: Vec<&str> = groups.collect();
    let grouped = rest.iter().all(|group| group.len() == 3)
        && (rest.is_empty() || (1..=3).contains(&first.len()));
    grouped.then(|| digits.replace(',', ""))
}

/// Figures that cannot both be true: a numerator above its denominator, a count above its maximum.
pub fn contradictions(service: &Service, figures: &Figures) -> Vec<FieldError> {
    let figure = |code: &str, field: Field| figures.get(&(code.to_owned(), field)).copied();
    let mut errors = Vec::new();
    for indicator in service.indicators() {
        let code = &indicator.code;
        let mut refuse = |field: Field, message: String| {
            errors.push(FieldError { indicator: code.clone(), field, message });
        };
        match &indicator.kind {
            IndicatorKind::Fraction { .. } => {
                let (numerator, denominator) =
                    (figure(code, Field::Numerator), figure(code, Field::Denominator));
                if let (Some(numerator), Some(denominator)) = (numerator, denominator)
                    && numerator > denominator
                {
                    let most = shown(denominator);
                    let label = indicator.label(Field::Numerator);
                    let message = format!(
                        "{label} must be {most} or less, because the denominator is {most}"
                    );
                    refuse(Field::Numerator, message);
                }
            }
            IndicatorKind::Count { maximum: Some(maximum), .. } => {
                let Some((limit, named)) = limit(service, &maximum.indicator, figures) else {
                    continue;
                };
                if figure(code, Field::Count).is_some_and(|count| count > limit) {
                    let most = shown(limit);
                    let label = indicator.label(Field::Count);
                    refuse(
                        Field::Count,
                        format!("{label} must be {most} or less, because {named}"),
                    );
                }
            }
            _ => {}
        }
    }
    errors
}

/// The figure of a maximum, and the words that say where it comes from.
pub(crate) fn limit(service: &Service, maximum: &str, figures: &Figures) -> Option<(i64, String)> {
    let indicator = service.indicator(maximum)?;
    let field = *indicator.fields().first()?;
    let figure = *figures.get(&(maximum.to_owned(), field))?;
    let number = shown(figure);
    let words = match field {
        Field::Register if is_on_register(indicator) => {
            format!("there are {number} patients on the register")
        }
        Field::Register => format!("{} are {number}", uncapitalised(&indicator.name)),
        _ => format!(
            "the number of {} is {number}",
            indicator.label(field).trim_start_matches("Number of ")
        ),
    };
    Some((figure, words))
}

/// The register or count whose figure an indicator uses: the maximum of a count, the register of a percentage's group.
/// It is one figure, typed once, and shown wherever it is used.
///
/// Source: CQRS National, a register that is typed is copied to the fields that use the same number.
pub fn used_by<'s>(service: &'s Service, indicator: &Indicator) -> Option<(&'s Indicator, Field)> {
    let used = match &indicator.kind {
        IndicatorKind::Count { maximum: Some(maximum), .. } => {
            service.indicator(&maximum.indicator)?
        }
        IndicatorKind::Fraction { prevalence_group: Some(group), .. } => {
            service.register_of(group)?
        }
        _ => return None,
    };
    Some((used, *used.fields().first()?))
}

/// Whether an indicator counts a disease register; other numbers of patients go by their own name.
fn is_on_register(indicator: &Indicator) -> bool {
    let has_prevalence =
        matches!(&indicator.kind, IndicatorKind::Register { prevalence_group: Some(_), .. });
    has_prevalence || indicator.name.to_lowercase().contains("register")
}

/// A name inside a sentence: `patients referred`, but `NHS patients` as it is.
fn uncapitalised(name: &str) -> String {
    let mut letters = name.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if second.is_lowercase() => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => name.to_owned(),
    }
}

/// A figure as people read it: `1,234`.
pub fn shown(figure: i64) -> String {
    let sign = if figure < 0 { "-" } else { "" };
    format!("{sign}{}", crate::money::thousands(figure.unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service() -> Service {
        Service::from_toml(
            r#"
code = "S"
name = "Some figures"
summary = "One of each."
family = "Local"
year = 2025
starts_on = 2025-04-01
ends_on = 2026-03-31
provider = "practice"
entry = "manual"
list_size_date = 2026-01-01
reference = "QOF"
[payment]
frequency = "quarterly"
declaration_required = true
approval_required = true
pay_code = "S"
[[component]]
code = "A"
name = "Heart"
[[component.indicator]]
code = "AF001"
name = "Atrial fibrillation register"
kind = "register"
prevalence_group = "AF"
[[component.indicator]]
code = "AF006"
name = "Stroke risk assessed"
kind = "fraction"
points = "12"
lower = "40"
upper = "90"
prevalence_group = "AF"
[[component.indicator]]
code = "AF008"
name = "Anticoagulated"
kind = "fraction"
points = "12"
lower = "70"
upper = "95"
prevalence_group = "AF"
[[component]]
code = "B"
name = "Checks"
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
[[component.indicator]]
code = "BT1"
name = "Blood tests"
kind = "count"
fee = "3.00"
unit = "blood tests"
[[component.indicator]]
code = "Q1"
name = "Evening appointments offered"
kind = "yes_no"
[[component.indicator]]
code = "P1"
name = "Amount for each patient"
kind = "per_patient"
rate_per_year = "1"
"#,
        )
        .unwrap()
    }

    fn all() -> Vec<String> {
        vec!["A".into(), "B".into()]
    }

    fn recorded(given: &[(&str, Field, i64)]) -> Figures {
        given.iter().map(|(code, field, figure)| (((*code).to_owned(), *field), *figure)).collect()
    }

    /// What typing some boxes gives: the figures, or the messages.
    fn typed(boxes: &[(&str, Field, &str)], in_force: &Figures) -> Result<Vec<i64>, Vec<String>> {
        let typed = boxes
            .iter()
            .map(|(code, field, text)| (((*code).to_owned(), *field), (*text).to_owned()))
            .collect();
        match parse(&service(), &typed, in_force) {
            Ok(figures) => Ok(figures.into_values().collect()),
            Err(errors) => Err(errors.iter().map(ToString::to_string).collect()),
        }
    }

    #[test]
    fn whole_numbers_are_read_as_people_type_them() {
        for (text, figure) in [
            ("12", 12),
            (" 12 ", 12),
            ("1,234", 1234),
            ("12,345,678", 12_345_678),
            ("007", 7),
            ("0", 0),
            ("-0", 0),
            ("999999999", LARGEST),
        ] {
            assert_eq!(
                typed(&[("BT1", Field::Count, text)], &Figures::new()),
                Ok(vec![figure]),
                "{text:?}"
            );
        }
        for (text, figure) in [("yes", 1), ("Yes", 1), ("no", 0), ("1", 1), ("0", 0)] {
            assert_eq!(
                typed(&[("Q1", Field::YesNo, text)], &Figures::new()),
                Ok(vec![figure]),
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_wrong_box_has_a_sentence_of_its_own() {
        let whole = "Number of blood tests must be a whole number";
        for (code, field, text, message) in [
            ("BT1", Field::Count, "12.5", whole),
            ("BT1", Field::Count, "twelve", whole),
            ("BT1", Field::Count, "1e3", whole),
            ("BT1", Field::Count, "12,5", whole),
            ("BT1", Field::Count, "1234,567", whole),
            ("BT1", Field::Count, ",123", whole),
            ("BT1", Field::Count, "-", whole),
            ("BT1", Field::Count, "--3", whole),
            ("BT1", Field::Count, "٣", whole),
            ("BT1", Field::Count, "-3", "Number of blood tests must be 0 or more"),
            (
                "BT1",
                Field::Count,
                "1000000000",
                "Number of blood tests must be 999,999,999 or less",
            ),
            (
                "BT1",
                Field::Count,
                "99999999999999999999999",
                "Number of blood tests must be 999,999,999 or less",
            ),
            ("AF001", Field::Register, "x", "Atrial fibrillation register must be a whole number"),
            ("AF006", Field::Denominator, "x", "AF006 denominator must be a whole number"),
            ("Q1", Field::YesNo, "perhaps", "Evening appointments offered must be yes or no"),
        ] {
            assert_eq!(
                typed(&[(code, field, text)], &Figures::new()),
                Err(vec![message.to_owned()]),
                "{text:?}"
            );
        }
        let several = typed(
            &[
                ("BT1", Field::Count, "x"),
                ("AF006", Field::Numerator, "-1"),
                ("LD1", Field::Register, "240"),
            ],
            &Figures::new(),
        );
        let messages =
            ["AF006 numerator must be 0 or more", "Number of blood tests must be a whole number"];
        assert_eq!(
            several,
            Err(messages.map(str::to_owned).to_vec()),
            "in the order of the definition"
        );
    }

    #[test]
    fn figures_that_contradict_each_other_are_refused_also_against_what_is_recorded() {
        let (numerator, denominator) = (Field::Numerator, Field::Denominator);
        let above = "AF006 numerator must be 1,040 or less, because the denominator is 1,040";
        let checks = "Number of health checks must be 240 or less, because there are 240 patients on the register";
        for (boxes, in_force, message) in [
            (
                vec![("AF006", numerator, "1041"), ("AF006", denominator, "1040")],
                recorded(&[]),
                above,
            ),
            (vec![("AF006", numerator, "1041")], recorded(&[("AF006", denominator, 1040)]), above),
            (vec![("AF006", denominator, "1040")], recorded(&[("AF006", numerator, 1041)]), above),
            (
                vec![("LD2", Field::Count, "241"), ("LD1", Field::Register, "240")],
                recorded(&[]),
                checks,
            ),
            (
                vec![("LD1", Field::Register, "240")],
                recorded(&[("LD2", Field::Count, 241)]),
                checks,
            ),
        ] {
            assert_eq!(typed(&boxes, &in_force), Err(vec![message.to_owned()]), "{boxes:?}");
        }
        let recorded_before = recorded(&[("AF006", numerator, 5), ("AF006", denominator, 4)]);
        assert_eq!(
            typed(&[("BT1", Field::Count, "1")], &recorded_before),
            Ok(vec![1]),
            "not about what was typed"
        );
        assert_eq!(
            typed(&[("AF006", numerator, "4"), ("AF006", denominator, "4")], &Figures::new()),
            Ok(vec![4, 4])
        );
        assert_eq!(
            typed(&[("AF006", numerator, "4")], &Figures::new()),
            Ok(vec![4]),
            "the other half may follow"
        );
    }

    #[test]
    fn a_register_is_one_figure_wherever_it_is_used() {
        let service = service();
        for (code, expected) in [
            ("LD2", Some(("LD1", Field::Register))),
            ("AF006", Some(("AF001", Field::Register))),
            ("AF001", None),
            ("BT1", None),
            ("Q1", None),
        ] {
            let used = used_by(&service, service.indicator(code).unwrap());
            assert_eq!(used.map(|(own, field)| (&*own.code, field)), expected, "{code}");
        }
    }

    #[test]
    fn an_empty_box_is_missing_and_never_zero() {
        assert_eq!(
            typed(&[("BT1", Field::Count, ""), ("LD1", Field::Register, "  ")], &Figures::new()),
            Ok(vec![])
        );
        let figures = recorded(&[("BT1", Field::Count, 0), ("AF006", Field::Numerator, 3)]);
        let missing: Vec<String> =
            missing(&service(), &all(), &figures).into_iter().map(|own| own.label).collect();
        assert_eq!(
            missing,
            [
                "Atrial fibrillation register",
                "AF006 denominator",
                "AF008 numerator",
                "AF008 denominator",
                "Learning disability register",
                "Number of health checks",
                "Evening appointments offered",
            ]
        );
    }

    #[test]
    fn progress_counts_whole_indicators_of_each_component() {
        let figures = recorded(&[
            ("AF001", Field::Register, 9),
            ("AF006", Field::Numerator, 3),
            ("BT1", Field::Count, 0),
            ("Q1", Field::YesNo, 0),
        ]);
        let told: Vec<_> = progress(&service(), &all(), &figures)
            .into_iter()
            .map(|own| {
                (own.component.clone(), own.complete, own.partial, own.total, own.is_complete())
            })
            .collect();
        assert_eq!(told, [("A".to_owned(), 1, 1, 3, false), ("B".to_owned(), 2, 0, 4, false)]);
        assert_eq!(
            progress(&service(), &["B".into()], &figures).len(),
            1,
            "only what the contract includes"
        );
    }
}
