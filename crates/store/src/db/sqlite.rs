//! How an SQLite file is opened: so that what is acknowledged is kept, and so that a fault passes when its cause is gone.

use super::readers::Readers;
use crate::{Result, StoreError};
use sqlx::{
    Connection, SqliteConnection, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{path::Path, sync::Arc, time::Duration};

/// The oldest SQLite that Accord trusts: earlier ones have a corruption bug in WAL mode.
const SQLITE_AT_LEAST: [u32; 3] = [3, 51, 3];
const READERS: u32 = 4;
const BUSY: Duration = Duration::from_secs(5);

/// Opens a file, which is made when absent: the one writer, and the readers.
pub(super) async fn open(file: &Path) -> Result<(SqlitePool, Arc<Readers>)> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // NORMAL loses acknowledged commits when the power goes.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY)
        .pragma("trusted_schema", "OFF")
        .pragma("cell_size_check", "ON");
    let write = SqlitePoolOptions::new()
        // A file that is open stays open: asking the connection before each use would cost more than many questions do.
        .test_before_acquire(false)
        .max_connections(1)
        .acquire_timeout(Duration::from_secs(30))
        .after_release(|connection, _| Box::pin(is_out_of_transaction(connection)))
        // KiB for pages of one transaction: a file of all providers would write and read them again and again.
        .connect_with(options.clone().pragma("cache_size", "-32768"))
        .await?;
    check_sqlite(&write).await?;
    // KiB too: the counts of a nation's lists read a few thousand pages, which would be copied from the system each time.
    let read = Readers::open(options.pragma("cache_size", "-16384"), READERS).await?;
    Ok((write, read))
}

/// Whether a connection can begin anew. A full disk and some faults of it make SQLite take a transaction back by itself; the library then
/// fails to take it back, counts it as open for ever, and would refuse every later one.
async fn is_out_of_transaction(connection: &mut SqliteConnection) -> sqlx::Result<bool> {
    // What is taken back as the transaction is dropped is waited for.
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

/// Reads the settings back and refuses to run when they are not what durability needs.
async fn check_sqlite(pool: &SqlitePool) -> Result<()> {
    let mut connection = pool.acquire().await?;
    let version: String =
        sqlx::query_scalar("SELECT sqlite_version()").fetch_one(&mut *connection).await?;
    let parts: Vec<u32> = version.split('.').filter_map(|part| part.parse().ok()).collect();
    if parts.as_slice() < SQLITE_AT_LEAST.as_slice() {
        return Err(StoreError::Setup(format!(
            "SQLite {version} is too old; Accord needs 3.51.3 or newer"
        )));
    }
    for (pragma, sql, wanted) in [
        ("journal_mode", "PRAGMA journal_mode", "wal"),
        ("synchronous", "SELECT CAST(synchronous AS TEXT) FROM pragma_synchronous", "2"),
        ("foreign_keys", "SELECT CAST(foreign_keys AS TEXT) FROM pragma_foreign_keys", "1"),
    ] {
        let found: String = sqlx::query_scalar(sql).fetch_one(&mut *connection).await?;
        if found != wanted {
            return Err(StoreError::Setup(format!(
                "SQLite runs with {pragma} = {found}; Accord needs {wanted} to keep what it has acknowledged"
            )));
        }
    }
    connection.ping().await?;
    Ok(())
}
