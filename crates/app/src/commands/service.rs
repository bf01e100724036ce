//! `accord import service FILE`: publishes service definitions. A wrong one publishes none of them.

use crate::{Database, clock, input};
use clap::Args;
use domain::{Actor, Service};
use std::path::PathBuf;

/// Service definitions.
#[derive(Args)]
pub struct Definitions {
    /// TOML files, one service each
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl Definitions {
    /// Publishes the services, and says which are new.
    pub async fn run(self, database: &Database) -> Result<String, String> {
        let definitions = self.read()?;
        let db = database.open().await?;
        let by = Actor::system("accord import service");
        let mut said = String::new();
        for (file, definition) in definitions {
            let published = store::service::publish(&db, &definition, &by, &clock::now())
                .await
                .map_err(|why| format!("{said}{file}: {why}\nNothing of {file} was saved."))?;
            let service = &published.service;
            let what = if published.is_new { "published" } else { "unchanged" };
            said.push_str(&format!("{} {}: {what}\n", service.code, service.name));
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
