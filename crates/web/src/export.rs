//! A table that people take away: the same rows as text (CSV) and as a spreadsheet (XLSX).

use crate::download::{CSV, download};
use crate::error::WebError;
use axum::response::Response;
use chrono::{Datelike, NaiveDate};
use domain::Pence;
use domain::sheet::Sheet;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// The two kinds of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text, a line for each row.
    Csv,
    /// A workbook with one sheet.
    Xlsx,
}

/// What a cell holds. Text never becomes a formula in either file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    /// Words, or a code.
    Text(String),
    /// A whole number.
    Count(i64),
    /// An amount, in pounds with two decimals.
    Money(Pence),
    /// A day.
    Day(NaiveDate),
    /// Nothing.
    Empty,
}

impl Cell {
    /// Words.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// An amount that may not be there, or not for this reader.
    pub(crate) fn money(amount: Option<Pence>) -> Self {
        amount.map_or(Self::Empty, Self::Money)
    }

    fn plain(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Count(count) => count.to_string(),
            Self::Money(amount) => amount.plain(),
            Self::Day(day) => day.to_string(),
            Self::Empty => String::new(),
        }
    }
}

/// Rows below a header.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    /// What the sheet is called, at most 31 letters.
    pub(crate) title: &'static str,
    /// The name of each column, with its width in letters.
    pub(crate) columns: Vec<(&'static str, u8)>,
    /// A cell for each column.
    pub(crate) rows: Vec<Vec<Cell>>,
}

impl Table {
    /// The file to download under a name without its ending, made today.
    pub(crate) fn file(
        &self,
        name: &str,
        kind: Kind,
        today: NaiveDate,
    ) -> Result<Response, WebError> {
        match kind {
            Kind::Csv => download(&format!("{name}.csv"), CSV, self.csv()),
            Kind::Xlsx => {
                let workbook = self.xlsx(today).map_err(WebError::internal)?;
                download(&format!("{name}.xlsx"), XLSX, workbook)
            }
        }
    }

    fn csv(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|column| column.0).collect();
        let mut sheet = Sheet::new(&names);
        for row in &self.rows {
            let cells: Vec<String> = row.iter().map(Cell::plain).collect();
            sheet.row(&cells.iter().map(String::as_str).collect::<Vec<_>>());
        }
        sheet.finish()
    }

    fn xlsx(&self, today: NaiveDate) -> Result<Vec<u8>, XlsxError> {
        let mut workbook = Workbook::new();
        // The moment of its making is no property of what it says: the same table gives the same file.
        workbook.set_properties(&DocProperties::new().set_creation_datetime(&excel(today)?));
        let sheet = workbook.add_worksheet();
        sheet.set_name(self.title)?.set_freeze_panes(1, 0)?.set_landscape();
        sheet.set_repeat_rows(0, 0)?.set_print_fit_to_pages(1, 0);
        let bold = Format::new().set_bold();
        for (place, (name, width)) in (0_u16..).zip(&self.columns) {
            sheet.set_column_width(place, *width)?;
            sheet.write_string_with_format(0, place, *name, &bold)?;
        }
        for (line, row) in (1_u32..).zip(&self.rows) {
            for (place, cell) in (0_u16..).zip(row) {
                write(sheet, (line, place), cell)?;
            }
        }
        workbook.save_to_buffer()
    }
}

fn excel(day: NaiveDate) -> Result<ExcelDateTime, XlsxError> {
    let year = u16::try_from(day.year()).unwrap_or(2000);
    ExcelDateTime::from_ymd(year, day.month() as u8, day.day() as u8)
}

fn write(sheet: &mut Worksheet, (line, place): (u32, u16), cell: &Cell) -> Result<(), XlsxError> {
    match cell {
        Cell::Empty => {}
        Cell::Text(text) if text.is_empty() => {}
        Cell::Text(text) => _ = sheet.write_string(line, place, text)?,
        Cell::Count(count) => _ = sheet.write_number(line, place, number(&count.to_string()))?,
        Cell::Money(amount) => {
            let pounds = Format::new().set_num_format("#,##0.00");
            sheet.write_number_with_format(line, place, number(&amount.plain()), &pounds)?;
        }
        Cell::Day(day) => {
            let written = Format::new().set_num_format("d mmmm yyyy");
            sheet.write_datetime_with_format(line, place, excel(*day)?, &written)?;
        }
    }
    Ok(())
}

/// A spreadsheet knows numbers of one kind only. Read from its digits, an amount is the nearest there is.
fn number(digits: &str) -> f64 {
    digits.parse().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use calamine::{Data, Reader, Xlsx};
    use std::io::Cursor;

    fn table() -> Table {
        let day = NaiveDate::from_ymd_opt(2026, 4, 10).expect("a day");
        let cells = vec![
            Cell::text("=1+1"),
            Cell::Count(10_184),
            Cell::Money(Pence(-123_456)),
            Cell::Day(day),
            Cell::Empty,
        ];
        let columns =
            vec![("name", 20), ("list_size", 9), ("amount", 12), ("paid_on", 16), ("note", 9)];
        Table { title: "Statement", columns, rows: vec![cells] }
    }

    #[test]
    fn text_stays_text_and_numbers_stay_numbers_in_both_files() {
        let expected = "name,list_size,amount,paid_on,note\n'=1+1,10184,-1234.56,2026-04-10,\n";
        assert_eq!(table().csv(), expected);
        let today = NaiveDate::from_ymd_opt(2026, 4, 11).expect("a day");
        let file = table().xlsx(today).expect("a file");
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(file)).expect("a workbook");
        let sheet = book.worksheet_range("Statement").expect("its sheet");
        let row: Vec<&Data> = sheet.rows().nth(1).expect("a row").iter().collect();
        assert_eq!(row[0], &Data::String("=1+1".into()));
        assert_eq!(row[1], &Data::Float(10_184.0));
        assert_eq!(row[2], &Data::Float(-1_234.56));
        assert!(matches!(row[3], Data::DateTime(_)), "{:?}", row[3]);
        let formulas = book.worksheet_formula("Statement").expect("its formulas");
        assert!(formulas.is_empty(), "{formulas:?}");
    }
}
