//! Corrections of locked declarations: the list, one with its payments and its recovery, and what people do with it.

mod act;
mod ask;
mod beside;
mod list;
mod recover;
mod recovery;
mod row;

pub(super) use beside::{Beside, stands};
pub(super) use list::{task, under_way};
pub(super) use row::Row as CorrectionRow;

use crate::Web;
use crate::error::WebError;
use crate::form::{Errors, Fields};
use crate::page::{Page, Shell};
use crate::pages::audit::reading;
use crate::routes::Routes;
use crate::session::Visitor;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use domain::correction::{Act, Acting, CorrectionState};
use domain::question::Party;
use domain::{Now, Pence, Permission};
use recovery::Recovered;
use row::{Line, Row, Step, step};
use serde::Serialize;
use std::sync::Arc;
use store::Tx;
use store::correction::Listed;

/// Where the list is.
const PATH: &str = "/corrections";

/// The addresses of this file.
pub fn routes() -> Routes {
    Routes::new()
        .route("/declarations/{reference}/correct", get(ask::show).post(ask::ask))
        .route("/corrections", get(list::show))
        .route("/corrections/{reference}", get(show))
        .route("/corrections/{reference}/recover", get(recover::show).post(recover::ask))
        .route("/corrections/{reference}/recovery/{act}", get(recover::form).post(recover::act))
        .route("/corrections/{reference}/{act}", post(act::act).get(act::form))
}

/// The section that corrections belong to.
fn shell(visitor: &Visitor) -> Shell {
    let provides = visitor.organisation().kind.provides();
    visitor.shell.clone().at(if provides { "/payments" } else { "/declarations" })
}

fn address(reference: &str) -> String {
    format!("{PATH}/{reference}")
}

/// What `correction/show.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    row: Row,
    /// Whether this person sees payment files.
    sees_files: bool,
    is_provider: bool,
    /// What is asked for the version that was seen.
    version: i64,
    /// What the declaration stood at, and what it would stand at; nothing for readers who may not see money.
    stood_at: Option<Pence>,
    becomes: Option<Pence>,
    reason: Option<String>,
    evidence: Option<String>,
    asked: Step,
    answer: String,
    approved: Option<Step>,
    second: Option<Step>,
    has_second: bool,
    finance: Option<Step>,
    ended: Option<String>,
    can_agree: bool,
    can_disagree: bool,
    can_approve: bool,
    can_refuse: bool,
    can_withdraw: bool,
    /// Why this person cannot take the next step, and who can.
    waits_for: String,
    lines: Vec<Line>,
    /// Whether it still has to be said how the money is taken back, and whether this person can.
    needs_plan: bool,
    can_recover: bool,
    recovery: Option<Recovered>,
}

async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
) -> Result<Response, WebError> {
    visitor.must(&web, Permission::SeeAchievement).await?;
    one(&web, &visitor, &reference, Fields::default(), Errors::new())
        .await?
        .respond(&web, &shell(&visitor))
}

/// The page of one correction, with what was wrong when somebody acted on it.
async fn one(
    web: &Web,
    visitor: &Visitor,
    reference: &str,
    form: Fields,
    errors: Errors,
) -> Result<Page, WebError> {
    let now = (web.clock)();
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let listed = store::correction::find(&mut tx, reference, &visitor.actor, &now).await?;
    let provider = (listed.correction.provider, &*listed.provider.name);
    reading::record(web, visitor, provider, reference);
    let mut show = Show::of(&listed, visitor, &now);
    show.waits_for = waits_for(&mut tx, &listed, visitor, &now).await?;
    Ok(Page::new("correction/show.html", show).form(form).errors(errors))
}

/// Whether the visitor could do something now, and why not.
fn can(listed: &Listed, act: Act, visitor: &Visitor, now: &Now) -> Result<(), String> {
    let own = &listed.correction;
    // While one is open nothing else changes what the declaration stands at.
    let with = Acting { by: &visitor.actor, now, reason: "", stands_at: own.stood_at };
    own.can(act, &with).map_err(|why| why.to_string())
}

