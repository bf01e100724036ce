//! Offers: the provider's services and its answers, and what the commissioner does with one offer.

mod act;
pub(crate) mod look;
mod respond;
mod show;

pub(crate) use show::{Entry, Instead, Status};

use crate::Web;
use crate::error::WebError;
use crate::flash::see_other;
use crate::form::{Fields, Query};
use crate::page::{Page, Paging};
use crate::pages::service;
use crate::routes::Routes;
use crate::session::Visitor;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use chrono::NaiveDate;
use domain::contract::ContractKind;
use domain::offer::OfferState;
use domain::status::Status as StatusRow;
use domain::{Now, OfferId};
use serde::Serialize;
use std::sync::Arc;
use store::Tx;
use store::offer::{Listed, Tab, Tabs};

/// The addresses of this file.
pub fn routes() -> Routes {
    Routes::new()
        .route("/services", get(list))
        .route("/offers/respond", get(to_list).post(respond::check))
        .route("/offers/respond/confirm", get(to_list).post(respond::confirm))
        .route("/services/{offer}", get(show::show))
        .route("/services/{offer}/accept", post(act::accept))
        .route("/services/{offer}/reject", post(act::reject))
        .route("/services/{offer}/request", post(act::request))
        .route("/offers/{offer}/reissue", post(act::reissue))
        .route("/offers/{offer}/turn-down", post(act::turn_down))
        .route("/offers/{offer}/withdraw", post(act::withdraw))
        .route("/offers/{offer}/end", post(act::end))
        .route("/offers/{offer}/take-back", post(act::take_back))
}

/// The address of an act, opened again: there is nothing to see but the list.
async fn to_list() -> Response {
    see_other("/services")
}

/// An address names an offer, or there is nothing at it.
pub(super) fn offer_id(text: &str) -> Result<OfferId, WebError> {
    text.parse().map_err(|_| WebError::NotFound)
}

/// What `offer/list.html` sees.
#[derive(Debug, Serialize)]
struct List {
    tabs: Vec<TabLink>,
    offers: Vec<Row>,
    paging: Paging,
    /// Who makes the offers, for the empty page.
    commissioner: String,
    /// Whether the list is narrowed to a tab or to one provider.
    is_narrowed: bool,
    /// For whom this person can answer besides the own organisation, which is the first; empty where there is nobody.
    whose: Vec<Whose>,
    /// How many rows of the page this person can answer.
    can: i64,
    /// The list, to come back to.
    back: String,
    select_all: String,
    select_none: String,
    is_all_selected: bool,
    /// What went through when other rows did not.
    done: String,
}

/// A provider that the list can be narrowed to.
#[derive(Debug, Serialize)]
struct Whose {
    code: String,
    name: String,
}

/// One tab with its count.
#[derive(Debug, Serialize)]
struct TabLink {
    text: &'static str,
    href: String,
    current: bool,
    count: i64,
}

/// One offer of the provider.
#[derive(Debug, Serialize)]
struct Row {
    id: String,
    /// The offer as it is seen here, to travel in the form; nothing where this person cannot answer it now.
    seen: Option<String>,
    service: String,
    /// The year, where the name does not say it.
    year: Option<String>,
    /// The provider it is for.
    provider: String,
    commissioner: String,
    respond_by: Option<NaiveDate>,
    answered: Option<NaiveDate>,
    status: &'static StatusRow,
}

impl Row {
    fn of(listed: Listed, visitor: &Visitor, now: &Now) -> Self {
        let today = now.today;
        let given = listed.given.as_ref();
        let can = listed.offer.accept(&visitor.actor, given, now).is_ok();
        let is_pending = listed.offer.state == OfferState::Pending;
        let is_direct = listed.contract_kind == ContractKind::Direct;
        let is_answer = matches!(
            listed.offer.state,
            OfferState::Accepted(_) | OfferState::Rejected(_) | OfferState::Requested(_)
        );
        let moved = listed.offer.state.moved().filter(|_| is_answer);
        let moved = moved.map(|moved| Now::at(moved.at).today);
        let year = listed.service_year.to_string();
        Self {
            id: listed.offer.id.to_string(),
            seen: (is_pending && can).then(|| respond::seen_text(&listed)),
            year: (!listed.service_name.contains(&year)).then_some(year),
            service: listed.service_name,
            provider: listed.provider_name,
            commissioner: listed.commissioner_name,
            respond_by: is_pending.then_some(listed.offer.respond_by),
            answered: moved.filter(|_| !is_direct),
            status: listed.offer.provider_status(today),
        }
    }
}

