//! Receipts of declarations: what was declared, approved or paid is kept with the act, for one row or for a whole answer.
//!
//! A step that the configuration takes by itself has no receipt; the next person's names it.

mod facts;

use super::Receipt;
use crate::{
    Result, StoreError, Tx, args,
    declaration::{self, Listed},
    event,
    event::Happened,
};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    Actor, DeclarationId, Event, Now, Pence, ReviewId,
    correction::Correction,
    hash::sha256,
    payment::identity,
    receipt::{
        differences,
        money::{Corrected, Kind, Paid, What, worked_out},
        reference,
    },
    recovery::Recovery,
};
use facts::{Facts, definition, facts};
use std::collections::HashMap;
use uuid::Uuid;

/// What the payer's answer says, beside the same.
#[derive(sqlx::FromRow)]
struct PaidFacts {
    #[sqlx(flatten)]
    facts: Facts,
    attempt: i64,
    part: Option<String>,
    line_pence: i64,
    file: String,
    file_hash: String,
    sent_by_name: String,
    sent_on: NaiveDate,
    paid_on: NaiveDate,
    bank_reference: String,
    answer: String,
    answer_hash: String,
}

/// Keeps the receipt of what has just been written about a declaration. Nobody but a person gets one.
pub(crate) async fn keep(
    tx: &mut Tx,
    declaration: DeclarationId,
    what: What,
    by: &Actor,
    now: &Now,
) -> Result<()> {
    let facts: Facts = tx.one(facts!("", "WHERE d.id = $1"), args![declaration]).await?;
    write(tx, vec![(facts, what)], by, now).await
}

/// Keeps the receipt of the step that led to the state of a correction.
pub(crate) async fn keep_correction(
    tx: &mut Tx,
    correction: &Correction,
    by: &Actor,
    now: &Now,
) -> Result<()> {
    let what = What::Corrected(Box::new(Corrected::of(correction)));
    keep(tx, correction.declaration, what, by, now).await
}

/// Keeps the receipt of the plan of a recovery; one that stands because nobody answered has none, as nobody acted.
pub(crate) async fn keep_recovery(
    tx: &mut Tx,
    correction: &Correction,
    recovery: &Recovery,
    by: &Actor,
    now: &Now,
) -> Result<()> {
    let what = What::Corrected(Box::new(Corrected::of_recovery(correction, recovery)));
    keep(tx, correction.declaration, what, by, now).await
}

/// Keeps the receipts of everything that an answer says is paid, in one pass.
pub(crate) async fn keep_paid(tx: &mut Tx, answer: Uuid, by: &Actor, now: &Now) -> Result<()> {
    let rows: Vec<PaidFacts> = tx
        .all(
            facts!(
                ", l.attempt, t.reference AS part, l.amount_pence AS line_pence, f.reference AS file, f.content_hash AS file_hash, f.sent_by_name, f.sent_on, b.paid_on, \
                 b.bank_reference, a.name AS answer, a.content_hash AS answer_hash",
                "JOIN payment_line l ON l.declaration_id = d.id \
                 JOIN payment_answer_line b ON b.payment_file_id = l.payment_file_id AND b.position = l.position \
                 JOIN payment_file f ON f.id = l.payment_file_id JOIN payment_answer a ON a.id = b.payment_answer_id \
                 LEFT JOIN correction_part t ON t.id = l.correction_part_id \
                 WHERE b.payment_answer_id = $1 AND b.state = 'paid' ORDER BY b.position"
            ),
            args![answer],
        )
        .await?;
    let paid = |row: PaidFacts| {
        let attempt = u32::try_from(row.attempt).unwrap_or(1);
        let what = What::Paid(Paid {
            identity: identity(row.part.as_ref().unwrap_or(&row.facts.reference), attempt),
            part: row.part.map(|part| (part, Pence(row.line_pence))),
            file: (row.file, row.file_hash),
            sent: (row.sent_by_name, row.sent_on),
            on: row.paid_on,
            bank_reference: row.bank_reference,
            answer: (row.answer, row.answer_hash),
        });
        (row.facts, what)
    };
    write(tx, rows.into_iter().map(paid).collect(), by, now).await
}

