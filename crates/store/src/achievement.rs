//! Achievements: one provider's figures for one service and achievement date, and what is calculated from them.

mod again;
mod assumed;
mod find;
mod inputs;
mod lists;
mod preview;
pub(crate) mod record;
mod results;
mod source;
mod submissions;
mod sweep;
mod together;
mod work;
mod working;

pub(crate) use again::{
    at_once, in_force, payments_change, recalculate, recalculate_for, with_adjustments,
};
pub use find::{Detail, EarlierCalculation, FigureShown, calculation, find};
pub(crate) use find::{read, visible};
pub(crate) use inputs::Shared;
pub use lists::ListAt;
pub use preview::{Preview, Previewed, preview_of_definition, preview_of_figures};
pub use results::{Filter, ResultRow, Results, ServiceNamed, Summary, list, services, summary};
pub(crate) use source::{EXTRACT, NIL, REPLACEMENT, Source};
pub use submissions::{FigureChange, SubmissionKept, Submissions, submissions};
pub use sweep::{Swept, sweep};
pub use working::{Working, forecast, moved, working};

use crate::{Result, StoreError, Tx, args, declaration, extract::Range};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    Field, Figures, OrganisationId, Period, Service, ServiceId, achievement::Achievement,
    declaration::DeclarationState,
};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The columns of an achievement, for both shapes of question.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT a.id, a.provider_id, a.service_id, a.commissioner_id, a.period_start, a.achievement_date, a.submitted, \
             a.required, a.awaits, a.is_part, a.summed, a.calculation_id, a.held_because, a.recalculate_because, a.updated_at, a.version, \
             (SELECT coalesce(max(c.number), 0) FROM calculation c WHERE c.achievement_id = a.id) AS calculations \
             FROM achievement a ",
            $rest
        )
    };
}
pub(crate) use select;

#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct AchievementRow {
    pub(crate) id: Uuid,
    pub(crate) provider_id: Uuid,
    service_id: Uuid,
    pub(crate) commissioner_id: Uuid,
    period_start: NaiveDate,
    achievement_date: NaiveDate,
    submitted: i64,
    required: i64,
    pub(crate) awaits: i64,
    pub(crate) is_part: bool,
    /// How many of its changes only summed the practices of a network anew.
    pub(crate) summed: i64,
    pub(crate) calculation_id: Option<Uuid>,
    pub(crate) held_because: String,
    /// Why it is to be calculated again although no figure has changed.
    pub(crate) recalculate_because: Option<String>,
    pub(crate) updated_at: DateTime<Utc>,
    version: i64,
    pub(crate) calculations: i64,
}

impl AchievementRow {
    /// The version that a form has to have seen: sums of practices change nothing that stands on it.
    pub(crate) fn seen(&self) -> i64 {
        self.version - self.summed
    }

    pub(crate) fn date(&self) -> NaiveDate {
        self.achievement_date
    }

    pub(crate) fn read(&self) -> Result<Achievement> {
        let count = |number: i64| {
            u32::try_from(number).map_err(|_| StoreError::Inconsistent {
                table: "achievement",
                what: format!("{number} indicators of {}", self.id),
            })
        };
        Ok(Achievement {
            id: self.id.into(),
            provider: self.provider_id.into(),
            service: self.service_id.into(),
            period: Period { start: self.period_start, end: self.achievement_date },
            submitted: count(self.submitted)?,
            required: count(self.required)?,
            awaits: count(self.awaits)?,
            is_part: self.is_part,
            is_calculated: self.calculation_id.is_some(),
            version: self.version,
        })
    }
}

/// The figures that stand for one key, when somebody has begun.
pub(crate) async fn of_key(
    tx: &mut Tx,
    provider: OrganisationId,
    service: ServiceId,
    date: NaiveDate,
) -> Result<Option<AchievementRow>> {
    tx.optional(
        select!("WHERE a.provider_id = $1 AND a.service_id = $2 AND a.achievement_date = $3"),
        args![provider, service, date],
    )
    .await
}

/// Those of a range of providers, by provider.
pub(crate) async fn of_range(
    tx: &mut Tx,
    service: ServiceId,
    date: NaiveDate,
    (first, last): Range,
) -> Result<BTreeMap<OrganisationId, AchievementRow>> {
    let rows: Vec<AchievementRow> = tx
        .all(
            select!("WHERE a.service_id = $1 AND a.achievement_date = $2 AND a.provider_id >= $3 AND a.provider_id <= $4"),
            args![service, date, first, last],
        )
        .await?;
    Ok(rows.into_iter().map(|row| (row.provider_id.into(), row)).collect())
}

