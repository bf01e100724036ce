//! Payment declarations: opened by a calculation, declared by the provider, approved by the commissioner and by finance.

mod blocked;
mod by_itself;
pub(crate) mod check;
pub mod dispute;
mod indicator;
pub mod limits;
mod list;
mod open;
mod returned;
pub mod review;
mod row;
mod standing;
pub mod take_back;
mod told;
mod waiting;

pub use blocked::{blocked, blocked_achievement};
pub(crate) use by_itself::go_on;
pub use indicator::declare_indicators;
pub use list::{Filter, Found, Listed, Named, find, list, services};
pub(crate) use list::{by_side, reader};
pub(crate) use open::{AfterCalculation, after_calculations};
pub use returned::{Returned, Way};
pub use standing::{Standing, page, standing};
pub use waiting::{NotReady, not_ready, not_ready_yet};

use crate::{
    Db, Failed, Result, StoreError, Tx, achievement::payments_change, args, event, extract::Range,
    offer::participation, receipt,
};
use check::check;
use chrono::NaiveDate;
use domain::{
    AchievementId, Actor, CalculationId, Change, DeclarationId, Now, OrganisationId, Pence,
    Permission, Refusal, ServiceId,
    achievement::Achievement,
    calendar::long_date,
    declaration::{CannotApprove, CannotDeclare, Declaration, DeclarationState, How, Steps},
    hold::Open,
    receipt::money::What,
};
use open::open_all;
use row::{DeclarationRow, columns, select};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A calculation that has just been stored, with what the payment configuration asks for.
#[derive(Clone, Debug)]
pub struct Calculated<'a> {
    /// The achievement calculated.
    pub achievement: &'a Achievement,
    /// Who approves.
    pub commissioner: OrganisationId,
    /// The calculation.
    pub calculation: CalculationId,
    /// Its amount.
    pub amount: Pence,
    /// Which steps a person must take.
    pub steps: Steps,
    /// Codes of the indicators that the provider declares by themselves.
    pub indicators: Vec<String>,
}

/// A row as the person saw it when they acted on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its reference.
    pub reference: String,
    /// Its version.
    pub version: i64,
    /// The calculation whose amount was shown.
    pub calculation: CalculationId,
}

/// What became of one row of a bulk act. Each row has its own transaction, so a refusal takes nothing from the others.
#[derive(Debug)]
pub struct Outcome<R: Refusal> {
    /// The row's reference.
    pub reference: String,
    /// The declaration afterwards, or why it stayed as it was.
    pub result: Result<Declaration, Failed<R>>,
}

/// Changes the provider's notes of rows that are not declared yet; a row whose notes are the same stays untouched.
pub async fn note(
    db: &Db,
    rows: &[(Seen, String)],
    by: &Actor,
    now: &Now,
) -> Result<Vec<Outcome<CannotDeclare>>, Failed<CannotDeclare>> {
    by.must(Permission::Declare).map_err(|why| Failed::Refused(why.into()))?;
    let by = &by.acting(Permission::Declare);
    let mut outcomes = Vec::new();
    let ids = own(db, rows.iter().map(|(seen, _)| &*seen.reference).collect(), by).await?;
    for ((seen, notes), id) in rows.iter().zip(ids) {
        let result = async {
            let mut tx = db.write().await?;
            let before = hold(&mut tx, id).await?;
            let after = write_notes(&mut tx, seen.version, before, notes, by, now).await?;
            tx.commit().await?;
            Ok(after)
        };
        outcomes.push(outcome(seen, result.await)?);
    }
    Ok(outcomes)
}

/// Declares rows for payment with the notes beside them. Refuses as a whole only who may not declare at all, and a
/// reference that is not one of the provider's.
pub async fn declare(
    db: &Db,
    rows: &[(Seen, String)],
    by: &Actor,
    now: &Now,
) -> Result<Vec<Outcome<CannotDeclare>>, Failed<CannotDeclare>> {
    by.must(Permission::Declare).map_err(|why| Failed::Refused(why.into()))?;
    let by = &by.acting(Permission::Declare);
    let mut outcomes = Vec::new();
    let ids = own(db, rows.iter().map(|(seen, _)| &*seen.reference).collect(), by).await?;
    for ((seen, notes), id) in rows.iter().zip(ids) {
        let result = declare_one(db, id, (seen, notes), by, now).await;
        outcomes.push(outcome(seen, result)?);
    }
    Ok(outcomes)
}

