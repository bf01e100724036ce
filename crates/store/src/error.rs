//! Why the store could not do what it was asked.

use crate::db;

/// Why the database could not do it. Refusals of the domain are not among these.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such record, or not for this organisation; both answer the same.
    #[error("there is no such record")]
    NotFound,
    /// Somebody else changed the record since it was seen.
    #[error("somebody else changed the record")]
    Stale,
    /// Too many wait for the same already.
    #[error("too many wait already")]
    Busy,
    /// A stored row does not fit the rules that wrote it.
    #[error("inconsistent row in {table}: {what}")]
    Inconsistent {
        /// The table.
        table: &'static str,
        /// What does not fit, and in which row.
        what: String,
    },
    /// The database does not answer, or cannot keep what it is given, for the moment: nothing is wrong with what was asked.
    /// Where it was a commit, what it should have kept may be kept or not.
    #[error("the database is not available: {0}")]
    Down(#[source] sqlx::Error),
    /// The database refused to run as Accord needs it.
    #[error("{0}")]
    Setup(String),
    /// The engine's own error.
    #[error("database: {0}")]
    Database(#[source] sqlx::Error),
    /// A migration failed.
    #[error("migration: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
}

/// What PostgreSQL answers to one of two that wait for each other: it is as if that one had come too late.
const DEADLOCK_DETECTED: &str = "40P01";

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(|own| own.code());
        if code.as_deref() == Some(DEADLOCK_DETECTED) {
            Self::Stale
        } else if db::is_down(&error) {
            Self::Down(error)
        } else {
            Self::Database(error)
        }
    }
}

impl StoreError {
    /// Whether the engine refused because a rule across rows (a unique index) was broken.
    pub fn is_duplicate(&self) -> bool {
        matches!(self, Self::Database(sqlx::Error::Database(error)) if error.is_unique_violation())
    }
}

/// What a question or a change of the store gives back.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;
