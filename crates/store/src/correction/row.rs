//! How a correction lies in its row: which columns each state fills, and what else would be a mistake.

use super::inconsistent;
use crate::Result;
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    By, OrganisationId, Pence, ServiceId,
    correction::{Answer, Correction, CorrectionState, Direction},
    declaration::{Band, Step},
    hold::Held,
    question::Party,
};
use uuid::Uuid;

/// The columns that keep a step; all empty when it has not been taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Steps {
    pub by: Option<Uuid>,
    pub name: Option<String>,
    pub at: Option<DateTime<Utc>>,
    /// For whom, where a deputy took it.
    pub principal: Option<Uuid>,
}

impl Steps {
    /// The columns of a step.
    pub(crate) fn of(step: Option<&Step>) -> Self {
        step.map_or_else(Self::default, |step| Self {
            by: step.by.person.map(|person| person.0),
            name: Some(step.by.name.clone()),
            at: Some(step.at),
            principal: step.by.principal.map(|person| person.0),
        })
    }

    /// The step, where it was taken.
    pub(crate) fn step(self) -> Option<Step> {
        let (name, at) = (self.name?, self.at?);
        let by =
            By { person: self.by.map(Into::into), name, principal: self.principal.map(Into::into) };
        Some(Step { by, at })
    }
}

/// What a state fills: answered, approved, approved a second time, finance, ended.
pub(super) fn columns(state: &CorrectionState) -> [Steps; 5] {
    [
        state.answer().and_then(Answer::step),
        state.approved(),
        state.second(),
        state.finance(),
        state.ended().map(|(step, _)| step),
    ]
    .map(Steps::of)
}

/// A question for corrections, with the side that asks before it and `WHERE` behind: `c` is the correction, `d` what it
/// corrects.
macro_rules! corrections {
    () => {
        "SELECT c.id, c.reference, c.declaration_id, d.reference AS corrects, d.provider_id, d.commissioner_id, d.service_id, \
         c.direction, c.amount_pence, c.stood_at_pence, c.reason, c.evidence, c.asked_side, c.asked_by, \
         c.asked_by_name, c.asked_at, c.asked_for, c.answer_by, c.band, c.state, c.answer, c.answer_reason, c.answered_by, \
         c.answered_by_name, c.answered_at, c.answered_for, c.approved_by, c.approved_by_name, c.approved_at, c.approved_for, c.second_by, \
         c.second_by_name, c.second_at, c.second_for, c.finance_by, c.finance_by_name, c.finance_at, c.finance_for, c.ended_by, c.ended_by_name, \
         c.ended_at, c.ended_for, c.ended_reason, c.counts, c.is_recovered, c.version, p.code AS provider_code, \
         p.name AS provider_name, o.code AS commissioner_code, o.name AS commissioner_name, s.code AS service_code, \
         s.name AS service_name, d.period_start, d.achievement_date \
         FROM correction c JOIN declaration d ON d.id = c.declaration_id JOIN organisation p ON p.id = d.provider_id \
         JOIN organisation o ON o.id = d.commissioner_id JOIN service s ON s.id = d.service_id"
    };
}
pub(super) use corrections;

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    id: Uuid,
    reference: String,
    declaration_id: Uuid,
    corrects: String,
    provider_id: Uuid,
    commissioner_id: Uuid,
    service_id: Uuid,
    direction: String,
    amount_pence: i64,
    stood_at_pence: i64,
    reason: String,
    evidence: String,
    asked_side: String,
    asked_by: Uuid,
    asked_by_name: String,
    asked_at: DateTime<Utc>,
    asked_for: Option<Uuid>,
    answer_by: NaiveDate,
    band: String,
    state: String,
    answer: Option<String>,
    answer_reason: Option<String>,
    answered_by: Option<Uuid>,
    answered_by_name: Option<String>,
    answered_at: Option<DateTime<Utc>>,
    answered_for: Option<Uuid>,
    approved_by: Option<Uuid>,
    approved_by_name: Option<String>,
    approved_at: Option<DateTime<Utc>>,
    approved_for: Option<Uuid>,
    second_by: Option<Uuid>,
    second_by_name: Option<String>,
    second_at: Option<DateTime<Utc>>,
    second_for: Option<Uuid>,
    finance_by: Option<Uuid>,
    finance_by_name: Option<String>,
    finance_at: Option<DateTime<Utc>>,
    finance_for: Option<Uuid>,
    ended_by: Option<Uuid>,
    ended_by_name: Option<String>,
    ended_at: Option<DateTime<Utc>>,
    ended_for: Option<Uuid>,
    ended_reason: Option<String>,
    pub(super) counts: bool,
    pub(super) is_recovered: bool,
    version: i64,
    pub(super) provider_code: String,
    pub(super) provider_name: String,
    pub(super) commissioner_code: String,
    pub(super) commissioner_name: String,
    pub(super) service_code: String,
    pub(super) service_name: String,
    pub(super) period_start: NaiveDate,
    pub(super) achievement_date: NaiveDate,
}

