//! Points and what they are worth: £ for a point × list size factor × the sum of points × prevalence factors.

use super::{
    AdjustmentChange, Case, DEFINITION, Input, Line, ListSize, National, Slope, Sums, exact_pounds,
    input, list_input, readable,
};
use crate::{
    ratio::{Exact, Points},
    service::{FractionPays, Indicator, IndicatorKind, Service, Step},
    submission::{Field, shown},
};
use std::collections::BTreeMap;

/// What the points of a provider are worked out from.
struct Basis<'a> {
    case: &'a Case<'a>,
    national: &'a National,
    list: ListSize,
}

/// Adds the factors, each indicator's points and their pounds; nothing where the components pay no points.
pub(super) fn add(sums: &mut Sums, case: &Case) {
    let inputs = case.inputs;
    let (Some(national), Some(list)) = (inputs.reference.as_deref(), inputs.registered) else {
        return;
    };
    if !case.service.pays_points(case.components) {
        return;
    }
    let basis = &Basis { case, national, list };
    let list_factor = Exact::new(list.patients, national.figures.average_list);
    sums.lines.push(list_factor_line(basis, &list_factor));
    let factors = prevalence_factors(sums, basis);
    let point_value = Exact::new(national.figures.point_value.0, 100);
    let worth = &point_value * &list_factor;
    let mut points = Exact::zero();
    let mut adjusted = Exact::zero();
    for indicator in case.service.included(case.components) {
        let Some(earned) = Earned::by(basis, indicator) else {
            continue;
        };
        let factor = indicator.adjusted_by().and_then(|group| factors.get(group));
        let own = factor.map_or_else(|| earned.points.clone(), |factor| &earned.points * factor);
        points = &points + &earned.points;
        sums.lines.push(earned.line(basis, indicator, factor, &own * &worth));
        adjusted = adjusted + own;
    }
    let pounds = &adjusted * &worth;
    sums.lines.push(value_line(basis, &list_factor, &adjusted, &points, &pounds));
    sums.pounds = &sums.pounds + &pounds;
    sums.points = Some(points);
}

/// The subtotal of the points. Its pounds are those of the indicators' lines, so it adds none of its own.
fn value_line(
    basis: &Basis,
    list_factor: &Exact,
    adjusted: &Exact,
    points: &Points,
    pounds: &Exact,
) -> Line {
    let value = basis.national.figures.point_value.to_string();
    let inputs = vec![
        input("Value of a point", &value, basis.national.source()),
        input("List size factor", list_factor.to_short(6), "Worked out above"),
        input(
            "Adjusted points",
            adjusted.to_short(6),
            "Sum of the indicators' points × prevalence factors",
        ),
    ];
    let working = format!(
        "{value} × {} × {} adjusted points = {}",
        list_factor.to_short(6),
        adjusted.to_short(6),
        exact_pounds(pounds)
    );
    Line {
        points: Some(in_places(basis.case.service, points)),
        amount: readable(pounds),
        ..Line::new(None, "Value of the points", inputs, working)
    }
}

fn list_factor_line(basis: &Basis, factor: &Exact) -> Line {
    let average = shown(i64::from(basis.national.figures.average_list));
    let patients = shown(basis.list.patients);
    let working =
        format!("{patients} patients ÷ national average {average} = {}", factor.to_short(6));
    let inputs = vec![
        list_input(basis.list),
        input("National average list", average, basis.national.source()),
    ];
    Line::new(None, "List size factor", inputs, working)
}

