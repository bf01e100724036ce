//! Approving all payment declarations that a filter leaves: the list is kept, looked at, and then approved as it was kept.

use super::manage::{approved_words, narrowed_to};
use crate::Web;
use crate::error::WebError;
use crate::flash::{Flash, see_other};
use crate::form::Fields;
use crate::page::Page;
use crate::pages::receipt::Link;
use crate::pages::receipt::money::made;
use crate::session::Visitor;
use axum::extract::{Path, State};
use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::calendar::with_period;
use domain::declaration::CannotApprove;
use domain::{Pence, Permission, ReviewId};
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;
use store::declaration::review::{self, Kept};
use store::{Failed, StoreError};

/// Rows that a page names of those that stay as they are for one reason, and largest ones.
const NAMED: usize = 20;
const LARGEST: usize = 3;

/// What `declaration/review.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    /// Where the button posts to.
    action: String,
    made_at: DateTime<Utc>,
    /// Whether it has been carried out, so that this is what became of it.
    is_done: bool,
    rows: i64,
    amount: Option<Pence>,
    /// What went through, in words, and the receipts of that.
    said: String,
    receipts_made: Option<Link>,
    services: Vec<OfService>,
    largest: Vec<Line>,
    staying: Vec<Staying>,
}

/// The rows of one service.
#[derive(Debug, Default, Serialize)]
struct OfService {
    service: String,
    rows: i64,
    amount: Option<Pence>,
    /// Rows with checks that they did not pass.
    to_look_at: i64,
}

/// A row by name.
#[derive(Debug, Serialize)]
struct Line {
    name: String,
    href: String,
    amount: Option<Pence>,
}

/// Rows that stay as they are for one reason.
#[derive(Debug, Serialize)]
struct Staying {
    why: String,
    rows: i64,
    named: Vec<Line>,
    more: i64,
}

impl Line {
    fn of(row: &Kept, visitor: &Visitor) -> Self {
        let declaration = &row.declaration;
        let period = declaration.period.to_string();
        Self {
            name: format!("{}, {}", row.provider.name, with_period(&row.service.name, &period)),
            href: format!("/declarations/{}", declaration.reference),
            amount: visitor.actor.sees_money().then_some(declaration.amount),
        }
    }
}

impl Show {
    fn of(id: ReviewId, made_at: DateTime<Utc>, rows: &[Kept], visitor: &Visitor) -> Self {
        let sees_money = visitor.actor.sees_money();
        let going: Vec<&Kept> = rows.iter().filter(|row| row.stays.is_none()).collect();
        let mut services: BTreeMap<(&str, &str), OfService> = BTreeMap::new();
        let mut staying: BTreeMap<&str, Vec<&Kept>> = BTreeMap::new();
        for row in rows {
            if let Some(why) = &row.stays {
                staying.entry(why).or_default().push(row);
                continue;
            }
            let of = services.entry((&row.service.name, &row.service.code)).or_default();
            of.service.clone_from(&row.service.name);
            of.rows += 1;
            of.to_look_at += i64::from(row.checks > 0);
            let sum = of.amount.unwrap_or_default() + row.declaration.amount;
            of.amount = sees_money.then_some(sum);
        }
        let mut largest = going.clone();
        largest.sort_by_key(|row| Reverse(row.declaration.amount));
        let total: Pence = going.iter().map(|row| row.declaration.amount).sum();
        Self {
            action: href(id),
            made_at,
            is_done: false,
            rows: count(going.len()),
            amount: sees_money.then_some(total),
            said: String::new(),
            receipts_made: None,
            services: services.into_values().collect(),
            largest: largest.iter().take(LARGEST).map(|row| Line::of(row, visitor)).collect(),
            staying: staying
                .into_iter()
                .map(|(why, rows)| Staying {
                    why: why.to_owned(),
                    rows: count(rows.len()),
                    named: rows.iter().take(NAMED).map(|row| Line::of(row, visitor)).collect(),
                    more: count(rows.len().saturating_sub(NAMED)),
                })
                .collect(),
        }
    }
}

fn count(rows: usize) -> i64 {
    rows.try_into().unwrap_or(i64::MAX)
}

fn href(id: ReviewId) -> String {
    format!("/declarations/reviews/{id}")
}

/// What a store says that did not do it.
async fn refused(web: &Web, visitor: &Visitor, failed: Failed<CannotApprove>) -> WebError {
    match failed {
        Failed::Refused(why) => visitor.forbidden(web, Permission::Approve, &why).await,
        Failed::Other(fault) => fault.into(),
    }
}

/// "Select all 40 that match": keeps the list of the filters in the form.
pub(super) async fn keep(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    form: Fields,
) -> Result<Response, WebError> {
    visitor.must_commission(true)?;
    let filter = narrowed_to(&Fields::parse(form.get("back")));
    match review::keep(&web.db, &filter, &visitor.actor, &(web.clock)()).await {
        Ok(id) => Ok(see_other(&href(id))),
        Err(failed) => Err(refused(&web, &visitor, failed).await),
    }
}

/// What approving the list comes to now.
pub(super) async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(id): Path<ReviewId>,
) -> Result<Response, WebError> {
    visitor.must_commission(true)?;
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let found = review::find(&mut tx, id, &visitor.actor, &(web.clock)()).await;
    let review = match found {
        Err(StoreError::NotFound) => return gone(&web, &visitor),
        found => found?,
    };
    let show = Show::of(id, review.made_at, &review.rows, &visitor);
    Page::new("declaration/review.html", show).respond(&web, &visitor.shell)
}

/// "Approve 40 declarations".
pub(super) async fn act(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(id): Path<ReviewId>,
) -> Result<Response, WebError> {
    visitor.must_commission(true)?;
    let now = (web.clock)();
    let rows = match review::carry_out(&web.db, id, &visitor.actor, &now).await {
        Ok(rows) => rows,
        Err(Failed::Other(StoreError::NotFound)) => return gone(&web, &visitor),
        Err(failed) => return Err(refused(&web, &visitor, failed).await),
    };
    let approved = rows.iter().filter(|row| row.stays.is_none()).map(|row| &row.declaration);
    let said = approved_words(approved);
    let count = rows.iter().filter(|row| row.stays.is_none()).count();
    let receipts_made = made(&now, count, false);
    if count == rows.len() {
        return Ok(Link::below(receipts_made, Flash::success(said)).redirect("/declarations"));
    }
    let show =
        Show { is_done: true, said, receipts_made, ..Show::of(id, now.instant, &rows, &visitor) };
    Page::new("declaration/review.html", show).respond(&web, &visitor.shell)
}

/// A list that was carried out, or that another one of the same person has taken the place of.
fn gone(web: &Web, visitor: &Visitor) -> Result<Response, WebError> {
    Page::new("declaration/review_gone.html", ())
        .status(axum::http::StatusCode::CONFLICT)
        .respond(web, &visitor.shell)
}
