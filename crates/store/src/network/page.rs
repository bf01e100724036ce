//! Network achievement as its pages show it: each practice's share, the sums, and what is missing by practice and indicator.

use super::shares;
use crate::{
    Failed, Result, StoreError, Tx,
    achievement::{AchievementRow, of_key, select, standing, values},
    args,
    offer::{Participation, as_member, participation, participations},
    organisation, service,
    submission::commissions,
};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    AchievementId, Actor, Field, NotAllowed, Now, Organisation, OrganisationId, OrganisationKind,
    Period, Permission, Service,
    achievement::{AchievementState, period_ending},
    network::{Share, Sum, handed_in_by, missing_of_members, so_far, sums},
    service::Level,
    submission::{Missing, missing},
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};
use uuid::Uuid;

/// One achievement date of a service that practices hand in figures for.
#[derive(Clone, Debug)]
pub struct NetworkDate {
    /// The service.
    pub service: Arc<Service>,
    /// The network.
    pub network: Organisation,
    /// The period.
    pub period: Period,
    /// How far the network's achievement is.
    pub state: AchievementState,
    /// Practices that have handed in everything.
    pub complete: usize,
    /// Practices of the network on the achievement date.
    pub practices: usize,
}

/// The network achievements that have begun, newest first: of a network, or of the networks of a practice whose person
/// may see them.
pub async fn dates(
    tx: &mut Tx,
    by: &Actor,
    now: &Now,
) -> Result<Vec<NetworkDate>, Failed<NotAllowed>> {
    by.must(Permission::SeeAchievement).map_err(Failed::Refused)?;
    let own = by.organisation().filter(|own| own.kind.provides()).ok_or(StoreError::NotFound)?;
    let mut list = Vec::new();
    if own.kind == OrganisationKind::Pcn {
        let state = Standings::of(tx, own).await?;
        for part in participations(tx, by).await? {
            state.add(tx, &part, |date| part.covers(date), now, &mut list).await?;
        }
    } else {
        by.must(Permission::SeeNetwork).map_err(Failed::Refused)?;
        for member in as_member(tx, own.id).await? {
            let Some(network) = member.part.network else { continue };
            let network = organisation::find(tx, network).await?;
            let state = Standings::of(tx, &network).await?;
            state.add(tx, &member.part, |date| member.covers(date), now, &mut list).await?;
        }
    }
    list.sort_by(|one, other| {
        let names = || one.service.name.cmp(&other.service.name);
        other.period.end.cmp(&one.period.end).then_with(names)
    });
    Ok(list)
}

/// What stands for a network over all services and dates.
struct Standings {
    network: Organisation,
    members: Vec<(NaiveDate, Option<NaiveDate>)>,
    complete: HashMap<(Uuid, NaiveDate), i64>,
    rows: HashMap<(Uuid, NaiveDate), AchievementRow>,
}

impl Standings {
    async fn of(tx: &mut Tx, network: &Organisation) -> Result<Self> {
        #[derive(sqlx::FromRow)]
        struct Complete {
            service_id: Uuid,
            achievement_date: NaiveDate,
            complete: i64,
        }
        let members = organisation::memberships(tx, network).await?;
        let complete: Vec<Complete> = tx
            .all(
                "SELECT a.service_id, a.achievement_date, count(*) AS complete
                 FROM network_membership m JOIN achievement a ON a.provider_id = m.practice_id
                 WHERE m.network_id = $1 AND a.is_part AND a.submitted >= a.required
                   AND m.from_on <= a.achievement_date AND (m.to_on IS NULL OR m.to_on >= a.achievement_date)
                 GROUP BY a.service_id, a.achievement_date",
                args![network.id],
            )
            .await?;
        let rows: Vec<AchievementRow> =
            tx.all(select!("WHERE a.provider_id = $1"), args![network.id]).await?;
        let keyed = |row: AchievementRow| Ok(((row.read()?.service.0, row.date()), row));
        Ok(Self {
            network: network.clone(),
            members: members.into_iter().map(|own| (own.from_on, own.to_on)).collect(),
            complete: complete
                .into_iter()
                .map(|row| ((row.service_id, row.achievement_date), row.complete))
                .collect(),
            rows: rows.into_iter().map(keyed).collect::<Result<_>>()?,
        })
    }

