//! One payment file: its totals, its lines with what became of each, its downloads, and sending it to the payer.

use super::super::declaration::Happening;
use super::FileRow;
use super::lines::Control;
use crate::Web;
use crate::download::{CSV, download};
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::{Errors, Fields, Query, date_fields};
use crate::page::Page;
use crate::session::Visitor;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::Permission;
use domain::calendar::long_date;
use domain::payment::{CannotSend, PaymentState, Sending};
use domain::sheet::Sheet;
use serde::Serialize;
use std::sync::Arc;
use store::payment::{File, Line};
use store::{Failed, Tx};

/// What `payment/show.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    file: FileRow,
    control: Control,
    /// What this person can do next: "send", "answer" or nothing.
    act: &'static str,
    /// Why this person cannot send it, and who can; empty where they can or nothing is to be sent.
    waits_for: String,
    history: Vec<Happening>,
}

/// As the content type of a text that is no table with commas.
const TEXT: &str = "text/plain; charset=utf-8";

/// One file, or with its ending after its reference the content exactly as it was frozen.
pub(super) async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
    Query(query): Query,
) -> Result<Response, WebError> {
    visitor.must_commission(true)?;
    visitor.must(&web, Permission::SeePayments).await?;
    let mut tx = web.db.read_as(&visitor.actor).await?;
    if let Some((reference, ending)) = reference.split_once('.') {
        let content = store::payment::content(&mut tx, (reference, ending), &visitor.actor).await?;
        let kind = if ending == "csv" { CSV } else { TEXT };
        return download(&format!("{reference}.{ending}"), kind, content);
    }
    let (id, file, lines) = store::payment::find(&mut tx, &reference, &visitor.actor).await?;
    let history = store::event::of(&mut tx, id.0).await?;
    let waits_for = waits_for(&mut tx, &file, &visitor).await?;
    let may = file.is_own && visitor.actor.may(Permission::MakePayments);
    let act = match &file.sent {
        _ if !may => "",
        None if waits_for.is_empty() => "send",
        Some(_) if file.paid + file.failed < file.lines => "answer",
        _ => "",
    };
    let show = Show {
        control: Control::of(&lines, &format!("/payments/{reference}"), &query),
        file: file.into(),
        act,
        waits_for,
        history: history.iter().map(|happened| Happening::of(happened, true)).collect(),
    };
    Page::new("payment/show.html", show).respond(&web, &visitor.shell)
}

/// Why the visitor cannot send a file that is to be sent, and who can.
async fn waits_for(tx: &mut Tx, file: &File, visitor: &Visitor) -> Result<String, WebError> {
    if file.sent.is_some() {
        return Ok(String::new());
    }
    let why = match file.frozen.can_send(&visitor.actor) {
        Ok(()) => return Ok(String::new()),
        Err(_) if !file.is_own => {
            return Ok(format!("This file waits for {} to send it.", file.commissioner));
        }
        Err(CannotSend::NotAllowed(_)) => "A second person of finance must send it.".to_owned(),
        Err(why) => why.to_string(),
    };
    let organisation = visitor.organisation();
    let any = (&[Permission::MakePayments][..], organisation.kind);
    let mut names = store::person::holders(tx, organisation.id, any, &visitor.now).await?;
    names.retain(|holder| !holder.shares(&file.frozen.created_by));
    Ok(match names.as_slice() {
        [] => format!("{why} Nobody else at {} can yet.", organisation.name),
        names => {
            format!(
                "{why} At {} these people can: {}.",
                organisation.name,
                store::person::named(names)
            )
        }
    })
}

/// The lines of a file with the payer's answer to each.
pub(super) async fn answers(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
) -> Result<Response, WebError> {
    visitor.must_commission(true)?;
    visitor.must(&web, Permission::SeePayments).await?;
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let (_, _, lines) = store::payment::find(&mut tx, &reference, &visitor.actor).await?;
    download(&format!("{reference}-answers.csv"), CSV, answers_csv(&reference, &lines))
}

