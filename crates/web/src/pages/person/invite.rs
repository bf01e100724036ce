//! Inviting a person: the form, the link that is shown once, and another link.

use super::{PATH, Place, RoleChoice, choices, narrowing, place, refusal, roles};
use crate::Web;
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::{Errors, Fields, Query};
use crate::page::Page;
use crate::session::Visitor;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::access::{Account, CannotManage};
use domain::calendar::long_date;
use domain::{Now, Organisation, PersonId};
use serde::Serialize;
use std::sync::Arc;
use store::person::access::{self, Given};
use store::person::link::Bring;

/// What `person/invite.html` sees.
#[derive(Debug, Serialize)]
struct Ask {
    at: Place,
    choices: Vec<RoleChoice>,
    narrowing: narrowing::Choices,
}

/// What `person/invited.html` sees.
#[derive(Debug, Serialize)]
struct Invited {
    at: Place,
    name: String,
    /// Where an email brings the link; otherwise the page shows it.
    email: Option<String>,
    link: String,
    /// Whether the link begins with the address of the service, because that was set.
    is_whole: bool,
    /// The providers that people sign in with where there are no passwords.
    providers: Vec<String>,
}

pub(super) async fn ask(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, WebError> {
    let at = place(&web, &mut web.db.read_as(&visitor.actor).await?, &visitor, &query).await?;
    form(&web, &at, &visitor, Fields::default()).await?.respond(&web, &visitor.shell)
}

async fn form(
    web: &Web,
    at: &Organisation,
    visitor: &Visitor,
    typed: Fields,
) -> Result<Page, WebError> {
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let narrowing = narrowing::choices(&mut tx, at, None, Some(&typed)).await?;
    drop(tx);
    let ticked = roles(&typed, "role")?;
    let choices = choices(at.kind, |role| ticked.contains(&role));
    let ask = Ask { at: Place::of(at, visitor), choices, narrowing };
    Ok(Page::new("person/invite.html", ask).form(typed))
}

/// "Give access".
pub(super) async fn act(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Query(query): Query,
    typed: Fields,
) -> Result<Response, WebError> {
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let at = place(&web, &mut tx, &visitor, &query).await?;
    let wanted = narrowing::held(&mut tx, &at, &typed).await?;
    drop(tx);
    let account = Account::read(typed.get("email"), typed.get("name"), typed.get("job_title"));
    let account = match account {
        Ok(account) if !wanted.roles.is_empty() => account,
        wrong => {
            let mut errors = Errors::new();
            for one in wrong.err().unwrap_or_default() {
                errors.add(one.field(), one.to_string());
            }
            if wanted.roles.is_empty() {
                errors.add("role", "Select at least 1 role");
            }
            let page = form(&web, &at, &visitor, typed).await?;
            return page.errors(errors).respond(&web, &visitor.shell);
        }
    };
    let (by, now) = (&visitor.actor, (web.clock)());
    match access::invite(&web.db, &at, (&account, bring(&web)), &wanted, by, &now).await {
        Ok(Given::Link(token)) => {
            invited(&web, &visitor, &at, (account.name, account.email), Some(&token))
        }
        Ok(Given::Mailed) => invited(&web, &visitor, &at, (account.name, account.email), None),
        Ok(Given::Known(made)) => {
            let made = given(made);
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
                CannotManage::NotTogether(_) => ("role", StatusCode::CONFLICT),
                CannotManage::Narrowing(_) => ("family", StatusCode::UNPROCESSABLE_ENTITY),
                _ => ("email", StatusCode::CONFLICT),
            };
            let errors = Errors::one(field, why.to_string());
            let page = form(&web, &at, &visitor, typed).await?.errors(errors).status(status);
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
) -> Result<Response, WebError> {
    let id: PersonId = person.parse().map_err(|_| WebError::NotFound)?;
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let at = place(&web, &mut tx, &visitor, &query).await?;
    let people = access::people(&mut tx, &at, &visitor.actor).await?;
    drop(tx);
    let one = people.into_iter().find(|one| one.id == id).ok_or(WebError::NotFound)?;
    let (by, now) = (&visitor.actor, (web.clock)());
    match access::invite_again(&web.db, &at, (id, bring(&web)), by, &now).await {
        Ok(token) => invited(&web, &visitor, &at, (one.name, one.email), token.as_deref()),
        Err(failed) => {
            let why = refusal(&web, &visitor, failed).await?;
            let seen = ("person/show.html", &query);
            let page = super::page(&web, &visitor, &person, seen, None).await?;
            let page = page.errors(Errors::one("role", why.to_string()));
            page.status(StatusCode::CONFLICT).respond(&web, &visitor.shell)
        }
    }
}

/// Where emails are sent, nobody but the person sees the link; where there are no passwords, there is none.
pub(super) fn bring(web: &Web) -> Bring {
    match (web.settings.passwords_off, web.sends_mail) {
        (true, _) => Bring::Nothing,
        (false, true) => Bring::ByEmail,
        (false, false) => Bring::OnPage,
    }
}

/// Who made an account, for which organisation and when, as a sentence that follows another one.
pub(super) fn given(made: Option<(String, String, DateTime<Utc>)>) -> String {
    made.map_or_else(String::new, |(who, whose, at)| {
        let by = if whose.is_empty() { who } else { format!("{who}, {whose},") };
        format!(" It was made by {by} on {}.", long_date(Now::at(at).today))
    })
}

/// What happens next: an email brings the link, or the page shows it. Then it is shown once and nowhere kept, so the page has
/// no address of its own. What a browser says of the address it called never makes the link: anybody can say anything there.
pub(super) fn invited(
    web: &Web,
    visitor: &Visitor,
    at: &Organisation,
    (name, email): (String, String),
    token: Option<&str>,
) -> Result<Response, WebError> {
    let at = Place::of(at, visitor);
    let address = web.settings.address.as_deref();
    let link = token.map(|token| format!("{}/password/{token}", address.unwrap_or_default()));
    let content = Invited {
        at,
        name,
        email: token.is_none().then_some(email),
        link: link.unwrap_or_default(),
        is_whole: address.is_some(),
        providers: match web.settings.passwords_off {
            true => web.settings.providers.iter().map(|one| one.settings.name.clone()).collect(),
            false => Vec::new(),
        },
    };
    Page::new("person/invited.html", content).respond(web, &visitor.shell)
}
