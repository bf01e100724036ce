//! Achievement Results: what each service has come to so far, with filters.

use super::other;
use crate::Web;
use crate::error::WebError;
use crate::form::{Fields, Query};
use crate::page::{Page, Paging};
use crate::pages::network::sees_networks;
use crate::session::Visitor;
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, NaiveDate, Utc};
use domain::achievement::AchievementState;
use domain::status::Status;
use domain::{FinancialYear, Pence, Permission};
use serde::Serialize;
use std::sync::Arc;
use store::achievement::{Filter, ResultRow, ServiceNamed};

const PATH: &str = "/achievement";

/// What `achievement/results.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    rows: Vec<Row>,
    paging: Paging,
    is_provider: bool,
    sees_money: bool,
    services: Vec<Choice>,
    years: Vec<Choice>,
    statuses: Vec<Choice>,
    chosen: Vec<Chip>,
    may_report: bool,
    /// Whether there are networks whose practices this person may see.
    sees_networks: bool,
    /// Whether a commissioner may enter figures for its providers.
    may_enter: bool,
}

/// One row.
#[derive(Debug, Serialize)]
struct Row {
    href: String,
    working: String,
    provider: String,
    provider_code: String,
    service: String,
    period: String,
    date: NaiveDate,
    achieved: Option<String>,
    submitted: u32,
    required: u32,
    amount: Option<Pence>,
    change: String,
    status: &'static Status,
    /// Whether something can be in its way: not any more once finance has approved it.
    is_open: bool,
    calculated_at: Option<DateTime<Utc>>,
}

/// Something to filter by.
#[derive(Debug, Serialize)]
struct Choice {
    value: String,
    text: String,
    checked: bool,
}

/// A filter in force.
#[derive(Debug, Serialize)]
struct Chip {
    text: String,
    href: String,
}

impl From<ResultRow> for Row {
    fn from(row: ResultRow) -> Self {
        Self {
            href: format!("{PATH}/{}", row.id),
            working: format!("{PATH}/{}/working", row.id),
            change: change(&row),
            provider: row.provider_name,
            provider_code: row.provider_code,
            service: row.service_name,
            period: row.period.to_string(),
            date: row.period.end,
            achieved: row.achieved,
            submitted: row.submitted,
            required: row.required,
            amount: row.amount,
            status: row.state.status(),
            is_open: row.declaration.as_deref() != Some("approved")
                && row.state != AchievementState::InNetwork,
            calculated_at: row.calculated_at,
        }
    }
}

/// `£120.00 more`, `3.5 points fewer`; empty where there is nothing to compare with.
fn change(row: &ResultRow) -> String {
    if let Some(change) = row.change {
        return match change.0 {
            0 => "No change".to_owned(),
            more if more > 0 => format!("{change} more"),
            less => format!("{} less", Pence(less.saturating_neg())),
        };
    }
    match &row.points_change {
        Some(points) if points.is_zero() => "No change".to_owned(),
        Some(points) => {
            let text = points.to_short(2);
            match text.strip_prefix('-') {
                Some(fewer) => format!("{fewer} points fewer"),
                None => format!("{text} points more"),
            }
        }
        None => String::new(),
    }
}

pub(super) async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, WebError> {
    visitor.must(&web, Permission::SeeAchievement).await?;
    let now = (web.clock)();
    let by = &visitor.actor;
    let filter = filter(&query);
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let services = store::achievement::services(&mut tx, by).await?;
    let wanted = query.get("page").parse::<i64>().unwrap_or(1).clamp(1, 1_000_000);
    let page = (Paging::SIZE, (wanted - 1) * Paging::SIZE);
    let mut found =
        store::achievement::list(&mut tx, &filter, page, by, &now).await.map_err(other)?;
    let total = i64::try_from(found.total).unwrap_or(i64::MAX);
    let paging = Paging::new(PATH, &query, total, Paging::SIZE);
    if paging.page != wanted {
        let page = (Paging::SIZE, paging.skip());
        found = store::achievement::list(&mut tx, &filter, page, by, &now).await.map_err(other)?;
    }
    drop(tx);
    let show = Show {
        rows: found.rows.into_iter().map(Row::from).collect(),
        paging,
        is_provider: visitor.organisation().kind.provides(),
        sees_money: by.sees_money(),
        chosen: chosen(&query, &filter, &services),
        years: years(&services, &filter),
        services: choices(&services, &filter),
        statuses: statuses(&filter),
        may_report: by.may(Permission::RunReports),
        sees_networks: sees_networks(&visitor),
        may_enter: by.may(Permission::EnterFigures),
    };
    Page::new("achievement/results.html", show).form(query).respond(&web, &visitor.shell)
}

fn filter(query: &Fields) -> Filter {
    let text = |name| Some(query.get(name).to_owned()).filter(|text| !text.is_empty());
    Filter {
        service: text("service"),
        year: query.get("year").parse().ok().and_then(FinancialYear::new),
        state: AchievementState::ALL.into_iter().find(|state| state.name() == query.get("status")),
        provider: text("provider").map(|code| code.to_uppercase()),
    }
}

fn choices(services: &[ServiceNamed], filter: &Filter) -> Vec<Choice> {
    let all = Choice {
        value: String::new(),
        text: "All services".into(),
        checked: filter.service.is_none(),
    };
    let one = |service: &ServiceNamed| Choice {
        value: service.code.clone(),
        text: service.name.clone(),
        checked: filter.service.as_ref() == Some(&service.code),
    };
    std::iter::once(all).chain(services.iter().map(one)).collect()
}

fn years(services: &[ServiceNamed], filter: &Filter) -> Vec<Choice> {
    let mut years: Vec<FinancialYear> = services
        .iter()
        .filter_map(|service| i32::try_from(service.year).ok().map(FinancialYear))
        .collect();
    years.dedup();
    let all =
        Choice { value: String::new(), text: "All years".into(), checked: filter.year.is_none() };
    let one = |year: FinancialYear| Choice {
        value: year.0.to_string(),
        text: year.to_string(),
        checked: filter.year == Some(year),
    };
    std::iter::once(all).chain(years.into_iter().map(one)).collect()
}

fn statuses(filter: &Filter) -> Vec<Choice> {
    let all = Choice {
        value: String::new(),
        text: "All statuses".into(),
        checked: filter.state.is_none(),
    };
    // What nobody has begun has no row.
    let begun =
        AchievementState::ALL.into_iter().filter(|state| *state != AchievementState::NotStarted);
    let one = |state: AchievementState| Choice {
        value: state.name().into(),
        text: state.status().word.into(),
        checked: filter.state == Some(state),
    };
    std::iter::once(all).chain(begun.map(one)).collect()
}

/// The filters in force, each with the address without it.
fn chosen(query: &Fields, filter: &Filter, services: &[ServiceNamed]) -> Vec<Chip> {
    let without = |name: &str| {
        let rest = query.without(name).without("page").query_string();
        if rest.is_empty() { PATH.to_owned() } else { format!("{PATH}?{rest}") }
    };
    let mut chips = Vec::new();
    let mut add = |name: &str, text: Option<String>| {
        if let Some(text) = text {
            chips.push(Chip { text, href: without(name) });
        }
    };
    let name = |code: &String| {
        services
            .iter()
            .find(|service| service.code == *code)
            .map_or_else(|| code.clone(), |service| service.name.clone())
    };
    add("service", filter.service.as_ref().map(name));
    add("year", filter.year.map(|year| year.to_string()));
    add("status", filter.state.map(|state| state.status().word.to_owned()));
    add("provider", filter.provider.clone());
    chips
}
