//! Deputies: appointed and ended by people, and asked for wherever it matters who may do what.

mod told;

pub use told::begin;

use crate::{
    Db, Failed, Result, StoreError, Tx, args, event, new_id, organisation,
    person::{Holder, access::region, colleagues, narrowing},
};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    Actor, By, Change, Deputy, DeputyId, Narrowing, Now, Organisation, OrganisationId, Permission,
    PersonId, Role,
    access::Place,
    deputy::{Appointing, CannotAppoint, CannotEnd, Colleague, HandedOver},
};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Who acts for whom in which role on the day `$today`: [`Deputy::stands`] as a question, and besides that the principal
/// still holds the role, that the deputy still works there, and that neither account is disabled. Written from the `SELECT`
/// list on; `u` is the deputy, `x` the role, `q` the deputy's person and `w` the principal's.
macro_rules! standing {
    ($columns:literal, $today:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM deputy u JOIN deputy_role x ON x.deputy_id = u.id
             JOIN person q ON q.id = u.person_id AND NOT q.is_disabled
             JOIN person w ON w.id = u.principal_id AND NOT w.is_disabled
             JOIN role_held y ON y.person_id = u.principal_id AND y.organisation_id = u.organisation_id AND y.role = x.role
             WHERE u.ended_at IS NULL AND u.first_on <= ",
            $today,
            " AND u.last_on >= ",
            $today,
            " AND EXISTS (SELECT 1 FROM role_held z WHERE z.person_id = u.person_id
                 AND z.organisation_id = u.organisation_id) AND ",
            $crate::person::narrowing::sees_the_same!()
        )
    };
}

/// Everybody with their roles on the day `$today`, own ones and those that were handed over, in the place of `role_held`:
/// for messages to whoever does something.
macro_rules! held_today {
    ($today:literal) => {
        concat!(
            "(SELECT person_id, organisation_id, role FROM role_held UNION ALL ",
            $crate::deputy::standing!("u.person_id, u.organisation_id, x.role", $today),
            ")"
        )
    };
}
pub(crate) use {held_today, standing};

#[derive(sqlx::FromRow)]
struct StandingRow {
    id: Uuid,
    person_id: Uuid,
    person: String,
    principal_id: Uuid,
    principal: String,
    last_on: NaiveDate,
    role: String,
}

/// What colleagues have handed over to a person, as it stands on a day.
pub(crate) async fn handed_over(
    tx: &mut Tx,
    person: PersonId,
    organisation: OrganisationId,
    today: NaiveDate,
) -> Result<Vec<HandedOver>> {
    let rows: Vec<StandingRow> = tx
        .all(
            concat!(
                standing!(
                    "u.id, u.person_id, q.name AS person, u.principal_id, w.name AS principal, u.last_on, x.role",
                    "$3"
                ),
                " AND u.person_id = $1 AND u.organisation_id = $2 ORDER BY u.appointed_at, u.id, x.role"
            ),
            args![person, organisation, today],
        )
        .await?;
    let one = |rows: &[StandingRow]| HandedOver {
        principal: rows[0].principal_id.into(),
        principal_name: rows[0].principal.clone(),
        roles: rows.iter().filter_map(|row| Role::from_name(&row.role)).collect(),
        last: rows[0].last_on,
    };
    Ok(rows.chunk_by(|one, other| one.id == other.id).map(one).collect())
}

/// The deputies of a day in any of these roles at an organisation, by name.
pub(crate) async fn holders(
    tx: &mut Tx,
    organisation: OrganisationId,
    roles: &[Role],
    today: NaiveDate,
) -> Result<Vec<Holder>> {
    let rows: Vec<StandingRow> = tx
        .all(
            concat!(
                standing!(
                    "u.id, u.person_id, q.name AS person, u.principal_id, w.name AS principal, u.last_on, x.role",
                    "$2"
                ),
                " AND u.organisation_id = $1 ORDER BY q.name, u.appointed_at, u.id"
            ),
            args![organisation, today],
        )
        .await?;
    let mut holders: Vec<Holder> = rows
        .into_iter()
        .filter(|row| roles.iter().any(|role| role.name() == row.role))
        .map(|row| Holder {
            by: By {
                person: Some(row.person_id.into()),
                name: format!("{} for {}", row.person, row.principal),
                principal: Some(row.principal_id.into()),
            },
            until: Some(row.last_on),
            is_narrowed: false,
        })
        .collect();
    holders.dedup();
    Ok(holders)
}

/// A deputy with where both work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// What was handed over.
    pub deputy: Deputy,
    /// Name of the organisation.
    pub organisation: String,
    /// The roles of it that count: without those that the principal does not hold any more, and none where one of the two
    /// does not work there any more.
    pub counts: Vec<Role>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    organisation_id: Uuid,
    organisation: String,
    principal_id: Uuid,
    principal: String,
    person_id: Uuid,
    person: String,
    first_on: NaiveDate,
    last_on: NaiveDate,
    reason: String,
    ended_by: Option<Uuid>,
    ended_by_name: Option<String>,
    ended_at: Option<DateTime<Utc>>,
    version: i64,
    role: String,
    counts: bool,
}