/// The factor of each group: the provider's prevalence ÷ the national one. The whole list is the denominator, also for
/// registers limited by age.
fn prevalence_factors(sums: &mut Sums, basis: &Basis) -> BTreeMap<String, Exact> {
    let inputs = basis.case.inputs;
    let mut factors = BTreeMap::new();
    for indicator in basis.case.service.included(basis.case.components) {
        let Some((group, field)) = indicator.prevalence() else {
            continue;
        };
        let Some(national) = basis.national.figures.prevalence.get(group) else {
            continue;
        };
        let register = inputs.figure(&indicator.code, field);
        let percent = Exact::new(register * 100, basis.list.patients);
        let factor = &percent / national;
        let (patients, on_register) = (shown(basis.list.patients), shown(register));
        let national = national.to_short(6);
        let working = format!(
            "{on_register} ÷ {patients} = {}%; ÷ national {national}% = {}",
            percent.to_short(4),
            factor.to_short(6)
        );
        let source = inputs.source(&indicator.code, field);
        let counted = match field {
            Field::Denominator => "Denominator",
            _ => "Patients on the register",
        };
        let inputs = vec![
            input(counted, &on_register, source),
            list_input(basis.list),
            input("National prevalence", format!("{national}%"), basis.national.source()),
        ];
        let title = format!("Prevalence factor {group}: {}", indicator.name);
        sums.lines.push(Line::new(Some(&indicator.code), title, inputs, working));
        factors.insert(group.clone(), factor);
    }
    factors
}

/// Points as the definition rounds them: two decimals in England, otherwise as exact as six decimals show.
fn in_places(service: &Service, points: &Exact) -> String {
    service.points_decimals.map_or_else(|| points.to_short(6), |places| points.to_fixed(places))
}

/// The points of one indicator and how they came about.
struct Earned {
    points: Points,
    /// Before the rounding that the definition asks for.
    unrounded: Points,
    inputs: Vec<Input>,
    working: String,
}

impl Earned {
    /// `None` for an indicator without points.
    fn by(basis: &Basis, indicator: &Indicator) -> Option<Self> {
        let available = indicator.points()?;
        let mut earned = match &indicator.kind {
            IndicatorKind::Fraction { pays: Some(pays), .. } => {
                Self::by_percentage(basis, indicator, pays, available)?
            }
            IndicatorKind::YesNo { .. } => {
                let yes = basis.case.inputs.figure(&indicator.code, Field::YesNo) > 0;
                let answer = if yes { "Yes" } else { "No" };
                let source = basis.case.inputs.source(&indicator.code, Field::YesNo);
                Self::all_or_nothing(available, yes, input("Answer", answer, source))
            }
            _ => {
                let register = basis.case.inputs.figure(&indicator.code, Field::Register);
                let source = basis.case.inputs.source(&indicator.code, Field::Register);
                let given = input("Patients on the register", shown(register), source);
                Self::all_or_nothing(available, register > 0, given)
            }
        };
        earned.inputs.push(input("Points available", available.to_short(6), DEFINITION));
        if let Some(places) = basis.case.service.points_decimals {
            earned.points = earned.points.rounded(places);
        }
        earned.adjust(basis, indicator);
        Some(earned)
    }

    /// `None` cannot happen to a service that has been checked: its thresholds are within bounds.
    fn by_percentage(
        basis: &Basis,
        indicator: &Indicator,
        pays: &FractionPays,
        available: &Points,
    ) -> Option<Self> {
        let inputs = basis.case.inputs;
        let figure = |field| inputs.figure(&indicator.code, field);
        let given = |label: &str, field| {
            input(label, shown(figure(field)), inputs.source(&indicator.code, field))
        };
        let percent = |label: &str, number: &Exact| {
            input(label, format!("{}%", number.to_short(6)), DEFINITION)
        };
        let counts =
            Counts { numerator: figure(Field::Numerator), denominator: figure(Field::Denominator) };
        let mut own =
            vec![given("Numerator", Field::Numerator), given("Denominator", Field::Denominator)];
        let (points, working) = match pays {
            FractionPays::Slope { lower, upper, at_lower, .. } => {
                own.push(percent("Lower threshold", lower));
                own.push(percent("Upper threshold", upper));
                own.extend(at_lower.as_ref().map(|points| {
                    input("Points at the lower threshold", points.to_short(6), DEFINITION)
                }));
                counts.on_a_slope(available, lower, upper, at_lower.as_ref())?
            }
            FractionPays::AllOrNothing { from, .. } => {
                own.push(percent("Threshold", from));
                counts.all_or_nothing(available, from)
            }
            FractionPays::Steps(steps) => counts.by_steps(steps),
            FractionPays::Bands(_) => return None,
        };
        Some(Self { unrounded: points.clone(), points, inputs: own, working })
    }

