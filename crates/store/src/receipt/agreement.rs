//! Receipts of acceptances: what was agreed is kept when an offer is accepted or bound.
//!
//! An acceptance older than receipts has none kept; its text is made from the records that stand for that day, without the
//! national figures, of which no record says what was in force when.

use super::Receipt;
use crate::{
    Result, StoreError, Tx, args, event,
    event::Happened,
    offer::{components, find},
    reference, service,
};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    Actor, ContractId, Event, Now, OfferId, OrganisationId, ServiceId,
    calculation::National,
    hash::sha256,
    receipt::{
        agreement::{Agreed, Agreement, How, joined, terms},
        differences, reference,
    },
};
use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    sync::Arc,
};
use uuid::Uuid;

/// What the head of a receipt is made from, besides who acted.
#[derive(Clone, sqlx::FromRow)]
struct Facts {
    id: Uuid,
    provider_id: Uuid,
    service_id: Uuid,
    components: String,
    starts_on: NaiveDate,
    ends_on: NaiveDate,
    in_force_until: Option<NaiveDate>,
    service_code: String,
    service_name: String,
    contract_reference: String,
    contract_name: String,
    provider_code: String,
    provider_name: String,
    commissioner_code: String,
    commissioner_name: String,
}

macro_rules! facts {
    ($end:literal) => {
        concat!(
            "SELECT o.id, o.provider_id, o.service_id, o.components, s.starts_on, o.service_ends_on AS ends_on, o.in_force_until, s.code AS service_code,
                 s.name AS service_name, c.reference AS contract_reference, c.name AS contract_name, p.code AS provider_code, p.name AS provider_name,
                 m.code AS commissioner_code, m.name AS commissioner_name
             FROM offer o JOIN service s ON s.id = o.service_id JOIN contract c ON c.id = o.contract_id
             JOIN organisation p ON p.id = o.provider_id JOIN organisation m ON m.id = o.commissioner_id ",
            $end
        )
    };
}

/// An acceptance as the history tells it.
#[derive(Clone)]
struct Accepted {
    number: usize,
    seq: i64,
    hash: String,
    at: DateTime<Utc>,
    by: String,
    organisation: String,
    acted_for: Option<OrganisationId>,
    how: How,
    /// Whether nothing but new terms was accepted after it.
    is_latest: bool,
    /// The hash of the text that was kept, with the entry that holds it.
    kept: Option<(String, i64, String)>,
}

impl Facts {
    fn agreement(self, accepted: &Accepted) -> Agreement {
        // New terms can be accepted by a provider whose contract ends by notice.
        let ends_on = match accepted.how {
            How::NewTerms(_) => self.in_force_until.unwrap_or(self.ends_on),
            How::Accepted | How::Bound => self.ends_on,
        };
        Agreement {
            offer: self.id.into(),
            number: accepted.number,
            how: accepted.how,
            by: accepted.by.clone(),
            organisation: accepted.organisation.clone(),
            is_another: accepted.acted_for.is_some_and(|own| own.0 != self.provider_id),
            at: accepted.at,
            provider: (self.provider_name, self.provider_code),
            commissioner: (self.commissioner_name, self.commissioner_code),
            contract: (self.contract_name, self.contract_reference),
            service: (self.service_name, self.service_code),
            dates: (self.starts_on, ends_on),
        }
    }
}

impl Accepted {
    /// One that is being recorded now.
    fn now(number: usize, how: How, by: &Actor, now: &Now) -> Self {
        Self {
            number,
            seq: 0,
            hash: String::new(),
            at: now.instant,
            by: by.name().to_owned(),
            organisation: by.organisation().map_or_else(String::new, |own| own.name.clone()),
            acted_for: by.organisation().map(|own| own.id),
            how,
            is_latest: true,
            kept: None,
        }
    }

    /// Its receipt under a text, whose hash the history holds where it was kept.
    fn receipt(self, text: String, of: usize) -> Receipt {
        let is_kept = self.kept.is_some();
        let (content_hash, entry, entry_hash) =
            self.kept.unwrap_or_else(|| (sha256(text.as_bytes()), self.seq, self.hash));
        let (number, at, is_latest) = (self.number, self.at, self.is_latest);
        Receipt { number, of, text, content_hash, entry, entry_hash, at, is_latest, is_kept }
    }

