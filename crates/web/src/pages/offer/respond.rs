//! Many offers answered at once: the ticked ones on one page to check, then one answer for all, with a result for each.

use super::page;
use crate::Web;
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::{Errors, Fields};
use crate::page::Page;
use crate::pages::service::terms::Terms;
use crate::session::Visitor;
use crate::words::plural;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::NaiveDate;
use domain::{Now, OfferId, Permission};
use serde::Serialize;
use std::sync::Arc;
use store::StoreError;
use store::offer::{Answer, Listed, Stayed};

/// What `offer/respond.html` sees.
#[derive(Debug, Serialize)]
struct Check {
    rows: Vec<Row>,
    /// Whether they are to be accepted; rejected otherwise.
    accepts: bool,
    /// How many that were ticked are not there any more.
    gone: i64,
    /// Whether some are answered in the place of another provider.
    is_for_others: bool,
    /// The list, to come back to.
    back: String,
}

/// One offer to check.
#[derive(Debug, Serialize)]
struct Row {
    id: String,
    seen: String,
    service: String,
    /// The year, where the name does not say it.
    year: Option<String>,
    /// The provider it is for.
    provider: String,
    commissioner: String,
    paid: String,
    /// Whether the answer can still be changed until then.
    may_change: bool,
    respond_by: NaiveDate,
}

/// An offer as a form says that it was seen: `identifier.version`.
pub(super) fn seen_text(listed: &Listed) -> String {
    format!("{}.{}", listed.offer.id, listed.offer.version)
}

/// The offers that a form names, each with the version that was seen.
fn chosen(fields: &Fields) -> Result<Vec<(OfferId, i64)>, WebError> {
    let seen = |text: &str| {
        let (id, version) = text.split_once('.')?;
        Some((id.parse().ok()?, version.parse().ok()?))
    };
    fields.all("offer").map(|text| seen(text).ok_or(WebError::BadRequest)).collect()
}

/// "Accept selected" and "Reject selected": nothing is answered yet.
pub(super) async fn check(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, WebError> {
    visitor.must_commission(false)?;
    visitor.must(&web, Permission::AnswerOffers).await?;
    if fields.get("offer").is_empty() {
        let errors = Errors::one("offer", "Select at least 1 offer to answer");
        let query = Fields::parse(fields.get("back"));
        return page(&web, &visitor, &query, String::new())
            .await?
            .errors(errors)
            .respond(&web, &visitor.shell);
    }
    check_page(&web, &visitor, &fields).await?.respond(&web, &visitor.shell)
}

async fn check_page(web: &Web, visitor: &Visitor, fields: &Fields) -> Result<Page, WebError> {
    let now = (web.clock)();
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let (mut rows, mut is_for_others, mut gone) = (Vec::new(), false, 0);
    for (id, version) in chosen(fields)? {
        let listed = match store::offer::find(&mut tx, id, &visitor.actor, &now).await {
            Err(StoreError::NotFound) => {
                gone += 1;
                continue;
            }
            found => found?,
        };
        let service = store::service::find(&mut tx, listed.offer.service).await?;
        let terms = Terms::of(&service, Some(&listed.components), None, &visitor.actor);
        let year = listed.service_year.to_string();
        is_for_others |= listed.given.is_some();
        rows.push(Row {
            id: id.to_string(),
            seen: format!("{id}.{version}"),
            year: (!listed.service_name.contains(&year)).then_some(year),
            service: listed.service_name,
            provider: listed.provider_name,
            commissioner: listed.commissioner_name,
            paid: terms.paid,
            may_change: listed.offer.answer_may_change,
            respond_by: listed.offer.respond_by,
        });
    }
    if rows.is_empty() && gone > 0 {
        return Err(WebError::NotFound);
    }
    let accepts = fields.get("answer") == "accept";
    let check = Check { rows, accepts, gone, is_for_others, back: fields.get("back").to_owned() };
    Ok(Page::new("offer/respond.html", check).form(fields.clone()))
}

/// "Accept 12 offers" and "Reject 12 offers".
pub(super) async fn confirm(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, WebError> {
    visitor.must_commission(false)?;
    visitor.must(&web, Permission::AnswerOffers).await?;
    let (now, reason) = ((web.clock)(), fields.get("reason"));
    let accepts = fields.get("answer") == "accept";
    if let (false, Some(why)) = (accepts, domain::offer::wrong_reason(reason)) {
        let errors = Errors::one("reason", why.to_string());
        return check_page(&web, &visitor, &fields)
            .await?
            .errors(errors)
            .respond(&web, &visitor.shell);
    }
    let chosen = chosen(&fields)?;
    let answer = if accepts { Answer::Accept } else { Answer::Reject(reason) };
    let stayed = store::offer::answer_all(&web.db, &chosen, answer, &visitor.actor, &now).await?;
    let done = (chosen.len() - stayed.len()) as i64;
    let mut errors = Errors::new();
    for (id, why) in stayed {
        name(&web, &visitor, id, &sentence(why), &now, &mut errors).await?;
    }
    let verb = if accepts { "accepted" } else { "rejected" };
    let said = match done {
        0 => String::new(),
        some => format!("You {verb} {}.", plural(some, "offer", None)),
    };
    let query = Fields::parse(fields.get("back"));
    if errors.is_empty() {
        return Ok(Flash::success(said).redirect(&format!("/services?{}", query.query_string())));
    }
    page(&web, &visitor, &query, said)
        .await?
        .errors(errors)
        .status(StatusCode::CONFLICT)
        .respond(&web, &visitor.shell)
}

/// Why one offer stayed as it was.
fn sentence(why: Stayed) -> String {
    match why {
        Stayed::Refused(why) => why,
        Stayed::Gone => "Some offers that you selected are not there any more.".into(),
        Stayed::Changed => {
            "Someone else changed this while you were working. Check it and try again.".into()
        }
    }
}

/// Says of an offer by its service, and by its provider where that is another one, why it stayed as it was; the link leads
/// to its page. What the visitor no longer sees is named by the refusal alone, and once.
async fn name(
    web: &Web,
    visitor: &Visitor,
    id: OfferId,
    why: &str,
    now: &Now,
    errors: &mut Errors,
) -> Result<(), WebError> {
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let listed = match store::offer::find(&mut tx, id, &visitor.actor, now).await {
        Ok(listed) => listed,
        Err(StoreError::NotFound) => {
            if errors.of(why).is_none() {
                errors.add_at(why, "/services", why);
            }
            return Ok(());
        }
        Err(fault) => return Err(fault.into()),
    };
    let whom = listed.given.map(|given| format!(" for {}", given.provider_name));
    let text = format!("{}{}: {why}", listed.service_name, whom.unwrap_or_default());
    errors.add_at(&format!("row-{id}"), &format!("/services/{id}"), text);
    Ok(())
}
