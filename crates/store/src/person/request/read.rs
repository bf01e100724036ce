//! Reading requests for access: what waits for the reader, and one with what its address belongs to.

use super::{Row, who_manages};
use crate::{
    Failed, Result, StoreError, Tx, args, organisation,
    person::access::{first, known, place},
};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    AccessRequestId, Actor, NotAllowed, Now, Organisation, OrganisationId, Permission, PersonId,
    access::{
        Account, Place,
        request::{AccessRequest, CannotDecide},
    },
};
use uuid::Uuid;

/// A question for requests, one row for each role, written from `WHERE` on; `u` is the request.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT u.id, u.organisation_id, u.person_id, u.email, u.name, u.job_title, u.phone, u.reason, u.asked_at, \
             u.decide_by, u.state, u.decided_by_name, u.decided_at, u.version, x.role \
             FROM access_request u JOIN access_request_role x ON x.request_id = u.id ",
            $rest
        )
    };
}

/// A request with where the access would be.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The request.
    pub request: AccessRequest,
    /// The organisation.
    pub at: Organisation,
    /// Whether the reader's organisation is where its people are managed from; otherwise others would decide first.
    pub is_ours: bool,
}

/// Requests that a list has at most: strangers must not make it slow for a region.
const MOST_LISTED: i64 = 200;

/// What waits for the reader's organisation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waits {
    /// How many requests.
    pub requests: i64,
    /// The first day on which one lapses.
    pub decide_by: Option<NaiveDate>,
}

/// Requests that wait at the organisation acted for, and below for who manages people there, the first to lapse first.
pub async fn list(tx: &mut Tx, by: &Actor, now: &Now) -> Result<Vec<Listed>> {
    let Some(own) = by.organisation() else { return Ok(Vec::new()) };
    if Place::own(own).must_manage(by).is_err() {
        return Err(StoreError::NotFound);
    }
    let rows: Vec<Row> = match by.may(Permission::ManagePeopleBelow) {
        true => {
            tx.all(
                select!(
                    "WHERE u.id IN (SELECT w.id FROM access_request w WHERE w.state = 'open' AND w.decide_by >= $2 \
                         AND w.organisation_id IN (SELECT id FROM organisation WHERE id = $1 OR parent_id = $1 \
                             OR parent_id IN (SELECT id FROM organisation WHERE parent_id = $1)) \
                         ORDER BY w.decide_by, w.asked_at, w.id LIMIT CAST($3 AS BIGINT)) \
                     ORDER BY u.decide_by, u.asked_at, u.id, x.role"
                ),
                args![own.id, now.today, MOST_LISTED],
            )
            .await?
        }
        false => {
            tx.all(
                select!(
                    "WHERE u.state = 'open' AND u.decide_by >= $2 AND u.organisation_id = $1 \
                     ORDER BY u.decide_by, u.asked_at, u.id, x.role"
                ),
                args![own.id, now.today],
            )
            .await?
        }
    };
    let mut listed = Vec::new();
    for rows in rows.chunk_by(|one, other| one.id == other.id) {
        let request = Row::read(rows)?;
        let at = organisation::find(tx, request.organisation).await?;
        let is_ours = who_manages(tx, &at).await?.is_some_and(|(from, _)| from == own.id);
        listed.push(Listed { request, at, is_ours });
    }
    Ok(listed)
}

/// The same, counted: those that nobody nearer decides about.
pub async fn waiting(tx: &mut Tx, by: &Actor, now: &Now) -> Result<Waits> {
    if !by.may(Permission::ManagePeople) {
        return Ok(Waits::default());
    }
    let ours: Vec<Listed> =
        list(tx, by, now).await?.into_iter().filter(|one| one.is_ours).collect();
    let decide_by = ours.first().map(|one| one.request.decide_by);
    Ok(Waits { requests: ours.len() as i64, decide_by })
}

/// Whose an address is already.
#[derive(Clone, Debug)]
pub struct Owner {
    /// Name of the account.
    pub name: String,
    /// Who made it, for which organisation and when.
    pub made: Option<(String, String, DateTime<Utc>)>,
}

/// A request as who decides about it sees it.
#[derive(Clone, Debug)]
pub struct Found {
    /// The request.
    pub request: AccessRequest,
    /// The organisation.
    pub at: Organisation,
    /// The account that the address belongs to, if there is one.
    pub known: Option<Owner>,
    /// Why the reader cannot decide, if they cannot.
    pub why_not: Option<CannotDecide>,
}

/// One request, for who manages people where it was made; to others there is none.
pub async fn find(
    tx: &mut Tx,
    id: AccessRequestId,
    by: &Actor,
    now: &Now,
) -> Result<Found, Failed<CannotDecide>> {
    let request = one(tx, id).await?;
    let at = organisation::find(tx, request.organisation).await?;
    let at = place(tx, &at.code, by).await.map_err(|failed| failed.map(forbidden))?;
    let known = known(tx, &request.asking.account.email).await?;
    let whose = known.map(|known| PersonId(known.id));
    let region = super::region(tx, &at).await?;
    let place = Place { organisation: &at, region };
    let why_not = request.can_decide(whose, place, by, now).err();
    let known = match whose {
        Some(person) => Some(Owner {
            name: own_account_of(tx, person).await?.name,
            made: first(tx, person).await?,
        }),
        None => None,
    };
    Ok(Found { request, at, known, why_not })
}

fn forbidden(why: NotAllowed) -> CannotDecide {
    CannotDecide::NotAllowed(why)
}

pub(super) async fn one(tx: &mut Tx, id: AccessRequestId) -> Result<AccessRequest> {
    let rows: Vec<Row> = tx.all(select!("WHERE u.id = $1 ORDER BY x.role"), args![id]).await?;
    if rows.is_empty() { Err(StoreError::NotFound) } else { Row::read(&rows) }
}

/// Where somebody who was signed in asked from, if they can still read messages there.
pub(super) async fn asked_from(
    tx: &mut Tx,
    request: &AccessRequest,
) -> Result<Option<(PersonId, OrganisationId)>> {
    #[derive(sqlx::FromRow)]
    struct From {
        person_id: Uuid,
        asked_from_id: Uuid,
    }
    let from: Option<From> = tx
        .optional(
            "SELECT person_id, asked_from_id FROM access_request u WHERE id = $1 AND EXISTS
                 (SELECT 1 FROM role_held r WHERE r.person_id = u.person_id AND r.organisation_id = u.asked_from_id)",
            args![request.id],
        )
        .await?;
    Ok(from.map(|from| (from.person_id.into(), from.asked_from_id.into())))
}

/// The account of somebody who is signed in, for a request of theirs.
pub async fn own_account(tx: &mut Tx, by: &Actor) -> Result<Account> {
    own_account_of(tx, by.person().ok_or(StoreError::NotFound)?).await
}

async fn own_account_of(tx: &mut Tx, person: PersonId) -> Result<Account> {
    #[derive(sqlx::FromRow)]
    struct Own {
        email: String,
        name: String,
        job_title: String,
    }
    let Own { email, name, job_title } =
        tx.one("SELECT email, name, job_title FROM person WHERE id = $1", args![person]).await?;
    Ok(Account { email, name, job_title })
}
