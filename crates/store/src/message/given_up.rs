//! What the outbox has not got rid of: emails that were given up and those that are tried again, for whoever operates the
//! service to see and to send once more.

use crate::{Db, Result, Tx, args};
use chrono::{DateTime, TimeDelta, Utc};
use domain::{Now, message};
use uuid::Uuid;

/// An email that did not go at its first attempt.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Unsent {
    /// Identifier, the same as in the log.
    pub id: Uuid,
    /// Where it goes.
    pub email: String,
    /// One line.
    pub subject: String,
    /// What the mail server said last.
    pub fault: String,
    /// How often it was tried.
    pub attempts: i64,
    /// When it was written.
    pub made_at: DateTime<Utc>,
    /// When it is tried again; nothing for one that was given up.
    pub due_at: Option<DateTime<Utc>>,
}

/// Emails that were given up, and those that wait for another attempt, the oldest first. What is not sent any more is left
/// out: what is no longer news, and messages of people whose account is closed.
pub async fn unsent(tx: &mut Tx, now: &Now) -> Result<Vec<Unsent>> {
    tx.all(
        "SELECT m.id, q.email, m.subject, m.fault, m.attempts, m.made_at,
             CASE WHEN m.delivery = 'failed' THEN NULL ELSE m.due_at END AS due_at
         FROM message m JOIN person q ON q.id = m.person_id AND NOT q.is_disabled
         WHERE m.delivery <> 'sent' AND m.fault <> '' AND m.made_at > $1
         UNION ALL
         SELECT id, email, subject, fault, attempts, made_at, CASE WHEN delivery = 'failed' THEN NULL ELSE due_at END
         FROM address_message WHERE delivery <> 'sent' AND fault <> '' AND made_at > $1
         UNION ALL
         SELECT id, email, purpose, fault, attempts, made_at, due_at
         FROM link_to_send WHERE fault <> '' AND (due_at IS NOT NULL OR made_at > $1)
         ORDER BY 6, 1",
        args![since(now)],
    )
    .await
}

fn since(now: &Now) -> DateTime<Utc> {
    now.instant - TimeDelta::days(message::DAYS_AS_NEWS.into())
}

/// Lets emails that were given up go after all, all of them or one; gives how many. One that waits for another attempt may be
/// on its way just now, and goes by itself.
pub async fn retry(db: &Db, only: Option<Uuid>, now: &Now) -> Result<u64> {
    let mut tx = db.write().await?;
    let mut count = 0;
    for sql in [
        "UPDATE message SET delivery = 'to send', due_at = $1, attempts = 0
         WHERE delivery = 'failed' AND made_at > $2 AND (CAST($3 AS UUID) IS NULL OR id = $3)
             AND person_id IN (SELECT id FROM person WHERE NOT is_disabled)",
        "UPDATE address_message SET delivery = 'to send', due_at = $1, attempts = 0
         WHERE delivery = 'failed' AND made_at > $2 AND (CAST($3 AS UUID) IS NULL OR id = $3)",
        "UPDATE link_to_send SET due_at = $1, attempts = 0
         WHERE due_at IS NULL AND made_at > $2 AND (CAST($3 AS UUID) IS NULL OR id = $3)",
    ] {
        count += tx.execute(sql, args![now.instant, since(now), only]).await?;
    }
    tx.commit().await?;
    Ok(count)
}
