//! Clusters of a commissioner: kept, changed and deleted by its Organisation Administrator, read by everybody there.

use crate::{
    Db, Failed, Result, StoreError, Tx, args, event, hold, new_id, next_reference,
    organisation::{Provider, providers_by_code},
    person::narrowing,
    unless_duplicate,
};
use chrono::NaiveDate;
use domain::{
    Actor, Change, NotAllowed, Now, OrganisationKind, Permission,
    cluster::{CannotCluster, Cluster, Details},
};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    reference: String,
    commissioner_id: Uuid,
    name: String,
    description: String,
    version: i64,
}

impl Row {
    fn read(self) -> Cluster {
        Cluster {
            id: self.id.into(),
            reference: self.reference,
            commissioner: self.commissioner_id.into(),
            name: self.name,
            description: self.description,
            version: self.version,
        }
    }
}

/// A cluster in a list.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The cluster.
    pub cluster: Cluster,
    /// Name of its commissioner.
    pub commissioner_name: String,
    /// How many providers are in it.
    pub providers: i64,
}

/// The clusters of the actor's organisation (and of the ICBs below a region), by name.
pub async fn list(tx: &mut Tx, by: &Actor) -> Result<Vec<Listed>> {
    #[derive(sqlx::FromRow)]
    struct ListedRow {
        #[sqlx(flatten)]
        cluster: Row,
        commissioner_name: String,
        providers: i64,
    }
    let rows: Vec<ListedRow> = tx
        .all(
            "SELECT c.id, c.reference, c.commissioner_id, c.name, c.description, c.version, m.name AS commissioner_name,
                 (SELECT count(*) FROM provider_cluster_member p WHERE p.cluster_id = c.id) AS providers
             FROM provider_cluster c JOIN organisation m ON m.id = c.commissioner_id
             WHERE c.commissioner_id = $1
                OR c.commissioner_id IN (SELECT id FROM organisation WHERE parent_id = $1 AND kind = 'icb')
             ORDER BY c.name_key, c.reference",
            args![by.organisation().map(|organisation| organisation.id)],
        )
        .await?;
    let read = |row: ListedRow| Listed {
        cluster: row.cluster.read(),
        commissioner_name: row.commissioner_name,
        providers: row.providers,
    };
    Ok(rows.into_iter().map(read).collect())
}

/// One cluster by its reference, for its commissioner or the region above.
pub async fn find(tx: &mut Tx, reference: &str, by: &Actor) -> Result<Cluster> {
    let row: Row = tx
        .one(
            "SELECT id, reference, commissioner_id, name, description, version FROM provider_cluster
             WHERE reference = $1 AND (commissioner_id = $2
                 OR commissioner_id IN (SELECT id FROM organisation WHERE parent_id = $2 AND kind = 'icb'))",
            args![reference, by.organisation().map(|organisation| organisation.id)],
        )
        .await?;
    Ok(row.read())
}

/// One cluster of the actor's own organisation: only that may change it.
async fn own(tx: &mut Tx, reference: &str, by: &Actor) -> Result<Cluster> {
    let cluster = find(tx, reference, by).await?;
    match by.organisation() {
        Some(organisation) if organisation.id == cluster.commissioner => Ok(cluster),
        _ => Err(StoreError::NotFound),
    }
}

/// A provider in a cluster.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Member {
    /// ODS code.
    pub code: String,
    /// Name.
    pub name: String,
    /// The last day it was open, when it has closed.
    pub closed_on: Option<NaiveDate>,
}

/// The providers of a cluster: those that can be chosen, and the others, which stay in it until somebody takes them out.
#[derive(Clone, Debug, Default)]
pub struct Members {
    /// Open providers of the commissioner, by code.
    pub open: Vec<Provider>,
    /// Closed since, or of another commissioner now.
    pub gone: Vec<Member>,
}

impl Members {
    /// The codes of those who can be chosen.
    pub fn codes(&self) -> BTreeSet<String> {
        self.open.iter().map(|one| one.code.clone()).collect()
    }
}

/// The providers of a cluster. It was found for the reader.
pub async fn members(tx: &mut Tx, cluster: &Cluster, now: &Now) -> Result<Members> {
    let rows: Vec<Member> = tx
        .all(
            "SELECT o.code, o.name, o.closed_on FROM provider_cluster_member p JOIN organisation o ON o.id = p.provider_id
             WHERE p.cluster_id = $1 ORDER BY o.code",
            args![cluster.id],
        )
        .await?;
    let known = providers_by_code(tx, cluster.commissioner, now).await?;
    let mut members = Members::default();
    for row in rows {
        match known.get(&row.code) {
            Some(provider) => members.open.push(provider.clone()),
            None => members.gone.push(row),
        }
    }
    Ok(members)
}

