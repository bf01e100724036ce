//! `accord audit verify`: walks the chain of events and says whether any was altered, removed or inserted, and whether a
//! receipt is the one that the chain holds.

use crate::Database;
use clap::{Args, Subcommand};
use domain::{calendar::long_instant, hash::sha256, money::thousands};
use std::{fs, path::PathBuf};
use store::receipt::Proof;

/// Check that the history has not been altered.
#[derive(Args)]
pub struct Audit {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Walk the whole chain of events
    Verify(Verify),
}

#[derive(Args)]
struct Verify {
    #[command(flatten)]
    database: Database,
    /// A receipt as it was downloaded (receipt.txt): is it the one of the history?
    #[arg(long, value_name = "FILE")]
    receipt: Option<PathBuf>,
}

impl Audit {
    /// Verifies; a broken chain is an error that names the first entry that does not fit.
    pub async fn run(self) -> Result<String, String> {
        let What::Verify(Verify { database, receipt }) = self.what;
        let text = receipt.map(|file| {
            fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))
        });
        let text = text.transpose()?;
        let db = database.open().await?;
        let wrong = |error: store::StoreError| error.to_string();
        let mut tx = db.read().await.map_err(wrong)?;
        let entries = store::event::verify(&mut tx).await.map_err(wrong)?.map_err(|entry| {
            format!("The chain of events is broken at entry {}.", thousands(entry.unsigned_abs()))
        })?;
        let whole = format!(
            "The chain of events is complete up to entry {}.\n",
            thousands(entries.unsigned_abs())
        );
        let Some(text) = text else { return Ok(whole) };
        let hash = sha256(text.as_bytes());
        let found = match store::receipt::prove(&mut tx, &text).await.map_err(wrong)? {
            Proof::Same(found) => found,
            Proof::Differs(what) => {
                return Err(format!(
                    "{whole}The receipt is not the one of the history. {}.",
                    what.join(". ")
                ));
            }
            Proof::Unknown => {
                return Err(format!(
                    "{whole}The receipt is not one of this history: nothing in it has the content hash {hash}."
                ));
            }
        };
        let entry = thousands(found.entry.unsigned_abs());
        let (at, entry_hash) = (long_instant(found.at), &found.entry_hash);
        Ok(match found.is_kept {
            true => format!(
                "{whole}The receipt is the one of the history: entry {entry}, of {at}, holds its content hash {hash}. \
                 The hash of the entry is {entry_hash}.\n"
            ),
            false => format!(
                "{whole}The receipt is what the records say today of entry {entry}, of {at}, whose hash is {entry_hash}. \
                 The agreement is older than receipts, so the history holds no content hash of it.\n"
            ),
        })
    }
}
