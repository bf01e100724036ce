//! Clusters: sets of providers that a commissioner keeps under a name, to choose them together in its contracts.

mod edit;

use crate::Web;
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::{Errors, Fields};
use crate::page::Page;
use crate::pages::offer::{Entry, Instead, seen};
use crate::pages::organisation::choice::{Choice, ProviderRow};
use crate::routes::Routes;
use crate::session::Visitor;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use chrono::NaiveDate;
use domain::cluster::{CannotCluster, Cluster};
use domain::{OrganisationKind, Permission};
use serde::Serialize;
use std::sync::Arc;
use store::Failed;
use store::cluster::Member;

const PATH: &str = "/clusters";

/// The addresses of this file.
pub fn routes() -> Routes {
    Routes::new()
        .route("/clusters", get(list))
        .route("/clusters/new", get(edit::start).post(edit::create))
        .route("/clusters/{reference}", get(show))
        .route("/clusters/{reference}/change", get(edit::ask).post(edit::change))
        .route("/clusters/{reference}/delete", get(check).post(delete))
}

/// What `cluster/list.html` sees.
#[derive(Debug, Serialize)]
struct List {
    clusters: Vec<Row>,
    /// Whether clusters of several commissioners stand in the list.
    is_region: bool,
    /// Why this person cannot make one, and who can.
    not_allowed: Option<Instead>,
}

/// One cluster of the list.
#[derive(Debug, Serialize)]
struct Row {
    href: String,
    name: String,
    description: String,
    commissioner: String,
    providers: i64,
}

/// What `cluster/show.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    href: String,
    reference: String,
    name: String,
    description: String,
    providers: Vec<ProviderRow>,
    gone: Vec<Gone>,
    /// Whether it is of the visitor's organisation.
    is_own: bool,
    not_allowed: Option<Instead>,
    history: Vec<Entry>,
}

/// A provider that is in a cluster and cannot be chosen any more.
#[derive(Debug, Serialize)]
struct Gone {
    code: String,
    name: String,
    closed_on: Option<NaiveDate>,
}

impl From<Member> for Gone {
    fn from(member: Member) -> Self {
        Self { code: member.code, name: member.name, closed_on: member.closed_on }
    }
}

/// What `cluster/delete.html` sees.
#[derive(Debug, Serialize)]
struct Check {
    href: String,
    name: String,
    version: i64,
    providers: i64,
}

async fn list(State(web): State<Arc<Web>>, visitor: Visitor) -> Result<Response, WebError> {
    visitor.must_commission(true)?;
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let clusters = store::cluster::list(&mut tx, &visitor.actor).await?;
    drop(tx);
    let row = |one: store::cluster::Listed| Row {
        href: href(&one.cluster),
        name: one.cluster.name,
        description: one.cluster.description,
        commissioner: one.commissioner_name,
        providers: one.providers,
    };
    let list = List {
        clusters: clusters.into_iter().map(row).collect(),
        is_region: visitor.organisation().kind == OrganisationKind::Region,
        not_allowed: Instead::of(&web, &visitor, Permission::ManageClusters).await?,
    };
    Page::new("cluster/list.html", list).respond(&web, &visitor.shell)
}

fn href(cluster: &Cluster) -> String {
    format!("{PATH}/{}", cluster.reference)
}

async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
) -> Result<Response, WebError> {
    visitor.must_commission(true)?;
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let cluster = store::cluster::find(&mut tx, &reference, &visitor.actor).await?;
    let members = store::cluster::members(&mut tx, &cluster, &(web.clock)()).await?;
    let history = store::event::of(&mut tx, cluster.id.0).await?;
    drop(tx);
    let show = Show {
        href: href(&cluster),
        providers: Choice::rows(&members.open),
        gone: members.gone.into_iter().map(Gone::from).collect(),
        is_own: cluster.commissioner == visitor.organisation().id,
        not_allowed: Instead::of(&web, &visitor, Permission::ManageClusters).await?,
        history: history.into_iter().map(Entry::of).collect(),
        reference: cluster.reference,
        name: cluster.name,
        description: cluster.description,
    };
    Page::new("cluster/show.html", show).respond(&web, &visitor.shell)
}

/// A cluster of the visitor's own organisation, for whoever maintains clusters.
async fn own(web: &Web, visitor: &Visitor, reference: &str) -> Result<Cluster, WebError> {
    visitor.must_commission(true)?;
    visitor.must(web, Permission::ManageClusters).await?;
    let mut tx = web.db.glance_as(&visitor.actor).await?;
    let cluster = store::cluster::find(&mut tx, reference, &visitor.actor).await?;
    match cluster.commissioner == visitor.organisation().id {
        true => Ok(cluster),
        false => Err(WebError::NotFound),
    }
}

/// What would be deleted.
async fn check(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
) -> Result<Response, WebError> {
    let cluster = own(&web, &visitor, &reference).await?;
    check_page(&web, cluster).await?.respond(&web, &visitor.shell)
}

async fn check_page(web: &Web, cluster: Cluster) -> Result<Page, WebError> {
    let mut tx = web.db.read().await?;
    let members = store::cluster::members(&mut tx, &cluster, &(web.clock)()).await?;
    drop(tx);
    let check = Check {
        href: href(&cluster),
        name: cluster.name,
        version: cluster.version,
        providers: (members.open.len() + members.gone.len()) as i64,
    };
    Ok(Page::new("cluster/delete.html", check))
}

/// "Delete cluster".
async fn delete(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
    fields: Fields,
) -> Result<Response, WebError> {
    let cluster = own(&web, &visitor, &reference).await?;
    let (seen, now) = (seen(&fields)?, (web.clock)());
    match store::cluster::delete(&web.db, &reference, seen, &visitor.actor, &now).await {
        Ok(cluster) => {
            Ok(Flash::success(format!("Cluster {} deleted.", cluster.name)).redirect(PATH))
        }
        Err(Failed::Refused(why @ (CannotCluster::OnHold(_) | CannotCluster::Narrows(_)))) => {
            check_page(&web, cluster)
                .await?
                .errors(Errors::one("delete", why.to_string()))
                .status(StatusCode::CONFLICT)
                .respond(&web, &visitor.shell)
        }
        Err(failed) => Err(edit::fault(&web, &visitor, &reference, failed).await),
    }
}
