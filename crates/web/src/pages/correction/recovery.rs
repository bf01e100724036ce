//! A recovery as the page of its correction shows it.

use super::row::{self, Step, progress, step};
use crate::session::Visitor;
use chrono::NaiveDate;
use domain::calendar::long_date;
use domain::declaration;
use domain::recovery::{Act, Acting, Plan, RecoveryState};
use domain::status::Status;
use domain::{Now, Pence};
use serde::Serialize;
use store::correction::Listed;

/// What the page sees of a recovery.
#[derive(Debug, Serialize)]
pub(super) struct Recovered {
    version: i64,
    status: &'static Status,
    whole: Option<Pence>,
    plan: String,
    asked: Step,
    answer_by: NaiveDate,
    reason: Option<String>,
    /// What the provider said where it did not agree, with the plan that it proposes.
    answered: Option<String>,
    /// How it came to stand, and who took the last step.
    how: Option<String>,
    dropped: Option<String>,
    progress: String,
    can_agree: bool,
    can_answer: bool,
    can_accept: bool,
    can_keep: bool,
    /// Why this person decides nothing, where the answer waits for a decision.
    waits_for: String,
}

/// `6 monthly instalments of about £20.00, the first from 1 July 2026`.
pub(super) fn worded(plan: Plan, whole: Option<Pence>) -> String {
    let split = whole.map(|whole| plan.split(whole));
    let first = long_date(plan.first_on);
    match (plan.instalments, split.as_deref()) {
        (1, Some([only, ..])) => format!("{} at once, from {first}", only.amount),
        (1, _) => format!("All at once, from {first}"),
        (number, Some([one, .., last])) if one.amount == last.amount => {
            format!("{number} monthly instalments of {}, the first from {first}", one.amount)
        }
        (number, Some([one, .., last])) => format!(
            "{number} monthly instalments of {}, the last of {}, the first from {first}",
            one.amount, last.amount
        ),
        (number, _) => format!("{number} monthly instalments, the first from {first}"),
    }
}

impl Recovered {
    pub(super) fn of(listed: &Listed, visitor: &Visitor, now: &Now) -> Option<Self> {
        let own = listed.recovery.as_ref()?;
        let sees_money = listed.sees_money;
        let whole = sees_money.then_some(own.whole);
        let text = |text: &str| sees_money.then(|| text.to_owned());
        let by =
            |step: &declaration::Step, said: &str| row::worded(step, sees_money.then_some(said));
        let with = Acting { by: &visitor.actor, now, reason: "", plan: own.plan };
        // What is asked of a reader who may not see money would be asked about nothing.
        let may = |act: Act| sees_money && own.can(act, &with).is_ok();
        let answer = own.state.answer();
        let waits_for = match own.can(Act::Keep, &with) {
            Err(why) if matches!(own.state, RecoveryState::Answered(_)) => why.to_string(),
            _ => String::new(),
        };
        Some(Self {
            version: own.version,
            status: own.state.status(),
            whole,
            plan: worded(own.plan, whole),
            asked: step(&own.asked),
            answer_by: own.answer_by,
            reason: text(&own.reason),
            answered: answer.map(|answer| {
                let what = match answer.proposal {
                    Some(plan) => format!("Proposes {}", worded(plan, whole)),
                    None => "Disputes it".to_owned(),
                };
                format!("{what}: {}", by(&answer.step, &answer.reason))
            }),
            how: match &own.state {
                RecoveryState::Agreed { how, step, .. }
                | RecoveryState::Taken { how, step, .. } => {
                    Some(format!("{}: {}", how.words(), row::worded(step, None)))
                }
                _ => None,
            },
            dropped: match &own.state {
                RecoveryState::Dropped { step, reason, .. } => Some(by(step, reason)),
                _ => None,
            },
            progress: progress(listed),
            can_agree: may(Act::Agree),
            can_answer: may(Act::Dispute),
            can_accept: may(Act::Accept),
            can_keep: may(Act::Keep),
            waits_for: if visitor.organisation().kind.provides() {
                String::new()
            } else {
                waits_for
            },
        })
    }
}
