//! `accord import layout FILE`: loads layouts of payment files, which finance can then choose. A wrong one loads none of
//! them.

use crate::{Database, clock, input};
use clap::Args;
use domain::{Actor, payment::layout::Layout};
use std::path::PathBuf;

/// Layouts of payment files.
#[derive(Args)]
pub struct Layouts {
    /// TOML files, one layout each
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl Layouts {
    /// Loads the layouts, and says which are new.
    pub async fn run(self, database: &Database) -> Result<String, String> {
        let texts = self.read()?;
        let db = database.open().await?;
        let by = Actor::command("accord import layout");
        let mut said = String::new();
        for (file, text) in texts {
            let loaded = store::payment::load_layout(&db, &text, &by, &clock::now()).await;
            let (layout, number, is_new) = loaded
                .map_err(|why| format!("{said}{file}: {why}\nNothing of {file} was saved."))?;
            let what = if is_new { "loaded" } else { "already loaded" };
            let (code, name) = (layout.code, layout.name);
            said.push_str(&format!("{code} {name}, version {number}: {what}\n"));
        }
        Ok(said)
    }

    /// The texts of all files, once every one of them is a layout.
    fn read(&self) -> Result<Vec<(String, String)>, String> {
        let (mut texts, mut wrong) = (Vec::new(), String::new());
        for path in &self.files {
            let file = path.display().to_string();
            match String::from_utf8(input::read(path)?) {
                Ok(text) => match Layout::from_toml(&text) {
                    Ok(_) => texts.push((file, text)),
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
        if wrong.is_empty() { Ok(texts) } else { Err(format!("{wrong}Nothing was saved.")) }
    }
}
