//! The one file that knows the engine: SQLite inside the process (opened as `db/sqlite.rs` and read as `db/readers.rs` say), or
//! PostgreSQL at an address or several (`db/primary.rs`).
//!
//! SQL is written once, with `$1` parameters; a value that both engines can bind is an [`Arg`], a row that both can
//! fill is a [`Row`]. Everything else in `store` sees only [`Db`] and [`Tx`].

mod alone;
mod down;
mod primary;
mod readers;
mod sight;
mod sqlite;
pub mod steps;
mod values;

pub(crate) use down::is_down;

use crate::{Result, StoreError, arg::Arg, event};
use domain::Actor;
use primary::Primary;
use readers::{Asks, Readers, Reading};
pub(crate) use sight::Record;
use sight::Sight;
use sqlx::{
    AssertSqlSafe, Executor, FromRow, Postgres, SqlSafeStr, SqlStr, Sqlite, SqlitePool,
    Transaction, postgres::PgRow, sqlite::SqliteRow,
};
use std::{path::Path, sync::Arc};
use values::{Dates, values};

/// The database.
#[derive(Clone, Debug)]
pub struct Db(Engine);

#[derive(Clone, Debug)]
enum Engine {
    /// One writer, several readers: SQLite lets only one write at a time, so the queue is ours and has a bound.
    Sqlite {
        write: SqlitePool,
        read: Arc<Readers>,
        file: Arc<Path>,
    },
    Postgres(Arc<Primary>),
}

/// An open transaction.
pub struct Tx {
    engine: EngineTx,
    /// Facts of the history, which the commit writes.
    recorded: Vec<event::Entry>,
    /// What its questions see, where that is not everything.
    sight: Option<Sight>,
}

enum EngineTx {
    Sqlite(Transaction<'static, Sqlite>),
    SqliteReading(Reading),
    Postgres(Transaction<'static, Postgres>),
}

/// A row that both engines can fill; `#[derive(sqlx::FromRow)]` makes one.
pub trait Row: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}
impl<T> Row for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin
{}

macro_rules! bind {
    ($query:expr, $args:expr) => {{
        let mut query = $query;
        for arg in $args {
            query = match arg {
                Arg::Uuid(value) => query.bind(value),
                Arg::Text(value) => query.bind(value),
                Arg::Number(value) => query.bind(value),
                Arg::Flag(value) => query.bind(value),
                Arg::Date(value) => query.bind(value),
                Arg::Instant(value) => query.bind(value),
            };
        }
        query
    }};
}

/// Runs one body with a statement and the open connection of either engine.
macro_rules! on {
    ($tx:expr, $statement:expr, |$sql:ident, $connection:ident| $body:expr) => {
        match &mut $tx.engine {
            EngineTx::Sqlite(tx) => {
                let ($sql, $connection) = ($statement.into_sql_str(), &mut **tx);
                $body?
            }
            EngineTx::SqliteReading(reading) => {
                let ($sql, $connection) = reading.ask($statement.into_sql_str())?;
                let given = $body;
                reading.heard(given)?
            }
            EngineTx::Postgres(tx) => {
                let ($sql, $connection) = ($statement.into_sql_str(), &mut **tx);
                $body?
            }
        }
    };
}

// Below the macros that it uses.
pub mod tables;
pub mod watch;

impl Db {
    /// Opens the database: `postgres://…` is an address, of one server or several, anything else the path of an SQLite file (made
    /// when absent).
    pub async fn open(database: &str) -> Result<Self> {
        if Self::is_address(database) {
            return Ok(Self(Engine::Postgres(Primary::open(database).await?)));
        }
        let file = Path::new(database);
        let (write, read) = sqlite::open(file).await?;
        Ok(Self(Engine::Sqlite { write, read, file: file.into() }))
    }

    /// Whether this is the address of a PostgreSQL database, not a file.
    pub fn is_address(database: &str) -> bool {
        database.starts_with("postgres://") || database.starts_with("postgresql://")
    }

    /// A transaction that may write. On SQLite it takes the one writer's turn at once, so it waits rather than fails.
    pub async fn write(&self) -> Result<Tx> {
        Ok(Tx::new(match &self.0 {
            Engine::Sqlite { write, .. } => {
                EngineTx::Sqlite(write.begin_with("BEGIN IMMEDIATE").await?)
            }
            Engine::Postgres(primary) => EngineTx::Postgres(primary.begin("BEGIN").await?),
        }))
    }

