//! The tables of a database as it says itself, their rows as plain values, and how they are filled: what differs between the
//! engines of a copy.

use super::{EngineTx, Tx};
use crate::{Result, StoreError, arg::Arg, args};
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{AssertSqlSafe, ColumnIndex, Decode, Executor, SqlSafeStr, Type};
use uuid::Uuid;

/// A table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns, in the order of their making.
    pub columns: Vec<Column>,
    /// The places of the primary key's columns, in the order of the key.
    key: Vec<usize>,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
}

/// What a column holds: the types of PostgreSQL that the tables are written with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is its type")]
pub enum Kind {
    Uuid,
    Text,
    Number,
    Flag,
    Date,
    Instant,
}

impl Kind {
    /// What a type is called, in either engine's words.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        Some(match text.to_lowercase().as_str() {
            "uuid" => Self::Uuid,
            "text" => Self::Text,
            "bigint" => Self::Number,
            "boolean" => Self::Flag,
            "date" => Self::Date,
            "timestamptz" | "timestamp with time zone" => Self::Instant,
            _ => return None,
        })
    }

    /// The word for it, which [`Kind::read`] reads.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Uuid => "uuid",
            Self::Text => "text",
            Self::Number => "bigint",
            Self::Flag => "boolean",
            Self::Date => "date",
            Self::Instant => "timestamptz",
        }
    }
}

/// What the engine says of one column; `place` is its place in the primary key from 1, and 0 outside it.
#[derive(sqlx::FromRow)]
struct Described {
    table_name: String,
    column_name: String,
    kind: String,
    place: i64,
}

const SQLITE_TABLES: &str = "SELECT m.name AS table_name, p.name AS column_name, p.type AS kind, p.pk AS place
     FROM sqlite_schema m JOIN pragma_table_info(m.name) p
     WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite!_%' ESCAPE '!' AND m.name NOT LIKE '!_%' ESCAPE '!'
     ORDER BY m.name, p.cid";

const POSTGRESQL_TABLES: &str = "SELECT CAST(c.relname AS TEXT) AS table_name, CAST(a.attname AS TEXT) AS column_name,
         format_type(a.atttypid, NULL) AS kind,
         CAST(COALESCE(array_position(CAST(i.indkey AS SMALLINT[]), a.attnum) + 1, 0) AS BIGINT) AS place
     FROM pg_class c
     JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
     WHERE c.relkind = 'r' AND c.relnamespace = CAST(current_schema() AS REGNAMESPACE)
         AND c.relname NOT LIKE '!_%' ESCAPE '!'
     ORDER BY CAST(c.relname AS TEXT) COLLATE \"C\", a.attnum";

/// Foreign keys of PostgreSQL, for `ALTER TABLE`.
const FOREIGN_KEYS: &str = "SELECT CAST(CAST(conrelid AS REGCLASS) AS TEXT) AS table_name,
         quote_ident(conname) AS constraint_name
     FROM pg_constraint WHERE contype = 'f' AND connamespace = CAST(current_schema() AS REGNAMESPACE)
     ORDER BY 1, 2";

/// A name as both engines take it in a statement, whatever word it is.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

impl Table {
    /// A table to be filled, as a copy describes it.
    #[must_use]
    pub fn new(name: String, columns: Vec<Column>) -> Self {
        Self { name, columns, key: Vec::new() }
    }

    fn list(columns: impl Iterator<Item = String>) -> String {
        columns.collect::<Vec<_>>().join(", ")
    }

    /// The question for rows in the order of the key: only some, where `$1` stands in a clause, and after one of them or from
    /// the first.
    fn page(&self, only: Option<&str>, is_first: bool, most: usize) -> String {
        let name = |column: &Column| quoted(&column.name);
        let all = Self::list(self.columns.iter().map(name));
        let key = Self::list(self.key.iter().map(|at| name(&self.columns[*at])));
        let before = usize::from(only.is_some());
        let places = (1..=self.key.len()).map(|number| format!("${}", before + number));
        let after = (!is_first).then(|| format!("({key}) > ({})", Self::list(places)));
        let which: Vec<String> =
            only.map(|clause| format!("({clause})")).into_iter().chain(after).collect();
        let which =
            if which.is_empty() { String::new() } else { format!("WHERE {}", which.join(" AND ")) };
        let table = quoted(&self.name);
        format!("SELECT {all} FROM {table} {which} ORDER BY {key} LIMIT {most}")
    }

    /// The key of one of its rows.
    pub(crate) fn key_of(&self, row: &[Arg]) -> Vec<Arg> {
        self.key.iter().filter_map(|at| row.get(*at).cloned()).collect()
    }
}

