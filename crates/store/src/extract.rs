//! Loads the figures of an extract file: one transaction for the file, everything recalculated in it, or nothing.

mod place;

use crate::{
    Db, Failed, Result, Tx,
    achievement::{
        AchievementRow, EXTRACT, Standing, hold_declaration, of_date,
        record::{Recorded, Submission, Submitted, Work, record},
        standing_of_all, values,
    },
    args, event,
};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    Actor, Event, Field, Figures, Now, OrganisationId, Permission, ServiceId,
    achievement::{AchievementState, CannotSubmit, may_submit},
    declaration::DeclarationState,
    extract::{CannotLoad, ExtractRow, Problem},
    submission::contradictions,
};
use place::{Bundle, Placed, place};
use std::collections::{BTreeMap, HashMap, HashSet};
use uuid::Uuid;

/// The file that rows come from, as the history names it.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    /// Its name without the folder.
    pub name: &'a str,
    /// SHA-256 of its bytes.
    pub hash: &'a str,
    /// What reading it found wrong; with any of it, nothing is loaded, and what else is wrong is still looked for.
    pub problems: &'a [Problem],
}

/// What a file came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Rows read.
    pub rows: u64,
    /// Figures submitted that are in force now.
    pub figures: u64,
    /// Figures kept although a newer one is in force.
    pub superseded: u64,
    /// Achievements with new submissions.
    pub achievements: u64,
    /// Achievements that had everything the file brings.
    pub unchanged: u64,
    /// Achievements calculated.
    pub calculated: u64,
    /// Achievements that still need figures, or whose period has not ended.
    pub waiting: u64,
    /// Achievements held, because something other than figures is missing.
    pub held: u64,
    /// Declarations that went back to their provider because the figures changed.
    pub returned: u64,
    /// Achievements left as they are, because finance has approved their payment.
    pub locked: u64,
}

/// How many achievements are written together: enough to save statements, few enough to stay small in memory.
const AT_ONCE: usize = 250;

/// Loads the rows of a file, under the names of the accounts it says submitted them. A bad file changes nothing, and
/// neither does a file that has been loaded before.
pub async fn load(
    db: &Db,
    file: File<'_>,
    rows: &[ExtractRow],
    by: &Actor,
    now: &Now,
) -> Result<Loaded, Failed<CannotLoad>> {
    by.must(Permission::EnterFigures).map_err(|why| Failed::Refused(why.into()))?;
    let mut tx = db.write().await?;
    let (placed, mut problems) = place(&mut tx, rows, now).await?;
    problems.extend_from_slice(file.problems);
    let mut loaded = Loaded { rows: rows.len() as u64, ..Loaded::default() };
    for (key, bundles) in placed {
        let known = Known::of(&mut tx, &key).await?;
        let works = prepare(&mut tx, &key, bundles, known, &mut loaded, file.name, now).await?;
        match works {
            // Nothing is written any more, but everything that is wrong is still looked for.
            Ok(works) if problems.is_empty() => write(&mut tx, works, &mut loaded, now).await?,
            Ok(_) => {}
            Err(wrong) => problems.extend(wrong),
        }
    }
    if !problems.is_empty() {
        problems.sort_by_key(|problem| problem.row);
        return Err(Failed::Refused(CannotLoad::Rows(problems)));
    }
    if loaded.achievements > 0 {
        let event = Event::ExtractLoaded {
            file: file.name.to_owned(),
            file_hash: file.hash.to_owned(),
            rows: loaded.rows,
            achievements: loaded.achievements,
        };
        event::record(&mut tx, &event, by, now).await?;
        tx.commit().await?;
    }
    Ok(loaded)
}

/// What is recorded for a service and achievement date.
struct Known {
    achievements: BTreeMap<OrganisationId, AchievementRow>,
    standing: BTreeMap<OrganisationId, Standing>,
    /// Submissions that files have brought.
    submissions: HashMap<Key, Figures>,
}

/// What makes a submission of a file the same as one that was loaded before.
type Key = (OrganisationId, String, DateTime<Utc>);

impl Known {
    async fn of(tx: &mut Tx, placed: &Placed) -> Result<Self> {
        Ok(Self {
            achievements: of_date(tx, placed.id, placed.period.end).await?,
            standing: standing_of_all(tx, placed.id, placed.period.end).await?,
            submissions: submissions(tx, placed.id, placed.period.end).await?,
        })
    }
}

#[derive(sqlx::FromRow)]
struct KnownRow {
    provider_id: Uuid,
    submitted_by_name: String,
    submitted_at: DateTime<Utc>,
    indicator: String,
    field: String,
    value: i64,
}

async fn submissions(
    tx: &mut Tx,
    service: ServiceId,
    date: NaiveDate,
) -> Result<HashMap<Key, Figures>> {
    let rows: Vec<KnownRow> = tx
        .all(
            "SELECT s.provider_id, s.submitted_by_name, s.submitted_at, f.indicator, f.field, f.value
             FROM submission s JOIN figure f ON f.submission_id = s.id
             WHERE s.service_id = $1 AND s.achievement_date = $2 AND s.source = $3",
            args![service, date, EXTRACT],
        )
        .await?;
    let mut known: HashMap<Key, Figures> = HashMap::new();
    for row in rows {
        let key = (row.provider_id.into(), row.submitted_by_name, row.submitted_at);
        let field: Field = crate::achievement::field(&row.field)?;
        known.entry(key).or_default().insert((row.indicator, field), row.value);
    }
    Ok(known)
}

