//! The holds that are open, for the questions that they decide. Membership of a cluster is read anew each time.

use super::{Row, holds};
use crate::{Result, Tx, args};
use domain::{
    Actor, ClusterId, OrganisationId, OrganisationKind, ServiceId,
    hold::{Hold, Open},
};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Whether an open hold that `$stops` covers the declaration `$d`: [`Open::held`] as a condition, and a story compares the
/// two.
macro_rules! covered {
    ($d:literal, $stops:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM hold h WHERE h.lifted_at IS NULL AND h.stops IN ('both', '",
            $stops,
            "') AND h.commissioner_id = ",
            $d,
            ".commissioner_id AND h.service_id = ",
            $d,
            ".service_id AND (h.cluster_id IS NULL OR EXISTS (SELECT 1 FROM provider_cluster_member w \
             WHERE w.cluster_id = h.cluster_id AND w.provider_id = ",
            $d,
            ".provider_id)))"
        )
    };
}
pub(crate) use covered;

/// Of what a reader asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everything that its organisation declares, approves or pays.
    All,
    /// A service of a provider that a commissioner pays.
    Of(OrganisationId, ServiceId, OrganisationId),
}

/// The open holds that the actor may read: a provider those that cover it, a commissioner its own, a region those of its
/// ICBs.
pub async fn of_reader(tx: &mut Tx, scope: Scope, by: &Actor) -> Result<Open> {
    let Some(organisation) = by.organisation() else { return Ok(Open::default()) };
    if let Scope::Of(commissioner, service, provider) = scope {
        return of_row(tx, commissioner, service, provider).await;
    }
    if organisation.kind.provides() {
        return of_provider(tx, organisation.id).await;
    }
    let rows: Vec<Row> = if organisation.kind == OrganisationKind::Icb {
        tx.all(
            holds!("WHERE h.lifted_at IS NULL AND h.commissioner_id = $1"),
            args![organisation.id],
        )
        .await?
    } else {
        tx.all(
            holds!(
                "WHERE h.lifted_at IS NULL AND h.commissioner_id IN \
                 (SELECT id FROM organisation WHERE id = $1 OR (parent_id = $1 AND kind = 'icb'))"
            ),
            args![organisation.id],
        )
        .await?
    };
    with_members(tx, rows).await
}

/// The open holds that cover a provider, of services that it takes or took part in.
async fn of_provider(tx: &mut Tx, provider: OrganisationId) -> Result<Open> {
    let rows: Vec<Row> = tx
        .all(
            holds!(
                "WHERE h.lifted_at IS NULL AND (h.cluster_id IS NULL OR EXISTS (SELECT 1 FROM provider_cluster_member m \
                 WHERE m.cluster_id = h.cluster_id AND m.provider_id = $1)) \
                 AND (EXISTS (SELECT 1 FROM offer f WHERE f.provider_id = $1 AND f.service_id = h.service_id \
                      AND f.commissioner_id = h.commissioner_id AND f.in_force_until IS NOT NULL) \
                  OR EXISTS (SELECT 1 FROM declaration d WHERE d.provider_id = $1 AND d.service_id = h.service_id \
                      AND d.commissioner_id = h.commissioner_id))"
            ),
            args![provider],
        )
        .await?;
    covering(rows, provider)
}

/// The open holds that cover one row.
pub(crate) async fn of_row(
    tx: &mut Tx,
    commissioner: OrganisationId,
    service: ServiceId,
    provider: OrganisationId,
) -> Result<Open> {
    let rows: Vec<Row> = tx
        .all(
            holds!(
                "WHERE h.lifted_at IS NULL AND h.commissioner_id = $1 AND h.service_id = $2 \
                 AND (h.cluster_id IS NULL OR EXISTS (SELECT 1 FROM provider_cluster_member m \
                      WHERE m.cluster_id = h.cluster_id AND m.provider_id = $3))"
            ),
            args![commissioner, service, provider],
        )
        .await?;
    covering(rows, provider)
}

/// The open holds of one service of a commissioner, for many providers at once.
pub(crate) async fn of_service(
    tx: &mut Tx,
    commissioner: OrganisationId,
    service: ServiceId,
) -> Result<Open> {
    let rows: Vec<Row> = tx
        .all(
            holds!("WHERE h.lifted_at IS NULL AND h.commissioner_id = $1 AND h.service_id = $2"),
            args![commissioner, service],
        )
        .await?;
    with_members(tx, rows).await
}

/// Holds of which the question has found that they cover a provider.
fn covering(rows: Vec<Row>, provider: OrganisationId) -> Result<Open> {
    let with = |row: Row| Ok((row.read()?, Some(BTreeSet::from([provider]))));
    Ok(Open::new(rows.into_iter().map(with).collect::<Result<Vec<_>>>()?))
}

async fn with_members(tx: &mut Tx, rows: Vec<Row>) -> Result<Open> {
    let mut holds: Vec<(Hold, Option<BTreeSet<OrganisationId>>)> = Vec::new();
    for row in rows {
        let hold = row.read()?;
        let members = match &hold.cluster {
            Some(cluster) => Some(members(tx, cluster.id).await?),
            None => None,
        };
        holds.push((hold, members));
    }
    Ok(Open::new(holds))
}

async fn members(tx: &mut Tx, cluster: ClusterId) -> Result<BTreeSet<OrganisationId>> {
    #[derive(sqlx::FromRow)]
    struct Member {
        provider_id: Uuid,
    }
    let rows: Vec<Member> = tx
        .all(
            "SELECT provider_id FROM provider_cluster_member WHERE cluster_id = $1",
            args![cluster],
        )
        .await?;
    Ok(rows.into_iter().map(|row| row.provider_id.into()).collect())
}
