//! Providers that people sign in with: the file that describes them, and what this service proves itself by.

use clap::Args;
use domain::access::provider;
use std::{
    fs,
    path::{Path, PathBuf},
};
use web::open_id::Provider;

/// Who says who somebody is, beside passwords.
#[derive(Args, Clone, Debug, Default)]
pub struct SignInWith {
    /// File that describes the OpenID Connect providers that people can sign in with, such as NHSmail: see docs/sign-in.md
    #[arg(long, env = "ACCORD_SIGN_IN_WITH", value_name = "FILE")]
    sign_in_with: Option<PathBuf>,
}

impl SignInWith {
    /// The file, where one is set.
    pub fn file(&self) -> Option<&Path> {
        self.sign_in_with.as_deref()
    }

    /// The files of secrets that it names, as far as it can be read.
    pub fn secret_files(&self) -> Vec<PathBuf> {
        let Some(file) = &self.sign_in_with else { return Vec::new() };
        let read = fs::read_to_string(file).ok().and_then(|text| provider::read(&text).ok());
        let named = read.into_iter().flatten().filter_map(|own| own.client_secret_file);
        named
            .map(|secret| file.parent().map(|folder| folder.join(secret)).unwrap_or_default())
            .collect()
    }

    /// The providers, for a service that people reach by an address.
    ///
    /// # Errors
    /// Everything that is wrong with the file, or that there is no address that a provider could send people back to.
    pub fn providers(&self, address: Option<&str>) -> Result<Vec<Provider>, String> {
        let Some(file) = &self.sign_in_with else { return Ok(Vec::new()) };
        let wrong = |why: &str| format!("--sign-in-with: {}: {why}", file.display());
        let address = address.ok_or_else(|| {
            wrong(
                "providers send people back to the address of this service, so --address is needed",
            )
        })?;
        let text = fs::read_to_string(file).map_err(|error| wrong(&error.to_string()))?;
        let found = provider::read(&text).map_err(|all| wrong(&all.join("; ")))?;
        let with_secret = |own: provider::Provider| {
            let secret = own.client_secret_file.as_ref().map(|secret| {
                // A relative path is beside the file that names it.
                let secret = file.parent().map(|folder| folder.join(secret)).unwrap_or_default();
                let read = fs::read_to_string(&secret);
                read.map_err(|error| wrong(&format!("{}: {error}", secret.display())))
            });
            let secret = secret.transpose()?.map(|secret| secret.trim().to_owned());
            Provider::new(own, secret, address).map_err(|error| wrong(&error.to_string()))
        };
        found.into_iter().map(with_secret).collect()
    }
}
