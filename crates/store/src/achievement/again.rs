//! Calculating again because something else than figures has changed: national figures, lists, rules, membership.

use super::{
    AchievementRow,
    record::{Work, decide, record},
    sweep,
};
use crate::{Result, StoreError, Tx, adjustment::InForce, args, service};
use chrono::NaiveDate;
use domain::{Actor, Now, OrganisationId, Pence, ServiceId, calculation::Calculation};
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

/// The same for one provider.
pub(crate) async fn recalculate_for(
    tx: &mut Tx,
    (service, provider): (ServiceId, OrganisationId),
    from: NaiveDate,
    because: &str,
) -> Result<u64> {
    tx.execute(
        "UPDATE achievement SET recalculate_because = $4, version = version + 1
         WHERE service_id = $1 AND provider_id = $2 AND achievement_date >= $3 AND NOT EXISTS
             (SELECT 1 FROM declaration d WHERE d.achievement_id = achievement.id AND d.state = 'approved')",
        args![service, provider, from, because],
    )
    .await
}

/// Marks what depends on payments of a service that finance approves now: their providers' aspirations that are a part of
/// them, and the settlements that take them off.
pub(crate) async fn payments_change(
    tx: &mut Tx,
    paid: ServiceId,
    providers: &[OrganisationId],
    by: &Actor,
) -> Result<()> {
    let code = service::find(tx, paid).await?.code.clone();
    let because = format!("{} approved a payment of {code}", by.name());
    for published in service::list(tx, &service::Filter::default()).await? {
        if !published.service.uses_payment_of(&code) {
            continue;
        }
        for provider in providers {
            tx.execute(
                "UPDATE achievement SET recalculate_because = $3, version = version + 1
                 WHERE provider_id = $1 AND service_id = $2 AND NOT EXISTS
                     (SELECT 1 FROM declaration d WHERE d.achievement_id = achievement.id AND d.state = 'approved')",
                args![*provider, published.id, &*because],
            )
            .await?;
        }
    }
    Ok(())
}

/// Calculates one achievement again in the caller's transaction, so that the next page shows the new amount.
pub(crate) async fn at_once(
    tx: &mut Tx,
    row: &AchievementRow,
    because: &str,
    by: &Actor,
    now: &Now,
) -> Result<()> {
    let work = work(tx, row, because, by).await?;
    record(tx, vec![work], now).await.map(|_| ())
}

/// What an achievement that comes to `before` would come to with other adjustments than those in force; none while
/// something is missing. Nothing is written.
pub(crate) async fn with_adjustments(
    tx: &mut Tx,
    row: &AchievementRow,
    mut adjusted: InForce,
    before: Option<Pence>,
    now: &Now,
) -> Result<Option<Pence>> {
    let work = work(tx, row, "", &Actor::system("Accord")).await?;
    let decided = decide(tx, work, &mut adjusted, now).await?;
    let stands = decided.in_force.and(before);
    Ok(decided.calculation.map_or(stands, |new| Some(new.result.amount)))
}

/// The work of calculating an achievement again although no figure of it has changed.
async fn work(tx: &mut Tx, row: &AchievementRow, because: &str, by: &Actor) -> Result<Work> {
    let mut work = sweep::work_of(tx, row, by).await?.ok_or(StoreError::NotFound)?;
    because.clone_into(&mut work.cause);
    if let Some(row) = &mut work.row {
        row.recalculate_because = Some(because.to_owned());
    }
    Ok(work)
}

/// The calculation in force, with its money; none while something is missing.
pub(crate) async fn in_force(tx: &mut Tx, row: &AchievementRow) -> Result<Option<Calculation>> {
    let Some(id) = row.calculation_id else { return Ok(None) };
    let kept: Kept = tx.one("SELECT result FROM calculation WHERE id = $1", args![id]).await?;
    kept.read(id).map(Some)
}

#[derive(sqlx::FromRow)]
struct Kept {
    result: String,
}

impl Kept {
    fn read(&self, id: Uuid) -> Result<Calculation> {
        serde_json::from_str(&self.result).map_err(|error| StoreError::Inconsistent {
            table: "calculation",
            what: format!("result of {id}: {error}"),
        })
    }
}

/// The calculation in force, when a new one because of something else than figures says the same as it.
pub(super) async fn says_the_same(
    tx: &mut Tx,
    work: &Work,
    new: &Calculation,
) -> Result<Option<Uuid>> {
    let in_force = work.row.as_ref().and_then(|row| row.calculation_id);
    let Some(id) = in_force.filter(|_| work.submissions.is_empty()) else { return Ok(None) };
    let kept: Kept = tx.one("SELECT result FROM calculation WHERE id = $1", args![id]).await?;
    let kept: Option<Calculation> = serde_json::from_str(&kept.result).ok();
    Ok(kept.is_some_and(|kept| kept.says_the_same_as(new)).then_some(id))
}
