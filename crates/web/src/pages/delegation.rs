//! Who can answer for you: a provider lets another organisation answer its offers until a date, and ends it.

use crate::Web;
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::{Errors, Fields, date_fields};
use crate::page::Page;
use crate::pages::offer::{Instead, seen};
use crate::routes::Routes;
use crate::session::Visitor;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use chrono::NaiveDate;
use domain::calendar::long_date;
use domain::delegation::{CannotGive, last_days};
use domain::message::delegation::PAGE;
use domain::{FinancialYear, Now, OrganisationId, OrganisationKind, Permission, Refusal};
use serde::Serialize;
use std::sync::Arc;
use store::delegation::Named;
use store::{Failed, StoreError, Tx};

/// The addresses of this file.
pub fn routes() -> Routes {
    Routes::new().route(PAGE, get(show).post(give)).route("/delegations/end", get(show).post(end))
}

/// What `delegation/list.html` sees.
#[derive(Debug, Serialize)]
struct List {
    held: Vec<Held>,
    members: Vec<Member>,
    /// Name of the practice's network, whose code is filled in.
    network: String,
    /// What a text that is no code could mean.
    candidates: Vec<Candidate>,
    /// The last day that can be chosen.
    latest: String,
    not_allowed: Option<Instead>,
}

/// An organisation that can answer for the visitor's.
#[derive(Debug, Serialize)]
struct Held {
    delegate: String,
    code: String,
    name: String,
    until: NaiveDate,
    given_on: NaiveDate,
    given_by: String,
    version: i64,
}

/// A provider that the visitor can answer for.
#[derive(Debug, Serialize)]
struct Member {
    code: String,
    name: String,
    until: NaiveDate,
    to_answer: i64,
}

/// An organisation that a text could mean.
#[derive(Debug, Serialize)]
struct Candidate {
    code: String,
    name: String,
}

/// The page as anybody of a provider opens it.
async fn show(State(web): State<Arc<Web>>, visitor: Visitor) -> Result<Response, WebError> {
    visitor.must_commission(false)?;
    let now = (web.clock)();
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let network = network(&mut tx, &visitor).await?;
    let held = store::delegation::held(&mut tx, &visitor.actor, &now).await?;
    drop(tx);
    // Whoever can answer already is not offered again.
    let is_new = |one: &Named| !held.iter().any(|held| held.code == one.code);
    let code = network.filter(is_new).map_or_else(String::new, |network| network.code);
    let (_, latest) = last_days(now.today);
    let mut filled = vec![("code".to_owned(), code)];
    // Offers are made for a year: unless another day is chosen, it is until the end of this one.
    let year_ends = FinancialYear::containing(now.today).last_day().min(latest);
    filled.extend(date_fields("until", year_ends));
    page(&web, &visitor, Fields::from_iter(filled), Vec::new()).await?.respond(&web, &visitor.shell)
}

async fn page(
    web: &Web,
    visitor: &Visitor,
    form: Fields,
    candidates: Vec<Named>,
) -> Result<Page, WebError> {
    let (now, by) = ((web.clock)(), &visitor.actor);
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let held = store::delegation::held(&mut tx, by, &now).await?;
    let members = store::delegation::members(&mut tx, by, &now).await?;
    let network = network(&mut tx, visitor).await?;
    drop(tx);
    let is_filled = |network: &Named| network.code == form.get("code");
    let list = List {
        held: held.into_iter().map(Held::of).collect(),
        members: members
            .into_iter()
            .map(|one| Member {
                code: one.code,
                name: one.name,
                until: one.until_on,
                to_answer: one.to_answer,
            })
            .collect(),
        network: network.filter(is_filled).map_or_else(String::new, |network| network.name),
        candidates: candidates
            .into_iter()
            .map(|one| Candidate { code: one.code, name: one.name })
            .collect(),
        latest: long_date(last_days(now.today).1),
        not_allowed: Instead::of(web, visitor, Permission::Delegate).await?,
    };
    Ok(Page::new("delegation/list.html", list).form(form))
}

