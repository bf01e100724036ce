//! `accord import service FILE`: publishes service definitions, or with `--preview` says whom they would move. A wrong
//! one publishes none of them.

use crate::{Database, clock, input};
use clap::Args;
use domain::{
    Actor, Service,
    money::thousands,
    preview::{Moves, Totals, Worth},
};
use std::path::PathBuf;

/// Service definitions.
#[derive(Args)]
pub struct Definitions {
    /// TOML files, one service each
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Say whom a new version would move, and publish nothing
    #[arg(long)]
    preview: bool,
}

impl Definitions {
    /// Publishes the services, and says which are new.
    pub async fn run(self, database: &Database) -> Result<String, String> {
        let definitions = self.read()?;
        let db = database.open().await?;
        let by = Actor::command("accord import service");
        if self.preview {
            return preview(&db, &definitions, &by).await;
        }
        let mut said = String::new();
        for (file, definition) in definitions {
            let published = store::service::publish(&db, &definition, &by, &clock::now())
                .await
                .map_err(|why| format!("{said}{file}: {why}\nNothing of {file} was saved."))?;
            let service = &published.service;
            let what = if published.is_new { "published" } else { "unchanged" };
            said.push_str(&format!("{} {}: {what}\n", service.code, service.name));
            said.push_str(&unknown_years(&db, service).await?);
        }
        Ok(said)
    }

    /// The texts of all files, once every one of them is a service.
    fn read(&self) -> Result<Vec<(String, String)>, String> {
        let (mut definitions, mut wrong) = (Vec::new(), String::new());
        for path in &self.files {
            let file = path.display().to_string();
            match String::from_utf8(input::read(path)?) {
                Ok(text) => match Service::from_toml(&text) {
                    Ok(_) => definitions.push((file, text)),
                    Err(problems) => {
                        for problem in problems {
                            wrong.push_str(&format!("{file}: {problem}\n"));
                        }
                    }
                },
                Err(_) => {
                    wrong.push_str(&format!("{file}: found other bytes, allowed text in UTF-8\n"));
                }
            }
        }
        if wrong.is_empty() { Ok(definitions) } else { Err(format!("{wrong}Nothing was saved.")) }
    }
}

/// Which bank holidays the dates of a service need and the operator has not loaded; nothing where all are known.
async fn unknown_years(db: &store::Db, service: &Service) -> Result<String, String> {
    let holidays = async { store::calendar::bank_holidays(&mut db.read().await?).await };
    let holidays = holidays.await.map_err(|error| error.to_string())?;
    let years: Vec<String> =
        service.unknown_years(&holidays).iter().map(ToString::to_string).collect();
    if years.is_empty() {
        return Ok(String::new());
    }
    Ok(format!(
        "{}: the bank holidays of {} are not loaded, so its dates there are not known. Load them with accord import bank-holidays.\n",
        service.code,
        years.join(", ")
    ))
}

/// What publishing would move: a line for each provider and period that changes, then the totals.
async fn preview(
    db: &store::Db,
    definitions: &[(String, String)],
    by: &Actor,
) -> Result<String, String> {
    let mut said = String::new();
    for (file, definition) in definitions {
        let preview = store::achievement::preview_of_definition(db, definition, by, &clock::now())
            .await
            .map_err(|why| format!("{said}{file}: {why}\nNothing of {file} was saved."))?;
        said.push_str(&format!("{file}:\n"));
        for row in preview.rows.iter().filter(|row| row.moves.is_change()) {
            said.push_str(&format!(
                "{} {}, {}: {}\n",
                row.provider_code,
                row.provider_name,
                row.period,
                in_words(&row.moves)
            ));
        }
        said.push_str(&in_all(&preview.totals.unwrap_or_default()));
    }
    Ok(said + "Nothing was published.\n")
}

/// `£240.00 becomes £300.00`, and why where there would be no amount.
fn in_words(moves: &Moves) -> String {
    let amount = |worth: Option<&Worth>| {
        worth.and_then(|own| own.amount).map_or_else(|| "nothing".to_owned(), |own| own.to_string())
    };
    let becomes =
        format!("{} becomes {}", amount(moves.before.as_ref()), amount(moves.after.as_ref().ok()));
    moves.after.as_ref().err().map_or_else(|| becomes.clone(), |why| format!("{becomes}. {why}"))
}

fn in_all(totals: &Totals) -> String {
    format!(
        "{} achievements: {} paid more, {} paid less, {} the same, {} without an amount. {} becomes {} in all.\n",
        thousands(totals.achievements()),
        thousands(totals.more),
        thousands(totals.less),
        thousands(totals.same),
        thousands(totals.held),
        totals.before,
        totals.after
    )
}
