//! Messages: what Accord wrote to the person who signed in, with what became of each email.

use crate::Web;
use crate::error::WebError;
use crate::form::Query;
use crate::page::{Page, Paging};
use crate::routes::Routes;
use crate::session::Visitor;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use chrono::{DateTime, Utc};
use domain::MessageId;
use domain::calendar::long_instant;
use serde::Serialize;
use std::sync::Arc;
use store::message::{Delivery, Received};

/// The addresses of this file.
pub fn routes() -> Routes {
    Routes::new().route("/messages", get(list)).route("/messages/{id}", get(show))
}

const PATH: &str = "/messages";

/// What `message/list.html` sees.
#[derive(Debug, Serialize)]
struct List {
    messages: Vec<Row>,
    paging: Paging,
}

#[derive(Debug, Serialize)]
struct Row {
    id: String,
    subject: String,
    made_at: DateTime<Utc>,
}

async fn list(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, WebError> {
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let total = store::message::count(&mut tx, &visitor.actor).await?;
    let paging = Paging::new(PATH, &query, total, Paging::SIZE);
    let found = store::message::list(&mut tx, paging.skip(), Paging::SIZE, &visitor.actor).await?;
    drop(tx);
    let messages = found
        .into_iter()
        .map(|one| Row { id: one.id.to_string(), subject: one.subject, made_at: one.made_at })
        .collect();
    Page::new("message/list.html", List { messages, paging }).respond(&web, &visitor.shell)
}

/// What `message/show.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    subject: String,
    made_at: DateTime<Utc>,
    paragraphs: Vec<String>,
    link: String,
    email: String,
}

async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(id): Path<MessageId>,
) -> Result<Response, WebError> {
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let Received { subject, body, link, made_at, delivery, .. } =
        store::message::find(&mut tx, id, &visitor.actor).await?;
    drop(tx);
    let show = Show {
        subject,
        made_at,
        paragraphs: body.split("\n\n").map(str::to_owned).collect(),
        link,
        email: email(&delivery, web.sends_mail),
    };
    Page::new("message/show.html", show).respond(&web, &visitor.shell)
}

/// What became of the email, in a sentence.
fn email(delivery: &Delivery, sends_mail: bool) -> String {
    match delivery {
        Delivery::Sent(at) => format!("Accord emailed this to you on {}.", long_instant(*at)),
        Delivery::Failed(fault) => {
            format!("Accord could not email this to you. The mail server said: {fault}")
        }
        Delivery::ToSend if sends_mail => "Accord has not emailed this to you yet.".into(),
        Delivery::ToSend => "This service sends no emails.".into(),
    }
}