    async fn add(
        &self,
        tx: &mut Tx,
        part: &Participation,
        is_seen: impl Fn(NaiveDate) -> bool,
        now: &Now,
        list: &mut Vec<NetworkDate>,
    ) -> Result<()> {
        let service = service::find(tx, part.service).await?;
        if !sums(&service, &part.components) {
            return Ok(());
        }
        for period in service.periods() {
            let date = period.end;
            if period.start > now.today || !is_seen(date) {
                continue;
            }
            let key = (part.service.0, date);
            let is_in = |own: &&(NaiveDate, Option<NaiveDate>)| {
                own.0 <= date && own.1.is_none_or(|last| date <= last)
            };
            let state = match self.rows.get(&key) {
                Some(row) => row.read()?.state(now.today),
                None => AchievementState::NotStarted,
            };
            let complete = self.complete.get(&key).copied().unwrap_or_default();
            list.push(NetworkDate {
                service: service.clone(),
                network: self.network.clone(),
                period,
                state,
                complete: usize::try_from(complete).unwrap_or_default(),
                practices: self.members.iter().filter(is_in).count(),
            });
        }
        Ok(())
    }
}

/// One network achievement with the share of every practice.
#[derive(Clone, Debug)]
pub struct NetworkAchievement {
    /// The network.
    pub network: Organisation,
    /// The service.
    pub service: Arc<Service>,
    /// The period.
    pub period: Period,
    /// The achievement, when somebody has begun.
    pub achievement: Option<AchievementId>,
    /// How far it is.
    pub state: AchievementState,
    /// What the network itself still owes.
    pub missing: Vec<Missing>,
    /// The practices that are members on the achievement date, by name.
    pub practices: Vec<PracticeShare>,
    /// The indicators of the practices, in order.
    pub indicators: Vec<IndicatorShare>,
    /// Whether the reader may see the figures of each practice; otherwise only sums and what is missing.
    pub sees_shares: bool,
}

/// One practice of a network.
#[derive(Clone, Debug)]
pub struct PracticeShare {
    /// ODS code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Indicators with all their figures.
    pub submitted: u32,
    /// Indicators that need figures.
    pub required: u32,
    /// What it still owes.
    pub missing: Vec<Missing>,
    /// When figures last came.
    pub updated_at: Option<DateTime<Utc>>,
    /// Its part, when it has begun one and the reader may see it.
    pub achievement: Option<AchievementId>,
}

/// One indicator of the practices.
#[derive(Clone, Debug)]
pub struct IndicatorShare {
    /// Name of its component.
    pub component: String,
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// What is entered for it, in order.
    pub fields: Vec<Field>,
    /// What each practice gave, in the order of the practices; empty for a reader who may not see it.
    pub shares: Vec<PracticeFigures>,
    /// The sums so far, in the order of the fields.
    pub sums: Vec<Option<Sum>>,
}

/// What one practice gave for an indicator.
#[derive(Clone, Debug)]
pub struct PracticeFigures {
    /// Name of the practice.
    pub practice: String,
    /// Its figures, in the order of the fields.
    pub figures: Vec<Option<i64>>,
}

