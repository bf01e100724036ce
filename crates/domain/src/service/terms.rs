//! A service's terms in plain words, as the offer, its receipt, the contract and the catalogue show them.

use super::{
    Band, Component, CountPays, Entry, FractionPays, Indicator, IndicatorKind, Level, ListKind,
    ProviderKind, Service, Span, YesPays,
};
use crate::{
    Actor,
    calculation::National,
    calendar::{Frequency, long_date},
    money::thousands,
    ratio::Exact,
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
    /// National figures, where points are turned into pounds.
    pub reference: Vec<Value>,
    /// Where they come from; empty without them.
    pub source: String,
    /// The version of the definition.
    pub version: u32,
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
    /// Thresholds or limits: "From 40% to 90%". Says where no source confirms them or the price.
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
    /// `national` are the figures in force, where the service pays points.
    pub fn of(
        service: &Service,
        included: Option<&[String]>,
        national: Option<&National>,
        by: &Actor,
    ) -> Self {
        Self::with_prices(service, included, national, by.sees_prices())
    }

    /// The same with or without amounts, whoever reads.
    pub fn with_prices(
        service: &Service,
        included: Option<&[String]>,
        national: Option<&National>,
        sees_prices: bool,
    ) -> Self {
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
            reference: national.map_or_else(Vec::new, |own| reference(own, sees_prices)),
            source: source(service, national),
            version: service.version,
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
            rule: match (rule(indicator), indicator.is_unverified()) {
                (rule, false) => rule,
                (rule, true) if rule == "None" => "None (amount not verified)".into(),
                (rule, true) => format!("{rule} (not verified)"),
            },
            entry: match (indicator.fields().is_empty(), indicator.entry) {
                (true, _) => "Nothing to submit",
                (false, _) if indicator.level == Level::Commissioner => {
                    "Submitted by the commissioner"
                }
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
            any(|one| {
                matches!(one.kind, IndicatorKind::Count { pays: Some(CountPays::Fee { .. }), .. })
            }),
        ),
        (
            "an amount for each and month",
            any(|one| {
                matches!(
                    one.kind,
                    IndicatorKind::Count { pays: Some(CountPays::Monthly { .. }), .. }
                )
            }),
        ),
        (
            "an amount for each patient",
            any(|one| matches!(one.kind, IndicatorKind::PerPatient { .. })),
        ),
        ("fixed amounts", any(is_fixed)),
        (
            "a part of last year's payment in advance",
            any(|one| matches!(one.kind, IndicatorKind::Aspiration { .. })),
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

fn is_fixed(indicator: &Indicator) -> bool {
    match &indicator.kind {
        IndicatorKind::Block { .. } => true,
        IndicatorKind::Fraction { pays, .. } => matches!(pays, Some(FractionPays::Bands(_))),
        IndicatorKind::Count { pays, .. } => matches!(pays, Some(CountPays::Bands(_))),
        IndicatorKind::YesNo { pays, .. } => matches!(pays, Some(YesPays::Amount(_))),
        _ => false,
    }
}

fn pays(indicator: &Indicator, sees_prices: bool) -> String {
    if indicator.pays() && indicator.points().is_none() && !sees_prices {
        return "Your role does not show amounts".into();
    }
    match &indicator.kind {
        IndicatorKind::Register { points: Some(points), .. } => format!("{points} points"),
        IndicatorKind::Register { prevalence_group: Some(_), .. } => {
            "Not paid, gives the prevalence".into()
        }
        IndicatorKind::Fraction { pays: Some(pays), .. } => fraction_pays(pays),
        IndicatorKind::Count { pays: Some(pays), .. } => match pays {
            CountPays::Fee { fee, .. } => format!("{fee} for each"),
            CountPays::Monthly { rate } => format!("£{rate} for each and month"),
            CountPays::Bands(bands) => in_bands(bands, ""),
        },
        IndicatorKind::YesNo { pays: Some(pays), .. } => match pays {
            YesPays::Points(points) => format!("{points} points for yes"),
            YesPays::Amount(amount) => format!("{amount} for yes"),
        },
        IndicatorKind::PerPatient { rate_per_year, list } => match list {
            ListKind::Registered => format!("£{rate_per_year} a year for each patient"),
            ListKind::Weighted => format!("£{rate_per_year} a year for each weighted patient"),
        },
        IndicatorKind::Block { amount, .. } => format!("{amount} in all"),
        IndicatorKind::Aspiration { of, share, .. } => {
            format!("{share}% of the payment of {of}, in advance")
        }
        IndicatorKind::Register { .. }
        | IndicatorKind::Fraction { pays: None, .. }
        | IndicatorKind::YesNo { pays: None, .. }
        | IndicatorKind::Count { pays: None, .. } => "Not paid, management information".into(),
    }
}

fn fraction_pays(pays: &FractionPays) -> String {
    match pays {
        FractionPays::Slope { points, .. } => format!("Up to {points} points"),
        FractionPays::AllOrNothing { points, .. } => format!("{points} points or none"),
        FractionPays::Steps(steps) => {
            let steps: Vec<String> = steps
                .iter()
                .map(|step| format!("{} points from {}%", step.points, step.from))
                .collect();
            steps.join(", ")
        }
        FractionPays::Bands(bands) => in_bands(bands, "%"),
    }
}

/// `£100.00 from 60%, £250.00 from 80%`.
fn in_bands(bands: &[Band], unit: &str) -> String {
    let bands: Vec<String> =
        bands.iter().map(|band| format!("{} from {}{unit}", band.amount, band.from)).collect();
    bands.join(", ")
}

fn rule(indicator: &Indicator) -> String {
    match &indicator.kind {
        IndicatorKind::Fraction {
            pays: Some(FractionPays::Slope { lower, upper, at_lower, .. }),
            ..
        } => slope(lower, upper, at_lower.as_ref()),
        IndicatorKind::Fraction { pays: Some(FractionPays::AllOrNothing { from, .. }), .. } => {
            format!("All from {from}%")
        }
        IndicatorKind::Count { pays, maximum, .. } => {
            limits(pays.as_ref(), maximum.as_ref().map(|own| (own.indicator.as_str(), own.per)))
        }
        _ => "None".into(),
    }
}

fn slope(lower: &Exact, upper: &Exact, at_lower: Option<&Exact>) -> String {
    let way = if upper < lower { " down" } else { "" };
    let step = at_lower.map_or_else(String::new, |points| format!(", {points} points at {lower}%"));
    format!("From {lower}%{way} to {upper}%{step}")
}

fn limits(pays: Option<&CountPays>, maximum: Option<(&str, Span)>) -> String {
    let over = |span| match span {
        Span::Period => "in a period",
        Span::Service => "in the whole service",
    };
    let mut limits = Vec::new();
    if let Some((indicator, per)) = maximum {
        limits.push(match per {
            Span::Period => format!("No more than {indicator}"),
            Span::Service => format!("No more than {indicator} {}", over(per)),
        });
    }
    if let Some(CountPays::Fee { cap: Some(cap), .. }) = pays {
        limits.push(format!("Up to {} paid {}", cap.items, over(cap.per)));
    }
    if limits.is_empty() { "None".into() } else { limits.join(". ") }
}

fn reference(national: &National, sees_prices: bool) -> Vec<Value> {
    let figures = &national.figures;
    let value = |name: &str, value: String| Value { name: name.into(), value };
    let mut values = vec![value(
        "National average list",
        format!("{} patients", thousands(figures.average_list.into())),
    )];
    if sees_prices {
        values.insert(0, value("Value of a point", figures.point_value.to_string()));
    }
    values.extend(figures.prevalence.iter().map(|(group, percent)| {
        value(&format!("National prevalence of {group}"), format!("{percent}%"))
    }));
    values
}

/// Where the national figures come from, or that there are none yet.
fn source(service: &Service, national: Option<&National>) -> String {
    match (national, &service.reference) {
        (Some(national), _) => format!("Version {}. {}", national.version, national.figures.source),
        (None, Some(set)) => {
            format!("The national figures {set} {} are not in force yet.", service.year)
        }
        (None, None) => String::new(),
    }
}
