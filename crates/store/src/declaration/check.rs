//! What a declared amount is checked with, and the checks that it did not pass, which are kept beside it.
//!
//! An amount is checked when it leaves the provider: peers who are calculated later do not make it look different to
//! whoever has looked at it already. It is checked again when the commissioner changes what it takes as usual.

use super::limits;
use crate::{
    Result, StoreError, Tx,
    achievement::{Before, before},
    args, calendar, service,
};
use chrono::NaiveDate;
use domain::{
    Now, OrganisationId, OrganisationKind, Pence, Period, PersonId, Service, ServiceId,
    calculation::Calculation,
    declaration::{
        Band, Declaration,
        checks::{Facts, Failed, Limits, Median, PerPatient, failed},
    },
    service::IndicatorKind,
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};
use uuid::Uuid;

/// Declarations that are compared with each other: of one commissioner, service and achievement date.
type Key = (OrganisationId, ServiceId, NaiveDate);

/// Checks declarations, and keeps what they do not pass. One that waits for its provider is not checked.
pub(crate) async fn check(tx: &mut Tx, declarations: &[Declaration]) -> Result<()> {
    let mut groups: BTreeMap<Key, Vec<&Declaration>> = BTreeMap::new();
    for one in declarations {
        groups.entry((one.commissioner, one.service, one.period.end)).or_default().push(one);
    }
    for (key, group) in groups {
        let limits = limits::of(tx, key.0).await?.limits;
        let peers = Peers::of(tx, key, group[0], &limits).await?;
        for one in group {
            let found = match one.state.declared() {
                None => Found::default(),
                Some(declared) => {
                    let declared_on = Now::at(declared.at).today;
                    Found {
                        checks: failed(&peers.facts(tx, one, declared_on).await?, &limits),
                        band: peers.band(one, &limits),
                        submitted_by: peers.submitted_by(tx, one).await?,
                    }
                }
            };
            keep(tx, one, &found).await?;
        }
    }
    Ok(())
}

/// What is kept beside a declared amount.
#[derive(Default)]
struct Found {
    checks: Vec<Failed>,
    band: Band,
    submitted_by: Vec<PersonId>,
}

/// What somebody has moved meanwhile was checked by that, with what is true now.
async fn keep(tx: &mut Tx, declaration: &Declaration, found: &Found) -> Result<()> {
    let failed = |error: serde_json::Error| StoreError::Setup(error.to_string());
    let checks = serde_json::to_string(&found.checks).map_err(failed)?;
    let submitted_by = serde_json::to_string(&found.submitted_by).map_err(failed)?;
    tx.execute(
        "UPDATE declaration SET checks = $2, band = $3, submitted_by = $4
         WHERE id = $1 AND version = $5 AND (checks <> $2 OR band <> $3 OR submitted_by <> $4)",
        args![declaration.id, checks, found.band.name(), submitted_by, declaration.version],
    )
    .await?;
    Ok(())
}

/// Reads the checks that a column keeps.
pub(super) fn read(stored: &str) -> Result<Vec<Failed>> {
    serde_json::from_str(stored).map_err(|error| StoreError::Inconsistent {
        table: "declaration",
        what: format!("checks {stored}: {error}"),
    })
}

/// What the declarations of a [`Key`] have in common.
struct Peers {
    service: Arc<Service>,
    patients: HashMap<OrganisationId, i64>,
    before: HashMap<OrganisationId, Pence>,
    declare_by: Option<NaiveDate>,
    median: Option<Median>,
    /// Whether a person submitted any figure; extracts come from none.
    is_submitted_by_people: bool,
}

