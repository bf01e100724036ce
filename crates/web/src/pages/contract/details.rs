//! Step 1 of a contract: whether providers answer, what it is called, and until when they can answer.

use super::refuse;
use super::steps::{Tabs, confirmed, draft, onwards};
use crate::Web;
use crate::error::WebError;
use crate::form::{Errors, Fields, date_fields};
use crate::page::Page;
use crate::pages::offer::seen;
use crate::session::Visitor;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::contract::{Contract, ContractKind, check_details, usual_response_date};
use domain::{Now, Permission};
use serde::Serialize;
use std::sync::Arc;
use store::contract::Details;

/// What the first step sees.
#[derive(Debug, Serialize)]
struct DetailsStep {
    tabs: Tabs,
    action: String,
}

fn details_page(contract: Option<&Contract>, fields: Fields) -> Page {
    let action = contract.map_or_else(
        || "/contracts/new".into(),
        |contract| format!("/contracts/{}/details", contract.reference),
    );
    let step = DetailsStep { tabs: Tabs::of(contract, "details"), action };
    Page::new("contract/details.html", step).form(fields)
}

/// What was typed in the first step, or everything that is wrong with it.
fn read_details(fields: &Fields, now: &Now) -> Result<Details, Errors> {
    let mut errors = Errors::new();
    let name = fields.get("name");
    for (_, why) in check_details(name, now.today, now).err().into_iter().flatten() {
        errors.add("name", why.to_string());
    }
    let respond_by = fields.date("respond-by", "Response date", &mut errors);
    if let Some(date) = respond_by.filter(|date| *date < now.today) {
        for (field, why) in check_details(name, date, now).err().into_iter().flatten() {
            if field == "respond_by" {
                errors.add_at("respond-by", "respond-by-day", why.to_string());
            }
        }
    }
    let kind = if fields.has("offer", "yes") { ContractKind::Offer } else { ContractKind::Direct };
    match respond_by {
        Some(respond_by) if errors.is_empty() => {
            let answers_may_change = !fields.has("final", "yes");
            Ok(Details { kind, name: name.to_owned(), respond_by, answers_may_change })
        }
        _ => Err(errors),
    }
}

/// "New Contract".
pub(super) async fn start(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
) -> Result<Response, WebError> {
    visitor.must_commission(true)?;
    visitor.must(&web, Permission::Commission).await?;
    let fields =
        Fields::from_iter(date_fields("respond-by", usual_response_date((web.clock)().today)));
    details_page(None, fields).respond(&web, &visitor.shell)
}

/// The first step of a new contract, saved for the first time.
pub(super) async fn create(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, WebError> {
    visitor.must_commission(true)?;
    visitor.must(&web, Permission::Commission).await?;
    let now = (web.clock)();
    let details = match read_details(&fields, &now) {
        Ok(details) => details,
        Err(errors) => {
            return details_page(None, fields).errors(errors).respond(&web, &visitor.shell);
        }
    };
    match store::contract::draft(&web.db, &details, &visitor.actor, &now).await {
        Ok(contract) => Ok(onwards(&fields, &contract.reference, "details")),
        Err(failed) => refuse(&web, &visitor, "", failed).await,
    }
}

/// The first step of a draft.
pub(super) async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
) -> Result<Response, WebError> {
    let Some(contract) = draft(&web, &visitor, &reference).await? else {
        return Ok(confirmed(&reference));
    };
    let kind = if contract.kind == ContractKind::Offer { "yes" } else { "" };
    let are_final = if contract.answers_may_change { "" } else { "yes" };
    let rest = [
        ("name", contract.name.clone()),
        ("offer", kind.to_owned()),
        ("final", are_final.to_owned()),
    ];
    let fields = date_fields("respond-by", contract.respond_by)
        .into_iter()
        .chain(rest.map(|(name, value)| (name.to_owned(), value)))
        .collect();
    details_page(Some(&contract), fields).respond(&web, &visitor.shell)
}

/// The first step of a draft, saved again.
pub(super) async fn change(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
    fields: Fields,
) -> Result<Response, WebError> {
    let now = (web.clock)();
    let details = match read_details(&fields, &now) {
        Ok(details) => details,
        Err(errors) => {
            let contract = draft(&web, &visitor, &reference).await?;
            let page = details_page(contract.as_ref(), fields).errors(errors);
            return page.respond(&web, &visitor.shell);
        }
    };
    let seen = seen(&fields)?;
    let by = &visitor.actor;
    match store::contract::change_details(&web.db, &reference, seen, &details, by, &now).await {
        Ok(_) => Ok(onwards(&fields, &reference, "details")),
        Err(failed) => refuse(&web, &visitor, &reference, failed).await,
    }
}
