//! Writes what changed figures lead to: submissions, figures in force, n of m, calculations and their declarations.

use super::source::{Acts, write_acts};
pub(crate) use super::source::{Submission, Submitted};
use super::{AchievementRow, Shared, Source, Standing, again, assumed, inputs, values};
use crate::{
    Result, StoreError, Tx,
    arg::Arg,
    args,
    declaration::{self, AfterCalculation, Calculated},
    event, new_id,
    offer::Participation,
};
use chrono::NaiveDate;
use domain::{
    AchievementId, Actor, CalculationId, Event, Field, Now, Pence, Period, Service, SubmissionId,
    achievement::{Achievement, AchievementState, Assessed, assess, counted, in_words},
    calculation::{Calculation, Inputs},
    declaration::Steps,
};
use std::{collections::BTreeSet, sync::Arc};
use uuid::Uuid;

/// One achievement whose figures have changed, or whose period has ended.
pub(crate) struct Work {
    /// The row there is; none when this is the first that is heard of it.
    pub(crate) row: Option<AchievementRow>,
    pub(crate) service: Arc<Service>,
    pub(crate) part: Participation,
    pub(crate) period: Period,
    /// Figures in force before.
    pub(crate) before: Standing,
    /// What is submitted, newest last.
    pub(crate) submissions: Vec<Submission>,
    /// Why there may be a new calculation, for the history.
    pub(crate) cause: String,
    /// Under whose name it is calculated.
    pub(crate) by: Actor,
    /// What it shares with others, where it has been read for many at once.
    pub(crate) shared: Option<Arc<Shared>>,
}

/// What one piece of work came to.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    pub(crate) achievement: Achievement,
    pub(crate) state: AchievementState,
    /// Why it is held, when it is.
    pub(crate) held_because: String,
    /// The amount, when a calculation was made.
    pub(crate) calculated: Option<Pence>,
}

/// What is decided about one piece of work before anything is written.
struct Decided {
    work: Work,
    achievement: Achievement,
    /// The calculation in force afterwards.
    in_force: Option<Uuid>,
    /// A new one.
    calculation: Option<New>,
    held_because: String,
}

/// A calculation that is not recorded yet.
struct New {
    id: CalculationId,
    result: Calculation,
    /// What was achieved, for a cell of a list.
    words: String,
    inputs: Inputs,
}

/// Writes all of them in the caller's transaction: submissions first, then the achievements, then the calculations,
/// then the declarations.
pub(crate) async fn record(tx: &mut Tx, works: Vec<Work>, now: &Now) -> Result<Vec<Recorded>> {
    let mut decided = Vec::with_capacity(works.len());
    for work in works {
        decided.push(decide(tx, work, now).await?);
    }
    // What was held and still is says nothing new.
    let (idle, decided): (Vec<_>, Vec<_>) = decided.into_iter().partition(Decided::is_idle);
    let (acts, mut events) =
        write_submissions(tx, &decided, now).await.map_err(somebody_was_faster)?;
    write_achievements(tx, &decided, now).await?;
    write_acts(tx, acts).await?;
    events.extend(write_calculations(tx, &decided, now).await?);
    event::record_by(tx, &events, now).await?;
    let after: Vec<_> = decided.iter().filter_map(Decided::after_calculation).collect();
    declaration::after_calculations(tx, &after, now).await?;
    Ok(decided.into_iter().chain(idle).map(|one| one.recorded(now)).collect())
}

async fn decide(tx: &mut Tx, mut work: Work, now: &Now) -> Result<Decided> {
    assumed::assume(tx, &mut work, now).await?;
    let mut figures = values(&work.before);
    let mut has_changed = false;
    for figure in work.submissions.iter().filter(|own| own.takes_force).flat_map(|own| &own.figures)
    {
        has_changed |= figures.insert(figure.key.clone(), figure.value) != Some(figure.value);
    }
    let components = &work.part.components;
    let (submitted, required) = counted(&work.service, components, &figures);
    // The same figures give the same amount, unless something else has changed: nothing new is said about them.
    has_changed |= work.row.as_ref().is_some_and(|row| row.recalculate_because.is_some());
    let stands = work.row.as_ref().and_then(|row| row.calculation_id).filter(|_| !has_changed);
    let (mut calculation, mut held_because) = (None, String::new());
    // Until then there is nothing to gather for.
    let is_due = submitted >= required && work.period.has_ended(now.today);
    if stands.is_none() && is_due {
        let shared = work.shared.as_deref();
        let inputs =
            inputs::gather(tx, &work.service, &work.part, work.period, figures, shared).await?;
        match assess(&work.service, components, work.period, &inputs, now.today) {
            Assessed::Waiting => {}
            Assessed::Held(reason) => held_because = reason.to_string(),
            Assessed::Calculated(result) => {
                let words = in_words(&work.service, components, &inputs.figures, &result);
                let id = new_id::<CalculationId>(now);
                calculation = Some(New { id, result, words, inputs });
            }
        }
    }
    let stands = match &calculation {
        Some(new) => again::says_the_same(tx, &work, &new.result).await?,
        None => stands,
    };
    calculation = calculation.filter(|_| stands.is_none());
    let in_force = stands.or(calculation.as_ref().map(|new| new.id.0));
    let achievement = Achievement {
        id: work.row.as_ref().map_or_else(|| new_id(now), |row| AchievementId(row.id)),
        provider: work.part.provider,
        service: work.part.service,
        period: work.period,
        submitted,
        required,
        is_calculated: in_force.is_some(),
        version: work.row.as_ref().map_or(0, |row| row.version) + 1,
    };
    Ok(Decided { work, achievement, in_force, calculation, held_because })
}

