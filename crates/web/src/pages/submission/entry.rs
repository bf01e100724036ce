//! The form of one indicator group: a box for each figure, the period before beside it, nothing lost when it is wrong.

use super::{figures, not_open, undoes, why_not};
use crate::Web;
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::{Errors, Fields};
use crate::page::Page;
use crate::session::Visitor;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use chrono::NaiveDate;
use domain::achievement::{AchievementState, CannotSubmit};
use domain::submission::shown;
use domain::{Field, Permission, Refusal};
use serde::Serialize;
use std::sync::Arc;
use store::submission::{Box as Typing, Entry, Outcome, Typed};
use store::{Failed, StoreError};

/// What `submission/entry.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    service: String,
    group: String,
    period: String,
    date: NaiveDate,
    /// Address of the indicator groups.
    back: String,
    period_before: Option<String>,
    version: i64,
    indicators: Vec<Indicator>,
    /// Whether any box can be typed in.
    is_open: bool,
    /// What a changed figure does to the declaration.
    undoes: String,
    why_not: String,
}

/// One indicator with its boxes.
#[derive(Debug, Serialize)]
struct Indicator {
    code: String,
    name: String,
    pays: bool,
    /// How full a percentage is: `65% (65 of 100)`.
    percentage: Option<String>,
    boxes: Vec<Box>,
}

/// One box.
#[derive(Debug, Serialize)]
struct Box {
    /// Name and id of the field.
    id: String,
    kind: &'static str,
    label: String,
    hint: String,
    /// What stands in it.
    value: String,
    /// The figure in force, as people read it.
    in_force: Option<String>,
    is_fixed: bool,
}

fn id(typing: &Typing) -> String {
    format!("{}-{}", typing.indicator, typing.field.key())
}

/// A figure as people read it: yes, no, or a number.
fn words(field: Field, figure: i64) -> String {
    match (field, figure) {
        (Field::YesNo, 0) => "No".to_owned(),
        (Field::YesNo, _) => "Yes".to_owned(),
        _ => shown(figure),
    }
}

/// The words beside a box: plain ones, because the code stands in the hint.
fn label(typing: &Typing) -> String {
    match typing.field {
        Field::Numerator => "Patients for whom it was done (numerator)".to_owned(),
        Field::Denominator => "Patients for whom it should have been done (denominator)".to_owned(),
        Field::Register => format!("{}: number of patients", typing.name),
        _ => typing.label.clone(),
    }
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
            (_, None) => String::new(),
        };
        let mut hint = if matches!(typing.field, Field::Numerator | Field::Denominator) {
            String::new()
        } else {
            format!("{}. ", typing.indicator)
        };
        if let Some(period) = before {
            let figure = typing
                .before
                .map_or_else(|| "no figure".to_owned(), |figure| words(typing.field, figure));
            hint.push_str(&format!("{period}: {figure}"));
        }
        Self {
            kind: if typing.field == Field::YesNo { "yes_no" } else { "number" },
            label: label(typing),
            hint: hint.trim_end_matches([' ', '.']).to_owned(),
            value,
            in_force: typing.value.map(|figure| words(typing.field, figure)),
            is_fixed: typing.is_fixed,
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

async fn page(
    web: &Web,
    visitor: &Visitor,
    entry: &Entry,
    form: &Fields,
) -> Result<Page, WebError> {
    let period_before = entry.period_before.map(|period| period.to_string());
    let mut indicators: Vec<Indicator> = Vec::new();
    for code in entry.component.entered().map(|indicator| &indicator.code) {
        let boxes: Vec<&Typing> =
            entry.boxes.iter().filter(|typing| typing.indicator == *code).collect();
        let Some(first) = boxes.first() else { continue };
        indicators.push(Indicator {
            code: code.clone(),
            name: first.name.clone(),
            pays: first.pays,
            percentage: percentage(&boxes),
            boxes: boxes
                .iter()
                .map(|typing| Box::of(typing, period_before.as_ref(), form))
                .collect(),
        });
    }
    let why_not = match &entry.why_not {
        Some(why) => why_not(web, visitor, why).await?,
        None => String::new(),
    };
    let show = Show {
        service: entry.service.name.clone(),
        group: entry.component.name.clone(),
        period: entry.period.to_string(),
        date: entry.period.end,
        back: format!("/data/{}/{}", entry.service.code, entry.period.end),
        period_before,
        version: entry.version,
        is_open: why_not.is_empty() && entry.boxes.iter().any(|typing| !typing.is_fixed),
        undoes: undoes(entry.declaration.as_ref(), entry.why_not.as_ref()),
        indicators,
        why_not,
    };
    Ok(Page::new("submission/entry.html", show).form(form.clone()))
}

type Address = (String, String, String);

async fn find(
    web: &Web,
    visitor: &Visitor,
    (code, date, component): &Address,
) -> Result<Entry, WebError> {
    visitor.must_commission(false)?;
    visitor.must(web, Permission::SeeAchievement).await?;
    let date: NaiveDate = date.parse().map_err(|_| WebError::NotFound)?;
    let (mut tx, now) = (web.db.read().await?, (web.clock)());
    let entry =
        store::submission::entry(&mut tx, code, date, component, &visitor.actor, &now).await;
    entry.map_err(not_open)
}

pub(super) async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(address): Path<Address>,
) -> Result<Response, WebError> {
    let entry = find(&web, &visitor, &address).await?;
    page(&web, &visitor, &entry, &Fields::default()).await?.respond(&web, &visitor.shell)
}

