//! The payer's answer to a file: uploaded or pasted, checked, and loaded as it was checked.

use super::FileRow;
use crate::Web;
use crate::download::{CSV, download};
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::{Errors, Fields};
use crate::page::Page;
use crate::pages::receipt::Link;
use crate::pages::receipt::money::made;
use crate::session::Visitor;
use crate::words::plural;
use axum::extract::{Multipart, Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::calendar::long_date;
use domain::payment::answer::{self, COLUMNS, Line, Plan, Said};
use domain::payment::{CannotAnswer, PaymentState};
use domain::sheet::Sheet;
use domain::tabular::{Problem, Problems};
use domain::{Pence, Permission};
use serde::Serialize;
use std::sync::Arc;
use store::Failed;
use store::payment::Given;

/// Bytes of an answer with its form: twice those of a file of the whole nation.
pub(super) const LARGEST: usize = 4 << 20;
/// Letters of a file's name that the history keeps.
const LONGEST_NAME: usize = 100;
/// Lines of one kind that the check page shows.
const SHOWN: usize = 200;
/// What the history calls a text that came by no file.
const PASTED: &str = "pasted text";

/// What `payment/answer.html` sees.
#[derive(Debug, Serialize)]
struct Ask {
    file: FileRow,
    columns: [&'static str; COLUMNS.len()],
    /// What is wrong with the answer that was sent.
    problems: Vec<Problem>,
    /// How many more there are.
    more: usize,
}

/// What `payment/answer_check.html` sees.
#[derive(Debug, Serialize)]
struct Check {
    file: FileRow,
    name: String,
    text: String,
    seen: String,
    paid: u64,
    paid_total: Pence,
    failed: u64,
    failed_total: Pence,
    same: u64,
    left_out: usize,
    /// Number of lines left out for each reason that can be counted.
    counts: Vec<(&'static str, usize)>,
    /// The rejected lines, and those that are left out, as far as they are shown.
    rejected: Vec<Told>,
    not_loaded: Vec<Told>,
    /// "Load answer of 212 payments"; nothing when nothing would be loaded.
    button: Option<String>,
}

/// One line of an answer.
#[derive(Debug, Serialize)]
struct Told {
    row: u64,
    reference: String,
    amount: Pence,
    said: String,
    why: String,
}

impl Told {
    fn of(line: &Line, why: String) -> Self {
        let said = match &line.said {
            Said::Paid { on, bank_reference } => {
                format!("Paid on {}, bank reference {bank_reference}", long_date(*on))
            }
            Said::Rejected { reason } => format!("Rejected: {reason}"),
        };
        Self { row: line.row, reference: line.reference.clone(), amount: line.amount, said, why }
    }
}

/// The file of an address, for somebody who may load its answer.
async fn file(web: &Web, visitor: &Visitor, reference: &str) -> Result<FileRow, WebError> {
    visitor.must_commission(true)?;
    visitor.must(web, Permission::MakePayments).await?;
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let (_, file, _) = store::payment::find(&mut tx, reference, &visitor.actor).await?;
    if !file.is_own {
        return Err(WebError::NotFound);
    }
    if file.sent.is_none() {
        let why = CannotAnswer::NotSent.to_string();
        return Err(WebError::Forbidden { why, who: String::new() });
    }
    Ok(file.into())
}

fn page(file: FileRow, problems: &Problems) -> Page {
    let ask = Ask {
        file,
        columns: COLUMNS,
        problems: problems.iter().cloned().collect(),
        more: problems.more(),
    };
    Page::new("payment/answer.html", ask)
}

/// "Load the payer's answer".
pub(super) async fn ask(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
) -> Result<Response, WebError> {
    let file = file(&web, &visitor, &reference).await?;
    page(file, &Problems::default()).respond(&web, &visitor.shell)
}

/// The payments without an answer in the layout of one, for the payer to fill in.
pub(super) async fn to_fill_in(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
) -> Result<Response, WebError> {
    file(&web, &visitor, &reference).await?;
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let (_, _, lines) = store::payment::find(&mut tx, &reference, &visitor.actor).await?;
    let mut sheet = Sheet::new(&COLUMNS);
    let waits =
        |line: &&store::payment::Line| matches!(line.payment.state, PaymentState::Sent { .. });
    for line in lines.iter().filter(waits) {
        let (identity, amount) = (line.payment.identity(), line.payment.amount.plain());
        sheet.row(&[&identity, &amount, "", "", "", ""]);
    }
    download(&format!("{reference}-to-answer.csv"), CSV, sheet.finish())
}

/// The last part of a file's name, as the history keeps it.
fn file_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept = last.chars().filter(|letter| !letter.is_control()).take(LONGEST_NAME);
    let name: String = kept.collect();
    if name.trim().is_empty() { PASTED.to_owned() } else { name.trim().to_owned() }
}

/// The answer's name and content: the file where one was chosen, and else what was pasted.
async fn sent(mut form: Multipart) -> Result<Option<(String, Vec<u8>)>, WebError> {
    let bad = |error: axum::extract::multipart::MultipartError| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => WebError::TooLarge,
        _ => WebError::BadRequest,
    };
    let (mut uploaded, mut pasted) = (None, None);
    while let Some(field) = form.next_field().await.map_err(bad)? {
        let name = file_name(field.file_name().unwrap_or_default());
        let is_file = field.name() == Some("file");
        let is_text = field.name() == Some("text");
        let bytes = field.bytes().await.map_err(bad)?;
        if bytes.trim_ascii().is_empty() {
            continue;
        }
        if is_file {
            uploaded = Some((name, bytes.into()));
        } else if is_text {
            pasted = Some((PASTED.to_owned(), bytes.into()));
        }
    }
    Ok(uploaded.or(pasted))
}

/// "Check the answer": nothing is kept.
pub(super) async fn upload(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
    form: Multipart,
) -> Result<Response, WebError> {
    let file = file(&web, &visitor, &reference).await?;
    let Some((name, bytes)) = sent(form).await? else {
        return page(file, &Problems::default())
            .errors(Errors::one("file", "Select the payer's file, or paste what is in it"))
            .respond(&web, &visitor.shell);
    };
    match read(&bytes) {
        Ok(lines) => {
            let given = Given { name, content: text_of(&bytes), lines };
            check(&web, &visitor, file, given).await?.respond(&web, &visitor.shell)
        }
        Err(problems) => {
            let number = plural(i64::try_from(problems.len()).unwrap_or(i64::MAX), "problem", None);
            let message = format!("The answer has {number}, so nothing of it was loaded");
            page(file, &problems).errors(Errors::one("file", message)).respond(&web, &visitor.shell)
        }
    }
}

/// The lines of an answer. What no text has is no CSV, and is not looked at cell by cell.
fn read(bytes: &[u8]) -> Result<Vec<Line>, Problems> {
    if bytes.contains(&0) {
        let (found, allowed) = ("a file that is no text", "CSV in UTF-8");
        return Err(Problem::whole(1, "the whole file", found, allowed).into());
    }
    answer::read(bytes)
}

/// What is kept of an answer, and travels in the form of the check page.
fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_start_matches('\u{feff}').trim().replace("\r\n", "\n")
}

