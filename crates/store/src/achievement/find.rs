//! One achievement with everything behind it: the lines of its calculation, its figures, and what happened.

use super::{
    AchievementRow, declaration_state, field, select,
    source::way,
    standing,
    together::{View, view},
    values,
};
use crate::{
    Failed, Result, StoreError, Tx, args,
    event::{self, Happened},
    offer, organisation, service,
};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    AchievementId, Actor, CalculationId, Field, NotAllowed, Now, Organisation, OrganisationId,
    Pence, Permission, Service, ServiceId,
    achievement::{Achievement, AchievementState},
    calculation::Calculation,
    declaration::DeclarationState,
    network::Owed,
    submission::{
        Missing,
        provenance::{Provenance, submitted_on},
    },
};
use std::{collections::BTreeMap, sync::Arc};
use uuid::Uuid;

/// One achievement as its page shows it.
#[derive(Clone, Debug)]
pub struct Detail {
    /// The achievement.
    pub achievement: Achievement,
    /// How far it is.
    pub state: AchievementState,
    /// Whose.
    pub provider: Organisation,
    /// Who commissions.
    pub commissioner: Organisation,
    /// Of which service.
    pub service: Arc<Service>,
    /// Why it is held; empty otherwise.
    pub held_because: String,
    /// The network that the figures are summed in, of a practice's part.
    pub network: Option<Organisation>,
    /// Whether the figures of practices are summed in it.
    pub is_summed: bool,
    /// The figures that are missing.
    pub missing: Vec<Missing>,
    /// What practices of a network owe: of the figures that are missing, the last ones.
    pub owed: Vec<Owed>,
    /// The calculation in force.
    pub calculation: Option<Calculated>,
    /// The figures in force, in the order of the definition.
    pub figures: Vec<FigureShown>,
    /// The calculations before, newest first.
    pub earlier: Vec<EarlierCalculation>,
    /// Reference of the declaration, when there is one.
    pub reference: Option<String>,
    /// Where the declaration stands.
    pub declaration: Option<DeclarationState>,
    /// What happened, newest first, with the declaration's own history.
    pub history: Vec<Happened>,
}

/// A calculation with its lines. For a reader without money the pounds are left out everywhere.
#[derive(Clone, Debug)]
pub struct Calculated {
    /// Which it is, from 1.
    pub number: i64,
    /// What was achieved, in words.
    pub achieved: String,
    /// The amount, when the reader may see money.
    pub amount: Option<Pence>,
    /// Points and lines.
    pub result: Calculation,
    /// When.
    pub calculated_at: DateTime<Utc>,
}

/// A calculation that a newer one has replaced.
#[derive(Clone, Debug)]
pub struct EarlierCalculation {
    /// Which it is, from 1.
    pub number: i64,
    /// What was achieved, in words.
    pub achieved: String,
    /// The amount, when the reader may see money.
    pub amount: Option<Pence>,
    /// When.
    pub calculated_at: DateTime<Utc>,
}

/// One figure in force and where it comes from.
#[derive(Clone, Debug)]
pub struct FigureShown {
    /// The indicator's code.
    pub indicator: String,
    /// The indicator's name.
    pub name: String,
    /// What is entered.
    pub field: Field,
    /// What the figure is called.
    pub label: String,
    /// The figure; none while it is missing.
    pub value: Option<i64>,
    /// Where it comes from, in words; empty while it is missing.
    pub source: String,
    /// When it was submitted; none of a sum of practices.
    pub at: Option<DateTime<Utc>>,
}

/// One achievement, for its provider, its commissioner or the region above that.
pub async fn find(
    tx: &mut Tx,
    id: AchievementId,
    by: &Actor,
    now: &Now,
) -> Result<Detail, Failed<NotAllowed>> {
    let row = seen(tx, id, by).await?;
    Ok(detail(tx, &row, by, now).await?)
}

/// The row of an achievement that the person may see.
async fn seen(
    tx: &mut Tx,
    id: AchievementId,
    by: &Actor,
) -> Result<AchievementRow, Failed<NotAllowed>> {
    by.must(Permission::SeeAchievement).map_err(Failed::Refused)?;
    Ok(visible(tx, id, by).await?)
}

