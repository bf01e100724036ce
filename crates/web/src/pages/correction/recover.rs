//! How money is taken back: the notice with its plan, what the provider answers, and what the commissioner decides.

use super::{address, ask::permission, one, recovery::worded, row::Row, shell};
use crate::Web;
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::{Errors, Fields, date_fields};
use crate::page::Page;
use crate::pages::offer::seen;
use crate::pages::receipt::Link;
use crate::pages::receipt::money::made;
use crate::session::Visitor;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use chrono::NaiveDate;
use domain::calendar::long_date;
use domain::recovery::{
    Act, Acting, CannotRecover, Due, MOST_INSTALMENTS, NOTICE_DAYS, Plan, Recovery, RecoveryState,
    Wrong,
};
use domain::{Pence, Permission, Refusal};
use serde::Serialize;
use std::sync::Arc;
use store::correction::Listed;
use store::{Failed, StoreError};

/// What `recovery/form.html` sees.
#[derive(Debug, Serialize)]
struct Form {
    row: Row,
    /// `recover` to give notice, or the name of an act.
    act: &'static str,
    version: i64,
    whole: Pence,
    /// The plan that stands, in words.
    plan: String,
    has_plan: bool,
    earliest: String,
    most: u32,
    days: u64,
    /// Why nothing can be done now; empty where it can.
    refused: String,
}

/// The plan of a form, or what is wrong with its fields. Numbers that are none are named by the rules.
fn plan(form: &Fields, errors: &mut Errors) -> Option<Plan> {
    let first_on = form.date("first", "First instalment", errors);
    let instalments = form.get("instalments").trim().parse().unwrap_or(0);
    if instalments == 0 {
        errors.add("instalments", Wrong::Instalments.to_string());
        return None;
    }
    first_on.map(|first_on| Plan { instalments, first_on })
}

/// The form that gives notice.
pub(super) async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
) -> Result<Response, WebError> {
    let first = Due::earliest(&(web.clock)());
    let mut form = Fields::from_iter(date_fields("first", first));
    form = form.with("instalments", "1");
    page(&web, &visitor, &reference, None, (form, Errors::new()))
        .await?
        .respond(&web, &shell(&visitor))
}

/// The form of an answer or a decision that needs words; every other act is a button on the page of the correction.
pub(super) async fn form(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path((reference, act)): Path<(String, String)>,
) -> Result<Response, WebError> {
    visitor.must(&web, Permission::SeeMoney).await?;
    let act = Act::from_name(&act).ok_or(WebError::NotFound)?;
    let page = page(&web, &visitor, &reference, Some(act), (Fields::default(), Errors::new()));
    page.await?.respond(&web, &shell(&visitor))
}

fn needs_form(act: Act) -> bool {
    matches!(act, Act::Propose | Act::Dispute | Act::Drop)
}

async fn page(
    web: &Web,
    visitor: &Visitor,
    reference: &str,
    act: Option<Act>,
    (form, errors): (Fields, Errors),
) -> Result<Page, WebError> {
    visitor.must(web, Permission::SeeMoney).await?;
    if act.is_some_and(|act| !needs_form(act)) {
        return one(web, visitor, reference, form, errors).await;
    }
    let now = (web.clock)();
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let listed = store::correction::find(&mut tx, reference, &visitor.actor, &now).await?;
    let refused = refusal(&listed, act, visitor, &now);
    if let Some(why) = refused.as_ref().filter(|why| why.is_forbidden()) {
        return Err(visitor.forbidden(web, permission(visitor), why).await);
    }
    let whole = Pence(-listed.correction.amount.0);
    let recovery = listed.recovery.as_ref();
    let earliest = match recovery {
        Some(own) => own.answer_by.succ_opt().unwrap_or(own.answer_by),
        None => Due::earliest(&now),
    };
    let form = with_date(form, act, earliest);
    let shown = Form {
        row: Row::of(&listed),
        act: act.map_or("recover", Act::name),
        version: recovery.map_or(0, |own| own.version),
        whole,
        plan: recovery.map_or_else(String::new, |own| worded(own.plan, Some(whole))),
        has_plan: matches!(act, None | Some(Act::Propose)),
        earliest: long_date(earliest),
        most: MOST_INSTALMENTS,
        days: NOTICE_DAYS,
        refused: refused.map_or_else(String::new, |why| why.to_string()),
    };
    Ok(Page::new("recovery/form.html", shown).form(form).errors(errors))
}

/// A form that was not filled in yet proposes the first day that is possible.
fn with_date(form: Fields, act: Option<Act>, earliest: NaiveDate) -> Fields {
    if act == Some(Act::Propose) && form.iter().next().is_none() {
        return Fields::from_iter(date_fields("first", earliest));
    }
    form
}

