//! People that an operator adds, or a demo: an account with roles, without anybody who manages people.

use super::{access, hash, narrowing, separation};
use crate::{Db, Failed, Result, Tx, args, event, new_id, organisation};
use domain::{
    Actor, Event, Narrowing, Now, Organisation, OrganisationId, Permission, PersonId, Role,
    access::{CannotManage, narrowed},
};
use std::collections::BTreeSet;
use uuid::Uuid;

/// A person to add, with the roles held at one organisation.
#[derive(Clone, Debug)]
pub struct NewPerson {
    /// The person's own address; it names the account.
    pub email: String,
    /// Name.
    pub name: String,
    /// Job title, as shown beside the name.
    pub job_title: String,
    /// Password, when the person signs in with one.
    pub password: Option<String>,
    /// Whether a demo's sign-in page lists the person.
    pub is_persona: bool,
}

/// Adds a person, or finds the one with that address, and gives the roles, unless roles came together that may not. What their
/// roles are kept to stays.
pub async fn add(
    db: &Db,
    person: &NewPerson,
    roles: &[(OrganisationId, Role)],
    by: &Actor,
    now: &Now,
) -> Result<PersonId, Failed<CannotManage>> {
    by.must(Permission::MaintainRegister).map_err(|why| Failed::Refused(why.into()))?;
    let mut tx = db.write().await?;
    let id = give(&mut tx, person, roles, by, now).await?;
    tx.commit().await?;
    Ok(id)
}

/// The same at one organisation, where all roles of the person are kept to something from now on.
pub async fn add_narrowed(
    db: &Db,
    person: &NewPerson,
    (at, roles): (&Organisation, &[Role]),
    narrowing: &Narrowing,
    by: &Actor,
    now: &Now,
) -> Result<PersonId, Failed<CannotManage>> {
    by.must(Permission::MaintainRegister).map_err(|why| Failed::Refused(why.into()))?;
    let mut tx = db.write().await?;
    narrowing::must_be_of(&mut tx, at.id, Some(narrowing)).await?;
    let given: Vec<_> = roles.iter().map(|role| (at.id, *role)).collect();
    let id = give(&mut tx, person, &given, by, now).await?;
    let all = access::held_by(&mut tx, id, at.id).await?;
    narrowing.can_keep(&all, at.kind).map_err(|why| Failed::Refused(why.into()))?;
    access::write(&mut tx, &[narrowed(id, at.id, Some(narrowing))], by, now).await?;
    tx.commit().await?;
    Ok(id)
}

async fn give(
    tx: &mut Tx,
    person: &NewPerson,
    roles: &[(OrganisationId, Role)],
    by: &Actor,
    now: &Now,
) -> Result<PersonId, Failed<CannotManage>> {
    let id = find_or_add(tx, person, by, now).await?;
    separation::must_go_together(tx, id, roles).await?;
    let mut given = Vec::new();
    for (organisation, role) in roles {
        let added = tx
            .execute(
                "INSERT INTO role_held (person_id, organisation_id, role) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                args![id, *organisation, role.name()],
            )
            .await?;
        if added == 1 {
            given.push(Event::RoleGiven {
                person: id,
                organisation: *organisation,
                role: role.name().to_owned(),
            });
        }
    }
    event::record_all(tx, &given, by, now)?;
    for organisation in roles.iter().map(|(organisation, _)| *organisation).collect::<BTreeSet<_>>()
    {
        if let Some(narrowing) = narrowing::at(tx, organisation).await?.remove(&id) {
            let kind = organisation::find(tx, organisation).await?.kind;
            let all = access::held_by(tx, id, organisation).await?;
            narrowing.can_keep(&all, kind).map_err(|why| Failed::Refused(why.into()))?;
        }
    }
    Ok(id)
}

async fn find_or_add(tx: &mut Tx, person: &NewPerson, by: &Actor, now: &Now) -> Result<PersonId> {
    let email = person.email.trim().to_lowercase();
    let password_hash = person.password.as_deref().map(hash).transpose()?;
    let found: Option<Id> =
        tx.optional("SELECT id FROM person WHERE email = $1", args![&*email]).await?;
    match found {
        Some(Id { id }) => {
            tx.execute(
                "UPDATE person SET password_hash = coalesce($2, password_hash) WHERE id = $1",
                args![id, password_hash],
            )
            .await?;
            Ok(PersonId(id))
        }
        None => {
            let id: PersonId = new_id(now);
            tx.execute(
                "INSERT INTO person (id, email, name, job_title, password_hash, is_disabled, is_persona, created_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                args![
                    id,
                    email,
                    &*person.name,
                    &*person.job_title,
                    password_hash,
                    false,
                    person.is_persona,
                    now.instant
                ],
            )
            .await?;
            let event = Event::PersonAdded { person: id, name: person.name.clone() };
            event::record(tx, &event, by, now)?;
            Ok(id)
        }
    }
}

#[derive(sqlx::FromRow)]
struct Id {
    id: Uuid,
}
