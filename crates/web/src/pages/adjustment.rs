//! Adjustments of payments: the form that asks for one, those that wait for a second person, and one with its decision.

mod act;
mod ask;

use crate::Web;
use crate::error::WebError;
use crate::form::{Errors, Fields, Query};
use crate::page::{Page, Paging, Shell};
use crate::routes::Routes;
use crate::session::Visitor;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use domain::adjustment::{AdjustmentState, CannotAdjust, Effect};
use domain::declaration::Step;
use domain::status::Status;
use domain::{Actor, AdjustmentId, Pence, Permission, Refusal};
use serde::Serialize;
use std::sync::Arc;
use store::Failed;
use store::adjustment::{Found, Listed};

/// The addresses of this file.
pub fn routes() -> Routes {
    Routes::new()
        .route("/achievement/{id}/adjust", get(ask::show).post(ask::ask))
        .route("/adjustments", get(list))
        .route("/adjustments/{id}", get(show))
        .route("/adjustments/{id}/agree", post(act::agree))
        .route("/adjustments/{id}/refuse", post(act::refuse))
        .route("/adjustments/{id}/withdraw", post(act::withdraw))
        .route("/adjustments/{id}/end", post(act::end))
}

const PATH: &str = "/adjustments";

/// One adjustment, as lists and its page show it.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    /// Its page, for a commissioner.
    href: Option<String>,
    achievement: String,
    provider: String,
    provider_code: String,
    service: String,
    period: String,
    /// `2 points more for CARE1`.
    what: String,
    reason: String,
    evidence: String,
    status: &'static Status,
    /// Who did what and when, in order.
    steps: Vec<Stepped>,
}

/// One step of an adjustment.
#[derive(Debug, Serialize)]
struct Stepped {
    what: &'static str,
    by: String,
    at: DateTime<Utc>,
    /// Why, where a reason was asked for.
    reason: String,
}

impl Stepped {
    fn of(what: &'static str, step: &Step, reason: &str) -> Self {
        Self { what, by: step.by.name.clone(), at: step.at, reason: reason.to_owned() }
    }
}

impl Row {
    pub(crate) fn of(listed: &Listed, by: &Actor) -> Self {
        let own = &listed.adjustment;
        let change = if own.change.is_money() && !by.sees_money() {
            "An amount, which your role does not show".to_owned()
        } else {
            own.change.words()
        };
        let commissions = by.organisation().is_some_and(|own| own.kind.commissions());
        Self {
            href: commissions.then(|| address(own.id)),
            achievement: format!("/achievement/{}", own.achievement),
            provider: listed.provider_name.clone(),
            provider_code: listed.provider_code.clone(),
            service: listed.service_name.clone(),
            period: listed.period.to_string(),
            what: match &own.indicator {
                Some(code) => format!("{change} for {code}"),
                None => format!("{change} for the whole payment"),
            },
            reason: own.reason.clone(),
            evidence: own.evidence.clone(),
            status: own.state.status(),
            steps: steps(&own.asked, &own.state),
        }
    }
}

fn steps(asked: &Step, state: &AdjustmentState) -> Vec<Stepped> {
    let mut steps = vec![Stepped::of("Asked for", asked, "")];
    match state {
        AdjustmentState::Asked => {}
        AdjustmentState::Agreed { agreed } => steps.push(Stepped::of("Agreed", agreed, "")),
        AdjustmentState::Refused { refused, reason } => {
            steps.push(Stepped::of("Refused", refused, reason));
        }
        AdjustmentState::Withdrawn { withdrawn } => {
            steps.push(Stepped::of("Withdrawn", withdrawn, ""));
        }
        AdjustmentState::Ending { agreed, asked, reason } => {
            steps.push(Stepped::of("Agreed", agreed, ""));
            steps.push(Stepped::of("End asked for", asked, reason));
        }
        AdjustmentState::Ended { agreed, asked, reason, ended } => {
            steps.push(Stepped::of("Agreed", agreed, ""));
            steps.push(Stepped::of("End asked for", asked, reason));
            steps.push(Stepped::of("Ended", ended, ""));
        }
    }
    steps
}

fn address(id: AdjustmentId) -> String {
    format!("{PATH}/{id}")
}

