//! One act on every offer of a contract that a filter leaves: reissue, withdraw, or more time for an answer.
//!
//! What the domain says of an offer depends on its state and dates alone, so it is asked once for all that have these in
//! common, and each such group is changed by one statement. The list is frozen when it is reviewed: offers that changed
//! after that stay as they are, and are named.

use super::read::Filter;
use super::row::{OfferRow, is_live, provider_closed_on, provider_moved};
use crate::{
    Db, Failed, Result, StoreError, Tx, args, contract,
    db::search_key,
    event,
    message::{self, Offers},
};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    Actor, Change, Event, NotAllowed, Now, OfferId, Permission,
    calendar::long_date,
    contract::Contract,
    message::News,
    offer::{CannotReissue, Offer},
};
use std::collections::{BTreeMap, HashSet};
use uuid::Uuid;

/// What is done to every offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BulkAct {
    /// Offered again.
    Reissue,
    /// Taken back.
    Withdraw,
    /// Answered until this day.
    Extend(NaiveDate),
}

impl BulkAct {
    /// What the contract's history says that happened to its offers.
    fn in_words(self) -> String {
        match self {
            Self::Reissue => "reissued".into(),
            Self::Withdraw => "withdrawn".into(),
            Self::Extend(until) => format!("can be answered until {}", long_date(until)),
        }
    }

    /// What the providers hear of it.
    fn news(self) -> News {
        match self {
            Self::Reissue => News::Reissued,
            Self::Withdraw => News::Withdrawn,
            Self::Extend(_) => News::MoreTime,
        }
    }

    /// What the domain says of one offer.
    fn on(self, offer: &Offer, by: &Actor, now: &Now) -> Result<Change<Offer>, String> {
        match self {
            Self::Reissue => offer.reissue(by, now).map_err(|why| why.to_string()),
            Self::Withdraw => offer.withdraw(by, now).map_err(|why| why.to_string()),
            Self::Extend(until) => offer.extend(until, by, now).map_err(|why| why.to_string()),
        }
    }
}

/// Offers that an act leaves as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// How many.
    pub offers: i64,
    /// Why.
    pub why: String,
}

/// What an act would come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// Offers that it changes.
    pub offers: i64,
    /// Offers that the filter leaves too and that it cannot change, by reason.
    pub left_out: Vec<LeftOut>,
}

/// What an act came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// Offers that it changed, and those that it left out.
    pub review: Review,
    /// Offers that changed after the list was looked at; nothing was done to these.
    pub changed_since: ChangedSince,
}

/// Offers that changed after a list was looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangedSince {
    /// How many.
    pub offers: i64,
    /// The first of them: provider and service.
    pub names: Vec<String>,
}

/// Offers that have in common everything that decides about them.
#[derive(Clone, Debug, sqlx::FromRow)]
struct Group {
    state: String,
    respond_by: NaiveDate,
    service_starts_on: NaiveDate,
    service_ends_on: NaiveDate,
    in_force_until: Option<NaiveDate>,
    answer_may_change: bool,
    provider_closed_on: Option<NaiveDate>,
    provider_moved: bool,
    /// Whether their providers have another offer of the service that is open or in force.
    elsewhere: bool,
    offers: i64,
}

impl Group {
    /// One of them, without a name.
    fn offer(&self, contract: &Contract, now: &Now) -> Result<Offer> {
        let has_moved = self.state != "pending";
        OfferRow {
            id: Uuid::nil(),
            contract_id: contract.id.0,
            service_id: Uuid::nil(),
            provider_id: Uuid::nil(),
            commissioner_id: contract.commissioner.0,
            components: String::new(),
            respond_by: self.respond_by,
            answer_may_change: self.answer_may_change,
            service_starts_on: self.service_starts_on,
            service_ends_on: self.service_ends_on,
            state: self.state.clone(),
            state_by: None,
            state_by_name: has_moved.then(String::new),
            state_at: has_moved.then_some(now.instant),
            state_text: has_moved.then(String::new),
            in_force_until: self.in_force_until,
            provider_closed_on: self.provider_closed_on,
            provider_moved: self.provider_moved,
            answered_from: None,
            made_at: now.instant,
            version: 0,
        }
        .read()
    }
}

