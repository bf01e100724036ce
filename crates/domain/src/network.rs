//! Network achievement: what the practices of a network hand in, summed to the network by membership on the date.

use crate::{
    Figures, OrganisationId, OrganisationKind, Service,
    achievement::counted,
    calendar::long_date,
    service::{Indicator, Level, ProviderKind},
    submission::{Field, Missing, missing},
};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// What one practice of a network has handed in for a service and achievement date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// The practice.
    pub practice: OrganisationId,
    /// Its ODS code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its figures in force.
    pub figures: Figures,
}

/// What one practice still owes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owed {
    /// The practice.
    pub practice: OrganisationId,
    /// Its name.
    pub name: String,
    /// Figures, in the order of the definition; never none.
    pub missing: Vec<Missing>,
}

impl Owed {
    /// The indicators with something missing, each once, in the order of the definition.
    pub fn indicators(&self) -> Vec<&str> {
        let mut codes: Vec<&str> = self.missing.iter().map(|own| own.indicator.as_str()).collect();
        codes.dedup();
        codes
    }
}

/// Indicators of a network and of its practices: "n of m", and how many of the rest the practices owe.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// With all their figures.
    pub submitted: u32,
    /// That need figures: the network's own once, those of the practices once for each practice.
    pub required: u32,
    /// Of the practices, without all their figures.
    pub awaits: u32,
}

/// Whether practices hand in figures of these components, to be summed to the network that provides the service.
pub fn sums(service: &Service, components: &[String]) -> bool {
    service.provider == ProviderKind::Network
        && service.included(components).any(|own| is_practices(own) && !own.fields().is_empty())
}

fn is_practices(indicator: &Indicator) -> bool {
    indicator.level == Level::Practice
}

/// The definition with only the indicators that an organisation of this kind hands in itself: of a service that networks
/// provide, a practice hands in those of level practice, and the network those of its own and of the commissioner.
pub fn handed_in_by(service: &Service, kind: OrganisationKind) -> Service {
    let mut own = service.clone();
    if service.provider == ProviderKind::Network {
        let by_practice = kind == OrganisationKind::Practice;
        for component in &mut own.components {
            component.indicators.retain(|indicator| is_practices(indicator) == by_practice);
        }
    }
    own
}

/// Why an organisation does not hand in an indicator of a service that practices hand in figures for, as the "allowed"
/// part of a problem: the codes of those that it does. None when it does.
pub fn of_another_level(service: &Service, indicator: &str, is_member: bool) -> Option<String> {
    let belongs = |own: &Indicator| is_practices(own) == is_member;
    if service.provider != ProviderKind::Network || service.indicator(indicator).is_none_or(belongs)
    {
        return None;
    }
    let entered = |own: &&Indicator| belongs(own) && !own.fields().is_empty();
    let codes: Vec<&str> =
        service.indicators().filter(entered).map(|own| own.code.as_str()).collect();
    let who = if is_member { "a practice" } else { "the network" };
    let codes = if codes.is_empty() { "none".to_owned() } else { codes.join(", ") };
    Some(format!("an indicator that {who} hands in: {codes}"))
}

/// The figures of a network: its own, and those of the practices summed, an indicator once every practice has given all
/// its figures, because a missing figure is never zero. An answer of the practices is yes when every one of them says yes.
///
/// Source: CQRS National, network services: practice figures are summed to the PCN, then the percentage is taken.
pub fn sum(service: &Service, own: &Figures, practices: &[Share]) -> Figures {
    let is_own = |code: &str| service.indicator(code).is_none_or(|own| !is_practices(own));
    let mut together: Figures = own
        .iter()
        .filter(|((code, _), _)| is_own(code))
        .map(|(key, own)| (key.clone(), *own))
        .collect();
    for (key, Sum { value, given }) in so_far(service, practices) {
        if given == practices.len() {
            together.insert(key, value);
        }
    }
    together
}

/// A sum over the practices that have given an indicator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sum {
    /// What they come to.
    pub value: i64,
    /// How many practices that is.
    pub given: usize,
}

