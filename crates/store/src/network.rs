//! Networks: what their practices have handed in, and the network's achievement summed anew when that changes.

mod membership;
mod page;

pub(crate) use membership::{Moved, moved};
pub use page::{
    IndicatorShare, NetworkAchievement, NetworkDate, PracticeFigures, PracticeShare, achievement,
    dates,
};

use crate::{
    Result, Tx,
    achievement::{
        field, hold_declaration, of_key, of_range,
        record::{Recorded, Work, record_alone},
        standing, values,
    },
    args,
    declaration::hold_range,
    event, new_id,
    offer::{self, Participation},
    organisation, service,
};
use chrono::NaiveDate;
use domain::{
    AchievementId, Actor, Event, Figures, Now, OrganisationId, OrganisationKind, Period, Service,
    ServiceId,
    achievement::period_ending,
    declaration::DeclarationState,
    network::{Share, handed_in_by, sums},
};
use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};
use uuid::Uuid;

/// What the practices of a network have handed in for a service and achievement date, by name: those that are members
/// on that date, with or without figures.
pub(crate) async fn shares(
    tx: &mut Tx,
    network: OrganisationId,
    service: ServiceId,
    date: NaiveDate,
) -> Result<Vec<Share>> {
    #[derive(sqlx::FromRow)]
    struct Row {
        id: Uuid,
        code: String,
        name: String,
        indicator: Option<String>,
        field: Option<String>,
        value: Option<i64>,
    }
    let rows: Vec<Row> = tx
        .all(
            "SELECT o.id, o.code, o.name, f.indicator, f.field, f.value
             FROM network_membership m JOIN organisation o ON o.id = m.practice_id
             LEFT JOIN figure f ON f.service_id = $2 AND f.achievement_date = $3 AND f.provider_id = m.practice_id
                 AND f.in_force
             WHERE m.network_id = $1 AND m.from_on <= $3 AND (m.to_on IS NULL OR m.to_on >= $3)
             ORDER BY o.name, o.code",
            args![network, service, date],
        )
        .await?;
    let mut all: Vec<Share> = Vec::new();
    for row in rows {
        if all.last().is_none_or(|own| own.code != row.code) {
            let figures = Figures::new();
            all.push(Share { practice: row.id.into(), code: row.code, name: row.name, figures });
        }
        let (Some(own), Some(indicator), Some(key), Some(value)) =
            (all.last_mut(), row.indicator, row.field, row.value)
        else {
            continue;
        };
        own.figures.insert((indicator, field(&key)?), value);
    }
    Ok(all)
}

/// The definition with what a provider hands in itself: all of it, unless practices hand in figures for their network.
pub(crate) fn handed_in(whole: &Arc<Service>, part: &Participation) -> Arc<Service> {
    if !sums(whole, &part.components) {
        return whole.clone();
    }
    let by_practice = part.network.is_some();
    let kind = if by_practice { OrganisationKind::Practice } else { OrganisationKind::Pcn };
    Arc::new(handed_in_by(whole, kind))
}

/// A network's service and achievement date.
type Key = (OrganisationId, ServiceId, NaiveDate);

/// Networks whose sums are to be taken anew, each with the reasons and who gave them.
#[derive(Default)]
pub(crate) struct Changed(BTreeMap<Key, Reasons>);

#[derive(Default)]
struct Reasons {
    /// Practices that changed figures, with how many.
    practices: Vec<(OrganisationId, usize)>,
    /// Other reasons, in words.
    words: Vec<String>,
    by: Option<Actor>,
}

impl Changed {
    /// Remembers the network of a practice whose figures a piece of work changes.
    pub(crate) fn add(&mut self, work: &Work) {
        let Some(network) = work.part.network else { return };
        let mut now = values(&work.before);
        let taking_force = work.submissions.iter().filter(|own| own.takes_force);
        now.extend(
            taking_force.flat_map(|own| &own.figures).map(|own| (own.key.clone(), own.value)),
        );
        let before = values(&work.before);
        let changed = now.iter().filter(|(key, value)| before.get(*key) != Some(*value)).count();
        if changed > 0 {
            let reasons = self.0.entry((network, work.part.service, work.period.end)).or_default();
            reasons.practices.push((work.part.provider, changed));
            reasons.by = Some(work.by.clone());
        }
    }

    fn because(&mut self, key: Key, words: &str, by: &Actor) {
        let reasons = self.0.entry(key).or_default();
        reasons.words.push(words.to_owned());
        reasons.by = Some(by.clone());
    }
}

impl Reasons {
    /// "Hill Top Practice changed 2 figures", for the history and for the provider that has to declare again.
    async fn in_words(&self, tx: &mut Tx) -> Result<String> {
        let mut words = self.words.clone();
        match self.practices.as_slice() {
            [] => {}
            [(practice, figures)] => {
                let name = organisation::find(tx, *practice).await?.name;
                let plural = if *figures == 1 { "figure" } else { "figures" };
                words.push(format!("{name} changed {figures} {plural}"));
            }
            several => words.push(format!("{} practices changed figures", several.len())),
        }
        Ok(words.join("; "))
    }
}