/// A question for deputies, one row for each role, written from `WHERE` on.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT u.id, u.organisation_id, o.name AS organisation, u.principal_id, w.name AS principal, u.person_id, q.name AS person, \
             u.first_on, u.last_on, u.reason, u.ended_by, u.ended_by_name, u.ended_at, u.version, x.role, \
             (NOT q.is_disabled AND NOT w.is_disabled AND EXISTS (SELECT 1 FROM role_held y \
                 WHERE y.person_id = u.principal_id AND y.organisation_id = u.organisation_id AND y.role = x.role) \
              AND EXISTS (SELECT 1 FROM role_held z WHERE z.person_id = u.person_id \
                 AND z.organisation_id = u.organisation_id) AND ",
            $crate::person::narrowing::sees_the_same!(),
            ") AS counts \
             FROM deputy u JOIN deputy_role x ON x.deputy_id = u.id JOIN person q ON q.id = u.person_id \
             JOIN person w ON w.id = u.principal_id JOIN organisation o ON o.id = u.organisation_id ",
            $rest
        )
    };
}

fn read(rows: &[Row]) -> Vec<Listed> {
    let named = |row: &Row| Role::from_name(&row.role);
    rows.chunk_by(|one, other| one.id == other.id)
        .map(|of_one| {
            let row = &of_one[0];
            let ended = row.ended_by_name.clone().zip(row.ended_at);
            let deputy = Deputy {
                id: row.id.into(),
                organisation: row.organisation_id.into(),
                principal: row.principal_id.into(),
                principal_name: row.principal.clone(),
                person: row.person_id.into(),
                name: row.person.clone(),
                roles: of_one.iter().filter_map(named).collect(),
                first: row.first_on,
                last: row.last_on,
                reason: row.reason.clone(),
                ended: ended
                    .map(|(name, at)| (By::oneself(row.ended_by.map(Into::into), name), at)),
                version: row.version,
            };
            let counts = of_one.iter().filter(|row| row.counts).filter_map(named).collect();
            Listed { deputy, organisation: row.organisation.clone(), counts }
        })
        .collect()
}

/// What is handed over today or later: of the actor and to the actor at the organisation acted for, and of everybody there
/// and below for whoever manages people. The first to begin comes first.
pub async fn list(tx: &mut Tx, by: &Actor, now: &Now) -> Result<Vec<Listed>> {
    let Some(own) = by.organisation() else { return Ok(Vec::new()) };
    let mut all = open(tx, own.id, now.today).await?;
    if Place::own(own).must_manage(by).is_err() {
        let is_theirs = |one: &Listed| {
            by.person().is_some_and(|own| own == one.deputy.principal || own == one.deputy.person)
        };
        all.retain(is_theirs);
    }
    if by.may(Permission::ManagePeopleBelow) {
        all.extend(below(tx, own.id, now.today).await?);
    }
    Ok(all)
}

/// The same at the organisations below one.
async fn below(tx: &mut Tx, organisation: OrganisationId, today: NaiveDate) -> Result<Vec<Listed>> {
    let rows: Vec<Row> = tx
        .all(
            select!(
                "WHERE u.organisation_id IN (SELECT id FROM organisation WHERE parent_id = $1 OR parent_id IN \
                     (SELECT id FROM organisation WHERE parent_id = $1)) \
                 AND u.ended_at IS NULL AND u.last_on >= $2 ORDER BY o.name, u.first_on, u.id, x.role"
            ),
            args![organisation, today],
        )
        .await?;
    Ok(read(&rows))
}

/// Everything that is handed over at an organisation today or later.
async fn open(tx: &mut Tx, organisation: OrganisationId, today: NaiveDate) -> Result<Vec<Listed>> {
    let rows: Vec<Row> = tx
        .all(
            select!(
                "WHERE u.organisation_id = $1 AND u.ended_at IS NULL AND u.last_on >= $2 \
                 ORDER BY u.first_on, u.appointed_at, u.id, x.role"
            ),
            args![organisation, today],
        )
        .await?;
    Ok(read(&rows))
}

/// The colleagues of an actor who could be their deputy, by name.
pub async fn could_be(tx: &mut Tx, by: &Actor, now: &Now) -> Result<Vec<Colleague>> {
    let Some(own) = by.organisation() else { return Ok(Vec::new()) };
    let open = open(tx, own.id, now.today).await?;
    let narrowed = narrowing::at(tx, own.id).await?;
    let mut people: BTreeMap<(String, PersonId), Vec<Role>> = BTreeMap::new();
    for one in colleagues(tx, own.id).await? {
        let key = (one.name, one.id.into());
        people.entry(key).or_default().extend(Role::from_name(&one.role));
    }
    let is_other = |(_, id): &(String, PersonId)| Some(*id) != by.person();
    Ok(people
        .into_iter()
        .filter(|(key, _)| is_other(key))
        .map(|((name, id), roles)| {
            let theirs = open.iter().filter(|one| one.deputy.person == id);
            let deputises = theirs.map(|one| one.deputy.clone()).collect();
            let key = narrowed.get(&id).map(Narrowing::key);
            let sees_the_same = key == by.narrowing().map(Narrowing::key);
            Colleague { id, name, roles, sees_the_same, deputises }
        })
        .collect())
}

