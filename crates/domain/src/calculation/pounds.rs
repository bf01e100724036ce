//! Payments that need no counts: by list, blocks, answers, aspiration, adjustments, and the total of all.

use super::{
    AdjustmentChange, Case, DEFINITION, Inputs, Line, Sums, TOTAL, exact_pounds, input, list_input,
    weighted_input,
};
use crate::{
    Pence,
    ratio::Exact,
    service::{Indicator, ListKind},
    submission::{Field, shown},
};

/// Rate of the year × list size ÷ periods of a year.
pub(super) fn per_patient(
    sums: &mut Sums,
    case: &Case,
    indicator: &Indicator,
    rate: &Exact,
    list: ListKind,
) {
    let (patients, words, from) = match (list, case.inputs.registered, &case.inputs.weighted) {
        (ListKind::Registered, Some(list), _) => {
            (Exact::whole(list.patients), shown(list.patients), list_input(list))
        }
        (ListKind::Weighted, _, Some(list)) => (
            list.patients.clone(),
            format!("{} weighted", list.patients.to_short(4)),
            weighted_input(list),
        ),
        _ => return,
    };
    let periods = 12 / case.terms.frequency.months();
    let pounds = &(rate * &patients) / &Exact::whole(periods);
    let price = exact_pounds(rate);
    let share = match periods {
        1 => String::new(),
        periods => format!(" ÷ {periods} payments a year"),
    };
    let working = format!("{words} patients × {price}{share} = {}", exact_pounds(&pounds));
    let inputs = vec![from, input("Rate for each patient and year", price, DEFINITION)];
    sums.pay(Line::new(Some(&indicator.code), &indicator.name, inputs, working), pounds);
}

/// The part of a fixed amount that belongs to the period.
pub(super) fn block(
    sums: &mut Sums,
    case: &Case,
    indicator: &Indicator,
    amount: Pence,
    instalments: &[Exact],
) {
    let whole = Exact::new(amount.0, 100);
    let periods = case.service.periods().len();
    let number = case.place + 1;
    let mut inputs = vec![input("Amount for the service", amount.to_string(), DEFINITION)];
    let (pounds, working) = match instalments.get(case.place) {
        Some(share) => {
            let pounds = &(&whole * share) / &Exact::whole(100);
            let percent = format!("{}%", share.to_short(6));
            inputs.push(input(format!("Instalment {number}"), &percent, DEFINITION));
            let words = format!("{amount} × {percent} = {}", exact_pounds(&pounds));
            (pounds, words)
        }
        None if periods > 1 => {
            let pounds = &whole / &Exact::whole(periods);
            let words = format!("{amount} ÷ {periods} periods = {}", exact_pounds(&pounds));
            (pounds, words)
        }
        None => (whole, format!("{amount}, once")),
    };
    sums.pay(Line::new(Some(&indicator.code), &indicator.name, inputs, working), pounds);
}

/// An amount for the answer yes.
pub(super) fn yes(sums: &mut Sums, case: &Case, indicator: &Indicator, amount: Pence) {
    let yes = case.inputs.figure(&indicator.code, Field::YesNo) > 0;
    let answer = if yes { "Yes" } else { "No" };
    let source = case.inputs.source(&indicator.code, Field::YesNo);
    let inputs = vec![
        input("Answer", answer, source),
        input("Amount for yes", amount.to_string(), DEFINITION),
    ];
    let pounds = if yes { Exact::new(amount.0, 100) } else { Exact::zero() };
    let working = format!("Answer {answer}: {}", exact_pounds(&pounds));
    sums.pay(Line::new(Some(&indicator.code), &indicator.name, inputs, working), pounds);
}

/// A share of an earlier payment, brought to this year's values, in equal parts.
///
/// Source: CQRS National 4.4.5, monthly = percentage × previous achievement × uprating ÷ 12.
pub(super) fn aspiration(
    sums: &mut Sums,
    case: &Case,
    indicator: &Indicator,
    share: &Exact,
    uprating: &Exact,
) {
    let Some(before) = &case.inputs.last_year else { return };
    let periods = 12 / case.terms.frequency.months();
    let year = &(&Exact::new(before.amount.0, 100) * share) * uprating;
    let pounds = &year / &Exact::whole(100 * periods);
    let parts = if periods == 1 { String::new() } else { format!(" ÷ {periods} payments a year") };
    let working = format!(
        "{} × {}% × {}{parts} = {}",
        before.amount,
        share.to_short(6),
        uprating.to_short(6),
        exact_pounds(&pounds)
    );
    let inputs = vec![
        input(format!("Payment of {}", before.service), before.amount.to_string(), before.source()),
        input("Share paid in advance", format!("{}%", share.to_short(6)), DEFINITION),
        input("Uprating", uprating.to_short(6), DEFINITION),
    ];
    sums.pay(Line::new(Some(&indicator.code), &indicator.name, inputs, working), pounds);
}

/// Amounts that people have agreed on top of the payment.
pub(super) fn adjustments(sums: &mut Sums, inputs: &Inputs) {
    for adjustment in &inputs.adjustments {
        let AdjustmentChange::Amount(amount) = adjustment.change else { continue };
        let own = vec![input("Adjustment", amount.to_string(), &adjustment.reason)];
        let working = format!("{amount} by agreement");
        let line = Line::new(adjustment.indicator.as_deref(), "Adjustment", own, working);
        sums.pay(line, Exact::new(amount.0, 100));
    }
}

/// What has been paid in advance is taken off; nothing paid is said too.
pub(super) fn paid_before(sums: &mut Sums, inputs: &Inputs) {
    let Some(before) = &inputs.paid_before else { return };
    let own = vec![input(
        format!("Paid by {}", before.service),
        before.amount.to_string(),
        before.source(),
    )];
    let working = format!("Less {} paid in advance by {}", before.amount, before.service);
    sums.pay(Line::new(None, "Paid in advance", own, working), Exact::new(-before.amount.0, 100));
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
        points: sums.points.as_ref().map(|points| points.to_short(6)),
        amount: amount.to_string(),
        ..Line::new(None, TOTAL, Vec::new(), working)
    }
}
