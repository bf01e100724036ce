//! The pages that anybody may read: help, what the statuses mean, and the accessibility statement.

use crate::Web;
use crate::error::WebError;
use crate::page::{Page, Shell};
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use serde::Serialize;
use std::sync::Arc;

/// The addresses below `/help`.
pub fn routes() -> Router<Arc<Web>> {
    Router::new()
        .route("/help", get(contact))
        .route("/help/statuses", get(statuses))
        .route("/help/accessibility", get(accessibility))
}

#[derive(Serialize)]
struct Nothing {}

async fn contact(State(web): State<Arc<Web>>, shell: Option<Extension<Shell>>) -> Result<Response, WebError> {
    Page::new("help/contact.html", Nothing {}).respond(&web, &of(&web, shell))
}

async fn accessibility(State(web): State<Arc<Web>>, shell: Option<Extension<Shell>>) -> Result<Response, WebError> {
    Page::new("help/accessibility.html", Nothing {}).respond(&web, &of(&web, shell))
}

async fn statuses(State(web): State<Arc<Web>>, shell: Option<Extension<Shell>>) -> Result<Response, WebError> {
    Page::new("help/statuses.html", Statuses { groups: Vec::new() }).respond(&web, &of(&web, shell))
}

/// What `help/statuses.html` shows.
#[derive(Debug, Serialize)]
pub struct Statuses {
    groups: Vec<Group>,
}

#[derive(Debug, Serialize)]
struct Group {
    name: String,
    statuses: Vec<Status>,
}

#[derive(Debug, Serialize)]
struct Status {
    word: String,
    colour: String,
    explanation: String,
}

/// Somebody who is signed in keeps their shell on these pages.
fn of(web: &Web, shell: Option<Extension<Shell>>) -> Shell {
    shell.map_or_else(|| Shell::signed_out(web), |Extension(shell)| shell)
}
