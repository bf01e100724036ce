//! National figures: every version with its source, what a waiting one changes, and the decision about it.

mod change;
mod decide;
mod load;

use crate::Web;
use crate::error::WebError;
use crate::form::{Errors, Fields, Query};
use crate::page::Page;
use crate::routes::Routes;
use crate::session::Visitor;
use crate::words::more_or_less;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use change::Effect;
use chrono::{DateTime, NaiveDate, Utc};
use decide::Decision;
use domain::money::thousands;
use domain::ratio::Exact;
use domain::reference::{ReferenceFigures, ReferenceState};
use domain::status::Status;
use domain::{Pence, ReferenceId};
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;
use store::Tx;
use store::reference::Version;

const PATH: &str = "/national-figures";

/// The addresses of this file.
pub fn routes() -> Routes {
    Routes::new()
        .route("/national-figures", get(list))
        .route("/national-figures/new", get(load::ask).post(load::load))
        .route("/national-figures/{id}", get(show))
        .route("/national-figures/{id}/changes.csv", get(change::csv))
        .route("/national-figures/{id}/use", post(decide::take_into_use))
        .route("/national-figures/{id}/set-aside", post(decide::set_aside))
}

/// What `reference/list.html` sees.
#[derive(Debug, Serialize)]
struct List {
    versions: Vec<Row>,
    may_load: bool,
}

/// One version.
#[derive(Debug, Serialize)]
struct Row {
    href: String,
    name: String,
    status: &'static Status,
    published_on: NaiveDate,
    source: String,
    loaded_by: String,
    loaded_at: DateTime<Utc>,
}

impl From<&Version> for Row {
    fn from(version: &Version) -> Self {
        let figures = &version.loaded.figures;
        Self {
            href: format!("{PATH}/{}", version.id),
            name: named(version),
            status: version.loaded.state.status(),
            published_on: figures.published_on,
            source: figures.source.clone(),
            loaded_by: version.loaded_by.clone(),
            loaded_at: version.loaded_at,
        }
    }
}

/// `QOF 2026 to 2027, version 2`.
fn named(version: &Version) -> String {
    let figures = &version.loaded.figures;
    format!("{} {}, version {}", figures.set, figures.year, version.number)
}

/// A provider sees what is or was paid by, and nothing that may never be used.
fn is_shown(version: &Version, visitor: &Visitor) -> bool {
    visitor.organisation().kind.commissions()
        || matches!(version.loaded.state, ReferenceState::InForce | ReferenceState::Superseded)
}

async fn list(State(web): State<Arc<Web>>, visitor: Visitor) -> Result<Response, WebError> {
    let all = store::reference::list(&mut web.db.read_as(&visitor.actor).await?).await?;
    let list = List {
        versions: all.iter().filter(|own| is_shown(own, &visitor)).map(Row::from).collect(),
        may_load: domain::reference::decides(&visitor.actor).is_ok(),
    };
    Page::new("reference/list.html", list).respond(&web, &visitor.shell)
}

/// What `reference/show.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    href: String,
    /// Where a new version is loaded that begins with the text of this one.
    from: String,
    name: String,
    status: &'static Status,
    /// "version 1", where another one is in force.
    in_force: Option<String>,
    published_on: NaiveDate,
    source: String,
    file: String,
    loaded_by: String,
    loaded_at: DateTime<Utc>,
    decided_by: Option<String>,
    decided_at: Option<DateTime<Utc>>,
    /// What does not fit; empty when everything does.
    warning: String,
    figures: Vec<Compared>,
    is_waiting: bool,
    may_load: bool,
    decision: Option<Decision>,
    /// What a waiting version changes; nothing for those who may not see achievement.
    effect: Option<Effect>,
}

/// One figure beside the one in force.
#[derive(Debug, Serialize)]
struct Compared {
    name: String,
    before: Option<String>,
    after: Option<String>,
    change: String,
}

async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(query): Query,
) -> Result<Response, WebError> {
    page(&web, &visitor, &id, query, None).await
}

/// The page of a version; with a refusal in its error summary where one has just been given.
async fn page(
    web: &Web,
    visitor: &Visitor,
    id: &str,
    query: Fields,
    refused: Option<String>,
) -> Result<Response, WebError> {
    let (mut tx, version) = find(web, visitor, id).await?;
    let in_force = in_force(&mut tx, &version).await?;
    let is_waiting = version.loaded.state == ReferenceState::Loaded;
    let decision =
        if is_waiting { Some(Decision::of(&mut tx, visitor, &version).await?) } else { None };
    drop(tx);
    let effect = if is_waiting { Effect::of(web, visitor, &version, &query).await? } else { None };
    let show = Show::of(&version, in_force.as_ref(), visitor, decision, effect);
    let page = Page::new("reference/show.html", show).form(query);
    match refused {
        Some(why) => page.errors(Errors::one("figures", why)).status(StatusCode::CONFLICT),
        None => page,
    }
    .respond(web, &visitor.shell)
}

/// The page for somebody who does not decide about national figures, with who does.
pub(crate) async fn forbidden(visitor: &Visitor, web: &Web) -> WebError {
    match domain::reference::decides(&visitor.actor) {
        Err(why) => decide::forbidden(web, visitor, &why).await,
        Ok(()) => WebError::NotFound,
    }
}

