//! New terms of a service: offered by its commissioner to the providers of a contract, and answered by each of them.

use crate::Web;
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::{Errors, Fields, date_fields};
use crate::page::Page;
use crate::pages::offer::{Instead, seen};
use crate::pages::service::changes::{Change, changes};
use crate::routes::Routes;
use crate::session::Visitor;
use crate::words::plural;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use chrono::NaiveDate;
use domain::calendar::long_date;
use domain::contract::response_date_within;
use domain::variation::{CannotAnswer, CannotVary, VariationState};
use domain::{Now, OfferId, Permission, Refusal};
use serde::Serialize;
use std::sync::Arc;
use store::variation::{Answer, Offered, ToAnswer, Varied};
use store::{Failed, StoreError};

/// The addresses of this file.
pub fn routes() -> Routes {
    Routes::new()
        .route("/contracts/{reference}/terms/{code}/{number}", get(check).post(send))
        .route("/services/terms", get(list))
        .route("/services/{offer}/terms/{number}", get(show))
        .route("/services/{offer}/terms/{number}/accept", post(accept))
        .route("/services/{offer}/terms/{number}/reject", post(reject))
}

/// The prefix of the boxes of the response date.
const RESPOND_BY: &str = "respond-by";

/// New terms in the list of a contract.
#[derive(Debug, Serialize)]
pub(crate) struct InContract {
    href: String,
    service: String,
    number: u32,
    from: String,
    to_offer: i64,
    offered: i64,
    accepted: i64,
    rejected: i64,
}

impl InContract {
    pub(crate) fn of(varied: &Varied, contract: &str) -> Self {
        let terms = &varied.terms;
        Self {
            href: format!("/contracts/{contract}/terms/{}/{}", terms.code, terms.version),
            service: terms.name.clone(),
            number: terms.version,
            from: terms.effective_on.map(long_date).unwrap_or_default(),
            to_offer: varied.to_offer,
            offered: varied.offered,
            accepted: varied.accepted,
            rejected: varied.rejected,
        }
    }
}

/// What `variation/check.html` sees.
#[derive(Debug, Serialize)]
struct Check {
    #[serde(flatten)]
    row: InContract,
    contract: String,
    back: String,
    changes: Vec<Change>,
    left_out: Vec<String>,
    /// "Offer the new terms to 61 providers"; nothing when nobody can get them.
    button: Option<String>,
}

/// The contract, its service and the version, for somebody of its own commissioner who may make offers.
async fn check_page(
    web: &Web,
    visitor: &Visitor,
    (reference, code, number): (&str, &str, u32),
) -> Result<(Page, NaiveDate), WebError> {
    visitor.must_commission(true)?;
    visitor.must(web, Permission::Commission).await?;
    let now = (web.clock)();
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let contract = store::contract::find(&mut tx, reference, &visitor.actor).await?;
    if contract.commissioner != visitor.organisation().id {
        return Err(WebError::NotFound);
    }
    let all = store::variation::of_contract(&mut tx, &contract, &now).await?;
    drop(tx);
    let own = |varied: &&Varied| varied.terms.code == code && varied.terms.version == number;
    let varied = all.iter().find(own).ok_or(WebError::NotFound)?;
    let providers = plural(varied.to_offer, "provider", None);
    let check = Check {
        row: InContract::of(varied, reference),
        contract: contract.name.clone(),
        back: format!("/contracts/{reference}"),
        changes: changes(&varied.before, &varied.terms, visitor.actor.sees_prices()),
        left_out: varied.left_out.iter().map(crate::pages::contract::left_out_words).collect(),
        button: (varied.to_offer > 0).then(|| format!("Offer the new terms to {providers}")),
    };
    let usual = response_date_within(varied.terms.ends_on, now.today);
    Ok((Page::new("variation/check.html", check), usual))
}

/// What the new terms are and whom they would go to.
async fn check(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path((reference, code, number)): Path<(String, String, u32)>,
) -> Result<Response, WebError> {
    let (page, usual) = check_page(&web, &visitor, (&reference, &code, number)).await?;
    let form = Fields::from_iter(date_fields(RESPOND_BY, usual));
    page.form(form).respond(&web, &visitor.shell)
}

