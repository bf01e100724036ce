//! Sessions: a random token in the browser, its hash here, and the actor that it stands for on each request.

mod own;

pub use own::{OwnSession, end_one, end_others, sessions};

use crate::{
    Db, Failed, Result, StoreError, Tx, args, deputy, event,
    organisation::OrganisationRow,
    person::{CannotSignIn, factor, narrowing},
};
use chrono::{DateTime, TimeDelta, Utc};
use domain::hash::{hexadecimal, sha256};
use domain::{
    Actor, Event, Now, Organisation, OrganisationId, Origin, Permission, PersonId, Role,
    access::{CODE_BY, Client, demand::Demand, one_time::Key},
    deputy::ActsFor,
};
use uuid::Uuid;

/// How long a session lasts in all.
pub const LASTS: TimeDelta = TimeDelta::hours(12);

/// What a session stands for.
#[derive(Clone, Debug)]
pub struct Session {
    /// Who acts, for which organisation, in which roles: read anew on each request.
    pub actor: Actor,
    /// The person's job title.
    pub job_title: String,
    /// How many organisations the person can act for.
    pub organisations: i64,
    /// When it was last used, to about a minute.
    pub last_used_at: DateTime<Utc>,
    /// Whether it was begun with a password alone: no code was asked for, and no provider said who it is.
    by_password_alone: bool,
    /// Whether a second factor is demanded that the person has not: until it is set up, nothing else opens.
    pub must_set_up: bool,
}

pub(crate) fn hashed(token: &str) -> String {
    sha256(token.as_bytes())
}

/// Bytes that nobody guesses.
pub(crate) fn bytes<const COUNT: usize>() -> Result<[u8; COUNT]> {
    let mut bytes = [0u8; COUNT];
    getrandom::fill(&mut bytes)
        .map_err(|error| StoreError::Setup(format!("no randomness: {error}")))?;
    Ok(bytes)
}

/// 256 bits that nobody guesses, in hexadecimal.
pub(crate) fn secret() -> Result<String> {
    Ok(hexadecimal(&bytes::<32>()?))
}

/// Ends every session that began with a password, where nobody signs in with one any more.
pub async fn end_of_passwords(db: &Db, by: &Actor) -> Result<u64> {
    by.must(Permission::MaintainRegister).map_err(|_| StoreError::NotFound)?;
    let mut tx = db.write().await?;
    let sql = "DELETE FROM session WHERE NOT EXISTS
        (SELECT 1 FROM session_provider p WHERE p.token_hash = session.token_hash)";
    let ended = tx.execute(sql, args![]).await?;
    tx.commit().await?;
    Ok(ended)
}

/// What a right password leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Started {
    /// A session; with its token for the cookie.
    Session(String),
    /// The one-time code is asked for; with the token of this step.
    Code(String),
}

/// Goes on for a person whose password was right: to the code where one is asked for, otherwise into a session.
pub async fn enter(
    db: &Db,
    person: PersonId,
    client: &Client,
    now: &Now,
) -> Result<Started, Failed<CannotSignIn>> {
    let mut tx = db.write().await?;
    let started = match factor::is_on(&mut tx, person).await? {
        true => Started::Code(factor::step(&mut tx, person, now).await?),
        false => Started::Session(start_in(&mut tx, person, client, now).await?),
    };
    tx.commit().await?;
    Ok(started)
}

/// Starts the session of a person whose password was right a step before, with a code of the app or a recovery code.
pub async fn enter_code(
    db: &Db,
    (step, code): (&str, &str),
    key: Option<&Key>,
    client: &Client,
    now: &Now,
) -> Result<String, Failed<CannotSignIn>> {
    let person = whose_step(&mut db.glance().await?, step, now).await?;
    let person = person.ok_or(Failed::Refused(CannotSignIn::StepIsOver))?;
    factor::count_code(db, person, client, now).await?;
    let mut tx = db.write().await?;
    let Some(taken) = factor::take(&mut tx, person, code, key, now).await? else {
        return Err(Failed::Refused(CannotSignIn::WrongCode));
    };
    let gone =
        tx.execute("DELETE FROM sign_in_step WHERE token_hash = $1", args![hashed(step)]).await?;
    if gone == 0 {
        return Err(Failed::Refused(CannotSignIn::StepIsOver));
    }
    factor::right(&mut tx, person, client).await?;
    let token = start_in(&mut tx, person, client, now).await?;
    if taken == factor::Taken::Recovery {
        factor::recovery_used(&mut tx, person, client, now).await?;
    }
    tx.commit().await?;
    Ok(token)
}

/// Whose password was right a step before, unless that is too long ago.
pub async fn at_code(db: &Db, step: &str, now: &Now) -> Result<bool> {
    Ok(whose_step(&mut db.glance().await?, step, now).await?.is_some())
}

async fn whose_step(tx: &mut Tx, step: &str, now: &Now) -> Result<Option<PersonId>> {
    #[derive(sqlx::FromRow)]
    struct Whose {
        person_id: Uuid,
    }
    let whose: Option<Whose> = tx
        .optional(
            "SELECT s.person_id FROM sign_in_step s JOIN person p ON p.id = s.person_id
             WHERE s.token_hash = $1 AND s.created_at > $2 AND p.is_disabled = $3",
            args![hashed(step), now.instant - CODE_BY, false],
        )
        .await?;
    Ok(whose.map(|whose| whose.person_id.into()))
}

