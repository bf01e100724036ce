//! The second factor: one-time codes of an app, set up and switched off by the person, and recovery codes.

use crate::{
    Db, Failed, Result, StoreError, Tx, args, event,
    message::{Letter, Of, post},
    person::{CannotSignIn, account},
    session::{bytes, secret},
    throttle,
};
use chrono::{DateTime, Utc};
use domain::{
    Actor, Event, Now, PersonId, Refusal,
    access::{
        Client, Throttle,
        one_time::{Key, RECOVERY_CODES, Secret, looks_like_a_code, recovery_code, recovery_typed},
    },
    hash::sha256,
    message::account as told,
};

/// Why a second factor stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotChange {
    /// The password is wrong, or there were too many wrong ones.
    #[error(transparent)]
    Password(#[from] account::WrongOld),
    /// The code is wrong or was used already.
    #[error("Enter the 6 digits that your app shows now. Each code works once")]
    Code,
    /// Too many wrong codes.
    #[error("There were too many wrong codes. Try again in {}.", super::minutes(*.0))]
    TooManyCodes(i64),
    /// It is on already.
    #[error("You use an authenticator app already. Switch it off first")]
    IsOn,
    /// Nothing was begun that could be confirmed, or it is off already.
    #[error("There is nothing to confirm. Begin again")]
    IsOff,
}
impl Refusal for CannotChange {}

/// How it stands with a person's second factor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Since when it is asked for; none when it is not.
    pub since: Option<DateTime<Utc>>,
    /// Recovery codes that have not been used.
    pub codes_left: i64,
}

/// How it stands with the actor's second factor.
pub async fn state(tx: &mut Tx, by: &Actor) -> Result<State> {
    #[derive(sqlx::FromRow)]
    struct Codes {
        remaining: i64,
    }
    let row = row(tx, by.person()).await?;
    let Codes { remaining } = tx
        .one(
            "SELECT count(*) AS remaining FROM recovery_code WHERE person_id = $1",
            args![by.person()],
        )
        .await?;
    Ok(State { since: row.and_then(|row| row.confirmed_at), codes_left: remaining })
}

#[derive(sqlx::FromRow)]
struct Row {
    seed: String,
    key_name: String,
    last_step: i64,
    confirmed_at: Option<DateTime<Utc>>,
}

impl Row {
    fn secret(&self, key: Option<&Key>) -> Result<Secret> {
        let key = match &*self.key_name {
            "" => None,
            name => Some(key.filter(|key| key.name() == name).ok_or_else(|| {
                let what =
                    "a second factor was set up with another key than --secret-key-file names";
                StoreError::Setup(what.to_owned())
            })?),
        };
        Ok(Secret::of(self.seed.as_bytes(), key))
    }
}

async fn row(tx: &mut Tx, person: Option<PersonId>) -> Result<Option<Row>> {
    tx.optional(
        "SELECT seed, key_name, last_step, confirmed_at FROM second_factor WHERE person_id = $1",
        args![person],
    )
    .await
}

/// Whether a person is asked for a code after the password.
pub(crate) async fn is_on(tx: &mut Tx, person: PersonId) -> Result<bool> {
    Ok(row(tx, Some(person)).await?.is_some_and(|row| row.confirmed_at.is_some()))
}

/// Begins to set a second factor up, for who knows the password: makes the secret, which is not asked for yet.
pub async fn begin(
    db: &Db,
    password: &str,
    key: Option<&Key>,
    (by, client): (&Actor, &Client),
    now: &Now,
) -> Result<(), Failed<CannotChange>> {
    old_password(db, password, (by, client), now).await?;
    let mut tx = db.write().await?;
    let key_name = key.map(Key::name).unwrap_or_default();
    let done = tx
        .execute(
            "INSERT INTO second_factor (person_id, seed, key_name, last_step) VALUES ($1, $2, $3, -1)
             ON CONFLICT (person_id) DO UPDATE SET seed = excluded.seed, key_name = excluded.key_name, last_step = -1
             WHERE second_factor.confirmed_at IS NULL",
            args![by.person(), secret()?, key_name],
        )
        .await?;
    if done == 0 {
        return Err(Failed::Refused(CannotChange::IsOn));
    }
    tx.commit().await?;
    Ok(())
}

/// The secret that the actor is setting up, to show it.
pub async fn begun(tx: &mut Tx, key: Option<&Key>, by: &Actor) -> Result<Option<Secret>> {
    let row = row(tx, by.person()).await?.filter(|row| row.confirmed_at.is_none());
    row.map(|row| row.secret(key)).transpose()
}

