//! Reads an extract file in the twelve-column layout of CQRS, and finds the figures in its rows.

pub use crate::tabular::Problem;
use crate::{
    NotAllowed,
    refusal::refusal,
    service::{Resolved, Service, Unresolved},
    submission::{self, Field, Figures, LARGEST},
    tabular::{self, Row, note},
};
use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use std::collections::{BTreeMap, HashMap, btree_map::Entry};

/// The columns of the layout, in its order.
pub const COLUMNS: [&str; 12] = [
    "QUALITY_SERVICE",
    "NAME",
    "ORG_CODE",
    "ACH_DATE",
    "IND_CODE",
    "FIELD_NAME",
    "VALUE",
    "DEFAULT_VALUES_USED",
    "SUBMIT_USER_ID",
    "SUBMIT_DATE",
    "SUBMIT_TIME",
    "LAST_SUBMISSION",
];

/// One field of one indicator of one organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtractRow {
    /// Its line in the file.
    pub line: u64,
    /// Code of the service.
    pub service: String,
    /// ODS code of the practice or network.
    pub organisation: String,
    /// The date the figure belongs to.
    pub achievement_date: NaiveDate,
    /// Code of the indicator.
    pub indicator: String,
    /// Name of the field: words or a short code.
    pub field: String,
    /// The figure.
    pub value: Value,
    /// Whether a default was put in for an answer nobody gave.
    pub default_used: bool,
    /// The account that submitted it.
    pub submitted_by: String,
    /// When, in London time.
    pub submitted_at: NaiveDateTime,
    /// Whether it is the row in force; older submissions stay in the file.
    pub last_submission: bool,
}

/// What stands in the column VALUE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// A count.
    Number(i64),
    /// An answer.
    Answer(bool),
}

/// Every row of the file; otherwise every bad row and column with what was found and what is allowed.
pub fn parse(bytes: &[u8]) -> Result<Vec<ExtractRow>, Vec<Problem>> {
    let (rows, problems) = good_rows(bytes);
    if problems.is_empty() { Ok(rows) } else { Err(problems) }
}

/// The good rows of the file, so that they can be looked at further, and everything that is wrong with the others.
pub fn good_rows(bytes: &[u8]) -> (Vec<ExtractRow>, Vec<Problem>) {
    let (rows, mut problems) = tabular::good_rows(bytes, &COLUMNS, row);
    if rows.is_empty() && problems.is_empty() {
        let (found, allowed) = ("a header without rows".into(), "at least one row".into());
        problems.push(Problem { row: 2, column: "the whole row".into(), found, allowed });
    }
    let mut in_force = HashMap::new();
    for row in rows.iter().filter(|row| row.last_submission) {
        let key =
            (&row.service, &row.organisation, row.achievement_date, &row.indicator, &row.field);
        if let Some(first) = in_force.insert(key, row.line) {
            let found = format!("Y on line {first} too, for the same figure");
            let allowed = "Y on one row of a figure".into();
            problems.push(Problem {
                row: row.line,
                column: "LAST_SUBMISSION".into(),
                found,
                allowed,
            });
        }
    }
    (rows, problems)
}

fn row(row: &Row, problems: &mut Vec<Problem>) -> Option<ExtractRow> {
    let code = |text: &str| {
        let plain = text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        ((1..=20).contains(&text.len()) && plain).then(|| text.to_owned())
    };
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let service = note(row.read(0, "a service code of capital letters and digits", code), problems);
    // The long name is for people; the code decides.
    let name = note(row.text(1), problems);
    let organisation =
        note(row.read(2, "an ODS code of capital letters and digits", code), problems);
    let date = note(row.read(3, "a date as yyyymmdd", compact_date), problems);
    let indicator =
        note(row.read(4, "an indicator code of capital letters and digits", code), problems);
    let field = note(row.read(5, "the name of a field", some), problems);
    let value = note(row.read(6, "a whole number from 0 to 999999999, Yes or No", value), problems);
    let defaults = |text: &str| {
        if text.is_empty() { Some(false) } else { yes_no(text) }
    };
    let default_used = note(row.read(7, "Y, N or nothing", defaults), problems);
    let submitted_by = note(row.read(8, "the account that submitted it", some), problems);
    let day = note(row.read(9, "a date as dd/mm/yyyy", slashed_date), problems);
    let time = note(row.read(10, "a time as hh:mm:ss", clock_time), problems);
    let last_submission = note(row.read(11, "Y or N", yes_no), problems);
    name?;
    Some(ExtractRow {
        line: row.line,
        service: service?,
        organisation: organisation?,
        achievement_date: date?,
        indicator: indicator?,
        field: field?,
        value: value?,
        default_used: default_used?,
        submitted_by: submitted_by?,
        submitted_at: day?.and_time(time?),
        last_submission: last_submission?,
    })
}

