//! A backup: one file of JSON lines, packed with gzip. The first line says what it is; then come the tables, each with a line
//! for its columns, one for each row and one for its sum; the last line says that nothing is missing.

use flate2::{Compression, read::MultiGzDecoder, write::GzEncoder};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{
    fs::{self, File, OpenOptions},
    io::{BufRead, BufReader, BufWriter, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};
use store::{
    arg::Arg,
    copy::Sum,
    db::tables::{Column, Kind, Table},
};

/// The form of the file that this program writes and reads.
const FORM: u32 = 1;
/// What the file is called until it is whole.
const PARTIAL: &str = "partial";

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
pub struct Head {
    accord_backup: u32,
    /// The step that its tables are at.
    pub version: i64,
    /// The program that wrote it.
    pub program: String,
    /// When its snapshot was taken.
    pub made_at: String,
    /// Which engine it was taken from.
    pub engine: String,
}

impl Head {
    /// Of a backup that this program writes.
    pub fn new(version: i64, made_at: String, engine: &str) -> Self {
        let program = env!("CARGO_PKG_VERSION").to_owned();
        Self { accord_backup: FORM, version, program, made_at, engine: engine.to_owned() }
    }
}

/// A line that begins a table.
#[derive(Debug, Serialize, Deserialize)]
struct Begin {
    table: String,
    columns: Vec<(String, String)>,
}

/// A line that ends a table.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct End {
    end: String,
    rows: u64,
    sum: String,
}

/// The last line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Foot {
    /// How many tables there are.
    pub tables: u64,
    /// How many rows they have.
    pub rows: u64,
    /// The last entry of the history, when its chain was whole.
    pub entry: Option<i64>,
    /// The hash of that entry.
    pub hash: Option<String>,
}

/// A backup being written; nothing stays of one that is dropped unfinished.
pub struct Writer {
    out: GzEncoder<BufWriter<File>>,
    partial: Partial,
    path: PathBuf,
}

/// The file until it is whole.
struct Partial {
    path: PathBuf,
    is_kept: bool,
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.is_kept {
            // Half a backup is of no use, and as secret as a whole one. Why it was not finished is said already.
            _ = fs::remove_file(&self.path);
        }
    }
}

impl Writer {
    /// Begins a file that nobody but its owner can read: it holds names, addresses and hashes of passwords.
    ///
    /// # Errors
    /// When it is there already, or cannot be made.
    pub fn create(path: &Path, head: &Head) -> Result<Self, String> {
        if path.exists() {
            return Err(format!("{}: is there already. Nothing was changed", path.display()));
        }
        let mut name = path.as_os_str().to_owned();
        name.push(".");
        name.push(PARTIAL);
        let partial = PathBuf::from(name);
        let file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&partial);
        let file = file.map_err(|error| format!("{}: {error}", partial.display()))?;
        let partial = Partial { path: partial, is_kept: false };
        let out = GzEncoder::new(BufWriter::new(file), Compression::fast());
        let mut writer = Self { out, partial, path: path.to_owned() };
        writer.line(head)?;
        Ok(writer)
    }

    fn line(&mut self, line: &impl Serialize) -> Result<(), String> {
        let wrong =
            |error: &dyn std::fmt::Display| format!("{}: {error}", self.partial.path.display());
        serde_json::to_writer(&mut self.out, line).map_err(|error| wrong(&error))?;
        self.out.write_all(b"\n").map_err(|error| wrong(&error))
    }

    /// Begins a table.
    pub fn begin(&mut self, table: &Table) -> Result<(), String> {
        let column = |column: &Column| (column.name.clone(), column.kind.name().to_owned());
        let columns = table.columns.iter().map(column).collect();
        self.line(&Begin { table: table.name.clone(), columns })
    }

    /// Writes a row.
    pub fn row(&mut self, row: &[Arg]) -> Result<(), String> {
        self.line(&row.iter().map(as_json).collect::<Vec<_>>())
    }

    /// Ends a table.
    pub fn end(&mut self, table: &Table, sum: &Sum) -> Result<(), String> {
        self.line(&End { end: table.name.clone(), rows: sum.rows, sum: sum.hash() })
    }

    /// Ends the file, reads it back from the disk, and gives it its name only then.
    pub fn finish(mut self, foot: &Foot) -> Result<(), String> {
        self.line(foot)?;
        let Self { out, mut partial, path } = self;
        let name = partial.path.display().to_string();
        let wrong = |error: std::io::Error| format!("{name}: {error}");
        let file =
            out.finish().map_err(wrong)?.into_inner().map_err(|error| wrong(error.into_error()))?;
        file.sync_all().map_err(wrong)?;
        let (mut reader, _) = Reader::open(&partial.path)?;
        while !matches!(reader.next()?, Part::Foot(_)) {}
        fs::rename(&partial.path, &path).map_err(wrong)?;
        partial.is_kept = true;
        // The name is on the disk when its folder is.
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))
            .and_then(|folder| folder.sync_all())
            .map_err(wrong)
    }
}

