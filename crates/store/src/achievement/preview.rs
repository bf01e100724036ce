//! What new national figures, or a new version of a definition, would move; nothing is written.

mod kept;

use super::{
    assumed::{answers, questions},
    inputs::{self, Shared},
    standing, values,
};
use crate::{
    Db, Failed, Result, StoreError, Tx, args,
    offer::{Participation, taking_part},
    reference,
    service::{self, CannotPublish, Place, Published},
};
use domain::{
    AchievementId, Actor, NotAllowed, Now, OrganisationId, Pence, Period, Permission, ReferenceId,
    Service, ServiceId,
    achievement::assess,
    calculation::{Inputs, National},
    preview::{Moves, Totals, Worth},
    ratio::Points,
};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};
use tokio::task::{JoinHandle, spawn_blocking};
use uuid::Uuid;

/// How many achievements are read at once.
const AT_ONCE: i64 = 250;
/// How many such batches are worked out at the same time, and so are in memory.
const IN_HAND: usize = 4;

/// One achievement that would be worked out again.
#[derive(Clone, Debug)]
pub struct Previewed {
    /// Which.
    pub achievement: AchievementId,
    /// ODS code of its provider.
    pub provider_code: String,
    /// The provider's name.
    pub provider_name: String,
    /// Code of the service.
    pub service: String,
    /// For which period.
    pub period: Period,
    /// What would move; without pounds for a reader who may not see money.
    pub moves: Moves,
}

/// What a change would move.
#[derive(Clone, Debug)]
pub struct Preview {
    /// Every achievement that would be worked out again, the largest change first.
    pub rows: Vec<Previewed>,
    /// Their sums; nothing for a reader who may not see money.
    pub totals: Option<Totals>,
}

impl Previewed {
    fn place(&self) -> (String, chrono::NaiveDate) {
        (self.provider_code.clone(), self.period.end)
    }
}

impl Preview {
    /// For a reader who may not see money; not by the size of the change, which would tell what the rows leave out.
    fn without_money(&self) -> Self {
        let mut rows = self.rows.clone();
        rows.sort_by_cached_key(Previewed::place);
        for row in &mut rows {
            row.moves = row.moves.clone().without_money();
        }
        Self { rows, totals: None }
    }
}

/// The one thing that is exchanged.
#[derive(Clone)]
enum Exchange {
    National(Arc<National>),
    Definition(Arc<Service>),
}

/// Whose achievements an actor may look at beforehand: a provider its own, a commissioner those it commissions and
/// those of the ICBs below it, the operator's command everybody's.
struct Reach {
    everybody: bool,
    of: Option<OrganisationId>,
}

impl Reach {
    fn of(by: &Actor) -> Result<Self, NotAllowed> {
        if let Err(why) = by.must(Permission::SeeAchievement) {
            by.must(Permission::UseNationalFigures).map_err(|_| why)?;
        }
        // What moves is worked out over everything, and said of everything.
        if by.narrowing().is_some() {
            by.must(Permission::UseNationalFigures)?;
        }
        let of = by.organisation().map(|own| own.id);
        Ok(Self { everybody: of.is_none(), of })
    }
}

/// What a version of national figures would move, were it taken into use now.
///
/// Looked at is every achievement of the set and year that finance has not approved. For a nation this takes the
/// processors for seconds, so one is worked out at a time, and kept for the next page of it; the caller holds no
/// transaction meanwhile.
pub async fn preview_of_figures(
    db: &Db,
    id: ReferenceId,
    by: &Actor,
    now: &Now,
) -> Result<Arc<Preview>, Failed<NotAllowed>> {
    let reach = Reach::of(by).map_err(Failed::Refused)?;
    let mut kept = kept::turn().await;
    let mut tx = db.read().await?;
    let national = reference::of_version(&mut tx, id).await?;
    let figures = &national.figures;
    let uses_them = |own: &Published| {
        own.service.reference.as_ref() == Some(&figures.set) && own.service.year == figures.year
    };
    let mut services = service::list(&mut tx, &service::Filter::default()).await?;
    services.retain(uses_them);
    let key = kept::key(&mut tx, id, &reach, &services, now).await?;
    let preview = match kept.find(&key, now) {
        Some(preview) => preview,
        None => {
            let exchange = Exchange::National(national);
            let mut sight = Sight { exchange, reach, now: *now, rows: Vec::new() };
            for published in services {
                let own = &published.service;
                sight.service(&mut tx, published.id, own, own.starts_on).await?;
            }
            let preview = Arc::new(sight.preview());
            kept.keep(key, preview.clone(), now);
            preview
        }
    };
    Ok(if by.sees_money() { preview } else { Arc::new(preview.without_money()) })
}

