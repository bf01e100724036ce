//! Holds: placed and lifted by the commissioner that pays, read by both sides, and asked for by everything they stop.

mod open;
mod told;

pub use open::{Scope, of_reader};
pub(crate) use open::{covered, of_row, of_service};

use crate::{Db, Failed, Result, StoreError, Tx, args, cluster, event, new_id, next_reference};
use chrono::{DateTime, Utc};
use domain::{
    Actor, By, Change, ClusterId, Now, OrganisationId, Permission, ServiceId,
    declaration::Step,
    hold::{CannotHold, CannotLift, Chosen, Hold, Lifted, Placing, Stops},
};
use uuid::Uuid;

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    reference: String,
    commissioner_id: Uuid,
    commissioner_name: String,
    service_id: Uuid,
    service_name: String,
    cluster_id: Option<Uuid>,
    cluster_name: String,
    stops: String,
    reason: String,
    placed_by: Option<Uuid>,
    placed_by_name: String,
    placed_at: DateTime<Utc>,
    lifted_by: Option<Uuid>,
    lifted_by_name: Option<String>,
    lifted_at: Option<DateTime<Utc>>,
    note: String,
    version: i64,
}

/// A question for holds, written from `WHERE` on: `h` is the hold. A cluster has the name it has now, while it is there.
macro_rules! holds {
    ($rest:expr) => {
        concat!(
            "SELECT h.id, h.reference, h.commissioner_id, o.name AS commissioner_name, h.service_id, s.name AS service_name, \
             h.cluster_id, coalesce(k.name, h.cluster_name) AS cluster_name, h.stops, h.reason, h.placed_by, \
             h.placed_by_name, h.placed_at, h.lifted_by, h.lifted_by_name, h.lifted_at, h.note, h.version \
             FROM hold h JOIN organisation o ON o.id = h.commissioner_id JOIN service s ON s.id = h.service_id \
             LEFT JOIN provider_cluster k ON k.id = h.cluster_id ",
            $rest
        )
    };
}
use holds;

impl Row {
    fn read(self) -> Result<Hold> {
        let wrong = |what: String| StoreError::Inconsistent { table: "hold", what };
        let step = |person: Option<Uuid>, name: String, at| Step {
            by: By::oneself(person.map(Into::into), name),
            at,
        };
        let lifted = match (self.lifted_by_name, self.lifted_at) {
            (Some(name), Some(at)) => {
                Some(Lifted { step: step(self.lifted_by, name, at), note: self.note })
            }
            (None, None) => None,
            _ => return Err(wrong(format!("{} is lifted by halves", self.reference))),
        };
        let stops = Stops::from_name(&self.stops)
            .ok_or_else(|| wrong(format!("{} stops {}", self.reference, self.stops)))?;
        let name = self.cluster_name;
        Ok(Hold {
            id: self.id.into(),
            reference: self.reference,
            commissioner: self.commissioner_id.into(),
            commissioner_name: self.commissioner_name,
            service: self.service_id.into(),
            service_name: self.service_name,
            cluster: self.cluster_id.map(|id| Chosen { id: id.into(), name }),
            stops,
            reason: self.reason,
            placed: step(self.placed_by, self.placed_by_name, self.placed_at),
            lifted,
            version: self.version,
        })
    }
}

/// The commissioner that asks; a provider reads what covers it, by [`of_reader`].
fn reader(by: &Actor) -> Result<OrganisationId> {
    by.organisation()
        .filter(|organisation| {
            organisation.kind.commissions() && by.may(Permission::SeeAchievement)
        })
        .map(|organisation| organisation.id)
        .ok_or(StoreError::NotFound)
}

