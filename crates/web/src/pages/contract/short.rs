//! The short path to an offer contract: from a service's own page, whom to offer it to, a check, and "Send". Its draft is
//! the same record as one made step by step, so whoever leaves on the way finds it among the contracts.

use super::left_out::LeftOut;
use super::refuse;
use super::review::{is_to_correct, said, status_of};
use super::steps::{confirmed, draft};
use crate::Web;
use crate::error::WebError;
use crate::flash::{Flash, see_other};
use crate::form::{Errors, Fields};
use crate::page::Page;
use crate::pages::offer::seen;
use crate::pages::service::terms::Terms;
use crate::session::Visitor;
use crate::words::plural;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use chrono::NaiveDate;
use domain::Permission;
use domain::contract::{
    CannotDraft, Contract, ContractKind, Target, may_offer, response_date_within,
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use store::Failed;
use store::contract::{Details, Reach};
use store::service::Published;

/// What `contract/whom.html` sees.
#[derive(Debug, Serialize)]
struct Whom {
    code: String,
    name: String,
    /// Why it cannot be offered at all, when that is so.
    refusal: Option<String>,
    /// How many providers would get it now.
    all: i64,
    /// How many of those who took part last year; nothing without a service of that year.
    last_year: Option<LastYear>,
    left_out: LeftOut,
}

#[derive(Debug, Serialize)]
struct LastYear {
    count: i64,
    service: String,
}

/// A published service, for whoever may offer it.
async fn find(web: &Web, visitor: &Visitor, code: &str) -> Result<Published, WebError> {
    visitor.must_commission(true)?;
    visitor.must(web, Permission::Commission).await?;
    let mut tx = web.db.read_as(&visitor.actor).await?;
    store::service::find_by_code(&mut tx, code).await?.ok_or(WebError::NotFound)
}

async fn whom_page(web: &Web, visitor: &Visitor, found: &Published) -> Result<Page, WebError> {
    let (now, by) = ((web.clock)(), &visitor.actor);
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let all = store::contract::would_reach(&mut tx, found, Target::All, by, &now).await?;
    let mut last_year = None;
    if let Some(code) = &found.service.follows
        && let Some(before) = store::service::find_by_code(&mut tx, code).await?
    {
        let reach =
            store::contract::would_reach(&mut tx, found, Target::LastYear, by, &now).await?;
        let (count, service) = (reach.providers.len() as i64, before.service.name.clone());
        last_year = Some(LastYear { count, service });
    }
    let whom = Whom {
        code: found.service.code.clone(),
        name: found.service.name.clone(),
        refusal: may_offer(found.service.ends_on, by, &now).err().map(|why| why.to_string()),
        all: all.providers.len() as i64,
        last_year,
        left_out: LeftOut::of(&all),
    };
    Ok(Page::new("contract/whom.html", whom))
}

/// "Offer this service": whom to?
pub(super) async fn ask(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(code): Path<String>,
) -> Result<Response, WebError> {
    let found = find(&web, &visitor, &code).await?;
    whom_page(&web, &visitor, &found).await?.respond(&web, &visitor.shell)
}

/// "Continue": makes the draft, and leads to its check or to the step where providers are chosen.
pub(super) async fn answer(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(code): Path<String>,
    fields: Fields,
) -> Result<Response, WebError> {
    let found = find(&web, &visitor, &code).await?;
    if may_offer(found.service.ends_on, &visitor.actor, &(web.clock)()).is_err() {
        let page = whom_page(&web, &visitor, &found).await?;
        return page.status(StatusCode::CONFLICT).respond(&web, &visitor.shell);
    }
    let Some(target) = Target::from_name(fields.get("whom")) else {
        let errors = Errors::one("whom", "Select who you want to offer the service to");
        let page = whom_page(&web, &visitor, &found).await?;
        return page.errors(errors).respond(&web, &visitor.shell);
    };
    match prepare(&web, &visitor, &found, target).await {
        Ok(contract) => {
            let next = if target == Target::Chosen { "providers" } else { "check" };
            Ok(see_other(&format!("/contracts/{}/{next}", contract.reference)))
        }
        Err(Failed::Refused(why)) => {
            let page = whom_page(&web, &visitor, &found).await?;
            page.errors(Errors::one("whom", why.to_string())).respond(&web, &visitor.shell)
        }
        Err(Failed::Other(fault)) => Err(fault.into()),
    }
}

/// The draft of an offer contract of one whole service, under its name, to be answered in the usual time.
async fn prepare(
    web: &Web,
    visitor: &Visitor,
    found: &Published,
    target: Target,
) -> Result<Contract, Failed<CannotDraft>> {
    let (now, by, service) = ((web.clock)(), &visitor.actor, &found.service);
    let details = Details {
        kind: ContractKind::Offer,
        name: service.name.clone(),
        respond_by: response_date_within(service.ends_on, now.today),
        answers_may_change: true,
    };
    let components = service.components.iter().map(|own| own.code.clone()).collect();
    let services = BTreeMap::from([(service.code.clone(), components)]);
    let contract = store::contract::draft(&web.db, &details, by, &now).await?;
    let (reference, seen) = (&contract.reference, contract.version);
    let contract =
        store::contract::choose_services(&web.db, reference, seen, &services, by, &now).await?;
    let (reference, seen, choice) =
        (&contract.reference, contract.version, (target, &BTreeSet::new()));
    store::contract::choose_providers(&web.db, reference, seen, choice, by, &now).await
}

/// What `contract/check.html` sees.
#[derive(Debug, Serialize)]
struct Check {
    reference: String,
    version: i64,
    name: String,
    goes_to: &'static str,
    respond_by: NaiveDate,
    services: Vec<CheckRow>,
    /// "75 offers"; nothing when there is nobody to send one to.
    offers: Option<String>,
}

/// One service with its terms and where it goes.
#[derive(Debug, Serialize)]
struct CheckRow {
    terms: Terms,
    offers: i64,
    left_out: LeftOut,
}

impl CheckRow {
    fn of(reach: &Reach, visitor: &Visitor) -> Self {
        let Reach { chosen, providers, .. } = reach;
        Self {
            terms: Terms::of(&chosen.service, Some(&chosen.components), None, &visitor.actor),
            offers: providers.len() as i64,
            left_out: LeftOut::of(reach),
        }
    }
}

async fn check_page(web: &Web, visitor: &Visitor, contract: &Contract) -> Result<Page, WebError> {
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let reach = store::contract::reach(&mut tx, contract, &(web.clock)()).await?;
    let services: Vec<CheckRow> = reach.iter().map(|one| CheckRow::of(one, visitor)).collect();
    let offers: i64 = services.iter().map(|row| row.offers).sum();
    let check = Check {
        reference: contract.reference.clone(),
        version: contract.version,
        name: contract.name.clone(),
        goes_to: contract.goes_to().words(),
        respond_by: contract.respond_by,
        services,
        offers: (offers > 0).then(|| plural(offers, "offer", None)),
    };
    Ok(Page::new("contract/check.html", check))
}

/// What would be sent, before it is. A direct contract sends nothing, so it has the review alone.
pub(super) async fn check(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
) -> Result<Response, WebError> {
    match draft(&web, &visitor, &reference).await? {
        None => Ok(confirmed(&reference)),
        Some(contract) if contract.kind == ContractKind::Direct => {
            Ok(see_other(&format!("/contracts/{reference}/review")))
        }
        Some(contract) => {
            check_page(&web, &visitor, &contract).await?.respond(&web, &visitor.shell)
        }
    }
}

/// "Send 75 offers": the check page takes the place of the review's tick.
pub(super) async fn send(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
    fields: Fields,
) -> Result<Response, WebError> {
    let contract = draft(&web, &visitor, &reference).await?;
    if contract.as_ref().is_some_and(|contract| contract.kind == ContractKind::Direct) {
        return Ok(see_other(&format!("/contracts/{reference}/review")));
    }
    let (seen, now) = (seen(&fields)?, (web.clock)());
    match store::contract::confirm(&web.db, &reference, seen, &visitor.actor, &now).await {
        Ok(done) => Ok(Flash::success(said(&done)).redirect(&format!("/contracts/{reference}"))),
        Err(Failed::Refused(why)) if contract.is_some() && is_to_correct(&why) => {
            let Some(contract) = draft(&web, &visitor, &reference).await? else {
                return Ok(confirmed(&reference));
            };
            let page = check_page(&web, &visitor, &contract).await?;
            page.errors(Errors::one("send", why.to_string()))
                .status(status_of(&why))
                .respond(&web, &visitor.shell)
        }
        Err(failed) => refuse(&web, &visitor, &reference, failed).await,
    }
}