impl Row {
    /// Whose it is: who pays, for what, and whom.
    pub(super) fn whose(&self) -> (OrganisationId, ServiceId, OrganisationId) {
        (self.commissioner_id.into(), self.service_id.into(), self.provider_id.into())
    }

    /// The correction under the hold that stops agreeing and approving it.
    pub(super) fn read(&self, held: Option<Held>) -> Result<Correction> {
        let mistake =
            |what: &str| inconsistent("correction", format!("{what} of {}", self.reference));
        let asked = By {
            person: Some(self.asked_by.into()),
            name: self.asked_by_name.clone(),
            principal: self.asked_for.map(Into::into),
        };
        Ok(Correction {
            id: self.id.into(),
            reference: self.reference.clone(),
            declaration: self.declaration_id.into(),
            corrects: self.corrects.clone(),
            provider: self.provider_id.into(),
            commissioner: self.commissioner_id.into(),
            direction: Direction::from_name(&self.direction).ok_or_else(|| mistake("direction"))?,
            amount: Pence(self.amount_pence),
            stood_at: Pence(self.stood_at_pence),
            reason: self.reason.clone(),
            evidence: self.evidence.clone(),
            asked_by: Party::from_name(&self.asked_side).ok_or_else(|| mistake("asked_side"))?,
            asked: Step { by: asked, at: self.asked_at },
            answer_by: self.answer_by,
            band: Band::from_name(&self.band).ok_or_else(|| mistake("band"))?,
            held,
            state: self.state().ok_or_else(|| mistake(&self.state))?,
            version: self.version,
        })
    }

    fn answer(&self) -> Option<Answer> {
        let step = Steps {
            by: self.answered_by,
            name: self.answered_by_name.clone(),
            at: self.answered_at,
            principal: self.answered_for,
        };
        Some(match (self.answer.as_deref()?, step.step(), &self.answer_reason) {
            ("agreed", Some(step), None) => Answer::Agreed(step),
            ("disagrees", Some(step), Some(reason)) => {
                Answer::Disagrees { step, reason: reason.clone() }
            }
            ("silent", None, None) => Answer::Silent,
            _ => return None,
        })
    }

    fn steps(&self) -> [Option<Step>; 4] {
        let steps = [
            (self.approved_by, &self.approved_by_name, self.approved_at, self.approved_for),
            (self.second_by, &self.second_by_name, self.second_at, self.second_for),
            (self.finance_by, &self.finance_by_name, self.finance_at, self.finance_for),
            (self.ended_by, &self.ended_by_name, self.ended_at, self.ended_for),
        ];
        steps
            .map(|(by, name, at, principal)| Steps { by, name: name.clone(), at, principal }.step())
    }

    /// The state; nothing where its columns do not fit it.
    fn state(&self) -> Option<CorrectionState> {
        let [approved, second, finance, ended] = self.steps();
        let answer = self.answer();
        Some(match self.state.as_str() {
            "awaiting_provider" if answer.is_none() => CorrectionState::AwaitingProvider,
            "awaiting_commissioner" if approved.is_none() => {
                CorrectionState::AwaitingCommissioner { answer: answer? }
            }
            "awaiting_second" if second.is_none() => {
                CorrectionState::AwaitingSecond { answer: answer?, approved: approved? }
            }
            "awaiting_finance" if finance.is_none() => {
                CorrectionState::AwaitingFinance { answer: answer?, approved: approved?, second }
            }
            "approved" => CorrectionState::Approved {
                answer: answer?,
                approved: approved?,
                second,
                finance: finance?,
            },
            "refused" => {
                CorrectionState::Refused { step: ended?, reason: self.ended_reason.clone()? }
            }
            "withdrawn" => CorrectionState::Withdrawn { step: ended? },
            _ => return None,
        })
    }
}
