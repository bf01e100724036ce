//! Signing in with a provider: to it, back from it, and out of it.

use super::{own_path, page, signed_in};
use crate::Web;
use crate::client::From;
use crate::error::WebError;
use crate::flash::{Flash, see_other};
use crate::form::{Errors, Fields, Query};
use crate::open_id::{Fault, Provider};
use crate::page::{Page, Shell};
use crate::session::{forget, forget_step, keep_step, step_in};
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::Now;
use serde::Serialize;
use std::sync::Arc;
use store::Failed;
use store::person::identity::{self, BegunWith, Entered};

/// A provider on the sign-in page.
#[derive(Debug, Serialize)]
pub struct Button {
    /// Where an error about it leads.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Where it begins.
    pub href: String,
}

impl Button {
    /// The buttons of all providers.
    pub(super) fn all(web: &Web, next: &str) -> Vec<Self> {
        let button = |provider: &Provider| {
            let key = &provider.settings.key;
            let query = Fields::from_iter([("next", next)]).query_string();
            Self {
                id: id(provider),
                name: provider.settings.name.clone(),
                href: format!("/sign-in/with/{key}?{query}"),
            }
        };
        web.settings.providers.iter().map(button).collect()
    }
}

fn id(provider: &Provider) -> String {
    format!("with-{}", provider.settings.key)
}

fn find<'a>(web: &'a Web, key: &str) -> Result<&'a Provider, WebError> {
    let mut all = web.settings.providers.iter();
    all.find(|provider| provider.settings.key == key).ok_or(WebError::NotFound)
}

/// The sign-in page, saying at the provider's button why it signs nobody in.
async fn not_now(
    web: &Web,
    shell: &Shell,
    (provider, next): (&Provider, &str),
    why: String,
) -> Result<Response, WebError> {
    let form = Fields::from_iter([("next", next)]);
    let mut response = page(web, shell, form, Errors::one(&id(provider), why)).await?;
    response.headers_mut().append(header::SET_COOKIE, forget_step(web));
    Ok(response)
}

fn unavailable(provider: &Provider, fault: &Fault) -> String {
    let Provider { settings, .. } = provider;
    tracing::warn!(provider = settings.key, %fault, "a provider signs nobody in");
    format!("You cannot sign in with {} at the moment. Try again in a few minutes", settings.name)
}

/// Sends the browser to the provider.
pub(super) async fn go(
    State(web): State<Arc<Web>>,
    Extension(shell): Extension<Shell>,
    From(client): From,
    Path(key): Path<String>,
    Query(query): Query,
) -> Result<Response, WebError> {
    let (provider, now) = (find(&web, &key)?, (web.clock)());
    let next = own_path(query.get("next"));
    match identity::may_go(&web.db, &client, &now).await {
        Ok(()) => {}
        Err(Failed::Refused(why)) => {
            let mut response = not_now(&web, &shell, (provider, next), why.to_string()).await?;
            *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
            return Ok(response);
        }
        Err(Failed::Other(fault)) => return Err(fault.into()),
    }
    let (question, away) = match provider.ask(next, &now).await {
        Ok(asked) => asked,
        Err(fault) => {
            let why = unavailable(provider, &fault);
            return not_now(&web, &shell, (provider, next), why).await;
        }
    };
    let state = identity::send(&web.db, &away, &now).await?;
    let cookie = keep_step(&web, &state);
    // The one way out of the service: to the provider that the settings name.
    let there = [(header::LOCATION, question.address(state))];
    let mut response = (StatusCode::SEE_OTHER, there).into_response();
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

/// The browser is back from the provider.
pub(super) async fn back(
    State(web): State<Arc<Web>>,
    Extension(shell): Extension<Shell>,
    From(client): From,
    headers: HeaderMap,
    Path(key): Path<String>,
    Query(query): Query,
) -> Result<Response, WebError> {
    let (provider, now) = (find(&web, &key)?, (web.clock)());
    let state = query.get("state");
    // Only the browser that was sent comes back: a link with somebody else's answer signs nobody in.
    let is_sent = !state.is_empty() && step_in(&headers, &web) == state;
    let away = if is_sent { identity::back(&web.db, state, &now).await? } else { None };
    let Some(away) = away.filter(|away| away.provider == key) else {
        let name = &provider.settings.name;
        return Ok(Flash::information(format!(
            "You waited too long, or came back another way. Sign in with {name} again."
        ))
        .redirect("/sign-in"));
    };
    let at = (provider, &*away.next);
    if !query.get("error").is_empty() {
        let name = &provider.settings.name;
        return not_now(&web, &shell, at, format!("{name} did not sign you in")).await;
    }
    let proved = match provider.prove(query.get("code"), &away, &now).await {
        Ok(proved) => proved,
        Err(fault) => {
            let why = unavailable(provider, &fault);
            return not_now(&web, &shell, at, why).await;
        }
    };
    match identity::enter(&web.db, &provider.settings, &proved, &client, &now).await {
        Ok(Entered { token, not_given }) => {
            let mut response = signed_in(&web, &token, &away.next);
            if !not_given.is_empty() {
                Flash::information(not_given.join(". ")).go_with(&mut response);
            }
            response.headers_mut().append(header::SET_COOKIE, forget_step(&web));
            Ok(response)
        }
        Err(Failed::Refused(why)) => not_now(&web, &shell, at, why.to_string()).await,
        Err(Failed::Other(fault)) => Err(fault.into()),
    }
}

/// What `sign_in/out.html` sees.
#[derive(Debug, Serialize)]
struct Out {
    /// The provider where the person may be signed in still.
    name: String,
    /// Where to sign out there too.
    href: String,
}

/// The answer to signing out: to the sign-in page, or first to a page that leads out of the provider too.
pub(super) async fn out(
    web: &Web,
    begun_with: Option<BegunWith>,
    now: &Now,
) -> Result<Response, WebError> {
    let mut response = match begun_with {
        Some(begun) => leave(web, &begun, now).await?,
        None => see_other("/sign-in"),
    };
    response.headers_mut().append(header::SET_COOKIE, forget(web));
    Ok(response)
}

async fn leave(web: &Web, begun: &BegunWith, now: &Now) -> Result<Response, WebError> {
    // It may have been taken out of the settings since.
    let Ok(provider) = find(web, &begun.provider) else { return Ok(see_other("/sign-in")) };
    let href = match provider.leave(&begun.id_token, now).await {
        Ok(Some(href)) => href,
        Ok(None) => return Ok(see_other("/sign-in")),
        Err(fault) => {
            tracing::warn!(provider = begun.provider, %fault, "nobody signs out of a provider");
            return Ok(see_other("/sign-in"));
        }
    };
    let out = Out { name: provider.settings.name.clone(), href };
    Page::new("sign_in/out.html", out).respond(web, &Shell::signed_out(web))
}
