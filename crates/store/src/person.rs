//! People: who they are, which roles they hold where, and whether a password is theirs.

pub mod access;
pub mod account;
mod add;
pub mod breached;
pub mod factor;
mod hashing;
pub mod identity;
pub mod lapse;
pub mod link;
pub mod narrowing;
pub mod request;
pub mod review;
pub mod separation;
pub mod standing;

pub use add::{NewPerson, add, add_narrowed};

use crate::{Db, Failed, Result, StoreError, Tx, args, deputy, throttle};
use argon2::{Argon2, PasswordHasher, PasswordVerifier, password_hash::phc::PasswordHash};
use breached::Breached;
use chrono::NaiveDate;
use domain::{
    By, Now, OrganisationId, OrganisationKind, Permission, PersonId, Refusal, Role,
    access::{Client, Throttle, WrongPassword, check_password},
    calendar::long_date,
};
use hashing::hashing;
use std::fmt;
use uuid::Uuid;

/// One persona of a demo's sign-in page.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Persona {
    /// The person.
    pub id: Uuid,
    /// Name.
    pub name: String,
    /// Job title.
    pub job_title: String,
    /// Organisation the persona acts for.
    pub organisation: String,
    /// Its kind, as stored.
    pub kind: String,
    /// Its ODS code.
    pub code: String,
}

/// The personas of a demo, from commissioners to practices.
pub async fn personas(tx: &mut Tx) -> Result<Vec<Persona>> {
    tx.all(
        "SELECT p.id, p.name, p.job_title, o.name AS organisation, o.kind, o.code
         FROM person p
         JOIN (SELECT DISTINCT person_id, organisation_id FROM role_held) r ON r.person_id = p.id
         JOIN organisation o ON o.id = r.organisation_id
         WHERE p.is_persona = $1
         ORDER BY CASE o.kind WHEN 'icb' THEN 1 WHEN 'region' THEN 2 WHEN 'practice' THEN 3 ELSE 4 END, o.code, p.id",
        args![true],
    )
    .await
}

/// A colleague, as the organisation page shows people.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Colleague {
    /// The person.
    pub id: Uuid,
    /// Name.
    pub name: String,
    /// Job title.
    pub job_title: String,
    /// One role held.
    pub role: String,
}

/// The people with roles at an organisation, one row per role.
pub async fn colleagues(tx: &mut Tx, organisation: OrganisationId) -> Result<Vec<Colleague>> {
    tx.all(
        "SELECT p.id, p.name, p.job_title, r.role FROM role_held r JOIN person p ON p.id = r.person_id
         WHERE r.organisation_id = $1 AND p.is_disabled = $2 ORDER BY p.name, p.id, r.role",
        args![organisation, false],
    )
    .await
}

/// Somebody who may do something at an organisation, by a role of their own or as a deputy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// As a step that they take names them: `Ana Ruiz`, `Nadia Quinn for Tom Hill`.
    pub by: By,
    /// The last day on which a deputy may.
    pub until: Option<NaiveDate>,
    /// Whether they may do it for some services or providers only.
    pub is_narrowed: bool,
}

impl Holder {
    /// Whether what they would do counts as done by who took a step, or whom that was done for.
    pub fn shares(&self, step: &By) -> bool {
        [self.by.person, self.by.principal].into_iter().flatten().any(|one| step.is_of(one))
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.by.name)?;
        if self.is_narrowed {
            f.write_str(" (for some services or providers)")?;
        }
        match self.until {
            Some(until) => write!(f, " until {}", long_date(until)),
            None => Ok(()),
        }
    }
}

/// Some of them, for a sentence: `Ana Ruiz, Nadia Quinn for Tom Hill until 20 May 2026`.
pub fn named(holders: &[Holder]) -> String {
    holders.iter().map(Holder::to_string).collect::<Vec<_>>().join(", ")
}

/// The people who may do any of this at an organisation of a kind, by name, and after them their deputies of today: "who can
/// do it instead".
pub async fn holders(
    tx: &mut Tx,
    organisation: OrganisationId,
    (any, kind): (&[Permission], OrganisationKind),
    now: &Now,
) -> Result<Vec<Holder>> {
    let roles: Vec<Role> = any.iter().flat_map(|one| one.roles(kind)).collect();
    let roles = roles.as_slice();
    let mut holders: Vec<Holder> = colleagues(tx, organisation)
        .await?
        .into_iter()
        .filter(|colleague| roles.iter().any(|role| role.name() == colleague.role))
        .map(|colleague| Holder {
            by: By::oneself(Some(colleague.id.into()), colleague.name),
            until: None,
            is_narrowed: false,
        })
        .collect();
    holders.dedup();
    let deputies = deputy::holders(tx, organisation, roles, now.today).await?;
    // Whoever may do it as themselves does not do it for somebody else.
    let is_new = |deputy: &Holder| !holders.iter().any(|own| own.by.person == deputy.by.person);
    let deputies: Vec<Holder> = deputies.into_iter().filter(is_new).collect();
    holders.extend(deputies);
    let narrowed = narrowing::at(tx, organisation).await?;
    for holder in &mut holders {
        holder.is_narrowed = holder.by.person.is_some_and(|one| narrowed.contains_key(&one));
    }
    if any.iter().all(|one| one.is_of_the_whole()) {
        holders.retain(|holder| !holder.is_narrowed);
    }
    Ok(holders)
}

