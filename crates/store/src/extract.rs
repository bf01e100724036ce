//! Loads the figures of an extract file: one transaction for the file, everything recalculated in it, or nothing.

pub(crate) mod file;
mod known;
mod place;

pub use file::LoadedBefore;
pub(crate) use known::Range;

use crate::{
    Db, Failed, Result, Tx,
    achievement::{
        AchievementRow, EXTRACT, Shared, Standing,
        record::{Recorded, Submission, Submitted, Work, record_alone},
        values,
    },
    event,
    network::{Changed, Summed, hold_declarations, sum_up},
    offer::Participation,
};
use domain::{
    AchievementId, Actor, Event, ExtractFileId, Field, Now, OrganisationId, Origin, Permission,
    achievement::{AchievementState, CannotSubmit, may_submit},
    declaration::DeclarationState,
    extract::{CannotLoad, Extract, ExtractRow, Problem, Problems, Reader},
    service::ProviderKind,
    submission::contradictions,
};
use file::Kept;
use known::Known;
use place::{Bundle, Bundled, Placed, bundle, of_another_level, place};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

/// The file that rows come from, as the history names it.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    /// Its name without the folder.
    pub name: &'a str,
    /// SHA-256 of its content, unpacked.
    pub hash: &'a str,
    /// What reading it found wrong; with any of it, nothing is loaded, and what else is wrong is still looked for.
    pub problems: &'a Problems,
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
    /// Set when the same file was loaded before, and then nothing has changed.
    pub before: Option<LoadedBefore>,
    /// Achievements left as they are, because finance has approved their payment.
    pub locked: u64,
}

/// How many achievements are written together: enough to save statements, few enough to stay small in memory.
const AT_ONCE: usize = 500;

/// Loads the rows of a file, under the names of the accounts it says submitted them. A bad file changes nothing, and
/// neither does a file that has been loaded before.
pub async fn load(
    db: &Db,
    file: File<'_>,
    extract: &Extract,
    by: &Actor,
    now: &Now,
) -> Result<Loaded, Failed<CannotLoad>> {
    by.must(Permission::EnterFigures).map_err(|why| Failed::Refused(why.into()))?;
    let mut tx = db.write().await?;
    let mut loaded = Loaded { rows: extract.len() as u64, ..Loaded::default() };
    let layout = extract.layout.name();
    if file.problems.is_empty() {
        loaded.before = file::loaded_before(&mut tx, file.hash, layout).await?;
        if loaded.before.is_some() {
            return Ok(loaded);
        }
    }
    let kept = Kept { name: file.name, hash: file.hash, layout, rows: extract.len() };
    let id = file::keep(&mut tx, kept, by, now).await?;
    let (placed, problems) = place(&mut tx, extract, now).await?;
    let problems = problems.join(file.problems.clone());
    let changed = Changed::default();
    let mut load =
        Load { name: file.name, origin: by.origin(), id, extract, now, loaded, changed, problems };
    for placed in placed {
        load.date(&mut tx, &placed).await?;
    }
    let Load { mut loaded, changed, problems, .. } = load;
    if !problems.is_empty() {
        return Err(Failed::Refused(CannotLoad::Rows(problems.in_order())));
    }
    for summed in sum_up(&mut tx, changed, now).await? {
        loaded.add_sum(&summed);
    }
    if loaded.achievements > 0 {
        let event = Event::ExtractLoaded {
            file: file.name.to_owned(),
            file_hash: file.hash.to_owned(),
            rows: loaded.rows,
            achievements: loaded.achievements,
        };
        event::record(&mut tx, &event, by, now)?;
        tx.commit().await?;
    }
    Ok(loaded)
}

/// A file that is being loaded.
struct Load<'a> {
    name: &'a str,
    origin: Origin,
    id: ExtractFileId,
    extract: &'a Extract,
    now: &'a Now,
    loaded: Loaded,
    /// Networks whose practices the file brings figures of, summed once when all of it is in.
    changed: Changed,
    /// With any of them nothing is written any more, but everything that is wrong is still looked for.
    problems: Problems,
}

/// Work on an achievement, and where its declaration stood before.
type Prepared = (Work, Option<DeclarationState>);

