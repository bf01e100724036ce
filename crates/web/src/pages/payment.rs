//! Payments: the files that finance makes of approved declarations, and what a provider is paid.

use super::declaration::{Happening, Row};
use crate::Web;
use crate::download::{CSV, download};
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::{Errors, Fields, Query};
use crate::page::{Page, Paging};
use crate::session::Visitor;
use crate::words::plural;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use chrono::{DateTime, NaiveDate, Utc};
use domain::payment::{CannotPay, Totals};
use domain::{OrganisationKind, Pence, Permission};
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;
use store::Failed;
use store::declaration::Listed;
use store::payment::{File, Line, ServiceTotal, by_service};

/// The addresses of this file.
pub fn routes() -> Router<Arc<Web>> {
    Router::new()
        .route("/payments", get(list))
        .route("/payments/new", get(check).post(create))
        .route("/payments/{reference}", get(show))
}

/// Lines on one page of a file.
const LINES: i64 = 200;
/// More declarations than any provider has on their way at once; the page shows them all.
const ON_ITS_WAY_AT_MOST: i64 = 500;

/// What `payment/provider.html` sees.
#[derive(Debug, Serialize)]
struct Received {
    organisation: String,
    /// Declared and in no file yet.
    on_its_way: Vec<Row>,
    on_its_way_total: i64,
    on_its_way_amount: Option<Pence>,
    /// In payment files.
    rows: Vec<Row>,
    paging: Paging,
    amount: Option<Pence>,
}

/// What `payment/list.html` sees.
#[derive(Debug, Serialize)]
struct Files {
    files: Vec<FileRow>,
    paging: Paging,
    ready: i64,
    ready_amount: Pence,
    /// As many of these as are to be recovered, and their sum.
    recoveries: i64,
    recovered: Pence,
    may_pay: bool,
    who: String,
    /// What a region, which pays nothing itself, sees of its ICBs instead.
    of_icbs: String,
}

/// A payment file in a list.
#[derive(Debug, Serialize)]
struct FileRow {
    reference: String,
    commissioner: String,
    created_by: String,
    created_at: DateTime<Utc>,
    lines: i64,
    total: Pence,
    hash: String,
}

impl From<File> for FileRow {
    fn from(file: File) -> Self {
        Self {
            reference: file.reference,
            commissioner: file.commissioner,
            created_by: file.created_by,
            created_at: file.created_at,
            lines: file.lines,
            total: file.total,
            hash: file.content_hash,
        }
    }
}

/// A payment line.
#[derive(Debug, Serialize)]
struct LineRow {
    reference: String,
    payee: String,
    payee_code: String,
    service: String,
    date: NaiveDate,
    amount: Pence,
}

impl From<&Line> for LineRow {
    fn from(line: &Line) -> Self {
        Self {
            reference: line.reference.clone(),
            payee: line.payee.name.clone(),
            payee_code: line.payee.code.clone(),
            service: line.service.name.clone(),
            date: line.achievement_date,
            amount: line.amount,
        }
    }
}

/// The lines of one service.
#[derive(Debug, Serialize)]
struct TotalRow {
    service: String,
    code: String,
    lines: u64,
    total: Pence,
}

impl From<ServiceTotal> for TotalRow {
    fn from(total: ServiceTotal) -> Self {
        Self {
            service: total.service.name,
            code: total.service.code,
            lines: total.lines,
            total: total.total,
        }
    }
}

/// Control totals with the lines behind them: what a file will hold, or holds.
#[derive(Debug, Serialize)]
struct Control {
    lines: u64,
    payees: usize,
    total: Pence,
    payments: u64,
    paid: Pence,
    recoveries: u64,
    recovered: Pence,
    by_service: Vec<TotalRow>,
    shown: Vec<LineRow>,
    paging: Paging,
}

impl Control {
    fn of(lines: &[Line], path: &str, query: &Fields) -> Self {
        let sums = Totals::of(lines.iter().map(|line| line.amount));
        let paging =
            Paging::new(path, query, i64::try_from(sums.lines()).unwrap_or(i64::MAX), LINES);
        let from = usize::try_from(paging.skip()).unwrap_or_default();
        let to = usize::try_from(paging.last).unwrap_or_default().max(from);
        Self {
            lines: sums.lines(),
            payees: lines.iter().map(|line| &line.payee.code).collect::<BTreeSet<_>>().len(),
            total: sums.net(),
            payments: sums.payments,
            paid: sums.paid,
            recoveries: sums.recoveries,
            recovered: sums.recovered,
            by_service: by_service(lines).into_iter().map(TotalRow::from).collect(),
            shown: lines[from..to].iter().map(LineRow::from).collect(),
            paging,
        }
    }
}

