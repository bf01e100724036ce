//! People: who has access to an organisation with which roles, as those who manage people see and change it.

mod ask;
mod forgotten;
mod invite;
mod narrowing;
mod password;
mod request;
mod review;
mod review_decide;
mod separation;
mod standing;
mod tasks;

pub(crate) use tasks::tasks;

use crate::Web;
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::{Errors, Fields, Query};
use crate::page::{Page, Paging};
use crate::pages::offer::Entry;
use crate::routes::Routes;
use crate::session::Visitor;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use domain::access::CannotManage;
use domain::{Narrowing, Organisation, OrganisationKind, Permission, PersonId, Refusal, Role};
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;
use store::person::access::{self, Colleague};
use store::{Failed, Tx};

const PATH: &str = "/people";

/// The addresses of this file.
pub fn routes() -> Routes {
    Routes::new()
        .route(PATH, get(list))
        .route("/people/invite", get(invite::ask).post(invite::act))
        .route("/people/requests", get(request::list))
        .route("/people/requests/{id}", get(request::show))
        .route("/people/requests/{id}/approve", post(request::approve))
        .route("/people/requests/{id}/reject", post(request::reject))
        .route("/people/review", get(review::show).post(review::confirm))
        .route("/people/review/{person}", get(review_decide::ask).post(review_decide::act))
        .route("/people/together", get(separation::show).post(separation::change))
        .route("/people/reviews", get(review::below))
        .route("/people/reviews/{id}", get(review::record))
        .route("/ask-for-access", get(ask::find))
        .route("/ask-for-access/{code}", get(ask::ask).post(ask::act))
        .route("/ask-for-access/{code}/sent", get(ask::sent))
        .route("/people/{person}", get(show).post(change))
        .route("/people/{person}/remove", get(ask_remove).post(remove))
        .route("/people/{person}/invite", post(invite::again))
        .route(forgotten::PATH, get(forgotten::ask).post(forgotten::act))
        .route(forgotten::ASKED, get(forgotten::asked))
        .route("/people/{person}/disable", standing::of(standing::Act::Disable))
        .route("/people/{person}/enable", standing::of(standing::Act::Enable))
        .route("/password/{token}", get(password::ask).post(password::set))
}

/// The organisation whose people a page is about.
#[derive(Clone, Debug, Serialize)]
struct Place {
    name: String,
    code: String,
    /// What follows the address of every page about it; empty for the own organisation.
    query: String,
}

impl Place {
    fn of(at: &Organisation, visitor: &Visitor) -> Self {
        let is_own = at.id == visitor.organisation().id;
        let query = if is_own { String::new() } else { format!("?organisation={}", at.code) };
        Self { name: at.name.clone(), code: at.code.clone(), query }
    }
}

/// The organisation that a query names, for somebody who manages its people.
async fn place(
    web: &Web,
    tx: &mut Tx,
    visitor: &Visitor,
    query: &Fields,
) -> Result<Organisation, WebError> {
    let code = query.get("organisation").trim().to_uppercase();
    match access::place(tx, &code, &visitor.actor).await {
        Ok(at) => Ok(at),
        Err(Failed::Refused(why)) => Err(visitor.forbidden(web, why.permission, &why).await),
        Err(Failed::Other(fault)) => Err(fault.into()),
    }
}

/// What `person/list.html` sees.
#[derive(Debug, Serialize)]
struct List {
    at: Place,
    people: Vec<Row>,
    paging: Paging,
    search: String,
    /// Whether this person also manages people of organisations below.
    below: bool,
}

/// A person as the pages show them.
#[derive(Debug, Serialize)]
struct Row {
    id: String,
    name: String,
    email: String,
    job_title: String,
    roles: Vec<&'static str>,
    /// What they are kept to, in words; empty where they are for everything.
    narrowing: String,
    last_signed_in_at: Option<DateTime<Utc>>,
    status: &'static str,
    is_you: bool,
}

