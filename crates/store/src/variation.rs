//! Variations: new terms offered to the providers of a contract that take part, and their answers.

use crate::{
    Db, Failed, Result, StoreError, Tx, achievement, args, contract,
    db::Record,
    event,
    message::{self, Offers},
    offer::LeftOut,
    receipt::keep,
    service,
};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    Actor, By, ContractId, Event, Now, OfferId, OrganisationId, PersonId, Service, ServiceId,
    message::News,
    offer::Move,
    receipt::agreement::How,
    variation::{CannotAnswer, CannotVary, Variation, VariationState, may_go_to, may_offer},
};
use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};
use uuid::Uuid;

#[derive(sqlx::FromRow)]
struct Row {
    offer_id: Uuid,
    number: i64,
    effective_on: NaiveDate,
    respond_by: NaiveDate,
    in_force_until: Option<NaiveDate>,
    state: String,
    state_by: Option<Uuid>,
    state_by_name: Option<String>,
    state_at: Option<DateTime<Utc>>,
    state_text: Option<String>,
    version: i64,
}

impl Row {
    fn read(self) -> Result<Variation> {
        let moved = match (self.state_by_name, self.state_at, self.state_text) {
            (Some(name), Some(at), Some(text)) => {
                let by = By::oneself(self.state_by.map(PersonId), name);
                Some(Move { by, at, text })
            }
            _ => None,
        };
        let inconsistent = |what: &str| StoreError::Inconsistent {
            table: "variation",
            what: format!("{what} of {}", self.offer_id),
        };
        let state = match (self.state.as_str(), moved) {
            ("offered", None) => VariationState::Offered,
            ("accepted", Some(moved)) => VariationState::Accepted(moved),
            ("rejected", Some(moved)) => VariationState::Rejected(moved),
            (name, _) => return Err(inconsistent(&format!("state {name}"))),
        };
        Ok(Variation {
            offer: self.offer_id.into(),
            number: u32::try_from(self.number).map_err(|_| inconsistent("number"))?,
            effective_on: self.effective_on,
            respond_by: self.respond_by,
            in_force_until: self.in_force_until,
            state,
            version: self.version,
        })
    }
}

macro_rules! variations {
    ($where:literal) => {
        concat!(
            "SELECT v.offer_id, v.number, s.effective_on, v.respond_by, o.in_force_until, v.state, v.state_by,
                 v.state_by_name, v.state_at, v.state_text, v.version
             FROM variation v JOIN service_version s ON s.service_id = v.service_id AND s.number = v.number
             JOIN offer o ON o.id = v.offer_id WHERE ",
            $where
        )
    };
}

/// New terms of a service, for one provider, with what they are and what they would replace.
#[derive(Clone, Debug)]
pub struct Offered {
    /// Where they stand.
    pub variation: Variation,
    /// What they are.
    pub terms: Arc<Service>,
}

/// The new terms that a provider got of an offer, newest first. The offer was found for the reader.
pub async fn of_offer(tx: &mut Tx, offer: OfferId, service: ServiceId) -> Result<Vec<Offered>> {
    let rows: Vec<Row> =
        tx.all(variations!("v.offer_id = $1 ORDER BY v.number DESC"), args![offer]).await?;
    let mut all = Vec::with_capacity(rows.len());
    for row in rows {
        let variation = row.read()?;
        let terms = service::version(tx, service, variation.number).await?;
        all.push(Offered { variation, terms });
    }
    Ok(all)
}

/// The terms that a provider has of a service today, or from its first day where that is to come: everybody's, or those
/// that it has accepted last. The offer was found for the reader.
pub async fn terms_of(
    tx: &mut Tx,
    offer: OfferId,
    service: ServiceId,
    now: &Now,
) -> Result<Arc<Service>> {
    let everybody = service::find(tx, service).await?;
    let day = now.today.clamp(everybody.starts_on, everybody.ends_on);
    service::agreed(tx, service, offer, day).await
}

/// The terms that new ones would replace for their provider. The variation was found for the reader.
pub async fn before(
    tx: &mut Tx,
    variation: &Variation,
    service: ServiceId,
) -> Result<Arc<Service>> {
    #[derive(sqlx::FromRow)]
    struct Number {
        number: i64,
    }
    let Number { number } = tx
        .one(
            "SELECT s.number FROM service_version s
             WHERE s.service_id = $1 AND s.number < $2 AND (s.effective_on IS NULL OR s.effective_on <= $3)
               AND (NOT s.is_variation OR EXISTS
                    (SELECT 1 FROM variation v WHERE v.offer_id = $4 AND v.number = s.number AND v.state = 'accepted'))
             ORDER BY s.number DESC LIMIT 1",
            args![service, variation.number, variation.effective_on, variation.offer],
        )
        .await?;
    service::version(tx, service, u32::try_from(number).unwrap_or(1)).await
}

