//! Asking for access: for people who have no account, and for those who want a role or an organisation more.

use super::{RoleChoice, choices, roles};
use crate::Web;
use crate::client::From;
use crate::error::WebError;
use crate::flash::see_other;
use crate::form::{Errors, Fields, Query};
use crate::page::{Page, Shell};
use crate::session::Visitor;
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::access::Account;
use domain::access::request::{
    Asking, CannotAsk, DECIDE_WITHIN, MOST_OF_ADDRESS, Typed, WrongAsking,
};
use domain::{Organisation, Role};
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;
use store::Failed;
use store::person::request;

const PATH: &str = "/ask-for-access";
/// Organisations that a search shows.
const MOST_FOUND: usize = 20;

/// Somebody who may have signed in.
type Anybody = Option<Extension<Visitor>>;

/// What `person/ask_find.html` sees.
#[derive(Debug, Serialize)]
struct Find {
    search: String,
    /// What was found; none before anybody has searched.
    found: Option<Vec<Choice>>,
    /// Whether more match than are shown.
    is_cut: bool,
    is_signed_in: bool,
}

/// An organisation, wherever it is named.
#[derive(Debug, Serialize)]
struct Choice {
    code: String,
    name: String,
    kind: &'static str,
}

impl Choice {
    fn of(at: &Organisation) -> Self {
        Self { code: at.code.clone(), name: at.name.clone(), kind: at.kind.word() }
    }
}

/// Finding the organisation.
pub(super) async fn find(
    State(web): State<Arc<Web>>,
    Extension(shell): Extension<Shell>,
    visitor: Anybody,
    Query(query): Query,
) -> Result<Response, WebError> {
    let search = query.get("search").to_owned();
    let is_asked = query.iter().any(|(name, _)| name == "search");
    let mut errors = Errors::new();
    let mut found = None;
    let mut is_cut = false;
    if search.is_empty() && is_asked {
        errors.add("search", "Enter an ODS code, or a part of the name");
    } else if is_asked {
        let (most, now) = (MOST_FOUND as i64 + 1, (web.clock)());
        let mut tx = web.db.read().await?;
        let all = store::organisation::search(&mut tx, &search, most, &now).await?;
        is_cut = all.len() > MOST_FOUND;
        found = Some(all.iter().take(MOST_FOUND).map(Choice::of).collect());
    }
    let find = Find { search, found, is_cut, is_signed_in: visitor.is_some() };
    Page::new("person/ask_find.html", find).errors(errors).respond(&web, &shell)
}

/// What `person/ask.html` sees.
#[derive(Debug, Serialize)]
struct Ask {
    at: Choice,
    choices: Vec<RoleChoice>,
    /// Of somebody who is signed in.
    own: Option<Own>,
    days: u64,
    most: i64,
}

#[derive(Debug, Serialize)]
struct Own {
    email: String,
    name: String,
    job_title: String,
}

/// The open organisation with a code.
async fn organisation(web: &Web, code: &str) -> Result<Organisation, WebError> {
    let mut tx = web.db.read().await?;
    let found = store::organisation::find_by_code(&mut tx, &code.to_uppercase()).await?;
    let today = (web.clock)().today;
    let is_open = |at: &Organisation| at.closed_on.is_none_or(|last| last >= today);
    found.filter(is_open).ok_or(WebError::NotFound)
}

/// The account of whoever is signed in.
async fn own(web: &Web, visitor: Option<&Visitor>) -> Result<Option<Account>, WebError> {
    match visitor {
        Some(visitor) => {
            let mut tx = web.db.read().await?;
            Ok(Some(request::own_account(&mut tx, &visitor.actor).await?))
        }
        None => Ok(None),
    }
}

