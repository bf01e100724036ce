//! People whom a provider of sign-in names: sent there and back once, linked to their account, given the roles of their claims.

use super::{CannotSignIn, access::write, separation};
use crate::{
    Db, Failed, Result, Tx, args, event, organisation,
    session::{hashed, secret, start_in},
    throttle,
};
use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    Actor, Event, Now, PersonId,
    access::{
        Client, Throttle,
        provider::{Claims, Provider},
    },
};
use uuid::Uuid;

/// How long somebody may be away at a provider.
pub const BACK_BY: TimeDelta = TimeDelta::minutes(10);

/// What is kept of somebody who is sent to a provider, until they are back.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Away {
    /// Key of the provider.
    pub provider: String,
    /// What its answer must repeat.
    pub nonce: String,
    /// What proves that the answer is fetched by whoever asked (PKCE).
    pub verifier: String,
    /// Where to go afterwards.
    pub next: String,
}

/// Counts that somebody goes to a provider, before it is asked anything; refused where too many from there did not come back
/// into a session.
pub async fn may_go(db: &Db, client: &Client, now: &Now) -> Result<(), Failed<CannotSignIn>> {
    let mut tx = db.write().await?;
    let from = (Throttle::ProviderFromAddress, client);
    if let Some(minutes) = throttle::count_from(&mut tx, from, now).await? {
        tx.rollback().await?;
        return Err(Failed::Refused(CannotSignIn::TooManyAttempts(minutes)));
    }
    tx.commit().await?;
    Ok(())
}

/// Keeps what is needed when somebody comes back; gives the state that the provider hands back with them.
pub async fn send(db: &Db, away: &Away, now: &Now) -> Result<String> {
    let state = secret()?;
    let mut tx = db.write().await?;
    tx.execute("DELETE FROM sign_in_away WHERE created_at < $1", args![now.instant - BACK_BY])
        .await?;
    tx.execute(
        "INSERT INTO sign_in_away (state_hash, provider, nonce, verifier, next, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
        args![
            hashed(&state),
            &*away.provider,
            &*away.nonce,
            &*away.verifier,
            &*away.next,
            now.instant
        ],
    )
    .await?;
    tx.commit().await?;
    Ok(state)
}

/// What was kept of somebody who comes back with a state: once, and not after too long.
pub async fn back(db: &Db, state: &str, now: &Now) -> Result<Option<Away>> {
    let mut tx = db.write().await?;
    let away: Option<Away> = tx
        .optional(
            "DELETE FROM sign_in_away WHERE state_hash = $1 AND created_at > $2
             RETURNING provider, nonce, verifier, next",
            args![hashed(state), now.instant - BACK_BY],
        )
        .await?;
    tx.commit().await?;
    Ok(away)
}

/// Who came back, as the provider has proved.
#[derive(Clone, Debug)]
pub struct Proved {
    /// The provider's own identifier of the person.
    pub subject: String,
    /// Everything it says of them.
    pub claims: Claims,
    /// Its proof, for signing out there.
    pub id_token: String,
}

/// Starts a session for whom a provider has named. The first time they are found by the address that it has checked; the
/// roles that its claims decide are given and taken before.
pub async fn enter(
    db: &Db,
    provider: &Provider,
    proved: &Proved,
    client: &Client,
    now: &Now,
) -> Result<Entered, Failed<CannotSignIn>> {
    let mut tx = db.write().await?;
    let by = Actor::system(&provider.name).from(client.origin());
    let person = person(&mut tx, provider, proved, &by, now).await?;
    let decided = decided(&mut tx, provider, proved, person).await?;
    let (mut facts, mut not_given) = (Vec::new(), Vec::new());
    for fact in separation::apart(&mut tx, person, decided).await? {
        if let Event::RoleNotGiven { .. } = fact {
            not_given.push(fact.sentence(true));
            if separation::is_said(&mut tx, person, &fact).await? {
                continue;
            }
        }
        facts.push(fact);
    }
    write(&mut tx, &facts, &by, now).await?;
    let token = start_in(&mut tx, person, client, now).await?;
    throttle::right_from(&mut tx, (Throttle::ProviderFromAddress, client)).await?;
    tx.execute(
        "INSERT INTO session_provider (token_hash, provider, id_token) VALUES ($1, $2, $3)",
        args![hashed(&token), &*provider.key, &*proved.id_token],
    )
    .await?;
    tx.commit().await?;
    Ok(Entered { token, not_given })
}