/// "Submit Achievement Data".
pub(super) async fn submit(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(address): Path<Address>,
    form: Fields,
) -> Result<Response, WebError> {
    let entry = find(&web, &visitor, &address).await?;
    let typed = Typed {
        service: entry.id,
        date: entry.period.end,
        component: entry.component.code.clone(),
        seen_version: form.get("version").parse().map_err(|_| WebError::BadRequest)?,
        boxes: typed(&entry, &form),
    };
    let provider = visitor.organisation().id;
    let now = (web.clock)();
    let here = format!("/data/{}/{}/{}", address.0, address.1, address.2);
    match store::submission::submit(&web.db, provider, &typed, &visitor.actor, &now).await {
        Ok(outcome) => {
            let back = format!("/data/{}/{}", address.0, address.1);
            Ok(said(&outcome, &entry).redirect(&back))
        }
        Err(Failed::Other(StoreError::Stale)) => Err(WebError::Stale { see: here }),
        Err(Failed::Other(fault)) => Err(fault.into()),
        Err(Failed::Refused(why)) if why.is_forbidden() => {
            Err(visitor.forbidden(&web, Permission::EnterFigures, &why).await)
        }
        Err(Failed::Refused(why)) => refused(&web, &visitor, &entry, form, &why).await,
    }
}

/// What was typed into the boxes that are on the form; a question without an answer is not.
fn typed(entry: &Entry, form: &Fields) -> std::collections::BTreeMap<(String, Field), String> {
    entry
        .boxes
        .iter()
        .filter_map(|typing| {
            let id = id(typing);
            let (_, text) = form.iter().find(|(name, _)| *name == id)?;
            Some(((typing.indicator.clone(), typing.field), text.to_owned()))
        })
        .collect()
}

/// The form again: wrong figures with what was typed, or the reason why nothing can be submitted any more.
async fn refused(
    web: &Web,
    visitor: &Visitor,
    entry: &Entry,
    form: Fields,
    why: &CannotSubmit,
) -> Result<Response, WebError> {
    let first = entry.boxes.iter().find(|typing| !typing.is_fixed).map(id).unwrap_or_default();
    let page = page(web, visitor, entry, &form).await?;
    let page = match why {
        CannotSubmit::Figures(wrong) => {
            let mut errors = Errors::new();
            for error in wrong {
                let field = format!("{}-{}", error.indicator, error.field.key());
                errors.add(&field, error.message.clone());
            }
            page.errors(errors)
        }
        CannotSubmit::NothingTyped => page.errors(Errors::one(&first, "Enter at least 1 figure")),
        // The moment has passed, which no box can mend.
        moved => page.errors(Errors::one("submit", moved.to_string())).status(StatusCode::CONFLICT),
    };
    page.respond(web, &visitor.shell)
}

/// What became of the figures.
fn said(outcome: &Outcome, entry: &Entry) -> Flash {
    let group = &entry.component.name;
    if outcome.figures == 0 {
        return Flash::information(format!(
            "{group}: nothing has changed, because these figures were submitted before."
        ));
    }
    let mut text = format!("{group}: {} submitted.", figures(outcome.figures));
    if outcome.is_returned {
        let worth =
            outcome.amount.map_or_else(String::new, |amount| format!(" It is now worth {amount}."));
        text.push_str(&format!(" It has gone back to you to declare again.{worth}"));
    } else if let Some(amount) = outcome.amount {
        text.push_str(&format!(" The achievement has been calculated. It is worth {amount}."));
    } else if outcome.is_calculated {
        text.push_str(" The achievement has been calculated.");
    } else if outcome.state == AchievementState::Held {
        text.push_str(&format!(" {}", outcome.held_because));
    }
    Flash::success(text)
}
