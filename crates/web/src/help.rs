//! The pages that anybody may read: help, what the statuses mean, and the accessibility statement.

use crate::Web;
use crate::error::WebError;
use crate::page::{Page, Shell};
use crate::routes::Routes;
use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use domain::status::{self, Status};
use serde::Serialize;
use std::sync::Arc;

/// The addresses below `/help`.
pub fn routes() -> Routes {
    Routes::new()
        .route("/help", get(contact))
        .route("/help/statuses", get(statuses))
        .route("/help/accessibility", get(accessibility))
}

#[derive(Serialize)]
struct Nothing {}

async fn contact(
    State(web): State<Arc<Web>>,
    shell: Option<Extension<Shell>>,
) -> Result<Response, WebError> {
    Page::new("help/contact.html", Nothing {}).respond(&web, &of(&web, shell))
}

async fn accessibility(
    State(web): State<Arc<Web>>,
    shell: Option<Extension<Shell>>,
) -> Result<Response, WebError> {
    Page::new("help/accessibility.html", Nothing {}).respond(&web, &of(&web, shell))
}

async fn statuses(
    State(web): State<Arc<Web>>,
    shell: Option<Extension<Shell>>,
) -> Result<Response, WebError> {
    Page::new("help/statuses.html", Statuses::all()).respond(&web, &of(&web, shell))
}

#[derive(Serialize)]
struct Statuses {
    groups: Vec<Group>,
}

#[derive(Serialize)]
struct Group {
    name: &'static str,
    statuses: Vec<&'static Status>,
}

impl Statuses {
    /// The table of statuses by what has them, in its order.
    fn all() -> Self {
        let mut groups: Vec<Group> = Vec::new();
        for status in status::ALL {
            match groups.last_mut().filter(|group| group.name == status.group) {
                Some(group) => group.statuses.push(status),
                None => groups.push(Group { name: status.group, statuses: vec![status] }),
            }
        }
        Self { groups }
    }
}

/// Somebody who is signed in keeps their shell on these pages.
fn of(web: &Web, shell: Option<Extension<Shell>>) -> Shell {
    shell.map_or_else(|| Shell::signed_out(web), |Extension(shell)| shell)
}
