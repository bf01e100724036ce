//! Services: one service with its components, prices and rules; beside it the commissioner's catalogue.

pub(crate) mod changes;
mod list;
mod participants;

pub(crate) use domain::service::terms;

pub(crate) use list::{catalogue, page as catalogue_page};

use crate::Web;
use crate::error::WebError;
use crate::form::Query;
use crate::page::Page;
use crate::pages::offer::Instead;
use crate::routes::Routes;
use crate::session::Visitor;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use domain::contract::may_offer;
use domain::{Permission, status};
use serde::Serialize;
use std::sync::Arc;
use store::offer::Answers;
use store::service::Version;
use terms::Terms;

/// The addresses of this file. `/services` itself is shared with providers, who see their offers there.
pub fn routes() -> Routes {
    Routes::new()
        .route("/catalogue/{code}", get(show))
        .route("/catalogue/{code}/participants", get(participants::show))
        .route("/catalogue/{code}/participants.csv", get(participants::csv))
}

/// What `service/show.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    terms: Terms,
    published: chrono::DateTime<chrono::Utc>,
    periods: Vec<String>,
    versions: Vec<VersionRow>,
    /// How the offers of a commissioner stand; nothing for a provider.
    answers: Option<Vec<Number>>,
    /// Whether a commissioner can offer it; nothing for a provider.
    offer: Option<Offering>,
}

/// "Offer this service", or what stands in its place.
#[derive(Debug, Serialize)]
struct Offering {
    not_allowed: Option<Instead>,
    refusal: Option<String>,
}

impl Offering {
    async fn of(
        web: &Web,
        visitor: &Visitor,
        service: &domain::Service,
    ) -> Result<Option<Self>, WebError> {
        if !visitor.organisation().kind.commissions() {
            return Ok(None);
        }
        let not_allowed = Instead::of(web, visitor, Permission::Commission).await?;
        let refusal = may_offer(service.ends_on, &visitor.actor, &(web.clock)()).err();
        Ok(Some(Self { not_allowed, refusal: refusal.map(|why| why.to_string()) }))
    }
}

/// One version of the definition.
#[derive(Debug, Serialize)]
struct VersionRow {
    number: i64,
    /// The first achievement date it counts for; nothing for the first version.
    counts_from: Option<chrono::NaiveDate>,
    /// Whether it counts only for the providers that accept it.
    is_variation: bool,
    published_by: String,
    published_at: chrono::DateTime<chrono::Utc>,
}

impl From<Version> for VersionRow {
    fn from(version: Version) -> Self {
        Self {
            number: version.number,
            is_variation: version.is_variation,
            counts_from: version.effective_on,
            published_by: version.published_by_name,
            published_at: version.published_at,
        }
    }
}

/// One headline number.
#[derive(Debug, Serialize)]
struct Number {
    value: String,
    label: &'static str,
    href: String,
}

async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(code): Path<String>,
    Query(_): Query,
) -> Result<Response, WebError> {
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let found = store::service::find_by_code(&mut tx, &code).await?.ok_or(WebError::NotFound)?;
    let answers = if visitor.organisation().kind.commissions() {
        let all = store::offer::answers_by_service(&mut tx, &visitor.actor, &(web.clock)()).await?;
        let own = all.get(&found.id).copied().unwrap_or_default().answers;
        Some(numbers(own, &found.service))
    } else {
        None
    };
    let national = store::reference::of_service(&mut tx, &found.service).await?;
    let versions = store::service::versions(&mut tx, found.id).await?;
    drop(tx);
    let show = Show {
        offer: Offering::of(&web, &visitor, &found.service).await?,
        versions: versions.into_iter().map(VersionRow::from).collect(),
        terms: Terms::of(&found.service, None, national.as_deref(), &visitor.actor),
        published: found.published_at,
        periods: found.service.periods().iter().map(ToString::to_string).collect(),
        answers,
    };
    Page::new("service/show.html", show).respond(&web, &visitor.shell)
}

/// Every answer that is always shown, or that there is, each leading to who gave it.
fn numbers(answers: Answers, service: &domain::Service) -> Vec<Number> {
    let always = ["accepted", "pending", "rejected"];
    let others = ["requested", "expired", "turned_down", "withdrawn", "notice_given", "terminated"];
    let names = always.into_iter().chain(others.into_iter().filter(|name| answers.of(name) > 0));
    names
        .map(|name| Number {
            value: crate::words::number(answers.of(name)),
            label: status::of(status::OFFER, name).word,
            href: format!(
                "/contracts/answers?year={}&service={}&status={name}",
                service.year.0, service.code
            ),
        })
        .collect()
}
