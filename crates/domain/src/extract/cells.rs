//! Reads the cells of a row of an extract, in either layout.

use super::{ExtractRow, Layout, Name, Value, names::Names};
use crate::{
    calendar::london_instant,
    submission::LARGEST,
    tabular::{Problem, Problems, Row, note},
};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

/// Reads row after row; what stands in for columns that a layout lacks is the same for each.
pub(super) struct Cells<'a> {
    layout: Layout,
    by: &'a str,
    at: DateTime<Utc>,
    /// The day and time of the row before with the moment they name: most rows of a file are of one moment.
    moment: Option<((NaiveDate, NaiveTime), DateTime<Utc>)>,
}

/// Where the columns that both layouts have stand in each.
struct Places {
    service: usize,
    organisation: usize,
}

impl<'a> Cells<'a> {
    pub(super) fn new(layout: Layout, by: &'a str, at: DateTime<Utc>) -> Self {
        Self { layout, by, at, moment: None }
    }

    /// A row; none when a cell of it is bad, and then every bad cell joins the problems.
    pub(super) fn row(
        &mut self,
        row: &Row,
        names: &mut Names,
        problems: &mut Problems,
    ) -> Option<ExtractRow> {
        let places = match self.layout {
            Layout::Twelve => Places { service: 0, organisation: 2 },
            Layout::Seven => Places { service: 0, organisation: 1 },
        };
        let mut named = |cell: Result<&str, Problem>, problems: &mut Problems| {
            note(cell, problems).map(|text| names.name(text))
        };
        let is_service = "a service code of capital letters and digits";
        let service = named(plain(row, places.service, is_service), problems);
        let long_name = match self.layout {
            // The long name is for people; the code decides.
            Layout::Twelve => {
                note(words(row, 1, "the name of a service, or nothing", 0..=300), problems)
            }
            Layout::Seven => Some(""),
        };
        let first = places.organisation;
        let is_organisation = "an ODS code of capital letters and digits";
        let organisation = named(plain(row, first, is_organisation), problems);
        let date = note(row.read(first + 1, "a date as yyyymmdd", compact_date), problems);
        let is_indicator = "an indicator code of capital letters and digits";
        let indicator = named(plain(row, first + 2, is_indicator), problems);
        let field = named(words(row, first + 3, "the name of a field", 1..=500), problems);
        let is_value = "a whole number from 0 to 999999999, Yes or No";
        let value = note(row.read(first + 4, is_value, value), problems);
        let submitted = match self.layout {
            Layout::Twelve => self.submitted(row, &mut named, problems),
            Layout::Seven => self.loaded(row, &mut named, problems),
        };
        long_name?;
        let (service, organisation, indicator, field) =
            (service?, organisation?, indicator?, field?);
        let (achievement_date, value) = (date?, value?);
        let Submitted { by: submitted_by, at: submitted_at, default_used, is_last } = submitted?;
        Some(ExtractRow {
            line: u32::try_from(row.line).unwrap_or(u32::MAX),
            service,
            organisation,
            achievement_date,
            indicator,
            field,
            value,
            default_used,
            submitted_by,
            submitted_at,
            last_submission: is_last,
        })
    }

    /// The last five columns of the twelve.
    fn submitted<N>(
        &mut self,
        row: &Row,
        named: &mut N,
        problems: &mut Problems,
    ) -> Option<Submitted>
    where
        N: FnMut(Result<&str, Problem>, &mut Problems) -> Option<Name>,
    {
        let defaults = |text: &str| {
            if text.is_empty() { Some(false) } else { yes_no(text) }
        };
        let default_used = note(row.read(7, "Y, N or nothing", defaults), problems);
        let by = named(words(row, 8, "the account that submitted it", 1..=100), problems);
        let day = note(row.read(9, "a date as dd/mm/yyyy", slashed_date), problems);
        let time = note(row.read(10, "a time as hh:mm:ss", clock_time), problems);
        let is_last = note(row.read(11, "Y or N", yes_no), problems);
        let at = self.moment(day?, time?);
        Some(Submitted { by: by?, at, default_used: default_used?, is_last: is_last? })
    }