/// A page of the holds of the actor's organisation and of the ICBs below a region, open ones first, then the newest; and
/// how many there are.
pub async fn list(tx: &mut Tx, (skip, take): (i64, i64), by: &Actor) -> Result<(Vec<Hold>, i64)> {
    #[derive(sqlx::FromRow)]
    struct Total {
        holds: i64,
    }
    let organisation = reader(by)?;
    let Total { holds } = tx
        .one(
            "SELECT count(*) AS holds FROM hold WHERE commissioner_id IN
             (SELECT id FROM organisation WHERE id = $1 OR (parent_id = $1 AND kind = 'icb'))",
            args![organisation],
        )
        .await?;
    let rows: Vec<Row> = tx
        .all(
            holds!(
                "WHERE h.commissioner_id IN \
                 (SELECT id FROM organisation WHERE id = $1 OR (parent_id = $1 AND kind = 'icb')) \
                 ORDER BY CASE WHEN h.lifted_at IS NULL THEN 0 ELSE 1 END, h.placed_at DESC, h.reference DESC \
                 LIMIT CAST($2 AS BIGINT) OFFSET $3"
            ),
            args![organisation, take, skip],
        )
        .await?;
    Ok((rows.into_iter().map(Row::read).collect::<Result<_>>()?, holds))
}

/// One hold by its reference, for its commissioner or the region above.
pub async fn find(tx: &mut Tx, reference: &str, by: &Actor) -> Result<Hold> {
    let row: Row = tx
        .one(
            holds!(
                "WHERE h.reference = $1 AND h.commissioner_id IN \
                 (SELECT id FROM organisation WHERE id = $2 OR (parent_id = $2 AND kind = 'icb'))"
            ),
            args![reference, reader(by)?],
        )
        .await?;
    row.read()
}

/// A service that can be put on hold.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Service {
    id: Uuid,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
}

impl Service {
    /// Its identifier.
    pub fn id(&self) -> ServiceId {
        self.id.into()
    }
}

/// The services that the actor's organisation has providers for, the newest year first.
pub async fn services(tx: &mut Tx, by: &Actor) -> Result<Vec<Service>> {
    tx.all(
        "SELECT s.id, s.code, s.name FROM service s WHERE EXISTS
             (SELECT 1 FROM offer f WHERE f.service_id = s.id AND f.commissioner_id = $1 AND f.in_force_until IS NOT NULL)
         ORDER BY s.starts_on DESC, s.name, s.code",
        args![reader(by)?],
    )
    .await
}

/// What a person chose and typed, as a form says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Code of the service.
    pub service: String,
    /// Reference of the cluster; empty for all providers.
    pub cluster: String,
    /// Name of what is stopped.
    pub stops: String,
    /// Why.
    pub reason: String,
}

