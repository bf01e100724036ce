//! SQLite's readers: a few connections that only read, each with a thread of its own.
//!
//! Most of what a small question costs is the change to that thread and back. A pool changes five times for one question:
//! to begin, to ask, to end, and to test what comes back. Here a transaction begins in the same turn as its first question,
//! nobody waits for its end, and one statement alone needs neither: it is a snapshot by itself.

use super::{Result, StoreError};
use sqlx::{
    AssertSqlSafe, Connection, SqlSafeStr, SqlStr,
    sqlite::{SqliteConnectOptions, SqliteConnection},
};
use std::{
    fmt,
    future::Future,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// More than there are questions in the program.
const STATEMENTS: usize = 500;
const WAIT_AT_MOST: Duration = Duration::from_secs(10);

/// Connections to one file, opened when they are needed and kept.
pub(super) struct Readers {
    options: SqliteConnectOptions,
    idle: Mutex<Vec<SqliteConnection>>,
    room: Arc<Semaphore>,
    most: u32,
}

impl fmt::Debug for Readers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readers").field("most", &self.most).finish_non_exhaustive()
    }
}

impl Readers {
    /// At most so many connections; the first is opened now, so that a file that cannot be read is known at once.
    pub(super) async fn open(options: SqliteConnectOptions, most: u32) -> Result<Arc<Self>> {
        let options = options.pragma("query_only", "ON").statement_cache_capacity(STATEMENTS);
        let first = SqliteConnection::connect_with(&options).await?;
        let room = Arc::new(Semaphore::new(most as usize));
        Ok(Arc::new(Self { options, idle: Mutex::new(vec![first]), room, most }))
    }

    /// A connection for one question, or for a transaction of several.
    pub(super) async fn reading(self: &Arc<Self>, asks: Asks) -> Result<Reading> {
        let room = match self.room.clone().try_acquire_owned() {
            Ok(room) => room,
            Err(_) => timeout(WAIT_AT_MOST, self.room.clone().acquire_owned())
                .await
                .map_err(|_| sqlx::Error::PoolTimedOut)?
                .map_err(|_| sqlx::Error::PoolClosed)?,
        };
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => SqliteConnection::connect_with(&self.options).await?,
        };
        let connection = Some(connection);
        Ok(Reading { readers: self.clone(), connection, asks, _room: room })
    }

    /// How many readings there may be at once, and how many there are.
    pub(super) fn used(&self) -> (u32, u32) {
        let free = u32::try_from(self.room.available_permits()).unwrap_or(self.most);
        (self.most, self.most.saturating_sub(free))
    }

    /// Waits for the readings under way and closes every connection; none is opened any more.
    pub(super) async fn close(&self) {
        let all = self.room.acquire_many(self.most).await;
        self.room.close();
        drop(all);
        let idle = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        for connection in idle {
            // It may have gone by itself.
            _ = connection.close().await;
        }
    }
}

/// What a reading still has to ask, and what it has to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asks {
    /// One question.
    One,
    /// Several, of one snapshot; none yet.
    Several,
    /// Several, and the first was asked: a transaction is open.
    More,
    /// Nothing more: the one question was asked.
    Nothing,
    /// Something went wrong, so nobody may ask this connection again.
    Broken,
}

/// A connection in use. It goes back when this is dropped, and an open transaction ends.
pub(super) struct Reading {
    readers: Arc<Readers>,
    /// There until this is dropped.
    connection: Option<SqliteConnection>,
    asks: Asks,
    _room: OwnedSemaphorePermit,
}

impl Reading {
    /// The next question as the connection must be asked, with the connection.
    pub(super) fn ask(&mut self, sql: SqlStr) -> Result<(SqlStr, &mut SqliteConnection)> {
        let (sql, asks) = match self.asks {
            Asks::One => (sql, Asks::Nothing),
            Asks::Several => {
                let first = format!("BEGIN; {}", sql.as_str());
                (AssertSqlSafe(first).into_sql_str(), Asks::More)
            }
            Asks::More => (sql, Asks::More),
            Asks::Nothing | Asks::Broken => {
                return Err(StoreError::Setup("this reading has ended".into()));
            }
        };
        self.asks = asks;
        let connection = self.connection.as_mut().ok_or(sqlx::Error::PoolClosed)?;
        Ok((sql, connection))
    }

