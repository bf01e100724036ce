//! The form that asks for a correction of one locked declaration.

use super::{address, shell};
use crate::Web;
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::{Errors, Fields};
use crate::page::Page;
use crate::pages::receipt::Link;
use crate::pages::receipt::money::made;
use crate::session::Visitor;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::correction::{Asking, CannotAsk, Direction};
use domain::question::Party;
use domain::recovery::NOTICE_DAYS;
use domain::{Pence, Permission, Refusal};
use serde::Serialize;
use std::sync::Arc;
use store::{Failed, StoreError};

/// What `correction/ask.html` sees.
#[derive(Debug, Serialize)]
struct Form {
    reference: String,
    service: String,
    period: String,
    provider: String,
    /// The other side, which reads it.
    other: String,
    is_provider: bool,
    locked: Pence,
    stands_at: Pence,
    /// What the form was made over, in pence.
    seen: i64,
    days: u64,
    /// Why nothing can be asked for now; empty where it can.
    refused: String,
}

pub(super) async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
) -> Result<Response, WebError> {
    page(&web, &visitor, &reference, Fields::default()).await?.respond(&web, &shell(&visitor))
}

/// The permission that somebody of this side needs, for who lacks it.
pub(super) fn permission(visitor: &Visitor) -> Permission {
    if visitor.organisation().kind.provides() { Permission::Declare } else { Permission::Approve }
}

async fn page(
    web: &Web,
    visitor: &Visitor,
    reference: &str,
    form: Fields,
) -> Result<Page, WebError> {
    visitor.must(web, Permission::SeeMoney).await?;
    let now = (web.clock)();
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let listed = store::declaration::find(&mut tx, reference, &visitor.actor).await?;
    let original = store::correction::original(&mut tx, reference, &visitor.actor).await?;
    let can = original.can_ask(&visitor.actor, &now);
    if let Err(why) = &can
        && why.is_forbidden()
    {
        return Err(visitor.forbidden(web, permission(visitor), why).await);
    }
    let is_provider = visitor.organisation().kind.provides();
    let form_shown = Form {
        reference: reference.to_owned(),
        service: listed.service.name.clone(),
        period: listed.declaration.period.to_string(),
        provider: listed.provider.name.clone(),
        other: if is_provider { listed.commissioner.name } else { listed.provider.name },
        is_provider,
        locked: original.locked,
        stands_at: original.stands_at(),
        seen: original.stands_at().0,
        days: NOTICE_DAYS,
        refused: can.err().map_or_else(String::new, |why| why.to_string()),
    };
    Ok(Page::new("correction/ask.html", form_shown).form(form))
}

/// What was typed as an amount above zero, with or without the sign of the pound and commas.
fn amount(typed: &str) -> Option<Pence> {
    Pence::from_plain(&typed.trim().trim_start_matches('£').replace(',', ""))
}

/// "Ask for this correction".
pub(super) async fn ask(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
    form: Fields,
) -> Result<Response, WebError> {
    let now = (web.clock)();
    let asking = Asking {
        direction: Direction::from_name(form.get("direction")),
        amount: amount(form.get("amount")),
        reason: form.get("reason").replace("\r\n", "\n"),
        evidence: form.get("evidence").to_owned(),
        seen: form.get("seen").parse().map(Pence).map_err(|_| WebError::BadRequest)?,
    };
    let failed =
        match store::correction::ask(&web.db, &reference, &asking, &visitor.actor, &now).await {
            Ok(new) => {
                let (who, receipts) = match new.asked_by {
                    Party::Provider => ("The commissioner must approve it.", 1),
                    Party::Commissioner => ("The provider must say whether it is right.", 0),
                };
                let said = format!("Correction {} asked for. {who}", new.reference);
                let flash = Link::below(made(&now, receipts, true), Flash::success(said));
                return Ok(flash.redirect(&address(&new.reference)));
            }
            Err(failed) => failed,
        };
    let invalid = StatusCode::UNPROCESSABLE_ENTITY;
    let (field, target, status, why) = match failed {
        Failed::Refused(why) if why.is_forbidden() => {
            return Err(visitor.forbidden(&web, permission(&visitor), &why).await);
        }
        Failed::Refused(why) => {
            let (field, target, status) = match &why {
                CannotAsk::NoDirection => ("direction", "direction", invalid),
                CannotAsk::NoAmount
                | CannotAsk::TooLarge
                | CannotAsk::NothingToTakeBack(_)
                | CannotAsk::MoreThanStands(_) => ("amount", "amount", invalid),
                CannotAsk::Wrong(wrong) if wrong.is_evidence() => ("evidence", "evidence", invalid),
                CannotAsk::Wrong(_) => ("reason", "reason", invalid),
                _ => ("correction", "correction", StatusCode::CONFLICT),
            };
            (field, target, status, why.to_string())
        }
        Failed::Other(StoreError::Stale) => {
            let why = "Someone else changed this while you were working. Check it and try again.";
            ("correction", "correction", StatusCode::CONFLICT, why.to_owned())
        }
        Failed::Other(fault) => return Err(fault.into()),
    };
    let mut errors = Errors::new();
    errors.add_at(field, target, why);
    let page = page(&web, &visitor, &reference, form).await?;
    page.errors(errors).status(status).respond(&web, &shell(&visitor))
}
