//! Reads CSV with columns found by name, and says of every bad cell where it is, what was found and what is allowed.

use csv::{ByteRecord, Reader, ReaderBuilder};
use serde::{Deserialize, Serialize};

/// One thing wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("line {row}, {column}: found {found}, allowed {allowed}")]
pub struct Problem {
    /// The line of the file; the header is line 1.
    pub row: u64,
    /// The column's name.
    pub column: String,
    /// What stands there.
    pub found: String,
    /// What may stand there.
    pub allowed: String,
}

impl Problem {
    /// A problem with what stands in a cell.
    pub fn new(row: u64, column: &str, found: &str, allowed: impl Into<String>) -> Self {
        Self { row, column: column.into(), found: quoted(found), allowed: allowed.into() }
    }
}

/// `nothing` or the text in quotes, cut where it is long.
fn quoted(text: &str) -> String {
    match text.char_indices().nth(60) {
        _ if text.is_empty() => "nothing".into(),
        None => format!("\"{text}\""),
        Some((end, _)) => format!("\"{}…\"", &text[..end]),
    }
}

/// A CSV file whose wanted columns are all there.
pub struct Table<'a> {
    reader: Reader<&'a [u8]>,
    wanted: &'a [&'a str],
    /// Where each wanted column stands.
    places: Vec<usize>,
    width: usize,
    record: ByteRecord,
}

impl<'a> Table<'a> {
    /// Finds the wanted columns in the header, wherever they stand; others are left unread.
    /// Otherwise every wanted column that is not there, or there twice.
    pub fn open(bytes: &'a [u8], wanted: &'a [&'a str]) -> Result<Self, Vec<Problem>> {
        let mut reader = ReaderBuilder::new().flexible(true).from_reader(bytes);
        // Reading from memory cannot fail, and a flexible reader accepts every record.
        let header = reader.byte_headers().cloned().unwrap_or_default();
        let names: Vec<String> =
            header.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
        let mut problems = Vec::new();
        let mut places = Vec::new();
        for column in wanted {
            let mut found =
                names.iter().enumerate().filter(|(_, name)| name == column).map(|(place, _)| place);
            match (found.next(), found.next()) {
                (Some(place), None) => places.push(place),
                (None, _) => {
                    let found = if names.is_empty() {
                        "an empty file".to_owned()
                    } else {
                        format!("no such column among {}", names.join(", "))
                    };
                    problems.push(Problem {
                        row: 1,
                        column: (*column).into(),
                        found,
                        allowed: "the column once".into(),
                    });
                }
                _ => {
                    let (found, allowed) = ("the column twice".into(), "the column once".into());
                    problems.push(Problem { row: 1, column: (*column).into(), found, allowed });
                }
            }
        }
        let width = names.iter().rposition(|name| !name.is_empty()).map_or(0, |last| last + 1);
        if problems.is_empty() {
            Ok(Self { reader, wanted, places, width, record: ByteRecord::new() })
        } else {
            Err(problems)
        }
    }

    /// The next row that is not empty, or what is wrong with it as a whole.
    pub fn next_row(&mut self) -> Option<Result<Row<'_>, Problem>> {
        loop {
            // As above, the only error left would be one of reading, which memory does not have.
            if !self.reader.read_byte_record(&mut self.record).unwrap_or(false) {
                return None;
            }
            if self.record.iter().any(|cell| !cell.trim_ascii().is_empty()) {
                break;
            }
        }
        let line = self.record.position().map_or(0, csv::Position::line);
        let surplus = self.record.iter().skip(self.width).any(|cell| !cell.trim_ascii().is_empty());
        if self.record.len() < self.width || surplus {
            let found = format!("{} cells", self.record.len());
            let allowed = format!("{} cells, one for each column", self.width);
            return Some(Err(Problem {
                row: line,
                column: "the whole row".into(),
                found,
                allowed,
            }));
        }
        Some(Ok(Row { line, table: self }))
    }
}

/// One row of a table.
pub struct Row<'a> {
    /// Its line in the file.
    pub line: u64,
    table: &'a Table<'a>,
}

