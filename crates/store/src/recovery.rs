//! Recoveries: asked for with notice, answered, decided, and put into instalments that payment files take.

mod row;

pub(crate) use row::of;

use crate::{
    Db, Failed, Result, StoreError, Tx, args,
    correction::{self, Due as Part, Listed, Steps, does_not_count, put, tell},
    declaration, event, receipt,
};
use domain::{
    Actor, Change, Now,
    message::correction as letter,
    question::Party,
    recovery::{Act, Acting, CannotRecover, PAY, Plan, Recovery, RecoveryState, acts_as},
};

/// Asks for the recovery of a correction by a plan, with notice; gives it.
pub async fn ask(
    db: &Db,
    reference: &str,
    (plan, reason): (Plan, &str),
    by: &Actor,
    now: &Now,
) -> Result<Recovery, Failed<CannotRecover>> {
    let by = &by.acting_in(&PAY);
    let mut tx = db.write().await?;
    // Two who ask at once wait for each other here, and the second finds that it was asked for.
    let found = held(&mut tx, reference, by, now).await?;
    if let Some(recovery) = &found.recovery {
        found.due().can_ask(by).or_else(forget_due).map_err(Failed::Refused)?;
        return Err(Failed::Refused(CannotRecover::AlreadyAsked(recovery.asked.clone())));
    }
    let change = found.due().ask(plan, reason, by, now).map_err(Failed::Refused)?;
    let new = &change.after;
    tx.execute(
        "INSERT INTO recovery (correction_id, instalments, first_on, reason, asked_by, asked_by_name, asked_at,
             answer_by, state, asked_for) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        args![
            new.correction,
            new.plan.instalments,
            new.plan.first_on,
            &*new.reason,
            new.asked.by.person,
            &*new.asked.by.name,
            new.asked.at,
            new.answer_by,
            new.state.name(),
            new.asked.by.principal
        ],
    )
    .await?;
    event::record(&mut tx, &change.event, by, now)?;
    tell(&mut tx, new.correction, Party::Provider, letter::recovery_asked, by, now).await?;
    tx.commit().await?;
    Ok(change.after)
}

/// Of the refusals to ask, only those of the person count for what was asked for already.
fn forget_due(why: CannotRecover) -> Result<(), CannotRecover> {
    if why == CannotRecover::NothingToRecover { Ok(()) } else { Err(why) }
}

/// A correction with its recovery, kept from everybody else until the transaction ends.
async fn held(tx: &mut Tx, reference: &str, by: &Actor, now: &Now) -> Result<Listed> {
    let found = correction::whole(tx, reference, by, now).await?;
    declaration::hold(tx, found.correction.declaration).await?;
    correction::whole(tx, reference, by, now).await
}

/// Does something with a recovery as the person saw it; gives it as it stands then.
pub async fn act(
    db: &Db,
    (reference, seen): (&str, i64),
    (act, plan, reason): (Act, Plan, &str),
    by: &Actor,
    now: &Now,
) -> Result<Recovery, Failed<CannotRecover>> {
    let by = &acts_as(act, by);
    let mut tx = db.write().await?;
    let found = held(&mut tx, reference, by, now).await?;
    let before = found.recovery.clone().ok_or(Failed::Refused(CannotRecover::NothingToRecover))?;
    let with = Acting { by, now, reason, plan };
    let change = before.act(act, &with).map_err(Failed::Refused)?;
    if before.version != seen {
        return Err(Failed::Refused(CannotRecover::Changed));
    }
    let after = save(&mut tx, seen, change, by, now).await?;
    follow(&mut tx, &found, act, &after, by, now).await?;
    tx.commit().await?;
    Ok(after)
}