/// Keeps a new cluster of the actor's organisation.
///
/// # Errors
/// When the actor may not, something that was typed is wrong, the name is taken, or a code is not that of an open provider
/// of the commissioner.
pub async fn create(
    db: &Db,
    details: Details,
    by: &Actor,
    now: &Now,
) -> Result<Cluster, Failed<CannotCluster>> {
    let not_allowed = NotAllowed {
        permission: Permission::ManageClusters,
        kind: OrganisationKind::Icb,
        is_narrowed: false,
    };
    let commissioner = by.organisation().ok_or(Failed::Refused(not_allowed.into()))?.id;
    let details = details.trimmed();
    let mut tx = db.write().await?;
    let reference = next_reference(&mut tx, "CL", now).await?;
    let Change { after, event } =
        details.create(new_id(now), reference, commissioner, by).map_err(Failed::Refused)?;
    let known = providers_by_code(&mut tx, commissioner, now).await?;
    must_know(&details.providers, &known, &BTreeSet::new())?;
    tx.execute(
        "INSERT INTO provider_cluster (id, reference, commissioner_id, name, name_key, description, created_at, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        args![
            after.id,
            &*after.reference,
            after.commissioner,
            &*after.name,
            after.name.to_lowercase(),
            &*after.description,
            now.instant,
            after.version
        ],
    )
    .await
    .map_err(|error| unless_duplicate(error, CannotCluster::NameTaken(after.name.clone())))?;
    add(&mut tx, &after, details.providers.iter().filter_map(|code| known.get(code))).await?;
    event::record(&mut tx, &event, by, now)?;
    tx.commit().await?;
    Ok(after)
}

/// Changes a cluster as the person saw it. Members that have closed or moved away since stay only where `details` has them.
///
/// # Errors
/// As for a new one; also when somebody else changed it since.
pub async fn change(
    db: &Db,
    reference: &str,
    seen: i64,
    details: Details,
    by: &Actor,
    now: &Now,
) -> Result<Cluster, Failed<CannotCluster>> {
    let details = details.trimmed();
    let mut tx = db.write().await?;
    let cluster = own(&mut tx, reference, by).await?;
    let members = members(&mut tx, &cluster, now).await?;
    let gone = members.gone.iter().map(|one| one.code.clone()).collect();
    let before: BTreeSet<String> = members.codes().union(&gone).cloned().collect();
    let change = cluster.change(&details, &before, by).map_err(Failed::Refused)?;
    if cluster.version != seen {
        return Err(Failed::Other(StoreError::Stale));
    }
    let Some(Change { after, event }) = change else {
        return Ok(cluster);
    };
    let known = providers_by_code(&mut tx, cluster.commissioner, now).await?;
    must_know(&details.providers, &known, &gone)?;
    tx.change(
        "UPDATE provider_cluster SET name = $3, name_key = $4, description = $5, version = version + 1
         WHERE id = $1 AND version = $2",
        args![after.id, seen, &*after.name, after.name.to_lowercase(), &*after.description],
    )
    .await
    .map_err(|error| unless_duplicate(error, CannotCluster::NameTaken(after.name.clone())))?;
    let taken_out: Vec<&str> = before.difference(&details.providers).map(String::as_str).collect();
    tx.execute(
        "DELETE FROM provider_cluster_member WHERE cluster_id = $1 AND provider_id IN
             (SELECT m.provider_id FROM provider_cluster_member m JOIN organisation o ON o.id = m.provider_id
              WHERE m.cluster_id = $1 AND $2 LIKE '%|' || o.code || '|%')",
        args![after.id, format!("|{}|", taken_out.join("|"))],
    )
    .await?;
    if !taken_out.is_empty() {
        // What was told before may be about them.
        tx.execute(
            "UPDATE role_narrowing SET since = $2 WHERE cluster_id = $1",
            args![after.id, now.instant],
        )
        .await?;
    }
    let added = details.providers.difference(&before).filter_map(|code| known.get(code));
    add(&mut tx, &after, added).await?;
    event::record(&mut tx, &event, by, now)?;
    tx.commit().await?;
    Ok(after)
}

/// Deletes a cluster as the person saw it; contracts keep the providers that were chosen with it.
pub async fn delete(
    db: &Db,
    reference: &str,
    seen: i64,
    by: &Actor,
    now: &Now,
) -> Result<Cluster, Failed<CannotCluster>> {
    let mut tx = db.write().await?;
    let cluster = own(&mut tx, reference, by).await?;
    let event = cluster.delete(by).map_err(Failed::Refused)?;
    // Without its cluster a hold would cover nobody, and let go what others have stopped.
    if let Some(hold) = hold::open_of_cluster(&mut tx, cluster.id).await? {
        return Err(Failed::Refused(CannotCluster::OnHold(hold)));
    }
    // Without its cluster a narrowing would open everything.
    if let Some(name) = narrowing::kept_to(&mut tx, cluster.id).await? {
        return Err(Failed::Refused(CannotCluster::Narrows(name)));
    }
    tx.execute("DELETE FROM provider_cluster_member WHERE cluster_id = $1", args![cluster.id])
        .await?;
    tx.change(
        "DELETE FROM provider_cluster WHERE id = $1 AND version = $2",
        args![cluster.id, seen],
    )
    .await?;
    event::record(&mut tx, &event, by, now)?;
    tx.commit().await?;
    Ok(cluster)
}

/// Refuses a code that names no open provider; one of those who have gone may stay.
fn must_know(
    codes: &BTreeSet<String>,
    known: &BTreeMap<String, Provider>,
    gone: &BTreeSet<String>,
) -> Result<(), Failed<CannotCluster>> {
    match codes.iter().find(|code| !known.contains_key(*code) && !gone.contains(*code)) {
        Some(code) => Err(Failed::Refused(CannotCluster::NotYourProvider(code.clone()))),
        None => Ok(()),
    }
}

async fn add(
    tx: &mut Tx,
    cluster: &Cluster,
    providers: impl Iterator<Item = &Provider>,
) -> Result<()> {
    let rows = providers.map(|one| args![cluster.id, one.id]).collect();
    tx.insert("INSERT INTO provider_cluster_member (cluster_id, provider_id)", rows).await
}