impl Peers {
    async fn of(tx: &mut Tx, key: Key, first: &Declaration, limits: &Limits) -> Result<Self> {
        let service = service::find(tx, key.1).await?;
        let (mut patients, mut median) = (HashMap::new(), None);
        if limits.peers_times.is_some() {
            patients = lists(tx, key, first.provider, service.provider.organisation()).await?;
            let amounts = amounts(tx, key).await?;
            let per_patient = |(provider, amount)| {
                let patients = *patients.get(&provider).filter(|patients| **patients > 0)?;
                Some(PerPatient { amount, patients })
            };
            median = Median::of(amounts.into_iter().filter_map(per_patient).collect());
        }
        // A month is not compared with a year that came before it; February has 3 days less than January.
        let days = |period: Period| (period.end - period.start).num_days();
        let is_alike = |before: &Before| (days(before.period) - days(first.period)).abs() <= 3;
        let before = match before(tx, &service, key.1, first.period).await?.filter(is_alike) {
            Some(before) => amounts(tx, (key.0, before.service, before.period.end)).await?,
            None => HashMap::new(),
        };
        let declare_by = calendar::dates(tx, key.1, first.period).await?.declare_by;
        let declare_by = declare_by.and_then(|due| due.ok());
        let is_submitted_by_people = is_submitted_by_people(tx, key).await?;
        Ok(Self { service, patients, before, declare_by, median, is_submitted_by_people })
    }

    async fn facts(
        &self,
        tx: &mut Tx,
        declaration: &Declaration,
        declared_on: NaiveDate,
    ) -> Result<Facts> {
        Ok(Facts {
            amount: declaration.calculated(),
            before: self.before.get(&declaration.provider).copied(),
            patients: self.patients.get(&declaration.provider).copied(),
            peers: self.median,
            is_above_register: self.is_above_register(tx, declaration).await?,
            defaults: self.defaults(tx, declaration).await?,
            period_end: declaration.period.end,
            declare_by: self.declare_by,
            declared_on,
        })
    }

    /// An amount that nobody has to approve for the commissioner asks for no second approval.
    fn band(&self, declaration: &Declaration, limits: &Limits) -> Band {
        let asks = self.service.payment.as_ref().is_some_and(|terms| terms.approval_bands);
        if asks && declaration.steps.approval_required {
            limits.bands.of(declaration.calculated())
        } else {
            Band::Low
        }
    }

    /// The people who submitted figures in force of the provider or, for a network, of a practice that was in it. A
    /// person can replace an extracted figure as well.
    async fn submitted_by(&self, tx: &mut Tx, declaration: &Declaration) -> Result<Vec<PersonId>> {
        #[derive(sqlx::FromRow)]
        struct Row {
            submitted_by: Uuid,
        }
        if !self.is_submitted_by_people {
            return Ok(Vec::new());
        }
        let rows: Vec<Row> = tx
            .all(
                "SELECT DISTINCT s.submitted_by FROM figure f JOIN submission s ON s.id = f.submission_id
                 WHERE f.service_id = $1 AND f.achievement_date = $2 AND f.in_force AND s.submitted_by IS NOT NULL
                   AND f.provider_id IN (SELECT id FROM organisation WHERE id = $3 UNION ALL
                     SELECT practice_id FROM network_membership WHERE network_id = $3 AND from_on <= $2
                         AND (to_on IS NULL OR to_on >= $2))
                 ORDER BY s.submitted_by",
                args![declaration.service, declaration.period.end, declaration.provider],
            )
            .await?;
        Ok(rows.into_iter().map(|row| row.submitted_by.into()).collect())
    }

    /// Asked only where the definition has a maximum that more can be submitted than.
    async fn is_above_register(&self, tx: &mut Tx, declaration: &Declaration) -> Result<bool> {
        #[derive(sqlx::FromRow)]
        struct Row {
            result: String,
        }
        let has_maximum = self.service.indicators().any(|indicator| {
            matches!(&indicator.kind, IndicatorKind::Count { maximum: Some(_), .. })
        });
        if !has_maximum {
            return Ok(false);
        }
        let row: Row = tx
            .one("SELECT result FROM calculation WHERE id = $1", args![declaration.calculation])
            .await?;
        let result: Calculation = serde_json::from_str(&row.result).map_err(|error| {
            let what = format!("result {}: {error}", declaration.calculation);
            StoreError::Inconsistent { table: "calculation", what }
        })?;
        Ok(result.lines.iter().any(|line| line.is_above_register))
    }

