//! Disabling a person's account everywhere, and enabling it again, each with a reason.

use super::{PATH, done, place};
use crate::Web;
use crate::error::WebError;
use crate::form::{Errors, Fields, Query};
use crate::session::Visitor;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::access::CannotClose;
use domain::{Permission, PersonId, Refusal};
use std::sync::Arc;
use store::person::standing;
use store::{Failed, StoreError};

const DISABLE: &str = "person/disable.html";
const ENABLE: &str = "person/enable.html";

pub(super) async fn ask_disable(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(person): Path<String>,
    Query(query): Query,
) -> Result<Response, WebError> {
    ask(&web, &visitor, &person, (DISABLE, &query)).await
}

pub(super) async fn ask_enable(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(person): Path<String>,
    Query(query): Query,
) -> Result<Response, WebError> {
    ask(&web, &visitor, &person, (ENABLE, &query)).await
}

async fn ask(
    web: &Web,
    visitor: &Visitor,
    person: &str,
    seen: (&'static str, &Fields),
) -> Result<Response, WebError> {
    super::page(web, visitor, person, seen, None).await?.respond(web, &visitor.shell)
}

/// "Disable account".
pub(super) async fn disable(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(person): Path<String>,
    Query(query): Query,
    form: Fields,
) -> Result<Response, WebError> {
    let id: PersonId = person.parse().map_err(|_| WebError::NotFound)?;
    let at = place(&web, &mut web.db.read_as(&visitor.actor).await?, &visitor, &query).await?;
    let (by, now, reason) = (&visitor.actor, &visitor.now, form.get("reason"));
    match standing::disable(&web.db, &at, id, reason, by, now).await {
        Ok(()) => Ok(done("Account disabled. It ended at once, everywhere.", &at, &visitor)),
        Err(failed) => refused(&web, &visitor, &person, (DISABLE, &query), (form, failed)).await,
    }
}

/// "Enable account".
pub(super) async fn enable(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(person): Path<String>,
    Query(query): Query,
    form: Fields,
) -> Result<Response, WebError> {
    let id: PersonId = person.parse().map_err(|_| WebError::NotFound)?;
    let at = place(&web, &mut web.db.read_as(&visitor.actor).await?, &visitor, &query).await?;
    let (by, now, reason) = (&visitor.actor, &visitor.now, form.get("reason"));
    match standing::enable(&web.db, &at, id, reason, by, now).await {
        Ok(()) => {
            let said = "Account enabled. The person can log in again, with the roles shown here.";
            Ok(done(said, &at, &visitor))
        }
        Err(failed) => refused(&web, &visitor, &person, (ENABLE, &query), (form, failed)).await,
    }
}

async fn refused(
    web: &Web,
    visitor: &Visitor,
    person: &str,
    seen: (&'static str, &Fields),
    (form, failed): (Fields, Failed<CannotClose>),
) -> Result<Response, WebError> {
    let why = match failed {
        Failed::Refused(why) if why.is_forbidden() => {
            return Err(visitor.forbidden(web, Permission::ManagePeople, &why).await);
        }
        Failed::Refused(why) => why,
        Failed::Other(StoreError::Stale) => return Err(WebError::Stale { see: PATH.to_owned() }),
        Failed::Other(fault) => return Err(fault.into()),
    };
    let status = match why {
        CannotClose::Reason(_) => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::CONFLICT,
    };
    let errors = Errors::one("reason", why.to_string());
    let page = super::page(web, visitor, person, seen, None).await?;
    page.form(form).errors(errors).status(status).respond(web, &visitor.shell)
}
