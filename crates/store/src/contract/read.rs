//! What is asked of contracts: one, the list, its services, and the providers chosen for it.

use crate::{Result, StoreError, Tx, args, db::containing, offer::components, service};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    Actor, FinancialYear, Service, ServiceId,
    contract::{Contract, ContractKind, ContractState, Target},
};
use std::{collections::BTreeSet, sync::Arc};
use uuid::Uuid;

#[derive(sqlx::FromRow)]
pub(super) struct ContractRow {
    id: Uuid,
    reference: String,
    commissioner_id: Uuid,
    kind: String,
    target: String,
    name: String,
    respond_by: NaiveDate,
    state: String,
    state_by: Option<Uuid>,
    state_at: Option<DateTime<Utc>>,
    version: i64,
    answers_may_change: bool,
}

impl ContractRow {
    pub(super) fn read(self) -> Result<Contract> {
        let inconsistent = |what: String| StoreError::Inconsistent { table: "contract", what };
        let state = match (&*self.state, self.state_by, self.state_at) {
            ("draft", None, None) => ContractState::Draft,
            ("confirmed", Some(by), Some(at)) => ContractState::Confirmed { by: by.into(), at },
            ("discarded", Some(by), Some(at)) => ContractState::Discarded { by: by.into(), at },
            (name, ..) => {
                return Err(inconsistent(format!("state {name} of {}", self.reference)));
            }
        };
        Ok(Contract {
            id: self.id.into(),
            kind: ContractKind::from_name(&self.kind)
                .ok_or_else(|| inconsistent(format!("kind {} of {}", self.kind, self.reference)))?,
            target: Target::from_name(&self.target).ok_or_else(|| {
                inconsistent(format!("target {} of {}", self.target, self.reference))
            })?,
            reference: self.reference,
            commissioner: self.commissioner_id.into(),
            name: self.name,
            respond_by: self.respond_by,
            answers_may_change: self.answers_may_change,
            state,
            version: self.version,
        })
    }
}

macro_rules! contracts {
    ($end:expr) => {
        concat!(
            "SELECT c.id, c.reference, c.commissioner_id, c.kind, c.target, c.name, c.respond_by, c.state, c.state_by, c.state_at,
                 c.version, c.answers_may_change FROM contract c ",
            $end
        )
    };
}

pub(super) use contracts;

/// One contract by its reference, for its commissioner or the region above.
pub async fn find(tx: &mut Tx, reference: &str, by: &Actor) -> Result<Contract> {
    let row: ContractRow = tx
        .one(
            contracts!(
                "WHERE c.reference = $1 AND (c.commissioner_id = $2
                     OR c.commissioner_id IN (SELECT id FROM organisation WHERE parent_id = $2 AND kind = 'icb'))"
            ),
            args![reference, by.organisation().map(|organisation| organisation.id)],
        )
        .await?;
    row.read()
}

/// One contract of the actor's own organisation: only that may change it.
pub(crate) async fn own(tx: &mut Tx, reference: &str, by: &Actor) -> Result<Contract> {
    let row: ContractRow = tx
        .one(
            contracts!("WHERE c.reference = $1 AND c.commissioner_id = $2"),
            args![reference, by.organisation().map(|organisation| organisation.id)],
        )
        .await?;
    row.read()
}

/// What the list of contracts is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// A part of the name or the reference.
    pub text: String,
    /// A state by its name; without one, every state but discarded.
    pub state: Option<String>,
    /// A financial year that one of its services is of.
    pub year: Option<FinancialYear>,
}

/// A contract with the numbers its row shows.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The contract.
    pub contract: Contract,
    /// Name of its commissioner.
    pub commissioner_name: String,
    /// How many services it has.
    pub services: i64,
    /// How many providers it went to.
    pub providers: i64,
    /// How many of them accepted at least one of its services.
    pub accepted: i64,
    /// How many offers have been asked for again.
    pub requested: i64,
}

#[derive(sqlx::FromRow)]
struct ListedRow {
    #[sqlx(flatten)]
    contract: ContractRow,
    commissioner_name: String,
    services: i64,
    providers: i64,
    accepted: i64,
    requested: i64,
}

/// The years of the services in contracts of the actor's organisation (and of the ICBs below a region), newest first.
pub async fn years(tx: &mut Tx, by: &Actor) -> Result<Vec<FinancialYear>> {
    #[derive(sqlx::FromRow)]
    struct Row {
        year: i64,
    }
    let rows: Vec<Row> = tx
        .all(
            "SELECT DISTINCT v.year FROM contract c JOIN contract_service s ON s.contract_id = c.id
                 JOIN service v ON v.id = s.service_id
             WHERE c.state <> 'discarded' AND (c.commissioner_id = $1
                OR c.commissioner_id IN (SELECT id FROM organisation WHERE parent_id = $1 AND kind = 'icb'))
             ORDER BY v.year DESC",
            args![by.organisation().map(|organisation| organisation.id)],
        )
        .await?;
    let year = |row: Row| i32::try_from(row.year).ok().map(FinancialYear);
    Ok(rows.into_iter().filter_map(year).collect())
}