/// Somebody whose session has begun.
#[derive(Clone, Debug)]
pub struct Entered {
    /// Its token, for the cookie.
    pub token: String,
    /// Roles that the provider names and that are not given, each as a sentence with its reason.
    pub not_given: Vec<String>,
}

#[derive(sqlx::FromRow)]
struct Whose {
    id: Uuid,
    is_disabled: bool,
}

async fn person(
    tx: &mut Tx,
    provider: &Provider,
    proved: &Proved,
    by: &Actor,
    now: &Now,
) -> Result<PersonId, Failed<CannotSignIn>> {
    let linked: Option<Whose> = tx
        .optional(
            "SELECT p.id, p.is_disabled FROM identity i JOIN person p ON p.id = i.person_id
             WHERE i.issuer = $1 AND i.subject = $2",
            args![&*provider.issuer, &*proved.subject],
        )
        .await?;
    let unknown = || Failed::Refused(CannotSignIn::NoAccount(provider.name.clone()));
    if let Some(Whose { id, is_disabled }) = linked {
        return if is_disabled { Err(unknown()) } else { Ok(PersonId(id)) };
    }
    let Some(email) = provider.address(&proved.claims) else {
        return Err(Failed::Refused(CannotSignIn::NoCheckedAddress(provider.name.clone())));
    };
    let found: Option<Whose> =
        tx.optional("SELECT id, is_disabled FROM person WHERE email = $1", args![email]).await?;
    let found = found.filter(|found| !found.is_disabled).ok_or_else(unknown)?;
    let person = PersonId(found.id);
    tx.execute(
        "INSERT INTO identity (issuer, subject, person_id, linked_at) VALUES ($1, $2, $3, $4)",
        args![&*provider.issuer, &*proved.subject, person, now.instant],
    )
    .await?;
    let fact = Event::IdentityLinked { person, provider: provider.name.clone() };
    event::record(tx, &fact, by, now)?;
    Ok(person)
}

/// The roles that somebody has by their claims and not yet here, and those that they have here and not by their claims.
async fn decided(
    tx: &mut Tx,
    provider: &Provider,
    proved: &Proved,
    person: PersonId,
) -> Result<Vec<Event>> {
    #[derive(sqlx::FromRow)]
    struct Held {
        held: i64,
    }
    let mut facts = Vec::new();
    for ((code, role), is_held) in provider.held(&proved.claims) {
        // The file may name an organisation that is not in the register yet, or a role that is not given there.
        let at = organisation::find_by_code(tx, code).await?;
        let Some(at) = at.filter(|at| role.exists_at(at.kind)) else { continue };
        let Held { held } = tx
            .one(
                "SELECT count(*) AS held FROM role_held WHERE person_id = $1 AND organisation_id = $2 AND role = $3",
                args![person, at.id, role.name()],
            )
            .await?;
        let (organisation, role) = (at.id, role.name().to_owned());
        match (is_held, held > 0) {
            (true, false) => facts.push(Event::RoleGiven { person, organisation, role }),
            (false, true) => facts.push(Event::RoleTaken { person, organisation, role }),
            _ => {}
        }
    }
    Ok(facts)
}

/// A provider that somebody has signed in with.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Linked {
    /// Address of the provider.
    pub issuer: String,
    /// Since when.
    pub linked_at: DateTime<Utc>,
}

/// The providers that the actor has signed in with.
pub async fn linked(tx: &mut Tx, by: &Actor) -> Result<Vec<Linked>> {
    tx.all(
        "SELECT issuer, linked_at FROM identity WHERE person_id = $1 ORDER BY linked_at, issuer",
        args![by.person()],
    )
    .await
}

/// The provider that a session was begun with.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct BegunWith {
    /// Key of the provider.
    pub provider: String,
    /// Its proof of who the person is.
    pub id_token: String,
}

/// The provider that a session was begun with; none where it was a password.
pub async fn begun_with(tx: &mut Tx, token: &str) -> Result<Option<BegunWith>> {
    tx.optional(
        "SELECT provider, id_token FROM session_provider WHERE token_hash = $1",
        args![hashed(token)],
    )
    .await
}
