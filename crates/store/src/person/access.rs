//! Access of people to organisations: who has which roles, invitations, and roles that are given and taken.

pub use super::narrowing::Seen;
use super::{
    link::{self, Bring},
    narrowing, separation,
};
use crate::{Db, Failed, Result, StoreError, Tx, args, event, new_id, organisation};
use chrono::{DateTime, Utc};
use domain::{
    Actor, Event, Narrowing, NotAllowed, Now, Organisation, OrganisationId, Permission, PersonId,
    Role,
    access::{Access, Account, CannotManage, Held, Place},
};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Somebody with a role at an organisation.
#[derive(Clone, Debug)]
pub struct Colleague {
    /// Who.
    pub id: PersonId,
    /// Name.
    pub name: String,
    /// Address.
    pub email: String,
    /// Job title.
    pub job_title: String,
    /// Roles held here.
    pub roles: BTreeSet<Role>,
    /// What they are kept to; nothing where they are for everything.
    pub narrowing: Option<Narrowing>,
    /// When the account was made.
    pub created_at: DateTime<Utc>,
    /// When last signed in, anywhere.
    pub last_signed_in_at: Option<DateTime<Utc>>,
    /// Whether the account cannot sign in at all.
    pub is_disabled: bool,
    /// Whether that is because nobody used it.
    pub has_lapsed: bool,
    /// Whether an own password was set; without one an invitation waits.
    pub has_password: bool,
    /// What the mail server said of an invitation that it did not take.
    pub fault: Option<String>,
}

/// An organisation whose people the actor manages: the own one, or one below by its code.
pub async fn place(
    tx: &mut Tx,
    code: &str,
    by: &Actor,
) -> Result<Organisation, Failed<NotAllowed>> {
    let own = by.organisation().ok_or(StoreError::NotFound)?;
    let found = match code {
        "" => own.clone(),
        code => organisation::find_by_code(tx, code).await?.ok_or(StoreError::NotFound)?,
    };
    let region = region(tx, &found).await?;
    // To others an organisation that is not below theirs is none.
    if found.id != own.id && found.parent != Some(own.id) && region != Some(own.id) {
        return Err(StoreError::NotFound.into());
    }
    let place = Place { organisation: &found, region };
    place.must_manage(by).map_err(Failed::Refused)?;
    Ok(found)
}

/// What stands two levels above an organisation.
pub(crate) async fn region(tx: &mut Tx, of: &Organisation) -> Result<Option<OrganisationId>> {
    match of.parent {
        Some(parent) => Ok(organisation::find(tx, parent).await?.parent),
        None => Ok(None),
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    name: String,
    email: String,
    job_title: String,
    role: String,
    created_at: DateTime<Utc>,
    last_signed_in_at: Option<DateTime<Utc>>,
    is_disabled: bool,
    has_lapsed: bool,
    has_password: bool,
    fault: Option<String>,
}

/// Everybody with a role at an organisation, by name. The organisation was found for the reader by [`place`].
pub async fn people(tx: &mut Tx, at: &Organisation, by: &Actor) -> Result<Vec<Colleague>> {
    let region = region(tx, at).await?;
    if (Place { organisation: at, region }).must_manage(by).is_err() {
        return Err(StoreError::NotFound);
    }
    all(tx, at).await
}

pub(super) async fn all(tx: &mut Tx, at: &Organisation) -> Result<Vec<Colleague>> {
    let rows: Vec<Row> = tx
        .all(
            "SELECT p.id, p.name, p.email, p.job_title, r.role, p.created_at, p.last_signed_in_at, p.is_disabled, p.has_lapsed,
                 p.password_hash IS NOT NULL AS has_password,
                 (SELECT w.fault FROM link_to_send w WHERE w.purpose = 'invitation' AND w.email = p.email
                     AND w.fault <> '') AS fault
             FROM role_held r JOIN person p ON p.id = r.person_id WHERE r.organisation_id = $1
             ORDER BY p.name, p.id, r.role",
            args![at.id],
        )
        .await?;
    let mut narrowed = narrowing::at(tx, at.id).await?;
    let mut people: Vec<Colleague> = Vec::new();
    for row in rows {
        let role = Role::from_name(&row.role).ok_or_else(|| StoreError::Inconsistent {
            table: "role_held",
            what: format!("role {}", row.role),
        })?;
        match people.last_mut().filter(|last| last.id.0 == row.id) {
            Some(last) => _ = last.roles.insert(role),
            None => people.push(Colleague {
                id: row.id.into(),
                name: row.name,
                email: row.email,
                job_title: row.job_title,
                roles: BTreeSet::from([role]),
                narrowing: narrowed.remove(&row.id.into()),
                created_at: row.created_at,
                last_signed_in_at: row.last_signed_in_at,
                is_disabled: row.is_disabled,
                has_lapsed: row.has_lapsed,
                has_password: row.has_password,
                fault: row.fault,
            }),
        }
    }
    Ok(people)
}

/// How somebody who was given access gets in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// A new account: with the token of a link they set a password.
    Link(String),
    /// A new account: an email brings the link.
    Mailed,
    /// With the account they have. Who made it, for which organisation and when: an address alone proves nothing.
    Known(Option<(String, String, DateTime<Utc>)>),
}

