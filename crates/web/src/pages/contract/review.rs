//! The last step of a new contract: what will be offered to whom, who is left out, the tick, and "Confirm".

use super::left_out::LeftOut;
use super::steps::{Tabs, confirmed, draft, onwards};
use super::{ServiceRow, refuse};
use crate::Web;
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::{Errors, Fields};
use crate::page::Page;
use crate::pages::offer::seen;
use crate::session::Visitor;
use crate::words::plural;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use chrono::NaiveDate;
use domain::contract::{CannotConfirm, Contract, ContractKind};
use serde::Serialize;
use std::sync::Arc;
use store::Failed;
use store::contract::{Confirmed, Reach};

/// What the review sees.
#[derive(Debug, Serialize)]
struct Review {
    tabs: Tabs,
    name: String,
    kind: &'static str,
    is_offer: bool,
    goes_to: &'static str,
    respond_by: NaiveDate,
    services: Vec<ReachRow>,
    offers: i64,
}

/// One service with where it goes.
#[derive(Debug, Serialize)]
struct ReachRow {
    service: ServiceRow,
    offers: i64,
    left_out: LeftOut,
}

impl ReachRow {
    fn of(reach: &Reach) -> Self {
        Self {
            service: ServiceRow::of(&reach.chosen),
            offers: reach.providers.len() as i64,
            left_out: LeftOut::of(reach),
        }
    }
}

async fn page(web: &Web, contract: &Contract) -> Result<Page, WebError> {
    let mut tx = web.db.read().await?;
    let reach = store::contract::reach(&mut tx, contract, &(web.clock)()).await?;
    let services: Vec<ReachRow> = reach.iter().map(ReachRow::of).collect();
    let review = Review {
        tabs: Tabs::of(Some(contract), "review"),
        name: contract.name.clone(),
        kind: contract.kind.name(),
        is_offer: contract.kind == ContractKind::Offer,
        goes_to: contract.goes_to().words(),
        respond_by: contract.respond_by,
        offers: services.iter().map(|row| row.offers).sum(),
        services,
    };
    Ok(Page::new("contract/review.html", review))
}

/// The last step.
pub(super) async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
) -> Result<Response, WebError> {
    let Some(contract) = draft(&web, &visitor, &reference).await? else {
        return Ok(confirmed(&reference));
    };
    page(&web, &contract).await?.respond(&web, &visitor.shell)
}

/// "Confirm", or another tab.
pub(super) async fn confirm(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
    fields: Fields,
) -> Result<Response, WebError> {
    let contract = draft(&web, &visitor, &reference).await?;
    if let Some(contract) = &contract {
        if fields.get("go") != "confirm" {
            return Ok(onwards(&fields, &reference, "review"));
        }
        if !fields.has("confirm", "yes") {
            let why = match contract.kind {
                ContractKind::Offer => "Tick to confirm that these offers can be made",
                ContractKind::Direct => "Tick to confirm that these providers take part",
            };
            let page = page(&web, contract).await?.form(fields);
            return page.errors(Errors::one("confirm", why)).respond(&web, &visitor.shell);
        }
    }
    let (seen, now) = (seen(&fields)?, (web.clock)());
    match store::contract::confirm(&web.db, &reference, seen, &visitor.actor, &now).await {
        Ok(done) => Ok(Flash::success(said(&done)).redirect(&format!("/contracts/{reference}"))),
        Err(Failed::Refused(why)) if contract.is_some() && is_to_correct(&why) => {
            let Some(contract) = draft(&web, &visitor, &reference).await? else {
                return Ok(confirmed(&reference));
            };
            let page = page(&web, &contract).await?.form(fields);
            page.errors(Errors::one("confirm", why.to_string()))
                .status(status_of(&why))
                .respond(&web, &visitor.shell)
        }
        Err(failed) => refuse(&web, &visitor, &reference, failed).await,
    }
}

/// Whether somebody else was quicker, or the draft itself is not ready.
pub(super) fn status_of(why: &CannotConfirm) -> StatusCode {
    match why {
        CannotConfirm::OfferedMeanwhile => StatusCode::CONFLICT,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

/// Whether the page of the draft is the place to say it, because a step can put it right.
pub(super) fn is_to_correct(why: &CannotConfirm) -> bool {
    !matches!(
        why,
        CannotConfirm::NotAllowed(_) | CannotConfirm::AlreadyConfirmed | CannotConfirm::Discarded
    )
}

/// What confirming did, and whom it left out.
pub(super) fn said(done: &Confirmed) -> String {
    let offers = i64::try_from(done.offers).unwrap_or(i64::MAX);
    let mut said = match done.contract.kind {
        ContractKind::Offer => format!("{} sent.", plural(offers, "offer", None)),
        ContractKind::Direct => {
            format!("{} given without an offer.", plural(offers, "contract", None))
        }
    };
    for reach in &done.reach {
        let left_out = LeftOut::of(reach).text;
        if !left_out.is_empty() {
            said.push_str(&format!(" Left out of {}: {left_out}.", reach.chosen.service.name));
        }
    }
    said
}
