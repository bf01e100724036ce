//! What a provider was paid in one financial year: each payment that the payer has confirmed or that was settled outside
//! the files, with the sums.

use super::{
    Line, ServiceTotal, by_service,
    row::{LineRow, lines},
    totals,
};
use crate::{Result, StoreError, Tx, args, declaration};
use chrono::NaiveDate;
use domain::{Actor, FinancialYear, Now, Pence, payment::PaymentState};
use std::collections::BTreeSet;

/// The payments of a financial year, by the day they were paid.
#[derive(Clone, Debug)]
pub struct Statement {
    /// The year.
    pub year: FinancialYear,
    /// Every year that has payments, and this one, newest first.
    pub years: Vec<FinancialYear>,
    /// The payments in the order of their days; an amount is nothing for a reader who may not see money.
    pub lines: Vec<Line>,
    /// What they come to for each service, in the order of their names.
    pub by_service: Vec<ServiceTotal>,
    /// What they come to in all, for readers who may see money.
    pub total: Option<Pence>,
}

/// The statement of the reader's own organisation for a year, by default the newest that has payments.
pub async fn statement(
    tx: &mut Tx,
    year: Option<FinancialYear>,
    by: &Actor,
    now: &Now,
) -> Result<Statement> {
    let organisation = declaration::reader(by)?;
    if !organisation.kind.provides() {
        return Err(StoreError::NotFound);
    }
    #[derive(sqlx::FromRow)]
    struct Day {
        paid_on: NaiveDate,
    }
    let days: Vec<Day> = tx
        .all(
            "SELECT DISTINCT coalesce(b.paid_on, z.settled_on) AS paid_on
             FROM declaration d JOIN payment_line l ON l.declaration_id = d.id
             JOIN payment_answer_line b ON b.payment_file_id = l.payment_file_id AND b.position = l.position
             LEFT JOIN payment_settlement z ON z.payment_file_id = l.payment_file_id AND z.position = l.position
             WHERE d.provider_id = $1 AND (b.state = 'paid' OR z.position IS NOT NULL)",
            args![organisation.id],
        )
        .await?;
    let mut years: BTreeSet<FinancialYear> =
        days.iter().map(|day| FinancialYear::containing(day.paid_on)).collect();
    let newest = years.last().copied();
    let year = year.or(newest).unwrap_or_else(|| FinancialYear::containing(now.today));
    years.insert(year);
    let rows: Vec<LineRow> = tx
        .all(
            lines!(
                "WHERE d.provider_id = $1 AND coalesce(b.paid_on, z.settled_on) >= $2 \
                 AND coalesce(b.paid_on, z.settled_on) <= $3 ORDER BY coalesce(b.paid_on, z.settled_on), s.name, d.achievement_date, d.reference"
            ),
            args![organisation.id, year.first_day(), year.last_day()],
        )
        .await?;
    let mut lines = rows.into_iter().map(LineRow::read).collect::<Result<Vec<Line>>>()?;
    if !by.sees_money() {
        lines.iter_mut().for_each(|line| line.payment.amount = Pence::default());
    }
    Ok(Statement {
        year,
        years: years.into_iter().rev().collect(),
        by_service: by_service(&lines),
        total: by.sees_money().then(|| totals(&lines).1),
        lines,
    })
}

impl Line {
    /// When it was paid and what stands beside it on the bank statement; none while it is not.
    pub fn paid(&self) -> Option<(NaiveDate, &str)> {
        match &self.payment.state {
            PaymentState::Paid { on, bank_reference: reference }
            | PaymentState::Settled { on, reference, .. } => Some((*on, reference)),
            _ => None,
        }
    }
}