/// "Offer the new terms to 61 providers".
async fn send(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path((reference, code, number)): Path<(String, String, u32)>,
    fields: Fields,
) -> Result<Response, WebError> {
    let which = (&*reference, &*code, number);
    let (mut errors, now) = (Errors::new(), (web.clock)());
    let (page, _) = check_page(&web, &visitor, which).await?;
    let Some(respond_by) = fields.date(RESPOND_BY, "Response date", &mut errors) else {
        return page.form(fields).errors(errors).respond(&web, &visitor.shell);
    };
    let what = (&*code, number, respond_by);
    let sent =
        store::variation::offer_to_all(&web.db, &reference, what, &visitor.actor, &now).await;
    match sent {
        Ok(0) => {
            let (page, _) = check_page(&web, &visitor, which).await?;
            page.form(fields)
                .errors(Errors::one("terms", "Nobody can get the new terms now."))
                .status(StatusCode::CONFLICT)
                .respond(&web, &visitor.shell)
        }
        Ok(offers) => {
            let providers = plural(offers, "provider", None);
            let said = format!("You offered the new terms to {providers}.");
            Ok(Flash::success(said).redirect(&format!("/contracts/{reference}")))
        }
        Err(Failed::Refused(why)) if why.is_forbidden() => {
            Err(visitor.forbidden(&web, Permission::Commission, &why).await)
        }
        Err(Failed::Refused(why)) => {
            let at = if matches!(why, CannotVary::NotWithin(..)) { RESPOND_BY } else { "terms" };
            let errors = Errors::one(at, why.to_string());
            page.form(fields).errors(errors).respond(&web, &visitor.shell)
        }
        Err(Failed::Other(fault)) => Err(fault.into()),
    }
}

/// What `variation/list.html` sees.
#[derive(Debug, Serialize)]
struct List {
    terms: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    href: String,
    service: String,
    commissioner: String,
    from: NaiveDate,
    respond_by: NaiveDate,
}

impl From<ToAnswer> for Row {
    fn from(one: ToAnswer) -> Self {
        Self {
            href: format!("/services/{}/terms/{}", one.offer(), one.number),
            service: one.service,
            commissioner: one.commissioner,
            from: one.effective_on,
            respond_by: one.respond_by,
        }
    }
}

/// New terms that wait for the provider's answer.
async fn list(State(web): State<Arc<Web>>, visitor: Visitor) -> Result<Response, WebError> {
    let now = (web.clock)();
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let found = store::variation::to_answer(&mut tx, &visitor.actor, &now).await?;
    drop(tx);
    let terms = found.into_iter().map(Row::from).collect();
    Page::new("variation/list.html", List { terms }).respond(&web, &visitor.shell)
}

/// New terms on the page of an offer.
#[derive(Debug, Serialize)]
pub(crate) struct OnOffer {
    href: String,
    number: u32,
    line: String,
}

impl OnOffer {
    pub(crate) fn of(offered: &Offered, now: &Now) -> Self {
        let variation = &offered.variation;
        Self {
            href: format!("/services/{}/terms/{}", variation.offer, variation.number),
            number: variation.number,
            line: line(offered, now),
        }
    }
}

/// Where new terms stand, in a sentence.
fn line(Offered { variation, .. }: &Offered, now: &Now) -> String {
    let from = long_date(variation.effective_on);
    let by = long_date(variation.respond_by);
    let moved = |verb: &str| {
        variation.state.moved().map_or_else(String::new, |moved| {
            format!("{verb} on {} by {}", long_date(Now::at(moved.at).today), moved.by.name)
        })
    };
    match &variation.state {
        VariationState::Accepted(_) => format!("{}. They count from {from}.", moved("Accepted")),
        VariationState::Rejected(moved_by) => {
            format!("{}: {} The terms before them go on.", moved("Rejected"), moved_by.text)
        }
        VariationState::Offered if variation.has_expired(now.today) => {
            format!("They were not answered by {by}. The terms before them go on.")
        }
        VariationState::Offered => format!("They would count from {from}. Respond by {by}."),
    }
}

/// What `variation/show.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    id: String,
    number: u32,
    version: i64,
    service: String,
    provider: String,
    commissioner: String,
    from: String,
    respond_by: String,
    line: String,
    changes: Vec<Change>,
    accept: bool,
    reject: bool,
    not_allowed: Option<Instead>,
}

fn offer_id(text: &str) -> Result<OfferId, WebError> {
    text.parse().map_err(|_| WebError::NotFound)
}

