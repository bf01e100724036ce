//! Who is let through to an address: asked of the table before anything of the request is read.

use super::needs::{Needs, Row, TABLE, row};
use crate::Web;
use crate::error::WebError;
use crate::flash::{Flash, see_other};
use crate::pages::account::{self, factor};
use crate::pages::reference;
use crate::session::{LEFT, Visitor, to_sign_in};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::Permission;
use std::sync::Arc;

/// Lets a request through to its address when the table says so. What a page asks again for its own record stays its own
/// matter: whose record it is, and in which state.
pub(crate) async fn guard(State(web): State<Arc<Web>>, request: Request, next: Next) -> Response {
    let method = match *request.method() {
        Method::GET | Method::HEAD => "GET",
        Method::POST => "POST",
        // Nothing answers to any other, and the router says what does.
        _ => return next.run(request).await,
    };
    let Some(path) = request.extensions().get::<MatchedPath>().cloned() else {
        return next.run(request).await;
    };
    let Some(row) = row(method, path.as_str()) else {
        return not_here(path.as_str());
    };
    if names_nothing(request.uri().path()) {
        return WebError::NotFound.into_response();
    }
    let visitor = request.extensions().get::<Visitor>().cloned();
    let refused = match (&row.needs, visitor) {
        (_, visitor) if web.settings.passwords_off && is_about_passwords(row) => {
            Some(no_passwords(&web, visitor.is_some()))
        }
        (Needs::Nothing, _) => None,
        (Needs::Demo, _) => (!web.demo).then(|| WebError::NotFound.into_response()),
        (_, None) => Some(to_sign_in(request.method(), request.uri())),
        (_, Some(visitor)) if visitor.must_set_up && !leads_to_it(path.as_str()) => {
            Some(see_other(factor::PATH))
        }
        (needs, Some(visitor)) => {
            needs.refusal(&visitor, &web).await.err().map(IntoResponse::into_response)
        }
    };
    match refused {
        Some(refused) => refused,
        None => next.run(request).await,
    }
}

/// Whether an address is about signing in with a password, or about what comes with one.
fn is_about_passwords(row: &Row) -> bool {
    let beginnings = ["/password/", "/account/password", factor::PATH, "/sign-in/code"];
    beginnings.iter().any(|start| row.path.starts_with(start))
        || (row.method, row.path) == ("POST", "/sign-in")
}

/// Leads people to where they can do something, and says why.
fn no_passwords(web: &Web, is_signed_in: bool) -> Response {
    let names: Vec<&str> = web.settings.providers.iter().map(|one| &*one.settings.name).collect();
    let said =
        format!("Nobody signs in with a password here. Sign in with {}.", names.join(" or "));
    Flash::information(said).redirect(if is_signed_in { account::PATH } else { "/sign-in" })
}

/// Whether an address is open to somebody who must set up a second factor first: that itself, staying and going.
fn leads_to_it(path: &str) -> bool {
    path.starts_with(factor::PATH) || [LEFT, "/session/stay", "/sign-out"].contains(&path)
}

/// Whether an address holds a control character, written as `%00` to `%1F` or `%7F`: no record has one in its name, and a
/// database would stumble over it.
fn names_nothing(path: &str) -> bool {
    let is_control =
        |code: &str| u8::from_str_radix(code, 16).is_ok_and(|byte| byte.is_ascii_control());
    path.split('%').skip(1).any(|rest| rest.get(..2).is_some_and(is_control))
}

/// An address without a row for the method: nobody has said who may, so nobody may.
fn not_here(path: &str) -> Response {
    let known = TABLE.iter().filter(|row| row.path == path);
    let methods: Vec<&str> = known
        .flat_map(|row| if row.method == "GET" { vec!["GET", "HEAD"] } else { vec![row.method] })
        .collect();
    let mut response = StatusCode::METHOD_NOT_ALLOWED.into_response();
    if let Ok(allowed) = HeaderValue::from_str(&methods.join(",")) {
        response.headers_mut().insert(header::ALLOW, allowed);
    }
    response
}

impl Needs {
    /// Refuses who may not come in, with the page that says which role it needs and who holds it.
    async fn refusal(&self, visitor: &Visitor, web: &Web) -> Result<(), WebError> {
        let Some(any) = self.of(visitor.organisation().kind) else {
            return visitor.must_commission(!visitor.organisation().kind.commissions());
        };
        match any {
            [] => Ok(()),
            any if any.iter().any(|permission| visitor.actor.may(*permission)) => Ok(()),
            // Who can is at the top, and not among the visitor's colleagues.
            [Permission::UseNationalFigures, ..] => Err(reference::forbidden(visitor, web).await),
            [first, ..] => visitor.must(web, *first).await,
        }
    }
}