impl Tx {
    /// Every table but those of the engine and of the migrations, by name.
    pub async fn tables(&mut self) -> Result<Vec<Table>> {
        let sql = match &self.engine {
            EngineTx::Sqlite(_) | EngineTx::SqliteReading(_) => SQLITE_TABLES,
            EngineTx::Postgres(_) => POSTGRESQL_TABLES,
        };
        let mut tables: Vec<Table> = Vec::new();
        let mut keys: Vec<(i64, usize)> = Vec::new();
        for column in self.all::<Described>(sql, args![]).await? {
            let Described { table_name, column_name, kind, place } = column;
            let kind = Kind::read(&kind).ok_or_else(|| {
                StoreError::Setup(format!("{table_name}.{column_name} has the unknown type {kind}"))
            })?;
            if tables.last().is_none_or(|last| last.name != table_name) {
                keys.clear();
                tables.push(Table { name: table_name, columns: Vec::new(), key: Vec::new() });
            }
            let Some(table) = tables.last_mut() else { continue };
            if place > 0 {
                keys.push((place, table.columns.len()));
                keys.sort_unstable();
                table.key = keys.iter().map(|(_, at)| *at).collect();
            }
            table.columns.push(Column { name: column_name, kind });
        }
        Ok(tables)
    }

    /// The next rows of a table in the order of its key, at most so many, after the row with a key or from the first; only those
    /// of a clause, in which `$1` is a value.
    pub(crate) async fn page(
        &mut self,
        table: &Table,
        only: Option<(&'static str, Arg)>,
        after: Option<Vec<Arg>>,
        most: usize,
    ) -> Result<Vec<Vec<Arg>>> {
        let (clause, value) = only.unzip();
        let sql = table.page(clause, after.is_none(), most);
        let args = value.into_iter().chain(after.unwrap_or_default());
        let columns = &table.columns;
        Ok(on!(self, AssertSqlSafe(sql), |sql, connection| {
            let rows = bind!(sqlx::query(sql), args).fetch_all(connection).await;
            rows.and_then(|rows| rows.iter().map(|row| cells(row, columns)).collect())
        }))
    }

    /// How many rows a table has.
    pub(crate) async fn count(&mut self, table: &Table) -> Result<i64> {
        let sql = format!("SELECT count(*) FROM {}", quoted(&table.name));
        Ok(on!(self, AssertSqlSafe(sql), |sql, connection| {
            sqlx::query_scalar(sql).fetch_one(connection).await
        }))
    }

    /// Takes every row out of a table.
    pub(crate) async fn empty(&mut self, table: &Table) -> Result<()> {
        self.run(format!("DELETE FROM {}", quoted(&table.name))).await
    }

    /// Puts rows into a table, as [`Self::page`] gives them.
    pub(crate) async fn fill(&mut self, table: &Table, rows: Vec<Vec<Arg>>) -> Result<()> {
        let columns = Table::list(table.columns.iter().map(|column| quoted(&column.name)));
        self.put(&format!("INSERT INTO {} ({columns})", quoted(&table.name)), rows, "").await
    }

    /// Lets rows come before what they refer to, for the rest of this transaction.
    pub(crate) async fn defer_references(&mut self) -> Result<()> {
        if let EngineTx::Postgres(_) = self.engine {
            return self.alter_references("DEFERRABLE INITIALLY DEFERRED").await;
        }
        self.run("PRAGMA defer_foreign_keys = ON".into()).await
    }

    /// Asks now for every reference that was let off, and no longer lets any off. SQLite asks when the transaction is committed.
    pub(crate) async fn demand_references(&mut self) -> Result<()> {
        if let EngineTx::Postgres(_) = self.engine {
            self.run("SET CONSTRAINTS ALL IMMEDIATE".into()).await?;
            return self.alter_references("NOT DEFERRABLE").await;
        }
        Ok(())
    }

    async fn alter_references(&mut self, to: &str) -> Result<()> {
        #[derive(sqlx::FromRow)]
        struct Constraint {
            table_name: String,
            constraint_name: String,
        }
        let all: Vec<Constraint> = self.all(FOREIGN_KEYS, args![]).await?;
        for Constraint { table_name, constraint_name } in all {
            self.run(format!("ALTER TABLE {table_name} ALTER CONSTRAINT {constraint_name} {to}"))
                .await?;
        }
        Ok(())
    }

    async fn run(&mut self, sql: String) -> Result<()> {
        on!(self, AssertSqlSafe(sql), |sql, connection| connection.execute(sql).await.map(drop));
        Ok(())
    }
}

/// A row as values.
fn cells<'r, R: sqlx::Row>(row: &'r R, columns: &[Column]) -> sqlx::Result<Vec<Arg>>
where
    usize: ColumnIndex<R>,
    Option<Uuid>: Decode<'r, R::Database> + Type<R::Database>,
    Option<String>: Decode<'r, R::Database> + Type<R::Database>,
    Option<i64>: Decode<'r, R::Database> + Type<R::Database>,
    bool: Decode<'r, R::Database> + Type<R::Database>,
    Option<NaiveDate>: Decode<'r, R::Database> + Type<R::Database>,
    Option<DateTime<Utc>>: Decode<'r, R::Database> + Type<R::Database>,
{
    let cell = |(at, column): (usize, &Column)| {
        Ok(match column.kind {
            Kind::Uuid => Arg::Uuid(row.try_get(at)?),
            Kind::Text => Arg::Text(row.try_get::<Option<String>, _>(at)?.map(Into::into)),
            Kind::Number => Arg::Number(row.try_get(at)?),
            Kind::Flag => Arg::Flag(row.try_get(at)?),
            Kind::Date => Arg::Date(row.try_get(at)?),
            Kind::Instant => Arg::Instant(row.try_get(at)?),
        })
    };
    columns.iter().enumerate().map(cell).collect()
}