    /// What a question gave; after an error the connection is not used again.
    pub(super) fn heard<T>(&mut self, given: sqlx::Result<T>) -> Result<T> {
        if given.is_err() {
            self.asks = Asks::Broken;
        }
        Ok(given?)
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else { return };
        let is_well = match self.asks {
            Asks::One | Asks::Several | Asks::Nothing => true,
            Asks::More => end(&mut connection),
            Asks::Broken => false,
        };
        if is_well {
            let mut idle = self.readers.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.push(connection);
        }
    }
}

/// Ends the transaction before whatever is asked next; false when the connection's thread is gone.
fn end(connection: &mut SqliteConnection) -> bool {
    let end = pin!(sqlx::query("ROLLBACK").execute(connection));
    // The first look hands it to the thread, which does one thing after the other. Were it not done, the next BEGIN would
    // fail, and the connection with it.
    !matches!(end.poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(Err(_)))
}

#[cfg(test)]
mod tests {
    use crate::{Db, Result, StoreError, Tx, args};
    use std::{
        future::Future,
        pin::pin,
        task::{Context, Waker},
    };

    #[derive(sqlx::FromRow)]
    struct Count {
        things: i64,
    }

    async fn count(tx: &mut Tx) -> Result<i64> {
        let count: Count = tx.one("SELECT count(*) AS things FROM thing", args![]).await?;
        Ok(count.things)
    }

    async fn add(db: &Db) {
        let mut tx = db.write().await.expect("the writer");
        tx.execute("INSERT INTO thing (id) VALUES (NULL)", args![]).await.expect("a row");
        tx.commit().await.expect("a commit");
    }

    /// A file with one thing in it. One test at a time has all its readers.
    async fn things() -> (tempfile::TempDir, Db) {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("things.db");
        let db = Db::open(&file.to_string_lossy()).await.expect("a database");
        let mut tx = db.write().await.expect("the writer");
        tx.script("CREATE TABLE thing (id INTEGER PRIMARY KEY)").await.expect("a table");
        tx.commit().await.expect("a commit");
        add(&db).await;
        (folder, db)
    }

    #[tokio::test]
    async fn a_reading_is_one_snapshot_and_ends_when_it_is_dropped() {
        let (_folder, db) = things().await;
        let mut early = db.read().await.expect("a reading");
        assert_eq!(count(&mut early).await.expect("a count"), 1);
        add(&db).await;
        assert_eq!(count(&mut early).await.expect("a count"), 1);
        drop(early);
        // The connection that comes back first is the one that has just gone.
        for _ in 0..3 {
            let mut late = db.read().await.expect("a reading");
            assert_eq!(count(&mut late).await.expect("a count"), 2);
            assert_eq!(count(&mut late).await.expect("a count"), 2);
        }
    }

    #[tokio::test]
    async fn a_glance_is_one_question() {
        let (_folder, db) = things().await;
        for things in 1..4 {
            let mut glance = db.glance().await.expect("a glance");
            assert_eq!(count(&mut glance).await.expect("a count"), things);
            assert!(matches!(count(&mut glance).await, Err(StoreError::Setup(_))));
            add(&db).await;
        }
    }

    #[tokio::test]
    async fn a_question_that_nobody_waits_for_spoils_nothing() {
        let (_folder, db) = things().await;
        for things in 1..50 {
            let mut tx = db.read().await.expect("a reading");
            {
                let asked = pin!(count(&mut tx));
                _ = asked.poll(&mut Context::from_waker(Waker::noop()));
            }
            drop(tx);
            let mut tx = db.read().await.expect("a reading");
            assert_eq!(count(&mut tx).await.expect("a count"), things);
            drop(tx);
            add(&db).await;
        }
    }

    #[tokio::test]
    async fn a_question_that_fails_leaves_the_next_one_alone() {
        let (_folder, db) = things().await;
        for _ in 0..20 {
            let mut tx = db.read().await.expect("a reading");
            assert!(tx.execute("DELETE FROM thing", args![]).await.is_err());
            assert!(matches!(count(&mut tx).await, Err(StoreError::Setup(_))));
        }
        assert_eq!(count(&mut db.read().await.expect("a reading")).await.expect("a count"), 1);
    }

    #[tokio::test]
    async fn closing_waits_for_what_is_read() {
        let (_folder, db) = things().await;
        let mut tx = db.read().await.expect("a reading");
        let closing = tokio::spawn({
            let db = db.clone();
            async move { db.close().await }
        });
        tokio::task::yield_now().await;
        assert_eq!(count(&mut tx).await.expect("a count"), 1);
        assert!(!closing.is_finished());
        drop(tx);
        closing.await.expect("no panic");
        assert!(db.read().await.is_err());
    }
}
