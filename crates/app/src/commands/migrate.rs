//! `accord migrate`: brings the database to this program's version, or says what that would do.

use crate::Database;
use clap::Args;
use store::db::steps::{self, Standing, Step};

/// Bring the database to this program's version, or say what that would do.
#[derive(Args)]
pub struct Migrate {
    #[command(flatten)]
    database: Database,
    /// Say what would be done, and change nothing
    #[arg(long)]
    plan: bool,
}

impl Migrate {
    /// Says the steps, and takes them unless only the plan was asked for.
    pub async fn run(self) -> Result<String, String> {
        let wrong = |error: store::StoreError| error.to_string();
        let db = if self.plan {
            self.database.as_it_is().await?
        } else {
            self.database.new_one().await?
        };
        let steps = match db.standing().await.map_err(wrong)? {
            Standing::Newer(version) => {
                return Err(steps::newer("the database", version).to_string());
            }
            Standing::Current => {
                return Ok(format!("Nothing to do: the tables are at step {}.\n", steps::newest()));
            }
            Standing::New => steps::steps().collect(),
            Standing::Older(steps) => steps,
        };
        let line = |step: &Step| format!("{:04} {}\n", step.version, step.about);
        let said: String = steps.iter().map(line).collect();
        if self.plan {
            return Ok(format!(
                "{said}{} steps to take. Nothing was changed. Make a backup before: accord backup\n",
                steps.len()
            ));
        }
        store::prepare(&db).await.map_err(wrong)?;
        Ok(format!("{said}{} steps were taken.\n", steps.len()))
    }
}
