//! `accord import extract FILE`: figures in either layout of CQRS, all of them or none.

use crate::{Database, clock, input};
use clap::Args;
use domain::{Actor, calendar::long_instant, extract::CannotLoad, money::thousands};
use std::path::PathBuf;
use store::{
    Failed,
    extract::{File, Loaded},
};

/// Figures of providers, and the calculations they lead to.
#[derive(Args)]
pub struct Extract {
    /// CSV in the layout of CQRS with 12 columns or the older one with 7, which its header decides; may be gzipped
    file: PathBuf,
}

/// Who submits figures of a file that does not say.
const COMMAND: &str = "accord import extract";

impl Extract {
    /// Loads the file, and says what was loaded, calculated and returned to providers.
    pub async fn run(self, database: &Database) -> Result<String, String> {
        let now = clock::now();
        let mut input = input::open(&self.file)?;
        let (extract, problems) = domain::extract::read(&mut input, COMMAND, now.instant);
        let (name, hash) = (input::name(&self.file), input.finish());
        let db = database.open().await?;
        let file = File { name: &name, hash: &hash, problems: &problems };
        let loaded =
            store::extract::load(&db, file, &extract, &Actor::command(COMMAND), &now).await;
        loaded.map(|loaded| said(&name, &loaded)).map_err(|failed| match failed {
            Failed::Refused(CannotLoad::Rows(problems)) => input::refused(&self.file, &problems),
            other => format!("{}: {other}. Nothing was saved.", self.file.display()),
        })
    }
}

/// What a file came to, a line for each thing that happened.
fn said(name: &str, loaded: &Loaded) -> String {
    if let Some(before) = &loaded.before {
        return format!(
            "{name} was loaded on {} by {} as {}. Nothing has changed.\n",
            long_instant(before.at),
            before.by,
            before.name
        );
    }
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
        (loaded.unchanged, "unchanged, because the same figures were loaded before"),
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
