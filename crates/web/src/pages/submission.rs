//! Data submission: what is due, the achievement dates of a service, and the indicator groups of one date.

mod boxes;
mod entry;
mod groups;
mod nil;
mod place;
mod providers;
mod replace;
mod template;

use crate::Web;
use crate::error::WebError;
use crate::flash::see_other;
use crate::form::{Errors, Fields, Query};
use crate::page::{Page, Paging};
use crate::routes::Routes;
use crate::session::Visitor;
use crate::words::plural;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use chrono::{DateTime, NaiveDate, Utc};
use domain::achievement::CannotSubmit;
use domain::calendar::long_date;
use domain::declaration::DeclarationState;
use domain::status::Status;
use domain::{Now, Permission, Refusal};
use place::{Address, Around, Place, RECORD};
use serde::Serialize;
use std::sync::Arc;
use store::Failed;
use store::submission::Due;

/// The addresses of data submission.
pub fn routes() -> Routes {
    Routes::new()
        .route("/data", get(list))
        .merge(flow("/data"))
        .route(RECORD, get(providers::show))
        .merge(flow(&format!("{RECORD}/{{provider}}")))
        .route(
            &format!("{RECORD}/{{provider}}/{{service}}/{{date}}/{{component}}/replace"),
            get(replace::ask).post(replace::replace),
        )
}

/// The way from a service to its figures, the same for a provider and for who enters on its behalf.
fn flow(root: &str) -> Routes {
    let group = format!("{root}/{{service}}/{{date}}/{{component}}");
    let template = format!("{root}/{{service}}/{{date}}/template");
    let upload = get(template::show).post(template::upload);
    Routes::new()
        .route(&template, upload.layer(DefaultBodyLimit::max(template::LARGEST_FILE)))
        .route(&format!("{template}.csv"), get(template::csv))
        .route(&format!("{template}.xlsx"), get(template::xlsx))
        .route(&format!("{template}/submit"), post(template::submit))
        .route(&format!("{root}/{{service}}"), get(dates).post(add))
        .route(&format!("{root}/{{service}}/{{date}}"), get(groups::show))
        .route(&group, get(entry::show).post(entry::submit))
        .route(&format!("{group}/nil-return"), get(nil::ask).post(nil::submit))
}

/// One achievement date in a list.
#[derive(Debug, Serialize)]
struct Row {
    service: String,
    service_href: String,
    period: String,
    date: NaiveDate,
    href: String,
    submitted: u32,
    required: u32,
    updated_at: Option<DateTime<Utc>>,
    status: &'static Status,
    by_extract: u32,
    by_commissioner: u32,
    is_typed: bool,
    is_overdue: bool,
    /// Address of what was calculated.
    achievement: Option<String>,
}

impl Row {
    fn of(due: &Due, service_href: String) -> Self {
        Self {
            service: due.service.name.clone(),
            period: due.period.to_string(),
            date: due.period.end,
            href: format!("{service_href}/{}", due.period.end),
            service_href,
            submitted: due.submitted,
            required: due.required,
            updated_at: due.updated_at,
            status: due.state.status(),
            by_extract: due.by_extract,
            by_commissioner: due.by_commissioner,
            is_typed: due.is_typed,
            is_overdue: due.is_overdue(),
            achievement: due.achievement.map(|id| format!("/achievement/{id}")),
        }
    }
}

/// What `submission/list.html` sees.
#[derive(Debug, Serialize)]
struct List {
    tabs: Vec<Tab>,
    rows: Vec<Row>,
    paging: Paging,
    /// Services to filter by: code, name.
    services: Vec<(String, String)>,
    service: String,
    service_name: String,
    show: &'static str,
    /// Where the filter by service is taken away.
    clear: String,
}

/// A part of the list.
#[derive(Debug, Serialize)]
struct Tab {
    text: &'static str,
    href: String,
    current: bool,
    count: Option<i64>,
}

/// The parts of the list: key, words, and what belongs to it.
type Part = (&'static str, &'static str, fn(&Due) -> bool);

/// Every row belongs to one of the first three.
const PARTS: [Part; 4] = [
    ("", "To submit", |due| due.is_typed && due.submitted < due.required),
    ("extract", "Waiting for an extract", |due| !due.is_typed && due.submitted < due.required),
    ("complete", "Complete", |due| due.submitted >= due.required),
    ("all", "All", |_| true),
];

