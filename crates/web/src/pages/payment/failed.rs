//! Payments that failed: why, and letting them go into the next file.

use super::lines::LineRow;
use crate::Web;
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::{Errors, Fields};
use crate::page::Page;
use crate::session::Visitor;
use crate::words::plural;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::{OrganisationKind, Permission, Refusal};
use serde::Serialize;
use std::sync::Arc;
use store::{Failed, StoreError};

/// What `payment/failed.html` sees.
#[derive(Debug, Serialize)]
struct List {
    rows: Vec<LineRow>,
    may_act: bool,
    /// What went through when other payments did not.
    done: String,
}

/// "Payments that failed".
pub(super) async fn list(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
) -> Result<Response, WebError> {
    page(&web, &visitor, Errors::new(), String::new()).await?.respond(&web, &visitor.shell)
}

async fn page(
    web: &Web,
    visitor: &Visitor,
    errors: Errors,
    done: String,
) -> Result<Page, WebError> {
    visitor.must_commission(true)?;
    visitor.must(web, Permission::SeePayments).await?;
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let failed = store::payment::failed(&mut tx, &visitor.actor).await?;
    let is_region = visitor.organisation().kind == OrganisationKind::Region;
    let list = List {
        rows: failed.iter().map(LineRow::from).collect(),
        may_act: !is_region && visitor.actor.may(Permission::MakePayments),
        done,
    };
    Ok(Page::new("payment/failed.html", list).errors(errors))
}

/// "Try again".
pub(super) async fn try_again(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    form: Fields,
) -> Result<Response, WebError> {
    visitor.must_commission(true)?;
    visitor.must(&web, Permission::MakePayments).await?;
    let identities: Vec<String> = form.all("payment").map(ToOwned::to_owned).collect();
    if identities.is_empty() {
        let errors = Errors::one("payment", "Select at least 1 payment to try again");
        return page(&web, &visitor, errors, String::new()).await?.respond(&web, &visitor.shell);
    }
    let (by, now) = (&visitor.actor, (web.clock)());
    let tried = match store::payment::try_again(&web.db, &identities, by, &now).await {
        Ok(tried) => tried,
        Err(Failed::Other(fault)) => return Err(fault.into()),
        Err(Failed::Refused(why)) => {
            return Err(visitor.forbidden(&web, Permission::MakePayments, &why).await);
        }
    };
    let mut errors = Errors::new();
    for one in &tried {
        let why = match &one.result {
            Ok(()) => continue,
            Err(Failed::Refused(why)) if why.is_forbidden() => {
                return Err(visitor.forbidden(&web, Permission::MakePayments, why).await);
            }
            Err(Failed::Refused(why)) => why.to_string(),
            Err(Failed::Other(StoreError::Stale)) => {
                "Someone else changed this while you were working.".to_owned()
            }
            Err(Failed::Other(fault)) => return Err(WebError::internal(fault.to_string())),
        };
        let (declaration, _) = one.identity.split_once('/').unwrap_or((&one.identity, ""));
        let own = format!("/declarations/{declaration}");
        errors.add_at(&one.identity, &own, format!("{}: {why}", one.identity));
    }
    let went = tried.iter().filter(|one| one.result.is_ok()).count();
    let done = match went {
        0 => String::new(),
        count => format!(
            "{} into the next payment file.",
            plural(count as i64, "payment goes", Some("payments go"))
        ),
    };
    if errors.is_empty() {
        return Ok(Flash::success(done).redirect("/payments/failed"));
    }
    page(&web, &visitor, errors, done)
        .await?
        .status(StatusCode::CONFLICT)
        .respond(&web, &visitor.shell)
}
