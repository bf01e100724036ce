//! The payer's answer to a payment file: how it is written, and what it means for each payment.

use super::refused::CannotAnswer;
use super::state::Payment;
use crate::{
    Actor, Change, Now, Pence,
    hash::sha256,
    sheet::Sheet,
    tabular::{self, Problem, Problems, Row, note},
};
use chrono::NaiveDate;
use std::collections::HashMap;

/// The columns of an answer, in any order; others are left unread.
pub const COLUMNS: [&str; 6] =
    ["payment_reference", "amount_gbp", "status", "paid_on", "bank_reference", "reason"];

/// Rows of an answer at most: three times the lines of a file of the whole nation.
pub const MOST_ROWS: usize = 20_000;
/// Characters of a bank reference at most.
const LONGEST_REFERENCE: usize = 35;
/// Characters of a reason at most.
const LONGEST_REASON: usize = 200;

/// What the payer says of one payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// It is paid.
    Paid {
        /// When.
        on: NaiveDate,
        /// What stands beside it on the bank statement.
        bank_reference: String,
    },
    /// It could not be paid.
    Rejected {
        /// Why.
        reason: String,
    },
}

/// One line of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its line in the file; the header is line 1.
    pub row: u64,
    /// The payment's identity: `D-2026-000123`, or `D-2026-000123/2` for the second try.
    pub reference: String,
    /// The amount that the payer was asked for.
    pub amount: Pence,
    /// What became of it.
    pub said: Said,
}

/// Reads an answer: every line, or everything that is wrong with it.
pub fn read(bytes: &[u8]) -> Result<Vec<Line>, Problems> {
    let mut count = 0_usize;
    let lines = tabular::rows(bytes, &COLUMNS, |row, problems| {
        count += 1;
        if count > MOST_ROWS {
            if count == MOST_ROWS + 1 {
                let most = crate::money::thousands(MOST_ROWS as u64);
                let (found, allowed) = (format!("more than {most} rows"), format!("{most} rows"));
                problems.push(Problem::whole(row.line, "the whole file", found, allowed));
            }
            return None;
        }
        line(row, problems)
    })?;
    if lines.is_empty() {
        let allowed = "a row for each payment that the payer has answered";
        return Err(Problem::whole(2, "the whole file", "no rows", allowed).into());
    }
    Ok(lines)
}

fn line(row: &Row, problems: &mut Problems) -> Option<Line> {
    const STATUS: &str = "paid or rejected";
    let allowed =
        "a payment reference such as D-2026-000123, or D-2026-000123/2, or CR-2026-000012-3";
    let reference = note(row.read(0, allowed, reference), problems);
    let allowed = "pounds with up to 2 decimals and no commas, such as 5880.00";
    let amount = note(row.read(1, allowed, Pence::from_plain), problems);
    let is_paid = |text: &str| match text.to_ascii_lowercase().as_str() {
        "paid" => Some(true),
        "rejected" => Some(false),
        _ => None,
    };
    let said = match note(row.read(2, STATUS, is_paid), problems) {
        Some(true) => paid(row, problems),
        Some(false) => rejected(row, problems),
        None => None,
    };
    Some(Line { row: row.line, reference: reference?, amount: amount?, said: said? })
}

fn paid(row: &Row, problems: &mut Problems) -> Option<Said> {
    let allowed = "a date such as 2026-05-20 or 20/05/2026, because the payment is paid";
    let on = note(row.read(3, allowed, date), problems);
    let allowed = format!("1 to {LONGEST_REFERENCE} characters, because the payment is paid");
    let bank_reference =
        note(row.read(4, &allowed, |text| words(text, LONGEST_REFERENCE)), problems);
    let none = note(row.read(5, "nothing, because the payment is paid", nothing), problems);
    let said = Said::Paid { on: on?, bank_reference: bank_reference? };
    none.map(|()| said)
}

fn rejected(row: &Row, problems: &mut Problems) -> Option<Said> {
    const NONE: &str = "nothing, because the payment is rejected";
    let no_date = note(row.read(3, NONE, nothing), problems);
    let no_reference = note(row.read(4, NONE, nothing), problems);
    let allowed = format!("1 to {LONGEST_REASON} characters, because the payment is rejected");
    let reason = note(row.read(5, &allowed, |text| words(text, LONGEST_REASON)), problems);
    let said = Said::Rejected { reason: reason? };
    no_date.and(no_reference).map(|()| said)
}

fn nothing(text: &str) -> Option<()> {
    text.is_empty().then_some(())
}

/// A text of 1 to so many characters that nothing hides in.
fn words(text: &str, most: usize) -> Option<String> {
    let fits = (1..=most).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned())
}