    fn all_or_nothing(available: &Points, all: bool, given: Input) -> Self {
        let points = if all { available.clone() } else { Exact::zero() };
        let share = if all { "all" } else { "none of the" };
        let working =
            format!("{} {}: {share} {} points", given.label, given.value, available.to_short(6));
        Self { unrounded: points.clone(), points, inputs: vec![given], working }
    }

    /// What people have agreed on top of the rule or in its place.
    fn adjust(&mut self, basis: &Basis, indicator: &Indicator) {
        let own = |adjustment: &&super::Adjustment| {
            adjustment.indicator.as_deref() == Some(indicator.code.as_str())
        };
        for adjustment in basis.case.inputs.adjustments.iter().filter(own) {
            let (label, change) = match &adjustment.change {
                AdjustmentChange::Points(change) => ("Adjustment of points", change),
                AdjustmentChange::Instead(points) => ("Points in place of these", points),
                AdjustmentChange::Amount(_) => continue,
            };
            let (before, sign) =
                (self.points.to_short(6), if change.is_negative() { "" } else { "+" });
            let said = change.to_short(6);
            if matches!(adjustment.change, AdjustmentChange::Points(_)) {
                self.points = &self.points + change;
                self.unrounded = &self.unrounded + change;
                self.working +=
                    &format!("; adjusted: {before} {sign}{said} = {}", self.points.to_short(6));
            } else {
                self.points = change.clone();
                self.unrounded = change.clone();
                self.working += &format!("; {said} points are paid in place of {before}");
            }
            self.inputs.push(input(label, format!("{sign}{said}"), &adjustment.reason));
        }
        let is_adjusted = basis.case.inputs.adjustments.iter().any(|one| own(&one));
        if let Some(available) = indicator.points().filter(|_| is_adjusted) {
            self.keep_within(available);
        }
    }

    /// Figures can change after people have agreed; an indicator still has between none and all of its points.
    fn keep_within(&mut self, available: &Points) {
        let bound = self.points.clone().max(Exact::zero()).min(available.clone());
        if bound != self.points {
            let [kept, all] = [&bound, available].map(|points| points.to_short(6));
            self.working += &format!("; kept at {kept}, because there are 0 to {all} points");
            (self.points, self.unrounded) = (bound.clone(), bound);
        }
    }

    fn line(
        self,
        basis: &Basis,
        indicator: &Indicator,
        factor: Option<&Exact>,
        pounds: Exact,
    ) -> Line {
        let points = in_places(basis.case.service, &self.points);
        let adjusted = factor.map(|factor| {
            let product = (&self.points * factor).to_short(6);
            format!(
                "; {points} × prevalence factor {} = {product} adjusted points",
                factor.to_short(6)
            )
        });
        let working = format!("{}{}", self.working, adjusted.unwrap_or_default());
        Line {
            points: Some(points),
            amount: readable(&pounds),
            unrounded_points: Some(self.unrounded),
            unrounded_amount: Some(pounds),
            ..Line::new(Some(&indicator.code), &indicator.name, self.inputs, working)
        }
    }
}

/// A numerator of a denominator.
struct Counts {
    numerator: i64,
    denominator: i64,
}

const NOBODY: &str = "The denominator is 0: 0 points";

