//! What every answer says to the browser about trust, and which requests from other sites are refused.

use crate::Web;
use crate::error::WebError;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// Nothing may come from elsewhere and nothing may run inside a page: scripts and styles are files of ours.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
];

/// For a year nobody comes by anything but HTTPS, where that is how people reach the service.
const HTTPS_ONLY: &str = "max-age=31536000; includeSubDomains";

/// Sets the headers of every answer. A page is not stored by anybody unless it says so itself.
pub async fn headers(State(web): State<Arc<Web>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if web.is_https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HTTPS_ONLY));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Refuses a change that another site asks a signed-in browser for.
pub async fn same_origin(request: Request, next: Next) -> Response {
    if is_safe(request.method()) || comes_from_here(request.headers(), request.uri().host()) {
        return next.run(request).await;
    }
    WebError::Forbidden {
        why: "This form was sent from another website, so nothing was changed.".to_owned(),
        who: "Go to the page in this service and try again from there.".to_owned(),
    }
    .into_response()
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Browsers of today say where a request comes from. Older ones name the origin, which must then be the host asked.
/// A request with neither does not come from a browser, so it carries nobody's cookies unawares.
fn comes_from_here(headers: &HeaderMap, host: Option<&str>) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return matches!(site.as_bytes(), b"same-origin" | b"none");
    }
    let Some(origin) = headers.get(header::ORIGIN) else {
        return true;
    };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).or(host);
    let origin = origin
        .to_str()
        .ok()
        .and_then(|origin| origin.split_once("://"))
        .map(|(_, authority)| authority);
    matches!((origin, host), (Some(origin), Some(host)) if origin.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_here(pairs: &[(&'static str, &str)]) -> bool {
        let headers = pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().expect("a header")));
        comes_from_here(&HeaderMap::from_iter(headers), None)
    }

    #[test]
    fn only_our_own_pages_may_ask_for_a_change() {
        assert!(from_here(&[("sec-fetch-site", "same-origin"), ("host", "a.example")]));
        assert!(from_here(&[("sec-fetch-site", "none")]));
        assert!(!from_here(&[("sec-fetch-site", "same-site")]));
        assert!(!from_here(&[
            ("sec-fetch-site", "cross-site"),
            ("origin", "https://a.example"),
            ("host", "a.example")
        ]));
    }

    #[test]
    fn an_older_browser_is_known_by_its_origin() {
        assert!(from_here(&[("origin", "https://a.example:8080"), ("host", "A.example:8080")]));
        assert!(!from_here(&[("origin", "https://a.example"), ("host", "a.example:8080")]));
        assert!(!from_here(&[("origin", "null"), ("host", "a.example")]));
        assert!(!from_here(&[("origin", "https://a.example")]));
    }

    #[test]
    fn a_program_says_nothing_of_the_kind() {
        assert!(from_here(&[("host", "a.example")]));
    }
}
