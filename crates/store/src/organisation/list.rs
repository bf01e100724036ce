//! Lists of patients: registered and weighted, of practices and, summed, of PCNs.

use crate::{Db, Failed, Result, StoreError, Tx, achievement, args, event};
use chrono::NaiveDate;
use domain::{
    Actor, Event, NotAllowed, Now, Organisation, OrganisationId, OrganisationKind, Permission,
    calculation::WeightedList, calendar::long_date, ratio::Exact,
};

/// A list size with the day it counts for and where it came from.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ListSize {
    /// Patients.
    pub patients: i64,
    /// The day it counts for.
    pub as_at: NaiveDate,
    /// Where it came from.
    pub source: String,
}

/// The newest list size of a provider on or before a date, for its page; for a PCN the sum of its members' newest.
pub async fn newest_list_size(
    tx: &mut Tx,
    provider: &Organisation,
    on: NaiveDate,
) -> Result<Option<ListSize>> {
    #[derive(sqlx::FromRow)]
    struct Newest {
        as_at: Option<NaiveDate>,
    }
    let Newest { as_at } = tx
        .one(
            // One list of organisations, because an index finds theirs; with OR every list there is would be looked at.
            "SELECT max(l.as_at) AS as_at FROM list_size l WHERE l.as_at <= $2 AND l.organisation_id IN (
                 SELECT id FROM organisation WHERE id = $1
                 UNION ALL SELECT practice_id FROM network_membership WHERE network_id = $1)",
            args![provider.id, on],
        )
        .await?;
    match as_at {
        Some(as_at) => list_size(tx, provider, as_at).await,
        None => Ok(None),
    }
}

/// The list size of a provider at exactly the reference date of a service: an older list would pay a wrong amount.
/// For a PCN it is the sum of its member practices' lists, and none while any of them is missing.
pub async fn list_size(
    tx: &mut Tx,
    provider: &Organisation,
    on: NaiveDate,
) -> Result<Option<ListSize>> {
    if provider.kind != OrganisationKind::Pcn {
        return tx
            .optional(
                "SELECT patients, as_at, source FROM list_size WHERE organisation_id = $1 AND as_at = $2",
                args![provider.id, on],
            )
            .await;
    }
    #[derive(sqlx::FromRow)]
    struct Sum {
        members: i64,
        listed: i64,
        patients: i64,
    }
    let Sum { members, listed, patients } = tx
        .one(
            "SELECT count(*) AS members, count(l.patients) AS listed, CAST(coalesce(sum(l.patients), 0) AS BIGINT) AS patients
             FROM network_membership m
             LEFT JOIN list_size l ON l.organisation_id = m.practice_id AND l.as_at = $2
             WHERE m.network_id = $1 AND m.from_on <= $2 AND (m.to_on IS NULL OR m.to_on >= $2)",
            args![provider.id, on],
        )
        .await?;
    let source = format!("sum of the lists of {members} practices");
    Ok((members > 0 && members == listed).then_some(ListSize { patients, as_at: on, source }))
}

/// Loads list sizes as at one day, all or nothing; a size already there for that day is replaced, and what was paid by
/// it is calculated again. Codes that are not organisations are the caller's to refuse first.
pub async fn load_list_sizes(
    db: &Db,
    file: (&str, &str),
    as_at: NaiveDate,
    sizes: &[(OrganisationId, i64)],
    by: &Actor,
    now: &Now,
) -> Result<u64, Failed<NotAllowed>> {
    by.must(Permission::MaintainRegister).map_err(Failed::Refused)?;
    let mut tx = db.write().await?;
    mark(&mut tx, as_at, "list size", by).await?;
    let rows = sizes
        .iter()
        .map(|(organisation, patients)| args![*organisation, as_at, *patients, file.0])
        .collect();
    tx.upsert(
        "INSERT INTO list_size (organisation_id, as_at, patients, source)",
        rows,
        "ON CONFLICT (organisation_id, as_at) DO UPDATE SET patients = excluded.patients, source = excluded.source",
    )
    .await?;
    finish(tx, file, as_at, sizes.len(), by, now).await
}

/// The weighted list of a provider at exactly a date; for a PCN the sum of its members', none while one is missing.
pub async fn weighted_list(
    tx: &mut Tx,
    provider: &Organisation,
    on: NaiveDate,
) -> Result<Option<WeightedList>> {
    #[derive(sqlx::FromRow)]
    struct Patients {
        patients: Option<String>,
    }
    let rows: Vec<Patients> = if provider.kind == OrganisationKind::Pcn {
        tx.all(
            "SELECT l.patients FROM network_membership m
             LEFT JOIN weighted_list l ON l.organisation_id = m.practice_id AND l.as_at = $2
             WHERE m.network_id = $1 AND m.from_on <= $2 AND (m.to_on IS NULL OR m.to_on >= $2)",
            args![provider.id, on],
        )
        .await?
    } else {
        tx.all(
            "SELECT patients FROM weighted_list WHERE organisation_id = $1 AND as_at = $2",
            args![provider.id, on],
        )
        .await?
    };
    let mut sum = Exact::zero();
    for row in &rows {
        let Some(text) = &row.patients else { return Ok(None) };
        let patients: Exact = text.parse().map_err(|_| StoreError::Inconsistent {
            table: "weighted_list",
            what: format!("patients {text} of {}", provider.code),
        })?;
        sum = sum + patients;
    }
    Ok((!rows.is_empty()).then_some(WeightedList { patients: sum, on }))
}

/// Loads weighted lists as at one day, like [`load_list_sizes`]. Decimals are kept as written.
pub async fn load_weighted_lists(
    db: &Db,
    file: (&str, &str),
    as_at: NaiveDate,
    lists: &[(OrganisationId, String)],
    by: &Actor,
    now: &Now,
) -> Result<u64, Failed<NotAllowed>> {
    by.must(Permission::MaintainRegister).map_err(Failed::Refused)?;
    let mut tx = db.write().await?;
    mark(&mut tx, as_at, "weighted list", by).await?;
    let rows = lists
        .iter()
        .map(|(organisation, patients)| args![*organisation, as_at, &**patients, file.0])
        .collect();
    tx.upsert(
        "INSERT INTO weighted_list (organisation_id, as_at, patients, source)",
        rows,
        "ON CONFLICT (organisation_id, as_at) DO UPDATE SET patients = excluded.patients, source = excluded.source",
    )
    .await?;
    finish(tx, file, as_at, lists.len(), by, now).await
}

/// Marks everything that a list of this day pays to be calculated again; what comes to the same amount stays as it is.
async fn mark(tx: &mut Tx, as_at: NaiveDate, what: &str, by: &Actor) -> Result<()> {
    let because = format!("the {what} of {} was loaded by {}", long_date(as_at), by.name());
    let services = crate::service::list(tx, &crate::service::Filter::default()).await?;
    for published in services {
        if published.service.list_size_date == Some(as_at) {
            achievement::recalculate(tx, published.id, published.service.starts_on, &because)
                .await?;
        }
    }
    Ok(())
}

async fn finish(
    mut tx: Tx,
    file: (&str, &str),
    as_at: NaiveDate,
    lists: usize,
    by: &Actor,
    now: &Now,
) -> Result<u64, Failed<NotAllowed>> {
    let lists = lists as u64;
    let event = Event::ListSizesLoaded {
        file: file.0.to_owned(),
        file_hash: file.1.to_owned(),
        as_at,
        lists,
    };
    event::record(&mut tx, &event, by, now)?;
    tx.commit().await?;
    Ok(lists)
}