/// A part of a backup.
pub enum Part {
    /// A row of a table.
    Row(Vec<Arg>),
    /// A table began.
    Begin(Table),
    /// A table has ended, and its rows come to what it says.
    End(Table, Sum),
    /// The last line: nothing is missing.
    Foot(Foot),
}

/// A backup being read.
pub struct Reader {
    lines: BufReader<MultiGzDecoder<BufReader<File>>>,
    path: PathBuf,
    line: u64,
    table: Option<(Table, Sum)>,
    ended: (u64, u64),
}

impl Reader {
    /// Begins to read, with the first line.
    ///
    /// # Errors
    /// When the file is no backup, or of a form that this program does not know.
    pub fn open(path: &Path) -> Result<(Self, Head), String> {
        let file = File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let lines = BufReader::new(MultiGzDecoder::new(BufReader::new(file)));
        let mut reader = Self { lines, path: path.to_owned(), line: 0, table: None, ended: (0, 0) };
        let no_backup = format!("{}: is no backup of Accord", path.display());
        let text = reader.text().map_err(|_| no_backup.clone())?;
        let head: Head = serde_json::from_str(&text).map_err(|_| no_backup)?;
        if head.accord_backup != FORM {
            let found = head.accord_backup;
            return Err(
                reader.wrong(&format!("is of form {found}; this program reads form {FORM}"))
            );
        }
        Ok((reader, head))
    }

    fn wrong(&self, why: &str) -> String {
        format!("{}: line {}: {why}", self.path.display(), self.line)
    }

    fn text(&mut self) -> Result<String, String> {
        let mut text = String::new();
        self.line += 1;
        match self.lines.read_line(&mut text) {
            Ok(_) if text.ends_with('\n') => Ok(text),
            Ok(_) => Err(self.wrong("the backup is incomplete: it ends here")),
            Err(error) => Err(self.wrong(&format!("the backup is incomplete or damaged: {error}"))),
        }
    }

    /// The next part.
    ///
    /// # Errors
    /// When the file ends before its last line, or something in it is not what the sums say.
    pub fn next(&mut self) -> Result<Part, String> {
        let text = self.text()?;
        let value: Value =
            serde_json::from_str(&text).map_err(|error| self.wrong(&error.to_string()))?;
        match (self.table.take(), value) {
            (Some((table, mut sum)), Value::Array(cells)) => {
                let row = read_row(&table, &cells)
                    .ok_or_else(|| self.wrong("a row does not fit its columns"))?;
                sum.add(&row);
                self.table = Some((table, sum));
                Ok(Part::Row(row))
            }
            (Some((table, sum)), value) => self.end(table, sum, value),
            (None, value) if value.get("table").is_some() => self.begin(value),
            (None, value) => self.foot(value),
        }
    }

