//! How we worked this out: one calculation with its lines, what moved since the one before, and the same as a file.

use super::other;
use crate::Web;
use crate::download::{CSV, download};
use crate::error::WebError;
use crate::form::{Fields, Query};
use crate::page::Page;
use crate::pages::audit::reading;
use crate::session::Visitor;
use crate::words::more_or_less;
use axum::extract::{Path, State};
use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::calculation::{Line, Moved, National};
use domain::{AchievementId, Pence, Permission};
use serde::Serialize;
use std::sync::Arc;
use store::Tx;
use store::achievement::Working;

/// What `achievement/working.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    provider: String,
    provider_code: String,
    service: String,
    period: String,
    href: String,
    number: i64,
    is_in_force: bool,
    numbers: Vec<i64>,
    achieved: String,
    amount: Option<Pence>,
    calculated_at: DateTime<Utc>,
    definition: String,
    national: Option<String>,
    lines: Vec<Line>,
    moved: Option<Change>,
}

/// What moved since the calculation before.
#[derive(Debug, Serialize)]
struct Change {
    from: i64,
    /// None where what the earlier one was made from has not been kept.
    parts: Option<Vec<Part>>,
    /// The whole difference, when the reader may see money.
    amount: Option<String>,
}

/// What one kind of input moved.
#[derive(Debug, Serialize)]
struct Part {
    cause: String,
    changes: Vec<String>,
    amount: Option<String>,
    points: Option<String>,
}

impl Part {
    fn of(moved: Moved, sees_money: bool) -> Self {
        let words: Vec<&str> = moved.causes.iter().map(|cause| cause.words()).collect();
        let without_pounds = |text: &String| sees_money || !text.contains('£');
        Self {
            cause: words.join(" and "),
            changes: moved.changes.into_iter().filter(without_pounds).collect(),
            amount: sees_money.then(|| more_or_less(moved.amount)),
            points: moved.points.map(|points| points.to_short(6)),
        }
    }
}

pub(super) async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(query): Query,
) -> Result<Response, WebError> {
    let (mut tx, working) = find(&web, &visitor, &id, &query).await?;
    let by = &visitor.actor;
    let national = store::reference::of_year(
        &mut tx,
        working.service.reference.as_deref(),
        working.service.year,
        working.result.reference_version,
    )
    .await?;
    let before = working.numbers.iter().copied().filter(|number| *number < working.number).max();
    let moved = match before {
        Some(from) => {
            let (id, numbers) = (working.achievement, (from, working.number));
            let parts = store::achievement::moved(&mut tx, id, numbers, by).await.map_err(other)?;
            Some(change(from, parts, by.sees_money()))
        }
        None => None,
    };
    drop(tx);
    let show = Show::of(working, national.as_deref(), moved);
    Page::new("achievement/working.html", show).respond(&web, &visitor.shell)
}

pub(super) async fn csv(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(query): Query,
) -> Result<Response, WebError> {
    let (_, working) = find(&web, &visitor, &id, &query).await?;
    file(&working, "csv", CSV, steps(&working))
}

pub(super) async fn json(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(query): Query,
) -> Result<Response, WebError> {
    let (_, working) = find(&web, &visitor, &id, &query).await?;
    file(&working, "json", "application/json", everything(&working)?)
}

/// The calculation that the address names, with the transaction that found it.
async fn find(
    web: &Web,
    visitor: &Visitor,
    id: &str,
    query: &Fields,
) -> Result<(Tx, Working), WebError> {
    visitor.must(web, Permission::SeeAchievement).await?;
    let id: AchievementId = id.parse().map_err(|_| WebError::NotFound)?;
    let number = match query.get("calculation") {
        "" => None,
        number => Some(number.parse().map_err(|_| WebError::NotFound)?),
    };
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let found = store::achievement::working(&mut tx, id, number, &visitor.actor).await;
    let working = found.map_err(other)?;
    let (provider, period) = (&working.provider, working.period);
    let opened = format!("working of {}, {period}", working.service.code);
    reading::record(web, visitor, (provider.id, &provider.name), &opened);
    Ok((tx, working))
}

