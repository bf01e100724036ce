//! Who acts for whom: a person hands roles over to a colleague from a day to a day, sees what they handed over and what was
//! handed to them, and ends it.

use crate::Web;
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::{Errors, Fields, date_fields};
use crate::page::Page;
use crate::pages::offer::seen;
use crate::routes::Routes;
use crate::session::Visitor;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use chrono::NaiveDate;
use domain::access::Place;
use domain::calendar::long_date;
use domain::deputy::{Appointing, CannotAppoint, DAYS_MAX, HANDED_OVER, can_hand_over};
use domain::message::deputy::PAGE;
use domain::{DeputyId, Refusal, Role};
use serde::Serialize;
use std::sync::Arc;
use store::deputy::Listed;
use store::{Failed, StoreError};

/// The addresses of this file.
pub fn routes() -> Routes {
    Routes::new().route(PAGE, get(show).post(appoint)).route("/deputies/end", get(show).post(end))
}

/// What `deputy/list.html` sees.
#[derive(Debug, Serialize)]
struct List {
    /// What the visitor handed over.
    given: Vec<Row>,
    /// What was handed to the visitor.
    received: Vec<Row>,
    /// What others hand over, for who manages people.
    others: Vec<Row>,
    /// Whether the visitor manages people.
    manages: bool,
    /// The roles that can be handed over.
    roles: Vec<&'static str>,
    /// To whom.
    colleagues: Vec<Choice>,
    /// Why the visitor hands nothing over; empty where they can.
    why_not: String,
    /// Most days.
    most: u64,
}

/// A deputy in a list.
#[derive(Debug, Serialize)]
struct Row {
    id: String,
    version: i64,
    principal: String,
    name: String,
    roles: Vec<&'static str>,
    /// Those that do not count, because the person acted for does not hold them any more.
    lost: Vec<&'static str>,
    first: NaiveDate,
    last: NaiveDate,
    reason: String,
    /// Name of the organisation, where that is not the visitor's own.
    elsewhere: String,
    /// Whether the first day has come.
    has_begun: bool,
}

/// A colleague to choose.
#[derive(Debug, Serialize)]
struct Choice {
    id: String,
    name: String,
}

impl Row {
    fn of(one: &Listed, visitor: &Visitor) -> Self {
        let deputy = &one.deputy;
        let named = |counts: bool| {
            let wanted = deputy.roles.iter().filter(|role| one.counts.contains(role) == counts);
            wanted.map(|role| role.name()).collect()
        };
        Self {
            id: deputy.id.to_string(),
            version: deputy.version,
            principal: deputy.principal_name.clone(),
            name: deputy.name.clone(),
            roles: named(true),
            lost: named(false),
            first: deputy.first,
            last: deputy.last,
            reason: deputy.reason.clone(),
            elsewhere: match deputy.organisation == visitor.organisation().id {
                true => String::new(),
                false => one.organisation.clone(),
            },
            has_begun: deputy.first <= visitor.now.today,
        }
    }
}

/// The page as anybody opens it: all own roles are chosen, from today on.
async fn show(State(web): State<Arc<Web>>, visitor: Visitor) -> Result<Response, WebError> {
    let today = visitor.now.today;
    let mut filled = Vec::new();
    for role in can_hand_over(&visitor.actor) {
        filled.push(("role".to_owned(), role.name().to_owned()));
    }
    filled.extend(date_fields("first", today));
    let page = page(&web, &visitor, Fields::from_iter(filled)).await?;
    page.respond(&web, &visitor.shell)
}

async fn page(web: &Web, visitor: &Visitor, form: Fields) -> Result<Page, WebError> {
    let (now, by) = (&visitor.now, &visitor.actor);
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let all = store::deputy::list(&mut tx, by, now).await?;
    let colleagues = store::deputy::could_be(&mut tx, by, now).await?;
    drop(tx);
    let rows = |wanted: &dyn Fn(&Listed) -> bool| {
        all.iter().filter(|one| wanted(one)).map(|one| Row::of(one, visitor)).collect()
    };
    let is_given = |one: &Listed| by.person() == Some(one.deputy.principal);
    let is_received = |one: &Listed| by.person() == Some(one.deputy.person);
    let roles = can_hand_over(by);
    let list = List {
        given: rows(&is_given),
        received: rows(&is_received),
        others: rows(&|one| !is_given(one) && !is_received(one)),
        manages: Place::own(visitor.organisation()).must_manage(by).is_ok(),
        why_not: match roles.is_empty() {
            true => CannotAppoint::NothingToHandOver.to_string(),
            false => String::new(),
        },
        roles: roles.into_iter().map(Role::name).collect(),
        colleagues: colleagues
            .into_iter()
            .map(|one| Choice { id: one.id.to_string(), name: one.name })
            .collect(),
        most: DAYS_MAX,
    };
    Ok(Page::new("deputy/list.html", list).form(form))
}

