//! The audit: who did what, for which organisation, in which roles and when, to read, to narrow and to take away.

mod file;
pub(super) mod reading;
mod show;

use crate::Web;
use crate::error::WebError;
use crate::form::{Errors, Fields, Query};
use crate::page::Page;
use crate::routes::Routes;
use crate::session::Visitor;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use chrono::{DateTime, Utc};
use domain::event::{GROUPS, Group};
use domain::{Origin, Permission};
use serde::Serialize;
use std::{net::IpAddr, sync::Arc};
use store::audit::{Filter, From, Listed, Listing, PAGE};
use store::{Failed, Tx};

/// The addresses of this file.
pub fn routes() -> Routes {
    Routes::new()
        .route(PATH, get(list))
        .route("/audit.csv", get(file::csv))
        .route("/audit.json", get(file::json))
        .route("/audit/{entry}", get(show::show))
}

const PATH: &str = "/audit";

/// What `audit/list.html` sees.
#[derive(Debug, Serialize)]
struct List {
    rows: Vec<Row>,
    groups: Vec<Choice>,
    /// Whether entries of other organisations are read here as well.
    below: bool,
    is_filtered: bool,
    /// The question of the files.
    query: String,
    /// Links to the other pages; empty where there is none.
    newest: String,
    newer: String,
    older: String,
    oldest: String,
}

#[derive(Debug, Serialize)]
struct Choice {
    value: &'static str,
    text: &'static str,
}

/// One entry.
#[derive(Debug, Serialize)]
struct Row {
    seq: i64,
    at: DateTime<Utc>,
    who: String,
    organisation: String,
    roles: String,
    origin: String,
    what: String,
    reference: String,
}

impl Row {
    fn of(listed: &Listed, sees_money: bool) -> Self {
        let happened = &listed.happened;
        Self {
            seq: happened.seq,
            at: happened.at,
            who: happened.actor.clone(),
            organisation: happened.organisation.clone(),
            roles: listed.roles.clone(),
            origin: listed.origin.clone(),
            what: happened.event.sentence(sees_money),
            reference: listed.reference.clone(),
        }
    }
}

/// The filter of an address, for the reader; what is wrong with it is noted at its field.
async fn filter(
    tx: &mut Tx,
    visitor: &Visitor,
    query: &Fields,
) -> Result<(Filter, Errors), WebError> {
    let mut errors = Errors::new();
    let mut day = |prefix: &str, what: &str| {
        let parts = ["day", "month", "year"].map(|part| format!("{prefix}-{part}"));
        let is_typed = parts.iter().any(|part| !query.get(part).is_empty());
        is_typed.then(|| query.date(prefix, what, &mut errors)).flatten()
    };
    let (from, until) = (day("from", "First day"), day("until", "Last day"));
    if from.zip(until).is_some_and(|(from, until)| until < from) {
        errors.add_at("until", "until-day", "Last day must be the same as or after the first day");
    }
    let organisation = match query.get("organisation") {
        "" => None,
        code => {
            let found = store::audit::organisation(tx, code, &visitor.actor).await?;
            if found.is_none() {
                let why = "Enter the ODS code of your organisation or of one below it, like Y00001";
                errors.add("organisation", why);
            }
            found
        }
    };
    let filter = Filter {
        person: query.get("person").to_owned(),
        organisation,
        group: Group::from_name(query.get("group")),
        from,
        until,
        reference: query.get("reference").to_uppercase(),
        origin: origin(query.get("origin")),
    };
    Ok((filter, errors))
}

/// From where, as an entry keeps it: an address in the form that all have, other words as they are typed.
fn origin(typed: &str) -> String {
    match typed.parse::<IpAddr>() {
        Ok(address) => Origin::of(Some(address)).to_string(),
        Err(_) => [Origin::COMMAND_LINE, Origin::BY_ITSELF]
            .into_iter()
            .find(|words| words.eq_ignore_ascii_case(typed))
            .unwrap_or(typed)
            .to_owned(),
    }
}

/// Where a page begins; an address that is not ours begins with the newest.
fn place(query: &Fields) -> From {
    let seq = |name: &str| query.get(name).parse::<i64>().ok();
    match (seq("before"), seq("after"), query.get("oldest")) {
        (Some(seq), ..) => From::Before(seq),
        (_, Some(seq), _) => From::After(seq),
        (.., "yes") => From::Oldest,
        _ => From::Newest,
    }
}

/// The entries of an address, or nothing where the filter is wrong.
async fn entries(
    web: &Web,
    visitor: &Visitor,
    query: &Fields,
    page: (From, i64),
) -> Result<(Listing, Errors), WebError> {
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let (filter, errors) = filter(&mut tx, visitor, query).await?;
    if !errors.is_empty() {
        let none = Listing { entries: Vec::new(), has_newer: false, has_older: false };
        return Ok((none, errors));
    }
    match store::audit::list(&mut tx, &filter, page, &visitor.actor).await {
        Ok(listing) => Ok((listing, errors)),
        Err(failed) => Err(other(web, visitor, failed).await),
    }
}

/// The page of a refusal, or of a fault.
async fn other(web: &Web, visitor: &Visitor, failed: Failed<domain::NotAllowed>) -> WebError {
    match failed {
        Failed::Refused(why) => visitor.forbidden(web, Permission::SeeAudit, &why).await,
        Failed::Other(fault) => fault.into(),
    }
}

async fn list(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, WebError> {
    let (found, errors) = entries(&web, &visitor, &query, (place(&query), PAGE)).await?;
    let filters = query.without("before").without("after").without("oldest");
    let link = |name: &str, value: Option<i64>| {
        let with = value.map(|seq| filters.with(name, &seq.to_string()));
        with.map_or_else(String::new, |fields| format!("{PATH}?{}", fields.query_string()))
    };
    let (first, last) = (found.entries.first(), found.entries.last());
    let seq = |one: Option<&Listed>, is_there: bool| {
        one.filter(|_| is_there).map(|listed| listed.happened.seq)
    };
    let show = List {
        newer: link("after", seq(first, found.has_newer)),
        older: link("before", seq(last, found.has_older)),
        newest: match found.has_newer {
            true => format!("{PATH}?{}", filters.query_string()),
            false => String::new(),
        },
        oldest: match found.has_older {
            true => format!("{PATH}?{}", filters.with("oldest", "yes").query_string()),
            false => String::new(),
        },
        rows: found.entries.iter().map(|one| Row::of(one, visitor.actor.sees_money())).collect(),
        groups: GROUPS.iter().map(|one| Choice { value: one.name, text: one.words }).collect(),
        below: visitor.organisation().kind.commissions(),
        is_filtered: !filters.query_string().is_empty(),
        query: filters.query_string(),
    };
    Page::new("audit/list.html", show).form(query).errors(errors).respond(&web, &visitor.shell)
}