/// Whose offers: `$1` the contract, `$2` a pattern for the provider, `$3` the instant after which changes are too new.
macro_rules! chosen {
    () => {
        r"o.contract_id = $1 AND o.changed_at <= $3 AND (CAST($2 AS TEXT) IS NULL OR o.provider_id IN
             (SELECT id FROM organisation WHERE search_key LIKE $2 ESCAPE '\'))"
    };
}

/// Whether the provider of the offer `o` has another one of the service that is open or in force.
macro_rules! elsewhere {
    () => {
        concat!(
            "EXISTS (SELECT 1 FROM offer x WHERE x.provider_id = o.provider_id AND x.service_id = o.service_id
                 AND x.id <> o.id AND ",
            is_live!("x"),
            ")"
        )
    };
}

/// The groups that a filter leaves, as they stood at an instant.
async fn groups(
    tx: &mut Tx,
    contract: &Contract,
    filter: &Filter,
    at: DateTime<Utc>,
    now: &Now,
) -> Result<Vec<(Group, Offer)>> {
    let groups: Vec<Group> = tx
        .all(
            concat!(
                "SELECT g.*, count(*) AS offers FROM (SELECT o.state, o.respond_by, s.starts_on AS service_starts_on,
                     o.service_ends_on, o.in_force_until,
                     (c.kind = 'Offer contract' AND c.answers_may_change) AS answer_may_change, ",
                provider_closed_on!(),
                " AS provider_closed_on, ",
                provider_moved!(),
                " AS provider_moved, ",
                elsewhere!(),
                " AS elsewhere FROM offer o JOIN contract c ON c.id = o.contract_id
                  JOIN service s ON s.id = o.service_id WHERE ",
                chosen!(),
                ") g GROUP BY g.state, g.respond_by, g.service_starts_on, g.service_ends_on, g.in_force_until,
                     g.answer_may_change, g.provider_closed_on, g.provider_moved, g.elsewhere"
            ),
            args![contract.id, search_key(&filter.provider), at],
        )
        .await?;
    let mut found = Vec::with_capacity(groups.len());
    for group in groups {
        let offer = group.offer(contract, now)?;
        // As the contract's list says it: notice stays notice when its last day is over.
        let name = if offer.has_expired(now.today) { "expired" } else { offer.state.name() };
        if filter.status.as_deref().is_none_or(|status| status == name) {
            found.push((group, offer));
        }
    }
    Ok(found)
}

/// What the domain says of a group. A second offer of a service that is open cannot be made open too.
fn decide(
    act: BulkAct,
    (group, offer): &(Group, Offer),
    by: &Actor,
    now: &Now,
) -> Result<Change<Offer>, String> {
    let change = act.on(offer, by, now)?;
    match act {
        BulkAct::Reissue if group.elsewhere => Err(CannotReissue::OfferedElsewhere.to_string()),
        _ => Ok(change),
    }
}

fn reviewed(act: BulkAct, groups: &[(Group, Offer)], by: &Actor, now: &Now) -> Review {
    let mut left_out: BTreeMap<String, i64> = BTreeMap::new();
    let mut offers = 0;
    for group in groups {
        match decide(act, group, by, now) {
            Ok(_) => offers += group.0.offers,
            Err(why) => *left_out.entry(why).or_default() += group.0.offers,
        }
    }
    let left_out = left_out.into_iter().map(|(why, offers)| LeftOut { offers, why }).collect();
    Review { offers, left_out }
}

/// What an act on all offers of a contract that a filter leaves would come to now. The actor makes offers for the
/// contract's commissioner.
pub async fn review(
    tx: &mut Tx,
    contract: &Contract,
    (act, filter): (BulkAct, &Filter),
    by: &Actor,
    now: &Now,
) -> Result<Review, Failed<NotAllowed>> {
    by.must(Permission::Commission).map_err(Failed::Refused)?;
    let groups = groups(tx, contract, filter, now.instant, now).await?;
    Ok(reviewed(act, &groups, by, now))
}

/// Does it, to what was there and has not changed since `looked_at`.
pub async fn carry_out(
    db: &Db,
    reference: &str,
    (act, filter): (BulkAct, &Filter),
    looked_at: DateTime<Utc>,
    by: &Actor,
    now: &Now,
) -> Result<Done, Failed<NotAllowed>> {
    by.must(Permission::Commission).map_err(Failed::Refused)?;
    let mut tx = db.write().await?;
    let contract = contract::own(&mut tx, reference, by).await?;
    // One act after the other, so that no two change the same offers in different orders.
    tx.execute("UPDATE contract SET version = version WHERE id = $1", args![contract.id]).await?;
    let looked_at = looked_at.min(now.instant);
    let groups = groups(&mut tx, &contract, filter, looked_at, now).await?;
    let mut review = reviewed(act, &groups, by, now);
    let mut changed_since = changed_since(&mut tx, &contract, filter, looked_at).await?;
    let mut moved = HashSet::new();
    for group in &groups {
        let Ok(change) = decide(act, group, by, now) else { continue };
        let whose = (&contract, filter, looked_at);
        let changed = change_group(&mut tx, whose, &group.0, &change.after, now).await;
        // Another contract offered the service to one of them at this moment.
        let changed = changed
            .map_err(|error| if error.is_duplicate() { StoreError::Stale } else { error })?;
        // Somebody answered between the question and the change: on PostgreSQL both run at once.
        let lost = group.0.offers - i64::try_from(changed.len()).unwrap_or(group.0.offers);
        review.offers -= lost;
        changed_since.offers += lost;
        for id in changed {
            // The fact of each offer is the domain's own.
            let offer = Offer { id, ..group.1.clone() };
            let change = act.on(&offer, by, now).map_err(StoreError::Setup)?;
            event::record(&mut tx, &change.event, by, now)?;
            moved.insert(id);
        }
    }
    message::tell(&mut tx, act.news(), &Offers::Some(contract.id, &moved), by, now).await?;
    if let Ok(offers @ 1..) = u64::try_from(review.offers) {
        let event = Event::OffersMoved { contract: contract.id, what: act.in_words(), offers };
        event::record(&mut tx, &event, by, now)?;
    }
    tx.commit().await?;
    Ok(Done { review, changed_since })
}

/// Moves all offers of a group; gives which these are.
async fn change_group(
    tx: &mut Tx,
    (contract, filter, looked_at): (&Contract, &Filter, DateTime<Utc>),
    group: &Group,
    after: &Offer,
    now: &Now,
) -> Result<Vec<OfferId>> {
    #[derive(sqlx::FromRow)]
    struct Changed {
        id: Uuid,
    }
    let moved = after.state.moved();
    let rows: Vec<Changed> = tx
        .all(
            concat!(
                "UPDATE offer AS o SET state = $4, state_by = $5, state_by_name = $6, state_at = $7, state_text = $8,
                     respond_by = $9, in_force_until = $10, changed_at = $11, version = version + 1 WHERE ",
                chosen!(),
                " AND o.state = $12 AND o.respond_by = $13 AND o.service_ends_on = $14
                  AND o.service_id IN (SELECT id FROM service WHERE starts_on = $15) AND ",
                elsewhere!(),
                " = $16 AND ",
                provider_closed_on!(),
                " IS NOT DISTINCT FROM $17 AND ",
                provider_moved!(),
                " = $18 RETURNING id"
            ),
            args![
                contract.id,
                search_key(&filter.provider),
                looked_at,
                after.state.name(),
                moved.and_then(|moved| moved.by.person),
                moved.map(|moved| &*moved.by.name),
                moved.map(|moved| moved.at),
                moved.map(|moved| &*moved.text),
                after.respond_by,
                after.in_force_until(),
                now.instant,
                &*group.state,
                group.respond_by,
                group.service_ends_on,
                group.service_starts_on,
                group.elsewhere,
                group.provider_closed_on,
                group.provider_moved
            ],
        )
        .await?;
    Ok(rows.into_iter().map(|row| OfferId(row.id)).collect())
}

/// Offers of the filter's providers that changed after an instant: how many, and the first of them by name.
async fn changed_since(
    tx: &mut Tx,
    contract: &Contract,
    filter: &Filter,
    looked_at: DateTime<Utc>,
) -> Result<ChangedSince> {
    #[derive(sqlx::FromRow)]
    struct Changed {
        provider: String,
        service: String,
        of: i64,
    }
    let rows: Vec<Changed> = tx
        .all(
            r"SELECT p.name AS provider, s.name AS service, count(*) OVER () AS of
              FROM offer o JOIN organisation p ON p.id = o.provider_id JOIN service s ON s.id = o.service_id
              WHERE o.contract_id = $1 AND o.changed_at > $3
                AND (CAST($2 AS TEXT) IS NULL OR p.search_key LIKE $2 ESCAPE '\')
              ORDER BY o.provider_code, s.name LIMIT 20",
            args![contract.id, search_key(&filter.provider), looked_at],
        )
        .await?;
    Ok(ChangedSince {
        offers: rows.first().map_or(0, |row| row.of),
        names: rows.into_iter().map(|row| format!("{}, {}", row.provider, row.service)).collect(),
    })
}
