//! `accord audit verify`: walks the chain of events and says whether any was altered, removed or inserted, and whether a
//! receipt is the one that the chain holds.

use crate::{Database, clock};
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
    /// An entry and its hash, as an earlier verification printed them: is it still there?
    #[arg(long, value_name = "ENTRY:HASH", value_parser = kept)]
    kept: Option<Kept>,
}

/// A hash of the chain that was kept where nobody who can write to the database reaches it.
#[derive(Clone, Debug)]
struct Kept {
    entry: i64,
    hash: String,
}

fn kept(text: &str) -> Result<Kept, String> {
    let read = text.split_once(':').and_then(|(entry, hash)| Some((entry.parse().ok()?, hash)));
    let allowed = "allowed the number of an entry, a colon and its hash";
    let (entry, hash) = read.ok_or_else(|| allowed.to_owned())?;
    Ok(Kept { entry, hash: hash.to_owned() })
}

impl Audit {
    /// Verifies; a broken chain is an error that names the first entry that does not fit.
    pub async fn run(self) -> Result<String, String> {
        let What::Verify(Verify { database, receipt, kept }) = self.what;
        let text = receipt.map(|file| {
            fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))
        });
        let text = text.transpose()?;
        let db = database.open().await?;
        let wrong = |error: store::StoreError| error.to_string();
        let mut tx = db.read().await.map_err(wrong)?;
        let (whole, entries) = chain(&mut tx, kept).await?;
        store::event::verified(&db, entries, &clock::now()).await.map_err(wrong)?;
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

/// Walks the chain, and says up to where it is complete; an error when it is not, or no longer holds what was kept of it.
async fn chain(tx: &mut store::Tx, kept: Option<Kept>) -> Result<(String, i64), String> {
    let wrong = |error: store::StoreError| error.to_string();
    let entries = store::event::verify(tx).await.map_err(wrong)?.map_err(|entry| {
        format!("The chain of events is broken at entry {}.", thousands(entry.unsigned_abs()))
    })?;
    let last = store::event::hash_at(tx, entries).await.map_err(wrong)?.unwrap_or_default();
    let whole = format!(
        "The chain of events is complete up to entry {}.\nKeep its hash elsewhere, to compare later: --kept {entries}:{last}\n",
        thousands(entries.unsigned_abs())
    );
    let Some(Kept { entry, hash }) = kept else { return Ok((whole, entries)) };
    let found = store::event::hash_at(tx, entry).await.map_err(wrong)?;
    let entry = thousands(entry.unsigned_abs());
    if found.as_deref() == Some(&*hash) {
        Ok((format!("{whole}Entry {entry} has the hash that was kept.\n"), entries))
    } else {
        Err(format!(
            "{whole}Entry {entry} does not have the hash that was kept: the history was rewritten."
        ))
    }
}