impl Counts {
    /// The percentage, and `230 ÷ 400 = 57.5%`; none with nobody in the denominator.
    fn score(&self) -> Option<(Exact, String)> {
        if self.denominator <= 0 {
            return None;
        }
        let score = Exact::new(i128::from(self.numerator) * 100, self.denominator);
        let (numerator, denominator) = (shown(self.numerator), shown(self.denominator));
        let words = format!("{numerator} ÷ {denominator} = {}%", score.to_short(4));
        Some((score, words))
    }

    fn on_a_slope(
        &self,
        available: &Points,
        lower: &Exact,
        upper: &Exact,
        at_lower: Option<&Points>,
    ) -> Option<(Points, String)> {
        let first = at_lower.cloned().unwrap_or_default();
        let rest = available - &first;
        let slope = Slope::new(&rest, Some(lower), Some(upper)).ok()?;
        let Some((score, ratio)) = self.score() else {
            return Some((Exact::zero(), NOBODY.to_owned()));
        };
        let points = Exact::from(slope.points(self.numerator, self.denominator));
        let reached = if upper < lower { score <= *lower } else { score >= *lower };
        if at_lower.is_none() || !reached {
            let words = in_words(&ratio, &score, &points, available, lower, upper);
            return Some((points, words));
        }
        let all = &first + &points;
        let (step, lower_words) = (first.to_short(6), lower.to_short(6));
        let words = format!(
            "{step} points for reaching {lower_words}%. {}; {step} + {} = {} points",
            in_words(&ratio, &score, &points, &rest, lower, upper),
            points.to_short(6),
            all.to_short(6)
        );
        Some((all, words))
    }

    fn all_or_nothing(&self, available: &Points, from: &Exact) -> (Points, String) {
        let Some((score, ratio)) = self.score() else {
            return (Exact::zero(), NOBODY.to_owned());
        };
        let from_words = from.to_short(6);
        if score >= *from {
            let all = available.to_short(6);
            (available.clone(), format!("{ratio}, at or above {from_words}%: all {all} points"))
        } else {
            (Exact::zero(), format!("{ratio}, below {from_words}%: 0 points"))
        }
    }

    /// The points of the highest step that is reached.
    fn by_steps(&self, steps: &[Step]) -> (Points, String) {
        let Some((score, ratio)) = self.score() else {
            return (Exact::zero(), NOBODY.to_owned());
        };
        match steps.iter().rev().find(|step| step.from <= score) {
            Some(step) => {
                let (from, points) = (step.from.to_short(6), step.points.to_short(6));
                (step.points.clone(), format!("{ratio}, the step from {from}%: {points} points"))
            }
            None => (Exact::zero(), format!("{ratio}, below the first step: 0 points")),
        }
    }
}

/// `230 ÷ 400 = 57.5%, between 45% and 70%: 20 × (57.5 − 45) ÷ (70 − 45) = 10 points`.
fn in_words(
    ratio: &str,
    score: &Exact,
    points: &Points,
    available: &Points,
    lower: &Exact,
    upper: &Exact,
) -> String {
    let [percent, low, high, all] =
        [score.to_short(4), lower.to_short(6), upper.to_short(6), available.to_short(6)];
    let low_is_better = upper < lower;
    if points.is_zero() {
        let side = if low_is_better { "at or above" } else { "at or below" };
        format!("{ratio}, {side} {low}%: 0 points")
    } else if points == available {
        let side = if low_is_better { "at or below" } else { "at or above" };
        format!("{ratio}, {side} {high}%: all {all} points")
    } else {
        let (way, width, bounds) = if low_is_better {
            (format!("{low} − {percent}"), format!("{low} − {high}"), format!("{high}% and {low}%"))
        } else {
            (format!("{percent} − {low}"), format!("{high} − {low}"), format!("{low}% and {high}%"))
        };
        format!(
            "{ratio}, between {bounds}: {all} × ({way}) ÷ ({width}) = {} points",
            points.to_short(6)
        )
    }
}
