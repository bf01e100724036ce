//! "Your account": who one is, where with which roles, the password and the second factor.

pub(crate) mod factor;
mod session;

use crate::Web;
use crate::client::From;
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::{Errors, Fields};
use crate::open_id::Provider;
use crate::page::Page;
use crate::routes::Routes;
use crate::session::{LEFT, Visitor};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use domain::access::PASSWORD_MIN;
use serde::Serialize;
use std::sync::Arc;
use store::Failed;
use store::person::account::{self, CannotChange, WrongOld};
use store::person::identity;

pub(crate) const PATH: &str = "/account";

/// The addresses of this file.
pub fn routes() -> Routes {
    Routes::new()
        .route(PATH, get(show))
        .route("/account/session/end", post(session::end))
        .route("/account/session/end-others", post(session::end_others))
        .route(LEFT, get(session::left))
        .route("/session/stay", post(session::stay))
        .route("/account/password", get(ask_password).post(change_password))
        .route(factor::PATH, get(factor::show))
        .route("/account/second-factor/begin", post(factor::begin))
        .route("/account/second-factor/confirm", post(factor::confirm))
        .route("/account/second-factor/off", post(factor::switch_off))
}

/// What `account/show.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    name: String,
    email: String,
    job_title: String,
    has_password: bool,
    organisations: Vec<At>,
    factor_since: Option<DateTime<Utc>>,
    codes_left: i64,
    sessions: Vec<session::Row>,
    /// The providers that one can sign in with, each with the day since which one does.
    providers: Vec<(String, Option<DateTime<Utc>>)>,
}

/// The roles held at one organisation.
#[derive(Debug, Serialize)]
struct At {
    name: String,
    roles: Vec<&'static str>,
}

async fn show(State(web): State<Arc<Web>>, visitor: Visitor) -> Result<Response, WebError> {
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let own = account::own(&mut tx, &visitor.actor).await?;
    let factor = store::person::factor::state(&mut tx, &visitor.actor).await?;
    let (idle, by) = (web.settings.idle, &visitor.actor);
    let sessions =
        store::session::sessions(&mut tx, &visitor.token, idle, by, &visitor.now).await?;
    let linked = identity::linked(&mut tx, &visitor.actor).await?;
    drop(tx);
    let since = |provider: &Provider| {
        let own = linked.iter().find(|one| one.issuer == provider.settings.issuer);
        (provider.settings.name.clone(), own.map(|one| one.linked_at))
    };
    let at = |(name, roles): (String, Vec<domain::Role>)| At {
        name,
        roles: roles.iter().map(|role| role.name()).collect(),
    };
    let show = Show {
        name: own.name,
        email: own.email,
        job_title: own.job_title,
        has_password: own.has_password && !web.settings.passwords_off,
        organisations: own.roles.into_iter().map(at).collect(),
        factor_since: factor.since,
        codes_left: factor.codes_left,
        sessions: sessions.into_iter().map(session::Row::of).collect(),
        providers: web.settings.providers.iter().map(since).collect(),
    };
    Page::new("account/show.html", show).respond(&web, &visitor.shell)
}

/// What `account/password.html` sees.
#[derive(Debug, Serialize)]
struct AskPassword {
    email: String,
    least: usize,
    has_password: bool,
}

async fn password_page(web: &Web, visitor: &Visitor) -> Result<Page, WebError> {
    let own = account::own(&mut web.db.read_as(&visitor.actor).await?, &visitor.actor).await?;
    let ask = AskPassword { email: own.email, least: PASSWORD_MIN, has_password: own.has_password };
    Ok(Page::new("account/password.html", ask))
}

async fn ask_password(State(web): State<Arc<Web>>, visitor: Visitor) -> Result<Response, WebError> {
    password_page(&web, &visitor).await?.respond(&web, &visitor.shell)
}

/// "Change password".
async fn change_password(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    From(client): From,
    form: Fields,
) -> Result<Response, WebError> {
    let (new, again) = (form.get("password"), form.get("again"));
    let mut errors = Errors::new();
    if form.get("old").is_empty() {
        errors.add("old", WrongOld::Wrong.to_string());
    }
    if new.is_empty() {
        errors.add("password", "Enter a new password");
    } else if new != again {
        errors.add("again", "Enter the same new password in both boxes");
    }
    if !errors.is_empty() {
        return password_page(&web, &visitor).await?.errors(errors).respond(&web, &visitor.shell);
    }
    let (both, now) = ((form.get("old"), new), (web.clock)());
    let (breached, who) = (&web.settings.breached, (&visitor.actor, &client));
    match account::change_password(&web.db, &visitor.token, both, breached, who, &now).await {
        Ok(()) => {
            let said = "Password changed. Everywhere else you were logged out.";
            Ok(Flash::success(said).redirect(PATH))
        }
        Err(Failed::Refused(why)) => {
            let field = match why {
                CannotChange::Old(_) => "old",
                CannotChange::New(_) => "password",
            };
            let page = password_page(&web, &visitor).await?;
            let page = page.errors(Errors::one(field, why.to_string()));
            page.status(status(matches!(why, CannotChange::Old(WrongOld::TooMany(_)))))
                .respond(&web, &visitor.shell)
        }
        Err(Failed::Other(fault)) => Err(fault.into()),
    }
}

/// The status of a form that was refused, for one that came too often or was wrong.
fn status(is_too_often: bool) -> StatusCode {
    if is_too_often { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::UNPROCESSABLE_ENTITY }
}