/// Adjustments belong to the section of achievement.
fn shell(visitor: &Visitor) -> Shell {
    visitor.shell.clone().at("/achievement")
}

/// What `adjustment/list.html` sees.
#[derive(Debug, Serialize)]
struct List {
    rows: Vec<Row>,
    paging: Paging,
    /// Whether this person also records achievement for providers.
    may_enter: bool,
}

async fn list(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, WebError> {
    visitor.must_commission(true)?;
    visitor.must(&web, Permission::SeeAchievement).await?;
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let waiting = store::adjustment::waiting(&mut tx, (0, 0), &visitor.actor).await;
    let (_, total) = waiting.map_err(other)?;
    let paging = Paging::new(PATH, &query, total, Paging::SIZE);
    let part = (paging.skip(), Paging::SIZE);
    let (rows, _) =
        store::adjustment::waiting(&mut tx, part, &visitor.actor).await.map_err(other)?;
    let rows = rows.iter().map(|row| Row::of(row, &visitor.actor)).collect();
    let may_enter = visitor.actor.may(Permission::EnterFigures);
    Page::new("adjustment/list.html", List { rows, paging, may_enter })
        .respond(&web, &shell(&visitor))
}

/// What `adjustment/show.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    row: Row,
    address: String,
    version: i64,
    /// Whether the question is to end it.
    is_ending: bool,
    /// What agreeing does to the payment.
    effect: String,
    may_agree: bool,
    /// Why this person cannot agree, where somebody else can.
    why_not: String,
    may_refuse: bool,
    may_withdraw: bool,
    may_end: bool,
}

impl Show {
    fn of(found: &Found, by: &Actor) -> Self {
        let own = &found.listed.adjustment;
        let why_not = match &found.agree {
            Err(why) if own.state.waits() => why.to_string(),
            _ => String::new(),
        };
        // Where nobody can agree, what that would do says nothing.
        let can_be_agreed = matches!(
            found.agree,
            Ok(()) | Err(CannotAdjust::SamePersonAsked | CannotAdjust::CountsAsOne(_))
        );
        Self {
            row: Row::of(&found.listed, by),
            address: address(own.id),
            version: own.version,
            is_ending: own.state.waits() && own.state.is_in_force(),
            effect: if can_be_agreed { in_words(found.effect) } else { String::new() },
            may_agree: found.agree.is_ok(),
            why_not,
            may_refuse: found.may_refuse,
            may_withdraw: found.may_withdraw,
            may_end: found.may_end,
        }
    }
}

/// `the payment changes from £1,127.45 to £1,578.43.`; nothing where that is not known.
fn in_words(effect: Effect) -> String {
    match (effect.before, effect.after) {
        (Some(before), Some(after)) if before == after => {
            format!("the payment stays at {before}.")
        }
        (Some(before), Some(after)) => format!("the payment changes from {before} to {after}."),
        _ => String::new(),
    }
}

async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    let id = id.parse().map_err(|_| WebError::NotFound)?;
    page(&web, &visitor, id, Fields::default(), Errors::new(), StatusCode::OK).await
}

/// The page of an adjustment, with what is wrong with what was tried.
async fn page(
    web: &Web,
    visitor: &Visitor,
    id: AdjustmentId,
    form: Fields,
    errors: Errors,
    status: StatusCode,
) -> Result<Response, WebError> {
    visitor.must_commission(true)?;
    visitor.must(web, Permission::SeeAchievement).await?;
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let found = store::adjustment::find(&mut tx, id, &visitor.actor, &(web.clock)()).await;
    drop(tx);
    let show = Show::of(&found.map_err(other)?, &visitor.actor);
    let page = Page::new("adjustment/show.html", show).form(form).errors(errors);
    page.status(status).respond(web, &shell(visitor))
}

/// The answer when a question is refused: rights have been asked for before.
fn other<R: Refusal>(failed: Failed<R>) -> WebError {
    match failed {
        Failed::Other(fault) => fault.into(),
        Failed::Refused(why) => WebError::Forbidden { why: why.to_string(), who: String::new() },
    }
}

/// Pounds, where there are any.
fn pounds(amount: Option<Pence>) -> String {
    amount.map_or_else(String::new, |amount| amount.to_string())
}
