//! How an adjustment lies in its row: which columns each state fills, and what else would be a mistake.

use crate::{Result, StoreError, arg::Arg, args};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    By, Pence, Period,
    adjustment::{Adjustment, AdjustmentState},
    calculation::AdjustmentChange,
    declaration::Step,
};
use uuid::Uuid;

/// A question for whole adjustments with what they are about, written from `WHERE` on: `j` is the adjustment, `a` its
/// achievement, `p` the provider and `s` the service.
macro_rules! select {
    ($rest:expr) => {
        concat!(
            "SELECT j.id, j.achievement_id, j.indicator, j.kind, j.points, j.amount_pence, j.reason, j.evidence, \
             j.asked_by, j.asked_by_name, j.asked_at, j.asked_for, j.state, j.decided_by, j.decided_by_name, j.decided_at, \
             j.refused_because, j.end_asked_by, j.end_asked_by_name, j.end_asked_at, j.end_asked_for, j.end_because, j.ended_by, \
             j.ended_by_name, j.ended_at, j.version, a.provider_id, p.code AS provider_code, p.name AS provider_name, \
             s.name AS service_name, a.period_start, a.achievement_date \
             FROM adjustment j JOIN achievement a ON a.id = j.achievement_id \
             JOIN organisation p ON p.id = a.provider_id JOIN service s ON s.id = a.service_id ",
            $rest
        )
    };
}
pub(super) use select;

#[derive(sqlx::FromRow)]
pub(super) struct AdjustmentRow {
    id: Uuid,
    achievement_id: Uuid,
    indicator: Option<String>,
    kind: String,
    points: Option<String>,
    amount_pence: Option<i64>,
    reason: String,
    evidence: String,
    asked_by: Option<Uuid>,
    asked_by_name: String,
    asked_at: DateTime<Utc>,
    asked_for: Option<Uuid>,
    state: String,
    decided_by: Option<Uuid>,
    decided_by_name: Option<String>,
    decided_at: Option<DateTime<Utc>>,
    refused_because: Option<String>,
    end_asked_by: Option<Uuid>,
    end_asked_by_name: Option<String>,
    end_asked_at: Option<DateTime<Utc>>,
    end_asked_for: Option<Uuid>,
    end_because: Option<String>,
    ended_by: Option<Uuid>,
    ended_by_name: Option<String>,
    ended_at: Option<DateTime<Utc>>,
    version: i64,
    pub(super) provider_id: Uuid,
    pub(super) provider_code: String,
    pub(super) provider_name: String,
    pub(super) service_name: String,
    period_start: NaiveDate,
    achievement_date: NaiveDate,
}

fn step(by: Option<Uuid>, name: Option<&String>, at: Option<DateTime<Utc>>) -> Option<Step> {
    let by = By::oneself(by.map(Into::into), name?.clone());
    at.map(|at| Step { by, at })
}

/// The same of a step that a deputy may have taken for somebody.
fn for_somebody(step: Step, principal: Option<Uuid>) -> Step {
    Step { by: By { principal: principal.map(Into::into), ..step.by }, ..step }
}

impl AdjustmentRow {
    pub(super) fn period(&self) -> Period {
        Period { start: self.period_start, end: self.achievement_date }
    }

    fn wrong(&self, what: &str) -> StoreError {
        StoreError::Inconsistent { table: "adjustment", what: format!("{what} of {}", self.id) }
    }

    pub(super) fn read(&self) -> Result<Adjustment> {
        let asked = step(self.asked_by, Some(&self.asked_by_name), Some(self.asked_at))
            .map(|asked| for_somebody(asked, self.asked_for));
        Ok(Adjustment {
            id: self.id.into(),
            achievement: self.achievement_id.into(),
            indicator: self.indicator.clone(),
            change: self.change().ok_or_else(|| self.wrong("the change"))?,
            reason: self.reason.clone(),
            evidence: self.evidence.clone(),
            asked: asked.ok_or_else(|| self.wrong("the question"))?,
            state: self.state().ok_or_else(|| self.wrong("the state"))?,
            version: self.version,
        })
    }