impl Load<'_> {
    /// The rows of one service and achievement date, some providers at a time.
    async fn date(&mut self, tx: &mut Tx, placed: &Placed<'_>) -> Result<()> {
        let mut reader = Reader::new(&placed.service, self.extract);
        let shared = Arc::new(Shared::of(tx, &placed.service).await?);
        let of_networks = match placed.service.provider {
            ProviderKind::Network => hold_declarations(tx, placed.id, placed.period.end).await?,
            ProviderKind::Practice => BTreeMap::new(),
        };
        for providers in placed.providers.chunks(AT_ONCE) {
            let (Some((first, _)), Some((last, _))) = (providers.first(), providers.last()) else {
                continue;
            };
            let known = Known::of(tx, placed, (first.provider, last.provider)).await?;
            let bundles = self.bundles(placed, providers, &mut reader);
            let works = self.prepare(placed, bundles, (known, &of_networks), &shared);
            if self.problems.is_empty() {
                self.write(tx, works).await?;
            }
        }
        Ok(())
    }

    fn bundles(
        &mut self,
        placed: &Placed<'_>,
        providers: &[(Participation, &[ExtractRow])],
        reader: &mut Reader,
    ) -> Vec<Bundle> {
        let mut bundles = Vec::with_capacity(providers.len());
        for (part, rows) in providers {
            match bundle(part.clone(), self.extract, reader, rows) {
                Ok(mut bundle) => {
                    for one in &mut bundle.submissions {
                        one.by = one.by.clone().from(self.origin);
                    }
                    self.problems.extend(of_another_level(&bundle, &placed.service));
                    bundles.push(bundle);
                }
                Err(wrong) => self.problems.extend(wrong),
            }
        }
        bundles
    }

    /// The work that each provider's rows make; rows that contradict what is recorded join the problems.
    fn prepare(
        &mut self,
        placed: &Placed<'_>,
        bundles: Vec<Bundle>,
        (mut known, of_networks): (Known, &BTreeMap<OrganisationId, DeclarationState>),
        shared: &Arc<Shared>,
    ) -> Vec<Prepared> {
        let submitter = Actor::system(self.name).from(self.origin);
        let mut works = Vec::with_capacity(bundles.len());
        for mut bundle in bundles {
            let provider = bundle.part.provider;
            bundle.submissions.retain(|own| {
                let key = (provider, own.by.name().to_owned(), own.at);
                known.submissions.get(&key).is_none_or(|figures| *figures != own.values())
            });
            if bundle.submissions.is_empty() {
                self.loaded.unchanged += 1;
                continue;
            }
            let row = known.achievements.remove(&provider);
            let own = |row: &AchievementRow| known.declarations.remove(&AchievementId(row.id));
            // Of a practice's figures for its network, the network's declaration decides.
            let declaration = match bundle.part.network {
                Some(network) => of_networks.get(&network).cloned(),
                None => row.as_ref().and_then(own),
            };
            let may = may_submit(&submitter, placed.period, declaration.as_ref(), self.now);
            if let Err(CannotSubmit::Locked) = may {
                self.loaded.locked += 1;
                continue;
            }
            let before = known.standing.remove(&provider).unwrap_or_default();
            let bundle = older_apart(bundle, &before);
            self.problems.extend(against_what_stands(placed, &bundle, &before));
            let newest = bundle.submissions.last().map(|own| own.by.clone());
            let submissions =
                bundle.submissions.into_iter().map(|own| self.submission(own)).collect();
            let work = Work {
                row,
                service: placed.service.clone(),
                part: bundle.part,
                period: placed.period,
                before,
                submissions,
                cause: format!("the extract {} changed figures", self.name),
                by: newest.unwrap_or_else(|| submitter.clone()),
                shared: Some(shared.clone()),
            };
            works.push((work, declaration));
        }
        works
    }

    fn submission(&self, own: Bundled) -> Submission {
        let name = self.name;
        let figures = own.figures.into_iter().map(|(key, figure)| Submitted {
            key,
            value: figure.value,
            is_default: figure.default_used,
            file_row: Some(figure.line),
        });
        Submission {
            source: EXTRACT,
            source_in_words: if own.is_in_force {
                format!("extract {name}")
            } else {
                format!("extract {name}, already replaced by a newer submission")
            },
            file: Some((self.id, name.into())),
            by: own.by,
            at: own.at,
            takes_force: own.is_in_force,
            figures: figures.collect(),
        }
    }

    async fn write(&mut self, tx: &mut Tx, works: Vec<Prepared>) -> Result<()> {
        let (works, declarations): (Vec<Work>, Vec<_>) = works.into_iter().unzip();
        for submission in works.iter().flat_map(|work| &work.submissions) {
            let figures = submission.figures.len() as u64;
            if submission.takes_force {
                self.loaded.figures += figures;
            } else {
                self.loaded.superseded += figures;
            }
        }
        let declared: HashSet<OrganisationId> = works
            .iter()
            .zip(declarations)
            .filter(|(_, state)| state.as_ref().is_some_and(|state| state.declared().is_some()))
            .map(|(work, _)| work.part.provider)
            .collect();
        for one in record_alone(tx, works, &mut self.changed, self.now).await? {
            self.loaded.add(&one, declared.contains(&one.achievement.provider));
        }
        Ok(())
    }
}

