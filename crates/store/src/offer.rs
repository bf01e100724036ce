//! Offers: found, listed and moved by the provider they are for and the commissioner that made them.

mod count;
mod participation;
mod read;

pub use count::{Answers, Offered, Tab, Tabs, answers, answers_by_service, tabs};
pub(crate) use participation::{AsMember, as_member, members_taking_part, taking_part};
pub use participation::{Participation, participation, participations};
pub use read::{Filter, Listed, find, of_commissioner, of_provider};

use crate::{Db, Failed, Result, StoreError, Tx, args, event};
use domain::{
    Actor, Change, Now, OfferId, Refusal,
    offer::{CannotAccept, CannotReissue, CannotReject, CannotRequest, CannotWithdraw, Offer},
};
use read::OfferRow;
pub(crate) use read::components;

/// The provider accepts an offer as it saw it.
pub async fn accept(
    db: &Db,
    id: OfferId,
    seen: i64,
    by: &Actor,
    now: &Now,
) -> Result<Offer, Failed<CannotAccept>> {
    let mut tx = db.write().await?;
    let change = own(&mut tx, id, by).await?.accept(by, now).map_err(Failed::Refused)?;
    Ok(make(tx, change, seen, by, now).await?)
}

/// The provider rejects an offer as it saw it, and says why.
pub async fn reject(
    db: &Db,
    id: OfferId,
    seen: i64,
    reason: &str,
    by: &Actor,
    now: &Now,
) -> Result<Offer, Failed<CannotReject>> {
    let mut tx = db.write().await?;
    let change = own(&mut tx, id, by).await?.reject(reason, by, now).map_err(Failed::Refused)?;
    Ok(make(tx, change, seen, by, now).await?)
}

/// The provider asks for a service after all, with a note that may be empty.
pub async fn request(
    db: &Db,
    id: OfferId,
    seen: i64,
    note: &str,
    by: &Actor,
    now: &Now,
) -> Result<Offer, Failed<CannotRequest>> {
    let mut tx = db.write().await?;
    let change = own(&mut tx, id, by).await?.request(note, by, now).map_err(Failed::Refused)?;
    make(tx, change, seen, by, now)
        .await
        .map_err(|error| unless_duplicate(error, CannotRequest::OfferedElsewhere))
}

/// The commissioner offers again after a request.
pub async fn reissue(
    db: &Db,
    id: OfferId,
    seen: i64,
    by: &Actor,
    now: &Now,
) -> Result<Offer, Failed<CannotReissue>> {
    let mut tx = db.write().await?;
    let change = own(&mut tx, id, by).await?.reissue(by, now).map_err(Failed::Refused)?;
    Ok(make(tx, change, seen, by, now).await?)
}

/// The commissioner takes an offer back.
pub async fn withdraw(
    db: &Db,
    id: OfferId,
    seen: i64,
    by: &Actor,
    now: &Now,
) -> Result<Offer, Failed<CannotWithdraw>> {
    let mut tx = db.write().await?;
    let change = own(&mut tx, id, by).await?.withdraw(by, now).map_err(Failed::Refused)?;
    Ok(make(tx, change, seen, by, now).await?)
}

/// An offer that this organisation gave or got itself; a region only reads what its ICBs offered.
async fn own(tx: &mut Tx, id: OfferId, by: &Actor) -> Result<Offer> {
    let organisation = by.organisation().map(|organisation| organisation.id);
    let row: OfferRow = tx
        .one(
            "SELECT id, contract_id, service_id, provider_id, commissioner_id, components, respond_by, service_ends_on,
                 state, state_by, state_by_name, state_at, state_text, made_at, version
             FROM offer WHERE id = $1 AND (provider_id = $2 OR commissioner_id = $2)",
            args![id, organisation],
        )
        .await?;
    row.read()
}

/// Writes a decided move and its event. The version that was seen stands in the `WHERE`: a second caller finds nothing.
async fn make(
    mut tx: Tx,
    change: Change<Offer>,
    seen: i64,
    by: &Actor,
    now: &Now,
) -> Result<Offer> {
    let Change { after, event } = change;
    let moved = after.state.moved();
    tx.change(
        "UPDATE offer SET state = $3, state_by = $4, state_by_name = $5, state_at = $6, state_text = $7,
             respond_by = $8, version = version + 1 WHERE id = $1 AND version = $2",
        args![
            after.id,
            seen,
            after.state.name(),
            moved.and_then(|moved| moved.by.person),
            moved.map(|moved| &*moved.by.name),
            moved.map(|moved| moved.at),
            moved.map(|moved| &*moved.text),
            after.respond_by
        ],
    )
    .await?;
    event::record(&mut tx, &event, by, now)?;
    tx.commit().await?;
    Ok(after)
}

/// A broken unique index has a name in the domain; everything else stays what it is.
pub(crate) fn unless_duplicate<R: Refusal>(error: StoreError, why: R) -> Failed<R> {
    if error.is_duplicate() { Failed::Refused(why) } else { Failed::Other(error) }
}