/// How many networks are written together.
const AT_ONCE: usize = 250;

/// A network that was summed anew.
pub(crate) struct Summed {
    pub(crate) recorded: Recorded,
    /// Whether its achievement had been declared.
    pub(crate) was_declared: bool,
}

/// Takes the sums of networks anew, and calculates what has become complete. What finance has approved stays.
pub(crate) async fn sum_up(tx: &mut Tx, changed: Changed, now: &Now) -> Result<Vec<Summed>> {
    let mut left = changed.0.into_iter();
    let mut all = Vec::new();
    while left.len() > 0 {
        let (mut works, mut declared) = (Vec::new(), HashSet::new());
        for (key, reasons) in left.by_ref().take(AT_ONCE) {
            let cause = reasons.in_words(tx).await?;
            let by = reasons.by.unwrap_or_else(|| Actor::system("Accord"));
            let Some((work, state)) = work(tx, key, (&cause, &by), now).await? else { continue };
            if let Some(row) = &work.row {
                declared.extend(state.and_then(|own| own.declared().map(|_| row.id)));
                let achievement = row.id.into();
                event::record(tx, &Event::NetworkSummed { achievement, cause }, &by, now)?;
            }
            works.push(work);
        }
        // A network is a member of nothing, so nothing more follows.
        for recorded in record_alone(tx, works, &mut Changed::default(), now).await? {
            let was_declared = declared.contains(&recorded.achievement.id.0);
            all.push(Summed { recorded, was_declared });
        }
    }
    Ok(all)
}

/// The work of summing one network, with where its declaration stands; none when it does not take part, or finance has
/// approved.
async fn work(
    tx: &mut Tx,
    (network, id, date): Key,
    (cause, by): (&str, &Actor),
    now: &Now,
) -> Result<Option<(Work, Option<DeclarationState>)>> {
    let Some(part) = offer::participation(tx, network, id, date).await? else { return Ok(None) };
    let service = service::at(tx, id, date).await?;
    let Ok(period) = period_ending(&service, date) else { return Ok(None) };
    let declaration = hold(tx, &part, period, now).await?;
    if matches!(declaration, Some(DeclarationState::Approved { .. })) {
        return Ok(None);
    }
    let mut row = of_key(tx, network, id, date).await?;
    if let Some(row) = &mut row {
        row.recalculate_because = Some(cause.to_owned());
        row.summed += 1;
    }
    let before = standing(tx, network, id, date).await?;
    let (submissions, cause, by) = (Vec::new(), cause.to_owned(), by.clone());
    let work = Work { row, service, part, period, before, submissions, cause, by, shared: None };
    Ok(Some((work, declaration)))
}

/// Holds the network's declaration and row until the transaction ends, and makes the row when there is none: two
/// practices that submit at one moment are summed one after the other, so that no figure is left out.
async fn hold(
    tx: &mut Tx,
    part: &Participation,
    period: Period,
    now: &Now,
) -> Result<Option<DeclarationState>> {
    let key = (part.provider, part.service, period.end);
    // The declaration first, as everybody does who changes figures.
    let declaration = match of_key(tx, key.0, key.1, key.2).await? {
        Some(row) => hold_declaration(tx, &row).await?,
        None => {
            let id: AchievementId = new_id(now);
            let (of, start, at) = (part.commissioner, period.start, now.instant);
            let row = args![id, key.0, key.1, of, start, key.2, 0_i64, 0_i64, "", at, 0_i64];
            tx.upsert(
                "INSERT INTO achievement (id, provider_id, service_id, commissioner_id, period_start, achievement_date,
                     submitted, required, held_because, updated_at, version)",
                vec![row],
                "ON CONFLICT (provider_id, service_id, achievement_date) DO NOTHING",
            )
            .await?;
            None
        }
    };
    tx.execute(
        "UPDATE achievement SET version = version WHERE provider_id = $1 AND service_id = $2 AND achievement_date = $3",
        args![key.0, key.1, key.2],
    )
    .await?;
    Ok(declaration)
}

/// Where the declarations of the networks stand, held until the transaction ends, for a file of all their practices.
pub(crate) async fn hold_declarations(
    tx: &mut Tx,
    service: ServiceId,
    date: NaiveDate,
) -> Result<BTreeMap<OrganisationId, DeclarationState>> {
    let every = (OrganisationId(Uuid::nil()), OrganisationId(Uuid::max()));
    let mut held = hold_range(tx, service, date, every).await?;
    let mut states = BTreeMap::new();
    if !held.is_empty() {
        for (network, row) in of_range(tx, service, date, every).await? {
            states.extend(held.remove(&AchievementId(row.id)).map(|state| (network, state)));
        }
    }
    Ok(states)
}
