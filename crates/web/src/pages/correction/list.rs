//! The corrections of an organisation, those that somebody has to act in first.

use super::{PATH, row::Row, shell};
use crate::Web;
use crate::error::WebError;
use crate::form::Query;
use crate::page::{Page, Paging};
use crate::pages::home::Task;
use crate::session::Visitor;
use crate::words::plural;
use axum::extract::State;
use axum::response::Response;
use domain::calendar::long_date;
use domain::recovery::PAY;
use domain::{Actor, Now, Permission};
use serde::Serialize;
use std::sync::Arc;
use store::Tx;
use store::task::Corrections;

/// What `correction/list.html` sees.
#[derive(Debug, Serialize)]
struct List {
    rows: Vec<Row>,
    paging: Paging,
    is_provider: bool,
    sees_money: bool,
}

pub(super) async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, WebError> {
    visitor.must(&web, Permission::SeeAchievement).await?;
    let (by, now, size) = (&visitor.actor, (web.clock)(), Paging::SIZE);
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let (_, total) = store::correction::list(&mut tx, (0, 0), by, &now).await?;
    let paging = Paging::new(PATH, &query, total, size);
    let (rows, _) = store::correction::list(&mut tx, (paging.skip(), size), by, &now).await?;
    let list = List {
        rows: rows.iter().map(Row::of).collect(),
        paging,
        is_provider: visitor.organisation().kind.provides(),
        sees_money: by.sees_money(),
    };
    Page::new("correction/list.html", list).respond(&web, &shell(&visitor))
}

/// What corrections of a provider still pay or take.
pub(in crate::pages) async fn under_way(
    tx: &mut Tx,
    visitor: &Visitor,
    now: &Now,
) -> Result<Vec<Row>, WebError> {
    let all = store::correction::under_way(tx, &visitor.actor, now).await?;
    Ok(all.iter().map(Row::of).collect())
}

/// What home says of corrections and recoveries that wait for the organisation, each for who can take the step.
pub(in crate::pages) fn task(
    waiting: &Corrections,
    provides: bool,
    by: &Actor,
) -> Vec<(Permission, Task)> {
    // Either of the two decides about recoveries.
    let decides = PAY.into_iter().find(|own| by.may(*own)).unwrap_or(Permission::Approve);
    let by_when = waiting
        .answer_by
        .map_or_else(String::new, |day| format!("The first notice runs until {}.", long_date(day)));
    let rows: [(i64, Permission, &str, &str, String); 6] = [
        (waiting.to_answer, Permission::Declare, "Answer", "correction", by_when.clone()),
        (waiting.to_recover, Permission::Declare, "Answer the notice of", "recovery", by_when),
        (waiting.to_approve, Permission::Approve, "Approve", "correction", String::new()),
        (
            waiting.to_second,
            Permission::ApproveSecond,
            "Approve a second time",
            "correction",
            String::new(),
        ),
        (
            waiting.to_finance,
            Permission::ApproveFinance,
            "Approve for finance",
            "correction",
            String::new(),
        ),
        (
            waiting.to_decide,
            decides,
            "Decide about",
            "recovery",
            "The provider does not agree, or no notice has been given.".into(),
        ),
    ];
    let own = rows.into_iter().filter(|(number, permission, ..)| {
        *number > 0 && provides == (*permission == Permission::Declare)
    });
    own.map(|(number, permission, verb, noun, hint)| {
        let many = if noun == "recovery" { Some("recoveries") } else { None };
        let title = format!("{verb} {}", plural(number, noun, many));
        (permission, Task { title, hint, href: PATH.to_owned() })
    })
    .collect()
}
