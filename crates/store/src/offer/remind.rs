//! Reminders: of all offers of a contract that still wait, when the commissioner asks for it, and by themselves as the
//! response date comes near.
//!
//! What the domain says of an offer that waits depends on its dates alone, so it is asked once for all that have these in
//! common, and each such group is marked by one statement.

use super::bulk::LeftOut;
use crate::{
    Db, Failed, Result, Tx,
    arg::Arg,
    args, contract,
    db::search_key,
    event,
    message::{self, Offers},
};
use chrono::{DateTime, Days, NaiveDate, Utc};
use domain::{
    Actor, ContractId, Event, NotAllowed, Now, OfferId, Permission,
    contract::Contract,
    message::{Message, News},
    offer::{Offer, OfferState, Waiting, reminding::DAYS_BEFORE},
};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use uuid::Uuid;

/// What a reminder would come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reminder {
    /// Offers that it asks an answer to.
    pub offers: i64,
    /// Their providers.
    pub providers: i64,
    /// The people there who can answer, each of whom gets one message.
    pub people: i64,
    /// What the first of them reads.
    pub example: Option<Message>,
    /// Offers that wait too and that nobody is reminded of, by reason.
    pub left_out: Vec<LeftOut>,
}

/// What a reminder came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reminded {
    /// Offers that it asks an answer to.
    pub offers: i64,
    /// How many people were written to.
    pub people: i64,
    /// Offers that wait too and that nobody was reminded of, by reason.
    pub left_out: Vec<LeftOut>,
}

/// Offers that wait and have in common everything that decides about them.
#[derive(Clone, Debug, sqlx::FromRow)]
struct Group {
    contract_id: Uuid,
    respond_by: NaiveDate,
    changed_at: DateTime<Utc>,
    reminded_at: Option<DateTime<Utc>>,
    has_reader: bool,
    offers: i64,
}

impl Group {
    fn waiting(&self) -> Waiting {
        let day = |instant| Now::at(instant).today;
        Waiting {
            since: day(self.changed_at),
            reminded_on: self.reminded_at.map(day),
            has_reader: self.has_reader,
        }
    }

    /// One of them, without a name.
    fn offer(&self) -> Offer {
        let nobody = Uuid::nil();
        Offer {
            id: nobody.into(),
            contract: self.contract_id.into(),
            service: nobody.into(),
            provider: nobody.into(),
            commissioner: nobody.into(),
            respond_by: self.respond_by,
            answer_may_change: false,
            service_starts_on: self.respond_by,
            service_ends_on: self.respond_by,
            provider_closed_on: None,
            provider_moved: false,
            answered_from: None,
            state: OfferState::Pending,
            version: 0,
        }
    }
}

/// Whether anybody can answer the offer `o`; `$1` are the roles that do.
macro_rules! has_reader {
    () => {
        "EXISTS (SELECT 1 FROM role_held r JOIN person q ON q.id = r.person_id AND NOT q.is_disabled
             WHERE r.organisation_id = o.provider_id AND $1 LIKE '%|' || r.role || '|%')"
    };
}

/// The offers of contract `$2` that wait, of providers like `$3`, as they stood at `$4`.
macro_rules! of_contract {
    () => {
        r"o.state = 'pending' AND o.contract_id = $2 AND o.changed_at <= $4
          AND (CAST($3 AS TEXT) IS NULL OR o.provider_id IN
               (SELECT id FROM organisation WHERE search_key LIKE $3 ESCAPE '\'))"
    };
}

macro_rules! groups {
    ($which:expr) => {
        concat!(
            "SELECT g.*, count(*) AS offers FROM (SELECT o.contract_id, o.respond_by, o.changed_at, o.reminded_at, ",
            has_reader!(),
            " AS has_reader FROM offer o WHERE ",
            $which,
            ") g GROUP BY g.contract_id, g.respond_by, g.changed_at, g.reminded_at, g.has_reader"
        )
    };
}

/// Which offers of a contract are meant: of which providers, and as they stood when.
#[derive(Clone, Copy)]
struct Meant<'a> {
    contract: ContractId,
    /// A part of the provider's name or code; all providers when it is empty.
    provider: &'a str,
    /// What was made or moved later is left alone.
    at: DateTime<Utc>,
}

impl Meant<'_> {
    fn args(&self) -> Vec<Arg> {
        let roles = message::roles(Permission::AnswerOffers);
        args![roles, self.contract, search_key(self.provider), self.at]
    }
}

async fn of_contract(tx: &mut Tx, meant: &Meant<'_>) -> Result<Vec<Group>> {
    tx.all(groups!(of_contract!()), meant.args()).await
}

#[derive(sqlx::FromRow)]
struct Id {
    id: Uuid,
}

/// Marks the offers of a group; gives which these are.
async fn mark(tx: &mut Tx, meant: &Meant<'_>, group: &Group, now: &Now) -> Result<Vec<OfferId>> {
    let mut args = meant.args();
    args.extend(args![
        now.instant,
        group.respond_by,
        group.changed_at,
        group.reminded_at,
        group.has_reader
    ]);
    let rows: Vec<Id> = tx
        .all(
            concat!(
                "UPDATE offer AS o SET reminded_at = $5 WHERE ",
                of_contract!(),
                " AND o.respond_by = $6 AND o.changed_at = $7 AND o.reminded_at IS NOT DISTINCT FROM $8 AND ",
                has_reader!(),
                " = $9 RETURNING id"
            ),
            args,
        )
        .await?;
    Ok(rows.into_iter().map(|row| row.id.into()).collect())
}

