//! Payments that failed: those that wait for finance, and letting one go into the next file.

use super::{
    Line, reader,
    row::{LineRow, lines},
    settle::one,
};
use crate::{Db, Failed, Result, StoreError, Tx, args, event};
use domain::{Actor, Now, Permission, payment::CannotTryAgain};

/// The payments that failed and were neither tried again nor settled, oldest file first.
pub async fn failed(tx: &mut Tx, by: &Actor) -> Result<Vec<Line>> {
    let organisation = reader(by)?;
    let rows: Vec<LineRow> = tx
        .all(
            lines!(
                "WHERE l.state = 'failed' AND z.position IS NULL AND f.commissioner_id IN \
                 (SELECT id FROM organisation WHERE id = $1 OR (parent_id = $1 AND kind = 'icb')) \
                 ORDER BY f.created_at, f.reference, l.position"
            ),
            args![organisation.id],
        )
        .await?;
    rows.into_iter().map(LineRow::read).collect()
}

/// What became of one payment of a bulk act. Each has its own transaction, so a refusal takes nothing from the others.
#[derive(Debug)]
pub struct Tried {
    /// The payment's identity: `D-2026-000123/2`.
    pub identity: String,
    /// Nothing, or why it stays as it is.
    pub result: Result<(), Failed<CannotTryAgain>>,
}

/// Lets payments that failed go into the next file, each under the identity of its next try.
pub async fn try_again(
    db: &Db,
    identities: &[String],
    by: &Actor,
    now: &Now,
) -> Result<Vec<Tried>, Failed<CannotTryAgain>> {
    by.must(Permission::MakePayments).map_err(|why| Failed::Refused(why.into()))?;
    let by = &by.acting(Permission::MakePayments);
    let mut tried = Vec::with_capacity(identities.len());
    for identity in identities {
        let result = try_one(db, identity, by, now).await;
        if let Err(Failed::Other(StoreError::NotFound)) = result {
            return Err(StoreError::NotFound.into());
        }
        tried.push(Tried { identity: identity.clone(), result });
    }
    Ok(tried)
}

async fn try_one(
    db: &Db,
    identity: &str,
    by: &Actor,
    now: &Now,
) -> Result<(), Failed<CannotTryAgain>> {
    let mut tx = db.write().await?;
    let line = one(&mut tx, identity, by).await?;
    if line.is_replaced {
        return Err(Failed::Refused(CannotTryAgain::NotFailed));
    }
    let change = line.payment.try_again(by).map_err(Failed::Refused)?;
    let attempt = i64::from(line.payment.attempt);
    match line.payment.part {
        None => {
            tx.change(
                "UPDATE payment_line SET state = 'replaced' WHERE declaration_id = $1 AND attempt = $2
                     AND correction_part_id IS NULL AND state = 'failed'",
                args![line.payment.declaration, attempt],
            )
            .await?;
        }
        Some(part) => {
            tx.change(
                "UPDATE payment_line SET state = 'replaced' WHERE correction_part_id = $1 AND attempt = $2
                     AND state = 'failed'",
                args![part, attempt],
            )
            .await?;
        }
    }
    event::record(&mut tx, &change.event, by, now)?;
    tx.commit().await?;
    Ok(())
}

/// What waits for finance besides what is ready.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Waiting {
    /// Files that somebody else has made and nobody has sent.
    pub to_send: i64,
    /// Files with payments that the payer has not answered for.
    pub unanswered: i64,
    /// Payments that failed and were neither tried again nor settled.
    pub failed: i64,
}

/// What waits for a person of finance of one commissioner.
pub async fn waiting(tx: &mut Tx, by: &Actor) -> Result<Waiting> {
    let Some(organisation) = by.organisation().filter(|_| by.may(Permission::SeePayments)) else {
        return Ok(Waiting::default());
    };
    let principal = by.acting(Permission::MakePayments).principal();
    tx.one(
        "SELECT
             (SELECT count(*) FROM payment_file
              WHERE commissioner_id = $1 AND sent_on IS NULL AND created_by NOT IN ($2, $3)
                  AND (created_for IS NULL OR created_for NOT IN ($2, $3))) AS to_send,
             (SELECT count(*) FROM payment_file f WHERE f.commissioner_id = $1 AND f.sent_on IS NOT NULL AND EXISTS
                 (SELECT 1 FROM payment_line l WHERE l.payment_file_id = f.id AND l.state = 'sent')) AS unanswered,
             (SELECT count(*) FROM payment_line l JOIN payment_file f ON f.id = l.payment_file_id
              WHERE l.state = 'failed' AND f.commissioner_id = $1 AND NOT EXISTS
                 (SELECT 1 FROM payment_settlement z WHERE z.payment_file_id = l.payment_file_id AND z.position = l.position)
             ) AS failed",
        args![organisation.id, by.person(), principal.or(by.person())],
    )
    .await
}

/// The payments of a provider that came with one bank reference, in the order of their services.
pub async fn in_credit(tx: &mut Tx, bank_reference: &str, by: &Actor) -> Result<Vec<Line>> {
    let Some(organisation) = by.organisation().filter(|_| by.sees_money()) else {
        return Ok(Vec::new());
    };
    let rows: Vec<LineRow> = tx
        .all(
            lines!(
                "WHERE (b.bank_reference = $1 OR z.reference = $1) AND d.provider_id = $2 \
                 ORDER BY coalesce(b.paid_on, z.settled_on), s.name, d.achievement_date, d.reference"
            ),
            args![bank_reference, organisation.id],
        )
        .await?;
    rows.into_iter().map(LineRow::read).collect()
}
