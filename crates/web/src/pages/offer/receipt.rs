//! The receipt of an acceptance: what was agreed, on one sheet and as a plain text whose hash the history holds.

use super::offer_id;
use crate::Web;
use crate::download::download;
use crate::error::WebError;
use crate::form::Query;
use crate::page::Page;
use crate::session::Visitor;
use axum::extract::{Path, State};
use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::calendar::long_date;
use domain::offer::receipt::{sections, tells_an_amount};
use domain::{Now, OfferId};
use serde::Serialize;
use std::sync::Arc;
use store::event::Happened;
use store::offer::{Acceptance, Listed, Receipt};

/// What `offer/receipt.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    id: String,
    service: String,
    reference: String,
    sections: Vec<Section>,
    content_hash: String,
    entry: i64,
    entry_hash: String,
    at: DateTime<Utc>,
    is_kept: bool,
    /// Whether the acceptance stands; a receipt stays when it does not.
    is_in_force: bool,
    /// The plain text; nothing for a reader who may not see its amounts.
    text_href: Option<String>,
}

#[derive(Debug, Serialize)]
struct Section {
    heading: String,
    rows: Vec<(String, String)>,
}

/// A receipt that an offer's page leads to.
#[derive(Debug, Serialize)]
pub(super) struct Link {
    href: String,
    text: String,
}

impl Link {
    /// The receipts of an offer out of its history, the newest first.
    pub(super) fn all(listed: &Listed, is_provider: bool, history: &[Happened]) -> Vec<Self> {
        let is_in_force = listed.offer.in_force_until().is_some();
        let link = |(at, one): (usize, &Acceptance)| {
            let on = long_date(Now::at(one.at).today);
            let text = match (at, is_in_force && one.is_latest) {
                (0, true) if is_provider => "View or print your receipt".into(),
                (0, true) => "View or print the receipt".into(),
                (_, true) => format!("Receipt of the acceptance on {on}, before the new terms"),
                (_, false) => format!("Receipt of the acceptance on {on}, which is not in force"),
            };
            Self {
                href: format!("/services/{}/receipt?number={}", listed.offer.id, one.number),
                text,
            }
        };
        store::offer::acceptances(history).iter().enumerate().map(link).collect()
    }
}

/// The receipt that an address asks for, with the offer it is of.
async fn found(
    web: &Web,
    visitor: &Visitor,
    id: OfferId,
    number: &str,
) -> Result<(Listed, Receipt), WebError> {
    let number = match number {
        "" => None,
        text => Some(text.parse().map_err(|_| WebError::NotFound)?),
    };
    let now = (web.clock)();
    let mut tx = web.db.read().await?;
    let listed = store::offer::find(&mut tx, id, &visitor.actor, &now).await?;
    let receipt = store::offer::receipt(&mut tx, id, number, &visitor.actor, &now).await?;
    Ok((listed, receipt))
}

/// The page.
pub(super) async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(query): Query,
) -> Result<Response, WebError> {
    let id = offer_id(&id)?;
    let (listed, receipt) = found(&web, &visitor, id, query.get("number")).await?;
    let sees_prices = visitor.actor.sees_prices();
    let sections: Vec<Section> = sections(&receipt.text)
        .into_iter()
        .map(|section| Section {
            heading: section.heading.to_owned(),
            rows: section
                .rows
                .into_iter()
                .map(|(name, value)| match tells_an_amount(value) && !sees_prices {
                    true => (name.to_owned(), "Your role does not show amounts".to_owned()),
                    false => (name.to_owned(), value.to_owned()),
                })
                .collect(),
        })
        .collect();
    let is_in_force = listed.offer.in_force_until().is_some() && receipt.is_latest;
    let show = Show {
        reference: sections
            .first()
            .and_then(|section| section.rows.first())
            .map_or_else(String::new, |row| row.1.clone()),
        text_href: sees_prices
            .then(|| format!("/services/{id}/receipt.txt?number={}", receipt.number)),
        id: id.to_string(),
        service: listed.service_name,
        sections,
        content_hash: receipt.content_hash,
        entry: receipt.entry,
        entry_hash: receipt.entry_hash,
        at: receipt.at,
        is_kept: receipt.is_kept,
        is_in_force,
    };
    Page::new("offer/receipt.html", show).respond(&web, &visitor.shell)
}

/// The plain text, byte for byte what the hash is of.
pub(super) async fn text(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(query): Query,
) -> Result<Response, WebError> {
    let (_, receipt) = found(&web, &visitor, offer_id(&id)?, query.get("number")).await?;
    if !visitor.actor.sees_prices() {
        let why = "A receipt tells amounts, and your role does not show them.".to_owned();
        return Err(WebError::Forbidden { why, who: String::new() });
    }
    download("receipt.txt", "text/plain; charset=utf-8", receipt.text)
}
