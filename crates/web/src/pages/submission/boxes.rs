//! The boxes of an indicator group: what each is called, what stands in it, and what was there before.

use super::place::Place;
use crate::form::Fields;
use domain::Field;
use domain::achievement::{Assumed, CannotSubmit};
use domain::submission::shown;
use serde::Serialize;
use store::submission::{Box as Typing, Entry, Used};

/// One indicator with its boxes.
#[derive(Debug, Serialize)]
pub(super) struct Indicator {
    code: String,
    name: String,
    pays: bool,
    /// How full a percentage is: `65% (65 of 100)`.
    percentage: Option<String>,
    boxes: Vec<Box>,
}

/// One box.
#[derive(Debug, Serialize)]
pub(super) struct Box {
    /// Name and id of the field.
    id: String,
    kind: &'static str,
    label: String,
    hint: String,
    /// What stands in it.
    value: String,
    /// The figure in force, as people read it.
    in_force: Option<String>,
    /// The figure of the period before, as people read it.
    before: Option<String>,
    /// Why it cannot be typed; empty when it can.
    fixed: String,
    /// Whether a network or its practices hand it in, and not who is asked here.
    is_elsewhere: bool,
    /// Where a commissioner replaces an extracted figure.
    replace: Option<String>,
}

pub(super) fn id(typing: &Typing) -> String {
    format!("{}-{}", typing.indicator, typing.field.key())
}

/// A figure as people read it: yes, no, or a number.
pub(super) fn words(field: Field, figure: i64) -> String {
    match (field, figure) {
        (Field::YesNo, 0) => "No".to_owned(),
        (Field::YesNo, _) => "Yes".to_owned(),
        _ => shown(figure),
    }
}

/// The words beside a box: plain ones, because the code stands in the hint.
pub(super) fn label(typing: &Typing) -> String {
    match typing.field {
        Field::Numerator => "Patients for whom it was done (numerator)".to_owned(),
        Field::Denominator => "Patients for whom it should have been done (denominator)".to_owned(),
        Field::Register => format!("{}: number of patients", typing.name),
        _ => typing.label.clone(),
    }
}

/// Why a box cannot be typed in, beside its figure.
fn fixed(typing: &Typing) -> String {
    match (&typing.fixed, typing.value) {
        (None, _) => String::new(),
        (Some(CannotSubmit::Reserved), _) => "Entered by the commissioner".to_owned(),
        (Some(CannotSubmit::ByNetwork(network)), _) => {
            format!("Entered by {network}, so no entry is allowed here")
        }
        (Some(CannotSubmit::Summed), Some(_)) => "Sum of the practices".to_owned(),
        (Some(CannotSubmit::Summed), None) => {
            "Sum of the practices, once every one has submitted it".to_owned()
        }
        (Some(CannotSubmit::Declared), _) => "Declared, so it cannot be changed here".to_owned(),
        (Some(_), Some(_)) => "From an extract, so it cannot be changed here".to_owned(),
        (Some(_), None) => "An extract brings this figure".to_owned(),
    }
}

/// The register is typed once and shown where it is used: as it stands, or as it has just been typed.
fn used(used: &Used, form: &Fields) -> String {
    let typed = form.get(&format!("{}-{}", used.indicator, used.field.key()));
    let figure = match (typed, used.value) {
        ("", None) => "no figure yet".to_owned(),
        ("", Some(figure)) => shown(figure),
        (typed, _) => typed.to_owned(),
    };
    let is_known = figure.starts_with(|first: char| first.is_ascii_digit());
    let most = if used.is_maximum && is_known { ", which is the most you can enter" } else { "" };
    format!("{} ({}): {figure}{most}", used.name, used.indicator)
}

impl Box {
    fn of(typing: &Typing, before: Option<&String>, form: &Fields) -> Self {
        let id = id(typing);
        let typed = form.iter().any(|(name, _)| name == id);
        let value = match (typing.field, typing.value) {
            _ if typed => form.get(&id).to_owned(),
            (Field::YesNo, Some(1)) => "yes".to_owned(),
            (Field::YesNo, Some(_)) => "no".to_owned(),
            (_, Some(figure)) => figure.to_string(),
            // A yes that carries forward is chosen already, and somebody may say no.
            (_, None) if typing.assumed == Some(Assumed::CarriedForward) => "yes".to_owned(),
            (_, None) => String::new(),
        };
        let is_half = matches!(typing.field, Field::Numerator | Field::Denominator);
        let last = typing.before.map(|figure| words(typing.field, figure));
        let mut hint: Vec<String> = Vec::new();
        hint.extend((!is_half).then(|| typing.indicator.clone()));
        hint.extend(before.map(|period| {
            let figure = last.as_deref().unwrap_or("no figure");
            format!("{period}: {figure}")
        }));
        hint.extend(typing.assumed.map(|assumed| match assumed {
            Assumed::CarriedForward => "Yes is carried forward unless you change it".to_owned(),
            Assumed::Default(yes) => {
                format!("If nobody answers, {} counts", if yes { "yes" } else { "no" })
            }
        }));
        // A percentage says once which register it belongs to, at its first box.
        let other = typing.used.as_ref().filter(|_| typing.field != Field::Denominator);
        hint.extend(other.map(|own| used(own, form)));
        Self {
            kind: if typing.field == Field::YesNo { "yes_no" } else { "number" },
            label: label(typing),
            hint: hint.join(". "),
            value,
            in_force: typing.value.map(|figure| words(typing.field, figure)),
            before: last,
            fixed: fixed(typing),
            is_elsewhere: is_elsewhere(typing),
            replace: None,
            id,
        }
    }
}

/// `65% (65 of 100)`, for a percentage whose figures are both in.
fn percentage(boxes: &[&Typing]) -> Option<String> {
    let of = |field: Field| boxes.iter().find(|own| own.field == field)?.value;
    let (numerator, denominator) = (of(Field::Numerator)?, of(Field::Denominator)?);
    let of = format!("{} of {}", shown(numerator), shown(denominator));
    if denominator == 0 {
        return Some(format!("No percentage ({of})"));
    }
    let percent = domain::ratio::Exact::new(numerator * 100, denominator).to_short(2);
    Some(format!("{percent}% ({of})"))
}

pub(super) fn indicators(place: &Place, entry: &Entry, form: &Fields) -> Vec<Indicator> {
    let period_before = entry.period_before.map(|period| period.to_string());
    let here = place.group_href(entry.period.end, &entry.component.code);
    let mut indicators: Vec<Indicator> = Vec::new();
    for code in entry.component.entered().map(|indicator| &indicator.code) {
        let boxes: Vec<&Typing> =
            entry.boxes.iter().filter(|typing| typing.indicator == *code).collect();
        let Some(first) = boxes.first() else { continue };
        let one = |typing: &&Typing| Box {
            replace: (typing.fixed == Some(CannotSubmit::NeedsReason))
                .then(|| format!("{here}/replace?figure={}", id(typing))),
            ..Box::of(typing, period_before.as_ref(), form)
        };
        indicators.push(Indicator {
            code: code.clone(),
            name: first.name.clone(),
            pays: first.pays,
            percentage: percentage(&boxes),
            boxes: boxes.iter().map(one).collect(),
        });
    }
    indicators
}

/// Whether a network or its practices hand a figure in, and not who is asked here.
pub(super) fn is_elsewhere(typing: &Typing) -> bool {
    matches!(typing.fixed, Some(CannotSubmit::ByNetwork(_) | CannotSubmit::Summed))
}
