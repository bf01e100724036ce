//! Payment files: the approved declarations of a commissioner, frozen once, downloaded as they were frozen.

mod answer;
pub mod bank;
mod compared;
mod create;
mod failed;
mod file;
mod layout;
mod row;
mod send;
mod settle;
mod statement;
pub mod timing;
mod told;

pub use answer::{Given, Loaded, check, load};
pub use compared::{Compared, compared};
pub use create::create;
pub use failed::{Tried, Waiting, failed, in_credit, try_again, waiting};
pub use file::{File, LaidOut, Sent};
pub use layout::{CannotLoadLayout, Offered, layouts, load_layout};
pub use row::{Line, ServiceTotal, by_service, totals};
pub(crate) use row::{StateRow, state_columns};
pub use send::send;
pub use settle::{settle, to_settle};
pub use statement::{Statement, statement};

use crate::{
    Result, StoreError, Tx, args,
    declaration::{Filter, Found},
    hold::{self, Scope},
};
use chrono::NaiveDate;
use domain::{Actor, Organisation, PaymentFileId, Pence, hold::Act, payment::PaymentState};
use file::{FileRow, select};
use row::{LineRow, due, lines};

/// The commissioner that asks; a payment file is money on every line, so nobody else finds one.
fn reader(by: &Actor) -> Result<&Organisation> {
    by.organisation()
        .filter(|organisation| organisation.kind.commissions() && by.sees_money())
        .ok_or(StoreError::NotFound)
}

/// What finance has approved and no file holds, in the order of a file.
#[derive(Clone, Debug, Default)]
pub struct Due {
    /// What goes into the next file.
    pub ready: Vec<Line>,
    /// What a hold keeps out of it.
    pub held: Vec<Line>,
}

/// The declarations of the own organisation that finance has approved and no file holds, and after them what corrections
/// pay or take back by today.
pub async fn due(tx: &mut Tx, by: &Actor, today: NaiveDate) -> Result<Due> {
    let lines = due_lines(tx, reader(by)?, by, today).await?;
    let is_ready = |line: &Line| line.payment.state == PaymentState::Ready;
    let (ready, held) = lines.into_iter().partition(is_ready);
    Ok(Due { ready, held })
}

/// Those of them that go into the next file.
pub async fn ready(tx: &mut Tx, by: &Actor, today: NaiveDate) -> Result<Vec<Line>> {
    Ok(due(tx, by, today).await?.ready)
}

/// Whether the part `t` of a correction `c` takes back what the payer could not pay: it waits for the next try, and goes with it.
macro_rules! waits_for_original {
    () => {
        "(t.number = 0 AND t.amount_pence < 0 AND EXISTS (SELECT 1 FROM payment_line o \
         WHERE o.declaration_id = c.declaration_id AND o.correction_part_id IS NULL AND o.state = 'failed' \
         AND NOT EXISTS (SELECT 1 FROM payment_settlement k WHERE k.payment_file_id = o.payment_file_id AND k.position = o.position)))"
    };
}
pub(crate) use waits_for_original;

/// What is due has no live line in a file; as many tries as it had are over.
async fn due_lines(
    tx: &mut Tx,
    commissioner: &Organisation,
    by: &Actor,
    today: NaiveDate,
) -> Result<Vec<Line>> {
    let mut rows: Vec<LineRow> = tx
        .all(
            due!(
                "CAST(NULL AS UUID) AS correction_part_id, d.reference, d.reference AS corrects, d.amount_pence, \
                 1 + (SELECT count(*) FROM payment_line w WHERE w.declaration_id = d.id \
                     AND w.correction_part_id IS NULL) AS attempt",
                "declaration d",
                "l.declaration_id = d.id AND l.correction_part_id IS NULL",
                "d.state = 'approved' AND l.declaration_id IS NULL \
                 ORDER BY p.code, s.code, d.achievement_date, d.reference"
            ),
            args![commissioner.id],
        )
        .await?;
    let of_corrections: Vec<LineRow> = tx
        .all(
            due!(
                "t.id AS correction_part_id, t.reference, d.reference AS corrects, t.amount_pence, \
                 1 + (SELECT count(*) FROM payment_line w WHERE w.correction_part_id = t.id) AS attempt",
                "correction_part t JOIN correction c ON c.id = t.correction_id \
                 JOIN declaration d ON d.id = c.declaration_id",
                "l.correction_part_id = t.id",
                concat!(
                    "t.due_on <= $2 AND l.declaration_id IS NULL AND NOT ",
                    waits_for_original!(),
                    " ORDER BY p.code, s.code, d.achievement_date, t.due_on, t.reference"
                )
            ),
            args![commissioner.id, today],
        )
        .await?;
    rows.extend(of_corrections);
    let open = hold::of_reader(tx, Scope::All, by).await?;
    let under = |row: LineRow| {
        let mut line = row.read()?;
        let held = open.held(Act::Pay, commissioner.id, line.service_id, line.provider);
        line.payment.state = line.payment.state.under(held);
        Ok(line)
    };
    rows.into_iter().map(under).collect()
}

