//! Who has answered what: the providers of a commissioner by the services of one year.

use super::row::is_live;
use crate::{Result, StoreError, Tx, arg::Arg, args, db::search_key};
use chrono::NaiveDate;
use domain::{
    Actor, FinancialYear, Now, OfferId, OrganisationId, OrganisationKind, ServiceId,
    offer::status_name,
    status::{self, Status},
};
use std::collections::BTreeMap;
use uuid::Uuid;

/// One page of the answers of a year.
#[derive(Clone, Debug)]
pub struct Matrix {
    /// The services that were offered, by name.
    pub services: Vec<Column>,
    /// The providers of the page: practices before networks, by ODS code.
    pub providers: Vec<Line>,
    /// How many providers there are on all pages.
    pub total: i64,
}

/// A service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Identifier.
    pub id: ServiceId,
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Which providers can have it.
    pub for_kind: OrganisationKind,
}

/// A provider with the offer of each service that counts: the one that is open or in force, or else the newest.
#[derive(Clone, Debug)]
pub struct Line {
    /// ODS code.
    pub code: String,
    /// Name.
    pub name: String,
    /// What it is.
    pub kind: OrganisationKind,
    /// Its offer of each service, and where that stands.
    pub offers: BTreeMap<ServiceId, (OfferId, &'static Status)>,
}

/// What a table of answers is narrowed to.
#[derive(Clone, Debug)]
pub struct Narrowed<'a> {
    /// The year of the services.
    pub year: FinancialYear,
    /// A part of the provider's name or code.
    pub provider: &'a str,
    /// Only providers with an offer in this status, `expired` included.
    pub status: Option<&'a str>,
    /// The code of the one service that is asked about; all of the year where it is empty.
    pub service: &'a str,
}

/// The actor's organisation `$1` and the ICBs below it.
macro_rules! mine {
    () => {
        "(SELECT id FROM organisation WHERE id = $1 UNION ALL SELECT id FROM organisation WHERE parent_id = $1 AND kind = 'icb')"
    };
}

/// Where an offer `o` stands on the day `$5`, as its commissioner reads it.
macro_rules! status {
    () => {
        "CASE WHEN o.state = 'pending' AND o.respond_by < $5 THEN 'expired' ELSE o.state END"
    };
}

