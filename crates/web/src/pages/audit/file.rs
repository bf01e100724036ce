//! What the audit's filter leaves, as files: a table (CSV), and everything of each entry (JSON).

use super::entries;
use crate::Web;
use crate::download::{CSV, download};
use crate::error::WebError;
use crate::form::{Fields, Query};
use crate::session::Visitor;
use axum::extract::State;
use axum::response::Response;
use chrono::SecondsFormat;
use domain::sheet::Sheet;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use store::audit::{FILE, From, Listed};

const COLUMNS: [&str; 10] =
    ["entry", "at", "who", "organisation", "roles", "from", "what", "record", "fields", "hash"];

/// One entry of the file.
#[derive(Debug, Serialize)]
struct Entry {
    entry: i64,
    at: String,
    who: String,
    organisation: String,
    roles: String,
    from: String,
    what: String,
    record: String,
    fields: BTreeMap<String, String>,
    hash: String,
}

impl Entry {
    fn of(listed: Listed, sees_money: bool) -> Self {
        let happened = listed.happened;
        Self {
            entry: happened.seq,
            at: happened.at.to_rfc3339_opts(SecondsFormat::Micros, true),
            what: happened.event.sentence(sees_money),
            fields: happened.event.fields(sees_money).into_iter().collect(),
            who: happened.actor,
            organisation: happened.organisation,
            roles: listed.roles,
            from: listed.origin,
            record: listed.reference,
            hash: happened.hash,
        }
    }
}

/// The newest entries that the filter leaves; a filter that is wrong makes no file.
async fn all(web: &Web, visitor: &Visitor, query: &Fields) -> Result<Vec<Entry>, WebError> {
    let (found, errors) = entries(web, visitor, query, (From::Newest, FILE)).await?;
    if !errors.is_empty() {
        return Err(WebError::BadRequest);
    }
    let sees_money = visitor.actor.sees_money();
    Ok(found.entries.into_iter().map(|one| Entry::of(one, sees_money)).collect())
}

fn name(visitor: &Visitor, ending: &str) -> String {
    format!("audit-{}-{}.{ending}", visitor.organisation().code, visitor.now.today)
}

pub(super) async fn csv(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, WebError> {
    let mut sheet = Sheet::new(&COLUMNS);
    for one in all(&web, &visitor, &query).await? {
        let fields: Vec<_> =
            one.fields.iter().map(|(name, text)| format!("{name}: {text}")).collect();
        sheet.row(&[
            &one.entry.to_string(),
            &one.at,
            &one.who,
            &one.organisation,
            &one.roles,
            &one.from,
            &one.what,
            &one.record,
            &fields.join("; "),
            &one.hash,
        ]);
    }
    download(&name(&visitor, "csv"), CSV, sheet.finish())
}

pub(super) async fn json(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, WebError> {
    let entries = all(&web, &visitor, &query).await?;
    let text = serde_json::to_string_pretty(&entries).map_err(WebError::internal)?;
    download(&name(&visitor, "json"), "application/json", text)
}
