//! Corrections of locked declarations: asked for, answered, approved, and put where the next payment file takes them.

mod part;
mod read;
mod row;
mod told;

pub use part::Part;
pub(crate) use part::{Due, put};
pub use read::{Listed, Sum, find, list, of_declaration, original, sums, under_way};
pub(crate) use read::{by_id, whole};
pub(crate) use row::Steps;
pub(crate) use told::{Words, tell};

use crate::{
    Db, Failed, Result, StoreError, Tx, achievement::payments_change, args, declaration, event,
    hold, new_id, next_reference, receipt,
};
use domain::{
    Actor, Change, CorrectionId, Now, Pence,
    correction::{
        Act, Acting, Asking, CannotAsk, CannotCorrect, Correction, CorrectionState, Direction,
    },
    message::correction as letter,
    question::Party,
};
use row::columns;

/// Asks for a correction of a declaration; gives it.
pub async fn ask(
    db: &Db,
    declaration: &str,
    asking: &Asking,
    by: &Actor,
    now: &Now,
) -> Result<Correction, Failed<CannotAsk>> {
    let id = declaration::find(&mut db.read_as(by).await?, declaration, by).await?.declaration.id;
    let mut tx = db.write().await?;
    // Two who ask at once wait for each other here, and the second finds that one is open.
    declaration::hold(&mut tx, id).await?;
    let original = original(&mut tx, declaration, by).await?;
    original.can_ask(by, now).map_err(Failed::Refused)?;
    let by = &original.asks_as(by);
    let reference = next_reference(&mut tx, "CR", now).await?;
    let change =
        original.ask((new_id(now), reference), asking, by, now).map_err(Failed::Refused)?;
    insert(&mut tx, &change.after).await?;
    event::record(&mut tx, &change.event, by, now)?;
    if change.after.asked_by == Party::Provider {
        receipt::money::keep_correction(&mut tx, &change.after, by, now).await?;
    }
    let to = change.after.asked_by.other();
    tell(&mut tx, change.after.id, to, letter::asked, by, now).await?;
    tx.commit().await?;
    Ok(change.after)
}

async fn insert(tx: &mut Tx, new: &Correction) -> Result<()> {
    let [answered, ..] = columns(&new.state);
    tx.execute(
        "INSERT INTO correction (id, reference, declaration_id, direction, amount_pence, stood_at_pence, reason,
             evidence, asked_side, asked_by, asked_by_name, asked_at, answer_by, band, state, answer, answered_by,
             answered_by_name, answered_at, asked_for, answered_for)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)",
        args![
            new.id,
            &*new.reference,
            new.declaration,
            new.direction.name(),
            new.amount,
            new.stood_at,
            &*new.reason,
            &*new.evidence,
            new.asked_by.name(),
            new.asked.by.person,
            &*new.asked.by.name,
            new.asked.at,
            new.answer_by,
            new.band.name(),
            new.state.name(),
            new.state.answer().map(|answer| answer.name()),
            answered.by,
            answered.name,
            answered.at,
            new.asked.by.principal,
            answered.principal
        ],
    )
    .await
    .map(drop)
}

/// Does something with a correction as the person saw it; gives it as it stands then.
pub async fn act(
    db: &Db,
    (reference, seen): (&str, i64),
    act: Act,
    reason: &str,
    by: &Actor,
    now: &Now,
) -> Result<Correction, Failed<CannotCorrect>> {
    let found = find(&mut db.read_as(by).await?, reference, by, now).await?;
    let by = &found.correction.acts_as(act, by);
    let mut tx = db.write().await?;
    // A payment file that is made meanwhile decides whether the money has gone: one waits for the other.
    hold::one_at_a_time(&mut tx, found.correction.commissioner).await?;
    declaration::hold(&mut tx, found.correction.declaration).await?;
    let found = whole(&mut tx, reference, by, now).await?;
    let original = original(&mut tx, &found.correction.corrects, by).await?;
    let with = Acting { by, now, reason, stands_at: original.stands_at() };
    let change = found.correction.act(act, &with).map_err(Failed::Refused)?;
    if found.correction.version != seen {
        return Err(Failed::Refused(CannotCorrect::Changed));
    }
    let after = save(&mut tx, seen, change, by, now).await?;
    if after.state.finance().is_some() {
        count(&mut tx, &found, &after, by, now).await?;
    }
    if matches!(act, Act::Agree | Act::Approve) {
        receipt::money::keep_correction(&mut tx, &after, by, now).await?;
    }
    told_of(&mut tx, act, &after, by, now).await?;
    tx.commit().await?;
    Ok(after)
}

