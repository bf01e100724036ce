//! Rolling services over to the next year: what changes, which drafts it makes and what stays behind, then "Create".

use crate::Web;
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::{Errors, Fields, Query};
use crate::page::Page;
use crate::pages::service::{self, changes::Change};
use crate::session::Visitor;
use crate::words::plural;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::NaiveDate;
use domain::contract::{CannotRollOver, ContractKind, Target};
use domain::service::{differences, national_differences};
use domain::{FinancialYear, Permission, Refusal};
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;
use store::contract::{Draft, Onwards, Plan};
use store::{Failed, Tx};

/// Providers named for each draft; of a nation the others are only counted.
const NAMED: usize = 500;

/// What `contract/roll_over.html` sees.
#[derive(Debug, Serialize)]
struct Check {
    year: String,
    /// The year as the form sends it.
    from: i32,
    next: String,
    services: Vec<Service>,
    drafts: Vec<DraftRow>,
    stays: Vec<Stay>,
    /// "12 drafts"; nothing when there is none to make.
    create: Option<String>,
    /// How many there are, as the form says that it saw.
    seen: usize,
}

/// A service with what changes.
#[derive(Debug, Serialize)]
struct Service {
    code: String,
    name: String,
    later_code: String,
    later_name: String,
    changes: Vec<Change>,
}

/// A draft that would be made.
#[derive(Debug, Serialize)]
struct DraftRow {
    name: String,
    kind: &'static str,
    from: String,
    goes_to: String,
    services: String,
    /// Nothing where no answer is needed.
    respond_by: Option<NaiveDate>,
    /// What is not as it was, a sentence each.
    notes: Vec<String>,
    /// Chosen providers that are left out, by name.
    not_open: Vec<String>,
    /// How many more there are than are named.
    unnamed: i64,
}

/// A service that stays behind.
#[derive(Debug, Serialize)]
struct Stay {
    name: String,
    why: String,
}

/// The year and the services that a form or an address names.
fn asked(fields: &Fields) -> Result<(FinancialYear, BTreeSet<String>), WebError> {
    let year = fields.get("year").parse().ok().and_then(FinancialYear::new);
    let codes = fields.all("service").filter(|code| !code.is_empty()).map(ToOwned::to_owned);
    Ok((year.ok_or(WebError::BadRequest)?, codes.collect()))
}

