//! What a provider was paid by bank reference, to lay beside its bank statement.

use crate::{Result, StoreError, Tx, args, declaration};
use chrono::NaiveDate;
use domain::{Actor, Pence, payment::bank::Credit};

/// The credits of the reader's own organisation, the newest last; a reader who may not see money finds nothing.
pub async fn credits(tx: &mut Tx, by: &Actor) -> Result<Vec<Credit>> {
    #[derive(sqlx::FromRow)]
    struct Row {
        bank_reference: String,
        pence: i64,
        paid_on: NaiveDate,
        payments: i64,
    }
    let organisation = declaration::reader(by)?;
    if !organisation.kind.provides() || !by.sees_money() {
        return Err(StoreError::NotFound);
    }
    let rows: Vec<Row> = tx
        .all(
            "SELECT c.bank_reference, CAST(sum(c.amount_pence) AS BIGINT) AS pence, c.paid_on,
                 count(*) AS payments
             FROM (SELECT l.amount_pence, b.bank_reference, b.paid_on
                   FROM declaration d JOIN payment_line l ON l.declaration_id = d.id
                   JOIN payment_answer_line b ON b.payment_file_id = l.payment_file_id AND b.position = l.position
                   WHERE b.state = 'paid' AND d.provider_id = $1
                   UNION ALL
                   SELECT l.amount_pence, z.reference AS bank_reference, z.settled_on AS paid_on
                   FROM declaration d JOIN payment_line l ON l.declaration_id = d.id
                   JOIN payment_settlement z ON z.payment_file_id = l.payment_file_id AND z.position = l.position
                   WHERE d.provider_id = $1) c
             GROUP BY c.bank_reference, c.paid_on ORDER BY c.paid_on, c.bank_reference",
            args![organisation.id],
        )
        .await?;
    let credit = |row: Row| Credit {
        reference: row.bank_reference,
        total: Pence(row.pence),
        paid_on: row.paid_on,
        payments: row.payments,
    };
    Ok(rows.into_iter().map(credit).collect())
}