/// The row of an achievement that the reader's organisation provides or commissions, or that is a practice's part of the
/// reader's network on the achievement date, for who may see the network; any other is not found.
///
/// Source: CQRS National, PCN View and PCN Management, at practices and at PCNs.
pub(crate) async fn visible(tx: &mut Tx, id: AchievementId, by: &Actor) -> Result<AchievementRow> {
    let own = by.organisation().map(|organisation| organisation.id);
    let mut tx = tx.seen_by(by);
    tx.one(
        select!(
            "WHERE a.id = $1 AND (a.provider_id = $2 OR a.commissioner_id = $2
             OR a.commissioner_id IN (SELECT id FROM organisation WHERE parent_id = $2)
             OR ($3 AND a.is_part AND EXISTS (SELECT 1 FROM network_membership m
                 JOIN offer o ON o.provider_id = m.network_id AND o.service_id = a.service_id AND o.in_force_until IS NOT NULL
                 WHERE m.practice_id = a.provider_id
                   AND m.from_on <= a.achievement_date AND (m.to_on IS NULL OR m.to_on >= a.achievement_date)
                   AND (m.network_id = $2 OR m.network_id IN (SELECT r.network_id FROM network_membership r
                       WHERE r.practice_id = $2 AND r.from_on <= a.achievement_date
                         AND (r.to_on IS NULL OR r.to_on >= a.achievement_date))))))"
        ),
        args![id, own, by.may(Permission::SeeNetwork)],
    )
    .await
}

pub(super) async fn detail(
    tx: &mut Tx,
    row: &AchievementRow,
    by: &Actor,
    now: &Now,
) -> Result<Detail> {
    let achievement = row.read()?;
    let date = achievement.period.end;
    let part = offer::participation(tx, achievement.provider, achievement.service, date).await?;
    let service = match part.as_ref().filter(|part| part.has_own_terms) {
        Some(part) => service::agreed(tx, achievement.service, part.offer, date).await?,
        None => service::at(tx, achievement.service, date).await?,
    };
    let figures = values(&standing(tx, achievement.provider, achievement.service, date).await?);
    let view = view(tx, &service, part.as_ref(), &achievement, &figures).await?;
    let components = &view.components;
    let (calculation, earlier) = calculations(tx, row, by).await?;
    let declaration = reference(tx, achievement.id).await?;
    let mut history = event::of(tx, achievement.id.0).await?;
    if let Some((_, id)) = &declaration {
        // At one instant the figures come first, then what follows from them.
        let mut after = event::of(tx, *id).await?;
        after.append(&mut history);
        after.sort_by_key(|happened| std::cmp::Reverse(happened.at));
        history = after;
    }
    let network = match part.as_ref().and_then(|part| part.network) {
        Some(network) => Some(organisation::find(tx, network).await?),
        None => None,
    };
    if by.organisation().is_some_and(|own| own.kind.provides()) {
        history.retain(|happened| !happened.event.is_for_the_commissioner());
    }
    Ok(Detail {
        state: achievement.state(now.today),
        provider: organisation::find(tx, achievement.provider).await?,
        commissioner: organisation::find(tx, row.commissioner_id.into()).await?,
        held_because: row.held_because.clone(),
        calculation,
        figures: figures_shown(tx, &achievement, &view, components).await?,
        network,
        is_summed: view.is_summed,
        missing: view.missing,
        owed: view.owed,
        earlier,
        reference: declaration.map(|(reference, _)| reference),
        declaration: declaration_state(tx, row).await?,
        history,
        achievement,
        service,
    })
}

#[derive(sqlx::FromRow)]
struct CalculationRow {
    id: Uuid,
    number: i64,
    achieved: String,
    amount_pence: i64,
    result: String,
    calculated_at: DateTime<Utc>,
}

/// The calculation in force and those before it.
async fn calculations(
    tx: &mut Tx,
    row: &AchievementRow,
    by: &Actor,
) -> Result<(Option<Calculated>, Vec<EarlierCalculation>)> {
    let rows: Vec<CalculationRow> = tx
        .all(
            "SELECT id, number, achieved, amount_pence, result, calculated_at FROM calculation
             WHERE achievement_id = $1 ORDER BY number DESC",
            args![row.id],
        )
        .await?;
    let mut in_force = None;
    let mut earlier = Vec::new();
    for own in rows {
        let amount = Some(Pence(own.amount_pence)).filter(|_| by.sees_money());
        if row.calculation_id == Some(own.id) {
            in_force = Some(Calculated {
                number: own.number,
                achieved: own.achieved,
                amount,
                result: read(&own.result, by)?,
                calculated_at: own.calculated_at,
            });
        } else {
            earlier.push(EarlierCalculation {
                number: own.number,
                achieved: own.achieved,
                amount,
                calculated_at: own.calculated_at,
            });
        }
    }
    Ok((in_force, earlier))
}

