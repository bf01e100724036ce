//! The decision about a waiting version: take it into use, or set it aside; and who can.

use super::{PATH, find, named, page};
use crate::Web;
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::Fields;
use crate::session::Visitor;
use crate::words::plural;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::reference::CannotUseFigures;
use domain::{Actor, Now, Permission, Refusal};
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use store::reference::Version;
use store::{Failed, Tx};

/// How long a person waits for what is calculated again; the rest goes on without them.
const WAITS: Duration = Duration::from_secs(10);

/// What the page offers to do.
#[derive(Debug, Serialize)]
pub(super) struct Decision {
    may_use: bool,
    may_set_aside: bool,
    /// Why the reader may not take it into use; empty when they may.
    why_not: String,
    /// Who can.
    who: String,
    version: i64,
}

impl Decision {
    pub(super) async fn of(
        tx: &mut Tx,
        visitor: &Visitor,
        version: &Version,
    ) -> Result<Self, WebError> {
        let why_not = version.loaded.may_use(&visitor.actor).err();
        Ok(Self {
            may_use: why_not.is_none(),
            may_set_aside: version.loaded.may_set_aside(&visitor.actor).is_ok(),
            who: if why_not.is_some() { who_decides(tx, visitor).await? } else { String::new() },
            why_not: why_not.map(|why| why.to_string()).unwrap_or_default(),
            version: version.version,
        })
    }
}

/// The others at the top who decide about national figures: "At North Region these people can: Kate Birch."
pub(super) async fn who_decides(tx: &mut Tx, visitor: &Visitor) -> Result<String, WebError> {
    let mut top = visitor.organisation().clone();
    while let Some(parent) = top.parent {
        top = store::organisation::find(tx, parent).await?;
    }
    let any = (&[Permission::UseNationalFigures][..], top.kind);
    let mut names = store::person::holders(tx, top.id, any, &visitor.now).await?;
    names.retain(|holder| holder.by.person != visitor.actor.person());
    Ok(if names.is_empty() {
        format!("Nobody else at {} has this role yet.", top.name)
    } else {
        format!("At {} these people can: {}.", top.name, store::person::named(&names))
    })
}

/// The page of a refusal that is about who the person is.
pub(super) async fn forbidden(web: &Web, visitor: &Visitor, why: &CannotUseFigures) -> WebError {
    let who = async { who_decides(&mut web.db.read_as(&visitor.actor).await?, visitor).await };
    match who.await {
        Ok(who) => WebError::Forbidden { why: why.to_string(), who },
        Err(fault) => fault,
    }
}

pub(super) async fn take_into_use(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(id): Path<String>,
    form: Fields,
) -> Result<Response, WebError> {
    let (_, version) = find(&web, &visitor, &id).await?;
    let (seen, now) = (seen(&form)?, (web.clock)());
    let used =
        store::reference::take_into_use(&web.db, version.id, seen, &visitor.actor, &now).await;
    match used {
        Ok(marked) => {
            let said = calculated(&web, marked, now).await;
            let text = format!("National figures {} taken into use. {said}", named(&version));
            Ok(Flash::success(text).redirect(&format!("{PATH}/{}", version.id)))
        }
        Err(failed) => refused(&web, &visitor, &version, failed).await,
    }
}

pub(super) async fn set_aside(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(id): Path<String>,
    form: Fields,
) -> Result<Response, WebError> {
    let (_, version) = find(&web, &visitor, &id).await?;
    let (seen, now) = (seen(&form)?, (web.clock)());
    match store::reference::set_aside(&web.db, version.id, seen, &visitor.actor, &now).await {
        Ok(()) => {
            let text = format!("National figures {} set aside.", named(&version));
            Ok(Flash::information(text).redirect(PATH))
        }
        Err(failed) => refused(&web, &visitor, &version, failed).await,
    }
}

fn seen(form: &Fields) -> Result<i64, WebError> {
    form.get("version").parse().map_err(|_| WebError::BadRequest)
}

async fn refused(
    web: &Web,
    visitor: &Visitor,
    version: &Version,
    failed: Failed<CannotUseFigures>,
) -> Result<Response, WebError> {
    match failed {
        Failed::Refused(why) if why.is_forbidden() => Err(forbidden(web, visitor, &why).await),
        Failed::Refused(why) => {
            let id = version.id.to_string();
            page(web, visitor, &id, Fields::default(), Some(why.to_string())).await
        }
        Failed::Other(store::StoreError::Stale) => {
            Err(WebError::Stale { see: format!("{PATH}/{}", version.id) })
        }
        Failed::Other(fault) => Err(fault.into()),
    }
}

/// Calculates at once what was marked, and says what came of it. What takes longer than anybody waits goes on.
async fn calculated(web: &Web, marked: u64, now: Now) -> String {
    let db = web.db.clone();
    let sweeping = tokio::spawn(async move {
        store::achievement::sweep(&db, &Actor::system("Accord"), &now).await
    });
    let many = |count: u64| plural(i64::try_from(count).unwrap_or(i64::MAX), "achievement", None);
    match tokio::time::timeout(WAITS, sweeping).await {
        Ok(Ok(Ok(swept))) => {
            let (looked, new) = (many(marked), many(swept.calculated));
            let held = match swept.held {
                0 => String::new(),
                held => format!(" {} held because something is missing.", many(held)),
            };
            format!("{looked} looked at again, {new} with a new calculation.{held}")
        }
        // Whatever is marked is found by the sweep of the next minute.
        _ => format!("{} being calculated again. This takes some minutes.", many(marked)),
    }
}
