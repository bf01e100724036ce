//! Payment files: the approved declarations of a commissioner, frozen once, downloaded as they were frozen.

mod answer;
pub mod bank;
mod failed;
mod file;
mod row;
mod send;
mod statement;
mod told;

pub use answer::{Given, Loaded, check, load};
pub use failed::{Tried, Waiting, failed, in_credit, try_again, waiting};
pub use file::{File, Sent};
pub use row::{Line, ServiceTotal, by_service, totals};
pub(crate) use row::{StateRow, state_columns};
pub use send::send;
pub use statement::{Statement, statement};

use crate::{
    Db, Failed, Result, StoreError, Tx, args,
    declaration::{Filter, Found},
    event,
    hold::{self, Scope},
    new_id, next_reference, service,
};
use domain::{
    Actor, Event, Now, Organisation, PaymentFileId, Pence, Permission,
    hold::Act,
    payment::{self, CannotPay, PaymentLine, PaymentState},
};
use file::{FileRow, select};
use row::{LineRow, lines};
use std::collections::HashMap;

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

/// The declarations of the own organisation that finance has approved and no file holds.
pub async fn due(tx: &mut Tx, by: &Actor) -> Result<Due> {
    let lines = due_lines(tx, reader(by)?, by).await?;
    let is_ready = |line: &Line| line.payment.state == PaymentState::Ready;
    let (ready, held) = lines.into_iter().partition(is_ready);
    Ok(Due { ready, held })
}

/// Those of them that go into the next file.
pub async fn ready(tx: &mut Tx, by: &Actor) -> Result<Vec<Line>> {
    Ok(due(tx, by).await?.ready)
}

/// What is due has no live line in a file; as many tries as it had are over.
async fn due_lines(tx: &mut Tx, commissioner: &Organisation, by: &Actor) -> Result<Vec<Line>> {
    let rows: Vec<LineRow> = tx
        .all(
            "SELECT d.id AS declaration_id, d.reference,
                 1 + (SELECT count(*) FROM payment_line t WHERE t.declaration_id = d.id) AS attempt,
                 CAST(NULL AS BIGINT) AS position, d.provider_id, p.code AS payee_code, p.name AS payee_name,
                 d.service_id, s.code AS service_code, s.name AS service_name, d.period_start, d.achievement_date,
                 d.amount_pence, CAST(NULL AS TEXT) AS line_state, l.payment_file_id, CAST(NULL AS TEXT) AS file,
                 f.created_at AS file_at, f.sent_on, f.expected_on, b.paid_on, b.bank_reference, b.reason
             FROM declaration d JOIN organisation p ON p.id = d.provider_id JOIN service s ON s.id = d.service_id
             LEFT JOIN payment_line l ON l.declaration_id = d.id AND l.state <> 'replaced'
             LEFT JOIN payment_file f ON f.id = l.payment_file_id
             LEFT JOIN payment_answer_line b ON b.payment_file_id = l.payment_file_id AND b.position = l.position
             WHERE d.commissioner_id = $1 AND d.state = 'approved' AND l.declaration_id IS NULL
             ORDER BY p.code, s.code, d.achievement_date, d.reference",
            args![commissioner.id],
        )
        .await?;
    let open = hold::of_reader(tx, Scope::All, by).await?;
    let under = |row: LineRow| {
        let mut line = row.read()?;
        let held = open.held(Act::Pay, commissioner.id, line.service_id, line.provider);
        line.payment.state = line.payment.state.under(held);
        Ok(line)
    };
    rows.into_iter().map(under).collect()
}

/// Freezes everything that is ready into a file; gives its reference. `seen` is the number and sum that the person
/// confirmed.
pub async fn create(
    db: &Db,
    seen: (u64, Pence),
    by: &Actor,
    now: &Now,
) -> Result<String, Failed<CannotPay>> {
    by.must(Permission::ApproveFinance).map_err(|why| Failed::Refused(why.into()))?;
    let commissioner = reader(by)?;
    let mut tx = db.write().await?;
    // Taking the number first makes a second person who pays at the same moment wait, and then find nothing to pay.
    let reference = next_reference(&mut tx, "PF", now).await?;
    hold::one_at_a_time(&mut tx, commissioner.id).await?;
    let ready = ready(&mut tx, by).await?;
    let pay_codes = pay_codes(&mut tx, &ready).await?;
    let lines: Vec<PaymentLine> = ready.iter().map(|line| frozen(line, &pay_codes)).collect();
    let file = payment::create(&reference, &lines, seen, by).map_err(Failed::Refused)?;
    let id: PaymentFileId = new_id(now);
    let puts = ready.iter().map(|line| line.payment.put_in_file(id, by));
    let mut events = puts
        .map(|put| Ok(put?.event))
        .collect::<Result<Vec<Event>, _>>()
        .map_err(Failed::Refused)?;
    tx.execute(
        "INSERT INTO payment_file (id, reference, commissioner_id, created_by, created_by_name, created_at, lines,
             total_pence, content, content_hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        args![
            id,
            &*reference,
            commissioner.id,
            by.person(),
            by.name(),
            now.instant,
            i64::try_from(file.lines).unwrap_or(i64::MAX),
            file.total,
            &*file.content,
            &*file.content_hash
        ],
    )
    .await?;
    put_in_file(&mut tx, id, &ready).await?;
    events.push(file.created(id));
    event::record_all(&mut tx, &events, by, now)?;
    tx.commit().await?;
    Ok(reference)
}

async fn put_in_file(tx: &mut Tx, file: PaymentFileId, lines: &[Line]) -> Result<()> {
    let rows = lines
        .iter()
        .zip(1_i64..)
        .map(|(line, position)| {
            let payment = &line.payment;
            args![file, position, payment.declaration, payment.amount, payment.attempt, "in_file"]
        })
        .collect();
    tx.insert(
        "INSERT INTO payment_line (payment_file_id, position, declaration_id, amount_pence, attempt, state)",
        rows,
    )
    .await
}

fn frozen(line: &Line, pay_codes: &HashMap<String, String>) -> PaymentLine {
    PaymentLine {
        reference: line.payment.identity(),
        payee_code: line.payee.code.clone(),
        payee_name: line.payee.name.clone(),
        service_code: line.service.code.clone(),
        pay_code: pay_codes.get(&line.service.code).cloned().unwrap_or_default(),
        achievement_date: line.period.end.to_string(),
        amount: line.payment.amount,
    }
}

/// The pay code of each service among the lines, by the service's code.
async fn pay_codes(tx: &mut Tx, lines: &[Line]) -> Result<HashMap<String, String>> {
    let mut codes = HashMap::new();
    for line in lines {
        if codes.contains_key(&line.service.code) {
            continue;
        }
        let service = service::find(tx, line.service_id).await?;
        let Some(terms) = &service.payment else {
            return Err(StoreError::Inconsistent {
                table: "service",
                what: format!("{} has no payment terms but an approved declaration", service.code),
            });
        };
        codes.insert(line.service.code.clone(), terms.pay_code.clone());
    }
    Ok(codes)
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

/// The content exactly as it was frozen; content that is not what was hashed then is not given out.
pub async fn content(tx: &mut Tx, reference: &str, by: &Actor) -> Result<String> {
    let row = row(tx, reference, by).await?;
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
