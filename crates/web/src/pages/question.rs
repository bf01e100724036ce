//! Questions about a declaration: the form that asks, the thread with its answers, and the list of those that are open.

mod ask;
mod list;

pub(super) use list::task;

use crate::Web;
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::{Errors, Fields};
use crate::page::{Page, Shell};
use crate::pages::offer::seen;
use crate::routes::Routes;
use crate::session::Visitor;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use domain::question::{CannotAnswer, Party, Question, QuestionState, Said, Written, Wrong};
use domain::status::Status;
use domain::{Now, Permission, QuestionId, Refusal};
use serde::Serialize;
use std::sync::Arc;
use store::{Failed, StoreError};

/// The addresses of this file.
pub fn routes() -> Routes {
    Routes::new()
        .route("/declarations/{reference}/question", get(ask::show).post(ask::ask))
        .route("/questions", get(list::show))
        .route("/questions/{id}", get(show))
        .route("/questions/{id}/answer", post(answer).get(show))
        .route("/questions/{id}/close", post(close).get(show))
}

/// A question with everything said to it, as pages show it.
#[derive(Debug, Serialize)]
pub(super) struct Thread {
    id: String,
    /// What is asked for the version that was seen.
    version: i64,
    title: String,
    status: &'static Status,
    is_open: bool,
    /// How long it is open, whose turn it is and by when.
    clock: Vec<String>,
    is_late: bool,
    /// The payment that it is about.
    payment: Option<String>,
    is_return: bool,
    said: Vec<Words>,
    /// Whether the words are left out, because they can name amounts.
    is_masked: bool,
    /// What this person's words are to it: an answer, or more of a question. Nothing for who may not write.
    may_write: Option<Write>,
    may_close: bool,
    is_answered: bool,
    /// Who closed it, and when.
    closed: Option<(String, DateTime<Utc>)>,
}

/// What the form of somebody who writes is called.
#[derive(Debug, Serialize)]
struct Write {
    label: &'static str,
    button: &'static str,
}

/// Something that was said.
#[derive(Debug, Serialize)]
struct Words {
    by: String,
    at: DateTime<Utc>,
    text: String,
    evidence: String,
}

impl From<&Said> for Words {
    fn from(said: &Said) -> Self {
        Self {
            by: format!("{}, {}", said.by.name, said.organisation),
            at: said.at,
            text: said.text.clone(),
            evidence: said.evidence.clone(),
        }
    }
}

impl Thread {
    pub(super) fn of(question: &Question, visitor: &Visitor, now: &Now) -> Self {
        let by = &visitor.actor;
        let own = Party::of(by, question.provider, question.commissioner);
        let asked_from = question.said.first().map_or("", |said| said.organisation.as_str());
        let clock = question.clock();
        Self {
            id: question.id.to_string(),
            version: question.version,
            title: format!("Question from {asked_from}"),
            status: question.status(),
            is_open: clock.is_some(),
            clock: clock.as_ref().map(|clock| clock.sentences(own, now.today)).unwrap_or_default(),
            is_late: clock.is_some_and(|clock| clock.is_late(now.today)),
            payment: question.payment.clone(),
            is_return: question.is_return,
            said: question.said.iter().map(Words::from).collect(),
            is_masked: !by.sees_money(),
            may_write: question.may_answer(by).ok().map(|party| Write::of(party, question)),
            may_close: question.may_close(by).is_ok(),
            is_answered: question.is_answered(),
            closed: match &question.state {
                QuestionState::Closed { closed } => Some((closed.by.name.clone(), closed.at)),
                QuestionState::Open { .. } => None,
            },
        }
    }
}

impl Write {
    fn of(party: Party, question: &Question) -> Self {
        match party == question.asked_by {
            true => Self { label: "Add to your question", button: "Send addition" },
            false => Self { label: "Your answer", button: "Send answer" },
        }
    }
}

/// What `question/show.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    question: Thread,
    reference: String,
    provider: String,
    service: String,
    period: String,
}

/// The section that declarations belong to.
fn shell(visitor: &Visitor) -> Shell {
    let provides = visitor.organisation().kind.provides();
    visitor.shell.clone().at(if provides { "/achievement" } else { "/declarations" })
}