/// Each problem of what is wanted, with the field it belongs to.
pub type Problems = Vec<(&'static str, CannotHold)>;

/// Reads what is wanted: the hold to place, or everything that is wrong.
pub async fn read(tx: &mut Tx, wanted: &Wanted, by: &Actor) -> Result<Result<Placing, Problems>> {
    let mut problems = Vec::new();
    let services = services(tx, by).await?;
    let service = services.into_iter().find(|service| service.code == wanted.service);
    if service.is_none() {
        problems.push(("service", CannotHold::NoService));
    }
    let cluster = match &*wanted.cluster {
        "" => None,
        reference => match cluster::find(tx, reference, by).await {
            Ok(own) if Some(own.commissioner) == by.organisation().map(|own| own.id) => {
                Some(Chosen { id: own.id, name: own.name })
            }
            Ok(_) | Err(StoreError::NotFound) => {
                problems.push(("cluster", CannotHold::NoSuchCluster));
                None
            }
            Err(fault) => return Err(fault),
        },
    };
    let stops = Stops::from_name(&wanted.stops);
    if stops.is_none() {
        problems.push(("stops", CannotHold::NothingStopped));
    }
    if let Err(why) = domain::hold::check_reason(&wanted.reason) {
        problems.push(("reason", why));
    }
    Ok(match (service, stops) {
        (Some(service), Some(stops)) if problems.is_empty() => Ok(Placing {
            service: service.id(),
            service_name: service.name,
            cluster,
            stops,
            reason: wanted.reason.clone(),
        }),
        _ => Err(problems),
    })
}

/// Places a hold of the actor's organisation, and tells the people who declare what it covers.
pub async fn place(
    db: &Db,
    wanted: &Wanted,
    by: &Actor,
    now: &Now,
) -> Result<Hold, Failed<CannotHold>> {
    by.must(Permission::Hold).map_err(|why| Failed::Refused(why.into()))?;
    let by = &by.acting(Permission::Hold);
    let mut tx = db.write().await?;
    one_at_a_time(&mut tx, reader(by)?).await?;
    let placing = match read(&mut tx, wanted, by).await? {
        Ok(placing) => placing,
        Err(problems) => {
            let first = problems.into_iter().next().map(|(_, why)| why);
            return Err(Failed::Refused(first.unwrap_or(CannotHold::NoService)));
        }
    };
    let reference = next_reference(&mut tx, "H", now).await?;
    let change = placing.place(new_id(now), reference, by, now);
    let Change { after, event } = change.map_err(Failed::Refused)?;
    tx.execute(
        "INSERT INTO hold (id, reference, commissioner_id, service_id, cluster_id, cluster_name, stops, reason,
             placed_by, placed_by_name, placed_at, note, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, '', $12)",
        args![
            after.id,
            &*after.reference,
            after.commissioner,
            after.service,
            after.cluster.as_ref().map(|cluster| cluster.id),
            after.cluster.as_ref().map_or("", |cluster| &*cluster.name),
            after.stops.name(),
            &*after.reason,
            by.person(),
            by.name(),
            now.instant,
            after.version
        ],
    )
    .await?;
    event::record(&mut tx, &event, by, now)?;
    told::tell(&mut tx, &after, now).await?;
    tx.commit().await?;
    Ok(after)
}

/// Lifts a hold as the person saw it. What the configuration does by itself goes on with the next sweep, which also finds
/// what a change of the cluster has freed.
pub async fn lift(
    db: &Db,
    reference: &str,
    (seen, note): (i64, &str),
    by: &Actor,
    now: &Now,
) -> Result<Hold, Failed<CannotLift>> {
    by.must(Permission::Hold).map_err(|why| Failed::Refused(why.into()))?;
    let by = &by.acting(Permission::Hold);
    let mut tx = db.write().await?;
    let before = find(&mut tx, reference, by).await?;
    if by.organisation().is_none_or(|own| own.id != before.commissioner) {
        return Err(StoreError::NotFound.into());
    }
    let Change { after, event } = before.lift(note, by, now).map_err(Failed::Refused)?;
    let note = after.lifted.as_ref().map_or("", |lifted| &*lifted.note);
    tx.change(
        "UPDATE hold SET lifted_by = $3, lifted_by_name = $4, lifted_at = $5, note = $6, version = version + 1
         WHERE id = $1 AND version = $2 AND lifted_at IS NULL",
        args![after.id, seen, by.person(), by.name(), now.instant, note],
    )
    .await?;
    event::record(&mut tx, &event, by, now)?;
    told::tell(&mut tx, &after, now).await?;
    tx.commit().await?;
    Ok(after)
}

/// Makes placing a hold and making a payment file wait for each other, so that no file comes after a hold with what the
/// hold stops.
pub(crate) async fn one_at_a_time(tx: &mut Tx, commissioner: OrganisationId) -> Result<()> {
    tx.execute("UPDATE organisation SET name = name WHERE id = $1", args![commissioner])
        .await
        .map(drop)
}

/// The open hold of a cluster, where there is one: then the cluster stays.
pub(crate) async fn open_of_cluster(tx: &mut Tx, cluster: ClusterId) -> Result<Option<String>> {
    #[derive(sqlx::FromRow)]
    struct Open {
        reference: String,
    }
    let open: Option<Open> = tx
        .optional(
            "SELECT reference FROM hold WHERE cluster_id = $1 AND lifted_at IS NULL ORDER BY reference LIMIT 1",
            args![cluster],
        )
        .await?;
    Ok(open.map(|open| open.reference))
}