/// The whole number in plain digits, up to the largest figure anybody can mean.
fn number(text: &str) -> Option<i64> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten().filter(|number| *number <= LARGEST)
}

fn value(text: &str) -> Option<Value> {
    number(text).map(Value::Number).or_else(|| yes_no(text).map(Value::Answer))
}

fn yes_no(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "y" | "yes" => Some(true),
        "n" | "no" => Some(false),
        _ => None,
    }
}

/// Digits at fixed places, so that `2025331` or `+2025331` is no date.
fn shaped(text: &str, shape: &str) -> bool {
    text.len() == shape.len()
        && text.bytes().zip(shape.bytes()).all(|(byte, place)| match place {
            b'9' => byte.is_ascii_digit(),
            other => byte == other,
        })
}

fn compact_date(text: &str) -> Option<NaiveDate> {
    shaped(text, "99999999").then(|| NaiveDate::parse_from_str(text, "%Y%m%d").ok()).flatten()
}

fn slashed_date(text: &str) -> Option<NaiveDate> {
    shaped(text, "99/99/9999").then(|| NaiveDate::parse_from_str(text, "%d/%m/%Y").ok()).flatten()
}

fn clock_time(text: &str) -> Option<NaiveTime> {
    shaped(text, "99:99:99").then(|| NaiveTime::parse_from_str(text, "%H:%M:%S").ok()).flatten()
}

/// The figures that rows of one organisation and achievement date bring to a service.
///
/// Rows that are not in force are passed over. Otherwise every row that cannot be placed or that contradicts another.
pub fn figures<'a>(
    service: &Service,
    rows: impl IntoIterator<Item = &'a ExtractRow>,
) -> Result<Figures, Vec<Problem>> {
    let in_force = rows.into_iter().filter(|row| row.last_submission);
    let brought = Reader::new(service).figures(in_force)?;
    Ok(brought.into_iter().map(|(key, figure)| (key, figure.value)).collect())
}

/// A figure and the row that brings it.
#[derive(Clone, Copy, Debug)]
pub struct Brought<'a> {
    /// The figure.
    pub value: i64,
    /// The row.
    pub row: &'a ExtractRow,
}

/// Reads the rows of many organisations for one service: each pair of indicator and field name is looked up once.
pub struct Reader<'s> {
    service: &'s Service,
    known: HashMap<String, HashMap<String, Result<Resolved, Unresolved>>>,
}

impl<'s> Reader<'s> {
    /// A reader for a service.
    pub fn new(service: &'s Service) -> Self {
        Self { service, known: HashMap::new() }
    }

