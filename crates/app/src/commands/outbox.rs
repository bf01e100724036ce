//! `accord outbox`: emails that did not go, why, and once more.

use crate::{Database, clock};
use clap::{Args, Subcommand};
use domain::calendar::long_instant;
use store::message::given_up::{self, Unsent};
use uuid::Uuid;

/// See emails that did not go, and let them go once more.
#[derive(Args)]
pub struct Outbox {
    #[command(flatten)]
    database: Database,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Subcommand)]
enum What {
    /// List the emails that were given up, and those that are tried again (as without a word)
    List,
    /// Let those that were given up go after all: all of them, or one
    Retry {
        /// Identifier of an email, as it is listed and in the log
        id: Option<Uuid>,
    },
}

impl Outbox {
    /// Lists them, or lets them go with the next round of `accord serve` or `accord work`.
    pub async fn run(self) -> Result<String, String> {
        let wrong = |error: store::StoreError| error.to_string();
        let (db, now) = (self.database.open().await?, clock::now());
        let What::Retry { id } = self.what.unwrap_or(What::List) else {
            let mut tx = db.read().await.map_err(wrong)?;
            let unsent = given_up::unsent(&mut tx, &now).await.map_err(wrong)?;
            if unsent.is_empty() {
                return Ok("Every email has gone, or waits for its first attempt.\n".to_owned());
            }
            return Ok(unsent.iter().map(line).collect());
        };
        match (given_up::retry(&db, id, &now).await.map_err(wrong)?, id) {
            (0, Some(id)) => {
                Err(format!("found {id}, allowed an email that accord outbox lists as given up"))
            }
            (0, None) => Ok("There was none to try again.\n".to_owned()),
            (1, _) => Ok("1 email goes with the next round.\n".to_owned()),
            (many, _) => Ok(format!("{many} emails go with the next round.\n")),
        }
    }
}

fn line(one: &Unsent) -> String {
    let next = match one.due_at {
        None => "given up".to_owned(),
        Some(at) => format!("next attempt {}", long_instant(at)),
    };
    let Unsent { id, email, subject, fault, attempts, made_at, .. } = one;
    let made_at = long_instant(*made_at);
    let times = if *attempts == 1 { "attempt" } else { "attempts" };
    format!(
        "{id}  {email}  {subject}\n    written {made_at}, {attempts} {times}, {next}: {fault}\n"
    )
}
