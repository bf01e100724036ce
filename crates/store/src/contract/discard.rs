//! Discarding a draft: it stays in the history and goes from the lists.

use super::read::own;
use crate::{Db, Failed, args, event};
use domain::{
    Actor, Change, Now,
    contract::{CannotDiscard, Contract},
};

/// Gives up a draft of the actor's organisation, as the person saw it.
///
/// # Errors
/// When it is no draft any more, or somebody changed it since.
pub async fn discard(
    db: &Db,
    reference: &str,
    seen: i64,
    by: &Actor,
    now: &Now,
) -> Result<Contract, Failed<CannotDiscard>> {
    let mut tx = db.write().await?;
    let contract = own(&mut tx, reference, by).await?;
    let Change { after, event } = contract.discard(by, now).map_err(Failed::Refused)?;
    tx.change(
        "UPDATE contract SET state = $3, state_by = $4, state_at = $5, version = version + 1
         WHERE id = $1 AND version = $2",
        args![after.id, seen, after.state.name(), by.person(), now.instant],
    )
    .await?;
    event::record(&mut tx, &event, by, now)?;
    tx.commit().await?;
    Ok(after)
}
