//! A whole database as a stream of rows, table by table, and back: what backups, restoring and moving between engines are
//! made of.
//!
//! Two databases hold the same when every table has as many rows and the same sum. A sum adds up the hashes of the rows, so
//! that the order in which an engine gives them does not matter.

use crate::{
    Db, Result, StoreError, Tx,
    arg::Arg,
    db::{steps, tables::Table},
};
use domain::hash::hexadecimal;
use sha2::{Digest, Sha256};

/// Rows of one page: enough to be quick, few enough to be small where each holds a text.
const PAGE: usize = 500;

/// Tables of people who are signed in. Nobody is let in by a copy, so their rows stay where they are.
const STAYS: [&str; 4] = ["session", "session_provider", "sign_in_away", "sign_in_step"];

/// Tables that have rows before anybody has done anything.
fn has_first_rows(table: &Table) -> bool {
    table.name == "event_head" || table.name.ends_with("_state")
}

/// How many rows, and what they add up to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// How many rows.
    pub rows: u64,
    hash: [u64; 4],
}

impl Sum {
    /// Adds a row.
    pub fn add(&mut self, row: &[Arg]) {
        let mut hash = Sha256::new();
        for cell in row {
            let text = as_text(cell);
            // A length that no text has stands for what is absent.
            hash.update(text.as_ref().map_or(u64::MAX, |text| text.len() as u64).to_be_bytes());
            hash.update(text.unwrap_or_default());
        }
        let hash = hash.finalize();
        for (part, bytes) in self.hash.iter_mut().zip(hash.chunks_exact(8)) {
            let bytes = bytes.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
            *part = part.wrapping_add(bytes);
        }
        self.rows += 1;
    }

    /// What the rows add up to, as text.
    #[must_use]
    pub fn hash(&self) -> String {
        let bytes: Vec<u8> = self.hash.iter().flat_map(|part| part.to_be_bytes()).collect();
        hexadecimal(&bytes)
    }
}

/// A value in the same words whichever engine it comes from; nothing where it is absent.
#[must_use]
pub fn as_text(cell: &Arg) -> Option<String> {
    match cell {
        Arg::Uuid(id) => id.map(|id| id.to_string()),
        Arg::Text(text) => text.as_ref().map(ToString::to_string),
        Arg::Number(number) => number.map(|number| number.to_string()),
        Arg::Flag(flag) => Some(flag.to_string()),
        Arg::Date(date) => date.map(|date| date.to_string()),
        Arg::Instant(at) => at.map(|at| at.timestamp_micros().to_string()),
    }
}

/// The tables that a copy takes.
pub async fn tables(tx: &mut Tx) -> Result<Vec<Table>> {
    let mut tables = tx.tables().await?;
    tables.retain(|table| !STAYS.contains(&&*table.name));
    Ok(tables)
}

/// A table being read, page by page.
pub struct Reading<'table> {
    table: &'table Table,
    after: Option<Vec<Arg>>,
    is_read: bool,
    sum: Sum,
}

impl<'table> Reading<'table> {
    /// From its first row.
    #[must_use]
    pub fn of(table: &'table Table) -> Self {
        Self { table, after: None, is_read: false, sum: Sum::default() }
    }

    /// The next rows; nothing when all were read.
    pub async fn next(&mut self, tx: &mut Tx) -> Result<Option<Vec<Vec<Arg>>>> {
        if self.is_read {
            return Ok(None);
        }
        let rows = tx.page(self.table, None, self.after.take(), PAGE).await?;
        self.is_read = rows.len() < PAGE;
        self.after = rows.last().map(|row| self.table.key_of(row));
        for row in &rows {
            self.sum.add(row);
        }
        Ok((!rows.is_empty()).then_some(rows))
    }

    /// What was read so far comes to.
    #[must_use]
    pub fn sum(self) -> Sum {
        self.sum
    }
}

