//! The addresses of the service as they are registered: each is written down, so that none is without a line in the table
//! of what it needs.

mod guard;
mod needs;

pub(crate) use guard::guard;
pub use needs::{Needs, Row, TABLE, row};

use crate::Web;
use axum::Router;
use axum::routing::MethodRouter;
use std::sync::Arc;

/// A router that remembers its addresses.
#[derive(Default)]
pub struct Routes {
    router: Router<Arc<Web>>,
    paths: Vec<String>,
}

impl Routes {
    /// No address yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An address, `/services/{offer}`, with what answers there.
    #[must_use]
    pub fn route(mut self, path: &str, answers: MethodRouter<Arc<Web>>) -> Self {
        self.router = self.router.route(path, answers);
        self.paths.push(path.to_owned());
        self
    }

    /// The addresses of another room as well.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.paths.extend(other.paths);
        self
    }

    /// Every address, in the order of registering.
    #[must_use]
    pub fn paths(&self) -> &[String] {
        &self.paths
    }

    /// The router itself, once every address is there.
    pub(crate) fn into_router(self) -> Router<Arc<Web>> {
        self.router
    }
}
