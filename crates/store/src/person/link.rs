//! Links with which people set a password: they work once, until a time, and only their hash is kept.

mod letter;

pub use letter::{CannotAsk, Letter, ask, claim, failed, sent};

use super::{accept, breached::Breached, factor};
use crate::{
    Db, Failed, Result, Tx, args, event,
    session::{end_all, organisations, secret},
};
use chrono::{DateTime, Utc};
use domain::{
    Actor, Event, Now, Origin, PersonId, Refusal,
    access::{Client, WrongPassword},
    deputy::ActsFor,
    hash::sha256,
    message::account::{LinkFor, password_changed},
};
use uuid::Uuid;

/// Why a link sets no password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotSet {
    /// Unknown, used, replaced by another one, or its time is over.
    #[error(
        "This link does not work any more. A link works once: for 7 days when it came with an invitation, and for \
         30 minutes when you asked for it."
    )]
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
    has_password: bool,
}

/// How a link comes to its person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bring {
    /// A page shows it once to whoever made it.
    OnPage,
    /// An email brings it, and nobody else sees it.
    ByEmail,
    /// None is made: the person signs in with a provider.
    Nothing,
}

/// Makes the only invitation of a person that works; gives its token where a page is to show it.
pub(super) async fn invite(
    tx: &mut Tx,
    (person, email): (PersonId, &str),
    bring: Bring,
    by: &Actor,
    now: &Now,
) -> Result<Option<String>> {
    if bring == Bring::Nothing {
        return Ok(None);
    }
    event::record(tx, &Event::PasswordLinkMade { person }, by, now)?;
    if bring == Bring::OnPage {
        return make(tx, person, LinkFor::Invitation, now).await.map(Some);
    }
    tx.execute("DELETE FROM password_link WHERE person_id = $1", args![person]).await?;
    letter::put(tx, LinkFor::Invitation, email, now).await?;
    Ok(None)
}

/// Takes back an invitation that was not used.
pub(super) async fn take_back(tx: &mut Tx, person: PersonId) -> Result<()> {
    tx.execute("DELETE FROM password_link WHERE person_id = $1", args![person]).await?;
    tx.execute(
        "DELETE FROM link_to_send WHERE purpose = $2 AND email = (SELECT email FROM person WHERE id = $1)",
        args![person, LinkFor::Invitation.name()],
    )
    .await?;
    Ok(())
}

/// A new link, in the place of the one before of its kind; gives its token.
async fn make(tx: &mut Tx, person: PersonId, what: LinkFor, now: &Now) -> Result<String> {
    let token = secret()?;
    let args = args![person, sha256(token.as_bytes()), now.instant + what.works()];
    match what {
        LinkFor::Invitation => {
            tx.execute(
                "INSERT INTO password_link (person_id, token_hash, works_until) VALUES ($1, $2, $3) ON CONFLICT (person_id)
                 DO UPDATE SET token_hash = excluded.token_hash, works_until = excluded.works_until",
                args,
            )
            .await?
        }
        LinkFor::Reset => {
            tx.execute(
                "INSERT INTO password_reset (person_id, token_hash, works_until) VALUES ($1, $2, $3) ON CONFLICT (person_id)
                 DO UPDATE SET token_hash = excluded.token_hash, works_until = excluded.works_until",
                args,
            )
            .await?
        }
    };
    Ok(token)
}

/// Whose password the link with this token sets, while it works.
pub async fn whose(db: &Db, token: &str, now: &Now) -> Result<Whose, Failed<CannotSet>> {
    find(&mut db.glance().await?, token, now).await
}

async fn find(tx: &mut Tx, token: &str, now: &Now) -> Result<Whose, Failed<CannotSet>> {
    let found: Option<Whose> = tx
        .optional(
            "SELECT p.id, p.name, p.email, l.works_until, p.password_hash IS NOT NULL AS has_password
             FROM (SELECT person_id, works_until FROM password_link WHERE token_hash = $1
                   UNION ALL SELECT person_id, works_until FROM password_reset WHERE token_hash = $1) l
             JOIN person p ON p.id = l.person_id WHERE p.is_disabled = $2",
            args![sha256(token.as_bytes()), false],
        )
        .await?;
    let works = found.filter(|one| now.instant < one.works_until);
    works.ok_or(Failed::Refused(CannotSet::NoSuchLink))
}

/// Sets the password of whose link it is. Every link of that person is gone then, and so is every session.
pub async fn set_password(
    db: &Db,
    token: &str,
    (password, breached): (&str, &Breached),
    client: &Client,
    now: &Now,
) -> Result<(), Failed<CannotSet>> {
    let one = whose(db, token, now).await?;
    let hashed = match accept(password, (&one.name, &one.email), breached).await {
        Ok(hashed) => hashed,
        Err(Failed::Refused(why)) => return Err(Failed::Refused(why.into())),
        Err(Failed::Other(fault)) => return Err(fault.into()),
    };
    let mut tx = db.write().await?;
    // Whoever comes second at the same moment waits here, and finds no link any more.
    tx.execute("UPDATE person SET name = name WHERE id = $1", args![one.id]).await?;
    let one = find(&mut tx, token, now).await?;
    let id = PersonId(one.id);
    tx.execute("DELETE FROM password_link WHERE person_id = $1", args![id]).await?;
    tx.execute("DELETE FROM password_reset WHERE person_id = $1", args![id]).await?;
    tx.execute("UPDATE person SET password_hash = $2 WHERE id = $1", args![id, hashed]).await?;
    end_all(&mut tx, id, None).await?;
    let by = themselves(&mut tx, &one).await?.from(client.origin());
    if one.has_password {
        factor::tell(&mut tx, id, password_changed(now.instant), &by, now).await?;
    }
    event::record(&mut tx, &Event::PasswordSet { person: id }, &by, now)?;
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
            let origin = Origin::Unknown;
            Actor::Person { id, name, organisation, roles, acts_for, origin, narrowing: None }
        }
        None => Actor::system(one.name.clone()),
    })
}
