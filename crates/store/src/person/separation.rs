//! Which roles one person may hold together at a commissioner, and who holds some together.

use super::{
    access::{self, Colleague},
    narrowing,
};
use crate::{
    Db, Failed, Result, StoreError, Tx, args, deputy,
    event::{self, Happened},
};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    Actor, Event, Now, Organisation, OrganisationId, Permission, PersonId, Role,
    access::{
        CannotManage,
        separation::{CannotSeparate, Separation, Together},
    },
    narrowing::NARROWED,
};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// A pair that is allowed, with who allowed it and why.
#[derive(Clone, Debug)]
pub struct Allowed {
    /// The pair.
    pub pair: Together,
    /// Why.
    pub reason: String,
    /// Who.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// What an organisation allows, read where somebody's roles change.
pub(super) async fn of(tx: &mut Tx, at: OrganisationId) -> Result<Separation> {
    Ok(Separation { allowed: allowed_at(tx, at).await?.into_iter().map(|one| one.pair).collect() })
}

/// The same where roles are about to be written: whoever changes roles or the policy there at the same moment waits.
pub(super) async fn held(tx: &mut Tx, at: OrganisationId) -> Result<Separation> {
    tx.execute("UPDATE organisation SET name = name WHERE id = $1", args![at]).await?;
    of(tx, at).await
}

/// Refuses to give a person more roles where some would come together that may not.
pub(super) async fn must_go_together(
    tx: &mut Tx,
    person: PersonId,
    roles: &[(OrganisationId, Role)],
) -> Result<(), Failed<CannotManage>> {
    let mut given: BTreeMap<OrganisationId, BTreeSet<Role>> = BTreeMap::new();
    for (at, role) in roles {
        given.entry(*at).or_default().insert(*role);
    }
    for (at, given) in given {
        let separation = held(tx, at).await?;
        let before = access::held_by(tx, person, at).await?;
        let after = before.union(&given).copied().collect();
        if let Some(pair) = separation.broken(&before, &after) {
            return Err(Failed::Refused(CannotManage::NotTogether(pair)));
        }
    }
    Ok(())
}

/// What a provider of sign-in decides, without the roles that would come together and may not. Each of these is a fact of
/// its own, once as long as the person's roles there stay as they are.
pub(super) async fn apart(
    tx: &mut Tx,
    person: PersonId,
    decided: Vec<Event>,
) -> Result<Vec<Event>> {
    let mut facts = Vec::new();
    let mut held_now: BTreeMap<OrganisationId, (Separation, bool, BTreeSet<Role>)> =
        BTreeMap::new();
    let (taken, given): (Vec<_>, Vec<_>) =
        decided.into_iter().partition(|fact| matches!(fact, Event::RoleTaken { .. }));
    for fact in taken.into_iter().chain(given) {
        let (Event::RoleTaken { organisation, role, .. }
        | Event::RoleGiven { organisation, role, .. }) = &fact
        else {
            continue;
        };
        let Some(which) = Role::from_name(role) else { continue };
        if !held_now.contains_key(organisation) {
            let separation = held(tx, *organisation).await?;
            let roles = access::held_by(tx, person, *organisation).await?;
            let is_kept = narrowing::at(tx, *organisation).await?.contains_key(&person);
            held_now.insert(*organisation, (separation, is_kept, roles));
        }
        let Some((separation, is_kept, roles)) = held_now.get_mut(organisation) else { continue };
        if let Event::RoleTaken { .. } = fact {
            roles.remove(&which);
            facts.push(fact);
            continue;
        }
        let mut after = roles.clone();
        after.insert(which);
        let pair = match separation.broken(roles, &after) {
            Some(pair) => pair.name(),
            None if *is_kept && !which.can_be_narrowed() => NARROWED,
            None => {
                *roles = after;
                facts.push(fact);
                continue;
            }
        };
        let (organisation, role, pair) = (*organisation, role.clone(), pair.to_owned());
        facts.push(Event::RoleNotGiven { person, organisation, role, pair });
    }
    Ok(facts)
}

/// Whether the history of a person says this already, and no role of theirs there has changed since.
pub(super) async fn is_said(tx: &mut Tx, person: PersonId, fact: &Event) -> Result<bool> {
    let Event::RoleNotGiven { organisation: at, .. } = fact else { return Ok(false) };
    for one in event::of(tx, person.0).await? {
        match &one.event {
            said if said == fact => return Ok(true),
            Event::RoleGiven { organisation, .. } | Event::RoleTaken { organisation, .. }
                if organisation == at =>
            {
                return Ok(false);
            }
            _ => {}
        }
    }
    Ok(false)
}

/// What the organisation acted for allows.
pub async fn allowed(tx: &mut Tx, by: &Actor) -> Result<Vec<Allowed>> {
    allowed_at(tx, seen_by(by)?.id).await
}

/// The organisation acted for, for who manages people there or decides about this.
fn seen_by(by: &Actor) -> Result<&Organisation> {
    let any = [Permission::ManagePeople, Permission::SeparateDuties];
    let own = by.organisation().filter(|_| any.iter().any(|one| by.may(*one)));
    own.ok_or(StoreError::NotFound)
}

async fn allowed_at(tx: &mut Tx, at: OrganisationId) -> Result<Vec<Allowed>> {
    #[derive(sqlx::FromRow)]
    struct Row {
        pair: String,
        reason: String,
        allowed_by_name: String,
        allowed_at: DateTime<Utc>,
    }
    let rows: Vec<Row> = tx
        .all(
            "SELECT pair, reason, allowed_by_name, allowed_at FROM separation_allowed
             WHERE organisation_id = $1 ORDER BY pair",
            args![at],
        )
        .await?;
    rows.into_iter()
        .map(|row| {
            let what = format!("pair {}", row.pair);
            let wrong = StoreError::Inconsistent { table: "separation_allowed", what };
            let pair = Together::from_name(&row.pair).ok_or(wrong)?;
            Ok(Allowed { pair, reason: row.reason, by: row.allowed_by_name, at: row.allowed_at })
        })
        .collect()
}

/// Allows a pair at the organisation acted for, or forbids it again. Who holds it together keeps it until somebody changes it.
pub async fn change(
    db: &Db,
    (pair, is_allowed): (Together, bool),
    reason: &str,
    by: &Actor,
    now: &Now,
) -> Result<(), Failed<CannotSeparate>> {
    let mut tx = db.write().await?;
    let own = by.organisation().ok_or(StoreError::NotFound)?.id;
    let separation = held(&mut tx, own).await?;
    let event = separation.change(pair, is_allowed, reason, by).map_err(Failed::Refused)?;
    let Event::SeparationChanged { reason, .. } = &event else { return Ok(()) };
    if is_allowed {
        tx.execute(
            "INSERT INTO separation_allowed (organisation_id, pair, reason, allowed_by_name, allowed_at)
             VALUES ($1, $2, $3, $4, $5)",
            args![own, pair.name(), &**reason, by.name(), now.instant],
        )
        .await?;
    } else {
        tx.execute(
            "DELETE FROM separation_allowed WHERE organisation_id = $1 AND pair = $2",
            args![own, pair.name()],
        )
        .await?;
    }
    event::record(&mut tx, &event, by, now)?;
    tx.commit().await?;
    Ok(())
}

/// Somebody who holds roles together that check each other.
#[derive(Clone, Debug)]
pub struct Holder {
    /// Who, with roles.
    pub colleague: Colleague,
    /// The pairs.
    pub pairs: Vec<Together>,
    /// The last day, where a pair comes only of what a colleague has handed over.
    pub until: Option<NaiveDate>,
    /// Why a review kept them, where one did.
    pub kept: Option<String>,
}

/// Everybody at the organisation acted for who holds a pair today, allowed or not, by name: with roles of their own, or with
/// what colleagues have handed over.
pub async fn holders(tx: &mut Tx, by: &Actor, now: &Now) -> Result<Vec<Holder>> {
    let own = seen_by(by)?;
    let mut holders = Vec::new();
    for colleague in access::all(tx, own).await?.into_iter().filter(|one| !one.is_disabled) {
        let handed = deputy::handed_over(tx, colleague.id, own.id, now.today).await?;
        let own_pairs = Together::held(&colleague.roles);
        let mut roles = colleague.roles.clone();
        roles.extend(handed.iter().flat_map(|one| one.roles.iter().copied()));
        let pairs = Together::held(&roles);
        if pairs.is_empty() {
            continue;
        }
        let last = handed.iter().map(|one| one.last).max();
        let until = last.filter(|_| pairs != own_pairs);
        let kept = kept(tx, own.id, colleague.id.0).await?;
        holders.push(Holder { colleague: Colleague { roles, ..colleague }, pairs, until, kept });
    }
    Ok(holders)
}

/// How the organisation acted for has changed what it allows, newest first.
pub async fn history(tx: &mut Tx, by: &Actor) -> Result<Vec<Happened>> {
    let own = seen_by(by)?.id;
    let all = event::of(tx, own.0).await?.into_iter();
    Ok(all.filter(|one| matches!(one.event, Event::SeparationChanged { .. })).collect())
}

async fn kept(tx: &mut Tx, at: OrganisationId, person: Uuid) -> Result<Option<String>> {
    #[derive(sqlx::FromRow)]
    struct Kept {
        reason: String,
    }
    let kept: Option<Kept> = tx
        .optional(
            "SELECT l.reason FROM access_review_line l JOIN access_review v ON v.id = l.review_id
             WHERE v.organisation_id = $1 AND l.person_id = $2 AND l.outcome = 'kept'
             ORDER BY l.decided_at DESC LIMIT 1",
            args![at, person],
        )
        .await?;
    Ok(kept.map(|kept| kept.reason))
}
