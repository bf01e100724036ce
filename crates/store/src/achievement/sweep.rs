//! Calculates what time alone has made ready: periods that have ended since their figures came, and held ones.

use super::{
    assumed::{needs_nobody, questions},
    of_key,
    record::{Work, record},
    standing,
};
use crate::{
    Db, Result, StoreError, Tx, args, declaration,
    network::handed_in,
    offer::{Participation, participation},
    service,
};
use chrono::NaiveDate;
use domain::{
    Actor, Now, OrganisationId, OrganisationKind, Period, Service, ServiceId,
    achievement::{AchievementState, period_ending},
    network::handed_in_by,
    service::{Component, ProviderKind},
};
use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};
use uuid::Uuid;

/// What a sweep came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Achievements calculated.
    pub calculated: u64,
    /// Achievements for which something is still missing, such as a list size.
    pub held: u64,
}

/// How many achievements one transaction takes, so that nobody waits long for the writer.
const AT_ONCE: i64 = 200;

#[derive(sqlx::FromRow)]
struct Candidate {
    id: Uuid,
    provider_id: Uuid,
    service_id: Uuid,
    achievement_date: NaiveDate,
    /// Whether there may be a declaration of it; of a practice's part, of its network.
    is_declared: bool,
}

/// Calculates every achievement whose period has ended and whose figures are all in, and those that need no figures.
/// Then the configuration takes the steps that a hold made wait. Runs at the start and every minute; again at once changes
/// nothing.
pub async fn sweep(db: &Db, by: &Actor, now: &Now) -> Result<Swept> {
    let mut swept = Swept::default();
    let mut after = Uuid::nil();
    loop {
        let batch = complete(&mut db.read().await?, after, now).await?;
        let Some(last) = batch.last() else { break };
        after = last.id;
        work_off(db, &batch, by, now, &mut swept).await?;
    }
    for (id, most) in with_questions(&mut db.read().await?).await? {
        let mut after = Uuid::nil();
        loop {
            let batch = unanswered(&mut db.read().await?, id, most, after, now).await?;
            let Some(last) = batch.last() else { break };
            after = last.id;
            work_off(db, &batch, by, now, &mut swept).await?;
        }
    }
    for (whose, id, period) in without_inputs(&mut db.read().await?, now).await? {
        let mut after = Uuid::nil();
        loop {
            let batch = unheard_of(&mut db.read().await?, whose, (id, period), after).await?;
            let Some(last) = batch.last() else { break };
            after = last.id;
            work_off(db, &batch, by, now, &mut swept).await?;
        }
    }
    declaration::go_on(db, now).await?;
    Ok(swept)
}

/// Whether the provider of the achievement `a` still takes part, itself or for a network that it is a member of.
macro_rules! takes_part {
    () => {
        "EXISTS (SELECT 1 FROM offer o
             WHERE o.service_id = a.service_id AND o.in_force_until >= a.achievement_date AND (o.provider_id = a.provider_id
                 OR o.provider_id IN (SELECT m.network_id FROM network_membership m
                     WHERE m.practice_id = a.provider_id AND a.is_part AND m.from_on <= a.achievement_date
                         AND (m.to_on IS NULL OR m.to_on >= a.achievement_date))))"
    };
}

/// Achievements with all their figures and no calculation, of periods that have ended, and those that are to be
/// calculated again, unless finance has approved them since. Who no longer takes part is left out: it would be looked at
/// again and again, and its mark waits for the day that it takes part anew.
async fn complete(tx: &mut Tx, after: Uuid, now: &Now) -> Result<Vec<Candidate>> {
    tx.all(
        concat!(
            "SELECT a.id, a.provider_id, a.service_id, a.achievement_date,
             a.is_part OR EXISTS (SELECT 1 FROM calculation c WHERE c.achievement_id = a.id) AS is_declared
         FROM achievement a
         WHERE a.id > $2
             AND ((a.recalculate_because IS NOT NULL AND NOT EXISTS
                     (SELECT 1 FROM declaration d WHERE d.achievement_id = a.id AND d.state = 'approved'))
                 OR (a.calculation_id IS NULL AND a.achievement_date < $1 AND a.submitted >= a.required AND NOT a.is_part))
             AND ",
            takes_part!(),
            " ORDER BY a.id LIMIT CAST($3 AS BIGINT)"
        ),
        args![now.today, after, AT_ONCE],
    )
    .await
}

