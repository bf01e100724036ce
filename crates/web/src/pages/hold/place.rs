//! A new hold: which service, whose declarations, what is stopped, and why.

use super::{PATH, href};
use crate::Web;
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::{Errors, Fields, Query};
use crate::page::Page;
use crate::session::Visitor;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::hold::CannotHold;
use domain::{OrganisationKind, Permission};
use serde::Serialize;
use std::sync::Arc;
use store::Failed;
use store::hold::Wanted;

/// What `hold/new.html` sees.
#[derive(Debug, Serialize)]
struct New {
    /// Code and name of each service.
    services: Vec<(String, String)>,
    /// Reference and name of each cluster.
    clusters: Vec<(String, String)>,
    back: &'static str,
}

/// Refuses unless the visitor may put services of its own organisation on hold.
pub(in crate::pages) async fn must_hold(web: &Web, visitor: &Visitor) -> Result<(), WebError> {
    visitor.must_commission(true)?;
    if visitor.organisation().kind == OrganisationKind::Region {
        let why = "The ICB that pays for a service puts it on hold and takes declarations back.";
        return Err(WebError::Forbidden { why: why.to_owned(), who: String::new() });
    }
    visitor.must(web, Permission::Hold).await
}

async fn page(web: &Web, visitor: &Visitor, form: Fields) -> Result<Page, WebError> {
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let services = store::hold::services(&mut tx, &visitor.actor).await?;
    let clusters = store::cluster::list(&mut tx, &visitor.actor).await?;
    let new = New {
        services: services.into_iter().map(|service| (service.code, service.name)).collect(),
        clusters: clusters
            .into_iter()
            .map(|listed| (listed.cluster.reference, listed.cluster.name))
            .collect(),
        back: PATH,
    };
    Ok(Page::new("hold/new.html", new).form(form))
}

/// "Put a service on hold".
pub(super) async fn ask(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, WebError> {
    must_hold(&web, &visitor).await?;
    let form = query.with("stops", "both");
    page(&web, &visitor, form).await?.respond(&web, &visitor.shell)
}

/// Places it.
pub(super) async fn place(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, WebError> {
    must_hold(&web, &visitor).await?;
    let wanted = Wanted {
        service: fields.get("service").to_owned(),
        cluster: fields.get("cluster").to_owned(),
        stops: fields.get("stops").to_owned(),
        reason: fields.get("reason").replace("\r\n", "\n"),
    };
    let (by, now) = (&visitor.actor, (web.clock)());
    let read = store::hold::read(&mut web.db.read_as(&visitor.actor).await?, &wanted, by).await?;
    if let Err(problems) = read {
        let mut errors = Errors::new();
        for (field, why) in problems {
            errors.add(field, why.to_string());
        }
        return page(&web, &visitor, fields).await?.errors(errors).respond(&web, &visitor.shell);
    }
    match store::hold::place(&web.db, &wanted, by, &now).await {
        Ok(hold) => {
            let said = format!("{} is on hold.", hold.service_name);
            Ok(Flash::success(said).redirect(&href(&hold)))
        }
        Err(Failed::Refused(why @ CannotHold::NotAllowed(_))) => {
            Err(visitor.forbidden(&web, Permission::Hold, &why).await)
        }
        // Somebody deleted the cluster since it was looked at.
        Err(Failed::Refused(why)) => page(&web, &visitor, fields)
            .await?
            .errors(Errors::one("cluster", why.to_string()))
            .status(StatusCode::CONFLICT)
            .respond(&web, &visitor.shell),
        Err(Failed::Other(fault)) => Err(fault.into()),
    }
}
