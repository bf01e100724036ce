//! Several drafts sent at once: what each would send to how many, then "Send 900 offers" with a result for each draft.

use super::left_out::LeftOut;
use super::list;
use super::steps::draft;
use crate::Web;
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::{Errors, Fields, Query};
use crate::page::Page;
use crate::session::Visitor;
use crate::words::plural;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::contract::{Contract, ContractKind};
use domain::{OrganisationId, Permission, ServiceId};
use serde::Serialize;
use std::collections::HashSet;
use std::sync::Arc;
use store::contract::Reach;
use store::{Failed, StoreError, Tx};

/// What `contract/send.html` sees.
#[derive(Debug, Serialize)]
struct Check {
    rows: Vec<Row>,
    /// Offers of the drafts that can be sent.
    offers: i64,
    /// Contracts that bind providers without an answer.
    bound: i64,
    /// "Send 900 offers"; nothing when no draft can be sent.
    button: Option<String>,
    /// What went through when other drafts did not.
    done: String,
}

/// One draft.
#[derive(Debug, Serialize)]
struct Row {
    reference: String,
    /// The draft as it is seen here; nothing where it cannot be sent.
    seen: Option<String>,
    name: String,
    is_offer: bool,
    goes_to: &'static str,
    services: Vec<Service>,
    /// How many providers get something, counted once for each service.
    offers: i64,
    why_not: String,
}

/// One service of a draft.
#[derive(Debug, Serialize)]
struct Service {
    name: String,
    offers: i64,
    /// Who is left out, counted by reason; empty when nobody is.
    left_out: String,
}

/// Who gets which service from a draft further up the page.
type Promised = HashSet<(ServiceId, OrganisationId)>;

