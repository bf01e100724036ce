//! A template: the figures that somebody may enter at one achievement date as rows of a file, and that file filled in.

use super::{Field, FieldError, shown, used_by};
use crate::{
    service::Service,
    sheet::Sheet,
    tabular::{self, Problem, Problems},
};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// The columns of a template. The last one is never empty, because spreadsheets leave empty cells at the end of a row out.
pub const COLUMNS: [&str; 11] = [
    "organisation",
    "service",
    "achievement_date",
    "component",
    "indicator",
    "field",
    "name",
    "last_period",
    "in_force",
    VALUE,
    "allowed",
];

/// The column to fill in.
pub const VALUE: &str = "value";

/// The columns that are read from a filled template; the others are there for people.
pub const READ: [&str; 6] =
    ["organisation", "service", "achievement_date", "indicator", "field", VALUE];

/// Rows of a filled template at most: many times those of the largest service.
pub const MOST_ROWS: usize = 5_000;

/// Whose figures a template is for, of which service and achievement date.
#[derive(Clone, Debug)]
pub struct Place {
    /// Code of the organisation.
    pub organisation: String,
    /// Code of the service.
    pub service: String,
    /// The achievement date.
    pub date: NaiveDate,
}

/// One figure to enter.
#[derive(Clone, Debug)]
pub struct Row {
    /// Code of the component.
    pub component: String,
    /// The indicator's code.
    pub indicator: String,
    /// The field.
    pub field: Field,
    /// What the figure is called.
    pub name: String,
    /// The figure of the period before.
    pub last_period: Option<i64>,
    /// The figure in force.
    pub in_force: Option<i64>,
}

/// One row of a filled template, as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its line in the file; the header is line 1.
    pub row: u64,
    /// Its cells, in the order of [`READ`].
    pub cells: [String; READ.len()],
}

/// What was filled in, with the line it stands in.
pub type Filled = BTreeMap<(String, Field), (u64, String)>;

impl Row {
    /// The cells of its row, in the order of [`COLUMNS`], with nothing in the column to fill in.
    pub fn cells(&self, place: &Place) -> [String; COLUMNS.len()] {
        let figure = |figure: Option<i64>| match (self.field, figure) {
            (_, None) => String::new(),
            (Field::YesNo, Some(0)) => "no".to_owned(),
            (Field::YesNo, Some(_)) => "yes".to_owned(),
            (_, Some(number)) => number.to_string(),
        };
        [
            place.organisation.clone(),
            place.service.clone(),
            place.date.to_string(),
            self.component.clone(),
            self.indicator.clone(),
            self.field.key().to_owned(),
            self.name.clone(),
            figure(self.last_period),
            figure(self.in_force),
            String::new(),
            if self.field == Field::YesNo { "yes or no" } else { "a whole number" }.to_owned(),
        ]
    }
}

/// A template as CSV.
pub fn csv(place: &Place, rows: &[Row]) -> String {
    let mut sheet = Sheet::new(&COLUMNS);
    for row in rows {
        sheet.row(&row.cells(place).each_ref().map(String::as_str));
    }
    sheet.finish()
}

/// The rows of a filled template that was saved as CSV. What people wrote in columns that are not read may be in any
/// encoding that keeps the plain letters, such as UTF-8 or Windows-1252.
pub fn lines_of_csv(bytes: &[u8]) -> Result<Vec<Line>, Problems> {
    let mut number = 0_usize;
    let lines = tabular::rows(bytes, &READ, |row, problems| {
        number += 1;
        if number > MOST_ROWS {
            if number == MOST_ROWS + 1 {
                problems.push(too_many(row.line));
            }
            return None;
        }
        let mut cells = [const { String::new() }; READ.len()];
        for (place, cell) in cells.iter_mut().enumerate() {
            tabular::note(row.text(place), problems)?.clone_into(cell);
        }
        Some(Line { row: row.line, cells })
    })?;
    Ok(lines)
}

/// A file with more rows than any template has.
pub fn too_many(row: u64) -> Problem {
    let most = shown(MOST_ROWS as i64);
    Problem::whole(row, "the whole file", format!("more than {most} rows"), format!("{most} rows"))
}

