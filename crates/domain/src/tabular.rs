//! Reads CSV with columns found by name, and says of every bad cell where it is, what was found and what is allowed.
//!
//! A file is read from front to back and never held: what is kept is what `read` makes of each row.

mod lines;
mod problem;

pub use problem::{Problem, Problems};

use csv::{ByteRecord, Reader, ReaderBuilder};
use lines::Lines;
use problem::shortened;
use std::io::Read;

/// What a file must be, wherever it is not even that.
const A_FILE: &str =
    "CSV in UTF-8, or that packed with gzip, up to 1 GiB, with rows of up to 256 KiB";

/// A CSV file whose wanted columns are all there.
pub struct Table<'a, R> {
    reader: Reader<Lines<R>>,
    wanted: &'a [&'a str],
    /// Where each wanted column stands.
    places: Vec<usize>,
    width: usize,
    record: ByteRecord,
    /// The line of the last row.
    line: u64,
    is_over: bool,
}

impl<'a, R: Read> Table<'a, R> {
    /// Finds the wanted columns in the header, wherever they stand; others are left unread.
    /// Otherwise every wanted column that is not there, or there twice.
    pub fn open(file: R, wanted: &'a [&'a str]) -> Result<Self, Problems> {
        let (reader, names) = header(file)?;
        let problems: Problems =
            wanted.iter().filter_map(|column| place(&names, column).err()).collect();
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Self::at(reader, &names, wanted))
    }

    /// Finds the first layout whose columns are all there, each once; gives its place in the list.
    /// Otherwise one problem that names the columns found and every layout.
    pub fn open_any(file: R, layouts: &[&'a [&'a str]]) -> Result<(usize, Self), Problems> {
        let (reader, names) = header(file)?;
        let fits = |wanted: &&[&str]| wanted.iter().all(|column| place(&names, column).is_ok());
        if let Some(layout) = layouts.iter().position(fits) {
            return Ok((layout, Self::at(reader, &names, layouts[layout])));
        }
        let found = if names.is_empty() { NOTHING.to_owned() } else { found(&names, 600) };
        let allowed: Vec<String> = layouts
            .iter()
            .map(|wanted| format!("the {} columns {}", wanted.len(), wanted.join(", ")))
            .collect();
        Err(Problem::whole(1, "the header", found, allowed.join(", or ")).into())
    }

    fn at(reader: Reader<Lines<R>>, names: &[String], wanted: &'a [&'a str]) -> Self {
        let places = wanted.iter().filter_map(|column| place(names, column).ok()).collect();
        let width = names.iter().rposition(|name| !name.is_empty()).map_or(0, |last| last + 1);
        let record = ByteRecord::new();
        Self { reader, wanted, places, width, record, line: 1, is_over: false }
    }

    /// The next row that is not empty, or what is wrong with it as a whole.
    pub fn next_row(&mut self) -> Option<Result<Row<'_>, Problem>> {
        loop {
            if self.is_over {
                return None;
            }
            self.reader.get_mut().next_row();
            match self.reader.read_byte_record(&mut self.record) {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => {
                    self.is_over = true;
                    return Some(Err(unreadable(self.line + 1, &error)));
                }
            }
            if self.record.iter().any(|cell| !cell.trim_ascii().is_empty()) {
                break;
            }
        }
        // The reader stands behind the row, and a cell may have lines of its own.
        let within = self.record.as_slice().iter().filter(|byte| **byte == b'\n').count() as u64;
        self.line = self.reader.position().line().saturating_sub(1 + within);
        let surplus = self.record.iter().skip(self.width).any(|cell| !cell.trim_ascii().is_empty());
        if self.record.len() < self.width || surplus {
            let found = format!("{} cells", self.record.len());
            let allowed = format!("{} cells, one for each column", self.width);
            return Some(Err(Problem::whole(self.line, "the whole row", found, allowed)));
        }
        let Self { line, record, places, wanted, .. } = self;
        Some(Ok(Row { line: *line, record, places, wanted }))
    }
}

const NOTHING: &str = "an empty file";