/// "Hand over".
async fn appoint(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, WebError> {
    if can_hand_over(&visitor.actor).is_empty() {
        return Err(forbidden(&CannotAppoint::NothingToHandOver));
    }
    let mut errors = Errors::new();
    let person = fields.get("person").parse().ok();
    if person.is_none() {
        errors.add("person", CannotAppoint::NoSuchColleague.to_string());
    }
    let first = fields.date("first", "First day", &mut errors);
    let last = fields.date("last", "Last day", &mut errors);
    let (Some(first), Some(last), true) = (first, last, errors.is_empty()) else {
        return again(&web, &visitor, fields, errors).await;
    };
    // What is not a role that can be handed over is not looked at: the page shows none.
    let chosen = |role: &Role| fields.has("role", role.name());
    let roles = HANDED_OVER.into_iter().filter(chosen).collect();
    let appointing = Appointing { roles, first, last, reason: fields.get("reason").to_owned() };
    let by = &visitor.actor;
    match store::deputy::appoint(&web.db, person, &appointing, by, &visitor.now).await {
        Ok(deputy) => {
            let (first, last) = (long_date(deputy.first), long_date(deputy.last));
            let said = format!(
                "{} acts for you from {first} to {last}. You can end this at any time.",
                deputy.name
            );
            Ok(Flash::success(said).redirect(PAGE))
        }
        Err(Failed::Refused(why)) if why.is_forbidden() => Err(forbidden(&why)),
        Err(Failed::Refused(why)) => {
            let (field, target) = place(&why);
            errors.add_at(field, target, why.to_string());
            again(&web, &visitor, fields, errors).await
        }
        Err(Failed::Other(fault)) => Err(fault.into()),
    }
}

/// The field that a refusal is about, and the element where its link goes.
fn place(why: &CannotAppoint) -> (&'static str, &'static str) {
    use CannotAppoint::*;
    match why {
        NothingToHandOver
        | NoSuchColleague
        | Oneself
        | SeesOther(_)
        | HoldsIt(..)
        | ActsAlready { .. } => ("person", "person"),
        NoRole | NotHeld(_) => ("role", "role"),
        FirstNotWithin(..) => ("first", "first-day"),
        LastNotWithin(..) => ("last", "last-day"),
        NoReason | ReasonTooLong | NhsNumber => ("reason", "reason"),
    }
}

fn forbidden(why: &dyn Refusal) -> WebError {
    WebError::Forbidden { why: why.to_string(), who: String::new() }
}

/// The form again with what was typed and what is wrong with it.
async fn again(
    web: &Web,
    visitor: &Visitor,
    fields: Fields,
    errors: Errors,
) -> Result<Response, WebError> {
    page(web, visitor, fields).await?.errors(errors).respond(web, &visitor.shell)
}

/// "End".
async fn end(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, WebError> {
    let id: DeputyId = fields.get("deputy").parse().map_err(|_| WebError::NotFound)?;
    let by = &visitor.actor;
    match store::deputy::end(&web.db, id, seen(&fields)?, by, &visitor.now).await {
        Ok(ended) => {
            let said = format!("{} no longer acts for {}.", ended.name, ended.principal_name);
            Ok(Flash::information(said).redirect(PAGE))
        }
        Err(Failed::Refused(why)) if why.is_forbidden() => Err(forbidden(&why)),
        Err(Failed::Refused(why)) => {
            let errors = Errors::one("given", why.to_string());
            let page = page(&web, &visitor, Fields::default()).await?;
            page.errors(errors).status(StatusCode::CONFLICT).respond(&web, &visitor.shell)
        }
        Err(Failed::Other(StoreError::Stale)) => Err(WebError::Stale { see: PAGE.into() }),
        Err(Failed::Other(fault)) => Err(fault.into()),
    }
}
