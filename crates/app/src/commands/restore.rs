//! `accord restore FROM` and `accord copy-database`: an empty database filled from a backup, or from another database.

use crate::{
    Database, archive,
    archive::{Part, Reader},
    as_it_is, open,
};
use clap::Args;
use domain::money::thousands;
use std::path::PathBuf;
use store::{
    Db,
    copy::{self, Filling, Reading, Sum},
};

/// Rows that are put in together.
const AT_ONCE: usize = 500;

/// Fill an empty database from a backup.
#[derive(Args)]
pub struct Restore {
    #[command(flatten)]
    database: Database,
    /// The backup
    #[arg(value_name = "FROM")]
    from: PathBuf,
}

impl Restore {
    /// Fills the database, and says what is in it. A database of an older version is brought to this one afterwards.
    pub async fn run(self) -> Result<String, String> {
        let (mut reader, head) = Reader::open(&self.from)?;
        let db = self.database.new_one().await?;
        let filling = Filling::begin(&db, head.version).await.map_err(nothing)?;
        let (filling, foot) = fill(&mut reader, filling).await?;
        let sums = filling.finish().await.map_err(nothing)?;
        let history = bring_up(&db, foot.entry.zip(foot.hash)).await?;
        db.close().await;
        let archive::Head { program, made_at, engine, .. } = head;
        Ok(format!(
            "{}Restored from {made_at}, {engine}, Accord {program}. {history}\n",
            lines(&sums)
        ))
    }
}

/// Puts all rows of a backup into the database.
async fn fill(
    reader: &mut Reader,
    mut filling: Filling,
) -> Result<(Filling, archive::Foot), String> {
    let mut table = None;
    let mut rows = Vec::new();
    loop {
        let part = reader.next().map_err(|why| format!("{why}. Nothing was restored"))?;
        let is_full = rows.len() >= AT_ONCE || !matches!(part, Part::Row(_));
        if let Some(table) = table.as_ref().filter(|_| is_full && !rows.is_empty()) {
            filling.rows(table, std::mem::take(&mut rows)).await.map_err(nothing)?;
        }
        match part {
            Part::Row(row) => rows.push(row),
            Part::Begin(begun) => table = Some(begun),
            Part::End(ended, sum) => filling.end(&ended, sum).map_err(nothing)?,
            Part::Foot(foot) => return Ok((filling, foot)),
        }
    }
}

/// Fill an empty database from another one, of the same engine or the other.
#[derive(Args)]
pub struct CopyDatabase {
    /// The database to copy: an SQLite file, or the address of a PostgreSQL database
    #[arg(long, value_name = "FILE or ADDRESS")]
    from: String,
    /// The empty database to fill: an SQLite file (made when absent), or the address of a PostgreSQL database
    #[arg(long, value_name = "FILE or ADDRESS")]
    to: String,
}

impl CopyDatabase {
    /// Copies one moment of the database, and compares every table.
    pub async fn run(self) -> Result<String, String> {
        let wrong = |error: store::StoreError| error.to_string();
        let from = as_it_is(&self.from).await?;
        let version = from.applied().await.map_err(wrong)?.last().copied();
        let version = version.ok_or("the database to copy is empty")?;
        let to = open(&self.to).await?;
        let mut tx = from.read().await.map_err(wrong)?;
        let mut filling = Filling::begin(&to, version).await.map_err(nothing)?;
        for table in copy::tables(&mut tx).await.map_err(wrong)? {
            let mut reading = Reading::of(&table);
            while let Some(rows) = reading.next(&mut tx).await.map_err(wrong)? {
                filling.rows(&table, rows).await.map_err(nothing)?;
            }
            filling.end(&table, reading.sum()).map_err(nothing)?;
        }
        drop(tx);
        let sums = filling.finish().await.map_err(nothing)?;
        let history = bring_up(&to, None).await?;
        let engines = format!("{} to {}", from.engine(), to.engine());
        from.close().await;
        to.close().await;
        Ok(format!("{}Copied from {engines}. {history}\n", lines(&sums)))
    }
}

/// Why nothing was done.
fn nothing(error: store::StoreError) -> String {
    match error {
        store::StoreError::Setup(why) => why,
        other => format!("{other}. Nothing was kept"),
    }
}

/// Brings the filled database to this program's version and walks its history, which must end as the backup says.
async fn bring_up(db: &Db, kept: Option<(i64, String)>) -> Result<String, String> {
    let wrong = |error: store::StoreError| error.to_string();
    store::prepare(db).await.map_err(wrong)?;
    let mut tx = db.read().await.map_err(wrong)?;
    let entry = store::event::verify(&mut tx).await.map_err(wrong)?.map_err(|entry| {
        let entry = thousands(entry.unsigned_abs());
        format!("everything was filled in, but the history is broken at entry {entry}, as it was where it comes from")
    })?;
    let hash = store::event::hash_at(&mut tx, entry).await.map_err(wrong)?;
    if kept.is_some_and(|kept| (kept.0, Some(kept.1)) != (entry, hash)) {
        return Err("the history does not end with the entry that the backup names".into());
    }
    let number = thousands(entry.unsigned_abs());
    Ok(format!("Every table is the same, and the history is whole up to entry {number}."))
}

/// A line for each table that has rows.
fn lines(sums: &[(String, Sum)]) -> String {
    let line = |(name, sum): &(String, Sum)| {
        let rows = thousands(sum.rows);
        format!("{name:<24} {rows:>12} rows  sum {}\n", &sum.hash()[..16])
    };
    sums.iter().filter(|(_, sum)| sum.rows > 0).map(line).collect()
}
