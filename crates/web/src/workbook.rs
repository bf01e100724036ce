//! Spreadsheets in the XLSX format: a template written, and a filled one read without letting it grow.

use crate::error::WebError;
use calamine::{DataRef, Reader, Xlsx};
use chrono::{Datelike, NaiveDate};
use domain::submission::template::{COLUMNS, Line, MOST_ROWS, Place, READ, Row, VALUE, too_many};
use domain::tabular::{Problem, Problems, note, place};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook};
use std::collections::BTreeMap;
use std::io::{Cursor, Read, copy, sink};

/// How every file of the format begins: it is a zip.
pub(crate) const MARK: &[u8] = b"PK\x03\x04";
/// Bytes that the parts of a workbook may come to when they are unpacked. A filled template comes to some hundred KiB.
const MOST_UNPACKED: u64 = 20 << 20;
/// Parts of a workbook at most; one of a single sheet has about a dozen.
const MOST_PARTS: usize = 200;
/// Letters of a cell that are kept. No code and no figure is longer, and a text can be shared by every cell of a file.
const LONGEST_CELL: usize = 200;
/// Columns that are looked at.
const MOST_COLUMNS: u32 = 200;
/// The widths of the columns, in letters.
const WIDTHS: [u8; COLUMNS.len()] = [14, 12, 18, 14, 12, 14, 48, 14, 12, 14, 18];

/// A template as a workbook that says it was made on this day.
pub(crate) fn write(to: &Place, rows: &[Row], today: NaiveDate) -> Result<Vec<u8>, WebError> {
    let mut workbook = Workbook::new();
    let year = u16::try_from(today.year()).unwrap_or(2000);
    let (month, day) = (today.month() as u8, today.day() as u8);
    let made = ExcelDateTime::from_ymd(year, month, day).map_err(WebError::internal)?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&made));
    let sheet = workbook.add_worksheet();
    let mut fill = || {
        sheet.set_name("Template")?.set_freeze_panes(1, 0)?;
        let bold = Format::new().set_bold();
        for (column, (name, width)) in (0_u16..).zip(COLUMNS.into_iter().zip(WIDTHS)) {
            sheet.set_column_width(column, width)?;
            sheet.write_string_with_format(0, column, name, &bold)?;
        }
        for (line, row) in (1_u32..).zip(rows) {
            for (column, text) in (0_u16..).zip(row.cells(to)) {
                match text.parse::<u32>() {
                    _ if text.is_empty() => {}
                    Ok(figure) if is_figure(column) => {
                        _ = sheet.write_number(line, column, figure)?
                    }
                    _ => _ = sheet.write_string(line, column, text)?,
                }
            }
        }
        Ok::<(), rust_xlsxwriter::XlsxError>(())
    };
    fill().map_err(WebError::internal)?;
    workbook.save_to_buffer().map_err(WebError::internal)
}

/// Whether a column holds figures; a code that looks like a number stays text.
fn is_figure(column: u16) -> bool {
    ["last_period", "in_force"].contains(&COLUMNS[usize::from(column)])
}

/// The rows of a filled template: of its first sheet, below a header. Its work and memory are bounded before it is read.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Line>, Problems> {
    bounded(bytes)?;
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|_| unreadable())?;
    let first = workbook.sheet_names().into_iter().next().ok_or_else(unreadable)?;
    let mut cells = workbook.worksheet_cells_reader(&first).map_err(|_| unreadable())?;
    let mut sheet = Sheet::default();
    while let Some(cell) = cells.next_cell_with_formula_metadata().map_err(|_| unreadable())? {
        sheet.take(cell.pos, &cell.value, cell.formula.is_some())?;
    }
    sheet.finish()
}

/// What is unpacked while nothing is kept: the sizes that a zip states are only what it says of itself.
fn bounded(bytes: &[u8]) -> Result<(), Problem> {
    let mut parts = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| unreadable())?;
    let too_large = || {
        Problem::whole(
            1,
            "the whole file",
            "a file that becomes very large when it is opened",
            "a template as this service made it, filled in",
        )
    };
    if parts.len() > MOST_PARTS {
        return Err(too_large());
    }
    let mut left = MOST_UNPACKED + 1;
    for number in 0..parts.len() {
        let part = parts.by_index(number).map_err(|_| unreadable())?;
        left -= copy(&mut part.take(left), &mut sink()).map_err(|_| unreadable())?;
        if left == 0 {
            return Err(too_large());
        }
    }
    Ok(())
}

