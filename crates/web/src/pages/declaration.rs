//! Payment declarations: what the provider declares, what commissioner and finance approve, and one with its history.

pub(super) mod blocked;
mod credit;
mod declare;
mod dispute;
mod happening;
mod indicator;
mod limits;
mod look;
mod manage;
mod review;
mod row;
mod take_back;

use super::correction::Beside;
use super::hold::Banner;
use super::question::Thread;
use super::receipt::Link;
use super::receipt::money::links;
use crate::Web;
use crate::error::WebError;
use crate::form::{Errors, Fields};
use crate::page::{Page, Shell};
use crate::pages::audit::reading;
use crate::routes::Routes;
use crate::session::Visitor;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use blocked::Block;
pub(super) use credit::Credit;
use domain::calendar::with_period;
use domain::declaration::{CannotDeclare, DeclarationState, How};
use domain::{Now, Permission, Refusal};
pub(super) use happening::Happening;
use indicator::ByItself;
pub use row::Row;
use row::{due_by, next_step};
use serde::Serialize;
use std::collections::HashMap;
use std::sync::Arc;
use store::deadline::Reckoner;
use store::declaration::{Listed, Outcome, Seen};
use store::{Failed, StoreError, Tx};

/// The addresses of this file and of its two lists.
pub fn routes() -> Routes {
    Routes::new()
        .route("/achievement/declare", get(declare::show).post(declare::act))
        .route("/declarations", get(manage::show))
        .route("/declarations/approve", post(manage::approve))
        .route("/declarations/limits", get(limits::show).post(limits::change))
        .route("/declarations/reviews", post(review::keep))
        .route("/declarations/reviews/{id}", get(review::show).post(review::act))
        .route("/declarations/take-back", get(take_back::ask).post(take_back::act))
        .route("/declarations/{reference}", get(show))
        .route("/declarations/{reference}/indicators", post(indicator::declare))
        .route("/declarations/{reference}/less", get(dispute::show_less).post(dispute::less))
        .route("/declarations/{reference}/reject", get(dispute::show_reject).post(dispute::reject))
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
    matches!(
        why.downcast_ref(),
        Some(CannotDeclare::NotesTooLong | CannotDeclare::NotesNamePatient)
    )
}

/// What `declaration/show.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    row: Row,
    holds: Banner,
    /// Whether this person sees payment files.
    sees_files: bool,
    is_provider: bool,
    /// Whether this person declares or approves it now.
    act: &'static str,
    /// What to do when the amount looks wrong, for who approves.
    if_wrong: String,
    /// Whether this person can approve less of it, or reject it.
    can_less: bool,
    can_reject: bool,
    /// Why this person cannot, and who can.
    waits_for: String,
    /// The indicators that are declared by themselves, where it has any.
    by_itself: Option<ByItself>,
    /// What is in the way of its payment.
    blocks: Vec<Block>,
    /// For the provider: what else came with the same bank reference.
    credit: Option<Credit>,
    /// Its receipts, the newest first.
    links: Vec<Link>,
    /// Its corrections, once it is locked.
    corrections: Beside,
    questions: Vec<Thread>,
    history: Vec<Happening>,
}

async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
) -> Result<Response, WebError> {
    visitor.must(&web, Permission::SeeAchievement).await?;
    one(&web, &visitor, &reference, (Errors::new(), StatusCode::OK), &visitor.shell).await
}

/// The page of one declaration, with what was wrong when somebody acted on it.
async fn one(
    web: &Web,
    visitor: &Visitor,
    reference: &str,
    (errors, status): (Errors, StatusCode),
    shell: &Shell,
) -> Result<Response, WebError> {
    let now = (web.clock)();
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let listed = store::declaration::find(&mut tx, reference, &visitor.actor).await?;
    let provider = (listed.declaration.provider, &*listed.provider.name);
    reading::record(web, visitor, provider, reference);
    let history = store::event::of(&mut tx, listed.declaration.id.0).await?;
    let blocks = blocked::of_declaration(&mut tx, &listed, visitor, &now).await?;
    let waits_for = waits_for(&mut tx, &listed, &blocks, visitor, &now).await?;
    let credit = Credit::of(&mut tx, &listed, visitor).await?;
    let questions =
        store::question::of_declaration(&mut tx, listed.declaration.id, &visitor.actor).await?;
    let own = (reference, listed.declaration.id);
    let corrections = Beside::of(&mut tx, own, listed.amount(), visitor, &now).await?;
    let whose = &listed.declaration;
    let whose = (whose.commissioner, whose.service, whose.provider);
    let holds = Banner::one(&mut tx, whose, visitor).await?;
    let mut row = Row::of(&listed, How::Alone, visitor, &now);
    let mut reckoner = Reckoner::new(&mut tx).await?;
    row.due = due_by(&mut tx, &mut reckoner, &listed, (visitor, &now)).await?;
    let act = match listed.declaration.state {
        _ if !row.can => "",
        DeclarationState::AwaitingProvider => "declare",
        _ => "approve",
    };
    let by_itself = ByItself::of(&mut tx, &listed, visitor, &now).await?;
    let (can_less, can_reject) = dispute::can(&listed, visitor, &now);
    let show = Show {
        row,
        can_less,
        can_reject,
        holds,
        sees_files: visitor.sees_files(),
        is_provider: visitor.organisation().kind.provides(),
        act,
        if_wrong: if_wrong(listed.declaration.state.name(), &listed.provider.name),
        waits_for,
        by_itself,
        blocks,
        credit,
        corrections,
        links: links(reference, &history),
        questions: questions.iter().map(|one| Thread::of(one, visitor, &now)).collect(),
        history: history
            .iter()
            .map(|happened| Happening::of(happened, visitor.actor.sees_money()))
            .collect(),
    };
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
    blocks: &[Block],
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
        DeclarationState::AwaitingSecond { .. } => {
            (row.declaration.commissioner, &row.commissioner.name, Permission::ApproveSecond)
        }
        DeclarationState::AwaitingFinance { .. } => {
            (row.declaration.commissioner, &row.commissioner.name, Permission::ApproveFinance)
        }
        DeclarationState::Approved { .. } => return Ok(String::new()),
    };
    let (can, why) = next_step(row, How::Alone, visitor, now);
    if can {
        return Ok(String::new());
    }
    // The form for it stands above.
    if !row.declaration.indicators_left().is_empty() && !why.is_empty() {
        return Ok(why);
    }
    // Nobody else can approve either while the question is open.
    if row.declaration.open.commissioner.is_some() && !why.is_empty() {
        return Ok(why);
    }
    if row.declaration.held.is_some() {
        return Ok("Nobody can take the next step until the hold is lifted.".to_owned());
    }
    if visitor.organisation().id != organisation {
        // What blocks it says whose turn it is: not always the side that takes the next step.
        let other = blocks.first().and_then(Block::other);
        return Ok(other.map_or_else(String::new, |other| format!("This is waiting for {other}.")));
    }
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
    Ok(if why.is_empty() { who } else { format!("{why} {who}") })
}
