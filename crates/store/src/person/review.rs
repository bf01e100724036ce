//! The yearly review of access: read, decided one by one where somebody stands out, and confirmed for the rest.

mod due;
mod record;

pub use due::{Below, Due, below, due, remind};
pub use record::{Line, Record, record, records};

use super::access::{self, Colleague, Seen, seen_access, write};
use super::separation;
use crate::{Db, Failed, Result, StoreError, Tx, args, event, new_id};
use chrono::{DateTime, Utc};
use domain::{
    AccessReviewId, Actor, Event, Narrowing, Now, Organisation, PersonId, Role,
    access::{
        review::{CannotReview, Decision, Outcome, Reviewed, StandsOut, can_confirm},
        separation::Separation,
    },
};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Somebody in a review that goes on.
#[derive(Clone, Debug)]
pub struct Person {
    /// Who, with roles.
    pub colleague: Colleague,
    /// What stands out.
    pub why: Vec<StandsOut>,
    /// What was decided, by whom and for which reason, as long as nothing has changed since.
    pub decided: Option<(Outcome, String, String)>,
}

impl Person {
    /// Whether somebody must decide about this person before the rest is confirmed.
    pub fn is_undecided(&self, by: &Actor) -> bool {
        !self.why.is_empty() && self.decided.is_none() && by.person() != Some(self.colleague.id)
    }
}

/// A review that goes on.
#[derive(Clone, Debug)]
pub struct Going {
    /// Everybody with a role there, by name.
    pub people: Vec<Person>,
    /// Those whose access was taken away in it: name and by whom.
    pub removed: Vec<(String, String)>,
}

#[derive(sqlx::FromRow)]
struct Decided {
    person_id: Uuid,
    name: String,
    roles: String,
    outcome: String,
    reason: String,
    decided_by_name: String,
}

/// The review of an organisation as it stands, for who manages people there.
pub async fn going(tx: &mut Tx, at: &Organisation, by: &Actor, now: &Now) -> Result<Going> {
    let people = access::people(tx, at, by).await?;
    going_of(tx, at, people, now).await
}

async fn going_of(
    tx: &mut Tx,
    at: &Organisation,
    people: Vec<Colleague>,
    now: &Now,
) -> Result<Going> {
    let rows: Vec<Decided> = tx
        .all(
            "SELECT l.person_id, l.name, l.roles, l.outcome, l.reason, l.decided_by_name FROM access_review_line l
             JOIN access_review v ON v.id = l.review_id WHERE v.organisation_id = $1 AND v.completed_on IS NULL
             ORDER BY l.name, l.person_id",
            args![at.id],
        )
        .await?;
    let mut decided: BTreeMap<Uuid, Decided> =
        rows.into_iter().map(|row| (row.person_id, row)).collect();
    let separation = separation::of(tx, at.id).await?;
    let people = people.into_iter().map(|colleague| {
        let line = decided.remove(&colleague.id.0);
        // What was decided about other roles than these is not decided any more.
        let line = line
            .filter(|line| line.roles == joined(&colleague.roles, colleague.narrowing.as_ref()));
        let decided = line.and_then(|line| {
            let outcome = Outcome::from_name(&line.outcome)?;
            Some((outcome, line.decided_by_name, line.reason))
        });
        let why = reviewed(&colleague, &separation).stands_out(now.today);
        Person { colleague, why, decided }
    });
    let people = people.collect();
    let is_removed = |line: &Decided| line.outcome == Outcome::Removed.name();
    let removed = decided.into_values().filter(is_removed);
    Ok(Going { people, removed: removed.map(|line| (line.name, line.decided_by_name)).collect() })
}

fn reviewed(one: &Colleague, separation: &Separation) -> Reviewed {
    let day = |at: DateTime<Utc>| Now::at(at).today;
    Reviewed {
        person: one.id,
        name: one.name.clone(),
        roles: one.roles.clone(),
        added: day(one.created_at),
        logged_in: one.last_signed_in_at.map(day),
        has_password: one.has_password,
        is_disabled: one.is_disabled,
        separation: separation.clone(),
    }
}

/// Roles as a line of a review keeps them, and after them what they are kept to.
fn joined(roles: &BTreeSet<Role>, narrowing: Option<&Narrowing>) -> String {
    let roles = roles.iter().map(|role| role.name().to_owned());
    roles.chain(narrowing.map(Narrowing::words)).collect::<Vec<_>>().join("|")
}

fn sentences(why: &[StandsOut]) -> String {
    why.iter().map(ToString::to_string).collect::<Vec<_>>().join(". ")
}

/// Decides about one person, over the roles that were seen.
pub async fn decide(
    db: &Db,
    at: &Organisation,
    person: PersonId,
    (seen, decision): (&Seen, &Decision),
    by: &Actor,
    now: &Now,
) -> Result<Outcome, Failed<CannotReview>> {
    let mut tx = db.write().await?;
    let (access, place) = seen_access(&mut tx, at, person, seen, by)
        .await
        .map_err(|failed| failed.map(CannotReview::Access))?;
    let people = access::people(&mut tx, at, by).await?;
    let colleague = people.into_iter().find(|one| one.id == person).ok_or(StoreError::NotFound)?;
    let (facts, outcome) = decision.decide(&access, place, by).map_err(Failed::Refused)?;
    write(&mut tx, &facts, by, now).await?;
    let narrowing = colleague.narrowing.as_ref();
    let (roles, reason) = match decision {
        Decision::Keep(reason) => (joined(&seen.roles, narrowing), reason.trim()),
        Decision::Change(roles) => (joined(roles, narrowing), ""),
        Decision::Remove => (String::new(), ""),
    };
    if outcome == Outcome::Removed {
        // A link that was given here opens nothing any more.
        tx.execute("DELETE FROM password_link WHERE person_id = $1", args![person]).await?;
    }
    let review = open(&mut tx, at, now).await?;
    let why = sentences(&reviewed(&colleague, &access.separation).stands_out(now.today));
    let line = NewLine { person, name: &colleague.name, roles, why, outcome, reason };
    line.write(&mut tx, review, by, now).await?;
    tx.commit().await?;
    Ok(outcome)
}

