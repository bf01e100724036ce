//! What the receipt of a declaration is made from.

use crate::{Result, StoreError, Tx, args};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    Pence, Period,
    declaration::Less,
    hash::sha256,
    receipt::money::{Act, ByVersion, Earlier, Kind, What, WorkedOut},
};
use std::collections::HashMap;
use uuid::Uuid;

/// What a receipt is made from, besides who acted.
#[derive(sqlx::FromRow)]
pub(super) struct Facts {
    pub(super) id: Uuid,
    pub(super) reference: String,
    service_id: Uuid,
    period_start: NaiveDate,
    achievement_date: NaiveDate,
    pub(super) amount_pence: i64,
    calculated_pence: Option<i64>,
    less_because: Option<String>,
    notes: String,
    declared_by_name: Option<String>,
    declared_at: Option<DateTime<Utc>>,
    approved_by_name: Option<String>,
    approved_at: Option<DateTime<Utc>>,
    second_by_name: Option<String>,
    pub(super) second_at: Option<DateTime<Utc>>,
    finance_by_name: Option<String>,
    pub(super) finance_at: Option<DateTime<Utc>>,
    provider_code: String,
    provider_name: String,
    commissioner_code: String,
    commissioner_name: String,
    service_code: String,
    service_name: String,
    calculation: i64,
    calculated_at: DateTime<Utc>,
    achieved: String,
    result: String,
    pub(super) receipts: i64,
}

/// A question for [`Facts`], perhaps with more columns.
macro_rules! facts {
    ($more:literal, $rest:literal) => {
        concat!(
            "SELECT d.id, d.reference, d.service_id, d.period_start, d.achievement_date, d.amount_pence, d.calculated_pence, d.less_because, d.notes, \
             d.declared_by_name, d.declared_at, d.approved_by_name, d.approved_at, d.second_by_name, d.second_at, \
             d.finance_by_name, d.finance_at, \
             p.code AS provider_code, p.name AS provider_name, m.code AS commissioner_code, m.name AS commissioner_name, \
             s.code AS service_code, s.name AS service_name, c.number AS calculation, c.calculated_at, c.achieved, c.result, \
             (SELECT count(*) FROM declaration_receipt r WHERE r.declaration_id = d.id) AS receipts",
            $more,
            " FROM declaration d JOIN organisation p ON p.id = d.provider_id JOIN organisation m ON m.id = d.commissioner_id \
             JOIN service s ON s.id = d.service_id JOIN calculation c ON c.id = d.calculation_id ",
            $rest
        )
    };
}
pub(super) use facts;

/// The version of the definition that a calculation was worked out by, with its hash.
pub(super) async fn definition(
    tx: &mut Tx,
    facts: &Facts,
    known: &mut HashMap<(Uuid, u32), String>,
) -> Result<(u32, String)> {
    #[derive(sqlx::FromRow)]
    struct Hash {
        definition_hash: String,
    }
    let ByVersion { definition_version: version } =
        serde_json::from_str(&facts.result).map_err(|error| StoreError::Inconsistent {
            table: "calculation",
            what: format!(
                "result of calculation {} of {}: {error}",
                facts.calculation, facts.reference
            ),
        })?;
    let key = (facts.service_id, version);
    if let Some(hash) = known.get(&key) {
        return Ok((version, hash.clone()));
    }
    let Hash { definition_hash } = tx
        .one(
            "SELECT definition_hash FROM service_version WHERE service_id = $1 AND number = $2",
            args![facts.service_id, i64::from(version)],
        )
        .await?;
    known.insert(key, definition_hash.clone());
    Ok((version, definition_hash))
}

impl Facts {
    pub(super) fn act(
        self,
        what: What,
        number: i64,
        (by, organisation, at): (String, (String, String), DateTime<Utc>),
        definition: (u32, String),
    ) -> Act {
        let kind = what.kind();
        let steps = [
            (Kind::Declared, self.declared_by_name, self.declared_at),
            (Kind::Approved, self.approved_by_name, self.approved_at),
            (Kind::SecondApproved, self.second_by_name, self.second_at),
            (Kind::FinanceApproved, self.finance_by_name, self.finance_at),
        ];
        let before = steps.into_iter().take_while(|step| step.0 != kind);
        Act {
            what,
            number: usize::try_from(number).unwrap_or(1),
            by,
            organisation,
            at,
            declaration: self.reference,
            provider: (self.provider_name, self.provider_code),
            commissioner: (self.commissioner_name, self.commissioner_code),
            service: (self.service_name, self.service_code),
            period: Period { start: self.period_start, end: self.achievement_date },
            amount: Pence(self.amount_pence),
            less: self
                .calculated_pence
                .zip(self.less_because)
                .map(|(pence, reason)| Less { calculated: Pence(pence), reason }),
            notes: self.notes,
            worked_out: WorkedOut {
                number: self.calculation,
                at: self.calculated_at,
                achieved: self.achieved,
                definition,
                lines_hash: sha256(self.result.as_bytes()),
            },
            before: before
                .filter_map(|(kind, by, at)| Some(Earlier { kind, by: by?, at: at? }))
                .collect(),
        }
    }
}