/// A file that only begins like a workbook.
pub(crate) fn unreadable() -> Problem {
    let allowed = "a template as CSV or as an Excel workbook (XLSX)";
    Problem::whole(1, "the whole file", "a file that cannot be read", allowed)
}

/// A sheet on its way: the columns that are read, by where the header has them, and the rows below.
#[derive(Default)]
struct Sheet {
    header: BTreeMap<u32, String>,
    /// Where each column that is read stands, once the header is over.
    places: Option<[usize; READ.len()]>,
    rows: BTreeMap<u32, [String; READ.len()]>,
    problems: Problems,
}

impl Sheet {
    fn take(
        &mut self,
        (row, column): (u32, u32),
        value: &DataRef<'_>,
        is_formula: bool,
    ) -> Result<(), Problems> {
        let text = text(value);
        if column >= MOST_COLUMNS || text.is_empty() {
            return Ok(());
        }
        if row == 0 {
            self.header.insert(column, text);
            return Ok(());
        }
        let places = self.places()?;
        let Some(wanted) = places.iter().position(|place| *place == column as usize) else {
            return Ok(());
        };
        let line = u64::from(row) + 1;
        if !self.rows.contains_key(&row) && self.rows.len() == MOST_ROWS {
            return Err(too_many(line).into());
        }
        let is_number = matches!(value, DataRef::Int(_) | DataRef::Float(_));
        if READ[wanted] == VALUE && is_formula && !is_number {
            let allowed = "a figure, or a formula that comes to a number";
            self.problems.push(Problem::new(line, VALUE, &text, allowed));
        }
        self.rows.entry(row).or_default()[wanted] = text;
        Ok(())
    }

