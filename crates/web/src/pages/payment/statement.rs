//! The year statement: what a provider was paid in one financial year, as a page to print and as files.

use super::lines::address;
use crate::Web;
use crate::error::WebError;
use crate::export::{Cell, Kind, Table};
use crate::form::{Fields, Query};
use crate::page::Page;
use crate::pages::correction::{self, CorrectionRow};
use crate::session::Visitor;
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, NaiveDate, Utc};
use domain::{FinancialYear, Organisation, Pence, Permission};
use serde::Serialize;
use std::sync::Arc;
use store::payment::{Line, Statement};

/// What `payment/statement.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    organisation: String,
    code: String,
    year: String,
    first_day: NaiveDate,
    last_day: NaiveDate,
    years: Vec<Year>,
    rows: Vec<Row>,
    services: Vec<Service>,
    total: Option<Pence>,
    /// What is being taken back.
    recoveries: Vec<CorrectionRow>,
    /// The address of the files, without their ending and with their question.
    files: (&'static str, String),
    at: DateTime<Utc>,
    by: String,
}

#[derive(Debug, Serialize)]
struct Year {
    value: i32,
    text: String,
    is_chosen: bool,
}

#[derive(Debug, Serialize)]
struct Row {
    href: String,
    /// Of the declaration that it pays, or that it corrects.
    reference: String,
    is_correction: bool,
    identity: String,
    service: String,
    period: String,
    amount: Option<Pence>,
    file: String,
    paid_on: Option<NaiveDate>,
    bank_reference: String,
}

#[derive(Debug, Serialize)]
struct Service {
    name: String,
    code: String,
    payments: u64,
    total: Option<Pence>,
}

impl Row {
    fn of(line: &Line, sees_money: bool) -> Self {
        let paid = line.paid();
        Self {
            href: address(line),
            reference: line.corrects.as_ref().unwrap_or(&line.payment.reference).clone(),
            is_correction: line.corrects.is_some(),
            identity: line.payment.identity(),
            service: line.service.name.clone(),
            period: line.period.to_string(),
            amount: sees_money.then_some(line.payment.amount),
            file: line.file.clone().unwrap_or_default(),
            paid_on: paid.map(|paid| paid.0),
            bank_reference: paid.map_or_else(String::new, |paid| paid.1.to_owned()),
        }
    }
}

/// The statement that an address asks for, for who may see it.
async fn found(web: &Web, visitor: &Visitor, query: &Fields) -> Result<Statement, WebError> {
    visitor.must_commission(false)?;
    visitor.must(web, Permission::SeeAchievement).await?;
    let year = match query.get("year") {
        "" => None,
        text => {
            let year = text.parse().ok().filter(|year| (2000..2100).contains(year));
            Some(FinancialYear(year.ok_or(WebError::NotFound)?))
        }
    };
    let mut tx = web.db.read_as(&visitor.actor).await?;
    Ok(store::payment::statement(&mut tx, year, &visitor.actor, &(web.clock)()).await?)
}

pub(super) async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, WebError> {
    let statement = found(&web, &visitor, &query).await?;
    let now = (web.clock)();
    let recoveries =
        correction::under_way(&mut web.db.read_as(&visitor.actor).await?, &visitor, &now).await?;
    let (year, own) = (statement.year, visitor.organisation());
    let sees_money = statement.total.is_some();
    let show = Show {
        organisation: own.name.clone(),
        code: own.code.clone(),
        year: year.to_string(),
        first_day: year.first_day(),
        last_day: year.last_day(),
        years: statement
            .years
            .iter()
            .map(|one| Year { value: one.0, text: one.to_string(), is_chosen: *one == year })
            .collect(),
        recoveries,
        rows: statement.lines.iter().map(|line| Row::of(line, sees_money)).collect(),
        services: statement
            .by_service
            .into_iter()
            .map(|own| Service {
                name: own.service.name,
                code: own.service.code,
                payments: own.lines,
                total: sees_money.then_some(own.total),
            })
            .collect(),
        total: statement.total,
        files: ("/payments/statement", format!("year={}", year.0)),
        at: (web.clock)().instant,
        by: visitor.actor.name().to_owned(),
    };
    Page::new("payment/statement.html", show).respond(&web, &visitor.shell)
}

pub(super) async fn csv(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, WebError> {
    file(&web, &visitor, &query, Kind::Csv).await
}

pub(super) async fn xlsx(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, WebError> {
    file(&web, &visitor, &query, Kind::Xlsx).await
}

async fn file(
    web: &Web,
    visitor: &Visitor,
    query: &Fields,
    kind: Kind,
) -> Result<Response, WebError> {
    let statement = found(web, visitor, query).await?;
    let own = visitor.organisation();
    let name = format!("payments-{}-{}", own.code, statement.year.to_string().replace(' ', "-"));
    table(&statement, own).file(&name, kind, (web.clock)().today)
}

/// A row for each payment, one for each service and one for all. Readers without money have no column of it.
fn table(statement: &Statement, own: &Organisation) -> Table {
    let mut columns = vec![
        ("record", 14),
        ("provider_code", 14),
        ("provider", 30),
        ("financial_year", 16),
        ("declaration", 16),
        ("payment_reference", 18),
        ("service_code", 14),
        ("service", 36),
        ("period", 20),
        ("payment_file", 16),
        ("paid_on", 18),
        ("bank_reference", 20),
        ("payments", 10),
    ];
    let amount = |amount| statement.total.map_or(Cell::Empty, |_| Cell::Money(amount));
    if statement.total.is_some() {
        columns.push(("amount_gbp", 14));
    }
    let width = columns.len();
    let begin = |record: &str| -> Vec<Cell> {
        let year = statement.year.to_string();
        vec![Cell::text(record), Cell::text(&own.code), Cell::text(&own.name), Cell::text(year)]
    };
    let count = |count: u64| Cell::Count(i64::try_from(count).unwrap_or(i64::MAX));
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for line in &statement.lines {
        let (on, bank) = line.paid().map_or((Cell::Empty, ""), |(on, bank)| (Cell::Day(on), bank));
        let mut row = begin("PAYMENT");
        row.extend([
            Cell::text(line.corrects.as_ref().unwrap_or(&line.payment.reference)),
            Cell::text(line.payment.identity()),
            Cell::text(&line.service.code),
            Cell::text(&line.service.name),
            Cell::text(line.period.to_string()),
            Cell::text(line.file.as_deref().unwrap_or_default()),
            on,
            Cell::text(bank),
            count(1),
            amount(line.payment.amount),
        ]);
        rows.push(row);
    }
    let mut sum = |record: &str, service: (&str, &str), payments: u64, total: Pence| {
        let mut row = begin(record);
        row.extend([Cell::Empty, Cell::Empty, Cell::text(service.0), Cell::text(service.1)]);
        row.extend(vec![Cell::Empty; 4]);
        row.extend([count(payments), amount(total)]);
        rows.push(row);
    };
    for own in &statement.by_service {
        sum("SERVICE_TOTAL", (&own.service.code, &own.service.name), own.lines, own.total);
    }
    let payments = statement.lines.len() as u64;
    sum("TOTAL", ("", ""), payments, statement.total.unwrap_or_default());
    rows.iter_mut().for_each(|row| row.truncate(width));
    Table { title: "Year statement", columns, rows }
}