    fn begin(&mut self, value: Value) -> Result<Part, String> {
        let begin: Begin =
            serde_json::from_value(value).map_err(|error| self.wrong(&error.to_string()))?;
        let column =
            |(name, kind): (String, String)| Some(Column { name, kind: Kind::read(&kind)? });
        let columns: Option<Vec<Column>> = begin.columns.into_iter().map(column).collect();
        let columns = columns.ok_or_else(|| self.wrong("a column has an unknown type"))?;
        let table = Table::new(begin.table, columns);
        self.table = Some((table.clone(), Sum::default()));
        Ok(Part::Begin(table))
    }

    fn end(&mut self, table: Table, sum: Sum, value: Value) -> Result<Part, String> {
        let end: End =
            serde_json::from_value(value).map_err(|error| self.wrong(&error.to_string()))?;
        if end != (End { end: table.name.clone(), rows: sum.rows, sum: sum.hash() }) {
            let name = &table.name;
            return Err(self.wrong(&format!("the rows of {name} do not come to their sum")));
        }
        self.ended = (self.ended.0 + 1, self.ended.1 + sum.rows);
        Ok(Part::End(table, sum))
    }

    fn foot(&mut self, value: Value) -> Result<Part, String> {
        let foot: Foot =
            serde_json::from_value(value).map_err(|error| self.wrong(&error.to_string()))?;
        if (foot.tables, foot.rows) != self.ended {
            return Err(self.wrong("the backup is incomplete: tables or rows are missing"));
        }
        let mut rest = String::new();
        // The last bytes of the packing hold a checksum of all, which is looked at only when somebody reads on.
        match self.lines.read_line(&mut rest) {
            Ok(0) => Ok(Part::Foot(foot)),
            Ok(_) => Err(self.wrong("something follows after the last line")),
            Err(error) => Err(self.wrong(&format!("the backup is incomplete or damaged: {error}"))),
        }
    }
}

fn as_json(cell: &Arg) -> Value {
    match cell {
        Arg::Number(number) => Value::from(*number),
        Arg::Flag(flag) => Value::from(*flag),
        Arg::Instant(at) => Value::from(at.map(|at| at.timestamp_micros())),
        Arg::Uuid(_) | Arg::Text(_) | Arg::Date(_) => Value::from(store::copy::as_text(cell)),
    }
}

fn read_row(table: &Table, cells: &[Value]) -> Option<Vec<Arg>> {
    if cells.len() != table.columns.len() {
        return None;
    }
    table.columns.iter().zip(cells).map(|(column, cell)| read_cell(column.kind, cell)).collect()
}

fn read_cell(kind: Kind, cell: &Value) -> Option<Arg> {
    let is_null = cell.is_null();
    let instant = |micros| chrono::DateTime::from_timestamp_micros(micros);
    Some(match kind {
        Kind::Flag => Arg::Flag(cell.as_bool()?),
        Kind::Uuid if is_null => Arg::Uuid(None),
        Kind::Uuid => Arg::Uuid(Some(cell.as_str()?.parse().ok()?)),
        Kind::Text if is_null => Arg::Text(None),
        Kind::Text => Arg::Text(Some(cell.as_str()?.into())),
        Kind::Number if is_null => Arg::Number(None),
        Kind::Number => Arg::Number(Some(cell.as_i64()?)),
        Kind::Date if is_null => Arg::Date(None),
        Kind::Date => Arg::Date(Some(cell.as_str()?.parse().ok()?)),
        Kind::Instant if is_null => Arg::Instant(None),
        Kind::Instant => Arg::Instant(Some(instant(cell.as_i64()?)?)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_stays_of_a_backup_that_is_not_finished() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = || fs::read_dir(folder.path()).expect("the folder").count();
        let path = folder.path().join("x.accord");
        let head = Head::new(1, "2025-06-30T00:00:00Z".to_owned(), "SQLite");
        let begin = || Writer::create(&path, &head).expect("it begins");
        let writer = begin();
        assert_eq!(files(), 1);
        drop(writer);
        assert_eq!(files(), 0);
        let foot = |tables| Foot { tables, rows: 0, entry: None, hash: None };
        begin().finish(&foot(1)).expect_err("a table is missing");
        assert_eq!(files(), 0);
        begin().finish(&foot(0)).expect("whole");
        assert!(path.exists() && files() == 1);
    }
}
