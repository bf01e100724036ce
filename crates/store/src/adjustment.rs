//! Adjustments of payments: asked for, decided by a second person, and calculated with in the same transaction.

mod read;
mod row;

pub use read::{
    Earlier, Form, Found, Listed, Pointed, find, form, of_achievement, to_agree, waiting,
};

use crate::{
    Db, Failed, Result, StoreError, Tx,
    achievement::{self, AchievementRow},
    args, event, new_id,
    offer::{self, Participation},
    service,
};
use chrono::NaiveDate;
use domain::{
    AchievementId, Actor, AdjustmentId, Change, Now, OrganisationId, Permission, Service,
    ServiceId,
    achievement::Achievement,
    adjustment::{Adjustment, AdjustmentState, CannotAdjust, Case, Effect, Typed, used},
    calculation::{self, Calculation},
    declaration::DeclarationState,
};
use row::{AdjustmentRow, change_columns, select, state_columns};
use std::{collections::HashMap, sync::Arc};

/// An achievement with everything that decides whether it may be adjusted.
struct Held {
    row: AchievementRow,
    service: Arc<Service>,
    part: Option<Participation>,
    calculation: Option<Calculation>,
    declaration: Option<DeclarationState>,
    all: Vec<Adjustment>,
    in_force: Vec<calculation::Adjustment>,
}

impl Held {
    /// The achievement as it stands, for a reader whose organisation provides or commissions it.
    async fn read(tx: &mut Tx, id: AchievementId, by: &Actor) -> Result<Self> {
        let row = achievement::visible(tx, id, by).await?;
        let declaration = achievement::declaration_state(tx, &row).await?;
        Self::with(tx, row, declaration).await
    }

    /// The same, while nobody else can approve or change it until the transaction ends.
    async fn hold(tx: &mut Tx, id: AchievementId, by: &Actor) -> Result<Self> {
        let row = achievement::visible(tx, id, by).await?;
        let declaration = achievement::hold_declaration(tx, &row).await?;
        // Somebody may have changed it while this waited.
        let row = achievement::visible(tx, id, by).await?;
        Self::with(tx, row, declaration).await
    }

    async fn with(
        tx: &mut Tx,
        row: AchievementRow,
        declaration: Option<DeclarationState>,
    ) -> Result<Self> {
        let of = row.read()?;
        let service = service::at(tx, of.service, of.period.end).await?;
        let part = offer::participation(tx, of.provider, of.service, of.period.end).await?;
        let calculation = achievement::in_force(tx, &row).await?;
        let all = all(tx, of.id).await?;
        let in_force = used(&all);
        Ok(Self { row, service, part, calculation, declaration, all, in_force })
    }

    fn case(&self) -> Case<'_> {
        Case {
            achievement: self.row.id.into(),
            commissioner: self.row.commissioner_id.into(),
            service: &self.service,
            components: self.part.as_ref().map_or(&[], |part| &part.components),
            calculation: self.calculation.as_ref(),
            in_force: &self.in_force,
            declaration: self.declaration.as_ref(),
        }
    }

    /// What the payment is now, and what it becomes when an adjustment stands as given.
    async fn effect(&self, tx: &mut Tx, changed: &Adjustment, now: &Now) -> Result<Effect> {
        let mut all = self.all.clone();
        if let Some(own) = all.iter_mut().find(|own| own.id == changed.id) {
            own.clone_from(changed);
        }
        // Without a provider that takes part there is nothing to work out.
        if self.part.is_none() {
            return Ok(Effect::default());
        }
        let before = self.calculation.as_ref().map(|own| own.amount);
        let supposed = InForce::supposed(&self.row.read()?, all);
        let after = achievement::with_adjustments(tx, &self.row, supposed, before, now).await?;
        Ok(Effect { before, after })
    }
}

