//! The history: every change records its fact here, and its own transaction writes it, each entry chained to the one before.

use crate::{Db, Result, StoreError, Tx, args};
use chrono::{DateTime, Utc};
use domain::hash::hexadecimal;
use domain::{Actor, Event, Now, OrganisationId, PersonId};
use sha2::{Digest, Sha256};
use uuid::Uuid;

#[derive(sqlx::FromRow)]
struct Head {
    seq: i64,
    hash: String,
}

/// Records one fact: written when the caller's transaction is committed, and forgotten when it is not.
pub fn record(tx: &mut Tx, event: &Event, by: &Actor, now: &Now) -> Result<()> {
    record_all(tx, std::slice::from_ref(event), by, now)
}

/// Records many facts of one act, in order.
pub fn record_all(tx: &mut Tx, events: &[Event], by: &Actor, now: &Now) -> Result<()> {
    for event in events {
        tx.remember(Entry::of(event, by, now)?);
    }
    Ok(())
}

/// Records facts in order, each with who did it.
pub(crate) fn record_by(tx: &mut Tx, events: &[(Actor, Event)], now: &Now) -> Result<()> {
    for (by, event) in events {
        record(tx, event, by, now)?;
    }
    Ok(())
}

/// Chains what a transaction has recorded, as the last that it does: whoever holds the head of the chain waits for
/// nobody any more, so no two can wait for each other here.
pub(crate) async fn write(tx: &mut Tx, entries: Vec<Entry>) -> Result<()> {
    // Taking the head makes every other writer of events wait, so the chain has one order on both engines.
    let mut head: Head =
        tx.one("UPDATE event_head SET seq = seq WHERE id = 1 RETURNING seq, hash", args![]).await?;
    let mut rows = Vec::with_capacity(entries.len());
    for entry in entries {
        let entry = Entry { seq: head.seq + 1, ..entry };
        head = Head { seq: entry.seq, hash: entry.hash_after(&head.hash) };
        rows.push(args![
            entry.seq,
            entry.at,
            entry.actor_id,
            entry.actor_name,
            entry.organisation_id,
            entry.organisation_name,
            entry.subject_id,
            entry.fact,
            head.hash.clone(),
            entry.roles,
            entry.origin
        ]);
    }
    tx.insert(
        "INSERT INTO event
             (seq, at, actor_id, actor_name, organisation_id, organisation_name, subject_id, fact, hash, roles, origin)",
        rows,
    )
    .await?;
    tx.change("UPDATE event_head SET seq = $1, hash = $2 WHERE id = 1", args![head.seq, head.hash])
        .await
}

/// An entry of the chain; its place and its hash are known once it is written.
#[derive(sqlx::FromRow)]
pub(crate) struct Entry {
    seq: i64,
    at: DateTime<Utc>,
    actor_id: Option<Uuid>,
    actor_name: String,
    organisation_id: Option<Uuid>,
    organisation_name: String,
    subject_id: Option<Uuid>,
    fact: String,
    hash: String,
    /// In which roles a person acted; empty for the system, and in entries from before roles were kept.
    roles: String,
    /// From where; empty where nobody knows, and in entries from before it was kept.
    origin: String,
}

impl Entry {
    fn of(event: &Event, by: &Actor, now: &Now) -> Result<Self> {
        let organisation = by.organisation();
        Ok(Self {
            seq: 0,
            at: now.instant,
            actor_id: by.person().map(|person| person.0),
            actor_name: by.name().to_owned(),
            organisation_id: organisation.map(|own| own.id.0),
            organisation_name: organisation.map_or_else(String::new, |own| own.name.clone()),
            subject_id: event.subject(),
            fact: serde_json::to_string(event)
                .map_err(|error| StoreError::Setup(error.to_string()))?,
            hash: String::new(),
            roles: by.roles_in_words(),
            origin: by.origin().to_string(),
        })
    }

    /// SHA-256 over the hash before and every field, each with its length in front, so that no two entries look alike. Roles
    /// and from where come last and only where they are kept: an entry from before has the hash it always had.
    fn hash_after(&self, before: &str) -> String {
        let id = |id: Option<Uuid>| id.map_or_else(String::new, |id| id.to_string());
        let mut hash = Sha256::new();
        for field in [
            before,
            &self.seq.to_string(),
            &self.at.timestamp_micros().to_string(),
            &id(self.actor_id),
            &self.actor_name,
            &id(self.organisation_id),
            &self.organisation_name,
            &id(self.subject_id),
            &self.fact,
        ] {
            hash.update((field.len() as u64).to_be_bytes());
            hash.update(field.as_bytes());
        }
        // Roles stand before from where, also where there are none: one can never be taken for the other.
        let with_origin = !self.origin.is_empty();
        for (is_kept, field) in
            [(with_origin || !self.roles.is_empty(), &self.roles), (with_origin, &self.origin)]
        {
            if is_kept {
                hash.update((field.len() as u64).to_be_bytes());
                hash.update(field.as_bytes());
            }
        }
        hexadecimal(&hash.finalize())
    }
}

/// One entry of a record's history.
#[derive(Clone, Debug)]
pub struct Happened {
    /// Its place in the chain.
    pub seq: i64,
    /// The hash of its place.
    pub hash: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Who, where it was a person.
    pub person: Option<PersonId>,
    /// Who.
    pub actor: String,
    /// For which organisation, when it was not the system.
    pub acted_for: Option<OrganisationId>,
    /// For which organisation; empty when the system acted.
    pub organisation: String,
    /// What.
    pub event: Event,
}

