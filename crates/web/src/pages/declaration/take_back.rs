//! Taking back what providers have declared of a service: which, a check of what it comes to, and the act with its reason.

use crate::Web;
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::{Errors, Fields, Query};
use crate::page::Page;
use crate::pages::hold::{Banner, place::must_hold};
use crate::session::Visitor;
use crate::words::plural;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::NaiveDate;
use domain::calendar::{long_date, with_period};
use domain::declaration::CannotTakeBack;
use domain::{Pence, Permission};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use store::Failed;
use store::declaration::Listed;
use store::declaration::take_back::{self, Review, TakenBack, Which};

const PATH: &str = "/declarations/take-back";
/// Rows that the check page lists; the others are counted.
const LISTED: usize = 200;

/// What `declaration/take_back.html` sees.
#[derive(Debug, Serialize)]
struct Choose {
    services: Vec<(String, String)>,
    clusters: Vec<(String, String)>,
    /// Achievement dates as an address and as people read them.
    dates: Vec<(String, String)>,
}

/// What `declaration/take_back_check.html` sees.
#[derive(Debug, Serialize)]
struct Check {
    title: String,
    holds: Banner,
    service: String,
    cluster: String,
    date: String,
    service_name: String,
    /// "All providers", or the cluster.
    whose: String,
    /// "All periods", or those that end on a day.
    when: String,
    count: i64,
    amount: Option<Pence>,
    rows: Vec<Row>,
    /// How many more there are than the rows listed.
    more: i64,
    left_out: Vec<Left>,
    /// Each row that is looked at with its version.
    seen: String,
    /// What went back when other rows did not.
    done: String,
    back: String,
}

#[derive(Debug, Serialize)]
struct Row {
    reference: String,
    provider: String,
    provider_code: String,
    period: String,
    amount: Option<Pence>,
    status: &'static domain::status::Status,
}

/// Declarations that stay as they are, by reason.
#[derive(Debug, Serialize)]
struct Left {
    count: i64,
    why: String,
}

fn which(fields: &Fields) -> Which {
    Which {
        service: fields.get("service").to_owned(),
        cluster: fields.get("cluster").to_owned(),
        date: fields.get("date").parse().ok(),
    }
}