impl Held {
    fn of(one: store::delegation::Held) -> Self {
        Self {
            delegate: one.delegate().to_string(),
            code: one.code,
            name: one.name,
            until: one.until_on,
            given_on: Now::at(one.given_at).today,
            given_by: one.given_by_name,
            version: one.version,
        }
    }
}

/// The network that a practice is in: the organisation that most of them let answer.
async fn network(tx: &mut Tx, visitor: &Visitor) -> Result<Option<Named>, WebError> {
    if visitor.organisation().kind != OrganisationKind::Practice {
        return Ok(None);
    }
    let all = store::organisation::memberships(tx, visitor.organisation()).await?;
    let own = all.into_iter().find(|own| own.to_on.is_none());
    Ok(own.map(|own| Named { code: own.code, name: own.name }))
}

/// "Let it answer for you".
async fn give(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, WebError> {
    visitor.must_commission(false)?;
    visitor.must(&web, Permission::Delegate).await?;
    let (now, mut errors) = ((web.clock)(), Errors::new());
    let code = fields.get("code").to_uppercase();
    if code.is_empty() {
        errors.add("code", CannotGive::NoSuchOrganisation.to_string());
    }
    let until = fields.date("until", "Last day", &mut errors);
    let Some(until) = until.filter(|_| errors.is_empty()) else {
        return again(&web, &visitor, fields, errors).await;
    };
    match store::delegation::give(&web.db, &code, until, &visitor.actor, &now).await {
        Ok(given) => {
            let said = format!(
                "{} can answer your service offers until {}. You can end this at any time.",
                given.delegate_name,
                long_date(given.until)
            );
            Ok(Flash::success(said).redirect(PAGE))
        }
        Err(Failed::Refused(why)) if why.is_forbidden() => {
            Err(visitor.forbidden(&web, Permission::Delegate, &why).await)
        }
        Err(Failed::Refused(why)) => {
            match why {
                CannotGive::NotWithin(..) | CannotGive::AlreadyGiven(..) => {
                    errors.add_at("until", "until-day", why.to_string());
                }
                _ => errors.add("code", why.to_string()),
            }
            again(&web, &visitor, fields, errors).await
        }
        Err(Failed::Other(StoreError::Stale)) => Err(WebError::Stale { see: PAGE.into() }),
        Err(Failed::Other(fault)) => Err(fault.into()),
    }
}

/// The form again with what was typed, what is wrong with it, and which organisations it could mean.
async fn again(
    web: &Web,
    visitor: &Visitor,
    fields: Fields,
    errors: Errors,
) -> Result<Response, WebError> {
    let now = (web.clock)();
    let candidates = match errors.of("code") {
        Some(_) => {
            let text = fields.get("code");
            let mut tx = web.db.read_as(&visitor.actor).await?;
            store::delegation::candidates(&mut tx, text, &visitor.actor, &now).await?
        }
        None => Vec::new(),
    };
    let page = page(web, visitor, fields, candidates).await?;
    page.errors(errors).respond(web, &visitor.shell)
}

/// "End".
async fn end(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, WebError> {
    visitor.must_commission(false)?;
    let now = (web.clock)();
    let delegate: OrganisationId =
        fields.get("delegate").parse().map_err(|_| WebError::NotFound)?;
    match store::delegation::end(&web.db, delegate, seen(&fields)?, &visitor.actor, &now).await {
        Ok(ended) => {
            let said = format!("{} can no longer answer for you.", ended.delegate_name);
            Ok(Flash::information(said).redirect(PAGE))
        }
        Err(Failed::Refused(why)) if why.is_forbidden() => {
            Err(visitor.forbidden(&web, Permission::Delegate, &why).await)
        }
        Err(Failed::Refused(why)) => {
            let errors = Errors::one("held", why.to_string());
            let page = page(&web, &visitor, Fields::default(), Vec::new()).await?;
            page.errors(errors).status(StatusCode::CONFLICT).respond(&web, &visitor.shell)
        }
        Err(Failed::Other(StoreError::Stale)) => Err(WebError::Stale { see: PAGE.into() }),
        Err(Failed::Other(fault)) => Err(fault.into()),
    }
}
