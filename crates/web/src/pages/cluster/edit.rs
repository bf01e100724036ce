//! A new cluster, and an old one changed: its name, what it is for, and its providers.

use super::{Gone, PATH, href, own};
use crate::Web;
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::{Errors, Fields};
use crate::page::Page;
use crate::pages::offer::seen;
use crate::pages::organisation::choice::{self, Choice, is_search, ticked};
use crate::session::Visitor;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::Permission;
use domain::cluster::{CannotCluster, Cluster, Details};
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;
use store::cluster::Members;
use store::{Failed, StoreError};

/// What `cluster/edit.html` sees.
#[derive(Debug, Serialize)]
struct Edit {
    /// "New cluster", or the cluster's name.
    title: String,
    action: String,
    back: String,
    /// The version that is seen; nothing for a new one.
    version: Option<i64>,
    /// Providers of it that cannot be chosen any more; they stay unless their tick is taken off.
    gone: Vec<Gone>,
    /// The codes of those of them that are ticked.
    stay: Vec<String>,
    #[serde(flatten)]
    choice: Choice,
}

/// The form, as the cluster is or as it was typed.
async fn page(
    web: &Web,
    visitor: &Visitor,
    cluster: Option<&Cluster>,
    typed: Option<Fields>,
) -> Result<Page, WebError> {
    let now = (web.clock)();
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let all = store::organisation::providers(&mut tx, visitor.organisation().id, &now).await?;
    let members = match cluster {
        Some(cluster) => store::cluster::members(&mut tx, cluster, &now).await?,
        None => Members::default(),
    };
    drop(tx);
    let gone: Vec<Gone> = members.gone.iter().cloned().map(Gone::from).collect();
    let (chosen, stay) = match &typed {
        Some(fields) => (ticked(fields), stays(fields)),
        None => (members.codes(), gone.iter().map(|one| one.code.clone()).collect()),
    };
    let fields = typed.unwrap_or_else(|| match cluster {
        Some(cluster) => Fields::from_iter([
            ("name", cluster.name.clone()),
            ("description", cluster.description.clone()),
        ]),
        None => Fields::default(),
    });
    let edit = Edit {
        title: cluster.map_or_else(|| "New cluster".into(), |it| format!("Change {}", it.name)),
        action: cluster.map_or_else(|| format!("{PATH}/new"), |it| format!("{}/change", href(it))),
        back: cluster.map_or_else(|| PATH.to_owned(), href),
        version: cluster.map(|it| it.version),
        gone,
        stay: stay.into_iter().collect(),
        choice: Choice::of(&all, &chosen, &fields, true),
    };
    Ok(Page::new("cluster/edit.html", edit).form(fields))
}

/// The codes of those who cannot be chosen any more and stay ticked.
fn stays(fields: &Fields) -> BTreeSet<String> {
    fields.all("gone").map(ToOwned::to_owned).collect()
}

/// What was typed and chosen, or everything that is wrong with it.
async fn read(
    web: &Web,
    visitor: &Visitor,
    fields: &Fields,
) -> Result<Result<Details, Errors>, WebError> {
    let (commissioner, mut wrong) = (visitor.organisation().id, Errors::new());
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let providers = choice::read(&mut tx, commissioner, fields, &(web.clock)(), &mut wrong).await?;
    drop(tx);
    let details = Details {
        name: fields.get("name").to_owned(),
        description: fields.get("description").to_owned(),
        providers: providers.union(&stays(fields)).cloned().collect(),
    }
    .trimmed();
    let mut errors = Errors::new();
    for (field, why) in details.check().err().into_iter().flatten() {
        errors.add(field, why.to_string());
    }
    errors.append(wrong);
    Ok(if errors.is_empty() { Ok(details) } else { Err(errors) })
}

/// "New cluster".
pub(super) async fn start(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
) -> Result<Response, WebError> {
    visitor.must_commission(true)?;
    visitor.must(&web, Permission::ManageClusters).await?;
    page(&web, &visitor, None, None).await?.respond(&web, &visitor.shell)
}

/// "Save cluster", or the same form narrowed to a search, with nothing saved.
pub(super) async fn create(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, WebError> {
    visitor.must_commission(true)?;
    visitor.must(&web, Permission::ManageClusters).await?;
    save(&web, &visitor, None, fields).await
}

/// An old cluster to change.
pub(super) async fn ask(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
) -> Result<Response, WebError> {
    let cluster = own(&web, &visitor, &reference).await?;
    page(&web, &visitor, Some(&cluster), None).await?.respond(&web, &visitor.shell)
}

/// The same, saved or narrowed to a search.
pub(super) async fn change(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
    fields: Fields,
) -> Result<Response, WebError> {
    let cluster = own(&web, &visitor, &reference).await?;
    save(&web, &visitor, Some(cluster), fields).await
}

async fn save(
    web: &Web,
    visitor: &Visitor,
    cluster: Option<Cluster>,
    fields: Fields,
) -> Result<Response, WebError> {
    if is_search(&fields) {
        let page = page(web, visitor, cluster.as_ref(), Some(fields)).await?;
        return page.respond(web, &visitor.shell);
    }
    let details = match read(web, visitor, &fields).await? {
        Ok(details) => details,
        Err(errors) => {
            let page = page(web, visitor, cluster.as_ref(), Some(fields)).await?;
            return page.errors(errors).respond(web, &visitor.shell);
        }
    };
    let (by, now) = (&visitor.actor, (web.clock)());
    let saved = match &cluster {
        None => store::cluster::create(&web.db, details, by, &now).await,
        Some(cluster) => {
            let seen = seen(&fields)?;
            store::cluster::change(&web.db, &cluster.reference, seen, details, by, &now).await
        }
    };
    match saved {
        Ok(saved) => {
            Ok(Flash::success(format!("Cluster {} saved.", saved.name)).redirect(&href(&saved)))
        }
        Err(Failed::Refused(
            why @ (CannotCluster::NameTaken(_) | CannotCluster::NotYourProvider(_)),
        )) => {
            let field =
                if matches!(why, CannotCluster::NameTaken(_)) { "name" } else { "provider" };
            let page = page(web, visitor, cluster.as_ref(), Some(fields)).await?;
            page.errors(Errors::one(field, why.to_string()))
                .status(StatusCode::CONFLICT)
                .respond(web, &visitor.shell)
        }
        Err(failed) => {
            let reference = cluster.map_or_else(String::new, |it| it.reference);
            Err(fault(web, visitor, &reference, failed).await)
        }
    }
}

/// What stands in the place of a page when a cluster could not be kept.
pub(super) async fn fault(
    web: &Web,
    visitor: &Visitor,
    reference: &str,
    failed: Failed<CannotCluster>,
) -> WebError {
    match failed {
        Failed::Refused(why) => visitor.forbidden(web, Permission::ManageClusters, &why).await,
        Failed::Other(StoreError::Stale) => WebError::Stale { see: format!("{PATH}/{reference}") },
        Failed::Other(fault) => fault.into(),
    }
}
