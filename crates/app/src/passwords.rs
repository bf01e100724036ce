//! Which passwords people may not choose, by a list that whoever runs the service has.

use clap::Args;
use std::path::PathBuf;
use store::person::breached::Breached;

/// What passwords are checked against.
#[derive(Args, Clone, Debug, Default)]
pub struct Passwords {
    /// List of passwords that are known from breaches: one in each line, or SHA-1 as Have I Been Pwned publishes them. A list of
    /// more than 64 MiB must be SHA-1 and sorted
    #[arg(long, env = "ACCORD_BREACHED_PASSWORDS", value_name = "FILE")]
    breached_passwords: Option<PathBuf>,
}

impl Passwords {
    /// The list, empty where none is set.
    ///
    /// # Errors
    /// When it cannot be used.
    pub fn breached(&self) -> Result<Breached, String> {
        let opened = self.breached_passwords.as_deref().map(Breached::open).transpose();
        opened.map(Option::unwrap_or_default).map_err(|why| format!("--breached-passwords: {why}"))
    }
}
