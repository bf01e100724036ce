//! `accord export ORGANISATION TO`: everything that is recorded of one organisation, as CSV and JSON in a zip, with a list of
//! what is in it.

use crate::{Database, clock};
use chrono::{DateTime, SecondsFormat, Utc};
use clap::Args;
use domain::{Organisation, hash::sha256, money::thousands, sheet::Sheet};
use serde::Serialize;
use serde_json::{Map, Value};
use std::{
    fs::{self, File, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};
use store::{
    Tx,
    arg::Arg,
    db::tables::{Column, Table},
    organisation::records,
};
use zip::{ZipWriter, write::SimpleFileOptions};

/// Hand over everything that is recorded of one organisation.
#[derive(Args)]
pub struct Export {
    #[command(flatten)]
    database: Database,
    /// ODS code of the organisation
    organisation: String,
    /// The zip file to make
    to: PathBuf,
}

/// The list of what is in the file.
#[derive(Serialize)]
struct Manifest<'a> {
    organisation: &'a str,
    name: &'a str,
    made_at: String,
    program: &'static str,
    /// The last entry of the whole history, and its hash.
    history: (i64, String),
    files: Vec<Listed>,
}

/// A file of the zip.
#[derive(Serialize)]
struct Listed {
    file: String,
    rows: u64,
    bytes: usize,
    sha256: String,
}

impl Export {
    /// Makes the file, for its owner's eyes only, and says what is in it.
    pub async fn run(self) -> Result<String, String> {
        let wrong = |error: store::StoreError| error.to_string();
        let db = self.database.open().await?;
        let mut tx = db.read().await.map_err(wrong)?;
        let code = self.organisation.trim().to_uppercase();
        let found = store::organisation::find_by_code(&mut tx, &code).await.map_err(wrong)?;
        let organisation = found.ok_or_else(|| {
            format!("found {}, allowed the code of a registered organisation", self.organisation)
        })?;
        let before = self.to.display().to_string();
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&self.to);
        let file = file.map_err(|error| format!("{before}: {error}. Nothing was changed"))?;
        match fill(file, &mut tx, &organisation).await {
            Ok(files) => {
                let rows: u64 =
                    files.iter().filter(|one| is_csv(&one.file)).map(|one| one.rows).sum();
                let tables = files.iter().filter(|one| is_csv(&one.file)).count();
                let (name, rows) = (&organisation.name, thousands(rows));
                Ok(format!("{before}: {rows} rows of {tables} tables of {name}\n"))
            }
            Err(why) => {
                // Half a file must not be taken for a whole one.
                _ = fs::remove_file(&self.to);
                Err(format!("{before}: {why}"))
            }
        }
    }
}

fn is_csv(file: &str) -> bool {
    Path::new(file).extension().is_some_and(|ending| ending == "csv")
}

/// Writes each table twice, then the list of all.
async fn fill(file: File, tx: &mut Tx, organisation: &Organisation) -> Result<Vec<Listed>, String> {
    let wrong = |error: &dyn std::fmt::Display| error.to_string();
    let mut zip = ZipWriter::new(file);
    let mut files = Vec::new();
    for table in records::tables(tx).await.map_err(|error| wrong(&error))? {
        let (rows, sum) =
            records::rows(tx, &table, organisation.id).await.map_err(|error| wrong(&error))?;
        let open: Vec<usize> = (0..table.columns.len())
            .filter(|at| records::is_open(&table, &table.columns[*at]))
            .collect();
        for (ending, text) in
            [("csv", csv(&table, &open, &rows)), ("json", json(&table, &open, &rows)?)]
        {
            let name = format!("{ending}/{}.{ending}", table.name);
            put(&mut zip, &name, &text)?;
            let (bytes, sha256) = (text.len(), sha256(text.as_bytes()));
            files.push(Listed { file: name, rows: sum.rows, bytes, sha256 });
        }
    }
    let history = store::event::verify(tx).await.map_err(|error| wrong(&error))?;
    let entry = history.map_err(|entry| format!("the history is broken at entry {entry}"))?;
    let hash = store::event::hash_at(tx, entry).await.map_err(|error| wrong(&error))?;
    let manifest = Manifest {
        organisation: &organisation.code,
        name: &organisation.name,
        made_at: clock::now().instant.to_rfc3339_opts(SecondsFormat::Secs, true),
        program: env!("CARGO_PKG_VERSION"),
        history: (entry, hash.unwrap_or_default()),
        files,
    };
    let text = serde_json::to_string_pretty(&manifest).map_err(|error| wrong(&error))?;
    put(&mut zip, "manifest.json", &text)?;
    let file = zip.finish().map_err(|error| wrong(&error))?;
    file.sync_all().map_err(|error| wrong(&error))?;
    Ok(manifest.files)
}

fn put(zip: &mut ZipWriter<File>, name: &str, text: &str) -> Result<(), String> {
    let started = zip.start_file(name, SimpleFileOptions::default());
    started.map_err(|error| error.to_string())?;
    zip.write_all(text.as_bytes()).map_err(|error| error.to_string())
}

fn names<'a>(table: &'a Table, open: &'a [usize]) -> impl Iterator<Item = &'a Column> {
    open.iter().map(|at| &table.columns[*at])
}

/// The table as a spreadsheet opens it, running nothing.
fn csv(table: &Table, open: &[usize], rows: &[Vec<Arg>]) -> String {
    let header: Vec<&str> = names(table, open).map(|column| &*column.name).collect();
    let mut sheet = Sheet::new(&header);
    for row in rows {
        let cells: Vec<String> = open.iter().map(|at| plain(&row[*at])).collect();
        sheet.row(&cells.iter().map(String::as_str).collect::<Vec<_>>());
    }
    sheet.finish()
}

/// The table as a list of objects, with every word as it is.
fn json(table: &Table, open: &[usize], rows: &[Vec<Arg>]) -> Result<String, String> {
    let object = |row: &Vec<Arg>| -> Map<String, Value> {
        let value = |cell: &Arg| match cell {
            Arg::Number(number) => Value::from(*number),
            Arg::Flag(flag) => Value::from(*flag),
            Arg::Text(None) | Arg::Uuid(None) | Arg::Date(None) | Arg::Instant(None) => Value::Null,
            other => Value::from(plain(other)),
        };
        names(table, open)
            .zip(open)
            .map(|(column, at)| (column.name.clone(), value(&row[*at])))
            .collect()
    };
    serde_json::to_string_pretty(&rows.iter().map(object).collect::<Vec<_>>())
        .map_err(|error| error.to_string())
}

/// A value as people read it: an instant in UTC, nothing where it is absent.
fn plain(cell: &Arg) -> String {
    match cell {
        Arg::Instant(at) => at
            .map(|at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Micros, true))
            .unwrap_or_default(),
        other => store::copy::as_text(other).unwrap_or_default(),
    }
}
