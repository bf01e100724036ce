//! Inviting a person: the form, the link that is shown once, and another link.

use super::{PATH, Place, RoleChoice, choices, place, refusal, roles};
use crate::Web;
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::{Errors, Fields, Query};
use crate::page::Page;
use crate::session::Visitor;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use domain::access::{Account, CannotManage};
use domain::calendar::long_date;
use domain::{Now, Organisation, PersonId};
use serde::Serialize;
use std::sync::Arc;
use store::person::access::{self, Given};

/// What `person/invite.html` sees.
#[derive(Debug, Serialize)]
struct Ask {
    at: Place,
    choices: Vec<RoleChoice>,
}

/// What `person/invited.html` sees.
#[derive(Debug, Serialize)]
struct Invited {
    at: Place,
    name: String,
    link: String,
}

pub(super) async fn ask(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, WebError> {
    let at = place(&web, &mut web.db.read().await?, &visitor, &query).await?;
    form(&at, &visitor, Fields::default())?.respond(&web, &visitor.shell)
}

fn form(at: &Organisation, visitor: &Visitor, typed: Fields) -> Result<Page, WebError> {
    let ticked = roles(&typed, "role")?;
    let choices = choices(at.kind, |role| ticked.contains(&role));
    let ask = Ask { at: Place::of(at, visitor), choices };
    Ok(Page::new("person/invite.html", ask).form(typed))
}

/// "Give access".
pub(super) async fn act(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Query(query): Query,
    headers: HeaderMap,
    typed: Fields,
) -> Result<Response, WebError> {
    let at = place(&web, &mut web.db.read().await?, &visitor, &query).await?;
    let roles = roles(&typed, "role")?;
    let account = Account::read(typed.get("email"), typed.get("name"), typed.get("job_title"));
    let account = match account {
        Ok(account) if !roles.is_empty() => account,
        wrong => {
            let mut errors = Errors::new();
            for one in wrong.err().unwrap_or_default() {
                errors.add(one.field(), one.to_string());
            }
            if roles.is_empty() {
                errors.add("role", "Select at least 1 role");
            }
            return form(&at, &visitor, typed)?.errors(errors).respond(&web, &visitor.shell);
        }
    };
    let (by, now) = (&visitor.actor, (web.clock)());
    match access::invite(&web.db, &at, &account, &roles, by, &now).await {
        Ok(Given::Link(token)) => invited(&web, &visitor, &at, (account.name, token), &headers),
        Ok(Given::Known(made)) => {
            let made = made.map_or_else(String::new, |(who, whose, at)| {
                let by = if whose.is_empty() { who } else { format!("{who}, {whose},") };
                format!(" It was made by {by} on {}.", long_date(Now::at(at).today))
            });
            let said = format!(
                "{} has access now with the account that exists.{made} Make sure that it is theirs.",
                account.email
            );
            let to = format!("{PATH}{}", Place::of(&at, &visitor).query);
            Ok(Flash::success(said).redirect(&to))
        }
        Err(failed) => {
            let why = refusal(&web, &visitor, failed).await?;
            let (field, status) = match why {
                CannotManage::RoleNotHere(_) => return Err(WebError::BadRequest),
                CannotManage::NoRole => ("role", StatusCode::UNPROCESSABLE_ENTITY),
                _ => ("email", StatusCode::CONFLICT),
            };
            let errors = Errors::one(field, why.to_string());
            let page = form(&at, &visitor, typed)?.errors(errors).status(status);
            page.respond(&web, &visitor.shell)
        }
    }
}

/// "Make another link".
pub(super) async fn again(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(person): Path<String>,
    Query(query): Query,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    let id: PersonId = person.parse().map_err(|_| WebError::NotFound)?;
    let mut tx = web.db.read().await?;
    let at = place(&web, &mut tx, &visitor, &query).await?;
    let people = access::people(&mut tx, &at, &visitor.actor).await?;
    drop(tx);
    let name = people.into_iter().find(|one| one.id == id).ok_or(WebError::NotFound)?.name;
    let (by, now) = (&visitor.actor, (web.clock)());
    match access::invite_again(&web.db, &at, id, by, &now).await {
        Ok(token) => invited(&web, &visitor, &at, (name, token), &headers),
        Err(failed) => {
            let why = refusal(&web, &visitor, failed).await?;
            let seen = ("person/show.html", &query);
            let page = super::page(&web, &visitor, &person, seen, None).await?;
            let page = page.errors(Errors::one("role", why.to_string()));
            page.status(StatusCode::CONFLICT).respond(&web, &visitor.shell)
        }
    }
}

/// The page with the link. It is shown once and nowhere kept, so it is no address of its own.
fn invited(
    web: &Web,
    visitor: &Visitor,
    at: &Organisation,
    (name, token): (String, String),
    headers: &HeaderMap,
) -> Result<Response, WebError> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let scheme = if web.is_https { "https" } else { "http" };
    // The link makes its reader that person, so it must not lead where somebody in between said.
    let address = web.address.clone().unwrap_or_else(|| format!("{scheme}://{host}"));
    let link = format!("{}/password/{token}", address.trim_end_matches('/'));
    let at = Place::of(at, visitor);
    Page::new("person/invited.html", Invited { at, name, link }).respond(web, &visitor.shell)
}
