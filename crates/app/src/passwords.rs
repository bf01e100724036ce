//! What whoever runs the service sets for signing in: passwords that nobody may choose, and the key of second factors.

use clap::Args;
use domain::access::one_time::Key;
use std::{
    fs,
    path::{Path, PathBuf},
};
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

/// The key of what the database keeps and nobody may read from a copy of it.
#[derive(Args, Clone, Debug, Default)]
pub struct SecretKey {
    /// File with at least 32 bytes that nobody guesses: without it the secrets of authenticator apps in the database are worth
    /// nothing. Keep it apart from the database and its backups, and never change it
    #[arg(long, env = "ACCORD_SECRET_KEY_FILE", value_name = "FILE")]
    secret_key_file: Option<PathBuf>,
}

/// Fewer bytes might be guessed.
const KEY_BYTES: usize = 32;

impl SecretKey {
    /// The file, where one is set.
    pub fn file(&self) -> Option<&Path> {
        self.secret_key_file.as_deref()
    }

    /// The key, if one is set.
    ///
    /// # Errors
    /// When the file cannot be read or is too short.
    pub fn key(&self) -> Result<Option<Key>, String> {
        let Some(file) = &self.secret_key_file else { return Ok(None) };
        let wrong = |why: &str| format!("--secret-key-file: {}: {why}", file.display());
        let bytes = fs::read(file).map_err(|error| wrong(&error.to_string()))?;
        let bytes = bytes.trim_ascii();
        if bytes.len() < KEY_BYTES {
            let found = bytes.len();
            return Err(wrong(&format!("found {found} bytes, allowed {KEY_BYTES} or more")));
        }
        Ok(Some(Key::of(bytes)))
    }
}
