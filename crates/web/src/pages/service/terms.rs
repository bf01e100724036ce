//! A service's terms in plain words, as the offer, the contract and the catalogue show them.

use domain::{
    Actor, Service,
    calendar::{Frequency, long_date},
    money::thousands,
    service::{Component, Entry, Indicator, IndicatorKind, ProviderKind},
};
use serde::Serialize;

/// What the pages say about a service.
#[derive(Debug, Serialize)]
pub struct Terms {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// One or two sentences.
    pub summary: String,
    /// Family, which CQRS calls payment type.
    pub family: String,
    /// "2026 to 2027".
    pub year: String,
    /// "1 April 2026 to 31 March 2027".
    pub period: String,
    /// "GP practices".
    pub providers: String,
    /// How it is paid: "Each quarter, by a fee for each item."
    pub paid: String,
    /// Who declares and approves.
    pub approval: String,
    /// Which list size counts; empty where none does.
    pub list_size: String,
    /// The parts, with what is counted and what it pays.
    pub components: Vec<ComponentTerms>,
    /// National values, where points are turned into pounds.
    pub reference: Vec<Value>,
    /// Where they come from; empty without them.
    pub source: String,
}

/// A part of a service.
#[derive(Debug, Serialize)]
pub struct ComponentTerms {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// What is counted.
    pub indicators: Vec<IndicatorTerms>,
}

/// One thing that is counted.
#[derive(Debug, Serialize)]
pub struct IndicatorTerms {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// What it pays: "£38.50 for each", "12 points".
    pub pays: String,
    /// Thresholds or limits: "From 40% to 90%".
    pub rule: String,
    /// How figures arrive.
    pub entry: &'static str,
}

/// A named value.
#[derive(Debug, Serialize)]
pub struct Value {
    /// Name.
    pub name: String,
    /// Value with its unit.
    pub value: String,
}

impl Terms {
    /// The terms of all components, or of those that a contract includes; amounts only for readers who may see prices.
    pub fn of(service: &Service, included: Option<&[String]>, by: &Actor) -> Self {
        let sees_prices = by.sees_prices();
        let is_included =
            |component: &&Component| included.is_none_or(|codes| codes.contains(&component.code));
        let components: Vec<&Component> = service.components.iter().filter(is_included).collect();
        Self {
            code: service.code.clone(),
            name: service.name.clone(),
            summary: service.summary.clone(),
            family: service.family.clone(),
            year: service.year.to_string(),
            period: format!("{} to {}", long_date(service.starts_on), long_date(service.ends_on)),
            providers: match service.provider {
                ProviderKind::Practice => "GP practices".into(),
                ProviderKind::Network => "Primary care networks (PCNs)".into(),
            },
            paid: paid(service, &components),
            approval: approval(service),
            list_size: service.list_size_date.map_or_else(String::new, |date| {
                format!("The payment depends on the list size on {}.", long_date(date))
            }),
            components: components
                .into_iter()
                .map(|component| ComponentTerms::of(component, sees_prices))
                .collect(),
            reference: reference(service, sees_prices),
            source: service.reference.as_ref().map_or_else(String::new, |it| it.source.clone()),
        }
    }
}

impl ComponentTerms {
    fn of(component: &Component, sees_prices: bool) -> Self {
        Self {
            code: component.code.clone(),
            name: component.name.clone(),
            indicators: component
                .indicators
                .iter()
                .map(|indicator| IndicatorTerms::of(indicator, sees_prices))
                .collect(),
        }
    }
}

impl IndicatorTerms {
    fn of(indicator: &Indicator, sees_prices: bool) -> Self {
        Self {
            code: indicator.code.clone(),
            name: indicator.name.clone(),
            pays: pays(indicator, sees_prices),
            rule: rule(indicator),
            entry: match (indicator.fields().is_empty(), indicator.entry) {
                (true, _) => "Nothing to submit",
                (false, Entry::Manual) => "Submitted by the provider",
                (false, Entry::Extract) => "Extract from the clinical system",
            },
        }
    }
}

