//! Nil returns: a person says that nothing was done for a component, and its counts become 0 by that one act.

use super::{Open, Outcome, hand_in, open, unchanged};
use crate::{
    Db, Failed, Result, Tx,
    achievement::{NIL, Source, values},
    args,
};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    Actor, Field, Figures, Now, OrganisationId, ServiceId, achievement::CannotSubmit,
    submission::contradictions,
};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A nil return that stands: every count it put at 0 is still in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NilReturn {
    /// Who said it.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// Puts the counts of a component that a person may type at 0, by the word of the provider or of a commissioner for it.
/// Typing a count later replaces it. `seen_version` is the version of the achievement that the page showed.
pub async fn return_nil(
    db: &Db,
    (provider, service, date): (OrganisationId, ServiceId, NaiveDate),
    component: &str,
    seen_version: i64,
    by: &Actor,
    now: &Now,
) -> Result<Outcome, Failed<CannotSubmit>> {
    let mut tx = db.write().await?;
    let at = (provider, service, date);
    let Open { case, declaration } = open(&mut tx, at, seen_version, by, now).await?;
    let component = case.component(component)?;
    let counts: Figures = component
        .entered()
        .map(|indicator| (indicator.code.clone(), Field::Count))
        .filter(|key| {
            let has =
                component.indicators.iter().any(|own| own.code == key.0 && own.fields() == [key.1]);
            let may = case.may(component, key, declaration.as_ref(), by, now);
            has && may.is_some_and(|may| may.is_ok())
        })
        .map(|key| (key, 0))
        .collect();
    if counts.is_empty() {
        return Err(Failed::Refused(CannotSubmit::NoCounts));
    }
    if let Some(row) = &case.row
        && nil_returns(&mut tx, row.id).await?.contains_key(&component.code)
    {
        return Ok(unchanged(&case, now)?);
    }
    let mut together = values(&case.before);
    together.extend(counts.clone());
    let wrong = contradictions(&case.service, &together);
    if !wrong.is_empty() {
        return Err(Failed::Refused(CannotSubmit::Figures(wrong)));
    }
    let source = Source::Nil { component: component.code.clone(), name: component.name.clone() };
    let words = "nil return".to_owned();
    Ok(hand_in(tx, Open { case, declaration }, (source, words), counts, by, now).await?)
}

/// The nil returns of an achievement that stand, by component.
pub(super) async fn nil_returns(
    tx: &mut Tx,
    achievement: Uuid,
) -> Result<BTreeMap<String, NilReturn>> {
    #[derive(sqlx::FromRow)]
    struct Row {
        component: String,
        submitted_by_name: String,
        submitted_at: DateTime<Utc>,
    }
    let rows: Vec<Row> = tx
        .all(
            "SELECT n.component, s.submitted_by_name, s.submitted_at
             FROM nil_return n JOIN submission s ON s.id = n.submission_id
             WHERE n.achievement_id = $1 AND s.source = $2
               AND NOT EXISTS (SELECT 1 FROM figure f WHERE f.submission_id = n.submission_id AND NOT f.in_force)
             ORDER BY s.submitted_at",
            args![achievement, NIL],
        )
        .await?;
    let stands = rows
        .into_iter()
        .map(|row| (row.component, NilReturn { by: row.submitted_by_name, at: row.submitted_at }));
    Ok(stands.collect())
}
