//! Which faults of an engine pass by themselves or by what its operator does: with those nothing is wrong with what was asked.

use sqlx::{error::DatabaseError, sqlite::SqliteError};

/// Busy, read-only, a fault of reading or writing, a full disk, a file that cannot be opened.
const OF_SQLITE: [i32; 5] = [5, 8, 10, 13, 14];
/// Connections, resources (a full disk among them), the operator's intervention, faults of the system; and what a server answers to a
/// change once it has become a standby.
const OF_POSTGRES: [&str; 5] = ["08", "53", "57P", "58", "25006"];

/// Whether a server is gone, has moved or is full, or a disk does not take what it should keep.
pub(crate) fn is_down(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(own) => says_down(own.as_ref()),
        _ => false,
    }
}

fn says_down(error: &dyn DatabaseError) -> bool {
    let Some(code) = error.code() else { return false };
    if error.try_downcast_ref::<SqliteError>().is_some() {
        // Of the extended code the low byte says what it is.
        return code.parse::<i32>().is_ok_and(|number| OF_SQLITE.contains(&(number & 0xff)));
    }
    OF_POSTGRES.iter().any(|class| code.starts_with(class))
}
