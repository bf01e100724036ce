//! Adjustments as pages show them: those of an achievement, those that wait, one with its effect, and the form.

use super::{Held, one, row::AdjustmentRow, row::select};
use crate::{Failed, Result, Tx, achievement, args, organisation};
use domain::{
    AchievementId, Actor, AdjustmentId, Change, NotAllowed, Now, Organisation, Pence, Period,
    Permission, Service,
    adjustment::{Adjustment, AdjustmentState, CannotAdjust, Effect},
    calculation::{AdjustmentChange, Calculation},
    ratio::Points,
};
use std::{collections::BTreeMap, sync::Arc};

/// One adjustment with what it is about, as the reader may see it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The adjustment. For a reader who may not see pounds it has none.
    pub adjustment: Adjustment,
    /// Code of the provider.
    pub provider_code: String,
    /// Name of the provider.
    pub provider_name: String,
    /// Name of the service.
    pub service_name: String,
    /// The period paid for.
    pub period: Period,
}

impl Listed {
    fn of(row: &AdjustmentRow, by: &Actor) -> Result<Self> {
        Ok(Self {
            adjustment: for_reader(row.read()?, by),
            provider_code: row.provider_code.clone(),
            provider_name: row.provider_name.clone(),
            service_name: row.service_name.clone(),
            period: row.period(),
        })
    }
}

/// A provider does not see that an end is asked for; who may not see pounds gets none, also not in a reason.
fn for_reader(mut adjustment: Adjustment, by: &Actor) -> Adjustment {
    if by.organisation().is_some_and(|own| own.kind.provides())
        && let AdjustmentState::Ending { agreed, .. } = &adjustment.state
    {
        adjustment.state = AdjustmentState::Agreed { agreed: agreed.clone() };
    }
    if by.sees_money() {
        return adjustment;
    }
    if adjustment.change.is_money() {
        adjustment.change = AdjustmentChange::Amount(Pence(0));
    }
    let hide = |text: &mut String| {
        if text.contains('£') {
            "Your role does not show amounts".clone_into(text);
        }
    };
    hide(&mut adjustment.reason);
    hide(&mut adjustment.evidence);
    match &mut adjustment.state {
        AdjustmentState::Refused { reason, .. }
        | AdjustmentState::Ending { reason, .. }
        | AdjustmentState::Ended { reason, .. } => hide(reason),
        _ => {}
    }
    adjustment
}

/// The adjustments of an achievement, newest first. Its provider sees those that are in force.
pub async fn of_achievement(
    tx: &mut Tx,
    id: AchievementId,
    by: &Actor,
) -> Result<Vec<Listed>, Failed<NotAllowed>> {
    by.must(Permission::SeeAchievement).map_err(Failed::Refused)?;
    achievement::visible(tx, id, by).await?;
    let rows: Vec<AdjustmentRow> = tx
        .all(select!("WHERE j.achievement_id = $1 ORDER BY j.asked_at DESC, j.id DESC"), args![id])
        .await?;
    let listed: Result<Vec<_>> = rows.iter().map(|row| Listed::of(row, by)).collect();
    let mut listed = listed?;
    if by.organisation().is_some_and(|own| own.kind.provides()) {
        listed.retain(|own| own.adjustment.state.is_in_force());
    }
    Ok(listed)
}

#[derive(sqlx::FromRow)]
struct Count {
    adjustments: i64,
}

/// A page of the adjustments that wait for a second person at a commissioner, and at the ICBs below a region, the
/// oldest first; and how many there are.
pub async fn waiting(
    tx: &mut Tx,
    (skip, take): (i64, i64),
    by: &Actor,
) -> Result<(Vec<Listed>, i64), Failed<NotAllowed>> {
    by.must(Permission::SeeAchievement).map_err(Failed::Refused)?;
    let own = by.organisation().map(|organisation| organisation.id);
    let Count { adjustments } = tx
        .one(
            "SELECT count(*) AS adjustments FROM adjustment j JOIN achievement a ON a.id = j.achievement_id
             WHERE j.state IN ('asked', 'ending') AND a.commissioner_id IN
                 (SELECT id FROM organisation WHERE id = $1 OR (parent_id = $1 AND kind = 'icb'))",
            args![own],
        )
        .await?;
    let rows: Vec<AdjustmentRow> = tx
        .all(
            select!(
                "WHERE j.state IN ('asked', 'ending') AND a.commissioner_id IN \
                     (SELECT id FROM organisation WHERE id = $1 OR (parent_id = $1 AND kind = 'icb')) \
                 ORDER BY coalesce(j.end_asked_at, j.asked_at), j.id LIMIT CAST($2 AS BIGINT) OFFSET $3"
            ),
            args![own, take, skip],
        )
        .await?;
    let listed: Result<Vec<_>> = rows.iter().map(|row| Listed::of(row, by)).collect();
    Ok((listed?, adjustments))
}

/// How many adjustments of the own organisation wait for this very person: those that somebody else asked for.
pub async fn to_agree(tx: &mut Tx, by: &Actor) -> Result<i64> {
    if !by.may(Permission::Adjust) {
        return Ok(0);
    }
    let own = by.organisation().map(|organisation| organisation.id);
    let principal = by.acting(Permission::Adjust).principal();
    let Count { adjustments } = tx
        .one(
            "SELECT count(*) AS adjustments FROM adjustment j JOIN achievement a ON a.id = j.achievement_id
             WHERE a.commissioner_id = $1
               AND ((j.state = 'asked' AND j.asked_by NOT IN ($2, $3)
                     AND (j.asked_for IS NULL OR j.asked_for NOT IN ($2, $3)))
                 OR (j.state = 'ending' AND j.end_asked_by NOT IN ($2, $3)
                     AND (j.end_asked_for IS NULL OR j.end_asked_for NOT IN ($2, $3))))",
            args![own, by.person(), principal.or(by.person())],
        )
        .await?;
    Ok(adjustments)
}