/// The check page: what would be loaded, and what not.
async fn check(
    web: &Web,
    visitor: &Visitor,
    file: FileRow,
    given: Given,
) -> Result<Page, WebError> {
    let (by, now) = (&visitor.actor, (web.clock)());
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let lines = given.lines.clone();
    let plan = match store::payment::check(&mut tx, &file.reference, lines, by, &now).await {
        Ok(plan) => plan,
        Err(Failed::Other(fault)) => return Err(fault.into()),
        Err(Failed::Refused(why)) => {
            return Err(WebError::Forbidden { why: why.to_string(), who: String::new() });
        }
    };
    Ok(Page::new("payment/answer_check.html", Check::of(file, given, &plan)))
}

impl Check {
    fn of(file: FileRow, given: Given, plan: &Plan) -> Self {
        let ((paid, paid_total), (failed, failed_total)) =
            (plan.counted(true), plan.counted(false));
        let is_rejected = |line: &&(Line, _)| matches!(line.0.said, Said::Rejected { .. });
        let rejected = plan.lines.iter().filter(|line| line.1.is_ok()).filter(is_rejected);
        let button = (paid + failed > 0).then(|| {
            let payments =
                plural(i64::try_from(paid + failed).unwrap_or(i64::MAX), "payment", None);
            format!("Load answer of {payments}")
        });
        Self {
            file,
            name: given.name,
            text: given.content,
            seen: plan.hash(),
            paid,
            paid_total,
            failed,
            failed_total,
            same: plan.same(),
            left_out: plan.left_out().count(),
            counts: counts(plan),
            rejected: rejected.take(SHOWN).map(|(line, _)| Told::of(line, String::new())).collect(),
            not_loaded: plan
                .left_out()
                .take(SHOWN)
                .map(|(line, why)| Told::of(line, why.to_string()))
                .collect(),
            button,
        }
    }
}

