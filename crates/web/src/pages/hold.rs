//! Holds: what a commissioner has put on hold and why, a new one, and lifting it; a provider reads what covers it.

mod banner;
pub(super) mod place;

pub(super) use banner::Banner;

use crate::Web;
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::{Errors, Fields, Query};
use crate::page::{Page, Paging};
use crate::pages::offer::{Entry, Instead, seen};
use crate::routes::Routes;
use crate::session::Visitor;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use chrono::{DateTime, Utc};
use domain::hold::{CannotLift, Hold};
use domain::status::Status;
use domain::{OrganisationKind, Permission};
use serde::Serialize;
use std::sync::Arc;
use store::{Failed, StoreError};

const PATH: &str = "/holds";

/// The addresses of this file.
pub fn routes() -> Routes {
    Routes::new()
        .route("/holds", get(list))
        .route("/holds/new", get(place::ask).post(place::place))
        .route("/holds/{reference}", get(show))
        .route("/holds/{reference}/lift", get(ask).post(lift))
}

/// A hold as its pages show it.
#[derive(Debug, Serialize)]
struct Row {
    href: String,
    reference: String,
    service: String,
    commissioner: String,
    /// Name of the cluster; empty for all providers.
    cluster: String,
    /// "Declarations and payments".
    what: String,
    reason: String,
    status: &'static Status,
    placed_by: String,
    placed_at: DateTime<Utc>,
    lifted_by: Option<String>,
    lifted_at: Option<DateTime<Utc>>,
    note: String,
    is_open: bool,
    version: i64,
}

impl Row {
    /// For a commissioner's people, and without the cluster for a provider: what its commissioner calls it among
    /// others is for the commissioner.
    fn of(hold: &Hold, visitor: &Visitor) -> Self {
        let is_provider = visitor.organisation().kind.provides();
        let cluster = hold.cluster.as_ref().filter(|_| !is_provider);
        let lifted = hold.lifted.as_ref();
        Self {
            href: href(hold),
            reference: hold.reference.clone(),
            service: hold.service_name.clone(),
            commissioner: hold.commissioner_name.clone(),
            cluster: cluster.map_or_else(String::new, |cluster| cluster.name.clone()),
            what: first_upper(hold.stops.words()),
            reason: hold.reason.clone(),
            status: hold.status(),
            placed_by: hold.placed.by.name.clone(),
            placed_at: hold.placed.at,
            lifted_by: lifted.map(|lifted| lifted.step.by.name.clone()),
            lifted_at: lifted.map(|lifted| lifted.step.at),
            note: lifted.map_or_else(String::new, |lifted| lifted.note.clone()),
            is_open: lifted.is_none(),
            version: hold.version,
        }
    }
}

fn href(hold: &Hold) -> String {
    format!("{PATH}/{}", hold.reference)
}

fn first_upper(text: &str) -> String {
    let (first, rest) = text.split_at(text.len().min(1));
    first.to_uppercase() + rest
}

/// What `hold/list.html` sees.
#[derive(Debug, Serialize)]
struct List {
    holds: Vec<Row>,
    paging: Paging,
    is_provider: bool,
    /// Whether holds of several commissioners stand in the list.
    is_region: bool,
    /// Why this person cannot place one, and who can; for a commissioner.
    not_allowed: Option<Instead>,
}

async fn list(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, WebError> {
    visitor.must(&web, Permission::SeeAchievement).await?;
    let (kind, size) = (visitor.organisation().kind, Paging::SIZE);
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let (holds, paging) = if kind.provides() {
        let open = store::hold::of_reader(&mut tx, store::hold::Scope::All, &visitor.actor).await?;
        let holds: Vec<Hold> = open.all().cloned().collect();
        let total = i64::try_from(holds.len()).unwrap_or(i64::MAX);
        (holds, Paging::new(PATH, &query, total, total.max(1)))
    } else {
        let (_, total) = store::hold::list(&mut tx, (0, 0), &visitor.actor).await?;
        let paging = Paging::new(PATH, &query, total, size);
        let page = (paging.skip(), size);
        (store::hold::list(&mut tx, page, &visitor.actor).await?.0, paging)
    };
    drop(tx);
    let list = List {
        holds: holds.iter().map(|hold| Row::of(hold, &visitor)).collect(),
        paging,
        is_provider: kind.provides(),
        is_region: kind == OrganisationKind::Region,
        not_allowed: not_allowed(&web, &visitor).await?,
    };
    Page::new("hold/list.html", list).respond(&web, &visitor.shell)
}

/// Why the visitor cannot place or lift a hold, and who can.
async fn not_allowed(web: &Web, visitor: &Visitor) -> Result<Option<Instead>, WebError> {
    match visitor.organisation().kind {
        OrganisationKind::Region => {
            let why = "The ICB that pays for a service places a hold and lifts it.".to_owned();
            Ok(Some(Instead { why, who: String::new() }))
        }
        kind if kind.provides() => Ok(None),
        _ => Instead::of(web, visitor, Permission::Hold).await,
    }
}

/// What `hold/show.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    hold: Row,
    /// The declarations of the service, for those who see the list.
    declarations: String,
    /// Where its declarations are taken back.
    take_back: String,
    /// Whether it is of the visitor's organisation.
    is_own: bool,
    not_allowed: Option<Instead>,
    history: Vec<Entry>,
}

