//! Payment declarations: what the provider declares, what commissioner and finance approve, and one with its history.

mod credit;
mod declare;
mod happening;
mod limits;
mod look;
mod manage;
mod review;
mod take_back;

use super::hold::Banner;
use super::payment::told;
use super::question::Thread;
use super::receipt::Link;
use super::receipt::money::links;
use crate::Web;
use crate::error::WebError;
use crate::form::{Errors, Fields};
use crate::page::{Page, Shell};
use crate::session::Visitor;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
pub(super) use credit::Credit;
use domain::calendar::with_period;
use domain::declaration::{CannotDeclare, DeclarationState, Step, checks};
use domain::hold::with_stop;
use domain::question::may_ask;
use domain::status::Status;
use domain::{Now, Pence, Permission, Refusal};
pub(super) use happening::Happening;
use serde::Serialize;
use std::collections::HashMap;
use std::sync::Arc;
use store::declaration::{Listed, Outcome, Returned, Seen};
use store::{Failed, StoreError, Tx};

/// The addresses of this file and of its two lists.
pub fn routes() -> Router<Arc<Web>> {
    Router::new()
        .route("/achievement/declare", get(declare::show).post(declare::act))
        .route("/declarations", get(manage::show))
        .route("/declarations/approve", post(manage::approve))
        .route("/declarations/limits", get(limits::show).post(limits::change))
        .route("/declarations/reviews", post(review::keep))
        .route("/declarations/reviews/{id}", get(review::show).post(review::act))
        .route("/declarations/take-back", get(take_back::ask).post(take_back::act))
        .route("/declarations/{reference}", get(show))
}

/// A declaration as the pages show it.
#[derive(Debug, Serialize)]
pub struct Row {
    /// `D-2026-000123`.
    pub reference: String,
    /// What the person sees now, to travel in the form.
    pub seen: String,
    /// Address of the working behind the amount.
    pub working: String,
    /// Name of the provider.
    pub provider: String,
    /// Its ODS code.
    pub provider_code: String,
    /// Name of the commissioner.
    pub commissioner: String,
    /// Name of the service.
    pub service: String,
    /// Its code.
    pub service_code: String,
    /// `March 2026`.
    pub period: String,
    /// What was achieved, without money.
    pub achieved: String,
    /// The amount, for those who may see money.
    pub amount: Option<Pence>,
    /// The provider's notes.
    pub notes: String,
    /// Where it stands.
    pub status: &'static Status,
    /// Where the money is.
    pub payment: &'static Status,
    /// What became of it, in plain words.
    pub told: String,
    /// The identity that the payer sees, where it differs from the reference.
    pub identity: Option<String>,
    /// Reference of the payment file.
    pub file: Option<String>,
    /// When that was made.
    pub file_at: Option<DateTime<Utc>>,
    /// Who declared.
    pub declared: Option<Taken>,
    /// Who approved for the commissioner.
    pub approved: Option<Taken>,
    /// Who approved for finance.
    pub finance: Option<Taken>,
    /// How its open questions stand.
    pub questions: Vec<String>,
    /// Whether an open question of the commissioner stops its approval.
    pub is_stopped: bool,
    /// Whether this person can ask a question about it.
    pub can_ask: bool,
    /// What new figures did to it, when they did.
    pub changed: Option<String>,
    /// What it did not pass when it was declared, for the commissioner.
    pub checks: Vec<String>,
    /// Whether this person can take the next step.
    pub can: bool,
    /// Why not, where the rules rather than the role forbid it.
    pub why_not: String,
}

/// A step that was taken; `by` is the name of the configuration when nobody had to.
#[derive(Debug, Serialize)]
pub struct Taken {
    /// Who.
    pub by: String,
    /// Whether a person took it.
    pub is_person: bool,
    /// When.
    pub at: DateTime<Utc>,
}

impl From<&Step> for Taken {
    fn from(step: &Step) -> Self {
        let (name, is_person) = (&step.by.name, step.by.person.is_some());
        let by = if is_person { name.clone() } else { format!("{name} (by configuration)") };
        Self { by, is_person, at: step.at }
    }
}

impl Row {
    pub(super) fn of(row: &Listed, visitor: &Visitor, now: &Now) -> Self {
        let declaration = &row.declaration;
        let (can, why_not) = next_step(row, visitor, now);
        Self {
            reference: declaration.reference.clone(),
            seen: seen_text(row),
            working: format!("/achievement/{}/working", declaration.achievement),
            provider: row.provider.name.clone(),
            provider_code: row.provider.code.clone(),
            commissioner: row.commissioner.name.clone(),
            service: row.service.name.clone(),
            service_code: row.service.code.clone(),
            period: declaration.period.to_string(),
            achieved: row.achieved.clone(),
            amount: row.amount(),
            notes: declaration.notes.clone(),
            status: row.status(),
            payment: row.payment.status(),
            told: told(&row.payment, row.expected_on),
            identity: row.identity.clone().filter(|identity| *identity != declaration.reference),
            file: row.file.clone(),
            file_at: row.file_at,
            declared: declaration.state.declared().map(Taken::from),
            approved: declaration.state.approved().map(Taken::from),
            finance: declaration.state.finance().map(Taken::from),
            questions: declaration.open.lines(declaration.party(&visitor.actor), now.today),
            is_stopped: declaration.open.commissioner.is_some(),
            can_ask: may_ask(declaration, &visitor.actor).is_ok(),
            changed: row.returned.as_ref().map(|returned| changed(returned, row.amount())),
            checks: if visitor.organisation().kind.commissions() {
                row.checks.iter().map(checks::Failed::words).collect()
            } else {
                Vec::new()
            },
            can,
            why_not,
        }
    }
}

