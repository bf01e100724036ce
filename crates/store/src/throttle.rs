//! Tries that are counted, before what they try is looked at: many at once are counted as many.

use crate::{Result, Tx, args};
use domain::{
    Now,
    access::{Client, Throttle, Tries},
};

#[derive(sqlx::FromRow)]
struct Row {
    tries: i64,
    last_at: chrono::DateTime<chrono::Utc>,
}

/// Counts a try of an account and, where it is known, from an address. Gives the minutes to wait where it is one too many:
/// then the caller must roll back, because trying while one waits must not make the waiting longer.
pub(crate) async fn count(
    tx: &mut Tx,
    (of_account, account): (Throttle, &str),
    (from_address, client): (Throttle, &Client),
    now: &Now,
) -> Result<Option<i64>> {
    let wait = count_one(tx, of_account, account, now).await?;
    Ok(wait.max(count_from(tx, (from_address, client), now).await?))
}

/// The same of an address alone; nothing where it is not known.
pub(crate) async fn count_from(
    tx: &mut Tx,
    (what, client): (Throttle, &Client),
    now: &Now,
) -> Result<Option<i64>> {
    match client.network() {
        Some(network) => count_one(tx, what, &network, now).await,
        None => Ok(None),
    }
}

async fn count_one(tx: &mut Tx, what: Throttle, who: &str, now: &Now) -> Result<Option<i64>> {
    tx.execute(
        "DELETE FROM throttle WHERE kind = $1 AND last_at <= $2",
        args![what.name(), now.instant - what.forgotten_after()],
    )
    .await?;
    // The time of the try before comes back, and is changed only where this one counts.
    let Row { tries, last_at } = tx
        .one(
            "INSERT INTO throttle (kind, who, tries, last_at) VALUES ($1, $2, 1, $3) ON CONFLICT (kind, who)
             DO UPDATE SET tries = throttle.tries + 1 RETURNING tries, last_at",
            args![what.name(), who, now.instant],
        )
        .await?;
    let wait = what.must_wait(Tries { count: tries - 1, last_at }, now.instant);
    if wait.is_none() {
        tx.execute(
            "UPDATE throttle SET last_at = $3 WHERE kind = $1 AND who = $2",
            args![what.name(), who, now.instant],
        )
        .await?;
    }
    Ok(wait)
}

/// Forgets the tries of an account that has got it right, and takes that one try back from those of the address: whoever
/// has an account of their own could otherwise wipe out what they tried at others'.
pub(crate) async fn right(
    tx: &mut Tx,
    (of_account, account): (Throttle, &str),
    (from_address, client): (Throttle, &Client),
) -> Result<()> {
    tx.execute(
        "DELETE FROM throttle WHERE kind = $1 AND who = $2",
        args![of_account.name(), account],
    )
    .await?;
    right_from(tx, (from_address, client)).await
}

/// Takes one try back from those of an address.
pub(crate) async fn right_from(tx: &mut Tx, (what, client): (Throttle, &Client)) -> Result<()> {
    if let Some(network) = client.network() {
        tx.execute(
            "UPDATE throttle SET tries = tries - 1 WHERE kind = $1 AND who = $2 AND tries > 0",
            args![what.name(), network],
        )
        .await?;
    }
    Ok(())
}
