//! One's own sessions: the list, ending them, and how long this one lasts when nobody uses it.

use super::PATH as ACCOUNT;
use crate::Web;
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::Fields;
use crate::session::Visitor;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use domain::access::browser_name;
use serde::Serialize;
use std::sync::Arc;
use store::session::OwnSession;

/// What `account/show.html` sees of a session.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    id: String,
    since: DateTime<Utc>,
    last_used_at: DateTime<Utc>,
    network: Option<String>,
    browser: String,
    is_this: bool,
}

impl Row {
    pub(super) fn of(one: OwnSession) -> Self {
        let OwnSession { id, since, last_used_at, network, browser, is_this } = one;
        Self { id, since, last_used_at, network, browser: browser_name(&browser), is_this }
    }
}

/// "Log out" of one session.
pub(super) async fn end(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    form: Fields,
) -> Result<Response, WebError> {
    let id = form.get("session");
    store::session::end_one(&web.db, id, &visitor.actor, &(web.clock)()).await?;
    Ok(Flash::success("Session ended.").redirect(ACCOUNT))
}

/// "Log out everywhere else".
pub(super) async fn end_others(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
) -> Result<Response, WebError> {
    let (token, by) = (&visitor.token, &visitor.actor);
    let said = match store::session::end_others(&web.db, token, by, &(web.clock)()).await? {
        0 => "You were logged in nowhere else.".to_owned(),
        1 => "1 session ended.".to_owned(),
        count => format!("{count} sessions ended."),
    };
    Ok(Flash::success(said).redirect(ACCOUNT))
}

/// Seconds until this session ends when nobody uses it. Asking is no use of it.
pub(super) async fn left(State(web): State<Arc<Web>>, visitor: Visitor) -> Response {
    let ends = visitor.last_used_at + web.settings.idle;
    let left = (ends - visitor.now.instant).num_seconds().max(0);
    left.to_string().into_response()
}

/// "Stay logged in".
pub(super) async fn stay(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
) -> Result<Response, WebError> {
    store::session::touch(&web.db, &visitor.token, &visitor.now).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