/// Asks for an adjustment of an achievement. Nothing is paid by it until a second person agrees.
pub async fn ask(
    db: &Db,
    achievement: AchievementId,
    typed: &Typed<'_>,
    by: &Actor,
    now: &Now,
) -> Result<AdjustmentId, Failed<CannotAdjust>> {
    let by = &by.acting(Permission::Adjust);
    let mut tx = db.write().await?;
    let held = Held::hold(&mut tx, achievement, by).await?;
    takes_part(&held, by)?;
    let change = held.case().ask(new_id(now), typed, by, now).map_err(Failed::Refused)?;
    let after = change.after;
    let mut row = args![
        after.id,
        after.achievement,
        after.indicator.as_deref(),
        &*after.reason,
        &*after.evidence
    ];
    row.extend(args![
        after.asked.by.person,
        &*after.asked.by.name,
        after.asked.at,
        after.state.name(),
        after.version
    ]);
    row.extend(change_columns(&after.change));
    row.extend(args![after.asked.by.principal]);
    tx.execute(
        "INSERT INTO adjustment (id, achievement_id, indicator, reason, evidence, asked_by, asked_by_name, asked_at,
             state, version, kind, points, amount_pence, asked_for)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        row,
    )
    .await?;
    event::record(&mut tx, &change.event, by, now)?;
    tx.commit().await?;
    Ok(after.id)
}

/// Whoever may not adjust here learns that first, and not whether the provider takes part.
fn takes_part(held: &Held, by: &Actor) -> Result<(), Failed<CannotAdjust>> {
    held.case().may_change(by).map_err(Failed::Refused)?;
    match held.part {
        Some(_) => Ok(()),
        None => Err(Failed::Refused(CannotAdjust::NotTakingPart)),
    }
}

/// The second person agrees, to the adjustment or to its end. The payment is calculated again at once; a declaration
/// that somebody has made goes back to its provider with the cause.
pub async fn agree(
    db: &Db,
    id: AdjustmentId,
    seen: i64,
    by: &Actor,
    now: &Now,
) -> Result<Adjustment, Failed<CannotAdjust>> {
    let by = &by.acting(Permission::Adjust);
    let mut tx = db.write().await?;
    let (held, before) = hold(&mut tx, id, by).await?;
    before.may_agree(&held.case(), by).map_err(Failed::Refused)?;
    takes_part(&held, by)?;
    let effect = held.effect(&mut tx, &before.supposed(by, now), now).await?;
    let change = before.agree(&held.case(), effect, by, now).map_err(Failed::Refused)?;
    let cause = match &change.after.state {
        AdjustmentState::Ended { asked, .. } => {
            format!("{} asked to end an adjustment and {} agreed", asked.by.name, by.name())
        }
        _ => format!("{} asked for an adjustment and {} agreed", before.asked.by.name, by.name()),
    };
    let after = save(&mut tx, change, seen, by, now).await?;
    achievement::at_once(&mut tx, &held.row, &cause, by, now).await?;
    tx.commit().await?;
    Ok(after)
}

/// The second person decides against it, with a reason.
pub async fn refuse(
    db: &Db,
    id: AdjustmentId,
    seen: i64,
    reason: &str,
    by: &Actor,
    now: &Now,
) -> Result<Adjustment, Failed<CannotAdjust>> {
    let by = &by.acting(Permission::Adjust);
    let mut tx = db.write().await?;
    let (held, before) = hold(&mut tx, id, by).await?;
    let change = before.refuse(reason, &held.case(), by, now).map_err(Failed::Refused)?;
    let after = save(&mut tx, change, seen, by, now).await?;
    tx.commit().await?;
    Ok(after)
}

/// Who asked takes it back.
pub async fn withdraw(
    db: &Db,
    id: AdjustmentId,
    seen: i64,
    by: &Actor,
    now: &Now,
) -> Result<Adjustment, Failed<CannotAdjust>> {
    let by = &by.acting(Permission::Adjust);
    let mut tx = db.write().await?;
    let (held, before) = hold(&mut tx, id, by).await?;
    let change = before.withdraw(&held.case(), by, now).map_err(Failed::Refused)?;
    let after = save(&mut tx, change, seen, by, now).await?;
    tx.commit().await?;
    Ok(after)
}

/// Somebody finds that an adjustment in force was wrong; it counts until a second person agrees to end it.
pub async fn ask_to_end(
    db: &Db,
    id: AdjustmentId,
    seen: i64,
    reason: &str,
    by: &Actor,
    now: &Now,
) -> Result<Adjustment, Failed<CannotAdjust>> {
    let by = &by.acting(Permission::Adjust);
    let mut tx = db.write().await?;
    let (held, before) = hold(&mut tx, id, by).await?;
    let change = before.ask_to_end(reason, &held.case(), by, now).map_err(Failed::Refused)?;
    let after = save(&mut tx, change, seen, by, now).await?;
    tx.commit().await?;
    Ok(after)
}

