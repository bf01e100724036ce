//! Emails to addresses that may have no account: whoever asked for access and was not given it reads no messages on pages.

use super::outbox::Outgoing;
use crate::{Result, Tx, args, new_id};
use chrono::{DateTime, Utc};
use domain::{MessageId, Now, message::Message};

/// Puts an email to an address, with the name of its person, into the outbox.
pub(crate) async fn post_to_address(
    tx: &mut Tx,
    (email, name): (&str, &str),
    message: Message,
    now: &Now,
) -> Result<()> {
    let id: MessageId = new_id(now);
    let Message { subject, body, link } = message;
    tx.execute(
        "INSERT INTO address_message (id, email, name, subject, body, link, made_at, delivery, due_at, attempts, fault)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 'to send', $7, 0, '')",
        args![id, email, name, subject, body, link, now.instant],
    )
    .await
    .map(drop)
}

/// Takes up to `limit` of them that are due, until an instant, without those made before another.
pub(super) async fn claim(
    tx: &mut Tx,
    limit: i64,
    (until, since): (DateTime<Utc>, DateTime<Utc>),
    now: &Now,
) -> Result<Vec<Outgoing>> {
    tx.all(
        "UPDATE address_message SET attempts = attempts + 1, due_at = $2
         WHERE delivery = 'to send' AND due_at <= $1 AND id IN
             (SELECT id FROM address_message WHERE delivery = 'to send' AND due_at <= $1 AND made_at > $3
              ORDER BY due_at, id LIMIT CAST($4 AS BIGINT))
         RETURNING id, email, name, subject, body, link, attempts, (1 = 1) AS is_to_address",
        args![now.instant, until, since, limit],
    )
    .await
}
