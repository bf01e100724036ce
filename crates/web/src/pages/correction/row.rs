//! A correction as pages show it: what it is, where it stands, and its lines in payment files.

use super::address;
use crate::pages::payment::told;
use chrono::{DateTime, NaiveDate, Utc};
use domain::Pence;
use domain::calendar::long_date;
use domain::correction::{Answer, Correction};
use domain::declaration;
use domain::status::Status;
use serde::Serialize;
use store::correction::{Listed, Part};

/// Who took a step, and when.
#[derive(Debug, Serialize)]
pub(super) struct Step {
    pub(super) by: String,
    pub(super) at: DateTime<Utc>,
}

pub(super) fn step(step: &declaration::Step) -> Step {
    Step { by: step.by.name.clone(), at: step.at }
}

/// Who took a step, when, and what they said with it, for one line of a page.
pub(super) fn worded(step: &declaration::Step, said: Option<&str>) -> String {
    let who = format!("{}, {}", step.by.name, domain::calendar::long_instant(step.at));
    match said.filter(|said| !said.is_empty()) {
        Some(said) => format!("{who}. {said}"),
        None => who,
    }
}

/// A correction in a list, and at the head of its page.
#[derive(Debug, Serialize)]
pub(in crate::pages) struct Row {
    pub(super) href: String,
    pub(super) reference: String,
    /// "Supplementary declaration".
    pub(super) kind: &'static str,
    pub(super) is_reversing: bool,
    /// Reference of the declaration that it corrects.
    pub(super) corrects: String,
    pub(super) provider: String,
    pub(super) provider_code: String,
    pub(super) commissioner: String,
    pub(super) service: String,
    pub(super) period: String,
    /// With its sign; nothing for readers who may not see money.
    pub(super) amount: Option<Pence>,
    /// Where it stands, or its recovery where it has one.
    pub(super) status: &'static Status,
    /// When finance approved it.
    pub(super) counted_at: Option<DateTime<Utc>>,
    pub(super) counts: bool,
    /// Of a recovery how far it is, in words.
    pub(super) progress: String,
}

impl Row {
    pub(super) fn of(listed: &Listed) -> Self {
        let own = &listed.correction;
        let status = match &listed.recovery {
            Some(recovery) => recovery.state.status(),
            None => own.state.status(),
        };
        Self {
            href: address(&own.reference),
            reference: own.reference.clone(),
            kind: own.direction.words(),
            is_reversing: own.direction == domain::correction::Direction::Reversing,
            corrects: own.corrects.clone(),
            provider: listed.provider.name.clone(),
            provider_code: listed.provider.code.clone(),
            commissioner: listed.commissioner.name.clone(),
            service: listed.service.name.clone(),
            period: listed.period.to_string(),
            amount: listed.amount(),
            status,
            counted_at: own.state.finance().map(|step| step.at),
            counts: listed.counts,
            progress: progress(listed),
        }
    }
}

/// How much is taken, how much is left, and what is next.
pub(super) fn progress(listed: &Listed) -> String {
    if !listed.sees_money || listed.recovery.is_none() || listed.parts.is_empty() {
        return String::new();
    }
    let progress = listed.progress();
    let next = match progress.next {
        Some(next) => format!(" Next: {} from {}.", next.amount, long_date(next.due_on)),
        None => String::new(),
    };
    format!("{} taken, {} left.{next}", progress.taken, progress.left)
}

/// What the provider says, in words.
pub(super) fn answered(own: &Correction, sees_money: bool) -> String {
    match own.state.answer() {
        Some(Answer::Agreed(step)) => format!("Agreed: {}", worded(step, None)),
        Some(Answer::Disagrees { step, reason }) => {
            format!("Does not agree: {}", worded(step, sees_money.then_some(reason)))
        }
        Some(Answer::Silent) => {
            format!("Did not answer by {}, when the notice was over", long_date(own.answer_by))
        }
        None if own.state.is_open() => format!("Awaited by {}", long_date(own.answer_by)),
        None => "None".to_owned(),
    }
}

/// A line of a correction in payment files, or before them.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    identity: String,
    /// "Instalment 3", or nothing where it is all of it.
    name: String,
    due_on: NaiveDate,
    amount: Option<Pence>,
    status: &'static Status,
    told: String,
    file: Option<String>,
}

impl Line {
    pub(super) fn of(part: &Part, sees_money: bool) -> Self {
        Self {
            identity: part.identity.clone(),
            name: match part.number {
                0 => String::new(),
                number => format!("Instalment {number}"),
            },
            due_on: part.due_on,
            amount: sees_money.then_some(part.amount),
            status: part.payment.status(),
            told: told(&part.payment, part.expected_on, sees_money),
            file: part.file.clone(),
        }
    }
}
