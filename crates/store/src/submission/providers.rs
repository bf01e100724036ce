//! The providers that a commissioner enters figures for: one service and achievement date, with n of m submitted.

use crate::{Failed, Result, Tx, arg::Arg, args, db::search_key, offer::components, service};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    Actor, NotAllowed, Now, OrganisationKind, Permission, Service, ServiceId,
    achievement::AchievementState, service::Component,
};
use std::sync::Arc;
use uuid::Uuid;

/// One service and achievement date, and what its providers are narrowed to.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The service.
    pub service: ServiceId,
    /// The achievement date.
    pub date: NaiveDate,
    /// How far the figures are.
    pub state: Option<AchievementState>,
    /// A part of the name or ODS code.
    pub text: String,
}

/// One provider with how far its figures are.
#[derive(Clone, Debug)]
pub struct Provider {
    /// ODS code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Indicators with all their figures.
    pub submitted: u32,
    /// Indicators that need figures.
    pub required: u32,
    /// How far it is.
    pub state: AchievementState,
    /// When figures last came.
    pub updated_at: Option<DateTime<Utc>>,
    /// Name of the declaration's state, when there is one.
    pub declaration: Option<String>,
}

/// A page of the list.
#[derive(Clone, Debug)]
pub struct Providers {
    /// The rows of this page, by name.
    pub rows: Vec<Provider>,
    /// How many there are in all.
    pub total: i64,
}

/// The question for the side that asks: an ICB sees those that take part for it, a region those of its ICBs as well.
macro_rules! by_side {
    ($by:expr, $before:expr, $after:expr) => {
        match $by.organisation().map(|organisation| organisation.kind) {
            Some(OrganisationKind::Region) => concat!(
                $before,
                " f.commissioner_id IN (SELECT id FROM organisation WHERE id = $1 OR parent_id = $1) ",
                $after
            ),
            _ => concat!($before, " f.commissioner_id = $1 ", $after),
        }
    };
}

/// The services that providers take part in for the commissioner and that need figures, newest year first.
pub async fn services(
    tx: &mut Tx,
    by: &Actor,
    now: &Now,
) -> Result<Vec<(ServiceId, Arc<Service>)>, Failed<NotAllowed>> {
    by.must(Permission::EnterFigures).map_err(Failed::Refused)?;
    #[derive(sqlx::FromRow)]
    struct Found {
        id: Uuid,
    }
    let sql = by_side!(
        by,
        "SELECT s.id FROM service s WHERE s.starts_on <= $2 AND EXISTS (SELECT 1 FROM offer f WHERE f.service_id = s.id
             AND f.in_force_until IS NOT NULL AND",
        ") ORDER BY s.year DESC, s.name, s.code"
    );
    let rows: Vec<Found> = tx.all(sql, args![own(by), now.today]).await?;
    let mut services = Vec::with_capacity(rows.len());
    for row in rows {
        let service = service::find(tx, row.id.into()).await?;
        if service.components.iter().any(|own| own.entered().next().is_some()) {
            services.push((row.id.into(), service));
        }
    }
    Ok(services)
}

fn own(by: &Actor) -> Option<domain::OrganisationId> {
    by.organisation().map(|organisation| organisation.id)
}

/// What both questions look through: $1 the commissioner, $2 the service, $3 the achievement date, $4 a state, $5 a part
/// of the name or code, $6 today.
macro_rules! taking_part {
    () => {
        "FROM offer f JOIN organisation o ON o.id = f.provider_id
         LEFT JOIN achievement a ON a.provider_id = f.provider_id AND a.service_id = f.service_id AND a.achievement_date = $3
         LEFT JOIN declaration d ON d.achievement_id = a.id
         WHERE f.service_id = $2 AND f.in_force_until >= $3 AND"
    };
}

/// Rows that fit the filter.
macro_rules! narrowed {
    ($after:expr) => {
        concat!(
            r"AND (CAST($5 AS TEXT) IS NULL OR o.search_key LIKE $5 ESCAPE '\')
             AND (CAST($4 AS TEXT) IS NULL OR $4 = CASE
                  WHEN a.id IS NULL THEN 'not_started'
                  WHEN a.calculation_id IS NOT NULL THEN 'calculated'
                  WHEN a.submitted < a.required AND a.awaits > 0 AND a.submitted + a.awaits >= a.required
                      THEN 'awaiting_network'
                  WHEN a.submitted < a.required AND a.submitted = 0 THEN 'not_started'
                  WHEN a.submitted < a.required THEN 'in_progress'
                  WHEN a.achievement_date < $6 THEN 'held' ELSE 'complete' END) ",
            $after
        )
    };
}

#[derive(sqlx::FromRow)]
struct Row {
    code: String,
    name: String,
    components: String,
    submitted: Option<i64>,
    required: Option<i64>,
    is_calculated: bool,
    updated_at: Option<DateTime<Utc>>,
    declaration: Option<String>,
}

/// A page (`limit`, `skip`) of the providers of a service with their figures of an achievement date.
pub async fn providers(
    tx: &mut Tx,
    wanted: &Wanted,
    (limit, skip): (i64, i64),
    by: &Actor,
    now: &Now,
) -> Result<Providers, Failed<NotAllowed>> {
    by.must(Permission::EnterFigures).map_err(Failed::Refused)?;
    #[derive(sqlx::FromRow)]
    struct Count {
        count: i64,
    }
    let narrow = narrow(wanted, by, now);
    let sql = by_side!(by, concat!("SELECT count(*) AS count ", taking_part!()), narrowed!(""));
    let Count { count } = tx.one(sql, narrow.clone()).await?;
    let mut args = narrow;
    args.extend(args![limit, skip]);
    let sql = by_side!(
        by,
        concat!(
            "SELECT o.code, o.name, f.components, a.submitted, a.required, a.calculation_id IS NOT NULL AS is_calculated,
                 a.updated_at, d.state AS declaration ",
            taking_part!()
        ),
        narrowed!("ORDER BY o.name, o.code LIMIT CAST($7 AS BIGINT) OFFSET $8")
    );
    let rows: Vec<Row> = tx.all(sql, args).await?;
    let service = service::at(tx, wanted.service, wanted.date).await?;
    let rows =
        rows.into_iter().map(|row| row.read(&service, wanted.date, now)).collect::<Result<_>>()?;
    Ok(Providers { rows, total: count })
}

fn narrow(wanted: &Wanted, by: &Actor, now: &Now) -> Vec<Arg> {
    args![
        own(by),
        wanted.service,
        wanted.date,
        wanted.state.map(AchievementState::name),
        search_key(&wanted.text),
        now.today
    ]
}

impl Row {
    fn read(self, service: &Service, date: NaiveDate, now: &Now) -> Result<Provider> {
        let components = components(&self.components)?;
        let entered = |component: &&Component| component.entered().count();
        let needed: usize = service.components_named(&components).iter().map(entered).sum();
        let count = |number: i64| u32::try_from(number).unwrap_or_default();
        let submitted = count(self.submitted.unwrap_or_default());
        let required =
            self.required.map_or_else(|| u32::try_from(needed).unwrap_or_default(), count);
        let state = if self.is_calculated {
            AchievementState::Calculated
        } else if submitted == 0 && required > 0 {
            AchievementState::NotStarted
        } else if submitted < required {
            AchievementState::InProgress
        } else if date < now.today {
            AchievementState::Held
        } else {
            AchievementState::Complete
        };
        Ok(Provider {
            code: self.code,
            name: self.name,
            submitted,
            required,
            state,
            updated_at: self.updated_at,
            declaration: self.declaration,
        })
    }
}