    /// A transaction that only reads, one snapshot for all it asks; a write in it fails on both engines.
    pub async fn read(&self) -> Result<Tx> {
        self.reading(Asks::Several).await
    }

    /// The same as somebody sees it: where their roles are narrowed, what is outside is not there. Every page reads so.
    pub async fn read_as(&self, by: &Actor) -> Result<Tx> {
        let mut tx = self.read().await?;
        tx.sight = Sight::of(by);
        Ok(tx)
    }

    /// The same for a single question. On SQLite a second one fails, because a statement alone needs no transaction.
    pub async fn glance(&self) -> Result<Tx> {
        self.reading(Asks::One).await
    }

    /// A single question as somebody sees it.
    pub async fn glance_as(&self, by: &Actor) -> Result<Tx> {
        let mut tx = self.glance().await?;
        tx.sight = Sight::of(by);
        Ok(tx)
    }

    async fn reading(&self, asks: Asks) -> Result<Tx> {
        Ok(Tx::new(match &self.0 {
            Engine::Sqlite { read, .. } => EngineTx::SqliteReading(read.reading(asks).await?),
            Engine::Postgres(primary) => EngineTx::Postgres(
                primary.begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?,
            ),
        }))
    }

    /// Which engine it is, for people.
    pub fn engine(&self) -> &'static str {
        match &self.0 {
            Engine::Sqlite { .. } => "SQLite",
            Engine::Postgres(_) => "PostgreSQL",
        }
    }

    /// Closes all connections, so that the file can be copied or removed.
    pub async fn close(&self) {
        match &self.0 {
            Engine::Sqlite { write, read, .. } => {
                read.close().await;
                write.close().await;
            }
            Engine::Postgres(primary) => primary.pool().close().await,
        }
    }
}

impl Tx {
    fn new(engine: EngineTx) -> Self {
        Self { engine, recorded: Vec::new(), sight: None }
    }

    /// Keeps a fact of the history for the commit.
    pub(crate) fn remember(&mut self, entry: event::Entry) {
        self.recorded.push(entry);
    }

    /// A statement as it is asked in the sight of the transaction.
    fn in_sight(&self, sql: &'static str, args: Vec<Arg>) -> (SqlStr, Vec<Arg>) {
        let Some(sight) = &self.sight else { return (sql.into_sql_str(), args) };
        let schema = if matches!(self.engine, EngineTx::Postgres(_)) { "" } else { "main." };
        let (sql, args) = sight.narrow(sql, args, schema);
        (AssertSqlSafe(sql).into_sql_str(), args)
    }

    /// All rows of a question.
    pub async fn all<T: Row>(&mut self, sql: &'static str, args: Vec<Arg>) -> Result<Vec<T>> {
        let (sql, args) = self.in_sight(sql, args);
        Ok(on!(self, sql, |sql, connection| {
            bind!(sqlx::query_as::<_, T>(sql), args).fetch_all(connection).await
        }))
    }

    /// The row of a question that has at most one.
    pub async fn optional<T: Row>(
        &mut self,
        sql: &'static str,
        args: Vec<Arg>,
    ) -> Result<Option<T>> {
        let (sql, args) = self.in_sight(sql, args);
        Ok(on!(self, sql, |sql, connection| {
            bind!(sqlx::query_as::<_, T>(sql), args).fetch_optional(connection).await
        }))
    }

    /// The row of a question that must have one; [`StoreError::NotFound`] otherwise.
    pub async fn one<T: Row>(&mut self, sql: &'static str, args: Vec<Arg>) -> Result<T> {
        self.optional(sql, args).await?.ok_or(StoreError::NotFound)
    }

    /// Runs a statement and gives the number of rows it touched.
    pub async fn execute(&mut self, sql: &'static str, args: Vec<Arg>) -> Result<u64> {
        let (sql, args) = self.in_sight(sql, args);
        Ok(on!(self, sql, |sql, connection| {
            bind!(sqlx::query(sql), args).execute(connection).await.map(|done| done.rows_affected())
        }))
    }

