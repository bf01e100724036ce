//! When a review of access is due, at an organisation and below it, and who is told that it comes near.

use crate::{
    Db, Result, StoreError, Tx, args,
    message::{Of, roles, tell_holders},
    organisation,
    person::{access::region, request::who_manages},
};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    Actor, Now, Organisation, OrganisationId, Permission,
    access::{
        Place,
        review::{due_on, is_near},
    },
    message::access as words,
};
use std::collections::BTreeMap;
use uuid::Uuid;

/// When the access to an organisation is to be reviewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// The day.
    pub due_on: NaiveDate,
    /// When it was last.
    pub reviewed_on: Option<NaiveDate>,
}

/// The same of an organisation below the reader's, whose people nobody there manages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Below {
    /// Its ODS code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// How many people have access.
    pub people: i64,
    /// When.
    pub due: Due,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    code: String,
    name: String,
    people: i64,
    first_at: DateTime<Utc>,
    reviewed_on: Option<NaiveDate>,
    told: Option<NaiveDate>,
}

impl Row {
    fn due(&self) -> Due {
        let since = self.reviewed_on.unwrap_or_else(|| Now::at(self.first_at).today);
        Due { due_on: due_on(since), reviewed_on: self.reviewed_on }
    }
}

/// A question for open organisations with people, written from the last condition on; `$1` is today.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT o.id, o.code, o.name, count(DISTINCT p.id) AS people, min(p.created_at) AS first_at, \
             (SELECT max(v.completed_on) FROM access_review v WHERE v.organisation_id = o.id) AS reviewed_on, \
             (SELECT t.due_on FROM access_review_told t WHERE t.organisation_id = o.id) AS told \
             FROM organisation o JOIN role_held r ON r.organisation_id = o.id JOIN person p ON p.id = r.person_id \
             WHERE (o.closed_on IS NULL OR o.closed_on >= $1) AND ",
            $rest,
            " GROUP BY o.id, o.code, o.name ORDER BY o.code"
        )
    };
}

/// When the review of an organisation is due, for who manages people there.
pub async fn due(tx: &mut Tx, at: &Organisation, by: &Actor, now: &Now) -> Result<Option<Due>> {
    let region = region(tx, at).await?;
    if (Place { organisation: at, region }).must_manage(by).is_err() {
        return Err(StoreError::NotFound);
    }
    let row: Option<Row> = tx.optional(select!("o.id = $2"), args![now.today, at.id]).await?;
    Ok(row.as_ref().map(Row::due))
}

/// Organisations below the one acted for whose people are managed from there, because nobody nearer does; the first to be due
/// comes first.
pub async fn below(tx: &mut Tx, by: &Actor, now: &Now) -> Result<Vec<Below>> {
    let Some(own) = by.organisation().filter(|_| by.may(Permission::ManagePeopleBelow)) else {
        return Ok(Vec::new());
    };
    let rows: Vec<Row> = tx
        .all(
            select!(
                "NOT EXISTS (SELECT 1 FROM role_held m JOIN person q ON q.id = m.person_id AND NOT q.is_disabled \
                     WHERE m.organisation_id = o.id AND $3 LIKE '%|' || m.role || '|%') \
                 AND (o.parent_id = $2 OR (o.parent_id IN (SELECT id FROM organisation WHERE parent_id = $2) \
                     AND NOT EXISTS (SELECT 1 FROM role_held m JOIN person q ON q.id = m.person_id AND NOT q.is_disabled \
                         WHERE m.organisation_id = o.parent_id AND $4 LIKE '%|' || m.role || '|%')))"
            ),
            args![
                now.today,
                own.id,
                roles(Permission::ManagePeople),
                roles(Permission::ManagePeopleBelow)
            ],
        )
        .await?;
    let mut below: Vec<Below> = rows
        .into_iter()
        .map(|row| Below { due: row.due(), code: row.code, name: row.name, people: row.people })
        .collect();
    below.sort_by_key(|one| one.due.due_on);
    Ok(below)
}

/// Tells those who manage people of each review that comes near, once; gives of how many organisations.
pub async fn remind(db: &Db, now: &Now) -> Result<u64> {
    let all = near(&mut db.glance().await?, now).await?;
    if all.is_empty() {
        return Ok(0);
    }
    let mut tx = db.write().await?;
    // Of many processes that look at once one tells: the others wait here, and then find nothing.
    for (id, _) in &all {
        let hold = "UPDATE organisation SET name = name WHERE id = $1";
        tx.execute(hold, args![*id]).await?;
    }
    let all = near(&mut tx, now).await?;
    let mut above: BTreeMap<OrganisationId, Vec<NaiveDate>> = BTreeMap::new();
    for (id, due_on) in &all {
        tx.execute(
            "INSERT INTO access_review_told (organisation_id, due_on) VALUES ($1, $2)
             ON CONFLICT (organisation_id) DO UPDATE SET due_on = excluded.due_on",
            args![*id, *due_on],
        )
        .await?;
        let at = organisation::find(&mut tx, *id).await?;
        match who_manages(&mut tx, &at).await? {
            Some((from, permission)) if from == at.id => {
                let message = words::review(&at.name, *due_on);
                tell_holders(&mut tx, permission, from, (&message, Of::Whole), now).await?;
            }
            Some((from, _)) => above.entry(from).or_default().push(*due_on),
            None => {}
        }
    }
    for (from, days) in above {
        let first = days.iter().min().copied().unwrap_or(now.today);
        let message = words::reviews_below(days.len(), first);
        tell_holders(&mut tx, Permission::ManagePeopleBelow, from, (&message, Of::Whole), now)
            .await?;
    }
    tx.commit().await?;
    Ok(all.len() as u64)
}

/// Organisations whose review comes near, of which nobody was told yet, each with its day.
async fn near(tx: &mut Tx, now: &Now) -> Result<Vec<(OrganisationId, NaiveDate)>> {
    let rows: Vec<Row> = tx.all(select!("r.person_id = p.id"), args![now.today]).await?;
    let is_new = |row: &Row| {
        let Due { due_on, .. } = row.due();
        is_near(due_on, now.today) && row.told != Some(due_on)
    };
    Ok(rows.iter().filter(|row| is_new(row)).map(|row| (row.id.into(), row.due().due_on)).collect())
}
