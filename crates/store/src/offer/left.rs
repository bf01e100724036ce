//! Offers of providers that belong to another commissioner now, or that have closed: nobody can answer them any more, and the
//! provider's new commissioner may offer it the same service.

use super::{OfferRow, columns, write};
use crate::{
    Db, Result, Tx, args, event,
    message::{self, Offers},
    offer::row::{provider_closed_on, provider_moved},
};
use domain::{Actor, ContractId, Event, Now, OfferId, message::News};
use std::collections::{BTreeMap, HashSet};

/// The offers `o` that wait for a provider that has left on the day `$1`.
macro_rules! left {
    () => {
        concat!(
            "o.state IN ('pending', 'requested') AND (",
            provider_closed_on!(),
            " < $1 OR ",
            provider_moved!(),
            ")"
        )
    };
}

/// Takes back what waits or is asked for again by providers that have left, if there is any; gives how many offers.
pub async fn take_back_from_left(db: &Db, by: &Actor, now: &Now) -> Result<u64> {
    if waiting(&mut db.read().await?, now).await?.is_empty() {
        return Ok(0);
    }
    let mut tx = db.write().await?;
    let taken_back = take_back_in(&mut tx, by, now).await?;
    tx.commit().await?;
    Ok(taken_back)
}

/// The same as a part of what made them leave. Providers hear of it contract by contract.
pub(crate) async fn take_back_in(tx: &mut Tx, by: &Actor, now: &Now) -> Result<u64> {
    // Whoever answers one of them at this moment is waited for, and has then answered it.
    let hold = concat!("UPDATE offer AS o SET version = version WHERE ", left!());
    tx.execute(hold, args![now.today]).await?;
    let mut by_contract: BTreeMap<ContractId, HashSet<OfferId>> = BTreeMap::new();
    for row in waiting(tx, now).await? {
        let offer = row.read()?;
        let Some(change) = offer.take_back_from_left(by, now) else { continue };
        let (after, _) = write(tx, change, offer.version, by, now).await?;
        by_contract.entry(after.contract).or_default().insert(after.id);
    }
    let mut taken_back = 0;
    for (contract, offers) in by_contract {
        let count = offers.len() as u64;
        taken_back += count;
        let what = "withdrawn, because their providers have moved or closed".to_owned();
        event::record(tx, &Event::OffersMoved { contract, what, offers: count }, by, now)?;
        message::tell(tx, News::Withdrawn, &Offers::Some(contract, &offers), by, now).await?;
    }
    Ok(taken_back)
}

/// The offers that wait for somebody who has left.
async fn waiting(tx: &mut Tx, now: &Now) -> Result<Vec<OfferRow>> {
    tx.all(
        concat!(
            "SELECT ",
            columns!(),
            " FROM offer o JOIN contract c ON c.id = o.contract_id JOIN service s ON s.id = o.service_id WHERE ",
            left!(),
            " ORDER BY o.provider_code, o.id"
        ),
        args![now.today],
    )
    .await
}
