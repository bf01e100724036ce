//! Offers: found, listed and moved by the provider they are for and the commissioner that made them.

mod answer;
mod bulk;
mod count;
mod left;
mod look;
mod matrix;
mod participants;
mod participation;
mod read;
mod remind;
mod row;
mod waiting;

pub use answer::{Answer, Stayed, accept, answer_all, reject, request};
pub use bulk::{BulkAct, ChangedSince, Done, LeftOut, Review, carry_out, review};
pub use count::{Answers, Offered, Tab, Tabs, answers, answers_by_service, tabs};
pub use left::take_back_from_left;
pub(crate) use left::take_back_in;
pub use look::look;
pub use matrix::{Column, Line, Matrix, Narrowed, matrix, services, years};
pub use participants::{Participant, participants, taking_part_on};
pub(crate) use participation::{AsMember, as_member, members_taking_part, taking_part};
pub use participation::{Participation, participation, participations};
pub use read::{Filter, Listed, find, of_commissioner, of_provider};
pub use remind::{Reminded, Reminder, remind, remind_due, reminder};
pub use waiting::{Awaited, awaited, awaited_count};

use crate::{
    Db, Failed, Result, Tx, args, event,
    event::Happened,
    message::{self, Offers},
    service, unless_duplicate,
};
use chrono::NaiveDate;
use domain::{
    Actor, By, Change, Event, Now, OfferId,
    offer::{
        CannotEnd, CannotReissue, CannotTakeBack, CannotTurnDown, CannotWithdraw, GivenNotice,
        Move, Offer,
    },
};
use row::{OfferRow, columns};
pub(crate) use row::{components, is_live};

/// Whether anything has been handed in or calculated for an offer that is in force.
pub async fn has_figures(tx: &mut Tx, offer: &Offer) -> Result<bool> {
    #[derive(sqlx::FromRow)]
    struct Count {
        achievements: i64,
    }
    let count: Count = tx
        .one(
            "SELECT count(*) AS achievements FROM achievement WHERE provider_id = $1 AND service_id = $2",
            args![offer.provider, offer.service],
        )
        .await?;
    Ok(count.achievements > 0)
}

/// The commissioner offers again what is not in force, with a response date of its choice or the usual one.
pub async fn reissue(
    db: &Db,
    id: OfferId,
    seen: i64,
    until: Option<NaiveDate>,
    by: &Actor,
    now: &Now,
) -> Result<Offer, Failed<CannotReissue>> {
    let mut tx = db.write().await?;
    let change =
        own(&mut tx, id, by).await?.reissue_until(until, by, now).map_err(Failed::Refused)?;
    make(tx, change, seen, by, now)
        .await
        .map_err(|error| unless_duplicate(error, CannotReissue::OfferedElsewhere))
}

/// The commissioner turns a request down, and says why.
pub async fn turn_down(
    db: &Db,
    id: OfferId,
    seen: i64,
    reason: &str,
    by: &Actor,
    now: &Now,
) -> Result<Offer, Failed<CannotTurnDown>> {
    let mut tx = db.write().await?;
    let change = own(&mut tx, id, by).await?.turn_down(reason, by, now).map_err(Failed::Refused)?;
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

/// How a contract that is in force is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// By notice, until the last day that was chosen, if any was.
    Notice(Option<NaiveDate>),
    /// At once, by the commissioner.
    Termination,
}

/// Either side gives notice, or the commissioner terminates; both say why.
pub async fn end(
    db: &Db,
    id: OfferId,
    seen: i64,
    (ending, reason): (Ending, &str),
    by: &Actor,
    now: &Now,
) -> Result<Offer, Failed<CannotEnd>> {
    let mut tx = db.write().await?;
    let offer = own(&mut tx, id, by).await?;
    let service = service::find(&mut tx, offer.service).await?;
    let change = match ending {
        Ending::Notice(last_day) => offer.give_notice((last_day, &service), reason, by, now),
        Ending::Termination => offer.terminate(&service, reason, by, now),
    };
    Ok(make(tx, change.map_err(Failed::Refused)?, seen, by, now).await?)
}