/// New terms of a service of a contract, with how its providers stand.
#[derive(Clone, Debug)]
pub struct Varied {
    /// The service.
    pub service: ServiceId,
    /// The new terms.
    pub terms: Arc<Service>,
    /// The terms that count for everybody.
    pub before: Arc<Service>,
    /// Providers that could get them now.
    pub to_offer: i64,
    /// Providers that have them to answer.
    pub offered: i64,
    /// Providers that accepted.
    pub accepted: i64,
    /// Providers that rejected.
    pub rejected: i64,
    /// Providers that do not get them, by reason.
    pub left_out: Vec<LeftOut>,
}

#[derive(sqlx::FromRow)]
struct Candidate {
    id: Uuid,
    in_force_until: Option<NaiveDate>,
    state: Option<String>,
    respond_by: Option<NaiveDate>,
    version: Option<i64>,
}

impl Candidate {
    /// What `may_go_to` says of it.
    fn may_get(&self, effective_on: NaiveDate, now: &Now) -> Result<(), CannotVary> {
        let moved =
            || Move { by: By::oneself(None, String::new()), at: now.instant, text: String::new() };
        let state = self.state.as_deref().map(|state| match state {
            "accepted" => VariationState::Accepted(moved()),
            "rejected" => VariationState::Rejected(moved()),
            _ => VariationState::Offered,
        });
        let before = state.as_ref().zip(self.respond_by);
        may_go_to(effective_on, self.in_force_until, before, now)
    }
}

/// Every accepted offer of a service in a contract, with what its provider said to a version.
async fn candidates(
    tx: &mut Tx,
    contract: ContractId,
    service: ServiceId,
    number: u32,
) -> Result<Vec<Candidate>> {
    tx.all(
        "SELECT o.id, o.in_force_until, v.state, v.respond_by, v.version FROM offer o
         LEFT JOIN variation v ON v.offer_id = o.id AND v.number = $3
         WHERE o.contract_id = $1 AND o.service_id = $2 AND o.in_force_until IS NOT NULL ORDER BY o.provider_code",
        args![contract, service, number],
    )
    .await
}

/// The new terms of the services of a contract that count only for who accepts them, and how many have. The contract
/// was found for the reader.
pub async fn of_contract(
    tx: &mut Tx,
    contract: &domain::contract::Contract,
    now: &Now,
) -> Result<Vec<Varied>> {
    let mut all = Vec::new();
    for chosen in contract::services(tx, contract).await? {
        for version in service::versions(tx, chosen.id).await? {
            let Some(effective_on) = version.effective_on.filter(|_| version.is_variation) else {
                continue;
            };
            let number = u32::try_from(version.number).unwrap_or_default();
            let found = candidates(tx, contract.id, chosen.id, number).await?;
            let mut varied = Varied {
                service: chosen.id,
                terms: service::version(tx, chosen.id, number).await?,
                before: service::at(tx, chosen.id, effective_on).await?,
                to_offer: 0,
                offered: 0,
                accepted: 0,
                rejected: 0,
                left_out: Vec::new(),
            };
            let mut left_out: BTreeMap<String, i64> = BTreeMap::new();
            for one in &found {
                match one.may_get(effective_on, now) {
                    Ok(()) => varied.to_offer += 1,
                    Err(why) => *left_out.entry(why.to_string()).or_default() += 1,
                }
                match one.state.as_deref() {
                    Some("offered") => varied.offered += 1,
                    Some("accepted") => varied.accepted += 1,
                    Some("rejected") => varied.rejected += 1,
                    _ => {}
                }
            }
            let left = left_out.into_iter().map(|(why, offers)| LeftOut { offers, why });
            varied.left_out = left.collect();
            all.push(varied);
        }
    }
    Ok(all)
}

/// Offers a version to every provider of a contract that may get it; gives how many those are.
pub async fn offer_to_all(
    db: &Db,
    reference: &str,
    (code, number, respond_by): (&str, u32, NaiveDate),
    by: &Actor,
    now: &Now,
) -> Result<i64, Failed<CannotVary>> {
    let mut tx = db.write().await?;
    let contract = contract::own(&mut tx, reference, by).await?;
    let found = service::find_by_code(&mut tx, code).await?.ok_or(StoreError::NotFound)?;
    let versions = service::versions(&mut tx, found.id).await?;
    let version = versions.iter().find(|one| one.number == i64::from(number) && one.is_variation);
    let effective_on = version.and_then(|one| one.effective_on).ok_or(StoreError::NotFound)?;
    may_offer(respond_by, found.service.ends_on, by, now).map_err(Failed::Refused)?;
    // One after the other, so that the second finds what the first has offered.
    tx.execute("UPDATE contract SET version = version WHERE id = $1", args![contract.id]).await?;
    let candidates = candidates(&mut tx, contract.id, found.id, number).await?;
    let mut rows = Vec::new();
    let mut told = HashSet::new();
    for one in candidates.iter().filter(|one| one.may_get(effective_on, now).is_ok()) {
        let offer = OfferId(one.id);
        let version = one.version.unwrap_or_default() + 1;
        rows.push(args![offer, number, found.id, respond_by, "offered", version]);
        event::record(&mut tx, &Event::VariationOffered { offer, number, respond_by }, by, now)?;
        told.insert(offer);
    }
    tx.upsert(
        "INSERT INTO variation (offer_id, number, service_id, respond_by, state, version)",
        rows,
        "ON CONFLICT (offer_id, number) DO UPDATE SET respond_by = excluded.respond_by, state = excluded.state,
             state_by = NULL, state_by_name = NULL, state_at = NULL, state_text = NULL, version = excluded.version",
    )
    .await?;
    let offers = Offers::Some(contract.id, &told);
    message::tell_by(&mut tx, News::NewTerms, &offers, respond_by, by, now).await?;
    tx.commit().await?;
    Ok(told.len() as i64)
}