    /// Asked only where the definition has questions: only these have defaults.
    async fn defaults(&self, tx: &mut Tx, declaration: &Declaration) -> Result<u32> {
        #[derive(sqlx::FromRow)]
        struct Row {
            figures: i64,
        }
        let has_questions = self
            .service
            .indicators()
            .any(|indicator| matches!(indicator.kind, IndicatorKind::YesNo { .. }));
        if !has_questions {
            return Ok(0);
        }
        let row: Row = tx
            .one(
                "SELECT count(*) AS figures FROM figure
                 WHERE service_id = $1 AND achievement_date = $2 AND provider_id = $3 AND in_force AND is_default",
                args![declaration.service, declaration.period.end, declaration.provider],
            )
            .await?;
        Ok(u32::try_from(row.figures).unwrap_or(u32::MAX))
    }
}

async fn is_submitted_by_people(tx: &mut Tx, key: Key) -> Result<bool> {
    #[derive(sqlx::FromRow)]
    struct Row {
        found: bool,
    }
    let row: Row = tx
        .one(
            "SELECT EXISTS (SELECT 1 FROM submission WHERE service_id = $1 AND achievement_date = $2
                 AND submitted_by IS NOT NULL) AS found",
            args![key.1, key.2],
        )
        .await?;
    Ok(row.found)
}

/// What each provider has earned, as it stands.
async fn amounts(tx: &mut Tx, key: Key) -> Result<HashMap<OrganisationId, Pence>> {
    #[derive(sqlx::FromRow)]
    struct Row {
        provider_id: Uuid,
        amount_pence: i64,
    }
    let rows: Vec<Row> = tx
        .all(
            "SELECT a.provider_id, c.amount_pence FROM achievement a JOIN calculation c ON c.id = a.calculation_id
             WHERE a.commissioner_id = $1 AND a.service_id = $2 AND a.achievement_date = $3",
            args![key.0, key.1, key.2],
        )
        .await?;
    Ok(rows.into_iter().map(|row| (row.provider_id.into(), Pence(row.amount_pence))).collect())
}

/// The newest list of each provider up to the end of the period; for a network the lists of its members on that day.
async fn lists(
    tx: &mut Tx,
    key: Key,
    one: OrganisationId,
    kind: OrganisationKind,
) -> Result<HashMap<OrganisationId, i64>> {
    #[derive(sqlx::FromRow)]
    struct Newest {
        as_at: Option<NaiveDate>,
    }
    #[derive(sqlx::FromRow)]
    struct Row {
        id: Uuid,
        patients: i64,
    }
    let newest: Newest = tx
        .one(
            "SELECT max(as_at) AS as_at FROM list_size WHERE as_at <= $2 AND organisation_id IN
                 (SELECT practice_id FROM network_membership WHERE network_id = $1
                     UNION ALL SELECT id FROM organisation WHERE id = $1)",
            args![one, key.2],
        )
        .await?;
    let sql = if kind == OrganisationKind::Pcn {
        "SELECT m.network_id AS id, CAST(sum(l.patients) AS BIGINT) AS patients FROM network_membership m
         JOIN list_size l ON l.organisation_id = m.practice_id AND l.as_at = $4
         WHERE m.from_on <= $3 AND (m.to_on IS NULL OR m.to_on >= $3) AND m.network_id IN
             (SELECT provider_id FROM achievement
              WHERE commissioner_id = $1 AND service_id = $2 AND achievement_date = $3)
         GROUP BY m.network_id"
    } else {
        "SELECT l.organisation_id AS id, l.patients FROM list_size l
         WHERE l.as_at = $4 AND l.organisation_id IN
             (SELECT provider_id FROM achievement
              WHERE commissioner_id = $1 AND service_id = $2 AND achievement_date = $3)"
    };
    let rows: Vec<Row> = tx.all(sql, args![key.0, key.1, key.2, newest.as_at]).await?;
    Ok(rows.into_iter().map(|row| (row.id.into(), row.patients)).collect())
}
