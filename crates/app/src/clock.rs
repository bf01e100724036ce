//! The one place that reads the clock.

use domain::Now;

/// The instant and London's date.
#[expect(clippy::disallowed_methods, reason = "this is the place")]
pub fn now() -> Now {
    Now::at(std::time::SystemTime::now().into())
}
