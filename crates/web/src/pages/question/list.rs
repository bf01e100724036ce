//! The open questions of an organisation, those that wait for it in front.

use super::{declaration, shell};
use crate::Web;
use crate::error::WebError;
use crate::form::Query;
use crate::page::{Page, Paging};
use crate::pages::home::Task;
use crate::session::Visitor;
use crate::words::plural;
use axum::extract::State;
use axum::response::Response;
use chrono::NaiveDate;
use domain::calendar::long_date;
use domain::question::Party;
use domain::status::Status;
use domain::{OrganisationKind, Permission};
use serde::Serialize;
use std::sync::Arc;
use store::question::{OpenQuestion, Waiting};

const PATH: &str = "/questions";

/// What `question/list.html` sees.
#[derive(Debug, Serialize)]
struct List {
    rows: Vec<Row>,
    paging: Paging,
    waiting: i64,
    late: i64,
    is_provider: bool,
}

/// An open question.
#[derive(Debug, Serialize)]
struct Row {
    href: String,
    reference: String,
    service: String,
    period: String,
    provider: String,
    asked_by: String,
    status: &'static Status,
    day: i64,
    answer_by: String,
    is_late: bool,
    payment: Option<String>,
}

impl Row {
    fn of(row: OpenQuestion, today: NaiveDate) -> Self {
        Self {
            href: format!("{}#questions", declaration(&row.reference)),
            reference: row.reference,
            service: row.service,
            period: row.period.to_string(),
            asked_by: match row.asked_by {
                Party::Provider => row.provider.clone(),
                Party::Commissioner => row.commissioner,
            },
            provider: row.provider,
            status: row.clock.turn.status(),
            day: row.clock.day(today),
            answer_by: row.clock.answer_by_words(today),
            is_late: row.clock.is_late(today),
            payment: row.payment,
        }
    }
}

pub(super) async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, WebError> {
    visitor.must(&web, Permission::SeeAchievement).await?;
    let (by, today) = (&visitor.actor, (web.clock)().today);
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let waiting = store::question::waiting(&mut tx, by, today).await?;
    let paging = Paging::new(PATH, &query, waiting.open, Paging::SIZE);
    let rows = store::question::list(&mut tx, (paging.skip(), Paging::SIZE), by).await?;
    // A region answers for none of its ICBs.
    let acts = visitor.organisation().kind != OrganisationKind::Region;
    let list = List {
        rows: rows.into_iter().map(|row| Row::of(row, today)).collect(),
        paging,
        waiting: if acts { waiting.waiting } else { 0 },
        late: if acts { waiting.late } else { 0 },
        is_provider: visitor.organisation().kind.provides(),
    };
    Page::new("question/list.html", list).respond(&web, &shell(&visitor))
}

/// What home says of the questions that wait for the organisation.
pub(in crate::pages) fn task(waiting: &Waiting) -> Option<(Permission, Task)> {
    let answer_by = waiting.answer_by.filter(|_| waiting.waiting > 0)?;
    let late = match waiting.late {
        0 => String::new(),
        1 => " 1 is late.".to_owned(),
        late => format!(" {late} are late."),
    };
    let task = Task {
        title: format!("Answer or close {}", plural(waiting.waiting, "question", None)),
        hint: format!("The first answer is due by {}.{late}", long_date(answer_by)),
        href: PATH.to_owned(),
    };
    Some((Permission::AskQuestions, task))
}