    fn change(&self) -> Option<AdjustmentChange> {
        let points = || self.points.as_ref()?.parse().ok();
        match self.kind.as_str() {
            POINTS => Some(AdjustmentChange::Points(points()?)),
            INSTEAD => Some(AdjustmentChange::Instead(points()?)),
            AMOUNT => self.amount_pence.map(|pence| AdjustmentChange::Amount(Pence(pence))),
            _ => None,
        }
    }

    fn state(&self) -> Option<AdjustmentState> {
        let decided = || step(self.decided_by, self.decided_by_name.as_ref(), self.decided_at);
        let asked = || {
            step(self.end_asked_by, self.end_asked_by_name.as_ref(), self.end_asked_at)
                .map(|asked| for_somebody(asked, self.end_asked_for))
        };
        Some(match self.state.as_str() {
            "asked" => AdjustmentState::Asked,
            "agreed" => AdjustmentState::Agreed { agreed: decided()? },
            "refused" => AdjustmentState::Refused {
                refused: decided()?,
                reason: self.refused_because.clone()?,
            },
            "withdrawn" => AdjustmentState::Withdrawn { withdrawn: decided()? },
            "ending" => AdjustmentState::Ending {
                agreed: decided()?,
                asked: asked()?,
                reason: self.end_because.clone()?,
            },
            "ended" => AdjustmentState::Ended {
                agreed: decided()?,
                asked: asked()?,
                reason: self.end_because.clone()?,
                ended: step(self.ended_by, self.ended_by_name.as_ref(), self.ended_at)?,
            },
            _ => return None,
        })
    }
}

const POINTS: &str = "points";
const INSTEAD: &str = "instead";
const AMOUNT: &str = "amount";

/// The kind, points and pence that a change fills.
pub(super) fn change_columns(change: &AdjustmentChange) -> Vec<Arg> {
    match change {
        AdjustmentChange::Points(points) => args![POINTS, points.to_string(), None::<i64>],
        AdjustmentChange::Instead(points) => args![INSTEAD, points.to_string(), None::<i64>],
        AdjustmentChange::Amount(amount) => args![AMOUNT, None::<String>, *amount],
    }
}

/// The columns that a state fills: who decided, why refused, who asked to end and why, who ended.
pub(super) fn state_columns(state: &AdjustmentState) -> Vec<Arg> {
    let (mut decided, mut refused, mut asked, mut because, mut ended) =
        (None, None, None, None, None);
    match state {
        AdjustmentState::Asked => {}
        AdjustmentState::Agreed { agreed } => decided = Some(agreed),
        AdjustmentState::Withdrawn { withdrawn } => decided = Some(withdrawn),
        AdjustmentState::Refused { refused: by, reason } => {
            (decided, refused) = (Some(by), Some(reason));
        }
        AdjustmentState::Ending { agreed, asked: by, reason } => {
            (decided, asked, because) = (Some(agreed), Some(by), Some(reason));
        }
        AdjustmentState::Ended { agreed, asked: by, reason, ended: end } => {
            (decided, asked, because) = (Some(agreed), Some(by), Some(reason));
            ended = Some(end);
        }
    }
    let mut columns = step_columns(decided);
    columns.extend(args![refused.map(String::as_str)]);
    columns.extend(step_columns(asked));
    columns.extend(args![because.map(String::as_str)]);
    columns.extend(step_columns(ended));
    columns.extend(args![asked.and_then(|asked| asked.by.principal)]);
    columns
}

fn step_columns(step: Option<&Step>) -> Vec<Arg> {
    args![
        step.and_then(|step| step.by.person),
        step.map(|step| &*step.by.name),
        step.map(|step| step.at)
    ]
}
