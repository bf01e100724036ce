//! What people do with a correction: each act is one store function, and each refusal is shown where it was asked.

use super::{address, ask::permission, one, row::Row, shell};
use crate::Web;
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::{Errors, Fields};
use crate::page::Page;
use crate::pages::offer::seen;
use crate::pages::receipt::Link;
use crate::pages::receipt::money::made;
use crate::session::Visitor;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::correction::{Act, CannotCorrect, Correction, CorrectionState};
use domain::{Permission, Refusal};
use serde::Serialize;
use std::sync::Arc;
use store::{Failed, StoreError};

/// What `correction/act.html` sees.
#[derive(Debug, Serialize)]
struct Form {
    row: Row,
    version: i64,
    act: &'static str,
    /// Why nothing can be done now; empty where it can.
    refused: String,
}

/// An act that is named in an address, or there is nothing at it.
fn named(act: &str) -> Result<Act, WebError> {
    Act::from_name(act).ok_or(WebError::NotFound)
}

/// The form of an act that needs a reason; every other one is a button on the page of the correction.
pub(super) async fn form(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path((reference, act)): Path<(String, String)>,
) -> Result<Response, WebError> {
    visitor.must(&web, Permission::SeeMoney).await?;
    let page = page(&web, &visitor, &reference, named(&act)?, (Fields::default(), Errors::new()));
    page.await?.respond(&web, &shell(&visitor))
}

async fn page(
    web: &Web,
    visitor: &Visitor,
    reference: &str,
    act: Act,
    (form, errors): (Fields, Errors),
) -> Result<Page, WebError> {
    if !act.needs_reason() {
        return one(web, visitor, reference, form, errors).await;
    }
    let now = (web.clock)();
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let listed = store::correction::find(&mut tx, reference, &visitor.actor, &now).await?;
    let shown = Form {
        version: listed.correction.version,
        act: act.name(),
        refused: super::can(&listed, act, visitor, &now).err().unwrap_or_default(),
        row: Row::of(&listed),
    };
    Ok(Page::new("correction/act.html", shown).form(form).errors(errors))
}

/// What was done and who is next.
fn said(act: Act, after: &Correction) -> (&'static str, usize) {
    match (act, &after.state) {
        (Act::Withdraw, _) => ("Correction withdrawn. It changes nothing.", 0),
        (_, CorrectionState::Refused { .. }) => ("Correction refused. It changes nothing.", 0),
        (Act::Agree, _) => ("You have agreed. The commissioner must approve it.", 1),
        (Act::Disagree, _) => ("Your answer has been sent. Whoever approves reads it.", 0),
        (_, CorrectionState::AwaitingSecond { .. }) => {
            ("Correction approved. A second person must approve it.", 1)
        }
        (_, CorrectionState::AwaitingFinance { .. }) => {
            ("Correction approved. Finance must approve it.", 1)
        }
        _ => ("Correction approved by finance. The declaration stands at the corrected amount.", 1),
    }
}

/// The act that the address names.
pub(super) async fn act(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path((reference, act)): Path<(String, String)>,
    form: Fields,
) -> Result<Response, WebError> {
    visitor.must(&web, Permission::SeeMoney).await?;
    let (act, now, version) = (named(&act)?, (web.clock)(), seen(&form)?);
    let (by, reason) = (&visitor.actor, form.get("reason").replace("\r\n", "\n"));
    let done = store::correction::act(&web.db, (&reference, version), act, &reason, by, &now).await;
    let why = match done {
        Ok(after) => {
            let (said, receipts) = said(act, &after);
            let is_own = visitor.organisation().kind.provides();
            let flash = Link::below(made(&now, receipts, is_own), Flash::success(said));
            return Ok(flash.redirect(&address(&reference)));
        }
        Err(Failed::Refused(why)) if why.is_forbidden() => {
            return Err(visitor.forbidden(&web, permission(&visitor), &why).await);
        }
        Err(Failed::Refused(why)) => why,
        Err(Failed::Other(StoreError::Stale)) => CannotCorrect::Changed,
        Err(Failed::Other(fault)) => return Err(fault.into()),
    };
    let (field, status) = match why {
        CannotCorrect::Wrong(_) => ("reason", StatusCode::UNPROCESSABLE_ENTITY),
        _ => ("correction", StatusCode::CONFLICT),
    };
    let errors = Errors::one(field, why.to_string());
    let page = page(&web, &visitor, &reference, act, (form, errors)).await?;
    page.status(status).respond(&web, &shell(&visitor))
}
