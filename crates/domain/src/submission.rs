//! Submitted figures: what is missing, how far each component is, and what a person's typing means.

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
    service.indicator(&error.indicator).is_some_and(
        |own| matches!(&own.kind, IndicatorKind::Count { maximum: Some(maximum), .. } if maximum == code),
    )
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
                let Some((limit, named)) = limit(service, maximum, figures) else {
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
        Field::Register => format!("there are {number} patients on the register"),
        _ => format!(
            "the number of {} is {number}",
            indicator.label(field).trim_start_matches("Number of ")
        ),
    };
    Some((figure, words))
}

/// A figure as people read it: `1,234`.
pub fn shown(figure: i64) -> String {
    let sign = if figure < 0 { "-" } else { "" };
    format!("{sign}{}", crate::money::thousands(figure.unsigned_abs()))
}
