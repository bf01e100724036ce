//! Achievement results: lists of achievements with their last calculation, and the summary report.

use super::{
    AchievementRow,
    find::Detail,
    lists::{self, ListAt},
    select,
};
use crate::{Failed, Result, Tx, arg::Arg, args};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    AchievementId, Actor, FinancialYear, NotAllowed, Now, OrganisationId, OrganisationKind, Pence,
    Period, Permission, ServiceId,
    achievement::{Achievement, AchievementState},
    ratio::{Exact, Points},
};
use uuid::Uuid;

/// What a list of achievements is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Code of a service.
    pub service: Option<String>,
    /// Financial year of the service.
    pub year: Option<FinancialYear>,
    /// Name of a state.
    pub state: Option<AchievementState>,
    /// ODS code of one provider, for a commissioner.
    pub provider: Option<String>,
}

/// One achievement in a list.
#[derive(Clone, Debug)]
pub struct ResultRow {
    /// Identifier.
    pub id: AchievementId,
    /// ODS code of the provider.
    pub provider_code: String,
    /// Its name.
    pub provider_name: String,
    /// Code of the service.
    pub service_code: String,
    /// Its name.
    pub service_name: String,
    /// The period.
    pub period: Period,
    /// Indicators with all their figures.
    pub submitted: u32,
    /// Indicators that need figures.
    pub required: u32,
    /// How far it is.
    pub state: AchievementState,
    /// Why it is held; empty otherwise.
    pub held_because: String,
    /// What was achieved, in words: `412.35 points`, `Blood tests: 37`.
    pub achieved: Option<String>,
    /// Points, where the service pays points.
    pub points: Option<Points>,
    /// The amount, when there is one and the reader may see money.
    pub amount: Option<Pence>,
    /// When it was calculated.
    pub calculated_at: Option<DateTime<Utc>>,
    /// The difference in points to the achievement date before.
    pub points_change: Option<Points>,
    /// The difference in pounds to the achievement date before, when the reader may see money.
    pub change: Option<Pence>,
    /// Name of the declaration's state, when there is one.
    pub declaration: Option<String>,
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct Results {
    /// The rows of this page.
    pub rows: Vec<ResultRow>,
    /// How many there are in all.
    pub total: u64,
}

#[derive(sqlx::FromRow)]
struct Listed {
    id: Uuid,
    provider_id: Uuid,
    service_id: Uuid,
    provider_code: String,
    provider_name: String,
    service_code: String,
    service_name: String,
    period_start: NaiveDate,
    achievement_date: NaiveDate,
    submitted: i64,
    required: i64,
    awaits: i64,
    is_part: bool,
    is_calculated: bool,
    held_because: String,
    achieved: Option<String>,
    points: Option<String>,
    amount_pence: Option<i64>,
    calculated_at: Option<DateTime<Utc>>,
    points_before: Option<String>,
    pence_before: Option<i64>,
    declaration: Option<String>,
}

/// The question for the side that asks: a provider sees its own rows, an ICB those it commissions, and a region those
/// of the ICBs below it as well. `$1` is the organisation. One index answers each; asked as one question, none does.
macro_rules! by_side {
    ($by:expr, $before:expr, $after:expr) => {
        match $by.organisation().map(|organisation| organisation.kind) {
            Some(OrganisationKind::Icb) => {
                concat!($before, " WHERE a.commissioner_id = $1 ", $after)
            }
            Some(OrganisationKind::Region) => concat!(
                $before,
                " WHERE a.commissioner_id IN (SELECT id FROM organisation WHERE id = $1 OR parent_id = $1) ",
                $after
            ),
            _ => concat!($before, " WHERE a.provider_id = $1 ", $after),
        }
    };
}

/// Rows that fit the filter: $2 a service code, $3 a year, $4 a state, $5 today, $6 a provider.
macro_rules! narrowed {
    ($after:expr) => {
        concat!(
            "AND (CAST($2 AS TEXT) IS NULL OR a.service_id IN (SELECT id FROM service WHERE code = $2))
             AND (CAST($3 AS BIGINT) IS NULL OR a.service_id IN (SELECT id FROM service WHERE year = $3))
             AND (CAST($4 AS TEXT) IS NULL OR $4 = CASE
                  WHEN a.calculation_id IS NOT NULL THEN 'calculated'
                  WHEN a.submitted < a.required AND a.awaits > 0 AND a.submitted + a.awaits >= a.required
                      THEN 'awaiting_network'
                  WHEN a.submitted < a.required AND a.submitted = 0 THEN 'not_started'
                  WHEN a.submitted < a.required THEN 'in_progress'
                  WHEN a.is_part THEN 'in_network'
                  WHEN a.achievement_date < $5 THEN 'held' ELSE 'complete' END)
             AND (CAST($6 AS TEXT) IS NULL OR a.provider_id IN (SELECT id FROM organisation WHERE code = $6)) ",
            $after
        )
    };
}

/// The newest achievement date first.
macro_rules! order {
    () => {
        "ORDER BY a.achievement_date DESC, s.name, s.code, o.code"
    };
}

/// The rows of a page with everything around them; the page is chosen first, from as little as its order needs.
macro_rules! listed {
    () => {
        concat!(
            "SELECT a.id, a.provider_id, a.service_id, o.code AS provider_code, o.name AS provider_name,
                 s.code AS service_code, s.name AS service_name, a.period_start, a.achievement_date, a.submitted,
                 a.required, a.awaits, a.is_part, a.calculation_id IS NOT NULL AS is_calculated, a.held_because, c.achieved, c.points,
                 c.amount_pence, c.calculated_at, d.state AS declaration, p.points AS points_before,
                 p.amount_pence AS pence_before
             FROM achievement a JOIN service s ON s.id = a.service_id JOIN organisation o ON o.id = a.provider_id
             LEFT JOIN calculation c ON c.id = a.calculation_id
             LEFT JOIN declaration d ON d.achievement_id = a.id
             LEFT JOIN calculation p ON p.id = (SELECT b.calculation_id FROM achievement b
                 WHERE b.provider_id = a.provider_id AND b.service_id = a.service_id
                   AND b.achievement_date < a.achievement_date AND b.calculation_id IS NOT NULL
                 ORDER BY b.achievement_date DESC LIMIT 1)
             WHERE a.id IN (SELECT a.id FROM achievement a JOIN service s ON s.id = a.service_id
                 JOIN organisation o ON o.id = a.provider_id"
        )
    };
}

/// The achievements of a provider, or of a commissioner's providers; the newest achievement date first.
pub async fn list(
    tx: &mut Tx,
    filter: &Filter,
    page: (i64, i64),
    by: &Actor,
    now: &Now,
) -> Result<Results, Failed<NotAllowed>> {
    by.must(Permission::SeeAchievement).map_err(Failed::Refused)?;
    #[derive(sqlx::FromRow)]
    struct Count {
        count: i64,
    }
    let narrow = narrow(filter, by, now);
    let sql = by_side!(by, "SELECT count(*) AS count FROM achievement a", narrowed!(""));
    let Count { count } = tx.one(sql, narrow.clone()).await?;
    let mut args = narrow;
    args.extend(args![page.0, page.1]);
    let sql = by_side!(
        by,
        listed!(),
        narrowed!(concat!(order!(), " LIMIT CAST($7 AS BIGINT) OFFSET $8) ", order!()))
    );
    let rows: Vec<Listed> = tx.all(sql, args).await?;
    let rows = rows.into_iter().map(|row| row.read(by, now)).collect::<Result<_>>()?;
    Ok(Results { rows, total: u64::try_from(count).unwrap_or_default() })
}

/// A service that achievements are of.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ServiceNamed {
    /// Code.
    pub code: String,
    /// Name, which says the year.
    pub name: String,
    /// The calendar year its financial year starts in.
    pub year: i64,
}

/// The services of the achievements that the reader's organisation may see, newest year first.
pub async fn services(tx: &mut Tx, by: &Actor) -> Result<Vec<ServiceNamed>> {
    let sql = by_side!(
        by,
        "SELECT s.code, s.name, s.year FROM service s WHERE EXISTS (SELECT 1 FROM achievement a",
        "AND a.service_id = s.id) ORDER BY s.year DESC, s.name, s.code"
    );
    tx.all(sql, args![by.organisation().map(|organisation| organisation.id)]).await
}

fn narrow(filter: &Filter, by: &Actor, now: &Now) -> Vec<Arg> {
    args![
        by.organisation().map(|organisation| organisation.id),
        filter.service.as_deref(),
        filter.year.map(|year| i64::from(year.0)),
        filter.state.map(AchievementState::name),
        now.today,
        filter.provider.as_deref()
    ]
}

impl Listed {
    fn read(self, by: &Actor, now: &Now) -> Result<ResultRow> {
        let period = Period { start: self.period_start, end: self.achievement_date };
        let count = |number: i64| u32::try_from(number).unwrap_or_default();
        let achievement = Achievement {
            id: self.id.into(),
            provider: self.provider_id.into(),
            service: self.service_id.into(),
            period,
            submitted: count(self.submitted),
            required: count(self.required),
            awaits: count(self.awaits),
            is_part: self.is_part,
            is_calculated: self.is_calculated,
            version: 0,
        };
        let exact =
            |text: &Option<String>| text.as_ref().and_then(|text| text.parse::<Exact>().ok());
        let (points, before) = (exact(&self.points), exact(&self.points_before));
        let amount = self.amount_pence.filter(|_| by.sees_money());
        Ok(ResultRow {
            id: achievement.id,
            provider_code: self.provider_code,
            provider_name: self.provider_name,
            service_code: self.service_code,
            service_name: self.service_name,
            period,
            submitted: achievement.submitted,
            required: achievement.required,
            state: achievement.state(now.today),
            held_because: self.held_because,
            achieved: self.achieved,
            amount: amount.map(Pence),
            calculated_at: self.calculated_at,
            points_change: points.as_ref().zip(before.as_ref()).map(|(now, before)| now - before),
            points,
            change: amount.zip(self.pence_before).map(|(now, before)| Pence(now - before)),
            declaration: self.declaration,
        })
    }
}

/// The achievement summary report of one service: every achievement date with its lines.
#[derive(Clone, Debug)]
pub struct Summary {
    /// The achievements, oldest first.
    pub achievements: Vec<Detail>,
    /// The list of each, in the same order; none where nobody has published one.
    pub lists: Vec<Option<ListAt>>,
    /// The sum of their amounts, when the reader may see money.
    pub total: Option<Pence>,
}

/// The most achievement dates a report of one service holds: a year of months, three times over.
const REPORT_AT_MOST: i64 = 36;

/// The achievements of one provider for one service, with everything behind them: of the reader's own organisation, or
/// of a provider that it commissions from.
pub async fn summary(
    tx: &mut Tx,
    service: ServiceId,
    provider: OrganisationId,
    by: &Actor,
    now: &Now,
) -> Result<Summary, Failed<NotAllowed>> {
    by.must(Permission::RunReports).map_err(Failed::Refused)?;
    let rows: Vec<AchievementRow> = tx
        .all(
            select!(
                "WHERE a.provider_id = $1 AND a.service_id = $2 AND (a.provider_id = $3 OR a.commissioner_id = $3
                 OR a.commissioner_id IN (SELECT id FROM organisation WHERE parent_id = $3))
                 ORDER BY a.achievement_date LIMIT CAST($4 AS BIGINT)"
            ),
            args![provider, service, by.organisation().map(|own| own.id), REPORT_AT_MOST],
        )
        .await?;
    let mut used = lists::used(tx, provider, service).await?;
    let (mut achievements, mut lists) = (Vec::with_capacity(rows.len()), Vec::new());
    for row in &rows {
        let detail = super::find::detail(tx, row, by, now).await?;
        lists.push(match used.remove(&row.id) {
            Some(list) => Some(list),
            None => lists::newest(tx, &detail.provider, detail.achievement.period.end).await?,
        });
        achievements.push(detail);
    }
    let total = achievements
        .iter()
        .filter_map(|detail| detail.calculation.as_ref()?.amount)
        .map(|amount| amount.0)
        .sum();
    Ok(Summary { achievements, lists, total: Some(Pence(total)).filter(|_| by.sees_money()) })
}
