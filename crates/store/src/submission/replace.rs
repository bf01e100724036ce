//! Replacements: a commissioner puts another figure in the place of one that an extract brought, and says why.

use super::{Open, Outcome, hand_in, open, unchanged};
use crate::{
    Db, Failed, Result, StoreError,
    achievement::{Source, values},
};
use chrono::NaiveDate;
use domain::{
    Actor, Field, Now, OrganisationId, ServiceId,
    achievement::{CannotSubmit, may_replace},
    submission::parse,
};
use std::collections::BTreeMap;

/// What a commissioner wants to put in the place of an extracted figure.
#[derive(Clone, Debug)]
pub struct Replacement {
    /// Whose figure.
    pub provider: OrganisationId,
    /// The service.
    pub service: ServiceId,
    /// The achievement date.
    pub date: NaiveDate,
    /// The indicator and the field.
    pub key: (String, Field),
    /// The version of the achievement that the page showed.
    pub seen_version: i64,
    /// The figure, as typed.
    pub text: String,
    /// Why.
    pub reason: String,
}

/// Replaces one extracted figure. A newer extract takes its place again.
pub async fn replace(
    db: &Db,
    wanted: &Replacement,
    by: &Actor,
    now: &Now,
) -> Result<Outcome, Failed<CannotSubmit>> {
    let mut tx = db.write().await?;
    let at = (wanted.provider, wanted.service, wanted.date);
    let Open { case, declaration } = open(&mut tx, at, wanted.seen_version, by, now).await?;
    let key = &wanted.key;
    let indicator = case.service.indicator(&key.0).ok_or(StoreError::NotFound)?;
    let standing = case.before.get(key).ok_or(StoreError::NotFound)?;
    let aim = case.target(indicator, key.1, Some(standing));
    may_replace(by, case.period, declaration.as_ref(), aim, &wanted.reason, now)
        .map_err(Failed::Refused)?;
    let boxes = BTreeMap::from([(key.clone(), wanted.text.clone())]);
    let figures = parse(&case.service, &boxes, &values(&case.before))
        .map_err(|wrong| Failed::Refused(CannotSubmit::Figures(wrong)))?;
    let Some(new) = figures.get(key).copied() else {
        return Err(Failed::Refused(CannotSubmit::NothingTyped));
    };
    if new == standing.value {
        return Ok(unchanged(&case, now)?);
    }
    let source = Source::Replacement {
        label: indicator.label(key.1),
        old: standing.value,
        reason: wanted.reason.trim().to_owned(),
    };
    let words = "in place of an extracted figure".to_owned();
    Ok(hand_in(tx, Open { case, declaration }, (source, words), figures, by, now).await?)
}
