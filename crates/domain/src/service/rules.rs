//! The rules a service definition keeps, one function per rule, each named as the rule.

mod payment;

use super::{Entry, Indicator, IndicatorKind, Level, ListKind, ProviderKind, Service, dates};
use crate::{
    calendar::FinancialYear,
    reader::{Problems, within},
};
use std::collections::BTreeSet;

/// Every rule, in the order its sentence stands in the documentation.
pub(super) fn check(service: &Service, problems: &mut Problems) {
    it_starts_in_its_year(service, problems);
    it_ends_after_it_starts(service, problems);
    it_has_a_component(service, problems);
    codes_are_plain_and_unique(service, problems);
    every_component_of_a_paid_service_has_an_indicator(service, problems);
    a_paid_service_has_something_that_pays(service, problems);
    participation_only_pays_nothing(service, problems);
    payment::points_and_thresholds_are_within_bounds(service, problems);
    payment::steps_and_bands_rise(service, problems);
    payment::instalments_are_as_many_as_periods_and_make_the_whole(service, problems);
    payment::shares_are_percentages(service, problems);
    payment::what_was_paid_before_is_taken_off_once(service, problems);
    a_maximum_is_a_register_or_count_of_the_same_component(service, problems);
    a_prevalence_group_has_one_register_in_its_component(service, problems);
    points_have_national_figures_and_a_list_date(service, problems);
    levels_fit_the_provider(service, problems);
    a_service_follows_another_one(service, problems);
    an_entry_window_follows_a_period_that_providers_enter(service, problems);
    dates::only_a_paid_service_has_dates(service, problems);
    an_indicator_is_declared_by_itself_where_the_provider_declares(service, problems);
    a_later_version_says_from_when(service, problems);
    extract_names_of_an_indicator_differ(service, problems);
}

/// Each indicator with the place it stands at and the code of its component.
pub(super) fn placed(service: &Service) -> impl Iterator<Item = (String, &str, &Indicator)> {
    service.components.iter().enumerate().flat_map(|(position, component)| {
        let place = format!("component {}", name(&component.code, position));
        component.indicators.iter().enumerate().map(move |(position, indicator)| {
            let own = format!("indicator {}", name(&indicator.code, position));
            (within(&place, &own), component.code.as_str(), indicator)
        })
    })
}

/// The code, or the position where there is none: as the reader names its places.
fn name(code: &str, position: usize) -> String {
    if code.is_empty() { (position + 1).to_string() } else { code.to_owned() }
}

fn it_starts_in_its_year(service: &Service, problems: &mut Problems) {
    if problems.sound(&["year", "starts_on"])
        && FinancialYear::containing(service.starts_on) != service.year
    {
        let allowed = format!("a date in {}", service.year);
        problems.add("starts_on", service.starts_on.to_string(), allowed);
    }
}

fn it_ends_after_it_starts(service: &Service, problems: &mut Problems) {
    if problems.sound(&["starts_on", "ends_on"]) && service.ends_on <= service.starts_on {
        problems.add(
            "ends_on",
            service.ends_on.to_string(),
            format!("a date after {}", service.starts_on),
        );
    }
}

fn it_has_a_component(service: &Service, problems: &mut Problems) {
    if problems.sound(&["component"]) && service.components.is_empty() {
        problems.add("component", "nothing", "at least one component");
    }
}

fn codes_are_plain_and_unique(service: &Service, problems: &mut Problems) {
    let plain =
        |code: &str| code.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    let mut seen = BTreeSet::new();
    let components = service
        .components
        .iter()
        .map(|own| (format!("component {}", own.code), "component", &own.code));
    let indicators = placed(service).map(|(place, _, own)| (place, "indicator", &own.code));
    for (place, kind, code) in components.chain(indicators).filter(|(.., code)| !code.is_empty()) {
        if !plain(code) {
            problems.add(
                within(&place, "code"),
                format!("\"{code}\""),
                "capital letters and digits",
            );
        } else if !seen.insert((kind, code)) {
            problems.add(
                within(&place, "code"),
                format!("{code} again"),
                format!("each {kind} code once"),
            );
        }
    }
    if !plain(&service.code) {
        problems.add("code", format!("\"{}\"", service.code), "capital letters and digits");
    }
}

