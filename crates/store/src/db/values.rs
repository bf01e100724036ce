//! The text of statements that insert many rows, and their dates.

use crate::arg::Arg;
use chrono::NaiveDate;
use std::sync::Arc;

/// Dates as SQLite keeps them, as text; the same date stands in row after row, and is written once.
#[derive(Default)]
pub(super) struct Dates(Option<(NaiveDate, Arc<str>)>);

impl Dates {
    pub(super) fn as_text(&mut self, arg: Arg) -> Arg {
        let Arg::Date(Some(date)) = arg else { return arg };
        match &self.0 {
            Some((known, text)) if *known == date => Arg::Text(Some(text.clone())),
            _ => {
                let text: Arc<str> = date.format("%F").to_string().into();
                self.0 = Some((date, text.clone()));
                Arg::Text(Some(text))
            }
        }
    }
}

/// `INSERT INTO t (a, b)` and two rows give `… VALUES ($1, $2), ($3, $4)`, or `… VALUES (?, ?), (?, ?)`.
pub(super) fn values(into: &str, rows: usize, width: usize, numbered: bool) -> String {
    let place = |number: usize| if numbered { format!("${number}") } else { "?".to_owned() };
    let row = |row: usize| {
        let places: Vec<String> = (1..=width).map(|column| place(row * width + column)).collect();
        format!("({})", places.join(", "))
    };
    let rows: Vec<String> = (0..rows).map(row).collect();
    format!("{into} VALUES {}", rows.join(", "))
}
