//! Payment declarations: opened by a calculation, declared by the provider, approved by the commissioner and by finance.

mod row;

use crate::{Result, Tx, args, event, new_id, next_reference};
use domain::{
    AchievementId, Actor, CalculationId, Change, Event, Now, OrganisationId, Pence,
    achievement::Achievement,
    declaration::{Declaration, DeclarationState, Steps},
};
use row::{DeclarationRow, columns, select};

/// A calculation that has just been stored, with what the payment configuration asks for.
#[derive(Clone, Copy, Debug)]
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
}

/// Opens the declaration of a calculation, or returns an open one to the provider with the new amount; then takes the
/// steps that the configuration takes by itself. A locked declaration stays as it is.
///
/// Runs in the transaction that stored the calculation. `cause` says why there was a new one.
pub async fn after_calculation(
    tx: &mut Tx,
    calculated: &Calculated<'_>,
    cause: &str,
    by: &Actor,
    now: &Now,
) -> Result<()> {
    let declaration = match of_achievement(tx, calculated.achievement.id).await? {
        None => open(tx, calculated, by, now).await?,
        Some(before) => {
            let change = before.recalculated(calculated.calculation, calculated.amount, cause);
            match change {
                Some(change) => save(tx, before.version, change, by, now).await?,
                None => return Ok(()),
            }
        }
    };
    automatic(tx, declaration, now).await?;
    Ok(())
}

/// Where the declaration of an achievement stands; none before its first calculation.
pub async fn state_of(tx: &mut Tx, achievement: AchievementId) -> Result<Option<DeclarationState>> {
    Ok(of_achievement(tx, achievement).await?.map(|declaration| declaration.state))
}

async fn of_achievement(tx: &mut Tx, achievement: AchievementId) -> Result<Option<Declaration>> {
    let row: Option<DeclarationRow> = tx
        .optional(select!("FROM declaration d WHERE d.achievement_id = $1"), args![achievement])
        .await?;
    row.map(DeclarationRow::read).transpose()
}

async fn open(
    tx: &mut Tx,
    calculated: &Calculated<'_>,
    by: &Actor,
    now: &Now,
) -> Result<Declaration> {
    let achievement = calculated.achievement;
    let declaration = Declaration {
        id: new_id(now),
        reference: next_reference(tx, "D", now).await?,
        achievement: achievement.id,
        calculation: calculated.calculation,
        provider: achievement.provider,
        commissioner: calculated.commissioner,
        service: achievement.service,
        period: achievement.period,
        amount: calculated.amount,
        notes: String::new(),
        steps: calculated.steps,
        state: DeclarationState::AwaitingProvider,
        version: 1,
    };
    tx.execute(
        "INSERT INTO declaration (id, reference, achievement_id, calculation_id, provider_id, commissioner_id,
             service_id, period_start, achievement_date, amount_pence, notes, declaration_required, approval_required,
             state, opened_at, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        args![
            declaration.id,
            &*declaration.reference,
            declaration.achievement,
            declaration.calculation,
            declaration.provider,
            declaration.commissioner,
            declaration.service,
            declaration.period.start,
            declaration.period.end,
            declaration.amount,
            &*declaration.notes,
            declaration.steps.declaration_required,
            declaration.steps.approval_required,
            declaration.state.name(),
            now.instant,
            declaration.version
        ],
    )
    .await?;
    let event =
        Event::DeclarationOpened { declaration: declaration.id, amount: declaration.amount };
    event::record(tx, &event, by, now).await?;
    Ok(declaration)
}

/// Takes the steps that the configuration takes by itself, each with its own event under the configuration's name.
async fn automatic(tx: &mut Tx, mut declaration: Declaration, now: &Now) -> Result<Declaration> {
    while let Some((actor, change)) = declaration.automatic(now) {
        declaration = save(tx, declaration.version, change, &actor, now).await?;
    }
    Ok(declaration)
}

/// Writes a decided change over the version that was seen, with its event.
async fn save(
    tx: &mut Tx,
    seen_version: i64,
    change: Change<Declaration>,
    by: &Actor,
    now: &Now,
) -> Result<Declaration> {
    let after = change.after;
    let [declared, approved, finance] = columns(&after.state);
    tx.change(
        "UPDATE declaration SET calculation_id = $3, amount_pence = $4, notes = $5, state = $6,
             declared_by = $7, declared_by_name = $8, declared_at = $9,
             approved_by = $10, approved_by_name = $11, approved_at = $12,
             finance_by = $13, finance_by_name = $14, finance_at = $15, version = $16
         WHERE id = $1 AND version = $2",
        args![
            after.id,
            seen_version,
            after.calculation,
            after.amount,
            &*after.notes,
            after.state.name(),
            declared.by,
            declared.name,
            declared.at,
            approved.by,
            approved.name,
            approved.at,
            finance.by,
            finance.name,
            finance.at,
            after.version
        ],
    )
    .await?;
    event::record(tx, &change.event, by, now).await?;
    Ok(after)
}