/// Whether the visitor can take the next step of a row. A missing role is said once for the page, not at each row.
fn next_step(row: &Listed, visitor: &Visitor, now: &Now) -> (bool, String) {
    let (by, state) = (&visitor.actor, &row.declaration.state);
    let why: Option<(bool, String)> = match state {
        DeclarationState::Approved { .. } => return (false, String::new()),
        DeclarationState::AwaitingProvider => {
            row.can_declare(by, now).err().map(|why| (why.is_forbidden(), why.to_string()))
        }
        _ => row.can_approve(by, now).err().map(|why| (why.is_forbidden(), why.to_string())),
    };
    let role_is_enough = match state {
        DeclarationState::AwaitingCommissioner { .. } => by.may(Permission::Approve),
        DeclarationState::AwaitingFinance { .. } => by.may(Permission::ApproveFinance),
        _ => true,
    };
    match why {
        None => (true, String::new()),
        Some((is_forbidden, _)) if is_forbidden || !role_is_enough => (false, String::new()),
        Some((_, sentence)) => (false, sentence),
    }
}

/// "The figures changed after you declared. Old value £1, new value £2."
fn changed(returned: &Returned, new: Option<Pence>) -> String {
    let when = if returned.was_declared { " after you declared" } else { "" };
    let amounts = match (returned.old, new) {
        (Some(old), Some(new)) => format!(" Old value {old}, new value {new}."),
        _ => String::new(),
    };
    let cause = &returned.cause;
    if returned.is_taken_back {
        return format!(
            "The commissioner took your declaration back: {} Check the achievement and declare again.",
            with_stop(cause)
        );
    }
    let again = if returned.was_declared { "declare again" } else { "declare" };
    format!("The figures changed{when}.{amounts} Cause: {cause}. Check and {again}.")
}

/// What a person saw of a row, as one text in the form: reference, version and calculation.
fn seen_text(row: &Listed) -> String {
    let declaration = &row.declaration;
    format!("{}.{}.{}", declaration.reference, declaration.version, declaration.calculation)
}

/// The rows that a form says were shown, by reference; a text that is not ours makes the form nonsense.
fn seen_in(form: &Fields) -> Result<HashMap<String, Seen>, WebError> {
    form.all("seen")
        .map(|text| {
            let mut parts = text.split('.');
            let seen = (|| {
                Some(Seen {
                    reference: parts.next()?.to_owned(),
                    version: parts.next()?.parse().ok()?,
                    calculation: parts.next()?.parse().ok()?,
                })
            })();
            seen.map(|seen| (seen.reference.clone(), seen)).ok_or(WebError::BadRequest)
        })
        .collect()
}

/// The rows that were ticked, as they were seen.
fn ticked(form: &Fields) -> Result<Vec<Seen>, WebError> {
    let mut shown = seen_in(form)?;
    form.all("declaration")
        .map(|reference| shown.remove(reference).ok_or(WebError::BadRequest))
        .collect()
}

/// Names each row that stayed as it was, with its reason.
async fn add_refused<R: Refusal>(
    errors: &mut Errors,
    tx: &mut Tx,
    outcomes: &[Outcome<R>],
    visitor: &Visitor,
) -> Result<(), WebError> {
    for Outcome { reference, result } in outcomes {
        let Err(failed) = result else { continue };
        let why = match failed {
            Failed::Refused(why) => why.to_string(),
            Failed::Other(StoreError::Stale) => {
                "Someone else changed this while you were working. Check it and try again.".into()
            }
            Failed::Other(fault) => return Err(WebError::internal(fault.to_string())),
        };
        let row = store::declaration::find(tx, reference, &visitor.actor).await?;
        let whose = if visitor.organisation().kind.provides() {
            String::new()
        } else {
            format!("{}, ", row.provider.name)
        };
        let period = row.declaration.period.to_string();
        let text = format!("{whose}{}: {why}", with_period(&row.service.name, &period));
        if is_about_notes(failed) {
            errors.add(&format!("notes-{reference}"), text);
        } else {
            // The row may have left this list, so the link goes to its own page.
            let own = format!("/declarations/{reference}");
            errors.add_at(&format!("row-{reference}"), &own, text);
        }
    }
    Ok(())
}