    /// The figures that rows of one organisation and achievement date bring, in force or not.
    /// Otherwise every row that cannot be placed or that contradicts another.
    pub fn figures<'a>(
        &mut self,
        rows: impl IntoIterator<Item = &'a ExtractRow>,
    ) -> Result<BTreeMap<(String, Field), Brought<'a>>, Vec<Problem>> {
        let mut brought: BTreeMap<(String, Field), Brought<'a>> = BTreeMap::new();
        let mut problems = Vec::new();
        for row in rows {
            let (key, value) = match self.placed(row) {
                Ok(Some(placed)) => placed,
                Ok(None) => continue,
                Err(problem) => {
                    problems.push(problem);
                    continue;
                }
            };
            match brought.entry(key) {
                Entry::Vacant(place) => _ = place.insert(Brought { value, row }),
                // The same register stands on the row of every indicator that uses it, with the same figure.
                Entry::Occupied(place) if place.get().value != value => {
                    let (other, line) = (place.get().value, place.get().row.line);
                    let allowed = format!("{other}, as on line {line} for the same register");
                    problems.push(Problem::new(row.line, "VALUE", &value.to_string(), allowed));
                }
                Entry::Occupied(_) => {}
            }
        }
        problems.extend(self.impossible(&brought));
        problems.sort_by_key(|problem| problem.row);
        if problems.is_empty() { Ok(brought) } else { Err(problems) }
    }

    /// Numerators above their denominators.
    fn impossible(&self, brought: &BTreeMap<(String, Field), Brought>) -> Vec<Problem> {
        let figures: Figures =
            brought.iter().map(|(key, figure)| (key.clone(), figure.value)).collect();
        submission::contradictions(self.service, &figures)
            .into_iter()
            .filter(|own| own.field == Field::Numerator)
            .filter_map(|error| {
                let denominator = (error.indicator.clone(), Field::Denominator);
                let most = figures.get(&denominator).copied().unwrap_or_default();
                let figure = brought.get(&(error.indicator, error.field))?;
                let allowed = format!("{most} or less, because the denominator is {most}");
                let found = figure.value.to_string();
                Some(Problem::new(figure.row.line, "VALUE", &found, allowed))
            })
            .collect()
    }

    /// The figure of one row; `None` for information that no sum uses.
    fn placed(&mut self, row: &ExtractRow) -> Result<Option<Placed>, Problem> {
        let (code, field) = match self.resolve(&row.indicator, &row.field) {
            Ok(Resolved::Figure(code, field)) => (code, field),
            Ok(Resolved::Information(_)) => return Ok(None),
            Err(unresolved) => {
                let (column, found) = unresolved.cell(&row.indicator, &row.field);
                return Err(Problem::new(row.line, column, found, unresolved.to_string()));
            }
        };
        let wrong =
            |found: &str, allowed: &str| Err(Problem::new(row.line, "VALUE", found, allowed));
        let figure = match (field, row.value) {
            (Field::YesNo, Value::Answer(yes)) => i64::from(yes),
            (Field::YesNo, Value::Number(number @ (0 | 1))) => number,
            (Field::YesNo, Value::Number(number)) => {
                return wrong(&number.to_string(), "Yes, No, 1 or 0");
            }
            (_, Value::Number(number)) => number,
            (_, Value::Answer(yes)) => {
                let found = if yes { "Yes" } else { "No" };
                return wrong(found, "a whole number from 0 to 999999999");
            }
        };
        Ok(Some(((code.clone(), *field), figure)))
    }

    fn resolve(&mut self, indicator: &str, field: &str) -> &Result<Resolved, Unresolved> {
        let fields = self.known.entry(indicator.to_owned()).or_default();
        fields.entry(field.to_owned()).or_insert_with(|| self.service.resolve(indicator, field))
    }
}

type Placed = ((String, Field), i64);

/// Why an extract cannot be loaded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotLoad {
    /// The actor may not load data.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// Every bad row and column.
    #[error("{} of the file cannot be used. Nothing was saved.", rows_in_words(.0))]
    Rows(Vec<Problem>),
}
refusal!(CannotLoad);

