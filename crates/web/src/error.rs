//! What can go wrong on any page, each with a page that says what to do next.

use crate::Web;
use crate::page::{Page, Shell};
use crate::request_id;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::any::Any;
use std::sync::Arc;
use store::StoreError;

/// Why a request could not be answered as asked. A refusal by a rule is not one of these: it is shown where it was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum WebError {
    /// There is nothing at this address, or nothing that this person may know of.
    #[error("There is no page at this address.")]
    NotFound,
    /// The person may not do this.
    #[error("{why}")]
    Forbidden {
        /// "You cannot create a payment file."
        why: String,
        /// Who can, or whom to ask: "2 people in your organisation can: Ana Ruiz, Tom Hill."
        who: String,
    },
    /// Somebody else changed the record since the person saw it.
    #[error("Someone else changed this while you were working.")]
    Stale {
        /// Where to see it as it is now; empty when only the person knows.
        see: String,
    },
    /// The request does not make sense: an old address, or a form that is not ours.
    #[error("The service did not understand the request.")]
    BadRequest,
    /// What was sent is larger than allowed.
    #[error("What you sent is too large.")]
    TooLarge,
    /// The service cannot answer for the moment.
    #[error("The service is not available for the moment.")]
    Unavailable,
    /// A fault of ours. It is written to the log under a reference that the person can quote.
    #[error("{0}")]
    Internal(Arc<dyn std::error::Error + Send + Sync>),
}

impl WebError {
    /// A fault of ours.
    pub fn internal(fault: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(Arc::from(fault.into()))
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Forbidden { .. } => StatusCode::FORBIDDEN,
            Self::Stale { .. } => StatusCode::CONFLICT,
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn template(&self) -> &'static str {
        match self {
            Self::NotFound => "error/not_found.html",
            Self::Forbidden { .. } => "error/forbidden.html",
            Self::Stale { .. } => "error/stale.html",
            Self::BadRequest => "error/bad_request.html",
            Self::TooLarge => "error/too_large.html",
            Self::Unavailable => "error/unavailable.html",
            Self::Internal(_) => "error/internal.html",
        }
    }

    /// The error for a bare answer of the framework, which has no page of its own.
    fn of_status(status: StatusCode) -> Option<Self> {
        match status {
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => Some(Self::NotFound),
            StatusCode::PAYLOAD_TOO_LARGE => Some(Self::TooLarge),
            StatusCode::REQUEST_TIMEOUT
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => Some(Self::Unavailable),
            status if status.is_client_error() => Some(Self::BadRequest),
            status if status.is_server_error() => Some(Self::internal(format!("a bare {status}"))),
            _ => None,
        }
    }
}

/// What every store function may answer; a refusal by a rule is not among these.
impl From<StoreError> for WebError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::NotFound,
            StoreError::Stale => Self::Stale { see: String::new() },
            StoreError::Busy => Self::Unavailable,
            StoreError::Down(fault) => {
                tracing::error!(%fault, "the database is not available");
                Self::Unavailable
            }
            other => Self::internal(other),
        }
    }
}

/// The error alone: [`pages`] makes the page of it, because only there the shell is known.
impl IntoResponse for WebError {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        if matches!(self, Self::Unavailable) {
            // Seconds in which a full queue is worked off.
            let soon = HeaderValue::from_static("5");
            response.headers_mut().insert(header::RETRY_AFTER, soon);
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// What the templates of `templates/error/` see.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Sight {
    /// What the person may not do.
    pub why: String,
    /// Who can help.
    pub who: String,
    /// Where to see the record as it is now.
    pub see: String,
    /// What to quote.
    pub reference: String,
}

/// Gives every failed answer its page. An answer with a page of its own, such as a form with errors, or with a body of
/// another kind than plain text, stays as it is.
pub async fn pages(State(web): State<Arc<Web>>, request: Request, next: Next) -> Response {
    let shell = request.extensions().get::<Shell>().cloned();
    let mut response = next.run(request).await;
    let error = response.extensions_mut().remove::<WebError>();
    let bare = || {
        response
            .headers()
            .get(header::CONTENT_TYPE)
            .is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"))
    };
    let Some(error) =
        error.or_else(|| if bare() { WebError::of_status(response.status()) } else { None })
    else {
        return response;
    };
    let shell = response
        .extensions_mut()
        .remove::<Shell>()
        .or(shell)
        .unwrap_or_else(|| Shell::signed_out(&web));
    let mut page = answer(&web, &shell, &error);
    *page.status_mut() = response.status();
    for name in [header::ALLOW, header::RETRY_AFTER] {
        if let Some(value) = response.headers_mut().remove(&name) {
            page.headers_mut().insert(name, value);
        }
    }
    page
}

/// The page of an error, for what stands around [`pages`].
pub(crate) fn answer(web: &Web, shell: &Shell, error: &WebError) -> Response {
    let mut sight = Sight::default();
    match error {
        WebError::Forbidden { why, who } => (sight.why, sight.who) = (why.clone(), who.clone()),
        WebError::Stale { see } => sight.see.clone_from(see),
        WebError::Internal(fault) => {
            sight.reference = request_id::current();
            tracing::error!(
                reference = sight.reference,
                fault = describe(fault.as_ref()),
                "a request failed"
            );
        }
        WebError::Unavailable => sight.reference = request_id::current(),
        _ => {}
    }
    let reference = sight.reference.clone();
    match Page::new(error.template(), sight).status(error.status()).respond(web, shell) {
        Ok(page) => page,
        Err(second) => {
            // Only a broken layout comes here; the person still gets a sentence and the reference.
            tracing::error!(reference, fault = %second, "the page of an error cannot be made");
            let kind = HeaderValue::from_static("text/plain; charset=utf-8");
            (
                error.status(),
                [(header::CONTENT_TYPE, kind)],
                format!("There is a problem with the service. {reference}\n"),
            )
                .into_response()
        }
    }
}

/// The fault with everything that caused it, in one line.
fn describe(fault: &dyn std::error::Error) -> String {
    let mut text = fault.to_string();
    let mut cause = fault.source();
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}

/// What a person can read out over the telephone: no vowels, no letters that look like digits.
pub(crate) fn reference() -> String {
    const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
    let mut bytes = [0_u8; 8];
    if getrandom::fill(&mut bytes).is_err() {
        return "unknown".to_owned();
    }
    bytes.iter().map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()])).collect()
}

/// Makes an error of a handler that panicked, so that the person gets the page and the log the reason.
#[must_use]
pub fn panicked(payload: Box<dyn Any + Send + 'static>) -> Response {
    let said = payload
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    WebError::internal(format!("a handler panicked: {}", said.unwrap_or_default())).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_short_and_different_each_time() {
        let one = reference();
        assert_eq!(one.len(), 8);
        assert_ne!(one, reference());
    }

    #[test]
    fn the_log_gets_the_cause_as_well() {
        let inner = std::io::Error::other("the disk is full");
        let outer =
            minijinja::Error::new(minijinja::ErrorKind::BadInclude, "no").with_source(inner);
        assert!(describe(&outer).ends_with("the disk is full"));
    }
}
