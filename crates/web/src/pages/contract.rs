//! Contracts: one contract with the answers of its providers.

mod bulk;
mod details;
mod discard;
mod funnel;
mod left_out;
mod list;
mod matrix;
mod providers;
mod remind;
mod review;
mod roll_over;
mod send;
mod services;
mod short;
mod steps;

use crate::Web;
use crate::error::WebError;
use crate::form::{Errors, Fields, Query};
use crate::page::{Page, Paging};
use crate::pages::offer::{Entry, Instead, Status, look};
use crate::pages::variation::InContract;
use crate::routes::Routes;
use crate::session::Visitor;
use crate::words::number;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use chrono::NaiveDate;
use domain::calendar::long_date;
use domain::contract::{Contract, ContractKind, ContractState};
use domain::offer::OfferState;
use domain::status::{self, Status as StatusRow};
use domain::{Now, Permission, Refusal};
use serde::Serialize;
use std::sync::Arc;
use store::offer::{Answers, Listed};
use store::{Failed, StoreError, Tx};

pub(crate) use bulk::left_out_words;

/// The addresses of this file.
pub fn routes() -> Routes {
    Routes::new()
        .route("/contracts", get(list::show))
        .route("/contracts/answers", get(matrix::show))
        .route("/contracts/answers.csv", get(matrix::csv))
        .route("/contracts/waiting", get(remind::waiting))
        .route("/contracts/roll-over", get(roll_over::check).post(roll_over::create))
        .route("/contracts/send", get(send::check).post(send::send))
        .route("/contracts/new", get(details::start).post(details::create))
        .route("/contracts/{reference}", get(show))
        .route("/contracts/{reference}/bulk", get(bulk::review).post(bulk::act))
        .route("/contracts/{reference}/remind", get(remind::review).post(remind::send))
        .route("/contracts/{reference}/details", get(details::show).post(details::change))
        .route("/contracts/{reference}/providers", get(providers::show).post(providers::choose))
        .route("/contracts/{reference}/services", get(services::show).post(services::choose))
        .route("/contracts/{reference}/review", get(review::show).post(review::confirm))
        .route("/contracts/{reference}/discard", get(discard::check).post(discard::discard))
        .route("/contracts/{reference}/check", get(short::check).post(short::send))
        .route("/catalogue/{code}/offer", get(short::ask).post(short::answer))
}

/// What `contract/show.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    reference: String,
    /// This list as it is filtered, for acts that come back to it.
    here: String,
    name: String,
    kind: &'static str,
    respond_by: Option<NaiveDate>,
    status: &'static StatusRow,
    is_discarded: bool,
    services: Vec<ServiceRow>,
    /// Terms of its services that count only for who accepts them.
    new_terms: Vec<InContract>,
    /// Whether this person may offer them.
    is_own: bool,
    numbers: Vec<Number>,
    /// How many have neither answered nor opened their offer; empty where all have.
    not_looked_at: String,
    funnel: Vec<funnel::Stage>,
    statuses: Vec<Choice>,
    offers: Vec<OfferRow>,
    paging: Paging,
    clear: String,
    is_filtered: bool,
    /// Whether somebody who may remind looks at offers that can still be answered.
    remind: bool,
    /// The filters for an act on all that match; nothing where this person or this kind of contract has none.
    bulk: Option<String>,
    not_allowed: Option<Instead>,
    history: Vec<Entry>,
}

/// One service of a contract.
#[derive(Debug, Serialize)]
struct ServiceRow {
    code: String,
    name: String,
    components: String,
}

/// One headline number.
#[derive(Debug, Serialize)]
struct Number {
    value: String,
    label: &'static str,
    href: String,
}

/// One value of a filter.
#[derive(Debug, Serialize)]
struct Choice {
    value: &'static str,
    text: &'static str,
}

/// One provider's answer.
#[derive(Debug, Serialize)]
struct OfferRow {
    id: String,
    version: i64,
    code: String,
    provider: String,
    network: Option<String>,
    service: String,
    status: Status,
    /// What stands in the place of an answer.
    no_answer: String,
    /// Whether the provider has opened it, while it has not answered.
    looked: Option<String>,
    /// Whether a request waits that this person can answer by a reissue.
    can_reissue: bool,
}

async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
    Query(query): Query,
) -> Result<Response, WebError> {
    visitor.must_commission(true)?;
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let contract = store::contract::find(&mut tx, &reference, &visitor.actor).await?;
    if contract.state == ContractState::Draft {
        return Ok(crate::flash::see_other(&format!("/contracts/{reference}/review")));
    }
    page(&web, &visitor, tx, contract, query).await?.respond(&web, &visitor.shell)
}

/// One contract that the visitor's organisation may see.
async fn find(web: &Web, visitor: &Visitor, reference: &str) -> Result<Contract, WebError> {
    visitor.must_commission(true)?;
    let mut tx = web.db.glance_as(&visitor.actor).await?;
    Ok(store::contract::find(&mut tx, reference, &visitor.actor).await?)
}

/// The filters of a contract's list, as the address gives them.
fn filter(query: &Fields) -> store::offer::Filter {
    store::offer::Filter {
        status: Some(query.get("status").to_owned()).filter(|status| !status.is_empty()),
        provider: query.get("provider").to_owned(),
    }
}

