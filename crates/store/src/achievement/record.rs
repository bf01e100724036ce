//! Writes what changed figures lead to: submissions, figures in force, n of m, calculations and their declarations.

use super::source::{Acts, Rows, figures_after, sources_after, write_acts};
pub(crate) use super::source::{Submission, Submitted};
pub(crate) use super::work::Work;
use super::{again, assumed, inputs, together::together};
use crate::{
    Result, StoreError, Tx,
    adjustment::InForce,
    args,
    declaration::{self, AfterCalculation, Calculated},
    event,
    network::{Changed, sum_up},
    new_id, service,
};
use domain::{
    AchievementId, Actor, CalculationId, Event, Field, Now, Pence, SubmissionId,
    achievement::{Achievement, AchievementState, Assessed, assess, in_words},
    calculation::{Calculation, Inputs},
    declaration::Steps,
};
use std::collections::BTreeSet;
use uuid::Uuid;

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
pub(super) struct Decided {
    work: Work,
    achievement: Achievement,
    /// The calculation in force afterwards.
    pub(super) in_force: Option<Uuid>,
    /// A new one.
    pub(super) calculation: Option<New>,
    held_because: String,
}

/// A calculation that is not recorded yet.
pub(super) struct New {
    id: CalculationId,
    pub(super) result: Calculation,
    /// What was achieved, for a cell of a list.
    words: String,
    inputs: Inputs,
}

/// Writes all of them in the caller's transaction: submissions first, then the achievements, then the calculations,
/// then the declarations.
/// Networks whose practices' figures changed are summed anew after that.
pub(crate) async fn record(tx: &mut Tx, works: Vec<Work>, now: &Now) -> Result<Vec<Recorded>> {
    let mut changed = Changed::default();
    let recorded = record_alone(tx, works, &mut changed, now).await?;
    sum_up(tx, changed, now).await?;
    Ok(recorded)
}

/// The same without the networks, which are added to `changed` for who sums them up once at the end.
pub(crate) async fn record_alone(
    tx: &mut Tx,
    works: Vec<Work>,
    changed: &mut Changed,
    now: &Now,
) -> Result<Vec<Recorded>> {
    let mut decided = Vec::with_capacity(works.len());
    let mut adjusted = InForce::of(works.len());
    for work in works {
        decided.push(decide(tx, work, &mut adjusted, now).await?);
    }
    decided.iter().for_each(|one| changed.add(&one.work));
    // What was held and still is says nothing new.
    let (idle, decided): (Vec<_>, Vec<_>) = decided.into_iter().partition(Decided::is_idle);
    let (acts, mut events) =
        write_submissions(tx, &decided, now).await.map_err(somebody_was_faster)?;
    write_achievements(tx, &decided, now).await?;
    write_acts(tx, acts).await?;
    events.extend(write_calculations(tx, &decided, now).await?);
    event::record_by(tx, &events, now)?;
    let after: Vec<_> = decided.iter().filter_map(Decided::after_calculation).collect();
    declaration::after_calculations(tx, &after, now).await?;
    Ok(decided.into_iter().chain(idle).map(|one| one.recorded(now)).collect())
}

pub(super) async fn decide(
    tx: &mut Tx,
    mut work: Work,
    adjusted: &mut InForce,
    now: &Now,
) -> Result<Decided> {
    by_own_terms(tx, &mut work).await?;
    assumed::assume(tx, &mut work, now).await?;
    let (figures, mut has_changed) = figures_after(&work);
    let components = &work.part.components;
    let together = together(tx, &work.service, &work.part, work.period, figures).await?;
    let counted = together.counted;
    // The same figures give the same amount, unless something else has changed: nothing new is said about them.
    has_changed |= work.row.as_ref().is_some_and(|row| row.recalculate_because.is_some());
    let stands = work.row.as_ref().and_then(|row| row.calculation_id).filter(|_| !has_changed);
    let (mut calculation, mut held_because) = (None, String::new());
    // Until then there is nothing to gather for; and what a practice hands in for its network is calculated there.
    let is_part = work.part.network.is_some();
    let is_due =
        counted.submitted >= counted.required && work.period.has_ended(now.today) && !is_part;
    if stands.is_none() && is_due {
        let (service, part, shared) = (&work.service, &work.part, work.shared.as_deref());
        let mut inputs =
            inputs::gather(tx, service, part, work.period, together.figures, shared).await?;
        inputs.sources = sources_after(tx, &work).await?;
        inputs.sources.extend(together.sources);
        inputs.members = together.members;
        inputs.adjustments = adjusted.get(tx, &work.part, work.period.end).await?;
        match assess(&work.service, components, work.period, &inputs, now.today) {
            Assessed::Waiting => {}
            Assessed::Held(reason) => held_because = reason.to_string(),
            Assessed::Calculated(result) => {
                let words = in_words(&work.service, components, &inputs.figures, &result);
                let id = new_id::<CalculationId>(now);
                calculation = Some(New { id, result, words, inputs });
            }
        }
    } else if stands.is_none() {
        held_because = together.waits;
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
        submitted: counted.submitted,
        required: counted.required,
        awaits: counted.awaits,
        is_part,
        is_calculated: in_force.is_some(),
        version: work.row.as_ref().map_or(0, |row| row.version) + 1,
    };
    Ok(Decided { work, achievement, in_force, calculation, held_because })
}

/// Whoever has accepted new terms is paid by these.
async fn by_own_terms(tx: &mut Tx, work: &mut Work) -> Result<()> {
    if work.part.has_own_terms {
        let (offer, date) = (work.part.offer, work.period.end);
        work.service = service::agreed(tx, work.part.service, offer, date).await?;
    }
    Ok(())
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
             extract_file_id, file_name)",
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
                     updated_at = $7, version = $8, commissioner_id = $9, recalculate_because = NULL,
                     awaits = $10, summed = $11
                 WHERE id = $1 AND version = $2",
                args![
                    row.id, row.version, submitted, required, calculation, held, now.instant,
                    version, commissioner, achievement.awaits, row.summed
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
            version,
            achievement.awaits,
            achievement.is_part
        ]);
    }
    let inserted = tx
        .insert(
            "INSERT INTO achievement (id, provider_id, service_id, commissioner_id, period_start, achievement_date,
                 submitted, required, calculation_id, held_because, updated_at, version, awaits, is_part)",
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
            indicators: self.work.service.subject_to_declare(&self.work.part.components),
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