/// The services with questions whose answer may be assumed, and how many of them there are.
async fn with_questions(tx: &mut Tx) -> Result<Vec<(ServiceId, i64)>> {
    let services = service::list(tx, &service::Filter::default()).await?;
    let questions = |service: &Service| i64::try_from(questions(service)).unwrap_or(i64::MAX);
    let found = services.into_iter().map(|own| (own.id, questions(&own.service)));
    Ok(found.filter(|(_, number)| *number > 0).collect())
}

/// Achievements of periods that have ended that miss no more indicators than a service has such questions.
async fn unanswered(
    tx: &mut Tx,
    service: ServiceId,
    most: i64,
    after: Uuid,
    now: &Now,
) -> Result<Vec<Candidate>> {
    tx.all(
        concat!(
            "SELECT a.id, a.provider_id, a.service_id, a.achievement_date,
                 a.is_part OR EXISTS (SELECT 1 FROM calculation c WHERE c.achievement_id = a.id) AS is_declared
             FROM achievement a WHERE a.calculation_id IS NULL AND a.achievement_date < $1 AND a.service_id = $4
                 AND a.submitted + a.awaits < a.required AND a.required - a.submitted - a.awaits <= $5 AND a.id > $2
                 AND ",
            takes_part!(),
            " ORDER BY a.id LIMIT CAST($3 AS BIGINT)"
        ),
        args![now.today, after, AT_ONCE, service, most],
    )
    .await
}

/// Whose figures nobody may ever begin to enter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    /// Those of the providers themselves.
    Providers,
    /// Those of the practices of a network.
    Members,
}

/// The ended periods of services that can be contracted so that nothing has to be entered: by the providers, or by the
/// practices of their networks.
async fn without_inputs(tx: &mut Tx, now: &Now) -> Result<Vec<(Whose, ServiceId, Period)>> {
    let mut found = Vec::new();
    for published in service::list(tx, &service::Filter::default()).await? {
        let service = &published.service;
        let mut all = Vec::new();
        if service.components.iter().any(|own| own.entered().all(needs_nobody)) {
            all.push(Whose::Providers);
        }
        if service.provider == ProviderKind::Network {
            let theirs = handed_in_by(service, OrganisationKind::Practice);
            let is_answered =
                |own: &Component| own.entered().next().is_some() && own.entered().all(needs_nobody);
            if theirs.components.iter().any(is_answered) {
                all.push(Whose::Members);
            }
        }
        let ended = service.periods().into_iter().filter(|period| period.has_ended(now.today));
        let each = |period| all.iter().map(move |whose| (*whose, published.id, period));
        found.extend(ended.flat_map(each));
    }
    Ok(found)
}

/// Providers that take part and have no achievement for a period, or the practices that hand in figures for one of them.
async fn unheard_of(
    tx: &mut Tx,
    whose: Whose,
    (service, period): (ServiceId, Period),
    after: Uuid,
) -> Result<Vec<Candidate>> {
    #[derive(sqlx::FromRow)]
    struct TakesPart {
        id: Uuid,
        provider_id: Uuid,
    }
    let sql = match whose {
        Whose::Providers => {
            "SELECT o.id, o.provider_id FROM offer o WHERE o.service_id = $1 AND o.in_force_until >= $3 AND o.id > $2
             AND NOT EXISTS (SELECT 1 FROM achievement a
                 WHERE a.provider_id = o.provider_id AND a.service_id = o.service_id AND a.achievement_date = $3)
             ORDER BY o.id LIMIT CAST($4 AS BIGINT)"
        }
        // What finance has approved for the network waits for nobody.
        Whose::Members => {
            "SELECT m.practice_id AS id, m.practice_id AS provider_id
             FROM offer o JOIN network_membership m ON m.network_id = o.provider_id
             WHERE o.service_id = $1 AND o.in_force_until >= $3 AND m.practice_id > $2
               AND m.from_on <= $3 AND (m.to_on IS NULL OR m.to_on >= $3)
               AND NOT EXISTS (SELECT 1 FROM achievement a
                   WHERE a.provider_id = m.practice_id AND a.service_id = o.service_id AND a.achievement_date = $3)
               AND NOT EXISTS (SELECT 1 FROM declaration d WHERE d.provider_id = o.provider_id
                   AND d.service_id = o.service_id AND d.achievement_date = $3 AND d.state = 'approved')
             ORDER BY m.practice_id LIMIT CAST($4 AS BIGINT)"
        }
    };
    let rows: Vec<TakesPart> = tx.all(sql, args![service, after, period.end, AT_ONCE]).await?;
    let candidate = |row: TakesPart| Candidate {
        id: row.id,
        provider_id: row.provider_id,
        service_id: service.0,
        achievement_date: period.end,
        is_declared: whose == Whose::Members,
    };
    Ok(rows.into_iter().map(candidate).collect())
}