/// How many lines are left out for which reason.
fn counts(plan: &Plan) -> Vec<(&'static str, usize)> {
    let kinds = [
        ("Not found", CannotAnswer::NotFound),
        ("Amount differs", CannotAnswer::AmountDiffers(Pence(0))),
        ("More than once in the answer", CannotAnswer::Doubled),
        (
            "Answered differently before",
            CannotAnswer::AnsweredDifferently(Box::new(PaymentState::Ready)),
        ),
        ("Date paid before the file was sent", CannotAnswer::PaidBeforeSent(Default::default())),
        ("Date paid after today", CannotAnswer::PaidInFuture(Default::default())),
    ];
    let same = |one: &CannotAnswer, other: &CannotAnswer| {
        std::mem::discriminant(one) == std::mem::discriminant(other)
    };
    kinds
        .iter()
        .map(|(words, kind)| (*words, plan.left_out().filter(|(_, why)| same(why, kind)).count()))
        .collect()
}

/// "Load answer of 212 payments".
pub(super) async fn load(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
    form: Fields,
) -> Result<Response, WebError> {
    let file = file(&web, &visitor, &reference).await?;
    let content = text_of(form.get("text").as_bytes());
    // What this form holds was read before, so whatever else comes is no form of ours.
    let lines = read(content.as_bytes()).map_err(|_| WebError::BadRequest)?;
    let given = Given { name: file_name(form.get("name")), content, lines };
    let (by, now) = (&visitor.actor, (web.clock)());
    let loaded =
        store::payment::load(&web.db, &reference, &given, form.get("seen"), by, &now).await;
    let to = format!("/payments/{reference}");
    match loaded {
        Ok(done) if done.paid + done.failed == 0 => {
            let nothing = "Nothing has changed, because this answer was loaded before.";
            Ok(Flash::information(nothing).redirect(&to))
        }
        Ok(done) => {
            let number =
                |count: u64| crate::words::number(i64::try_from(count).unwrap_or(i64::MAX));
            let left = match done.left_out {
                0 => String::new(),
                count => format!(" {} not loaded.", plural(count as i64, "line", None)),
            };
            let (paid, failed) = (number(done.paid), number(done.failed));
            let text = format!("Answer loaded: {paid} paid, {failed} failed.{left}");
            let receipts = made(&now, usize::try_from(done.paid).unwrap_or(usize::MAX), false);
            Ok(Link::below(receipts, Flash::success(text)).redirect(&to))
        }
        Err(Failed::Other(fault)) => Err(fault.into()),
        Err(Failed::Refused(why @ CannotAnswer::NotAllowed(_))) => {
            Err(visitor.forbidden(&web, Permission::MakePayments, &why).await)
        }
        Err(Failed::Refused(why)) => check(&web, &visitor, file, given)
            .await?
            .errors(Errors::one("answer", why.to_string()))
            .status(StatusCode::CONFLICT)
            .respond(&web, &visitor.shell),
    }
}
