//! The receipts of what one person did at once: of one row, of a list of them, or of an answer of the payer.

use super::money::reference_of;
use crate::{
    Result, Tx, args,
    declaration::{Named, by_side, reader},
};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{Actor, Pence, Period, receipt::money::Kind};

/// A receipt with what it is of.
#[derive(Clone, Debug)]
pub struct Line {
    /// What people call it.
    pub receipt: String,
    /// Reference of the declaration.
    pub declaration: String,
    /// Which of the declaration it is, from 1.
    pub number: i64,
    /// Of what.
    pub kind: Option<Kind>,
    /// Whose declaration it is.
    pub provider: Named,
    /// Of which service.
    pub service: Named,
    /// Of which period.
    pub period: Period,
    /// The amount, for readers who may see money.
    pub amount: Option<Pence>,
}

/// A page of the receipts of an act, with the totals of all.
#[derive(Clone, Debug)]
pub struct Together {
    /// The rows of the page.
    pub lines: Vec<Line>,
    /// How many there are in all.
    pub total: i64,
    /// Their sum, for readers who may see money.
    pub amount: Option<Pence>,
}

#[derive(sqlx::FromRow)]
struct Row {
    reference: String,
    number: i64,
    act: String,
    provider_code: String,
    provider_name: String,
    service_code: String,
    service_name: String,
    period_start: NaiveDate,
    achievement_date: NaiveDate,
    amount_pence: i64,
}

/// A page of the receipts of what the person themselves did at an instant, by provider and service.
pub async fn done_at(
    tx: &mut Tx,
    at: DateTime<Utc>,
    (skip, take): (i64, i64),
    by: &Actor,
) -> Result<Together> {
    #[derive(sqlx::FromRow)]
    struct Totals {
        total: i64,
        pence: i64,
    }
    let organisation = reader(by)?;
    let sql = by_side!(
        organisation,
        "SELECT count(*) AS total, CAST(coalesce(sum(r.amount_pence), 0) AS BIGINT) AS pence
         FROM declaration_receipt r JOIN declaration d ON d.id = r.declaration_id",
        "AND r.person_id = $2 AND r.at = $3"
    );
    let totals: Totals = tx.one(sql, args![organisation.id, by.person(), at]).await?;
    let sql = by_side!(
        organisation,
        "SELECT d.reference, r.number, r.act, p.code AS provider_code, p.name AS provider_name, s.code AS service_code,
             s.name AS service_name, d.period_start, d.achievement_date, r.amount_pence
         FROM declaration_receipt r JOIN declaration d ON d.id = r.declaration_id
         JOIN organisation p ON p.id = d.provider_id JOIN service s ON s.id = d.service_id",
        "AND r.person_id = $2 AND r.at = $3
         ORDER BY p.name, s.name, d.achievement_date, d.reference, r.number LIMIT CAST($4 AS BIGINT) OFFSET $5"
    );
    let rows: Vec<Row> = tx.all(sql, args![organisation.id, by.person(), at, take, skip]).await?;
    let sees_money = by.sees_money();
    Ok(Together {
        lines: rows.into_iter().map(|row| row.line(sees_money)).collect(),
        total: totals.total,
        amount: sees_money.then_some(Pence(totals.pence)),
    })
}

impl Row {
    fn line(self, sees_money: bool) -> Line {
        Line {
            receipt: reference_of(&self.reference, usize::try_from(self.number).unwrap_or(1)),
            declaration: self.reference,
            number: self.number,
            kind: Kind::ALL.into_iter().find(|kind| kind.name() == self.act),
            provider: Named { code: self.provider_code, name: self.provider_name },
            service: Named { code: self.service_code, name: self.service_name },
            period: Period { start: self.period_start, end: self.achievement_date },
            amount: sees_money.then_some(Pence(self.amount_pence)),
        }
    }
}
