//! The form that asks a question about one declaration.

use super::{add_wrong, declaration, shell, written};
use crate::Web;
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::{Errors, Fields, Query};
use crate::page::Page;
use crate::pages::offer::seen;
use crate::session::Visitor;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::question::{CannotAsk, DAYS_TO_ANSWER, Party, can_return, may_ask};
use domain::{Permission, Refusal};
use serde::Serialize;
use std::sync::Arc;
use store::declaration::Listed;
use store::question::Ask;
use store::{Failed, StoreError};

/// What `question/ask.html` sees.
#[derive(Debug, Serialize)]
struct Form {
    reference: String,
    service: String,
    period: String,
    provider: String,
    /// Who is asked.
    other: String,
    /// Why nothing can be asked now; empty where it can.
    refused: String,
    /// Whether it can go back to the provider with the question.
    can_return: bool,
    /// Whether an approval waits for the answer.
    stops_approval: bool,
    /// The payment that the question is about.
    payment: Option<String>,
    days: u64,
    version: i64,
}

impl Form {
    fn of(listed: &Listed, visitor: &Visitor, about_payment: bool) -> Self {
        let about = &listed.declaration;
        let party = about.party(&visitor.actor);
        let is_provider = party == Some(Party::Provider);
        let payment = store::question::payment(listed).filter(|_| about_payment && is_provider);
        Self {
            reference: about.reference.clone(),
            service: listed.service.name.clone(),
            period: about.period.to_string(),
            provider: listed.provider.name.clone(),
            other: if is_provider { &listed.commissioner.name } else { &listed.provider.name }
                .clone(),
            refused: may_ask(about, &visitor.actor)
                .err()
                .map_or_else(String::new, |why| why.to_string()),
            can_return: party.is_some_and(|party| can_return(about, party)),
            stops_approval: !is_provider,
            payment,
            days: DAYS_TO_ANSWER,
            version: about.version,
        }
    }
}

pub(super) async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
    Query(query): Query,
) -> Result<Response, WebError> {
    visitor.must(&web, Permission::AskQuestions).await?;
    page(&web, &visitor, &reference, query).await?.respond(&web, &shell(&visitor))
}

async fn page(
    web: &Web,
    visitor: &Visitor,
    reference: &str,
    form: Fields,
) -> Result<Page, WebError> {
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let listed = store::declaration::find(&mut tx, reference, &visitor.actor).await?;
    let shown = Form::of(&listed, visitor, !form.get("payment").is_empty());
    Ok(Page::new("question/ask.html", shown).form(form))
}

/// "Send question".
pub(super) async fn ask(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
    form: Fields,
) -> Result<Response, WebError> {
    visitor.must(&web, Permission::AskQuestions).await?;
    let now = (web.clock)();
    let ask = Ask {
        written: written(&form),
        returns: form.has("returns", "yes"),
        about_payment: !form.get("payment").is_empty(),
        seen_version: seen(&form)?,
    };
    let failed = match store::question::ask(&web.db, &reference, &ask, &visitor.actor, &now).await {
        Ok(question) => {
            let next = match question.is_return {
                true => "The provider must answer it and declare again.",
                false => "You see the answer on this page.",
            };
            let said = format!("Question sent. {next}");
            return Ok(Flash::success(said).redirect(&declaration(&reference)));
        }
        Err(failed) => failed,
    };
    let mut errors = Errors::new();
    let mut status = StatusCode::CONFLICT;
    match failed {
        Failed::Refused(CannotAsk::Written(wrong)) => {
            add_wrong(&mut errors, &wrong);
            status = StatusCode::UNPROCESSABLE_ENTITY;
        }
        Failed::Refused(why) if why.is_forbidden() => {
            return Err(visitor.forbidden(&web, Permission::AskQuestions, &why).await);
        }
        Failed::Refused(why) => errors.add("question", why.to_string()),
        Failed::Other(StoreError::Stale) => {
            errors.add("question", CannotAsk::Changed.to_string());
        }
        Failed::Other(fault) => return Err(fault.into()),
    }
    let page = page(&web, &visitor, &reference, form).await?;
    page.errors(errors).status(status).respond(&web, &shell(&visitor))
}
