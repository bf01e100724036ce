//! How a question lies in its rows, and how the open ones stand beside a declaration.

use super::unknown;
use crate::{Result, Tx, args};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    By, QuestionId,
    declaration::Step,
    question::{Clock, Open, Party, Question, QuestionState, Said},
};
use uuid::Uuid;

/// The columns of an [`OpenRow`], after [`open_joins`].
macro_rules! open_columns {
    () => {
        "qc.asked_at AS qc_asked_at, qc.turn AS qc_turn, qc.turn_at AS qc_turn_at, \
         qp.asked_at AS qp_asked_at, qp.turn AS qp_turn, qp.turn_at AS qp_turn_at "
    };
}
pub(crate) use open_columns;

/// The open questions of both parties beside a declaration `d`: one row at most of each.
macro_rules! open_joins {
    () => {
        " LEFT JOIN question qc ON qc.declaration_id = d.id AND qc.asked_by = 'commissioner' AND qc.closed_at IS NULL \
         LEFT JOIN question qp ON qp.declaration_id = d.id AND qp.asked_by = 'provider' AND qp.closed_at IS NULL "
    };
}
pub(crate) use open_joins;

/// The clocks of the open questions about a declaration.
#[derive(sqlx::FromRow)]
pub(crate) struct OpenRow {
    qc_asked_at: Option<DateTime<Utc>>,
    qc_turn: Option<String>,
    qc_turn_at: Option<DateTime<Utc>>,
    qp_asked_at: Option<DateTime<Utc>>,
    qp_turn: Option<String>,
    qp_turn_at: Option<DateTime<Utc>>,
}

impl OpenRow {
    pub(crate) fn read(self) -> Result<Open> {
        Ok(Open {
            commissioner: clock(self.qc_asked_at, self.qc_turn, self.qc_turn_at)?,
            provider: clock(self.qp_asked_at, self.qp_turn, self.qp_turn_at)?,
        })
    }
}

fn clock(
    asked_at: Option<DateTime<Utc>>,
    turn: Option<String>,
    since: Option<DateTime<Utc>>,
) -> Result<Option<Clock>> {
    match (asked_at, turn, since) {
        (Some(asked_at), Some(turn), Some(since)) => {
            Ok(Some(Clock::new(asked_at, party(&turn)?, since)))
        }
        _ => Ok(None),
    }
}

pub(super) fn party(name: &str) -> Result<Party> {
    Party::from_name(name).ok_or_else(|| unknown(&format!("party {name}")))
}

/// What a state fills.
#[derive(Default)]
pub(super) struct StateColumns {
    pub turn: Option<&'static str>,
    pub turn_at: Option<DateTime<Utc>>,
    pub answer_by: Option<NaiveDate>,
    pub closed_by: Option<Uuid>,
    pub closed_by_name: Option<String>,
    pub closed_at: Option<DateTime<Utc>>,
}

impl StateColumns {
    pub(super) fn of(state: &QuestionState) -> Self {
        match state {
            QuestionState::Open { turn, since } => Self {
                turn: Some(turn.name()),
                turn_at: Some(*since),
                answer_by: Some(Clock::new(*since, *turn, *since).answer_by),
                ..Self::default()
            },
            QuestionState::Closed { closed } => Self {
                closed_by: closed.by.person.map(|person| person.0),
                closed_by_name: Some(closed.by.name.clone()),
                closed_at: Some(closed.at),
                ..Self::default()
            },
        }
    }
}

/// A question for questions without what was said, written from `FROM question q` on.
macro_rules! select {
    ($rest:expr) => {
        concat!(
            "SELECT q.id, q.declaration_id, q.provider_id, q.commissioner_id, q.asked_by, q.payment, q.is_return, q.turn, \
             q.turn_at, q.closed_by, q.closed_by_name, q.closed_at, q.version FROM question q ",
            $rest
        )
    };
}
pub(super) use select;

#[derive(sqlx::FromRow)]
pub(super) struct QuestionRow {
    id: Uuid,
    declaration_id: Uuid,
    provider_id: Uuid,
    commissioner_id: Uuid,
    asked_by: String,
    payment: Option<String>,
    is_return: bool,
    turn: Option<String>,
    turn_at: Option<DateTime<Utc>>,
    closed_by: Option<Uuid>,
    closed_by_name: Option<String>,
    closed_at: Option<DateTime<Utc>>,
    version: i64,
}

impl QuestionRow {
    pub(super) fn id(&self) -> Uuid {
        self.id
    }

    pub(super) fn read(self, said: Vec<Said>) -> Result<Question> {
        let closed = self.closed_by_name.zip(self.closed_at);
        let state = match (self.turn.zip(self.turn_at), closed) {
            (Some((turn, since)), None) => QuestionState::Open { turn: party(&turn)?, since },
            (None, Some((name, at))) => {
                let by = By::oneself(self.closed_by.map(Into::into), name);
                QuestionState::Closed { closed: Step { by, at } }
            }
            _ => return Err(unknown(&format!("state of {}", self.id))),
        };
        Ok(Question {
            id: self.id.into(),
            declaration: self.declaration_id.into(),
            provider: self.provider_id.into(),
            commissioner: self.commissioner_id.into(),
            asked_by: party(&self.asked_by)?,
            payment: self.payment,
            is_return: self.is_return,
            said,
            state,
            version: self.version,
        })
    }
}

/// Something that was said.
#[derive(sqlx::FromRow)]
pub(super) struct SaidRow {
    pub question_id: Uuid,
    party: String,
    said: String,
    evidence: String,
    said_by: Option<Uuid>,
    said_by_name: String,
    organisation_name: String,
    said_at: DateTime<Utc>,
}

impl SaidRow {
    pub(super) fn read(self) -> Result<Said> {
        Ok(Said {
            party: party(&self.party)?,
            text: self.said,
            evidence: self.evidence,
            by: By::oneself(self.said_by.map(Into::into), self.said_by_name),
            organisation: self.organisation_name,
            at: self.said_at,
        })
    }
}

/// One question with everything said to it, as it stands now.
pub(super) async fn whole(tx: &mut Tx, id: QuestionId) -> Result<Question> {
    let row: QuestionRow = tx.one(select!("WHERE q.id = $1"), args![id]).await?;
    let said: Vec<SaidRow> = tx
        .all(
            "SELECT question_id, party, said, evidence, said_by, said_by_name, organisation_name, said_at
             FROM question_said WHERE question_id = $1 ORDER BY position",
            args![id],
        )
        .await?;
    row.read(said.into_iter().map(SaidRow::read).collect::<Result<_>>()?)
}
