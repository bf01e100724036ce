//! Questions as pages show them: those of a declaration, one, those that are open, and how many wait for the reader.

use super::row::{QuestionRow, SaidRow, party, select, whole};
use crate::{Result, StoreError, Tx, args};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    Actor, DeclarationId, Organisation, Period, Permission, QuestionId,
    question::{Clock, Party, Question},
};
use std::collections::HashMap;
use uuid::Uuid;

/// Questions that the reader may see: those of its own declarations, those it pays for, and for a region those of the
/// ICBs below it. `$1` is the organisation.
macro_rules! by_side {
    ($organisation:expr, $from:expr, $rest:expr) => {
        match $organisation.kind {
            kind if kind.provides() => concat!($from, " WHERE q.provider_id = $1 ", $rest),
            domain::OrganisationKind::Icb => concat!($from, " WHERE q.commissioner_id = $1 ", $rest),
            _ => concat!(
                $from,
                " WHERE q.commissioner_id IN \
                 (SELECT id FROM organisation WHERE id = $1 OR (parent_id = $1 AND kind = 'icb')) ",
                $rest
            ),
        }
    };
}

fn reader(by: &Actor) -> Result<&Organisation> {
    by.organisation().filter(|_| by.may(Permission::SeeAchievement)).ok_or(StoreError::NotFound)
}

/// What somebody wrote can name pounds, so it is for those who may see them.
fn shown(mut question: Question, by: &Actor) -> Question {
    if !by.sees_money() {
        for said in &mut question.said {
            said.text.clear();
            said.evidence.clear();
        }
    }
    question
}

/// The questions about a declaration that the reader was shown, open ones first, then the newest; without the words for
/// readers who may not see money.
pub async fn of_declaration(
    tx: &mut Tx,
    declaration: DeclarationId,
    by: &Actor,
) -> Result<Vec<Question>> {
    let rows: Vec<QuestionRow> = tx
        .all(
            select!(
                "WHERE q.declaration_id = $1 \
                 ORDER BY CASE WHEN q.closed_at IS NULL THEN 0 ELSE 1 END, q.asked_at DESC, q.id"
            ),
            args![declaration],
        )
        .await?;
    // Most declarations are never asked about.
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let all: Vec<SaidRow> = tx
        .all(
            "SELECT s.question_id, s.party, s.said, s.evidence, s.said_by, s.said_by_name, s.organisation_name, s.said_at
             FROM question_said s JOIN question q ON q.id = s.question_id WHERE q.declaration_id = $1
             ORDER BY s.question_id, s.position",
            args![declaration],
        )
        .await?;
    let mut said: HashMap<Uuid, Vec<_>> = HashMap::new();
    for row in all {
        said.entry(row.question_id).or_default().push(row.read()?);
    }
    rows.into_iter()
        .map(|row| {
            let own = said.remove(&row.id()).unwrap_or_default();
            Ok(shown(row.read(own)?, by))
        })
        .collect()
}

/// A question with what it is about.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The question; without the words for readers who may not see money.
    pub question: Question,
    /// Reference of the declaration.
    pub reference: String,
    /// Name of the provider.
    pub provider: String,
    /// Name of the commissioner.
    pub commissioner: String,
    /// Name of the service.
    pub service: String,
    /// The period.
    pub period: Period,
}

#[derive(sqlx::FromRow)]
struct About {
    reference: String,
    provider: String,
    commissioner: String,
    service: String,
    period_start: NaiveDate,
    achievement_date: NaiveDate,
}

/// One question; another organisation's is not found.
pub async fn one(tx: &mut Tx, id: QuestionId, by: &Actor) -> Result<Listed> {
    let organisation = reader(by)?;
    let sql = by_side!(
        organisation,
        "SELECT d.reference, p.name AS provider, o.name AS commissioner, s.name AS service, d.period_start, \
         d.achievement_date FROM question q JOIN declaration d ON d.id = q.declaration_id \
         JOIN organisation p ON p.id = q.provider_id JOIN organisation o ON o.id = q.commissioner_id \
         JOIN service s ON s.id = d.service_id",
        "AND q.id = $2"
    );
    let about: About = tx.seen_by(by).one(sql, args![organisation.id, id]).await?;
    Ok(Listed {
        question: shown(whole(tx, id).await?, by),
        reference: about.reference,
        provider: about.provider,
        commissioner: about.commissioner,
        service: about.service,
        period: Period { start: about.period_start, end: about.achievement_date },
    })
}

