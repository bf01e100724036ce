//! What people do with an adjustment: each act is one store function, and each refusal is shown where it was asked.

use super::{address, page};
use crate::Web;
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::{Errors, Fields};
use crate::pages::offer::seen;
use crate::session::Visitor;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::adjustment::{Adjustment, AdjustmentState, CannotAdjust};
use domain::{AdjustmentId, Permission, Refusal};
use std::sync::Arc;
use store::{Failed, StoreError};

/// An address names an adjustment, or there is nothing at it.
fn id(text: &str) -> Result<AdjustmentId, WebError> {
    text.parse().map_err(|_| WebError::NotFound)
}

/// "Agree": the page of the achievement shows the new amount.
pub(super) async fn agree(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(text): Path<String>,
    fields: Fields,
) -> Result<Response, WebError> {
    visitor.must_commission(true)?;
    let (id, seen, now) = (id(&text)?, seen(&fields)?, (web.clock)());
    match store::adjustment::agree(&web.db, id, seen, &visitor.actor, &now).await {
        Ok(after) => {
            let said = match after.state {
                AdjustmentState::Ended { .. } => "You agreed to end this adjustment.",
                _ => "You agreed to this adjustment.",
            };
            let said = format!("{said} The payment has been calculated again.");
            Ok(Flash::success(said).redirect(&format!("/achievement/{}", after.achievement)))
        }
        Err(failed) => refused(&web, &visitor, id, fields, failed).await,
    }
}

/// "Refuse", with the reason typed beside it.
pub(super) async fn refuse(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(text): Path<String>,
    fields: Fields,
) -> Result<Response, WebError> {
    visitor.must_commission(true)?;
    let (id, seen, now) = (id(&text)?, seen(&fields)?, (web.clock)());
    let reason = fields.get("reason");
    let result = store::adjustment::refuse(&web.db, id, seen, reason, &visitor.actor, &now).await;
    let said = |after: &Adjustment| match after.state {
        AdjustmentState::Agreed { .. } => "You refused to end this adjustment. It stays in force.",
        _ => "You refused this adjustment. The payment stays as it is.",
    };
    done(&web, &visitor, id, fields.clone(), result, said).await
}

/// "Withdraw".
pub(super) async fn withdraw(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(text): Path<String>,
    fields: Fields,
) -> Result<Response, WebError> {
    visitor.must_commission(true)?;
    let (id, seen, now) = (id(&text)?, seen(&fields)?, (web.clock)());
    let result = store::adjustment::withdraw(&web.db, id, seen, &visitor.actor, &now).await;
    let said = |after: &Adjustment| match after.state {
        AdjustmentState::Agreed { .. } => "The adjustment stays in force.",
        _ => "You withdrew this adjustment. The payment stays as it is.",
    };
    done(&web, &visitor, id, fields, result, said).await
}

/// "Ask to end", with the reason typed beside it.
pub(super) async fn end(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(text): Path<String>,
    fields: Fields,
) -> Result<Response, WebError> {
    visitor.must_commission(true)?;
    let (id, seen, now) = (id(&text)?, seen(&fields)?, (web.clock)());
    let reason = fields.get("reason");
    let result =
        store::adjustment::ask_to_end(&web.db, id, seen, reason, &visitor.actor, &now).await;
    let said = |_: &Adjustment| "You asked to end this adjustment. Another person must agree.";
    done(&web, &visitor, id, fields.clone(), result, said).await
}

async fn done(
    web: &Web,
    visitor: &Visitor,
    id: AdjustmentId,
    fields: Fields,
    result: Result<Adjustment, Failed<CannotAdjust>>,
    said: impl Fn(&Adjustment) -> &'static str,
) -> Result<Response, WebError> {
    match result {
        Ok(after) => Ok(Flash::success(said(&after)).redirect(&address(id))),
        Err(failed) => refused(web, visitor, id, fields, failed).await,
    }
}

/// A refusal in its place: without the right 403, a field's mistake 422 at the field, and otherwise 409, because the
/// adjustment is no longer where the page showed it.
async fn refused(
    web: &Web,
    visitor: &Visitor,
    id: AdjustmentId,
    fields: Fields,
    failed: Failed<CannotAdjust>,
) -> Result<Response, WebError> {
    match failed {
        Failed::Refused(why) if why.is_forbidden() => {
            Err(visitor.forbidden(web, Permission::Adjust, &why).await)
        }
        Failed::Refused(why) => {
            let (at, status) = match &why {
                CannotAdjust::Typed(_) => ("reason", StatusCode::UNPROCESSABLE_ENTITY),
                _ => ("status", StatusCode::CONFLICT),
            };
            page(web, visitor, id, fields, Errors::one(at, why.to_string()), status).await
        }
        Failed::Other(StoreError::Stale) => Err(WebError::Stale { see: address(id) }),
        Failed::Other(fault) => Err(fault.into()),
    }
}
