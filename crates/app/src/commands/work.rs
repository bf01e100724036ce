//! `accord work`: calculates the periods that have ended, as `accord serve` does every minute.

use crate::{Database, clock};
use clap::Args;
use domain::{Actor, Now};
use store::Db;

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
        let calculated = sweep(&db, &clock::now()).await.map_err(|error| error.to_string())?;
        Ok(format!("{calculated} achievements calculated\n"))
    }
}

/// Calculates every achievement that has become due; gives their number.
pub async fn sweep(db: &Db, now: &Now) -> store::Result<u64> {
    let swept = store::achievement::sweep(db, &Actor::system("period end"), now).await?;
    Ok(swept.calculated)
}