/// Who made an account, as its history says.
pub(super) async fn first(
    tx: &mut Tx,
    person: PersonId,
) -> Result<Option<(String, String, DateTime<Utc>)>> {
    let history = event::of(tx, person.0).await?;
    let made = history.into_iter().find(|one| matches!(one.event, Event::PersonAdded { .. }));
    Ok(made.map(|one| (one.actor, one.organisation, one.at)))
}

/// Gives a person, new or known by the address, access to an organisation.
pub async fn invite(
    db: &Db,
    at: &Organisation,
    (account, bring): (&Account, Bring),
    wanted: &Held,
    by: &Actor,
    now: &Now,
) -> Result<Given, Failed<CannotManage>> {
    let mut tx = db.write().await?;
    let (place, people) = held(&mut tx, at, by).await?;
    let here = people.iter().find(|one| one.email == account.email);
    if let Some(here) = here {
        return Err(Failed::Refused(CannotManage::AlreadyHere(here.name.clone())));
    }
    let known = known(&mut tx, &account.email).await?;
    refuse_unused(known, false).map_err(Failed::Refused)?;
    let person = known.map_or_else(|| new_id(now), |known| PersonId(known.id));
    narrowing::must_be_of(&mut tx, at.id, wanted.narrowing.as_ref()).await?;
    let access = Access {
        person,
        name: account.name.clone(),
        roles: BTreeSet::new(),
        // It stays where the last role was taken.
        narrowing: narrowing::at(&mut tx, at.id).await?.remove(&person),
        others_manage: true,
        separation: separation::of(&mut tx, at.id).await?,
    };
    let facts = access.change(wanted, place, by).map_err(Failed::Refused)?;
    if known.is_none() {
        add(&mut tx, person, account, by, now).await?;
    }
    write(&mut tx, &facts, by, now).await?;
    let given = match known {
        None => first_link(&mut tx, (person, &account.email), bring, by, now).await?,
        Some(_) => Given::Known(first(&mut tx, person).await?),
    };
    tx.commit().await?;
    Ok(given)
}

/// Gives a person exactly these roles at an organisation, kept to what is said, over what was seen. Gives how much changed.
pub async fn change(
    db: &Db,
    at: &Organisation,
    person: PersonId,
    (seen, wanted): (&Seen, &Held),
    by: &Actor,
    now: &Now,
) -> Result<usize, Failed<CannotManage>> {
    let mut tx = db.write().await?;
    let (access, place) = seen_access(&mut tx, at, person, seen, by).await?;
    narrowing::must_be_of(&mut tx, at.id, wanted.narrowing.as_ref()).await?;
    let facts = access.change(wanted, place, by).map_err(Failed::Refused)?;
    write(&mut tx, &facts, by, now).await?;
    tx.commit().await?;
    Ok(facts.len())
}

/// Takes every role of a person at an organisation away.
pub async fn remove(
    db: &Db,
    at: &Organisation,
    person: PersonId,
    seen: &Seen,
    by: &Actor,
    now: &Now,
) -> Result<(), Failed<CannotManage>> {
    let mut tx = db.write().await?;
    let (access, place) = seen_access(&mut tx, at, person, seen, by).await?;
    let facts = access.remove(place, by).map_err(Failed::Refused)?;
    write(&mut tx, &facts, by, now).await?;
    // A link that was given here opens nothing any more.
    link::take_back(&mut tx, person).await?;
    tx.commit().await?;
    Ok(())
}

/// Makes another link for somebody who was invited and has not set a password. It works for people whose every organisation
/// the actor manages: whoever has the link becomes that person. Gives the token where a page is to show it.
pub async fn invite_again(
    db: &Db,
    at: &Organisation,
    (person, bring): (PersonId, Bring),
    by: &Actor,
    now: &Now,
) -> Result<Option<String>, Failed<CannotManage>> {
    let mut tx = db.write().await?;
    let (_, people) = held(&mut tx, at, by).await?;
    let one = people.into_iter().find(|one| one.id == person).ok_or(StoreError::NotFound)?;
    if by.person() == Some(person) {
        return Err(Failed::Refused(CannotManage::Yourself));
    }
    if one.has_password {
        return Err(Failed::Refused(CannotManage::HasPassword(one.name)));
    }
    for organisation in crate::session::organisations(&mut tx, person).await? {
        let region = region(&mut tx, &organisation).await?;
        if (Place { organisation: &organisation, region }).must_manage(by).is_err() {
            return Err(Failed::Refused(CannotManage::ElsewhereToo(one.name)));
        }
    }
    let token = link::invite(&mut tx, (person, &one.email), bring, by, now).await?;
    tx.commit().await?;
    Ok(token)
}

