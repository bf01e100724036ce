//! The commissioner's contracts, newest first; its drafts have tick boxes, to be sent together.

use crate::Web;
use crate::error::WebError;
use crate::form::{Errors, Fields, Query};
use crate::page::{Page, Paging};
use crate::pages::offer::Instead;
use crate::session::Visitor;
use axum::extract::State;
use axum::response::Response;
use chrono::NaiveDate;
use domain::contract::{ContractKind, ContractState};
use domain::status::Status;
use domain::{FinancialYear, OrganisationKind, Permission};
use serde::Serialize;
use std::sync::Arc;

const PATH: &str = "/contracts";

/// What `contract/list.html` sees.
#[derive(Debug, Serialize)]
struct List {
    contracts: Vec<Row>,
    paging: Paging,
    years: Vec<Year>,
    is_filtered: bool,
    /// Whether contracts of several commissioners stand in the list.
    is_region: bool,
    /// Why this person cannot create one, and who can.
    not_allowed: Option<Instead>,
    /// How many drafts of the page can be ticked; none unless the list is one of drafts.
    can: i64,
    select_all: String,
    select_none: String,
    is_all_selected: bool,
}

/// One financial year to filter by.
#[derive(Debug, Serialize)]
struct Year {
    value: String,
    text: String,
}

/// One contract of the list.
#[derive(Debug, Serialize)]
struct Row {
    reference: String,
    name: String,
    kind: &'static str,
    commissioner: String,
    services: i64,
    providers: i64,
    accepted: i64,
    requested: i64,
    respond_by: Option<NaiveDate>,
    status: &'static Status,
    is_draft: bool,
    is_discarded: bool,
    /// Whether it is of the visitor's organisation.
    is_own: bool,
    /// Whether it has a tick box.
    can: bool,
}

pub(super) async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, WebError> {
    page(&web, &visitor, query, Errors::new()).await?.respond(&web, &visitor.shell)
}

/// The list as it is filtered, with what is wrong with a choice of its rows.
pub(super) async fn page(
    web: &Web,
    visitor: &Visitor,
    query: Fields,
    errors: Errors,
) -> Result<Page, WebError> {
    visitor.must_commission(true)?;
    let year = query.get("year").parse().ok().and_then(FinancialYear::new);
    let filter = store::contract::Filter {
        text: query.get("search").to_owned(),
        state: Some(query.get("status").to_owned()).filter(|state| !state.is_empty()),
        year,
    };
    let (by, listed) = (&visitor.actor, query.without("select"));
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let total = store::contract::count(&mut tx, &filter, by).await?;
    let paging = Paging::new(PATH, &listed, total, Paging::SIZE);
    let contracts =
        store::contract::list(&mut tx, &filter, paging.skip(), Paging::SIZE, by).await?;
    let years = store::contract::years(&mut tx, by).await?;
    drop(tx);
    let not_allowed = Instead::of(web, visitor, Permission::Commission).await?;
    let may_send = not_allowed.is_none() && query.get("status") == ContractState::Draft.name();
    let rows: Vec<Row> = contracts.into_iter().map(|one| Row::of(one, visitor, may_send)).collect();
    let address = |query: &Fields| format!("{PATH}?{}#results", query.query_string());
    let list = List {
        can: rows.iter().filter(|row| row.can).count() as i64,
        contracts: rows,
        paging,
        years: years
            .into_iter()
            .map(|year| Year { value: year.0.to_string(), text: year.to_string() })
            .collect(),
        is_filtered: !listed.without("page").query_string().is_empty(),
        is_region: visitor.organisation().kind == OrganisationKind::Region,
        not_allowed,
        select_all: address(&query.with("select", "all")),
        select_none: address(&listed),
        is_all_selected: query.get("select") == "all",
    };
    Ok(Page::new("contract/list.html", list).form(query).errors(errors))
}

impl Row {
    fn of(listed: store::contract::Listed, visitor: &Visitor, may_send: bool) -> Self {
        let contract = listed.contract;
        let is_draft = contract.state == ContractState::Draft;
        let is_own = contract.commissioner == visitor.organisation().id;
        Self {
            respond_by: (contract.kind == ContractKind::Offer).then_some(contract.respond_by),
            status: contract.state.status(),
            is_draft,
            is_discarded: matches!(contract.state, ContractState::Discarded { .. }),
            is_own,
            can: may_send && is_draft && is_own,
            reference: contract.reference,
            name: contract.name,
            kind: contract.kind.name(),
            commissioner: listed.commissioner_name,
            services: listed.services,
            providers: listed.providers,
            accepted: listed.accepted,
            requested: listed.requested,
        }
    }
}
