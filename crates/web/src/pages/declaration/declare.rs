//! Declare: what awaits the provider, with notes and tick boxes, and the payment declaration history below.

use super::row::due_by;
use super::{Row, add_refused, seen_in, ticked};
use crate::Web;
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::{Errors, Fields, Query};
use crate::page::{Page, Paging};
use crate::pages::hold::Banner;
use crate::pages::network::sees_networks;
use crate::pages::receipt::money::made;
use crate::pages::receipt::{Done, Link};
use crate::session::Visitor;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::calendar::with_period;
use domain::declaration::{
    CannotDeclare, Declaration, DeclarationState, How, NO_APPROVAL_REQUIRED,
};
use domain::{AchievementId, Now, Pence, Permission};
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;
use store::Failed;
use store::deadline::Reckoner;
use store::declaration::{Filter, Outcome, Seen};

const PATH: &str = "/achievement/declare";
/// More open rows than any provider has; the form shows them all at once.
const OPEN_AT_MOST: i64 = 500;

/// What `declaration/declare.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    organisation: String,
    holds: Banner,
    /// Rows to declare.
    open: Vec<Row>,
    open_total: i64,
    open_amount: Option<Pence>,
    /// How many of them this person can declare now.
    can: usize,
    /// Whether all of those are ticked, as a link asked for.
    is_all_selected: bool,
    /// Achievements that cannot be declared yet.
    not_ready: Vec<NotReady>,
    /// Rows declared before.
    history: Vec<Row>,
    paging: Paging,
    /// Whether there are networks whose practices this person may see.
    sees_networks: bool,
    /// Whether this person may run reports.
    may_report: bool,
    /// Whether this person may declare; otherwise `who` says who may.
    may_declare: bool,
    who: String,
    /// What went through when other rows did not.
    #[serde(flatten)]
    done: Done,
}

/// An achievement that cannot be declared yet.
#[derive(Debug, Serialize)]
struct NotReady {
    href: String,
    service: String,
    period: String,
    why: String,
}

impl From<store::declaration::NotReady> for NotReady {
    fn from(row: store::declaration::NotReady) -> Self {
        Self {
            href: format!("/achievement/{}#blocks", row.achievement),
            service: row.service,
            period: row.period.to_string(),
            why: row.why.to_string(),
        }
    }
}

pub(super) async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, WebError> {
    page(&web, &visitor, &query, Done::default()).await?.respond(&web, &visitor.shell)
}

async fn page(web: &Web, visitor: &Visitor, query: &Fields, done: Done) -> Result<Page, WebError> {
    visitor.must_commission(false)?;
    visitor.must(web, Permission::SeeAchievement).await?;
    let now = (web.clock)();
    let by = &visitor.actor;
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let open = Filter::states(&["awaiting_provider"]);
    let open = store::declaration::list(&mut tx, &open, (0, OPEN_AT_MOST), by).await?;
    let past = Filter::states(&[
        "awaiting_commissioner",
        "awaiting_second",
        "awaiting_finance",
        "approved",
    ]);
    let total = store::declaration::list(&mut tx, &past, (0, 0), by).await?.total;
    let paging = Paging::new(PATH, &query.without("select"), total, Paging::SIZE);
    let history =
        store::declaration::list(&mut tx, &past, (paging.skip(), Paging::SIZE), by).await?;
    let may_declare = by.may(Permission::Declare);
    let who = if may_declare { String::new() } else { who_can(&mut tx, visitor).await? };
    let not_ready = if may_declare {
        store::declaration::not_ready_yet(&mut tx, by, &now).await?
    } else {
        Vec::new()
    };
    let holds = Banner::all(&mut tx, visitor).await?;
    let mut to_declare = Vec::with_capacity(open.rows.len());
    let mut reckoner = Reckoner::new(&mut tx).await?;
    for listed in &open.rows {
        let due = due_by(&mut tx, &mut reckoner, listed, (visitor, &now)).await?;
        to_declare.push(Row { due, ..Row::of(listed, How::InList, visitor, &now) });
    }
    let rows = |rows: &[store::declaration::Listed]| {
        rows.iter().map(|row| Row::of(row, How::InList, visitor, &now)).collect()
    };
    let show = Show {
        organisation: visitor.organisation().name.clone(),
        holds,
        can: to_declare.iter().filter(|row| row.can).count(),
        is_all_selected: query.get("select") == "all",
        open: to_declare,
        open_total: open.total,
        open_amount: open.amount,
        not_ready: not_ready.into_iter().map(NotReady::from).collect(),
        history: rows(&history.rows),
        paging,
        sees_networks: sees_networks(visitor),
        may_report: by.may(Permission::RunReports),
        may_declare,
        who,
        done,
    };
    Ok(Page::new("declaration/declare.html", show))
}

async fn who_can(tx: &mut store::Tx, visitor: &Visitor) -> Result<String, WebError> {
    let organisation = visitor.organisation();
    let any = (&[Permission::Declare][..], organisation.kind);
    let names = store::person::holders(tx, organisation.id, any, &visitor.now).await?;
    Ok(if names.is_empty() {
        format!(
            "Nobody at {} can declare yet. The team that runs this service gives roles.",
            organisation.name
        )
    } else {
        format!(
            "You cannot declare. At {} these people can: {}.",
            organisation.name,
            store::person::named(&names)
        )
    })
}

