//! What a waiting version of national figures changes: the totals, every provider's row, and the same as a file.

use super::find;
use crate::Web;
use crate::download::{CSV, download};
use crate::error::WebError;
use crate::form::{Fields, Query};
use crate::page::Paging;
use crate::session::Visitor;
use crate::words::{more_or_less, number};
use axum::extract::{Path, State};
use axum::response::Response;
use domain::preview::{Totals, Worth};
use domain::ratio::Points;
use domain::sheet::Sheet;
use domain::{Pence, ReferenceId};
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use store::Failed;
use store::achievement::{Preview, Previewed};
use store::reference::Version;

/// How long a person waits for a preview; one of the whole nation may take longer on a busy machine.
const WAITS: Duration = Duration::from_secs(10);

/// What `reference/effect.html` sees.
#[derive(Debug, Serialize)]
pub(super) struct Effect {
    /// Whether it is still being worked out; then nothing else is known.
    is_working: bool,
    totals: Option<Sums>,
    achievements: u64,
    rows: Vec<Row>,
    paging: Paging,
    is_filtered: bool,
}

/// The totals in words.
#[derive(Debug, Serialize)]
struct Sums {
    more: u64,
    less: u64,
    same: u64,
    released: u64,
    held: u64,
    before: Pence,
    after: Pence,
    change: String,
}

/// One achievement.
#[derive(Debug, Serialize)]
struct Row {
    href: String,
    provider: String,
    provider_code: String,
    service: String,
    period: String,
    points_before: Option<String>,
    points_after: Option<String>,
    before: Option<Pence>,
    after: Option<Pence>,
    change: String,
    held_because: String,
}

impl Effect {
    /// What the page asks for of it; nothing for those who may not see achievement.
    pub(super) async fn of(
        web: &Web,
        visitor: &Visitor,
        version: &Version,
        query: &Fields,
    ) -> Result<Option<Self>, WebError> {
        let path = format!("{}/{}", super::PATH, version.id);
        let preview = match preview(web, visitor, version.id).await? {
            Sight::Nothing => return Ok(None),
            Sight::Working => {
                let paging = Paging::new(&path, query, 0, Paging::SIZE);
                let (totals, rows) = (None, Vec::new());
                let none = Self {
                    is_working: true,
                    totals,
                    achievements: 0,
                    rows,
                    paging,
                    is_filtered: false,
                };
                return Ok(Some(none));
            }
            Sight::Of(preview) => preview,
        };
        let wanted = query.get("provider").to_lowercase();
        let fits = |row: &&Previewed| {
            row.provider_name.to_lowercase().contains(&wanted)
                || row.provider_code.to_lowercase().contains(&wanted)
        };
        let found: Vec<&Previewed> = preview.rows.iter().filter(fits).collect();
        let total = i64::try_from(found.len()).unwrap_or(i64::MAX);
        let paging = Paging::new(&path, query, total, Paging::SIZE);
        let skip = usize::try_from(paging.skip()).unwrap_or_default();
        let size = usize::try_from(Paging::SIZE).unwrap_or_default();
        Ok(Some(Self {
            is_working: false,
            totals: preview.totals.as_ref().map(Sums::from),
            achievements: preview.rows.len() as u64,
            rows: found.into_iter().skip(skip).take(size).map(Row::from).collect(),
            paging,
            is_filtered: !wanted.is_empty(),
        }))
    }
}

/// What a reader gets of a preview.
enum Sight {
    /// Their role does not show achievement.
    Nothing,
    /// It is being worked out, and will be there soon.
    Working,
    Of(Arc<Preview>),
}