    /// All of an offer, oldest first, out of its history, which is newest first.
    fn all(history: Vec<Happened>) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for happened in history.into_iter().rev() {
            let how = match &happened.event {
                Event::OfferAccepted { .. } => How::Accepted,
                Event::OfferBound { .. } => How::Bound,
                Event::VariationAccepted { number, .. } => How::NewTerms(*number),
                Event::ReceiptMade { content_hash, .. } => {
                    if let Some(last) = all.last_mut() {
                        last.kept = Some((content_hash.clone(), happened.seq, happened.hash));
                    }
                    continue;
                }
                _ => continue,
            };
            if how == How::Accepted {
                all.iter_mut().for_each(|before| before.is_latest = false);
            }
            all.push(Self {
                number: all.len() + 1,
                seq: happened.seq,
                hash: happened.hash,
                at: happened.at,
                by: happened.actor,
                organisation: happened.organisation,
                acted_for: happened.acted_for,
                how,
                is_latest: true,
                kept: None,
            });
        }
        all
    }
}

/// Keeps the receipt of an offer, or of new terms of it, that is being accepted.
pub(crate) async fn keep(
    tx: &mut Tx,
    offer: OfferId,
    how: How,
    by: &Actor,
    now: &Now,
) -> Result<()> {
    let facts: Facts = tx.one(facts!("WHERE o.id = $1"), args![offer]).await?;
    let before = Accepted::all(event::of(tx, offer.0).await?).len();
    write(tx, vec![facts], &Accepted::now(before + 1, how, by, now), by, now).await
}

/// Keeps the receipts of all offers of a direct contract that is being confirmed.
pub(crate) async fn keep_bound(
    tx: &mut Tx,
    contract: ContractId,
    by: &Actor,
    now: &Now,
) -> Result<()> {
    let facts = tx
        .all(facts!("WHERE o.contract_id = $1 ORDER BY o.service_id, o.id"), args![contract])
        .await?;
    write(tx, facts, &Accepted::now(1, How::Bound, by, now), by, now).await
}

async fn write(
    tx: &mut Tx,
    facts: Vec<Facts>,
    accepted: &Accepted,
    by: &Actor,
    now: &Now,
) -> Result<()> {
    // Offers of one contract and service have the same components, and none that is being bound has answered new terms.
    let mut by_service: HashMap<Uuid, (String, String)> = HashMap::new();
    let mut rows = Vec::with_capacity(facts.len());
    for one in facts {
        let (terms_hash, terms) = match by_service.entry(one.service_id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(free) => {
                let terms = terms_of(tx, &one, accepted.at, true).await?;
                let hash = sha256(terms.as_bytes());
                tx.execute(
                    "INSERT INTO offer_receipt_terms (hash, terms) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING",
                    args![&*hash, &*terms],
                )
                .await?;
                free.insert((hash, terms))
            }
        };
        let offer = OfferId(one.id);
        let head = one.agreement(accepted).head();
        let content_hash = sha256(joined(&head, terms).as_bytes());
        rows.push(args![&*content_hash, offer, head, &**terms_hash]);
        event::record(tx, &Event::ReceiptMade { offer, content_hash }, by, now)?;
    }
    let into = "INSERT INTO offer_receipt (content_hash, offer_id, head, terms_hash)";
    tx.insert(into, rows).await
}

/// The terms that a provider had at an instant: the version that counted for the day, and those that were to count later;
/// of new terms that count only for who accepts them, those that it had accepted.
async fn terms_of(
    tx: &mut Tx,
    facts: &Facts,
    at: DateTime<Utc>,
    with_national: bool,
) -> Result<String> {
    let id = ServiceId(facts.service_id);
    let day = Now::at(at).today.max(facts.starts_on);
    let mut versions = service::versions(tx, id).await?;
    versions.reverse();
    let first = versions.first().map_or(1, |own| own.number);
    let accepted = accepted_terms(tx, facts.id.into(), at).await?;
    versions.retain(|own| match own.is_variation {
        true => accepted.contains(&own.number),
        false => own.published_at <= at || own.number == first,
    });
    let counts = |own: &&service::Version| own.effective_on.is_none_or(|from| from <= day);
    let counted = versions.iter().rfind(counts).map_or(first, |own| own.number);
    let mut found: Vec<(Arc<domain::Service>, String, Option<Arc<National>>)> = Vec::new();
    for own in versions.into_iter().filter(|own| own.number >= counted) {
        let number = u32::try_from(own.number).unwrap_or(1);
        let service = service::version(tx, id, number).await?;
        let national = match with_national {
            true => reference::of_service(tx, &service).await?,
            false => None,
        };
        found.push((service, own.definition_hash, national));
    }
    let agreed: Vec<Agreed<'_>> = found
        .iter()
        .map(|(service, definition_hash, national)| Agreed {
            service,
            definition_hash,
            national: national.as_deref(),
        })
        .collect();
    Ok(terms(&agreed, &components(&facts.components)?))
}

