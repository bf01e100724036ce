//! PostgreSQL at one address or at several: which of them takes writes, and where it is after a failover.
//!
//! Every process looks for itself, so nothing in front has to move an address. A server that has been the primary and
//! answers again is not gone back to: who is found is asked for until it falls silent or becomes a standby.

use crate::{Result, StoreError};
use sqlx::{
    ConnectOptions, PgConnection, PgPool, Postgres, Transaction,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use std::{
    future::Future,
    str::FromStr,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

/// Connections of one process.
const CONNECTIONS: u32 = 16;
/// How long a request waits for a connection, and so for the next primary.
const WAIT: Duration = Duration::from_secs(10);
/// How often the primary is asked whether it still is.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// A server that has not answered by then is silent.
const ANSWER_BY: Duration = Duration::from_secs(2);

/// The connections to the server that takes writes.
#[derive(Debug)]
pub(super) struct Primary {
    /// Replaced as a whole by a failover: those to the old primary may hang, or read what is old.
    pool: RwLock<PgPool>,
}

/// A server that takes writes.
struct Found {
    options: PgConnectOptions,
    connection: PgConnection,
    /// Each promotion begins a new one: of two that both say they are primary, the higher one is.
    timeline: String,
}

impl Primary {
    /// Connects to `postgres://USER:PASSWORD@HOST:PORT,HOST:PORT…/DATABASE`: with several servers to the primary among them.
    pub(super) async fn open(address: &str) -> Result<Arc<Self>> {
        let servers = servers(address)?;
        let [one] = servers.as_slice() else {
            let found = find(&servers).await.ok_or_else(|| nobody(servers.len()))?;
            let pool = pool().connect_lazy_with(found.options.clone());
            let primary = Arc::new(Self { pool: RwLock::new(pool) });
            tokio::spawn(watch(Arc::downgrade(&primary), servers, found));
            return Ok(primary);
        };
        let pool = pool().connect_with(one.clone()).await?;
        Ok(Arc::new(Self { pool: RwLock::new(pool) }))
    }

    /// The connections as they are now.
    pub(super) fn pool(&self) -> PgPool {
        self.pool.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Begins a transaction. Who waits for a connection while the primary changes waits for one to the new one.
    pub(super) async fn begin(&self, how: &'static str) -> Result<Transaction<'static, Postgres>> {
        loop {
            let pool = self.pool();
            match pool.begin_with(how).await {
                Err(sqlx::Error::PoolClosed) if !self.pool().is_closed() => {}
                begun => return Ok(begun?),
            }
        }
    }

    /// From now on everything goes to this server.
    fn follow(&self, options: &PgConnectOptions) {
        let next = pool().connect_lazy_with(options.clone());
        let mut own = self.pool.write().unwrap_or_else(PoisonError::into_inner);
        if own.is_closed() {
            // The program ends.
            return;
        }
        let old = std::mem::replace(&mut *own, next);
        // Who knocks at the old primary already does not look up again, but asks for the options at each knock.
        old.set_connect_options(options.clone());
        // Not waited for: a connection may hang until the system gives it up.
        tokio::spawn(async move { old.close().await });
    }
}

fn pool() -> PgPoolOptions {
    PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(WAIT)
}

/// One set of options for each server of the address.
fn servers(address: &str) -> Result<Vec<PgConnectOptions>> {
    let (scheme, rest) = address.split_once("://").unwrap_or(("postgres", address));
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (place, tail) = rest.split_at(end);
    let (user, hosts) = match place.rsplit_once('@') {
        Some((user, hosts)) => (format!("{user}@"), hosts),
        None => (String::new(), place),
    };
    let options = |host: &str| {
        let options = PgConnectOptions::from_str(&format!("{scheme}://{user}{host}{tail}"))?;
        Ok(options.application_name("accord"))
    };
    let several = hosts.contains(',');
    if several && hosts.split(',').any(|host| host.trim().is_empty()) {
        return Err(StoreError::Setup(format!(
            "found the servers {hosts}, allowed HOST:PORT,HOST:PORT with a name in each place"
        )));
    }
    hosts.split(',').map(|host| options(host.trim())).collect()
}

fn nobody(servers: usize) -> StoreError {
    StoreError::Setup(format!(
        "none of the {servers} servers answers as a primary that takes writes"
    ))
}

/// The primary among the servers, all asked at once.
async fn find(servers: &[PgConnectOptions]) -> Option<Found> {
    let mut asked = tokio::task::JoinSet::new();
    for options in servers {
        asked.spawn(ask(options.clone()));
    }
    let found = asked.join_all().await.into_iter().flatten();
    found.max_by(|one, other| one.timeline.cmp(&other.timeline))
}

/// Connects to a server; nothing when it is silent, or not a primary.
async fn ask(options: PgConnectOptions) -> Option<Found> {
    let mut connection = in_time(options.connect()).await?;
    let timeline = in_time(timeline(&mut connection)).await??;
    Some(Found { options, connection, timeline })
}

/// The timeline that a primary writes, as 8 digits that sort; none of a standby.
async fn timeline(connection: &mut PgConnection) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar(
        "SELECT CASE WHEN pg_is_in_recovery() THEN NULL ELSE left(pg_walfile_name(pg_current_wal_lsn()), 8) END",
    )
    .fetch_one(connection)
    .await
}

async fn in_time<T>(work: impl Future<Output = sqlx::Result<T>>) -> Option<T> {
    tokio::time::timeout(ANSWER_BY, work).await.ok()?.ok()
}

/// Asks the primary again and again, and follows the next one when it falls silent or stands back.
async fn watch(primary: std::sync::Weak<Primary>, servers: Vec<PgConnectOptions>, found: Found) {
    let mut asking = Some(found);
    let mut tick = tokio::time::interval(LOOK_EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let Some(primary) = primary.upgrade().filter(|own| !own.pool().is_closed()) else { return };
        if let Some(found) = &mut asking {
            if in_time(timeline(&mut found.connection)).await.flatten().is_some() {
                continue;
            }
            tracing::warn!(server = name(&found.options), "the primary does not answer as one");
            asking = None;
        }
        if let Some(found) = find(&servers).await {
            tracing::info!(server = name(&found.options), "a primary is found");
            primary.follow(&found.options);
            asking = Some(found);
        }
    }
}

/// The server without its secrets.
fn name(options: &PgConnectOptions) -> String {
    format!("{}:{}", options.get_host(), options.get_port())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(address: &str) -> Vec<String> {
        servers(address).expect("servers").iter().map(name).collect()
    }

    #[test]
    fn an_address_names_one_server_or_several() {
        for (address, wanted) in [
            ("postgres://accord@db.example/accord", &["db.example:5432"][..]),
            ("postgres://accord:p%40ss@one:5433,two/accord", &["one:5433", "two:5432"]),
            (
                "postgresql://one,two:6000,[::1]:7000/accord?sslmode=disable",
                &["one:5432", "two:6000", "[::1]:7000"],
            ),
            ("postgres://a:b,c@one,two", &["one:5432", "two:5432"]),
        ] {
            assert_eq!(names(address), wanted, "{address}");
        }
    }

    #[test]
    fn every_server_has_the_user_and_the_database() {
        for options in servers("postgres://ana@one,two/pay?application_name=x").expect("servers") {
            assert_eq!(options.get_username(), "ana");
            assert_eq!(options.get_database(), Some("pay"));
            assert_eq!(options.get_application_name(), Some("accord"));
        }
    }

    #[test]
    fn a_place_without_a_name_is_refused() {
        for address in ["postgres://one,,two/accord", "postgres://ana@one,/accord"] {
            let refused = servers(address).expect_err(address).to_string();
            assert!(refused.contains("HOST:PORT"), "{refused}");
        }
    }
}
