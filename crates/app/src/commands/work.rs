//! `accord work`: calculates the periods that have ended, as `accord serve` does every minute.

use crate::{Database, clock};
use clap::Args;
use domain::{Actor, Now, money::thousands};
use store::{Db, achievement::Swept};

/// Calculate periods that have ended, once.
#[derive(Args)]
pub struct Work {
    #[command(flatten)]
    database: Database,
}

impl Work {
    /// Calculates, and says how much.
    pub async fn run(self) -> Result<String, String> {
        let db = self.database.open().await?;
        let swept = sweep(&db, &clock::now()).await.map_err(|error| error.to_string())?;
        Ok(format!(
            "{} achievements calculated, {} held because something other than figures is missing\n",
            thousands(swept.calculated),
            thousands(swept.held)
        ))
    }
}

/// Calculates every achievement that has become due.
pub async fn sweep(db: &Db, now: &Now) -> store::Result<Swept> {
    store::achievement::sweep(db, &Actor::system("Accord"), now).await
}
