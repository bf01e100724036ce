//! The audit: what people of an organisation, and of those below it, have done, read entry by entry for those who may.

use crate::event::{self, Happened};
use crate::person::access::region;
use crate::{Failed, Result, StoreError, Tx, args, organisation};
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use domain::calendar::london_instant;
use domain::event::{Group, KINDS_MAX};
use domain::{Actor, Event, NotAllowed, OrganisationId, Permission, PersonId};
use uuid::Uuid;

/// Entries on a page.
pub const PAGE: i64 = 50;
/// Entries of a file at most.
pub const FILE: i64 = 10_000;

/// What the audit is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// A part of the name of who acted.
    pub person: String,
    /// An organisation acted for, or read about.
    pub organisation: Option<OrganisationId>,
    /// Facts of one group.
    pub group: Option<&'static Group>,
    /// From this day on, in London.
    pub from: Option<NaiveDate>,
    /// Until this day, in London.
    pub until: Option<NaiveDate>,
    /// Reference of a record: `D-2026-000123`.
    pub reference: String,
    /// From where: an address, or the words of the others.
    pub origin: String,
}

/// Where a page of the audit begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// With the newest entry.
    Newest,
    /// With the oldest entry, which stands last.
    Oldest,
    /// Below an entry.
    Before(i64),
    /// Above an entry.
    After(i64),
}

/// An entry with the reference of its record, where that has one.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The entry.
    pub happened: Happened,
    /// In which roles.
    pub roles: String,
    /// From where; empty where it is not known.
    pub origin: String,
    /// Reference of the record.
    pub reference: String,
}

/// A page of the audit, the newest entry first.
#[derive(Clone, Debug)]
pub struct Listing {
    /// The entries.
    pub entries: Vec<Listed>,
    /// Whether there are newer ones.
    pub has_newer: bool,
    /// Whether there are older ones.
    pub has_older: bool,
}

#[derive(sqlx::FromRow)]
struct Row {
    seq: i64,
    at: DateTime<Utc>,
    actor_id: Option<Uuid>,
    actor_name: String,
    organisation_id: Option<Uuid>,
    organisation_name: String,
    roles: String,
    origin: String,
    fact: String,
    hash: String,
    reference: Option<String>,
}

impl Row {
    fn read(self) -> Result<Listed> {
        Ok(Listed {
            happened: Happened {
                seq: self.seq,
                hash: self.hash,
                at: self.at,
                person: self.actor_id.map(PersonId),
                actor: self.actor_name,
                acted_for: self.organisation_id.map(OrganisationId),
                organisation: self.organisation_name,
                event: event::read(&self.fact)?,
            },
            roles: self.roles,
            origin: self.origin,
            reference: self.reference.unwrap_or_default(),
        })
    }
}

