//! "Settle by hand": a payment that failed for the last time, and how it was settled outside the files.

use super::lines::LineRow;
use crate::Web;
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::{Errors, Fields, Query, date_fields};
use crate::page::Page;
use crate::pages::receipt::Link;
use crate::pages::receipt::money::made;
use crate::session::Visitor;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::Permission;
use domain::payment::{CannotSettle, Settling};
use serde::Serialize;
use std::sync::Arc;
use store::Failed;

/// What `payment/settle.html` sees.
#[derive(Debug, Serialize)]
struct Settle {
    line: LineRow,
}

/// The form for the payment that the address names.
pub(super) async fn ask(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, WebError> {
    let form = Fields::from_iter(date_fields("settled", (web.clock)().today));
    let page = page(&web, &visitor, query.get("payment"), form, Errors::new()).await?;
    page.respond(&web, &visitor.shell)
}

/// The form; whoever cannot settle the payment is told why, and who can.
async fn page(
    web: &Web,
    visitor: &Visitor,
    identity: &str,
    form: Fields,
    errors: Errors,
) -> Result<Page, WebError> {
    visitor.must_commission(true)?;
    visitor.must(web, Permission::MakePayments).await?;
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let (line, file) = store::payment::to_settle(&mut tx, identity, &visitor.actor).await?;
    if let Err(why) = line.payment.can_settle(&file, &visitor.actor) {
        let who = match why {
            CannotSettle::SamePersonCreated | CannotSettle::CountsAsOne(_) => {
                let own = visitor.organisation();
                let any = (&[Permission::MakePayments][..], own.kind);
                let mut names = store::person::holders(&mut tx, own.id, any, &visitor.now).await?;
                names.retain(|holder| !holder.shares(&file.created_by));
                match names.as_slice() {
                    [] => format!("Nobody else at {} can yet.", own.name),
                    names => format!(
                        "At {} these people can: {}.",
                        own.name,
                        store::person::named(names)
                    ),
                }
            }
            _ => String::new(),
        };
        return Err(WebError::Forbidden { why: why.to_string(), who });
    }
    let settle = Settle { line: LineRow::from(&line) };
    Ok(Page::new("payment/settle.html", settle).form(form).errors(errors))
}

/// Records how it was settled.
pub(super) async fn settle(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    form: Fields,
) -> Result<Response, WebError> {
    visitor.must_commission(true)?;
    visitor.must(&web, Permission::MakePayments).await?;
    let identity = form.get("payment").to_owned();
    let mut errors = Errors::new();
    let Some(on) = form.date("settled", "Date settled", &mut errors) else {
        let page = page(&web, &visitor, &identity, form, errors).await?;
        return page.respond(&web, &visitor.shell);
    };
    let settling = Settling {
        on,
        reference: form.get("reference").trim().to_owned(),
        reason: form.get("reason").trim().to_owned(),
    };
    let (by, now) = (&visitor.actor, (web.clock)());
    let why = match store::payment::settle(&web.db, &identity, &settling, by, &now).await {
        Ok(()) => {
            let done = format!("{identity} recorded as settled outside the files.");
            let flash = Link::below(made(&now, 1, false), Flash::success(done));
            return Ok(flash.redirect("/payments/failed"));
        }
        Err(Failed::Other(fault)) => return Err(fault.into()),
        Err(Failed::Refused(why)) => why,
    };
    let (field, target) = match why {
        CannotSettle::ReferenceMissing | CannotSettle::ReferenceTooLong => {
            ("reference", "reference")
        }
        CannotSettle::ReasonMissing | CannotSettle::ReasonTooLong | CannotSettle::NhsNumber => {
            ("reason", "reason")
        }
        CannotSettle::InFuture | CannotSettle::BeforeSent(_) => ("settled", "settled-day"),
        CannotSettle::AlreadySettled => {
            return Ok(Flash::information(why.to_string()).redirect("/payments/failed"));
        }
        why => return Err(WebError::Forbidden { why: why.to_string(), who: String::new() }),
    };
    errors.add_at(field, target, why.to_string());
    let page = page(&web, &visitor, &identity, form, errors).await?;
    page.status(StatusCode::UNPROCESSABLE_ENTITY).respond(&web, &visitor.shell)
}