/// What a definition would move, were it published now; nothing when its code is new or nothing differs.
pub async fn preview_of_definition(
    db: &Db,
    definition: &str,
    by: &Actor,
    now: &Now,
) -> Result<Preview, Failed<CannotPublish>> {
    let after = service::read(definition, by).map_err(Failed::Refused)?;
    let reach = Reach { everybody: true, of: None };
    let exchange = Exchange::Definition(after.clone());
    let mut sight = Sight { exchange, reach, now: *now, rows: Vec::new() };
    let mut tx = db.read().await?;
    let hash = domain::hash::sha256(definition.as_bytes());
    if let Place::After(id) = service::place(&mut tx, &after, &hash).await? {
        let from = after.effective_on.unwrap_or(after.starts_on);
        sight.service(&mut tx, id, &after, from).await?;
    }
    Ok(sight.preview())
}

/// What is looked at, and what has been found so far.
struct Sight {
    exchange: Exchange,
    reach: Reach,
    now: Now,
    rows: Vec<Previewed>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    provider_id: Uuid,
    code: String,
    name: String,
    amount_pence: Option<i64>,
    points: Option<String>,
    /// Of a calculation that stands and nothing is about to change.
    inputs: Option<String>,
    /// Whether all figures that were asked for are in.
    is_complete: bool,
}

/// One achievement with what it is worked out from.
struct Job {
    row: Row,
    components: Vec<String>,
    /// The rules that count for this provider alone, where it has accepted others than everybody's.
    own: Option<Arc<Service>>,
    from: Source,
}

/// Where the inputs of an achievement come from.
enum Source {
    /// As they were kept with the calculation.
    Kept(String),
    /// As they are now, because there is no calculation, or it does not stand.
    Gathered(Box<Inputs>),
}

/// The rules of a period, as they are and as they would be.
#[derive(Clone)]
struct Rules {
    before: Arc<Service>,
    after: Arc<Service>,
    period: Period,
    exchange: Exchange,
    now: Now,
}

impl Sight {
    /// Looks at the achievements of a service from a date on.
    async fn service(
        &mut self,
        tx: &mut Tx,
        id: ServiceId,
        newest: &Service,
        from: chrono::NaiveDate,
    ) -> Result<()> {
        let parts = taking_part(tx, id).await?;
        let mut working: VecDeque<JoinHandle<Result<Vec<Previewed>>>> = VecDeque::new();
        let ended = |period: &Period| period.end >= from && period.has_ended(self.now.today);
        for period in newest.periods().into_iter().filter(ended) {
            let before = service::at(tx, id, period.end).await?;
            let after = match &self.exchange {
                Exchange::National(_) => before.clone(),
                Exchange::Definition(after) => after.clone(),
            };
            let (exchange, now) = (self.exchange.clone(), self.now);
            let rules = Rules { before, after, period, exchange, now };
            let (mut last, mut shared) = (Uuid::nil(), None);
            loop {
                let rows = batch(tx, id, period, last, &self.reach).await?;
                let Some(end) = rows.last() else { break };
                last = end.provider_id;
                let jobs = rules.jobs(tx, id, &parts, rows, &mut shared).await?;
                let rules = rules.clone();
                working.push_back(spawn_blocking(move || rules.work_out(jobs)));
                if working.len() >= IN_HAND {
                    finish(&mut working, &mut self.rows).await?;
                }
            }
        }
        while !working.is_empty() {
            finish(&mut working, &mut self.rows).await?;
        }
        Ok(())
    }

    /// Everything that was found, the largest change first.
    fn preview(mut self) -> Preview {
        let size = |own: &Previewed| std::cmp::Reverse(own.moves.amount().0.unsigned_abs());
        self.rows.sort_by_cached_key(|own| (size(own), own.place()));
        let totals = Some(Totals::of(self.rows.iter().map(|row| &row.moves)));
        Preview { rows: self.rows, totals }
    }
}

/// Adds what the oldest batch in hand has come to.
async fn finish(
    working: &mut VecDeque<JoinHandle<Result<Vec<Previewed>>>>,
    rows: &mut Vec<Previewed>,
) -> Result<()> {
    if let Some(batch) = working.pop_front() {
        rows.extend(batch.await.map_err(|error| StoreError::Setup(error.to_string()))??);
    }
    Ok(())
}

