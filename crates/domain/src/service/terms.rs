//! A service's terms in plain words, as the offer, its receipt, the contract and the catalogue show them.

use super::{
    Component, CountPays, Entry, FractionPays, Indicator, IndicatorKind, Level, ProviderKind,
    Service, YesPays,
};
use crate::{
    Actor,
    calculation::National,
    calendar::{Frequency, long_date},
    money::thousands,
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
    /// By when each period is declared, approved and paid; empty where the definition sets no days.
    pub dates: String,
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
            dates: service
                .dates
                .zip(service.payment.as_ref())
                .map_or_else(String::new, |(rules, terms)| rules.words(terms.declaration_required)),
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
            pays: indicator.pays_in_words(sees_prices),
            rule: match (indicator.rule_in_words(), indicator.is_unverified()) {
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
    let by_itself = service.indicators().filter(|own| own.subject_to_declare).count();
    let declaration = match (terms.declaration_required, by_itself) {
        (false, _) => "No declaration required".to_owned(),
        (true, 0) => "The provider declares each achievement".to_owned(),
        (true, 1) => {
            "The provider declares each achievement, 1 indicator by itself first".to_owned()
        }
        (true, many) => {
            format!("The provider declares each achievement, {many} indicators by themselves first")
        }
    };
    let approval = match (terms.approval_required, terms.approval_bands) {
        (true, true) => "the commissioner approves, large amounts by 2 people",
        (true, false) => "the commissioner approves",
        (false, _) => "no commissioner approval required",
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
