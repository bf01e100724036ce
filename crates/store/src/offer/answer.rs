//! What a provider says to its offers, one or many at a time: its own people, or those of an organisation that it has let
//! answer in its place.

use super::{has_figures, own, save, unless_duplicate};
use crate::{
    Db, Failed, Result, StoreError, Tx, args,
    db::Record,
    delegation,
    message::{self, tell_members},
    offer::row::{OfferRow, columns},
    receipt::keep,
};
use domain::{
    Actor, Delegation, Now, OfferId, Refusal,
    delegation::delegate,
    message::News,
    offer::{CannotAccept, CannotReject, CannotRequest, Offer},
    receipt::agreement::How,
};

/// The provider accepts an offer as it saw it.
pub async fn accept(
    db: &Db,
    id: OfferId,
    seen: i64,
    by: &Actor,
    now: &Now,
) -> Result<Offer, Failed<CannotAccept>> {
    let mut tx = db.write().await?;
    let offer = accept_in(&mut tx, id, seen, by, now).await?;
    tell_one(&mut tx, News::AcceptedFor, &offer, by, now).await?;
    tx.commit().await?;
    Ok(offer)
}

async fn accept_in(
    tx: &mut Tx,
    id: OfferId,
    seen: i64,
    by: &Actor,
    now: &Now,
) -> Result<Offer, Failed<CannotAccept>> {
    let (offer, given) = to_answer(tx, id, by, now).await?;
    let change = offer.accept(by, given.as_ref(), now).map_err(Failed::Refused)?;
    let offer = save(tx, change, seen, by, now)
        .await
        .map_err(|error| unless_duplicate(error, CannotAccept::OfferedElsewhere))?;
    keep(tx, offer.id, How::Accepted, by, now).await?;
    Ok(offer)
}

/// The provider rejects an offer as it saw it, and says why. One that it has accepted must have no figures yet.
pub async fn reject(
    db: &Db,
    id: OfferId,
    seen: i64,
    reason: &str,
    by: &Actor,
    now: &Now,
) -> Result<Offer, Failed<CannotReject>> {
    let mut tx = db.write().await?;
    let offer = reject_in(&mut tx, (id, seen), reason, by, now).await?;
    tell_one(&mut tx, News::RejectedFor, &offer, by, now).await?;
    tx.commit().await?;
    Ok(offer)
}

async fn reject_in(
    tx: &mut Tx,
    (id, seen): (OfferId, i64),
    reason: &str,
    by: &Actor,
    now: &Now,
) -> Result<Offer, Failed<CannotReject>> {
    let (offer, given) = to_answer(tx, id, by, now).await?;
    let change = offer.reject(reason, by, given.as_ref(), now).map_err(Failed::Refused)?;
    if offer.in_force_until().is_some() && has_figures(tx, &offer).await? {
        return Err(Failed::Refused(CannotReject::HasFigures));
    }
    Ok(save(tx, change, seen, by, now).await?)
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
    let (offer, given) = to_answer(&mut tx, id, by, now).await?;
    let change = offer.request(note, by, given.as_ref(), now).map_err(Failed::Refused)?;
    let offer = save(&mut tx, change, seen, by, now)
        .await
        .map_err(|error| unless_duplicate(error, CannotRequest::OfferedElsewhere))?;
    tell_one(&mut tx, News::RequestedFor, &offer, by, now).await?;
    tx.commit().await?;
    Ok(offer)
}

/// One answer for many offers.
#[derive(Clone, Copy, Debug)]
pub enum Answer<'a> {
    /// Each is accepted.
    Accept,
    /// Each is rejected, with this reason.
    Reject(&'a str),
}

/// Why one of many offers stayed as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stayed {
    /// A rule refused it, with this sentence.
    Refused(String),
    /// Somebody else changed it since it was seen.
    Changed,
    /// It is not there for this actor, or not any more.
    Gone,
}

