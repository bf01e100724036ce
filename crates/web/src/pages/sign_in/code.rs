//! The code after the password: whoever comes here has no session yet and can do nothing else.

use super::{own_path, signed_in};
use crate::Web;
use crate::client::From;
use crate::error::WebError;
use crate::flash::{Flash, see_other};
use crate::form::{Errors, Fields, Query};
use crate::page::{Page, Shell};
use crate::session::{forget_step, keep_step, step_in};
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use serde::Serialize;
use std::sync::Arc;
use store::Failed;
use store::person::CannotSignIn;

const PATH: &str = "/sign-in/code";

/// What `sign_in/code.html` sees.
#[derive(Debug, Serialize)]
struct Ask {
    /// Where to go afterwards.
    next: String,
}

/// The way to this page for whose password was right.
pub(super) fn to(web: &Web, step: &str, next: &str) -> Response {
    let query = Fields::from_iter([("next", own_path(next))]).query_string();
    let mut response = see_other(&format!("{PATH}?{query}"));
    response.headers_mut().append(header::SET_COOKIE, keep_step(web, step));
    response
}

fn page(next: &str, errors: Errors) -> Page {
    Page::new("sign_in/code.html", Ask { next: own_path(next).to_owned() }).errors(errors)
}

fn begin_again(web: &Web) -> Response {
    let mut response =
        Flash::information(CannotSignIn::StepIsOver.to_string()).redirect("/sign-in");
    response.headers_mut().append(header::SET_COOKIE, forget_step(web));
    response
}

pub(super) async fn ask(
    State(web): State<Arc<Web>>,
    Extension(shell): Extension<Shell>,
    headers: HeaderMap,
    Query(query): Query,
) -> Result<Response, WebError> {
    if !store::session::at_code(&web.db, &step_in(&headers, &web), &(web.clock)()).await? {
        return Ok(begin_again(&web));
    }
    page(query.get("next"), Errors::new()).respond(&web, &shell)
}

/// "Sign in".
pub(super) async fn act(
    State(web): State<Arc<Web>>,
    Extension(shell): Extension<Shell>,
    From(client): From,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, WebError> {
    let (step, key) = (step_in(&headers, &web), web.settings.secret_key.as_ref());
    let typed = (&*step, fields.get("code"));
    match store::session::enter_code(&web.db, typed, key, &client, &(web.clock)()).await {
        Ok(token) => {
            let mut response = signed_in(&web, &token, fields.get("next"));
            response.headers_mut().append(header::SET_COOKIE, forget_step(&web));
            Ok(response)
        }
        Err(Failed::Refused(CannotSignIn::StepIsOver)) => Ok(begin_again(&web)),
        Err(Failed::Refused(why)) => {
            let status = match why {
                CannotSignIn::TooManyAttempts(_) => StatusCode::TOO_MANY_REQUESTS,
                _ => StatusCode::UNPROCESSABLE_ENTITY,
            };
            let page = page(fields.get("next"), Errors::one("code", why.to_string()));
            page.status(status).respond(&web, &shell)
        }
        Err(Failed::Other(fault)) => Err(fault.into()),
    }
}