/// "Roll over to 2027 to 2028": nothing is made yet.
pub(super) async fn check(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, WebError> {
    visitor.must_commission(true)?;
    visitor.must(&web, Permission::Commission).await?;
    page(&web, &visitor, &query).await?.respond(&web, &visitor.shell)
}

/// The check, or the list of services where none was chosen.
async fn page(web: &Web, visitor: &Visitor, fields: &Fields) -> Result<Page, WebError> {
    let (year, codes) = asked(fields)?;
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let plan = store::contract::plan(&mut tx, year, &codes, &visitor.actor, &(web.clock)()).await;
    match plan {
        Ok(plan) => Ok(Page::new("contract/roll_over.html", shown(&mut tx, visitor, plan).await?)),
        Err(Failed::Refused(why)) if why.is_forbidden() => {
            Err(visitor.forbidden(web, Permission::Commission, &why).await)
        }
        Err(Failed::Refused(why)) => {
            let (query, errors) = (Fields::default(), Errors::one("service", why.to_string()));
            let query = query.with("year", &year.0.to_string());
            Ok(service::catalogue_page(web, visitor, query).await?.errors(errors))
        }
        Err(Failed::Other(fault)) => Err(fault.into()),
    }
}

async fn shown(tx: &mut Tx, visitor: &Visitor, plan: Plan) -> Result<Check, WebError> {
    let mut services = Vec::new();
    for one in &plan.services {
        services.push(Service::of(tx, visitor, one).await?);
    }
    let count = plan.drafts.len();
    Ok(Check {
        year: plan.year.to_string(),
        from: plan.year.0,
        next: plan.year.next().to_string(),
        services,
        stays: plan
            .stays
            .into_iter()
            .map(|one| Stay { name: one.name, why: one.why.to_string() })
            .collect(),
        drafts: plan.drafts.into_iter().map(DraftRow::of).collect(),
        create: (count > 0).then(|| plural(count as i64, "draft", None)),
        seen: count,
    })
}

impl Service {
    async fn of(tx: &mut Tx, visitor: &Visitor, one: &Onwards) -> Result<Self, WebError> {
        let (before, after) = (&one.before.service, &one.after.service);
        let sees_prices = visitor.actor.sees_prices();
        let mut changes = differences(before, after, sees_prices);
        let this = store::reference::of_service(tx, before).await?;
        let next = store::reference::of_service(tx, after).await?;
        changes.extend(national_differences(this.as_deref(), next.as_deref(), sees_prices));
        Ok(Self {
            code: before.code.clone(),
            name: before.name.clone(),
            later_code: after.code.clone(),
            later_name: after.name.clone(),
            changes: changes.into_iter().map(Change::from).collect(),
        })
    }
}

impl DraftRow {
    fn of(draft: Draft) -> Self {
        let mut notes = Vec::new();
        for one in &draft.services {
            let named = |list: &[String]| list.join(", ");
            if !one.carried.gone.is_empty() {
                notes.push(format!("Not in {} any more: {}.", one.name, named(&one.carried.gone)));
            }
            if !one.carried.new.is_empty() {
                notes.push(format!("New in {}: {}.", one.name, named(&one.carried.new)));
            }
        }
        let chosen = plural(draft.providers.len() as i64, "chosen provider", None);
        let names: Vec<&str> = draft.services.iter().map(|one| one.name.as_str()).collect();
        Self {
            goes_to: match draft.from.goes_to() {
                Target::Chosen => chosen,
                other => other.words().to_owned(),
            },
            services: names.join(", "),
            respond_by: (draft.from.kind == ContractKind::Offer).then_some(draft.respond_by),
            kind: draft.from.kind.name(),
            from: draft.from.reference,
            name: draft.name,
            unnamed: draft.not_open.len().saturating_sub(NAMED) as i64,
            not_open: draft
                .not_open
                .into_iter()
                .take(NAMED)
                .map(|one| format!("{} ({})", one.name, one.code))
                .collect(),
            notes,
        }
    }
}

/// "Create 12 drafts", then the list of them.
pub(super) async fn create(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, WebError> {
    visitor.must_commission(true)?;
    visitor.must(&web, Permission::Commission).await?;
    let (year, codes) = asked(&fields)?;
    let seen: usize = fields.get("drafts").parse().map_err(|_| WebError::BadRequest)?;
    let (by, now) = (&visitor.actor, (web.clock)());
    match store::contract::roll_over(&web.db, year, &codes, seen, by, &now).await {
        Ok(made) => {
            let drafts = plural(made.len() as i64, "draft", None);
            let said = format!("{drafts} created. Nothing has been sent to providers yet.");
            let to = format!("/contracts?status=draft&year={}", year.next().0);
            Ok(Flash::success(said).redirect(&to))
        }
        Err(Failed::Refused(why)) if why.is_forbidden() => {
            Err(visitor.forbidden(&web, Permission::Commission, &why).await)
        }
        Err(Failed::Refused(why)) => {
            let status = match why {
                CannotRollOver::NoneSelected => StatusCode::UNPROCESSABLE_ENTITY,
                _ => StatusCode::CONFLICT,
            };
            let page = page(&web, &visitor, &fields).await?;
            let field = if why == CannotRollOver::NoneSelected { "service" } else { "roll-over" };
            page.errors(Errors::one(field, why.to_string()))
                .status(status)
                .respond(&web, &visitor.shell)
        }
        Err(Failed::Other(fault)) => Err(fault.into()),
    }
}