/// "Each quarter, by a fee for each item."
fn paid(service: &Service, components: &[&Component]) -> String {
    let Some(terms) = &service.payment else {
        return "Participation only. There is no payment.".into();
    };
    let often = match terms.frequency {
        Frequency::Monthly => "Each month",
        Frequency::Quarterly => "Each quarter",
        Frequency::Annual => "Once a year",
    };
    let any = |test: fn(&Indicator) -> bool| {
        components.iter().flat_map(|component| &component.indicators).any(test)
    };
    let ways: Vec<&str> = [
        ("points", any(|one| one.points().is_some())),
        (
            "a fee for each item",
            any(|one| matches!(one.kind, IndicatorKind::Count { fee: Some(_), .. })),
        ),
        (
            "an amount for each registered patient",
            any(|one| matches!(one.kind, IndicatorKind::PerPatient { .. })),
        ),
    ]
    .into_iter()
    .filter_map(|(way, is_used)| is_used.then_some(way))
    .collect();
    if ways.is_empty() {
        return "These components are not paid. They are management information.".into();
    }
    format!("{often}, by {}.", ways.join(" and "))
}

fn approval(service: &Service) -> String {
    let Some(terms) = &service.payment else {
        return "No declaration and no approval, because nothing is paid.".into();
    };
    let declaration = if terms.declaration_required {
        "The provider declares each achievement"
    } else {
        "No declaration required"
    };
    let approval = if terms.approval_required {
        "the commissioner approves"
    } else {
        "no commissioner approval required"
    };
    format!("{declaration}, {approval}, then finance approves.")
}

fn pays(indicator: &Indicator, sees_prices: bool) -> String {
    match &indicator.kind {
        IndicatorKind::Count { fee: Some(_), .. } | IndicatorKind::PerPatient { .. }
            if !sees_prices =>
        {
            "Your role does not show amounts".into()
        }
        IndicatorKind::Fraction { points, .. } => format!("Up to {points} points"),
        IndicatorKind::Register { points: Some(points), .. } => format!("{points} points"),
        IndicatorKind::YesNo { points: Some(points) } => format!("{points} points for yes"),
        IndicatorKind::Count { fee: Some(fee), .. } => format!("{fee} for each"),
        IndicatorKind::PerPatient { rate_per_year } => {
            format!("£{rate_per_year} a year for each patient")
        }
        IndicatorKind::Register { prevalence_group: Some(_), .. } => {
            "Not paid, gives the prevalence".into()
        }
        IndicatorKind::Register { .. }
        | IndicatorKind::YesNo { points: None }
        | IndicatorKind::Count { fee: None, .. } => "Not paid, management information".into(),
    }
}

fn rule(indicator: &Indicator) -> String {
    match &indicator.kind {
        IndicatorKind::Fraction { lower, upper, .. } if upper < lower => {
            format!("From {lower}% down to {upper}%")
        }
        IndicatorKind::Fraction { lower, upper, .. } => format!("From {lower}% to {upper}%"),
        IndicatorKind::Count { maximum: Some(maximum), .. } => format!("No more than {maximum}"),
        _ => "None".into(),
    }
}

fn reference(service: &Service, sees_prices: bool) -> Vec<Value> {
    let Some(reference) = &service.reference else { return Vec::new() };
    let value = |name: &str, value: String| Value { name: name.into(), value };
    let mut values = vec![value(
        "National average list",
        format!("{} patients", thousands(reference.average_list.into())),
    )];
    if sees_prices {
        values.insert(0, value("Value of a point", reference.point_value.to_string()));
    }
    values.extend(reference.national_prevalence.iter().map(|(group, percent)| {
        value(&format!("National prevalence of {group}"), format!("{percent}%"))
    }));
    values
}
