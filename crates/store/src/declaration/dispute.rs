//! Approving less than was calculated, and rejecting: one declaration, with a reason that its provider reads.

use super::{Seen, check::check, list, out_of_force, save, told::tell};
use crate::{Db, Failed, Result, Tx, receipt};
use domain::{
    Actor, Change, Now, Pence, Permission,
    declaration::{CannotApprove, Declaration},
    message::{Message, dispute},
    receipt::money::What,
};
use std::collections::BTreeMap;

/// Approves a part of the amount for the commissioner.
pub async fn approve_less(
    db: &Db,
    seen: &Seen,
    amount: Pence,
    reason: &str,
    by: &Actor,
    now: &Now,
) -> Result<Declaration, Failed<CannotApprove>> {
    let (mut tx, before) = held(db, seen, by).await?;
    let by = &by.acting(Permission::Approve);
    let change = before.approve_less(seen.calculation, amount, reason, by, now);
    let change = change.map_err(Failed::Refused)?;
    if let Some(why) = out_of_force(&mut tx, &before).await? {
        return Err(Failed::Refused(CannotApprove::NotCalculated(why)));
    }
    let what = What::of_approval(&change.after.state);
    let after = written(&mut tx, seen, change, dispute::less, reason, by, now).await?;
    receipt::money::keep(&mut tx, after.id, what, by, now).await?;
    tx.commit().await?;
    Ok(after)
}

/// Sends it back to its provider.
pub async fn reject(
    db: &Db,
    seen: &Seen,
    reason: &str,
    by: &Actor,
    now: &Now,
) -> Result<Declaration, Failed<CannotApprove>> {
    let (mut tx, before) = held(db, seen, by).await?;
    let by = &by.acting(before.next_approval());
    let change = before.reject(seen.calculation, reason, by).map_err(Failed::Refused)?;
    let after = written(&mut tx, seen, change, dispute::rejected, reason, by, now).await?;
    tx.commit().await?;
    Ok(after)
}

/// The declaration behind what was seen, kept from everybody else until the transaction ends.
pub(super) async fn held(db: &Db, seen: &Seen, by: &Actor) -> Result<(Tx, Declaration)> {
    let id = list::find(&mut db.read_as(by).await?, &seen.reference, by).await?.declaration.id;
    let mut tx = db.write().await?;
    let before = super::hold(&mut tx, id).await?;
    Ok((tx, before))
}

/// Words of a message: from whom, the service and period, the declaration and the reason.
type Words = fn(&str, (&str, &str), &str, &str) -> Message;

/// Writes the change over the version that was seen, and tells the provider's people.
async fn written(
    tx: &mut Tx,
    seen: &Seen,
    change: Change<Declaration>,
    words: Words,
    reason: &str,
    by: &Actor,
    now: &Now,
) -> Result<Declaration> {
    let after = save(tx, seen.version, change, by, now).await?;
    if after.state.declared().is_none() {
        check(tx, std::slice::from_ref(&after)).await?;
    }
    let found = list::find(tx, &after.reference, by).await?;
    let what = (&*found.service.name, &*after.period.to_string());
    let message = words(&found.commissioner.name, what, &after.reference, reason.trim());
    tell(tx, BTreeMap::from([(after.provider, (message, vec![after.service]))]), by, now).await?;
    Ok(after)
}
