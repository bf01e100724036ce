//! Submission history: every submission of an achievement, with what each figure was before.

use super::{by, other};
use crate::Web;
use crate::error::WebError;
use crate::page::Page;
use crate::session::Visitor;
use axum::extract::{Path, State};
use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::submission::shown;
use domain::{Field, Permission};
use serde::Serialize;
use std::sync::Arc;
use store::achievement::{FigureChange, SubmissionKept};

/// What `achievement/submissions.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    provider: String,
    provider_code: String,
    service: String,
    period: String,
    back: String,
    submissions: Vec<Kept>,
}

/// One submission.
#[derive(Debug, Serialize)]
struct Kept {
    /// Its place in the page, for its heading.
    id: String,
    at: DateTime<Utc>,
    by: String,
    what: String,
    figures: Vec<Figure>,
}

/// One figure of it.
#[derive(Debug, Serialize)]
struct Figure {
    indicator: String,
    label: String,
    old: Option<String>,
    new: String,
    note: &'static str,
}

pub(super) async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    visitor.must(&web, Permission::SeeAchievement).await?;
    let id = id.parse().map_err(|_| WebError::NotFound)?;
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let found = store::achievement::submissions(&mut tx, id, &visitor.actor).await;
    drop(tx);
    let found = found.map_err(other)?;
    let total = found.list.len();
    let kept = |(place, own): (usize, &SubmissionKept)| Kept {
        id: format!("submission-{}", total - place),
        at: own.at,
        by: by(&own.by, &own.organisation),
        what: own.source.clone(),
        figures: own.figures.iter().map(Figure::from).collect(),
    };
    let show = Show {
        provider: found.provider.name.clone(),
        provider_code: found.provider.code.clone(),
        service: found.service.name.clone(),
        period: found.period.to_string(),
        back: format!("/achievement/{id}"),
        submissions: found.list.iter().enumerate().map(kept).collect(),
    };
    Page::new("achievement/submissions.html", show).respond(&web, &visitor.shell)
}

impl From<&FigureChange> for Figure {
    fn from(own: &FigureChange) -> Self {
        let words = |figure: i64| match (own.field, figure) {
            (Field::YesNo, 0) => "No".to_owned(),
            (Field::YesNo, _) => "Yes".to_owned(),
            _ => shown(figure),
        };
        let note = match (own.in_force, own.is_default) {
            (true, true) => "In force, a default",
            (true, false) => "In force",
            (false, true) => "Replaced, a default",
            (false, false) => "Replaced",
        };
        Self {
            indicator: own.indicator.clone(),
            label: own.label.clone(),
            old: own.old.map(words),
            new: words(own.new),
            note,
        }
    }
}
