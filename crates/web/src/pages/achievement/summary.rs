//! Achievement Summary Report: one service of one provider, every achievement date with its working, made to be printed.

use super::{Shown, other};
use crate::Web;
use crate::error::WebError;
use crate::form::Query;
use crate::page::Page;
use crate::session::Visitor;
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::{FinancialYear, Organisation, Pence, Permission};
use serde::Serialize;
use std::sync::Arc;

/// What `achievement/summary.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    /// The provider reported on; none while a commissioner has not chosen one.
    provider: Option<Provider>,
    is_provider: bool,
    services: Vec<Service>,
    /// The service reported on.
    service: String,
    year: String,
    report: Option<Report>,
}

#[derive(Debug, Serialize)]
struct Provider {
    name: String,
    code: String,
}

#[derive(Debug, Serialize)]
struct Service {
    code: String,
    name: String,
    year: String,
}

#[derive(Debug, Serialize)]
struct Report {
    achievements: Vec<Shown>,
    total: Option<Pence>,
    at: DateTime<Utc>,
    by: String,
}

pub(super) async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, WebError> {
    visitor.must(&web, Permission::RunReports).await?;
    let (by, now) = (&visitor.actor, (web.clock)());
    let mut tx = web.db.read().await?;
    let own = visitor.organisation();
    let provider: Option<Organisation> = if own.kind.provides() {
        Some(own.clone())
    } else {
        let code = query.get("provider").to_uppercase();
        store::organisation::find_by_code(&mut tx, &code).await?
    };
    let named = store::achievement::services(&mut tx, by).await?;
    let chosen = named.iter().find(|service| service.code == query.get("service"));
    let report = match (&provider, chosen) {
        (Some(provider), Some(service)) => {
            let id = store::service::find_by_code(&mut tx, &service.code)
                .await?
                .ok_or(WebError::NotFound)?
                .id;
            let summary = store::achievement::summary(&mut tx, id, provider.id, by, &now).await;
            let summary = summary.map_err(other)?;
            let sees_money = by.sees_money();
            Some(Report {
                achievements: summary
                    .achievements
                    .iter()
                    .map(|detail| Shown::of(detail, sees_money))
                    .collect(),
                total: summary.total,
                at: now.instant,
                by: by.name().to_owned(),
            })
        }
        _ => None,
    };
    drop(tx);
    let year = |year: i64| FinancialYear(i32::try_from(year).unwrap_or_default()).to_string();
    let show = Show {
        is_provider: own.kind.provides(),
        provider: provider.map(|own| Provider { name: own.name, code: own.code }),
        service: chosen.map_or_else(String::new, |service| service.name.clone()),
        year: chosen.map_or_else(String::new, |service| year(service.year)),
        services: named
            .into_iter()
            .map(|own| Service { code: own.code, name: own.name, year: year(own.year) })
            .collect(),
        report,
    };
    Page::new("achievement/summary.html", show).form(query).respond(&web, &visitor.shell)
}