async fn page(
    web: &Web,
    visitor: &Visitor,
    id: OfferId,
    number: u32,
) -> Result<(Page, String), WebError> {
    let (now, by) = ((web.clock)(), &visitor.actor);
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let listed = store::offer::find(&mut tx, id, by, &now).await?;
    // New terms are between the two sides of a contract, not for whoever answers offers in the provider's place.
    if listed.given.is_some() {
        return Err(WebError::NotFound);
    }
    let service = listed.offer.service;
    let all = store::variation::of_offer(&mut tx, id, service).await?;
    let own = |one: &&Offered| one.variation.number == number;
    let offered = all.iter().find(own).ok_or(WebError::NotFound)?;
    let before = store::variation::before(&mut tx, &offered.variation, service).await?;
    drop(tx);
    let is_provider = listed.offer.provider == visitor.organisation().id;
    let (variation, terms) = (&offered.variation, &offered.terms);
    // A missing reason is refused only after everything else has been found in order.
    let reject = matches!(variation.reject("", by, &now), Ok(_) | Err(CannotAnswer::NoReason));
    let waits = variation.state == VariationState::Offered && !variation.has_expired(now.today);
    let not_allowed = match is_provider && waits {
        true => Instead::of(web, visitor, Permission::AnswerOffers).await?,
        false => None,
    };
    let show = Show {
        id: id.to_string(),
        number,
        version: variation.version,
        service: listed.service_name.clone(),
        provider: format!("{} ({})", listed.provider_name, listed.provider_code),
        commissioner: listed.commissioner_name.clone(),
        from: long_date(variation.effective_on),
        respond_by: long_date(variation.respond_by),
        line: line(offered, &now),
        changes: changes(&before, terms, by.sees_prices()),
        accept: is_provider && variation.accept(by, &now).is_ok(),
        reject: is_provider && reject,
        not_allowed,
    };
    Ok((Page::new("variation/show.html", show), listed.service_name))
}

/// New terms beside those in force, with the buttons that answer them.
async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path((id, number)): Path<(String, u32)>,
) -> Result<Response, WebError> {
    page(&web, &visitor, offer_id(&id)?, number).await?.0.respond(&web, &visitor.shell)
}

async fn accept(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path((id, number)): Path<(String, u32)>,
    fields: Fields,
) -> Result<Response, WebError> {
    answer(&web, &visitor, (offer_id(&id)?, number), Answer::Accept, &fields).await
}

async fn reject(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path((id, number)): Path<(String, u32)>,
    fields: Fields,
) -> Result<Response, WebError> {
    let answered = Answer::Reject(fields.get("reason"));
    answer(&web, &visitor, (offer_id(&id)?, number), answered, &fields).await
}

async fn answer(
    web: &Web,
    visitor: &Visitor,
    (id, number): (OfferId, u32),
    answered: Answer<'_>,
    fields: &Fields,
) -> Result<Response, WebError> {
    let (now, seen) = ((web.clock)(), seen(fields)?);
    let which = (id, number, seen);
    match store::variation::answer(&web.db, which, answered, &visitor.actor, &now).await {
        Ok(after) => {
            let (_, service) = page(web, visitor, id, number).await?;
            let said = match answered {
                Answer::Accept => format!(
                    "You accepted the new terms of {service}. They count from {}.",
                    long_date(after.effective_on)
                ),
                Answer::Reject(_) => format!(
                    "You rejected the new terms of {service}. You can change your answer until {}.",
                    long_date(after.respond_by)
                ),
            };
            Ok(Flash::success(said).redirect(&format!("/services/{id}")))
        }
        Err(Failed::Refused(why)) if why.is_forbidden() => {
            Err(visitor.forbidden(web, Permission::AnswerOffers, &why).await)
        }
        Err(Failed::Refused(why)) => {
            let is_typed = matches!(
                why,
                CannotAnswer::NoReason | CannotAnswer::ReasonTooLong | CannotAnswer::NhsNumber
            );
            let errors = Errors::one(if is_typed { "reason" } else { "terms" }, why.to_string());
            let page = page(web, visitor, id, number).await?.0.form(fields.clone()).errors(errors);
            let page = if is_typed { page } else { page.status(StatusCode::CONFLICT) };
            page.respond(web, &visitor.shell)
        }
        Err(Failed::Other(StoreError::Stale)) => {
            Err(WebError::Stale { see: format!("/services/{id}/terms/{number}") })
        }
        Err(Failed::Other(fault)) => Err(fault.into()),
    }
}