/// Rows to insert for submissions, and what is to be done after.
#[derive(Default)]
struct Rows {
    submissions: Vec<Vec<Arg>>,
    figures: Vec<Vec<Arg>>,
    nil_returns: Vec<Vec<Arg>>,
    replacements: Vec<Vec<Arg>>,
    events: Vec<(Actor, Event)>,
}

/// Gives the events, which are recorded with those of the calculations: each time costs three statements.
async fn write_submissions(
    tx: &mut Tx,
    decided: &[Decided],
    now: &Now,
) -> Result<(Acts, Vec<(Actor, Event)>)> {
    let mut rows = Rows::default();
    let mut replacing = Vec::new();
    for one in decided {
        // What stands has to leave force first; where none of the figures stands yet, they can be in force at once.
        let mut standing: BTreeSet<&(String, Field)> = one.work.before.keys().collect();
        for submission in &one.work.submissions {
            let id: SubmissionId = new_id(now);
            let keys = || submission.figures.iter().map(|figure| &figure.key);
            let replaces = submission.takes_force && keys().any(|key| standing.contains(key));
            if submission.takes_force {
                standing.extend(keys());
            }
            rows.add(id, &one.achievement, submission, submission.takes_force && !replaces);
            if replaces {
                replacing.push((id, one));
            }
        }
    }
    tx.insert(
        "INSERT INTO submission (id, provider_id, service_id, achievement_date, source, submitted_by, submitted_by_name, submitted_at,
             extract_file_id)",
        rows.submissions,
    )
    .await?;
    tx.insert(
        "INSERT INTO figure (submission_id, provider_id, service_id, achievement_date, indicator, field, value, is_default, in_force,
             file_row)",
        rows.figures,
    )
    .await?;
    for (submission, one) in replacing {
        put_in_force(tx, submission, one).await?;
    }
    Ok(((rows.nil_returns, rows.replacements), rows.events))
}

impl Rows {
    fn add(
        &mut self,
        id: SubmissionId,
        achievement: &Achievement,
        submission: &Submission,
        in_force: bool,
    ) {
        let (provider, service) = (achievement.provider, achievement.service);
        let date: NaiveDate = achievement.period.end;
        let (by, at) = (&submission.by, submission.at);
        let source = submission.source.key();
        self.submissions.push(args![
            id,
            provider,
            service,
            date,
            source,
            by.person(),
            by.name(),
            at,
            submission.file
        ]);
        for figure in &submission.figures {
            let (indicator, field) = (&*figure.key.0, figure.key.1.key());
            self.figures.push(args![
                id,
                provider,
                service,
                date,
                indicator,
                field,
                figure.value,
                figure.is_default,
                in_force,
                figure.file_row.map(i64::from)
            ]);
        }
        match &submission.source {
            Source::Nil { component, .. } => {
                self.nil_returns.push(args![id, achievement.id, &**component]);
            }
            Source::Replacement { old, reason, .. } => {
                self.replacements.push(args![id, *old, &**reason]);
            }
            Source::Manual | Source::Extract | Source::Assumed => {}
        }
        self.events.push((by.clone(), submission.event(id, achievement.id)));
    }
}

/// Takes the figures that a submission replaces out of force, then puts its own in.
async fn put_in_force(tx: &mut Tx, submission: SubmissionId, one: &Decided) -> Result<()> {
    let (provider, service) = (one.achievement.provider, one.achievement.service);
    tx.execute(
        "UPDATE figure SET in_force = $5 WHERE service_id = $2 AND achievement_date = $3 AND provider_id = $1 AND in_force
         AND EXISTS (SELECT 1 FROM figure n WHERE n.submission_id = $4 AND n.indicator = figure.indicator AND n.field = figure.field)",
        args![provider, service, one.achievement.period.end, submission, false],
    )
    .await?;
    tx.execute("UPDATE figure SET in_force = $2 WHERE submission_id = $1", args![submission, true])
        .await?;
    Ok(())
}