/// Writes a decided change over the version that was seen, with its event.
async fn save(
    tx: &mut Tx,
    seen: i64,
    change: Change<Correction>,
    by: &Actor,
    now: &Now,
) -> Result<Correction> {
    let after = change.after;
    let [answered, approved, second, finance, ended] = columns(&after.state);
    let said = match after.state.answer() {
        Some(domain::correction::Answer::Disagrees { reason, .. }) => Some(reason.clone()),
        _ => None,
    };
    tx.change(
        "UPDATE correction SET state = $3, answer = $4, answer_reason = $5, answered_by = $6, answered_by_name = $7,
             answered_at = $8, approved_by = $9, approved_by_name = $10, approved_at = $11, second_by = $12,
             second_by_name = $13, second_at = $14, finance_by = $15, finance_by_name = $16, finance_at = $17,
             ended_by = $18, ended_by_name = $19, ended_at = $20, ended_reason = $21, version = $22,
             answered_for = $23, approved_for = $24, second_for = $25, finance_for = $26, ended_for = $27
         WHERE id = $1 AND version = $2",
        args![
            after.id,
            seen,
            after.state.name(),
            after.state.answer().map(|answer| answer.name()),
            said,
            answered.by,
            answered.name,
            answered.at,
            approved.by,
            approved.name,
            approved.at,
            second.by,
            second.name,
            second.at,
            finance.by,
            finance.name,
            finance.at,
            ended.by,
            ended.name,
            ended.at,
            after.state.ended().map(|(_, reason)| reason.to_owned()),
            after.version,
            answered.principal,
            approved.principal,
            second.principal,
            finance.principal,
            ended.principal
        ],
    )
    .await?;
    event::record(tx, &change.event, by, now)?;
    Ok(after)
}

/// What finance has just approved counts. More that is owed goes into the next file, and so does what is taken back of
/// money that has not gone to the payer yet; everything else is recovered with notice.
async fn count(
    tx: &mut Tx,
    found: &Listed,
    after: &Correction,
    by: &Actor,
    now: &Now,
) -> Result<()> {
    let is_recovered =
        after.direction == Direction::Reversing && part::has_gone(tx, after.declaration).await?;
    tx.change(
        "UPDATE correction SET counts = TRUE, is_recovered = $2 WHERE id = $1",
        args![after.id, is_recovered],
    )
    .await?;
    if !is_recovered {
        let whole = Due { number: 0, due_on: now.today, amount: after.amount };
        put(tx, (after.id, &after.reference), vec![whole], now).await?;
    }
    payments_change(tx, found.service_id, &[after.provider], by).await
}

/// Gives up what a correction took back: the declaration stands at what it stood at without it.
pub(crate) async fn does_not_count(tx: &mut Tx, found: &Listed, by: &Actor) -> Result<()> {
    tx.change(
        "UPDATE correction SET counts = FALSE WHERE id = $1 AND counts",
        args![found.correction.id],
    )
    .await?;
    payments_change(tx, found.service_id, &[found.correction.provider], by).await
}

async fn told_of(tx: &mut Tx, act: Act, after: &Correction, by: &Actor, now: &Now) -> Result<()> {
    let (to, words): (Party, Words) = match (act, &after.state) {
        (Act::Disagree, CorrectionState::Refused { .. }) => (Party::Commissioner, letter::refused),
        (Act::Agree | Act::Disagree, _) => (Party::Commissioner, letter::answered),
        (_, CorrectionState::Approved { .. }) => (Party::Provider, letter::approved),
        (Act::Refuse, _) => (Party::Provider, letter::refused),
        (Act::Withdraw, _) => (after.asked_by.other(), letter::withdrawn),
        _ => return Ok(()),
    };
    tell(tx, after.id, to, words, by, now).await
}

/// What corrections that count come to for a declaration; its amount and this are what it stands at.
pub(crate) async fn corrected(tx: &mut Tx, declaration: domain::DeclarationId) -> Result<Pence> {
    #[derive(sqlx::FromRow)]
    struct Row {
        pence: i64,
    }
    let Row { pence } = tx
        .one(
            "SELECT CAST(coalesce(sum(amount_pence), 0) AS BIGINT) AS pence FROM correction
             WHERE declaration_id = $1 AND counts",
            args![declaration],
        )
        .await?;
    Ok(Pence(pence))
}

/// The identifier of a correction and its reference.
pub(crate) type Named<'a> = (CorrectionId, &'a str);

/// A row that does not fit the rules that wrote it.
pub(crate) fn inconsistent(table: &'static str, what: String) -> StoreError {
    StoreError::Inconsistent { table, what }
}
