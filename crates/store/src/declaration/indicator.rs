//! Declaring indicator by indicator: what a row keeps of it, and the act.

use super::{Seen, dispute::held, out_of_force, save};
use crate::{Db, Failed};
use chrono::{DateTime, Utc};
use domain::{
    Actor, By, CalculationId, Now,
    declaration::{CannotDeclare, Declaration, Step, SubjectToDeclare},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One indicator as the column keeps it.
#[derive(Serialize, Deserialize)]
struct Kept {
    indicator: String,
    declared: Option<KeptStep>,
}

/// Who agreed to its figures, and in which calculation.
#[derive(Serialize, Deserialize)]
struct KeptStep {
    calculation: Uuid,
    person: Option<Uuid>,
    /// For whom, where a deputy did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    principal: Option<Uuid>,
    name: String,
    at: DateTime<Utc>,
}

/// As the column keeps them.
pub(super) fn written(declaration: &Declaration) -> String {
    let keep = |step: &Step| KeptStep {
        calculation: declaration.calculation.0,
        person: step.by.person.map(|person| person.0),
        principal: step.by.principal.map(|person| person.0),
        name: step.by.name.clone(),
        at: step.at,
    };
    let kept = declaration.indicators.iter().map(|own| Kept {
        indicator: own.indicator.clone(),
        declared: own.declared.as_ref().map(keep),
    });
    serde_json::json!(kept.collect::<Vec<_>>()).to_string()
}

/// Reads them back. What was agreed of another calculation does not count: a release that does not know the column leaves
/// it when figures change.
pub(super) fn read(
    text: &str,
    calculation: CalculationId,
) -> serde_json::Result<Vec<SubjectToDeclare>> {
    let kept: Vec<Kept> = serde_json::from_str(text)?;
    let step = |step: KeptStep| Step {
        by: By {
            person: step.person.map(Into::into),
            principal: step.principal.map(Into::into),
            name: step.name,
        },
        at: step.at,
    };
    let own = |own: Kept| SubjectToDeclare {
        indicator: own.indicator,
        declared: own.declared.filter(|kept| kept.calculation == calculation.0).map(step),
    };
    Ok(kept.into_iter().map(own).collect())
}

/// Declares some of the indicators of a row that are declared by themselves.
pub async fn declare_indicators(
    db: &Db,
    seen: &Seen,
    codes: &[String],
    by: &Actor,
    now: &Now,
) -> Result<Declaration, Failed<CannotDeclare>> {
    let (mut tx, before) = held(db, seen, by).await?;
    let change = before.declare_indicators(codes, seen.calculation, by, now);
    let change = change.map_err(Failed::Refused)?;
    if let Some(why) = out_of_force(&mut tx, &before).await? {
        return Err(Failed::Refused(CannotDeclare::NotCalculated(why)));
    }
    let after = save(&mut tx, seen.version, change, by, now).await?;
    tx.commit().await?;
    Ok(after)
}
