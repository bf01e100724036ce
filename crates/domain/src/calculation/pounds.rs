//! Payments that need no points: a fee for each item, an amount for each patient, and the total of all.

use super::{
    DEFINITION, Line, ListSize, SUBMITTED, Sums, TOTAL, exact_pounds, input, list_input, readable,
};
use crate::{
    Pence,
    calendar::Frequency,
    ratio::Exact,
    service::{Component, Indicator, IndicatorKind, Service},
    submission::{self, Field, Figures, shown},
};

/// Count × fee. A count above its maximum is paid up to it, and the line says so.
pub(super) fn item(
    sums: &mut Sums,
    service: &Service,
    indicator: &Indicator,
    fee: Pence,
    figures: &Figures,
) {
    let count = figures.get(&(indicator.code.clone(), Field::Count)).copied().unwrap_or_default();
    let IndicatorKind::Count { maximum, unit, .. } = &indicator.kind else {
        return;
    };
    let mut inputs = vec![
        input(indicator.label(Field::Count), shown(count), SUBMITTED),
        input("Fee for each", fee.to_string(), DEFINITION),
    ];
    let limit = maximum.as_ref().and_then(|maximum| submission::limit(service, maximum, figures));
    let mut paid = count;
    let mut cut = String::new();
    if let Some((most, words)) = limit {
        inputs.push(input("Maximum", shown(most), SUBMITTED));
        if count > most {
            paid = most;
            cut = format!(
                "{} {unit} were submitted, but only {} are paid, because {words}. ",
                shown(count),
                shown(most)
            );
        }
    }
    let pounds = Exact::whole(paid) * Exact::new(fee.0, 100);
    sums.lines.push(Line {
        indicator: Some(indicator.code.clone()),
        title: indicator.name.clone(),
        inputs,
        working: format!("{cut}{} {unit} × {fee} = {}", shown(paid), readable(&pounds)),
        points: None,
        amount: readable(&pounds),
    });
    sums.pounds = &sums.pounds + &pounds;
}

/// What the counts of a component come to so far, before everything is in; none where no count is paid or in.
pub fn worth_of_counts(
    service: &Service,
    component: &Component,
    figures: &Figures,
) -> Option<Pence> {
    let worth = |indicator: &Indicator| {
        let IndicatorKind::Count { fee: Some(fee), maximum, .. } = &indicator.kind else {
            return None;
        };
        let count = *figures.get(&(indicator.code.clone(), Field::Count))?;
        let most = maximum
            .as_ref()
            .and_then(|maximum| submission::limit(service, maximum, figures))
            .map_or(count, |(most, _)| most);
        fee.0.checked_mul(count.min(most))
    };
    let counts: Vec<i64> = component.indicators.iter().filter_map(worth).collect();
    (!counts.is_empty()).then(|| Pence(counts.iter().fold(0, |sum, one| sum.saturating_add(*one))))
}

/// Rate of the year × list size ÷ periods of a year.
pub(super) fn per_patient(
    sums: &mut Sums,
    indicator: &Indicator,
    rate: &Exact,
    frequency: Frequency,
    list: ListSize,
) {
    let periods = 12 / frequency.months();
    let pounds = &(rate * &Exact::whole(list.patients)) / &Exact::whole(periods);
    let price = exact_pounds(rate);
    let share = match periods {
        1 => String::new(),
        periods => format!(" ÷ {periods} payments a year"),
    };
    sums.lines.push(Line {
        indicator: Some(indicator.code.clone()),
        title: indicator.name.clone(),
        inputs: vec![list_input(list), input("Rate for each patient and year", &price, DEFINITION)],
        working: format!(
            "{} patients × {price}{share} = {}",
            shown(list.patients),
            exact_pounds(&pounds)
        ),
        points: None,
        amount: readable(&pounds),
    });
    sums.pounds = &sums.pounds + &pounds;
}

/// The last line: the only place where pounds are rounded.
pub(super) fn total(sums: &Sums, amount: Pence) -> Line {
    let exact = Exact::new(amount.0, 100) == sums.pounds;
    let working = if exact {
        "Sum of the amounts above".to_owned()
    } else {
        format!(
            "{} before rounding, rounded half up to the penny once. The amounts above are rounded only to be read",
            exact_pounds(&sums.pounds)
        )
    };
    Line {
        indicator: None,
        title: TOTAL.into(),
        inputs: Vec::new(),
        working,
        points: sums.points.as_ref().map(|points| points.to_short(6)),
        amount: amount.to_string(),
    }
}
