//! Discarding a draft: what would go, then "Discard draft".

use super::refuse;
use super::steps::{confirmed, draft};
use crate::Web;
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::Fields;
use crate::page::Page;
use crate::pages::offer::seen;
use crate::session::Visitor;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;
use std::sync::Arc;

/// What `contract/discard.html` sees.
#[derive(Debug, Serialize)]
struct Check {
    reference: String,
    name: String,
    version: i64,
    goes_to: &'static str,
    services: Vec<String>,
}

/// The draft and what is in it.
pub(super) async fn check(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
) -> Result<Response, WebError> {
    let Some(contract) = draft(&web, &visitor, &reference).await? else {
        return Ok(confirmed(&reference));
    };
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let services = store::contract::services(&mut tx, &contract).await?;
    drop(tx);
    let check = Check {
        goes_to: contract.goes_to().words(),
        version: contract.version,
        services: services.iter().map(|chosen| chosen.service.name.clone()).collect(),
        reference: contract.reference,
        name: contract.name,
    };
    Page::new("contract/discard.html", check).respond(&web, &visitor.shell)
}

/// "Discard draft".
pub(super) async fn discard(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
    fields: Fields,
) -> Result<Response, WebError> {
    draft(&web, &visitor, &reference).await?;
    let (seen, now) = (seen(&fields)?, (web.clock)());
    match store::contract::discard(&web.db, &reference, seen, &visitor.actor, &now).await {
        Ok(contract) => {
            let said = format!("Draft {} ({reference}) discarded.", contract.name);
            Ok(Flash::success(said).redirect("/contracts"))
        }
        Err(failed) => refuse(&web, &visitor, &reference, failed).await,
    }
}