/// The review that goes on at an organisation, begun now where none does.
async fn open(tx: &mut Tx, at: &Organisation, now: &Now) -> Result<AccessReviewId> {
    #[derive(sqlx::FromRow)]
    struct Open {
        id: Uuid,
    }
    let found: Option<Open> = tx
        .optional(
            "SELECT id FROM access_review WHERE organisation_id = $1 AND completed_on IS NULL",
            args![at.id],
        )
        .await?;
    if let Some(Open { id }) = found {
        return Ok(id.into());
    }
    let id: AccessReviewId = new_id(now);
    tx.execute(
        "INSERT INTO access_review (id, organisation_id, begun_at, version) VALUES ($1, $2, $3, 1)",
        args![id, at.id, now.instant],
    )
    .await?;
    Ok(id)
}

/// A line of a review.
struct NewLine<'a> {
    person: PersonId,
    name: &'a str,
    roles: String,
    why: String,
    outcome: Outcome,
    reason: &'a str,
}

impl NewLine<'_> {
    /// Writes it, over the line of the same person that there may be.
    async fn write(
        &self,
        tx: &mut Tx,
        review: AccessReviewId,
        by: &Actor,
        now: &Now,
    ) -> Result<()> {
        tx.execute(
            "INSERT INTO access_review_line (review_id, person_id, name, roles, why, outcome, reason, decided_by_name, decided_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT (review_id, person_id) DO UPDATE SET roles = excluded.roles, why = excluded.why,
                 outcome = excluded.outcome, reason = excluded.reason, decided_by_name = excluded.decided_by_name,
                 decided_at = excluded.decided_at",
            args![
                review,
                self.person,
                self.name,
                &*self.roles,
                &*self.why,
                self.outcome.name(),
                self.reason,
                by.name(),
                now.instant
            ],
        )
        .await
        .map(drop)
    }
}

/// Confirms everybody about whom nobody has decided, as they were seen, and completes the review.
pub async fn complete(
    db: &Db,
    at: &Organisation,
    seen: &BTreeMap<PersonId, Seen>,
    by: &Actor,
    now: &Now,
) -> Result<AccessReviewId, Failed<CannotReview>> {
    let mut tx = db.write().await?;
    let (_, people) =
        access::held(&mut tx, at, by).await.map_err(|failed| failed.map(CannotReview::Access))?;
    let Going { people, .. } = going_of(&mut tx, at, people, now).await?;
    let undecided = people.iter().filter(|one| one.is_undecided(by)).count();
    let is_as_seen = people.len() == seen.len()
        && people.iter().all(|one| seen.get(&one.colleague.id) == Some(&one.colleague.seen()));
    can_confirm(undecided, is_as_seen).map_err(Failed::Refused)?;
    let review = open(&mut tx, at, now).await?;
    for one in people.iter().filter(|one| one.decided.is_none()) {
        let Person { colleague, why, .. } = one;
        let is_own = by.person() == Some(colleague.id);
        let line = NewLine {
            person: colleague.id,
            name: &colleague.name,
            roles: joined(&colleague.roles, colleague.narrowing.as_ref()),
            why: sentences(why),
            outcome: if is_own { Outcome::Own } else { Outcome::Confirmed },
            reason: "",
        };
        line.write(&mut tx, review, by, now).await?;
    }
    finish(&mut tx, at, review, by, now).await?;
    tx.commit().await?;
    Ok(review)
}

async fn finish(
    tx: &mut Tx,
    at: &Organisation,
    review: AccessReviewId,
    by: &Actor,
    now: &Now,
) -> Result<()> {
    tx.change(
        "UPDATE access_review SET completed_on = $2, completed_at = $3, completed_by_name = $4, version = version + 1
         WHERE id = $1 AND completed_on IS NULL",
        args![review, now.today, now.instant, by.name()],
    )
    .await?;
    #[derive(sqlx::FromRow)]
    struct Counts {
        kept: i64,
        changed: i64,
        removed: i64,
    }
    let Counts { kept, changed, removed } = tx
        .one(
            "SELECT count(CASE WHEN outcome IN ('confirmed', 'kept') THEN 1 END) AS kept,
                 count(CASE WHEN outcome = 'changed' THEN 1 END) AS changed,
                 count(CASE WHEN outcome = 'removed' THEN 1 END) AS removed
             FROM access_review_line WHERE review_id = $1",
            args![review],
        )
        .await?;
    let fact = Event::AccessReviewed {
        review,
        organisation: at.id,
        kept: kept.unsigned_abs(),
        changed: changed.unsigned_abs(),
        removed: removed.unsigned_abs(),
    };
    event::record(tx, &fact, by, now)
}
