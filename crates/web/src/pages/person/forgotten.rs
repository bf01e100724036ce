//! "Forgotten your password?": asking for a link, for people who are not signed in. The answer is the same for every address.

use crate::Web;
use crate::client::From;
use crate::error::WebError;
use crate::flash::see_other;
use crate::form::{Errors, Fields};
use crate::page::{Page, Shell};
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use std::sync::Arc;
use store::Failed;
use store::person::link;

pub(super) const PATH: &str = "/password/forgotten";
pub(super) const ASKED: &str = "/password/forgotten/asked";

/// What `person/forgotten.html` sees.
#[derive(Debug, Serialize)]
struct Ask {
    sends_mail: bool,
}

fn page(web: &Web, typed: Fields) -> Page {
    Page::new("person/forgotten.html", Ask { sends_mail: web.sends_mail }).form(typed)
}

pub(super) async fn ask(
    State(web): State<Arc<Web>>,
    Extension(shell): Extension<Shell>,
) -> Result<Response, WebError> {
    page(&web, Fields::default()).respond(&web, &shell)
}

/// "Send the link".
pub(super) async fn act(
    State(web): State<Arc<Web>>,
    Extension(shell): Extension<Shell>,
    From(client): From,
    typed: Fields,
) -> Result<Response, WebError> {
    if !web.sends_mail {
        return page(&web, typed).status(StatusCode::CONFLICT).respond(&web, &shell);
    }
    let email = typed.get("email").to_owned();
    if !email.contains('@') {
        let errors = if email.is_empty() {
            Errors::one("email", "Enter your email address")
        } else {
            let format = "Enter an email address in the correct format, like name@nhs.net";
            Errors::one("email", format)
        };
        return page(&web, typed).errors(errors).respond(&web, &shell);
    }
    match link::ask(&web.db, &email, &client, &(web.clock)()).await {
        Ok(()) => Ok(see_other(ASKED)),
        Err(Failed::Refused(why)) => {
            let errors = Errors::one("email", why.to_string());
            page(&web, typed)
                .errors(errors)
                .status(StatusCode::TOO_MANY_REQUESTS)
                .respond(&web, &shell)
        }
        Err(Failed::Other(fault)) => Err(fault.into()),
    }
}

/// What `person/forgotten_asked.html` sees.
#[derive(Debug, Serialize)]
struct Asked {}

pub(super) async fn asked(
    State(web): State<Arc<Web>>,
    Extension(shell): Extension<Shell>,
) -> Result<Response, WebError> {
    Page::new("person/forgotten_asked.html", Asked {}).respond(&web, &shell)
}
