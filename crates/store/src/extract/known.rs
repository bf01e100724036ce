//! What is recorded for some of the providers that a file has rows for.

use super::place::Placed;
use crate::{
    Result, Tx,
    achievement::{AchievementRow, EXTRACT, Standing, of_range, standing_of_range},
    args,
    declaration::hold_range,
};
use chrono::{DateTime, Utc};
use domain::{AchievementId, Field, Figures, OrganisationId, declaration::DeclarationState};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// Providers from one identifier to another, both included: a part of a service small enough for the memory.
pub(crate) type Range = (OrganisationId, OrganisationId);

/// What is recorded for a range of providers, for one service and achievement date.
#[derive(Default)]
pub(super) struct Known {
    pub(super) achievements: BTreeMap<OrganisationId, AchievementRow>,
    pub(super) standing: BTreeMap<OrganisationId, Standing>,
    /// Submissions that files have brought.
    pub(super) submissions: HashMap<Key, Figures>,
    /// Where declarations stand; nobody approves one until the transaction ends.
    pub(super) declarations: BTreeMap<AchievementId, DeclarationState>,
}

/// What makes a submission of a file the same as one that was loaded before.
pub(super) type Key = (OrganisationId, String, DateTime<Utc>);

impl Known {
    pub(super) async fn of(tx: &mut Tx, placed: &Placed<'_>, range: Range) -> Result<Self> {
        let (service, date) = (placed.id, placed.period.end);
        let achievements = of_range(tx, service, date, range).await?;
        if achievements.is_empty() {
            // No figure comes without its achievement.
            return Ok(Self::default());
        }
        let was_calculated = achievements.values().any(|row| row.calculations > 0);
        Ok(Self {
            standing: standing_of_range(tx, service, date, range).await?,
            submissions: submissions(tx, placed, range).await?,
            declarations: if was_calculated {
                hold_range(tx, service, date, range).await?
            } else {
                BTreeMap::new()
            },
            achievements,
        })
    }
}

#[derive(sqlx::FromRow)]
struct KnownRow {
    provider_id: Uuid,
    submitted_by_name: String,
    submitted_at: DateTime<Utc>,
    indicator: String,
    field: String,
    value: i64,
}

async fn submissions(
    tx: &mut Tx,
    placed: &Placed<'_>,
    range: Range,
) -> Result<HashMap<Key, Figures>> {
    let rows: Vec<KnownRow> = tx
        .all(
            "SELECT s.provider_id, s.submitted_by_name, s.submitted_at, f.indicator, f.field, f.value
             FROM submission s JOIN figure f ON f.submission_id = s.id
             WHERE s.service_id = $1 AND s.achievement_date = $2 AND s.source = $3
               AND s.provider_id >= $4 AND s.provider_id <= $5",
            args![placed.id, placed.period.end, EXTRACT, range.0, range.1],
        )
        .await?;
    let mut known: HashMap<Key, Figures> = HashMap::new();
    for row in rows {
        let key = (row.provider_id.into(), row.submitted_by_name, row.submitted_at);
        let field: Field = crate::achievement::field(&row.field)?;
        known.entry(key).or_default().insert((row.indicator, field), row.value);
    }
    Ok(known)
}