/// A question of the audit: the index that leads, then everything else that narrows it. The scope is asked of each entry
/// and not joined, so that the entries are read in their order and reading ends when the page is full.
macro_rules! entries {
    ($lead:literal, $order:literal) => {
        concat!(
            "SELECT e.seq, e.at, e.actor_id, e.actor_name, e.organisation_id, e.organisation_name, e.roles, e.origin, e.fact, e.hash,
                 COALESCE(d.reference, k.reference, l.reference, h.reference, p.reference) AS reference
             FROM event e
             LEFT JOIN declaration d ON d.id = e.subject_id LEFT JOIN contract k ON k.id = e.subject_id
             LEFT JOIN provider_cluster l ON l.id = e.subject_id LEFT JOIN hold h ON h.id = e.subject_id
             LEFT JOIN payment_file p ON p.id = e.subject_id
             WHERE ",
            $lead,
            " AND e.seq > $3 AND e.seq < $4 AND e.at >= $5 AND e.at < $6
             AND (e.organisation_id = $7 OR e.subject_id = $7 OR ($8 = 1 AND e.organisation_id IS NULL)
                 OR EXISTS (SELECT 1 FROM organisation o LEFT JOIN organisation above ON above.id = o.parent_id
                     WHERE o.id = e.organisation_id AND (o.parent_id = $7 OR above.parent_id = $7)))
             AND (CAST($1 AS UUID) IS NULL OR e.organisation_id = $1 OR e.subject_id = $1)
             AND (CAST($2 AS UUID) IS NULL OR e.subject_id = $2)
             AND (CAST($9 AS TEXT) IS NULL OR lower(e.actor_name) LIKE lower($9) ESCAPE '\\')
             AND (e.fact LIKE $11 OR e.fact LIKE $12 OR e.fact LIKE $13 OR e.fact LIKE $14 OR e.fact LIKE $15
                 OR e.fact LIKE $16 OR e.fact LIKE $17 OR e.fact LIKE $18 OR e.fact LIKE $19 OR e.fact LIKE $20 OR e.fact LIKE $21 OR e.fact LIKE $22)
             AND (CAST($23 AS TEXT) IS NULL OR e.origin = $23)
             ORDER BY e.seq ",
            $order,
            " LIMIT CAST($10 AS BIGINT)"
        )
    };
}

/// The question whose index leads to the fewest entries.
fn question(filter: &Filter, record: Option<Uuid>, is_upwards: bool) -> &'static str {
    let is_from_somewhere = !filter.origin.is_empty();
    match (record.is_some(), filter.organisation.is_some(), !filter.person.is_empty()) {
        (true, ..) if is_upwards => entries!("e.subject_id = $2", "ASC"),
        (true, ..) => entries!("e.subject_id = $2", "DESC"),
        (_, true, _) if is_upwards => {
            entries!("(e.organisation_id = $1 OR e.subject_id = $1)", "ASC")
        }
        (_, true, _) => entries!("(e.organisation_id = $1 OR e.subject_id = $1)", "DESC"),
        _ if is_from_somewhere && is_upwards => entries!("e.origin = $23", "ASC"),
        _ if is_from_somewhere => entries!("e.origin = $23", "DESC"),
        (.., true) if is_upwards => {
            entries!(
                "e.actor_id IN (SELECT id FROM person WHERE lower(name) LIKE lower($9) ESCAPE '\\')",
                "ASC"
            )
        }
        (.., true) => {
            entries!(
                "e.actor_id IN (SELECT id FROM person WHERE lower(name) LIKE lower($9) ESCAPE '\\')",
                "DESC"
            )
        }
        _ if is_upwards => entries!("e.seq > 0", "ASC"),
        _ => entries!("e.seq > 0", "DESC"),
    }
}

/// The organisation of a code whose entries the reader may read: the own one, or one below it.
pub async fn organisation(tx: &mut Tx, code: &str, by: &Actor) -> Result<Option<OrganisationId>> {
    let own = by.organisation().ok_or(StoreError::NotFound)?.id;
    let code = code.trim().to_uppercase();
    let Some(found) = organisation::find_by_code(tx, &code).await? else { return Ok(None) };
    let is_within =
        found.id == own || found.parent == Some(own) || region(tx, &found).await? == Some(own);
    Ok(is_within.then_some(found.id))
}

/// Entries that a filter leaves for the reader, the newest first, from a place on.
///
/// # Errors
/// A refusal for who may not read the audit; [`StoreError`] otherwise.
pub async fn list(
    tx: &mut Tx,
    filter: &Filter,
    (from, size): (From, i64),
    by: &Actor,
) -> Result<Listing, Failed<NotAllowed>> {
    by.must(Permission::SeeAudit).map_err(Failed::Refused)?;
    let record = match filter.reference.as_str() {
        "" => None,
        reference => match subject(tx, reference).await? {
            Some(record) => Some(record),
            None => {
                return Ok(Listing { entries: Vec::new(), has_newer: false, has_older: false });
            }
        },
    };
    let is_upwards = matches!(from, From::Oldest | From::After(_));
    let bounds = bounds(tx, filter, from).await?;
    let mut entries = asked(tx, filter, record, bounds, (is_upwards, size + 1), by).await?;
    let more = i64::try_from(entries.len()).unwrap_or(i64::MAX) > size;
    entries.truncate(usize::try_from(size).unwrap_or_default());
    if is_upwards {
        entries.reverse();
    }
    let (has_newer, has_older) = match from {
        From::Newest => (false, more),
        From::Oldest => (more, false),
        From::Before(_) => (true, more),
        From::After(_) => (more, true),
    };
    Ok(Listing { entries, has_newer, has_older })
}

