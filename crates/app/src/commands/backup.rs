//! `accord backup TO`: everything that the database holds in one file, from one moment, while it is in use.

use crate::{
    Database,
    archive::{Foot, Head, Writer},
    clock,
};
use chrono::SecondsFormat;
use clap::Args;
use domain::money::thousands;
use std::path::PathBuf;
use store::{
    Tx,
    copy::{self, Reading},
};

/// What the name of a backup ends with.
pub const ENDING: &str = "accord";

/// Where backups are kept.
#[derive(Args, Clone, Debug, Default)]
pub struct Backups {
    /// Folder where backups are kept: `accord backup` writes there, and `accord doctor` says how old the newest is
    #[arg(long, env = "ACCORD_BACKUPS", value_name = "FOLDER")]
    backups: Option<PathBuf>,
}

impl Backups {
    /// The folder, where one is set.
    pub fn folder(&self) -> Option<&PathBuf> {
        self.backups.as_ref()
    }
}

/// Write everything that the database holds into one file, while it is in use.
#[derive(Args)]
pub struct Backup {
    #[command(flatten)]
    database: Database,
    #[command(flatten)]
    backups: Backups,
    /// The file to make, or a folder, where it is named by its time [default: the folder of --backups]
    #[arg(value_name = "TO")]
    to: Option<PathBuf>,
}

impl Backup {
    /// Writes the file and says what is in it; an error when the history in it is broken, because somebody must look.
    pub async fn run(self) -> Result<String, String> {
        let wrong = |error: store::StoreError| error.to_string();
        let now = clock::now();
        let to = self.to.as_ref().or(self.backups.folder());
        let to = to.ok_or("name the file to make, or set --backups to the folder of backups")?;
        let is_folder = to.is_dir() || self.to.is_none();
        let name = || format!("accord-{}.{ENDING}", now.instant.format("%Y-%m-%dT%H%M%SZ"));
        let path = if is_folder { to.join(name()) } else { to.clone() };
        let db = self.database.as_it_is().await?;
        let version = db.applied().await.map_err(wrong)?.last().copied();
        let version = version.ok_or("the database is empty: there is nothing to back up")?;
        let made_at = now.instant.to_rfc3339_opts(SecondsFormat::Secs, true);
        let mut writer = Writer::create(&path, &Head::new(version, made_at, db.engine()))?;
        let mut tx = db.read().await.map_err(wrong)?;
        let (mut tables, mut rows) = (0, 0);
        for table in copy::tables(&mut tx).await.map_err(wrong)? {
            writer.begin(&table)?;
            let mut reading = Reading::of(&table);
            while let Some(page) = reading.next(&mut tx).await.map_err(wrong)? {
                page.iter().try_for_each(|row| writer.row(row))?;
            }
            let sum = reading.sum();
            writer.end(&table, &sum)?;
            (tables, rows) = (tables + 1, rows + sum.rows);
        }
        let (history, entry, hash) = history(&mut tx, version).await?;
        writer.finish(&Foot { tables, rows, entry, hash })?;
        let (rows, path) = (thousands(rows), path.display());
        let said = format!(
            "{path}: {rows} rows of {tables} tables. {}\n",
            history.as_ref().unwrap_or_else(|why| why)
        );
        if history.is_ok() { Ok(said) } else { Err(said.trim_end().to_owned()) }
    }
}

/// What the chain of the history says in a snapshot, and its last entry with its hash where it is whole.
async fn history(
    tx: &mut Tx,
    version: i64,
) -> Result<(Result<String, String>, Option<i64>, Option<String>), String> {
    let wrong = |error: store::StoreError| error.to_string();
    if version != store::db::steps::newest() {
        let older = "The history was not checked, because the tables are of an older version.";
        return Ok((Ok(older.into()), None, None));
    }
    match store::event::verify(tx).await.map_err(wrong)? {
        Ok(entry) => {
            let hash = store::event::hash_at(tx, entry).await.map_err(wrong)?;
            let number = thousands(entry.unsigned_abs());
            Ok((Ok(format!("The history is whole up to entry {number}.")), Some(entry), hash))
        }
        Err(entry) => {
            let number = thousands(entry.unsigned_abs());
            let broken = format!(
                "The history is broken at entry {number}: the backup holds it as it is. Keep the older backups, and find out why"
            );
            Ok((Err(broken), None, None))
        }
    }
}