fn is_about_notes<R: Refusal>(failed: &Failed<R>) -> bool {
    let Failed::Refused(why) = failed else { return false };
    let why: &dyn std::any::Any = why;
    why.downcast_ref() == Some(&CannotDeclare::NotesTooLong)
}

/// What `declaration/show.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    row: Row,
    holds: Banner,
    is_provider: bool,
    /// Whether this person declares or approves it now.
    act: &'static str,
    /// What to do when the amount looks wrong, for who approves.
    if_wrong: String,
    /// Why this person cannot, and who can.
    waits_for: String,
    /// For the provider: what else came with the same bank reference.
    credit: Option<Credit>,
    /// Its receipts, the newest first.
    links: Vec<Link>,
    questions: Vec<Thread>,
    history: Vec<Happening>,
}

async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
) -> Result<Response, WebError> {
    visitor.must(&web, Permission::SeeAchievement).await?;
    one(&web, &visitor, &reference, Errors::new(), &visitor.shell).await
}

/// The page of one declaration, with what was wrong when somebody acted on it.
async fn one(
    web: &Web,
    visitor: &Visitor,
    reference: &str,
    errors: Errors,
    shell: &Shell,
) -> Result<Response, WebError> {
    let now = (web.clock)();
    let mut tx = web.db.read().await?;
    let listed = store::declaration::find(&mut tx, reference, &visitor.actor).await?;
    let history = store::event::of(&mut tx, listed.declaration.id.0).await?;
    let waits_for = waits_for(&mut tx, &listed, visitor, &now).await?;
    let credit = Credit::of(&mut tx, &listed, visitor).await?;
    let questions =
        store::question::of_declaration(&mut tx, listed.declaration.id, &visitor.actor).await?;
    let whose = &listed.declaration;
    let whose = (whose.commissioner, whose.service, whose.provider);
    let holds = Banner::one(&mut tx, whose, visitor).await?;
    let row = Row::of(&listed, visitor, &now);
    let act = match listed.declaration.state {
        _ if !row.can => "",
        DeclarationState::AwaitingProvider => "declare",
        _ => "approve",
    };
    let show = Show {
        row,
        holds,
        is_provider: visitor.organisation().kind.provides(),
        act,
        if_wrong: if_wrong(listed.declaration.state.name(), &listed.provider.name),
        waits_for,
        credit,
        links: links(reference, &history),
        questions: questions.iter().map(|one| Thread::of(one, visitor, &now)).collect(),
        history: history
            .iter()
            .map(|happened| Happening::of(happened, visitor.actor.sees_money()))
            .collect(),
    };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::CONFLICT };
    Page::new("declaration/show.html", show).errors(errors).status(status).respond(web, shell)
}

/// What an approver does when the amount looks wrong, in the state it is in.
fn if_wrong(state: &str, provider: &str) -> String {
    if state == "awaiting_finance" {
        return "If the amount looks wrong, do not approve it: approval by finance locks it."
            .into();
    }
    format!(
        "If the amount looks wrong, do not approve it. Ask {provider} to correct its figures: the declaration then \
         goes back to it."
    )
}

/// Why the visitor cannot take the next step and who can; empty when they can, or when nothing is left to do.
async fn waits_for(
    tx: &mut Tx,
    row: &Listed,
    visitor: &Visitor,
    now: &Now,
) -> Result<String, WebError> {
    let (organisation, name, permission) = match row.declaration.state {
        DeclarationState::AwaitingProvider => {
            (row.declaration.provider, &row.provider.name, Permission::Declare)
        }
        DeclarationState::AwaitingCommissioner { .. } => {
            (row.declaration.commissioner, &row.commissioner.name, Permission::Approve)
        }
        DeclarationState::AwaitingFinance { .. } => {
            (row.declaration.commissioner, &row.commissioner.name, Permission::ApproveFinance)
        }
        DeclarationState::Approved { .. } => return Ok(String::new()),
    };
    let (can, why) = next_step(row, visitor, now);
    if can {
        return Ok(String::new());
    }
    // Nobody else can approve either while the question is open.
    if row.declaration.open.commissioner.is_some() && !why.is_empty() {
        return Ok(why);
    }
    if row.declaration.held.is_some() {
        return Ok("Nobody can take the next step until the hold is lifted.".to_owned());
    }
    if visitor.organisation().id != organisation {
        return Ok(format!("This is waiting for {name}."));
    }
    let roles = permission.roles(visitor.organisation().kind);
    let mut names = store::person::holders(tx, organisation, &roles).await?;
    names.retain(|holder| holder != visitor.actor.name());
    let who = match names.as_slice() {
        [] => format!("Nobody else at {name} can {} yet.", permission.act()),
        names => format!("At {name} these people can {}: {}.", permission.act(), names.join(", ")),
    };
    Ok(if why.is_empty() { who } else { format!("{why} {who}") })
}