/// The form.
pub(super) async fn ask(
    State(web): State<Arc<Web>>,
    Extension(shell): Extension<Shell>,
    visitor: Anybody,
    Path(code): Path<String>,
) -> Result<Response, WebError> {
    let at = organisation(&web, &code).await?;
    let visitor = visitor.map(|Extension(visitor)| visitor);
    let own = own(&web, visitor.as_ref()).await?;
    form(&at, own, Fields::default())?.respond(&web, &shell)
}

fn form(at: &Organisation, own: Option<Account>, typed: Fields) -> Result<Page, WebError> {
    let ticked = roles(&typed, "role")?;
    let ask = Ask {
        at: Choice::of(at),
        choices: choices(at.kind, |role| ticked.contains(&role)),
        own: own.map(|Account { email, name, job_title }| Own { email, name, job_title }),
        days: DECIDE_WITHIN,
        most: MOST_OF_ADDRESS,
    };
    Ok(Page::new("person/ask.html", ask).form(typed))
}

/// "Ask for access". Who is not signed in gets one answer, whether the address is known or not.
pub(super) async fn act(
    State(web): State<Arc<Web>>,
    Extension(shell): Extension<Shell>,
    visitor: Anybody,
    From(client): From,
    Path(code): Path<String>,
    fields: Fields,
) -> Result<Response, WebError> {
    let at = organisation(&web, &code).await?;
    let visitor = visitor.map(|Extension(visitor)| visitor);
    let own = own(&web, visitor.as_ref()).await?;
    let roles = roles(&fields, "role")?;
    let asking = match read(&fields, own.as_ref(), &roles, &at) {
        Ok(asking) => asking,
        Err(wrong) => {
            let mut errors = Errors::new();
            for one in wrong {
                if let WrongAsking::RoleNotHere(_) = one {
                    return Err(WebError::BadRequest);
                }
                errors.add(one.field(), one.to_string());
            }
            return form(&at, own, fields)?.errors(errors).respond(&web, &shell);
        }
    };
    let by = visitor.as_ref().map(|visitor| &visitor.actor);
    match request::ask(&web.db, &at, &asking, (by, &client), &(web.clock)()).await {
        Ok(()) => Ok(see_other(&format!("{PATH}/{}/sent", at.code))),
        Err(Failed::Refused(why)) => {
            let field = match why {
                CannotAsk::HeldAlready(_) => "role",
                _ => "form",
            };
            let errors = Errors::one(field, why.to_string());
            let page = form(&at, own, fields)?.errors(errors);
            page.status(StatusCode::CONFLICT).respond(&web, &shell)
        }
        Err(Failed::Other(fault)) => Err(fault.into()),
    }
}

/// What was typed; who is signed in asks for the account they have.
fn read(
    fields: &Fields,
    own: Option<&Account>,
    roles: &BTreeSet<Role>,
    at: &Organisation,
) -> Result<Asking, Vec<WrongAsking>> {
    let typed = Typed {
        email: own.map_or(fields.get("email"), |own| &own.email),
        name: own.map_or(fields.get("name"), |own| &own.name),
        job_title: own.map_or(fields.get("job_title"), |own| &own.job_title),
        phone: fields.get("phone"),
        reason: fields.get("reason"),
        roles,
    };
    Asking::read(typed, at.kind)
}

/// What `person/asked.html` sees.
#[derive(Debug, Serialize)]
struct Asked {
    at: Choice,
    days: u64,
    is_signed_in: bool,
    sends_mail: bool,
}

/// The page after it.
pub(super) async fn sent(
    State(web): State<Arc<Web>>,
    Extension(shell): Extension<Shell>,
    visitor: Anybody,
    Path(code): Path<String>,
) -> Result<Response, WebError> {
    let at = Choice::of(&organisation(&web, &code).await?);
    let (days, sends_mail) = (DECIDE_WITHIN, web.sends_mail);
    let asked = Asked { at, days, is_signed_in: visitor.is_some(), sends_mail };
    Page::new("person/asked.html", asked).respond(&web, &shell)
}