async fn work_off(
    db: &Db,
    batch: &[Candidate],
    by: &Actor,
    now: &Now,
    swept: &mut Swept,
) -> Result<()> {
    let mut tx = db.write().await?;
    let approved = hold(&mut tx, batch).await?;
    let mut works = Vec::with_capacity(batch.len());
    for candidate in batch.iter().filter(|own| !approved.contains(&own.id)) {
        if let Some(work) = work(&mut tx, candidate, by).await? {
            works.push(work);
        }
    }
    // Practices before their networks, as when a practice hands in figures.
    works.sort_by_key(|work| work.part.network.is_none());
    let recorded = match record(&mut tx, works, now).await {
        // Somebody was faster with one of them: the next sweep finds what is left.
        Err(StoreError::Stale) => return Ok(()),
        other => other?,
    };
    tx.commit().await?;
    for one in recorded {
        if one.calculated.is_some() {
            swept.calculated += 1;
        } else if one.state == AchievementState::Held {
            swept.held += 1;
        }
    }
    Ok(())
}

/// Holds the declarations behind a batch until the transaction ends, before any achievement is changed: everybody who
/// changes figures or approves takes them in this order, so that nobody waits for somebody who waits for them. Gives the
/// candidates that finance has approved meanwhile, which stay as they are.
async fn hold(tx: &mut Tx, batch: &[Candidate]) -> Result<HashSet<Uuid>> {
    #[derive(sqlx::FromRow)]
    struct Held {
        state: String,
    }
    let mut behind: BTreeMap<_, Vec<Uuid>> = BTreeMap::new();
    for own in batch.iter().filter(|own| own.is_declared) {
        let (provider, service) = (OrganisationId(own.provider_id), ServiceId(own.service_id));
        let date = own.achievement_date;
        let part = participation(tx, provider, service, date).await?;
        let declares = part.and_then(|part| part.network).unwrap_or(provider);
        behind.entry((declares, service, date)).or_default().push(own.id);
    }
    let mut approved = HashSet::new();
    // In the order of the keys, as networks are summed.
    for ((provider, service, date), candidates) in behind {
        let held: Option<Held> = tx
            .optional(
                "UPDATE declaration SET version = version
                 WHERE provider_id = $1 AND service_id = $2 AND achievement_date = $3 RETURNING state",
                args![provider, service, date],
            )
            .await?;
        if held.is_some_and(|own| own.state == "approved") {
            approved.extend(candidates);
        }
    }
    Ok(approved)
}

/// The work on an achievement there is; none when its provider no longer takes part.
pub(super) async fn work_of(
    tx: &mut Tx,
    row: &super::AchievementRow,
    by: &Actor,
) -> Result<Option<Work>> {
    let candidate = Candidate {
        id: row.id,
        provider_id: row.provider_id,
        service_id: row.service_id,
        achievement_date: row.achievement_date,
        is_declared: row.calculations > 0,
    };
    work(tx, &candidate, by).await
}

/// The work on a candidate as it stands now; none when it needs figures or its provider no longer takes part.
async fn work(tx: &mut Tx, candidate: &Candidate, by: &Actor) -> Result<Option<Work>> {
    let (provider, id) = (OrganisationId(candidate.provider_id), ServiceId(candidate.service_id));
    let date = candidate.achievement_date;
    let Some(part) = participation(tx, provider, id, date).await? else { return Ok(None) };
    let service = service::at(tx, id, date).await?;
    let Ok(period) = period_ending(&service, date) else { return Ok(None) };
    let row = of_key(tx, provider, id, date).await?;
    // A practice needs no more than what it hands in itself; a network waits for its practices too.
    let own = if part.network.is_some() { handed_in(&service, &part) } else { service.clone() };
    if row.is_none() && needs_figures(&own, &part) {
        return Ok(None);
    }
    let before = standing(tx, provider, id, date).await?;
    Ok(Some(work_without_figures(row, service, part, period, before, by)))
}

fn needs_figures(service: &Service, part: &Participation) -> bool {
    service
        .components_named(&part.components)
        .iter()
        .any(|component| !component.entered().all(needs_nobody))
}

fn work_without_figures(
    row: Option<super::AchievementRow>,
    service: Arc<Service>,
    part: Participation,
    period: Period,
    before: super::Standing,
    by: &Actor,
) -> Work {
    let again = row.as_ref().and_then(|row| row.recalculate_because.clone());
    let cause = again.unwrap_or_else(|| "the period ended and everything was in".to_owned());
    Work {
        row,
        service,
        part,
        period,
        before,
        submissions: Vec::new(),
        cause,
        by: by.clone(),
        shared: None,
    }
}
