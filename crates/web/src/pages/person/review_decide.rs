//! Deciding about one person who stands out in a review of access: keep, change or remove.

use super::review::{address, both};
use super::{Place, RoleChoice, Row, choices, place, roles};
use crate::Web;
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::{Errors, Fields, Query};
use crate::page::Page;
use crate::session::Visitor;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::access::CannotManage;
use domain::access::review::{CannotReview, Decision, Outcome};
use domain::{Organisation, Permission, PersonId, Refusal};
use serde::Serialize;
use std::sync::Arc;
use store::Failed;
use store::person::review;

/// What `person/review_decide.html` sees.
#[derive(Debug, Serialize)]
struct Ask {
    at: Place,
    one: Row,
    why: Vec<String>,
    choices: Vec<RoleChoice>,
    /// What says that the access was seen as it is kept to.
    seen_narrowing: String,
}

async fn page(
    web: &Web,
    visitor: &Visitor,
    at: &Organisation,
    person: PersonId,
    form: Option<&Fields>,
) -> Result<Page, WebError> {
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let going = review::going(&mut tx, at, &visitor.actor, &visitor.now).await?;
    drop(tx);
    let found = going.people.iter().find(|one| one.colleague.id == person);
    let found = found.ok_or(WebError::NotFound)?;
    let ticked = form.map(|form| roles(form, "role")).transpose()?;
    let held = ticked.as_ref().unwrap_or(&found.colleague.roles);
    let ask = Ask {
        at: Place::of(at, visitor),
        one: Row::of(&found.colleague, visitor, web.demo),
        why: found.why.iter().map(ToString::to_string).collect(),
        choices: choices(at.kind, |role| held.contains(&role)),
        seen_narrowing: found.colleague.seen().narrowing,
    };
    Ok(Page::new("person/review_decide.html", ask).form(form.cloned().unwrap_or_default()))
}

pub(super) async fn ask(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(person): Path<String>,
    Query(query): Query,
) -> Result<Response, WebError> {
    let person: PersonId = person.parse().map_err(|_| WebError::NotFound)?;
    let at = place(&web, &mut web.db.read_as(&visitor.actor).await?, &visitor, &query).await?;
    page(&web, &visitor, &at, person, None).await?.respond(&web, &visitor.shell)
}

/// "Save decision".
pub(super) async fn act(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(person): Path<String>,
    Query(query): Query,
    fields: Fields,
) -> Result<Response, WebError> {
    let person: PersonId = person.parse().map_err(|_| WebError::NotFound)?;
    let at = place(&web, &mut web.db.read_as(&visitor.actor).await?, &visitor, &query).await?;
    let (seen, chosen) = both(&fields)?;
    let decision = match fields.get("decision") {
        "keep" => Decision::Keep(fields.get("reason").to_owned()),
        "change" => Decision::Change(chosen),
        "remove" => Decision::Remove,
        "" => {
            let errors = Errors::one("decision", "Select what to do with this access");
            let page = page(&web, &visitor, &at, person, Some(&fields)).await?;
            return page.errors(errors).respond(&web, &visitor.shell);
        }
        _ => return Err(WebError::BadRequest),
    };
    let (by, now) = (&visitor.actor, &visitor.now);
    match review::decide(&web.db, &at, person, (&seen, &decision), by, now).await {
        Ok(outcome) => {
            let said = match outcome {
                Outcome::Changed => "Decided. The new roles count from now on.",
                Outcome::Removed => "Decided. The access ended at once.",
                _ => "Decided. The access stays as it is.",
            };
            Ok(Flash::success(said).redirect(&address(&Place::of(&at, &visitor))))
        }
        Err(Failed::Refused(why)) if why.is_forbidden() => {
            Err(visitor.forbidden(&web, Permission::ManagePeople, &why).await)
        }
        Err(Failed::Refused(why)) => {
            let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
            let (field, status) = match &why {
                CannotReview::Reason(_) => ("reason", unprocessable),
                CannotReview::SameRoles(_)
                | CannotReview::Access(CannotManage::NoRole | CannotManage::Narrowing(_)) => {
                    ("role", unprocessable)
                }
                CannotReview::Access(CannotManage::NotTogether(_)) => {
                    ("role", StatusCode::CONFLICT)
                }
                CannotReview::Access(CannotManage::RoleNotHere(_)) => {
                    return Err(WebError::BadRequest);
                }
                _ => ("decision", StatusCode::CONFLICT),
            };
            // What somebody else changed is shown as it is now.
            let is_old = why == CannotReview::Access(CannotManage::Changed);
            let form = (!is_old).then_some(&fields);
            let page = page(&web, &visitor, &at, person, form).await?;
            let errors = Errors::one(field, why.to_string());
            page.errors(errors).status(status).respond(&web, &visitor.shell)
        }
        Err(Failed::Other(fault)) => Err(fault.into()),
    }
}
