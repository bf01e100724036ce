//! Submissions: figures typed by a person, kept for ever, the newest in force, calculated from at once.

mod case;
mod entry;
mod list;
mod network;
mod nil;
mod providers;
mod replace;
mod template;

pub use entry::{Box, Entry, Used, entry};
pub use list::{Dates, Due, Group, Groups, dates, due, groups};
pub use nil::{NilReturn, return_nil};
pub use providers::{Provider, Providers, Wanted, providers, services};
pub use replace::{Replacement, replace};
pub use template::{Checked, Template, check, template};

use crate::{
    Db, Failed, Result, StoreError, Tx,
    achievement::{
        Source,
        record::{Recorded, record},
        values,
    },
    organisation,
};
pub(crate) use case::commissions;
use case::{Case, Open, case, open, part};
use chrono::NaiveDate;
use domain::{
    AchievementId, Actor, Field, Figures, Now, OrganisationId, Pence, ServiceId,
    achievement::{AchievementState, CannotSubmit},
    declaration::DeclarationState,
    service::Component,
    submission::{FieldError, Question, parse, questions},
};
use std::collections::BTreeMap;

/// Whose figures, of which service, at which achievement date.
#[derive(Clone, Copy, Debug)]
pub struct At<'a> {
    /// The provider.
    pub provider: OrganisationId,
    /// Code of the service.
    pub service: &'a str,
    /// The achievement date.
    pub date: NaiveDate,
}

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
    /// Unlikely figures that the person has been asked about and says are right; another figure is asked about anew.
    pub confirmed: Figures,
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

/// A filled template that a person has checked.
#[derive(Clone, Debug)]
pub struct Filled {
    /// The service.
    pub service: ServiceId,
    /// The achievement date.
    pub date: NaiveDate,
    /// Name of the file, for the history.
    pub file: String,
    /// The version of the achievement that the page showed; 0 when there was none.
    pub seen_version: i64,
    /// The text of each figure, of any component.
    pub boxes: BTreeMap<(String, Field), String>,
    /// Unlikely figures that the person has been asked about and says are right.
    pub confirmed: Figures,
}

/// Figures as they are handed in, on a page or in a file.
struct Given<'a> {
    seen_version: i64,
    /// The component of the page; a file is about all of them.
    component: Option<&'a str>,
    /// The name of the file, of a filled template.
    file: Option<&'a str>,
    boxes: &'a BTreeMap<(String, Field), String>,
    confirmed: &'a Figures,
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
    let given = Given {
        seen_version: typed.seen_version,
        component: Some(&typed.component),
        file: None,
        boxes: &typed.boxes,
        confirmed: &typed.confirmed,
    };
    take(db, (provider, typed.service, typed.date), given, by, now).await
}

/// Submits the figures of a filled template, of all its components together, as [`submit`] does those of one.
pub async fn submit_template(
    db: &Db,
    provider: OrganisationId,
    filled: &Filled,
    by: &Actor,
    now: &Now,
) -> Result<Outcome, Failed<CannotSubmit>> {
    let given = Given {
        seen_version: filled.seen_version,
        component: None,
        file: Some(&filled.file),
        boxes: &filled.boxes,
        confirmed: &filled.confirmed,
    };
    take(db, (provider, filled.service, filled.date), given, by, now).await
}

async fn take(
    db: &Db,
    at: (OrganisationId, ServiceId, NaiveDate),
    given: Given<'_>,
    by: &Actor,
    now: &Now,
) -> Result<Outcome, Failed<CannotSubmit>> {
    let mut tx = db.write().await?;
    let Open { case, declaration } = open(&mut tx, at, given.seen_version, by, now).await?;
    let components = match given.component {
        Some(code) => vec![case.component(code)?],
        None => case.service.components_named(&case.part.components),
    };
    let (changed, asked) =
        settle(&mut tx, &case, declaration.as_ref(), &components, given.boxes, by, now).await?;
    if changed.is_empty() {
        return Ok(unchanged(&case, now)?);
    }
    let is_confirmed = |question: &Question| {
        let key = (question.indicator.clone(), question.field);
        given.confirmed.get(&key) == Some(&question.new)
    };
    if !asked.iter().all(is_confirmed) {
        return Err(Failed::Refused(CannotSubmit::Unlikely(asked)));
    }
    let (source, came) = match given.file {
        Some(file) => (Source::Template { file: file.to_owned() }, format!("template {file}")),
        None => (Source::Manual, "typed in".to_owned()),
    };
    let words = match asked.len() {
        0 => came,
        1 => format!("{came}, 1 unlikely figure checked and confirmed"),
        more => format!("{came}, {more} unlikely figures checked and confirmed"),
    };
    Ok(hand_in(tx, Open { case, declaration }, (source, words), changed, by, now).await?)
}

