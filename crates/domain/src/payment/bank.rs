//! Lines of a provider's bank statement beside the payments that the payer has confirmed: which agree, which differ, and
//! what has not arrived.
//!
//! Source: ours. Practices match credits by hand today, with hours of searching.

use crate::{Pence, money::thousands};
use chrono::NaiveDate;

/// Most lines of a statement that are read at once.
pub const LINES_MAX: usize = 2_000;

/// Longest line that is read, in characters: a movement has a date, some words and an amount or two.
pub const LINE_MAX: usize = 1_000;

/// Everything that came to a provider on one day with one bank reference, as the payer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credit {
    /// What stands beside it on a bank statement.
    pub reference: String,
    /// Its sum in pence.
    pub total: Pence,
    /// When it was paid.
    pub paid_on: NaiveDate,
    /// How many payments it is made of.
    pub payments: i64,
}

/// What a line of a statement is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found<'a> {
    /// Its reference and its amount are those of a credit.
    Agrees(&'a Credit),
    /// It has the reference of a credit and another amount, or none that can be read.
    Differs(&'a Credit, Option<Pence>),
    /// A line before it has the same reference: it may have been paid twice.
    Again(&'a Credit),
    /// It has the amount of credits and none of their references.
    SameAmount(Vec<&'a Credit>),
}

/// A line that has to do with a credit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matched<'a> {
    /// Which line of the statement it is, from 1.
    pub number: usize,
    /// The line as it was pasted.
    pub text: String,
    /// What it is.
    pub found: Found<'a>,
}

/// A statement beside the credits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reconciled<'a> {
    /// The lines that have to do with a credit, in their order.
    pub lines: Vec<Matched<'a>>,
    /// How many other lines have an amount.
    pub others: usize,
    /// Credits from the first to the last day of those found that no line names.
    pub missing: Vec<&'a Credit>,
}

/// Why a statement cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotReconcile {
    #[error("Paste lines of your bank statement, or choose a file")]
    Nothing,
    #[error("The statement has {} lines. Paste {} or fewer at once", thousands(*.0 as u64), thousands(LINES_MAX as u64))]
    TooLong(usize),
    #[error("Line {0} has more than {LINE_MAX} characters. Paste one line for each movement")]
    LongLine(usize),
    #[error(
        "None of the {} lines has an amount, like 1,234.50. If it is a spreadsheet, save it as CSV first",
        thousands(*.0 as u64)
    )]
    NoAmount(usize),
}

/// Finds the lines of a statement that have to do with a credit. A statement is pasted or exported text of any layout: one
/// line for each movement, with tabs, commas or spaces between its parts.
pub fn reconcile<'a>(
    statement: &str,
    credits: &'a [Credit],
) -> Result<Reconciled<'a>, CannotReconcile> {
    let lines: Vec<(usize, &str)> =
        (1..).zip(statement.lines().map(str::trim)).filter(|line| !line.1.is_empty()).collect();
    match lines.len() {
        0 => return Err(CannotReconcile::Nothing),
        1..=LINES_MAX => {}
        many => return Err(CannotReconcile::TooLong(many)),
    }
    let known: Vec<(String, &Credit)> =
        credits.iter().map(|credit| (one_space(&credit.reference), credit)).collect();
    let mut result = Reconciled::default();
    let mut has_amount = false;
    for (number, text) in &lines {
        if text.chars().count() > LINE_MAX {
            return Err(CannotReconcile::LongLine(*number));
        }
        let amounts = amounts(text);
        has_amount |= !amounts.is_empty();
        match found(&one_space(text), &amounts, &known, &result.lines) {
            Some(found) => {
                result.lines.push(Matched { number: *number, text: (*text).to_owned(), found });
            }
            None => result.others += usize::from(!amounts.is_empty()),
        }
    }
    if !has_amount {
        return Err(CannotReconcile::NoAmount(lines.len()));
    }
    result.missing = missing(&result.lines, credits);
    Ok(result)
}