/// The reader behind the header, and the names in it.
fn header<R: Read>(file: R) -> Result<(Reader<Lines<R>>, Vec<String>), Problems> {
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(Lines::new(file));
    let header = match reader.byte_headers() {
        Ok(header) => header,
        Err(error) => return Err(unreadable(1, &error).into()),
    };
    let start = header.get(0).unwrap_or_default();
    let other = [
        (&b"\xff\xfe"[..], "a file in UTF-16"),
        (b"\xfe\xff", "a file in UTF-16"),
        (b"PK\x03\x04", "a spreadsheet or another packed file"),
    ];
    if let Some((_, found)) = other.iter().find(|(mark, _)| start.starts_with(mark)) {
        return Err(Problem::whole(1, "the whole file", *found, A_FILE).into());
    }
    let name = |name: &[u8]| String::from_utf8_lossy(name).trim().to_owned();
    let names = header.iter().map(name).collect();
    Ok((reader, names))
}

/// A file that cannot be read to its end: damaged, too large, or a row without an end.
fn unreadable(line: u64, error: &csv::Error) -> Problem {
    let found = match error.kind() {
        csv::ErrorKind::Io(error) => error.to_string(),
        _ => error.to_string(),
    };
    Problem::whole(line, "the whole file", shortened(&found, 200), A_FILE)
}

/// Where a column stands in a header, or what is wrong with it.
pub fn place(names: &[String], column: &str) -> Result<usize, Problem> {
    let mut places =
        names.iter().enumerate().filter(|(_, name)| *name == column).map(|(place, _)| place);
    let once = "the column once";
    match (places.next(), places.next()) {
        (Some(place), None) => Ok(place),
        (None, _) if names.is_empty() => Err(Problem::whole(1, column, NOTHING, once)),
        (None, _) => {
            let found = format!("no such column among {}", found(names, 200));
            Err(Problem::whole(1, column, found, once))
        }
        _ => Err(Problem::whole(1, column, "the column twice", once)),
    }
}

/// The names of the columns there are, cut where they are long.
fn found(names: &[String], most: usize) -> String {
    shortened(&names.join(", "), most)
}

/// One row of a table.
pub struct Row<'a> {
    /// Its line in the file.
    pub line: u64,
    record: &'a ByteRecord,
    places: &'a [usize],
    wanted: &'a [&'a str],
}

impl<'a> Row<'a> {
    /// The text of a wanted column, by its place in the wanted list, without spaces around it.
    pub fn text(&self, wanted: usize) -> Result<&'a str, Problem> {
        let bytes = self.bytes(wanted);
        std::str::from_utf8(bytes).map_err(|_| {
            let found = String::from_utf8_lossy(bytes);
            Problem::new(self.line, self.wanted[wanted], &found, "text in UTF-8")
        })
    }

    /// The bytes of a wanted column, without spaces around them.
    pub fn bytes(&self, wanted: usize) -> &'a [u8] {
        self.record.get(self.places[wanted]).unwrap_or_default().trim_ascii()
    }

    /// What a wanted column holds, as `read` understands it, or what is wrong with it.
    pub fn read<T>(
        &self,
        wanted: usize,
        allowed: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, Problem> {
        let text = self.text(wanted)?;
        read(text).ok_or_else(|| Problem::new(self.line, self.wanted[wanted], text, allowed))
    }
}

/// Runs `read` over every row: all results, or all problems.
pub fn rows<T>(
    file: impl Read,
    wanted: &[&str],
    mut read: impl FnMut(&Row, &mut Problems) -> Option<T>,
) -> Result<Vec<T>, Problems> {
    let (mut all, mut problems) = (Vec::new(), Problems::default());
    let mut table = Table::open(file, wanted)?;
    while let Some(row) = table.next_row() {
        match row {
            Ok(row) => all.extend(read(&row, &mut problems)),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(all) } else { Err(problems) }
}

/// Keeps the value of a good cell, or notes the problem with a bad one.
pub fn note<T>(cell: Result<T, Problem>, problems: &mut Problems) -> Option<T> {
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
