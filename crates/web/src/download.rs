//! A file that a page offers: it is saved under its name instead of being shown.

use crate::error::WebError;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

/// As the content type of a table in a text file.
pub(crate) const CSV: &str = "text/csv; charset=utf-8";

/// As the content type of a calendar file (RFC 5545, 8.1).
pub(crate) const ICALENDAR: &str = "text/calendar; charset=utf-8";

/// The answer that holds a file; an error when the name has characters that a header cannot carry.
pub(crate) fn download(
    name: &str,
    kind: &'static str,
    content: impl IntoResponse,
) -> Result<Response, WebError> {
    let name = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""))
        .map_err(WebError::internal)?;
    let kind = HeaderValue::from_static(kind);
    Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)], content)
        .into_response())
}