/// What a line is, its spaces and capitals and those of the references made alike.
fn found<'a>(
    text: &str,
    amounts: &[Pence],
    known: &[(String, &'a Credit)],
    before: &[Matched<'_>],
) -> Option<Found<'a>> {
    let mut named: Vec<&(String, &Credit)> =
        known.iter().filter(|(reference, _)| names(text, reference)).collect();
    // Of references that are parts of each other the longest is meant.
    let longest = named.iter().map(|(reference, _)| reference.len()).max();
    named.retain(|(reference, _)| Some(reference.len()) == longest);
    let is_again = |credit: &Credit| before.iter().any(|line| line.found.named() == Some(credit));
    let free = || named.iter().map(|(_, credit)| *credit).filter(|credit| !is_again(credit));
    // One reference can stand for more than one day: the one whose amount it is comes first.
    if let Some(credit) = free().find(|credit| amounts.contains(&credit.total)) {
        return Some(Found::Agrees(credit));
    }
    if let Some(credit) = free().next() {
        return Some(Found::Differs(credit, amounts.first().copied()));
    }
    if let Some((_, credit)) = named.first() {
        return Some(Found::Again(credit));
    }
    let same: Vec<&Credit> =
        known.iter().map(|own| own.1).filter(|own| amounts.contains(&own.total)).collect();
    (!same.is_empty()).then_some(Found::SameAmount(same))
}

impl Found<'_> {
    /// The credit whose reference the line has.
    fn named(&self) -> Option<&Credit> {
        match self {
            Self::Agrees(credit) | Self::Differs(credit, _) | Self::Again(credit) => Some(credit),
            Self::SameAmount(_) => None,
        }
    }
}

fn missing<'a>(lines: &[Matched<'_>], credits: &'a [Credit]) -> Vec<&'a Credit> {
    let found: Vec<&Credit> = lines.iter().filter_map(|line| line.found.named()).collect();
    let days = || found.iter().map(|credit| credit.paid_on);
    let (Some(first), Some(last)) = (days().min(), days().max()) else { return Vec::new() };
    let is_missing =
        |credit: &&Credit| (first..=last).contains(&credit.paid_on) && !found.contains(credit);
    credits.iter().filter(is_missing).collect()
}