/// An adjustment and its achievement, both held until the transaction ends, so that the answer names what stands now.
async fn hold(
    tx: &mut Tx,
    id: AdjustmentId,
    by: &Actor,
) -> Result<(Held, Adjustment), Failed<CannotAdjust>> {
    let achievement = one(tx, id).await?.read()?.achievement;
    let held = Held::hold(tx, achievement, by).await?;
    // Anybody else's decision is made or waits behind this one.
    tx.execute("UPDATE adjustment SET version = version WHERE id = $1", args![id]).await?;
    Ok((held, one(tx, id).await?.read()?))
}

async fn one(tx: &mut Tx, id: AdjustmentId) -> Result<AdjustmentRow> {
    tx.one(select!("WHERE j.id = $1"), args![id]).await
}

/// Every adjustment of an achievement, in the order they were asked for.
async fn all(tx: &mut Tx, achievement: AchievementId) -> Result<Vec<Adjustment>> {
    let rows: Vec<AdjustmentRow> = tx
        .all(select!("WHERE j.achievement_id = $1 ORDER BY j.asked_at, j.id"), args![achievement])
        .await?;
    rows.iter().map(AdjustmentRow::read).collect()
}

/// What two people have agreed, for calculations: of one achievement, or of many of a service and date read at once.
pub(crate) struct InForce {
    is_one: bool,
    known: HashMap<(ServiceId, NaiveDate), HashMap<OrganisationId, Vec<Adjustment>>>,
}

impl InForce {
    /// For as many achievements.
    pub(crate) fn of(achievements: usize) -> Self {
        Self { is_one: achievements == 1, known: HashMap::new() }
    }

    /// As it would be for one achievement with these adjustments and no others.
    fn supposed(of: &Achievement, adjustments: Vec<Adjustment>) -> Self {
        let one = HashMap::from([(of.provider, adjustments)]);
        Self { is_one: true, known: HashMap::from([((of.service, of.period.end), one)]) }
    }

    /// What counts for an achievement.
    pub(crate) async fn get(
        &mut self,
        tx: &mut Tx,
        part: &Participation,
        date: NaiveDate,
    ) -> Result<Vec<calculation::Adjustment>> {
        let key = (part.service, date);
        if !self.known.contains_key(&key) {
            let only = self.is_one.then_some(part.provider);
            self.known.insert(key, agreed(tx, key, only).await?);
        }
        let own = self.known.get(&key).and_then(|own| own.get(&part.provider));
        Ok(own.map(|own| used(own)).unwrap_or_default())
    }
}

/// The adjustments in force of a service and achievement date, of one provider or of all.
async fn agreed(
    tx: &mut Tx,
    (service, date): (ServiceId, NaiveDate),
    only: Option<OrganisationId>,
) -> Result<HashMap<OrganisationId, Vec<Adjustment>>> {
    let rows: Vec<AdjustmentRow> = match only {
        Some(provider) => {
            tx.all(
                select!(
                    "WHERE a.provider_id = $1 AND a.service_id = $2 AND a.achievement_date = $3 \
                     AND j.state IN ('agreed', 'ending')"
                ),
                args![provider, service, date],
            )
            .await?
        }
        None => {
            tx.all(
                select!(
                    "WHERE a.service_id = $1 AND a.achievement_date = $2 \
                     AND j.state IN ('agreed', 'ending')"
                ),
                args![service, date],
            )
            .await?
        }
    };
    let mut all: HashMap<OrganisationId, Vec<Adjustment>> = HashMap::new();
    for row in rows {
        all.entry(row.provider_id.into()).or_default().push(row.read()?);
    }
    Ok(all)
}

/// Writes a decided change over the version that was seen, with its event.
async fn save(
    tx: &mut Tx,
    change: Change<Adjustment>,
    seen: i64,
    by: &Actor,
    now: &Now,
) -> Result<Adjustment, StoreError> {
    let after = change.after;
    let mut columns = args![after.id, seen, after.state.name(), after.version];
    columns.extend(state_columns(&after.state));
    tx.change(
        "UPDATE adjustment SET state = $3, version = $4, decided_by = $5, decided_by_name = $6, decided_at = $7,
             refused_because = $8, end_asked_by = $9, end_asked_by_name = $10, end_asked_at = $11, end_because = $12,
             ended_by = $13, ended_by_name = $14, ended_at = $15, end_asked_for = $16
         WHERE id = $1 AND version = $2",
        columns,
    )
    .await?;
    event::record(tx, &change.event, by, now)?;
    Ok(after)
}
