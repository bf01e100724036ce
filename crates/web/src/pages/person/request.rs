//! Requests for access: what waits for those who manage people, and deciding about one.

use super::invite::{bring, given, invited};
use super::{Place, RoleChoice, choices, narrowing, roles};
use crate::Web;
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::{Errors, Fields};
use crate::page::Page;
use crate::pages::offer::seen;
use crate::session::Visitor;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, NaiveDate, Utc};
use domain::access::CannotManage;
use domain::access::request::{CannotDecide, RequestState};
use domain::message::access::REQUESTS;
use domain::{AccessRequestId, Permission, Refusal, Role};
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;
use store::person::access::Given;
use store::person::request::{self, Found, Listed};
use store::{Failed, StoreError};

/// What `person/requests.html` sees.
#[derive(Debug, Serialize)]
struct List {
    /// What nobody nearer decides about.
    ours: Vec<Row>,
    /// What people of the organisations below decide first.
    others: Vec<Row>,
}

/// A request in a list.
#[derive(Debug, Serialize)]
struct Row {
    id: String,
    name: String,
    job_title: String,
    organisation: String,
    roles: Vec<&'static str>,
    asked_at: DateTime<Utc>,
    decide_by: NaiveDate,
}

fn names(roles: &BTreeSet<Role>) -> Vec<&'static str> {
    roles.iter().map(|role| role.name()).collect()
}

impl Row {
    fn of(one: &Listed) -> Self {
        let asking = &one.request.asking;
        Self {
            id: one.request.id.to_string(),
            name: asking.account.name.clone(),
            job_title: asking.account.job_title.clone(),
            organisation: format!("{} ({})", one.at.name, one.at.code),
            roles: names(&asking.roles),
            asked_at: one.request.asked_at,
            decide_by: one.request.decide_by,
        }
    }
}

/// What waits.
pub(super) async fn list(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
) -> Result<Response, WebError> {
    visitor.must(&web, Permission::ManagePeople).await?;
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let all = request::list(&mut tx, &visitor.actor, &visitor.now).await?;
    drop(tx);
    let rows = |ours| all.iter().filter(|one| one.is_ours == ours).map(Row::of).collect();
    let list = List { ours: rows(true), others: rows(false) };
    Page::new("person/requests.html", list).respond(&web, &visitor.shell)
}

/// What `person/request.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    one: Row,
    at: Place,
    email: String,
    phone: String,
    reason: String,
    version: i64,
    choices: Vec<RoleChoice>,
    narrowing: narrowing::Choices,
    /// The name of the account that the address has, and who made it.
    known: Option<(String, String)>,
    /// Why the visitor cannot decide; empty where they can.
    why_not: String,
    is_over: bool,
}

async fn found(web: &Web, visitor: &Visitor, id: &str) -> Result<Found, WebError> {
    let id: AccessRequestId = id.parse().map_err(|_| WebError::NotFound)?;
    let mut tx = web.db.read_as(&visitor.actor).await?;
    match request::find(&mut tx, id, &visitor.actor, &visitor.now).await {
        Ok(found) => Ok(found),
        Err(Failed::Refused(why)) => {
            Err(visitor.forbidden(web, Permission::ManagePeople, &why).await)
        }
        Err(Failed::Other(fault)) => Err(fault.into()),
    }
}

async fn page(
    web: &Web,
    found: &Found,
    visitor: &Visitor,
    form: Option<Fields>,
) -> Result<Page, WebError> {
    let Found { request, at, known, why_not } = found;
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let narrowing = narrowing::choices(&mut tx, at, None, form.as_ref()).await?;
    drop(tx);
    let ticked = form.as_ref().map(|form| roles(form, "role")).transpose()?;
    let ticked = ticked.as_ref().unwrap_or(&request.asking.roles);
    let listed = Listed { request: request.clone(), at: at.clone(), is_ours: true };
    let show = Show {
        one: Row::of(&listed),
        at: Place::of(at, visitor),
        email: request.asking.account.email.clone(),
        phone: request.asking.phone.clone(),
        reason: request.asking.reason.clone(),
        version: request.version,
        choices: choices(at.kind, |role| ticked.contains(&role)),
        narrowing,
        known: known.clone().map(|owner| (owner.name, given(owner.made))),
        why_not: why_not.as_ref().map(ToString::to_string).unwrap_or_default(),
        is_over: request.state != RequestState::Open,
    };
    Ok(Page::new("person/request.html", show).form(form.unwrap_or_default()))
}

