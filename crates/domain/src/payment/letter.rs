//! What people are told when payments fail, without an amount.

use crate::{
    calendar::{long_date, with_period},
    message::Message,
    money::thousands,
};
use chrono::NaiveDate;

/// A payment that failed, as its provider is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Reference of the declaration.
    pub reference: String,
    /// Name of the service.
    pub service: String,
    /// Which period.
    pub period: String,
    /// Why, in the payer's words.
    pub reason: String,
}

/// `1 payment`, `12 payments`.
fn payments(count: usize) -> String {
    let digits = thousands(count as u64);
    format!("{digits} payment{}", if count == 1 { "" } else { "s" })
}

/// For the people of finance: so many payments of a file failed.
pub fn to_finance(file: &str, failed: usize) -> Message {
    let payments = payments(failed);
    Message {
        subject: format!("{payments} of {file} failed"),
        body: format!(
            "The payer could not pay {payments} of payment file {file}.\n\n\
             The reasons are on the page. Put right what is wrong, then try the payments again."
        ),
        link: "/payments/failed".to_owned(),
    }
}

/// For the people of finance: the payer has not answered for so many payments of a file since a day.
pub fn to_chase(file: &str, (unanswered, lines): (u64, u64), since: NaiveDate) -> Message {
    let of = format!("{} of {}", thousands(unanswered), thousands(lines));
    Message {
        subject: format!("Chase the payer: {of} not answered since {}", long_date(since)),
        body: format!(
            "The payer has not answered for {of} payments of payment file {file} since {}.\n\n\
             Ask the payer for its answer, then load it on the page of the file.",
            long_date(since)
        ),
        link: format!("/payments/{file}"),
    }
}

/// For the people of a provider: their payments that failed.
///
/// # Panics
/// Without a payment there is nothing to tell.
pub fn to_provider(from: &str, failures: &[Failure]) -> Message {
    let first = failures.first().expect("at least 1 payment that failed");
    let line =
        |own: &Failure| format!("- {}: {}", with_period(&own.service, &own.period), own.reason);
    let (subject, link) = match failures {
        [_] => (
            format!("A payment to you failed: {}", first.service),
            format!("/declarations/{}", first.reference),
        ),
        _ => (format!("{} to you failed", payments(failures.len())), "/payments".to_owned()),
    };
    let list: Vec<String> = failures.iter().map(line).collect();
    Message {
        subject,
        body: format!(
            "{from} sent {} for you and the payer could not pay.\n\n{}\n\n\
             You do not need to declare again. Check your bank details with the payer if they are the reason.",
            payments(failures.len()),
            list.join("\n")
        ),
        link,
    }
}