/// What the practices come to so far, by figure: of each indicator, the practices that have given all its figures, so
/// that a percentage of the sums is one of these practices. Nothing for an indicator that none has given whole.
pub fn so_far(service: &Service, practices: &[Share]) -> BTreeMap<(String, Field), Sum> {
    let mut sums = BTreeMap::new();
    for indicator in service.indicators().filter(|own| is_practices(own)) {
        let figure =
            |own: &Share, field: Field| own.figures.get(&(indicator.code.clone(), field)).copied();
        let is_whole =
            |own: &&Share| indicator.fields().iter().all(|field| figure(own, *field).is_some());
        let whole: Vec<&Share> = practices.iter().filter(is_whole).collect();
        if whole.is_empty() {
            continue;
        }
        for field in indicator.fields() {
            let given = whole.iter().filter_map(|own| figure(own, *field));
            let value = match field {
                Field::YesNo => given.min().unwrap_or_default(),
                _ => given.sum(),
            };
            sums.insert((indicator.code.clone(), *field), Sum { value, given: whole.len() });
        }
    }
    sums
}

/// What each practice still owes, in the order of the practices; a practice that owes nothing is not named.
pub fn missing_of_members(
    service: &Service,
    components: &[String],
    practices: &[Share],
) -> Vec<Owed> {
    let theirs = handed_in_by(service, OrganisationKind::Practice);
    practices
        .iter()
        .map(|own| Owed {
            practice: own.practice,
            name: own.name.clone(),
            missing: missing(&theirs, components, &own.figures),
        })
        .filter(|owed| !owed.missing.is_empty())
        .collect()
}

/// "n of m" of a network with its practices. While no practice is in it, their indicators count once, as missing.
pub fn counted_together(
    service: &Service,
    components: &[String],
    own: &Figures,
    practices: &[Share],
) -> Counted {
    let of_network = handed_in_by(service, OrganisationKind::Pcn);
    let theirs = handed_in_by(service, OrganisationKind::Practice);
    let (submitted, required) = counted(&of_network, components, own);
    let mut all = Counted { submitted, required, awaits: 0 };
    let nobody = [Figures::new()];
    let figures: Vec<&Figures> = match practices {
        [] => nobody.iter().collect(),
        some => some.iter().map(|own| &own.figures).collect(),
    };
    for figures in figures {
        let (submitted, required) = counted(&theirs, components, figures);
        all.submitted += submitted;
        all.required += required;
        all.awaits += required - submitted;
    }
    all
}

/// How many practices a sentence names before it counts the others.
const NAMED: usize = 5;
/// How many indicators of a practice a sentence names before it counts the others.
const CODES: usize = 6;

/// Whom a network waits for, as a sentence that names practices and indicators; empty when it waits for none.
pub fn waits_for(owed: &[Owed]) -> String {
    if owed.is_empty() {
        return String::new();
    }
    let practice = |own: &Owed| format!("{} ({})", own.name, listed(&own.indicators(), CODES, ""));
    let names: Vec<String> = owed.iter().map(practice).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    format!("Waiting for figures of {}.", listed(&names, NAMED, " practices"))
}

/// Why a network without practices has no sums, as a sentence.
pub fn nobody(on: NaiveDate) -> String {
    format!("No practice is a member of the network on {}.", long_date(on))
}