/// Ends every session and every step of a person, but for the session with this token.
pub(crate) async fn end_all(tx: &mut Tx, person: PersonId, but: Option<&str>) -> Result<u64> {
    tx.execute("DELETE FROM sign_in_step WHERE person_id = $1", args![person]).await?;
    let but = but.map(hashed).unwrap_or_default();
    tx.execute("DELETE FROM session WHERE person_id = $1 AND token_hash <> $2", args![person, but])
        .await
}

/// Starts a session for a person at the first organisation they hold a role at; gives the token for the cookie.
pub async fn start(
    db: &Db,
    person: PersonId,
    client: &Client,
    now: &Now,
) -> Result<String, Failed<CannotSignIn>> {
    let mut tx = db.write().await?;
    let token = start_in(&mut tx, person, client, now).await?;
    tx.commit().await?;
    Ok(token)
}

pub(crate) async fn start_in(
    tx: &mut Tx,
    person: PersonId,
    client: &Client,
    now: &Now,
) -> Result<String, Failed<CannotSignIn>> {
    let token = secret()?;
    let Some(organisation) = organisations(tx, person).await?.into_iter().next() else {
        return Err(Failed::Refused(CannotSignIn::NoRoles));
    };
    tx.execute("DELETE FROM session WHERE created_at < $1", args![now.instant - LASTS]).await?;
    tx.execute(
        "INSERT INTO session (token_hash, person_id, organisation_id, created_at, last_used_at, network, browser)
         VALUES ($1, $2, $3, $4, $4, $5, $6)",
        args![
            hashed(&token),
            person,
            organisation.id,
            now.instant,
            client.network(),
            &*client.browser
        ],
    )
    .await?;
    tx.execute(
        "UPDATE person SET last_signed_in_at = $2 WHERE id = $1",
        args![person, now.instant],
    )
    .await?;
    if let Some((session, _)) = find_in(tx, &token, now).await? {
        let by = session.actor.from(client.origin());
        event::record(tx, &Event::SignedIn { person }, &by, now)?;
    }
    Ok(token)
}

/// The organisations a person holds a role at, by name.
pub async fn organisations(tx: &mut Tx, person: PersonId) -> Result<Vec<Organisation>> {
    let rows: Vec<OrganisationRow> = tx
        .all(
            "SELECT id, code, name, kind, parent_id, closed_on FROM organisation
             WHERE id IN (SELECT organisation_id FROM role_held WHERE person_id = $1) ORDER BY name, code",
            args![person],
        )
        .await?;
    rows.into_iter().map(OrganisationRow::read).collect()
}

/// Lets a session act for another organisation of the same person; [`StoreError::NotFound`] when it is not theirs. Gives its new
/// token: with the roles the token changes, so that one which was seen before is worth nothing.
pub async fn act_for(db: &Db, token: &str, organisation: OrganisationId) -> Result<String> {
    let new = secret()?;
    let mut tx = db.write().await?;
    let changed = tx
        .execute(
            "UPDATE session SET organisation_id = $2, token_hash = $3 WHERE token_hash = $1 AND EXISTS
             (SELECT 1 FROM role_held r WHERE r.person_id = session.person_id AND r.organisation_id = $2)",
            args![hashed(token), organisation, hashed(&new)],
        )
        .await?;
    if changed == 0 {
        return Err(StoreError::NotFound);
    }
    tx.commit().await?;
    Ok(new)
}

/// How long a use of a session may go unwritten: reading a page must not write each time.
pub const TOUCH_AFTER: TimeDelta = TimeDelta::minutes(1);

/// Notes that a session is used now.
pub async fn touch(db: &Db, token: &str, now: &Now) -> Result<()> {
    let mut tx = db.write().await?;
    tx.execute(
        "UPDATE session SET last_used_at = $2 WHERE token_hash = $1 AND coalesce(last_used_at, created_at) < $2",
        args![hashed(token), now.instant],
    )
    .await?;
    tx.commit().await
}

/// Ends a session; a token that is not one ends nothing.
pub async fn end(db: &Db, token: &str, client: &Client, now: &Now) -> Result<()> {
    let mut tx = db.write().await?;
    if let Some((Session { actor, .. }, _)) = find_in(&mut tx, token, now).await?
        && let Some(person) = actor.person()
    {
        let by = actor.from(client.origin());
        event::record(&mut tx, &Event::SignedOut { person }, &by, now)?;
    }
    tx.execute("DELETE FROM session WHERE token_hash = $1", args![hashed(token)]).await?;
    tx.commit().await
}

#[derive(sqlx::FromRow)]
struct SessionRow {
    person_id: Uuid,
    person_name: String,
    job_title: String,
    created_at: DateTime<Utc>,
    last_used_at: Option<DateTime<Utc>>,
    organisations: i64,
    deputises: bool,
    by_password_alone: bool,
    /// One of the roles held; each has its row.
    role: Option<String>,
    #[sqlx(flatten)]
    organisation: OrganisationRow,
    #[sqlx(flatten)]
    narrowing: narrowing::Columns,
}

