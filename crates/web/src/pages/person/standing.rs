//! Disabling a person's account everywhere, and enabling it again, each with a reason.

use super::{PATH, done, place};
use crate::Web;
use crate::error::WebError;
use crate::form::{Errors, Fields, Query};
use crate::session::Visitor;
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{MethodRouter, get};
use domain::access::CannotClose;
use domain::{Permission, PersonId, Refusal};
use std::sync::Arc;
use store::person::standing;
use store::{Failed, StoreError};

/// What is done to an account.
#[derive(Clone, Copy, Debug)]
pub(super) enum Act {
    Disable,
    Enable,
}

impl Act {
    fn template(self) -> &'static str {
        match self {
            Self::Disable => "person/disable.html",
            Self::Enable => "person/enable.html",
        }
    }

    fn said(self) -> &'static str {
        match self {
            Self::Disable => "Account disabled. It ended at once, everywhere.",
            Self::Enable => {
                "Account enabled. The person can log in again, with the roles shown here."
            }
        }
    }
}

/// The page that asks, and the act.
pub(super) fn of(act: Act) -> MethodRouter<Arc<Web>> {
    get(ask).post(self::act).layer(Extension(act))
}

/// Asks before it is done.
async fn ask(
    State(web): State<Arc<Web>>,
    Extension(act): Extension<Act>,
    visitor: Visitor,
    Path(person): Path<String>,
    Query(query): Query,
) -> Result<Response, WebError> {
    let seen = (act.template(), &query);
    super::page(&web, &visitor, &person, seen, None).await?.respond(&web, &visitor.shell)
}

/// "Disable account" and "Enable account".
async fn act(
    State(web): State<Arc<Web>>,
    Extension(act): Extension<Act>,
    visitor: Visitor,
    Path(person): Path<String>,
    Query(query): Query,
    form: Fields,
) -> Result<Response, WebError> {
    let id: PersonId = person.parse().map_err(|_| WebError::NotFound)?;
    let at = place(&web, &mut web.db.read_as(&visitor.actor).await?, &visitor, &query).await?;
    let (by, now, reason) = (&visitor.actor, &visitor.now, form.get("reason"));
    let is_done = match act {
        Act::Disable => standing::disable(&web.db, &at, id, reason, by, now).await,
        Act::Enable => standing::enable(&web.db, &at, id, reason, by, now).await,
    };
    match is_done {
        Ok(()) => Ok(done(act.said(), &at, &visitor)),
        Err(failed) => {
            let seen = (act.template(), &query);
            refused(&web, &visitor, &person, seen, (form, failed)).await
        }
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
