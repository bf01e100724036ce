//! Loading a new version of national figures: the text of a file, beginning with the one in force.

use super::decide::forbidden;
use super::{PATH, named};
use crate::Web;
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::{Errors, Fields, Query};
use crate::page::Page;
use crate::session::Visitor;
use axum::extract::State;
use axum::response::Response;
use domain::ReferenceId;
use domain::reference::ReferenceState;
use std::sync::Arc;
use store::Failed;
use store::reference::CannotLoadFigures;

/// What the history calls a text that came by no file.
const TYPED: &str = "typed text";

pub(super) async fn ask(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, WebError> {
    if let Err(why) = domain::reference::decides(&visitor.actor) {
        return Err(forbidden(&web, &visitor, &why).await);
    }
    let wanted: Option<ReferenceId> = query.get("from").parse().ok();
    let all = store::reference::list(&mut web.db.read_as(&visitor.actor).await?).await?;
    let begins = all
        .iter()
        .find(|own| Some(own.id) == wanted)
        .or_else(|| all.iter().find(|own| own.loaded.state == ReferenceState::InForce));
    let text = begins.map_or("", |own| own.text.as_str());
    Page::new("reference/new.html", ())
        .form(Fields::from_iter([("text", text)]))
        .respond(&web, &visitor.shell)
}

pub(super) async fn load(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    form: Fields,
) -> Result<Response, WebError> {
    let text = form.get("text").replace("\r\n", "\n") + "\n";
    let now = (web.clock)();
    match store::reference::load(&web.db, TYPED, &text, &visitor.actor, &now).await {
        Ok((version, is_new)) => {
            let name = named(&version);
            let flash = if is_new {
                Flash::success(format!("{name} loaded. It waits until somebody takes it into use."))
            } else {
                Flash::information(format!("Nothing loaded. {name} has the same figures."))
            };
            Ok(flash.redirect(&format!("{PATH}/{}", version.id)))
        }
        Err(Failed::Refused(CannotLoadFigures::NotAllowed(why))) => {
            Err(forbidden(&web, &visitor, &why).await)
        }
        Err(Failed::Refused(CannotLoadFigures::Invalid(problems))) => {
            let mut errors = Errors::new();
            for problem in problems {
                errors.add("text", problem.to_string());
            }
            Page::new("reference/new.html", ())
                .form(form)
                .errors(errors)
                .respond(&web, &visitor.shell)
        }
        Err(Failed::Other(fault)) => Err(fault.into()),
    }
}