/// The achievement of a network with the share of every practice: for the network, for a practice of it whose person may
/// see the network, and for the commissioner.
pub async fn achievement(
    tx: &mut Tx,
    (network, code, date): (&str, &str, NaiveDate),
    by: &Actor,
    now: &Now,
) -> Result<NetworkAchievement, Failed<NotAllowed>> {
    by.must(Permission::SeeAchievement).map_err(Failed::Refused)?;
    let network = organisation::find_by_code(tx, network).await?.ok_or(StoreError::NotFound)?;
    let published = service::find_by_code(tx, code).await?.ok_or(StoreError::NotFound)?;
    let id = published.id;
    let service = service::at(tx, id, date).await?;
    let part = participation(tx, network.id, id, date).await?.ok_or(StoreError::NotFound)?;
    let period = period_ending(&service, date).map_err(|_| StoreError::NotFound)?;
    if !sums(&service, &part.components) || part.network.is_some() {
        return Err(StoreError::NotFound.into());
    }
    let practices = shares(tx, network.id, id, date).await?;
    let sees_shares = sees(tx, &part, &practices, by).await?;
    let row = of_key(tx, network.id, id, date).await?;
    let achievement = row.as_ref().map(AchievementRow::read).transpose()?;
    let own = values(&standing(tx, network.id, id, date).await?);
    let of_network = handed_in_by(&service, OrganisationKind::Pcn);
    let rows: Vec<AchievementRow> = tx
        .all(
            select!(
                "WHERE a.service_id = $1 AND a.achievement_date = $2 AND a.is_part
                 AND a.provider_id IN (SELECT practice_id FROM network_membership WHERE network_id = $3)"
            ),
            args![id, date, network.id],
        )
        .await?;
    Ok(NetworkAchievement {
        state: achievement
            .as_ref()
            .map_or(AchievementState::NotStarted, |own| own.state(now.today)),
        achievement: achievement.map(|own| own.id),
        missing: missing(&of_network, &part.components, &own),
        indicators: indicators(&service, &part.components, &practices, sees_shares),
        practices: practice_shares(&service, &part.components, (&practices, &rows), sees_shares),
        network,
        service,
        period,
        sees_shares,
    })
}

/// Whether the reader may see each practice's figures; [`StoreError::NotFound`] for who may not see the network at all.
async fn sees(tx: &mut Tx, part: &Participation, practices: &[Share], by: &Actor) -> Result<bool> {
    let own: Option<OrganisationId> = by.organisation().map(|own| own.id);
    if own == Some(part.provider) {
        return Ok(by.may(Permission::SeeNetwork));
    }
    let is_member = practices.iter().any(|practice| own == Some(practice.practice));
    if (is_member && by.may(Permission::SeeNetwork)) || commissions(tx, part, by).await? {
        return Ok(true);
    }
    Err(StoreError::NotFound)
}

fn practice_shares(
    service: &Service,
    components: &[String],
    (practices, rows): (&[Share], &[AchievementRow]),
    sees_shares: bool,
) -> Vec<PracticeShare> {
    let mut owed: BTreeMap<OrganisationId, Vec<Missing>> =
        missing_of_members(service, components, practices)
            .into_iter()
            .map(|own| (own.practice, own.missing))
            .collect();
    let theirs = handed_in_by(service, OrganisationKind::Practice);
    let share = |own: &Share| {
        let (submitted, required) = domain::achievement::counted(&theirs, components, &own.figures);
        let row = rows.iter().find(|row| row.provider_id == own.practice.0);
        PracticeShare {
            code: own.code.clone(),
            name: own.name.clone(),
            submitted,
            required,
            missing: owed.remove(&own.practice).unwrap_or_default(),
            updated_at: row.map(|row| row.updated_at),
            achievement: row.filter(|_| sees_shares).map(|row| row.id.into()),
        }
    };
    practices.iter().map(share).collect()
}

fn indicators(
    service: &Service,
    components: &[String],
    practices: &[Share],
    sees_shares: bool,
) -> Vec<IndicatorShare> {
    let so_far = so_far(service, practices);
    let mut list = Vec::new();
    for component in service.components_named(components) {
        for indicator in component.entered().filter(|own| own.level == Level::Practice) {
            let keys: Vec<(String, Field)> =
                indicator.fields().iter().map(|field| (indicator.code.clone(), *field)).collect();
            let share = |own: &Share| PracticeFigures {
                practice: own.name.clone(),
                figures: keys.iter().map(|key| own.figures.get(key).copied()).collect(),
            };
            list.push(IndicatorShare {
                component: component.name.clone(),
                code: indicator.code.clone(),
                name: indicator.name.clone(),
                fields: indicator.fields().to_vec(),
                shares: practices.iter().filter(|_| sees_shares).map(share).collect(),
                sums: keys.iter().map(|key| so_far.get(key).copied()).collect(),
            });
        }
    }
    list
}
