//! Reads a file of bank holidays: the JSON that GOV.UK publishes, or CSV with the columns date and title.

use super::{BankHolidays, FinancialYear};
use crate::tabular::{self, Problem, Problems, Row, note};
use chrono::{Datelike, NaiveDate};
use serde_json::Value;
use std::collections::BTreeMap;

/// The division of the GOV.UK file whose days count here.
const DIVISION: &str = "england-and-wales";
/// Fewest bank holidays of a year in England and Wales. A year with fewer was cut off, and would be counted wrongly.
const FEWEST: usize = 8;
const A_DATE: &str = "a date from 2000 to 2101, like 2026-12-25";
const A_TITLE: &str = "a title of 1 to 100 characters";
const JSON: &str = "JSON as GOV.UK publishes it, with \"england-and-wales\" and its list \"events\", or CSV with the columns date and title";

/// The bank holidays of a file, or everything that is wrong with it. Every year in it must be whole.
pub fn read(bytes: &[u8]) -> Result<BankHolidays, Problems> {
    let start = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    let days = if start.starts_with(b"{") { json(bytes)? } else { csv(bytes)? };
    whole_years(days)
}

/// A day with its title and the line it stands on.
type Days = BTreeMap<NaiveDate, (String, u64)>;

fn csv(bytes: &[u8]) -> Result<Days, Problems> {
    let mut days = Days::new();
    tabular::rows(bytes, &["date", "title"], |row: &Row, problems| {
        let date = note(row.read(0, A_DATE, date), problems);
        let title = note(row.read(1, A_TITLE, title), problems);
        place(&mut days, (date?, title?), (row.line, "date"), problems)
    })?;
    Ok(days)
}

fn date(text: &str) -> Option<NaiveDate> {
    let date = text.parse::<NaiveDate>().ok().filter(|_| text.len() == 10)?;
    FinancialYear::new(date.year() - 1).map(|_| date)
}

fn title(text: &str) -> Option<String> {
    let text = text.trim();
    (1..=100).contains(&text.chars().count()).then(|| text.to_owned())
}

/// Keeps a day, or notes that it is there already.
fn place(
    days: &mut Days,
    (date, title): (NaiveDate, String),
    (line, what): (u64, &str),
    problems: &mut Problems,
) -> Option<()> {
    if let Some((_, earlier)) = days.insert(date, (title, line)) {
        let allowed = format!("each day once, and line {earlier} has it too");
        problems.push(Problem::new(line, what, &date.to_string(), allowed));
        return None;
    }
    Some(())
}

fn json(bytes: &[u8]) -> Result<Days, Problems> {
    let whole = |line, found: String| Problem::whole(line, "the whole file", found, JSON);
    let text =
        std::str::from_utf8(bytes).map_err(|_| whole(1, "bytes that are not UTF-8".into()))?;
    let text = text.trim_start_matches('\u{feff}');
    let file: Value = serde_json::from_str(text)
        .map_err(|error| whole(error.line() as u64, error.to_string()))?;
    let Some(events) = file.pointer(&format!("/{DIVISION}/events")).and_then(Value::as_array)
    else {
        return Err(whole(1, format!("no list \"events\" of \"{DIVISION}\"")).into());
    };
    let lines = lines_of_events(text);
    let (mut days, mut problems) = (Days::new(), Problems::default());
    for (position, event) in events.iter().enumerate() {
        let line = lines.get(position).copied().unwrap_or(1);
        let mut cell = |key: &str, allowed: &str| -> Option<String> {
            let found = event.get(key).map(|value| match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            });
            let is_good = found.as_deref().is_some_and(|text| match key {
                "date" => date(text).is_some(),
                _ => title(text).is_some(),
            });
            if is_good {
                return found;
            }
            let what = format!("event {}, {key}", position + 1);
            problems.push(Problem::new(line, &what, &found.unwrap_or_default(), allowed));
            None
        };
        let (on, called) = (cell("date", A_DATE), cell("title", A_TITLE));
        if let (Some(on), Some(called)) = (on.as_deref().and_then(date), called) {
            let what = format!("event {}, date", position + 1);
            place(&mut days, (on, called.trim().to_owned()), (line, &what), &mut problems);
        }
    }
    if problems.is_empty() { Ok(days) } else { Err(problems) }
}

/// The line that each event of the division begins on. The text is known to be JSON with the division in it.
fn lines_of_events(text: &str) -> Vec<u64> {
    let after = |from: usize, what: &str| Some(from + text.get(from..)?.find(what)? + what.len());
    let first = after(0, &format!("\"{DIVISION}\"")).and_then(|at| after(at, "\"events\""));
    let mut lines = Vec::new();
    let Some(mut at) = first.and_then(|at| after(at, "[")) else { return lines };
    loop {
        let rest = &text[at..];
        let skipped = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n', ',']).len();
        at += skipped;
        let mut events = serde_json::Deserializer::from_str(&text[at..]).into_iter::<Value>();
        if !matches!(events.next(), Some(Ok(_))) {
            return lines;
        }
        lines.push(1 + text[..at].bytes().filter(|byte| *byte == b'\n').count() as u64);
        at += events.byte_offset();
    }
}