/// What an act brings with it: instalments, an end, a receipt, a message to the other side.
async fn follow(
    tx: &mut Tx,
    found: &Listed,
    act: Act,
    after: &Recovery,
    by: &Actor,
    now: &Now,
) -> Result<()> {
    let words: crate::correction::Words = match &after.state {
        RecoveryState::Agreed { .. } => {
            let parts = after.plan.split(after.whole).into_iter().map(Part::from).collect();
            put(tx, (after.correction, &after.reference), parts, now).await?;
            receipt::money::keep_recovery(tx, &found.correction, after, by, now).await?;
            if act == Act::Stand { letter::recovery_stands } else { letter::recovery_agreed }
        }
        RecoveryState::Dropped { .. } => {
            does_not_count(tx, found, by).await?;
            letter::recovery_dropped
        }
        _ => letter::recovery_answered,
    };
    let by_provider = matches!(act, Act::Agree | Act::Propose | Act::Dispute);
    let to = if by_provider { Party::Commissioner } else { Party::Provider };
    tell(tx, after.correction, to, words, by, now).await
}

/// Writes a decided change over the version that was seen, with its event.
async fn save(
    tx: &mut Tx,
    seen: i64,
    change: Change<Recovery>,
    by: &Actor,
    now: &Now,
) -> Result<Recovery> {
    let after = change.after;
    let answer = after.state.answer();
    let answered = Steps::of(answer.map(|answer| &answer.step));
    let (decided, how, dropped) = match &after.state {
        RecoveryState::Agreed { how, step, .. } | RecoveryState::Taken { how, step, .. } => {
            (Steps::of(Some(step)), Some(how.name()), None)
        }
        RecoveryState::Dropped { step, reason, .. } => {
            (Steps::of(Some(step)), None, Some(&**reason))
        }
        _ => (Steps::default(), None, None),
    };
    let proposal = answer.and_then(|answer| answer.proposal);
    tx.change(
        "UPDATE recovery SET instalments = $3, first_on = $4, state = $5, answered_by = $6, answered_by_name = $7,
             answered_at = $8, answer_reason = $9, proposed_instalments = $10, proposed_first_on = $11, how = $12,
             decided_by = $13, decided_by_name = $14, decided_at = $15, dropped_reason = $16, version = $17,
             answered_for = $18, decided_for = $19
         WHERE correction_id = $1 AND version = $2",
        args![
            after.correction,
            seen,
            after.plan.instalments,
            after.plan.first_on,
            after.state.name(),
            answered.by,
            answered.name,
            answered.at,
            answer.map(|answer| &*answer.reason),
            proposal.map(|plan| i64::from(plan.instalments)),
            proposal.map(|plan| plan.first_on),
            how,
            decided.by,
            decided.name,
            decided.at,
            dropped,
            after.version,
            answered.principal,
            decided.principal
        ],
    )
    .await?;
    event::record(tx, &change.event, by, now)?;
    Ok(after)
}

/// Lets every plan stand whose notice is over without an answer; gives how many.
pub async fn stand(db: &Db, by: &Actor, now: &Now) -> Result<u64> {
    let (mut stood, mut fault) = (0, Ok(()));
    for own in row::over(&mut db.read().await?, now.today).await? {
        // One that cannot be read keeps no other from standing.
        match stand_one(db, &own, by, now).await {
            Ok(stands) => stood += u64::from(stands),
            Err(error) => fault = Err(error),
        }
    }
    fault.map(|()| stood)
}

async fn stand_one(db: &Db, own: &row::Over, by: &Actor, now: &Now) -> Result<bool> {
    let mut tx = db.write().await?;
    // An answer that comes at the same moment waits here, or this finds it.
    declaration::hold(&mut tx, own.declaration).await?;
    let found = correction::by_id(&mut tx, own.correction, now).await?;
    let Some(before) = &found.recovery else { return Ok(false) };
    let with = Acting { by, now, reason: "", plan: before.plan };
    let Ok(change) = before.act(Act::Stand, &with) else { return Ok(false) };
    let after = save(&mut tx, before.version, change, by, now).await?;
    follow(&mut tx, &found, Act::Stand, &after, by, now).await?;
    tx.commit().await?;
    Ok(true)
}

/// A row that does not fit the rules that wrote it.
fn mistake(what: String) -> StoreError {
    correction::inconsistent("recovery", what)
}
