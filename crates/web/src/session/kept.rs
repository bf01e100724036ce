//! What was typed when the session ended before the form was sent: it comes back in the answer, to be sent again by the person.
//!
//! Nothing is stored and nothing is done: the page holds the fields, and only pressing its button, signed in again, sends them.

use crate::error::{self, WebError};
use crate::form::Fields;
use crate::page::{Page, Shell};
use crate::{ANSWER_BY, LARGEST_FORM, Web};
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use serde::Serialize;

/// Marks the answer of a page that needs somebody to be signed in.
#[derive(Clone, Copy, Debug)]
pub(super) struct SignInFirst;

/// Fields that must never come back: whoever sits there types them again.
const SECRETS: [&str; 4] = ["password", "old", "again", "code"];

/// What `sign_in/kept.html` sees.
#[derive(Debug, Serialize)]
struct Kept {
    action: String,
    fields: Vec<(String, String)>,
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded"))
}

/// Answers a request of nobody who is signed in. Where a form was sent that somebody must be signed in for, its fields come back.
pub(super) async fn answer(web: &Web, shell: &Shell, request: Request, next: Next) -> Response {
    if request.method() != Method::POST || !is_form(request.headers()) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let action = parts.uri.path_and_query().map_or("/", |address| address.as_str()).to_owned();
    let read = tokio::time::timeout(ANSWER_BY, to_bytes(body, LARGEST_FORM)).await;
    let bytes = match read {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(_)) => return error::answer(web, shell, &WebError::TooLarge),
        Err(_) => return error::answer(web, shell, &WebError::Unavailable),
    };
    let fields = Fields::parse(&String::from_utf8_lossy(&bytes));
    let response = next.run(Request::from_parts(parts, Body::from(bytes))).await;
    let is_secret = fields.iter().any(|(name, _)| SECRETS.contains(&name));
    let is_kept = response.extensions().get::<SignInFirst>().is_some();
    if !is_kept || is_secret || action.starts_with("/sign-out") {
        return response;
    }
    let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let kept = Kept { action, fields: fields.iter().map(own).collect() };
    let page = Page::new("sign_in/kept.html", kept).status(StatusCode::UNAUTHORIZED);
    page.respond(web, shell).unwrap_or(response)
}
