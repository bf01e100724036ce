//! From figures to points and pounds, with every line a person needs to see why.

mod counts;
mod forecast;
mod inputs;
mod moved;
mod points;
mod pounds;
mod slope;

pub use counts::worth_of_counts;
pub use forecast::{Forecast, Gain, MORE, forecast};
pub use inputs::{Adjustment, AdjustmentChange, Inputs, ListSize, National, PaidBy, WeightedList};
pub use moved::{Basis, Cause, Moved, moved};
pub use slope::{NotASlope, Slope};

use crate::{
    Pence,
    calendar::{Period, long_date},
    money,
    ratio::{Exact, Points},
    service::{Above, CountPays, FractionPays, IndicatorKind, ListKind, Service, YesPays},
    submission::{self, Field, FieldError, Missing},
};
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
    /// The components it is for.
    #[serde(default)]
    pub components: Vec<String>,
    /// The version of the definition it was worked out by.
    #[serde(default = "first")]
    pub definition_version: u32,
    /// The version of the national figures it was worked out with, where it used any.
    #[serde(default)]
    pub reference_version: Option<u32>,
}

fn first() -> u32 {
    1
}

impl Calculation {
    /// Whether another calculation comes to the same by the same lines: where figures were published in is no
    /// difference.
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        let told = |line: &Line| (line.working.clone(), line.points.clone(), line.amount.clone());
        self.amount == other.amount
            && self.points == other.points
            && self.lines.iter().map(told).eq(other.lines.iter().map(told))
    }

    /// As a reader may see it who is not shown money: every line keeps its points and counts and loses its pounds.
    pub fn without_money(mut self) -> Self {
        let has_pounds = |text: &str| text.contains('£');
        self.amount = Pence(0);
        for line in &mut self.lines {
            line.amount.clear();
            line.unrounded_amount = None;
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
    /// Points before any rounding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unrounded_points: Option<Points>,
    /// The pounds that this line adds to the payment, before any rounding. Those of all lines make the payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unrounded_amount: Option<Exact>,
    /// Whether more was submitted than there are patients on the register.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_above_register: bool,
}

impl Line {
    /// A line about an indicator, or about everything, that gives neither points nor pounds yet.
    fn new(
        indicator: Option<&str>,
        title: impl Into<String>,
        inputs: Vec<Input>,
        working: String,
    ) -> Self {
        Self {
            indicator: indicator.map(str::to_owned),
            title: title.into(),
            inputs,
            working,
            points: None,
            amount: String::new(),
            unrounded_points: None,
            unrounded_amount: None,
            is_above_register: false,
        }
    }
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

/// Why there is no amount yet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotCalculate {
    /// Something is not there. Missing is never zero, so nothing is calculated without it.
    #[error("The payment cannot be calculated until these are in: {}.", in_words(.figures, .others))]
    Missing {
        /// Every figure that is not in, in the order of the definition.
        figures: Vec<Missing>,
        /// What else is not known: list sizes with their date, national figures, earlier payments.
        others: Vec<String>,
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

fn in_words(figures: &[Missing], others: &[String]) -> String {
    let all: Vec<&str> = figures
        .iter()
        .map(|missing| missing.label.as_str())
        .chain(others.iter().map(String::as_str))
        .collect();
    all.join(", ")
}

/// What the provider earns for a period with these inputs.
///
/// `components` are the codes of the components its contract includes. Nothing is rounded before the total, except
/// each indicator's points where the definition says so.
pub fn calculate(
    service: &Service,
    components: &[String],
    period: Period,
    inputs: &Inputs,
) -> Result<Calculation, CannotCalculate> {
    let Some(terms) = &service.payment else {
        return Err(CannotCalculate::ParticipationOnly);
    };
    let Some(place) = service.periods().iter().position(|own| *own == period) else {
        return Err(CannotCalculate::Period(period));
    };
    everything_is_in(service, components, inputs)?;
    let case = Case { service, components, terms, place, inputs };
    let mut sums = Sums::default();
    points::add(&mut sums, &case);
    for indicator in service.included(components) {
        case.add(&mut sums, indicator);
    }
    pounds::adjustments(&mut sums, inputs);
    if terms.less_paid_by.is_some() {
        pounds::paid_before(&mut sums, inputs);
    }
    let amount = sums.pounds.to_pence().ok_or(CannotCalculate::TooLarge)?;
    sums.lines.push(pounds::total(&sums, amount));
    Ok(Calculation {
        points: sums.points,
        amount,
        lines: sums.lines,
        components: components.to_vec(),
        definition_version: service.version,
        reference_version: service
            .pays_points(components)
            .then(|| inputs.reference.as_ref().map(|national| national.version))
            .flatten(),
    })
}

/// One payment to be worked out.
struct Case<'a> {
    service: &'a Service,
    components: &'a [String],
    terms: &'a crate::service::PaymentTerms,
    /// The position of the period among the service's, from 0.
    place: usize,
    inputs: &'a Inputs,
}

impl Case<'_> {
    /// Adds what an indicator pays without points.
    fn add(&self, sums: &mut Sums, indicator: &crate::service::Indicator) {
        match &indicator.kind {
            IndicatorKind::Count { pays: Some(CountPays::Fee { fee, cap }), .. } => {
                counts::fee(sums, self, indicator, *fee, *cap);
            }
            IndicatorKind::Count { pays: Some(CountPays::Monthly { rate }), .. } => {
                counts::monthly(sums, self, indicator, rate);
            }
            IndicatorKind::Count { pays: Some(CountPays::Bands(bands)), .. } => {
                counts::bands(sums, self, indicator, bands);
            }
            IndicatorKind::Fraction { pays: Some(FractionPays::Bands(bands)), .. } => {
                counts::fraction_bands(sums, self, indicator, bands);
            }
            IndicatorKind::YesNo { pays: Some(YesPays::Amount(amount)), .. } => {
                pounds::yes(sums, self, indicator, *amount);
            }
            IndicatorKind::PerPatient { rate_per_year, list } => {
                pounds::per_patient(sums, self, indicator, rate_per_year, *list);
            }
            IndicatorKind::Block { amount, instalments } => {
                pounds::block(sums, self, indicator, *amount, instalments);
            }
            IndicatorKind::Aspiration { share, uprating, .. } => {
                pounds::aspiration(sums, self, indicator, share, uprating);
            }
            _ => {}
        }
    }
}

/// Everything that stops the calculation, named at once.
fn everything_is_in(
    service: &Service,
    components: &[String],
    inputs: &Inputs,
) -> Result<(), CannotCalculate> {
    let figures = submission::missing(service, components, &inputs.figures);
    let others = other_missing(service, components, inputs);
    if !figures.is_empty() || !others.is_empty() {
        return Err(CannotCalculate::Missing { figures, others });
    }
    // A count above its maximum is cut to it, with a line that says so, unless the definition refuses it; a percentage
    // above 100 has no such remedy.
    let refuses = |error: &FieldError| {
        error.field == Field::Numerator
            || service
                .indicator(&error.indicator)
                .and_then(|own| own.maximum())
                .is_some_and(|maximum| maximum.above == Above::Refuse)
    };
    let included =
        |error: &FieldError| service.included(components).any(|own| own.code == error.indicator);
    let impossible: Vec<FieldError> = submission::contradictions(service, &inputs.figures)
        .into_iter()
        .filter(|error| refuses(error) && included(error))
        .collect();
    if impossible.is_empty() { Ok(()) } else { Err(CannotCalculate::Contradiction(impossible)) }
}

/// What is not known besides figures. A list of nobody is a list that was not loaded: every share of it would divide
/// by zero.
fn other_missing(service: &Service, components: &[String], inputs: &Inputs) -> Vec<String> {
    let mut missing = Vec::new();
    if let Some(on) = service.list_size_date {
        let has_registered = inputs.registered.is_some_and(|list| list.patients > 0);
        if service.needs_list(components, ListKind::Registered) && !has_registered {
            missing.push(format!("list size on {}", long_date(on)));
        }
        let has_weighted =
            inputs.weighted.as_ref().is_some_and(|list| list.patients > Exact::zero());
        if service.needs_list(components, ListKind::Weighted) && !has_weighted {
            missing.push(format!("weighted list size on {}", long_date(on)));
        }
    }
    if let Some(set) = service.reference.as_ref().filter(|_| service.pays_points(components)) {
        missing.extend(missing_national(service, components, set, inputs));
    }
    for indicator in service.included(components) {
        if let IndicatorKind::Aspiration { of, .. } = &indicator.kind
            && inputs.last_year.is_none()
        {
            missing.push(format!("payment of {of}"));
        }
    }
    missing
}

fn missing_national(
    service: &Service,
    components: &[String],
    set: &str,
    inputs: &Inputs,
) -> Vec<String> {
    let Some(national) = &inputs.reference else {
        return vec![format!("national figures {set} {}", service.year)];
    };
    let mut groups: Vec<&String> =
        service.included(components).filter_map(|own| own.adjusted_by()).collect();
    groups.sort();
    groups.dedup();
    groups
        .into_iter()
        .filter(|group| !national.figures.prevalence.contains_key(*group))
        .map(|group| format!("national prevalence of {group}"))
        .collect()
}

/// What has been added up so far.
#[derive(Default)]
struct Sums {
    points: Option<Points>,
    pounds: Exact,
    lines: Vec<Line>,
}

impl Sums {
    /// Adds a line and the pounds it brings.
    fn pay(&mut self, mut line: Line, pounds: Exact) {
        line.amount = readable(&pounds);
        self.pounds = &self.pounds + &pounds;
        line.unrounded_amount = Some(pounds);
        self.lines.push(line);
    }
}

const DEFINITION: &str = "Definition of the service";

fn input(label: impl Into<String>, value: impl Into<String>, source: impl Into<String>) -> Input {
    Input { label: label.into(), value: value.into(), source: source.into() }
}

/// The list size as an input.
fn list_input(list: ListSize) -> Input {
    let value = submission::shown(list.patients);
    input("List size", value, format!("Registered patients on {}", long_date(list.on)))
}

/// The weighted list as an input.
fn weighted_input(list: &WeightedList) -> Input {
    let source = format!("Weighted patients on {}", long_date(list.on));
    input("Weighted list", list.patients.to_short(4), source)
}

/// Pounds for reading: rounded to the penny, however many there are.
fn readable(pounds: &Exact) -> String {
    pounds.to_pence().map_or_else(|| exact_pounds(&pounds.rounded(2)), |pence| pence.to_string())
}

/// Pounds with as many decimals as they need, at least two and at most six: `£1,500.00`, `£2.266`.
fn exact_pounds(pounds: &Exact) -> String {
    if pounds.is_negative() {
        return format!("-{}", exact_pounds(&(Exact::zero() - pounds.clone())));
    }
    let text = if pounds.rounded(2) == *pounds { pounds.to_fixed(2) } else { pounds.to_short(6) };
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, "00"));
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), money::thousands);
    format!("£{whole}.{decimals:0<2}")
}

#[cfg(test)]
mod change_tests;
#[cfg(test)]
mod kinds_tests;
#[cfg(test)]
mod tests;