/// "Send offers": nothing is sent yet.
pub(super) async fn check(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, WebError> {
    visitor.must_commission(true)?;
    visitor.must(&web, Permission::Commission).await?;
    let references: Vec<&str> = query.all("draft").filter(|one| !one.is_empty()).collect();
    page(&web, &visitor, &references, String::new()).await?.respond(&web, &visitor.shell)
}

/// The check, or the list of drafts where none was chosen.
async fn page(
    web: &Web,
    visitor: &Visitor,
    references: &[&str],
    done: String,
) -> Result<Page, WebError> {
    if references.is_empty() {
        let errors = Errors::one("draft", "Select at least 1 draft to send");
        let query = Fields::from_iter([("status", "draft")]);
        return list::page(web, visitor, query, errors).await;
    }
    let (mut rows, mut promised) = (Vec::new(), Promised::new());
    for reference in references {
        match draft(web, visitor, reference).await? {
            Some(contract) => {
                let mut tx = web.db.read_as(&visitor.actor).await?;
                rows.push(Row::of(&mut tx, web, visitor, &contract, &mut promised).await?);
            }
            None => rows.push(Row::gone(web, visitor, reference).await?),
        }
    }
    let sum = |is_offer| {
        let own = |row: &&Row| row.seen.is_some() && row.is_offer == is_offer;
        rows.iter().filter(own).map(|row| row.offers).sum::<i64>()
    };
    let (offers, bound) = (sum(true), sum(false));
    let check = Check { button: button(offers, bound), rows, offers, bound, done };
    Ok(Page::new("contract/send.html", check))
}

/// What the button does, in its own words.
fn button(offers: i64, bound: i64) -> Option<String> {
    let sent = plural(offers, "offer", None);
    let given = plural(bound, "contract", None);
    match (offers, bound) {
        (0, 0) => None,
        (_, 0) => Some(format!("Send {sent}")),
        (0, _) => Some(format!("Give {given} without an offer")),
        _ => Some(format!("Send {sent} and give {given} without an offer")),
    }
}

impl Row {
    async fn of(
        tx: &mut Tx,
        web: &Web,
        visitor: &Visitor,
        contract: &Contract,
        promised: &mut Promised,
    ) -> Result<Self, WebError> {
        let now = (web.clock)();
        let mut reach = store::contract::reach(tx, contract, &now).await?;
        let services: Vec<Service> =
            reach.iter_mut().map(|one| Service::of(one, promised)).collect();
        let why_not =
            store::contract::cannot_confirm(tx, contract, &reach, &visitor.actor, &now).await?;
        if why_not.is_none() {
            for one in &reach {
                promised.extend(one.providers.iter().map(|(id, _)| (one.chosen.id, *id)));
            }
        }
        Ok(Self {
            reference: contract.reference.clone(),
            seen: why_not.is_none().then(|| format!("{}.{}", contract.reference, contract.version)),
            name: contract.name.clone(),
            is_offer: contract.kind == ContractKind::Offer,
            goes_to: contract.goes_to().words(),
            offers: services.iter().map(|one| one.offers).sum(),
            services,
            why_not: why_not.map_or_else(String::new, |why| why.to_string()),
        })
    }

    /// A draft that has been sent or discarded meanwhile.
    async fn gone(web: &Web, visitor: &Visitor, reference: &str) -> Result<Self, WebError> {
        let contract = super::find(web, visitor, reference).await?;
        let why = contract.must_wait_for_confirmation().err();
        Ok(Self {
            reference: contract.reference.clone(),
            seen: None,
            is_offer: contract.kind == ContractKind::Offer,
            goes_to: contract.goes_to().words(),
            name: contract.name,
            services: Vec::new(),
            offers: 0,
            why_not: why.map_or_else(String::new, |why| why.to_string()),
        })
    }
}

impl Service {
    /// Whoever gets the service from a draft further up has it by the time this one is sent.
    fn of(reach: &mut Reach, promised: &Promised) -> Self {
        let mut left_out: Vec<String> =
            Some(LeftOut::of(reach).text).filter(|text| !text.is_empty()).into_iter().collect();
        let (id, before) = (reach.chosen.id, reach.providers.len());
        reach.providers.retain(|(provider, _)| !promised.contains(&(id, *provider)));
        let twice = (before - reach.providers.len()) as i64;
        if twice > 0 {
            let who = plural(twice, "provider gets", Some("providers get"));
            left_out.push(format!("{who} it from another draft on this page"));
        }
        Self {
            name: reach.chosen.service.name.clone(),
            offers: reach.providers.len() as i64,
            left_out: left_out.join(", "),
        }
    }
}

/// The drafts that a form names, each with the version that was seen.
fn chosen(fields: &Fields) -> Result<Vec<(String, i64)>, WebError> {
    let seen = |text: &str| {
        let (reference, version) = text.rsplit_once('.')?;
        Some((reference.to_owned(), version.parse().ok()?))
    };
    fields.all("draft").map(|text| seen(text).ok_or(WebError::BadRequest)).collect()
}

/// "Send 900 offers": each draft by itself, so that one that fails keeps none of the others.
pub(super) async fn send(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, WebError> {
    visitor.must_commission(true)?;
    visitor.must(&web, Permission::Commission).await?;
    let chosen = chosen(&fields)?;
    if chosen.is_empty() {
        return page(&web, &visitor, &[], String::new()).await?.respond(&web, &visitor.shell);
    }
    // Whoever may not see one of them sends none.
    for (reference, _) in &chosen {
        draft(&web, &visitor, reference).await?;
    }
    let (mut sent, mut failed, mut errors) = (Sent::default(), Vec::new(), Errors::new());
    for (reference, seen) in &chosen {
        let now = (web.clock)();
        let why = match store::contract::confirm(&web.db, reference, *seen, &visitor.actor, &now)
            .await
        {
            Ok(done) => {
                sent.add(&done);
                continue;
            }
            Err(Failed::Refused(why)) => why.to_string(),
            Err(Failed::Other(StoreError::Stale)) => {
                "Someone else changed this draft while you were working. Check it and send it again."
                    .to_owned()
            }
            Err(Failed::Other(fault)) => return Err(fault.into()),
        };
        let name = super::find(&web, &visitor, reference).await?.name;
        let to = format!("/contracts/{reference}");
        errors.add_at(reference, &to, format!("{name} ({reference}): {why}"));
        failed.push(reference.as_str());
    }
    if failed.is_empty() {
        return Ok(Flash::success(sent.words()).redirect("/contracts"));
    }
    page(&web, &visitor, &failed, sent.words())
        .await?
        .errors(errors)
        .status(StatusCode::CONFLICT)
        .respond(&web, &visitor.shell)
}

/// What has gone out.
#[derive(Default)]
struct Sent {
    drafts: i64,
    offers: i64,
    bound: i64,
}

impl Sent {
    fn add(&mut self, done: &store::contract::Confirmed) {
        let offers = i64::try_from(done.offers).unwrap_or(i64::MAX);
        self.drafts += 1;
        match done.contract.kind {
            ContractKind::Offer => self.offers += offers,
            ContractKind::Direct => self.bound += offers,
        }
    }

    /// "12 drafts sent: 900 offers."; empty when none was.
    fn words(&self) -> String {
        let offers = plural(self.offers, "offer", None);
        let bound = format!("{} given without an offer", plural(self.bound, "contract", None));
        let what = match (self.offers, self.bound) {
            _ if self.drafts == 0 => return String::new(),
            (_, 0) => offers,
            (0, _) => bound,
            _ => format!("{offers}, and {bound}"),
        };
        format!("{} sent: {what}.", plural(self.drafts, "draft", None))
    }
}