/// Asks for codes from now on, once the app has shown a right one. Gives the recovery codes, which are shown this once.
pub async fn confirm(
    db: &Db,
    code: &str,
    key: Option<&Key>,
    (by, client): (&Actor, &Client),
    now: &Now,
) -> Result<Vec<String>, Failed<CannotChange>> {
    let person = by.person().ok_or(StoreError::NotFound)?;
    count_code(db, person, client, now).await.map_err(too_many)?;
    let mut tx = db.write().await?;
    let row = row(&mut tx, Some(person)).await?.filter(|row| row.confirmed_at.is_none());
    let row = row.ok_or(Failed::Refused(CannotChange::IsOff))?;
    let step = row.secret(key)?.step(code, now.instant, row.last_step);
    let step = step.ok_or(Failed::Refused(CannotChange::Code))?;
    tx.change(
        "UPDATE second_factor SET confirmed_at = $2, last_step = $3 WHERE person_id = $1 AND confirmed_at IS NULL",
        args![person, now.instant, step],
    )
    .await?;
    let codes = new_codes(&mut tx, person).await?;
    right(&mut tx, person, client).await?;
    event::record(&mut tx, &Event::SecondFactorOn { person }, by, now)?;
    tell(&mut tx, person, told::second_factor(true, now.instant), by, now).await?;
    tx.commit().await?;
    Ok(codes)
}

async fn new_codes(tx: &mut Tx, person: PersonId) -> Result<Vec<String>> {
    tx.execute("DELETE FROM recovery_code WHERE person_id = $1", args![person]).await?;
    let mut codes = Vec::new();
    for _ in 0..RECOVERY_CODES {
        codes.push(recovery_code(bytes()?));
    }
    let row = |code: &String| args![person, sha256(recovery_typed(code).as_bytes())];
    let rows = codes.iter().map(row).collect();
    tx.insert("INSERT INTO recovery_code (person_id, code_hash)", rows).await?;
    Ok(codes)
}

/// Asks for no codes any more, for who knows the password and has a code.
pub async fn switch_off(
    db: &Db,
    (password, code): (&str, &str),
    key: Option<&Key>,
    (by, client): (&Actor, &Client),
    now: &Now,
) -> Result<(), Failed<CannotChange>> {
    let person = by.person().ok_or(StoreError::NotFound)?;
    old_password(db, password, (by, client), now).await?;
    count_code(db, person, client, now).await.map_err(too_many)?;
    let mut tx = db.write().await?;
    if !is_on(&mut tx, person).await? {
        return Err(Failed::Refused(CannotChange::IsOff));
    }
    if take(&mut tx, person, code, key, now).await?.is_none() {
        return Err(Failed::Refused(CannotChange::Code));
    }
    forget(&mut tx, person).await?;
    right(&mut tx, person, client).await?;
    event::record(&mut tx, &Event::SecondFactorOff { person }, by, now)?;
    tell(&mut tx, person, told::second_factor(false, now.instant), by, now).await?;
    tx.commit().await?;
    Ok(())
}

async fn forget(tx: &mut Tx, person: PersonId) -> Result<()> {
    tx.execute("DELETE FROM recovery_code WHERE person_id = $1", args![person]).await?;
    tx.execute("DELETE FROM second_factor WHERE person_id = $1", args![person]).await?;
    Ok(())
}

/// The same for somebody who has lost the app and every code, by whoever runs the service. Gives whether it was on.
pub async fn switch_off_for(db: &Db, email: &str, by: &Actor, now: &Now) -> Result<bool> {
    #[derive(sqlx::FromRow)]
    struct Id {
        id: uuid::Uuid,
    }
    if by.person().is_some() {
        return Err(StoreError::NotFound);
    }
    let mut tx = db.write().await?;
    let email = email.trim().to_lowercase();
    let Id { id } = tx.one("SELECT id FROM person WHERE email = $1", args![email]).await?;
    let person = PersonId(id);
    let was_on = is_on(&mut tx, person).await?;
    forget(&mut tx, person).await?;
    if was_on {
        event::record(&mut tx, &Event::SecondFactorOff { person }, by, now)?;
        tell(&mut tx, person, told::second_factor(false, now.instant), by, now).await?;
    }
    tx.commit().await?;
    Ok(was_on)
}

/// What a code was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// One of the app.
    App,
    /// A recovery code.
    Recovery,
}

