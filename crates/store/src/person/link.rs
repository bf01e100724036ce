//! Links with which people set a password: they work once, until a time, and only their hash is kept.

use super::{hash, hashing};
use crate::{
    Db, Failed, Result, Tx, args, event,
    session::{organisations, secret},
};
use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    Actor, Event, Now, PersonId, Refusal,
    access::{WrongPassword, check_password},
    deputy::ActsFor,
    hash::sha256,
};
use uuid::Uuid;

/// How long the link of an invitation works.
pub const INVITATION: TimeDelta = TimeDelta::days(7);

/// Why a link sets no password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotSet {
    /// Unknown, used, replaced by another one, or its time is over.
    #[error("This link does not work any more. It works once, and for 7 days.")]
    NoSuchLink,
    /// The password cannot be used.
    #[error(transparent)]
    Password(#[from] WrongPassword),
}
impl Refusal for CannotSet {}

/// Whose password a link sets.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Whose {
    id: Uuid,
    /// Name.
    pub name: String,
    /// Address to sign in with.
    pub email: String,
    works_until: DateTime<Utc>,
}

/// Makes the only link of a person that works, and gives its token.
pub(super) async fn make(
    tx: &mut Tx,
    person: PersonId,
    works: TimeDelta,
    by: &Actor,
    now: &Now,
) -> Result<String> {
    let token = secret()?;
    tx.execute(
        "INSERT INTO password_link (person_id, token_hash, works_until) VALUES ($1, $2, $3)
         ON CONFLICT (person_id) DO UPDATE SET token_hash = excluded.token_hash, works_until = excluded.works_until",
        args![person, sha256(token.as_bytes()), now.instant + works],
    )
    .await?;
    event::record(tx, &Event::PasswordLinkMade { person }, by, now)?;
    Ok(token)
}

/// Whose password the link with this token sets, while it works.
pub async fn whose(db: &Db, token: &str, now: &Now) -> Result<Whose, Failed<CannotSet>> {
    find(&mut db.glance().await?, token, now).await
}

async fn find(tx: &mut Tx, token: &str, now: &Now) -> Result<Whose, Failed<CannotSet>> {
    let found: Option<Whose> = tx
        .optional(
            "SELECT p.id, p.name, p.email, l.works_until FROM password_link l JOIN person p ON p.id = l.person_id
             WHERE l.token_hash = $1 AND p.is_disabled = $2",
            args![sha256(token.as_bytes()), false],
        )
        .await?;
    let works = found.filter(|one| now.instant < one.works_until);
    works.ok_or(Failed::Refused(CannotSet::NoSuchLink))
}

/// Sets the password of whose link it is. The link is gone then, and so is every session of that person.
pub async fn set_password(
    db: &Db,
    token: &str,
    password: &str,
    now: &Now,
) -> Result<(), Failed<CannotSet>> {
    let one = whose(db, token, now).await?;
    check_password(password, &one.name, &one.email).map_err(|why| Failed::Refused(why.into()))?;
    let password = password.to_owned();
    let hashed = hashing(move || hash(&password)).await??;
    let mut tx = db.write().await?;
    // Asked again where nobody else can use it.
    let one = find(&mut tx, token, now).await?;
    let used = tx
        .execute("DELETE FROM password_link WHERE token_hash = $1", args![sha256(token.as_bytes())])
        .await?;
    if used == 0 {
        return Err(Failed::Refused(CannotSet::NoSuchLink));
    }
    tx.execute("UPDATE person SET password_hash = $2 WHERE id = $1", args![one.id, hashed]).await?;
    tx.execute("DELETE FROM session WHERE person_id = $1", args![one.id]).await?;
    let by = themselves(&mut tx, &one).await?;
    event::record(&mut tx, &Event::PasswordSet { person: one.id.into() }, &by, now)?;
    tx.commit().await?;
    Ok(())
}

/// The person as who acts, without a role: nobody is signed in.
async fn themselves(tx: &mut Tx, one: &Whose) -> Result<Actor> {
    let id = PersonId(one.id);
    let own = organisations(tx, id).await?.into_iter().next();
    Ok(match own {
        Some(organisation) => {
            let (name, roles, acts_for) = (one.name.clone(), Vec::new(), ActsFor::Oneself);
            Actor::Person { id, name, organisation, roles, acts_for }
        }
        None => Actor::system(one.name.clone()),
    })
}
