//! Calculating again because something else than figures has changed: national figures, lists, rules, membership.

use super::record::Work;
use crate::{Result, Tx, args};
use chrono::NaiveDate;
use domain::{ServiceId, calculation::Calculation};
use uuid::Uuid;

/// Marks the achievements of a service from a date on to be calculated again, unless finance has approved their
/// payment; the next sweep does it. Gives how many those are.
pub(crate) async fn recalculate(
    tx: &mut Tx,
    service: ServiceId,
    from: NaiveDate,
    because: &str,
) -> Result<u64> {
    tx.execute(
        "UPDATE achievement SET recalculate_because = $3, version = version + 1
         WHERE service_id = $1 AND achievement_date >= $2 AND NOT EXISTS
             (SELECT 1 FROM declaration d WHERE d.achievement_id = achievement.id AND d.state = 'approved')",
        args![service, from, because],
    )
    .await
}

/// The calculation in force, when a new one because of something else than figures says the same as it.
pub(super) async fn says_the_same(
    tx: &mut Tx,
    work: &Work,
    new: &Calculation,
) -> Result<Option<Uuid>> {
    #[derive(sqlx::FromRow)]
    struct Kept {
        result: String,
    }
    let in_force = work.row.as_ref().and_then(|row| row.calculation_id);
    let Some(id) = in_force.filter(|_| work.submissions.is_empty()) else { return Ok(None) };
    let kept: Kept = tx.one("SELECT result FROM calculation WHERE id = $1", args![id]).await?;
    let kept: Option<Calculation> = serde_json::from_str(&kept.result).ok();
    Ok(kept.is_some_and(|kept| kept.says_the_same_as(new)).then_some(id))
}