    /// What stands for them where there are only seven: the one who loads the file submits it now, nothing is said of
    /// defaults, and every row is in force. The status of an approval elsewhere approves nothing here.
    fn loaded<N>(&mut self, row: &Row, named: &mut N, problems: &mut Problems) -> Option<Submitted>
    where
        N: FnMut(Result<&str, Problem>, &mut Problems) -> Option<Name>,
    {
        note(words(row, 6, "the status of an approval, or nothing", 0..=100), problems)?;
        let by = named(Ok(self.by), problems)?;
        Some(Submitted { by, at: self.at, default_used: false, is_last: true })
    }

    fn moment(&mut self, day: NaiveDate, time: NaiveTime) -> DateTime<Utc> {
        match self.moment {
            Some((known, at)) if known == (day, time) => at,
            _ => {
                let at = london_instant(day.and_time(time));
                self.moment = Some(((day, time), at));
                at
            }
        }
    }
}

/// Who submitted a row, when, and whether it stands.
struct Submitted {
    by: Name,
    at: DateTime<Utc>,
    default_used: bool,
    is_last: bool,
}

/// A code of capital letters and digits.
fn plain<'r>(row: &Row<'r>, column: usize, allowed: &str) -> Result<&'r str, Problem> {
    let text = row.text(column)?;
    let is_plain = text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    if is_plain && (1..=20).contains(&text.len()) {
        return Ok(text);
    }
    row.read(column, allowed, |_| None)
}

/// Words for people, which a spreadsheet must not take for a formula.
fn words<'r>(
    row: &Row<'r>,
    column: usize,
    allowed: &str,
    length: std::ops::RangeInclusive<usize>,
) -> Result<&'r str, Problem> {
    let text = row.text(column)?;
    let is_formula = text.starts_with(['=', '+', '-', '@']);
    let is_shown = !text.chars().any(char::is_control);
    if !is_formula && is_shown && length.contains(&text.len()) {
        return Ok(text);
    }
    let most = length.end();
    let allowed = match text {
        "" => allowed.to_owned(),
        _ if is_formula => format!("{allowed}, not a formula"),
        _ => format!("{allowed}, of up to {most} letters"),
    };
    row.read(column, &allowed, |_| None)
}

/// The whole number in plain digits, up to the largest figure anybody can mean.
fn number(text: &str) -> Option<u32> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number: u32 = plain.then(|| text.parse().ok()).flatten()?;
    (i64::from(number) <= LARGEST).then_some(number)
}

fn value(text: &str) -> Option<Value> {
    number(text).map(Value::Number).or_else(|| yes_no(text).map(Value::Answer))
}

fn yes_no(text: &str) -> Option<bool> {
    let is = |word: &str| text.eq_ignore_ascii_case(word);
    if is("y") || is("yes") {
        Some(true)
    } else if is("n") || is("no") {
        Some(false)
    } else {
        None
    }
}

/// The numbers at the places of a shape such as `99/99/9999`, so that `2025331` or `+2025331` is no date.
fn shaped<const N: usize>(text: &str, shape: &str) -> Option<[u32; N]> {
    let mut numbers = [0; N];
    let mut at = 0;
    if text.len() != shape.len() {
        return None;
    }
    for (byte, place) in text.bytes().zip(shape.bytes()) {
        match (place, byte) {
            (b'/' | b':' | b' ', own) if own == place => at += 1,
            (b'9', b'0'..=b'9') => {
                let number = numbers.get_mut(at)?;
                *number = *number * 10 + u32::from(byte - b'0');
            }
            _ => return None,
        }
    }
    Some(numbers)
}

fn compact_date(text: &str) -> Option<NaiveDate> {
    let [number] = shaped(text, "99999999")?;
    date(number / 10_000, number / 100 % 100, number % 100)
}

fn slashed_date(text: &str) -> Option<NaiveDate> {
    let [day, month, year] = shaped(text, "99/99/9999")?;
    date(year, month, day)
}

fn date(year: u32, month: u32, day: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)
}

fn clock_time(text: &str) -> Option<NaiveTime> {
    let [hour, minute, second] = shaped(text, "99:99:99")?;
    NaiveTime::from_hms_opt(hour, minute, second)
}