/// Keeps the receipts of every row of a kept list, each of which has just been approved, in one pass.
pub(crate) async fn keep_reviewed(
    tx: &mut Tx,
    review: ReviewId,
    by: &Actor,
    now: &Now,
) -> Result<()> {
    let rows: Vec<Facts> = tx
        .all(
            facts!(
                "",
                "JOIN review_row w ON w.declaration_id = d.id WHERE w.review_id = $1 ORDER BY d.reference"
            ),
            args![review],
        )
        .await?;
    let approved = |facts: Facts| match (facts.finance_at, facts.second_at) {
        (Some(_), _) => (facts, What::FinanceApproved),
        (None, Some(_)) => (facts, What::SecondApproved),
        (None, None) => (facts, What::Approved),
    };
    write(tx, rows.into_iter().map(approved).collect(), by, now).await
}

async fn write(tx: &mut Tx, all: Vec<(Facts, What)>, by: &Actor, now: &Now) -> Result<()> {
    let (Some(person), Some(own)) = (by.person(), by.organisation()) else { return Ok(()) };
    let mut definitions = HashMap::new();
    let mut numbers: HashMap<DeclarationId, i64> = HashMap::new();
    let mut rows = Vec::with_capacity(all.len());
    for (facts, what) in all {
        let by = by.acting(what.permission());
        let id = DeclarationId(facts.id);
        // What a payment file pays of a declaration and of its corrections at once has a receipt each.
        let number = numbers.entry(id).or_insert(facts.receipts);
        *number += 1;
        let number = *number;
        let kind = what.kind().name();
        let amount = what.amount().map_or(facts.amount_pence, |amount| amount.0);
        let definition = definition(tx, &facts, &mut definitions).await?;
        let organisation = (own.name.clone(), own.code.clone());
        let acted = (by.name().to_owned(), organisation, now.instant);
        let text = facts.act(what, number, acted, definition).text();
        let content_hash = sha256(text.as_bytes());
        rows.push(args![id, number, kind, person, now.instant, amount, &*content_hash, text]);
        event::record(
            tx,
            &Event::DeclarationReceiptMade { declaration: id, content_hash },
            &by,
            now,
        )?;
    }
    tx.insert(
        "INSERT INTO declaration_receipt (declaration_id, number, act, person_id, at, amount_pence, content_hash, text)",
        rows,
    )
    .await
    // Somebody took the next number at the same moment: who comes second tries again.
    .map_err(|error| if error.is_duplicate() { StoreError::Stale } else { error })
}

/// A receipt of a declaration as its history tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Which it is, from 1.
    pub number: usize,
    /// Of what.
    pub kind: Kind,
    /// When.
    pub at: DateTime<Utc>,
    /// Whether it still counts: the declaration has not gone back to the provider since.
    pub is_latest: bool,
    content_hash: String,
    entry: i64,
    entry_hash: String,
}

/// The receipts of a declaration out of its history, which is newest first, the newest first.
pub fn kept(history: &[Happened]) -> Vec<Kept> {
    let mut all: Vec<Kept> = Vec::new();
    let mut last = None;
    for happened in history.iter().rev() {
        match &happened.event {
            Event::DeclarationReturned { .. }
            | Event::DeclarationTakenBack { .. }
            | Event::DeclarationRejected { .. }
            | Event::QuestionAsked { returned: true, .. } => {
                all.iter_mut().for_each(|before| before.is_latest = false);
            }
            Event::DeclarationReceiptMade { content_hash, .. } => {
                let Some(kind) = last else { continue };
                all.push(Kept {
                    number: all.len() + 1,
                    kind,
                    at: happened.at,
                    is_latest: true,
                    content_hash: content_hash.clone(),
                    entry: happened.seq,
                    entry_hash: happened.hash.clone(),
                });
            }
            event => last = Kind::of_event(event).or(last),
        }
    }
    all.reverse();
    all
}

