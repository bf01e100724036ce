//! What people do with an offer: each act is one store function, and each refusal is shown where it was asked.

use super::{offer_id, page, seen, show};
use crate::Web;
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::{Errors, Fields};
use crate::session::Visitor;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::calendar::long_date;
use domain::offer::{CannotEnd, CannotReissue, CannotReject, CannotRequest, CannotTurnDown};
use domain::{OfferId, Permission, Refusal};
use std::sync::Arc;
use store::offer::{Ending, Listed};
use store::{Failed, StoreError};

/// The prefix of the boxes of a response date that is chosen with a reissue.
const UNTIL: &str = "until";

/// "Accept service offer".
pub(super) async fn accept(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, WebError> {
    let (id, now) = (offer_id(&id)?, (web.clock)());
    match store::offer::accept(&web.db, id, seen(&fields)?, &visitor.actor, &now).await {
        Ok(_) => {
            let listed = listed(&web, &visitor, id).await?;
            let from = long_date(listed.offer.service_starts_on);
            let change = match listed.offer.can_change_answer(now.today) {
                true => {
                    let until = long_date(listed.offer.respond_by);
                    format!(" You can change your answer until {until}.")
                }
                false => String::new(),
            };
            let said = format!(
                "You accepted {}{}. The contract is active from {from}.{change}",
                listed.service_name,
                for_whom(&listed)
            );
            Ok(Flash::success(said).redirect(&address(id)))
        }
        Err(failed) => {
            refuse(&web, &visitor, id, fields, Permission::AnswerOffers, failed, |_| None).await
        }
    }
}

/// "Reject", with the reason typed beside it.
pub(super) async fn reject(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, WebError> {
    let (id, now, reason) = (offer_id(&id)?, (web.clock)(), fields.get("reason").to_owned());
    match store::offer::reject(&web.db, id, seen(&fields)?, &reason, &visitor.actor, &now).await {
        Ok(_) => {
            let listed = listed(&web, &visitor, id).await?;
            let next = match listed.offer.can_change_answer(now.today) {
                true => {
                    let until = long_date(listed.offer.respond_by);
                    format!("You can change your answer until {until}.")
                }
                false => "If you want it after all, request it from the commissioner.".into(),
            };
            let said = format!("You rejected {}{}. {next}", listed.service_name, for_whom(&listed));
            Ok(Flash::information(said).redirect(&address(id)))
        }
        Err(failed) => {
            let field = |why: &CannotReject| {
                use CannotReject::{NhsNumber, NoReason, ReasonTooLong};
                matches!(why, NoReason | ReasonTooLong | NhsNumber).then_some("reason")
            };
            refuse(&web, &visitor, id, fields, Permission::AnswerOffers, failed, field).await
        }
    }
}

/// "Request this service from the commissioner".
pub(super) async fn request(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, WebError> {
    let (id, now, note) = (offer_id(&id)?, (web.clock)(), fields.get("note").to_owned());
    match store::offer::request(&web.db, id, seen(&fields)?, &note, &visitor.actor, &now).await {
        Ok(_) => {
            let listed = listed(&web, &visitor, id).await?;
            let said = format!(
                "You requested {}{}. You can accept it when {} has reissued the offer.",
                listed.service_name,
                for_whom(&listed),
                listed.commissioner_name
            );
            Ok(Flash::success(said).redirect(&address(id)))
        }
        Err(failed) => {
            let field = |why: &CannotRequest| {
                use CannotRequest::{NhsNumber, NoteTooLong};
                matches!(why, NoteTooLong | NhsNumber).then_some("note")
            };
            refuse(&web, &visitor, id, fields, Permission::AnswerOffers, failed, field).await
        }
    }
}

/// "Reissue".
pub(super) async fn reissue(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, WebError> {
    let (id, now, mut errors) = (offer_id(&id)?, (web.clock)(), Errors::new());
    // Nothing typed means the usual date.
    let is_typed = ["day", "month", "year"]
        .iter()
        .any(|part| !fields.get(&format!("{UNTIL}-{part}")).is_empty());
    let until = if is_typed { fields.date(UNTIL, "Response date", &mut errors) } else { None };
    if !errors.is_empty() {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return show::refused(&web, &visitor, id, fields, errors, status).await;
    }
    match store::offer::reissue(&web.db, id, seen(&fields)?, until, &visitor.actor, &now).await {
        Ok(offer) => {
            let listed = listed(&web, &visitor, id).await?;
            let said = format!(
                "You reissued {} to {}. It can respond until {}.",
                listed.service_name,
                listed.provider_name,
                long_date(offer.respond_by)
            );
            Ok(Flash::success(said).redirect(&back_to_contract(&listed, &fields)))
        }
        Err(failed) => {
            let field =
                |why: &CannotReissue| matches!(why, CannotReissue::NotWithin(..)).then_some(UNTIL);
            refuse(&web, &visitor, id, fields, Permission::Commission, failed, field).await
        }
    }
}

/// "Turn down", with the reason typed beside it.
pub(super) async fn turn_down(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, WebError> {
    let (id, now, reason) = (offer_id(&id)?, (web.clock)(), fields.get("turn-down").to_owned());
    match store::offer::turn_down(&web.db, id, seen(&fields)?, &reason, &visitor.actor, &now).await
    {
        Ok(_) => {
            let listed = listed(&web, &visitor, id).await?;
            let said = format!(
                "You turned down the request of {} for {}.",
                listed.provider_name, listed.service_name
            );
            Ok(Flash::information(said).redirect(&contract_of(&listed)))
        }
        Err(failed) => {
            let field = |why: &CannotTurnDown| {
                use CannotTurnDown::{NhsNumber, NoReason, ReasonTooLong};
                matches!(why, NoReason | ReasonTooLong | NhsNumber).then_some("turn-down")
            };
            refuse(&web, &visitor, id, fields, Permission::Commission, failed, field).await
        }
    }
}

/// "Give notice", with the last day, and "Terminate"; both with the reason typed beside it.
pub(super) async fn end(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, WebError> {
    let (id, now) = (offer_id(&id)?, (web.clock)());
    let (ending, at) = match fields.get("how") {
        "notice" => (Ending::Notice(fields.get("last-day").parse().ok()), "notice-reason"),
        "terminate" => (Ending::Termination, "terminate-reason"),
        _ => return Err(WebError::BadRequest),
    };
    let (seen, reason) = (seen(&fields)?, fields.get(at).to_owned());
    let ended = store::offer::end(&web.db, id, seen, (ending, &reason), &visitor.actor, &now).await;
    match ended {
        Ok(offer) => {
            let service = listed(&web, &visitor, id).await?.service_name;
            let said = match (offer.in_force_until(), ending) {
                (Some(day), Ending::Notice(_)) => {
                    format!("Notice given for {service}. The last day is {}.", long_date(day))
                }
                (Some(day), Ending::Termination) => {
                    format!("{service} has ended. It counts until {}.", long_date(day))
                }
                (None, _) => format!("{service} has ended. No payment period of it counts."),
            };
            Ok(Flash::information(said).redirect(&address(id)))
        }
        Err(failed) => {
            let field = |why: &CannotEnd| match why {
                CannotEnd::NoReason | CannotEnd::ReasonTooLong | CannotEnd::NhsNumber => Some(at),
                CannotEnd::NoSuchDay => Some("last-day"),
                _ => None,
            };
            refuse(&web, &visitor, id, fields, permission_of(&visitor), failed, field).await
        }
    }
}

/// "Take the notice back".
pub(super) async fn take_back(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, WebError> {
    let (id, now) = (offer_id(&id)?, (web.clock)());
    match store::offer::take_back(&web.db, id, seen(&fields)?, &visitor.actor, &now).await {
        Ok(offer) => {
            let service = listed(&web, &visitor, id).await?.service_name;
            let until = long_date(offer.service_ends_on);
            let said = format!("You took the notice back. {service} goes on until {until}.");
            Ok(Flash::success(said).redirect(&address(id)))
        }
        Err(failed) => {
            refuse(&web, &visitor, id, fields, permission_of(&visitor), failed, |_| None).await
        }
    }
}

/// The right to end a contract, on the visitor's own side of it.
fn permission_of(visitor: &Visitor) -> Permission {
    match visitor.organisation().kind.provides() {
        true => Permission::AnswerOffers,
        false => Permission::Commission,
    }
}

/// "Withdraw".
pub(super) async fn withdraw(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, WebError> {
    let (id, now) = (offer_id(&id)?, (web.clock)());
    match store::offer::withdraw(&web.db, id, seen(&fields)?, &visitor.actor, &now).await {
        Ok(_) => {
            let listed = listed(&web, &visitor, id).await?;
            let said =
                format!("You withdrew {} from {}.", listed.service_name, listed.provider_name);
            Ok(Flash::information(said).redirect(&contract_of(&listed)))
        }
        Err(failed) => {
            refuse(&web, &visitor, id, fields, Permission::Commission, failed, |_| None).await
        }
    }
}

fn address(id: OfferId) -> String {
    format!("/services/{id}")
}

/// The provider in whose place the visitor answered, where that is another one.
fn for_whom(listed: &Listed) -> String {
    let given = listed.given.as_ref();
    given.map_or_else(String::new, |given| format!(" for {}", given.provider_name))
}

/// The contract's list as it was filtered, where the form says so; the contract otherwise.
fn back_to_contract(listed: &Listed, fields: &Fields) -> String {
    let contract = contract_of(listed);
    let back = fields.get("back");
    let is_its_list = back.strip_prefix(&*contract).is_some_and(|rest| rest.starts_with('?'));
    if is_its_list { back.to_owned() } else { contract }
}

fn contract_of(listed: &Listed) -> String {
    format!("/contracts/{}", listed.contract_reference)
}

async fn listed(web: &Web, visitor: &Visitor, id: OfferId) -> Result<Listed, WebError> {
    let mut tx = web.db.read_as(&visitor.actor).await?;
    Ok(store::offer::find(&mut tx, id, &visitor.actor, &(web.clock)()).await?)
}

/// A refusal in its place: without the right 403, a field's mistake 422 at the field, and otherwise 409, because the
/// offer is no longer where the page showed it.
async fn refuse<R: Refusal>(
    web: &Web,
    visitor: &Visitor,
    id: OfferId,
    fields: Fields,
    permission: Permission,
    failed: Failed<R>,
    field: impl Fn(&R) -> Option<&'static str>,
) -> Result<Response, WebError> {
    match failed {
        Failed::Refused(why) if why.is_forbidden() => {
            Err(visitor.forbidden(web, permission, &why).await)
        }
        Failed::Refused(why) => {
            let (at, status) = match field(&why) {
                Some(field) => (field, StatusCode::UNPROCESSABLE_ENTITY),
                None => ("status", StatusCode::CONFLICT),
            };
            let errors = Errors::one(at, why.to_string());
            match show::refused(web, visitor, id, fields, errors, status).await {
                // Whoever could answer for a provider when the page was opened may no longer see the offer.
                Err(WebError::NotFound) => {
                    let mut errors = Errors::new();
                    errors.add_at(at, "/services", why.to_string());
                    let list = page(web, visitor, &Fields::default(), String::new()).await?;
                    list.errors(errors).status(StatusCode::CONFLICT).respond(web, &visitor.shell)
                }
                answer => answer,
            }
        }
        Failed::Other(StoreError::Stale) => Err(WebError::Stale { see: address(id) }),
        Failed::Other(fault) => Err(fault.into()),
    }
}
