//! The receipts of an offer: what was agreed with each acceptance.

use super::{Around, Link, number, page};
use crate::Web;
use crate::error::WebError;
use crate::form::Query;
use crate::pages::offer::offer_id;
use crate::routes::Routes;
use crate::session::Visitor;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use domain::calendar::long_date;
use domain::{Now, OfferId};
use std::sync::Arc;
use store::event::Happened;
use store::offer::Listed;
use store::receipt::{Acceptance, Receipt};

/// What the plain text is called when it is saved.
const FILE: &str = "receipt.txt";

/// The addresses of this file.
pub(super) fn routes() -> Routes {
    Routes::new()
        .route("/services/{offer}/receipt", get(show))
        .route("/services/{offer}/receipt.txt", get(text))
}

/// The receipts of an offer out of its history, the newest first.
pub(crate) fn links(listed: &Listed, is_provider: bool, history: &[Happened]) -> Vec<Link> {
    let is_in_force = listed.offer.in_force_until().is_some();
    let link = |(at, one): (usize, &Acceptance)| {
        let on = long_date(Now::at(one.at).today);
        let text = match (at, is_in_force && one.is_latest) {
            (0, true) if is_provider => "View or print your receipt".into(),
            (0, true) => "View or print the receipt".into(),
            (_, true) => format!("Receipt of the acceptance on {on}, before the new terms"),
            (_, false) => format!("Receipt of the acceptance on {on}, which is not in force"),
        };
        Link { href: format!("/services/{}/receipt?number={}", listed.offer.id, one.number), text }
    };
    store::receipt::acceptances(history).iter().enumerate().map(link).collect()
}

/// The receipt that an address asks for, with the offer it is of.
async fn found(
    web: &Web,
    visitor: &Visitor,
    id: OfferId,
    asked: &str,
) -> Result<(Listed, Receipt), WebError> {
    let number = number(asked)?;
    let now = (web.clock)();
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let listed = store::offer::find(&mut tx, id, &visitor.actor, &now).await?;
    let receipt = store::receipt::of_offer(&mut tx, id, number, &visitor.actor, &now).await?;
    Ok((listed, receipt))
}

async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(query): Query,
) -> Result<Response, WebError> {
    let id = offer_id(&id)?;
    let (listed, receipt) = found(&web, &visitor, id, query.get("number")).await?;
    let is_in_force = listed.offer.in_force_until().is_some() && receipt.is_latest;
    let around = Around {
        back: Link { href: format!("/services/{id}"), text: listed.service_name },
        not_in_force: match is_in_force {
            true => "",
            false => {
                "This acceptance is not in force any more. The receipt says what was agreed when it was."
            }
        },
        text_href: format!("/services/{id}/receipt.txt?number={}", receipt.number),
        file: FILE.to_owned(),
        sees_amounts: visitor.actor.sees_prices(),
    };
    page(receipt, around).respond(&web, &visitor.shell)
}

async fn text(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(query): Query,
) -> Result<Response, WebError> {
    let (_, receipt) = found(&web, &visitor, offer_id(&id)?, query.get("number")).await?;
    super::text(receipt, FILE, visitor.actor.sees_prices())
}
