//! A nil return: the page that says what it means, and the act.

use super::entry::{find, said};
use super::groups::nil_words;
use super::place::{Address, Around, Place};
use super::why_not;
use crate::Web;
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::{Errors, Fields};
use crate::page::Page;
use crate::session::Visitor;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::achievement::CannotSubmit;
use domain::submission::shown;
use domain::{Permission, Refusal};
use serde::Serialize;
use std::sync::Arc;
use store::submission::Entry;
use store::{Failed, StoreError};

/// What `submission/nil_return.html` sees.
#[derive(Debug, Serialize)]
struct Ask {
    around: Around,
    service: String,
    group: String,
    period: String,
    back: String,
    version: i64,
    counts: Vec<Count>,
    /// Why there is nothing to return as nil; empty when there is.
    why_not: String,
}

/// A count that becomes 0.
#[derive(Debug, Serialize)]
struct Count {
    label: String,
    now: Option<String>,
    before: Option<String>,
}

async fn page(
    web: &Web,
    visitor: &Visitor,
    place: &Place,
    entry: &Entry,
) -> Result<Page, WebError> {
    let date = entry.period.end;
    let why_not = match (&entry.why_not, &entry.nil) {
        (Some(why), _) => why_not(web, visitor, why).await?,
        (None, Some(nil)) => nil_words(nil),
        (None, None) if entry.counts().next().is_none() => CannotSubmit::NoCounts.to_string(),
        (None, None) => String::new(),
    };
    let ask = Ask {
        around: place.around(Some(date), None, why_not.is_empty()),
        service: entry.service.name.clone(),
        group: entry.component.name.clone(),
        period: entry.period.to_string(),
        back: place.group_href(date, &entry.component.code),
        version: entry.version,
        counts: entry
            .counts()
            .map(|count| Count {
                label: count.label.clone(),
                now: count.value.map(shown),
                before: count.before.map(shown),
            })
            .collect(),
        why_not,
    };
    Ok(Page::new("submission/nil_return.html", ask))
}

pub(super) async fn ask(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(address): Path<Address>,
) -> Result<Response, WebError> {
    let (place, entry) = find(&web, &visitor, &address).await?;
    page(&web, &visitor, &place, &entry).await?.respond(&web, &visitor.shell)
}

/// "Submit nil return".
pub(super) async fn submit(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(address): Path<Address>,
    form: Fields,
) -> Result<Response, WebError> {
    let (place, entry) = find(&web, &visitor, &address).await?;
    let seen: i64 = form.get("version").parse().map_err(|_| WebError::BadRequest)?;
    let at = (place.provider.id, entry.id, entry.period.end);
    let component = &entry.component;
    let now = (web.clock)();
    let by = &visitor.actor;
    match store::submission::return_nil(&web.db, at, &component.code, seen, by, &now).await {
        Ok(outcome) if outcome.figures == 0 => Ok(Flash::information(format!(
            "{}: nothing has changed, because this was a nil return before.",
            component.name
        ))
        .redirect(&place.date_href(entry.period.end))),
        Ok(outcome) => {
            let done = format!("{}: nil return submitted.", component.name);
            Ok(said(done, &outcome, &place).redirect(&place.date_href(entry.period.end)))
        }
        Err(Failed::Other(StoreError::Stale)) => {
            Err(WebError::Stale { see: place.group_href(entry.period.end, &component.code) })
        }
        Err(Failed::Other(fault)) => Err(fault.into()),
        Err(Failed::Refused(why)) if why.is_forbidden() => {
            Err(visitor.forbidden(&web, Permission::EnterFigures, &why).await)
        }
        Err(Failed::Refused(why)) => page(&web, &visitor, &place, &entry)
            .await?
            .errors(Errors::one("submit", why.to_string()))
            .status(StatusCode::CONFLICT)
            .respond(&web, &visitor.shell),
    }
}