fn an_indicator_is_declared_by_itself_where_the_provider_declares(
    service: &Service,
    problems: &mut Problems,
) {
    if service.payment.as_ref().is_some_and(|terms| terms.declaration_required) {
        return;
    }
    for (place, _, _) in placed(service).filter(|(.., own)| own.subject_to_declare) {
        problems.add(
            within(&place, "subject_to_declare"),
            "true",
            "false, because the provider does not declare this service",
        );
    }
}

fn every_component_of_a_paid_service_has_an_indicator(service: &Service, problems: &mut Problems) {
    for component in service
        .components
        .iter()
        .filter(|own| service.payment.is_some() && own.indicators.is_empty())
    {
        problems.add(
            format!("component {}, indicator", component.code),
            "nothing",
            "at least one indicator",
        );
    }
}

fn a_paid_service_has_something_that_pays(service: &Service, problems: &mut Problems) {
    let pays = service.indicators().any(Indicator::pays);
    if service.payment.is_some() && !service.components.is_empty() && !pays {
        problems.add(
            "payment",
            "no indicator that pays",
            "an indicator with points, a fee or a rate",
        );
    }
}

fn participation_only_pays_nothing(service: &Service, problems: &mut Problems) {
    if service.payment.is_none() && problems.sound(&["payment"]) {
        for (place, _, _) in placed(service).filter(|(.., indicator)| indicator.pays()) {
            problems.add(place, "an indicator that pays", "none without payment terms");
        }
    }
}

fn a_maximum_is_a_register_or_count_of_the_same_component(
    service: &Service,
    problems: &mut Problems,
) {
    for (place, component, indicator) in placed(service) {
        let Some(maximum) = indicator.maximum().map(|own| &own.indicator) else {
            continue;
        };
        let limits = |other: &Indicator| {
            other.code == *maximum
                && other.code != indicator.code
                && matches!(
                    other.kind,
                    IndicatorKind::Register { .. } | IndicatorKind::Count { maximum: None, .. }
                )
        };
        let own = service.component(component).is_some_and(|own| own.indicators.iter().any(limits));
        if !own {
            let allowed = format!(
                "the code of a register, or of a count without a maximum, of component {component}"
            );
            problems.add(within(&place, "maximum"), maximum, allowed);
        }
    }
}

fn a_prevalence_group_has_one_register_in_its_component(
    service: &Service,
    problems: &mut Problems,
) {
    let registers = |group: &str| {
        placed(service)
            .filter(|(.., other)| other.prevalence().is_some_and(|(own, _)| own == group))
            .map(|(_, component, _)| component)
            .collect::<Vec<_>>()
    };
    for (place, component, indicator) in placed(service) {
        let (IndicatorKind::Fraction { prevalence_group: Some(group), .. }
        | IndicatorKind::Register { prevalence_group: Some(group), .. }) = &indicator.kind
        else {
            continue;
        };
        let homes = registers(group);
        if homes != [component] {
            let found = format!("{group} with {} registers, in: {}", homes.len(), homes.join(", "));
            let allowed = format!("a group with exactly one register, in component {component}");
            problems.add(within(&place, "prevalence_group"), found, allowed);
        }
    }
}