/// The work that each provider's rows make; otherwise the rows that contradict what is recorded.
async fn prepare(
    tx: &mut Tx,
    placed: &Placed,
    bundles: Vec<Bundle<'_>>,
    mut known: Known,
    loaded: &mut Loaded,
    file: &str,
    now: &Now,
) -> Result<Result<Vec<(Work, Option<DeclarationState>)>, Vec<Problem>>> {
    let mut works = Vec::new();
    let mut problems = Vec::new();
    for mut bundle in bundles {
        let provider = bundle.part.provider;
        bundle.submissions.retain(|own| {
            let key = (provider, own.by.name().to_owned(), own.at);
            known.submissions.get(&key).is_none_or(|figures| *figures != own.values())
        });
        if bundle.submissions.is_empty() {
            loaded.unchanged += 1;
            continue;
        }
        let row = known.achievements.remove(&provider);
        let declaration = match &row {
            Some(row) => hold_declaration(tx, row).await?,
            None => None,
        };
        let submitter = Actor::system(file);
        if let Err(CannotSubmit::Locked) =
            may_submit(&submitter, placed.period, declaration.as_ref(), now)
        {
            loaded.locked += 1;
            continue;
        }
        let before = known.standing.remove(&provider).unwrap_or_default();
        problems.extend(against_what_stands(placed, &bundle, &before));
        works.push((work(placed, bundle, row, before, file), declaration));
    }
    Ok(if problems.is_empty() { Ok(works) } else { Err(problems) })
}

/// Numerators that are above their denominators once the rows stand beside the figures in force.
fn against_what_stands(placed: &Placed, bundle: &Bundle, before: &Standing) -> Vec<Problem> {
    let mut together = values(before);
    let mut lines: HashMap<(String, Field), u64> = HashMap::new();
    for (key, figure) in
        bundle.submissions.iter().filter(|own| own.is_in_force).flat_map(|own| &own.figures)
    {
        together.insert(key.clone(), figure.value);
        lines.insert(key.clone(), figure.row.line);
    }
    let mut problems = Vec::new();
    for error in contradictions(&placed.service, &together) {
        let touching = [Field::Numerator, Field::Denominator]
            .into_iter()
            .find_map(|field| lines.get(&(error.indicator.clone(), field)));
        if let (Field::Numerator, Some(line)) = (error.field, touching) {
            let found = together.get(&(error.indicator, error.field)).copied().unwrap_or_default();
            problems.push(Problem::new(*line, "VALUE", &found.to_string(), error.message));
        }
    }
    problems
}

fn work(
    placed: &Placed,
    bundle: Bundle<'_>,
    row: Option<AchievementRow>,
    before: Standing,
    file: &str,
) -> Work {
    let newest = bundle.submissions.last().map(|own| own.by.clone());
    let submissions = bundle
        .submissions
        .into_iter()
        .map(|own| Submission {
            source: EXTRACT,
            source_in_words: if own.is_in_force {
                format!("extract {file}")
            } else {
                format!("extract {file}, already replaced by a newer submission")
            },
            by: own.by,
            at: own.at,
            takes_force: own.is_in_force,
            figures: own
                .figures
                .into_iter()
                .map(|(key, figure)| Submitted {
                    key,
                    value: figure.value,
                    is_default: figure.row.default_used,
                })
                .collect(),
        })
        .collect();
    Work {
        row,
        service: placed.service.clone(),
        part: bundle.part,
        period: placed.period,
        before,
        submissions,
        cause: format!("the extract {file} changed figures"),
        by: newest.unwrap_or_else(|| Actor::system(file)),
    }
}

async fn write(
    tx: &mut Tx,
    works: Vec<(Work, Option<DeclarationState>)>,
    loaded: &mut Loaded,
    now: &Now,
) -> Result<()> {
    let mut works = works.into_iter();
    loop {
        let (batch, declarations): (Vec<Work>, Vec<_>) = works.by_ref().take(AT_ONCE).unzip();
        if batch.is_empty() {
            return Ok(());
        }
        for submission in batch.iter().flat_map(|work| &work.submissions) {
            let figures = submission.figures.len() as u64;
            if submission.takes_force {
                loaded.figures += figures;
            } else {
                loaded.superseded += figures;
            }
        }
        let declared: HashSet<OrganisationId> = batch
            .iter()
            .zip(declarations)
            .filter(|(_, state)| state.as_ref().is_some_and(|state| state.declared().is_some()))
            .map(|(work, _)| work.part.provider)
            .collect();
        for one in record(tx, batch, now).await? {
            loaded.add(&one, declared.contains(&one.achievement.provider));
        }
    }
}

impl Loaded {
    fn add(&mut self, one: &Recorded, was_declared: bool) {
        self.achievements += 1;
        let is_calculated = one.calculated.is_some();
        self.calculated += u64::from(is_calculated);
        self.returned += u64::from(is_calculated && was_declared);
        self.held += u64::from(one.state == AchievementState::Held);
        let waits = !matches!(one.state, AchievementState::Held | AchievementState::Calculated);
        self.waiting += u64::from(waits);
    }
}