async fn list(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, WebError> {
    visitor.must_commission(false)?;
    visitor.must(&web, Permission::SeeAchievement).await?;
    let now = (web.clock)();
    let due =
        store::submission::due(&mut web.db.read_as(&visitor.actor).await?, &visitor.actor, &now)
            .await;
    let all = due.map_err(other)?;
    let mut services: Vec<(String, String)> =
        all.iter().map(|due| (due.service.code.clone(), due.service.name.clone())).collect();
    services.sort_by(|one, other| (&one.1, &one.0).cmp(&(&other.1, &other.0)));
    services.dedup();
    let service = query.get("service").to_owned();
    let part = PARTS.iter().find(|part| part.0 == query.get("show")).unwrap_or(&PARTS[0]);
    let chosen: Vec<&Due> =
        all.iter().filter(|due| service.is_empty() || due.service.code == service).collect();
    let tabs = PARTS
        .iter()
        .map(|(key, text, belongs)| Tab {
            text,
            href: address("/data", &query.with("show", key).without("page")),
            current: *key == part.0,
            count: Some(chosen.iter().filter(|due| belongs(due)).count() as i64),
        })
        .collect();
    let rows: Vec<&Due> = chosen.into_iter().filter(|due| part.2(due)).collect();
    let paging = Paging::new("/data", &query, rows.len() as i64, Paging::SIZE);
    let on_page = rows.iter().skip(paging.skip() as usize).take(Paging::SIZE as usize);
    let list = List {
        rows: on_page.map(|due| Row::of(due, format!("/data/{}", due.service.code))).collect(),
        tabs,
        service_name: services
            .iter()
            .find(|(code, _)| *code == service)
            .map_or_else(String::new, |(_, name)| name.clone()),
        clear: address("/data", &query.without("service").without("page")),
        paging,
        services,
        service,
        show: part.0,
    };
    Page::new("submission/list.html", list).form(query).respond(&web, &visitor.shell)
}

fn address(path: &str, query: &Fields) -> String {
    let query = query.query_string();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// The answer when a list is refused: rights have been asked for before.
fn other<R: Refusal>(failed: Failed<R>) -> WebError {
    match failed {
        Failed::Other(fault) => fault.into(),
        Failed::Refused(why) => WebError::Forbidden { why: why.to_string(), who: String::new() },
    }
}

/// What `submission/dates.html` sees.
#[derive(Debug, Serialize)]
struct Dates {
    around: Around,
    service: String,
    summary: String,
    year: String,
    begun: Vec<Row>,
    /// Achievement dates that can be added.
    open: Vec<Row>,
    next: Option<NaiveDate>,
}

async fn dates(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(address): Path<Address>,
) -> Result<Response, WebError> {
    let place = address.place(&web, &visitor).await?;
    dates_page(&web, &visitor, &place).await?.respond(&web, &visitor.shell)
}

async fn dates_page(web: &Web, visitor: &Visitor, place: &Place) -> Result<Page, WebError> {
    let (mut tx, now) = (web.db.read_as(&visitor.actor).await?, (web.clock)());
    let (provider, code, by) = (place.provider.id, &place.service, &visitor.actor);
    let found = store::submission::dates(&mut tx, provider, code, by, &now).await;
    let dates = found.map_err(not_open)?;
    let row = |due: &Due| Row::of(due, place.service_href());
    Ok(Page::new(
        "submission/dates.html",
        Dates {
            around: place.around(None, None, true),
            service: dates.service.name.clone(),
            summary: dates.service.summary.clone(),
            year: dates.service.year.to_string(),
            begun: dates.begun.iter().map(row).collect(),
            open: dates.open.iter().map(row).collect(),
            next: dates.next,
        },
    ))
}

/// Who does not take part is told so on a page of its own; there is nothing to show it beside.
fn not_open(failed: Failed<CannotSubmit>) -> WebError {
    match failed {
        Failed::Other(fault) => fault.into(),
        Failed::Refused(CannotSubmit::NotAnAchievementDate(_)) => WebError::NotFound,
        Failed::Refused(why) => WebError::Forbidden {
            why: why.to_string(),
            who: match why {
                CannotSubmit::NotTakingPart => {
                    "Accept the offer of this service first. Offers are on your services page."
                        .to_owned()
                }
                _ => String::new(),
            },
        },
    }
}

/// "Add New Achievement": nothing is recorded until figures are submitted.
async fn add(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(address): Path<Address>,
    form: Fields,
) -> Result<Response, WebError> {
    let place = address.place(&web, &visitor).await?;
    match form.get("achievement-date").parse::<NaiveDate>() {
        Ok(date) => Ok(see_other(&place.date_href(date))),
        Err(_) => dates_page(&web, &visitor, &place)
            .await?
            .form(form)
            .errors(Errors::one("achievement-date", "Select an achievement date"))
            .respond(&web, &visitor.shell),
    }
}

/// What a changed figure does to a declaration that a person made and nobody has approved; empty otherwise.
fn undoes(declaration: Option<&DeclarationState>, why_not: Option<&CannotSubmit>) -> String {
    match declaration.and_then(DeclarationState::declared) {
        Some(step) if why_not.is_none() && step.by.person.is_some() => format!(
            "This was declared on {}. If you change a figure, it goes back to {} and must be declared again.",
            long_date(Now::at(step.at).today),
            DeclarationState::AwaitingProvider.status().word
        ),
        _ => String::new(),
    }
}

/// Why nothing can be submitted; where a role is missing, who at the organisation holds it.
async fn why_not(web: &Web, visitor: &Visitor, why: &CannotSubmit) -> Result<String, WebError> {
    if !why.is_forbidden() {
        return Ok(why.to_string());
    }
    match visitor.forbidden(web, Permission::EnterFigures, why).await {
        WebError::Forbidden { why, who } => Ok(format!("{why} {who}")),
        fault => Err(fault),
    }
}

/// "2 figures".
fn figures(number: usize) -> String {
    plural(i64::try_from(number).unwrap_or(i64::MAX), "figure", None)
}
