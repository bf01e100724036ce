//! Emails that bring a link. The link is made while its email is being sent: the database keeps its hash, and the outbox only
//! that somebody is to get one.
//!
//! Whoever asks for a link does the same work for every address. Whether an account has it is looked up here, by the worker.

use super::make;
use crate::{
    Db, Failed, Result, Tx, args, event, new_id,
    person::LONGEST_EMAIL,
    throttle::{self},
};
use chrono::TimeDelta;
use domain::{
    Actor, Event, Now, PersonId, Refusal,
    access::{Client, Throttle},
    message::{self, account::LinkFor},
};
use uuid::Uuid;

/// Longer than the slowest mail server takes for a batch.
const HELD_FOR: TimeDelta = TimeDelta::minutes(10);

/// Why no link is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotAsk {
    /// Asked too often for this account, or from where the request comes.
    #[error("There were too many requests. Try again in {}.", super::super::minutes(*.0))]
    TooOften(i64),
}
impl Refusal for CannotAsk {}

/// An email to send, with its link's token, which is nowhere else.
#[derive(Clone, Debug)]
pub struct Letter {
    /// Identifier.
    pub id: Uuid,
    /// What the link is for.
    pub what: LinkFor,
    /// The address of the account.
    pub email: String,
    /// The name of the person.
    pub name: String,
    /// The token of the link.
    pub token: String,
    /// Which attempt to send it this is, from 1.
    pub attempts: i64,
}

/// Notes that somebody wants another password for an address, known or not.
pub async fn ask(
    db: &Db,
    email: &str,
    client: &Client,
    now: &Now,
) -> Result<(), Failed<CannotAsk>> {
    let email = email.trim().to_lowercase();
    if email.len() > LONGEST_EMAIL {
        return Ok(());
    }
    let mut tx = db.write().await?;
    let of_account = (Throttle::ResetOfAccount, &*email);
    let wait =
        throttle::count(&mut tx, of_account, (Throttle::ResetFromAddress, client), now).await?;
    if let Some(minutes) = wait {
        tx.rollback().await?;
        return Err(Failed::Refused(CannotAsk::TooOften(minutes)));
    }
    put(&mut tx, LinkFor::Reset, &email, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Lets an email wait; one that waits already for the same is replaced.
pub(super) async fn put(tx: &mut Tx, what: LinkFor, email: &str, now: &Now) -> Result<()> {
    let id: Uuid = new_id(now);
    tx.execute(
        "INSERT INTO link_to_send (purpose, email, id, made_at, due_at, attempts, fault) VALUES ($1, $2, $3, $4, $4, 0, '')
         ON CONFLICT (purpose, email) DO UPDATE SET id = excluded.id, made_at = excluded.made_at,
             due_at = excluded.due_at, attempts = 0, fault = ''",
        args![what.name(), email, id, now.instant],
    )
    .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Due {
    id: Uuid,
    purpose: String,
    email: String,
    attempts: i64,
}

/// Takes up to `limit` emails that are due and makes their links. What waits for an address without an account, or for one
/// that is disabled, is dropped without a word.
pub async fn claim(db: &Db, limit: i64, now: &Now) -> Result<Vec<Letter>> {
    let mut tx = db.write().await?;
    for what in [LinkFor::Invitation, LinkFor::Reset] {
        tx.execute(
            "DELETE FROM link_to_send WHERE purpose = $1 AND made_at <= $2",
            args![what.name(), now.instant - what.works()],
        )
        .await?;
    }
    let due: Vec<Due> = tx
        .all(
            "UPDATE link_to_send SET attempts = attempts + 1, due_at = $2 WHERE due_at <= $1 AND id IN
                 (SELECT w.id FROM link_to_send w WHERE w.due_at <= $1 ORDER BY w.due_at, w.id LIMIT CAST($3 AS BIGINT))
             RETURNING id, purpose, email, attempts",
            args![now.instant, now.instant + HELD_FOR, limit],
        )
        .await?;
    let mut letters = Vec::new();
    for one in due {
        let id = one.id;
        match letter(&mut tx, one, now).await? {
            Some(letter) => letters.push(letter),
            None => drop_it(&mut tx, id).await?,
        }
    }
    tx.commit().await?;
    Ok(letters)
}

async fn letter(tx: &mut Tx, due: Due, now: &Now) -> Result<Option<Letter>> {
    #[derive(sqlx::FromRow)]
    struct Whose {
        id: Uuid,
        name: String,
        email: String,
        has_password: bool,
    }
    let Some(what) = LinkFor::from_name(&due.purpose) else { return Ok(None) };
    let whose: Option<Whose> = tx
        .optional(
            "SELECT id, name, email, password_hash IS NOT NULL AS has_password FROM person
             WHERE email = $1 AND is_disabled = $2",
            args![&*due.email, false],
        )
        .await?;
    let Some(whose) = whose.filter(|one| what == LinkFor::Reset || !one.has_password) else {
        return Ok(None);
    };
    let person = PersonId(whose.id);
    let token = make(tx, person, what, now).await?;
    if what == LinkFor::Reset {
        // Who asked is not known: it may be anybody.
        let by = Actor::system("forgotten password");
        event::record(tx, &Event::PasswordLinkMade { person }, &by, now)?;
    }
    // To the address that the account has, not to the one that was typed.
    let Whose { name, email, .. } = whose;
    Ok(Some(Letter { id: due.id, what, email, name, token, attempts: due.attempts }))
}

async fn drop_it(tx: &mut Tx, id: Uuid) -> Result<()> {
    tx.execute("DELETE FROM link_to_send WHERE id = $1", args![id]).await.map(drop)
}

/// The mail server has taken it.
pub async fn sent(db: &Db, letter: &Letter) -> Result<()> {
    let mut tx = db.write().await?;
    drop_it(&mut tx, letter.id).await?;
    tx.commit().await
}

/// The mail server has not: it is tried again later with another link, unless it was refused for good or too often. Gives
/// whether it was given up.
pub async fn failed(
    db: &Db,
    letter: &Letter,
    (fault, is_final): (&str, bool),
    now: &Now,
) -> Result<bool> {
    let attempt = u32::try_from(letter.attempts).unwrap_or(u32::MAX);
    let is_given_up = is_final || attempt >= message::ATTEMPTS;
    let wait = TimeDelta::minutes(message::minutes_until_next(attempt).into());
    let due_at = (!is_given_up).then_some(now.instant + wait);
    let mut tx = db.write().await?;
    tx.execute(
        "UPDATE link_to_send SET due_at = $2, fault = $3 WHERE id = $1",
        args![letter.id, due_at, fault],
    )
    .await?;
    tx.commit().await?;
    Ok(is_given_up)
}
