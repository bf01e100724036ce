//! The receipts of a declaration, and the list of those that one act has made.

use super::{Around, Link, number, page};
use crate::Web;
use crate::error::WebError;
use crate::flash::see_other;
use crate::form::Query;
use crate::page::{Page, Paging};
use crate::routes::Routes;
use crate::session::Visitor;
use crate::words;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use chrono::{DateTime, Utc};
use domain::calendar::{long_instant, with_period};
use domain::receipt::money::{Kind, reference};
use domain::{Now, Pence, Permission};
use serde::Serialize;
use std::sync::Arc;
use store::event::Happened;
use store::receipt::money::{Kept, kept, of_declaration};
use store::receipt::together::{Line, done_at};

/// The addresses of this file.
pub(super) fn routes() -> Routes {
    Routes::new()
        .route("/declarations/receipts", get(list))
        .route("/declarations/{reference}/receipt", get(show))
        .route("/declarations/{reference}/receipt.txt", get(text))
}

fn address(declaration: &str, number: impl std::fmt::Display) -> String {
    format!("/declarations/{declaration}/receipt?number={number}")
}

/// What the plain text is called when it is saved.
fn file(declaration: &str, number: usize) -> String {
    format!("receipt-{}.txt", reference(declaration, number))
}

/// The receipts of a declaration out of its history, the newest first.
pub(crate) fn links(declaration: &str, history: &[Happened]) -> Vec<Link> {
    let link = |one: &Kept| {
        let before = if one.is_latest { "" } else { ", before it went back to the provider" };
        let what = one.kind.words();
        Link {
            href: address(declaration, one.number),
            text: format!("Receipt: {what}, {}{before}", long_instant(one.at)),
        }
    };
    kept(history).iter().map(link).collect()
}

/// Where what a person has just done leads to: its receipts; nothing where nothing was done.
pub(crate) fn made(now: &Now, count: usize, is_own: bool) -> Option<Link> {
    let whose = if is_own { "your" } else { "the" };
    let text = match i64::try_from(count).unwrap_or(i64::MAX) {
        0 => return None,
        1 => format!("View or print {whose} receipt"),
        count => format!("View or print {whose} {} receipts", words::number(count)),
    };
    let at = now.instant.timestamp_micros();
    Some(Link { href: format!("/declarations/receipts?at={at}"), text })
}

async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
    Query(query): Query,
) -> Result<Response, WebError> {
    visitor.must(&web, Permission::SeeAchievement).await?;
    let number = number(query.get("number"))?;
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let (listed, kept, receipt) =
        of_declaration(&mut tx, &reference, number, &visitor.actor).await?;
    let period = listed.declaration.period.to_string();
    let around = Around {
        back: Link {
            href: format!("/declarations/{reference}"),
            text: with_period(&listed.service.name, &period),
        },
        not_in_force: match kept.is_latest {
            true => "",
            false => {
                "The declaration went back to the provider afterwards, so this does not count any more. The receipt says what was agreed when it was."
            }
        },
        text_href: format!("/declarations/{reference}/receipt.txt?number={}", receipt.number),
        file: file(&reference, receipt.number),
        sees_amounts: visitor.actor.sees_money(),
    };
    page(receipt, around).respond(&web, &visitor.shell)
}

async fn text(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
    Query(query): Query,
) -> Result<Response, WebError> {
    visitor.must(&web, Permission::SeeAchievement).await?;
    let number = number(query.get("number"))?;
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let (_, _, receipt) = of_declaration(&mut tx, &reference, number, &visitor.actor).await?;
    let name = file(&reference, receipt.number);
    super::text(receipt, &name, visitor.actor.sees_money())
}

/// What `receipt/list.html` sees.
#[derive(Debug, Serialize)]
struct List {
    at: DateTime<Utc>,
    by: String,
    rows: Vec<Row>,
    amount: Option<Pence>,
    paging: Paging,
    is_provider: bool,
}

#[derive(Debug, Serialize)]
struct Row {
    href: String,
    receipt: String,
    what: &'static str,
    provider: String,
    service: String,
    period: String,
    amount: Option<Pence>,
}

impl From<Line> for Row {
    fn from(line: Line) -> Self {
        Self {
            href: address(&line.declaration, line.number),
            receipt: line.receipt,
            what: line.kind.map_or("", Kind::words),
            provider: format!("{} ({})", line.provider.name, line.provider.code),
            service: line.service.name,
            period: line.period.to_string(),
            amount: line.amount,
        }
    }
}

/// The receipts of one act; of one alone, that receipt.
async fn list(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, WebError> {
    visitor.must(&web, Permission::SeeAchievement).await?;
    let at = query.get("at").parse().ok().and_then(DateTime::from_timestamp_micros);
    let at = at.ok_or(WebError::NotFound)?;
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let by = &visitor.actor;
    let found = done_at(&mut tx, at, (0, 1), by).await?;
    let paging = Paging::new("/declarations/receipts", &query, found.total, Paging::SIZE);
    match (found.total, found.lines.first()) {
        (_, None) => return Err(WebError::NotFound),
        (1, Some(only)) => return Ok(see_other(&address(&only.declaration, only.number))),
        _ => {}
    }
    let found = done_at(&mut tx, at, (paging.skip(), Paging::SIZE), by).await?;
    let list = List {
        at,
        by: by.name().to_owned(),
        rows: found.lines.into_iter().map(Row::from).collect(),
        amount: found.amount,
        paging,
        is_provider: visitor.organisation().kind.provides(),
    };
    Page::new("receipt/list.html", list).respond(&web, &visitor.shell)
}
