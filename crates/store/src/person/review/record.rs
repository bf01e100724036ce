//! The reviews of access that were completed, with what became of each person.

use crate::{
    Failed, Result, StoreError, Tx, args, organisation,
    person::access::{place, region},
};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    AccessReviewId, Actor, NotAllowed, Organisation, OrganisationId,
    access::{Place, review::Outcome},
};
use uuid::Uuid;

/// A completed review.
#[derive(Clone, Debug)]
pub struct Record {
    /// Identifier.
    pub id: AccessReviewId,
    /// London's date of its completion.
    pub completed_on: NaiveDate,
    /// When.
    pub completed_at: DateTime<Utc>,
    /// Who confirmed the rest.
    pub completed_by: String,
}

/// What became of a person in it.
#[derive(Clone, Debug)]
pub struct Line {
    /// The name.
    pub name: String,
    /// Roles afterwards, by name.
    pub roles: Vec<String>,
    /// What stood out, as sentences; empty where nothing did.
    pub why: String,
    /// What became of them.
    pub outcome: Outcome,
    /// Why, where they were kept.
    pub reason: String,
    /// Who decided.
    pub decided_by: String,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    organisation_id: Uuid,
    completed_on: NaiveDate,
    completed_at: DateTime<Utc>,
    completed_by_name: String,
}

impl Row {
    fn read(self) -> Record {
        Record {
            id: self.id.into(),
            completed_on: self.completed_on,
            completed_at: self.completed_at,
            completed_by: self.completed_by_name,
        }
    }
}

/// The completed reviews of an organisation, newest first, for who manages people there.
pub async fn records(tx: &mut Tx, at: &Organisation, by: &Actor) -> Result<Vec<Record>> {
    let region = region(tx, at).await?;
    if (Place { organisation: at, region }).must_manage(by).is_err() {
        return Err(StoreError::NotFound);
    }
    let rows: Vec<Row> = tx
        .all(
            "SELECT id, organisation_id, completed_on, completed_at, completed_by_name FROM access_review
             WHERE organisation_id = $1 AND completed_on IS NOT NULL ORDER BY completed_at DESC, id DESC",
            args![at.id],
        )
        .await?;
    Ok(rows.into_iter().map(Row::read).collect())
}

/// One completed review with its organisation and its lines by name, for who manages people there.
pub async fn record(
    tx: &mut Tx,
    id: AccessReviewId,
    by: &Actor,
) -> Result<(Record, Organisation, Vec<Line>), Failed<NotAllowed>> {
    let row: Row = tx
        .one(
            "SELECT id, organisation_id, completed_on, completed_at, completed_by_name FROM access_review
             WHERE id = $1 AND completed_on IS NOT NULL",
            args![id],
        )
        .await?;
    let at = organisation::find(tx, OrganisationId(row.organisation_id)).await?;
    let at = place(tx, &at.code, by).await?;
    let lines = lines(tx, id).await?;
    Ok((row.read(), at, lines))
}

async fn lines(tx: &mut Tx, review: AccessReviewId) -> Result<Vec<Line>> {
    #[derive(sqlx::FromRow)]
    struct Row {
        name: String,
        roles: String,
        why: String,
        outcome: String,
        reason: String,
        decided_by_name: String,
    }
    let rows: Vec<Row> = tx
        .all(
            "SELECT name, roles, why, outcome, reason, decided_by_name FROM access_review_line
             WHERE review_id = $1 ORDER BY name, person_id",
            args![review],
        )
        .await?;
    rows.into_iter()
        .map(|row| {
            let what = format!("outcome {} in {review}", row.outcome);
            let wrong = StoreError::Inconsistent { table: "access_review_line", what };
            Ok(Line {
                name: row.name,
                roles: row
                    .roles
                    .split('|')
                    .filter(|role| !role.is_empty())
                    .map(Into::into)
                    .collect(),
                why: row.why,
                outcome: Outcome::from_name(&row.outcome).ok_or(wrong)?,
                reason: row.reason,
                decided_by: row.decided_by_name,
            })
        })
        .collect()
}