/// The session of a token, while it lasts, somebody uses it at least every `idle`, and its person is not disabled.
pub async fn find(
    db: &Db,
    token: &str,
    (idle, demand): (TimeDelta, &Demand),
    now: &Now,
) -> Result<Option<Session>> {
    let found = find_in(&mut db.glance().await?, token, now).await?;
    let found = found.filter(|(session, _)| now.instant < session.last_used_at + idle);
    let Some((mut session, deputises)) = found else { return Ok(None) };
    if deputises {
        session = with_deputies(&mut db.glance().await?, session, now).await?;
    }
    if session.by_password_alone && !demand.is_empty() {
        session.must_set_up = is_demanded(&mut db.glance().await?, &session.actor, demand).await?;
    }
    Ok(Some(session))
}

/// Whether a second factor is demanded of a person: by a role at any organisation, because each is one step away, or by one
/// that a colleague handed over.
async fn is_demanded(tx: &mut Tx, actor: &Actor, demand: &Demand) -> Result<bool> {
    #[derive(sqlx::FromRow)]
    struct Held {
        role: String,
    }
    let held: Vec<Held> = tx
        .all("SELECT DISTINCT role FROM role_held WHERE person_id = $1", args![actor.person()])
        .await?;
    let own = held.iter().filter_map(|held| Role::from_name(&held.role));
    let handed_over = actor.deputises().iter().flat_map(|one| one.roles.iter().copied());
    Ok(own.chain(handed_over).any(|role| demand.includes(role)))
}

/// The same with what colleagues have handed over to the person there.
async fn with_deputies(tx: &mut Tx, session: Session, now: &Now) -> Result<Session> {
    let Actor::Person { id, name, organisation, roles, origin, narrowing, .. } = session.actor
    else {
        return Ok(session);
    };
    let handed_over = deputy::handed_over(tx, id, organisation.id, now.today).await?;
    let acts_for = ActsFor::also(handed_over);
    let actor = Actor::Person { id, name, organisation, roles, acts_for, origin, narrowing };
    Ok(Session { actor, ..session })
}

/// As the person is without what was handed over to them, and whether anything may have been.
async fn find_in(tx: &mut Tx, token: &str, now: &Now) -> Result<Option<(Session, bool)>> {
    // One question, because every request asks it.
    let mut rows: Vec<SessionRow> = tx
        .all(
            concat!(
                "SELECT p.id AS person_id, p.name AS person_name, p.job_title, s.created_at, s.last_used_at, h.role, ",
                narrowing::columns!(),
                ",
                 (SELECT count(DISTINCT r.organisation_id) FROM role_held r WHERE r.person_id = p.id) AS organisations,
                 EXISTS (SELECT 1 FROM deputy u WHERE u.person_id = s.person_id AND u.organisation_id = s.organisation_id
                     AND u.ended_at IS NULL AND u.first_on <= $3 AND u.last_on >= $3) AS deputises,
                 (p.password_hash IS NOT NULL
                     AND NOT EXISTS (SELECT 1 FROM second_factor f WHERE f.person_id = p.id AND f.confirmed_at IS NOT NULL)
                     AND NOT EXISTS (SELECT 1 FROM session_provider v WHERE v.token_hash = s.token_hash)) AS by_password_alone,
                 o.id, o.code, o.name, o.kind, o.parent_id, o.closed_on
             FROM session s JOIN person p ON p.id = s.person_id JOIN organisation o ON o.id = s.organisation_id
             LEFT JOIN role_held h ON h.person_id = s.person_id AND h.organisation_id = s.organisation_id
             LEFT JOIN role_narrowing n ON n.person_id = s.person_id AND n.organisation_id = s.organisation_id
             LEFT JOIN provider_cluster k ON k.id = n.cluster_id
             WHERE s.token_hash = $1 AND p.is_disabled = $2"
            ),
            args![hashed(token), false, now.today],
        )
        .await?;
    let roles: Vec<Role> =
        rows.iter().filter_map(|row| Role::from_name(row.role.as_deref()?)).collect();
    // Who lost the last role there acts for that organisation no more.
    let lasts = |row: &SessionRow| {
        now.instant < row.created_at + LASTS && (row.role.is_some() || row.deputises)
    };
    let Some(row) = rows.pop().filter(lasts) else {
        return Ok(None);
    };
    let organisation = row.organisation.read()?;
    let narrowing = row.narrowing.read()?.map(Box::new);
    let id: PersonId = row.person_id.into();
    let (name, acts_for, origin) = (row.person_name, ActsFor::Oneself, Origin::Unknown);
    let actor = Actor::Person { id, name, organisation, roles, acts_for, origin, narrowing };
    let session = Session {
        actor,
        job_title: row.job_title,
        organisations: row.organisations,
        last_used_at: row.last_used_at.unwrap_or(row.created_at),
        by_password_alone: row.by_password_alone,
        must_set_up: false,
    };
    Ok(Some((session, row.deputises)))
}
