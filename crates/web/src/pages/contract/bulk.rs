//! One act on all offers of a contract that the list's filters leave: looked at first, then done to what was looked at.

use super::find;
use crate::Web;
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::{Errors, Fields, Query, date_fields};
use crate::page::Page;
use crate::session::Visitor;
use crate::words::plural;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, NaiveDate, Utc};
use domain::contract::{Contract, usual_response_date};
use domain::{Now, Permission};
use serde::Serialize;
use std::sync::Arc;
use store::offer::{BulkAct, Done, Filter, LeftOut, Review};
use store::{Failed, StoreError};

/// What `contract/bulk.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    reference: String,
    name: String,
    /// `reissue`, `withdraw` or `extend`.
    act: &'static str,
    /// "Reissue 14 offers".
    title: String,
    /// What is done to each, in a sentence.
    what: String,
    offers: i64,
    left_out: Vec<Left>,
    status: String,
    provider: String,
    /// Whether a filter narrows the list.
    is_filtered: bool,
    /// When the list was looked at: what changes after it stays as it is.
    looked_at: String,
    /// The contract's list with its filters.
    back: String,
}

/// Offers that stay as they are.
#[derive(Debug, Serialize)]
struct Left {
    offers: i64,
    why: String,
}

/// The acts by their names in addresses, with what they are called, before and after.
const ACTS: [(&str, &str, &str); 3] = [
    ("reissue", "Reissue", "reissued"),
    ("withdraw", "Withdraw", "withdrew"),
    ("extend", "Extend the response date of", "extended the response date of"),
];

/// The prefix of the boxes of the new response date.
const UNTIL: &str = "until";

/// What a form or an address asks for.
struct Asked {
    name: &'static str,
    verb: &'static str,
    done: &'static str,
    act: BulkAct,
    filter: Filter,
}

impl Asked {
    /// Reads it; what is wrong with a date is noted in `errors`, and the usual date stands in its place.
    fn of(fields: &Fields, now: &Now, errors: &mut Errors) -> Result<Self, WebError> {
        let known = ACTS.into_iter().find(|(name, ..)| *name == fields.get("act"));
        let (name, verb, done) = known.ok_or(WebError::BadRequest)?;
        let act = match name {
            "reissue" => BulkAct::Reissue,
            "withdraw" => BulkAct::Withdraw,
            _ => {
                let until = fields.date(UNTIL, "Response date", errors);
                BulkAct::Extend(until.unwrap_or_else(|| usual_response_date(now.today)))
            }
        };
        let filter = Filter {
            status: Some(fields.get("status").to_owned()).filter(|status| !status.is_empty()),
            provider: fields.get("provider").to_owned(),
        };
        Ok(Self { name, verb, done, act, filter })
    }
}

/// The contract, for somebody of its own commissioner who may make offers.
pub(super) async fn own(
    web: &Web,
    visitor: &Visitor,
    reference: &str,
) -> Result<Contract, WebError> {
    visitor.must(web, Permission::Commission).await?;
    let contract = find(web, visitor, reference).await?;
    match contract.commissioner == visitor.organisation().id {
        true => Ok(contract),
        false => Err(WebError::NotFound),
    }
}

/// What the act would come to.
pub(super) async fn review(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
    Query(query): Query,
) -> Result<Response, WebError> {
    let (contract, now) = (own(&web, &visitor, &reference).await?, (web.clock)());
    // Four weeks more than there are.
    let later = usual_response_date(contract.respond_by.max(now.today));
    let usual = date_fields(UNTIL, later);
    let fields = usual.iter().fold(query, |fields, (name, value)| fields.with(name, value));
    let asked = Asked::of(&fields, &now, &mut Errors::new())?;
    page(&web, &visitor, &contract, (asked, fields)).await?.respond(&web, &visitor.shell)
}

