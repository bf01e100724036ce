//! Payment files: the approved declarations of a commissioner, frozen once, downloaded as they were frozen.

use crate::{
    Db, Failed, Result, StoreError, Tx, args,
    declaration::{Filter, Found, Named},
    event, new_id, next_reference, service,
};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    Actor, DeclarationId, Event, Now, Organisation, PaymentFileId, Pence, Permission,
    payment::{self, CannotPay, PaymentLine},
};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// A payment file without its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Reference that people and the payer see: `PF-2026-000012`.
    pub reference: String,
    /// Name of the commissioner that pays.
    pub commissioner: String,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created_at: DateTime<Utc>,
    /// Number of payment lines.
    pub lines: i64,
    /// Their sum.
    pub total: Pence,
    /// SHA-256 of the content, in hexadecimal.
    pub content_hash: String,
}

/// One payment: one approved declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The declaration's reference, which is the payment's as well.
    pub reference: String,
    /// The payee.
    pub payee: Named,
    /// The service paid for.
    pub service: Named,
    /// The achievement date paid for.
    pub achievement_date: NaiveDate,
    /// The amount.
    pub amount: Pence,
}

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
        *sum = (sum.0 + 1, sum.1 + line.amount);
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
    (lines.len() as u64, lines.iter().map(|line| line.amount).sum())
}

#[derive(sqlx::FromRow)]
struct LineRow {
    declaration_id: Uuid,
    reference: String,
    payee_code: String,
    payee_name: String,
    service_id: Uuid,
    service_code: String,
    service_name: String,
    achievement_date: NaiveDate,
    amount_pence: i64,
}

impl LineRow {
    fn read(self) -> Line {
        Line {
            reference: self.reference,
            payee: Named { code: self.payee_code, name: self.payee_name },
            service: Named { code: self.service_code, name: self.service_name },
            achievement_date: self.achievement_date,
            amount: Pence(self.amount_pence),
        }
    }
}

#[derive(sqlx::FromRow)]
struct FileRow {
    id: Uuid,
    reference: String,
    commissioner: String,
    created_by_name: String,
    created_at: DateTime<Utc>,
    lines: i64,
    total_pence: i64,
    content_hash: String,
}

impl FileRow {
    fn read(self) -> File {
        File {
            reference: self.reference,
            commissioner: self.commissioner,
            created_by: self.created_by_name,
            created_at: self.created_at,
            lines: self.lines,
            total: Pence(self.total_pence),
            content_hash: self.content_hash,
        }
    }
}

/// The commissioner that asks; a payment file is money on every line, so nobody else finds one.
fn reader(by: &Actor) -> Result<&Organisation> {
    by.organisation()
        .filter(|organisation| organisation.kind.commissions() && by.sees_money())
        .ok_or(StoreError::NotFound)
}

/// The declarations of the own organisation that finance has approved and no file holds, in the order of a file.
pub async fn ready(tx: &mut Tx, by: &Actor) -> Result<Vec<Line>> {
    let organisation = reader(by)?;
    Ok(ready_rows(tx, organisation).await?.into_iter().map(LineRow::read).collect())
}

async fn ready_rows(tx: &mut Tx, commissioner: &Organisation) -> Result<Vec<LineRow>> {
    tx.all(
        "SELECT d.id AS declaration_id, d.reference, p.code AS payee_code, p.name AS payee_name, d.service_id,
             s.code AS service_code, s.name AS service_name, d.achievement_date, d.amount_pence
         FROM declaration d JOIN organisation p ON p.id = d.provider_id JOIN service s ON s.id = d.service_id
         WHERE d.commissioner_id = $1 AND d.state = 'approved'
             AND NOT EXISTS (SELECT 1 FROM payment_line l WHERE l.declaration_id = d.id)
         ORDER BY p.code, s.code, d.achievement_date, d.reference",
        args![commissioner.id],
    )
    .await
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
    let rows = ready_rows(&mut tx, commissioner).await?;
    let pay_codes = pay_codes(&mut tx, &rows).await?;
    let lines: Vec<PaymentLine> = rows.iter().map(|row| frozen(row, &pay_codes)).collect();
    let file = payment::create(&reference, &lines, seen, by).map_err(Failed::Refused)?;
    let id: PaymentFileId = new_id(now);
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
    put_in_file(&mut tx, id, &rows, by, now).await?;
    event::record(&mut tx, &file.created(id), by, now)?;
    tx.commit().await?;
    Ok(reference)
}