/// "A, B and C", or "A, B and 2 more".
fn listed(names: &[&str], most: usize, noun: &str) -> String {
    let more = format!("{} more{noun}", names.len().saturating_sub(most));
    let mut shown: Vec<&str> = names.iter().copied().take(most).collect();
    if names.len() > most {
        shown.push(&more);
    }
    match shown.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::submission::shown;
    use uuid::Uuid;

    /// A small service of a network: two percentages of the practices, one answer of the network, one of the practices.
    const DEFINITION: &str = r#"
code = "NET2526"
name = "Network service"
summary = "Two percentages and a plan."
family = "Network"
year = 2025
starts_on = 2025-04-01
ends_on = 2026-03-31
provider = "network"
entry = "manual"

[payment]
frequency = "annual"
declaration_required = true
approval_required = true
pay_code = "NET"

[[component]]
code = "CARE"
name = "Care"

[[component.indicator]]
code = "HI03"
name = "Health checks"
kind = "fraction"
level = "practice"

[[component.indicator]]
code = "CAN04"
name = "Referrals with a test"
kind = "fraction"
level = "practice"

[[component.indicator]]
code = "NW01"
name = "Plan agreed"
kind = "yes_no"
amount = "100.00"

[[component]]
code = "READY"
name = "Readiness"

[[component.indicator]]
code = "PR01"
name = "Ready for the winter"
kind = "yes_no"
level = "practice"
"#;

    fn service() -> Service {
        Service::from_toml(DEFINITION).unwrap()
    }

    fn codes(codes: &[&str]) -> Vec<String> {
        codes.iter().map(|code| (*code).to_owned()).collect()
    }

    fn key(code: &str, field: Field) -> (String, Field) {
        (code.to_owned(), field)
    }

    /// A practice with numerators and denominators of the two percentages; a negative one is missing.
    fn practice(number: u8, figures: [i64; 4]) -> Share {
        let keys = [
            key("HI03", Field::Numerator),
            key("HI03", Field::Denominator),
            key("CAN04", Field::Numerator),
            key("CAN04", Field::Denominator),
        ];
        Share {
            practice: OrganisationId(Uuid::from_u128(number.into())),
            code: format!("Y0000{number}"),
            name: format!("Practice {number}"),
            figures: keys.into_iter().zip(figures).filter(|(_, figure)| *figure >= 0).collect(),
        }
    }

    #[test]
    fn figures_of_the_practices_are_summed_when_every_practice_has_given_them() {
        let service = service();
        for (practices, expected) in [
            (vec![], [None; 4]),
            (vec![practice(1, [3, 4, 0, 0])], [Some(3), Some(4), Some(0), Some(0)]),
            (
                vec![practice(1, [3, 4, 5, 9]), practice(2, [1, 6, 7, 7])],
                [Some(4), Some(10), Some(12), Some(16)],
            ),
            // Missing is never zero: one practice without a figure leaves the sum missing.
            (vec![practice(1, [3, 4, 5, 9]), practice(2, [-1, 6, 7, -1])], [None; 4]),
            (vec![practice(1, [3, 4, 5, 9]), practice(2, [-1; 4])], [None; 4]),
        ] {
            let summed = sum(&service, &Figures::new(), &practices);
            let found = [
                key("HI03", Field::Numerator),
                key("HI03", Field::Denominator),
                key("CAN04", Field::Numerator),
                key("CAN04", Field::Denominator),
            ]
            .map(|key| summed.get(&key).copied());
            assert_eq!(found, expected, "{practices:?}");
        }
    }

    #[test]
    fn an_answer_of_the_practices_is_yes_when_every_one_says_yes() {
        let service = service();
        for (answers, expected) in [
            (vec![Some(1), Some(1)], Some(1)),
            (vec![Some(1), Some(0)], Some(0)),
            (vec![Some(1), None], None),
            (vec![], None),
        ] {
            let practices: Vec<Share> = answers
                .iter()
                .map(|answer| {
                    let mut own = practice(1, [-1; 4]);
                    own.figures.extend(answer.map(|yes| (key("PR01", Field::YesNo), yes)));
                    own
                })
                .collect();
            let summed = sum(&service, &Figures::new(), &practices);
            assert_eq!(summed.get(&key("PR01", Field::YesNo)).copied(), expected, "{answers:?}");
        }
    }

    #[test]
    fn what_the_network_hands_in_for_its_practices_counts_for_nothing() {
        let service = service();
        let own =
            Figures::from([(key("NW01", Field::YesNo), 1), (key("HI03", Field::Numerator), 99)]);
        let summed = sum(&service, &own, &[practice(1, [3, 4, -1, -1])]);
        assert_eq!(summed.get(&key("HI03", Field::Numerator)), Some(&3));
        assert_eq!(summed.get(&key("NW01", Field::YesNo)), Some(&1));
        assert_eq!(sum(&service, &own, &[]).get(&key("HI03", Field::Numerator)), None);
    }

    #[test]
    fn the_order_of_the_practices_does_not_matter_and_grouping_neither() {
        let service = service();
        let mut practices: Vec<Share> =
            (1..=5).map(|n| practice(n, [i64::from(n), 10, i64::from(n) * 3, 40])).collect();
        let forwards = sum(&service, &Figures::new(), &practices);
        practices.reverse();
        assert_eq!(sum(&service, &Figures::new(), &practices), forwards);
        assert_eq!(forwards.get(&key("CAN04", Field::Numerator)), Some(&45));
    }

    #[test]
    fn every_organisation_hands_in_only_its_own_level() {
        let service = service();
        let own = |kind| {
            let part = handed_in_by(&service, kind);
            part.indicators().map(|own| own.code.clone()).collect::<Vec<_>>()
        };
        assert_eq!(own(OrganisationKind::Practice), ["HI03", "CAN04", "PR01"]);
        assert_eq!(own(OrganisationKind::Pcn), ["NW01"]);
        assert!(sums(&service, &codes(&["CARE"])));
        let of_practices = Service::from_toml(crate::service::tests::GOOD).unwrap();
        assert!(!sums(&of_practices, &codes(&["CLIN", "OTHER"])));
        assert_eq!(handed_in_by(&of_practices, OrganisationKind::Practice), of_practices);
    }

    #[test]
    fn indicators_of_each_practice_are_counted_and_the_missing_ones_named() {
        let service = service();
        let care = codes(&["CARE"]);
        let agreed = Figures::from([(key("NW01", Field::YesNo), 0)]);
        let full = practice(1, [3, 4, 5, 9]);
        let half = practice(2, [1, 6, -1, 7]);
        for (own, practices, counted, words) in [
            (&agreed, vec![], (1, 3, 2), ""),
            (&agreed, vec![full.clone()], (3, 3, 0), ""),
            (&Figures::new(), vec![full.clone()], (2, 3, 0), ""),
            (
                &agreed,
                vec![full.clone(), half.clone()],
                (4, 5, 1),
                "Waiting for figures of Practice 2 (CAN04).",
            ),
            (
                &Figures::new(),
                vec![practice(3, [-1; 4]), half.clone()],
                (1, 5, 3),
                "Waiting for figures of Practice 3 (HI03 and CAN04) and Practice 2 (CAN04).",
            ),
        ] {
            let found = counted_together(&service, &care, own, &practices);
            assert_eq!((found.submitted, found.required, found.awaits), counted, "{practices:?}");
            assert_eq!(waits_for(&missing_of_members(&service, &care, &practices)), words);
        }
        let owed = missing_of_members(&service, &care, &[full, half]);
        assert_eq!(owed[0].missing[0].field, Field::Numerator);
    }

    #[test]
    fn a_sentence_names_some_practices_and_counts_the_others() {
        let owed: Vec<Owed> = missing_of_members(
            &service(),
            &codes(&["CARE"]),
            &(1..=8).map(|n| practice(n, [1, 2, 3, -1])).collect::<Vec<_>>(),
        );
        let words = waits_for(&owed);
        assert!(words.ends_with("Practice 5 (CAN04) and 3 more practices."), "{words}");
    }

    #[test]
    fn a_sum_so_far_says_how_many_gave_it() {
        let practices = [practice(1, [3, 4, -1, -1]), practice(2, [-1, 6, -1, -1])];
        let sums = so_far(&service(), &practices);
        let shown: Vec<String> = sums
            .iter()
            .map(|((code, field), sum)| {
                format!("{code} {} {} of {}", field.key(), shown(sum.value), sum.given)
            })
            .collect();
        assert_eq!(shown, ["HI03 numerator 3 of 1", "HI03 denominator 4 of 1"]);
    }
}
