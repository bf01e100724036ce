//! The sessions of one person, as that person sees and ends them.

use super::hashed;
use crate::{Db, Result, StoreError, Tx, args, event};
use chrono::{DateTime, TimeDelta, Utc};
use domain::{Actor, Event, Now};

/// One session of the actor.
#[derive(Clone, Debug)]
pub struct OwnSession {
    /// What names it: the hash of its token, which lets nobody in.
    pub id: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// When it was last used, to about a minute.
    pub last_used_at: DateTime<Utc>,
    /// From where, as far as it is known.
    pub network: Option<String>,
    /// What the browser said of itself; empty when it said nothing.
    pub browser: String,
    /// Whether it is the one that asks.
    pub is_this: bool,
}

#[derive(sqlx::FromRow)]
struct Row {
    token_hash: String,
    created_at: DateTime<Utc>,
    last_used_at: Option<DateTime<Utc>>,
    network: Option<String>,
    browser: Option<String>,
}

/// The sessions of the actor that last: first the one that asks, whose token is given, then those used last.
pub async fn sessions(
    tx: &mut Tx,
    token: &str,
    idle: TimeDelta,
    by: &Actor,
    now: &Now,
) -> Result<Vec<OwnSession>> {
    let rows: Vec<Row> = tx
        .all(
            "SELECT token_hash, created_at, last_used_at, network, browser FROM session
             WHERE person_id = $1 AND created_at > $2 AND coalesce(last_used_at, created_at) > $3
             ORDER BY coalesce(last_used_at, created_at) DESC, created_at DESC, token_hash",
            args![by.person(), now.instant - super::LASTS, now.instant - idle],
        )
        .await?;
    let this = hashed(token);
    let own = |row: Row| OwnSession {
        is_this: row.token_hash == this,
        id: row.token_hash,
        since: row.created_at,
        last_used_at: row.last_used_at.unwrap_or(row.created_at),
        network: row.network,
        browser: row.browser.unwrap_or_default(),
    };
    let mut sessions: Vec<OwnSession> = rows.into_iter().map(own).collect();
    sessions.sort_by_key(|one| !one.is_this);
    Ok(sessions)
}

/// Ends one session of the actor; [`StoreError::NotFound`] when it is over already or somebody else's.
pub async fn end_one(db: &Db, id: &str, by: &Actor, now: &Now) -> Result<()> {
    let person = by.person().ok_or(StoreError::NotFound)?;
    let mut tx = db.write().await?;
    let ended = tx
        .execute("DELETE FROM session WHERE token_hash = $1 AND person_id = $2", args![id, person])
        .await?;
    if ended == 0 {
        return Err(StoreError::NotFound);
    }
    event::record(&mut tx, &Event::SignedOut { person }, by, now)?;
    tx.commit().await
}

/// Ends every session of the actor but the one with this token; gives how many there were.
pub async fn end_others(db: &Db, token: &str, by: &Actor, now: &Now) -> Result<u64> {
    let person = by.person().ok_or(StoreError::NotFound)?;
    let mut tx = db.write().await?;
    let ended = super::end_all(&mut tx, person, Some(token)).await?;
    for _ in 0..ended {
        event::record(&mut tx, &Event::SignedOut { person }, by, now)?;
    }
    tx.commit().await?;
    Ok(ended)
}
