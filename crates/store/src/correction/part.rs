//! What a correction puts in payment files: all of it, or the instalments of its recovery, with where each stands.

use super::{Named, inconsistent};
use crate::{
    Result, Tx, args, new_id,
    payment::{StateRow, waits_for_original},
};
use chrono::NaiveDate;
use domain::{
    CorrectionId, CorrectionPartId, DeclarationId, Now, Pence,
    hold::Held,
    payment::{PaymentState, identity},
    recovery::Instalment,
};

/// A part that is to be paid or taken from a day on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Due {
    /// 0 for all of it, or the number of the instalment.
    pub number: u32,
    /// From when on it goes into a payment file.
    pub due_on: NaiveDate,
    /// How much; below zero it is taken.
    pub amount: Pence,
}

impl From<Instalment> for Due {
    fn from(one: Instalment) -> Self {
        Self { number: one.number, due_on: one.due_on, amount: Pence(-one.amount.0) }
    }
}

/// A part as pages show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// 0 for all of it, or the number of the instalment.
    pub number: u32,
    /// What the payer reads: `CR-2026-000012`, or `CR-2026-000012-3` for an instalment, with `/2` when it is tried again.
    pub identity: String,
    /// From when on it goes into a payment file.
    pub due_on: NaiveDate,
    /// How much; below zero it is taken.
    pub amount: Pence,
    /// Where its payment stands.
    pub payment: PaymentState,
    /// Reference of the file that holds it.
    pub file: Option<String>,
    /// When the payer is going to pay, where that is known.
    pub expected_on: Option<NaiveDate>,
}

impl Part {
    /// Whether the payer has paid or taken it, or finance has settled it.
    pub fn is_done(&self) -> bool {
        matches!(self.payment, PaymentState::Paid { .. } | PaymentState::Settled { .. })
    }

    /// As an instalment of a recovery.
    pub fn instalment(&self) -> Instalment {
        Instalment { number: self.number, due_on: self.due_on, amount: Pence(-self.amount.0) }
    }
}

/// Puts parts where the payment files find them from their days on.
pub(crate) async fn put(
    tx: &mut Tx,
    (correction, reference): Named<'_>,
    parts: Vec<Due>,
    now: &Now,
) -> Result<()> {
    let rows = parts
        .into_iter()
        .map(|part| {
            let id: CorrectionPartId = new_id(now);
            let reference = match part.number {
                0 => reference.to_owned(),
                number => format!("{reference}-{number}"),
            };
            args![id, correction, part.number, reference, part.due_on, part.amount]
        })
        .collect();
    tx.insert(
        "INSERT INTO correction_part (id, correction_id, number, reference, due_on, amount_pence)",
        rows,
    )
    .await
}

/// Whether money of a declaration, or of a correction of it, is in a file, with the payer, paid or settled: then it cannot be
/// kept back any more.
pub(super) async fn has_gone(tx: &mut Tx, declaration: DeclarationId) -> Result<bool> {
    #[derive(sqlx::FromRow)]
    struct Row {
        lines: i64,
    }
    let Row { lines } = tx
        .one(
            "SELECT count(*) AS lines FROM payment_line l LEFT JOIN payment_settlement z
                 ON z.payment_file_id = l.payment_file_id AND z.position = l.position
             WHERE l.declaration_id = $1 AND l.amount_pence > 0
                 AND (l.state IN ('in_file', 'sent', 'paid') OR z.position IS NOT NULL)",
            args![declaration],
        )
        .await?;
    Ok(lines > 0)
}

#[derive(sqlx::FromRow)]
struct Row {
    number: i64,
    reference: String,
    due_on: NaiveDate,
    amount_pence: i64,
    attempt: Option<i64>,
    waits: bool,
    #[sqlx(flatten)]
    payment: StateRow,
}

/// The parts of a correction, by number, as they stand on a day and under the hold that stops paying.
pub(crate) async fn parts(
    tx: &mut Tx,
    correction: CorrectionId,
    held: Option<&Held>,
    today: NaiveDate,
) -> Result<Vec<Part>> {
    let rows: Vec<Row> = tx
        .all(
            concat!(
                "SELECT t.number, t.reference, t.due_on, t.amount_pence, l.attempt, ",
                waits_for_original!(),
                " AS waits, ",
                crate::payment::state_columns!(),
                " FROM correction_part t JOIN correction c ON c.id = t.correction_id \
                 LEFT JOIN payment_line l ON l.correction_part_id = t.id AND l.state <> 'replaced' \
                 LEFT JOIN payment_file f ON f.id = l.payment_file_id LEFT JOIN payment_answer_line b \
                 ON b.payment_file_id = l.payment_file_id AND b.position = l.position LEFT JOIN payment_settlement z \
                 ON z.payment_file_id = l.payment_file_id AND z.position = l.position \
                 WHERE t.correction_id = $1 ORDER BY t.number"
            ),
            args![correction],
        )
        .await?;
    let read = |row: Row| {
        let attempt = row.attempt.and_then(|attempt| u32::try_from(attempt).ok()).unwrap_or(1);
        let number = u32::try_from(row.number)
            .map_err(|_| inconsistent("correction_part", format!("number {}", row.number)))?;
        Ok(Part {
            number,
            identity: identity(&row.reference, attempt),
            due_on: row.due_on,
            amount: Pence(row.amount_pence),
            payment: row.payment.state(row.due_on <= today && !row.waits)?.under(held.cloned()),
            file: row.payment.file,
            expected_on: row.payment.expected_on,
        })
    };
    rows.into_iter().map(read).collect()
}