/// Answers offers as they were seen, each by itself; gives those that stayed as they were. Where none of them is there, it is
/// as with one that is not. A provider that was answered for
/// hears of all its offers in one message, which is why that comes after the last of them.
pub async fn answer_all(
    db: &Db,
    chosen: &[(OfferId, i64)],
    answer: Answer<'_>,
    by: &Actor,
    now: &Now,
) -> Result<Vec<(OfferId, Stayed)>> {
    let (mut stayed, mut in_place, mut fault) = (Vec::new(), Vec::new(), None);
    for (id, seen) in chosen {
        match answer_one(db, (*id, *seen), answer, by, now).await {
            Ok(Ok(offer)) => in_place.extend(offer.answered_from.map(|_| offer.id)),
            Ok(Err(why)) => stayed.push((*id, why)),
            Err(error) => {
                fault = Some(error);
                break;
            }
        }
    }
    if !in_place.is_empty() {
        let news = match answer {
            Answer::Accept => News::AcceptedFor,
            Answer::Reject(_) => News::RejectedFor,
        };
        let mut tx = db.write().await?;
        tell_members(&mut tx, news, &in_place, by, now).await?;
        tx.commit().await?;
    }
    if !chosen.is_empty()
        && stayed.iter().filter(|one| one.1 == Stayed::Gone).count() == chosen.len()
    {
        return Err(StoreError::NotFound);
    }
    fault.map_or(Ok(stayed), Err)
}

async fn answer_one(
    db: &Db,
    (id, seen): (OfferId, i64),
    answer: Answer<'_>,
    by: &Actor,
    now: &Now,
) -> Result<Result<Offer, Stayed>> {
    let mut tx = db.write().await?;
    let done = match answer {
        Answer::Accept => done(accept_in(&mut tx, id, seen, by, now).await)?,
        Answer::Reject(why) => done(reject_in(&mut tx, (id, seen), why, by, now).await)?,
    };
    if done.is_ok() {
        tx.commit().await?;
    }
    Ok(done)
}

fn done<R: Refusal>(result: Result<Offer, Failed<R>>) -> Result<Result<Offer, Stayed>> {
    match result {
        Ok(offer) => Ok(Ok(offer)),
        Err(Failed::Refused(why)) => Ok(Err(Stayed::Refused(why.to_string()))),
        Err(Failed::Other(StoreError::Stale)) => Ok(Err(Stayed::Changed)),
        Err(Failed::Other(StoreError::NotFound)) => Ok(Err(Stayed::Gone)),
        Err(Failed::Other(fault)) => Err(fault),
    }
}

/// An offer of the actor's own organisation, or of a provider that has ever let that organisation answer: then with what the
/// provider said, which the domain reads.
async fn to_answer(
    tx: &mut Tx,
    id: OfferId,
    by: &Actor,
    now: &Now,
) -> Result<(Offer, Option<Delegation>)> {
    match own(tx, id, by).await {
        Err(StoreError::NotFound) => {}
        own => return Ok((own?, None)),
    }
    let delegate = delegate(by, now.today).ok_or(StoreError::NotFound)?;
    tx.must_see(Record::Offer(id), by).await?;
    let given = delegation::of_offer(tx, id, delegate).await?.ok_or(StoreError::NotFound)?;
    let row: OfferRow = tx
        .one(
            concat!(
                "SELECT ",
                columns!(),
                " FROM offer o JOIN contract c ON c.id = o.contract_id JOIN service s ON s.id = o.service_id
                 WHERE o.id = $1"
            ),
            args![id],
        )
        .await?;
    let offer = row.read()?;
    match offer.is_open_to(delegate, now.today) {
        true => Ok((offer, Some(given))),
        false => Err(StoreError::NotFound),
    }
}

/// Tells the provider that its offer was answered in its place, where it was.
async fn tell_one(tx: &mut Tx, news: News, offer: &Offer, by: &Actor, now: &Now) -> Result<()> {
    match offer.answered_from {
        Some(_) => message::tell_members(tx, news, &[offer.id], by, now).await,
        None => Ok(()),
    }
}