/// The next achievements of a period that finance has not approved, by provider.
async fn batch(
    tx: &mut Tx,
    service: ServiceId,
    period: Period,
    after: Uuid,
    reach: &Reach,
) -> Result<Vec<Row>> {
    tx.all(
        "SELECT a.id, a.provider_id, p.code, p.name, c.amount_pence, c.points,
             CASE WHEN a.recalculate_because IS NULL THEN c.inputs END AS inputs,
             a.submitted >= a.required AS is_complete
         FROM achievement a JOIN organisation p ON p.id = a.provider_id
         LEFT JOIN calculation c ON c.id = a.calculation_id
         WHERE a.service_id = $1 AND a.achievement_date = $2 AND a.provider_id > $3
           AND NOT EXISTS (SELECT 1 FROM declaration d WHERE d.achievement_id = a.id AND d.state = 'approved')
           AND ($4 OR a.provider_id = $5 OR a.commissioner_id = $5
               OR a.commissioner_id IN (SELECT id FROM organisation WHERE parent_id = $5))
         ORDER BY a.provider_id LIMIT CAST($6 AS BIGINT)",
        args![service, period.end, after, reach.everybody, reach.of, AT_ONCE],
    )
    .await
}

impl Rules {
    /// The achievements of a batch that would be worked out again: those whose provider takes part and whose rules use
    /// what is exchanged.
    async fn jobs(
        &self,
        tx: &mut Tx,
        service: ServiceId,
        parts: &BTreeMap<OrganisationId, Participation>,
        rows: Vec<Row>,
        shared: &mut Option<Shared>,
    ) -> Result<Vec<Job>> {
        let is_national = matches!(self.exchange, Exchange::National(_));
        let mut jobs = Vec::with_capacity(rows.len());
        for mut row in rows {
            let part = parts.get(&row.provider_id.into());
            let Some(part) = part.filter(|own| own.covers(self.period.end)) else { continue };
            let components = part.components.clone();
            let may_be_due = row.is_complete || questions(&self.after) > 0;
            if is_national && !(may_be_due && self.after.pays_points(&components)) {
                continue;
            }
            let kept = row.inputs.take().filter(|_| {
                is_national || inputs::asks_the_same(&self.before, &self.after, &components)
            });
            let from = match kept {
                Some(kept) => Source::Kept(kept),
                None => Source::Gathered(Box::new(self.gather(tx, service, part, shared).await?)),
            };
            // A new version takes the place of what a provider has agreed; national figures do not.
            let own = match is_national && part.has_own_terms {
                true => Some(service::agreed(tx, service, part.offer, self.period.end).await?),
                false => None,
            };
            jobs.push(Job { row, components, own, from });
        }
        Ok(jobs)
    }

    /// The inputs as the sweep would gather them, with the answers that it would assume.
    async fn gather(
        &self,
        tx: &mut Tx,
        service: ServiceId,
        part: &Participation,
        shared: &mut Option<Shared>,
    ) -> Result<Inputs> {
        let (rules, period) = (&self.after, self.period);
        let mut figures = values(&standing(tx, part.provider, service, period.end).await?);
        let assumed = answers(tx, rules, part, period, &figures, &self.now).await?;
        figures.extend(assumed.into_iter().map(|(key, answer)| (key, answer.figure())));
        if shared.is_none() {
            *shared = Some(Shared::of(tx, rules).await?);
        }
        inputs::gather(tx, rules, part, period, figures, shared.as_ref()).await
    }

    /// Works a batch out; it takes the processor, so it does not run where others wait.
    fn work_out(&self, jobs: Vec<Job>) -> Result<Vec<Previewed>> {
        let mut previewed = Vec::with_capacity(jobs.len());
        for job in jobs {
            previewed.extend(self.one(job)?);
        }
        Ok(previewed)
    }

    fn one(&self, Job { row, components, own, from }: Job) -> Result<Option<Previewed>> {
        let wrong = |what: String| StoreError::Inconsistent { table: "calculation", what };
        let mut inputs = match from {
            Source::Gathered(inputs) => *inputs,
            Source::Kept(text) => serde_json::from_str(&text)
                .map_err(|error| wrong(format!("inputs of {}: {error}", row.id)))?,
        };
        if let Exchange::National(national) = &self.exchange {
            inputs.reference = Some(national.clone());
        }
        let after = own.as_ref().unwrap_or(&self.after);
        let after = assess(after, &components, self.period, &inputs, self.now.today);
        let points = row.points.as_deref().map(str::parse::<Points>).transpose();
        let points = points.map_err(|_| wrong(format!("points of {}", row.id)))?;
        let before = row.amount_pence.map(|pence| Worth { amount: Some(Pence(pence)), points });
        Ok(Moves::between(before, after).map(|moves| Previewed {
            achievement: row.id.into(),
            provider_code: row.code,
            provider_name: row.name,
            service: self.after.code.clone(),
            period: self.period,
            moves,
        }))
    }
}
