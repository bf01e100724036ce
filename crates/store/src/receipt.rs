//! Receipts: what somebody did is kept as a text in the transaction that did it, and the history holds its hash.

mod agreement;
pub mod money;
pub mod together;

pub use agreement::{Acceptance, acceptances, of_offer};
pub(crate) use agreement::{keep, keep_bound};

use crate::{Result, StoreError, Tx};
use chrono::{DateTime, Utc};
use domain::{
    hash::sha256,
    receipt::{Subject, subject},
};

/// One receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Which of its record it is, from 1.
    pub number: usize,
    /// How many there are of its record.
    pub of: usize,
    /// The text, as `domain::receipt` writes it.
    pub text: String,
    /// The SHA-256 of the text.
    pub content_hash: String,
    /// The entry of the history that holds the hash; of what is older than receipts, the entry that says that it was done.
    pub entry: i64,
    /// The hash of that entry.
    pub entry_hash: String,
    /// When it was recorded.
    pub at: DateTime<Utc>,
    /// Whether it still counts as far as the history knows.
    pub is_latest: bool,
    /// Whether the text was kept when it was done; made from the records otherwise.
    pub is_kept: bool,
}

/// What the history knows of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// It is this receipt.
    Same(Receipt),
    /// The history knows a receipt of this reference, and it is another one; where it differs, in words.
    Differs(Vec<String>),
    /// The history knows no such receipt.
    Unknown,
}

/// What a text is the receipt of, as the history holds it. The chain itself is for `event::verify`.
pub async fn prove(tx: &mut Tx, text: &str) -> Result<Proof> {
    let found = match subject(text) {
        Some(Subject::Offer(id)) => agreement::prove(tx, id, text).await?,
        Some(Subject::Declaration(reference)) => money::prove(tx, reference, text).await?,
        None => None,
    };
    Ok(match found {
        Some(Ok(receipt)) => Proof::Same(receipt),
        Some(Err(differences)) => Proof::Differs(differences),
        None => Proof::Unknown,
    })
}

/// A text that was kept, unless it is not the one that was hashed then.
fn as_hashed(table: &'static str, text: String, content_hash: &str) -> Result<String> {
    if sha256(text.as_bytes()) == content_hash {
        return Ok(text);
    }
    let what = format!("the text of {content_hash} has another hash");
    Err(StoreError::Inconsistent { table, what })
}
