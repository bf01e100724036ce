//! The form of one indicator group: a box for each figure, the period before beside it, nothing lost when it is wrong.

use super::boxes::{Indicator, id, indicators, is_elsewhere};
use super::groups::nil_words;
use super::place::{Address, Around, Place};
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
use domain::submission::Question;
use domain::{Field, Figures, Permission, Refusal};
use serde::Serialize;
use std::sync::Arc;
use store::submission::{Entry, Outcome, Typed};
use store::{Failed, StoreError};

/// What `submission/entry.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    around: Around,
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
    /// Where every figure comes from elsewhere: from where, in words; empty otherwise.
    closed: &'static str,
    /// What a changed figure does to the declaration.
    undoes: String,
    why_not: String,
    /// The nil return that stands, in words; empty otherwise.
    nil: String,
    /// Where a nil return is made.
    nil_href: Option<String>,
    /// Unlikely figures to check before they are recorded.
    questions: Vec<Asked>,
}

/// One unlikely figure.
#[derive(Debug, Serialize)]
struct Asked {
    /// The box.
    href: String,
    sentence: String,
    /// What the person confirms: the box and the figure, so that another figure is asked about anew.
    confirms: String,
}

impl From<&Question> for Asked {
    fn from(question: &Question) -> Self {
        let id = format!("{}-{}", question.indicator, question.field.key());
        Self {
            href: format!("#{id}"),
            confirms: format!("{id}={}", question.new),
            sentence: question.sentence(),
        }
    }
}

async fn page(
    web: &Web,
    visitor: &Visitor,
    place: &Place,
    entry: &Entry,
    form: &Fields,
    questions: &[Question],
) -> Result<Page, WebError> {
    let why_not = match &entry.why_not {
        Some(why) => why_not(web, visitor, why).await?,
        None => String::new(),
    };
    let date = entry.period.end;
    let is_open = why_not.is_empty() && entry.boxes.iter().any(|typing| typing.fixed.is_none());
    let may_return_nil = is_open && entry.nil.is_none() && entry.counts().next().is_some();
    let here = place.group_href(date, &entry.component.code);
    let show = Show {
        around: place.around(Some(date), None, why_not.is_empty()),
        service: entry.service.name.clone(),
        group: entry.component.name.clone(),
        period: entry.period.to_string(),
        date,
        back: place.date_href(date),
        period_before: entry.period_before.map(|period| period.to_string()),
        version: entry.version,
        is_open,
        closed: if why_not.is_empty() && !is_open { closed(entry, place) } else { "" },
        undoes: undoes(entry.declaration.as_ref(), entry.why_not.as_ref()),
        indicators: indicators(place, entry, form),
        why_not,
        nil: entry.nil.as_ref().map(nil_words).unwrap_or_default(),
        nil_href: may_return_nil.then(|| format!("{here}/nil-return")),
        questions: questions.iter().map(Asked::from).collect(),
    };
    Ok(Page::new("submission/entry.html", show).form(form.clone()))
}

/// Where the figures of a group come from that nobody can type here.
fn closed(entry: &Entry, place: &Place) -> &'static str {
    let is_reserved = |own: &CannotSubmit| *own == CannotSubmit::Reserved;
    if entry.boxes.iter().all(|own| own.fixed.as_ref().is_some_and(is_reserved)) {
        return "The commissioner enters these figures.";
    }
    if entry.boxes.iter().all(is_elsewhere) {
        // The table says of each figure who hands it in.
        return "";
    }
    if place.on_behalf {
        return "An extract brought these figures. If one is wrong, replace it and say why.";
    }
    "An extract brings these figures, so they cannot be typed in. If one is wrong, contact your system supplier and \
     your commissioner."
}

/// The place of an address and its indicator group, as the visitor may see them.
pub(super) async fn find(
    web: &Web,
    visitor: &Visitor,
    address: &Address,
) -> Result<(Place, Entry), WebError> {
    let place = address.place(web, visitor).await?;
    let (date, component) = (address.date()?, address.component()?);
    let (mut tx, now) = (web.db.read_as(&visitor.actor).await?, (web.clock)());
    let found =
        store::submission::entry(&mut tx, &place.at(date), component, &visitor.actor, &now).await;
    drop(tx);
    Ok((place, found.map_err(not_open)?))
}

