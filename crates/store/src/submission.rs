//! Submissions: figures typed by a person, kept for ever, the newest in force, calculated from at once.

mod entry;
mod list;

pub use entry::{Box, Entry, entry};
pub use list::{Dates, Due, Group, Groups, dates, due, groups};

use crate::{
    Db, Failed, Result, StoreError, Tx,
    achievement::{
        AchievementRow, InForce, MANUAL, Standing, hold_declaration, of_key,
        record::{Recorded, Submission, Submitted, Work, record},
        standing, values,
    },
    offer::{Participation, participation},
    organisation, service,
};
use chrono::NaiveDate;
use domain::{
    AchievementId, Actor, Field, Figures, Now, OrganisationId, Pence, Period, Permission, Service,
    ServiceId,
    achievement::{AchievementState, CannotSubmit, may_submit, period_ending},
    declaration::DeclarationState,
    service::{Component, Entry as Arrival},
    submission::{FieldError, parse},
};
use std::{collections::BTreeMap, sync::Arc};

/// What a person typed on the page of one component.
#[derive(Clone, Debug)]
pub struct Typed {
    /// The service.
    pub service: ServiceId,
    /// The achievement date.
    pub date: NaiveDate,
    /// Code of the component.
    pub component: String,
    /// The version of the achievement that the page showed; 0 when there was none.
    pub seen_version: i64,
    /// The text of each box.
    pub boxes: BTreeMap<(String, Field), String>,
}

/// What a submission came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The achievement.
    pub achievement: AchievementId,
    /// Figures that are new or changed; 0 when everything was there as it is.
    pub figures: usize,
    /// How far the achievement is now.
    pub state: AchievementState,
    /// Why it could not be calculated, when it is held.
    pub held_because: String,
    /// The amount, when it has just been calculated and the person may see money.
    pub amount: Option<Pence>,
    /// Whether it has just been calculated.
    pub is_calculated: bool,
    /// Whether this undid a declaration, which the provider must make again.
    pub is_returned: bool,
}

/// Everything a submission is decided from.
pub(crate) struct Case {
    pub(crate) service: Arc<Service>,
    pub(crate) part: Participation,
    pub(crate) period: Period,
    pub(crate) row: Option<AchievementRow>,
    pub(crate) before: Standing,
}

/// Submits the figures of one component for a provider, and calculates when that was the last that was missing.
///
/// A provider submits its own; a commissioner on behalf of a provider whose offer it made.
pub async fn submit(
    db: &Db,
    provider: OrganisationId,
    typed: &Typed,
    by: &Actor,
    now: &Now,
) -> Result<Outcome, Failed<CannotSubmit>> {
    by.must(Permission::EnterFigures).map_err(|why| Failed::Refused(why.into()))?;
    let mut tx = db.write().await?;
    let case = case(&mut tx, provider, typed.service, typed.date, by).await?;
    if case.row.as_ref().map_or(0, |row| row.version()) != typed.seen_version {
        return Err(StoreError::Stale.into());
    }
    let declaration = match &case.row {
        Some(row) => hold_declaration(&mut tx, row).await?,
        None => None,
    };
    may_submit(by, case.period, declaration.as_ref(), now).map_err(Failed::Refused)?;
    let component = case.component(&typed.component)?;
    let changed = decide(&case, component, &typed.boxes, by).map_err(Failed::Refused)?;
    if changed.is_empty() {
        return Ok(unchanged(&case, now)?);
    }
    let figures = changed.len();
    let work = case.work(changed, by, now);
    let recorded = record(&mut tx, vec![work], now).await?.pop().ok_or(StoreError::NotFound)?;
    let is_returned = declaration.is_some_and(|state| state.is_declared_by_a_person())
        && crate::declaration::state_of(&mut tx, recorded.achievement.id).await?
            == Some(DeclarationState::AwaitingProvider);
    tx.commit().await?;
    Ok(Outcome { is_returned, ..outcome(recorded, figures, by) })
}

/// The case of one provider, service and achievement date, as the person may see it.
pub(crate) async fn case(
    tx: &mut Tx,
    provider: OrganisationId,
    id: ServiceId,
    date: NaiveDate,
    by: &Actor,
) -> Result<Case, Failed<CannotSubmit>> {
    let service = service::at(tx, id, date).await?;
    let part = participation(tx, provider, id, date).await?;
    let own = by.organisation().is_none_or(|organisation| organisation.id == provider);
    let part = match part {
        Some(part) if own || commissions(tx, &part, by).await? => part,
        None if own => return Err(Failed::Refused(CannotSubmit::NotTakingPart)),
        // A foreign record answers like an absent one.
        _ => return Err(StoreError::NotFound.into()),
    };
    let period = period_ending(&service, date).map_err(Failed::Refused)?;
    let row = of_key(tx, provider, id, date).await?;
    let before = standing(tx, provider, id, date).await?;
    Ok(Case { service, part, period, row, before })
}

