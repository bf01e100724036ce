//! The outbox: messages that wait for their email are claimed by a worker for a while, and then sent or tried again.
//!
//! Whoever claims a message moves the time of its next attempt ahead in the same statement, so that two workers never hold
//! the same one. A worker that dies leaves it to be claimed again: an email is sent at least once, under one identifier.

use super::address;
use crate::{Db, Result, args};
use chrono::TimeDelta;
use domain::{MessageId, Now, message};
use uuid::Uuid;

/// Longer than the slowest mail server takes for a batch.
const HELD_FOR: TimeDelta = TimeDelta::minutes(10);

/// A message with the address it goes to.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Outgoing {
    pub(super) id: Uuid,
    /// Where it goes.
    pub email: String,
    /// The name of the person.
    pub name: String,
    /// One line.
    pub subject: String,
    /// Paragraphs of plain text.
    pub body: String,
    /// The page where the reader acts, below the address of the service.
    pub link: String,
    pub(super) attempts: i64,
    /// Whether it goes to an address that may have no account.
    pub(super) is_to_address: bool,
}

impl Outgoing {
    /// Identifier.
    pub fn id(&self) -> MessageId {
        self.id.into()
    }

    /// Why somebody gets it, to follow "because".
    pub fn because(&self) -> &'static str {
        if self.is_to_address { "you asked for access to Accord" } else { "of your role in Accord" }
    }
}

/// Takes up to `limit` messages that are due. Old ones are no longer news, and people whose account is closed get none.
pub async fn claim(db: &Db, limit: i64, now: &Now) -> Result<Vec<Outgoing>> {
    let mut tx = db.write().await?;
    let since = now.instant - TimeDelta::days(message::DAYS_AS_NEWS.into());
    let mut claimed: Vec<Outgoing> = tx
        .all(
            "UPDATE message SET attempts = attempts + 1, due_at = $2
             WHERE delivery = 'to send' AND due_at <= $1 AND id IN
                 (SELECT w.id FROM message w JOIN person q ON q.id = w.person_id
                  WHERE w.delivery = 'to send' AND w.due_at <= $1 AND w.made_at > $3 AND NOT q.is_disabled
                  ORDER BY w.due_at, w.id LIMIT CAST($4 AS BIGINT))
             RETURNING id, subject, body, link, attempts, (1 = 0) AS is_to_address,
                 (SELECT email FROM person WHERE person.id = message.person_id) AS email,
                 (SELECT name FROM person WHERE person.id = message.person_id) AS name",
            args![now.instant, now.instant + HELD_FOR, since, limit],
        )
        .await?;
    let left = limit - claimed.len() as i64;
    claimed.extend(address::claim(&mut tx, left, (now.instant + HELD_FOR, since), now).await?);
    tx.commit().await?;
    Ok(claimed)
}

/// The mail server has taken it.
pub async fn sent(db: &Db, message: &Outgoing, now: &Now) -> Result<()> {
    let mut tx = db.write().await?;
    let sql = match message.is_to_address {
        true => {
            "UPDATE address_message SET delivery = 'sent', sent_at = $2, fault = '' WHERE id = $1 AND delivery = 'to send'"
        }
        false => {
            "UPDATE message SET delivery = 'sent', sent_at = $2, fault = '' WHERE id = $1 AND delivery = 'to send'"
        }
    };
    tx.execute(sql, args![message.id(), now.instant]).await?;
    tx.commit().await
}

/// The mail server has not: it is tried again later, unless it was refused for good or too often. Gives whether it was
/// given up.
pub async fn failed(
    db: &Db,
    message: &Outgoing,
    (fault, is_final): (&str, bool),
    now: &Now,
) -> Result<bool> {
    let attempt = u32::try_from(message.attempts).unwrap_or(u32::MAX);
    let is_given_up = is_final || attempt >= message::ATTEMPTS;
    let wait = TimeDelta::minutes(message::minutes_until_next(attempt).into());
    let delivery = if is_given_up { "failed" } else { "to send" };
    let mut tx = db.write().await?;
    let sql = match message.is_to_address {
        true => {
            "UPDATE address_message SET delivery = $2, fault = $3, due_at = $4 WHERE id = $1 AND delivery = 'to send'"
        }
        false => {
            "UPDATE message SET delivery = $2, fault = $3, due_at = $4 WHERE id = $1 AND delivery = 'to send'"
        }
    };
    tx.execute(sql, args![message.id(), delivery, fault, now.instant + wait]).await?;
    tx.commit().await?;
    Ok(is_given_up)
}