fn points_have_national_figures_and_a_list_date(service: &Service, problems: &mut Problems) {
    let all: Vec<String> = service.components.iter().map(|own| own.code.clone()).collect();
    let points = service.pays_points(&all);
    let by_list = points
        || [ListKind::Registered, ListKind::Weighted]
            .into_iter()
            .any(|kind| service.needs_list(&all, kind));
    if points != service.reference.is_some() && problems.sound(&["reference"]) {
        let (found, allowed) = if points {
            ("nothing", "the name of a set of national figures, because the service pays points")
        } else {
            ("national figures", "none, because the service pays no points")
        };
        problems.add("reference", found, allowed);
    }
    if by_list != service.list_size_date.is_some() && problems.sound(&["list_size_date"]) {
        let (found, allowed) = if by_list {
            ("nothing", "a date, because the payment depends on list size")
        } else {
            ("a date", "none, because no payment depends on list size")
        };
        problems.add("list_size_date", found, allowed);
    }
}

fn levels_fit_the_provider(service: &Service, problems: &mut Problems) {
    if service.provider == ProviderKind::Network {
        return;
    }
    for (place, _, indicator) in placed(service) {
        if indicator.level == Level::Network {
            problems.add(
                within(&place, "level"),
                "network",
                "practice or commissioner, because practices provide the service",
            );
        }
    }
}

fn an_entry_window_follows_a_period_that_providers_enter(
    service: &Service,
    problems: &mut Problems,
) {
    let key = "entry_days_after_period_end";
    let Some(days) = service.entry_days.filter(|_| problems.sound(&[key])) else { return };
    let is_typed = |own: &Indicator| {
        own.entry == Entry::Manual && own.level != Level::Commissioner && !own.fields().is_empty()
    };
    if service.payment.is_none() {
        problems.add(key, days.to_string(), "only in a service with [payment], which has periods");
    } else if !service.indicators().any(is_typed) {
        problems.add(key, days.to_string(), "only where providers enter a figure themselves");
    }
}

fn a_service_follows_another_one(service: &Service, problems: &mut Problems) {
    if let Some(code) = service.follows.as_ref().filter(|code| **code == service.code) {
        problems.add("follows", code, "the code of the service of the year before");
    }
}

fn a_later_version_says_from_when(service: &Service, problems: &mut Problems) {
    if !problems.sound(&["version", "effective_on"]) {
        return;
    }
    if service.version == 1 && service.is_variation {
        problems.add(
            "variation",
            "true",
            "only from version 2 on, which can differ from terms in force",
        );
    }
    match (service.version, service.effective_on) {
        (1, Some(_)) => {
            problems.add("effective_on", "a date", "none, because version 1 counts from the start");
        }
        (2.., None) => problems.add(
            "effective_on",
            "nothing",
            "the first achievement date that this version counts for",
        ),
        (2.., Some(date)) if !(service.starts_on..=service.ends_on).contains(&date) => {
            let allowed = format!("a date from {} to {}", service.starts_on, service.ends_on);
            problems.add("effective_on", date.to_string(), allowed);
        }
        _ => {}
    }
}

fn extract_names_of_an_indicator_differ(service: &Service, problems: &mut Problems) {
    for (place, _, indicator) in placed(service) {
        let names: Vec<String> =
            indicator.extract.values().map(|name| name.to_lowercase()).collect();
        // A name that ends with … means every name that begins so.
        let covers = |one: &str, other: &str| {
            one == other
                || one.strip_suffix('…').is_some_and(|own| other.starts_with(own.trim_end()))
        };
        let overlaps = names.iter().enumerate().any(|(place, one)| {
            names.iter().skip(place + 1).any(|other| covers(one, other) || covers(other, one))
        });
        if overlaps {
            problems.add(
                within(&place, "extract"),
                "one name for two fields",
                "a name of its own for each field",
            );
        }
    }
    // Only an extract brings field names; on a typed indicator they would wait for a file that never comes.
    for (place, _, indicator) in
        placed(service).filter(|(.., indicator)| indicator.entry == Entry::Manual)
    {
        let own =
            |(field, name): (&crate::submission::Field, &String)| name != field.extract_name();
        if indicator.extract.iter().any(own) {
            problems.add(
                within(&place, "extract"),
                "field names",
                "none on an indicator that is typed",
            );
        }
    }
}