/// An open question in a list.
#[derive(Clone, Debug)]
pub struct OpenQuestion {
    /// Who asked.
    pub asked_by: Party,
    /// How it stands.
    pub clock: Clock,
    /// Reference of the declaration.
    pub reference: String,
    /// Name of the provider.
    pub provider: String,
    /// Name of the commissioner.
    pub commissioner: String,
    /// Name of the service.
    pub service: String,
    /// The period.
    pub period: Period,
    /// What the payer calls the payment that it is about.
    pub payment: Option<String>,
}

#[derive(sqlx::FromRow)]
struct OpenListed {
    asked_by: String,
    asked_at: DateTime<Utc>,
    turn: String,
    turn_at: DateTime<Utc>,
    payment: Option<String>,
    #[sqlx(flatten)]
    about: About,
}

/// A page of the open questions that the reader may see, those that must be answered first in front.
pub async fn list(tx: &mut Tx, (skip, take): (i64, i64), by: &Actor) -> Result<Vec<OpenQuestion>> {
    let organisation = reader(by)?;
    let sql = by_side!(
        organisation,
        "SELECT q.asked_by, q.asked_at, q.turn, q.turn_at, q.payment, d.reference, p.name AS provider, \
         o.name AS commissioner, s.name AS service, d.period_start, d.achievement_date \
         FROM question q JOIN declaration d ON d.id = q.declaration_id JOIN organisation p ON p.id = q.provider_id \
         JOIN organisation o ON o.id = q.commissioner_id JOIN service s ON s.id = d.service_id",
        "AND q.closed_at IS NULL ORDER BY CASE WHEN q.turn = $2 THEN 0 ELSE 1 END, q.answer_by, q.id \
         LIMIT CAST($3 AS BIGINT) OFFSET $4"
    );
    let own = if organisation.kind.provides() { Party::Provider } else { Party::Commissioner };
    let rows: Vec<OpenListed> = tx.all(sql, args![organisation.id, own.name(), take, skip]).await?;
    rows.into_iter()
        .map(|row| {
            let turn = party(&row.turn)?;
            Ok(OpenQuestion {
                asked_by: party(&row.asked_by)?,
                clock: Clock::new(row.asked_at, turn, row.turn_at),
                reference: row.about.reference,
                provider: row.about.provider,
                commissioner: row.about.commissioner,
                service: row.about.service,
                period: Period { start: row.about.period_start, end: row.about.achievement_date },
                payment: row.payment,
            })
        })
        .collect()
}

/// How many questions are open, and how many of them wait for the reader's organisation.
#[derive(Clone, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Waiting {
    /// Open ones.
    pub open: i64,
    /// Those among them that wait for the reader's organisation.
    pub waiting: i64,
    /// Those among these that are late.
    pub late: i64,
    /// The first day by which one of them is to be answered.
    pub answer_by: Option<NaiveDate>,
}

/// What is open and waits for the reader's organisation on a day.
pub async fn waiting(tx: &mut Tx, by: &Actor, today: NaiveDate) -> Result<Waiting> {
    let Ok(organisation) = reader(by) else { return Ok(Waiting::default()) };
    let own = if organisation.kind.provides() { Party::Provider } else { Party::Commissioner };
    let sql = by_side!(
        organisation,
        "SELECT count(*) AS open, count(CASE WHEN q.turn = $2 THEN 1 END) AS waiting, \
         count(CASE WHEN q.turn = $2 AND q.answer_by < $3 THEN 1 END) AS late, \
         min(CASE WHEN q.turn = $2 THEN q.answer_by END) AS answer_by FROM question q",
        "AND q.closed_at IS NULL"
    );
    tx.one(sql, args![organisation.id, own.name(), today]).await
}
