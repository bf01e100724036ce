//! The commissioner's catalogue: every published service, with tick boxes for those that can go on to the next year.

use crate::Web;
use crate::error::WebError;
use crate::form::Fields;
use crate::page::Page;
use crate::pages::offer::Instead;
use crate::session::Visitor;
use axum::response::Response;
use domain::{FinancialYear, Permission, ServiceId};
use serde::Serialize;
use std::collections::{HashMap, HashSet};
use store::offer::Offered;
use store::service::{Filter, Published};

const PATH: &str = "/services";

/// What `service/list.html` sees.
#[derive(Debug, Serialize)]
struct List {
    services: Vec<Row>,
    years: Vec<Choice>,
    is_filtered: bool,
    rolling: Option<Rolling>,
}

/// One service of the catalogue.
#[derive(Debug, Serialize)]
struct Row {
    code: String,
    name: String,
    year: String,
    family: String,
    providers: &'static str,
    accepted: i64,
    offered: i64,
    /// Whether it has a tick box.
    can: bool,
}

/// One value of a filter.
#[derive(Debug, Serialize)]
struct Choice {
    value: String,
    text: String,
}

/// Services of one year that the commissioner has contracts of, to go on to the next.
#[derive(Debug, Serialize)]
struct Rolling {
    year: String,
    /// The year as the form sends it.
    from: i32,
    next: String,
    /// How many of them the list shows.
    can: i64,
    select_all: String,
    select_none: String,
    is_all_selected: bool,
    not_allowed: Option<Instead>,
}

/// The commissioner's page of services: every published one, with how its offers stand.
pub(crate) async fn catalogue(
    web: &Web,
    visitor: &Visitor,
    query: Fields,
) -> Result<Response, WebError> {
    page(web, visitor, query).await?.respond(web, &visitor.shell)
}

/// The same, for whoever has something to say on it.
pub(crate) async fn page(web: &Web, visitor: &Visitor, query: Fields) -> Result<Page, WebError> {
    let (by, now) = (&visitor.actor, (web.clock)());
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let all = store::service::list(&mut tx, &Filter::default()).await?;
    let asked = query.get("year").parse().ok();
    let text = query.get("search").to_owned();
    let filter = Filter { text, year: asked, ..Filter::default() };
    let services = store::service::list(&mut tx, &filter).await?;
    let answers = store::offer::answers_by_service(&mut tx, by, &now).await?;
    let held = store::contract::rolling(&mut tx, by).await?;
    drop(tx);
    let year = year_that_ends(&held, asked, FinancialYear::containing(now.today));
    let goes_on: HashSet<ServiceId> =
        held.into_iter().filter(|(_, own)| Some(*own) == year).map(|(id, _)| id).collect();
    let not_allowed = Instead::of(web, visitor, Permission::Commission).await?;
    let may = not_allowed.is_none();
    let row = |one: &Published| Row::of(one, &answers, may && goes_on.contains(&one.id));
    let rolling = year
        .filter(|_| services.iter().any(|one| goes_on.contains(&one.id)))
        .map(|year| Rolling::of(year, &query, not_allowed));
    let mut list = List {
        services: services.iter().map(row).collect(),
        years: years(&all),
        is_filtered: !query.without("select").query_string().is_empty(),
        rolling,
    };
    if let Some(rolling) = &mut list.rolling {
        rolling.can = list.services.iter().filter(|row| row.can).count() as i64;
    }
    Ok(Page::new("service/list.html", list).form(query))
}

/// The year whose services can be rolled over: the one asked for; otherwise this one, or where the commissioner has
/// nothing of it yet the newest one of which it has.
fn year_that_ends(
    held: &[(ServiceId, FinancialYear)],
    asked: Option<i32>,
    this: FinancialYear,
) -> Option<FinancialYear> {
    let has = |year: FinancialYear| held.iter().any(|(_, own)| *own == year).then_some(year);
    match asked {
        Some(year) => has(FinancialYear(year)),
        None => has(this).or_else(|| held.iter().map(|(_, year)| *year).max()),
    }
}

impl Rolling {
    fn of(year: FinancialYear, query: &Fields, not_allowed: Option<Instead>) -> Self {
        let address = |query: &Fields| format!("{PATH}?{}#results", query.query_string());
        Self {
            year: year.to_string(),
            from: year.0,
            next: year.next().to_string(),
            can: 0,
            select_all: address(&query.with("select", "all")),
            select_none: address(&query.without("select")),
            is_all_selected: query.get("select") == "all",
            not_allowed,
        }
    }
}

impl Row {
    fn of(one: &Published, offered: &HashMap<ServiceId, Offered>, can: bool) -> Self {
        let offered = offered.get(&one.id).copied().unwrap_or_default();
        Self {
            code: one.service.code.clone(),
            name: one.service.name.clone(),
            year: one.service.year.to_string(),
            family: one.service.family.clone(),
            providers: match one.service.provider {
                domain::service::ProviderKind::Practice => "Practices",
                domain::service::ProviderKind::Network => "PCNs",
            },
            accepted: offered.answers.in_force(),
            offered: offered.providers,
            can,
        }
    }
}

/// The years there are services of, newest first.
fn years(all: &[Published]) -> Vec<Choice> {
    let mut years: Vec<FinancialYear> = all.iter().map(|one| one.service.year).collect();
    years.dedup();
    years
        .into_iter()
        .map(|year| Choice { value: year.0.to_string(), text: year.to_string() })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_year_to_roll_over_is_the_one_asked_for_or_this_one_or_the_newest() {
        let id = ServiceId(uuid::Uuid::nil());
        let held = [(id, FinancialYear(2026)), (id, FinancialYear(2025))];
        let this = FinancialYear;
        for (asked, today, expected) in [
            (None, this(2026), Some(2026)),
            (None, this(2025), Some(2025)),
            (None, this(2027), Some(2026)),
            (Some(2025), this(2026), Some(2025)),
            (Some(2024), this(2026), None),
        ] {
            let found = year_that_ends(&held, asked, today).map(|year| year.0);
            assert_eq!(found, expected, "{asked:?} in {today}");
        }
        assert_eq!(year_that_ends(&[], None, this(2026)), None);
    }
}
