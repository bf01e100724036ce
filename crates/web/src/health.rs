//! For those who operate Accord: whether it runs, whether it can serve, and which version it is.

use crate::Web;
use crate::routes::Routes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use std::sync::Arc;

pub(crate) fn routes() -> Routes {
    Routes::new()
        .route("/healthz", get(async || "running\n"))
        .route("/readyz", get(ready))
        .route("/version", get(async || concat!(env!("CARGO_PKG_VERSION"), "\n")))
}

/// Ready when the database answers a question.
async fn ready(State(web): State<Arc<Web>>) -> (StatusCode, &'static str) {
    let answered = async { store::organisation::find_by_code(&mut web.db.read().await?, "").await };
    match answered.await {
        Ok(_) => (StatusCode::OK, "ready\n"),
        Err(fault) => {
            tracing::error!(%fault, "the database does not answer");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n")
        }
    }
}
