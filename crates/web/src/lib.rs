//! What people see: every address, the pages and their templates.

pub mod assets;
pub mod client;
mod download;
pub mod error;
mod escape;
mod export;
pub mod flash;
pub mod form;
mod health;
pub mod help;
pub mod nhs;
pub mod open_id;
pub mod page;
pub mod pages;
mod request_id;
pub mod routes;
pub mod security;
mod security_txt;
pub mod session;
pub mod settings;
pub mod template;
pub mod words;
mod workbook;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use domain::Now;
use routes::Routes;
use std::sync::Arc;
use std::time::Duration;
use template::Templates;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::timeout::TimeoutLayer;

/// Bytes of a form: two hundred rows with a long note each.
const LARGEST_FORM: usize = 1 << 20;
/// A request that is not answered by then, its form included, is given up.
const ANSWER_BY: Duration = Duration::from_secs(20);

/// What every handler can reach.
pub struct Web {
    /// The database.
    pub db: store::Db,
    /// What time it is: only `app` reads the clock.
    pub clock: Arc<dyn Fn() -> Now + Send + Sync>,
    /// Whether emails are sent, so that pages promise none where they are not.
    pub sends_mail: bool,
    /// Every template, parsed.
    pub templates: Templates,
    /// Lists personas to sign in as, and shows the strip that says that nothing here is paid.
    pub demo: bool,
    /// Whether people reach the service by HTTPS, so that its cookies travel no other way.
    pub is_https: bool,
    /// What else whoever runs the service has set.
    pub settings: settings::Settings,
}

/// The addresses of pages, and those that answer without asking who is there.
fn rooms() -> (Routes, Routes) {
    let pages = Routes::new()
        .merge(help::routes())
        .merge(security_txt::routes())
        .merge(pages::sign_in::routes())
        .merge(pages::account::routes())
        .merge(pages::home::routes())
        .merge(pages::message::routes())
        .merge(pages::calendar::routes())
        .merge(pages::cluster::routes())
        .merge(pages::contract::routes())
        .merge(pages::offer::routes())
        .merge(pages::delegation::routes())
        .merge(pages::deputy::routes())
        .merge(pages::variation::routes())
        .merge(pages::service::routes())
        .merge(pages::organisation::routes())
        .merge(pages::person::routes())
        .merge(pages::audit::routes())
        .merge(pages::submission::routes())
        .merge(pages::achievement::routes())
        .merge(pages::adjustment::routes())
        .merge(pages::network::routes())
        .merge(pages::declaration::routes())
        .merge(pages::receipt::routes())
        .merge(pages::question::routes())
        .merge(pages::correction::routes())
        .merge(pages::hold::routes())
        .merge(pages::payment::routes())
        .merge(pages::reference::routes());
    (pages, Routes::new().merge(assets::routes()).merge(health::routes()))
}

/// Every address as it is registered, `/services/{offer}`.
#[must_use]
pub fn paths() -> Vec<String> {
    let (pages, bare) = rooms();
    pages.merge(bare).paths().to_vec()
}

/// Every address of the service, each open to whom [`routes::TABLE`] says.
pub fn router(web: Arc<Web>) -> Router {
    let (pages, bare) = rooms();
    pages
        .into_router()
        .fallback(async || error::WebError::NotFound)
        .layer(from_fn_with_state(web.clone(), routes::guard))
        .layer(CatchPanicLayer::custom(error::panicked))
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
        // A client that stops in the middle of its form must not hold its place.
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, ANSWER_BY))
        .layer(from_fn(security::same_origin))
        // What stands above may fail and gets its page here; what stands below applies to that page as well.
        .layer(from_fn_with_state(web.clone(), error::pages))
        .layer(from_fn_with_state(web.clone(), session::visit))
        .merge(bare.into_router())
        .layer(from_fn(security::headers))
        .layer(CompressionLayer::new().gzip(true))
        .layer(from_fn_with_state(web.clone(), security::https_only))
        // Around everything, so that whatever is logged within has the name.
        .layer(from_fn(request_id::name))
        .with_state(web)
}
