//! The two forms of an approver who does not agree with an amount: approve less, and reject.

use super::{manage, seen_in};
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
use domain::declaration::{CannotApprove, Declaration};
use domain::{Pence, Permission, Refusal};
use serde::Serialize;
use std::sync::Arc;
use store::declaration::{Listed, Seen, dispute};
use store::{Failed, StoreError};

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Less,
    Reject,
}

/// What `declaration/dispute.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    reference: String,
    service: String,
    period: String,
    provider: String,
    amount: Option<Pence>,
    working: String,
    /// The row as it is shown here, for the form.
    seen: String,
    is_reject: bool,
    /// Why nothing can be done now; empty where it can.
    refused: String,
}

impl Act {
    /// Whether the visitor could do it now, with a reason and an amount that are in order.
    fn can(self, row: &Listed, visitor: &Visitor, now: &domain::Now) -> Result<(), CannotApprove> {
        let (about, by) = (&row.declaration, &visitor.actor);
        match self {
            Self::Reject => about.reject(about.calculation, "A reason", by).map(drop),
            Self::Less => about.approve(about.calculation, by, now).map(drop),
        }
    }
}

impl Show {
    fn of(row: &Listed, act: Act, visitor: &Visitor, now: &domain::Now) -> Self {
        let about = &row.declaration;
        Self {
            reference: about.reference.clone(),
            service: row.service.name.clone(),
            period: about.period.to_string(),
            provider: row.provider.name.clone(),
            amount: row.amount(),
            working: format!("/achievement/{}/working", about.achievement),
            seen: super::row::seen_text(row),
            is_reject: act == Act::Reject,
            refused: act
                .can(row, visitor, now)
                .err()
                .map_or_else(String::new, |why| why.to_string()),
        }
    }
}

/// Which of the two the visitor can do with a declaration, for its page.
pub(super) fn can(row: &Listed, visitor: &Visitor, now: &domain::Now) -> (bool, bool) {
    let less = row.declaration.amount.0 > 1 && Act::Less.can(row, visitor, now).is_ok();
    (less, Act::Reject.can(row, visitor, now).is_ok())
}

pub(super) async fn show_less(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
) -> Result<Response, WebError> {
    let page = page(&web, &visitor, &reference, Act::Less, Fields::default()).await?;
    page.respond(&web, &visitor.shell)
}

pub(super) async fn show_reject(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
) -> Result<Response, WebError> {
    let page = page(&web, &visitor, &reference, Act::Reject, Fields::default()).await?;
    page.respond(&web, &visitor.shell)
}

async fn page(
    web: &Web,
    visitor: &Visitor,
    reference: &str,
    act: Act,
    form: Fields,
) -> Result<Page, WebError> {
    visitor.must_commission(true)?;
    visitor.must(web, Permission::SeeMoney).await?;
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let row = store::declaration::find(&mut tx, reference, &visitor.actor).await?;
    let show = Show::of(&row, act, visitor, &(web.clock)());
    Ok(Page::new("declaration/dispute.html", show).form(form))
}

/// The row that the form was made for.
fn seen(form: &Fields, reference: &str) -> Result<Seen, WebError> {
    seen_in(form)?.remove(reference).ok_or(WebError::BadRequest)
}

/// "Approve this amount".
pub(super) async fn less(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
    form: Fields,
) -> Result<Response, WebError> {
    visitor.must_commission(true)?;
    let (by, now, seen) = (&visitor.actor, (web.clock)(), seen(&form, &reference)?);
    let typed = form.get("amount").trim().trim_start_matches('£').replace(',', "");
    let Some(amount) = Pence::from_plain(&typed) else {
        let errors = Errors::one("amount", "Enter the amount that you approve, like 100.00");
        let page = page(&web, &visitor, &reference, Act::Less, form).await?;
        return page.errors(errors).status(StatusCode::BAD_REQUEST).respond(&web, &visitor.shell);
    };
    let reason = form.get("reason");
    match dispute::approve_less(&web.db, &seen, amount, reason, by, &now).await {
        Ok(after) => {
            let said = manage::approved_words(std::iter::once(&after));
            let to = format!("{}/{reference}", manage::PATH);
            Ok(Link::below(made(&now, 1, false), Flash::success(said)).redirect(&to))
        }
        Err(failed) => refused(&web, &visitor, &reference, (Act::Less, form), failed).await,
    }
}

/// "Reject".
pub(super) async fn reject(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
    form: Fields,
) -> Result<Response, WebError> {
    visitor.must_commission(true)?;
    let (by, now, seen) = (&visitor.actor, (web.clock)(), seen(&form, &reference)?);
    match dispute::reject(&web.db, &seen, form.get("reason"), by, &now).await {
        Ok(Declaration { reference, .. }) => {
            let said = "Declaration rejected. It has gone back to the provider with your reason.";
            Ok(Flash::success(said).redirect(&format!("{}/{reference}", manage::PATH)))
        }
        Err(failed) => refused(&web, &visitor, &reference, (Act::Reject, form), failed).await,
    }
}

/// The form again, with what was wrong at its field.
async fn refused(
    web: &Web,
    visitor: &Visitor,
    reference: &str,
    (act, form): (Act, Fields),
    failed: Failed<CannotApprove>,
) -> Result<Response, WebError> {
    let (field, why, status) = match failed {
        Failed::Refused(why) if why.is_forbidden() => {
            return Err(visitor.forbidden(web, Permission::Approve, &why).await);
        }
        Failed::Refused(why @ CannotApprove::NotLess(_)) => {
            ("amount", why.to_string(), StatusCode::BAD_REQUEST)
        }
        Failed::Refused(
            why @ (CannotApprove::NoReason
            | CannotApprove::ReasonTooLong
            | CannotApprove::NhsNumber),
        ) => ("reason", why.to_string(), StatusCode::BAD_REQUEST),
        Failed::Refused(why) => ("dispute", why.to_string(), StatusCode::CONFLICT),
        Failed::Other(StoreError::Stale) => {
            let why = CannotApprove::FiguresChanged.to_string();
            ("dispute", why, StatusCode::CONFLICT)
        }
        Failed::Other(fault) => return Err(fault.into()),
    };
    let page = page(web, visitor, reference, act, form).await?;
    page.errors(Errors::one(field, why)).status(status).respond(web, &visitor.shell)
}
