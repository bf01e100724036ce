//! How a payment lies in its row, and one line of a file with what stands around it.

use crate::{Result, StoreError, declaration::Named};
use chrono::NaiveDate;
use domain::{
    DeclarationId, OrganisationId, PaymentFileId, Pence, Period, ServiceId,
    payment::{Payment, PaymentState},
};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Of a line `l`, its file `f`, the answer `b` to it and its settlement `z`, what a [`StateRow`] holds.
macro_rules! state_columns {
    () => {
        "l.state AS line_state, l.payment_file_id, f.reference AS file, f.created_at AS file_at, f.sent_on, \
         f.expected_on, b.paid_on, b.bank_reference, b.reason, z.settled_on, z.reference AS settled_reference, \
         z.reason AS settled_reason"
    };
}
pub(crate) use state_columns;

/// Where a payment stands, as its row and the rows around it say; nothing where no file holds it.
#[derive(sqlx::FromRow)]
pub(crate) struct StateRow {
    pub(crate) line_state: Option<String>,
    payment_file_id: Option<Uuid>,
    pub(crate) file: Option<String>,
    pub(crate) file_at: Option<chrono::DateTime<chrono::Utc>>,
    sent_on: Option<NaiveDate>,
    pub(crate) expected_on: Option<NaiveDate>,
    paid_on: Option<NaiveDate>,
    bank_reference: Option<String>,
    reason: Option<String>,
    settled_on: Option<NaiveDate>,
    settled_reference: Option<String>,
    settled_reason: Option<String>,
}

impl StateRow {
    /// The state; a try that made room for the next one is read as it ended.
    pub(crate) fn state(&self, is_approved: bool) -> Result<PaymentState> {
        let answer = (self.paid_on, self.bank_reference.clone(), self.reason.clone());
        let state = match (self.line_state.as_deref(), self.payment_file_id, self.sent_on, answer) {
            (None, None, None, (None, None, None)) if is_approved => PaymentState::Ready,
            (None, None, None, (None, None, None)) => PaymentState::NotDue,
            (Some("in_file"), Some(file), None, (None, None, None)) => {
                PaymentState::InFile(PaymentFileId(file))
            }
            (Some("sent"), Some(file), Some(on), (None, None, None)) => {
                PaymentState::Sent { file: PaymentFileId(file), on }
            }
            (Some("paid"), _, Some(_), (Some(on), Some(bank_reference), None)) => {
                PaymentState::Paid { on, bank_reference }
            }
            (Some("failed" | "replaced"), _, Some(_), (None, None, Some(reason))) => {
                self.settled(reason)
            }
            (name, ..) => {
                let (file, name) = (self.file.as_deref(), name.unwrap_or("nothing"));
                let what = format!("{name} does not fit its answer in {file:?}");
                return Err(StoreError::Inconsistent { table: "payment_line", what });
            }
        };
        Ok(state)
    }

    /// A payment that the payer could not pay, and that may have been settled another way since.
    fn settled(&self, failed: String) -> PaymentState {
        let settlement = (self.settled_on, &self.settled_reference, &self.settled_reason);
        match settlement {
            (Some(on), Some(reference), Some(reason)) => {
                let (reference, reason) = (reference.clone(), reason.clone());
                PaymentState::Settled { on, reference, reason, failed }
            }
            _ => PaymentState::Failed { reason: failed },
        }
    }
}

/// One payment with what stands around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The payment.
    pub payment: Payment,
    /// Whether it failed and made room for the next try.
    pub is_replaced: bool,
    /// Its place in its file, from 1; nothing where no file holds it.
    pub position: Option<i64>,
    /// Reference of its file.
    pub file: Option<String>,
    /// When the payer is going to pay, where finance knew it.
    pub expected_on: Option<NaiveDate>,
    /// Reference of the declaration that it corrects, where it is of a correction.
    pub corrects: Option<String>,
    /// The payee.
    pub payee: Named,
    /// Its identifier.
    pub provider: OrganisationId,
    /// The service paid for.
    pub service: Named,
    /// Its identifier.
    pub(super) service_id: ServiceId,
    /// The period paid for; it ends on the achievement date.
    pub period: Period,
}

impl Line {
    /// Reference of the correction that it is of; an instalment has the number of the correction before its own.
    pub fn correction(&self) -> Option<String> {
        let parts: Vec<&str> = self.payment.reference.split('-').take(3).collect();
        self.corrects.as_ref().map(|_| parts.join("-"))
    }
}

#[derive(sqlx::FromRow)]
pub(super) struct LineRow {
    declaration_id: Uuid,
    correction_part_id: Option<Uuid>,
    reference: String,
    corrects: String,
    attempt: i64,
    position: Option<i64>,
    provider_id: Uuid,
    payee_code: String,
    payee_name: String,
    service_id: Uuid,
    service_code: String,
    service_name: String,
    period_start: NaiveDate,
    achievement_date: NaiveDate,
    amount_pence: i64,
    #[sqlx(flatten)]
    state: StateRow,
}

