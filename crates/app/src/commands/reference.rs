//! `accord import reference FILE`: loads national figures, and with `--use` takes them into use.

use crate::{Database, clock, input};
use clap::Args;
use domain::{Actor, money::thousands};
use std::path::PathBuf;

/// National figures of a year: the value of a point, the average list and the prevalences.
#[derive(Args)]
pub struct Reference {
    /// A TOML file with set, year, point_value, average_list, source, published_on and a table prevalence
    file: PathBuf,
    /// Take the figures into use at once; without it they wait for somebody to look at what they change
    #[arg(long = "use")]
    takes_into_use: bool,
}

impl Reference {
    /// Loads the file, and says which version it became and what is calculated again.
    pub async fn run(self, database: &Database) -> Result<String, String> {
        let name = input::name(&self.file);
        let text = String::from_utf8(input::read(&self.file)?)
            .map_err(|_| format!("{name}: found other bytes, allowed text in UTF-8"))?;
        let db = database.open().await?;
        let by = Actor::command("accord import reference");
        let (version, is_new) = store::reference::load(&db, &name, &text, &by, &clock::now())
            .await
            .map_err(|why| format!("{name}: {why}\nNothing was saved."))?;
        let figures = &version.loaded.figures;
        let what = if is_new { "loaded" } else { "already loaded" };
        let mut said =
            format!("{} {}, version {}: {what}\n", figures.set, figures.year, version.number);
        if self.takes_into_use {
            let marked = store::reference::take_into_use(
                &db,
                version.id,
                version.version,
                &by,
                &clock::now(),
            )
            .await
            .map_err(|why| format!("{said}{why}"))?;
            let swept = store::achievement::sweep(&db, &by, &clock::now())
                .await
                .map_err(|error| error.to_string())?;
            said.push_str(&format!(
                "Taken into use. {} achievements looked at again, {} calculated anew.\n",
                thousands(marked),
                thousands(swept.calculated)
            ));
        }
        Ok(said)
    }
}