/// The numbers of the new terms that a provider had accepted at an instant.
async fn accepted_terms(tx: &mut Tx, offer: OfferId, at: DateTime<Utc>) -> Result<HashSet<i64>> {
    #[derive(sqlx::FromRow)]
    struct Number {
        number: i64,
    }
    let rows: Vec<Number> = tx
        .all(
            "SELECT number FROM variation WHERE offer_id = $1 AND state = 'accepted' AND state_at <= $2",
            args![offer, at],
        )
        .await?;
    Ok(rows.into_iter().map(|row| row.number).collect())
}

/// When an offer, or new terms of it, were accepted or bound, as its history tells it, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acceptance {
    /// Which it is, from 1.
    pub number: usize,
    /// When.
    pub at: DateTime<Utc>,
    /// Whether nothing but new terms was accepted after it.
    pub is_latest: bool,
}

/// The acceptances of an offer that have a receipt, out of its history, newest first.
pub fn acceptances(history: &[Happened]) -> Vec<Acceptance> {
    let all = Accepted::all(history.to_vec()).into_iter().rev();
    all.map(|one| Acceptance { number: one.number, at: one.at, is_latest: one.is_latest }).collect()
}

/// The receipt of an offer's newest acceptance, or of an earlier one by its number; for whoever may see the offer.
pub async fn of_offer(
    tx: &mut Tx,
    id: OfferId,
    number: Option<usize>,
    by: &Actor,
    now: &Now,
) -> Result<Receipt> {
    find(tx, id, by, now).await?;
    let mut all = Accepted::all(event::of(tx, id.0).await?);
    let of = all.len();
    let at = number.unwrap_or(of);
    if at == 0 || at > of {
        return Err(StoreError::NotFound);
    }
    read(tx, id, all.swap_remove(at - 1), of).await
}

async fn read(tx: &mut Tx, id: OfferId, accepted: Accepted, of: usize) -> Result<Receipt> {
    #[derive(sqlx::FromRow)]
    struct Kept {
        head: String,
        terms: String,
    }
    let Some((content_hash, ..)) = accepted.kept.clone() else {
        let facts: Facts = tx.one(facts!("WHERE o.id = $1"), args![id]).await?;
        let terms = terms_of(tx, &facts, accepted.at, false).await?;
        let text = joined(&facts.agreement(&accepted).head(), &terms);
        return Ok(accepted.receipt(text, of));
    };
    let kept: Kept = tx
        .one(
            "SELECT r.head, t.terms FROM offer_receipt r JOIN offer_receipt_terms t ON t.hash = r.terms_hash
             WHERE r.content_hash = $1 AND r.offer_id = $2",
            args![&*content_hash, id],
        )
        .await?;
    let text = super::as_hashed("offer_receipt", joined(&kept.head, &kept.terms), &content_hash)?;
    Ok(accepted.receipt(text, of))
}

/// The acceptance of an offer that a text is the receipt of; what differs where the history knows another of this reference.
pub(super) async fn prove(
    tx: &mut Tx,
    id: OfferId,
    text: &str,
) -> Result<Option<Result<Receipt, Vec<String>>>> {
    let content_hash = sha256(text.as_bytes());
    let all = Accepted::all(event::of(tx, id.0).await?);
    let of = all.len();
    let is_held = |hash: &str| hash == content_hash;
    // The history holds the hash itself, so nothing else is asked.
    if let Some(own) = all.iter().find(|one| one.kept.as_ref().is_some_and(|kept| is_held(&kept.0)))
    {
        return Ok(Some(Ok(own.clone().receipt(text.to_owned(), of))));
    }
    for accepted in all {
        let made = read(tx, id, accepted, of).await?;
        if made.text == text {
            return Ok(Some(Ok(made)));
        }
        if reference(&made.text) == reference(text) {
            return Ok(Some(Err(differences(text, &made.text))));
        }
    }
    Ok(None)
}
