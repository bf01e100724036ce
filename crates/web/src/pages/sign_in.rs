//! Signing in and out, and choosing the organisation to act for.

mod code;
mod with;

use crate::Web;
use crate::client::From;
use crate::error::WebError;
use crate::flash::see_other;
use crate::form::{Errors, Fields, Query};
use crate::page::{Page, Shell};
use crate::routes::Routes;
use crate::session::{Visitor, keep};
use axum::Extension;
use axum::extract::State;
use axum::http::header;
use axum::response::Response;
use axum::routing::{get, post};
use domain::OrganisationKind;
use serde::Serialize;
use std::sync::Arc;
use store::Failed;
use store::session::Started;

/// The addresses of this file.
pub fn routes() -> Routes {
    Routes::new()
        .route("/sign-in", get(ask).post(sign_in))
        .route("/sign-in/code", get(code::ask).post(code::act))
        .route("/sign-in/persona", post(persona))
        .route("/sign-in/with/{provider}", get(with::go))
        .route("/sign-in/with/{provider}/back", get(with::back))
        .route("/sign-out", post(sign_out))
        .route("/change-organisation", get(organisations).post(act_for))
}

/// What `sign_in/ask.html` sees.
#[derive(Debug, Serialize)]
pub struct Ask {
    /// Where to go afterwards.
    pub next: String,
    /// The personas of a demo; empty on every other system.
    pub groups: Vec<Group>,
    /// Providers to sign in with.
    pub providers: Vec<with::Button>,
    /// Whether people sign in with passwords.
    pub has_passwords: bool,
}

/// Personas of one kind of organisation.
#[derive(Debug, Serialize)]
pub struct Group {
    /// The kind, as a heading.
    pub heading: String,
    /// The personas.
    pub personas: Vec<PersonaRow>,
}

/// One persona.
#[derive(Debug, Serialize)]
pub struct PersonaRow {
    /// Identifier for the button.
    pub id: String,
    /// Name.
    pub name: String,
    /// Job title.
    pub job_title: String,
    /// Organisation and its code.
    pub organisation: String,
}

/// A path of this service; anything else would let a link send people to another site.
fn own_path(next: &str) -> &str {
    // Browsers drop control characters from an address before they read it.
    let is_own = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains(|one: char| one == '\\' || one.is_control());
    if is_own { next } else { "/" }
}

async fn page(
    web: &Web,
    shell: &Shell,
    form: Fields,
    errors: Errors,
) -> Result<Response, WebError> {
    let mut groups: Vec<Group> = Vec::new();
    if web.demo {
        for persona in store::person::personas(&mut web.db.read().await?).await? {
            let heading =
                OrganisationKind::from_name(&persona.kind).map_or("", OrganisationKind::word);
            if groups.last().is_none_or(|group| group.heading != heading) {
                groups.push(Group { heading: heading.to_owned(), personas: Vec::new() });
            }
            if let Some(group) = groups.last_mut() {
                group.personas.push(PersonaRow {
                    id: persona.id.to_string(),
                    name: persona.name,
                    job_title: persona.job_title,
                    organisation: format!("{} ({})", persona.organisation, persona.code),
                });
            }
        }
    }
    let next = own_path(form.get("next")).to_owned();
    let providers = with::Button::all(web, &next);
    Page::new(
        "sign_in/ask.html",
        Ask { next, groups, providers, has_passwords: !web.settings.passwords_off },
    )
    .form(form.without("password"))
    .errors(errors)
    .respond(web, shell)
}

async fn ask(
    State(web): State<Arc<Web>>,
    Extension(shell): Extension<Shell>,
    Query(query): Query,
) -> Result<Response, WebError> {
    page(&web, &shell, query, Errors::new()).await
}

