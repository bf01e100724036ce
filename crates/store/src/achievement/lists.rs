//! The patients on a provider's list, as a report of its achievements says them.

use crate::{Result, StoreError, Tx, args, organisation};
use chrono::NaiveDate;
use domain::{
    Organisation, OrganisationId, ServiceId,
    calculation::{Inputs, WeightedList},
};
use std::collections::HashMap;
use uuid::Uuid;

/// The list of a provider for one achievement date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListAt {
    /// Registered patients.
    pub patients: i64,
    /// The day they were counted.
    pub on: NaiveDate,
    /// The same weighted by need, where the payment goes by them.
    pub weighted: Option<WeightedList>,
    /// Whether the calculation in force has used it. Otherwise it is the newest on or before the achievement date.
    pub is_used: bool,
}

/// What the calculations in force of one provider and service were made from, by achievement.
pub(super) async fn used(
    tx: &mut Tx,
    provider: OrganisationId,
    service: ServiceId,
) -> Result<HashMap<Uuid, ListAt>> {
    #[derive(sqlx::FromRow)]
    struct Row {
        id: Uuid,
        inputs: Option<String>,
    }
    let rows: Vec<Row> = tx
        .all(
            "SELECT a.id, c.inputs FROM achievement a JOIN calculation c ON c.id = a.calculation_id
             WHERE a.provider_id = $1 AND a.service_id = $2",
            args![provider, service],
        )
        .await?;
    let mut all = HashMap::new();
    for row in rows {
        let Some(text) = row.inputs else { continue };
        let inputs: Inputs =
            serde_json::from_str(&text).map_err(|error| StoreError::Inconsistent {
                table: "calculation",
                what: format!("inputs of the calculation of {}: {error}", row.id),
            })?;
        if let Some(list) = inputs.registered {
            let (patients, on, weighted) = (list.patients, list.on, inputs.weighted);
            all.insert(row.id, ListAt { patients, on, weighted, is_used: true });
        }
    }
    Ok(all)
}

/// The newest on or before a date, where the calculation has used none.
pub(super) async fn newest(
    tx: &mut Tx,
    provider: &Organisation,
    date: NaiveDate,
) -> Result<Option<ListAt>> {
    let list = organisation::newest_list_size(tx, provider, date).await?;
    Ok(list.map(|list| ListAt {
        patients: list.patients,
        on: list.as_at,
        weighted: None,
        is_used: false,
    }))
}