/// The groups to remind, and the offers that are left out by reason.
fn decide(groups: Vec<Group>, by: &Actor, now: &Now) -> (Vec<Group>, Vec<LeftOut>) {
    let mut left_out: BTreeMap<String, i64> = BTreeMap::new();
    let mut chosen = Vec::new();
    for group in groups {
        match group.offer().remind(group.waiting(), by, now) {
            Ok(_) => chosen.push(group),
            Err(why) => *left_out.entry(why.to_string()).or_default() += group.offers,
        }
    }
    let left_out = left_out.into_iter().map(|(why, offers)| LeftOut { offers, why }).collect();
    (chosen, left_out)
}

/// What a reminder of the offers of a contract that wait would come to, to the providers that a text leaves. The actor
/// makes offers for the contract's commissioner.
pub async fn reminder(
    tx: &mut Tx,
    contract: &Contract,
    provider: &str,
    by: &Actor,
    now: &Now,
) -> Result<Reminder, Failed<NotAllowed>> {
    by.must(Permission::Commission).map_err(Failed::Refused)?;
    let meant = Meant { contract: contract.id, provider, at: now.instant };
    let (chosen, left_out) = decide(of_contract(tx, &meant).await?, by, now);
    let ids: Vec<Id> = tx
        .all(
            concat!("SELECT o.id FROM offer o WHERE ", of_contract!(), " AND ", has_reader!()),
            meant.args(),
        )
        .await?;
    let ids: HashSet<OfferId> = ids.into_iter().map(|row| row.id.into()).collect();
    let mut readers = message::readers(tx, &Offers::Some(contract.id, &ids), false).await?;
    let keys: HashSet<_> =
        chosen.iter().map(|group| (group.respond_by, group.reminded_at)).collect();
    readers.retain(|one| keys.contains(&(one.respond_by, one.reminded_at)));
    let providers: HashSet<Uuid> = readers.iter().map(|one| one.provider_id).collect();
    let letters = message::letters(News::Reminder, &readers, message::Whose::Commissioner);
    Ok(Reminder {
        offers: chosen.iter().map(|group| group.offers).sum(),
        providers: providers.len() as i64,
        people: letters.len() as i64,
        example: letters.into_iter().next().map(|letter| letter.message),
        left_out,
    })
}

/// Reminds whoever can answer the offers of a contract that wait and were there at `looked_at`.
pub async fn remind(
    db: &Db,
    reference: &str,
    (provider, looked_at): (&str, DateTime<Utc>),
    by: &Actor,
    now: &Now,
) -> Result<Reminded, Failed<NotAllowed>> {
    by.must(Permission::Commission).map_err(Failed::Refused)?;
    let mut tx = db.write().await?;
    let contract = contract::own(&mut tx, reference, by).await?;
    let meant = Meant { contract: contract.id, provider, at: looked_at.min(now.instant) };
    one_at_a_time(&mut tx, contract.id).await?;
    let (chosen, left_out) = decide(of_contract(&mut tx, &meant).await?, by, now);
    let (offers, people) = write(&mut tx, &meant, &chosen, by, now).await?;
    if let Ok(offers @ 1..) = u64::try_from(offers) {
        let what = "asked for an answer again".to_owned();
        let event = Event::OffersMoved { contract: contract.id, what, offers };
        event::record(&mut tx, &event, by, now)?;
    }
    tx.commit().await?;
    Ok(Reminded { offers, people, left_out })
}

/// A second reminder of a contract waits for the first, and then finds everybody reminded.
async fn one_at_a_time(tx: &mut Tx, contract: ContractId) -> Result<()> {
    tx.execute("UPDATE contract SET version = version WHERE id = $1", args![contract]).await?;
    Ok(())
}

/// Sends the reminders that are due by themselves, for every contract; gives how many people were written to.
pub async fn remind_due(db: &Db, by: &Actor, now: &Now) -> Result<i64> {
    let mut tx = db.read().await?;
    let soon = now.today + Days::new(DAYS_BEFORE.into_iter().max().unwrap_or_default());
    let groups = tx
        .all(
            groups!("o.state = 'pending' AND o.respond_by >= $2 AND o.respond_by <= $3"),
            args![message::roles(Permission::AnswerOffers), now.today, soon],
        )
        .await?;
    drop(tx);
    let contracts: BTreeSet<ContractId> =
        due(groups, by, now).into_iter().map(|group| group.contract_id.into()).collect();
    let mut people = 0;
    for contract in contracts {
        let meant = Meant { contract, provider: "", at: now.instant };
        let mut tx = db.write().await?;
        one_at_a_time(&mut tx, contract).await?;
        let groups = due(of_contract(&mut tx, &meant).await?, by, now);
        people += write(&mut tx, &meant, &groups, by, now).await?.1;
        tx.commit().await?;
    }
    Ok(people)
}

/// The groups whose reminder is due by itself.
fn due(groups: Vec<Group>, by: &Actor, now: &Now) -> Vec<Group> {
    let (mut chosen, _) = decide(groups, by, now);
    chosen.retain(|group| group.offer().is_reminder_due(group.waiting(), now.today));
    chosen
}

/// Marks the offers of the groups and writes to whoever can answer them; gives how many offers and people.
async fn write(
    tx: &mut Tx,
    meant: &Meant<'_>,
    groups: &[Group],
    by: &Actor,
    now: &Now,
) -> Result<(i64, i64)> {
    let mut reminded = HashSet::new();
    for group in groups {
        for id in mark(tx, meant, group, now).await? {
            event::record(tx, &Event::OfferReminded { offer: id }, by, now)?;
            reminded.insert(id);
        }
    }
    let offers = Offers::Some(meant.contract, &reminded);
    let people = message::tell(tx, News::Reminder, &offers, by, now).await?;
    Ok((reminded.len() as i64, people as i64))
}
