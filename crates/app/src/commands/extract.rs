//! `accord import extract FILE`: figures in the twelve-column layout of CQRS, all of them or none.

use crate::{Database, clock, input};
use clap::Args;
use domain::{
    Actor,
    extract::{CannotLoad, good_rows},
    money::thousands,
};
use std::path::PathBuf;
use store::{
    Failed,
    extract::{File, Loaded},
};

/// Figures of providers, and the calculations they lead to.
#[derive(Args)]
pub struct Extract {
    /// CSV in the twelve-column layout of CQRS; may be gzipped
    file: PathBuf,
}

impl Extract {
    /// Loads the file, and says what was loaded, calculated and returned to providers.
    pub async fn run(self, database: &Database) -> Result<String, String> {
        let bytes = input::read(&self.file)?;
        let (rows, problems) = good_rows(&bytes);
        let (name, hash) = (input::name(&self.file), domain::hash::sha256(&bytes));
        // The rows hold all that is needed of the file, and the file may be large.
        drop(bytes);
        let db = database.open().await?;
        let by = Actor::system("accord import extract");
        let file = File { name: &name, hash: &hash, problems: &problems };
        let loaded = store::extract::load(&db, file, &rows, &by, &clock::now()).await;
        loaded.map(|loaded| said(&loaded)).map_err(|failed| match failed {
            Failed::Refused(CannotLoad::Rows(problems)) => input::refused(&self.file, &problems),
            other => format!("{}: {other}. Nothing was saved.", self.file.display()),
        })
    }
}

/// What a file came to, a line for each thing that happened.
fn said(loaded: &Loaded) -> String {
    let mut text = format!(
        "{} read: {} loaded for {}\n",
        counted(loaded.rows, "row"),
        counted(loaded.figures, "figure"),
        counted(loaded.achievements, "achievement")
    );
    for (number, what) in [
        (loaded.calculated, "calculated"),
        (loaded.waiting, "waiting for other figures or for the period to end"),
        (loaded.held, "held, because something other than figures is missing"),
        (loaded.unchanged, "unchanged, because the file was loaded before"),
        (loaded.locked, "left unchanged, because finance has approved the payment"),
    ] {
        if number > 0 {
            text.push_str(&format!("  {} {what}\n", counted(number, "achievement")));
        }
    }
    if loaded.returned > 0 {
        let number = counted(loaded.returned, "declaration");
        text.push_str(&format!("  {number} returned to the provider, because figures changed\n"));
    }
    if loaded.superseded > 0 {
        let number = counted(loaded.superseded, "figure");
        text.push_str(&format!("  {number} of older submissions kept\n"));
    }
    text
}

fn counted(number: u64, what: &str) -> String {
    format!("{} {what}{}", thousands(number), if number == 1 { "" } else { "s" })
}
