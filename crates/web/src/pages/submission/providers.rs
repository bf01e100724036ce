//! Record Provider Achievement: a commissioner's providers for one service and achievement date, with n of m submitted.

use super::place::RECORD;
use super::{address, other};
use crate::Web;
use crate::error::WebError;
use crate::form::{Fields, Query};
use crate::page::{Page, Paging};
use crate::session::Visitor;
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, NaiveDate, Utc};
use domain::achievement::AchievementState;
use domain::status::{self, Status};
use domain::{Now, Permission, Service, ServiceId};
use serde::Serialize;
use std::sync::Arc;
use store::submission::{Provider, Wanted};

/// What `submission/providers.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    rows: Vec<Row>,
    paging: Paging,
    services: Vec<Choice>,
    dates: Vec<Choice>,
    statuses: Vec<Choice>,
    /// The service and achievement date shown; none when there is no service.
    chosen: Option<Chosen>,
    text: String,
    chips: Vec<Chip>,
    clear: String,
}

/// The service and achievement date that the list is about.
#[derive(Debug, Serialize)]
struct Chosen {
    service: String,
    period: String,
    date: NaiveDate,
}

/// Something to choose.
#[derive(Debug, Serialize)]
struct Choice {
    value: String,
    text: String,
    selected: bool,
}

/// A filter in force.
#[derive(Debug, Serialize)]
struct Chip {
    text: String,
    href: String,
}

/// One provider.
#[derive(Debug, Serialize)]
struct Row {
    code: String,
    name: String,
    href: String,
    submitted: u32,
    required: u32,
    updated_at: Option<DateTime<Utc>>,
    status: &'static Status,
    declaration: Option<&'static Status>,
}

/// The achievement dates that have begun, newest first.
fn begun(service: &Service, now: &Now) -> Vec<domain::Period> {
    let mut periods = service.periods();
    periods.retain(|period| period.start <= now.today);
    periods.reverse();
    periods
}

/// The date wanted; otherwise the newest that has ended, and before that the first.
fn date_of(periods: &[domain::Period], query: &Fields, now: &Now) -> Option<domain::Period> {
    let wanted = query.get("date").parse::<NaiveDate>().ok();
    let asked = periods.iter().find(|period| Some(period.end) == wanted);
    let ended = || periods.iter().find(|period| period.has_ended(now.today));
    asked.or_else(ended).or(periods.last()).copied()
}

pub(super) async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, WebError> {
    visitor.must_commission(true)?;
    visitor.must(&web, Permission::EnterFigures).await?;
    let (mut tx, now, by) = (web.db.read_as(&visitor.actor).await?, (web.clock)(), &visitor.actor);
    let services: Vec<(ServiceId, Arc<Service>)> =
        store::submission::services(&mut tx, by, &now).await.map_err(other)?;
    let found = services
        .iter()
        .find(|(_, service)| service.code == query.get("service"))
        .or(services.first())
        .and_then(|(id, service)| {
            Some((*id, service, date_of(&begun(service, &now), &query, &now)?))
        });
    let Some((id, service, period)) = found else {
        let paging = Paging::new(RECORD, &query, 0, Paging::SIZE);
        let show = page_of(&query, &services, None, (Vec::new(), paging), &now);
        return Page::new("submission/providers.html", show).respond(&web, &visitor.shell);
    };
    let state = AchievementState::ALL.into_iter().find(|state| state.name() == query.get("status"));
    let text = query.get("provider").to_owned();
    let wanted = Wanted { service: id, date: period.end, state, text };
    let page = query.get("page").parse::<i64>().unwrap_or(1).clamp(1, 1_000_000);
    let at = (Paging::SIZE, (page - 1) * Paging::SIZE);
    let mut rows =
        store::submission::providers(&mut tx, &wanted, at, by, &now).await.map_err(other)?;
    let paging = Paging::new(RECORD, &query, rows.total, Paging::SIZE);
    if paging.page != page {
        let at = (Paging::SIZE, paging.skip());
        rows = store::submission::providers(&mut tx, &wanted, at, by, &now).await.map_err(other)?;
    }
    drop(tx);
    let rows = rows.rows.into_iter().map(|row| Row::of(row, &service.code, period.end)).collect();
    let show = page_of(&query, &services, Some((service, period)), (rows, paging), &now);
    Page::new("submission/providers.html", show).form(query).respond(&web, &visitor.shell)
}

fn page_of(
    query: &Fields,
    services: &[(ServiceId, Arc<Service>)],
    chosen: Option<(&Arc<Service>, domain::Period)>,
    (rows, paging): (Vec<Row>, Paging),
    now: &Now,
) -> Show {
    let code = chosen.map(|(service, _)| service.code.as_str());
    let dates = chosen.map_or_else(Vec::new, |(service, period)| {
        let one = |own: domain::Period| Choice {
            value: own.end.to_string(),
            text: own.to_string(),
            selected: own == period,
        };
        begun(service, now).into_iter().map(one).collect()
    });
    let kept = query.without("status").without("provider").without("page");
    Show {
        rows,
        paging,
        services: services
            .iter()
            .map(|(_, service)| Choice {
                value: service.code.clone(),
                text: service.name.clone(),
                selected: code == Some(&service.code),
            })
            .collect(),
        dates,
        statuses: statuses(query),
        chosen: chosen.map(|(service, period)| Chosen {
            service: service.name.clone(),
            period: period.to_string(),
            date: period.end,
        }),
        text: query.get("provider").to_owned(),
        chips: chips(query),
        clear: address(RECORD, &kept),
    }
}

fn statuses(query: &Fields) -> Vec<Choice> {
    let wanted = query.get("status");
    let all = Choice { value: String::new(), text: "All statuses".into(), selected: false };
    let one = |state: AchievementState| Choice {
        value: state.name().into(),
        text: state.status().word.into(),
        selected: state.name() == wanted,
    };
    std::iter::once(all).chain(AchievementState::ALL.map(one)).collect()
}

/// The filters in force beside service and date, each with the address without it.
fn chips(query: &Fields) -> Vec<Chip> {
    let without = |name: &str| address(RECORD, &query.without(name).without("page"));
    let state = AchievementState::ALL.into_iter().find(|state| state.name() == query.get("status"));
    let mut chips = Vec::new();
    if let Some(state) = state {
        chips.push(Chip { text: state.status().word.into(), href: without("status") });
    }
    if !query.get("provider").is_empty() {
        chips.push(Chip { text: query.get("provider").into(), href: without("provider") });
    }
    chips
}

impl Row {
    fn of(row: Provider, service: &str, date: NaiveDate) -> Self {
        Self {
            href: format!("{RECORD}/{}/{service}/{date}", row.code),
            code: row.code,
            name: row.name,
            submitted: row.submitted,
            required: row.required,
            updated_at: row.updated_at,
            status: row.state.status(),
            declaration: row.declaration.map(|name| status::of(status::DECLARATION, &name)),
        }
    }
}