/// One adjustment with everything a second person decides by.
#[derive(Clone, Debug)]
pub struct Found {
    /// The adjustment and what it is about.
    pub listed: Listed,
    /// What agreeing does to the payment; nothing where nobody can agree, or pounds are not shown.
    pub effect: Effect,
    /// Whether this person may agree, and if not, why.
    pub agree: Result<(), CannotAdjust>,
    /// Whether this person may decide against it.
    pub may_refuse: bool,
    /// Whether this person asked and may take it back.
    pub may_withdraw: bool,
    /// Whether this person may ask for its end.
    pub may_end: bool,
}

/// One adjustment, for its commissioner or the region above.
pub async fn find(
    tx: &mut Tx,
    id: AdjustmentId,
    by: &Actor,
    now: &Now,
) -> Result<Found, Failed<NotAllowed>> {
    by.must(Permission::SeeAchievement).map_err(Failed::Refused)?;
    let row = one(tx, id).await?;
    let adjustment = row.read()?;
    let held = Held::read(tx, adjustment.achievement, by).await?;
    let case = held.case();
    let agree = adjustment.may_agree(&case, by);
    let effect = if adjustment.state.waits() && by.sees_money() {
        held.effect(tx, &adjustment.supposed(by, now), now).await?
    } else {
        Effect::default()
    };
    // An empty reason is refused only after everything else has been found in order.
    let but_for_the_reason = |tried: Result<Change<Adjustment>, CannotAdjust>| {
        matches!(tried, Ok(_) | Err(CannotAdjust::Typed(_)))
    };
    Ok(Found {
        listed: Listed::of(&row, by)?,
        effect,
        may_refuse: but_for_the_reason(adjustment.refuse("", &case, by, now)),
        may_withdraw: adjustment.withdraw(&case, by, now).is_ok(),
        may_end: but_for_the_reason(adjustment.ask_to_end("", &case, by, now)),
        agree,
    })
}

/// Points of an indicator in an earlier year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earlier {
    /// How many.
    pub points: Points,
    /// The service that gave them.
    pub service: String,
}

/// An indicator that is paid by points.
#[derive(Clone, Debug)]
pub struct Pointed {
    /// Its code.
    pub code: String,
    /// Its points now; none while nothing is calculated.
    pub now: Option<Points>,
    /// The most it can have.
    pub available: Points,
    /// Its points in the newest earlier year that has any.
    pub earlier: Option<Earlier>,
}

/// What the form of an adjustment shows.
#[derive(Clone, Debug)]
pub struct Form {
    /// Whose achievement.
    pub provider: Organisation,
    /// Of which service.
    pub service: Arc<Service>,
    /// Of which period.
    pub period: Period,
    /// The components that the contract includes.
    pub components: Vec<String>,
    /// The payment now.
    pub amount: Option<Pence>,
    /// Indicators that are paid by points.
    pub pointed: Vec<Pointed>,
}

/// What the form of an adjustment shows, to those who may ask for one here.
pub async fn form(
    tx: &mut Tx,
    id: AchievementId,
    by: &Actor,
) -> Result<Form, Failed<CannotAdjust>> {
    let held = Held::read(tx, id, by).await?;
    super::takes_part(&held, by)?;
    if held.calculation.is_none() {
        return Err(Failed::Refused(CannotAdjust::NotCalculated));
    }
    let achievement = held.row.read()?;
    let earlier = earlier(tx, &held, by).await?;
    let case = held.case();
    let pointed = held
        .service
        .included(case.components)
        .filter_map(|own| {
            Some(Pointed {
                code: own.code.clone(),
                now: case.points_now(&own.code),
                available: own.points()?.clone(),
                earlier: earlier.get(&own.code).cloned(),
            })
        })
        .collect();
    Ok(Form {
        provider: organisation::find(tx, achievement.provider).await?,
        period: achievement.period,
        components: case.components.to_vec(),
        amount: held.calculation.as_ref().map(|own| own.amount),
        pointed,
        service: held.service.clone(),
    })
}

/// Calculations of earlier years that are looked at: twelve months of four years are enough.
const EARLIER_AT_MOST: i64 = 48;

/// The points that each indicator earned in the provider's services of the same family before, the newest of each, as
/// far as the same commissioner pays for them.
async fn earlier(tx: &mut Tx, held: &Held, by: &Actor) -> Result<BTreeMap<String, Earlier>> {
    #[derive(sqlx::FromRow)]
    struct Row {
        name: String,
        result: String,
    }
    let rows: Vec<Row> = tx
        .all(
            "SELECT s.name, c.result FROM achievement a JOIN service s ON s.id = a.service_id
             JOIN calculation c ON c.id = a.calculation_id
             WHERE a.provider_id = $1 AND a.commissioner_id = $2 AND s.family = $3 AND s.year < $4
             ORDER BY s.year DESC, a.achievement_date DESC LIMIT CAST($5 AS BIGINT)",
            args![
                held.row.provider_id,
                held.row.commissioner_id,
                &*held.service.family,
                held.service.year.0,
                EARLIER_AT_MOST
            ],
        )
        .await?;
    let mut earlier = BTreeMap::new();
    for Row { name, result } in rows {
        let result: Calculation = achievement::read(&result, by)?;
        for line in result.lines {
            let points = line.points.as_ref().and_then(|points| points.parse().ok());
            if let (Some(code), Some(points)) = (line.indicator, points) {
                let service = name.clone();
                earlier.entry(code).or_insert(Earlier { points, service });
            }
        }
    }
    Ok(earlier)
}
