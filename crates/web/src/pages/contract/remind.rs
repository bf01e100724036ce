//! Reminders: the contracts that wait for answers, and one reminder to everybody who can answer, looked at before it goes.

use super::bulk::{left_out_words, own};
use crate::Web;
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::{Errors, Fields, Query};
use crate::page::{Page, Paging};
use crate::pages::offer::Instead;
use crate::session::Visitor;
use crate::words::plural;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, NaiveDate, Utc};
use domain::contract::Contract;
use domain::{OrganisationKind, Permission};
use serde::Serialize;
use std::sync::Arc;
use store::Failed;
use store::offer::{Awaited, Reminder};

const WAITING: &str = "/contracts/waiting";

/// What `contract/waiting.html` sees.
#[derive(Debug, Serialize)]
struct Waiting {
    contracts: Vec<Row>,
    paging: Paging,
    /// Whether contracts of several commissioners stand in the list.
    is_region: bool,
    /// Why this person cannot remind, and who can.
    not_allowed: Option<Instead>,
}

#[derive(Debug, Serialize)]
struct Row {
    reference: String,
    name: String,
    commissioner: String,
    respond_by: NaiveDate,
    offers: i64,
    providers: i64,
    reminded_at: Option<DateTime<Utc>>,
}

impl From<Awaited> for Row {
    fn from(awaited: Awaited) -> Self {
        Self {
            reference: awaited.reference,
            name: awaited.name,
            commissioner: awaited.commissioner,
            respond_by: awaited.respond_by,
            offers: awaited.offers,
            providers: awaited.providers,
            reminded_at: awaited.reminded_at,
        }
    }
}

/// The contracts whose offers wait for an answer.
pub(super) async fn waiting(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, WebError> {
    visitor.must_commission(true)?;
    let (now, by) = ((web.clock)(), &visitor.actor);
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let total = store::offer::awaited_count(&mut tx, by, &now).await?;
    let paging = Paging::new(WAITING, &query, total, Paging::SIZE);
    let rows = store::offer::awaited(&mut tx, paging.skip(), Paging::SIZE, by, &now).await?;
    drop(tx);
    let waiting = Waiting {
        contracts: rows.into_iter().map(Row::from).collect(),
        paging,
        is_region: visitor.organisation().kind == OrganisationKind::Region,
        not_allowed: Instead::of(&web, &visitor, Permission::Commission).await?,
    };
    Page::new("contract/waiting.html", waiting).respond(&web, &visitor.shell)
}

/// What `contract/remind.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    reference: String,
    name: String,
    /// A part of the provider's name or code that narrows it.
    provider: String,
    /// "Send reminder to 14 providers".
    title: String,
    /// "Send 14 emails"; nothing where nobody can be reminded.
    button: Option<String>,
    offers: i64,
    sends_mail: bool,
    subject: String,
    paragraphs: Vec<String>,
    left_out: Vec<String>,
    looked_at: String,
    back: String,
}

async fn page(
    web: &Web,
    visitor: &Visitor,
    contract: &Contract,
    provider: &str,
) -> Result<Page, WebError> {
    let (now, by) = ((web.clock)(), &visitor.actor);
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let found = store::offer::reminder(&mut tx, contract, provider, by, &now).await;
    drop(tx);
    let Reminder { offers, providers, people, example, left_out } = match found {
        Ok(reminder) => reminder,
        Err(Failed::Refused(why)) => {
            return Err(visitor.forbidden(web, Permission::Commission, &why).await);
        }
        Err(Failed::Other(fault)) => return Err(fault.into()),
    };
    let filter = Fields::from_iter([("provider", provider.to_owned())]);
    let (one, many) = if web.sends_mail { ("email", "emails") } else { ("message", "messages") };
    let example = example.map(|message| (message.subject, message.body)).unwrap_or_default();
    let show = Show {
        title: match providers {
            0 => "Send a reminder".into(),
            _ => format!("Send reminder to {}", plural(providers, "provider", None)),
        },
        button: (people > 0).then(|| format!("Send {}", plural(people, one, Some(many)))),
        offers,
        sends_mail: web.sends_mail,
        subject: example.0,
        paragraphs: example.1.split("\n\n").map(str::to_owned).collect(),
        left_out: left_out.iter().map(left_out_words).collect(),
        looked_at: now.instant.to_rfc3339(),
        back: format!("/contracts/{}?{}", contract.reference, filter.query_string()),
        reference: contract.reference.clone(),
        name: contract.name.clone(),
        provider: provider.to_owned(),
    };
    Ok(Page::new("contract/remind.html", show))
}

/// What a reminder would say, and to how many.
pub(super) async fn review(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
    Query(query): Query,
) -> Result<Response, WebError> {
    let contract = own(&web, &visitor, &reference).await?;
    page(&web, &visitor, &contract, query.get("provider")).await?.respond(&web, &visitor.shell)
}

/// Sends it.
pub(super) async fn send(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
    fields: Fields,
) -> Result<Response, WebError> {
    let (contract, now) = (own(&web, &visitor, &reference).await?, (web.clock)());
    let looked_at: DateTime<Utc> =
        fields.get("looked_at").parse().map_err(|_| WebError::BadRequest)?;
    let (by, which) = (&visitor.actor, (fields.get("provider"), looked_at));
    match store::offer::remind(&web.db, &reference, which, by, &now).await {
        Ok(done) if done.offers == 0 => {
            let why: Vec<String> = done.left_out.iter().map(left_out_words).collect();
            let said = format!("Nobody was reminded. {}", why.join(" "));
            page(&web, &visitor, &contract, fields.get("provider"))
                .await?
                .errors(Errors::one("remind", said.trim_end()))
                .status(StatusCode::CONFLICT)
                .respond(&web, &visitor.shell)
        }
        Ok(done) => {
            let people = plural(done.people, "person", Some("people"));
            let offers = plural(done.offers, "offer", None);
            let left: Vec<String> = done.left_out.iter().map(left_out_words).collect();
            let said = format!("You reminded {people} of {offers}. {}", left.join(" "));
            Ok(Flash::success(said.trim_end()).redirect(&format!("/contracts/{reference}")))
        }
        Err(Failed::Refused(why)) => {
            Err(visitor.forbidden(&web, Permission::Commission, &why).await)
        }
        Err(Failed::Other(fault)) => Err(fault.into()),
    }
}
