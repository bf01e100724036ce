//! What is due: the achievement dates of a provider's services, their indicator groups, and the boxes of one group.

use super::{
    At, Case, case,
    network::{summed_in, taking},
    nil::{NilReturn, nil_returns},
};
use crate::{
    Failed, Result, StoreError, Tx,
    achievement::{AchievementRow, declaration_state, select, values},
    args,
    network::handed_in,
    offer::{Participation, as_member, participations},
    service,
};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    AchievementId, Actor, Field, Figures, NotAllowed, Now, Organisation, OrganisationId, Pence,
    Period, Permission, Service, ServiceId,
    achievement::{Achievement, AchievementState, CannotSubmit, may_submit},
    calculation::worth_of_counts,
    declaration::DeclarationState,
    network::sums,
    service::{Component, Entry as Arrival, Indicator, Level},
    submission::{Progress, missing, progress},
};
use std::{collections::BTreeMap, sync::Arc};
use uuid::Uuid;

/// One achievement date of a service that a provider takes part in.
#[derive(Clone, Debug)]
pub struct Due {
    /// The service.
    pub service: Arc<Service>,
    /// The period that the achievement date ends.
    pub period: Period,
    /// The achievement, when somebody has begun.
    pub achievement: Option<AchievementId>,
    /// How far it is.
    pub state: AchievementState,
    /// Indicators with all their figures.
    pub submitted: u32,
    /// Indicators that need figures.
    pub required: u32,
    /// When figures last came.
    pub updated_at: Option<DateTime<Utc>>,
    /// Indicators among them that an extract brings.
    pub by_extract: u32,
    /// Indicators among them that only the commissioner enters.
    pub by_commissioner: u32,
    /// Whether the provider types any of its figures; otherwise an extract or the commissioner brings them all.
    pub is_typed: bool,
    /// Whether the period has ended.
    pub has_ended: bool,
}

impl Due {
    /// Whether the provider still has figures to type, and the period has ended.
    pub fn is_overdue(&self) -> bool {
        self.is_typed && self.has_ended && self.submitted < self.required
    }
}

/// Every achievement date that has begun, of every service the provider takes part in and has figures to submit for:
/// what a person still has to type first, the oldest first, then the others, the newest first.
pub async fn due(tx: &mut Tx, by: &Actor, now: &Now) -> Result<Vec<Due>, Failed<NotAllowed>> {
    let provider = provider(by)?;
    let mut rows: BTreeMap<(Uuid, NaiveDate), AchievementRow> = BTreeMap::new();
    let all: Vec<AchievementRow> =
        tx.all(select!("WHERE a.provider_id = $1"), args![provider]).await?;
    for row in all {
        let achievement = row.read()?;
        rows.insert((achievement.service.0, achievement.period.end), row);
    }
    let mut list = Vec::new();
    let own = participations(tx, by).await?.into_iter().map(|part| (part, None));
    let for_networks = as_member(tx, provider).await?.into_iter();
    for (part, member) in own.chain(for_networks.map(|own| (own.part.clone(), Some(own)))) {
        let service = service::find(tx, part.service).await?;
        let is_in = |date| member.as_ref().map_or(part.covers(date), |own| own.covers(date));
        let has_begun = |period: &Period| period.start <= now.today && is_in(period.end);
        for period in service.periods().into_iter().filter(has_begun) {
            let row = rows.get(&(part.service.0, period.end));
            let due = of_period(&service, &part, period, row, now)?;
            if due.required > 0 {
                list.push(due);
            }
        }
    }
    list.sort_by(|one, other| {
        let is_open = |due: &Due| due.is_typed && due.submitted < due.required;
        let by_date = other.period.end.cmp(&one.period.end);
        // What is still open comes first, the oldest first; what is done comes newest first.
        let by_date = if is_open(one) { by_date.reverse() } else { by_date };
        let names = || one.service.name.cmp(&other.service.name);
        is_open(other).cmp(&is_open(one)).then(by_date).then_with(names)
    });
    Ok(list)
}

fn provider(by: &Actor) -> Result<OrganisationId, Failed<NotAllowed>> {
    by.must(Permission::SeeAchievement).map_err(Failed::Refused)?;
    match by.organisation() {
        Some(own) if own.kind.provides() => Ok(own.id),
        _ => Err(StoreError::NotFound.into()),
    }
}

