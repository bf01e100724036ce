//! Payments: the files that finance makes of approved declarations, and what a provider is paid.

mod answer;
mod bank;
mod compared;
mod failed;
mod file;
mod lines;
mod provider;
mod settle;
mod statement;
mod timing;

pub(in crate::pages) use lines::{address, told};

use crate::Web;
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::{Errors, Fields, Query};
use crate::page::{Page, Paging};
use crate::pages::hold::Banner;
use crate::routes::Routes;
use crate::session::Visitor;
use crate::words::plural;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use chrono::{DateTime, NaiveDate, Utc};
use compared::Compared;
use domain::payment::{CannotPay, Totals, layout::Layout};
use domain::status::Status;
use domain::{OrganisationKind, Pence, Permission};
use lines::{Control, HeldLines};
use serde::Serialize;
use std::sync::Arc;
use store::Failed;
use store::payment::File;

/// The addresses of this file.
pub fn routes() -> Routes {
    let large = DefaultBodyLimit::max(answer::LARGEST);
    Routes::new()
        .route("/payments", get(list))
        .route("/payments/new", get(check).post(create))
        .route("/payments/timing", get(timing::show).post(timing::change))
        .route("/payments/failed", get(failed::list).post(failed::try_again))
        .route("/payments/bank", get(bank::ask).post(bank::compare))
        .route("/payments/failed/settle", get(settle::ask).post(settle::settle))
        .route("/payments/statement", get(statement::show))
        .route("/payments/statement.csv", get(statement::csv))
        .route("/payments/statement.xlsx", get(statement::xlsx))
        .route("/payments/{reference}", get(file::show))
        .route("/payments/{reference}/answers.csv", get(file::answers))
        .route("/payments/{reference}/to-answer.csv", get(answer::to_fill_in))
        .route("/payments/{reference}/send", get(file::ask).post(file::send))
        .route("/payments/{reference}/answer", get(answer::ask).post(answer::upload).layer(large))
        .route("/payments/{reference}/answer/load", post(answer::load).layer(large))
}

/// What `payment/list.html` sees.
#[derive(Debug, Serialize)]
struct Files {
    holds: Banner,
    /// By when the next file must reach the payer; empty where nobody has said.
    reach: String,
    files: Vec<FileRow>,
    paging: Paging,
    ready: i64,
    ready_amount: Pence,
    /// As many of these as are to be recovered, and their sum.
    recoveries: i64,
    recovered: Pence,
    /// What a hold keeps out of the next file, and its sum.
    held: usize,
    held_amount: Pence,
    may_pay: bool,
    who: String,
    /// Payments that failed and wait for finance.
    failed: usize,
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
    /// Name of its layout.
    layout: String,
    /// What its content is saved as: `PF-2026-000012.csv`.
    download: String,
    /// `CSV`, `TXT` or `DAT`.
    ending: String,
    status: &'static Status,
    sent_by: Option<String>,
    sent_at: Option<DateTime<Utc>>,
    sent_on: Option<NaiveDate>,
    expected_on: Option<NaiveDate>,
    /// Lines that the payer has paid, and that it could not pay.
    paid: i64,
    failed: i64,
    is_own: bool,
}