/// The days, unless a year has so few that it cannot be whole.
fn whole_years(days: Days) -> Result<BankHolidays, Problems> {
    let lines: BTreeMap<i32, u64> =
        days.iter().map(|(day, (_, line))| (day.year(), *line)).collect();
    let holidays: BankHolidays = days.into_iter().map(|(day, (title, _))| (day, title)).collect();
    let mut problems = Problems::default();
    for (year, line) in lines {
        let found = holidays.in_year(year);
        if found < FEWEST {
            let allowed = format!("at least {FEWEST}: the whole year or nothing of it");
            let found = format!("{found} of {year}");
            problems.push(Problem::whole(line, "bank holidays", found, allowed));
        }
    }
    if holidays.years().next().is_none() {
        problems.push(Problem::whole(1, "the whole file", "no bank holidays", JSON));
    }
    if problems.is_empty() { Ok(holidays) } else { Err(problems) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CSV: &str = "date,title
2026-01-01,New Year's Day
2026-04-03,Good Friday
2026-04-06,Easter Monday
2026-05-04,Early May bank holiday
2026-05-25,Spring bank holiday
2026-08-31,Summer bank holiday
2026-12-25,Christmas Day
2026-12-28,Boxing Day
";

    /// The same days in the shape of GOV.UK, an event on each line from line 3.
    fn gov_uk() -> String {
        let events: Vec<String> = CSV
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(','))
            .map(|(date, title)| {
                format!(
                    "{{\"title\":\"{title}\",\"date\":\"{date}\",\"notes\":\"\",\"bunting\":true}}"
                )
            })
            .collect();
        format!(
            "{{\"scotland\":{{\"division\":\"scotland\",\"events\":[]}},\n\"england-and-wales\":{{\"division\":\"england-and-wales\",\"events\":[\n{}]}}}}",
            events.join(",\n")
        )
    }

    fn told(text: &str) -> Vec<String> {
        let problems = read(text.as_bytes()).expect_err("a bad file");
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn both_files_give_the_same_days() {
        let from_csv = read(CSV.as_bytes()).expect("CSV");
        assert_eq!((from_csv.in_year(2026), from_csv.years().collect()), (8, vec![2026]));
        assert_eq!(read(gov_uk().as_bytes()), Ok(from_csv.clone()));
        assert_eq!(read(format!("\u{feff}{}", gov_uk()).as_bytes()), Ok(from_csv.clone()));
        assert_eq!(read(gov_uk().replace('\n', "").as_bytes()), Ok(from_csv));
    }

    #[test]
    fn every_bad_row_is_named_with_its_line_and_what_is_allowed() {
        let a_date = "allowed a date from 2000 to 2101, like 2026-12-25";
        let a_title = "allowed a title of 1 to 100 characters";
        let cut = CSV.replace("2026-12-28,Boxing Day\n", "");
        let rows: [(String, Vec<String>); 9] = [
            (CSV.replace("2026-04-03", "3 April 2026"), vec![format!("line 3, date: found \"3 April 2026\", {a_date}")]),
            (CSV.replace("2026-04-03", "2026-02-30"), vec![format!("line 3, date: found \"2026-02-30\", {a_date}")]),
            (CSV.replace("2026-12-28,Boxing Day", "2206-12-28,"), vec![
                format!("line 9, date: found \"2206-12-28\", {a_date}"),
                format!("line 9, title: found nothing, {a_title}"),
            ]),
            (CSV.replace("2026-12-28", "2026-12-25"), vec![
                "line 9, date: found \"2026-12-25\", allowed each day once, and line 8 has it too".into(),
            ]),
            (cut, vec!["line 8, bank holidays: found 7 of 2026, allowed at least 8: the whole year or nothing of it".into()]),
            (gov_uk().replace("2026-04-03", "2026-4-3"), vec![format!("line 4, event 2, date: found \"2026-4-3\", {a_date}")]),
            (gov_uk().replace("\"Good Friday\"", "7, \"also\": [1]").replace("\"title\":7", "\"name\":7"), vec![
                format!("line 4, event 2, title: found nothing, {a_title}"),
            ]),
            (gov_uk().replace("england-and-wales", "wales"), vec![
                format!("line 1, the whole file: found no list \"events\" of \"england-and-wales\", allowed {JSON}"),
            ]),
            ("date,title\n".into(), vec![format!("line 1, the whole file: found no bank holidays, allowed {JSON}")]),
        ];
        for (text, expected) in rows {
            assert_eq!(told(&text), expected, "{text}");
        }
        assert!(
            told("{\"england-and-wales\": [\n")[0].starts_with("line 2, the whole file: found EOF")
        );
    }
}
