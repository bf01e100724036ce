//! Payments as the pages of files show them: control totals, and the lines behind them with what became of each.

use crate::form::Fields;
use crate::page::Paging;
use chrono::NaiveDate;
use domain::calendar::long_date;
use domain::payment::{PaymentState, Totals};
use domain::status::Status;
use domain::{Pence, payment};
use serde::Serialize;
use std::collections::BTreeSet;
use store::payment::{Line, ServiceTotal, by_service};

/// What a hold keeps out of the next file, each with its reason; no total of a file has it.
#[derive(Debug, Serialize)]
pub(super) struct HeldLines {
    lines: usize,
    payees: usize,
    total: Pence,
    shown: Vec<LineRow>,
    /// How many more there are than those shown.
    more: usize,
}

impl HeldLines {
    pub(super) fn of(lines: &[Line]) -> Self {
        let most = usize::try_from(LINES).unwrap_or(lines.len());
        Self {
            lines: lines.len(),
            payees: lines.iter().map(|line| &line.payee.code).collect::<BTreeSet<_>>().len(),
            total: lines.iter().map(|line| line.payment.amount).sum(),
            shown: lines.iter().take(most).map(LineRow::from).collect(),
            more: lines.len().saturating_sub(most),
        }
    }
}

/// Lines on one page of a file.
const LINES: i64 = 200;

/// What became of a payment, in plain words; empty where its status says everything. What people of finance write can
/// name pounds, so it is for those who may see them.
pub(in crate::pages) fn told(
    state: &PaymentState,
    expected_on: Option<NaiveDate>,
    with_money: bool,
) -> String {
    match state {
        PaymentState::NotDue | PaymentState::Ready | PaymentState::InFile(_) => String::new(),
        PaymentState::Held(held) => held.to_string(),
        PaymentState::Sent { on, .. } => {
            let expected = expected_on.map(|day| format!(" Expected on {}.", long_date(day)));
            format!("Sent on {}.{}", long_date(*on), expected.unwrap_or_default())
        }
        PaymentState::Paid { on, bank_reference } => {
            format!("Paid on {}, bank reference {bank_reference}.", long_date(*on))
        }
        PaymentState::Failed { reason } => format!("The payer could not pay: {reason}"),
        PaymentState::Settled { on, reference, reason, .. } => {
            let settled = format!("Settled on {}, reference {reference}.", long_date(*on));
            if with_money { format!("{settled} {reason}") } else { settled }
        }
    }
}

/// The page of what a line pays or takes: a declaration, or a correction of one.
pub(in crate::pages) fn address(line: &Line) -> String {
    match line.correction() {
        Some(correction) => format!("/corrections/{correction}"),
        None => format!("/declarations/{}", line.payment.reference),
    }
}

/// A payment line.
#[derive(Debug, Serialize)]
pub(super) struct LineRow {
    /// The identity that the payer sees.
    pub identity: String,
    /// The page of what it pays.
    pub href: String,
    /// Reference of the declaration that it corrects.
    pub corrects: Option<String>,
    pub payee: String,
    pub payee_code: String,
    pub service: String,
    pub period: String,
    pub date: NaiveDate,
    pub amount: Pence,
    pub status: &'static Status,
    pub told: String,
    /// Reference of its file.
    pub file: Option<String>,
    /// Whether it failed and goes into another file.
    pub is_replaced: bool,
    /// Whether it had its last try.
    pub is_last: bool,
}

impl From<&Line> for LineRow {
    fn from(line: &Line) -> Self {
        Self {
            identity: line.payment.identity(),
            href: address(line),
            corrects: line.corrects.clone(),
            payee: line.payee.name.clone(),
            payee_code: line.payee.code.clone(),
            service: line.service.name.clone(),
            period: line.period.to_string(),
            date: line.period.end,
            amount: line.payment.amount,
            status: line.payment.state.status(),
            told: told(&line.payment.state, line.expected_on, true),
            file: line.file.clone(),
            is_replaced: line.is_replaced,
            is_last: line.payment.attempt >= payment::TRIES,
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

/// The lines with one status.
#[derive(Debug, Serialize)]
struct Tab {
    text: &'static str,
    href: String,
    current: bool,
    count: usize,
}

/// Control totals with the lines behind them: what a file will hold, or holds.
#[derive(Debug, Serialize)]
pub(super) struct Control {
    lines: u64,
    payees: usize,
    total: Pence,
    payments: u64,
    paid: Pence,
    recoveries: u64,
    recovered: Pence,
    by_service: Vec<TotalRow>,
    /// The statuses that lines have, each with the lines that have it.
    tabs: Vec<Tab>,
    shown: Vec<LineRow>,
    paging: Paging,
}

impl Control {
    /// Of all lines; those of the page, with the status that the query asks for, are shown.
    pub(super) fn of(lines: &[Line], path: &str, query: &Fields) -> Self {
        let sums = Totals::of(lines.iter().map(|line| line.payment.amount));
        let wanted = query.get("status");
        let has = |line: &&Line, name: &str| line.payment.state.name() == name;
        let is_known = PaymentState::NAMES.contains(&wanted);
        let chosen: Vec<&Line> =
            lines.iter().filter(|line| !is_known || has(line, wanted)).collect();
        let total = i64::try_from(chosen.len()).unwrap_or(i64::MAX);
        let paging = Paging::new(path, query, total, LINES);
        let from = usize::try_from(paging.skip()).unwrap_or_default();
        let to = usize::try_from(paging.last).unwrap_or_default().max(from);
        let tab = |name: &&'static str| Tab {
            text: payment::status(name).word,
            href: format!("{path}?status={name}#lines"),
            current: wanted == *name,
            count: lines.iter().filter(|line| has(line, name)).count(),
        };
        let all = Tab {
            text: "All",
            href: format!("{path}#lines"),
            current: !is_known,
            count: lines.len(),
        };
        let known = PaymentState::NAMES.iter().map(tab).filter(|tab| tab.count > 0 || tab.current);
        Self {
            lines: sums.lines(),
            payees: lines.iter().map(|line| &line.payee.code).collect::<BTreeSet<_>>().len(),
            total: sums.net(),
            payments: sums.payments,
            paid: sums.paid,
            recoveries: sums.recoveries,
            recovered: sums.recovered,
            by_service: by_service(lines).into_iter().map(TotalRow::from).collect(),
            tabs: std::iter::once(all).chain(known).collect(),
            shown: chosen[from..to].iter().map(|line| LineRow::from(*line)).collect(),
            paging,
        }
    }
}