async fn page(
    web: &Web,
    visitor: &Visitor,
    contract: &Contract,
    (asked, fields): (Asked, Fields),
) -> Result<Page, WebError> {
    let now = (web.clock)();
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let what = (asked.act, &asked.filter);
    let review = store::offer::review(&mut tx, contract, what, &visitor.actor, &now).await;
    let Review { offers, left_out } = match review {
        Ok(review) => review,
        Err(Failed::Refused(why)) => {
            return Err(visitor.forbidden(web, Permission::Commission, &why).await);
        }
        Err(Failed::Other(fault)) => return Err(fault.into()),
    };
    let filters = Fields::from_iter([
        ("status", fields.get("status").to_owned()),
        ("provider", fields.get("provider").to_owned()),
    ]);
    let show = Show {
        title: match (offers, asked.act) {
            (0, BulkAct::Extend(_)) => "Extend the response date".into(),
            _ => format!("{} {}", asked.verb, plural(offers, "offer", None)),
        },
        what: sentence(asked.act, &now),
        act: asked.name,
        left_out: left_out.into_iter().map(Left::from).collect(),
        offers,
        is_filtered: asked.filter.status.is_some() || !asked.filter.provider.is_empty(),
        status: asked.filter.status.unwrap_or_default(),
        provider: asked.filter.provider,
        looked_at: now.instant.to_rfc3339(),
        back: format!("/contracts/{}?{}", contract.reference, filters.query_string()),
        reference: contract.reference.clone(),
        name: contract.name.clone(),
    };
    Ok(Page::new("contract/bulk.html", show).form(fields))
}

impl From<LeftOut> for Left {
    fn from(left: LeftOut) -> Self {
        Self { offers: left.offers, why: left.why }
    }
}

fn sentence(act: BulkAct, now: &Now) -> String {
    let date = |date: NaiveDate| domain::calendar::long_date(date);
    match act {
        BulkAct::Reissue => format!(
            "Each provider can answer until {}, or until its service ends if that is earlier.",
            date(usual_response_date(now.today))
        ),
        BulkAct::Withdraw => {
            "The providers can then no longer answer. You can reissue an offer later.".into()
        }
        BulkAct::Extend(_) => "Each provider can answer until the new date.".into(),
    }
}

/// Does it to what was looked at.
pub(super) async fn act(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
    fields: Fields,
) -> Result<Response, WebError> {
    let (contract, now) = (own(&web, &visitor, &reference).await?, (web.clock)());
    let mut errors = Errors::new();
    let asked = Asked::of(&fields, &now, &mut errors)?;
    let looked_at: DateTime<Utc> =
        fields.get("looked_at").parse().map_err(|_| WebError::BadRequest)?;
    if !errors.is_empty() {
        return page(&web, &visitor, &contract, (asked, fields))
            .await?
            .errors(errors)
            .respond(&web, &visitor.shell);
    }
    let (by, what) = (&visitor.actor, (asked.act, &asked.filter));
    let done = store::offer::carry_out(&web.db, &reference, what, looked_at, by, &now).await;
    match done {
        Ok(done) if done.review.offers == 0 => {
            errors.add(if asked.name == "extend" { UNTIL } else { "act" }, nothing(&done));
            page(&web, &visitor, &contract, (asked, fields))
                .await?
                .errors(errors)
                .status(StatusCode::CONFLICT)
                .respond(&web, &visitor.shell)
        }
        Ok(done) => {
            let offers = plural(done.review.offers, "offer", None);
            let said = format!("You {} {offers}.{}", asked.done, left_out(&done));
            Ok(Flash::success(said).redirect(&format!("/contracts/{reference}")))
        }
        Err(Failed::Refused(why)) => {
            Err(visitor.forbidden(&web, Permission::Commission, &why).await)
        }
        Err(Failed::Other(StoreError::Stale)) => {
            Err(WebError::Stale { see: format!("/contracts/{reference}") })
        }
        Err(Failed::Other(fault)) => Err(fault.into()),
    }
}

/// That no offer was changed, and why.
fn nothing(done: &Done) -> String {
    format!("No offer was changed.{}", left_out(done))
}

/// "3 offers: The provider was reminded today."
pub(crate) fn left_out_words(left: &LeftOut) -> String {
    let end = if left.why.ends_with('.') { "" } else { "." };
    format!("{}: {}{end}", plural(left.offers, "offer", None), left.why)
}

/// What stayed as it was, by reason, and what somebody else changed meanwhile, by name.
fn left_out(done: &Done) -> String {
    let mut said = String::new();
    for left in &done.review.left_out {
        said.push_str(&format!(" Left out {}", left_out_words(left)));
    }
    let since = &done.changed_since;
    if since.offers > 0 {
        let more = since.offers - since.names.len() as i64;
        let and = if more > 0 { format!(" and {more} more") } else { String::new() };
        said.push_str(&format!(
            " Offers of this contract that changed since you looked, and are left as they are: {}{and}.",
            since.names.join("; ")
        ));
    }
    said
}