async fn put_in_file(
    tx: &mut Tx,
    file: PaymentFileId,
    rows: &[LineRow],
    by: &Actor,
    now: &Now,
) -> Result<()> {
    let lines = rows
        .iter()
        .zip(1_i64..)
        .map(|(row, position)| args![file, position, row.declaration_id, row.amount_pence])
        .collect();
    tx.insert(
        "INSERT INTO payment_line (payment_file_id, position, declaration_id, amount_pence)",
        lines,
    )
    .await?;
    let events: Vec<Event> = rows
        .iter()
        .map(|row| Event::DeclarationPutInFile {
            declaration: DeclarationId(row.declaration_id),
            file,
            amount: Pence(row.amount_pence),
        })
        .collect();
    event::record_all(tx, &events, by, now)
}

fn frozen(row: &LineRow, pay_codes: &HashMap<Uuid, String>) -> PaymentLine {
    PaymentLine {
        reference: row.reference.clone(),
        payee_code: row.payee_code.clone(),
        payee_name: row.payee_name.clone(),
        service_code: row.service_code.clone(),
        pay_code: pay_codes.get(&row.service_id).cloned().unwrap_or_default(),
        achievement_date: row.achievement_date.to_string(),
        amount: Pence(row.amount_pence),
    }
}

/// The pay code of each service among the rows.
async fn pay_codes(tx: &mut Tx, rows: &[LineRow]) -> Result<HashMap<Uuid, String>> {
    let mut codes = HashMap::new();
    for row in rows {
        if codes.contains_key(&row.service_id) {
            continue;
        }
        let service = service::find(tx, row.service_id.into()).await?;
        let Some(terms) = &service.payment else {
            return Err(StoreError::Inconsistent {
                table: "service",
                what: format!("{} has no payment terms but an approved declaration", service.code),
            });
        };
        codes.insert(row.service_id, terms.pay_code.clone());
    }
    Ok(codes)
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT f.id, f.reference, o.name AS commissioner, f.created_by_name, f.created_at, f.lines, f.total_pence, \
             f.content_hash FROM payment_file f JOIN organisation o ON o.id = f.commissioner_id \
             WHERE f.commissioner_id IN \
             (SELECT id FROM organisation WHERE id = $1 OR (parent_id = $1 AND kind = 'icb')) ",
            $rest
        )
    };
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
    Ok((rows.into_iter().map(FileRow::read).collect(), files))
}

async fn row(tx: &mut Tx, reference: &str, by: &Actor) -> Result<FileRow> {
    let organisation = reader(by)?;
    tx.one(select!("AND f.reference = $2"), args![organisation.id, reference]).await
}

/// One payment file with its lines in their order; lines that do not add up to it are a mistake that is named.
pub async fn find(
    tx: &mut Tx,
    reference: &str,
    by: &Actor,
) -> Result<(PaymentFileId, File, Vec<Line>)> {
    let row = row(tx, reference, by).await?;
    let id = PaymentFileId(row.id);
    let lines: Vec<LineRow> = tx
        .all(
            "SELECT d.id AS declaration_id, d.reference, p.code AS payee_code, p.name AS payee_name, d.service_id,
                 s.code AS service_code, s.name AS service_name, d.achievement_date, l.amount_pence
             FROM payment_line l JOIN declaration d ON d.id = l.declaration_id
             JOIN organisation p ON p.id = d.provider_id JOIN service s ON s.id = d.service_id
             WHERE l.payment_file_id = $1 ORDER BY l.position",
            args![id],
        )
        .await?;
    let lines: Vec<Line> = lines.into_iter().map(LineRow::read).collect();
    let file = row.read();
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
    #[derive(sqlx::FromRow)]
    struct Content {
        content: String,
    }
    let row = row(tx, reference, by).await?;
    let Content { content } =
        tx.one("SELECT content FROM payment_file WHERE id = $1", args![row.id]).await?;
    if domain::hash::sha256(content.as_bytes()) != row.content_hash {
        return Err(StoreError::Inconsistent {
            table: "payment_file",
            what: format!("content of {reference} has not the hash it was stored with"),
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
    let declared = Filter::states(&["awaiting_commissioner", "awaiting_finance", "approved"]);
    let filter = Filter { in_file: Some(false), ..declared };
    crate::declaration::list(tx, &filter, paging, by).await
}