fn rows_in_words(problems: &[Problem]) -> String {
    let mut lines: Vec<u64> = problems.iter().map(|problem| problem.row).collect();
    lines.sort_unstable();
    lines.dedup();
    if lines.len() == 1 { "1 row".to_owned() } else { format!("{} rows", lines.len()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::tests::GOOD;

    const HEADER: &str = "QUALITY_SERVICE,NAME,ORG_CODE,ACH_DATE,IND_CODE,FIELD_NAME,VALUE,DEFAULT_VALUES_USED,\
        SUBMIT_USER_ID,SUBMIT_DATE,SUBMIT_TIME,LAST_SUBMISSION\n";

    fn file(rows: &[&str]) -> String {
        rows.iter().fold(HEADER.to_owned(), |text, row| text + row + "\n")
    }

    /// A row of the demonstration service with an indicator, field, value and whether it is in force.
    fn row(indicator: &str, field: &str, value: &str, last: &str) -> String {
        format!(
            "DEMO2526,Demonstration,A81001,20260331,{indicator},{field},{value},,cro-processor,01/04/2026,02:03:04,{last}"
        )
    }

    fn told(problems: Vec<Problem>) -> Vec<String> {
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_twelve_columns_are_read() {
        let text = file(&[
            "QOF2526,QOF,A81001,20260331,AF006,\"Of the denominator, those assessed\",68,,cro-processor,01/04/2026,02:03:04,Y",
            "QOF2526,QOF,U12345,20260331,QI001,Yes/No Flag,Yes,Y,cro-processor,01/04/2026,02:03:04,N",
        ]);
        let rows = parse(text.as_bytes()).unwrap();
        assert_eq!(
            rows[0],
            ExtractRow {
                line: 2,
                service: "QOF2526".into(),
                organisation: "A81001".into(),
                achievement_date: NaiveDate::from_ymd_opt(2026, 3, 31).unwrap(),
                indicator: "AF006".into(),
                field: "Of the denominator, those assessed".into(),
                value: Value::Number(68),
                default_used: false,
                submitted_by: "cro-processor".into(),
                submitted_at: NaiveDate::from_ymd_opt(2026, 4, 1)
                    .unwrap()
                    .and_hms_opt(2, 3, 4)
                    .unwrap(),
                last_submission: true,
            }
        );
        assert_eq!(
            (rows[1].value, rows[1].default_used, rows[1].last_submission),
            (Value::Answer(true), true, false)
        );
    }

    #[test]
    fn every_bad_cell_of_every_row_is_named() {
        let text = file(&[
            "qof,x,a81001,31/03/2026,,,-1,perhaps,,2026-04-01,2:3:4,",
            &row("AF006", "Numerator", "68", "Y"),
            "QOF2526,x,A81001,20260231,AF006,Numerator,6.8,,me,31/02/2026,24:00:00,X",
            "QOF2526,x,A81001,20260331,AF006,Numerator,,,me,01/04/2026,02:03:04,Y",
            "too,few",
        ]);
        assert_eq!(
            told(parse(text.as_bytes()).unwrap_err()),
            [
                "line 2, QUALITY_SERVICE: found \"qof\", allowed a service code of capital letters and digits",
                "line 2, ORG_CODE: found \"a81001\", allowed an ODS code of capital letters and digits",
                "line 2, ACH_DATE: found \"31/03/2026\", allowed a date as yyyymmdd",
                "line 2, IND_CODE: found nothing, allowed an indicator code of capital letters and digits",
                "line 2, FIELD_NAME: found nothing, allowed the name of a field",
                "line 2, VALUE: found \"-1\", allowed a whole number from 0 to 999999999, Yes or No",
                "line 2, DEFAULT_VALUES_USED: found \"perhaps\", allowed Y, N or nothing",
                "line 2, SUBMIT_USER_ID: found nothing, allowed the account that submitted it",
                "line 2, SUBMIT_DATE: found \"2026-04-01\", allowed a date as dd/mm/yyyy",
                "line 2, SUBMIT_TIME: found \"2:3:4\", allowed a time as hh:mm:ss",
                "line 2, LAST_SUBMISSION: found nothing, allowed Y or N",
                "line 4, ACH_DATE: found \"20260231\", allowed a date as yyyymmdd",
                "line 4, VALUE: found \"6.8\", allowed a whole number from 0 to 999999999, Yes or No",
                "line 4, SUBMIT_DATE: found \"31/02/2026\", allowed a date as dd/mm/yyyy",
                "line 4, SUBMIT_TIME: found \"24:00:00\", allowed a time as hh:mm:ss",
                "line 4, LAST_SUBMISSION: found \"X\", allowed Y or N",
                "line 5, VALUE: found nothing, allowed a whole number from 0 to 999999999, Yes or No",
                "line 6, the whole row: found 2 cells, allowed 12 cells, one for each column",
            ]
        );
    }

    #[test]
    fn a_file_without_its_columns_or_rows_is_refused() {
        assert_eq!(parse(b"ORG_CODE,VALUE\n").unwrap_err().len(), 10, "each missing column");
        let empty = told(parse(HEADER.as_bytes()).unwrap_err());
        assert_eq!(
            empty,
            ["line 2, the whole row: found a header without rows, allowed at least one row"]
        );
    }

    #[test]
    fn one_figure_has_one_row_in_force() {
        let rows = [
            row("AF006", "Numerator", "60", "N"),
            row("AF006", "Numerator", "68", "Y"),
            row("AF006", "Numerator", "70", "Y"),
        ];
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        assert_eq!(
            told(parse(file(&rows).as_bytes()).unwrap_err()),
            [
                "line 4, LAST_SUBMISSION: found Y on line 3 too, for the same figure, allowed Y on one row of a figure"
            ]
        );
        assert_eq!(parse(file(&rows[..2]).as_bytes()).map(|rows| rows.len()), Ok(2));
    }

    fn figures_of(rows: &[String]) -> Result<Figures, Vec<String>> {
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        let rows = parse(file(&rows).as_bytes()).unwrap();
        figures(&Service::from_toml(GOOD).unwrap(), &rows).map_err(told)
    }

    #[test]
    fn rows_in_force_become_figures_and_a_register_may_stand_with_every_indicator() {
        let figures = figures_of(&[
            row("AF006", "Numerator", "60", "N"),
            row("AF006", "Numerator", "68", "Y"),
            row("AF006", "Denominator", "73", "Y"),
            row("AF006", "Atrial Fibrillation Register", "103", "Y"),
            row("AF001", "Atrial Fibrillation Register", "103", "Y"),
            row("AF006", "AFIBPCADEC", "4", "Y"),
            row("QI001", "Yes/No Flag", "Yes", "Y"),
        ]);
        let expected = [
            (("AF001".to_owned(), Field::Register), 103),
            (("AF006".to_owned(), Field::Numerator), 68),
            (("AF006".to_owned(), Field::Denominator), 73),
            (("QI001".to_owned(), Field::YesNo), 1),
        ];
        assert_eq!(figures, Ok(expected.into_iter().collect()));
    }

    #[test]
    fn rows_that_fit_nowhere_or_contradict_each_other_are_named() {
        let problems = figures_of(&[
            row("AF999", "Numerator", "1", "Y"),
            row("AF006", "Number of patients assessed", "1", "Y"),
            row("AF006", "Atrial Fibrillation Register", "103", "Y"),
            row("AF001", "Atrial Fibrillation Register", "104", "Y"),
            row("QI001", "Yes/No Flag", "2", "Y"),
            row("LD002", "Number of health checks", "Yes", "Y"),
            row("AF006", "Numerator", "9", "Y"),
            row("AF006", "Denominator", "8", "Y"),
        ]);
        assert_eq!(
            problems.unwrap_err(),
            [
                "line 2, IND_CODE: found \"AF999\", allowed an indicator of DEMO2526: AF001, AF006, LD001, LD002, QI001, PP001",
                "line 3, FIELD_NAME: found \"Number of patients assessed\", allowed a field of AF006: Numerator | Denominator",
                "line 5, VALUE: found \"104\", allowed 103, as on line 4 for the same register",
                "line 6, VALUE: found \"2\", allowed Yes, No, 1 or 0",
                "line 7, VALUE: found \"Yes\", allowed a whole number from 0 to 999999999",
                "line 8, VALUE: found \"9\", allowed 8 or less, because the denominator is 8",
            ]
        );
    }
}