/// What taking the version into use would move. What takes longer than anybody waits goes on, and is kept.
async fn preview(web: &Web, visitor: &Visitor, id: ReferenceId) -> Result<Sight, WebError> {
    let (db, by, now) = (web.db.clone(), visitor.actor.clone(), (web.clock)());
    let working =
        tokio::spawn(
            async move { store::achievement::preview_of_figures(&db, id, &by, &now).await },
        );
    let Ok(done) = tokio::time::timeout(WAITS, working).await else { return Ok(Sight::Working) };
    match done.map_err(WebError::internal)? {
        Ok(preview) => Ok(Sight::Of(preview)),
        Err(Failed::Refused(_)) => Ok(Sight::Nothing),
        Err(Failed::Other(fault)) => Err(fault.into()),
    }
}

impl From<&Totals> for Sums {
    fn from(totals: &Totals) -> Self {
        Self {
            more: totals.more,
            less: totals.less,
            same: totals.same,
            released: totals.released,
            held: totals.held,
            before: totals.before,
            after: totals.after,
            change: more_or_less(totals.amount()),
        }
    }
}

impl From<&Previewed> for Row {
    fn from(row: &Previewed) -> Self {
        let (before, after) = (row.moves.before.as_ref(), row.moves.after.as_ref());
        let sees_money = [before, after.ok()].into_iter().flatten().any(|own| own.amount.is_some());
        Self {
            href: format!("/achievement/{}", row.achievement),
            provider: row.provider_name.clone(),
            provider_code: row.provider_code.clone(),
            service: row.service.clone(),
            period: row.period.to_string(),
            points_before: before.and_then(points),
            points_after: after.ok().and_then(points),
            before: before.and_then(|own| own.amount),
            after: after.ok().and_then(|own| own.amount),
            change: if sees_money {
                more_or_less(row.moves.amount())
            } else {
                row.moves.points().map(|points| more_points(&points)).unwrap_or_default()
            },
            held_because: after.err().cloned().unwrap_or_default(),
        }
    }
}

fn points(worth: &Worth) -> Option<String> {
    worth.points.as_ref().map(|points| points.to_short(2))
}

/// `3.5 points more`, `No change`.
fn more_points(points: &Points) -> String {
    let text = points.to_short(2);
    match (text.as_str(), text.strip_prefix('-')) {
        ("0", _) => "No change".to_owned(),
        (_, Some(fewer)) => format!("{fewer} points fewer"),
        _ => format!("{text} points more"),
    }
}

const COLUMNS: [&str; 11] = [
    "provider_code",
    "provider",
    "service",
    "period_start",
    "period_end",
    "points_before",
    "points_after",
    "amount_before",
    "amount_after",
    "change",
    "held_because",
];

/// Every row as a file; what the reader may not see is empty.
pub(super) async fn csv(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(_): Query,
) -> Result<Response, WebError> {
    let (tx, version) = find(&web, &visitor, &id).await?;
    drop(tx);
    let preview = match preview(&web, &visitor, version.id).await? {
        Sight::Of(preview) => preview,
        Sight::Nothing => return Err(WebError::NotFound),
        Sight::Working => return Err(WebError::Unavailable),
    };
    let mut sheet = Sheet::new(&COLUMNS);
    for row in &preview.rows {
        let (before, after) = (row.moves.before.as_ref(), row.moves.after.as_ref());
        let exact = |worth: Option<&Worth>| {
            worth.and_then(|own| own.points.as_ref()).map_or_else(String::new, ToString::to_string)
        };
        let amount = |worth: Option<&Worth>| {
            worth.and_then(|own| own.amount).map_or_else(String::new, Pence::plain)
        };
        let change = preview.totals.as_ref().map(|_| row.moves.amount().plain());
        sheet.row(&[
            &row.provider_code,
            &row.provider_name,
            &row.service,
            &row.period.start.to_string(),
            &row.period.end.to_string(),
            &exact(before),
            &exact(after.ok()),
            &amount(before),
            &amount(after.ok()),
            &change.unwrap_or_default(),
            after.err().map_or("", String::as_str),
        ]);
    }
    let figures = &version.loaded.figures;
    let name = format!(
        "national-figures-{}-{}-{}.csv",
        figures.set.to_lowercase(),
        figures.year.0,
        number(version.number)
    );
    download(&name, CSV, sheet.finish())
}
