//! Requests for access: made by anybody, decided by who manages people there, or above where nobody does.

mod read;

pub use read::{Found, Listed, Owner, Waits, find, list, own_account, waiting};

use super::access::{self, Given, known, refuse_unused, region};
use super::link::Bring;
use super::{narrowing, separation};
use crate::{
    Db, Failed, Result, StoreError, Tx, args, event,
    message::{self, Letter, Of, post, tell_holders},
    new_id,
};
use chrono::{DateTime, Days, NaiveDate, Utc};
use domain::{
    AccessRequestId, Actor, Event, Now, Organisation, OrganisationId, Permission, PersonId, Role,
    access::{
        Access, Account, Client, Held, Place,
        request::{
            AccessRequest, Asking, CannotAsk, CannotDecide, DECIDE_WITHIN, RequestState, Waiting,
            decide_by,
        },
    },
    message::access as words,
};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Takes a request of somebody who is signed in, or, without an actor, of a stranger. What a refusal would tell a stranger of
/// an address is not told: they get the answer of a request that was taken.
pub async fn ask(
    db: &Db,
    at: &Organisation,
    asking: &Asking,
    (by, client): (Option<&Actor>, &Client),
    now: &Now,
) -> Result<(), Failed<CannotAsk>> {
    let mut tx = db.write().await?;
    if at.closed_on.is_some_and(|last| last < now.today) {
        return Err(Failed::Refused(CannotAsk::Closed(at.name.clone())));
    }
    // Many who ask at once are counted as many.
    tx.execute("UPDATE organisation SET name = name WHERE id = $1", args![at.id]).await?;
    let (waiting, is_told) = already(&mut tx, at, asking, by, now).await?;
    match waiting.may_ask(&at.name) {
        Err(why) if by.is_none() && why.tells_of_an_address() => return Ok(()),
        answer => answer.map_err(Failed::Refused)?,
    }
    let id: AccessRequestId = new_id(now);
    insert(&mut tx, id, at, asking, by, now).await?;
    let event = Event::AccessRequested {
        request: id,
        organisation: at.id,
        name: asking.account.name.clone(),
        roles: asking.roles.iter().map(|role| role.name().to_owned()).collect(),
    };
    let stranger = Actor::system("Somebody who is not signed in").from(client.origin());
    event::record(&mut tx, &event, by.unwrap_or(&stranger), now)?;
    // Nobody can make Accord write to somebody again and again: the work list says how many wait.
    if !is_told {
        tell_who_decides(&mut tx, at, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// What waits already of this address and at this organisation, and whether those who decide there were told within a day.
async fn already(
    tx: &mut Tx,
    at: &Organisation,
    asking: &Asking,
    by: Option<&Actor>,
    now: &Now,
) -> Result<(Waiting, bool)> {
    #[derive(sqlx::FromRow)]
    struct Counts {
        within_a_day: i64,
        at_organisation: i64,
        of_address: i64,
        asked: i64,
    }
    let since = now.instant - Days::new(DECIDE_WITHIN);
    let counts: Counts = tx
        .one(
            "SELECT count(CASE WHEN organisation_id = $1 AND asked_at > $5 THEN 1 END) AS within_a_day,
                 count(CASE WHEN organisation_id = $1 AND state = 'open' AND decide_by >= $3 THEN 1 END) AS at_organisation,
                 count(CASE WHEN email = $2 AND state <> 'approved' AND asked_at > $4 THEN 1 END) AS of_address,
                 count(CASE WHEN organisation_id = $1 AND email = $2 AND state = 'open' AND decide_by >= $3 THEN 1 END) AS asked
             FROM access_request WHERE organisation_id = $1 OR email = $2",
            args![at.id, &*asking.account.email, now.today, since, now.instant - Days::new(1)],
        )
        .await?;
    let held = match by.and_then(Actor::person) {
        Some(person) => access::held_by(tx, person, at.id).await?,
        None => BTreeSet::new(),
    };
    let waiting = Waiting {
        at_organisation: counts.at_organisation,
        of_address: counts.of_address,
        is_asked: counts.asked > 0,
        is_held: held.is_superset(&asking.roles),
    };
    Ok((waiting, counts.within_a_day > 0))
}

async fn insert(
    tx: &mut Tx,
    id: AccessRequestId,
    at: &Organisation,
    asking: &Asking,
    by: Option<&Actor>,
    now: &Now,
) -> Result<()> {
    let Account { email, name, job_title } = &asking.account;
    tx.execute(
        "INSERT INTO access_request (id, organisation_id, person_id, asked_from_id, email, name, job_title, phone, reason,
             asked_at, decide_by, state, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'open', 1)",
        args![
            id,
            at.id,
            by.and_then(Actor::person),
            by.and_then(Actor::organisation).map(|own| own.id),
            &**email,
            &**name,
            &**job_title,
            &*asking.phone,
            &*asking.reason,
            now.instant,
            decide_by(now.today)
        ],
    )
    .await?;
    let roles = asking.roles.iter().map(|role| args![id, role.name()]).collect();
    tx.insert("INSERT INTO access_request_role (request_id, role)", roles).await
}

/// Tells those who manage people there; where nobody does, those above.
async fn tell_who_decides(tx: &mut Tx, at: &Organisation, now: &Now) -> Result<()> {
    let message = words::requested(&at.name, decide_by(now.today));
    let Some((organisation, permission)) = who_manages(tx, at).await? else { return Ok(()) };
    tell_holders(tx, permission, organisation, (&message, Of::Whole), now).await
}

/// From where the people of an organisation are managed: there, otherwise right above, otherwise two levels above.
pub(crate) async fn who_manages(
    tx: &mut Tx,
    at: &Organisation,
) -> Result<Option<(OrganisationId, Permission)>> {
    let above = Permission::ManagePeopleBelow;
    let region = region(tx, at).await?;
    let chain = [
        Some((at.id, Permission::ManagePeople)),
        at.parent.map(|parent| (parent, above)),
        region.map(|region| (region, above)),
    ];
    for (organisation, permission) in chain.into_iter().flatten() {
        if is_held_at(tx, organisation, permission).await? {
            return Ok(Some((organisation, permission)));
        }
    }
    Ok(None)
}

async fn is_held_at(
    tx: &mut Tx,
    organisation: OrganisationId,
    permission: Permission,
) -> Result<bool> {
    #[derive(sqlx::FromRow)]
    struct Count {
        holders: i64,
    }
    let count: Count = tx
        .one(
            "SELECT count(*) AS holders FROM role_held r JOIN person p ON p.id = r.person_id AND NOT p.is_disabled
             WHERE r.organisation_id = $1 AND $2 LIKE '%|' || r.role || '|%'",
            args![organisation, message::roles(permission)],
        )
        .await?;
    Ok(count.holders > 0)
}

/// Gives access as it was decided: to a new account, with a link for its password, or to the account that the address has.
pub async fn approve(
    db: &Db,
    id: AccessRequestId,
    seen: i64,
    (wanted, bring): (&Held, Bring),
    by: &Actor,
    now: &Now,
) -> Result<Given, Failed<CannotDecide>> {
    let mut tx = db.write().await?;
    let Found { request, at, .. } = find(&mut tx, id, by, now).await?;
    let (place, people) =
        access::held(&mut tx, &at, by).await.map_err(|failed| failed.map(CannotDecide::Access))?;
    // Asked again where nobody else can decide.
    let request = read::one(&mut tx, request.id).await?;
    let account = &request.asking.account;
    let known = known(&mut tx, &account.email).await?;
    let whose = known.map(|known| PersonId(known.id));
    request.can_decide(whose, place, by, now).map_err(Failed::Refused)?;
    refuse_unused(known, people.iter().any(|one| Some(one.id) == whose))
        .map_err(|why| Failed::Refused(CannotDecide::Access(why)))?;
    let person = whose.unwrap_or_else(|| new_id(now));
    let here = people.into_iter().find(|one| one.id == person);
    let roles = here.map(|one| one.roles).unwrap_or_default();
    // It stays where the last role was taken.
    let narrowing = narrowing::at(&mut tx, at.id).await?.remove(&person);
    narrowing::must_be_of(&mut tx, at.id, wanted.narrowing.as_ref()).await?;
    let separation = separation::of(&mut tx, at.id).await?;
    let (name, others_manage) = (account.name.clone(), true);
    let access = Access { person, name, roles, narrowing, others_manage, separation };
    let facts = request.approve(wanted, &access, place, by).map_err(Failed::Refused)?;
    if known.is_none() {
        access::add(&mut tx, person, account, by, now).await?;
    }
    access::write(&mut tx, &facts, by, now).await?;
    decided(&mut tx, &request, seen, "approved", by, now).await?;
    let given = match known {
        None => access::first_link(&mut tx, (person, &account.email), bring, by, now).await?,
        Some(_) => {
            let message = words::approved(&at.name);
            post(
                &mut tx,
                vec![Letter { person, organisation: at.id, message, about: Of::Anything }],
                now,
            )
            .await?;
            Given::Known(access::first(&mut tx, person).await?)
        }
    };
    tx.commit().await?;
    Ok(given)
}

/// Rejects a request; whoever asked is told why.
pub async fn reject(
    db: &Db,
    id: AccessRequestId,
    seen: i64,
    reason: &str,
    by: &Actor,
    now: &Now,
) -> Result<AccessRequest, Failed<CannotDecide>> {
    let mut tx = db.write().await?;
    let Found { request, at, .. } = find(&mut tx, id, by, now).await?;
    let known = known(&mut tx, &request.asking.account.email).await?;
    let place = Place { organisation: &at, region: region(&mut tx, &at).await? };
    let whose = known.map(|known| PersonId(known.id));
    request.can_decide(whose, place, by, now).map_err(Failed::Refused)?;
    let event = request.reject(reason).map_err(Failed::Refused)?;
    decided(&mut tx, &request, seen, "rejected", by, now).await?;
    let Event::AccessRequestRejected { reason, .. } = &event else { return Ok(request) };
    let message = words::rejected(&at.name, reason);
    match read::asked_from(&mut tx, &request).await? {
        // Messages on pages are read by who is signed in.
        Some((person, organisation)) => {
            post(&mut tx, vec![Letter { person, organisation, message, about: Of::Anything }], now)
                .await?;
        }
        None => {
            let Account { email, name, .. } = &request.asking.account;
            message::post_to_address(&mut tx, (email, name), message, now).await?;
        }
    }
    event::record(&mut tx, &event, by, now)?;
    tx.commit().await?;
    Ok(request)
}

/// Closes a request over the version that was seen.
async fn decided(
    tx: &mut Tx,
    request: &AccessRequest,
    seen: i64,
    state: &'static str,
    by: &Actor,
    now: &Now,
) -> Result<()> {
    tx.change(
        "UPDATE access_request SET state = $3, decided_by_name = $4, decided_at = $5, version = version + 1
         WHERE id = $1 AND version = $2 AND state = 'open'",
        args![request.id, seen, state, by.name(), now.instant],
    )
    .await
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    organisation_id: Uuid,
    person_id: Option<Uuid>,
    email: String,
    name: String,
    job_title: String,
    phone: String,
    reason: String,
    asked_at: DateTime<Utc>,
    decide_by: NaiveDate,
    state: String,
    decided_by_name: Option<String>,
    decided_at: Option<DateTime<Utc>>,
    version: i64,
    role: String,
}

impl Row {
    /// The rows of one request, one for each role.
    fn read(rows: &[Self]) -> Result<AccessRequest> {
        let row = &rows[0];
        let decided = row.decided_by_name.clone().zip(row.decided_at);
        let state = match (row.state.as_str(), decided) {
            ("open", None) => RequestState::Open,
            ("approved", Some((who, at))) => RequestState::Approved(who, at),
            ("rejected", Some((who, at))) => RequestState::Rejected(who, at),
            (name, _) => {
                let what = format!("state {name} of {}", row.id);
                return Err(StoreError::Inconsistent { table: "access_request", what });
            }
        };
        let account = Account {
            email: row.email.clone(),
            name: row.name.clone(),
            job_title: row.job_title.clone(),
        };
        let asking = Asking {
            account,
            phone: row.phone.clone(),
            roles: rows.iter().filter_map(|row| Role::from_name(&row.role)).collect(),
            reason: row.reason.clone(),
        };
        Ok(AccessRequest {
            id: row.id.into(),
            organisation: row.organisation_id.into(),
            person: row.person_id.map(PersonId),
            asking,
            asked_at: row.asked_at,
            decide_by: row.decide_by,
            state,
            version: row.version,
        })
    }
}