/// A page of the payment files, newest first, and how many there are.
pub async fn files(tx: &mut Tx, (skip, take): (i64, i64), by: &Actor) -> Result<(Vec<File>, i64)> {
    #[derive(sqlx::FromRow)]
    struct Total {
        files: i64,
    }
    let organisation = reader(by)?;
    let Total { files } = tx
        .one(
            "SELECT count(*) AS files FROM payment_file WHERE commissioner_id IN
             (SELECT id FROM organisation WHERE id = $1 OR (parent_id = $1 AND kind = 'icb'))",
            args![organisation.id],
        )
        .await?;
    let rows: Vec<FileRow> = tx
        .all(
            select!(
                "ORDER BY f.created_at DESC, f.reference DESC LIMIT CAST($2 AS BIGINT) OFFSET $3"
            ),
            args![organisation.id, take, skip],
        )
        .await?;
    Ok((rows.into_iter().map(|row| row.read(by)).collect(), files))
}

async fn row(tx: &mut Tx, reference: &str, by: &Actor) -> Result<FileRow> {
    let organisation = reader(by)?;
    tx.one(select!("AND f.reference = $2"), args![organisation.id, reference]).await
}

/// A file of the own organisation, for who may change it.
async fn own(tx: &mut Tx, reference: &str, by: &Actor) -> Result<FileRow> {
    let organisation = reader(by)?;
    let row = row(tx, reference, by).await?;
    if row.commissioner_id == organisation.id.0 { Ok(row) } else { Err(StoreError::NotFound) }
}

/// The same, while nobody else can change it or its lines until the transaction ends.
async fn hold(tx: &mut Tx, reference: &str, by: &Actor) -> Result<FileRow> {
    let organisation = reader(by)?;
    let held = tx
        .execute(
            "UPDATE payment_file SET version = version + 1 WHERE reference = $1 AND commissioner_id = $2",
            args![reference, organisation.id],
        )
        .await?;
    if held == 0 {
        return Err(StoreError::NotFound);
    }
    own(tx, reference, by).await
}

/// The lines of a file in their order.
async fn lines_of(tx: &mut Tx, file: PaymentFileId) -> Result<Vec<Line>> {
    let rows: Vec<LineRow> =
        tx.all(lines!("WHERE l.payment_file_id = $1 ORDER BY l.position"), args![file]).await?;
    rows.into_iter().map(LineRow::read).collect()
}

/// One payment file with its lines in their order; lines that do not add up to it are a mistake that is named.
pub async fn find(
    tx: &mut Tx,
    reference: &str,
    by: &Actor,
) -> Result<(PaymentFileId, File, Vec<Line>)> {
    let row = row(tx, reference, by).await?;
    let id = PaymentFileId(row.id);
    let lines = lines_of(tx, id).await?;
    let file = row.read(by);
    let (count, total) = totals(&lines);
    if (i64::try_from(count).ok(), total) != (Some(file.lines), file.total) {
        return Err(StoreError::Inconsistent {
            table: "payment_line",
            what: format!("{count} lines of {total} in {reference}, which says {}", file.total),
        });
    }
    Ok((id, file, lines))
}

/// The content exactly as it was frozen, asked for by the reference and the ending of the file's name; content that is
/// not what was hashed then is not given out.
pub async fn content(tx: &mut Tx, (reference, ending): (&str, &str), by: &Actor) -> Result<String> {
    let row = row(tx, reference, by).await?;
    if row.ending != ending {
        return Err(StoreError::NotFound);
    }
    content_of(tx, &row).await
}

async fn content_of(tx: &mut Tx, row: &FileRow) -> Result<String> {
    #[derive(sqlx::FromRow)]
    struct Content {
        content: String,
    }
    let Content { content } =
        tx.one("SELECT content FROM payment_file WHERE id = $1", args![row.id]).await?;
    if domain::hash::sha256(content.as_bytes()) != row.content_hash {
        return Err(StoreError::Inconsistent {
            table: "payment_file",
            what: format!("content of {} has not the hash it was stored with", row.reference),
        });
    }
    Ok(content)
}

/// A page of what payment files hold of a provider, newest period first, with its number and sum.
pub async fn in_files(tx: &mut Tx, paging: (i64, i64), by: &Actor) -> Result<Found> {
    let filter = Filter { in_file: Some(true), ..Filter::default() };
    crate::declaration::list(tx, &filter, paging, by).await
}

/// What the corrections of a provider's declarations come to in payment files, for readers who may see money. With the sum of
/// [`in_files`] it is what the home page counts in files and as paid.
pub async fn corrections_in_files(tx: &mut Tx, by: &Actor) -> Result<Option<Pence>> {
    #[derive(sqlx::FromRow)]
    struct Sum {
        pence: i64,
    }
    let organisation = crate::declaration::reader(by)?;
    let Sum { pence } = tx
        .one(
            "SELECT CAST(coalesce(sum(l.amount_pence), 0) AS BIGINT) AS pence
             FROM payment_line l JOIN declaration d ON d.id = l.declaration_id
             WHERE d.provider_id = $1 AND l.correction_part_id IS NOT NULL AND l.state <> 'replaced'",
            args![organisation.id],
        )
        .await?;
    Ok(by.sees_money().then_some(Pence(pence)))
}

/// What a provider has declared and no payment file holds yet, as far as it has come; the home page counts the same.
pub async fn on_its_way(tx: &mut Tx, paging: (i64, i64), by: &Actor) -> Result<Found> {
    let declared = Filter::states(&[
        "awaiting_commissioner",
        "awaiting_second",
        "awaiting_finance",
        "approved",
    ]);
    let filter = Filter { in_file: Some(false), ..declared };
    crate::declaration::list(tx, &filter, paging, by).await
}