impl LineRow {
    pub(super) fn read(self) -> Result<Line> {
        let attempt = u32::try_from(self.attempt).map_err(|_| StoreError::Inconsistent {
            table: "payment_line",
            what: format!("try {} of {}", self.attempt, self.reference),
        })?;
        let payment = Payment {
            declaration: DeclarationId(self.declaration_id),
            part: self.correction_part_id.map(Into::into),
            reference: self.reference,
            attempt,
            amount: Pence(self.amount_pence),
            state: self.state.state(true)?,
        };
        Ok(Line {
            payment,
            is_replaced: self.state.line_state.as_deref() == Some("replaced"),
            position: self.position,
            file: self.state.file,
            expected_on: self.state.expected_on,
            corrects: self.correction_part_id.is_some().then_some(self.corrects),
            payee: Named { code: self.payee_code, name: self.payee_name },
            provider: self.provider_id.into(),
            service: Named { code: self.service_code, name: self.service_name },
            service_id: self.service_id.into(),
            period: Period { start: self.period_start, end: self.achievement_date },
        })
    }
}

/// A question for what no file holds yet, of the commissioner `$1`: its own columns, where it lies, which line would be its
/// own, and the rest from behind `AND` on. `d` is the declaration, `p` its provider, `s` its service, `l` the line.
macro_rules! due {
    ($columns:literal, $from:literal, $own:literal, $rest:expr) => {
        concat!(
            "SELECT d.id AS declaration_id, ",
            $columns,
            ", CAST(NULL AS BIGINT) AS position, d.provider_id, p.code AS payee_code, p.name AS payee_name, \
             d.service_id, s.code AS service_code, s.name AS service_name, d.period_start, d.achievement_date, \
             CAST(NULL AS TEXT) AS line_state, l.payment_file_id, CAST(NULL AS TEXT) AS file, \
             f.created_at AS file_at, f.sent_on, f.expected_on, b.paid_on, b.bank_reference, b.reason, \
             z.settled_on, z.reference AS settled_reference, z.reason AS settled_reason FROM ",
            $from,
            " JOIN organisation p ON p.id = d.provider_id JOIN service s ON s.id = d.service_id \
             LEFT JOIN payment_line l ON ",
            $own,
            " AND l.state <> 'replaced' \
             LEFT JOIN payment_file f ON f.id = l.payment_file_id \
             LEFT JOIN payment_answer_line b ON b.payment_file_id = l.payment_file_id AND b.position = l.position \
             LEFT JOIN payment_settlement z ON z.payment_file_id = l.payment_file_id AND z.position = l.position \
             WHERE d.commissioner_id = $1 AND ",
            $rest
        )
    };
}
pub(super) use due;

/// A question for lines of files, written from `WHERE` on: `l` is the line, `d` its declaration, `f` its file, `b` the
/// answer to it, `z` how it was settled outside the files, `t` the part of a correction that it is of.
macro_rules! lines {
    ($rest:literal) => {
        concat!(
            "SELECT d.id AS declaration_id, l.correction_part_id, coalesce(t.reference, d.reference) AS reference, d.reference AS corrects, l.attempt, l.position, d.provider_id, p.code AS payee_code, \
             p.name AS payee_name, d.service_id, s.code AS service_code, s.name AS service_name, d.period_start, \
             d.achievement_date, l.amount_pence, ",
            $crate::payment::row::state_columns!(),
            " FROM payment_line l JOIN payment_file f ON f.id = l.payment_file_id \
             JOIN declaration d ON d.id = l.declaration_id \
             JOIN organisation p ON p.id = d.provider_id JOIN service s ON s.id = d.service_id \
             LEFT JOIN payment_answer_line b ON b.payment_file_id = l.payment_file_id AND b.position = l.position \
             LEFT JOIN payment_settlement z ON z.payment_file_id = l.payment_file_id AND z.position = l.position \
             LEFT JOIN correction_part t ON t.id = l.correction_part_id ",
            $rest
        )
    };
}
pub(super) use lines;

/// The lines of one service in a file, added up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceTotal {
    /// The service.
    pub service: Named,
    /// Number of lines.
    pub lines: u64,
    /// Their sum.
    pub total: Pence,
}

/// Adds lines up by service, in the order of the services' names.
pub fn by_service(lines: &[Line]) -> Vec<ServiceTotal> {
    let mut totals: BTreeMap<(&str, &str), (u64, Pence)> = BTreeMap::new();
    for line in lines {
        let sum = totals.entry((&line.service.name, &line.service.code)).or_default();
        *sum = (sum.0 + 1, sum.1 + line.payment.amount);
    }
    totals
        .into_iter()
        .map(|((name, code), (lines, total))| ServiceTotal {
            service: Named { code: code.to_owned(), name: name.to_owned() },
            lines,
            total,
        })
        .collect()
}

/// Number and sum of lines: the control totals.
pub fn totals(lines: &[Line]) -> (u64, Pence) {
    (lines.len() as u64, lines.iter().map(|line| line.payment.amount).sum())
}