fn declaration(reference: &str) -> String {
    format!("/declarations/{reference}")
}

async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    let id = id.parse().map_err(|_| WebError::NotFound)?;
    page(&web, &visitor, id, Fields::default()).await?.respond(&web, &shell(&visitor))
}

async fn page(
    web: &Web,
    visitor: &Visitor,
    id: QuestionId,
    form: Fields,
) -> Result<Page, WebError> {
    visitor.must(web, Permission::SeeAchievement).await?;
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let listed = store::question::one(&mut tx, id, &visitor.actor).await?;
    let show = Show {
        question: Thread::of(&listed.question, visitor, &(web.clock)()),
        reference: listed.reference,
        provider: listed.provider,
        service: listed.service,
        period: listed.period.to_string(),
    };
    Ok(Page::new("question/show.html", show).form(form))
}

/// The words of a form, as somebody typed them.
fn written(form: &Fields) -> Written {
    Written {
        text: form.get("text").replace("\r\n", "\n"),
        evidence: form.get("evidence").to_owned(),
    }
}

/// What is wrong with them, at their fields.
fn add_wrong(errors: &mut Errors, wrong: &[Wrong]) {
    for one in wrong {
        errors.add(if one.is_evidence { "evidence" } else { "text" }, one.message.clone());
    }
}

/// "Send answer".
async fn answer(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(id): Path<String>,
    form: Fields,
) -> Result<Response, WebError> {
    visitor.must(&web, Permission::AskQuestions).await?;
    let id: QuestionId = id.parse().map_err(|_| WebError::NotFound)?;
    let (now, version) = ((web.clock)(), seen(&form)?);
    let written = written(&form);
    let answered =
        store::question::answer(&web.db, id, &written, version, &visitor.actor, &now).await;
    match answered {
        Ok(question) => done(&web, &visitor, &question, "Sent.").await,
        Err(failed) => again(&web, &visitor, id, form, failed).await,
    }
}

/// "This answers my question".
async fn close(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(id): Path<String>,
    form: Fields,
) -> Result<Response, WebError> {
    visitor.must(&web, Permission::AskQuestions).await?;
    let id: QuestionId = id.parse().map_err(|_| WebError::NotFound)?;
    let (now, version) = ((web.clock)(), seen(&form)?);
    match store::question::close(&web.db, id, version, &visitor.actor, &now).await {
        Ok(question) => done(&web, &visitor, &question, "Question closed.").await,
        Err(failed) => again(&web, &visitor, id, Fields::default(), failed).await,
    }
}

/// Back to the declaration, with what was done and who is next.
async fn done(
    web: &Web,
    visitor: &Visitor,
    question: &Question,
    what: &str,
) -> Result<Response, WebError> {
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let listed = store::question::one(&mut tx, question.id, &visitor.actor).await?;
    let other = match Party::of(&visitor.actor, question.provider, question.commissioner) {
        Some(Party::Provider) => listed.commissioner,
        _ => listed.provider,
    };
    let next = if question.clock().is_some() {
        format!("It is the turn of {other}.")
    } else {
        format!("{other} is told.")
    };
    Ok(Flash::success(format!("{what} {next}")).redirect(&declaration(&listed.reference)))
}

/// The thread as it is now with what is wrong; what was typed stays.
async fn again(
    web: &Web,
    visitor: &Visitor,
    id: QuestionId,
    form: Fields,
    failed: Failed<CannotAnswer>,
) -> Result<Response, WebError> {
    let mut errors = Errors::new();
    let mut status = StatusCode::CONFLICT;
    match failed {
        Failed::Refused(CannotAnswer::Written(wrong)) => {
            add_wrong(&mut errors, &wrong);
            status = StatusCode::UNPROCESSABLE_ENTITY;
        }
        Failed::Refused(why) if why.is_forbidden() => {
            return Err(visitor.forbidden(web, Permission::AskQuestions, &why).await);
        }
        Failed::Refused(why) => errors.add("question", why.to_string()),
        Failed::Other(StoreError::Stale) => {
            errors.add("question", CannotAnswer::Changed.to_string());
        }
        Failed::Other(fault) => return Err(fault.into()),
    }
    let page = page(web, visitor, id, form).await?;
    page.errors(errors).status(status).respond(web, &shell(visitor))
}