pub(super) async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(address): Path<Address>,
) -> Result<Response, WebError> {
    let (place, entry) = find(&web, &visitor, &address).await?;
    page(&web, &visitor, &place, &entry, &Fields::default(), &[])
        .await?
        .respond(&web, &visitor.shell)
}

/// "Submit Achievement Data", and "Submit these figures anyway".
pub(super) async fn submit(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(address): Path<Address>,
    form: Fields,
) -> Result<Response, WebError> {
    let (place, entry) = find(&web, &visitor, &address).await?;
    let typed = Typed {
        service: entry.id,
        date: entry.period.end,
        component: entry.component.code.clone(),
        seen_version: form.get("version").parse().map_err(|_| WebError::BadRequest)?,
        boxes: typed(&entry, &form),
        confirmed: confirmed(&entry, &form),
    };
    let now = (web.clock)();
    let here = place.group_href(entry.period.end, &entry.component.code);
    let provider = place.provider.id;
    match store::submission::submit(&web.db, provider, &typed, &visitor.actor, &now).await {
        Ok(outcome) => {
            let group = &entry.component.name;
            let said = if outcome.figures == 0 {
                Flash::information(format!(
                    "{group}: nothing has changed, because these figures were submitted before."
                ))
            } else {
                let done = format!("{group}: {} submitted.", figures(outcome.figures));
                said(done, &outcome, &place)
            };
            Ok(said.redirect(&place.date_href(entry.period.end)))
        }
        Err(Failed::Other(StoreError::Stale)) => Err(WebError::Stale { see: here }),
        Err(Failed::Other(fault)) => Err(fault.into()),
        Err(Failed::Refused(why)) if why.is_forbidden() => {
            Err(visitor.forbidden(&web, Permission::EnterFigures, &why).await)
        }
        Err(Failed::Refused(CannotSubmit::Unlikely(questions))) => {
            page(&web, &visitor, &place, &entry, &form, &questions)
                .await?
                .respond(&web, &visitor.shell)
        }
        Err(Failed::Refused(why)) => {
            let page = page(&web, &visitor, &place, &entry, &form, &[]).await?;
            refused(page, &entry, &why).respond(&web, &visitor.shell)
        }
    }
}

/// The unlikely figures that the person says are right: only with the button that says so.
fn confirmed(entry: &Entry, form: &Fields) -> Figures {
    if !form.has("anyway", "yes") {
        return Figures::new();
    }
    let all: Vec<&str> = form.all("confirmed").collect();
    entry
        .boxes
        .iter()
        .filter_map(|typing| {
            let (id, key) = (id(typing), (typing.indicator.clone(), typing.field));
            let own =
                |text: &str| text.split_once('=').filter(|(name, _)| *name == id)?.1.parse().ok();
            Some((key, all.iter().find_map(|text| own(text))?))
        })
        .collect()
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
fn refused(page: Page, entry: &Entry, why: &CannotSubmit) -> Page {
    let first =
        entry.boxes.iter().find(|typing| typing.fixed.is_none()).map(id).unwrap_or_default();
    match why {
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
    }
}

/// What was done, and what became of the figures.
pub(super) fn said(done: String, outcome: &Outcome, place: &Place) -> Flash {
    let mut text = done;
    if outcome.is_returned {
        let worth =
            outcome.amount.map_or_else(String::new, |amount| format!(" It is now worth {amount}."));
        let whom = if place.on_behalf { &*place.provider.name } else { "you" };
        text.push_str(&format!(" It has gone back to {whom} to declare again.{worth}"));
    } else if let Some(amount) = outcome.amount {
        text.push_str(&format!(" The achievement has been calculated. It is worth {amount}."));
    } else if outcome.is_calculated {
        text.push_str(" The achievement has been calculated.");
    } else if outcome.state == AchievementState::Held {
        text.push_str(&format!(" {}", outcome.held_because));
    }
    Flash::success(text)
}
