//! Every submission of an achievement, newest first: when, who, for whom, how, and what each figure was before.

use super::{field, visible};
use crate::{Failed, Result, Tx, args, event, organisation, service};
use chrono::{DateTime, Utc};
use domain::{
    AchievementId, Actor, Event, Field, NotAllowed, Organisation, Period, Permission, Service,
    SubmissionId,
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};
use uuid::Uuid;

/// The submissions of one achievement.
#[derive(Clone, Debug)]
pub struct Submissions {
    /// Of which service.
    pub service: Arc<Service>,
    /// For whom.
    pub provider: Organisation,
    /// The period.
    pub period: Period,
    /// Newest first.
    pub list: Vec<SubmissionKept>,
}

/// One submission as it was handed in.
#[derive(Clone, Debug)]
pub struct SubmissionKept {
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub by: String,
    /// For which organisation the person acted; empty when a file brought it.
    pub organisation: String,
    /// How, in words: what the history says.
    pub source: String,
    /// Its figures, in the order of the definition.
    pub figures: Vec<FigureChange>,
}

/// One figure of a submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FigureChange {
    /// The indicator's code.
    pub indicator: String,
    /// What the figure is called.
    pub label: String,
    /// What is entered.
    pub field: Field,
    /// The figure submitted before; none when this is the first.
    pub old: Option<i64>,
    /// The figure.
    pub new: i64,
    /// Whether it is a default, put in for an answer nobody gave.
    pub is_default: bool,
    /// Whether it is the figure in force.
    pub in_force: bool,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    submitted_by_name: String,
    submitted_at: DateTime<Utc>,
    indicator: String,
    field: String,
    value: i64,
    is_default: bool,
    in_force: bool,
}

/// Every submission of an achievement, for everybody who may see it.
pub async fn submissions(
    tx: &mut Tx,
    id: AchievementId,
    by: &Actor,
) -> Result<Submissions, Failed<NotAllowed>> {
    by.must(Permission::SeeAchievement).map_err(Failed::Refused)?;
    let row = visible(tx, id, by).await?;
    let achievement = row.read()?;
    let service = service::at(tx, achievement.service, achievement.period.end).await?;
    let rows: Vec<Row> = tx
        .all(
            "SELECT s.id, s.submitted_by_name, s.submitted_at, f.indicator, f.field, f.value, f.is_default, f.in_force
             FROM submission s JOIN figure f ON f.submission_id = s.id
             WHERE s.service_id = $1 AND s.achievement_date = $2 AND s.provider_id = $3
             ORDER BY s.submitted_at, s.id",
            args![achievement.service, achievement.period.end, achievement.provider],
        )
        .await?;
    let said = said(tx, achievement.id).await?;
    let mut list = fold(rows, &service, &said)?;
    list.reverse();
    Ok(Submissions {
        provider: organisation::find(tx, achievement.provider).await?,
        period: achievement.period,
        service,
        list,
    })
}

/// What the history says of a submission.
#[derive(Clone, Debug, Default)]
struct Said {
    /// How many were recorded after it: two of one instant have an order here alone.
    newer: usize,
    organisation: String,
    sentence: String,
}

type History = HashMap<SubmissionId, Said>;

async fn said(tx: &mut Tx, achievement: AchievementId) -> Result<History> {
    let mut said = HashMap::new();
    for happened in event::of(tx, achievement.0).await? {
        let (Event::FiguresSubmitted { submission, .. }
        | Event::NilReturnSubmitted { submission, .. }
        | Event::FigureReplaced { submission, .. }) = &happened.event
        else {
            continue;
        };
        let sentence = happened.event.sentence(false);
        let one = Said { newer: said.len(), organisation: happened.organisation, sentence };
        said.insert(*submission, one);
    }
    Ok(said)
}

/// Goes through the figures from the oldest submission on, and remembers what each was before.
fn fold(mut rows: Vec<Row>, service: &Service, said: &History) -> Result<Vec<SubmissionKept>> {
    let newer = |row: &Row| said.get(&SubmissionId(row.id)).map_or(usize::MAX, |own| own.newer);
    rows.sort_by_key(|row| std::cmp::Reverse(newer(row)));
    let mut known: BTreeMap<(String, Field), i64> = BTreeMap::new();
    let mut list: Vec<(Uuid, SubmissionKept)> = Vec::new();
    for row in rows {
        if list.last().is_none_or(|(id, _)| *id != row.id) {
            let Said { organisation, sentence, .. } =
                said.get(&SubmissionId(row.id)).cloned().unwrap_or_default();
            let kept = SubmissionKept {
                at: row.submitted_at,
                by: row.submitted_by_name.clone(),
                organisation,
                source: sentence,
                figures: Vec::new(),
            };
            list.push((row.id, kept));
        }
        let field = field(&row.field)?;
        let old = known.insert((row.indicator.clone(), field), row.value);
        let Some((_, kept)) = list.last_mut() else { continue };
        kept.figures.push(FigureChange {
            label: service
                .indicator(&row.indicator)
                .map_or_else(String::new, |indicator| indicator.label(field)),
            indicator: row.indicator,
            field,
            old,
            new: row.value,
            is_default: row.is_default,
            in_force: row.in_force,
        });
    }
    let place = |figure: &FigureChange| {
        let at = service.indicators().position(|own| own.code == figure.indicator);
        (at.unwrap_or(usize::MAX), figure.field)
    };
    for (_, kept) in &mut list {
        kept.figures.sort_by_key(place);
    }
    Ok(list.into_iter().map(|(_, kept)| kept).collect())
}