    /// Where the columns stand; otherwise which are not in the header, or twice.
    fn places(&mut self) -> Result<[usize; READ.len()], Problems> {
        if let Some(places) = self.places {
            return Ok(places);
        }
        let width = self.header.keys().next_back().map_or(0, |last| last + 1);
        let name = |column| self.header.get(&column).cloned().unwrap_or_default();
        let names: Vec<String> = (0..width).map(name).collect();
        let (mut places, mut problems) = ([0; READ.len()], Problems::default());
        for (own, column) in places.iter_mut().zip(READ) {
            *own = note(place(&names, column), &mut problems).unwrap_or_default();
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        self.places = Some(places);
        Ok(places)
    }

    fn finish(mut self) -> Result<Vec<Line>, Problems> {
        self.places()?;
        if !self.problems.is_empty() {
            return Err(self.problems);
        }
        let line = |(row, cells)| Line { row: u64::from(row) + 1, cells };
        Ok(self.rows.into_iter().map(line).collect())
    }
}

/// What a cell shows, cut where it is long. A whole number has no point, a date is written as the template has it.
fn text(value: &DataRef<'_>) -> String {
    let short = |text: &str| text.trim().chars().take(LONGEST_CELL).collect::<String>();
    match value {
        DataRef::Empty => String::new(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        DataRef::String(text) => short(text),
        DataRef::SharedString(text) => short(text),
        DataRef::DateTime(moment) => {
            let (year, month, day, ..) = moment.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02}")
        }
        DataRef::DateTimeIso(text) => text.chars().take(10).collect(),
        DataRef::DurationIso(text) => short(text),
        DataRef::Error(error) => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Field;
    use rust_xlsxwriter::Formula;
    use std::io::Write;
    use zip::{ZipWriter, write::SimpleFileOptions};

    fn lines(fill: impl FnOnce(&mut rust_xlsxwriter::Worksheet)) -> Result<Vec<Line>, Vec<String>> {
        let mut workbook = Workbook::new();
        let sheet = workbook.add_worksheet();
        for (column, name) in (0_u16..).zip(READ) {
            sheet.write_string(0, column, name).expect("a header");
        }
        fill(sheet);
        told(&workbook.save_to_buffer().expect("a file"))
    }

    fn told(file: &[u8]) -> Result<Vec<Line>, Vec<String>> {
        read(file).map_err(|wrong| wrong.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_template_is_read_back_as_it_was_written() {
        let date = NaiveDate::from_ymd_opt(2025, 6, 30).expect("a day");
        let to = Place { organisation: "Y00001".into(), service: "123".into(), date };
        let row = Row {
            component: "A".into(),
            indicator: "=1+1".into(),
            field: Field::Count,
            name: "=2+2".into(),
            last_period: Some(7),
            in_force: None,
        };
        let file = write(&to, &[row], date).expect("a file");
        let cells = ["Y00001", "123", "2025-06-30", "=1+1", "count", ""].map(str::to_owned);
        assert_eq!(told(&file), Ok(vec![Line { row: 2, cells }]));
    }

    #[test]
    fn a_cell_counts_as_people_see_it_and_a_formula_by_its_number() {
        let read = lines(|sheet| {
            sheet.write_number(2, 5, 1_200).expect("a number");
            sheet.write_number(3, 5, 12.5).expect("a fraction");
            sheet.write_boolean(4, 5, true).expect("an answer");
            sheet.write_formula(5, 5, Formula::new("=1+2").set_result("3")).expect("a formula");
            sheet.write_string(6, 5, "x".repeat(999)).expect("a long text");
            // The last cell there can be costs no more than any other.
            sheet.write_string(1_048_575, 5, "9").expect("the last row");
            sheet.write_string(1_048_575, 16_383, "far").expect("the last cell");
        });
        let values: Vec<(u64, String)> =
            read.expect("rows").into_iter().map(|line| (line.row, line.cells[5].clone())).collect();
        let long = "x".repeat(LONGEST_CELL);
        let expected =
            [(3, "1200"), (4, "12.5"), (5, "yes"), (6, "3"), (7, &long), (1_048_576, "9")];
        assert_eq!(values, expected.map(|(row, text)| (row, text.to_owned())));
        let text = lines(|sheet| {
            let formula = Formula::new("=\"1\"&\"2\"").set_result("twelve");
            sheet.write_formula(1, 5, formula).expect("a formula");
        });
        let expected = "line 2, value: found \"twelve\", allowed a figure, or a formula that comes to a number";
        assert_eq!(text, Err(vec![expected.to_owned()]));
    }

    fn packed(parts: usize, bytes: usize) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for part in 0..parts {
            zip.start_file(part.to_string(), SimpleFileOptions::default()).expect("a part");
            zip.write_all(&vec![b' '; bytes]).expect("its bytes");
        }
        zip.finish().expect("a zip").into_inner()
    }

    #[test]
    fn a_file_that_grows_when_it_is_opened_is_refused_before_it_does() {
        let large = "line 1, the whole file: found a file that becomes very large when it is opened, \
                     allowed a template as this service made it, filled in";
        let cannot = "line 1, the whole file: found a file that cannot be read, \
                      allowed a template as CSV or as an Excel workbook (XLSX)";
        let bomb = packed(3, 7 << 20);
        assert!(bomb.len() < 100_000, "{}", bomb.len());
        // What a part says of its size is not believed.
        let mut liar = packed(1, 21 << 20);
        let size = (21_u32 << 20).to_le_bytes();
        let places: Vec<usize> =
            (0..liar.len() - 4).filter(|at| liar[*at..*at + 4] == size).collect();
        assert!(!places.is_empty());
        for at in places {
            liar[at..at + 4].copy_from_slice(&9_u32.to_le_bytes());
        }
        for (file, expected) in [
            (bomb, &[large][..]),
            (packed(MOST_PARTS + 1, 1), &[large]),
            (packed(3, 1), &[cannot]),
            (MARK.to_vec(), &[cannot]),
        ] {
            let expected = expected.iter().map(|text| (*text).to_owned()).collect();
            assert_eq!(told(&file), Err(expected));
        }
        assert!(told(&liar).is_err());
    }
}
