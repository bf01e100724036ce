//! A provider's bank statement beside what the payer says it paid. Nothing of the statement is kept.

use crate::Web;
use crate::error::WebError;
use crate::form::{Errors, Fields};
use crate::page::Page;
use crate::session::Visitor;
use crate::words::{number, plural};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::NaiveDate;
use domain::payment::bank::{Credit, Found, LINES_MAX, Matched, Reconciled, reconcile};
use domain::{Pence, Permission};
use serde::Serialize;
use std::sync::Arc;

/// What `payment/bank.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    most: i64,
    /// What was found, once something was pasted.
    found: Option<Outcome>,
}

/// What became of the lines.
#[derive(Debug, Serialize)]
struct Outcome {
    /// How many agree, and their sum.
    agrees: i64,
    amount: Pence,
    lines: Vec<Line>,
    missing: Vec<Missing>,
    others: String,
}

/// A line that has to do with a payment.
#[derive(Debug, Serialize)]
struct Line {
    number: usize,
    text: String,
    /// The tag: word and colour.
    word: &'static str,
    colour: &'static str,
    /// What it means.
    told: String,
    /// The credits that it is, or could be, by bank reference.
    credits: Vec<String>,
}

/// A credit that no line names.
#[derive(Debug, Serialize)]
struct Missing {
    reference: String,
    amount: Pence,
    paid_on: NaiveDate,
    payments: i64,
}

impl Line {
    fn of(line: &Matched<'_>) -> Self {
        let is_of = |credit: &Credit| {
            let payments = plural(credit.payments, "payment", None);
            format!("{payments}, {} in all", credit.total)
        };
        let (word, colour, told, credits) = match &line.found {
            Found::Agrees(credit) => ("Agrees", "green", is_of(credit), vec![*credit]),
            Found::Differs(credit, amount) => {
                let found = amount.map_or("no amount".into(), |amount| amount.to_string());
                let told = format!("The line has {found}. Accord has {}.", is_of(credit));
                ("Differs", "red", told, vec![*credit])
            }
            Found::Again(credit) => {
                let told =
                    "A line before this one has the same reference. It may have been paid twice.";
                ("Twice", "orange", told.to_owned(), vec![*credit])
            }
            Found::SameAmount(all) => {
                let told = "The amount is that of a payment, and the reference is another.";
                ("Same amount", "orange", told.to_owned(), all.clone())
            }
        };
        let credits = credits.into_iter().map(|credit| credit.reference.clone()).collect();
        Self { number: line.number, text: line.text.clone(), word, colour, told, credits }
    }
}

impl Outcome {
    fn of(found: &Reconciled<'_>) -> Self {
        let agreed = found.lines.iter().filter_map(|line| match &line.found {
            Found::Agrees(credit) => Some(credit.total),
            _ => None,
        });
        let amounts: Vec<Pence> = agreed.collect();
        let missing = |credit: &&Credit| Missing {
            reference: credit.reference.clone(),
            amount: credit.total,
            paid_on: credit.paid_on,
            payments: credit.payments,
        };
        Self {
            agrees: amounts.len().try_into().unwrap_or(i64::MAX),
            amount: amounts.into_iter().sum(),
            lines: found.lines.iter().map(Line::of).collect(),
            missing: found.missing.iter().map(missing).collect(),
            others: match found.others {
                0 => String::new(),
                1 => "1 other line with an amount names no payment of Accord.".into(),
                more => {
                    format!(
                        "{} other lines with an amount name no payment of Accord.",
                        number(more.try_into().unwrap_or(i64::MAX))
                    )
                }
            },
        }
    }
}

/// Only a provider has a statement to lay beside what it was paid, and only who sees money does so.
async fn must_match(web: &Web, visitor: &Visitor) -> Result<(), WebError> {
    visitor.must_commission(false)?;
    visitor.must(web, Permission::SeePayments).await
}

fn page(found: Option<Outcome>, form: Fields) -> Page {
    let most = LINES_MAX.try_into().unwrap_or(i64::MAX);
    Page::new("payment/bank.html", Show { most, found }).form(form)
}

pub(super) async fn ask(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
) -> Result<Response, WebError> {
    must_match(&web, &visitor).await?;
    page(None, Fields::default()).respond(&web, &visitor.shell)
}

/// "Compare": what was pasted, or else the file.
pub(super) async fn compare(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    form: Fields,
) -> Result<Response, WebError> {
    must_match(&web, &visitor).await?;
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let credits = store::payment::bank::credits(&mut tx, &visitor.actor).await?;
    drop(tx);
    let pasted = form.get("lines");
    let statement = if pasted.is_empty() { form.get("file") } else { pasted };
    match reconcile(statement, &credits) {
        Ok(found) => page(Some(Outcome::of(&found)), form).respond(&web, &visitor.shell),
        Err(why) => page(None, form)
            .errors(Errors::one("lines", why.to_string()))
            .status(StatusCode::BAD_REQUEST)
            .respond(&web, &visitor.shell),
    }
}
