//! One entry of the audit: everything that was recorded, and its place in the chain.

use super::{Row, other};
use crate::Web;
use crate::error::WebError;
use crate::page::Page;
use crate::session::Visitor;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;
use std::sync::Arc;

/// What `audit/show.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    row: Row,
    fields: Vec<(String, String)>,
    hash: String,
    before: Option<(i64, String)>,
    after: Option<(i64, String)>,
    fits: bool,
}

pub(super) async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(entry): Path<String>,
) -> Result<Response, WebError> {
    let entry = entry.parse().map_err(|_| WebError::NotFound)?;
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let found = match store::audit::find(&mut tx, entry, &visitor.actor).await {
        Ok(found) => found,
        Err(failed) => return Err(other(&web, &visitor, failed).await),
    };
    drop(tx);
    let sees_money = visitor.actor.sees_money();
    let show = Show {
        row: Row::of(&found.listed, sees_money),
        fields: found.listed.happened.event.fields(sees_money),
        hash: found.listed.happened.hash,
        before: found.before,
        after: found.after,
        fits: found.fits,
    };
    Page::new("audit/show.html", show).respond(&web, &visitor.shell)
}