/// The actor hands roles over to a colleague, who is told; where it begins today, both are told that it has.
pub async fn appoint(
    db: &Db,
    person: Option<PersonId>,
    appointing: &Appointing,
    by: &Actor,
    now: &Now,
) -> Result<Deputy, Failed<CannotAppoint>> {
    let mut tx = db.write().await?;
    // Two who hand over to the same colleague at once wait here, so that a deputy acts for one person in a role.
    tx.execute("UPDATE person SET name = name WHERE id = $1", args![person]).await?;
    let colleagues = could_be(&mut tx, by, now).await?;
    let to = colleagues.iter().find(|one| Some(one.id) == person);
    let myself = person.filter(|person| Some(*person) == by.person()).map(oneself);
    let change = appointing.appoint(new_id(now), to.or(myself.as_ref()), by, now);
    let Change { after, event } = change.map_err(Failed::Refused)?;
    let values = args![
        after.id,
        after.organisation,
        after.principal,
        after.person,
        after.first,
        after.last,
        &*after.reason,
        now.instant,
        after.version
    ];
    let sql = "INSERT INTO deputy (id, organisation_id, principal_id, person_id, first_on, last_on, reason, appointed_at,
             version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    tx.execute(sql, values).await?;
    let roles = after.roles.iter().map(|role| args![after.id, role.name()]).collect();
    tx.insert("INSERT INTO deputy_role (deputy_id, role)", roles).await?;
    event::record(&mut tx, &event, by, now)?;
    told::appointed(&mut tx, &after, now).await?;
    tx.commit().await?;
    Ok(after)
}

/// The actor as a colleague, to be refused as one.
fn oneself(id: PersonId) -> Colleague {
    let name = String::new();
    Colleague { id, name, roles: Vec::new(), sees_the_same: true, deputises: Vec::new() }
}

/// Ends what was handed over, as it was seen; both are told. [`StoreError::NotFound`] where the actor has nothing to do
/// with the organisation.
pub async fn end(
    db: &Db,
    id: DeputyId,
    seen: i64,
    by: &Actor,
    now: &Now,
) -> Result<Deputy, Failed<CannotEnd>> {
    let mut tx = db.write().await?;
    tx.execute("UPDATE deputy SET version = version WHERE id = $1", args![id]).await?;
    let (before, organisation) = find(&mut tx, id).await?;
    let own = by.organisation().map(|own| own.id);
    let region = region(&mut tx, &organisation).await?;
    let place = Place { organisation: &organisation, region };
    if own != Some(organisation.id) && place.must_manage(by).is_err() {
        return Err(StoreError::NotFound.into());
    }
    let Change { after, event } = before.end(place, by, now).map_err(Failed::Refused)?;
    write_end(&mut tx, &after, seen, by, now).await?;
    event::record(&mut tx, &event, by, now)?;
    told::ended(&mut tx, &after, now).await?;
    tx.commit().await?;
    Ok(after)
}

/// Ends everything that a person handed over or was handed, because their account is closed; the others are told.
pub(crate) async fn end_all(tx: &mut Tx, person: PersonId, by: &Actor, now: &Now) -> Result<()> {
    let rows: Vec<Row> = tx
        .all(
            select!(
                "WHERE (u.principal_id = $1 OR u.person_id = $1) AND u.ended_at IS NULL AND u.last_on >= $2 \
                 ORDER BY u.id, x.role"
            ),
            args![person, now.today],
        )
        .await?;
    for Listed { deputy, .. } in read(&rows) {
        let organisation = organisation::find(tx, deputy.organisation).await?;
        let region = region(tx, &organisation).await?;
        // Who closes an account manages every organisation of it, and so may end this.
        let place = Place { organisation: &organisation, region };
        let Ok(Change { after, event }) = deputy.end(place, by, now) else { continue };
        write_end(tx, &after, deputy.version, by, now).await?;
        event::record(tx, &event, by, now)?;
        told::ended(tx, &after, now).await?;
    }
    Ok(())
}

async fn write_end(tx: &mut Tx, after: &Deputy, seen: i64, by: &Actor, now: &Now) -> Result<()> {
    tx.change(
        "UPDATE deputy SET ended_by = $3, ended_by_name = $4, ended_at = $5, version = version + 1
         WHERE id = $1 AND version = $2 AND ended_at IS NULL",
        args![after.id, seen, by.person(), by.name(), now.instant],
    )
    .await
}

/// One deputy with the organisation of both.
async fn find(tx: &mut Tx, id: DeputyId) -> Result<(Deputy, Organisation)> {
    let deputy = one(tx, id).await?.deputy;
    let organisation = organisation::find(tx, deputy.organisation).await?;
    Ok((deputy, organisation))
}

async fn one(tx: &mut Tx, id: DeputyId) -> Result<Listed> {
    let rows: Vec<Row> = tx.all(select!("WHERE u.id = $1 ORDER BY x.role"), args![id]).await?;
    read(&rows).pop().ok_or(StoreError::NotFound)
}