async fn declare_one(
    db: &Db,
    id: DeclarationId,
    (seen, notes): (&Seen, &str),
    by: &Actor,
    now: &Now,
) -> Result<Declaration, Failed<CannotDeclare>> {
    let mut tx = db.write().await?;
    let before = hold(&mut tx, id).await?;
    // Decided first, so that notes are not kept for a row that cannot be declared.
    before.declare(seen.calculation, by, now).map_err(Failed::Refused)?;
    let noted = write_notes(&mut tx, seen.version, before.clone(), notes, by, now).await?;
    let change = noted.declare(seen.calculation, by, now).map_err(Failed::Refused)?;
    let version = if noted.version == before.version { seen.version } else { noted.version };
    let declared = save(&mut tx, version, change, by, now).await?;
    if let Some(held) = out_of_force(&mut tx, &declared).await? {
        return Err(Failed::Refused(CannotDeclare::NotCalculated(held)));
    }
    receipt::money::keep(&mut tx, declared.id, What::Declared, by, now).await?;
    let after = automatic(&mut tx, declared, now).await?;
    check(&mut tx, std::slice::from_ref(&after)).await?;
    tx.commit().await?;
    Ok(after)
}

async fn write_notes(
    tx: &mut Tx,
    seen_version: i64,
    before: Declaration,
    notes: &str,
    by: &Actor,
    now: &Now,
) -> Result<Declaration, Failed<CannotDeclare>> {
    if notes.trim() == before.notes {
        return Ok(before);
    }
    let change = before.note(notes, by).map_err(Failed::Refused)?;
    Ok(save(tx, seen_version, change, by, now).await?)
}

/// Approves rows, for the commissioner or for finance as each row stands and as the person's roles allow.
pub async fn approve(
    db: &Db,
    rows: &[Seen],
    how: How,
    by: &Actor,
    now: &Now,
) -> Result<Vec<Outcome<CannotApprove>>, Failed<CannotApprove>> {
    must_approve(by)?;
    // Whatever a form says, several at once are a list.
    let how = if rows.len() == 1 { how } else { How::InList };
    let mut outcomes = Vec::new();
    let ids = own(db, rows.iter().map(|seen| &*seen.reference).collect(), by).await?;
    for (seen, id) in rows.iter().zip(ids) {
        let result = async {
            let mut tx = db.write().await?;
            let before = hold(&mut tx, id).await?;
            let by = &by.acting(before.approval_by(by));
            let change = before.approve_next(seen.calculation, how, by, now);
            let change = change.map_err(Failed::Refused)?;
            if let Some(held) = out_of_force(&mut tx, &before).await? {
                return Err(Failed::Refused(CannotApprove::NotCalculated(held)));
            }
            if change.after.state.finance().is_some() {
                payments_change(&mut tx, before.service, &[before.provider], by).await?;
            }
            let what = What::of_approval(&change.after.state);
            let after = save(&mut tx, seen.version, change, by, now).await?;
            receipt::money::keep(&mut tx, after.id, what, by, now).await?;
            tx.commit().await?;
            Ok(after)
        };
        outcomes.push(outcome(seen, result.await)?);
    }
    Ok(outcomes)
}

/// Whether somebody gives any approval.
fn must_approve(by: &Actor) -> Result<(), Failed<CannotApprove>> {
    if by.may(Permission::ApproveSecond) || by.may(Permission::ApproveFinance) {
        return Ok(());
    }
    by.must(Permission::Approve).map_err(|why| Failed::Refused(why.into()))
}

/// A refusal, or somebody who was faster, belongs to its row; a fault of the database ends the act.
fn outcome<R: Refusal>(
    seen: &Seen,
    result: Result<Declaration, Failed<R>>,
) -> Result<Outcome<R>, Failed<R>> {
    match result {
        Err(Failed::Other(fault)) if !matches!(fault, StoreError::Stale) => Err(fault.into()),
        result => Ok(Outcome { reference: seen.reference.clone(), result }),
    }
}

/// The declarations behind references, in their order; [`StoreError::NotFound`] when one is not for this organisation.
async fn own(db: &Db, references: Vec<&str>, by: &Actor) -> Result<Vec<DeclarationId>> {
    let mut tx = db.read_as(by).await?;
    let mut ids = Vec::new();
    for reference in references {
        ids.push(list::find(&mut tx, reference, by).await?.declaration.id);
    }
    Ok(ids)
}

/// Reads a declaration and keeps everybody else from changing it until the transaction ends, so that the answer names
/// what stands now.
pub(crate) async fn hold(tx: &mut Tx, id: DeclarationId) -> Result<Declaration> {
    tx.execute("UPDATE declaration SET version = version WHERE id = $1", args![id]).await?;
    let row: DeclarationRow = tx.one(select!("WHERE d.id = $1"), args![id]).await?;
    row.read_now(tx).await
}

/// Why the calculation of a declaration is not in force any more; none while it is. New figures can leave an
/// achievement without an amount until somebody puts them right.
async fn out_of_force(tx: &mut Tx, declaration: &Declaration) -> Result<Option<String>> {
    #[derive(sqlx::FromRow)]
    struct InForce {
        calculation_id: Option<Uuid>,
        held_because: String,
    }
    let now: InForce = tx
        .one(
            "SELECT calculation_id, held_because FROM achievement WHERE id = $1",
            args![declaration.achievement],
        )
        .await?;
    if now.calculation_id != Some(declaration.calculation.0) {
        return Ok(Some(now.held_because));
    }
    let (provider, date) = (declaration.provider, declaration.period.end);
    let part = participation(tx, provider, declaration.service, date).await?;
    Ok(part.is_none().then(|| not_taking_part(date)))
}