/// Puts apart the figures that a newer submission has replaced although the file calls them its newest: they are kept,
/// and what is in force stays in force.
fn older_apart(mut bundle: Bundle, before: &Standing) -> Bundle {
    let mut older = Vec::new();
    for own in bundle.submissions.iter_mut().filter(|own| own.is_in_force) {
        let is_older = |key: &(String, Field)| before.get(key).is_some_and(|it| it.at > own.at);
        if own.figures.keys().any(is_older) {
            let (replaced, newest): (BTreeMap<_, _>, _) =
                std::mem::take(&mut own.figures).into_iter().partition(|(key, _)| is_older(key));
            own.figures = newest;
            let (by, at) = (own.by.clone(), own.at);
            older.push(Bundled { by, at, is_in_force: false, figures: replaced });
        }
    }
    bundle.submissions.retain(|own| !own.figures.is_empty());
    bundle.submissions.splice(0..0, older);
    bundle
}

/// Numerators that are above their denominators once the rows stand beside the figures in force.
fn against_what_stands(placed: &Placed<'_>, bundle: &Bundle, before: &Standing) -> Vec<Problem> {
    if before.is_empty() {
        // The rows have been compared with each other.
        return Vec::new();
    }
    let mut together = values(before);
    let mut lines: HashMap<(String, Field), u32> = HashMap::new();
    for (key, figure) in
        bundle.submissions.iter().filter(|own| own.is_in_force).flat_map(|own| &own.figures)
    {
        together.insert(key.clone(), figure.value);
        lines.insert(key.clone(), figure.line);
    }
    let mut problems = Vec::new();
    for error in contradictions(&placed.service, &together) {
        let touching = [Field::Numerator, Field::Denominator]
            .into_iter()
            .find_map(|field| lines.get(&(error.indicator.clone(), field)));
        if let (Field::Numerator, Some(line)) = (error.field, touching) {
            let found = together.get(&(error.indicator, error.field)).copied().unwrap_or_default();
            problems.push(Problem::new(
                u64::from(*line),
                "VALUE",
                &found.to_string(),
                error.message,
            ));
        }
    }
    problems
}

impl Loaded {
    fn add(&mut self, one: &Recorded, was_declared: bool) {
        self.achievements += 1;
        let is_calculated = one.calculated.is_some();
        self.calculated += u64::from(is_calculated);
        self.returned += u64::from(is_calculated && was_declared);
        self.held += u64::from(one.state == AchievementState::Held);
        let waits = !matches!(
            one.state,
            AchievementState::Held | AchievementState::InNetwork | AchievementState::Calculated
        );
        self.waiting += u64::from(waits);
    }

    /// A network whose practices the file brought figures of.
    fn add_sum(&mut self, summed: &Summed) {
        let is_calculated = summed.recorded.calculated.is_some();
        self.calculated += u64::from(is_calculated);
        self.returned += u64::from(is_calculated && summed.was_declared);
        self.held += u64::from(summed.recorded.state == AchievementState::Held);
    }
}