impl From<File> for FileRow {
    fn from(file: File) -> Self {
        let status = file.status();
        Self {
            status,
            sent_on: file.sent.as_ref().map(|sent| sent.on),
            expected_on: file.sent.as_ref().and_then(|sent| sent.expected_on),
            sent_at: file.sent.as_ref().map(|sent| sent.at),
            sent_by: file.sent.map(|sent| sent.by),
            paid: file.paid,
            failed: file.failed,
            is_own: file.is_own,
            download: format!("{}.{}", file.reference, file.layout.ending),
            ending: file.layout.ending.to_uppercase(),
            layout: file.layout.name,
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

async fn list(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, WebError> {
    if visitor.organisation().kind.provides() {
        return provider::received(&web, &visitor, &query).await;
    }
    visitor.must(&web, Permission::SeePayments).await?;
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let size = Paging::SIZE;
    let (_, total) = store::payment::files(&mut tx, (0, 0), &visitor.actor).await?;
    let paging = Paging::new("/payments", &query, total, size);
    let (files, _) = store::payment::files(&mut tx, (paging.skip(), size), &visitor.actor).await?;
    let due = store::payment::due(&mut tx, &visitor.actor, (web.clock)().today).await?;
    let ready = Totals::of(due.ready.iter().map(|line| line.payment.amount));
    let holds = Banner::all(&mut tx, &visitor).await?;
    let failed = store::payment::failed(&mut tx, &visitor.actor).await?.len();
    let of_icbs = of_icbs(&mut tx, &visitor, (web.clock)().today).await?;
    let may_pay = visitor.actor.may(Permission::MakePayments);
    let who = if may_pay { String::new() } else { who_can(&mut tx, &visitor).await? };
    let ready_lines = i64::try_from(ready.lines()).unwrap_or(i64::MAX);
    let reach = timing::sentence(&mut tx, ready_lines, &visitor).await?;
    let files = Files {
        holds,
        reach,
        held: due.held.len(),
        held_amount: due.held.iter().map(|line| line.payment.amount).sum(),
        files: files.into_iter().map(FileRow::from).collect(),
        paging,
        ready: ready_lines,
        ready_amount: ready.net(),
        recoveries: i64::try_from(ready.recoveries).unwrap_or(i64::MAX),
        recovered: Pence(ready.recovered.0.saturating_neg()),
        may_pay,
        who,
        failed,
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
    let any = (&[Permission::MakePayments][..], organisation.kind);
    let names = store::person::holders(tx, organisation.id, any, &visitor.now).await?;
    Ok(if names.is_empty() {
        format!("Nobody at {} can create a payment file yet.", organisation.name)
    } else {
        format!(
            "You cannot create a payment file. At {} these people can: {}.",
            organisation.name,
            store::person::named(&names)
        )
    })
}

/// What `payment/new.html` sees.
#[derive(Debug, Serialize)]
struct Check {
    holds: Banner,
    control: Control,
    held: HeldLines,
    /// What differs from the last file; none where there is none.
    compared: Option<Compared>,
    layouts: Vec<Choice>,
    /// The SHA-256 of the layout that is chosen.
    chosen: String,
}

/// A layout that a file can be made in.
#[derive(Debug, Serialize)]
struct Choice {
    hash: String,
    name: String,
    explanation: String,
}

impl From<Layout> for Choice {
    fn from(layout: Layout) -> Self {
        Self { hash: layout.hash, name: layout.name, explanation: layout.explanation }
    }
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
    visitor.must(web, Permission::MakePayments).await?;
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let due = store::payment::due(&mut tx, &visitor.actor, (web.clock)().today).await?;
    let holds = Banner::all(&mut tx, visitor).await?;
    let control = Control::of(&due.ready, "/payments/new", query);
    let held = HeldLines::of(&due.held);
    let offered = store::payment::layouts(&mut tx, &visitor.actor).await?;
    let layouts = offered.layouts.into_iter().map(Choice::from).collect();
    let compared = store::payment::compared(&mut tx, &due, &visitor.actor).await?;
    let compared = compared.map(Compared::from);
    let check = Check { holds, control, held, compared, layouts, chosen: offered.chosen };
    Ok(Page::new("payment/new.html", check))
}

/// Makes the file of what was seen on the check page, and of nothing else.
async fn create(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    form: Fields,
) -> Result<Response, WebError> {
    visitor.must(&web, Permission::MakePayments).await?;
    let lines = form.get("lines").parse().map_err(|_| WebError::BadRequest)?;
    let total = form.get("total").parse().map(Pence).map_err(|_| WebError::BadRequest)?;
    let layout = Some(form.get("layout")).filter(|hash| !hash.is_empty());
    let now = (web.clock)();
    match store::payment::create(&web.db, layout, (lines, total), &visitor.actor, &now).await {
        Ok(reference) => Ok(Flash::success(format!("Payment file {reference} created."))
            .redirect(&format!("/payments/{reference}"))),
        Err(Failed::Other(fault)) => Err(fault.into()),
        Err(Failed::Refused(why @ CannotPay::NotAllowed(_))) => {
            Err(visitor.forbidden(&web, Permission::MakePayments, &why).await)
        }
        Err(Failed::Refused(why)) => {
            let field = if why == CannotPay::LayoutChanged { "layout" } else { "totals" };
            checked(&web, &visitor, &Fields::default())
                .await?
                .errors(Errors::one(field, why.to_string()))
                .status(StatusCode::CONFLICT)
                .respond(&web, &visitor.shell)
        }
    }
}