/// The version of the address, with the transaction that found it.
async fn find(web: &Web, visitor: &Visitor, id: &str) -> Result<(Tx, Version), WebError> {
    let id: ReferenceId = id.parse().map_err(|_| WebError::NotFound)?;
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let version = store::reference::find(&mut tx, id).await?;
    if is_shown(&version, visitor) { Ok((tx, version)) } else { Err(WebError::NotFound) }
}

/// The version that calculations use in the place of this one.
async fn in_force(tx: &mut Tx, version: &Version) -> Result<Option<Version>, WebError> {
    let figures = &version.loaded.figures;
    let is_it = |own: &Version| {
        let other = &own.loaded.figures;
        own.loaded.state == ReferenceState::InForce
            && own.id != version.id
            && (&other.set, other.year) == (&figures.set, figures.year)
    };
    Ok(store::reference::list(tx).await?.into_iter().find(is_it))
}

impl Show {
    fn of(
        version: &Version,
        in_force: Option<&Version>,
        visitor: &Visitor,
        decision: Option<Decision>,
        effect: Option<Effect>,
    ) -> Self {
        let figures = &version.loaded.figures;
        let sees_prices = visitor.actor.sees_prices();
        let (decided_by, decided_at) = version.decided.clone().unzip();
        let warning = match figures.check_invariant() {
            Ok(()) => String::new(),
            Err(broken) if sees_prices => broken.to_string(),
            Err(_) => "The value of a point and the national average list do not fit each other as in other years. One of the two numbers may be wrong.".into(),
        };
        Self {
            href: format!("{PATH}/{}", version.id),
            from: format!("{PATH}/new?from={}", version.id),
            name: named(version),
            status: version.loaded.state.status(),
            in_force: in_force.map(|own| format!("version {}", own.number)),
            published_on: figures.published_on,
            source: figures.source.clone(),
            file: version.file.clone(),
            loaded_by: version.loaded_by.clone(),
            loaded_at: version.loaded_at,
            decided_by,
            decided_at,
            warning,
            figures: compared(in_force.map(|own| &own.loaded.figures), figures, sees_prices),
            is_waiting: decision.is_some(),
            may_load: domain::reference::decides(&visitor.actor).is_ok(),
            decision,
            effect,
        }
    }
}

/// Each figure of a version beside the one in force; those in pounds only for readers who may see prices.
fn compared(
    before: Option<&ReferenceFigures>,
    after: &ReferenceFigures,
    sees_prices: bool,
) -> Vec<Compared> {
    let mut all = Vec::new();
    if sees_prices {
        let value = |figures: &ReferenceFigures| figures.point_value;
        all.push(Compared {
            name: "Value of a point".into(),
            before: before.map(|own| value(own).to_string()),
            after: Some(value(after).to_string()),
            change: before
                .map(|own| more_or_less(Pence(value(after).0 - value(own).0)))
                .unwrap_or_default(),
        });
    }
    let patients = |figures: &ReferenceFigures| Exact::whole(figures.average_list);
    let whole = |figures: &ReferenceFigures| thousands(figures.average_list.into());
    all.push(Compared {
        name: "National average list".into(),
        before: before.map(whole),
        after: Some(whole(after)),
        change: before
            .map(|own| by_how_much(&patients(own), &patients(after), ""))
            .unwrap_or_default(),
    });
    if sees_prices {
        let pence = |figures: &ReferenceFigures| figures.pence_per_patient();
        let word = |figures: &ReferenceFigures| format!("{} pence", pence(figures).to_fixed(4));
        all.push(Compared {
            name: "Value of a point over the average list".into(),
            before: before.map(word),
            after: Some(word(after)),
            change: before
                .map(|own| by_how_much(&pence(own).rounded(4), &pence(after).rounded(4), " pence"))
                .unwrap_or_default(),
        });
    }
    all.extend(prevalences(before, after));
    all
}

fn prevalences(before: Option<&ReferenceFigures>, after: &ReferenceFigures) -> Vec<Compared> {
    let groups: BTreeSet<&String> =
        before.into_iter().chain([after]).flat_map(|figures| figures.prevalence.keys()).collect();
    let one = |group: &String| {
        let old = before.and_then(|own| own.prevalence.get(group));
        let new = after.prevalence.get(group);
        Compared {
            name: format!("National prevalence of {group}"),
            before: old.map(|percent| format!("{percent}%")),
            after: new.map(|percent| format!("{percent}%")),
            change: match (old, new) {
                (Some(old), Some(new)) => by_how_much(old, new, " percentage points"),
                _ => String::new(),
            },
        }
    };
    groups.into_iter().map(one).collect()
}

/// `35 more`, `0.05 percentage points less`, `No change`.
fn by_how_much(before: &Exact, after: &Exact, unit: &str) -> String {
    let change = after - before;
    if change.is_zero() {
        return "No change".to_owned();
    }
    let text = change.to_short(6);
    match text.strip_prefix('-') {
        Some(less) => format!("{less}{unit} less"),
        None => format!("{text}{unit} more"),
    }
}