impl Row {
    fn of(one: &Colleague, visitor: &Visitor, is_demo: bool) -> Self {
        Self {
            id: one.id.to_string(),
            name: one.name.clone(),
            email: one.email.clone(),
            job_title: one.job_title.clone(),
            roles: one.roles.iter().map(|role| role.name()).collect(),
            narrowing: one.narrowing.as_ref().map(Narrowing::words).unwrap_or_default(),
            last_signed_in_at: one.last_signed_in_at,
            status: match one {
                Colleague { has_lapsed: true, .. } => "Lapsed",
                Colleague { is_disabled: true, .. } => "Disabled",
                // People of a demo sign in without a password.
                Colleague { has_password: false, last_signed_in_at: None, .. } if !is_demo => {
                    "Invited"
                }
                _ => "Active",
            },
            is_you: visitor.actor.person() == Some(one.id),
        }
    }
}

async fn list(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, WebError> {
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let below = visitor.actor.may(Permission::ManagePeopleBelow);
    let (at, errors) = match place(&web, &mut tx, &visitor, &query).await {
        // Whoever can type a code reads that it was wrong.
        Err(WebError::NotFound) if below => {
            let own = visitor.organisation().clone();
            let why = "Enter the ODS code of your organisation or of one below it";
            (own, Errors::one("organisation", why))
        }
        found => (found?, Errors::new()),
    };
    let mut people = access::people(&mut tx, &at, &visitor.actor).await?;
    drop(tx);
    let search = query.get("search").trim().to_lowercase();
    people.retain(|one| one.name.to_lowercase().contains(&search) || one.email.contains(&search));
    let paging = Paging::new(PATH, &query, people.len() as i64, Paging::SIZE);
    let skip = usize::try_from(paging.skip()).unwrap_or_default();
    let page = people.iter().skip(skip).take(Paging::SIZE as usize);
    let show = List {
        at: Place::of(&at, &visitor),
        people: page.map(|one| Row::of(one, &visitor, web.demo)).collect(),
        paging,
        search: query.get("search").to_owned(),
        below,
    };
    let page = Page::new("person/list.html", show).form(query).errors(errors);
    page.respond(&web, &visitor.shell)
}

/// A role that can be given, with what it lets somebody do.
#[derive(Debug, Serialize)]
struct RoleChoice {
    name: &'static str,
    hint: String,
    is_held: bool,
}

fn choices(kind: OrganisationKind, held: impl Fn(Role) -> bool) -> Vec<RoleChoice> {
    let here = Role::ALL.into_iter().filter(|role| role.exists_at(kind));
    here.map(|role| RoleChoice { name: role.name(), hint: role.hint(kind), is_held: held(role) })
        .collect()
}

/// The roles that a form names; a name that is none makes the form nonsense.
fn roles(form: &Fields, field: &str) -> Result<BTreeSet<Role>, WebError> {
    form.all(field).map(|name| Role::from_name(name).ok_or(WebError::BadRequest)).collect()
}

/// What `person/show.html` and `person/remove.html` see.
#[derive(Debug, Serialize)]
struct Show {
    at: Place,
    one: Row,
    choices: Vec<RoleChoice>,
    narrowing: narrowing::Choices,
    /// Whether an invitation waits that can be sent again.
    waits: bool,
    /// What the mail server said of an invitation that it did not take.
    fault: Option<String>,
    sends_mail: bool,
    /// Whether the account is disabled or has lapsed.
    is_closed: bool,
    /// Why the visitor cannot disable or enable the account; empty where they can.
    why_not: String,
    history: Vec<Entry>,
}

/// The page of one person, as the form left it.
async fn page(
    web: &Web,
    visitor: &Visitor,
    person: &str,
    (template, query): (&'static str, &Fields),
    form: Option<&Fields>,
) -> Result<Page, WebError> {
    let person: PersonId = person.parse().map_err(|_| WebError::NotFound)?;
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let at = place(web, &mut tx, visitor, query).await?;
    let people = access::people(&mut tx, &at, &visitor.actor).await?;
    let one = people.iter().find(|one| one.id == person).ok_or(WebError::NotFound)?;
    let history = store::person::standing::history(&mut tx, &at, person, &visitor.actor).await?;
    let why_not = store::person::standing::can_close(&mut tx, &at, person, &visitor.actor).await?;
    let narrowing = narrowing::choices(&mut tx, &at, one.narrowing.as_ref(), form).await?;
    drop(tx);
    let ticked = form.map(|form| roles(form, "role")).transpose()?;
    let held = ticked.as_ref().unwrap_or(&one.roles);
    let row = Row::of(one, visitor, web.demo);
    let show = Show {
        at: Place::of(&at, visitor),
        choices: choices(at.kind, |role| held.contains(&role)),
        narrowing,
        waits: row.status == "Invited" && !row.is_you && !web.settings.passwords_off,
        fault: one.fault.clone(),
        sends_mail: web.sends_mail,
        is_closed: one.is_disabled,
        why_not: why_not.as_ref().map(ToString::to_string).unwrap_or_default(),
        history: history.into_iter().map(Entry::of).collect(),
        one: row,
    };
    Ok(Page::new(template, show))
}

async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(person): Path<String>,
    Query(query): Query,
) -> Result<Response, WebError> {
    let page = page(&web, &visitor, &person, ("person/show.html", &query), None).await?;
    page.respond(&web, &visitor.shell)
}

async fn ask_remove(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(person): Path<String>,
    Query(query): Query,
) -> Result<Response, WebError> {
    let page = page(&web, &visitor, &person, ("person/remove.html", &query), None).await?;
    page.respond(&web, &visitor.shell)
}

/// "Save roles".
async fn change(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(person): Path<String>,
    Query(query): Query,
    form: Fields,
) -> Result<Response, WebError> {
    let id: PersonId = person.parse().map_err(|_| WebError::NotFound)?;
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let at = place(&web, &mut tx, &visitor, &query).await?;
    let both = (&narrowing::seen(&form)?, &narrowing::held(&mut tx, &at, &form).await?);
    drop(tx);
    let (by, now) = (&visitor.actor, (web.clock)());
    let why = match access::change(&web.db, &at, id, both, by, &now).await {
        Ok(0) => return Ok(done("Nothing was changed.", &at, &visitor)),
        Ok(_) => return Ok(done("Roles saved. They count from now on.", &at, &visitor)),
        Err(failed) => refusal(&web, &visitor, failed).await?,
    };
    let again = ("person/show.html", &query);
    refused(&web, &visitor, &person, again, (&form, why)).await
}

/// "Remove access".
async fn remove(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(person): Path<String>,
    Query(query): Query,
    form: Fields,
) -> Result<Response, WebError> {
    let id: PersonId = person.parse().map_err(|_| WebError::NotFound)?;
    let at = place(&web, &mut web.db.read_as(&visitor.actor).await?, &visitor, &query).await?;
    let (by, now, seen) = (&visitor.actor, (web.clock)(), narrowing::seen(&form)?);
    let why = match access::remove(&web.db, &at, id, &seen, by, &now).await {
        Ok(()) => return Ok(done("Access removed. It ended at once.", &at, &visitor)),
        Err(failed) => refusal(&web, &visitor, failed).await?,
    };
    let again = ("person/remove.html", &query);
    refused(&web, &visitor, &person, again, (&form, why)).await
}

fn done(said: &str, at: &Organisation, visitor: &Visitor) -> Response {
    Flash::success(said).redirect(&format!("{PATH}{}", Place::of(at, visitor).query))
}

/// A refusal that the form says; everything else is a page of its own.
async fn refusal(
    web: &Web,
    visitor: &Visitor,
    failed: Failed<CannotManage>,
) -> Result<CannotManage, WebError> {
    match failed {
        Failed::Refused(why) if why.is_forbidden() => {
            Err(visitor.forbidden(web, Permission::ManagePeople, &why).await)
        }
        Failed::Refused(why) => Ok(why),
        Failed::Other(fault) => Err(fault.into()),
    }
}

async fn refused(
    web: &Web,
    visitor: &Visitor,
    person: &str,
    (template, query): (&'static str, &Fields),
    (form, why): (&Fields, CannotManage),
) -> Result<Response, WebError> {
    let status = match why {
        CannotManage::NoRole | CannotManage::Narrowing(_) => StatusCode::UNPROCESSABLE_ENTITY,
        CannotManage::RoleNotHere(_) => return Err(WebError::BadRequest),
        _ => StatusCode::CONFLICT,
    };
    // What somebody else changed is shown as it is now.
    let form = (why != CannotManage::Changed).then_some(form);
    let page = page(web, visitor, person, (template, query), form).await?;
    let errors = Errors::one(field(&why), why.to_string());
    page.errors(errors).status(status).respond(web, &visitor.shell)
}

/// The field that a refusal is about.
fn field(why: &CannotManage) -> &'static str {
    if matches!(why, CannotManage::Narrowing(_)) { "family" } else { "role" }
}
