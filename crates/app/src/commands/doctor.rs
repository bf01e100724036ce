//! `accord doctor`: says what is wrong and how to mend it, a sentence for each thing that was looked at.

mod database;
mod surroundings;

use super::backup::Backups;
use crate::{Database, clock, serve::Listen, settings::File};
use clap::Args;
use domain::Now;
use serde::Serialize;

/// Every setting of a site.
#[derive(Args)]
pub struct Settings {
    #[command(flatten)]
    database: Database,
    #[command(flatten)]
    listen: Listen,
    #[command(flatten)]
    backups: Backups,
}

/// Say what is wrong, and how to mend it.
#[derive(Args)]
pub struct Doctor {
    #[command(flatten)]
    settings: Settings,
    /// Say it as JSON
    #[arg(long)]
    json: bool,
}

/// What a look found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    /// As it must be.
    Well,
    /// Not wrong, and worth to know.
    Note,
    /// Wrong: somebody must mend it.
    Wrong,
}

/// One thing that was looked at.
#[derive(Clone, Debug, Serialize)]
struct Finding {
    /// What was looked at.
    check: &'static str,
    state: State,
    /// What was found, a sentence.
    says: String,
    /// What to do; empty where nothing is.
    mend: String,
}

impl Finding {
    fn well(check: &'static str, says: impl Into<String>) -> Self {
        Self { check, state: State::Well, says: says.into(), mend: String::new() }
    }

    fn note(check: &'static str, says: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { check, state: State::Note, says: says.into(), mend: mend.into() }
    }

    fn wrong(check: &'static str, says: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { check, state: State::Wrong, says: says.into(), mend: mend.into() }
    }
}

impl Doctor {
    /// Looks at everything, the file that the settings came from too, and prints it; an error when something is wrong.
    pub async fn run(self, file: Option<&File>) -> Result<String, String> {
        let found = self.settings.examine(file, &clock::now()).await;
        let wrong = found.iter().filter(|one| one.state == State::Wrong).count();
        if self.json {
            let all = serde_json::json!({ "well": wrong == 0, "checks": found });
            println!("{all:#}");
        } else {
            found.iter().for_each(|one| print!("{}", line(one)));
        }
        match wrong {
            0 => Ok(if self.json { String::new() } else { "Nothing is wrong.\n".to_owned() }),
            1 => Err("1 thing is wrong.".to_owned()),
            many => Err(format!("{many} things are wrong.")),
        }
    }
}

fn line(found: &Finding) -> String {
    let state = match found.state {
        State::Well => "well ",
        State::Note => "note ",
        State::Wrong => "WRONG",
    };
    let mend =
        if found.mend.is_empty() { String::new() } else { format!("\n        {}", found.mend) };
    format!("{state}   {}: {}{mend}\n", found.check, found.says)
}

impl Settings {
    /// Everything that can be looked at.
    async fn examine(&self, file: Option<&File>, now: &Now) -> Vec<Finding> {
        let mut found = Vec::new();
        let (sender, mail) = surroundings::mail(self.listen.mail()).await;
        database::look(&self.database, sender, now, &mut found).await;
        found.push(surroundings::disk(self.database.address()));
        found.push(mail);
        found.push(surroundings::settings(&self.listen));
        found.push(surroundings::key(&self.listen));
        found.push(surroundings::secrets(&self.listen, self.database.address(), file));
        found.push(surroundings::backups(self.backups.folder(), now));
        found
    }
}