impl<'a> Row<'a> {
    /// The text of a wanted column, by its place in the wanted list, without spaces around it.
    pub fn text(&self, wanted: usize) -> Result<&'a str, Problem> {
        let bytes = self.bytes(wanted);
        std::str::from_utf8(bytes).map_err(|_| {
            Problem::new(
                self.line,
                self.table.wanted[wanted],
                &String::from_utf8_lossy(bytes),
                "text in UTF-8",
            )
        })
    }

    /// The bytes of a wanted column, without spaces around them.
    pub fn bytes(&self, wanted: usize) -> &'a [u8] {
        self.table.record.get(self.table.places[wanted]).unwrap_or_default().trim_ascii()
    }

    /// What a wanted column holds, as `read` understands it, or what is wrong with it.
    pub fn read<T>(
        &self,
        wanted: usize,
        allowed: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<T, Problem> {
        let text = self.text(wanted)?;
        read(text).ok_or_else(|| Problem::new(self.line, self.table.wanted[wanted], text, allowed))
    }
}

/// Runs `read` over every row: all results, or all problems.
pub fn rows<T>(
    bytes: &[u8],
    wanted: &[&str],
    read: impl FnMut(&Row, &mut Vec<Problem>) -> Option<T>,
) -> Result<Vec<T>, Vec<Problem>> {
    let (all, problems) = good_rows(bytes, wanted, read);
    if problems.is_empty() { Ok(all) } else { Err(problems) }
}

/// Runs `read` over every row: the results of the good rows, and all problems with the others.
pub fn good_rows<T>(
    bytes: &[u8],
    wanted: &[&str],
    mut read: impl FnMut(&Row, &mut Vec<Problem>) -> Option<T>,
) -> (Vec<T>, Vec<Problem>) {
    let (mut all, mut problems) = (Vec::new(), Vec::new());
    let mut table = match Table::open(bytes, wanted) {
        Ok(table) => table,
        Err(problems) => return (all, problems),
    };
    while let Some(row) = table.next_row() {
        match row {
            Ok(row) => all.extend(read(&row, &mut problems)),
            Err(problem) => problems.push(problem),
        }
    }
    (all, problems)
}

/// Keeps the value of a good cell, or notes the problem with a bad one.
pub fn note<T>(cell: Result<T, Problem>, problems: &mut Vec<Problem>) -> Option<T> {
    cell.map_err(|problem| problems.push(problem)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &[u8]) -> Result<Vec<(String, String)>, Vec<String>> {
        rows(text, &["b", "a"], |row, problems| {
            let (b, a) = (note(row.text(0), problems), note(row.text(1), problems));
            Some((b?.to_owned(), a?.to_owned()))
        })
        .map_err(|problems| problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn columns_are_found_by_name_in_any_order_and_encoding_of_lines() {
        let expected = Ok(vec![("2".to_owned(), "1".to_owned()), ("4".to_owned(), "3".to_owned())]);
        for text in [
            "a,b\n1,2\n3,4\n",
            "b,c,a\n2,x,1\n4,y,3",
            "\u{feff}a,b\r\n1,2\r\n3,4\r\n",
            "a , b,,\n 1, 2,,\n,,,\n\n\"3\",4,,\n",
        ] {
            assert_eq!(pairs(text.as_bytes()), expected, "{text:?}");
        }
    }

    #[test]
    fn every_bad_row_and_column_is_named() {
        for (text, expected) in [
            (
                &b""[..],
                vec![
                    "line 1, b: found an empty file, allowed the column once",
                    "line 1, a: found an empty file, allowed the column once",
                ],
            ),
            (
                b"a,c\n1,2\n",
                vec!["line 1, b: found no such column among a, c, allowed the column once"],
            ),
            (b"a,b,b\n1,2,3\n", vec!["line 1, b: found the column twice, allowed the column once"]),
            (
                b"a,b\n1\n1,2\n1,2,3\n",
                vec![
                    "line 2, the whole row: found 1 cells, allowed 2 cells, one for each column",
                    "line 4, the whole row: found 3 cells, allowed 2 cells, one for each column",
                ],
            ),
            (b"a,b\n\xff,2\n", vec!["line 2, a: found \"\u{fffd}\", allowed text in UTF-8"]),
        ] {
            assert_eq!(
                pairs(text),
                Err(expected.into_iter().map(str::to_owned).collect()),
                "{text:?}"
            );
        }
    }
}
