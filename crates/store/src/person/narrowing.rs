//! What people's roles at an organisation are kept to: read with their roles, written with them.

use super::access::Colleague;
use crate::{Result, StoreError, Tx, args};
use domain::{
    ClusterId, Event, Narrowing, Now, OrganisationId, PersonId, Role,
    narrowing::{OfCluster, WrongNarrowing},
};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// The access of a person as somebody saw it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The roles.
    pub roles: BTreeSet<Role>,
    /// [`Narrowing::key`] of what they are kept to; empty where they are for everything.
    pub narrowing: String,
}

impl Colleague {
    /// The access as it is.
    pub fn seen(&self) -> Seen {
        let narrowing = self.narrowing.as_ref().map(Narrowing::key).unwrap_or_default();
        Seen { roles: self.roles.clone(), narrowing }
    }
}

/// Whether the roles of a principal and a deputy, `u`, are kept to the same, or neither's to anything: a deputy acts with what the principal sees, and
/// must see no more by it.
macro_rules! sees_the_same {
    () => {
        "NOT EXISTS (SELECT 1 FROM role_narrowing n WHERE n.organisation_id = u.organisation_id
             AND n.person_id IN (u.person_id, u.principal_id) AND NOT EXISTS
                 (SELECT 1 FROM role_narrowing m WHERE m.organisation_id = n.organisation_id
                  AND m.person_id IN (u.person_id, u.principal_id) AND m.person_id <> n.person_id
                  AND m.families = n.families AND m.cluster_id IS NOT DISTINCT FROM n.cluster_id))"
    };
}
pub(crate) use sees_the_same;

/// The columns of a narrowing, where there may be one; `n` is it, `k` its cluster.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Columns {
    narrowed_to: Option<String>,
    narrowed_cluster_id: Option<Uuid>,
    narrowed_cluster: Option<String>,
}

/// What [`Columns`] are read from, after the tables that it is joined to.
macro_rules! columns {
    () => {
        "n.families AS narrowed_to, n.cluster_id AS narrowed_cluster_id, k.name AS narrowed_cluster"
    };
}
pub(crate) use columns;

impl Columns {
    pub(crate) fn read(&self) -> Result<Option<Narrowing>> {
        let Some(families) = &self.narrowed_to else { return Ok(None) };
        let named = self.narrowed_cluster_id.zip(self.narrowed_cluster.clone());
        let cluster = named.map(|(id, name)| OfCluster { id: id.into(), name });
        let families = families.split('|').filter(|family| !family.is_empty());
        let wrong = |why: WrongNarrowing| StoreError::Inconsistent {
            table: "role_narrowing",
            what: why.to_string(),
        };
        match Narrowing::new(families, cluster).map_err(wrong)? {
            // Read as everything it would open what somebody has closed.
            None => Err(StoreError::Inconsistent {
                table: "role_narrowing",
                what: "a row that narrows nothing".into(),
            }),
            narrowing => Ok(narrowing),
        }
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    person_id: Uuid,
    organisation_id: Uuid,
    #[sqlx(flatten)]
    columns: Columns,
}

/// A question for narrowings, written from `WHERE` on.
macro_rules! narrowings {
    ($rest:literal) => {
        concat!(
            "SELECT n.person_id, n.organisation_id, ",
            columns!(),
            " FROM role_narrowing n LEFT JOIN provider_cluster k ON k.id = n.cluster_id ",
            $rest
        )
    };
}

/// Those of everybody.
pub(crate) async fn all(tx: &mut Tx) -> Result<HashMap<(PersonId, OrganisationId), Narrowing>> {
    let rows: Vec<Row> = tx.all(narrowings!(""), args![]).await?;
    let mut all = HashMap::new();
    for row in rows {
        if let Some(narrowing) = row.columns.read()? {
            all.insert((row.person_id.into(), row.organisation_id.into()), narrowing);
        }
    }
    Ok(all)
}

/// Those of the people of an organisation.
pub(crate) async fn at(
    tx: &mut Tx,
    organisation: OrganisationId,
) -> Result<HashMap<PersonId, Narrowing>> {
    let rows: Vec<Row> =
        tx.all(narrowings!("WHERE n.organisation_id = $1"), args![organisation]).await?;
    let mut all = HashMap::new();
    for row in rows {
        if let Some(narrowing) = row.columns.read()? {
            all.insert(row.person_id.into(), narrowing);
        }
    }
    Ok(all)
}

/// Writes what a fact says that somebody's roles are kept to.
pub(super) async fn write(tx: &mut Tx, fact: &Event, now: &Now) -> Result<()> {
    let Event::RolesNarrowed { person, organisation, families, cluster, .. } = fact else {
        return Ok(());
    };
    tx.execute(
        "DELETE FROM role_narrowing WHERE person_id = $1 AND organisation_id = $2",
        args![*person, *organisation],
    )
    .await?;
    if families.is_empty() && cluster.is_none() {
        return Ok(());
    }
    tx.execute(
        "INSERT INTO role_narrowing (person_id, organisation_id, families, cluster_id, since) VALUES ($1, $2, $3, $4, $5)",
        args![*person, *organisation, families.join("|"), *cluster, now.instant],
    )
    .await
    .map(drop)
}

/// The clusters of an organisation to which roles there can be kept, by name: reference and cluster.
pub async fn clusters(tx: &mut Tx, at: OrganisationId) -> Result<Vec<(String, OfCluster)>> {
    #[derive(sqlx::FromRow)]
    struct Cluster {
        id: Uuid,
        reference: String,
        name: String,
    }
    let rows: Vec<Cluster> = tx
        .all(
            "SELECT id, reference, name FROM provider_cluster WHERE commissioner_id = $1 ORDER BY name_key, reference",
            args![at],
        )
        .await?;
    let read = |row: Cluster| (row.reference, OfCluster { id: row.id.into(), name: row.name });
    Ok(rows.into_iter().map(read).collect())
}

/// Somebody whose roles are kept to a cluster, by name; none where nobody's are.
pub(crate) async fn kept_to(tx: &mut Tx, cluster: ClusterId) -> Result<Option<String>> {
    #[derive(sqlx::FromRow)]
    struct Name {
        name: String,
    }
    let found: Option<Name> = tx
        .optional(
            "SELECT p.name FROM role_narrowing n JOIN person p ON p.id = n.person_id WHERE n.cluster_id = $1
             ORDER BY p.name LIMIT 1",
            args![cluster],
        )
        .await?;
    Ok(found.map(|found| found.name))
}

/// Refuses a narrowing to a cluster that the organisation does not have.
///
/// # Errors
/// [`StoreError::NotFound`].
pub(super) async fn must_be_of(
    tx: &mut Tx,
    at: OrganisationId,
    narrowing: Option<&Narrowing>,
) -> Result<()> {
    let Some(cluster) = narrowing.and_then(Narrowing::cluster) else { return Ok(()) };
    match clusters(tx, at).await?.iter().any(|(_, own)| own.id == cluster.id) {
        true => Ok(()),
        false => Err(StoreError::NotFound),
    }
}