/// Providers that were offered a service of the year `$2`, whose name or code is like `$3`, with an offer in status `$4`
/// and of the service `$6`, where one is asked about. A provider is told by its code, which is sorted in half the time that its
/// identifier takes.
macro_rules! found {
    () => {
        concat!(
            "SELECT x.provider_kind, x.provider_code FROM commissioned_provider x WHERE x.commissioner_id IN ",
            mine!(),
            r" AND x.year = $2
               AND (CAST($3 AS TEXT) IS NULL OR x.provider_id IN (SELECT id FROM organisation WHERE search_key LIKE $3 ESCAPE '\'))
               AND ((CAST($4 AS TEXT) IS NULL AND $6 = '') OR EXISTS (SELECT 1 FROM offer o JOIN service s ON s.id = o.service_id
                    WHERE o.provider_id = x.provider_id AND o.commissioner_id = x.commissioner_id AND s.year = x.year
                      AND ($6 = '' OR s.code = $6) AND (CAST($4 AS TEXT) IS NULL OR $4 = ",
            status!(),
            "))) GROUP BY x.provider_kind, x.provider_code"
        )
    };
}

impl Narrowed<'_> {
    fn args(&self, by: &Actor, now: &Now) -> Vec<Arg> {
        args![own(by), self.year.0, search_key(self.provider), self.status, now.today, self.service]
    }
}

/// The years of the services that the actor's organisation has offered, the newest first.
pub async fn years(tx: &mut Tx, by: &Actor) -> Result<Vec<FinancialYear>> {
    #[derive(sqlx::FromRow)]
    struct Row {
        year: i64,
    }
    let rows: Vec<Row> = tx
        .all(
            "SELECT DISTINCT s.year FROM service s WHERE EXISTS (SELECT 1 FROM offer o WHERE o.service_id = s.id
                 AND o.commissioner_id IN (SELECT id FROM organisation WHERE id = $1
                     UNION ALL SELECT id FROM organisation WHERE parent_id = $1 AND kind = 'icb'))
             ORDER BY s.year DESC",
            args![own(by)],
        )
        .await?;
    rows.into_iter()
        .map(|row| {
            i32::try_from(row.year).map(FinancialYear).map_err(|_| StoreError::Inconsistent {
                table: "service",
                what: format!("year {}", row.year),
            })
        })
        .collect()
}

/// An offer of a page, with its provider.
#[derive(sqlx::FromRow)]
struct Cell {
    id: Uuid,
    service_id: Uuid,
    state: String,
    respond_by: NaiveDate,
    in_force_until: Option<NaiveDate>,
    provider_code: String,
    provider_name: String,
    provider_kind: String,
    total: i64,
}

impl Cell {
    fn status(&self, now: &Now) -> Result<&'static Status> {
        let name = status_name(&self.state, self.respond_by, self.in_force_until, now.today);
        status::find(status::OFFER, name).ok_or_else(|| StoreError::Inconsistent {
            table: "offer",
            what: format!("state {name} of {}", self.id),
        })
    }
}

/// One page of `limit` providers after the first `skip`; the last page where there are not so many.
pub async fn matrix(
    tx: &mut Tx,
    which: &Narrowed<'_>,
    (skip, limit): (i64, i64),
    by: &Actor,
    now: &Now,
) -> Result<Matrix> {
    let mut services = services(tx, which.year, by).await?;
    services.retain(|one| which.service.is_empty() || one.code == which.service);
    let mut args = which.args(by, now);
    args.extend(args![limit, skip]);
    let cells: Vec<Cell> = tx
        .all(
            concat!(
                "WITH found AS (",
                found!(),
                "), page AS (SELECT provider_kind, provider_code FROM found ORDER BY provider_kind DESC, provider_code
                     LIMIT CAST($7 AS BIGINT) OFFSET
                         (SELECT CASE WHEN $8 < count(*) THEN $8 ELSE (count(*) - 1) / $7 * $7 END FROM found))
                 SELECT o.id, o.service_id, o.state, o.respond_by, o.in_force_until,
                     p.code AS provider_code, p.name AS provider_name, p.kind AS provider_kind, (SELECT count(*) FROM found) AS total
                 FROM page JOIN organisation p ON p.code = page.provider_code
                 JOIN offer o ON o.provider_id = p.id AND o.commissioner_id IN ",
                mine!(),
                " WHERE o.service_id IN (SELECT s.id FROM service s WHERE s.year = $2 AND ($6 = '' OR s.code = $6))
                 ORDER BY page.provider_kind DESC, page.provider_code, CASE WHEN ",
                is_live!("o"),
                " THEN 1 ELSE 0 END, o.changed_at"
            ),
            args,
        )
        .await?;
    let total = cells.first().map_or(0, |cell| cell.total);
    let mut lines: Vec<Line> = Vec::new();
    for cell in cells {
        let status = cell.status(now)?;
        if lines.last().is_none_or(|line| line.code != cell.provider_code) {
            let kind = kind(&cell.provider_kind)?;
            let (code, name) = (cell.provider_code, cell.provider_name);
            lines.push(Line { code, name, kind, offers: BTreeMap::new() });
        }
        if let Some(line) = lines.last_mut() {
            // The one that is open or in force comes last and stays, otherwise the one that changed last.
            line.offers.insert(cell.service_id.into(), (cell.id.into(), status));
        }
    }
    Ok(Matrix { services, providers: lines, total })
}

/// The services of a year that the actor's organisation has offered.
pub async fn services(tx: &mut Tx, year: FinancialYear, by: &Actor) -> Result<Vec<Column>> {
    #[derive(sqlx::FromRow)]
    struct Service {
        id: Uuid,
        code: String,
        name: String,
        provider_kind: String,
    }
    let services: Vec<Service> = tx
        .all(
            "SELECT s.id, s.code, s.name, s.provider_kind FROM service s WHERE s.year = $2 AND EXISTS
                 (SELECT 1 FROM offer o WHERE o.service_id = s.id AND o.commissioner_id IN
                     (SELECT id FROM organisation WHERE id = $1
                         UNION ALL SELECT id FROM organisation WHERE parent_id = $1 AND kind = 'icb'))
             ORDER BY s.name, s.code",
            args![own(by), year.0],
        )
        .await?;
    let column = |row: Service| {
        let for_kind = kind(&row.provider_kind)?;
        Ok(Column { id: row.id.into(), code: row.code, name: row.name, for_kind })
    };
    services.into_iter().map(column).collect()
}

fn kind(name: &str) -> Result<OrganisationKind> {
    OrganisationKind::from_name(name).ok_or_else(|| StoreError::Inconsistent {
        table: "organisation",
        what: format!("kind {name}"),
    })
}

fn own(by: &Actor) -> Option<OrganisationId> {
    by.organisation().map(|organisation| organisation.id)
}