/// Whoever left while it was calculated is not paid for it.
fn not_taking_part(date: NaiveDate) -> String {
    format!("The provider does not take part in this service on {}.", long_date(date))
}

/// Opens the declaration of a calculation, or returns an open one to the provider with the new amount; then takes the
/// steps that the configuration takes by itself. A locked declaration stays as it is.
///
/// Runs in the transaction that stored the calculation. `cause` says why there was a new one.
pub(crate) async fn after_calculation(
    tx: &mut Tx,
    calculated: &Calculated<'_>,
    cause: &str,
    by: &Actor,
    now: &Now,
) -> Result<()> {
    let Some(before) = of_achievement(tx, calculated.achievement.id).await? else {
        return open_all(tx, &[(calculated, by)], now).await;
    };
    let (calculation, own) = (calculated.calculation, &calculated.indicators);
    if let Some(change) = before.recalculated(calculation, calculated.amount, own, cause) {
        let declaration = save(tx, before.version, change, by, now).await?;
        let after = automatic(tx, declaration, now).await?;
        check(tx, &[after]).await?;
    }
    Ok(())
}

/// Where the declaration of an achievement stands; none before its first calculation.
pub async fn state_of(tx: &mut Tx, achievement: AchievementId) -> Result<Option<DeclarationState>> {
    Ok(of_achievement(tx, achievement).await?.map(|declaration| declaration.state))
}

/// Where the declarations of a range of providers stand, held until the transaction ends, so that nobody approves
/// figures while they change.
pub(crate) async fn hold_range(
    tx: &mut Tx,
    service: ServiceId,
    date: NaiveDate,
    (first, last): Range,
) -> Result<BTreeMap<AchievementId, DeclarationState>> {
    tx.execute(
        "UPDATE declaration SET version = version
         WHERE service_id = $1 AND achievement_date = $2 AND provider_id >= $3 AND provider_id <= $4",
        args![service, date, first, last],
    )
    .await?;
    let rows: Vec<DeclarationRow> = tx
        .all(
            select!(
                "WHERE d.service_id = $1 AND d.achievement_date = $2
                 AND d.provider_id >= $3 AND d.provider_id <= $4"
            ),
            args![service, date, first, last],
        )
        .await?;
    let read = |row: DeclarationRow| {
        // Where it stands, a hold does not change.
        let declaration = row.read(&Open::default())?;
        Ok((declaration.achievement, declaration.state))
    };
    rows.into_iter().map(read).collect()
}

async fn of_achievement(tx: &mut Tx, achievement: AchievementId) -> Result<Option<Declaration>> {
    let row: Option<DeclarationRow> =
        tx.optional(select!("WHERE d.achievement_id = $1"), args![achievement]).await?;
    match row {
        Some(row) => row.read_now(tx).await.map(Some),
        None => Ok(None),
    }
}

/// Takes the steps that the configuration takes by itself, each with its own event under the configuration's name.
pub(crate) async fn automatic(
    tx: &mut Tx,
    mut declaration: Declaration,
    now: &Now,
) -> Result<Declaration> {
    while let Some((actor, change)) = declaration.automatic(now) {
        declaration = save(tx, declaration.version, change, &actor, now).await?;
    }
    Ok(declaration)
}

/// Writes a decided change over the version that was seen, with its event.
pub(crate) async fn save(
    tx: &mut Tx,
    seen_version: i64,
    change: Change<Declaration>,
    by: &Actor,
    now: &Now,
) -> Result<Declaration> {
    let after = change.after;
    let mut values = args![
        after.id,
        seen_version,
        after.calculation,
        after.amount,
        &*after.notes,
        after.state.name(),
        after.less.as_ref().map(|less| less.calculated.0),
        after.less.as_ref().map(|less| less.reason.clone()),
        after.version
    ];
    for step in columns(&after.state) {
        values.extend(args![step.by, step.name, step.at, step.principal]);
    }
    values.extend(args![indicator::written(&after)]);
    tx.change(
        "UPDATE declaration SET calculation_id = $3, amount_pence = $4, notes = $5, state = $6, calculated_pence = $7,
             less_because = $8, version = $9, indicators = $26,
             declared_by = $10, declared_by_name = $11, declared_at = $12, declared_for = $13,
             approved_by = $14, approved_by_name = $15, approved_at = $16, approved_for = $17,
             second_by = $18, second_by_name = $19, second_at = $20, second_for = $21,
             finance_by = $22, finance_by_name = $23, finance_at = $24, finance_for = $25
         WHERE id = $1 AND version = $2",
        values,
    )
    .await?;
    event::record(tx, &change.event, by, now)?;
    Ok(after)
}