impl Show {
    fn of(listed: &Listed, visitor: &Visitor, now: &Now) -> Self {
        let own = &listed.correction;
        let may = |act| can(listed, act, visitor, now).is_ok();
        let sees_money = listed.sees_money;
        Self {
            row: Row::of(listed),
            sees_files: visitor.sees_files(),
            is_provider: visitor.organisation().kind.provides(),
            version: own.version,
            stood_at: sees_money.then_some(own.stood_at),
            becomes: sees_money.then_some(own.stood_at + own.amount),
            reason: sees_money.then(|| own.reason.clone()),
            evidence: sees_money.then(|| own.evidence.clone()),
            asked: step(&own.asked),
            answer: row::answered(own, sees_money),
            approved: own.state.approved().map(step),
            second: own.state.second().map(step),
            has_second: own.band != domain::declaration::Band::Low,
            finance: own.state.finance().map(step),
            ended: (own.state.ended())
                .map(|(by, reason)| row::worded(by, sees_money.then_some(reason))),
            can_agree: may(Act::Agree),
            can_disagree: may(Act::Disagree),
            can_approve: may(Act::Approve),
            can_refuse: may(Act::Refuse),
            can_withdraw: may(Act::Withdraw),
            waits_for: String::new(),
            lines: listed.parts.iter().map(|part| Line::of(part, sees_money)).collect(),
            needs_plan: listed.counts && listed.is_recovered && listed.recovery.is_none(),
            can_recover: listed.due().can_ask(&visitor.actor).is_ok(),
            recovery: Recovered::of(listed, visitor, now),
        }
    }
}

/// Who can take the next step, where the visitor cannot; empty where they can or nothing is left to do.
async fn waits_for(
    tx: &mut Tx,
    listed: &Listed,
    visitor: &Visitor,
    now: &Now,
) -> Result<String, WebError> {
    let own = &listed.correction;
    let (party, permission, act) = match &own.state {
        CorrectionState::AwaitingProvider => (Party::Provider, Permission::Declare, Act::Agree),
        CorrectionState::AwaitingCommissioner { .. } => {
            (Party::Commissioner, Permission::Approve, Act::Approve)
        }
        CorrectionState::AwaitingSecond { .. } => {
            (Party::Commissioner, Permission::ApproveSecond, Act::Approve)
        }
        CorrectionState::AwaitingFinance { .. } => {
            (Party::Commissioner, Permission::ApproveFinance, Act::Approve)
        }
        _ => return Ok(String::new()),
    };
    if can(listed, act, visitor, now).is_ok() || can(listed, Act::Approve, visitor, now).is_ok() {
        return Ok(String::new());
    }
    let (organisation, name) = match party {
        Party::Provider => (own.provider, &listed.provider.name),
        Party::Commissioner => (own.commissioner, &listed.commissioner.name),
    };
    if let Some(held) = &own.held {
        return Ok(format!("Nobody can take the next step yet. {held}"));
    }
    if visitor.organisation().id != organisation {
        let until = match (party, own.direction) {
            (Party::Provider, domain::correction::Direction::Reversing) => format!(
                " It has until {}. After that the approvals go on without an answer.",
                domain::calendar::long_date(own.answer_by)
            ),
            _ => String::new(),
        };
        return Ok(format!("This is waiting for {name}.{until}"));
    }
    let why = match visitor.actor.may(permission) {
        true => can(listed, act, visitor, now).err().unwrap_or_default(),
        false => String::new(),
    };
    let any = (&[permission][..], visitor.organisation().kind);
    let mut names = store::person::holders(tx, organisation, any, &visitor.now).await?;
    names.retain(|holder| holder.by.person != visitor.actor.person());
    let who = match names.as_slice() {
        [] => format!("Nobody else at {name} can {} yet.", permission.act()),
        names => format!(
            "At {name} these people can {}: {}.",
            permission.act(),
            store::person::named(names)
        ),
    };
    Ok(format!("{why} {who}").trim().to_owned())
}
