//! Points and what they are worth: £ for a point × list size factor × the sum of points × prevalence factors.

use super::{
    DEFINITION, Input, Line, ListSize, SUBMITTED, Slope, Sums, exact_pounds, input, list_input,
    readable,
};
use crate::{
    ratio::Exact,
    service::{Indicator, IndicatorKind, Reference, Service},
    submission::{Field, Figures, shown},
};
use std::collections::BTreeMap;

/// What the points of a provider are worked out from.
pub(super) struct Basis<'a> {
    pub service: &'a Service,
    pub components: &'a [String],
    pub figures: &'a Figures,
    pub reference: &'a Reference,
    pub list: ListSize,
}

impl Basis<'_> {
    /// A figure that is known to be in: whatever is missing has been refused before.
    fn figure(&self, code: &str, field: Field) -> i64 {
        self.figures.get(&(code.to_owned(), field)).copied().unwrap_or_default()
    }

    fn indicators(&self) -> impl Iterator<Item = &Indicator> {
        self.service
            .components_named(self.components)
            .into_iter()
            .flat_map(|component| &component.indicators)
    }
}

/// Adds the factors, each indicator's points and their pounds.
pub(super) fn add(sums: &mut Sums, basis: &Basis) {
    let list_factor = Exact::new(basis.list.patients, basis.reference.average_list);
    sums.lines.push(list_factor_line(basis, &list_factor));
    let factors = prevalence_factors(sums, basis);
    let point_value = Exact::new(basis.reference.point_value.0, 100);
    let worth = &point_value * &list_factor;
    let mut points = Exact::zero();
    let mut adjusted = Exact::zero();
    for indicator in basis.indicators() {
        let Some(earned) = Earned::by(basis, indicator) else {
            continue;
        };
        let factor = group_of(indicator).and_then(|group| factors.get(group));
        let own = factor.map_or_else(|| earned.points.clone(), |factor| &earned.points * factor);
        sums.lines.push(earned.line(basis, indicator, factor, &(&own * &worth)));
        points = points + earned.points;
        adjusted = adjusted + own;
    }
    let pounds = &adjusted * &worth;
    sums.lines.push(Line {
        indicator: None,
        title: "Value of the points".into(),
        inputs: vec![
            input(
                "Value of a point",
                basis.reference.point_value.to_string(),
                &basis.reference.source,
            ),
            input("List size factor", list_factor.to_short(6), "Worked out above"),
            input(
                "Adjusted points",
                adjusted.to_short(6),
                "Sum of the indicators' points × prevalence factors",
            ),
        ],
        working: format!(
            "{} × {} × {} adjusted points = {}",
            basis.reference.point_value,
            list_factor.to_short(6),
            adjusted.to_short(6),
            exact_pounds(&pounds)
        ),
        points: Some(in_places(basis.service, &points)),
        amount: readable(&pounds),
    });
    sums.pounds = &sums.pounds + &pounds;
    sums.points = Some(points);
}

fn list_factor_line(basis: &Basis, factor: &Exact) -> Line {
    let average = shown(i64::from(basis.reference.average_list));
    let patients = shown(basis.list.patients);
    Line {
        indicator: None,
        title: "List size factor".into(),
        working: format!(
            "{patients} patients ÷ national average {average} = {}",
            factor.to_short(6)
        ),
        inputs: vec![
            list_input(basis.list),
            input("National average list", average, &basis.reference.source),
        ],
        points: None,
        amount: String::new(),
    }
}

/// The factor of each group: the provider's prevalence ÷ the national one. The whole list is the denominator, also for
/// registers limited by age.
fn prevalence_factors(sums: &mut Sums, basis: &Basis) -> BTreeMap<String, Exact> {
    let mut factors = BTreeMap::new();
    for indicator in basis.indicators() {
        let IndicatorKind::Register { prevalence_group: Some(group), .. } = &indicator.kind else {
            continue;
        };
        let Some(national) = basis.reference.national_prevalence.get(group) else {
            continue;
        };
        let register = basis.figure(&indicator.code, Field::Register);
        let percent = Exact::new(register * 100, basis.list.patients);
        let factor = &percent / national;
        let (patients, on_register) = (shown(basis.list.patients), shown(register));
        sums.lines.push(Line {
            indicator: Some(indicator.code.clone()),
            title: format!("Prevalence factor {group}: {}", indicator.name),
            inputs: vec![
                input("Patients on the register", &on_register, SUBMITTED),
                list_input(basis.list),
                input(
                    "National prevalence",
                    format!("{}%", national.to_short(6)),
                    &basis.reference.source,
                ),
            ],
            working: format!(
                "{on_register} ÷ {patients} = {}%; ÷ national {}% = {}",
                percent.to_short(4),
                national.to_short(6),
                factor.to_short(6)
            ),
            points: None,
            amount: String::new(),
        });
        factors.insert(group.clone(), factor);
    }
    factors
}

fn group_of(indicator: &Indicator) -> Option<&String> {
    match &indicator.kind {
        IndicatorKind::Fraction { prevalence_group, .. } => prevalence_group.as_ref(),
        _ => None,
    }
}

