//! How an amount was worked out, what moved between two calculations, and what a provider would be paid today.

use super::{
    AchievementRow,
    find::{read, visible},
    inputs, standing,
    together::together,
    values,
};
use crate::{
    Failed, Result, StoreError, Tx, adjustment::InForce, args, offer, organisation, service,
};
use chrono::{DateTime, Utc};
use domain::{
    AchievementId, Actor, NotAllowed, Organisation, Pence, Period, Permission, Service,
    calculation::{self, Basis, Calculation, CannotCalculate, Forecast, Inputs, Moved},
};
use std::sync::Arc;
use uuid::Uuid;

/// One calculation with everything it was made from.
#[derive(Clone, Debug)]
pub struct Working {
    /// The achievement it is of.
    pub achievement: AchievementId,
    /// Whose.
    pub provider: Organisation,
    /// Who commissions.
    pub commissioner: Organisation,
    /// Of which service.
    pub service: Arc<Service>,
    /// For which period.
    pub period: Period,
    /// Which it is, from 1.
    pub number: i64,
    /// The one in force; none while a newer one is waited for.
    pub in_force: Option<i64>,
    /// What was achieved, in words.
    pub achieved: String,
    /// The amount, when the reader may see money.
    pub amount: Option<Pence>,
    /// Points and lines, as the reader may see them.
    pub result: Calculation,
    /// When.
    pub calculated_at: DateTime<Utc>,
    /// The numbers of all calculations, newest first.
    pub numbers: Vec<i64>,
}

#[derive(sqlx::FromRow)]
struct CalculationRow {
    id: Uuid,
    number: i64,
    achieved: String,
    amount_pence: i64,
    result: String,
    inputs: Option<String>,
    calculated_at: DateTime<Utc>,
}

impl CalculationRow {
    /// What it was made from; none of a calculation that was made before inputs were kept.
    fn inputs(&self) -> Result<Option<Inputs>> {
        let read = |text: &String| {
            serde_json::from_str(text).map_err(|error| StoreError::Inconsistent {
                table: "calculation",
                what: format!("inputs of {}: {error}", self.id),
            })
        };
        self.inputs.as_ref().map(read).transpose()
    }

    fn result(&self) -> Result<Calculation> {
        serde_json::from_str(&self.result).map_err(|error| StoreError::Inconsistent {
            table: "calculation",
            what: format!("result of {}: {error}", self.id),
        })
    }
}

/// Every calculation of an achievement, newest first. There are a few.
async fn all(tx: &mut Tx, row: &AchievementRow) -> Result<Vec<CalculationRow>> {
    tx.all(
        "SELECT id, number, achieved, amount_pence, result, inputs, calculated_at FROM calculation
         WHERE achievement_id = $1 ORDER BY number DESC",
        args![row.id],
    )
    .await
}

/// One calculation of an achievement, by default the newest; [`StoreError::NotFound`] when there is none.
pub async fn working(
    tx: &mut Tx,
    id: AchievementId,
    number: Option<i64>,
    by: &Actor,
) -> Result<Working, Failed<NotAllowed>> {
    by.must(Permission::SeeAchievement).map_err(Failed::Refused)?;
    let row = visible(tx, id, by).await?;
    let rows = all(tx, &row).await?;
    let numbers = rows.iter().map(|own| own.number).collect();
    let in_force = rows.iter().find(|own| Some(own.id) == row.calculation_id).map(|own| own.number);
    let own = rows
        .into_iter()
        .find(|own| number.is_none_or(|number| own.number == number))
        .ok_or(StoreError::NotFound)?;
    let achievement = row.read()?;
    let result = read(&own.result, by)?;
    let version = result.definition_version;
    Ok(Working {
        achievement: id,
        provider: organisation::find(tx, achievement.provider).await?,
        commissioner: organisation::find(tx, row.commissioner_id.into()).await?,
        service: service::version(tx, achievement.service, version).await?,
        period: achievement.period,
        number: own.number,
        in_force,
        amount: Some(Pence(own.amount_pence)).filter(|_| by.sees_money()),
        result,
        achieved: own.achieved,
        calculated_at: own.calculated_at,
        numbers,
    })
}

/// What moved from one calculation of an achievement to a later one; none where what one of them was made from has not
/// been kept.
pub async fn moved(
    tx: &mut Tx,
    id: AchievementId,
    (from, to): (i64, i64),
    by: &Actor,
) -> Result<Option<Vec<Moved>>, Failed<NotAllowed>> {
    by.must(Permission::SeeAchievement).map_err(Failed::Refused)?;
    let row = visible(tx, id, by).await?;
    let rows = all(tx, &row).await?;
    let find = |number| rows.iter().find(|own| own.number == number).ok_or(StoreError::NotFound);
    let (before, after) = (find(from)?, find(to)?);
    let (Some(old), Some(new)) = (before.inputs()?, after.inputs()?) else { return Ok(None) };
    let (before, after) = (before.result()?, after.result()?);
    let achievement = row.read()?;
    let versions = (before.definition_version, after.definition_version);
    let old_service = service::version(tx, achievement.service, versions.0).await?;
    let new_service = service::version(tx, achievement.service, versions.1).await?;
    let basis = |service, components, inputs| Basis {
        service,
        components,
        period: achievement.period,
        inputs,
    };
    let moved = calculation::moved(
        &basis(&old_service, &before.components, &old),
        &basis(&new_service, &after.components, &new),
    );
    Ok(Some(moved.map_err(|error| StoreError::Inconsistent {
        table: "calculation",
        what: format!("{id} cannot be worked out again: {error}"),
    })?))
}

/// What an achievement would come to at the counts that are in; a sentence says why where nothing can be said.
pub async fn forecast(
    tx: &mut Tx,
    id: AchievementId,
    by: &Actor,
) -> Result<Result<Forecast, CannotCalculate>, Failed<NotAllowed>> {
    by.must(Permission::SeeAchievement).map_err(Failed::Refused)?;
    let row = visible(tx, id, by).await?;
    let achievement = row.read()?;
    let (provider, date) = (achievement.provider, achievement.period.end);
    let part = offer::participation(tx, provider, achievement.service, date)
        .await?
        .ok_or(StoreError::NotFound)?;
    let service = service::agreed(tx, achievement.service, part.offer, date).await?;
    let figures = values(&standing(tx, provider, achievement.service, date).await?);
    let together = together(tx, &service, &part, achievement.period, figures).await?;
    let figures = together.figures;
    let mut inputs = inputs::gather(tx, &service, &part, achievement.period, figures, None).await?;
    inputs.adjustments = InForce::of(1).get(tx, &part, date).await?;
    let basis = Basis {
        service: &service,
        components: &part.components,
        period: achievement.period,
        inputs: &inputs,
    };
    Ok(calculation::forecast(&basis).map(|forecast| for_reader(forecast, by)))
}

/// Without pounds for a reader who may not see money.
fn for_reader(mut forecast: Forecast, by: &Actor) -> Forecast {
    if !by.sees_money() {
        forecast.now = forecast.now.without_money();
        for gain in &mut forecast.gains {
            gain.amount = Pence(0);
        }
    }
    forecast
}