async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
) -> Result<Response, WebError> {
    visitor.must_commission(true)?;
    visitor.must(&web, Permission::SeeAchievement).await?;
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let hold = store::hold::find(&mut tx, &reference, &visitor.actor).await?;
    let history = store::event::of(&mut tx, hold.id.0).await?;
    let service = store::service::find(&mut tx, hold.service).await?.code.clone();
    let cluster = match &hold.cluster {
        Some(chosen) => store::cluster::list(&mut tx, &visitor.actor)
            .await?
            .into_iter()
            .find(|listed| listed.cluster.id == chosen.id)
            .map_or_else(String::new, |listed| listed.cluster.reference),
        None => String::new(),
    };
    drop(tx);
    let query = Fields::from_iter([("service", service.clone()), ("cluster", cluster)]);
    let show = Show {
        hold: Row::of(&hold, &visitor),
        declarations: format!("/declarations?show=all&service={service}"),
        take_back: format!("/declarations/take-back?{}", query.query_string()),
        is_own: hold.commissioner == visitor.organisation().id,
        not_allowed: not_allowed(&web, &visitor).await?,
        history: history.into_iter().map(Entry::of).collect(),
    };
    Page::new("hold/show.html", show).respond(&web, &visitor.shell)
}

/// What `hold/lift.html` sees.
#[derive(Debug, Serialize)]
struct Lift {
    hold: Row,
}

/// A hold of the visitor's own organisation, for whoever may lift it.
async fn own(web: &Web, visitor: &Visitor, reference: &str) -> Result<Hold, WebError> {
    visitor.must_commission(true)?;
    visitor.must(web, Permission::Hold).await?;
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let hold = store::hold::find(&mut tx, reference, &visitor.actor).await?;
    match hold.commissioner == visitor.organisation().id {
        true => Ok(hold),
        false => Err(WebError::NotFound),
    }
}

/// What is lifted, with a note.
async fn ask(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
) -> Result<Response, WebError> {
    let hold = own(&web, &visitor, &reference).await?;
    let page = Lift { hold: Row::of(&hold, &visitor) };
    Page::new("hold/lift.html", page).respond(&web, &visitor.shell)
}

/// "Lift the hold".
async fn lift(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
    fields: Fields,
) -> Result<Response, WebError> {
    let hold = own(&web, &visitor, &reference).await?;
    let (by, now) = (&visitor.actor, (web.clock)());
    let with = (seen(&fields)?, &*fields.get("note").replace("\r\n", "\n"));
    match store::hold::lift(&web.db, &reference, with, by, &now).await {
        Ok(hold) => Ok(Flash::success(format!("The hold on {} was lifted.", hold.service_name))
            .redirect(&href(&hold))),
        Err(Failed::Refused(why @ CannotLift::NotAllowed(_))) => {
            Err(visitor.forbidden(&web, Permission::Hold, &why).await)
        }
        Err(Failed::Refused(why)) => {
            let status = match why {
                CannotLift::NoteTooLong | CannotLift::NhsNumber => StatusCode::UNPROCESSABLE_ENTITY,
                _ => StatusCode::CONFLICT,
            };
            let page = Lift { hold: Row::of(&hold, &visitor) };
            Page::new("hold/lift.html", page)
                .form(fields)
                .errors(Errors::one("note", why.to_string()))
                .status(status)
                .respond(&web, &visitor.shell)
        }
        Err(Failed::Other(StoreError::Stale)) => Err(WebError::Stale { see: href(&hold) }),
        Err(Failed::Other(fault)) => Err(fault.into()),
    }
}