/// The newest receipt of a declaration, or an earlier one by its number, with its declaration; for whoever may see that.
pub async fn of_declaration(
    tx: &mut Tx,
    reference: &str,
    number: Option<usize>,
    by: &Actor,
) -> Result<(Listed, Kept, Receipt)> {
    let listed = declaration::find(tx, reference, by).await?;
    let all = kept(&event::of(tx, listed.declaration.id.0).await?);
    let found = all.iter().find(|one| number.is_none_or(|number| one.number == number));
    let found = found.ok_or(StoreError::NotFound)?.clone();
    let text = read(tx, listed.declaration.id, &found).await?;
    let receipt = found.receipt(text, all.len());
    Ok((listed, found, receipt))
}

impl Kept {
    fn receipt(&self, text: String, of: usize) -> Receipt {
        Receipt {
            number: self.number,
            of,
            text,
            content_hash: self.content_hash.clone(),
            entry: self.entry,
            entry_hash: self.entry_hash.clone(),
            at: self.at,
            is_latest: self.is_latest,
            is_kept: true,
        }
    }
}

async fn read(tx: &mut Tx, declaration: DeclarationId, kept: &Kept) -> Result<String> {
    #[derive(sqlx::FromRow)]
    struct Text {
        text: String,
    }
    let number = i64::try_from(kept.number).unwrap_or(i64::MAX);
    let Text { text } = tx
        .one(
            "SELECT text FROM declaration_receipt WHERE declaration_id = $1 AND number = $2",
            args![declaration, number],
        )
        .await?;
    super::as_hashed("declaration_receipt", text, &kept.content_hash)
}

/// The receipt of a declaration that a text is; what differs where the history knows another of this reference.
pub(super) async fn prove(
    tx: &mut Tx,
    declaration: &str,
    text: &str,
) -> Result<Option<Result<Receipt, Vec<String>>>> {
    #[derive(sqlx::FromRow)]
    struct Id {
        id: Uuid,
    }
    let id: Option<Id> =
        tx.optional("SELECT id FROM declaration WHERE reference = $1", args![declaration]).await?;
    let Some(Id { id }) = id else { return Ok(None) };
    let all = kept(&event::of(tx, id).await?);
    let content_hash = sha256(text.as_bytes());
    if let Some(found) = all.iter().find(|one| one.content_hash == content_hash) {
        let changed = lines_changed(tx, id, text).await?;
        return Ok(Some(match changed {
            None => Ok(found.receipt(text.to_owned(), all.len())),
            Some(why) => Err(vec![why]),
        }));
    }
    let own = |one: &&Kept| reference(text) == Some(&*reference_of(declaration, one.number));
    let Some(meant) = all.iter().find(own) else { return Ok(None) };
    let kept = read(tx, id.into(), meant).await?;
    Ok(Some(Err(differences(text, &kept))))
}

/// What people call a receipt.
pub(super) fn reference_of(declaration: &str, number: usize) -> String {
    domain::receipt::money::reference(declaration, number)
}

/// What is wrong with the lines of the calculation that a receipt names, where they are not as they were.
async fn lines_changed(tx: &mut Tx, declaration: Uuid, text: &str) -> Result<Option<String>> {
    #[derive(sqlx::FromRow)]
    struct Lines {
        result: String,
    }
    let Some((number, hash)) = worked_out(text) else { return Ok(None) };
    let lines: Option<Lines> = tx
        .optional(
            "SELECT c.result FROM calculation c JOIN declaration d ON d.achievement_id = c.achievement_id
             WHERE d.id = $1 AND c.number = $2",
            args![declaration, number],
        )
        .await?;
    let is_same = lines.is_some_and(|lines| sha256(lines.result.as_bytes()) == hash);
    Ok((!is_same).then(|| format!("The stored lines of calculation {number} have another SHA-256")))
}