/// How many contracts of the actor's organisation (and of the ICBs below a region) a filter leaves.
pub async fn count(tx: &mut Tx, filter: &Filter, by: &Actor) -> Result<i64> {
    #[derive(sqlx::FromRow)]
    struct Count {
        contracts: i64,
    }
    let organisation = by.organisation().map(|organisation| organisation.id);
    let Count { contracts } = tx
        .one(
            r"SELECT count(*) AS contracts FROM contract c
              WHERE (c.commissioner_id = $1 OR c.commissioner_id IN (SELECT id FROM organisation WHERE parent_id = $1 AND kind = 'icb'))
                AND (CAST($2 AS TEXT) IS NULL OR lower(c.name) LIKE lower($2) ESCAPE '\'
                     OR lower(c.reference) LIKE lower($2) ESCAPE '\')
                AND (c.state = $3 OR (CAST($3 AS TEXT) IS NULL AND c.state <> 'discarded'))
                AND (CAST($4 AS BIGINT) IS NULL OR EXISTS (SELECT 1 FROM contract_service s JOIN service v ON v.id = s.service_id
                     WHERE s.contract_id = c.id AND v.year = $4))",
            args![
                organisation,
                containing(&filter.text),
                filter.state.as_deref(),
                filter.year.map(|year| i64::from(year.0))
            ],
        )
        .await?;
    Ok(contracts)
}

/// The contracts of the actor's organisation (and of the ICBs below a region) that a filter leaves, newest first.
pub async fn list(
    tx: &mut Tx,
    filter: &Filter,
    skip: i64,
    limit: i64,
    by: &Actor,
) -> Result<Vec<Listed>> {
    let organisation = by.organisation().map(|organisation| organisation.id);
    let rows: Vec<ListedRow> = tx
        .all(
            r"SELECT c.id, c.reference, c.commissioner_id, c.kind, c.target, c.name, c.respond_by, c.state, c.state_by, c.state_at,
                 c.version, c.answers_may_change, m.name AS commissioner_name,
                 (SELECT count(*) FROM contract_service s WHERE s.contract_id = c.id) AS services,
                 (SELECT count(DISTINCT o.provider_id) FROM offer o WHERE o.contract_id = c.id) AS providers,
                 (SELECT count(DISTINCT o.provider_id) FROM offer o WHERE o.contract_id = c.id
                     AND o.state IN ('accepted', 'notice_given'))
                     AS accepted,
                 (SELECT count(*) FROM offer o WHERE o.contract_id = c.id AND o.state = 'requested') AS requested
              FROM contract c JOIN organisation m ON m.id = c.commissioner_id
              WHERE (c.commissioner_id = $1 OR c.commissioner_id IN (SELECT id FROM organisation WHERE parent_id = $1 AND kind = 'icb'))
                AND (CAST($2 AS TEXT) IS NULL OR lower(c.name) LIKE lower($2) ESCAPE '\'
                     OR lower(c.reference) LIKE lower($2) ESCAPE '\')
                AND (c.state = $3 OR (CAST($3 AS TEXT) IS NULL AND c.state <> 'discarded'))
                AND (CAST($6 AS BIGINT) IS NULL OR EXISTS (SELECT 1 FROM contract_service s JOIN service v ON v.id = s.service_id
                     WHERE s.contract_id = c.id AND v.year = $6))
              ORDER BY c.created_at DESC, c.reference DESC LIMIT CAST($4 AS BIGINT) OFFSET $5",
            args![
                organisation,
                containing(&filter.text),
                filter.state.as_deref(),
                limit,
                skip,
                filter.year.map(|year| i64::from(year.0))
            ],
        )
        .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Listed {
                contract: row.contract.read()?,
                commissioner_name: row.commissioner_name,
                services: row.services,
                providers: row.providers,
                accepted: row.accepted,
                requested: row.requested,
            })
        })
        .collect()
}

/// A service chosen for a contract.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// The service.
    pub id: ServiceId,
    /// Its definition.
    pub service: Arc<Service>,
    /// Codes of the components that are part of the contract.
    pub components: Vec<String>,
}

/// The services chosen for a contract, by name. The contract was found for the reader.
pub async fn services(tx: &mut Tx, contract: &Contract) -> Result<Vec<Chosen>> {
    #[derive(sqlx::FromRow)]
    struct Row {
        service_id: Uuid,
        definition_hash: String,
        components: String,
    }
    let rows: Vec<Row> = tx
        .all(
            "SELECT c.service_id, s.definition_hash, c.components FROM contract_service c JOIN service s ON s.id = c.service_id
             WHERE c.contract_id = $1 ORDER BY s.name, s.code",
            args![contract.id],
        )
        .await?;
    let mut chosen = Vec::with_capacity(rows.len());
    for row in rows {
        let id = ServiceId(row.service_id);
        let service = service::parsed(tx, row.service_id, row.definition_hash).await?;
        chosen.push(Chosen { id, service, components: components(&row.components)? });
    }
    Ok(chosen)
}

/// The codes of the providers that a contract has chosen by name. The contract was found for the reader.
pub async fn chosen_codes(tx: &mut Tx, contract: &Contract) -> Result<BTreeSet<String>> {
    #[derive(sqlx::FromRow)]
    struct Row {
        code: String,
    }
    let rows: Vec<Row> = tx
        .all(
            "SELECT o.code FROM contract_provider p JOIN organisation o ON o.id = p.provider_id WHERE p.contract_id = $1",
            args![contract.id],
        )
        .await?;
    Ok(rows.into_iter().map(|row| row.code).collect())
}