    /// Runs a guarded change of one record; [`StoreError::Stale`] when the version in its `WHERE` was gone.
    pub async fn change(&mut self, sql: &'static str, args: Vec<Arg>) -> Result<()> {
        if self.execute(sql, args).await? == 1 { Ok(()) } else { Err(StoreError::Stale) }
    }

    /// Inserts many rows, a few hundred to a statement. `into` is the statement up to and without `VALUES`.
    pub async fn insert(&mut self, into: &'static str, rows: Vec<Vec<Arg>>) -> Result<()> {
        self.upsert(into, rows, "").await
    }

    /// The same, with what happens to a row that is there already: `ON CONFLICT …`.
    pub async fn upsert(
        &mut self,
        into: &'static str,
        rows: Vec<Vec<Arg>>,
        conflict: &'static str,
    ) -> Result<()> {
        self.put(into, rows, conflict).await
    }

    async fn put(&mut self, into: &str, rows: Vec<Vec<Arg>>, conflict: &str) -> Result<()> {
        const VALUES_AT_ONCE: usize = 4_000;
        let width = rows.first().map_or(1, Vec::len).max(1);
        let most = (VALUES_AT_ONCE / width).max(1).min(rows.len());
        // SQLite looks every numbered parameter up in a list of all: thousands of them would take seconds.
        let numbered = matches!(self.engine, EngineTx::Postgres(_));
        let sql = |rows| format!("{} {conflict}", values(into, rows, width, numbered));
        let whole: Arc<str> = sql(most).into();
        let mut rows = rows.into_iter();
        let mut dates = Dates::default();
        let mut next = || -> Option<(Arc<str>, Vec<Arg>)> {
            let chunk: Vec<Vec<Arg>> = rows.by_ref().take(most).collect();
            let sql = match chunk.len() {
                0 => return None,
                full if full == most => whole.clone(),
                fewer => sql(fewer).into(),
            };
            let args = chunk.into_iter().flatten();
            Some((sql, args.map(|arg| if numbered { arg } else { dates.as_text(arg) }).collect()))
        };
        let mut ready = next();
        while let Some((sql, args)) = ready {
            let following;
            on!(self, AssertSqlSafe(sql), |sql, connection| {
                // The engine works on one statement while the next is made ready.
                let statement = bind!(sqlx::query(sql), args);
                let (done, made) = tokio::join!(statement.execute(connection), async { next() });
                following = made;
                done.map(drop)
            });
            ready = following;
        }
        Ok(())
    }

    /// Makes everything since the start of the transaction true, with the facts recorded in it, or nothing.
    pub async fn commit(mut self) -> Result<()> {
        let recorded = std::mem::take(&mut self.recorded);
        if !recorded.is_empty() {
            event::write(&mut self, recorded).await?;
        }
        match self.engine {
            EngineTx::Sqlite(tx) => tx.commit().await?,
            EngineTx::SqliteReading(reading) => drop(reading),
            EngineTx::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }

    /// Takes back everything since the start of the transaction.
    pub async fn rollback(self) -> Result<()> {
        match self.engine {
            EngineTx::Sqlite(tx) => tx.rollback().await?,
            EngineTx::SqliteReading(reading) => drop(reading),
            EngineTx::Postgres(tx) => tx.rollback().await?,
        }
        Ok(())
    }

    /// Runs statements that take no arguments, separated by semicolons.
    pub async fn script(&mut self, sql: &'static str) -> Result<()> {
        on!(self, sql, |sql, connection| connection.execute(sql).await.map(drop));
        Ok(())
    }
}

/// The pattern that finds a text anywhere, for `lower(x) LIKE lower($1) ESCAPE '\'`; none when there is nothing to find.
pub(crate) fn containing(text: &str) -> Option<String> {
    // Names are shorter, and SQLite refuses patterns of 50,000 bytes.
    const LONGEST: usize = 200;
    let text: String = text.trim().chars().take(LONGEST).collect();
    let literal = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    (!text.is_empty()).then(|| format!("%{literal}%"))
}

/// The same for `search_key LIKE $1 ESCAPE '\'`: the search keys of organisations are in small letters already.
pub(crate) fn search_key(text: &str) -> Option<String> {
    containing(&text.to_lowercase())
}