fn refusal(
    listed: &Listed,
    act: Option<Act>,
    visitor: &Visitor,
    now: &domain::Now,
) -> Option<CannotRecover> {
    match (act, &listed.recovery) {
        (None, Some(own)) => match listed.due().can_ask(&visitor.actor) {
            Err(CannotRecover::NothingToRecover) | Ok(()) => {
                Some(CannotRecover::AlreadyAsked(own.asked.clone()))
            }
            Err(why) => Some(why),
        },
        (None, None) => listed.due().can_ask(&visitor.actor).err(),
        (Some(_), None) => Some(CannotRecover::NothingToRecover),
        (Some(act), Some(own)) => {
            let with = Acting { by: &visitor.actor, now, reason: "", plan: own.plan };
            own.can(act, &with).err()
        }
    }
}

/// "Give notice".
pub(super) async fn ask(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
    form: Fields,
) -> Result<Response, WebError> {
    visitor.must(&web, Permission::SeeMoney).await?;
    let (now, mut errors) = ((web.clock)(), Errors::new());
    let Some(plan) = plan(&form, &mut errors) else {
        let page = page(&web, &visitor, &reference, None, (form, errors)).await?;
        return page.respond(&web, &shell(&visitor));
    };
    let reason = form.get("reason").replace("\r\n", "\n");
    let by = &visitor.actor;
    match store::recovery::ask(&web.db, &reference, (plan, &reason), by, &now).await {
        Ok(new) => {
            let until = long_date(new.answer_by);
            let said = format!("Notice given. The provider can answer until {until}.");
            Ok(Flash::success(said).redirect(&address(&reference)))
        }
        Err(failed) => again(&web, &visitor, &reference, None, form, failed).await,
    }
}

/// What was done and who is next.
fn said(act: Act, after: &Recovery) -> &'static str {
    match (act, &after.state) {
        (Act::Agree, _) => "You have agreed to the plan.",
        (Act::Propose, _) => "Your proposal has been sent. The commissioner must decide.",
        (Act::Dispute, _) => "Your answer has been sent. The commissioner must decide.",
        (_, RecoveryState::Dropped { .. }) => "Recovery dropped. Nothing is taken back.",
        (Act::Accept, _) => "Instalments accepted. Each is taken when it is due.",
        _ => "The plan stands. Each instalment is taken when it is due.",
    }
}

/// The act that the address names.
pub(super) async fn act(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path((reference, act)): Path<(String, String)>,
    form: Fields,
) -> Result<Response, WebError> {
    visitor.must(&web, Permission::SeeMoney).await?;
    let act = Act::from_name(&act).filter(|act| *act != Act::Stand).ok_or(WebError::NotFound)?;
    let (now, version, mut errors) = ((web.clock)(), seen(&form)?, Errors::new());
    let none = Plan { instalments: 0, first_on: now.today };
    let plan = if act == Act::Propose { plan(&form, &mut errors) } else { Some(none) };
    let Some(plan) = plan else {
        let page = page(&web, &visitor, &reference, Some(act), (form, errors)).await?;
        return page.respond(&web, &shell(&visitor));
    };
    let reason = form.get("reason").replace("\r\n", "\n");
    let (by, what) = (&visitor.actor, (act, plan, &*reason));
    match store::recovery::act(&web.db, (&reference, version), what, by, &now).await {
        Ok(after) => {
            let receipts = usize::from(matches!(after.state, RecoveryState::Agreed { .. }));
            let is_own = visitor.organisation().kind.provides();
            let flash = Flash::success(said(act, &after));
            Ok(Link::below(made(&now, receipts, is_own), flash).redirect(&address(&reference)))
        }
        Err(failed) => again(&web, &visitor, &reference, Some(act), form, failed).await,
    }
}

/// The form again, or the page of the correction, with what is wrong at its field.
async fn again(
    web: &Web,
    visitor: &Visitor,
    reference: &str,
    act: Option<Act>,
    form: Fields,
    failed: Failed<CannotRecover>,
) -> Result<Response, WebError> {
    let why = match failed {
        Failed::Refused(why) if why.is_forbidden() => {
            return Err(visitor.forbidden(web, permission(visitor), &why).await);
        }
        Failed::Refused(why) => why,
        Failed::Other(StoreError::Stale) => CannotRecover::Changed,
        Failed::Other(fault) => return Err(fault.into()),
    };
    let invalid = StatusCode::UNPROCESSABLE_ENTITY;
    let (field, target, status) = match &why {
        CannotRecover::Plan(Wrong::Instalments | Wrong::MoreThanPence(_)) => {
            ("instalments", "instalments", invalid)
        }
        CannotRecover::Plan(_) => ("first", "first-day", invalid),
        CannotRecover::Wrong(_) => ("reason", "reason", invalid),
        _ => ("correction", "correction", StatusCode::CONFLICT),
    };
    let mut errors = Errors::new();
    errors.add_at(field, target, why.to_string());
    let page = page(web, visitor, reference, act, (form, errors)).await?;
    page.status(status).respond(web, &shell(visitor))
}
