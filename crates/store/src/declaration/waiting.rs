//! Achievements that have no declaration yet, each with the reason.

use super::list::reader;
use crate::{Failed, Result, Tx, achievement, args};
use chrono::NaiveDate;
use domain::{
    AchievementId, Actor, NotAllowed, Now, Period,
    declaration::{CannotDeclare, not_ready as reason},
};
use uuid::Uuid;

/// Why an achievement that has no declaration yet cannot be declared.
pub async fn not_ready(
    tx: &mut Tx,
    achievement: AchievementId,
    by: &Actor,
    now: &Now,
) -> Result<(achievement::Detail, CannotDeclare), Failed<NotAllowed>> {
    let detail = achievement::find(tx, achievement, by, now).await?;
    let missing = detail.missing.iter().map(|missing| missing.label.clone()).collect();
    let held = detail.held_because.clone();
    let why = reason(detail.achievement.period, missing, held, by, now);
    Ok((detail, why))
}

/// An achievement without a declaration, and why it cannot be declared yet.
#[derive(Clone, Debug)]
pub struct NotReady {
    /// The achievement.
    pub achievement: AchievementId,
    /// Name of the service.
    pub service: String,
    /// The period.
    pub period: Period,
    /// Why.
    pub why: CannotDeclare,
}

/// The provider's newest achievements that cannot be declared yet, at most 50.
pub async fn not_ready_yet(tx: &mut Tx, by: &Actor, now: &Now) -> Result<Vec<NotReady>> {
    #[derive(sqlx::FromRow)]
    struct Waiting {
        id: Uuid,
        service: String,
        period_start: NaiveDate,
        achievement_date: NaiveDate,
        submitted: i64,
        required: i64,
        held_because: String,
    }
    let rows: Vec<Waiting> = tx
        .all(
            "SELECT a.id, s.name AS service, a.period_start, a.achievement_date, a.submitted, a.required, a.held_because
             FROM achievement a JOIN service s ON s.id = a.service_id
             WHERE a.provider_id = $1 AND NOT a.is_part AND NOT EXISTS (SELECT 1 FROM declaration d WHERE d.achievement_id = a.id)
             ORDER BY a.achievement_date DESC, s.name LIMIT 50",
            args![reader(by)?.id],
        )
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let period = Period { start: row.period_start, end: row.achievement_date };
            let absent = row.required - row.submitted;
            let missing = (absent > 0).then(|| format!("{absent} of {} indicators", row.required));
            let missing = missing.into_iter().collect();
            let why = reason(period, missing, row.held_because, by, now);
            NotReady { achievement: row.id.into(), service: row.service, period, why }
        })
        .collect())
}
