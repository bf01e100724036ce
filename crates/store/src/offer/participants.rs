//! The participation list: who takes part in a service on a day, whether or not anything is paid for it.

use super::row::components;
use crate::{Result, Tx, args};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{Actor, Now, ServiceId};

/// A provider that takes part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participant {
    /// ODS code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Name of the PCN that a practice is in on the day.
    pub network: Option<String>,
    /// Name of the commissioner.
    pub commissioner: String,
    /// Codes of the components that are part of the contract.
    pub components: Vec<String>,
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub until: NaiveDate,
    /// The day on which it accepted or was bound; not known any more once notice was given.
    pub since: Option<NaiveDate>,
    /// Reference of the contract.
    pub contract: String,
}

/// Offers of the service `$2` in force on the day `$3`, of the commissioner `$1` and of the ICBs below it.
macro_rules! on_day {
    ($columns:literal, $joins:literal, $rest:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM offer o JOIN service s ON s.id = o.service_id ",
            $joins,
            " WHERE o.service_id = $2 AND s.starts_on <= $3 AND o.in_force_until >= $3
               AND (o.commissioner_id = $1
                   OR o.commissioner_id IN (SELECT id FROM organisation WHERE parent_id = $1 AND kind = 'icb')) ",
            $rest
        )
    };
}

/// Who takes part on a day, by ODS code: at most `limit` from `skip` on, of the actor's organisation as commissioner and
/// of the ICBs below it.
pub async fn participants(
    tx: &mut Tx,
    service: ServiceId,
    on: NaiveDate,
    (skip, limit): (i64, i64),
    by: &Actor,
) -> Result<Vec<Participant>> {
    #[derive(sqlx::FromRow)]
    struct Row {
        code: String,
        name: String,
        network: Option<String>,
        commissioner: String,
        components: String,
        starts_on: NaiveDate,
        in_force_until: NaiveDate,
        state_at: Option<DateTime<Utc>>,
        contract: String,
    }
    let rows: Vec<Row> = tx
        .all(
            on_day!(
                "p.code, p.name, n.name AS network, m.name AS commissioner, o.components, s.starts_on, o.in_force_until,
                 CASE o.state WHEN 'accepted' THEN o.state_at END AS state_at, c.reference AS contract",
                "JOIN organisation p ON p.id = o.provider_id JOIN organisation m ON m.id = o.commissioner_id
                 JOIN contract c ON c.id = o.contract_id
                 LEFT JOIN network_membership w ON w.practice_id = o.provider_id AND w.from_on <= $3
                     AND (w.to_on IS NULL OR w.to_on >= $3)
                 LEFT JOIN organisation n ON n.id = w.network_id",
                "ORDER BY o.provider_code LIMIT CAST($4 AS BIGINT) OFFSET $5"
            ),
            args![by.organisation().map(|own| own.id), service, on, limit, skip],
        )
        .await?;
    let read = |row: Row| {
        Ok(Participant {
            components: components(&row.components)?,
            code: row.code,
            name: row.name,
            network: row.network,
            commissioner: row.commissioner,
            from: row.starts_on,
            until: row.in_force_until,
            since: row.state_at.map(|at| Now::at(at).today),
            contract: row.contract,
        })
    };
    rows.into_iter().map(read).collect()
}

/// How many that are.
pub async fn taking_part_on(
    tx: &mut Tx,
    service: ServiceId,
    on: NaiveDate,
    by: &Actor,
) -> Result<i64> {
    #[derive(sqlx::FromRow)]
    struct Row {
        offers: i64,
    }
    let row: Row = tx
        .one(
            on_day!("count(*) AS offers", "", ""),
            args![by.organisation().map(|own| own.id), service, on],
        )
        .await?;
    Ok(row.offers)
}