async fn write_achievements(tx: &mut Tx, decided: &[Decided], now: &Now) -> Result<()> {
    let mut new = Vec::new();
    for one in decided {
        let achievement = &one.achievement;
        let (submitted, required) = (achievement.submitted, achievement.required);
        let (calculation, held) = (one.in_force, &*one.held_because);
        let (commissioner, version) = (one.work.part.commissioner, achievement.version);
        if let Some(row) = &one.work.row {
            tx.change(
                "UPDATE achievement SET submitted = $3, required = $4, calculation_id = $5, held_because = $6,
                     updated_at = $7, version = $8, commissioner_id = $9, recalculate_because = NULL
                 WHERE id = $1 AND version = $2",
                args![
                    row.id, row.version, submitted, required, calculation, held, now.instant,
                    version, commissioner
                ],
            )
            .await?;
            continue;
        }
        let (start, date) = (achievement.period.start, achievement.period.end);
        new.push(args![
            achievement.id,
            achievement.provider,
            achievement.service,
            commissioner,
            start,
            date,
            submitted,
            required,
            calculation,
            held,
            now.instant,
            version
        ]);
    }
    let inserted = tx
        .insert(
            "INSERT INTO achievement (id, provider_id, service_id, commissioner_id, period_start, achievement_date,
                 submitted, required, calculation_id, held_because, updated_at, version)",
            new,
        )
        .await;
    inserted.map_err(somebody_was_faster)
}

/// Of two that submit at the same moment, the later one meets the rows of the first.
fn somebody_was_faster(error: StoreError) -> StoreError {
    if error.is_duplicate() { StoreError::Stale } else { error }
}

/// Gives the events.
async fn write_calculations(
    tx: &mut Tx,
    decided: &[Decided],
    now: &Now,
) -> Result<Vec<(Actor, Event)>> {
    let mut rows = Vec::new();
    let mut events: Vec<(Actor, Event)> = Vec::new();
    for one in decided {
        let Some(New { id, result, words, inputs }) = &one.calculation else { continue };
        let points = result.points.as_ref().map(ToString::to_string);
        let number = one.work.row.as_ref().map_or(0, |row| row.calculations) + 1;
        let stored = written(serde_json::to_string(result))?;
        let inputs = written(serde_json::to_string(inputs))?;
        rows.push(args![
            *id,
            one.achievement.id,
            number,
            points.clone(),
            &**words,
            result.amount,
            stored,
            inputs,
            now.instant
        ]);
        let event = Event::AchievementCalculated {
            achievement: one.achievement.id,
            calculation: *id,
            amount: result.amount,
            points,
        };
        events.push((one.work.by.clone(), event));
    }
    tx.insert(
        "INSERT INTO calculation (id, achievement_id, number, points, achieved, amount_pence, result, inputs, calculated_at)",
        rows,
    )
    .await?;
    Ok(events)
}

fn written(json: serde_json::Result<String>) -> Result<String> {
    json.map_err(|error| StoreError::Setup(error.to_string()))
}

impl Decided {
    /// The new calculation as its declaration needs it; none where nothing is paid.
    fn after_calculation(&self) -> Option<AfterCalculation<'_>> {
        let New { id, result, .. } = self.calculation.as_ref()?;
        let terms = self.work.service.payment.as_ref()?;
        let calculated = Calculated {
            achievement: &self.achievement,
            commissioner: self.work.part.commissioner,
            calculation: *id,
            amount: result.amount,
            steps: Steps {
                declaration_required: terms.declaration_required,
                approval_required: terms.approval_required,
            },
        };
        let is_first = self.work.row.as_ref().is_none_or(|row| row.calculations == 0);
        Some(AfterCalculation { calculated, is_first, cause: &self.work.cause, by: &self.work.by })
    }

    fn is_idle(&self) -> bool {
        self.work.submissions.is_empty()
            && self.calculation.is_none()
            && self.work.row.as_ref().is_some_and(|row| {
                row.recalculate_because.is_none()
                    && row.held_because == self.held_because
                    && row.submitted == i64::from(self.achievement.submitted)
                    && row.required == i64::from(self.achievement.required)
            })
    }

    fn recorded(self, now: &Now) -> Recorded {
        Recorded {
            state: self.achievement.state(now.today),
            calculated: self.calculation.map(|new| new.result.amount),
            held_because: self.held_because,
            achievement: self.achievement,
        }
    }
}
