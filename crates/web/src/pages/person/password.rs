//! Setting a password with a link: for people who are not signed in.

use crate::Web;
use crate::client::From;
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::{Errors, Fields};
use crate::page::{Page, Shell};
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::access::PASSWORD_MIN;
use serde::Serialize;
use std::sync::Arc;
use store::Failed;
use store::person::link::{self, CannotSet};

/// What `person/password.html` sees.
#[derive(Debug, Serialize)]
struct Ask {
    token: String,
    email: String,
    least: usize,
}

pub(super) async fn ask(
    State(web): State<Arc<Web>>,
    Extension(shell): Extension<Shell>,
    Path(token): Path<String>,
) -> Result<Response, WebError> {
    page(&web, &shell, token, Errors::new()).await
}

async fn page(
    web: &Web,
    shell: &Shell,
    token: String,
    errors: Errors,
) -> Result<Response, WebError> {
    match link::whose(&web.db, &token, &(web.clock)()).await {
        Ok(whose) => {
            let ask = Ask { token, email: whose.email, least: PASSWORD_MIN };
            Page::new("person/password.html", ask).errors(errors).respond(web, shell)
        }
        Err(Failed::Refused(why)) => gone(web, shell, &why),
        Err(Failed::Other(fault)) => Err(fault.into()),
    }
}

/// What `person/password_gone.html` sees.
#[derive(Debug, Serialize)]
struct Gone {
    why: String,
}

fn gone(web: &Web, shell: &Shell, why: &CannotSet) -> Result<Response, WebError> {
    let page = Page::new("person/password_gone.html", Gone { why: why.to_string() });
    page.status(StatusCode::GONE).respond(web, shell)
}

/// "Set password".
pub(super) async fn set(
    State(web): State<Arc<Web>>,
    Extension(shell): Extension<Shell>,
    From(client): From,
    Path(token): Path<String>,
    form: Fields,
) -> Result<Response, WebError> {
    let (password, again) = (form.get("password"), form.get("again"));
    if !password.is_empty() && password != again {
        let errors = Errors::one("again", "Enter the same password in both boxes");
        return page(&web, &shell, token, errors).await;
    }
    let (new, now) = ((password, &web.settings.breached), (web.clock)());
    match link::set_password(&web.db, &token, new, &client, &now).await {
        Ok(()) => Ok(Flash::success("Password set. Log in with it now.").redirect("/sign-in")),
        Err(Failed::Refused(why @ CannotSet::NoSuchLink)) => gone(&web, &shell, &why),
        Err(Failed::Refused(CannotSet::Password(why))) => {
            page(&web, &shell, token, Errors::one("password", why.to_string())).await
        }
        Err(Failed::Other(fault)) => Err(fault.into()),
    }
}
