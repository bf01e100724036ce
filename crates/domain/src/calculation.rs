//! From figures to points and pounds, with every line a person needs to see why.

mod points;
mod pounds;
mod slope;

pub use pounds::worth_of_counts;
pub use slope::{NotASlope, Slope};

use crate::{
    Pence,
    calendar::{Period, long_date},
    money,
    ratio::{Exact, Points},
    service::{IndicatorKind, Service},
    submission::{self, Field, FieldError, Figures, Missing},
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// What a provider earns for one achievement date, and why. It is provisional until it is declared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calculation {
    /// Points earned, where the service pays points.
    pub points: Option<Points>,
    /// The payment.
    pub amount: Pence,
    /// How it came about, in the order of the definition, the total last.
    pub lines: Vec<Line>,
}

impl Calculation {
    /// As a reader may see it who is not shown money: every line keeps its points and counts and loses its pounds.
    pub fn without_money(mut self) -> Self {
        let has_pounds = |text: &str| text.contains('£');
        self.amount = Pence(0);
        for line in &mut self.lines {
            line.amount.clear();
            line.inputs.retain(|input| !has_pounds(&input.value) && !has_pounds(&input.source));
            if has_pounds(&line.working) {
                line.working.clear();
            }
        }
        self.lines.retain(|line| {
            line.points.is_some() || !line.working.is_empty() || !line.inputs.is_empty()
        });
        // A total of pounds says nothing without them.
        self.lines.retain(|line| line.points.is_some() || line.title != TOTAL);
        self
    }
}

/// The title of the last line.
pub(crate) const TOTAL: &str = "Total payment";

/// One step of a calculation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The indicator it is about; none for factors and totals.
    pub indicator: Option<String>,
    /// What it is about, in words.
    pub title: String,
    /// What went in.
    pub inputs: Vec<Input>,
    /// The sum in words and numbers.
    pub working: String,
    /// Points, where it gives any.
    pub points: Option<String>,
    /// Pounds, rounded for reading; empty where it gives none.
    pub amount: String,
}

/// One number that went into a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// What it is.
    pub label: String,
    /// The number, as people read it.
    pub value: String,
    /// Where it comes from.
    pub source: String,
}

/// A provider's registered patients on a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListSize {
    /// Patients.
    pub patients: i64,
    /// The date they were counted.
    pub on: NaiveDate,
}

/// Why there is no amount yet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotCalculate {
    /// Something is not there. Missing is never zero, so nothing is calculated without it.
    #[error("The payment cannot be calculated until these are in: {}.", in_words(.figures, *.list_size))]
    Missing {
        /// Every figure that is not in, in the order of the definition.
        figures: Vec<Missing>,
        /// The date whose list size is needed and not known.
        list_size: Option<NaiveDate>,
    },
    /// Figures that cannot be true.
    #[error("The payment cannot be calculated. {}.", .0.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join(". "))]
    Contradiction(Vec<FieldError>),
    /// The service has no payment terms.
    #[error("This service is participation only. It has no payment to calculate.")]
    ParticipationOnly,
    /// The period is not one of the service's.
    #[error("The service is not paid for {0}. Choose one of its achievement dates.")]
    Period(Period),
    /// No budget holds such an amount.
    #[error("The payment is too large to be true. Check the figures, prices and list size.")]
    TooLarge,
}

fn in_words(figures: &[Missing], list_size: Option<NaiveDate>) -> String {
    let list = list_size.map(|on| format!("list size on {}", long_date(on)));
    let all: Vec<String> =
        figures.iter().map(|missing| missing.label.clone()).chain(list).collect();
    all.join(", ")
}

