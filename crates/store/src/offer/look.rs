//! Who has looked at an offer: the first time that somebody of the provider who may answer it opens it, recorded beside the
//! answer and not in it (decision 0023).

use crate::{Db, Result, args, db::Record, event};
use domain::{Actor, Event, Now, OfferId, Permission};

/// Records that the actor has opened an offer of its own organisation. Gives whether that is new: who looks later, may not
/// answer, or is of the other side changes nothing.
pub async fn look(db: &Db, id: OfferId, by: &Actor, now: &Now) -> Result<bool> {
    if !by.may(Permission::AnswerOffers) {
        return Ok(false);
    }
    let mut tx = db.write().await?;
    tx.must_see(Record::Offer(id), by).await?;
    let new = tx
        .execute(
            "INSERT INTO offer_look (offer_id, person_id, person_name, at)
             SELECT o.id, $3, $4, $5 FROM offer o WHERE o.id = $1 AND o.provider_id = $2
             ON CONFLICT (offer_id) DO NOTHING",
            args![
                id,
                by.organisation().map(|organisation| organisation.id),
                by.person(),
                by.name(),
                now.instant
            ],
        )
        .await?;
    if new == 1 {
        event::record(&mut tx, &Event::OfferSeen { offer: id }, by, now)?;
        tx.commit().await?;
    }
    Ok(new == 1)
}
