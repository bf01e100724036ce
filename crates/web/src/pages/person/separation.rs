//! Which roles one person may hold together at a commissioner: what is allowed and why, and who holds some together.

use crate::Web;
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::{Errors, Fields};
use crate::page::Page;
use crate::pages::offer::Entry;
use crate::session::Visitor;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, NaiveDate, Utc};
use domain::access::separation::{CannotSeparate, Together};
use domain::{Permission, Refusal};
use serde::Serialize;
use std::sync::Arc;
use store::Failed;
use store::person::separation::{self, Allowed};

const PATH: &str = "/people/together";

/// What `person/together.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    organisation: String,
    pairs: Vec<Pair>,
    holders: Vec<Holder>,
    /// Whether the visitor decides what is allowed.
    decides: bool,
    history: Vec<Entry>,
}

#[derive(Debug, Serialize)]
struct Pair {
    name: &'static str,
    words: &'static str,
    /// Why it is allowed, by whom and when; none where it is not.
    allowed: Option<(String, String, DateTime<Utc>)>,
}

#[derive(Debug, Serialize)]
struct Holder {
    name: String,
    job_title: String,
    roles: Vec<&'static str>,
    /// What they could do, and whether it is allowed.
    pairs: Vec<(&'static str, bool)>,
    until: Option<NaiveDate>,
    kept: String,
}

async fn page(web: &Web, visitor: &Visitor) -> Result<Page, WebError> {
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let allowed = separation::allowed(&mut tx, &visitor.actor).await?;
    let holders = separation::holders(&mut tx, &visitor.actor, &visitor.now).await?;
    let history = separation::history(&mut tx, &visitor.actor).await?;
    drop(tx);
    let find = |pair: Together| allowed.iter().find(|one| one.pair == pair).cloned();
    let pair = |pair: Together| Pair {
        name: pair.name(),
        words: pair.words(),
        allowed: find(pair).map(|Allowed { reason, by, at, .. }| (reason, by, at)),
    };
    let holder = |one: separation::Holder| Holder {
        name: one.colleague.name,
        job_title: one.colleague.job_title,
        roles: one.colleague.roles.iter().map(|role| role.name()).collect(),
        pairs: one.pairs.iter().map(|pair| (pair.words(), find(*pair).is_some())).collect(),
        until: one.until,
        kept: one.kept.unwrap_or_default(),
    };
    let show = Show {
        organisation: visitor.organisation().name.clone(),
        pairs: Together::ALL.into_iter().map(pair).collect(),
        holders: holders.into_iter().map(holder).collect(),
        decides: visitor.actor.may(Permission::SeparateDuties),
        history: history.into_iter().map(Entry::of).collect(),
    };
    Ok(Page::new("person/together.html", show))
}

/// What is allowed.
pub(super) async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
) -> Result<Response, WebError> {
    page(&web, &visitor).await?.respond(&web, &visitor.shell)
}

/// "Allow" and "Do not allow".
pub(super) async fn change(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, WebError> {
    let pair = Together::from_name(fields.get("pair")).ok_or(WebError::BadRequest)?;
    let is_allowed = match fields.get("allow") {
        "yes" => true,
        "no" => false,
        _ => return Err(WebError::BadRequest),
    };
    let (by, now, reason) = (&visitor.actor, &visitor.now, fields.get("reason"));
    match separation::change(&web.db, (pair, is_allowed), reason, by, now).await {
        Ok(()) => {
            let said = match is_allowed {
                true => format!("One person may {} now.", pair.words()),
                false => format!("Nobody else is given the roles to {}.", pair.words()),
            };
            Ok(Flash::success(said).redirect(PATH))
        }
        Err(Failed::Refused(why)) if why.is_forbidden() => {
            Err(visitor.forbidden(&web, Permission::SeparateDuties, &why).await)
        }
        Err(Failed::Refused(why)) => {
            let status = match why {
                CannotSeparate::Reason(_) => StatusCode::UNPROCESSABLE_ENTITY,
                _ => StatusCode::CONFLICT,
            };
            let errors = Errors::one(pair.name(), why.to_string());
            let page = page(&web, &visitor).await?.form(fields).errors(errors);
            page.status(status).respond(&web, &visitor.shell)
        }
        Err(Failed::Other(fault)) => Err(fault.into()),
    }
}