/// What the provider earns for a period with these figures in force.
///
/// `components` are the codes of the components its contract includes. Nothing is rounded before the total, except
/// each indicator's points where the definition says so.
pub fn calculate(
    service: &Service,
    components: &[String],
    period: Period,
    figures: &Figures,
    list: Option<ListSize>,
) -> Result<Calculation, CannotCalculate> {
    let Some(terms) = &service.payment else {
        return Err(CannotCalculate::ParticipationOnly);
    };
    if !service.periods().contains(&period) {
        return Err(CannotCalculate::Period(period));
    }
    let list = everything_is_in(service, components, figures, list)?;
    let mut sums = Sums::default();
    if let Some((reference, list)) =
        service.reference.as_ref().zip(list).filter(|_| service.pays_points(components))
    {
        points::add(&mut sums, &points::Basis { service, components, figures, reference, list });
    }
    for indicator in
        service.components_named(components).into_iter().flat_map(|own| &own.indicators)
    {
        match (&indicator.kind, list) {
            (IndicatorKind::Count { fee: Some(fee), .. }, _) => {
                pounds::item(&mut sums, service, indicator, *fee, figures)
            }
            (IndicatorKind::PerPatient { rate_per_year }, Some(list)) => {
                pounds::per_patient(&mut sums, indicator, rate_per_year, terms.frequency, list);
            }
            _ => {}
        }
    }
    let amount = sums.pounds.to_pence().ok_or(CannotCalculate::TooLarge)?;
    sums.lines.push(pounds::total(&sums, amount));
    Ok(Calculation { points: sums.points, amount, lines: sums.lines })
}

/// The list size where one is needed; otherwise everything that stops the calculation.
fn everything_is_in(
    service: &Service,
    components: &[String],
    figures: &Figures,
    list: Option<ListSize>,
) -> Result<Option<ListSize>, CannotCalculate> {
    let missing = submission::missing(service, components, figures);
    // A list of nobody is a list that was not loaded: every share of it would divide by zero.
    let list = list.filter(|list| list.patients > 0);
    let no_list =
        service.list_size_date.filter(|_| list.is_none() && service.needs_list_size(components));
    if !missing.is_empty() || no_list.is_some() {
        return Err(CannotCalculate::Missing { figures: missing, list_size: no_list });
    }
    let included = |error: &FieldError| {
        service
            .components_named(components)
            .iter()
            .any(|own| own.indicators.iter().any(|one| one.code == error.indicator))
    };
    // A count above its maximum is cut to it, with a line that says so; a percentage above 100 has no such remedy.
    let impossible: Vec<FieldError> = submission::contradictions(service, figures)
        .into_iter()
        .filter(|error| error.field == Field::Numerator && included(error))
        .collect();
    if impossible.is_empty() { Ok(list) } else { Err(CannotCalculate::Contradiction(impossible)) }
}

/// What has been added up so far.
#[derive(Default)]
struct Sums {
    points: Option<Points>,
    pounds: Exact,
    lines: Vec<Line>,
}

const SUBMITTED: &str = "Submitted figure";
const DEFINITION: &str = "Definition of the service";

fn input(label: impl Into<String>, value: impl Into<String>, source: impl Into<String>) -> Input {
    Input { label: label.into(), value: value.into(), source: source.into() }
}

/// The list size as an input.
fn list_input(list: ListSize) -> Input {
    let value = submission::shown(list.patients);
    input("List size", value, format!("Registered patients on {}", long_date(list.on)))
}

/// Pounds for reading: rounded to the penny, however many there are.
fn readable(pounds: &Exact) -> String {
    pounds.to_pence().map_or_else(|| exact_pounds(&pounds.rounded(2)), |pence| pence.to_string())
}

/// Pounds with as many decimals as they need, at least two and at most six: `£1,500.00`, `£2.266`.
fn exact_pounds(pounds: &Exact) -> String {
    let text = if pounds.rounded(2) == *pounds { pounds.to_fixed(2) } else { pounds.to_short(6) };
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, "00"));
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), money::thousands);
    format!("£{whole}.{decimals:0<2}")
}

#[cfg(test)]
mod tests;