/// A provider's offers, what needs an answer first; a commissioner sees the catalogue at the same address.
async fn list(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, WebError> {
    if visitor.organisation().kind.commissions() {
        return service::catalogue(&web, &visitor, query).await;
    }
    page(&web, &visitor, &query, String::new()).await?.respond(&web, &visitor.shell)
}

/// The provider's list, with what went through when other rows of an act did not.
async fn page(
    web: &Web,
    visitor: &Visitor,
    query: &Fields,
    done: String,
) -> Result<Page, WebError> {
    let (now, by) = ((web.clock)(), &visitor.actor);
    let tab = Tab::from_name(query.get("show"));
    let provider = Some(query.get("for")).filter(|code| !code.is_empty());
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let whose = whose(&mut tx, visitor, &now).await?;
    let tabs = store::offer::tabs(&mut tx, provider, by, &now).await?;
    let listed = query.without("select");
    let paging = Paging::new("/services", &listed, count(tabs, tab), Paging::SIZE);
    let which = (tab, provider);
    let offers =
        store::offer::of_provider(&mut tx, which, paging.skip(), Paging::SIZE, by, &now).await?;
    let commissioner = match visitor.organisation().parent.filter(|_| offers.is_empty()) {
        Some(parent) => store::organisation::find(&mut tx, parent).await?.name,
        None => "your commissioner".into(),
    };
    drop(tx);
    let row = |listed| Row::of(listed, visitor, &now);
    let offers: Vec<Row> = offers.into_iter().map(row).collect();
    let address = |query: &Fields| format!("/services?{}", query.query_string());
    let list = List {
        tabs: tab_links(tabs, tab, query.get("for")),
        can: offers.iter().filter(|row| row.seen.is_some()).count() as i64,
        offers,
        back: listed.query_string(),
        select_all: address(&query.with("select", "all")),
        select_none: address(&listed),
        is_all_selected: query.get("select") == "all",
        done,
        paging,
        commissioner,
        is_narrowed: tab.is_some() || provider.is_some(),
        whose,
    };
    Ok(Page::new("offer/list.html", list).form(query.clone()))
}

/// The own organisation and those that the visitor answers for; nobody where there are none of these.
async fn whose(tx: &mut Tx, visitor: &Visitor, now: &Now) -> Result<Vec<Whose>, WebError> {
    let members = store::delegation::members(tx, &visitor.actor, now).await?;
    let own = visitor.organisation();
    let own = Whose { code: own.code.clone(), name: own.name.clone() };
    let members = members.into_iter().map(|one| Whose { code: one.code, name: one.name });
    let all: Vec<Whose> = std::iter::once(own).chain(members).collect();
    Ok(if all.len() > 1 { all } else { Vec::new() })
}

fn count(tabs: Tabs, tab: Option<Tab>) -> i64 {
    match tab {
        None => tabs.all,
        Some(Tab::ToAnswer) => tabs.to_answer,
        Some(Tab::Requested) => tabs.requested,
        Some(Tab::Active) => tabs.active,
        Some(Tab::Past) => tabs.past,
    }
}

fn tab_links(tabs: Tabs, chosen: Option<Tab>, provider: &str) -> Vec<TabLink> {
    let href = |tab: Option<Tab>| {
        let show = tab.map_or("", Tab::name);
        match Fields::from_iter([("show", show), ("for", provider)]).query_string() {
            none if none.is_empty() => "/services".to_owned(),
            query => format!("/services?{query}"),
        }
    };
    [
        ("All", None),
        ("To answer", Some(Tab::ToAnswer)),
        ("Active", Some(Tab::Active)),
        ("Requested", Some(Tab::Requested)),
        ("Past", Some(Tab::Past)),
    ]
    .into_iter()
    .map(|(text, tab)| TabLink {
        text,
        href: href(tab),
        current: tab == chosen,
        count: count(tabs, tab),
    })
    .collect()
}

/// The fields of a form that says which version of a record it was filled in on.
pub(crate) fn seen(fields: &Fields) -> Result<i64, WebError> {
    fields.get("version").parse().map_err(|_| WebError::BadRequest)
}
