//! The yearly review of access: who stands out first, one by one, then everybody else at once; and what is below.

use super::{Place, Row, narrowing, place, roles};
use crate::Web;
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::{Errors, Fields, Query};
use crate::page::{Page, Paging};
use crate::session::Visitor;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, NaiveDate, Utc};
use domain::access::review::CannotReview;
use domain::message::access::{REVIEW, REVIEWS_BELOW};
use domain::{AccessReviewId, Organisation, Permission, PersonId, Refusal, Role};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use store::Failed;
use store::person::access::Seen;
use store::person::review::{self, Person};

/// What `person/review.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    at: Place,
    due_on: Option<NaiveDate>,
    is_overdue: bool,
    undecided: Vec<Line>,
    decided: Vec<Line>,
    /// Everybody else.
    rest: Vec<Line>,
    removed: Vec<(String, String)>,
    /// Everybody as they are shown, to confirm.
    seen: Vec<String>,
    records: Vec<RecordRow>,
}

/// Somebody in the list.
#[derive(Debug, Serialize)]
struct Line {
    one: Row,
    why: Vec<String>,
    /// What was decided, and by whom.
    outcome: String,
    reason: String,
}

#[derive(Debug, Serialize)]
struct RecordRow {
    id: String,
    on: NaiveDate,
    by: String,
}

impl Line {
    fn of(person: &Person, visitor: &Visitor, is_demo: bool) -> Self {
        let (outcome, reason) = match &person.decided {
            Some((outcome, who, reason)) => {
                (format!("{} by {who}", outcome.words()), reason.clone())
            }
            None => (String::new(), String::new()),
        };
        Self {
            one: Row::of(&person.colleague, visitor, is_demo),
            why: person.why.iter().map(ToString::to_string).collect(),
            outcome,
            reason,
        }
    }
}

async fn page(web: &Web, visitor: &Visitor, at: &Organisation) -> Result<Page, WebError> {
    let (by, now) = (&visitor.actor, &visitor.now);
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let going = review::going(&mut tx, at, by, now).await?;
    let due = review::due(&mut tx, at, by, now).await?;
    let records = review::records(&mut tx, at, by).await?;
    drop(tx);
    let lines = |wanted: &dyn Fn(&Person) -> bool| -> Vec<Line> {
        let chosen = going.people.iter().filter(|one| wanted(one));
        chosen.map(|one| Line::of(one, visitor, web.demo)).collect()
    };
    let seen = |one: &Person| {
        let Seen { roles, narrowing } = one.colleague.seen();
        let roles: Vec<&str> = roles.into_iter().map(Role::name).collect();
        format!("{}={}={narrowing}", one.colleague.id, roles.join("|"))
    };
    let show = Show {
        at: Place::of(at, visitor),
        due_on: due.map(|due| due.due_on),
        is_overdue: due.is_some_and(|due| due.due_on < now.today),
        undecided: lines(&|one| one.is_undecided(by)),
        decided: lines(&|one| one.decided.is_some()),
        rest: lines(&|one| !one.is_undecided(by) && one.decided.is_none()),
        seen: going.people.iter().map(seen).collect(),
        removed: going.removed,
        records: records
            .into_iter()
            .map(|one| RecordRow {
                id: one.id.to_string(),
                on: one.completed_on,
                by: one.completed_by,
            })
            .collect(),
    };
    Ok(Page::new("person/review.html", show))
}

/// The review as it stands.
pub(super) async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, WebError> {
    let at = place(&web, &mut web.db.read_as(&visitor.actor).await?, &visitor, &query).await?;
    page(&web, &visitor, &at).await?.respond(&web, &visitor.shell)
}

