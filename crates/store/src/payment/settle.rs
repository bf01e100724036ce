//! Settling by hand: a payment that failed for the last time, and the fact that it was settled outside the files.

use super::{
    Line, hold, reader,
    row::{LineRow, lines},
};
use crate::{Db, Failed, Result, StoreError, Tx, args, event, receipt};
use domain::{
    Actor, Now, Permission,
    payment::{CannotSettle, Frozen, PaymentState, Settling},
    receipt::money::{Settled, What},
};

/// A payment of the own organisation by its identity, with the file of that try.
pub async fn to_settle(tx: &mut Tx, identity: &str, by: &Actor) -> Result<(Line, Frozen)> {
    let line = one(tx, identity, by).await?;
    let file = super::own(tx, line.file.as_deref().unwrap_or_default(), by).await?.frozen();
    Ok((line, file))
}

/// The payment of the own organisation with an identity, such as `D-2026-000123/3`.
pub(super) async fn one(tx: &mut Tx, identity: &str, by: &Actor) -> Result<Line> {
    let organisation = reader(by)?;
    let (reference, attempt) = identity.split_once('/').unwrap_or((identity, "1"));
    let attempt: i64 = attempt.parse().map_err(|_| StoreError::NotFound)?;
    let row: LineRow = tx
        .one(
            lines!(
                "WHERE (t.reference = $1 OR (t.id IS NULL AND d.reference = $1)) AND l.attempt = $2 \
                 AND f.commissioner_id = $3"
            ),
            args![reference, attempt, organisation.id],
        )
        .await?;
    row.read()
}

/// Records that a payment was settled outside the files, with its receipt.
pub async fn settle(
    db: &Db,
    identity: &str,
    settling: &Settling,
    by: &Actor,
    now: &Now,
) -> Result<(), Failed<CannotSettle>> {
    by.must(Permission::MakePayments).map_err(|why| Failed::Refused(why.into()))?;
    let by = &by.acting(Permission::MakePayments);
    let mut tx = db.write().await?;
    let found = one(&mut tx, identity, by).await?;
    // Two who settle the same payment wait for each other here, and the second finds that it is settled.
    let row = hold(&mut tx, found.file.as_deref().unwrap_or_default(), by).await?;
    let (file, line) = (row.frozen(), one(&mut tx, identity, by).await?);
    if line.is_replaced {
        return Err(Failed::Refused(CannotSettle::NotFailed));
    }
    let change = line.payment.settle(settling, &file, by, now).map_err(Failed::Refused)?;
    let PaymentState::Settled { on, reference, reason, failed } = change.after.state.clone() else {
        return Err(StoreError::Stale.into());
    };
    tx.execute(
        "INSERT INTO payment_settlement (payment_file_id, position, settled_on, reference, reason, settled_by,
             settled_by_name, settled_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        args![
            file.id,
            line.position,
            on,
            &*reference,
            &*reason,
            by.person(),
            by.name(),
            now.instant
        ],
    )
    .await?;
    event::record(&mut tx, &change.event, by, now)?;
    let file = (row.reference.clone(), row.content_hash.clone());
    let identity = line.payment.identity();
    let part = line.payment.part.map(|_| (line.payment.reference.clone(), line.payment.amount));
    let settled = What::Settled(Settled { identity, part, file, failed, on, reference, reason });
    receipt::money::keep(&mut tx, line.payment.declaration, settled, by, now).await?;
    tx.commit().await?;
    Ok(())
}