async fn sign_in(
    State(web): State<Arc<Web>>,
    Extension(shell): Extension<Shell>,
    From(client): From,
    fields: Fields,
) -> Result<Response, WebError> {
    let mut errors = Errors::new();
    if fields.get("email").is_empty() {
        errors.add("email", "Enter your email address");
    }
    if fields.get("password").is_empty() {
        errors.add("password", "Enter your password");
    }
    if !errors.is_empty() {
        return page(&web, &shell, fields, errors).await;
    }
    let now = (web.clock)();
    let started = async {
        let typed = (fields.get("email"), fields.get("password"));
        let person = store::person::recognise(&web.db, typed, &client, &now).await?;
        store::session::enter(&web.db, person, &client, &now).await
    };
    match started.await {
        Ok(Started::Session(token)) => Ok(signed_in(&web, &token, fields.get("next"))),
        Ok(Started::Code(step)) => Ok(code::to(&web, &step, fields.get("next"))),
        Err(Failed::Refused(why)) => {
            page(&web, &shell, fields, Errors::one("email", why.to_string())).await
        }
        Err(Failed::Other(fault)) => Err(fault.into()),
    }
}

fn signed_in(web: &Web, token: &str, next: &str) -> Response {
    let mut response = see_other(own_path(next));
    response.headers_mut().append(header::SET_COOKIE, keep(web, token));
    response
}

/// Signs a demo's persona in without a password. On any other system the address does not exist.
async fn persona(
    State(web): State<Arc<Web>>,
    From(client): From,
    fields: Fields,
) -> Result<Response, WebError> {
    let id: uuid::Uuid = fields.get("persona").parse().map_err(|_| WebError::NotFound)?;
    let personas = if web.demo {
        store::person::personas(&mut web.db.read().await?).await?
    } else {
        Vec::new()
    };
    if !personas.iter().any(|persona| persona.id == id) {
        return Err(WebError::NotFound);
    }
    match store::session::start(&web.db, id.into(), &client, &(web.clock)()).await {
        Ok(token) => Ok(signed_in(&web, &token, fields.get("next"))),
        Err(Failed::Refused(why)) => {
            Err(WebError::Forbidden { why: why.to_string(), who: String::new() })
        }
        Err(Failed::Other(fault)) => Err(fault.into()),
    }
}

async fn sign_out(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    From(client): From,
) -> Result<Response, WebError> {
    let now = (web.clock)();
    let mut tx = web.db.glance().await?;
    let begun_with = store::person::identity::begun_with(&mut tx, &visitor.token).await?;
    drop(tx);
    store::session::end(&web.db, &visitor.token, &client, &now).await?;
    with::out(&web, begun_with, &now).await
}

/// What `sign_in/organisations.html` sees.
#[derive(Debug, Serialize)]
pub struct Choice {
    /// The organisations the person holds a role at.
    pub organisations: Vec<ChoiceRow>,
}

/// One organisation to act for.
#[derive(Debug, Serialize)]
pub struct ChoiceRow {
    /// Identifier for the button.
    pub id: String,
    /// Name and code.
    pub name: String,
    /// What it is.
    pub kind: String,
    /// Whether the person acts for it now.
    pub current: bool,
}

async fn organisations(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
) -> Result<Response, WebError> {
    let person = visitor.actor.person().ok_or(WebError::NotFound)?;
    let organisations = store::session::organisations(&mut web.db.read().await?, person)
        .await?
        .into_iter()
        .map(|organisation| ChoiceRow {
            id: organisation.id.to_string(),
            name: format!("{} ({})", organisation.name, organisation.code),
            kind: organisation.kind.word().to_owned(),
            current: organisation.id == visitor.organisation().id,
        })
        .collect();
    Page::new("sign_in/organisations.html", Choice { organisations }).respond(&web, &visitor.shell)
}

async fn act_for(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, WebError> {
    let organisation = fields.get("organisation").parse().map_err(|_| WebError::NotFound)?;
    let token = store::session::act_for(&web.db, &visitor.token, organisation).await?;
    Ok(signed_in(&web, &token, "/"))
}