/// Which declarations, and with `go=check` what taking them back comes to.
pub(super) async fn ask(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, WebError> {
    must_hold(&web, &visitor).await?;
    if query.get("go") != "check" {
        return choose(&web, &visitor, query).await?.respond(&web, &visitor.shell);
    }
    if query.get("service").is_empty() {
        let errors = Errors::one("service", "Select a service");
        return choose(&web, &visitor, query).await?.errors(errors).respond(&web, &visitor.shell);
    }
    check(&web, &visitor, query, String::new()).await?.respond(&web, &visitor.shell)
}

async fn choose(web: &Web, visitor: &Visitor, form: Fields) -> Result<Page, WebError> {
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let services = store::declaration::services(&mut tx, &visitor.actor).await?;
    let clusters = store::cluster::list(&mut tx, &visitor.actor).await?;
    let dates = take_back::dates(&mut tx, &visitor.actor).await?;
    let choose = Choose {
        services: services.into_iter().map(|service| (service.code, service.name)).collect(),
        clusters: clusters
            .into_iter()
            .map(|listed| (listed.cluster.reference, listed.cluster.name))
            .collect(),
        dates: dates.into_iter().map(|date| (date.to_string(), long_date(date))).collect(),
    };
    Ok(Page::new("declaration/take_back.html", choose).form(form))
}

async fn check(
    web: &Web,
    visitor: &Visitor,
    fields: Fields,
    done: String,
) -> Result<Page, WebError> {
    let which = which(&fields);
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let services = store::declaration::services(&mut tx, &visitor.actor).await?;
    let service = services.into_iter().find(|service| service.code == which.service);
    let service = service.ok_or(WebError::NotFound)?;
    let whose = match &*which.cluster {
        "" => "All providers".to_owned(),
        reference => store::cluster::find(&mut tx, reference, &visitor.actor).await?.name,
    };
    let review = match take_back::review(&mut tx, &which, &visitor.actor).await {
        Ok(review) => review,
        Err(Failed::Refused(why)) => {
            return Err(visitor.forbidden(web, Permission::Hold, &why).await);
        }
        Err(Failed::Other(fault)) => return Err(fault.into()),
    };
    let holds = Banner::all(&mut tx, visitor).await?;
    drop(tx);
    let count = i64::try_from(review.rows.len()).unwrap_or(i64::MAX);
    let query = fields.without("go").without("seen").without("reason");
    let check = Check {
        title: format!("Take back {}", plural(count, "declaration", None)),
        holds,
        service_name: service.name,
        whose,
        when: which.date.map_or_else(|| "All periods".to_owned(), ending),
        amount: review.amount(),
        more: count - i64::try_from(review.rows.len().min(LISTED)).unwrap_or(count),
        rows: review.rows.iter().take(LISTED).map(Row::from).collect(),
        left_out: left_out(&review),
        seen: seen_text(&review),
        count,
        done,
        back: format!("{PATH}?{}", query.query_string()),
        date: which.date.map_or_else(String::new, |date| date.to_string()),
        service: which.service,
        cluster: which.cluster,
    };
    Ok(Page::new("declaration/take_back_check.html", check).form(fields))
}

fn ending(date: NaiveDate) -> String {
    format!("Period that ends on {}", long_date(date))
}

impl From<&Listed> for Row {
    fn from(row: &Listed) -> Self {
        Self {
            reference: row.declaration.reference.clone(),
            provider: row.provider.name.clone(),
            provider_code: row.provider.code.clone(),
            period: row.declaration.period.to_string(),
            amount: row.amount(),
            status: row.status(),
        }
    }
}

fn left_out(review: &Review) -> Vec<Left> {
    let mut by_reason: BTreeMap<String, i64> = BTreeMap::new();
    for (_, why) in &review.left_out {
        *by_reason.entry(why.to_string()).or_default() += 1;
    }
    by_reason.into_iter().map(|(why, count)| Left { count, why }).collect()
}

/// The rows that are looked at, as one field of the form: there may be thousands.
fn seen_text(review: &Review) -> String {
    let seen = review
        .rows
        .iter()
        .map(|row| format!("{}.{}", row.declaration.reference, row.declaration.version));
    seen.collect::<Vec<_>>().join(" ")
}

fn seen_in(fields: &Fields) -> Result<Vec<(String, i64)>, WebError> {
    fields
        .get("seen")
        .split_whitespace()
        .map(|text| {
            let (reference, version) = text.split_once('.')?;
            Some((reference.to_owned(), version.parse().ok()?))
        })
        .collect::<Option<_>>()
        .ok_or(WebError::BadRequest)
}

/// Takes back what was looked at, and nothing else.
pub(super) async fn act(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, WebError> {
    must_hold(&web, &visitor).await?;
    let (which, seen) = (which(&fields), seen_in(&fields)?);
    let reason = fields.get("reason").replace("\r\n", "\n");
    let (by, now) = (&visitor.actor, (web.clock)());
    let done = take_back::carry_out(&web.db, (&which, &seen), &reason, by, &now).await;
    match done {
        Ok(done) if done.changed.is_empty() && done.count > 0 => {
            let query = Fields::from_iter([("service", &*which.service), ("show", "all")]);
            Ok(Flash::success(said(&done))
                .redirect(&format!("/declarations?{}", query.query_string())))
        }
        Ok(done) => {
            let mut errors = Errors::new();
            for row in &done.changed {
                errors.add_at(
                    "reason",
                    &format!("/declarations/{}", row.declaration.reference),
                    changed(row),
                );
            }
            if errors.is_empty() {
                errors.add("reason", "There is nothing to take back.");
            }
            check(&web, &visitor, fields.without("reason"), said(&done))
                .await?
                .errors(errors)
                .status(StatusCode::CONFLICT)
                .respond(&web, &visitor.shell)
        }
        Err(Failed::Refused(why @ CannotTakeBack::NotAllowed(_))) => {
            Err(visitor.forbidden(&web, Permission::Hold, &why).await)
        }
        Err(Failed::Refused(why)) => check(&web, &visitor, fields, String::new())
            .await?
            .errors(Errors::one("reason", why.to_string()))
            .respond(&web, &visitor.shell),
        Err(Failed::Other(fault)) => Err(fault.into()),
    }
}

/// A row that stays because it is not as it was looked at.
fn changed(row: &Listed) -> String {
    let period = row.declaration.period.to_string();
    let what = with_period(&row.service.name, &period);
    let status = row.status().word;
    format!(
        "{}, {what}: this changed after you looked at it, so it was left as it is. It is now {status}.",
        row.provider.name
    )
}

fn said(done: &TakenBack) -> String {
    if done.count == 0 {
        return String::new();
    }
    let amount = done.amount.map_or_else(String::new, |amount| format!(", {amount} in all"));
    let people = i64::try_from(done.people).unwrap_or(i64::MAX);
    format!(
        "You took back {}{amount}. {} told.",
        plural(done.count, "declaration", None),
        plural(people, "person was", Some("people were"))
    )
}