fn change(from: i64, parts: Option<Vec<Moved>>, sees_money: bool) -> Change {
    let sum = |parts: &Vec<Moved>| Pence(parts.iter().map(|part| part.amount.0).sum());
    Change {
        from,
        amount: parts.as_ref().filter(|_| sees_money).map(|parts| more_or_less(sum(parts))),
        parts: parts
            .map(|parts| parts.into_iter().map(|part| Part::of(part, sees_money)).collect()),
    }
}

impl Show {
    fn of(working: Working, national: Option<&National>, moved: Option<Change>) -> Self {
        Self {
            provider: working.provider.name,
            provider_code: working.provider.code,
            period: working.period.to_string(),
            href: format!("/achievement/{}", working.achievement),
            number: working.number,
            is_in_force: working.in_force == Some(working.number),
            numbers: working.numbers,
            achieved: working.achieved,
            amount: working.amount,
            calculated_at: working.calculated_at,
            definition: format!(
                "{}, version {}",
                working.service.code, working.result.definition_version
            ),
            national: national.map(|own| {
                let figures = &own.figures;
                let (set, year, source) = (&figures.set, figures.year, &figures.source);
                format!("{set} {year}, version {}. Source: {source}", own.version)
            }),
            service: working.service.name.clone(),
            lines: working.result.lines,
            moved,
        }
    }
}

fn file(
    working: &Working,
    kind: &str,
    content_type: &'static str,
    content: String,
) -> Result<Response, WebError> {
    let name = format!(
        "{}-{}-{}-{}.{kind}",
        working.service.code, working.provider.code, working.period.end, working.number
    );
    download(&name, content_type, content)
}

const COLUMNS: [&str; 10] = [
    "step",
    "indicator",
    "title",
    "input",
    "value",
    "source",
    "working",
    "points",
    "amount",
    "unrounded_amount",
];

/// A row for each input of each step, and one for the step's result.
fn steps(working: &Working) -> String {
    let mut rows = domain::sheet::Sheet::new(&COLUMNS);
    for (place, line) in working.result.lines.iter().enumerate() {
        let step = (place + 1).to_string();
        let indicator = line.indicator.as_deref().unwrap_or_default();
        for input in &line.inputs {
            rows.row(&[
                &step,
                indicator,
                &line.title,
                &input.label,
                &input.value,
                &input.source,
                "",
                "",
                "",
                "",
            ]);
        }
        let unrounded = line.unrounded_amount.as_ref().map(|own| own.to_short(12));
        rows.row(&[
            &step,
            indicator,
            &line.title,
            "",
            "",
            "",
            &line.working,
            line.points.as_deref().unwrap_or_default(),
            &line.amount,
            unrounded.as_deref().unwrap_or_default(),
        ]);
    }
    rows.finish()
}

/// Everything behind the amount, for a program to read.
fn everything(working: &Working) -> Result<String, WebError> {
    let amount = working.amount.map(Pence::plain);
    let all = serde_json::json!({
        "provider": { "code": working.provider.code, "name": working.provider.name },
        "commissioner": { "code": working.commissioner.code, "name": working.commissioner.name },
        "service": {
            "code": working.service.code,
            "name": working.service.name,
            "definition_version": working.result.definition_version,
            "reference_version": working.result.reference_version,
            "components": working.result.components,
        },
        "period": { "start": working.period.start, "end": working.period.end },
        "calculation": working.number,
        "is_in_force": working.in_force == Some(working.number),
        "calculated_at": working.calculated_at,
        "achieved": working.achieved,
        "amount": amount,
        "lines": working.result.lines,
    });
    serde_json::to_string_pretty(&all).map_err(WebError::internal)
}
