//! How a recovery lies in its row.

use super::mistake;
use crate::{
    Result, Tx, args,
    correction::{Part, Steps},
};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    By, CorrectionId, DeclarationId, Pence,
    correction::Correction,
    declaration::Step,
    recovery::{Answered, How, Plan, Progress, Recovery, RecoveryState},
};
use uuid::Uuid;

#[derive(sqlx::FromRow)]
struct Row {
    instalments: i64,
    first_on: NaiveDate,
    reason: String,
    asked_by: Uuid,
    asked_by_name: String,
    asked_at: DateTime<Utc>,
    asked_for: Option<Uuid>,
    answer_by: NaiveDate,
    state: String,
    answered_by: Option<Uuid>,
    answered_by_name: Option<String>,
    answered_at: Option<DateTime<Utc>>,
    answered_for: Option<Uuid>,
    answer_reason: Option<String>,
    proposed_instalments: Option<i64>,
    proposed_first_on: Option<NaiveDate>,
    how: Option<String>,
    decided_by: Option<Uuid>,
    decided_by_name: Option<String>,
    decided_at: Option<DateTime<Utc>>,
    decided_for: Option<Uuid>,
    dropped_reason: Option<String>,
    version: i64,
}

/// The recovery of a correction, once it was asked for, as the payments of its instalments say it stands.
pub(crate) async fn of(
    tx: &mut Tx,
    correction: &Correction,
    parts: &[Part],
) -> Result<Option<Recovery>> {
    let row: Option<Row> = tx
        .optional(
            "SELECT asked_for, answered_for, decided_for, instalments, first_on, reason, asked_by, asked_by_name, asked_at, answer_by, state, answered_by,
                 answered_by_name, answered_at, answer_reason, proposed_instalments, proposed_first_on, how, decided_by,
                 decided_by_name, decided_at, dropped_reason, version
             FROM recovery WHERE correction_id = $1",
            args![correction.id],
        )
        .await?;
    row.map(|row| row.read(correction, parts)).transpose()
}

fn plan(instalments: i64, first_on: NaiveDate) -> Result<Plan> {
    let instalments = u32::try_from(instalments)
        .map_err(|_| mistake(format!("a plan of {instalments} instalments")))?;
    Ok(Plan { instalments, first_on })
}

impl Row {
    fn answer(&self) -> Result<Option<Answered>> {
        let step = Steps {
            by: self.answered_by,
            name: self.answered_by_name.clone(),
            at: self.answered_at,
            principal: self.answered_for,
        };
        let (Some(step), Some(reason)) = (step.step(), self.answer_reason.clone()) else {
            return Ok(None);
        };
        let proposal = self.proposed_instalments.zip(self.proposed_first_on);
        let proposal = proposal.map(|(number, first_on)| plan(number, first_on)).transpose()?;
        Ok(Some(Answered { step, reason, proposal }))
    }

    fn state(&self) -> Result<Option<RecoveryState>> {
        let decided = Steps {
            by: self.decided_by,
            name: self.decided_by_name.clone(),
            at: self.decided_at,
            principal: self.decided_for,
        };
        let (decided, answer) = (decided.step(), self.answer()?);
        let how = self.how.as_deref().and_then(How::from_name);
        Ok(match (self.state.as_str(), decided, answer, how, &self.dropped_reason) {
            ("asked", None, None, None, None) => Some(RecoveryState::Asked),
            ("answered", None, Some(answer), None, None) => Some(RecoveryState::Answered(answer)),
            ("agreed", Some(step), answer, Some(how), None) => {
                Some(RecoveryState::Agreed { how, step, answer })
            }
            ("dropped", Some(step), Some(answer), None, Some(reason)) => {
                Some(RecoveryState::Dropped { step, reason: reason.clone(), answer })
            }
            _ => None,
        })
    }

    fn read(self, correction: &Correction, parts: &[Part]) -> Result<Recovery> {
        let state = self.state()?.ok_or_else(|| {
            mistake(format!("{} of {} with other columns", self.state, correction.reference))
        })?;
        let own: Vec<_> =
            parts.iter().map(|part| (part.instalment(), part.payment.clone())).collect();
        let is_all_taken = !own.is_empty() && Progress::of(&own).is_over();
        let asked = By {
            person: Some(self.asked_by.into()),
            name: self.asked_by_name,
            principal: self.asked_for.map(Into::into),
        };
        Ok(Recovery {
            correction: correction.id,
            reference: correction.reference.clone(),
            declaration: correction.declaration,
            provider: correction.provider,
            commissioner: correction.commissioner,
            whole: Pence(-correction.amount.0),
            plan: plan(self.instalments, self.first_on)?,
            reason: self.reason,
            asked: Step { by: asked, at: self.asked_at },
            answer_by: self.answer_by,
            state: state.under(is_all_taken),
            version: self.version,
        })
    }
}

/// A recovery whose notice is over.
pub(super) struct Over {
    pub(super) correction: CorrectionId,
    pub(super) declaration: DeclarationId,
}

/// Those that were asked for and not answered by a day before today.
pub(super) async fn over(tx: &mut Tx, today: NaiveDate) -> Result<Vec<Over>> {
    #[derive(sqlx::FromRow)]
    struct Row {
        correction_id: Uuid,
        declaration_id: Uuid,
    }
    let rows: Vec<Row> = tx
        .all(
            "SELECT r.correction_id, c.declaration_id FROM recovery r JOIN correction c ON c.id = r.correction_id
             WHERE r.state = 'asked' AND r.answer_by < $1 ORDER BY r.answer_by, c.reference",
            args![today],
        )
        .await?;
    let read = |row: Row| Over {
        correction: row.correction_id.into(),
        declaration: row.declaration_id.into(),
    };
    Ok(rows.into_iter().map(read).collect())
}