/// "Confirm all".
pub(super) async fn confirm(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Query(query): Query,
    fields: Fields,
) -> Result<Response, WebError> {
    let at = place(&web, &mut web.db.read_as(&visitor.actor).await?, &visitor, &query).await?;
    let mut seen: BTreeMap<PersonId, Seen> = BTreeMap::new();
    for one in fields.all("seen") {
        let (person, held) = one.split_once('=').ok_or(WebError::BadRequest)?;
        let (roles, narrowing) = held.split_once('=').unwrap_or((held, ""));
        let roles = roles.split('|').map(Role::from_name).collect::<Option<_>>();
        let person = person.parse().map_err(|_| WebError::BadRequest)?;
        let roles = roles.ok_or(WebError::BadRequest)?;
        seen.insert(person, Seen { roles, narrowing: narrowing.to_owned() });
    }
    match review::complete(&web.db, &at, &seen, &visitor.actor, &visitor.now).await {
        Ok(id) => {
            let said = format!("You confirmed who has access to {}.", at.name);
            Ok(Flash::success(said).redirect(&format!("{REVIEWS_BELOW}/{id}")))
        }
        Err(failed) => {
            let why = refusal(&web, &visitor, failed).await?;
            let errors = Errors::one("confirm", why.to_string());
            let page = page(&web, &visitor, &at).await?.errors(errors);
            page.status(StatusCode::CONFLICT).respond(&web, &visitor.shell)
        }
    }
}

async fn refusal(
    web: &Web,
    visitor: &Visitor,
    failed: Failed<CannotReview>,
) -> Result<CannotReview, WebError> {
    match failed {
        Failed::Refused(why) if why.is_forbidden() => {
            Err(visitor.forbidden(web, Permission::ManagePeople, &why).await)
        }
        Failed::Refused(why) => Ok(why),
        Failed::Other(fault) => Err(fault.into()),
    }
}

/// What `person/review_record.html` sees.
#[derive(Debug, Serialize)]
struct Record {
    at: Place,
    completed_at: DateTime<Utc>,
    completed_by: String,
    lines: Vec<RecordLine>,
}

#[derive(Debug, Serialize)]
struct RecordLine {
    name: String,
    roles: Vec<String>,
    why: String,
    outcome: &'static str,
    reason: String,
    decided_by: String,
}

/// A review that was completed.
pub(super) async fn record(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    let id: AccessReviewId = id.parse().map_err(|_| WebError::NotFound)?;
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let (record, at, lines) = match review::record(&mut tx, id, &visitor.actor).await {
        Ok(found) => found,
        Err(Failed::Refused(why)) => {
            drop(tx);
            return Err(visitor.forbidden(&web, why.permission, &why).await);
        }
        Err(Failed::Other(fault)) => return Err(fault.into()),
    };
    drop(tx);
    let line = |one: review::Line| RecordLine {
        name: one.name,
        roles: one.roles,
        why: one.why,
        outcome: one.outcome.words(),
        reason: one.reason,
        decided_by: one.decided_by,
    };
    let show = Record {
        at: Place::of(&at, &visitor),
        completed_at: record.completed_at,
        completed_by: record.completed_by,
        lines: lines.into_iter().map(line).collect(),
    };
    Page::new("person/review_record.html", show).respond(&web, &visitor.shell)
}

/// What `person/reviews.html` sees.
#[derive(Debug, Serialize)]
struct Below {
    rows: Vec<BelowRow>,
    paging: Paging,
}

#[derive(Debug, Serialize)]
struct BelowRow {
    code: String,
    name: String,
    people: i64,
    due_on: NaiveDate,
    is_overdue: bool,
    reviewed_on: Option<NaiveDate>,
}

/// Organisations below whose people nobody there manages.
pub(super) async fn below(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, WebError> {
    visitor.must(&web, Permission::ManagePeopleBelow).await?;
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let all = review::below(&mut tx, &visitor.actor, &visitor.now).await?;
    drop(tx);
    let paging = Paging::new(REVIEWS_BELOW, &query, all.len() as i64, Paging::SIZE);
    let skip = usize::try_from(paging.skip()).unwrap_or_default();
    let row = |one: review::Below| BelowRow {
        code: one.code,
        name: one.name,
        people: one.people,
        is_overdue: one.due.due_on < visitor.now.today,
        due_on: one.due.due_on,
        reviewed_on: one.due.reviewed_on,
    };
    let rows = all.into_iter().skip(skip).take(Paging::SIZE as usize).map(row).collect();
    Page::new("person/reviews.html", Below { rows, paging }).respond(&web, &visitor.shell)
}

/// The address of a review.
pub(super) fn address(at: &Place) -> String {
    format!("{REVIEW}{}", at.query)
}

/// The access that a form says was seen, and the roles that are wanted.
pub(super) fn both(fields: &Fields) -> Result<(Seen, BTreeSet<Role>), WebError> {
    Ok((narrowing::seen(fields)?, roles(fields, "role")?))
}
