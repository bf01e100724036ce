//! The files that brought figures: which, how long, by whom and when, so that none is loaded twice.

use crate::{Result, Tx, args, new_id};
use chrono::{DateTime, Utc};
use domain::{Actor, ExtractFileId, Now};

/// A file as it is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kept<'a> {
    /// Its name without the folder.
    pub(crate) name: &'a str,
    /// SHA-256 of its content, unpacked.
    pub(crate) hash: &'a str,
    /// Which columns it has, as records name it.
    pub(crate) layout: &'a str,
    /// Rows without the header.
    pub(crate) rows: usize,
}

/// The first time that a file was loaded.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct LoadedBefore {
    /// Its name then.
    pub name: String,
    /// By whom.
    #[sqlx(rename = "loaded_by_name")]
    pub by: String,
    /// When.
    #[sqlx(rename = "loaded_at")]
    pub at: DateTime<Utc>,
}

/// When the same content was loaded in the same layout, under whatever name.
pub(super) async fn loaded_before(
    tx: &mut Tx,
    hash: &str,
    layout: &str,
) -> Result<Option<LoadedBefore>> {
    tx.optional(
        "SELECT name, loaded_by_name, loaded_at FROM extract_file WHERE hash = $1 AND layout = $2
         ORDER BY loaded_at LIMIT 1",
        args![hash, layout],
    )
    .await
}

/// Keeps what is known of a file; its submissions refer to it.
pub(crate) async fn keep(
    tx: &mut Tx,
    file: Kept<'_>,
    by: &Actor,
    now: &Now,
) -> Result<ExtractFileId> {
    let id: ExtractFileId = new_id(now);
    let rows = i64::try_from(file.rows).unwrap_or(i64::MAX);
    tx.execute(
        "INSERT INTO extract_file (id, name, hash, layout, row_count, loaded_by, loaded_by_name, loaded_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        args![id, file.name, file.hash, file.layout, rows, by.person(), by.name(), now.instant],
    )
    .await?;
    Ok(id)
}