/// What a provider says to new terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer<'a> {
    /// They count from their date on.
    Accept,
    /// The terms in force go on; with the reason.
    Reject(&'a str),
}

/// The provider answers new terms as it saw them. Accepted, what they pay is calculated again from their date on, but for
/// what finance has approved.
pub async fn answer(
    db: &Db,
    (offer, number, seen): (OfferId, u32, i64),
    answer: Answer<'_>,
    by: &Actor,
    now: &Now,
) -> Result<Variation, Failed<CannotAnswer>> {
    #[derive(sqlx::FromRow)]
    struct Whose {
        service_id: Uuid,
        provider_id: Uuid,
    }
    let mut tx = db.write().await?;
    tx.must_see(Record::Offer(offer), by).await?;
    let whose: Whose = tx
        .one(
            "SELECT service_id, provider_id FROM offer WHERE id = $1 AND provider_id = $2",
            args![offer, by.organisation().map(|own| own.id)],
        )
        .await?;
    let row: Row =
        tx.one(variations!("v.offer_id = $1 AND v.number = $2"), args![offer, number]).await?;
    let before = row.read()?;
    let answered = match answer {
        Answer::Accept => before.accept(by, now),
        Answer::Reject(why) => before.reject(why, by, now),
    };
    let (after, event) = answered.map_err(Failed::Refused)?;
    let moved = after.state.moved();
    tx.change(
        "UPDATE variation SET state = $4, state_by = $5, state_by_name = $6, state_at = $7, state_text = $8,
             version = version + 1
         WHERE offer_id = $1 AND number = $2 AND version = $3",
        args![
            offer,
            number,
            seen,
            after.state.name(),
            moved.and_then(|moved| moved.by.person),
            moved.map(|moved| &*moved.by.name),
            moved.map(|moved| moved.at),
            moved.map(|moved| &*moved.text)
        ],
    )
    .await?;
    event::record(&mut tx, &event, by, now)?;
    if after.state.name() == "accepted" {
        let (service, provider) = (ServiceId(whose.service_id), OrganisationId(whose.provider_id));
        let because = format!("{} accepted new terms, version {number}", by.name());
        let which = (service, provider);
        keep(&mut tx, offer, How::NewTerms(number), by, now).await?;
        achievement::recalculate_for(&mut tx, which, after.effective_on, &because).await?;
    }
    tx.commit().await?;
    Ok(after)
}

/// New terms that wait for the answer of the actor's organisation.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ToAnswer {
    offer_id: Uuid,
    /// The version of the definition.
    pub number: i64,
    /// Name of the service.
    pub service: String,
    /// Name of the commissioner.
    pub commissioner: String,
    /// The first achievement date that they would count for.
    pub effective_on: NaiveDate,
    /// Last day for an answer.
    pub respond_by: NaiveDate,
}

impl ToAnswer {
    /// The offer whose terms they would change.
    pub fn offer(&self) -> OfferId {
        self.offer_id.into()
    }
}

/// New terms that wait for the answer of the actor's organisation, the first response date at the top.
pub async fn to_answer(tx: &mut Tx, by: &Actor, now: &Now) -> Result<Vec<ToAnswer>> {
    tx.all(
        "SELECT v.offer_id, v.number, s.name AS service, m.name AS commissioner, w.effective_on, v.respond_by
         FROM offer o JOIN variation v ON v.offer_id = o.id AND v.state = 'offered' AND v.respond_by >= $2
         JOIN service_version w ON w.service_id = v.service_id AND w.number = v.number
         JOIN service s ON s.id = o.service_id JOIN organisation m ON m.id = o.commissioner_id
         WHERE o.provider_id = $1 AND o.in_force_until >= w.effective_on ORDER BY v.respond_by, s.name, v.number",
        args![by.organisation().map(|own| own.id), now.today],
    )
    .await
}
