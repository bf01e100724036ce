//! A commissioner puts another figure in the place of one that an extract brought, and says why.

use super::boxes::{id, label, words};
use super::entry::{find, said};
use super::place::{Address, Around, Place};
use crate::Web;
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::{Errors, Fields, Query};
use crate::page::Page;
use crate::session::Visitor;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::achievement::CannotSubmit;
use domain::{Permission, Refusal};
use serde::Serialize;
use std::sync::Arc;
use store::submission::{Box as Typing, Entry, Replacement};
use store::{Failed, StoreError};

/// What `submission/replace.html` sees.
#[derive(Debug, Serialize)]
struct Ask {
    around: Around,
    service: String,
    period: String,
    indicator: String,
    label: String,
    in_force: String,
    back: String,
    figure: String,
    version: i64,
}

/// The figure that the address names: one that an extract brought and that may be replaced now.
fn chosen<'e>(entry: &'e Entry, figure: &str) -> Result<&'e Typing, WebError> {
    let found = entry.boxes.iter().find(|own| id(own) == figure).ok_or(WebError::NotFound)?;
    match &found.fixed {
        Some(CannotSubmit::NeedsReason) => Ok(found),
        Some(why) => Err(WebError::Forbidden { why: why.to_string(), who: String::new() }),
        None => Err(WebError::NotFound),
    }
}

fn page(place: &Place, entry: &Entry, figure: &Typing) -> Page {
    let date = entry.period.end;
    let ask = Ask {
        around: place.around(Some(date), None, true),
        service: entry.service.name.clone(),
        period: entry.period.to_string(),
        indicator: format!("{} {}", figure.indicator, figure.name),
        label: label(figure),
        in_force: figure.value.map_or_else(String::new, |value| words(figure.field, value)),
        back: place.group_href(date, &entry.component.code),
        figure: id(figure),
        version: entry.version,
    };
    Page::new("submission/replace.html", ask)
}

pub(super) async fn ask(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(address): Path<Address>,
    Query(query): Query,
) -> Result<Response, WebError> {
    let (place, entry) = find(&web, &visitor, &address).await?;
    let figure = chosen(&entry, query.get("figure"))?;
    page(&place, &entry, figure).respond(&web, &visitor.shell)
}

/// "Replace figure".
pub(super) async fn replace(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(address): Path<Address>,
    form: Fields,
) -> Result<Response, WebError> {
    let (place, entry) = find(&web, &visitor, &address).await?;
    let figure = chosen(&entry, form.get("figure"))?;
    let here = place.group_href(entry.period.end, &entry.component.code);
    let wanted = Replacement {
        provider: place.provider.id,
        service: entry.id,
        date: entry.period.end,
        key: (figure.indicator.clone(), figure.field),
        seen_version: form.get("version").parse().map_err(|_| WebError::BadRequest)?,
        text: form.get("new").to_owned(),
        reason: form.get("reason").to_owned(),
    };
    let now = (web.clock)();
    match store::submission::replace(&web.db, &wanted, &visitor.actor, &now).await {
        Ok(outcome) if outcome.figures == 0 => {
            Ok(Flash::information("Nothing has changed, because this is the figure in force.")
                .redirect(&here))
        }
        Ok(outcome) => {
            let done = format!("{}: extracted figure replaced.", figure.indicator);
            Ok(said(done, &outcome, &place).redirect(&here))
        }
        Err(Failed::Other(StoreError::Stale)) => Err(WebError::Stale { see: here }),
        Err(Failed::Other(fault)) => Err(fault.into()),
        Err(Failed::Refused(why)) if why.is_forbidden() => {
            Err(visitor.forbidden(&web, Permission::EnterFigures, &why).await)
        }
        Err(Failed::Refused(why)) => {
            let page = page(&place, &entry, figure).form(form);
            refused(page, &why).respond(&web, &visitor.shell)
        }
    }
}

/// The form again with what is wrong with it, or with why the moment has passed.
fn refused(page: Page, why: &CannotSubmit) -> Page {
    match why {
        CannotSubmit::Figures(wrong) => {
            let mut errors = Errors::new();
            for error in wrong {
                errors.add("new", error.message.clone());
            }
            page.errors(errors)
        }
        CannotSubmit::NothingTyped => page.errors(Errors::one("new", "Enter the figure")),
        CannotSubmit::Reason(bad) => page.errors(Errors::one("reason", bad.message())),
        moved => page.errors(Errors::one("submit", moved.to_string())).status(StatusCode::CONFLICT),
    }
}
