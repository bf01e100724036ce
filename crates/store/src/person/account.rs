//! A person's own account: who they are, where they hold which roles, and the password that they change themselves.

use super::{
    accept, breached::Breached, count_attempt, factor, hashing::hashing, is_right, right_password,
};
use crate::{Db, Failed, Result, StoreError, Tx, args, event};
use domain::{
    Actor, Event, Now, Refusal, Role,
    access::{Client, WrongPassword},
    message::account::password_changed,
};

/// The account of the actor.
#[derive(Clone, Debug)]
pub struct Own {
    /// Name.
    pub name: String,
    /// Address to sign in with.
    pub email: String,
    /// Job title.
    pub job_title: String,
    /// Whether a password was set; people of a demo have none.
    pub has_password: bool,
    /// The organisations, by name, with the roles held at each.
    pub roles: Vec<(String, Vec<Role>)>,
}

/// The account of the actor.
pub async fn own(tx: &mut Tx, by: &Actor) -> Result<Own> {
    #[derive(sqlx::FromRow)]
    struct Held {
        name: String,
        code: String,
        role: String,
    }
    let row = row(tx, by).await?;
    let held: Vec<Held> = tx
        .all(
            "SELECT o.name, o.code, r.role FROM role_held r JOIN organisation o ON o.id = r.organisation_id
             WHERE r.person_id = $1 ORDER BY o.name, o.code, r.role",
            args![by.person()],
        )
        .await?;
    let mut roles: Vec<(String, Vec<Role>)> = Vec::new();
    for Held { name, code, role } in held {
        let at = format!("{name} ({code})");
        let role = Role::from_name(&role);
        match roles.last_mut().filter(|(last, _)| *last == at) {
            Some((_, roles)) => roles.extend(role),
            None => roles.push((at, role.into_iter().collect())),
        }
    }
    let Row { name, email, job_title, password_hash } = row;
    Ok(Own { name, email, job_title, has_password: password_hash.is_some(), roles })
}

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    name: String,
    email: String,
    job_title: String,
    password_hash: Option<String>,
}

async fn row(tx: &mut Tx, by: &Actor) -> Result<Row> {
    tx.one(
        "SELECT name, email, job_title, password_hash FROM person WHERE id = $1",
        args![by.person()],
    )
    .await
}

/// Why the old password does not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongOld {
    /// It is another one.
    #[error("Enter the password that you sign in with now")]
    Wrong,
    /// There were too many wrong ones.
    #[error("There were too many wrong passwords. Try again in {}.", super::minutes(*.0))]
    TooMany(i64),
    /// The account has none.
    #[error("Your account has no password, so there is nothing to protect")]
    None,
}
impl Refusal for WrongOld {}

/// Makes sure that it is the person who sits there: the session may be one that was left open. Gives the account.
pub(super) async fn must_know(
    db: &Db,
    password: &str,
    (by, client): (&Actor, &Client),
    now: &Now,
) -> Result<Row, Failed<WrongOld>> {
    let row = row(&mut db.glance().await?, by).await?;
    let Some(stored) = row.password_hash.clone() else {
        return Err(Failed::Refused(WrongOld::None));
    };
    // The same tries as at signing in: here is no second way to guess.
    match count_attempt(db, &row.email, client, now).await {
        Err(Failed::Refused(why)) => {
            let super::CannotSignIn::TooManyAttempts(minutes) = why else {
                return Err(Failed::Refused(WrongOld::Wrong));
            };
            return Err(Failed::Refused(WrongOld::TooMany(minutes)));
        }
        Err(Failed::Other(fault)) => return Err(fault.into()),
        Ok(()) => {}
    }
    let password = password.to_owned();
    if !hashing(move || is_right(Some(&stored), &password)).await? {
        return Err(Failed::Refused(WrongOld::Wrong));
    }
    let mut tx = db.write().await?;
    right_password(&mut tx, &row.email, client).await?;
    tx.commit().await?;
    Ok(row)
}

/// Why a password stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotChange {
    /// The old password does not do.
    #[error(transparent)]
    Old(#[from] WrongOld),
    /// The new password does not do.
    #[error(transparent)]
    New(#[from] WrongPassword),
}
impl Refusal for CannotChange {}

/// Sets another password for who knows the old one. Every other session of the person ends; `token` is that of this one.
pub async fn change_password(
    db: &Db,
    token: &str,
    (old, new): (&str, &str),
    breached: &Breached,
    (by, client): (&Actor, &Client),
    now: &Now,
) -> Result<(), Failed<CannotChange>> {
    let person = by.person().ok_or(StoreError::NotFound)?;
    let row = must_know(db, old, (by, client), now).await.map_err(|failed| match failed {
        Failed::Refused(why) => Failed::Refused(CannotChange::Old(why)),
        Failed::Other(fault) => fault.into(),
    })?;
    let accepted = accept(new, (&row.name, &row.email), breached).await;
    let hashed = accepted.map_err(|failed| match failed {
        Failed::Refused(why) => Failed::Refused(CannotChange::New(why)),
        Failed::Other(fault) => fault.into(),
    })?;
    let mut tx = db.write().await?;
    tx.change(
        "UPDATE person SET password_hash = $2 WHERE id = $1 AND password_hash = $3",
        args![person, hashed, row.password_hash],
    )
    .await?;
    crate::session::end_all(&mut tx, person, Some(token)).await?;
    factor::tell(&mut tx, person, password_changed(now.instant), by, now).await?;
    event::record(&mut tx, &Event::PasswordSet { person }, by, now)?;
    tx.commit().await?;
    Ok(())
}