fn of_period(
    whole: &Arc<Service>,
    part: &Participation,
    period: Period,
    row: Option<&AchievementRow>,
    now: &Now,
) -> Result<Due> {
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let entered = |component: &&Component| component.entered().count();
    let service = handed_in(whole, part);
    let components = service.components_named(&part.components);
    let required = components.iter().map(entered).sum::<usize>();
    let number = |belongs: fn(&Indicator) -> bool| {
        let all = components.iter().flat_map(|own| own.entered());
        count(all.filter(|indicator| belongs(indicator)).count())
    };
    let typed = number(|own| own.entry == Arrival::Manual && own.level != Level::Commissioner);
    let reserved = number(|own| own.entry == Arrival::Manual && own.level == Level::Commissioner);
    let required = count(required);
    let achievement = row.map(AchievementRow::read).transpose()?;
    let state = achievement
        .as_ref()
        .map_or(AchievementState::NotStarted, |achievement| achievement.state(now.today));
    Ok(Due {
        service: whole.clone(),
        period,
        achievement: achievement.as_ref().map(|own| own.id),
        state,
        submitted: match &achievement {
            None => 0,
            Some(own) if Arc::ptr_eq(&service, whole) => own.submitted,
            Some(own) => own_submitted(own, required),
        },
        required,
        updated_at: row.map(|row| row.updated_at),
        by_extract: required - typed - reserved,
        by_commissioner: reserved,
        is_typed: typed > 0,
        has_ended: period.has_ended(now.today),
    })
}

/// What a provider has submitted itself, of the indicators that it hands in: without those of a network's practices.
fn own_submitted(achievement: &Achievement, required: u32) -> u32 {
    let missing = achievement.required.saturating_sub(achievement.submitted + achievement.awaits);
    required.saturating_sub(missing)
}

/// The achievement dates of one service: those begun, newest first, and those that can be added.
#[derive(Clone, Debug)]
pub struct Dates {
    /// The service.
    pub service: Arc<Service>,
    /// Those with figures.
    pub begun: Vec<Due>,
    /// Those that have begun and have no figures yet, newest first.
    pub open: Vec<Due>,
    /// The first day of the next period, when it is still to come.
    pub next: Option<NaiveDate>,
}

/// The achievement dates of a service by its code; refused when the provider does not take part.
pub async fn dates(
    tx: &mut Tx,
    provider: OrganisationId,
    code: &str,
    by: &Actor,
    now: &Now,
) -> Result<Dates, Failed<CannotSubmit>> {
    by.must(Permission::SeeAchievement).map_err(|why| Failed::Refused(why.into()))?;
    let published = service::find_by_code(tx, code).await?.ok_or(StoreError::NotFound)?;
    let service = published.service.clone();
    let taking = taking(tx, provider, &published, by).await?;
    let rows: Vec<AchievementRow> = tx
        .all(
            select!("WHERE a.provider_id = $1 AND a.service_id = $2"),
            args![provider, published.id],
        )
        .await?;
    let mut dates =
        Dates { service: service.clone(), begun: Vec::new(), open: Vec::new(), next: None };
    for period in service.periods() {
        if period.start > now.today {
            dates.next = dates.next.or(Some(period.start));
            continue;
        }
        // A practice hands in figures for its network on the dates that it is a member.
        let Some(part) = taking.on(period.end) else { continue };
        let row = rows.iter().find(|row| row.date() == period.end);
        let due = of_period(&service, part, period, row, now)?;
        if row.is_some() { &mut dates.begun } else { &mut dates.open }.insert(0, due);
    }
    if dates.begun.iter().chain(&dates.open).all(|due| due.required == 0) && dates.next.is_none() {
        return Err(Failed::Refused(CannotSubmit::NothingToSubmit));
    }
    Ok(dates)
}

/// One achievement date with its indicator groups.
#[derive(Clone, Debug)]
pub struct Groups {
    /// The service.
    pub service: Arc<Service>,
    /// Whose figures they are.
    pub provider: Organisation,
    /// The period.
    pub period: Period,
    /// The achievement, when somebody has begun.
    pub achievement: Option<AchievementId>,
    /// How far it is.
    pub state: AchievementState,
    /// Why it is held; empty otherwise.
    pub held_because: String,
    /// Where its declaration stands, when there is one.
    pub declaration: Option<DeclarationState>,
    /// The components of the contract, in order.
    pub groups: Vec<Group>,
    /// Whether the person may type any of the figures.
    pub may_type: bool,
    /// Why nothing can be submitted now.
    pub why_not: Option<CannotSubmit>,
    /// The network that the figures are summed in: of the provider itself, or of a practice.
    pub network: Option<Organisation>,
}

/// One indicator group: a component of the contract.
#[derive(Clone, Debug)]
pub struct Group {
    /// n of m.
    pub progress: Progress,
    /// What is missing, in words.
    pub missing: Vec<String>,
    /// Whether a network, or its practices, hand in everything of it in the place of who is asked here.
    pub is_elsewhere: bool,
    /// When its figures last came.
    pub updated_at: Option<DateTime<Utc>>,
    /// Whether a person types any of its figures.
    pub is_typed: bool,
    /// Whether it pays; otherwise it is management information.
    pub pays: bool,
    /// What its counts come to so far, when the reader may see money.
    pub worth: Option<Pence>,
    /// Whether a person types a count of it, so that a nil return says something.
    pub has_counts: bool,
    /// The nil return that stands for it.
    pub nil: Option<NilReturn>,
}