/// Saves the notes of all rows, and with "Declare Achievement" declares the ticked ones.
pub(super) async fn act(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    form: Fields,
) -> Result<Response, WebError> {
    visitor.must(&web, Permission::Declare).await?;
    let declares = form.get("action") != "notes";
    let (form, early) = take_early(form);
    let chosen = if declares { ticked(&form)? } else { Vec::new() };
    if declares && chosen.is_empty() && early.is_empty() {
        let errors = Errors::one("declaration", "Select at least 1 achievement to declare");
        return page(&web, &visitor, &Fields::default(), Done::default())
            .await?
            .form(form)
            .errors(errors)
            .respond(&web, &visitor.shell);
    }
    let notes = |seen: Seen| {
        let typed = form.get(&format!("notes-{}", seen.reference)).replace("\r\n", "\n");
        (seen, typed)
    };
    let others: Vec<_> =
        seen_in(&form)?.into_values().filter(|seen| !chosen.contains(seen)).map(notes).collect();
    let chosen: Vec<_> = chosen.into_iter().map(notes).collect();
    let (by, now) = (&visitor.actor, (web.clock)());
    // Everything the form names is looked at before anything is written.
    let mut tx = web.db.read_as(&visitor.actor).await?;
    for (seen, _) in chosen.iter().chain(&others) {
        store::declaration::find(&mut tx, &seen.reference, by).await?;
    }
    let mut errors = Errors::new();
    add_early(&mut errors, &mut tx, &early, &visitor, &now).await?;
    drop(tx);
    let declared = answered(store::declaration::declare(&web.db, &chosen, by, &now).await)?;
    let noted = answered(store::declaration::note(&web.db, &others, by, &now).await)?;
    let mut tx = web.db.read_as(&visitor.actor).await?;
    add_refused(&mut errors, &mut tx, &declared, &visitor).await?;
    add_refused(&mut errors, &mut tx, &noted, &visitor).await?;
    drop(tx);
    let done = if declares { said(&declared) } else { "Notes saved.".to_owned() };
    let count = declared.iter().filter(|outcome| outcome.result.is_ok()).count();
    let receipts_made = made(&now, count, true);
    if errors.is_empty() {
        return Ok(Link::below(receipts_made, Flash::success(done)).redirect(PATH));
    }
    let is_only_the_form = early.is_empty() && declared.iter().chain(&noted).all(is_right_or_long);
    let status =
        if is_only_the_form { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::CONFLICT };
    let kept = form.without("declaration").without("seen");
    let done = if declares { done } else { String::new() };
    page(&web, &visitor, &Fields::default(), Done { done, receipts_made })
        .await?
        .form(kept)
        .errors(errors)
        .status(status)
        .respond(&web, &visitor.shell)
}

/// Achievements that have no declaration yet come under their own identifier.
fn take_early(form: Fields) -> (Fields, Vec<AchievementId>) {
    let early: Vec<AchievementId> =
        form.all("declaration").filter_map(|value| value.parse().ok()).collect();
    let form =
        early.iter().fold(form, |form, id| form.without_value("declaration", &id.to_string()));
    (form, early)
}

/// Says why each of them cannot be declared yet.
async fn add_early(
    errors: &mut Errors,
    tx: &mut store::Tx,
    early: &[AchievementId],
    visitor: &Visitor,
    now: &Now,
) -> Result<(), WebError> {
    for id in early {
        match store::declaration::not_ready(tx, *id, &visitor.actor, now).await {
            Ok((detail, why)) => {
                let period = detail.achievement.period.to_string();
                let whose = with_period(&detail.service.name, &period);
                errors.add_at("declaration", "open", format!("{whose}: {why}"));
            }
            Err(Failed::Refused(_)) => return Err(WebError::NotFound),
            Err(Failed::Other(fault)) => return Err(fault.into()),
        }
    }
    Ok(())
}

fn is_right_or_long(outcome: &Outcome<CannotDeclare>) -> bool {
    matches!(
        outcome.result,
        Ok(_) | Err(Failed::Refused(CannotDeclare::NotesTooLong | CannotDeclare::NotesNamePatient))
    )
}

/// A refusal of the whole act cannot come here: who may not declare has been turned away before.
fn answered(
    result: Result<Vec<Outcome<CannotDeclare>>, Failed<CannotDeclare>>,
) -> Result<Vec<Outcome<CannotDeclare>>, WebError> {
    result.map_err(|failed| match failed {
        Failed::Other(fault) => fault.into(),
        Failed::Refused(why) => WebError::Forbidden { why: why.to_string(), who: String::new() },
    })
}

/// What went through, in words.
fn said(outcomes: &[Outcome<CannotDeclare>]) -> String {
    let done: Vec<&Declaration> =
        outcomes.iter().filter_map(|outcome| outcome.result.as_ref().ok()).collect();
    if done.is_empty() {
        return String::new();
    }
    let services: BTreeSet<_> = done.iter().map(|row| row.service).collect();
    let what = match (done.len(), services.len()) {
        (1, _) => "1 service".to_owned(),
        (rows, services) if rows == services => format!("{rows} services"),
        (rows, _) => format!("{rows} achievements"),
    };
    let by_itself = done
        .iter()
        .filter(|row| matches!(row.state, DeclarationState::AwaitingFinance { .. }))
        .count();
    let next = if by_itself == done.len() {
        format!("It is now with finance ({NO_APPROVAL_REQUIRED}).")
    } else if by_itself == 0 {
        "It is now with the commissioning organisation for approval.".to_owned()
    } else {
        format!(
            "It is now with the commissioning organisation for approval, except {by_itself} that went to finance \
             ({NO_APPROVAL_REQUIRED})."
        )
    };
    format!("Payment declaration submitted for {what}. {next}")
}