/// Whether the person acts for the commissioner of the service, or for the region above it.
async fn commissions(tx: &mut Tx, part: &Participation, by: &Actor) -> Result<bool> {
    let Some(own) = by.organisation() else { return Ok(true) };
    if own.id == part.commissioner {
        return Ok(true);
    }
    let commissioner = organisation::find(tx, part.commissioner).await?;
    Ok(own.kind.commissions() && commissioner.parent == Some(own.id))
}

impl Case {
    /// A component that the contract includes.
    pub(crate) fn component(&self, code: &str) -> Result<&Component> {
        self.service
            .component(code)
            .filter(|own| self.part.components.contains(&own.code))
            .ok_or(StoreError::NotFound)
    }

    fn work(self, changed: Figures, by: &Actor, now: &Now) -> Work {
        let one = changed.len() == 1;
        let cause = format!(
            "{} {} changed by {}",
            changed.len(),
            if one { "figure was" } else { "figures were" },
            by.name()
        );
        let figures = changed
            .into_iter()
            .map(|(key, value)| Submitted { key, value, is_default: false, file_row: None })
            .collect();
        let submission = Submission {
            source: MANUAL,
            source_in_words: "typed in".into(),
            file: None,
            by: by.clone(),
            at: now.instant,
            figures,
            takes_force: true,
        };
        Work {
            row: self.row,
            service: self.service,
            part: self.part,
            period: self.period,
            before: self.before,
            submissions: vec![submission],
            cause,
            by: by.clone(),
            shared: None,
        }
    }
}

/// The figures that typing changes, or why it cannot.
fn decide(
    case: &Case,
    component: &Component,
    boxes: &BTreeMap<(String, Field), String>,
    by: &Actor,
) -> Result<Figures, CannotSubmit> {
    if component.entered().next().is_none() {
        return Err(CannotSubmit::NothingToSubmit);
    }
    let open = |key: &(String, Field)| {
        component.indicators.iter().any(|own| own.code == key.0)
            && !is_fixed(&case.service, case.before.get(key), &key.0, by)
    };
    let boxes: BTreeMap<_, _> = boxes
        .iter()
        .filter(|(key, _)| open(key))
        .map(|(key, text)| (key.clone(), text.clone()))
        .collect();
    let in_force = values(&case.before);
    let mut errors = emptied(case, component, &boxes);
    let figures = match parse(&case.service, &boxes, &in_force) {
        Ok(figures) => figures,
        Err(wrong) => {
            errors.extend(wrong);
            Figures::new()
        }
    };
    if !errors.is_empty() {
        let place = |error: &FieldError| {
            component.indicators.iter().position(|own| own.code == error.indicator)
        };
        errors.sort_by_key(|error| (place(error), error.field));
        return Err(CannotSubmit::Figures(errors));
    }
    if figures.is_empty() {
        return Err(CannotSubmit::NothingTyped);
    }
    Ok(figures.into_iter().filter(|(key, value)| in_force.get(key) != Some(value)).collect())
}

/// Whether a figure comes from an extract, so that its provider cannot type it.
pub(crate) fn is_fixed(
    service: &Service,
    standing: Option<&InForce>,
    indicator: &str,
    by: &Actor,
) -> bool {
    let provides = by.organisation().is_some_and(|organisation| organisation.kind.provides());
    let arrives = service.indicator(indicator).is_some_and(|own| own.entry == Arrival::Extract);
    provides && (arrives || standing.is_some_and(|figure| figure.is_extracted))
}

/// Boxes that were emptied although a figure stands: it can be changed and not removed.
fn emptied(
    case: &Case,
    component: &Component,
    boxes: &BTreeMap<(String, Field), String>,
) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for indicator in component.entered() {
        for field in indicator.fields() {
            let key = (indicator.code.clone(), *field);
            let is_empty = boxes.get(&key).is_some_and(|text| text.trim().is_empty());
            if is_empty && case.before.contains_key(&key) {
                let label = indicator.label(*field);
                errors.push(FieldError {
                    indicator: indicator.code.clone(),
                    field: *field,
                    message: format!(
                        "{label} has been submitted. You can change it, but you cannot remove it"
                    ),
                });
            }
        }
    }
    errors
}

fn unchanged(case: &Case, now: &Now) -> Result<Outcome> {
    let row = case.row.as_ref().ok_or(StoreError::NotFound)?;
    let achievement = row.read()?;
    Ok(Outcome {
        achievement: achievement.id,
        figures: 0,
        state: achievement.state(now.today),
        held_because: row.held_because.clone(),
        amount: None,
        is_calculated: false,
        is_returned: false,
    })
}

fn outcome(recorded: Recorded, figures: usize, by: &Actor) -> Outcome {
    Outcome {
        achievement: recorded.achievement.id,
        figures,
        state: recorded.state,
        held_because: recorded.held_because,
        is_calculated: recorded.calculated.is_some(),
        is_returned: false,
        amount: recorded.calculated.filter(|_| by.sees_money()),
    }
}