/// The indicator groups of an achievement date.
pub async fn groups(
    tx: &mut Tx,
    at: &At<'_>,
    by: &Actor,
    now: &Now,
) -> Result<Groups, Failed<CannotSubmit>> {
    let (id, case) = own_case(tx, at, by).await?;
    let updated = updated(tx, at.provider, id, at.date).await?;
    let mut nil = match &case.row {
        Some(row) => nil_returns(tx, row.id).await?,
        None => BTreeMap::new(),
    };
    let (declaration, why_not) = standing_in_the_way(tx, &case, by, now).await?;
    let figures = values(&case.before);
    let components = &case.part.components;
    let groups = progress(&case.service, components, &figures)
        .into_iter()
        .filter_map(|own| Some((case.service.component(&own.component)?, own)))
        .map(|(component, progress)| {
            let nil = nil.remove(&component.code);
            let worth = worth_of_counts(&case.service, component, &figures);
            Group {
                nil,
                worth: worth.filter(|_| by.sees_money()),
                ..group(&case, component, progress, &figures, &updated)
            }
        })
        .collect();
    let achievement = case.row.as_ref().map(AchievementRow::read).transpose()?;
    let network = summed_in(tx, &case).await?;
    Ok(Groups {
        network,
        state: achievement
            .as_ref()
            .map_or(AchievementState::NotStarted, |own| own.state(now.today)),
        achievement: achievement.map(|own| own.id),
        held_because: case.row.as_ref().map_or_else(String::new, |row| row.held_because.clone()),
        may_type: why_not.is_none() && case.may_any(declaration.as_ref(), by, now),
        service: case.service,
        provider: case.provider,
        period: case.period,
        declaration,
        groups,
        why_not,
    })
}

fn group(
    case: &Case,
    component: &Component,
    progress: Progress,
    figures: &Figures,
    updated: &BTreeMap<String, DateTime<Utc>>,
) -> Group {
    let only = [component.code.clone()];
    let whole = case.whole.component(&component.code).unwrap_or(component);
    Group {
        is_elsewhere: progress.total == 0
            && case
                .whole
                .component(&component.code)
                .is_some_and(|own| own.entered().next().is_some()),
        progress,
        missing: missing(&case.service, &only, figures).into_iter().map(|own| own.label).collect(),
        updated_at: component
            .indicators
            .iter()
            .filter_map(|own| updated.get(&own.code))
            .max()
            .copied(),
        is_typed: component.entered().any(|indicator| indicator.entry == Arrival::Manual),
        pays: whole.indicators.iter().any(domain::service::Indicator::pays),
        has_counts: component.entered().any(|indicator| {
            indicator.entry == Arrival::Manual && indicator.fields() == [Field::Count]
        }),
        worth: None,
        nil: None,
    }
}

pub(super) async fn own_case(
    tx: &mut Tx,
    at: &At<'_>,
    by: &Actor,
) -> Result<(ServiceId, Case), Failed<CannotSubmit>> {
    by.must(Permission::SeeAchievement).map_err(|why| Failed::Refused(why.into()))?;
    let published = service::find_by_code(tx, at.service).await?.ok_or(StoreError::NotFound)?;
    let case = case(tx, at.provider, published.id, at.date, by).await?;
    Ok((published.id, case))
}

/// Where the declaration stands, and why nothing can be submitted now.
pub(super) async fn standing_in_the_way(
    tx: &mut Tx,
    case: &Case,
    by: &Actor,
    now: &Now,
) -> Result<(Option<DeclarationState>, Option<CannotSubmit>)> {
    let declaration = match &case.declared {
        Some(row) => declaration_state(tx, row).await?,
        None => None,
    };
    let needs_nothing = case
        .service
        .components_named(&case.part.components)
        .iter()
        .all(|own| own.entered().next().is_none());
    let why_not = if needs_nothing {
        let by_practices = sums(&case.whole, &case.part.components);
        Some(if by_practices { CannotSubmit::ByPractices } else { CannotSubmit::NothingToSubmit })
    } else {
        let may = may_submit(by, case.period, declaration.as_ref(), now);
        may.err().or_else(|| case.closed(declaration.as_ref(), by, now))
    };
    Ok((declaration, why_not))
}

/// When the figures in force of each indicator came.
async fn updated(
    tx: &mut Tx,
    provider: OrganisationId,
    service: ServiceId,
    date: NaiveDate,
) -> Result<BTreeMap<String, DateTime<Utc>>> {
    #[derive(sqlx::FromRow)]
    struct Updated {
        indicator: String,
        submitted_at: DateTime<Utc>,
    }
    let rows: Vec<Updated> = tx
        .all(
            "SELECT f.indicator, s.submitted_at FROM figure f JOIN submission s ON s.id = f.submission_id
             WHERE f.service_id = $1 AND f.achievement_date = $2 AND f.provider_id = $3 AND f.in_force
             ORDER BY s.submitted_at",
            args![service, date, provider],
        )
        .await?;
    Ok(rows.into_iter().map(|row| (row.indicator, row.submitted_at)).collect())
}