/// Why a person cannot sign in. An unknown address and a wrong password read the same.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotSignIn {
    /// Unknown address, wrong password, no password set, or a disabled account.
    #[error("Enter the email address and password of an account that is in use")]
    NotRecognised,
    /// Too many wrong passwords or codes, of the account or from where the request comes.
    #[error("There were too many attempts to log in. Try again in {}.", minutes(*.0))]
    TooManyAttempts(i64),
    /// The one-time code is wrong or was used already.
    #[error("Enter the 6 digits that your app shows now, or a recovery code. Each works once")]
    WrongCode,
    /// The password was right too long ago, or somebody else has got in with this step.
    #[error("You waited too long. Enter your email address and password again")]
    StepIsOver,
    /// A provider of sign-in named somebody who has no account here, or whose account is disabled.
    #[error(
        "Nobody here has the email address that {0} gave for you. Whoever manages people at your organisation can give you \
         access."
    )]
    NoAccount(String),
    /// A provider of sign-in gave no address that it has checked.
    #[error("{0} gave no email address for you that it has checked, so nobody knows who you are.")]
    NoCheckedAddress(String),
    /// The account has no role at any organisation.
    #[error(
        "Your account has no role at any organisation. The team that runs this service gives roles."
    )]
    NoRoles,
}
impl Refusal for CannotSignIn {}

/// `1 minute`, `15 minutes`.
fn minutes(count: i64) -> String {
    if count == 1 { "1 minute".to_owned() } else { format!("{count} minutes") }
}

/// No address is longer (RFC 5321).
pub(crate) const LONGEST_EMAIL: usize = 254;

#[derive(sqlx::FromRow)]
struct Account {
    id: Uuid,
    password_hash: Option<String>,
    is_disabled: bool,
}

/// Finds the person that an address and password belong to; wrong passwords of an account, and from an address, make the
/// next attempt wait.
pub async fn recognise(
    db: &Db,
    (email, password): (&str, &str),
    client: &Client,
    now: &Now,
) -> Result<PersonId, Failed<CannotSignIn>> {
    let email = email.trim().to_lowercase();
    if email.len() > LONGEST_EMAIL {
        return Err(Failed::Refused(CannotSignIn::NotRecognised));
    }
    count_attempt(db, &email, client, now).await?;
    let account: Option<Account> = db
        .read()
        .await?
        .optional(
            "SELECT id, password_hash, is_disabled FROM person WHERE email = $1",
            args![&*email],
        )
        .await?;
    let stored = account.as_ref().and_then(|account| account.password_hash.clone());
    let password = password.to_owned();
    // The hash is always computed, so that the time taken does not tell whether the address is known.
    let is_right = hashing(move || is_right(stored.as_deref(), &password)).await?;
    match account {
        Some(account) if is_right && !account.is_disabled => {
            let mut tx = db.write().await?;
            right_password(&mut tx, &email, client).await?;
            tx.commit().await?;
            Ok(PersonId(account.id))
        }
        _ => Err(Failed::Refused(CannotSignIn::NotRecognised)),
    }
}

/// Counts an attempt before its password is looked at, so that many at once are counted as many, also of addresses that
/// nobody has.
async fn count_attempt(
    db: &Db,
    email: &str,
    client: &Client,
    now: &Now,
) -> Result<(), Failed<CannotSignIn>> {
    let mut tx = db.write().await?;
    let of_account = (Throttle::PasswordOfAccount, email);
    let from_address = (Throttle::PasswordFromAddress, client);
    if let Some(minutes) = throttle::count(&mut tx, of_account, from_address, now).await? {
        tx.rollback().await?;
        return Err(Failed::Refused(CannotSignIn::TooManyAttempts(minutes)));
    }
    tx.commit().await?;
    Ok(())
}

/// Forgets the wrong passwords of an account whose password was right.
async fn right_password(tx: &mut Tx, email: &str, client: &Client) -> Result<()> {
    let of_account = (Throttle::PasswordOfAccount, email);
    throttle::right(tx, of_account, (Throttle::PasswordFromAddress, client)).await
}

fn hash(password: &str) -> Result<String> {
    Argon2::default()
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|error| StoreError::Setup(format!("the password cannot be hashed: {error}")))
}

/// The hash of a password that a person chose, when it is one that can be used.
async fn accept(
    password: &str,
    (name, email): (&str, &str),
    breached: &Breached,
) -> Result<String, Failed<WrongPassword>> {
    check_password(password, name, email).map_err(Failed::Refused)?;
    let (password, breached) = (password.to_owned(), breached.clone());
    // Reading a long list waits for the disk, so it is done where hashing is.
    let hashed = hashing(move || match breached.holds(&password)? {
        true => Ok(None),
        false => hash(&password).map(Some),
    });
    hashed.await??.ok_or(Failed::Refused(WrongPassword::Breached))
}

/// A hash of nobody's password, for addresses that have none.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mgc2FsdA$9C3pDBHDSXiqlD7CAqYcDpQbLxyO3Nk9oxYWDtPKcbQ";

fn is_right(stored: Option<&str>, password: &str) -> bool {
    let hash = stored.unwrap_or(NOBODY);
    PasswordHash::new(hash)
        .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
        && stored.is_some()
}
