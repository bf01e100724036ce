//! Who takes part in a service on a day, as a page and as a file; services without payment have nothing else to show.

use crate::Web;
use crate::download::{CSV, download};
use crate::error::WebError;
use crate::form::{Errors, Fields, Query, date_fields};
use crate::page::{Page, Paging};
use crate::session::Visitor;
use axum::extract::{Path, State};
use axum::response::Response;
use chrono::NaiveDate;
use domain::Service;
use domain::calendar::long_date;
use domain::sheet::Sheet;
use serde::Serialize;
use std::sync::Arc;
use store::offer::Participant;
use store::service::Published;

/// The prefix of the boxes of the day.
const ON: &str = "on";
/// More than all providers of England.
const ALL: i64 = 1_000_000;
const COLUMNS: [&str; 10] = [
    "Service",
    "ODS code",
    "Provider",
    "PCN",
    "Commissioner",
    "Components",
    "From",
    "Until",
    "Since",
    "Contract",
];

/// What `service/participants.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    code: String,
    name: String,
    on: String,
    rows: Vec<Row>,
    paging: Paging,
    /// Address of the file.
    file: String,
}

/// One provider.
#[derive(Debug, Serialize)]
struct Row {
    code: String,
    name: String,
    network: Option<String>,
    components: String,
    until: NaiveDate,
    contract: String,
}

impl Row {
    fn of(own: Participant, service: &Service) -> Self {
        let components = service.components_named(&own.components);
        let names: Vec<&str> = components.iter().map(|one| one.name.as_str()).collect();
        Self {
            components: names.join(", "),
            code: own.code,
            name: own.name,
            network: own.network,
            until: own.until,
            contract: own.contract,
        }
    }
}

/// The day that an address asks for; without one today, within the service.
fn day(query: &Fields, service: &Service, today: NaiveDate, errors: &mut Errors) -> NaiveDate {
    let usual = today.clamp(service.starts_on, service.ends_on);
    let is_asked =
        ["day", "month", "year"].iter().any(|part| !query.get(&format!("{ON}-{part}")).is_empty());
    match is_asked {
        true => query.date(ON, "Date", errors).unwrap_or(usual),
        false => usual,
    }
}

/// The page.
pub(super) async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(code): Path<String>,
    Query(query): Query,
) -> Result<Response, WebError> {
    visitor.must_commission(true)?;
    let (by, today) = (&visitor.actor, (web.clock)().today);
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let Published { id, service, .. } = find(&mut tx, &code).await?;
    let mut errors = Errors::new();
    let on = day(&query, &service, today, &mut errors);
    let total = store::offer::taking_part_on(&mut tx, id, on, by).await?;
    let paging =
        Paging::new(&format!("/catalogue/{code}/participants"), &query, total, Paging::SIZE);
    let page = (paging.skip(), Paging::SIZE);
    let rows = store::offer::participants(&mut tx, id, on, page, by).await?;
    drop(tx);
    let file = Fields::from_iter(date_fields(ON, on));
    let fields = match errors.is_empty() {
        true => date_fields(ON, on).into_iter().collect(),
        false => query,
    };
    let show = Show {
        file: format!("/catalogue/{code}/participants.csv?{}", file.query_string()),
        rows: rows.into_iter().map(|own| Row::of(own, &service)).collect(),
        name: service.name.clone(),
        on: long_date(on),
        code,
        paging,
    };
    Page::new("service/participants.html", show)
        .form(fields)
        .errors(errors)
        .respond(&web, &visitor.shell)
}

/// All of them, as a file.
pub(super) async fn csv(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(code): Path<String>,
    Query(query): Query,
) -> Result<Response, WebError> {
    visitor.must_commission(true)?;
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let Published { id, service, .. } = find(&mut tx, &code).await?;
    let mut errors = Errors::new();
    let on = day(&query, &service, (web.clock)().today, &mut errors);
    if !errors.is_empty() {
        return Err(WebError::BadRequest);
    }
    let rows = store::offer::participants(&mut tx, id, on, (0, ALL), &visitor.actor).await?;
    drop(tx);
    let mut sheet = Sheet::new(&COLUMNS);
    for own in rows {
        sheet.row(&[
            &code,
            &own.code,
            &own.name,
            own.network.as_deref().unwrap_or_default(),
            &own.commissioner,
            &own.components.join(" "),
            &own.from.to_string(),
            &own.until.to_string(),
            &own.since.map(|day| day.to_string()).unwrap_or_default(),
            &own.contract,
        ]);
    }
    download(&format!("participants-{code}-{on}.csv"), CSV, sheet.finish())
}

async fn find(tx: &mut store::Tx, code: &str) -> Result<Published, WebError> {
    store::service::find_by_code(tx, code).await?.ok_or(WebError::NotFound)
}