/// What was filled in. Every row must be of the place; of rows with a value, `why_not` says why the figure cannot be
/// entered: it is none of this template, or it is fixed. Otherwise every row that is wrong.
pub fn filled(
    lines: &[Line],
    place: &Place,
    why_not: impl Fn(&(String, Field)) -> Option<(&'static str, String)>,
) -> Result<Filled, Problems> {
    let mut problems = Problems::default();
    let mut filled = Filled::new();
    for line in lines {
        let [organisation, service, date, indicator, field, value] = &line.cells;
        let mut wrong = |column: &str, found: &str, allowed: String| {
            problems.push(Problem::new(line.row, column, found, allowed));
        };
        if !organisation.eq_ignore_ascii_case(&place.organisation) {
            wrong(READ[0], organisation, place.organisation.clone());
        }
        if !service.eq_ignore_ascii_case(&place.service) {
            wrong(READ[1], service, place.service.clone());
        }
        if day(date) != Some(place.date) {
            wrong(READ[2], date, place.date.to_string());
        }
        if value.is_empty() {
            continue;
        }
        let Some(known) = Field::from_key(field) else {
            wrong(READ[4], field, Field::ALL.map(Field::key).join(", "));
            continue;
        };
        let key = (indicator.clone(), known);
        match (why_not(&key), filled.get(&key)) {
            (Some((VALUE, why)), _) => wrong(VALUE, value, why),
            (Some((column, why)), _) => {
                let found = if column == READ[4] { field } else { indicator };
                wrong(column, found, why);
            }
            (None, Some((row, _))) => {
                let why = format!("each figure once; it stands in line {row} too");
                wrong(VALUE, value, why);
            }
            (None, None) => _ = filled.insert(key, (line.row, value.clone())),
        }
    }
    match problems.is_empty() {
        true if filled.is_empty() => {
            let allowed = "at least 1 figure in this column";
            Err(Problem::whole(2, VALUE, "nothing in any row", allowed).into())
        }
        true => Ok(filled),
        false => Err(problems),
    }
}

/// What is wrong with the figures, each at its line. A contradiction may be about a figure that is not in the file: then it
/// stands at the figure in the file that it contradicts.
pub fn problems(service: &Service, filled: &Filled, errors: &[FieldError]) -> Problems {
    let of = |indicator: &str| filled.iter().find(|((code, _), _)| code == indicator);
    let cell = |error: &FieldError| {
        let own = filled.get_key_value(&(error.indicator.clone(), error.field));
        let other = || {
            let (used, _) = used_by(service, service.indicator(&error.indicator)?)?;
            of(&used.code)
        };
        own.or_else(|| of(&error.indicator)).or_else(other)
    };
    let problem = |error: &FieldError| {
        let (row, text) = cell(error).map_or((1, ""), |(_, (row, text))| (*row, text.as_str()));
        Problem::new(row, VALUE, text, error.message.clone())
    };
    errors.iter().map(problem).collect::<Problems>().in_order()
}

/// A date as the template has it, or as a spreadsheet of this country rewrites it when it saves CSV.
fn day(text: &str) -> Option<NaiveDate> {
    let british = || NaiveDate::parse_from_str(text, "%d/%m/%Y").ok();
    text.parse().ok().or_else(british)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        let date = NaiveDate::from_ymd_opt(2025, 6, 30).unwrap();
        Place { organisation: "Y00001".into(), service: "LCS2526".into(), date }
    }

    fn row(indicator: &str, field: Field, in_force: Option<i64>) -> Row {
        Row {
            component: "SPIRO".into(),
            indicator: indicator.into(),
            field,
            name: "=Café, \"tests\"".into(),
            last_period: Some(1),
            in_force,
        }
    }

    #[test]
    fn a_template_names_every_figure_and_leaves_its_value_empty() {
        let rows = [row("SPI001", Field::Register, Some(1_200)), row("Q1", Field::YesNo, None)];
        assert_eq!(
            csv(&place(), &rows),
            "organisation,service,achievement_date,component,indicator,field,name,last_period,in_force,value,allowed\n\
             Y00001,LCS2526,2025-06-30,SPIRO,SPI001,register,\"'=Café, \"\"tests\"\"\",1,1200,,a whole number\n\
             Y00001,LCS2526,2025-06-30,SPIRO,Q1,yes_no,\"'=Café, \"\"tests\"\"\",yes,,,yes or no\n"
        );
        let empty = lines_of_csv(csv(&place(), &rows).as_bytes()).unwrap();
        assert_eq!(
            told(&empty),
            ["line 2, value: found nothing in any row, allowed at least 1 figure in this column"]
        );
    }

    fn why_not((indicator, field): &(String, Field)) -> Option<(&'static str, String)> {
        match (indicator.as_str(), field) {
            ("SPI001", Field::Register) | ("Q1", Field::YesNo) => None,
            ("SPI001", _) => Some(("field", "register".into())),
            ("EXT1", _) => Some((VALUE, "nothing, because an extract brought it".into())),
            _ => Some(("indicator", "an indicator of the template".into())),
        }
    }

    /// What is wrong with some rows; nothing when they are good.
    fn told(lines: &[Line]) -> Vec<String> {
        match filled(lines, &place(), why_not) {
            Ok(_) => Vec::new(),
            Err(problems) => problems.iter().map(ToString::to_string).collect(),
        }
    }

    /// Rows of text below the columns that are read.
    fn lines(rows: &str) -> Vec<Line> {
        lines_of_csv(format!("{}\n{rows}", READ.join(",")).as_bytes()).unwrap()
    }

    #[test]
    fn a_filled_template_is_read_by_its_codes_and_every_wrong_row_is_named() {
        let good = "Y00001,LCS2526,2025-06-30,SPI001,register,\"1,200\"\n\n\
                    y00001,lcs2526,30/06/2025,Q1,yes_no,no\nY00001,LCS2526,2025-06-30,NONE,count,\n";
        let read = filled(&lines(good), &place(), why_not).unwrap();
        assert_eq!(read[&("SPI001".to_owned(), Field::Register)], (2, "1,200".to_owned()));
        assert_eq!(read[&("Q1".to_owned(), Field::YesNo)], (4, "no".to_owned()));
        assert_eq!(read.len(), 2);
        let at = "Y00001,LCS2526,2025-06-30";
        for (rows, expected) in [
            (
                "Y00002,LCS2526,2025-06-30,SPI001,register,".to_owned(),
                "line 2, organisation: found \"Y00002\", allowed Y00001",
            ),
            (
                "Y00001,X,2025-06-30,SPI001,register,1".to_owned(),
                "line 2, service: found \"X\", allowed LCS2526",
            ),
            (
                "Y00001,LCS2526,06/30/2025,SPI001,register,1".to_owned(),
                "line 2, achievement_date: found \"06/30/2025\", allowed 2025-06-30",
            ),
            (
                format!("{at},NONE,register,1"),
                "line 2, indicator: found \"NONE\", allowed an indicator of the template",
            ),
            (format!("{at},SPI001,count,1"), "line 2, field: found \"count\", allowed register"),
            (
                format!("{at},SPI001,total,1"),
                "line 2, field: found \"total\", allowed numerator, denominator, register, count, yes_no",
            ),
            (
                format!("{at},EXT1,count,1"),
                "line 2, value: found \"1\", allowed nothing, because an extract brought it",
            ),
            (
                format!("{at},SPI001,register,1\n{at},SPI001,register,1"),
                "line 3, value: found \"1\", allowed each figure once; it stands in line 2 too",
            ),
        ] {
            assert_eq!(told(&lines(&rows)), [expected], "{rows}");
        }
        assert_eq!(told(&lines("X,X,X,X,X,1")).len(), 4, "every wrong cell of a row");
    }

    #[test]
    fn other_columns_may_be_in_another_encoding_and_a_file_ends_somewhere() {
        let mut bytes = csv(&place(), &[row("Q1", Field::YesNo, None)]).into_bytes();
        let at = bytes.iter().position(|byte| *byte == 0xc3).unwrap();
        bytes.splice(at..at + 2, [0xe9]);
        assert_eq!(lines_of_csv(&bytes).unwrap().len(), 1);
        let row = "Y00001,LCS2526,2025-06-30,Q1,yes_no,\n";
        let many = format!("{}\n{}", READ.join(","), row.repeat(MOST_ROWS + 9));
        let problems = lines_of_csv(many.as_bytes()).unwrap_err();
        assert_eq!(problems.len(), 1);
    }
}
