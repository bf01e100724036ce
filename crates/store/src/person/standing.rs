//! Accounts that are disabled and enabled again, everywhere at once.

use super::{access::region, link};
use crate::{
    Db, Failed, Result, StoreError, Tx, args, deputy, event,
    message::roles,
    session::{end_all, organisations},
};
use domain::{
    Actor, Event, Now, Organisation, OrganisationId, Permission, PersonId, Role,
    access::{CannotClose, HeldAt, Place, Whole},
};
use std::collections::BTreeSet;
use uuid::Uuid;

/// One organisation of a person's account.
struct At {
    organisation: Organisation,
    region: Option<OrganisationId>,
    roles: BTreeSet<Role>,
    others_manage: bool,
}

/// An account as it is, with everything that it opens.
struct Everything {
    person: PersonId,
    name: String,
    is_disabled: bool,
    at: Vec<At>,
}

impl At {
    fn held(&self) -> HeldAt<'_> {
        HeldAt {
            place: Place { organisation: &self.organisation, region: self.region },
            roles: self.roles.clone(),
            others_manage: self.others_manage,
        }
    }
}

impl Everything {
    fn whole(&self) -> Whole<'_> {
        Whole {
            person: self.person,
            name: self.name.clone(),
            is_disabled: self.is_disabled,
            held: self.at.iter().map(At::held).collect(),
        }
    }
}

#[derive(sqlx::FromRow)]
struct Account {
    name: String,
    is_disabled: bool,
}

/// Why the actor could not disable the account of a person of an organisation, or enable it; nothing where they could.
pub async fn can_close(
    tx: &mut Tx,
    at: &Organisation,
    person: PersonId,
    by: &Actor,
) -> Result<Option<CannotClose>> {
    Ok(everything(tx, at, person).await?.whole().must_be_in_hand(by).err())
}

/// Disables the account of a person of an organisation, from the next page on; what was handed over by them or to them ends.
pub async fn disable(
    db: &Db,
    at: &Organisation,
    person: PersonId,
    reason: &str,
    by: &Actor,
    now: &Now,
) -> Result<(), Failed<CannotClose>> {
    let mut tx = db.write().await?;
    hold(&mut tx, person).await?;
    let everything = everything(&mut tx, at, person).await?;
    let event = everything.whole().disable(reason, by).map_err(Failed::Refused)?;
    tx.change(
        "UPDATE person SET is_disabled = $2, has_lapsed = $3 WHERE id = $1 AND NOT is_disabled",
        args![person, true, false],
    )
    .await?;
    lock_out(&mut tx, person).await?;
    event::record(&mut tx, &event, by, now)?;
    deputy::end_all(&mut tx, person, by, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Enables an account that was disabled, or has lapsed.
pub async fn enable(
    db: &Db,
    at: &Organisation,
    person: PersonId,
    reason: &str,
    by: &Actor,
    now: &Now,
) -> Result<(), Failed<CannotClose>> {
    let mut tx = db.write().await?;
    hold(&mut tx, person).await?;
    let everything = everything(&mut tx, at, person).await?;
    let event = everything.whole().enable(reason, by).map_err(Failed::Refused)?;
    tx.change(
        "UPDATE person SET is_disabled = $2, has_lapsed = $2, enabled_at = $3 WHERE id = $1 AND is_disabled",
        args![person, false, now.instant],
    )
    .await?;
    event::record(&mut tx, &event, by, now)?;
    tx.commit().await?;
    Ok(())
}

/// Keeps others from changing who has access where the person has: two who manage people must not disable each other at once.
pub(super) async fn hold(tx: &mut Tx, person: PersonId) -> Result<()> {
    tx.execute(
        "UPDATE organisation SET name = name WHERE id IN (SELECT organisation_id FROM role_held WHERE person_id = $1)",
        args![person],
    )
    .await
    .map(drop)
}

/// Ends every session and link of a person, so that none comes back with the account.
pub(super) async fn lock_out(tx: &mut Tx, person: PersonId) -> Result<()> {
    end_all(tx, person, None).await?;
    tx.execute("DELETE FROM password_reset WHERE person_id = $1", args![person]).await?;
    link::take_back(tx, person).await
}

/// The account of a person with a role at an organisation; to others there is none.
async fn everything(tx: &mut Tx, at: &Organisation, person: PersonId) -> Result<Everything> {
    let account: Account =
        tx.one("SELECT name, is_disabled FROM person WHERE id = $1", args![person]).await?;
    let mut all = Vec::new();
    for organisation in organisations(tx, person).await? {
        let region = region(tx, &organisation).await?;
        let roles = super::access::held_by(tx, person, organisation.id).await?;
        let others = managers(tx, organisation.id, Permission::ManagePeople).await?;
        let others_manage = others.into_iter().any(|other| other != person);
        all.push(At { organisation, region, roles, others_manage });
    }
    if !all.iter().any(|one| one.organisation.id == at.id) {
        return Err(StoreError::NotFound);
    }
    let Account { name, is_disabled } = account;
    Ok(Everything { person, name, is_disabled, at: all })
}

/// Everybody at an organisation whose account is in use and who manages people with this permission.
pub(super) async fn managers(
    tx: &mut Tx,
    at: OrganisationId,
    permission: Permission,
) -> Result<BTreeSet<PersonId>> {
    #[derive(sqlx::FromRow)]
    struct Manager {
        person_id: Uuid,
    }
    let rows: Vec<Manager> = tx
        .all(
            "SELECT r.person_id FROM role_held r JOIN person p ON p.id = r.person_id AND NOT p.is_disabled
             WHERE r.organisation_id = $1 AND $2 LIKE '%|' || r.role || '|%'",
            args![at, roles(permission)],
        )
        .await?;
    Ok(rows.into_iter().map(|row| row.person_id.into()).collect())
}

/// What the history of a person says to who manages people at an organisation: what is about the account, and about roles
/// there, newest first. Signing in and out is left out.
pub async fn history(
    tx: &mut Tx,
    at: &Organisation,
    person: PersonId,
    by: &Actor,
) -> Result<Vec<event::Happened>> {
    let place = Place { organisation: at, region: region(tx, at).await? };
    if place.must_manage(by).is_err() {
        return Err(StoreError::NotFound);
    }
    let mut history = event::of(tx, person.0).await?;
    history.retain(|one| match &one.event {
        Event::SignedIn { .. } | Event::SignedOut { .. } => false,
        Event::RoleGiven { organisation, .. }
        | Event::RoleTaken { organisation, .. }
        | Event::RolesNarrowed { organisation, .. } => *organisation == at.id,
        _ => true,
    });
    Ok(history)
}