/// A new database being filled; nothing of it stays unless [`Filling::finish`] has said so.
pub struct Filling {
    tx: Tx,
    tables: Vec<Table>,
    sums: Vec<(String, Sum)>,
}

impl Filling {
    /// Makes the tables of a version in an empty database.
    ///
    /// # Errors
    /// When it is not empty, or this program does not know the version.
    pub async fn begin(db: &Db, version: i64) -> Result<Self> {
        if !steps::steps().any(|step| step.version == version) {
            return Err(steps::newer("what is to be restored", version));
        }
        must_be_empty(&mut db.read().await?).await?;
        db.migrate_to(version).await?;
        let mut tx = db.write().await?;
        let tables = tables(&mut tx).await?;
        tx.defer_references().await?;
        // Once more: somebody may have begun to work since the first look, and from here on nobody else can.
        must_be_empty(&mut tx).await?;
        // What a new database begins with comes with the rows.
        for table in tables.iter().rev() {
            tx.empty(table).await?;
        }
        Ok(Self { tx, tables, sums: Vec::new() })
    }

    /// Puts rows into a table.
    ///
    /// # Errors
    /// When there is no such table, or it has other columns.
    pub async fn rows(&mut self, table: &Table, rows: Vec<Vec<Arg>>) -> Result<()> {
        self.must_have(table)?;
        self.tx.fill(table, rows).await
    }

    /// Ends a table that must come to a sum.
    pub fn end(&mut self, table: &Table, sum: Sum) -> Result<()> {
        self.must_have(table)?;
        self.sums.push((table.name.clone(), sum));
        Ok(())
    }

    fn must_have(&self, table: &Table) -> Result<()> {
        let own = self.tables.iter().find(|own| own.name == table.name);
        if own.is_some_and(|own| own.columns == table.columns) {
            return Ok(());
        }
        Err(StoreError::Setup(format!("the table {} has other columns in its version", table.name)))
    }

    /// Reads everything back, and keeps it when every table comes to its sum. Gives the sums.
    ///
    /// # Errors
    /// When a table is missing or differs; then nothing was kept.
    pub async fn finish(mut self) -> Result<Vec<(String, Sum)>> {
        self.tx.demand_references().await?;
        for table in &self.tables {
            let wanted = self.sums.iter().find(|(name, _)| *name == table.name);
            let found = sum(&mut self.tx, table).await?;
            if wanted.is_none_or(|(_, wanted)| *wanted != found) {
                let was = wanted.map_or_else(
                    || "is missing".to_owned(),
                    |(_, wanted)| {
                        format!("has {} rows with the sum {}", wanted.rows, wanted.hash())
                    },
                );
                return Err(StoreError::Setup(format!(
                    "the table {} {was}, but {} rows with the sum {} arrived",
                    table.name,
                    found.rows,
                    found.hash()
                )));
            }
        }
        self.tx.commit().await?;
        Ok(self.sums)
    }
}

/// What the rows of a table come to.
pub async fn sum(tx: &mut Tx, table: &Table) -> Result<Sum> {
    let mut reading = Reading::of(table);
    while reading.next(tx).await?.is_some() {}
    Ok(reading.sum())
}

/// Refuses a database in which something was done already.
async fn must_be_empty(tx: &mut Tx) -> Result<()> {
    let mut found = Vec::new();
    for table in tx.tables().await? {
        let rows = tx.count(&table).await?;
        if rows > 0 && !has_first_rows(&table) {
            found.push(format!("{} ({rows})", table.name));
        }
    }
    if found.is_empty() {
        return Ok(());
    }
    let more = found.len().saturating_sub(5);
    found.truncate(5);
    let more = if more == 0 { String::new() } else { format!(" and {more} tables more") };
    Err(StoreError::Setup(format!(
        "the target is not empty: it has rows in {}{more}. Nothing was changed. Name a new database",
        found.join(", ")
    )))
}
