//! List sizes of many providers at once, for files that bring figures of all of them.

use super::ListSize;
use crate::{Result, Tx, args};
use chrono::NaiveDate;
use domain::OrganisationId;
use std::collections::HashMap;
use uuid::Uuid;

/// The list size of every provider at exactly a date, as [`super::list_size`] gives each: for a file of all of them.
pub(crate) async fn list_sizes(
    tx: &mut Tx,
    on: NaiveDate,
) -> Result<HashMap<OrganisationId, ListSize>> {
    #[derive(sqlx::FromRow)]
    struct Of {
        id: Uuid,
        members: i64,
        listed: i64,
        patients: i64,
        source: String,
    }
    let practices: Vec<Of> = tx
        .all(
            "SELECT organisation_id AS id, CAST(1 AS BIGINT) AS members, CAST(1 AS BIGINT) AS listed, patients, source
             FROM list_size WHERE as_at = $1",
            args![on],
        )
        .await?;
    let networks: Vec<Of> = tx
        .all(
            "SELECT m.network_id AS id, count(*) AS members, count(l.patients) AS listed,
                 CAST(coalesce(sum(l.patients), 0) AS BIGINT) AS patients, '' AS source
             FROM network_membership m
             LEFT JOIN list_size l ON l.organisation_id = m.practice_id AND l.as_at = $1
             WHERE m.from_on <= $1 AND (m.to_on IS NULL OR m.to_on >= $1) GROUP BY m.network_id",
            args![on],
        )
        .await?;
    let sum = |mut of: Of| {
        of.source = format!("sum of the lists of {} practices", of.members);
        of
    };
    let all = practices.into_iter().chain(networks.into_iter().map(sum));
    Ok(all
        .filter(|of| of.members == of.listed)
        .map(|of| {
            let list = ListSize { patients: of.patients, as_at: on, source: of.source };
            (of.id.into(), list)
        })
        .collect())
}