fn answers_csv(reference: &str, lines: &[Line]) -> String {
    let mut sheet = Sheet::new(&[
        "file_reference",
        "payment_reference",
        "payee_code",
        "payee_name",
        "service_code",
        "achievement_date",
        "amount_gbp",
        "status",
        "paid_on",
        "bank_reference",
        "reason",
    ]);
    for line in lines {
        let (paid_on, bank_reference, reason) = match &line.payment.state {
            PaymentState::Paid { on, bank_reference } => (on.to_string(), &**bank_reference, ""),
            PaymentState::Failed { reason } => (String::new(), "", &**reason),
            PaymentState::Settled { on, reference, reason, .. } => {
                (on.to_string(), &**reference, &**reason)
            }
            _ => (String::new(), "", ""),
        };
        sheet.row(&[
            reference,
            &line.payment.identity(),
            &line.payee.code,
            &line.payee.name,
            &line.service.code,
            &line.period.end.to_string(),
            &line.payment.amount.plain(),
            line.payment.state.name(),
            &paid_on,
            bank_reference,
            reason,
        ]);
    }
    sheet.finish()
}

/// What `payment/send.html` sees.
#[derive(Debug, Serialize)]
struct Send {
    file: FileRow,
    control: Control,
}

/// "Check and send": what the first person has frozen, for the second.
pub(super) async fn ask(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
) -> Result<Response, WebError> {
    let form = Fields::from_iter(date_fields("sent", (web.clock)().today));
    page(&web, &visitor, &reference, form, Errors::new()).await?.respond(&web, &visitor.shell)
}

/// The check page; whoever cannot send the file is told why.
async fn page(
    web: &Web,
    visitor: &Visitor,
    reference: &str,
    form: Fields,
    errors: Errors,
) -> Result<Page, WebError> {
    visitor.must_commission(true)?;
    visitor.must(web, Permission::MakePayments).await?;
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let (_, file, lines) = store::payment::find(&mut tx, reference, &visitor.actor).await?;
    if !file.is_own {
        return Err(WebError::NotFound);
    }
    if let Err(why) = file.frozen.can_send(&visitor.actor) {
        let who = match waits_for(&mut tx, &file, visitor).await? {
            told if told.is_empty() => why.to_string(),
            told => told,
        };
        return Err(WebError::Forbidden { why: who, who: String::new() });
    }
    let control = Control::of(&lines, &format!("/payments/{reference}/send"), &Fields::default());
    Ok(Page::new("payment/send.html", Send { file: file.into(), control })
        .form(form)
        .errors(errors))
}

/// Marks the file as sent.
pub(super) async fn send(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
    form: Fields,
) -> Result<Response, WebError> {
    visitor.must_commission(true)?;
    visitor.must(&web, Permission::MakePayments).await?;
    let mut errors = Errors::new();
    let on = form.date("sent", "Date sent", &mut errors);
    let is_typed = ["day", "month", "year"]
        .iter()
        .any(|part| !form.get(&format!("expected-{part}")).is_empty());
    let expected_on =
        is_typed.then(|| form.date("expected", "Expected payment date", &mut errors)).flatten();
    let Some(on) = on.filter(|_| errors.is_empty()) else {
        let page = page(&web, &visitor, &reference, form, errors).await?;
        return page.respond(&web, &visitor.shell);
    };
    let sending = Sending { on, expected_on, seen: form.get("seen").to_owned() };
    let (by, now) = (&visitor.actor, (web.clock)());
    let why = match store::payment::send(&web.db, &reference, &sending, by, &now).await {
        Ok(()) => {
            let done = format!(
                "Payment file {reference} marked as sent on {}. Load the payer's answer when it comes.",
                long_date(on)
            );
            return Ok(Flash::success(done).redirect(&format!("/payments/{reference}")));
        }
        Err(Failed::Other(fault)) => return Err(fault.into()),
        Err(Failed::Refused(why @ CannotSend::NotAllowed(_))) => {
            return Err(visitor.forbidden(&web, Permission::MakePayments, &why).await);
        }
        Err(Failed::Refused(why)) => why,
    };
    let field = match why {
        CannotSend::SentInFuture | CannotSend::SentBeforeCreated(_) => "sent",
        CannotSend::ExpectedBeforeSent => "expected",
        CannotSend::AlreadySent => {
            return Ok(
                Flash::information(why.to_string()).redirect(&format!("/payments/{reference}"))
            );
        }
        _ => "totals",
    };
    let target = if field == "totals" { field.to_owned() } else { format!("{field}-day") };
    let mut errors = Errors::new();
    errors.add_at(field, &target, why.to_string());
    let status =
        if field == "totals" { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = page(&web, &visitor, &reference, form, errors).await?;
    page.status(status).respond(&web, &visitor.shell)
}