/// Single spaces and small letters.
fn one_space(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Whether a text has a reference in it as a word of its own.
fn names(text: &str, reference: &str) -> bool {
    let is_edge = |one: Option<char>| one.is_none_or(|one| !one.is_alphanumeric());
    !reference.is_empty()
        && text.match_indices(reference).any(|(at, found)| {
            is_edge(text[..at].chars().next_back())
                && is_edge(text[at + found.len()..].chars().next())
        })
}

/// The amounts of a line, with two decimals: `1,234.50`, `£1234.50`, `-80.20`.
fn amounts(text: &str) -> Vec<Pence> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(if text.contains('\t') { b'\t' } else { b',' })
        .from_reader(text.as_bytes());
    let cells = reader.records().next().and_then(Result::ok).unwrap_or_default();
    let amount = |text: &str| {
        let text = text.trim().replace(['£', ','], "");
        let has_pence = text.split_once('.').is_some_and(|(_, pence)| pence.len() == 2);
        Pence::from_plain(&text).filter(|_| has_pence)
    };
    let words = cells.iter().flat_map(|cell| match amount(cell) {
        Some(_) => vec![cell],
        None => cell.split_whitespace().collect(),
    });
    // Without tabs a comma can also part thousands, as in a line that is copied from a page.
    let apart = text.split_whitespace();
    let all = words.filter_map(amount).chain(apart.filter_map(amount));
    let mut found = Vec::new();
    for one in all {
        if !found.contains(&one) {
            found.push(one);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credit(reference: &str, pence: i64, day: &str) -> Credit {
        let paid_on = day.parse().expect("a date");
        Credit { reference: reference.into(), total: Pence(pence), paid_on, payments: 1 }
    }

    fn credits() -> Vec<Credit> {
        vec![
            credit("BACS 7", 49_000, "2025-07-03"),
            credit("BACS 70", 123_450, "2025-07-20"),
            credit("pcse-77123", 8_020, "2025-08-03"),
            credit("BACS 71", 10_000, "2025-07-21"),
            credit("BACS 99", 20_000, "2025-12-01"),
        ]
    }

    /// One line of any layout, and what it is: the credit's reference with `=`, `~`, `again` or `£`.
    #[test]
    fn a_line_of_any_layout_finds_its_credit() {
        let rows = [
            ("03/07/2025,PCSE BACS 7,490.00,", "= BACS 7"),
            ("03/07/2025\tPCSE bacs  7\t490.00\t12,345.67", "= BACS 7"),
            ("20 Jul 2025  BACS 70  £1,234.50", "= BACS 70"),
            ("\"20/07/2025\",\"BACS 70\",\"1,234.50\",\"99.00\"", "= BACS 70"),
            ("20/07/2025,BACS 70,1234.50", "= BACS 70"),
            ("PCSE-77123 80.20", "= pcse-77123"),
            ("03/07/2025,BACS 7,480.00,", "~ BACS 7 £480.00"),
            ("03/07/2025,BACS 7", "~ BACS 7 nothing"),
            ("03/07/2025,BACS 7,490", "~ BACS 7 nothing"),
            ("05/07/2025,NHS PAYMENT,490.00", "£ BACS 7"),
            ("05/07/2025,BACS 700,123.00", ""),
            ("Date,Description,Amount", ""),
            ("05/07/2025,COFFEE,3.20", ""),
        ];
        let credits = credits();
        for (line, wanted) in rows {
            let text = format!("{line}\nother,1.11");
            let got = reconcile(&text, &credits).expect("a statement");
            let got = got.lines.first().map_or(String::new(), |line| match &line.found {
                Found::Agrees(credit) => format!("= {}", credit.reference),
                Found::Differs(credit, amount) => {
                    let amount = amount.map_or("nothing".into(), |amount| amount.to_string());
                    format!("~ {} {amount}", credit.reference)
                }
                Found::Again(credit) => format!("again {}", credit.reference),
                Found::SameAmount(all) => format!("£ {}", all[0].reference),
            });
            assert_eq!(got, wanted, "{line}");
        }
    }

    #[test]
    fn what_is_paid_twice_and_what_has_not_arrived_is_told() {
        let credits = credits();
        let text = "Date,What,In\n03/07/2025,BACS 7,490.00\n\n04/07/2025,BACS 7,490.00\n05/07/2025,COFFEE,3.20\n\
                    03/08/2025,PCSE-77123,80.20\n";
        let got = reconcile(text, &credits).expect("a statement");
        let lines: Vec<_> = got.lines.iter().map(|line| line.number).collect();
        assert_eq!(lines, [2, 4, 6]);
        assert!(matches!(got.lines[1].found, Found::Again(_)));
        assert_eq!(got.others, 1);
        // December is after the statement, so nothing is missing of it.
        let missing: Vec<_> = got.missing.iter().map(|credit| &*credit.reference).collect();
        assert_eq!(missing, ["BACS 70", "BACS 71"]);
    }

    #[test]
    fn one_reference_on_two_days_is_two_credits() {
        let credits = [credit("CHAPS", 7_000, "2025-07-03"), credit("CHAPS", 9_000, "2025-08-03")];
        let told = |text: &str| {
            let got = reconcile(text, &credits).expect("a statement");
            let one = |line: &Matched<'_>| match &line.found {
                Found::Agrees(credit) => credit.total.0,
                Found::Differs(credit, _) => -credit.total.0,
                _ => 0,
            };
            got.lines.iter().map(one).collect::<Vec<_>>()
        };
        assert_eq!(told("x,CHAPS,90.00\nx,CHAPS,70.00\nx,CHAPS,70.00"), [9_000, 7_000, 0]);
        assert_eq!(told("x,CHAPS,90.00\nx,CHAPS,71.00"), [9_000, -7_000]);
    }

    #[test]
    fn what_is_no_statement_is_refused() {
        let credits = credits();
        let long = "a,1.00\n".repeat(LINES_MAX + 1);
        let wide = format!("a,1.00\n{}", "1.00 ".repeat(LINE_MAX / 4));
        let rows = [
            (" \n\t\n", CannotReconcile::Nothing),
            ("Date,Amount\nPK rubbish", CannotReconcile::NoAmount(2)),
            (&long, CannotReconcile::TooLong(LINES_MAX + 1)),
            (&wide, CannotReconcile::LongLine(2)),
        ];
        for (text, why) in rows {
            assert_eq!(reconcile(text, &credits), Err(why));
        }
        assert_eq!(reconcile("coffee,1.00", &[]).expect("a statement").others, 1);
    }
}