/// The way in of an account that was made for somebody.
pub(super) async fn first_link(
    tx: &mut Tx,
    whose: (PersonId, &str),
    bring: Bring,
    by: &Actor,
    now: &Now,
) -> Result<Given> {
    Ok(link::invite(tx, whose, bring, by, now).await?.map_or(Given::Mailed, Given::Link))
}

/// The place that somebody manages with its people, kept from everybody else until the transaction ends.
pub(super) async fn held<'a>(
    tx: &mut Tx,
    at: &'a Organisation,
    by: &Actor,
) -> Result<(Place<'a>, Vec<Colleague>), Failed<CannotManage>> {
    tx.execute("UPDATE organisation SET name = name WHERE id = $1", args![at.id]).await?;
    let place = Place { organisation: at, region: region(tx, at).await? };
    place.must_manage(by).map_err(|why| Failed::Refused(why.into()))?;
    Ok((place, all(tx, at).await?))
}

/// The access of a person as it was seen; refused where it is another by now.
pub(super) async fn seen_access<'a>(
    tx: &mut Tx,
    at: &'a Organisation,
    person: PersonId,
    seen: &Seen,
    by: &Actor,
) -> Result<(Access, Place<'a>), Failed<CannotManage>> {
    let (place, people) = held(tx, at, by).await?;
    let manages = |one: &Colleague| {
        let gives = |role: &Role| Permission::ManagePeople.is_given(*role, at.kind);
        one.id != person && !one.is_disabled && one.roles.iter().any(gives)
    };
    let others_manage = people.iter().any(manages);
    let one = people.into_iter().find(|one| one.id == person).ok_or(StoreError::NotFound)?;
    if one.seen() != *seen {
        return Err(Failed::Refused(CannotManage::Changed));
    }
    let separation = separation::of(tx, at.id).await?;
    let Colleague { name, roles, narrowing, .. } = one;
    Ok((Access { person, name, roles, narrowing, others_manage, separation }, place))
}

#[derive(sqlx::FromRow, Clone, Copy)]
pub(super) struct Known {
    pub(super) id: Uuid,
    /// Whether the person has a password or has signed in.
    is_used: bool,
    is_disabled: bool,
}

/// The roles that a person holds at an organisation.
pub(super) async fn held_by(
    tx: &mut Tx,
    person: PersonId,
    at: OrganisationId,
) -> Result<BTreeSet<Role>> {
    #[derive(sqlx::FromRow)]
    struct Held {
        role: String,
    }
    let rows: Vec<Held> = tx
        .all(
            "SELECT role FROM role_held WHERE person_id = $1 AND organisation_id = $2",
            args![person, at],
        )
        .await?;
    Ok(rows.iter().filter_map(|row| Role::from_name(&row.role)).collect())
}

/// Refuses to give access to an account that cannot sign in, or that nobody uses yet: whoever holds its link could become
/// somebody with access here. One that `is_here` already was invited here.
pub(super) fn refuse_unused(known: Option<Known>, is_here: bool) -> Result<(), CannotManage> {
    match known {
        Some(Known { is_disabled: true, .. }) => Err(CannotManage::Disabled),
        Some(Known { is_used: false, .. }) if !is_here => Err(CannotManage::NotUsedYet),
        _ => Ok(()),
    }
}

pub(super) async fn known(tx: &mut Tx, email: &str) -> Result<Option<Known>> {
    tx.optional(
        "SELECT id, (password_hash IS NOT NULL OR last_signed_in_at IS NOT NULL) AS is_used, is_disabled
         FROM person WHERE email = $1",
        args![email],
    )
    .await
}

pub(super) async fn add(
    tx: &mut Tx,
    id: PersonId,
    account: &Account,
    by: &Actor,
    now: &Now,
) -> Result<()> {
    tx.execute(
        "INSERT INTO person (id, email, name, job_title, is_disabled, is_persona, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        args![id, &*account.email, &*account.name, &*account.job_title, false, false, now.instant],
    )
    .await
    // Somebody invited the same address at the same moment.
    .map_err(|error| if error.is_duplicate() { StoreError::Stale } else { error })?;
    event::record(tx, &Event::PersonAdded { person: id, name: account.name.clone() }, by, now)
}

/// Writes roles, and what they are kept to, as the facts say.
pub(super) async fn write(tx: &mut Tx, facts: &[Event], by: &Actor, now: &Now) -> Result<()> {
    for fact in facts {
        match fact {
            Event::RoleGiven { person, organisation, role } => {
                tx.execute(
                    "INSERT INTO role_held (person_id, organisation_id, role) VALUES ($1, $2, $3)",
                    args![*person, *organisation, &**role],
                )
                .await?;
            }
            Event::RoleTaken { person, organisation, role } => {
                tx.execute(
                    "DELETE FROM role_held WHERE person_id = $1 AND organisation_id = $2 AND role = $3",
                    args![*person, *organisation, &**role],
                )
                .await?;
            }
            fact => narrowing::write(tx, fact, now).await?,
        }
    }
    event::record_all(tx, facts, by, now)
}
