//! The versions of a service: which of them counts for an achievement date, and for whom.

use super::{Known, parsed};
use crate::{Result, Tx, args};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{OfferId, Service, ServiceId};
use std::sync::Arc;

/// The service in the version that counts for an achievement date, for everybody who has not accepted a variation.
pub async fn at(tx: &mut Tx, id: ServiceId, date: NaiveDate) -> Result<Arc<Service>> {
    let known: Known = tx
        .one(
            "SELECT service_id AS id, definition_hash FROM service_version
             WHERE service_id = $1 AND (effective_on IS NULL OR effective_on <= $2) AND NOT is_variation
             ORDER BY number DESC LIMIT 1",
            args![id, date],
        )
        .await?;
    parsed(tx, known.id, known.definition_hash).await
}

/// The service in the version that counts for the provider of an offer at an achievement date: the newest that is either
/// no variation or a variation that it has accepted.
pub(crate) async fn agreed(
    tx: &mut Tx,
    id: ServiceId,
    offer: OfferId,
    date: NaiveDate,
) -> Result<Arc<Service>> {
    let known: Known = tx
        .one(
            "SELECT service_id AS id, definition_hash FROM service_version s
             WHERE service_id = $1 AND (effective_on IS NULL OR effective_on <= $2) AND (NOT is_variation OR EXISTS
                 (SELECT 1 FROM variation v WHERE v.offer_id = $3 AND v.number = s.number AND v.state = 'accepted'))
             ORDER BY number DESC LIMIT 1",
            args![id, date, offer],
        )
        .await?;
    parsed(tx, known.id, known.definition_hash).await
}

/// One version of a service.
pub async fn version(tx: &mut Tx, id: ServiceId, number: u32) -> Result<Arc<Service>> {
    let known: Known = tx
        .one(
            "SELECT service_id AS id, definition_hash FROM service_version WHERE service_id = $1 AND number = $2",
            args![id, i64::from(number)],
        )
        .await?;
    parsed(tx, known.id, known.definition_hash).await
}

/// One version of a definition, as the list of a service's versions shows it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Version {
    /// From 1.
    pub number: i64,
    /// The first achievement date it counts for; nothing for the first.
    pub effective_on: Option<NaiveDate>,
    /// The SHA-256 of its text.
    pub definition_hash: String,
    /// Who published it.
    pub published_by_name: String,
    /// When.
    pub published_at: DateTime<Utc>,
    /// Whether it counts only for the providers that accept it.
    pub is_variation: bool,
}

/// Every version of a service, newest first.
pub async fn versions(tx: &mut Tx, id: ServiceId) -> Result<Vec<Version>> {
    tx.all(
        "SELECT number, effective_on, definition_hash, published_by_name, published_at, is_variation FROM service_version
         WHERE service_id = $1 ORDER BY number DESC",
        args![id],
    )
    .await
}