/// The history of one record, newest first, without who only read it: that is for the audit. The caller has already been shown to see the record itself.
pub async fn of(tx: &mut Tx, subject: impl Into<Uuid>) -> Result<Vec<Happened>> {
    let rows: Vec<Entry> = tx
        .all(
            "SELECT seq, at, actor_id, actor_name, organisation_id, organisation_name, subject_id, fact, hash, roles, origin
             FROM event WHERE subject_id = $1 AND fact NOT LIKE '{\"kind\":\"amounts_read\"%' ORDER BY seq DESC",
            args![subject.into()],
        )
        .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Happened {
                seq: row.seq,
                hash: row.hash,
                at: row.at,
                person: row.actor_id.map(PersonId),
                actor: row.actor_name,
                acted_for: row.organisation_id.map(OrganisationId),
                organisation: row.organisation_name,
                event: read(&row.fact)?,
            })
        })
        .collect()
}

pub(crate) fn read(fact: &str) -> Result<Event> {
    serde_json::from_str(fact).map_err(|error| StoreError::Inconsistent {
        table: "event",
        // Without the fact: it can hold names, and this goes to the log.
        what: format!("an entry cannot be read: {error}"),
    })
}

/// The hash of an entry; nothing where no entry has the number.
pub async fn hash_at(tx: &mut Tx, seq: i64) -> Result<Option<String>> {
    #[derive(sqlx::FromRow)]
    struct Hash {
        hash: String,
    }
    let row: Option<Hash> =
        tx.optional("SELECT hash FROM event WHERE seq = $1", args![seq]).await?;
    Ok(row.map(|row| row.hash))
}

/// Whether the hash of an entry is what it says and the hash before it come to.
pub(crate) async fn fits(tx: &mut Tx, seq: i64) -> Result<bool> {
    let before = hash_at(tx, seq - 1).await?.unwrap_or_default();
    let entry: Entry = tx
        .one(
            "SELECT seq, at, actor_id, actor_name, organisation_id, organisation_name, subject_id, fact, hash, roles, origin
             FROM event WHERE seq = $1",
            args![seq],
        )
        .await?;
    Ok(entry.hash == entry.hash_after(&before))
}

/// When the last fact was recorded.
pub async fn latest(tx: &mut Tx) -> Result<Option<DateTime<Utc>>> {
    #[derive(sqlx::FromRow)]
    struct Latest {
        at: DateTime<Utc>,
    }
    let row: Option<Latest> =
        tx.optional("SELECT at FROM event ORDER BY seq DESC LIMIT 1", args![]).await?;
    Ok(row.map(|row| row.at))
}

/// Walks the whole chain; gives the number of entries, or the first entry that does not fit.
pub async fn verify(tx: &mut Tx) -> Result<Result<i64, i64>> {
    walk(tx, Head { seq: 0, hash: String::new() }).await
}

/// Walks the chain from the entry up to which it was last found whole; gives that entry, 0 where there is none, and the last
/// one, or the first that does not fit. What lies before is not read again: an entry there that was altered under its old hash
/// is found by [`verify`] alone.
pub async fn verify_on(tx: &mut Tx) -> Result<Result<(i64, i64), i64>> {
    let sql = "SELECT seq, hash FROM history_verified WHERE id = 1";
    let from_first = |whole: Result<i64, i64>| whole.map(|last| (0, last));
    let Some(last) = tx.optional::<Head>(sql, args![]).await? else {
        return verify(tx).await.map(from_first);
    };
    let from = last.seq;
    match hash_at(tx, from).await? {
        Some(hash) if hash == last.hash => Ok(walk(tx, last).await?.map(|last| (from, last))),
        // Which entry it is, only the whole walk tells; where the chain was made anew, not even that.
        _ => Ok(verify(tx).await?.and(Err(from))),
    }
}

/// Keeps that the chain was found whole up to an entry, by a walk of all or by one that went on from such an entry.
pub async fn verified(db: &Db, seq: i64, now: &Now) -> Result<()> {
    let mut tx = db.write().await?;
    let Some(hash) = hash_at(&mut tx, seq).await? else { return tx.rollback().await };
    tx.execute(
        "INSERT INTO history_verified (id, seq, hash, verified_at) VALUES (1, $1, $2, $3)
         ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash, verified_at = excluded.verified_at",
        args![seq, hash, now.instant],
    )
    .await?;
    tx.commit().await
}

async fn walk(tx: &mut Tx, mut before: Head) -> Result<Result<i64, i64>> {
    loop {
        let rows: Vec<Entry> = tx
            .all(
                "SELECT seq, at, actor_id, actor_name, organisation_id, organisation_name, subject_id, fact, hash, roles, origin
                 FROM event WHERE seq > $1 ORDER BY seq LIMIT 5000",
                args![before.seq],
            )
            .await?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            if row.seq != before.seq + 1 || row.hash != row.hash_after(&before.hash) {
                return Ok(Err(before.seq + 1));
            }
            before = Head { seq: row.seq, hash: row.hash };
        }
    }
    let head: Head = tx.one("SELECT seq, hash FROM event_head WHERE id = 1", args![]).await?;
    Ok(if head.seq == before.seq && head.hash == before.hash {
        Ok(head.seq)
    } else {
        Err(before.seq + 1)
    })
}