/// One request.
pub(super) async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    let found = found(&web, &visitor, &id).await?;
    page(&web, &found, &visitor, None).await?.respond(&web, &visitor.shell)
}

/// "Approve".
pub(super) async fn approve(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, WebError> {
    let id: AccessRequestId = id.parse().map_err(|_| WebError::NotFound)?;
    let version = seen(&fields)?;
    let at = found(&web, &visitor, &id.to_string()).await?.at;
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let wanted = narrowing::held(&mut tx, &at, &fields).await?;
    drop(tx);
    let (by, now) = (&visitor.actor, &visitor.now);
    let given_now = request::approve(&web.db, id, version, (&wanted, bring(&web)), by, now).await;
    let found = found(&web, &visitor, &id.to_string()).await?;
    let account = &found.request.asking.account;
    let (name, email) = (account.name.clone(), account.email.clone());
    match given_now {
        Ok(Given::Link(token)) => invited(&web, &visitor, &found.at, (name, email), Some(&token)),
        Ok(Given::Mailed) => invited(&web, &visitor, &found.at, (name, email), None),
        Ok(Given::Known(_)) => {
            let said = format!("{name} has access to {} now, and was told.", found.at.name);
            Ok(Flash::success(said).redirect(REQUESTS))
        }
        Err(failed) => refused(&web, &visitor, &found, failed, fields).await,
    }
}

/// "Reject".
pub(super) async fn reject(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, WebError> {
    let id: AccessRequestId = id.parse().map_err(|_| WebError::NotFound)?;
    let (by, now, version) = (&visitor.actor, &visitor.now, seen(&fields)?);
    let reason = fields.get("reason").to_owned();
    match request::reject(&web.db, id, version, &reason, by, now).await {
        Ok(rejected) => {
            let name = &rejected.asking.account.name;
            let is_told = web.sends_mail || rejected.person.is_some();
            let said = match is_told {
                true => format!("You rejected the request of {name}, who is told why."),
                false => format!(
                    "You rejected the request of {name}. No email is set up here: tell them yourself."
                ),
            };
            Ok(Flash::information(said).redirect(REQUESTS))
        }
        Err(failed) => {
            let found = found(&web, &visitor, &id.to_string()).await?;
            refused(&web, &visitor, &found, failed, fields).await
        }
    }
}

/// The page again with why nothing was decided.
async fn refused(
    web: &Web,
    visitor: &Visitor,
    found: &Found,
    failed: Failed<CannotDecide>,
    fields: Fields,
) -> Result<Response, WebError> {
    let why = match failed {
        Failed::Refused(why) if why.is_forbidden() => {
            return Err(visitor.forbidden(web, Permission::ManagePeople, &why).await);
        }
        Failed::Refused(why) => why,
        Failed::Other(StoreError::Stale) => {
            return Err(WebError::Stale { see: format!("{REQUESTS}/{}", found.request.id) });
        }
        Failed::Other(fault) => return Err(fault.into()),
    };
    let (field, status) = match &why {
        CannotDecide::Reason(_) => ("reason", StatusCode::UNPROCESSABLE_ENTITY),
        CannotDecide::Access(CannotManage::NoRole) => ("role", StatusCode::UNPROCESSABLE_ENTITY),
        CannotDecide::Access(CannotManage::Narrowing(_)) => {
            ("family", StatusCode::UNPROCESSABLE_ENTITY)
        }
        CannotDecide::Access(CannotManage::RoleNotHere(_)) => return Err(WebError::BadRequest),
        CannotDecide::Access(_) => ("role", StatusCode::CONFLICT),
        _ => ("decision", StatusCode::CONFLICT),
    };
    // After a reason that is missing, the roles are those that were asked for.
    let form = if field == "reason" { None } else { Some(fields) };
    let errors = Errors::one(field, why.to_string());
    let page = page(web, found, visitor, form).await?;
    page.errors(errors).status(status).respond(web, &visitor.shell)
}