pub(crate) fn read(result: &str, by: &Actor) -> Result<Calculation> {
    let calculation: Calculation = serde_json::from_str(result).map_err(|error| {
        StoreError::Inconsistent { table: "calculation", what: error.to_string() }
    })?;
    Ok(if by.sees_money() { calculation } else { calculation.without_money() })
}

/// The points, amount and lines of one calculation, as the reader may see them. The caller has been shown to see the
/// record that it belongs to.
pub async fn calculation(tx: &mut Tx, id: CalculationId, by: &Actor) -> Result<Calculation> {
    #[derive(sqlx::FromRow)]
    struct Stored {
        result: String,
    }
    let stored: Stored = tx.one("SELECT result FROM calculation WHERE id = $1", args![id]).await?;
    read(&stored.result, by)
}

async fn reference(tx: &mut Tx, id: AchievementId) -> Result<Option<(String, Uuid)>> {
    #[derive(sqlx::FromRow)]
    struct Reference {
        reference: String,
        id: Uuid,
    }
    let row: Option<Reference> = tx
        .optional("SELECT reference, id FROM declaration WHERE achievement_id = $1", args![id])
        .await?;
    Ok(row.map(|row| (row.reference, row.id)))
}

#[derive(sqlx::FromRow)]
struct SourceRow {
    indicator: String,
    field: String,
    value: i64,
    is_default: bool,
    source: String,
    submitted_by_name: String,
    submitted_at: DateTime<Utc>,
    file_name: Option<String>,
    file_row: Option<i64>,
    reason: Option<String>,
}

impl SourceRow {
    /// Where it comes from, in words.
    fn words(&self) -> String {
        let (by, file) = (&*self.submitted_by_name, self.file_name.as_deref());
        Provenance::new(way(&self.source), by, file)
            .because(self.reason.as_deref())
            .of(self.file_row, self.is_default)
    }
}

/// The figures in force with the submissions that brought them.
async fn source_rows(
    tx: &mut Tx,
    provider: OrganisationId,
    service: ServiceId,
    date: NaiveDate,
) -> Result<Vec<SourceRow>> {
    tx.all(
        "SELECT f.indicator, f.field, f.value, f.is_default, s.source, s.submitted_by_name, s.submitted_at,
             coalesce(e.name, s.file_name) AS file_name, f.file_row, r.reason
         FROM figure f JOIN submission s ON s.id = f.submission_id
         LEFT JOIN extract_file e ON e.id = s.extract_file_id
         LEFT JOIN replacement r ON r.submission_id = s.id
         WHERE f.service_id = $1 AND f.achievement_date = $2 AND f.provider_id = $3 AND f.in_force",
        args![service, date, provider],
    )
    .await
}

/// Where each figure in force comes from, in words, with its day.
pub(super) async fn sources(
    tx: &mut Tx,
    provider: OrganisationId,
    service: ServiceId,
    date: NaiveDate,
) -> Result<BTreeMap<(String, Field), String>> {
    let rows = source_rows(tx, provider, service, date).await?;
    rows.iter()
        .map(|row| {
            let words = row.words() + &submitted_on(row.submitted_at);
            Ok(((row.indicator.clone(), field(&row.field)?), words))
        })
        .collect()
}

async fn figures_shown(
    tx: &mut Tx,
    achievement: &Achievement,
    view: &View,
    components: &[String],
) -> Result<Vec<FigureShown>> {
    let (provider, service) = (achievement.provider, achievement.service);
    let rows = source_rows(tx, provider, service, achievement.period.end).await?;
    let mut shown = Vec::new();
    for component in view.service.components_named(components) {
        for indicator in component.entered() {
            for own in indicator.fields() {
                let sum = view.sums.get(&(indicator.code.clone(), *own)).copied();
                let row = rows.iter().find(|row| {
                    row.indicator == indicator.code && field(&row.field).is_ok_and(|it| it == *own)
                });
                shown.push(FigureShown {
                    indicator: indicator.code.clone(),
                    name: indicator.name.clone(),
                    field: *own,
                    label: indicator.label(*own),
                    value: sum.or(row.map(|row| row.value)),
                    source: match (sum, row) {
                        (Some(_), _) => view.source.clone(),
                        (None, row) => row.map_or_else(String::new, SourceRow::words),
                    },
                    at: row.map(|row| row.submitted_at),
                });
            }
        }
    }
    Ok(shown)
}