/// The figures of some components that text changes, and what to ask about them, or why it cannot change any.
async fn settle(
    tx: &mut Tx,
    case: &Case,
    declaration: Option<&DeclarationState>,
    components: &[&Component],
    boxes: &BTreeMap<(String, Field), String>,
    by: &Actor,
    now: &Now,
) -> Result<(Figures, Vec<Question>), Failed<CannotSubmit>> {
    let may = |key: &(String, Field)| {
        let of = |component: &&Component| case.may(component, key, declaration, by, now);
        components.iter().find_map(of).is_some_and(|may| may.is_ok())
    };
    let changed = decide(case, components, boxes, may).map_err(Failed::Refused)?;
    let asked = match changed.is_empty() {
        true => Vec::new(),
        false => asked(tx, case, &changed).await?,
    };
    Ok((changed, asked))
}

/// Records figures that have been decided about, with all that follows from them, and commits.
async fn hand_in(
    mut tx: Tx,
    Open { case, declaration }: Open,
    (source, words): (Source, String),
    figures: Figures,
    by: &Actor,
    now: &Now,
) -> Result<Outcome> {
    let number = figures.len();
    let declared = case.declared.as_ref().map(|row| AchievementId(row.id));
    let work = case.work((source, words), figures, by, now);
    let recorded = record(&mut tx, vec![work], now).await?.pop().ok_or(StoreError::NotFound)?;
    let declared = declared.unwrap_or(recorded.achievement.id);
    let is_returned = declaration.is_some_and(|state| state.is_declared_by_a_person())
        && crate::declaration::state_of(&mut tx, declared).await?
            == Some(DeclarationState::AwaitingProvider);
    tx.commit().await?;
    Ok(Outcome { is_returned, ..outcome(recorded, number, by) })
}

/// What to ask about figures before they are recorded.
async fn asked(tx: &mut Tx, case: &Case, changed: &Figures) -> Result<Vec<Question>> {
    let before = case.period_before(tx).await?;
    let last = case.figures_before(tx, before).await?;
    let list = organisation::newest_list_size(tx, &case.provider, case.period.end).await?;
    Ok(questions(&case.service, changed, &values(&last), list.map(|list| list.patients)))
}

/// The figures that typing changes, or why it cannot.
fn decide(
    case: &Case,
    components: &[&Component],
    boxes: &BTreeMap<(String, Field), String>,
    may: impl Fn(&(String, Field)) -> bool,
) -> Result<Figures, CannotSubmit> {
    if components.iter().all(|component| component.entered().next().is_none()) {
        return Err(CannotSubmit::NothingToSubmit);
    }
    let boxes: BTreeMap<_, _> = boxes
        .iter()
        .filter(|(key, _)| may(key))
        .map(|(key, text)| (key.clone(), text.clone()))
        .collect();
    let in_force = values(&case.before);
    let mut errors = emptied(case, components, &boxes);
    let figures = match parse(&case.service, &boxes, &in_force) {
        Ok(figures) => figures,
        Err(wrong) => {
            errors.extend(wrong);
            Figures::new()
        }
    };
    if !errors.is_empty() {
        let place = |error: &FieldError| {
            let mut indicators = components.iter().flat_map(|component| &component.indicators);
            indicators.position(|own| own.code == error.indicator)
        };
        errors.sort_by_key(|error| (place(error), error.field));
        return Err(CannotSubmit::Figures(errors));
    }
    if figures.is_empty() {
        return Err(CannotSubmit::NothingTyped);
    }
    Ok(figures.into_iter().filter(|(key, value)| in_force.get(key) != Some(value)).collect())
}

/// Boxes that were emptied although a figure stands: it can be changed and not removed.
fn emptied(
    case: &Case,
    components: &[&Component],
    boxes: &BTreeMap<(String, Field), String>,
) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for indicator in components.iter().flat_map(|component| component.entered()) {
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