async fn list(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, WebError> {
    if visitor.organisation().kind.provides() {
        return received(&web, &visitor, &query).await;
    }
    visitor.must(&web, Permission::SeeMoney).await?;
    let mut tx = web.db.read().await?;
    let size = Paging::SIZE;
    let (_, total) = store::payment::files(&mut tx, (0, 0), &visitor.actor).await?;
    let paging = Paging::new("/payments", &query, total, size);
    let (files, _) = store::payment::files(&mut tx, (paging.skip(), size), &visitor.actor).await?;
    let ready = store::payment::ready(&mut tx, &visitor.actor).await?;
    let ready = Totals::of(ready.iter().map(|line| line.amount));
    let of_icbs = of_icbs(&mut tx, &visitor, (web.clock)().today).await?;
    let may_pay = visitor.actor.may(Permission::ApproveFinance);
    let who = if may_pay { String::new() } else { who_can(&mut tx, &visitor).await? };
    let files = Files {
        files: files.into_iter().map(FileRow::from).collect(),
        paging,
        ready: i64::try_from(ready.lines()).unwrap_or(i64::MAX),
        ready_amount: ready.net(),
        recoveries: i64::try_from(ready.recoveries).unwrap_or(i64::MAX),
        recovered: Pence(ready.recovered.0.saturating_neg()),
        may_pay,
        who,
        of_icbs,
    };
    Page::new("payment/list.html", files).respond(&web, &visitor.shell)
}

/// Says to a region that its ICBs pay, and what they have ready; nothing to anybody else.
async fn of_icbs(
    tx: &mut store::Tx,
    visitor: &Visitor,
    today: NaiveDate,
) -> Result<String, WebError> {
    if visitor.organisation().kind != OrganisationKind::Region {
        return Ok(String::new());
    }
    let waiting = store::task::at_commissioner(tx, &visitor.actor, today).await?;
    let ready = match waiting.to_pay {
        0 => "None of their declarations is ready to pay.".to_owned(),
        number => format!(
            "{} ready to pay, {} in all.",
            plural(number, "of their declarations is", Some("of their declarations are")),
            Pence(waiting.to_pay_pence)
        ),
    };
    Ok(format!("Each ICB makes its own payment files. {ready}"))
}

async fn who_can(tx: &mut store::Tx, visitor: &Visitor) -> Result<String, WebError> {
    let organisation = visitor.organisation();
    let roles = Permission::ApproveFinance.roles(organisation.kind);
    let names = store::person::holders(tx, organisation.id, &roles).await?;
    Ok(if names.is_empty() {
        format!("Nobody at {} can create a payment file yet.", organisation.name)
    } else {
        format!(
            "You cannot create a payment file. At {} these people can: {}.",
            organisation.name,
            names.join(", ")
        )
    })
}

/// A provider's own amounts.
async fn received(web: &Web, visitor: &Visitor, query: &Fields) -> Result<Response, WebError> {
    visitor.must(web, Permission::SeeAchievement).await?;
    let mut tx = web.db.read().await?;
    let size = Paging::SIZE;
    let total = store::payment::in_files(&mut tx, (0, 0), &visitor.actor).await?.total;
    let paging = Paging::new("/payments", query, total, size);
    let found = store::payment::in_files(&mut tx, (paging.skip(), size), &visitor.actor).await?;
    let all = (0, ON_ITS_WAY_AT_MOST);
    let on_its_way = store::payment::on_its_way(&mut tx, all, &visitor.actor).await?;
    let now = (web.clock)();
    let rows = |rows: &[Listed]| rows.iter().map(|row| Row::of(row, visitor, &now)).collect();
    let received = Received {
        organisation: visitor.organisation().name.clone(),
        on_its_way: rows(&on_its_way.rows),
        on_its_way_total: on_its_way.total,
        on_its_way_amount: on_its_way.amount,
        rows: rows(&found.rows),
        paging,
        amount: found.amount,
    };
    Page::new("payment/provider.html", received).respond(web, &visitor.shell)
}

/// What `payment/new.html` sees.
#[derive(Debug, Serialize)]
struct Check {
    control: Control,
}

async fn check(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, WebError> {
    checked(&web, &visitor, &query).await?.respond(&web, &visitor.shell)
}

async fn checked(web: &Web, visitor: &Visitor, query: &Fields) -> Result<Page, WebError> {
    visitor.must_commission(true)?;
    visitor.must(web, Permission::ApproveFinance).await?;
    let mut tx = web.db.read().await?;
    let lines = store::payment::ready(&mut tx, &visitor.actor).await?;
    let control = Control::of(&lines, "/payments/new", query);
    Ok(Page::new("payment/new.html", Check { control }))
}

/// Makes the file of what was seen on the check page, and of nothing else.
async fn create(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    form: Fields,
) -> Result<Response, WebError> {
    visitor.must(&web, Permission::ApproveFinance).await?;
    let lines = form.get("lines").parse().map_err(|_| WebError::BadRequest)?;
    let total = form.get("total").parse().map(Pence).map_err(|_| WebError::BadRequest)?;
    let now = (web.clock)();
    match store::payment::create(&web.db, (lines, total), &visitor.actor, &now).await {
        Ok(reference) => Ok(Flash::success(format!("Payment file {reference} created."))
            .redirect(&format!("/payments/{reference}"))),
        Err(Failed::Other(fault)) => Err(fault.into()),
        Err(Failed::Refused(why @ CannotPay::NotAllowed(_))) => {
            Err(visitor.forbidden(&web, Permission::ApproveFinance, &why).await)
        }
        Err(Failed::Refused(why)) => checked(&web, &visitor, &Fields::default())
            .await?
            .errors(Errors::one("totals", why.to_string()))
            .status(StatusCode::CONFLICT)
            .respond(&web, &visitor.shell),
    }
}

/// What `payment/show.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    file: FileRow,
    control: Control,
    history: Vec<Happening>,
}

/// One file, or with `.csv` after its reference the content exactly as it was frozen.
async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
    Query(query): Query,
) -> Result<Response, WebError> {
    visitor.must_commission(true)?;
    visitor.must(&web, Permission::SeeMoney).await?;
    let mut tx = web.db.read().await?;
    if let Some(reference) = reference.strip_suffix(".csv") {
        let content = store::payment::content(&mut tx, reference, &visitor.actor).await?;
        return download(&format!("{reference}.csv"), CSV, content);
    }
    let (id, file, lines) = store::payment::find(&mut tx, &reference, &visitor.actor).await?;
    let history = store::event::of(&mut tx, id.0).await?;
    let show = Show {
        control: Control::of(&lines, &format!("/payments/{reference}"), &query),
        file: file.into(),
        history: history.iter().map(|happened| Happening::of(happened, true)).collect(),
    };
    Page::new("payment/show.html", show).respond(&web, &visitor.shell)
}
