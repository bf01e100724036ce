//! Messages: written in the transaction of what they tell, read by the person they are for, and emailed by a worker.

mod address;
mod delegation;
pub mod given_up;
mod outbox;
mod sight;
mod write;

pub(crate) use address::post_to_address;
pub(crate) use delegation::tell_members;
pub use outbox::{Outgoing, claim, failed, sent};
pub(crate) use sight::Of;
pub(crate) use write::{
    Letter, Offers, Whose, letters, news_of, post, readers, roles, tell, tell_by, tell_holders,
};

use crate::{Result, StoreError, Tx, args};
use chrono::{DateTime, Utc};
use domain::{Actor, MessageId};
use uuid::Uuid;

/// What became of a message's email.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Not yet, or not at all where no mail is set up.
    ToSend,
    /// Handed to the mail server at this instant.
    Sent(DateTime<Utc>),
    /// Given up, with what the mail server said.
    Failed(String),
}

/// A message as its reader sees it.
#[derive(Clone, Debug)]
pub struct Received {
    /// Identifier.
    pub id: MessageId,
    /// One line.
    pub subject: String,
    /// Paragraphs of plain text.
    pub body: String,
    /// The page where the reader acts.
    pub link: String,
    /// When it was written.
    pub made_at: DateTime<Utc>,
    /// What became of its email.
    pub delivery: Delivery,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    subject: String,
    body: String,
    link: String,
    made_at: DateTime<Utc>,
    delivery: String,
    fault: String,
    sent_at: Option<DateTime<Utc>>,
}

impl Row {
    fn read(self) -> Result<Received> {
        let delivery = match (self.delivery.as_str(), self.sent_at) {
            ("to send", None) => Delivery::ToSend,
            ("sent", Some(at)) => Delivery::Sent(at),
            ("failed", None) => Delivery::Failed(self.fault),
            (name, _) => {
                let what = format!("delivery {name} of {}", self.id);
                return Err(StoreError::Inconsistent { table: "message", what });
            }
        };
        Ok(Received {
            id: self.id.into(),
            subject: self.subject,
            body: self.body,
            link: self.link,
            made_at: self.made_at,
            delivery,
        })
    }
}

/// How many messages a person has got for the organisation acted for.
pub async fn count(tx: &mut Tx, by: &Actor) -> Result<i64> {
    #[derive(sqlx::FromRow)]
    struct Count {
        messages: i64,
    }
    let count: Count = tx
        .one(
            "SELECT count(*) AS messages FROM message WHERE person_id = $1 AND organisation_id = $2",
            args![by.person(), by.organisation().map(|own| own.id)],
        )
        .await?;
    Ok(count.messages)
}

/// The messages a person has got for the organisation acted for, newest first.
pub async fn list(tx: &mut Tx, skip: i64, limit: i64, by: &Actor) -> Result<Vec<Received>> {
    let rows: Vec<Row> = tx
        .all(
            "SELECT id, subject, body, link, made_at, delivery, fault, sent_at FROM message
             WHERE person_id = $1 AND organisation_id = $2 ORDER BY made_at DESC, id DESC
             LIMIT CAST($3 AS BIGINT) OFFSET $4",
            args![by.person(), by.organisation().map(|own| own.id), limit, skip],
        )
        .await?;
    rows.into_iter().map(Row::read).collect()
}

/// One message, for the person it was written to.
pub async fn find(tx: &mut Tx, id: MessageId, by: &Actor) -> Result<Received> {
    let row: Row = tx
        .one(
            "SELECT id, subject, body, link, made_at, delivery, fault, sent_at FROM message
             WHERE id = $1 AND person_id = $2 AND organisation_id = $3",
            args![id, by.person(), by.organisation().map(|own| own.id)],
        )
        .await?;
    row.read()
}