/// `D-2026-000123`, or `CR-2026-000012` of a correction and `CR-2026-000012-3` of an instalment; with the number of its try
/// from 2 on.
fn reference(text: &str) -> Option<String> {
    let (own, attempt) = text.split_once('/').unwrap_or((text, "2"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let mut parts = own.split('-');
    let kind = parts.next();
    let is_ours = matches!(kind, Some("D" | "CR"))
        && parts.next().is_some_and(|year| year.len() == 4 && digits(year))
        && parts.next().is_some_and(|number| number.len() >= 6 && digits(number))
        && parts.next().is_none_or(|instalment| {
            kind == Some("CR") && digits(instalment) && !instalment.starts_with('0')
        })
        && parts.next().is_none();
    let is_later = digits(attempt) && attempt.parse::<u32>().is_ok_and(|number| number > 1);
    (is_ours && is_later && !attempt.starts_with('0') && text.len() <= 40).then(|| text.to_owned())
}

/// As files carry dates, or as spreadsheets in this country write them.
fn date(text: &str) -> Option<NaiveDate> {
    let by_year = text.len() == 10 && text.as_bytes().get(4) == Some(&b'-');
    let form = if by_year { "%Y-%m-%d" } else { "%d/%m/%Y" };
    (text.len() == 10).then(|| NaiveDate::parse_from_str(text, form).ok()).flatten()
}

/// What one line of an answer does to its payment, or why it is not kept.
pub type Planned = (Line, Result<Change<Payment>, CannotAnswer>);

/// What an answer would do, line by line.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The lines in their order.
    pub lines: Vec<Planned>,
}

/// Compares an answer with the payments of a file. Nothing is kept by it.
pub fn plan(lines: Vec<Line>, payments: &[Payment], by: &Actor, now: &Now) -> Plan {
    let known: HashMap<String, &Payment> =
        payments.iter().map(|payment| (payment.identity(), payment)).collect();
    let mut times: HashMap<String, u32> = HashMap::new();
    for line in &lines {
        *times.entry(line.reference.clone()).or_default() += 1;
    }
    let decide = |line: &Line| match known.get(&line.reference) {
        None => Err(CannotAnswer::NotFound),
        Some(_) if times[&line.reference] > 1 => Err(CannotAnswer::Doubled),
        Some(payment) => payment.answer(line.amount, &line.said, by, now),
    };
    Plan {
        lines: lines
            .into_iter()
            .map(|line| {
                let decided = decide(&line);
                (line, decided)
            })
            .collect(),
    }
}

impl Plan {
    /// What changes.
    pub fn changes(&self) -> impl Iterator<Item = &Change<Payment>> {
        self.lines.iter().filter_map(|(_, decided)| decided.as_ref().ok())
    }

    /// The lines that are kept of one kind: paid, or rejected. Their number and sum.
    pub fn counted(&self, is_paid: bool) -> (u64, Pence) {
        let own =
            |line: &&Planned| line.1.is_ok() && matches!(line.0.said, Said::Paid { .. }) == is_paid;
        self.lines
            .iter()
            .filter(own)
            .fold((0, Pence(0)), |(count, sum), (line, _)| (count + 1, sum + line.amount))
    }

    /// How many lines were loaded before, and say the same.
    pub fn same(&self) -> u64 {
        let is_same = |line: &&Planned| matches!(line.1, Err(CannotAnswer::AlreadyAnswered));
        self.lines.iter().filter(is_same).count() as u64
    }

    /// The lines that are not kept and are news.
    pub fn left_out(&self) -> impl Iterator<Item = (&Line, &CannotAnswer)> {
        self.lines.iter().filter_map(|(line, decided)| match decided {
            Ok(_) | Err(CannotAnswer::AlreadyAnswered) => None,
            Err(why) => Some((line, why)),
        })
    }

    /// SHA-256 of what a person sees of it: every line with what becomes of it. An answer is loaded only as it was seen.
    pub fn hash(&self) -> String {
        let mut sheet = Sheet::new(&["reference", "amount", "said", "decided"]);
        for (line, decided) in &self.lines {
            let decided = match decided {
                Ok(change) => format!("{:?}", change.after.state),
                Err(why) => format!("{why:?}"),
            };
            let said = format!("{:?}", line.said);
            sheet.row(&[&line.reference, &line.amount.plain(), &said, &decided]);
        }
        sha256(sheet.finish().as_bytes())
    }

    /// Whether the answer may be loaded as it was seen.
    pub fn may_load(&self, seen: &str) -> Result<(), CannotAnswer> {
        if self.changes().next().is_none() {
            return Err(CannotAnswer::NothingToLoad);
        }
        if seen == self.hash() { Ok(()) } else { Err(CannotAnswer::RowsChanged) }
    }
}