async fn page(
    web: &Web,
    visitor: &Visitor,
    mut tx: Tx,
    contract: Contract,
    query: Fields,
) -> Result<Page, WebError> {
    let now = (web.clock)();
    let path = format!("/contracts/{}", contract.reference);
    let filter = filter(&query);
    let answers = store::offer::answers(&mut tx, &contract, "", &now).await?;
    let found = match filter.provider.as_str() {
        "" => answers,
        provider => store::offer::answers(&mut tx, &contract, provider, &now).await?,
    };
    let total = filter.status.as_deref().map_or(found.all, |status| found.of(status));
    let paging = Paging::new(&path, &query, total, Paging::SIZE);
    let (skip, size) = (paging.skip(), Paging::SIZE);
    let offers =
        store::offer::of_commissioner(&mut tx, &contract, &filter, skip, size, &now).await?;
    let services = store::contract::services(&mut tx, &contract).await?;
    let varied = store::variation::of_contract(&mut tx, &contract, &now).await?;
    // It counts offers of everybody.
    let history = match visitor.actor.narrowing() {
        Some(_) => Vec::new(),
        None => store::event::of(&mut tx, contract.id.0).await?,
    };
    drop(tx);
    let not_allowed = Instead::of(web, visitor, Permission::Commission).await?;
    let is_own = contract.commissioner == visitor.organisation().id && not_allowed.is_none();
    let acts = is_own && contract.kind == ContractKind::Offer;
    let filters = query.without("page").query_string();
    let show = Show {
        is_own,
        remind: acts && found.pending > 0,
        bulk: acts.then(|| format!("/contracts/{}/bulk?{filters}", contract.reference)),
        here: format!("{path}?{}", query.query_string()),
        not_looked_at: look::counted(answers.not_looked_at, answers.all),
        numbers: numbers(&path, answers),
        funnel: funnel::stages(contract.kind, answers),
        statuses: statuses(),
        offers: offers.iter().map(|listed| OfferRow::of(listed, visitor, &now)).collect(),
        paging,
        clear: path,
        is_filtered: !query.without("page").query_string().is_empty(),
        services: services.iter().map(ServiceRow::of).collect(),
        new_terms: varied.iter().map(|one| InContract::of(one, &contract.reference)).collect(),
        not_allowed,
        history: history.into_iter().map(Entry::of).collect(),
        status: contract.state.status(),
        is_discarded: matches!(contract.state, ContractState::Discarded { .. }),
        respond_by: (contract.kind == ContractKind::Offer).then_some(contract.respond_by),
        kind: contract.kind.name(),
        reference: contract.reference,
        name: contract.name,
    };
    Ok(Page::new("contract/show.html", show).form(query))
}

impl ServiceRow {
    fn of(chosen: &store::contract::Chosen) -> Self {
        let names: Vec<&str> = chosen
            .service
            .components_named(&chosen.components)
            .iter()
            .map(|component| component.name.as_str())
            .collect();
        Self {
            code: chosen.service.code.clone(),
            name: chosen.service.name.clone(),
            components: names.join(", "),
        }
    }
}

impl OfferRow {
    fn of(listed: &Listed, visitor: &Visitor, now: &Now) -> Self {
        Self {
            id: listed.offer.id.to_string(),
            version: listed.offer.version,
            code: listed.provider_code.clone(),
            provider: listed.provider_name.clone(),
            network: listed.network_name.clone(),
            service: listed.service_name.clone(),
            status: Status::of(listed, false, now),
            no_answer: if listed.offer.has_expired(now.today) {
                format!("No answer by {}", long_date(listed.offer.respond_by))
            } else {
                format!("No answer yet, respond by {}", long_date(listed.offer.respond_by))
            },
            looked: Some(&listed.offer.state)
                .filter(|state| **state == OfferState::Pending)
                .and_then(|_| look::words(listed)),
            can_reissue: matches!(listed.offer.state, OfferState::Requested(_))
                && listed.offer.commissioner == visitor.organisation().id
                && listed.offer.reissue(&visitor.actor, now).is_ok(),
        }
    }
}

/// The statuses an offer can have for its commissioner, for the filter: accepted stays accepted when the service ends.
fn statuses() -> Vec<Choice> {
    status::ALL
        .iter()
        .filter(|row| row.group == status::OFFER && row.name != "ended")
        .map(|row| Choice { value: row.name, text: row.word })
        .collect()
}

/// Statuses that are counted where there are any.
const OTHERS: [&str; 5] = ["expired", "turned_down", "withdrawn", "notice_given", "terminated"];

/// The headline numbers: the four answers always, the others when there are any.
fn numbers(path: &str, answers: Answers) -> Vec<Number> {
    let always = ["accepted", "pending", "rejected", "requested"];
    let row = |name: &'static str| status::of(status::OFFER, name);
    always
        .into_iter()
        .chain(OTHERS.into_iter().filter(|name| answers.of(name) > 0))
        .map(|name| Number {
            value: number(answers.of(name)),
            label: row(name).word,
            href: format!("{path}?status={name}"),
        })
        .collect()
}

/// A refusal of a contract: without the right 403, and otherwise the contract as it stands now, with the reason, 409.
async fn refuse<R: Refusal>(
    web: &Web,
    visitor: &Visitor,
    reference: &str,
    failed: Failed<R>,
) -> Result<Response, WebError> {
    match failed {
        Failed::Refused(why) if why.is_forbidden() => {
            Err(visitor.forbidden(web, Permission::Commission, &why).await)
        }
        Failed::Refused(why) => {
            visitor.must_commission(true)?;
            let mut tx = web.db.read_as(&visitor.actor).await?;
            let contract = store::contract::find(&mut tx, reference, &visitor.actor).await?;
            let page = page(web, visitor, tx, contract, Fields::default()).await?;
            page.errors(Errors::one("status", why.to_string()))
                .status(StatusCode::CONFLICT)
                .respond(web, &visitor.shell)
        }
        Failed::Other(StoreError::Stale) => {
            Err(WebError::Stale { see: format!("/contracts/{reference}") })
        }
        Failed::Other(fault) => Err(fault.into()),
    }
}
