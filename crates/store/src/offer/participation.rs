//! Who takes part in a service: the accepted offers, as figures and payments ask for them.

use super::read::components;
use crate::{Result, Tx, args};
use chrono::NaiveDate;
use domain::{Actor, OfferId, OrganisationId, ServiceId};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A provider taking part in a service: its accepted offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participation {
    /// The accepted offer.
    pub offer: OfferId,
    /// The provider.
    pub provider: OrganisationId,
    /// The service.
    pub service: ServiceId,
    /// The commissioner that pays.
    pub commissioner: OrganisationId,
    /// Codes of the components that are part of the contract.
    pub components: Vec<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    provider_id: Uuid,
    service_id: Uuid,
    commissioner_id: Uuid,
    components: String,
}

impl Row {
    fn read(self) -> Result<Participation> {
        Ok(Participation {
            offer: self.id.into(),
            provider: self.provider_id.into(),
            service: self.service_id.into(),
            commissioner: self.commissioner_id.into(),
            components: components(&self.components)?,
        })
    }
}

/// Whether a provider takes part in a service on a day of it: an achievement date, or the first day of a period.
/// The caller has already been shown to see the provider.
pub async fn participation(
    tx: &mut Tx,
    provider: OrganisationId,
    service: ServiceId,
    on: NaiveDate,
) -> Result<Option<Participation>> {
    let row: Option<Row> = tx
        .optional(
            "SELECT o.id, o.provider_id, o.service_id, o.commissioner_id, o.components
             FROM offer o JOIN service s ON s.id = o.service_id
             WHERE o.provider_id = $1 AND o.service_id = $2 AND o.state = 'accepted'
               AND s.starts_on <= $3 AND s.ends_on >= $3",
            args![provider, service, on],
        )
        .await?;
    row.map(Row::read).transpose()
}

/// Every provider that takes part in a service, for a file of all of them.
pub(crate) async fn taking_part(
    tx: &mut Tx,
    service: ServiceId,
) -> Result<BTreeMap<OrganisationId, Participation>> {
    let rows: Vec<Row> = tx
        .all(
            "SELECT o.id, o.provider_id, o.service_id, o.commissioner_id, o.components
             FROM offer o WHERE o.service_id = $1 AND o.state = 'accepted'",
            args![service],
        )
        .await?;
    let parts = rows.into_iter().map(Row::read);
    parts.map(|part| part.map(|part| (part.provider, part))).collect()
}

/// Everything the actor's organisation takes part in, or that providers take part in for it (and for the ICBs below a
/// region); newest service first.
pub async fn participations(tx: &mut Tx, by: &Actor) -> Result<Vec<Participation>> {
    let organisation = by.organisation().map(|organisation| organisation.id);
    let provides = by.organisation().is_some_and(|organisation| organisation.kind.provides());
    let sql = if provides {
        "SELECT o.id, o.provider_id, o.service_id, o.commissioner_id, o.components
         FROM offer o JOIN service s ON s.id = o.service_id
         WHERE o.provider_id = $1 AND o.state = 'accepted' ORDER BY s.starts_on DESC, s.name, o.id"
    } else {
        "SELECT o.id, o.provider_id, o.service_id, o.commissioner_id, o.components
         FROM offer o JOIN service s ON s.id = o.service_id
         WHERE (o.commissioner_id = $1 OR o.commissioner_id IN (SELECT id FROM organisation WHERE parent_id = $1 AND kind = 'icb'))
           AND o.state = 'accepted' ORDER BY s.starts_on DESC, s.name, o.id"
    };
    let rows: Vec<Row> = tx.all(sql, args![organisation]).await?;
    rows.into_iter().map(Row::read).collect()
}
