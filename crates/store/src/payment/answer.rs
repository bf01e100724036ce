//! The payer's answer: compared with the payments of its file, and kept in one transaction with a fact for each payment.

use super::{Line, hold, lines_of, told};
use crate::{Db, Failed, Result, StoreError, Tx, args, event, new_id, receipt};
use domain::{
    Actor, Event, Now, PaymentFileId, Permission,
    payment::{
        CannotAnswer, Payment, PaymentState,
        answer::{self, Plan},
    },
};
use std::collections::HashMap;
use uuid::Uuid;

/// An answer as it came.
#[derive(Clone, Debug)]
pub struct Given {
    /// What its file is called.
    pub name: String,
    /// The file itself.
    pub content: String,
    /// The lines in it.
    pub lines: Vec<answer::Line>,
}

/// What became of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Payments that are paid by it.
    pub paid: u64,
    /// Payments that failed by it.
    pub failed: u64,
    /// Lines that were loaded before.
    pub same: u64,
    /// Lines that are not kept.
    pub left_out: u64,
}

/// What an answer would do to the payments of a file; nothing is kept.
pub async fn check(
    tx: &mut Tx,
    reference: &str,
    lines: Vec<answer::Line>,
    by: &Actor,
    now: &Now,
) -> Result<Plan, Failed<CannotAnswer>> {
    by.must(Permission::MakePayments).map_err(|why| Failed::Refused(why.into()))?;
    let file = super::own(tx, reference, by).await?.frozen();
    if file.sent_on.is_none() {
        return Err(Failed::Refused(CannotAnswer::NotSent));
    }
    let known = lines_of(tx, file.id).await?;
    Ok(answer::plan(lines, &payments(&known), by, now))
}

fn payments(lines: &[Line]) -> Vec<Payment> {
    lines.iter().map(|line| line.payment.clone()).collect()
}

/// Keeps an answer as it was seen: `seen` is the hash of its plan. An answer of which everything was loaded before
/// changes nothing.
pub async fn load(
    db: &Db,
    reference: &str,
    given: &Given,
    seen: &str,
    by: &Actor,
    now: &Now,
) -> Result<Loaded, Failed<CannotAnswer>> {
    by.must(Permission::MakePayments).map_err(|why| Failed::Refused(why.into()))?;
    let by = &by.acting(Permission::MakePayments);
    let mut tx = db.write().await?;
    // Two who load the same answer wait for each other here, and the second finds that everything was loaded before.
    let file = hold(&mut tx, reference, by).await?.frozen();
    if file.sent_on.is_none() {
        return Err(Failed::Refused(CannotAnswer::NotSent));
    }
    let known = lines_of(&mut tx, file.id).await?;
    let plan = answer::plan(given.lines.clone(), &payments(&known), by, now);
    let ((paid, _), (failed, _)) = (plan.counted(true), plan.counted(false));
    let left_out = plan.left_out().count() as u64;
    let loaded = Loaded { paid, failed, same: plan.same(), left_out };
    if paid + failed + left_out == 0 {
        return Ok(loaded);
    }
    plan.may_load(seen).map_err(Failed::Refused)?;
    let id = keep(&mut tx, file.id, given, by, now).await?;
    answered(&mut tx, (file.id, id), &known, &plan).await?;
    let mut events: Vec<Event> = plan.changes().map(|change| change.event.clone()).collect();
    events.push(Event::PaymentAnswerLoaded {
        file: file.id,
        name: given.name.clone(),
        content_hash: domain::hash::sha256(given.content.as_bytes()),
        paid,
        failed,
        left_out,
    });
    told::failures(&mut tx, (reference, file.id), id, by, now).await?;
    event::record_all(&mut tx, &events, by, now)?;
    receipt::money::keep_paid(&mut tx, id, by, now).await?;
    tx.commit().await?;
    Ok(loaded)
}

/// Keeps the answer itself; gives its identifier.
async fn keep(
    tx: &mut Tx,
    file: PaymentFileId,
    given: &Given,
    by: &Actor,
    now: &Now,
) -> Result<Uuid> {
    let id: Uuid = new_id(now);
    tx.execute(
        "INSERT INTO payment_answer (id, payment_file_id, name, content, content_hash, loaded_by, loaded_by_name,
             loaded_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        args![
            id,
            file,
            &*given.name,
            &*given.content,
            domain::hash::sha256(given.content.as_bytes()),
            by.person(),
            by.name(),
            now.instant
        ],
    )
    .await?;
    Ok(id)
}

/// Writes what the answer says of each payment, and moves the payments. That a payment has one answer is the key of the
/// table; that it waited for one is in the `WHERE`.
async fn answered(
    tx: &mut Tx,
    (file, answer): (PaymentFileId, Uuid),
    known: &[Line],
    plan: &Plan,
) -> Result<()> {
    let positions: HashMap<String, Option<i64>> =
        known.iter().map(|line| (line.payment.identity(), line.position)).collect();
    let rows: Vec<_> = plan
        .changes()
        .map(|change| {
            let position = positions.get(&change.after.identity()).copied().flatten();
            let (paid_on, bank_reference, reason) = match &change.after.state {
                PaymentState::Paid { on, bank_reference } => {
                    (Some(*on), Some(&**bank_reference), None)
                }
                PaymentState::Failed { reason } => (None, None, Some(&**reason)),
                _ => (None, None, None),
            };
            let state = change.after.state.name();
            args![file, position, answer, state, paid_on, bank_reference, reason]
        })
        .collect();
    let count = rows.len() as u64;
    tx.insert(
        "INSERT INTO payment_answer_line (payment_file_id, position, payment_answer_id, state, paid_on,
             bank_reference, reason)",
        rows,
    )
    .await?;
    let moved = tx
        .execute(
            "UPDATE payment_line SET state = a.state FROM payment_answer_line a
             WHERE a.payment_answer_id = $1 AND payment_line.payment_file_id = a.payment_file_id
                 AND payment_line.position = a.position AND payment_line.state = 'sent'",
            args![answer],
        )
        .await?;
    if moved == count { Ok(()) } else { Err(StoreError::Stale) }
}
