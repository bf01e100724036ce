//! The check page's comparison of the next payment file with the last one.

use chrono::{DateTime, Utc};
use domain::{Pence, payment::difference::Sums};
use serde::Serialize;
use store::payment;

/// Payees of a kind that are named; more are counted.
const NAMED: usize = 10;

/// What `payment/compared.html` sees.
#[derive(Debug, Serialize)]
pub(super) struct Compared {
    /// Reference of the last file.
    last: String,
    made_at: DateTime<Utc>,
    rows: Vec<Row>,
    all: Row,
    new: Payees,
    gone: Payees,
    held: Payees,
}

/// A service in both files, or all of them.
#[derive(Debug, Serialize)]
struct Row {
    service: String,
    pay_code: String,
    lines: u64,
    total: Pence,
    last_lines: u64,
    last_total: Pence,
    /// "£40.00 more", "£40.00 less" or "The same".
    change: String,
}

/// Some payees by name, and how many there are.
#[derive(Debug, Serialize)]
struct Payees {
    count: usize,
    named: String,
    more: usize,
}

impl From<payment::Compared> for Compared {
    fn from(found: payment::Compared) -> Self {
        let difference = found.difference;
        Self {
            last: found.reference,
            made_at: found.made_at,
            rows: difference
                .services
                .into_iter()
                .map(|own| Row::of(own.service.0, own.pay_code, &own.sums))
                .collect(),
            all: Row::of(String::new(), String::new(), &difference.all),
            new: Payees::of(&difference.new),
            gone: Payees::of(&difference.gone),
            held: Payees::of(&difference.held),
        }
    }
}

impl Row {
    fn of(service: String, pay_code: String, sums: &Sums) -> Self {
        let (lines, total) = sums.this;
        let (last_lines, last_total) = sums.last;
        let change = match sums.change() {
            Pence(0) => "The same".to_owned(),
            less if less < Pence(0) => format!("{} less", Pence(less.0.saturating_neg())),
            more => format!("{more} more"),
        };
        Self { service, pay_code, lines, total, last_lines, last_total, change }
    }
}

impl Payees {
    fn of(payees: &[(String, String)]) -> Self {
        let named: Vec<String> =
            payees.iter().take(NAMED).map(|(name, code)| format!("{name} ({code})")).collect();
        Self {
            count: payees.len(),
            named: named.join(", "),
            more: payees.len().saturating_sub(NAMED),
        }
    }
}
