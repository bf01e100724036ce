//! `accord service next-year CODE`: prints next year's definition of a service, made from the one that is published.

use crate::Database;
use clap::{Args, Subcommand};
use domain::Actor;

/// Make service definitions.
#[derive(Args)]
pub struct Service {
    #[command(flatten)]
    database: Database,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Print next year's definition: dates, year, name and codes moved on, comments and prices as they are. What must be
    /// looked at is said on standard error; nothing is published
    NextYear {
        /// Code of this year's service, as published: LCS2627
        code: String,
    },
}

impl Service {
    /// Prints the definition, and says beside it what a person must look at.
    pub async fn run(self) -> Result<String, String> {
        let What::NextYear { code } = &self.what;
        let db = self.database.open().await?;
        let by = Actor::command("accord service next-year");
        let mut tx = db.read().await.map_err(|error| error.to_string())?;
        let made = store::service::next_year(&mut tx, code, &by)
            .await
            .map_err(|why| format!("{code}: {why}\nNo definition was made."))?
            .ok_or_else(|| format!("{code}: there is no published service with this code."))?;
        for note in &made.notes {
            eprintln!("{code}: {note}");
        }
        Ok(made.text)
    }
}
