//! Who takes part in a service, and until when: the offers in force, as figures and payments ask for them.

use super::row::components;
use crate::{Result, Tx, args, service};
use chrono::NaiveDate;
use domain::{Actor, OfferId, OrganisationId, Service, ServiceId, network::sums};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A provider taking part in a service: its offer that is or was in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participation {
    /// The offer.
    pub offer: OfferId,
    /// The provider.
    pub provider: OrganisationId,
    /// The service.
    pub service: ServiceId,
    /// The commissioner that pays.
    pub commissioner: OrganisationId,
    /// Codes of the components that are part of the contract.
    pub components: Vec<String>,
    /// The last day on which it takes part: later achievement dates are not its own.
    pub until: NaiveDate,
    /// Whether it has accepted new terms that do not count for everybody.
    pub has_own_terms: bool,
    /// The network that takes part and that the figures are summed to, when the provider is one of its practices.
    pub network: Option<OrganisationId>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    provider_id: Uuid,
    service_id: Uuid,
    commissioner_id: Uuid,
    components: String,
    in_force_until: NaiveDate,
    has_own_terms: bool,
    network_id: Option<Uuid>,
}

impl Participation {
    /// Whether it still takes part at an achievement date.
    pub(crate) fn covers(&self, date: NaiveDate) -> bool {
        date <= self.until
    }
}

impl Row {
    fn read(self) -> Result<Participation> {
        Ok(Participation {
            offer: self.id.into(),
            provider: self.provider_id.into(),
            service: self.service_id.into(),
            commissioner: self.commissioner_id.into(),
            components: components(&self.components)?,
            until: self.in_force_until,
            has_own_terms: self.has_own_terms,
            network: self.network_id.map(OrganisationId),
        })
    }
}

/// Whether a provider takes part in a service on a day of it: an achievement date, or the first day of a period. A
/// practice takes part in what its network has accepted, with the figures that it hands in to be summed.
/// The caller has already been shown to see the provider.
pub async fn participation(
    tx: &mut Tx,
    provider: OrganisationId,
    service: ServiceId,
    on: NaiveDate,
) -> Result<Option<Participation>> {
    let row: Option<Row> = tx
        .optional(
            "SELECT o.id, o.provider_id, o.service_id, o.commissioner_id, o.components, o.in_force_until,
             EXISTS (SELECT 1 FROM variation v WHERE v.offer_id = o.id AND v.state = 'accepted') AS has_own_terms,
             CAST(NULL AS UUID) AS network_id
             FROM offer o JOIN service s ON s.id = o.service_id
             WHERE o.provider_id = $1 AND o.service_id = $2 AND s.starts_on <= $3 AND o.in_force_until >= $3",
            args![provider, service, on],
        )
        .await?;
    match row {
        Some(row) => Ok(Some(row.read()?)),
        None => member(tx, provider, service, on).await,
    }
}

/// Offers of networks to their practices: what a practice hands in for a network on a date that it is a member.
macro_rules! of_members {
    ($columns:literal, $rest:literal) => {
        concat!(
            "SELECT o.id, m.practice_id AS provider_id, o.service_id, o.commissioner_id, o.components, \
             o.in_force_until, FALSE AS has_own_terms, o.provider_id AS network_id",
            $columns,
            " FROM network_membership m JOIN offer o ON o.provider_id = m.network_id AND o.in_force_until IS NOT NULL \
             JOIN service s ON s.id = o.service_id AND s.provider_kind = 'pcn' ",
            $rest
        )
    };
}

/// Whether a practice hands in figures for a network that it is a member of on a day.
async fn member(
    tx: &mut Tx,
    practice: OrganisationId,
    service: ServiceId,
    on: NaiveDate,
) -> Result<Option<Participation>> {
    let rows: Vec<Row> = tx
        .all(
            of_members!(
                "",
                "WHERE m.practice_id = $1 AND o.service_id = $2 AND s.starts_on <= $3 AND o.in_force_until >= $3
                 AND m.from_on <= $3 AND (m.to_on IS NULL OR m.to_on >= $3)"
            ),
            args![practice, service, on],
        )
        .await?;
    let service = service::at(tx, service, on).await?;
    let parts = rows.into_iter().map(Row::read).collect::<Result<Vec<_>>>()?;
    Ok(parts.into_iter().find(|part| sums(&service, &part.components)))
}