/// The side that gave notice takes it back.
pub async fn take_back(
    db: &Db,
    id: OfferId,
    seen: i64,
    by: &Actor,
    now: &Now,
) -> Result<Offer, Failed<CannotTakeBack>> {
    let mut tx = db.write().await?;
    let offer = own(&mut tx, id, by).await?;
    let given = given_notice(&event::of(&mut tx, id.0).await?);
    let change = offer.take_back_notice(given.as_ref(), by, now).map_err(Failed::Refused)?;
    Ok(make(tx, change, seen, by, now).await?)
}

/// What the history of an offer, newest first, knows of its last notice.
pub fn given_notice(history: &[Happened]) -> Option<GivenNotice> {
    let notice =
        history.iter().find(|happened| matches!(happened.event, Event::NoticeGiven { .. }))?;
    let accepted_by = history.iter().find(|happened| {
        matches!(happened.event, Event::OfferAccepted { .. } | Event::OfferBound { .. })
    })?;
    let by = By::oneself(accepted_by.person, accepted_by.actor.clone());
    let accepted = Move { by, at: accepted_by.at, text: String::new() };
    let accepted_from = accepted_by.acted_for;
    Some(GivenNotice { by: notice.acted_for?, accepted, accepted_from })
}

/// An offer that this organisation gave or got itself; a region only reads what its ICBs offered.
async fn own(tx: &mut Tx, id: OfferId, by: &Actor) -> Result<Offer> {
    let organisation = by.organisation().map(|organisation| organisation.id);
    let row: OfferRow = tx
        .seen_by(by)
        .one(
            concat!(
                "SELECT ",
                columns!(),
                " FROM offer o JOIN contract c ON c.id = o.contract_id JOIN service s ON s.id = o.service_id
                 WHERE o.id = $1 AND (o.provider_id = $2 OR o.commissioner_id = $2)"
            ),
            args![id, organisation],
        )
        .await?;
    row.read()
}

/// Makes a decided move the whole of a transaction.
async fn make(
    mut tx: Tx,
    change: Change<Offer>,
    seen: i64,
    by: &Actor,
    now: &Now,
) -> Result<Offer> {
    let after = save(&mut tx, change, seen, by, now).await?;
    tx.commit().await?;
    Ok(after)
}

/// Writes a decided move and its event. The version that was seen stands in the `WHERE`: a second caller finds nothing.
async fn save(
    tx: &mut Tx,
    change: Change<Offer>,
    seen: i64,
    by: &Actor,
    now: &Now,
) -> Result<Offer> {
    let (after, event) = write(tx, change, seen, by, now).await?;
    if let Some(news) = message::news_of(&event) {
        message::tell(tx, news, &Offers::One(after.id), by, now).await?;
    }
    Ok(after)
}

/// The same without telling anybody.
async fn write(
    tx: &mut Tx,
    Change { after, event }: Change<Offer>,
    seen: i64,
    by: &Actor,
    now: &Now,
) -> Result<(Offer, Event)> {
    let moved = after.state.moved();
    tx.change(
        "UPDATE offer SET state = $3, state_by = $4, state_by_name = $5, state_at = $6, state_text = $7,
             respond_by = $8, in_force_until = $9, changed_at = $10, answered_from = $11, version = version + 1
         WHERE id = $1 AND version = $2",
        args![
            after.id,
            seen,
            after.state.name(),
            moved.and_then(|moved| moved.by.person),
            moved.map(|moved| &*moved.by.name),
            moved.map(|moved| moved.at),
            moved.map(|moved| &*moved.text),
            after.respond_by,
            after.in_force_until(),
            now.instant,
            after.answered_from
        ],
    )
    .await?;
    event::record(tx, &event, by, now)?;
    Ok((after, event))
}
