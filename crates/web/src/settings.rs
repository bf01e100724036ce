//! What whoever runs the service has set and pages need to know.

use crate::open_id::Provider;
use axum::http::HeaderName;
use chrono::TimeDelta;
use domain::access::{demand::Demand, one_time::Key};
use std::sync::Arc;
use store::person::breached::Breached;

/// The settings.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Address that people reach the service by, without a slash at its end: links that leave the service begin with it.
    pub address: Option<String>,
    /// Where weaknesses are reported, as an address that begins with `mailto:` or `https://`.
    pub security_contact: Option<String>,
    /// The header in which a trusted proxy names the address of who asks.
    pub client_header: Option<HeaderName>,
    /// Passwords that nobody may choose, because they are known from breaches.
    pub breached: Breached,
    /// The key without which the secrets of second factors in the database are worth nothing.
    pub secret_key: Option<Key>,
    /// Providers that people sign in with.
    pub providers: Arc<Vec<Provider>>,
    /// A session that nobody uses for so long ends.
    pub idle: TimeDelta,
    /// Whether nobody signs in with a password: everybody does with a provider.
    pub passwords_off: bool,
    /// Of whom a second factor is demanded.
    pub second_factor_for: Demand,
}

impl Default for Settings {
    /// As a program runs that nobody has set anything for.
    fn default() -> Self {
        Self {
            address: None,
            client_header: None,
            breached: Breached::default(),
            secret_key: None,
            providers: Arc::default(),
            security_contact: None,
            idle: TimeDelta::minutes(IDLE_MINUTES),
            passwords_off: false,
            second_factor_for: Demand::default(),
        }
    }
}

/// Minutes after which a session ends that nobody uses, unless it is set otherwise.
pub const IDLE_MINUTES: i64 = 30;