/// Points as the definition rounds them: two decimals in England, otherwise as exact as six decimals show.
fn in_places(service: &Service, points: &Exact) -> String {
    service.points_decimals.map_or_else(|| points.to_short(6), |places| points.to_fixed(places))
}

/// The points of one indicator and how they came about.
struct Earned {
    points: Exact,
    inputs: Vec<Input>,
    working: String,
}

impl Earned {
    /// `None` for an indicator without points.
    fn by(basis: &Basis, indicator: &Indicator) -> Option<Self> {
        let available = indicator.points()?;
        let mut earned = match &indicator.kind {
            IndicatorKind::Fraction { lower, upper, .. } => {
                Self::on_a_slope(basis, indicator, available, lower, upper)?
            }
            IndicatorKind::YesNo { .. } => {
                let yes = basis.figure(&indicator.code, Field::YesNo) > 0;
                Self::all_or_nothing(available, yes, "Answer", if yes { "Yes" } else { "No" })
            }
            _ => {
                let register = basis.figure(&indicator.code, Field::Register);
                Self::all_or_nothing(
                    available,
                    register > 0,
                    "Patients on the register",
                    &shown(register),
                )
            }
        };
        earned.inputs.push(input("Points available", available.to_short(6), DEFINITION));
        if let Some(places) = basis.service.points_decimals {
            earned.points = earned.points.rounded(places);
        }
        Some(earned)
    }

    /// `None` cannot happen to a service that has been checked: its thresholds are within bounds.
    fn on_a_slope(
        basis: &Basis,
        indicator: &Indicator,
        available: &Exact,
        lower: &Exact,
        upper: &Exact,
    ) -> Option<Self> {
        let numerator = basis.figure(&indicator.code, Field::Numerator);
        let denominator = basis.figure(&indicator.code, Field::Denominator);
        let points = Exact::from(
            Slope::new(available, Some(lower), Some(upper)).ok()?.points(numerator, denominator),
        );
        let inputs = vec![
            input("Numerator", shown(numerator), SUBMITTED),
            input("Denominator", shown(denominator), SUBMITTED),
            input("Lower threshold", format!("{}%", lower.to_short(6)), DEFINITION),
            input("Upper threshold", format!("{}%", upper.to_short(6)), DEFINITION),
        ];
        let working = if denominator == 0 {
            "The denominator is 0: 0 points".to_owned()
        } else {
            let score = Exact::new(i128::from(numerator) * 100, denominator);
            in_words(&score, &points, available, lower, upper, numerator, denominator)
        };
        Some(Self { points, inputs, working })
    }

    fn all_or_nothing(available: &Exact, all: bool, label: &str, value: &str) -> Self {
        let points = if all { available.clone() } else { Exact::zero() };
        let share = if all { "all" } else { "none of the" };
        let working = format!("{label} {value}: {share} {} points", available.to_short(6));
        Self { points, inputs: vec![input(label, value, SUBMITTED)], working }
    }

    fn line(
        self: &Earned,
        basis: &Basis,
        indicator: &Indicator,
        factor: Option<&Exact>,
        pounds: &Exact,
    ) -> Line {
        let points = in_places(basis.service, &self.points);
        let adjusted = factor.map(|factor| {
            let product = (&self.points * factor).to_short(6);
            format!(
                "; {points} × prevalence factor {} = {product} adjusted points",
                factor.to_short(6)
            )
        });
        Line {
            indicator: Some(indicator.code.clone()),
            title: indicator.name.clone(),
            inputs: self.inputs.clone(),
            working: format!("{}{}", self.working, adjusted.unwrap_or_default()),
            points: Some(points),
            amount: readable(pounds),
        }
    }
}

/// `230 ÷ 400 = 57.5%, between 45% and 70%: 20 × (57.5 − 45) ÷ (70 − 45) = 10 points`.
fn in_words(
    score: &Exact,
    points: &Exact,
    available: &Exact,
    lower: &Exact,
    upper: &Exact,
    numerator: i64,
    denominator: i64,
) -> String {
    let [percent, low, high, all] =
        [score.to_short(4), lower.to_short(6), upper.to_short(6), available.to_short(6)];
    let ratio = format!("{} ÷ {} = {percent}%", shown(numerator), shown(denominator));
    let low_is_better = upper < lower;
    if points.is_zero() {
        let side = if low_is_better { "at or above" } else { "at or below" };
        format!("{ratio}, {side} {low}%: 0 points")
    } else if points == available {
        let side = if low_is_better { "at or below" } else { "at or above" };
        format!("{ratio}, {side} {high}%: all {all} points")
    } else {
        let (way, width) = if low_is_better {
            (format!("{low} − {percent}"), format!("{low} − {high}"))
        } else {
            (format!("{percent} − {low}"), format!("{high} − {low}"))
        };
        let bounds = if low_is_better {
            format!("{high}% and {low}%")
        } else {
            format!("{low}% and {high}%")
        };
        format!(
            "{ratio}, between {bounds}: {all} × ({way}) ÷ ({width}) = {} points",
            points.to_short(6)
        )
    }
}
