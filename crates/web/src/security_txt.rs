//! `/.well-known/security.txt` (RFC 9116): whom to tell about a weakness of this installation, where its operator has said so.

use crate::Web;
use crate::error::WebError;
use crate::routes::Routes;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, header};
use axum::routing::get;
use chrono::{SecondsFormat, TimeDelta};
use std::fmt::Write;
use std::sync::Arc;

const ADDRESS: &str = "/.well-known/security.txt";
/// The standard wants less than a year.
const GOOD_FOR: TimeDelta = TimeDelta::days(364);

pub(crate) fn routes() -> Routes {
    Routes::new().route(ADDRESS, get(show))
}

async fn show(
    State(web): State<Arc<Web>>,
) -> Result<([(HeaderName, HeaderValue); 1], String), WebError> {
    let Some(contact) = &web.settings.security_contact else {
        return Err(WebError::NotFound);
    };
    let until = ((web.clock)().instant + GOOD_FOR).to_rfc3339_opts(SecondsFormat::Secs, true);
    let mut text = format!("Contact: {contact}\nExpires: {until}\nPreferred-Languages: en\n");
    // The standard allows no other scheme here.
    if let Some(own) = web.settings.address.as_ref().filter(|own| own.starts_with("https://")) {
        let _ = writeln!(text, "Canonical: {own}{ADDRESS}");
    }
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    Ok(([(header::CONTENT_TYPE, kind)], text))
}