/// Every practice that hands in figures of a service for its network on an achievement date, for a file of all of them.
pub(crate) async fn members_taking_part(
    tx: &mut Tx,
    (id, service): (ServiceId, &Service),
    on: NaiveDate,
) -> Result<BTreeMap<OrganisationId, Participation>> {
    let rows: Vec<Row> = tx
        .all(
            of_members!(
                "",
                "WHERE o.service_id = $1 AND o.in_force_until >= $2 AND m.from_on <= $2 AND (m.to_on IS NULL OR m.to_on >= $2)"
            ),
            args![id, on],
        )
        .await?;
    let parts = rows.into_iter().map(Row::read).collect::<Result<Vec<_>>>()?;
    let handing_in = parts.into_iter().filter(|part| sums(service, &part.components));
    Ok(handing_in.map(|part| (part.provider, part)).collect())
}

/// What a practice hands in for a network, and the days on which it is a member.
#[derive(Clone, Debug)]
pub(crate) struct AsMember {
    pub(crate) part: Participation,
    from_on: NaiveDate,
    to_on: Option<NaiveDate>,
}

impl AsMember {
    /// Whether an achievement date is one of its days.
    pub(crate) fn covers(&self, date: NaiveDate) -> bool {
        self.from_on <= date && self.to_on.is_none_or(|last| date <= last) && self.part.covers(date)
    }
}

/// Everything that a practice hands in for the networks it is or was a member of; newest service first.
pub(crate) async fn as_member(tx: &mut Tx, practice: OrganisationId) -> Result<Vec<AsMember>> {
    #[derive(sqlx::FromRow)]
    struct Days {
        #[sqlx(flatten)]
        row: Row,
        from_on: NaiveDate,
        to_on: Option<NaiveDate>,
    }
    let rows: Vec<Days> = tx
        .all(
            of_members!(
                ", m.from_on, m.to_on",
                "WHERE m.practice_id = $1 ORDER BY s.starts_on DESC, s.name, o.id"
            ),
            args![practice],
        )
        .await?;
    let mut all = Vec::with_capacity(rows.len());
    for Days { row, from_on, to_on } in rows {
        let part = row.read()?;
        let service = service::find(tx, part.service).await?;
        if sums(&service, &part.components) {
            all.push(AsMember { part, from_on, to_on });
        }
    }
    Ok(all)
}

/// Every provider that takes or took part in a service, for a file of all of them.
pub(crate) async fn taking_part(
    tx: &mut Tx,
    service: ServiceId,
) -> Result<BTreeMap<OrganisationId, Participation>> {
    let rows: Vec<Row> = tx
        .all(
            "SELECT o.id, o.provider_id, o.service_id, o.commissioner_id, o.components, o.in_force_until,
             EXISTS (SELECT 1 FROM variation v WHERE v.offer_id = o.id AND v.state = 'accepted') AS has_own_terms,
             CAST(NULL AS UUID) AS network_id
             FROM offer o WHERE o.service_id = $1 AND o.in_force_until IS NOT NULL",
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
        "SELECT o.id, o.provider_id, o.service_id, o.commissioner_id, o.components, o.in_force_until,
             EXISTS (SELECT 1 FROM variation v WHERE v.offer_id = o.id AND v.state = 'accepted') AS has_own_terms,
             CAST(NULL AS UUID) AS network_id
         FROM offer o JOIN service s ON s.id = o.service_id
         WHERE o.provider_id = $1 AND o.in_force_until IS NOT NULL ORDER BY s.starts_on DESC, s.name, o.id"
    } else {
        "SELECT o.id, o.provider_id, o.service_id, o.commissioner_id, o.components, o.in_force_until,
             EXISTS (SELECT 1 FROM variation v WHERE v.offer_id = o.id AND v.state = 'accepted') AS has_own_terms,
             CAST(NULL AS UUID) AS network_id
         FROM offer o JOIN service s ON s.id = o.service_id
         WHERE (o.commissioner_id = $1 OR o.commissioner_id IN (SELECT id FROM organisation WHERE parent_id = $1 AND kind = 'icb'))
           AND o.in_force_until IS NOT NULL ORDER BY s.starts_on DESC, s.name, o.id"
    };
    let rows: Vec<Row> = tx.all(sql, args![organisation]).await?;
    rows.into_iter().map(Row::read).collect()
}