/// Holds the declaration of an achievement until the end of the transaction, so that nobody approves figures while
/// they change; gives where it stands.
pub(crate) async fn hold_declaration(
    tx: &mut Tx,
    row: &AchievementRow,
) -> Result<Option<DeclarationState>> {
    if row.calculations > 0 {
        let hold = "UPDATE declaration SET version = version WHERE achievement_id = $1";
        tx.execute(hold, args![row.id]).await?;
    }
    declaration_state(tx, row).await
}

/// Where the declaration of an achievement stands; only what has been calculated once has one.
pub(crate) async fn declaration_state(
    tx: &mut Tx,
    row: &AchievementRow,
) -> Result<Option<DeclarationState>> {
    if row.calculations == 0 { Ok(None) } else { declaration::state_of(tx, row.id.into()).await }
}

/// The period before one, when the service has one.
pub(crate) fn period_before(service: &Service, period: Period) -> Option<Period> {
    let periods = service.periods();
    let at = periods.iter().position(|own| *own == period)?;
    periods.get(at.checked_sub(1)?).copied()
}

/// The period before one, and whose.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Before {
    pub(crate) service: ServiceId,
    /// Whether it is the same service; only then an answer carries forward.
    pub(crate) is_own: bool,
    pub(crate) period: Period,
}

/// The period before: of the service itself, or the last one of the service that it follows.
pub(crate) async fn before(
    tx: &mut Tx,
    service: &Service,
    id: ServiceId,
    period: Period,
) -> Result<Option<Before>> {
    if let Some(period) = period_before(service, period) {
        return Ok(Some(Before { service: id, is_own: true, period }));
    }
    let Some(code) = &service.follows else { return Ok(None) };
    let Some(followed) = crate::service::find_by_code(tx, code).await? else { return Ok(None) };
    let last = followed.service.periods().pop();
    Ok(last.map(|period| Before { service: followed.id, is_own: false, period }))
}

/// A figure in force with what decides whether it may be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InForce {
    pub(crate) value: i64,
    pub(crate) is_extracted: bool,
    /// When it was submitted.
    pub(crate) at: DateTime<Utc>,
}

/// Figures in force of one provider, by indicator and field.
pub(crate) type Standing = BTreeMap<(String, Field), InForce>;

/// The values alone.
pub(crate) fn values(standing: &Standing) -> Figures {
    standing.iter().map(|(key, figure)| (key.clone(), figure.value)).collect()
}

#[derive(sqlx::FromRow)]
struct FigureRow {
    provider_id: Uuid,
    indicator: String,
    field: String,
    value: i64,
    source: String,
    submitted_at: DateTime<Utc>,
}

impl FigureRow {
    fn key(&self) -> Result<(String, Field)> {
        Ok((self.indicator.clone(), field(&self.field)?))
    }

    fn standing(&self) -> InForce {
        let is_extracted = [EXTRACT.key(), REPLACEMENT].contains(&&*self.source);
        InForce { value: self.value, is_extracted, at: self.submitted_at }
    }
}

pub(crate) fn field(key: &str) -> Result<Field> {
    Field::from_key(key)
        .ok_or_else(|| StoreError::Inconsistent { table: "figure", what: format!("field {key}") })
}

/// The figures in force of one provider.
pub(crate) async fn standing(
    tx: &mut Tx,
    provider: OrganisationId,
    service: ServiceId,
    date: NaiveDate,
) -> Result<Standing> {
    let rows: Vec<FigureRow> = tx
        .all(
            "SELECT f.provider_id, f.indicator, f.field, f.value, s.source, s.submitted_at
             FROM figure f JOIN submission s ON s.id = f.submission_id
             WHERE f.service_id = $1 AND f.achievement_date = $2 AND f.provider_id = $3 AND f.in_force",
            args![service, date, provider],
        )
        .await?;
    rows.iter().map(|row| Ok((row.key()?, row.standing()))).collect()
}

/// The figures in force of a range of providers.
pub(crate) async fn standing_of_range(
    tx: &mut Tx,
    service: ServiceId,
    date: NaiveDate,
    (first, last): Range,
) -> Result<BTreeMap<OrganisationId, Standing>> {
    let rows: Vec<FigureRow> = tx
        .all(
            "SELECT f.provider_id, f.indicator, f.field, f.value, s.source, s.submitted_at
             FROM figure f JOIN submission s ON s.id = f.submission_id
             WHERE f.service_id = $1 AND f.achievement_date = $2 AND f.provider_id >= $3 AND f.provider_id <= $4
               AND f.in_force",
            args![service, date, first, last],
        )
        .await?;
    let mut all: BTreeMap<OrganisationId, Standing> = BTreeMap::new();
    for row in rows {
        all.entry(row.provider_id.into()).or_default().insert(row.key()?, row.standing());
    }
    Ok(all)
}