/// Takes a code of a person, so that it works no second time; none when it is wrong.
pub(crate) async fn take(
    tx: &mut Tx,
    person: PersonId,
    code: &str,
    key: Option<&Key>,
    now: &Now,
) -> Result<Option<Taken>> {
    if !looks_like_a_code(code) {
        let used = tx
            .execute(
                "DELETE FROM recovery_code WHERE person_id = $1 AND code_hash = $2",
                args![person, sha256(recovery_typed(code).as_bytes())],
            )
            .await?;
        return Ok((used == 1).then_some(Taken::Recovery));
    }
    let Some(row) = row(tx, Some(person)).await? else { return Ok(None) };
    let Some(step) = row.secret(key)?.step(code, now.instant, row.last_step) else {
        return Ok(None);
    };
    // Of two that come at once with one code the second finds the step taken.
    let taken = tx
        .execute(
            "UPDATE second_factor SET last_step = $2 WHERE person_id = $1 AND last_step < $2",
            args![person, step],
        )
        .await?;
    Ok((taken == 1).then_some(Taken::App))
}

/// Tells a person that one of the recovery codes was used.
pub(crate) async fn recovery_used(
    tx: &mut Tx,
    person: PersonId,
    client: &Client,
    now: &Now,
) -> Result<()> {
    #[derive(sqlx::FromRow)]
    struct Whose {
        name: String,
        remaining: i64,
    }
    let Whose { name, remaining } = tx
        .one(
            "SELECT name, (SELECT count(*) FROM recovery_code r WHERE r.person_id = person.id) AS remaining
             FROM person WHERE id = $1",
            args![person],
        )
        .await?;
    let by = Actor::system(name).from(client.origin());
    event::record(tx, &Event::RecoveryCodeUsed { person }, &by, now)?;
    tell(tx, person, told::recovery_code_used(now.instant, remaining), &by, now).await
}

/// Counts a code before it is looked at.
pub(crate) async fn count_code(
    db: &Db,
    person: PersonId,
    client: &Client,
    now: &Now,
) -> Result<(), Failed<CannotSignIn>> {
    let mut tx = db.write().await?;
    let (of, from) = ((Throttle::CodeOfAccount, &*person.to_string()), client);
    let wait = throttle::count(&mut tx, of, (Throttle::CodeFromAddress, from), now).await?;
    if let Some(minutes) = wait {
        tx.rollback().await?;
        return Err(Failed::Refused(CannotSignIn::TooManyAttempts(minutes)));
    }
    tx.commit().await?;
    Ok(())
}

/// Forgets the wrong codes of a person who has got one right.
pub(crate) async fn right(tx: &mut Tx, person: PersonId, client: &Client) -> Result<()> {
    let of = (Throttle::CodeOfAccount, &*person.to_string());
    throttle::right(tx, of, (Throttle::CodeFromAddress, client)).await
}

fn too_many(failed: Failed<CannotSignIn>) -> Failed<CannotChange> {
    match failed {
        Failed::Refused(CannotSignIn::TooManyAttempts(minutes)) => {
            Failed::Refused(CannotChange::TooManyCodes(minutes))
        }
        Failed::Refused(_) => Failed::Refused(CannotChange::Code),
        Failed::Other(fault) => fault.into(),
    }
}

async fn old_password(
    db: &Db,
    password: &str,
    who: (&Actor, &Client),
    now: &Now,
) -> Result<(), Failed<CannotChange>> {
    account::must_know(db, password, who, now).await.map(drop).map_err(|failed| match failed {
        Failed::Refused(why) => Failed::Refused(why.into()),
        Failed::Other(fault) => fault.into(),
    })
}

/// Writes to a person about their own account, at the organisation they act for, or at the first that they belong to.
pub(crate) async fn tell(
    tx: &mut Tx,
    person: PersonId,
    message: domain::message::Message,
    by: &Actor,
    now: &Now,
) -> Result<()> {
    let own = match by.organisation().filter(|_| by.person() == Some(person)) {
        Some(own) => Some(own.id),
        None => {
            let all = crate::session::organisations(tx, person).await?;
            all.into_iter().next().map(|own| own.id)
        }
    };
    // Who belongs nowhere any more has no messages.
    let Some(organisation) = own else { return Ok(()) };
    post(tx, vec![Letter { person, organisation, message, about: Of::Anything }], now)
        .await
        .map(drop)
}

/// Makes a step between the password and the code of a person; gives its token.
pub(crate) async fn step(tx: &mut Tx, person: PersonId, now: &Now) -> Result<String> {
    let token = secret()?;
    tx.execute(
        "DELETE FROM sign_in_step WHERE created_at <= $1",
        args![now.instant - domain::access::CODE_BY],
    )
    .await?;
    tx.execute(
        "INSERT INTO sign_in_step (token_hash, person_id, created_at) VALUES ($1, $2, $3)",
        args![sha256(token.as_bytes()), person, now.instant],
    )
    .await?;
    Ok(token)
}
