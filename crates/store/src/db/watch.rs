//! What whoever operates Accord wants to know of the engine: its clock, and how busy its connections are.

use super::{Db, Engine};
use crate::Result;
use chrono::{DateTime, Utc};

/// The connections of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connections {
    /// How many there may be at once.
    pub most: u32,
    /// How many are in use.
    pub in_use: u32,
}

impl Db {
    /// What time the database server says it is; nothing where the database has no clock but this machine's.
    pub async fn clock(&self) -> Result<Option<DateTime<Utc>>> {
        match &self.0 {
            Engine::Sqlite { .. } => Ok(None),
            Engine::Postgres(primary) => {
                let pool = primary.pool();
                Ok(Some(sqlx::query_scalar("SELECT clock_timestamp()").fetch_one(&pool).await?))
            }
        }
    }

    /// Connections that read, and of PostgreSQL those that write as well.
    pub fn connections(&self) -> Connections {
        match &self.0 {
            Engine::Sqlite { read, .. } => {
                let (most, in_use) = read.used();
                Connections { most, in_use }
            }
            Engine::Postgres(primary) => {
                let pool = primary.pool();
                let idle = u32::try_from(pool.num_idle()).unwrap_or(0);
                Connections {
                    most: pool.options().get_max_connections(),
                    in_use: pool.size().saturating_sub(idle),
                }
            }
        }
    }
}
