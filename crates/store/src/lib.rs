//! What is recorded: SQL, one transaction and one function per change, the event inside it.

pub mod achievement;
pub mod adjustment;
pub mod arg;
pub mod audit;
pub mod calendar;
pub mod cluster;
pub mod contract;
pub mod copy;
pub mod correction;
pub mod db;
pub mod deadline;
pub mod declaration;
pub mod delegation;
pub mod deputy;
mod error;
pub mod event;
pub mod extract;
pub mod hold;
pub mod message;
pub mod network;
pub mod offer;
pub mod operation;
pub mod organisation;
pub mod payment;
pub mod person;
pub mod question;
pub mod receipt;
pub mod recovery;
pub mod reference;
pub mod service;
pub mod session;
pub mod submission;
pub mod task;
mod throttle;
pub mod variation;

pub use db::{Db, Tx};
pub use error::{Result, StoreError};

use domain::{Now, Refusal};
use std::sync::{Mutex, PoisonError};
use uuid::{ContextV7, Timestamp, Uuid};

/// Why a change was not made: the domain refused it, or something else went wrong.
/// Two arms on purpose: a refusal is shown where it was asked, everything else has one answer for the whole site.
#[derive(Debug, thiserror::Error)]
pub enum Failed<R: Refusal> {
    /// A named reason, with its sentence.
    #[error(transparent)]
    Refused(R),
    /// Not found, stale, or the database.
    #[error(transparent)]
    Other(#[from] StoreError),
}

impl<R: Refusal> Failed<R> {
    /// The same, with the refusal as another one says it.
    pub fn map<S: Refusal>(self, refused: impl FnOnce(R) -> S) -> Failed<S> {
        match self {
            Self::Refused(why) => Failed::Refused(refused(why)),
            Self::Other(error) => Failed::Other(error),
        }
    }
}

/// A broken unique index has a name in the domain; everything else stays what it is.
pub(crate) fn unless_duplicate<R: Refusal>(error: StoreError, why: R) -> Failed<R> {
    if error.is_duplicate() { Failed::Refused(why) } else { Failed::Other(error) }
}

/// Where the last identifier stood within its instant.
static ORDER: Mutex<ContextV7> = Mutex::new(ContextV7::new());

/// A new identifier that sorts by time, and those of one instant by their order: rows that come together lie together.
pub fn new_id<T: From<Uuid>>(now: &Now) -> T {
    let seconds = u64::try_from(now.instant.timestamp()).unwrap_or_default();
    let order = ORDER.lock().unwrap_or_else(PoisonError::into_inner);
    let nanos = now.instant.timestamp_subsec_nanos();
    Uuid::new_v7(Timestamp::from_unix(&*order, seconds, nanos)).into()
}

/// Brings the database to this program's version: tables, then the names of all states.
pub async fn prepare(db: &Db) -> Result<()> {
    db.migrate().await?;
    let mut tx = db.write().await?;
    for name in domain::offer::OfferState::NAMES {
        tx.execute(
            "INSERT INTO offer_state (name) VALUES ($1) ON CONFLICT (name) DO NOTHING",
            args![name],
        )
        .await?;
    }
    for name in domain::contract::ContractState::NAMES {
        tx.execute(
            "INSERT INTO contract_state (name) VALUES ($1) ON CONFLICT (name) DO NOTHING",
            args![name],
        )
        .await?;
    }
    for name in domain::declaration::DeclarationState::NAMES {
        tx.execute(
            "INSERT INTO declaration_state (name) VALUES ($1) ON CONFLICT (name) DO NOTHING",
            args![name],
        )
        .await?;
    }
    for name in domain::adjustment::AdjustmentState::NAMES {
        tx.execute(
            "INSERT INTO adjustment_state (name) VALUES ($1) ON CONFLICT (name) DO NOTHING",
            args![name],
        )
        .await?;
    }
    for state in domain::reference::ReferenceState::ALL {
        tx.execute(
            "INSERT INTO reference_state (name) VALUES ($1) ON CONFLICT (name) DO NOTHING",
            args![state.name()],
        )
        .await?;
    }
    tx.commit().await
}

/// The next reference of a kind in a calendar year: `D-2026-000123`.
pub async fn next_reference(tx: &mut Tx, kind: &'static str, now: &Now) -> Result<String> {
    references(tx, kind, 1, now).await.map(|mut list| list.pop().unwrap_or_default())
}

/// The next `count` references of a kind, in order.
pub async fn references(
    tx: &mut Tx,
    kind: &'static str,
    count: i64,
    now: &Now,
) -> Result<Vec<String>> {
    #[derive(sqlx::FromRow)]
    struct Counter {
        value: i64,
    }
    let year = i64::from(chrono::Datelike::year(&now.today));
    let Counter { value } = tx
        .one(
            "INSERT INTO counter (name, year, value) VALUES ($1, $2, $3)
             ON CONFLICT (name, year) DO UPDATE SET value = counter.value + excluded.value RETURNING value",
            args![kind, year, count],
        )
        .await?;
    Ok((value - count + 1..=value).map(|number| format!("{kind}-{year}-{number:06}")).collect())
}
