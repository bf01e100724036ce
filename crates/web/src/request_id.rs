//! The name of a request: in the log, in a header of the answer, and on the page of an error, so that a person can quote it.

use crate::error::reference;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use std::time::Instant;
use tracing::Instrument;

/// The header that names a request.
const HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// Shorter ones tell too few requests apart.
const SHORTEST: usize = 8;
/// Longer ones fill the log.
const LONGEST: usize = 64;

tokio::task_local! {
    static CURRENT: String;
}

/// The name of the request that is being answered; one of its own outside of any.
pub(crate) fn current() -> String {
    CURRENT.try_with(Clone::clone).unwrap_or_else(|_| reference())
}

/// Names a request, as the proxy in front did or anew, and writes a line to the log once it is answered. The line says the
/// address as it is registered, because what stands in its place may be somebody's link.
pub async fn name(request: Request, next: Next) -> Response {
    let id = given(request.headers()).unwrap_or_else(reference);
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let route = route.unwrap_or_else(|| "none".to_owned());
    // Asked every few seconds, these would be most of the log.
    let is_probe = ["/healthz", "/readyz"].contains(&&*route);
    let span = tracing::info_span!("request", id);
    let begun = Instant::now();
    let answered = async {
        let response = next.run(request).await;
        let (status, ms) = (response.status().as_u16(), begun.elapsed().as_millis() as u64);
        if is_probe {
            tracing::debug!(%method, route, status, ms, "answered");
        } else {
            tracing::info!(%method, route, status, ms, "answered");
        }
        response
    };
    let mut response = CURRENT.scope(id.clone(), answered.instrument(span)).await;
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HEADER, id);
    }
    response
}

/// The name that came with a request, when it is one: letters, digits and a few signs, neither short nor long.
fn given(headers: &HeaderMap) -> Option<String> {
    let given = headers.get(&HEADER)?.to_str().ok()?;
    let is_plain = |one: char| one.is_ascii_alphanumeric() || "-_.".contains(one);
    ((SHORTEST..=LONGEST).contains(&given.len()) && given.chars().all(is_plain))
        .then(|| given.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_name_is_taken_from_a_proxy() {
        let long = "x".repeat(LONGEST + 1);
        for (text, is_taken) in [
            ("01930f6a-77c1-7b3c-9a52-8f1d2e3c4b5a", true),
            ("8charact", true),
            ("short", false),
            ("with a space in it", false),
            ("\"quoted\"-and-more", false),
            ("<script>alert(1)</script>", false),
            (long.as_str(), false),
        ] {
            let headers =
                HeaderMap::from_iter([(HEADER, HeaderValue::from_str(text).expect("a header"))]);
            assert_eq!(given(&headers).is_some(), is_taken, "{text}");
        }
    }
}