/// The entries between which a page lies, both left out.
async fn bounds(tx: &mut Tx, filter: &Filter, from: From) -> Result<(i64, i64)> {
    let midnight = |day: NaiveDate| london_instant(day.and_time(NaiveTime::MIN));
    let mut bounds = (0, i64::MAX);
    if let Some(day) = filter.from {
        bounds.0 = first_at(tx, midnight(day)).await? - 1;
    }
    if let Some(day) = filter.until.and_then(|day| day.succ_opt()) {
        bounds.1 = first_at(tx, midnight(day)).await?;
    }
    match from {
        From::Before(seq) => bounds.1 = bounds.1.min(seq),
        From::After(seq) => bounds.0 = bounds.0.max(seq),
        From::Newest | From::Oldest => {}
    }
    Ok(bounds)
}

/// The first entry from an instant on, found by halving: the history has no gap and goes with the clock, so twenty looks
/// tell it among a million, without an index that every entry would pay for.
async fn first_at(tx: &mut Tx, instant: DateTime<Utc>) -> Result<i64> {
    #[derive(sqlx::FromRow)]
    struct Head {
        seq: i64,
    }
    #[derive(sqlx::FromRow)]
    struct At {
        at: DateTime<Utc>,
    }
    let head: Head = tx.one("SELECT seq FROM event_head WHERE id = 1", args![]).await?;
    let (mut low, mut high) = (1, head.seq + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        let row: At = tx.one("SELECT at FROM event WHERE seq = $1", args![middle]).await?;
        if row.at < instant {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

/// The record of a reference, as its history knows it.
async fn subject(tx: &mut Tx, reference: &str) -> Result<Option<Uuid>> {
    #[derive(sqlx::FromRow)]
    struct Record {
        id: Uuid,
    }
    let row: Option<Record> = tx
        .optional(
            "SELECT id FROM declaration WHERE reference = $1 UNION ALL SELECT id FROM contract WHERE reference = $1
             UNION ALL SELECT id FROM provider_cluster WHERE reference = $1 UNION ALL SELECT id FROM hold WHERE reference = $1
             UNION ALL SELECT id FROM payment_file WHERE reference = $1
             UNION ALL SELECT declaration_id AS id FROM correction WHERE reference = $1",
            args![reference],
        )
        .await?;
    Ok(row.map(|row| row.id))
}

async fn asked(
    tx: &mut Tx,
    filter: &Filter,
    record: Option<Uuid>,
    (above, below): (i64, i64),
    (is_upwards, most): (bool, i64),
    by: &Actor,
) -> Result<Vec<Listed>> {
    let own = by.organisation().ok_or(StoreError::NotFound)?;
    // Of a provider it is known which index leads to the fewest entries; a commissioner's are most of those there are.
    let organisation = filter.organisation.or(own.kind.provides().then_some(own.id));
    let filter = Filter { organisation, ..filter.clone() };
    let instants = day_bounds(&filter);
    let mut args = args![
        filter.organisation,
        record,
        above,
        below,
        instants.0,
        instants.1,
        own.id,
        // What happened by itself belongs to nobody; whoever stands at the top reads it.
        i64::from(own.kind.commissions() && own.parent.is_none()),
        crate::db::containing(&filter.person),
        most
    ];
    let kinds = filter.group.map_or(&[][..], |group| group.kinds);
    for number in 0..KINDS_MAX {
        args.push(match kinds.get(number).or(kinds.first()) {
            Some(kind) => format!("{{\"kind\":\"{kind}%").into(),
            None => "%".into(),
        });
    }
    args.push((!filter.origin.is_empty()).then_some(filter.origin.as_str()).into());
    let rows: Vec<Row> = tx.all(question(&filter, record, is_upwards), args).await?;
    rows.into_iter().map(Row::read).collect()
}

/// The instants of the days of a filter; wider than any history where it names none.
fn day_bounds(filter: &Filter) -> (DateTime<Utc>, DateTime<Utc>) {
    let midnight = |day: NaiveDate| london_instant(day.and_time(NaiveTime::MIN));
    let far = TimeDelta::days(365 * 400);
    let from = filter.from.map_or(DateTime::UNIX_EPOCH, midnight);
    let until = filter.until.and_then(|day| day.succ_opt());
    (from, until.map_or(DateTime::UNIX_EPOCH + far, midnight))
}

/// One entry with its neighbours in the chain.
#[derive(Clone, Debug)]
pub struct Found {
    /// The entry.
    pub listed: Listed,
    /// Place and hash of the one before, which this hash was made with.
    pub before: Option<(i64, String)>,
    /// Place and hash of the next one.
    pub after: Option<(i64, String)>,
    /// Whether the hash is what the entry and the one before come to today.
    pub fits: bool,
}

/// An entry by its place; [`StoreError::NotFound`] for one that the reader may not know of.
///
/// # Errors
/// A refusal for who may not read the audit at all.
pub async fn find(tx: &mut Tx, seq: i64, by: &Actor) -> Result<Found, Failed<NotAllowed>> {
    by.must(Permission::SeeAudit).map_err(Failed::Refused)?;
    let between = (seq.saturating_sub(1), seq.saturating_add(1));
    let found = asked(tx, &Filter::default(), None, between, (false, 1), by).await?;
    let listed = found.into_iter().next().ok_or(StoreError::NotFound)?;
    let (before, after) = (event::hash_at(tx, seq - 1).await?, event::hash_at(tx, seq + 1).await?);
    let fits = event::fits(tx, seq).await?;
    Ok(Found {
        listed,
        before: before.map(|hash| (seq - 1, hash)),
        after: after.map(|hash| (seq + 1, hash)),
        fits,
    })
}

/// Somebody of a commissioner has opened a page that shows the amounts of one provider. Recorded once for each person,
/// record and day; gives whether it was new. The provider's own people are not recorded.
pub async fn read_amounts(
    db: &crate::Db,
    (provider, name): (OrganisationId, &str),
    record: &str,
    by: &Actor,
    now: &domain::Now,
) -> Result<bool> {
    let Some(organisation) = by.organisation() else { return Ok(false) };
    if organisation.id == provider || !by.sees_money() {
        return Ok(false);
    }
    #[derive(sqlx::FromRow)]
    struct Read {
        #[expect(dead_code, reason = "that there is a row is what counts")]
        record: String,
    }
    // Most pages are opened again and again, and a look does not hold the writer up.
    let known: Option<Read> = (db.glance().await?)
        .optional(
            "SELECT record FROM amounts_read WHERE person_id = $1 AND record = $2 AND read_on = $3",
            args![by.person(), record, now.today],
        )
        .await?;
    if known.is_some() {
        return Ok(false);
    }
    let mut tx = db.write().await?;
    let new = tx
        .execute(
            "INSERT INTO amounts_read (person_id, record, read_on) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            args![by.person(), record, now.today],
        )
        .await?;
    if new == 1 {
        let (name, record) = (name.to_owned(), record.to_owned());
        event::record(&mut tx, &Event::AmountsRead { provider, name, record }, by, now)?;
        tx.commit().await?;
    }
    Ok(new == 1)
}
