//! The contracts whose offers wait for an answer, what ends first at the top: whom a commissioner follows up.

use crate::{Result, Tx, args};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{Actor, Now};

/// A contract with offers that can still be answered.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Awaited {
    /// Its reference.
    pub reference: String,
    /// Its name.
    pub name: String,
    /// Name of its commissioner.
    pub commissioner: String,
    /// The first response date.
    pub respond_by: NaiveDate,
    /// Offers without an answer.
    pub offers: i64,
    /// Their providers.
    pub providers: i64,
    /// When one of them was reminded last.
    pub reminded_at: Option<DateTime<Utc>>,
}

/// The contracts of the actor's organisation, and of the ICBs below a region, whose offers wait for an answer.
pub async fn awaited(
    tx: &mut Tx,
    skip: i64,
    limit: i64,
    by: &Actor,
    now: &Now,
) -> Result<Vec<Awaited>> {
    tx.all(
        "WITH mine AS (SELECT id FROM organisation WHERE id = $1 OR (parent_id = $1 AND kind = 'icb'))
         SELECT c.reference, c.name, m.name AS commissioner, w.respond_by, w.offers, w.providers, w.reminded_at
         FROM (SELECT contract_id, min(respond_by) AS respond_by, count(*) AS offers,
                   count(DISTINCT provider_id) AS providers, max(reminded_at) AS reminded_at
               FROM offer WHERE commissioner_id IN (SELECT id FROM mine) AND state = 'pending' AND respond_by >= $2
               GROUP BY contract_id) w
         JOIN contract c ON c.id = w.contract_id JOIN organisation m ON m.id = c.commissioner_id
         ORDER BY w.respond_by, c.reference LIMIT CAST($3 AS BIGINT) OFFSET $4",
        args![by.organisation().map(|own| own.id), now.today, limit, skip],
    )
    .await
}

/// How many such contracts there are.
pub async fn awaited_count(tx: &mut Tx, by: &Actor, now: &Now) -> Result<i64> {
    #[derive(sqlx::FromRow)]
    struct Count {
        contracts: i64,
    }
    let count: Count = tx
        .one(
            "WITH mine AS (SELECT id FROM organisation WHERE id = $1 OR (parent_id = $1 AND kind = 'icb'))
             SELECT count(DISTINCT contract_id) AS contracts FROM offer
             WHERE commissioner_id IN (SELECT id FROM mine) AND state = 'pending' AND respond_by >= $2",
            args![by.organisation().map(|own| own.id), now.today],
        )
        .await?;
    Ok(count.contracts)
}
