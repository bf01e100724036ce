//! What a provider would be paid at today's counts, and what a few more patients would bring.

use super::{Basis, Calculation, CannotCalculate, Inputs, calculate};
use crate::{
    Pence,
    ratio::Points,
    service::{FractionPays, Indicator, IndicatorKind},
    submission::{self, Field, Missing},
};

/// How many patients more the forecast asks about.
pub const MORE: i64 = 10;

/// A payment at today's counts. Nothing of it is recorded or paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// The calculation at today's counts.
    pub now: Calculation,
    /// Figures that are not in, and count as nothing here.
    pub not_in: Vec<Missing>,
    /// What more of each indicator would bring, in the order of the definition.
    pub gains: Vec<Gain>,
}

/// What more of one indicator would bring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gain {
    /// The indicator's code.
    pub indicator: String,
    /// Its name.
    pub name: String,
    /// How many more (or, where a low percentage is the better one, how many fewer).
    pub more: i64,
    /// What is counted: `patients`, `blood tests`.
    pub unit: String,
    /// The pounds it would bring.
    pub amount: Pence,
    /// The points it would bring.
    pub points: Option<Points>,
}

/// Works out a payment at today's counts. A figure that is not in earns nothing, and is named.
pub fn forecast(basis: &Basis) -> Result<Forecast, CannotCalculate> {
    let not_in = submission::missing(basis.service, basis.components, &basis.inputs.figures);
    let mut inputs = basis.inputs.clone();
    for missing in &not_in {
        inputs.figures.insert((missing.indicator.clone(), missing.field), 0);
    }
    settle(basis, &mut inputs);
    let pay = |inputs: &Inputs| calculate(basis.service, basis.components, basis.period, inputs);
    let now = pay(&inputs)?;
    let mut gains = Vec::new();
    for indicator in basis.service.included(basis.components).filter(|own| own.pays()) {
        let Some((field, more, unit)) = room(indicator, &inputs) else { continue };
        let mut with_more = inputs.clone();
        *with_more.figures.entry((indicator.code.clone(), field)).or_default() += more;
        let Ok(then) = pay(&with_more) else { continue };
        gains.push(Gain {
            indicator: indicator.code.clone(),
            name: indicator.name.clone(),
            more,
            unit,
            amount: Pence(then.amount.0 - now.amount.0),
            points: then.points.zip(now.points.clone()).map(|(then, now)| then - now),
        });
    }
    Ok(Forecast { now, not_in, gains })
}

/// A numerator whose denominator is not in yet would be above it: it counts as the denominator until then.
fn settle(basis: &Basis, inputs: &mut Inputs) {
    for indicator in basis.service.included(basis.components) {
        let key = |field| (indicator.code.clone(), field);
        if let (Some(numerator), Some(denominator)) = (
            inputs.figures.get(&key(Field::Numerator)).copied(),
            inputs.figures.get(&key(Field::Denominator)).copied(),
        ) {
            inputs.figures.insert(key(Field::Numerator), numerator.min(denominator));
        }
    }
}

/// The figure that can move, by how many, and what it counts; none where nothing more is possible.
fn room(indicator: &Indicator, inputs: &Inputs) -> Option<(Field, i64, String)> {
    let figure = |field| inputs.figure(&indicator.code, field);
    match &indicator.kind {
        IndicatorKind::Fraction { pays, .. } => {
            let (numerator, denominator) = (figure(Field::Numerator), figure(Field::Denominator));
            let low_is_better = matches!(
                pays,
                Some(FractionPays::Slope { lower, upper, .. }) if upper < lower
            );
            let more = if low_is_better {
                -MORE.min(numerator)
            } else {
                MORE.min(denominator - numerator)
            };
            (more != 0).then(|| (Field::Numerator, more, "patients".to_owned()))
        }
        IndicatorKind::Count { unit, .. } => Some((Field::Count, MORE, unit.clone())),
        IndicatorKind::YesNo { .. } if figure(Field::YesNo) == 0 => {
            Some((Field::YesNo, 1, "answer of yes".to_owned()))
        }
        _ => None,
    }
}
