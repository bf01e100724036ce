//! `accord audit verify`: walks the chain of events and says whether any was altered, removed or inserted.

use crate::Database;
use clap::{Args, Subcommand};
use domain::money::thousands;

/// Check that the history has not been altered.
#[derive(Args)]
pub struct Audit {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Walk the whole chain of events
    Verify(Database),
}

impl Audit {
    /// Verifies; a broken chain is an error that names the first entry that does not fit.
    pub async fn run(self) -> Result<String, String> {
        let What::Verify(database) = self.what;
        let db = database.open().await?;
        let verified = async { store::event::verify(&mut db.read().await?).await };
        match verified.await.map_err(|error| error.to_string())? {
            Ok(entries) => Ok(format!(
                "The chain of events is complete up to entry {}.\n",
                thousands(entries.unsigned_abs())
            )),
            Err(entry) => Err(format!(
                "The chain of events is broken at entry {}.",
                thousands(entry.unsigned_abs())
            )),
        }
    }
}
