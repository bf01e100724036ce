//! Receipts: what somebody did is kept as a text in the transaction that did it, and the history holds its hash.

mod agreement;

pub use agreement::{Acceptance, acceptances, of_offer};
pub(crate) use agreement::{keep, keep_bound};

use crate::{Result, Tx};
use chrono::{DateTime, Utc};
use domain::receipt::offer_of;

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

/// What a text is the receipt of, as the history holds it; nothing where the history knows no such text. The chain itself is
/// for `event::verify`.
pub async fn prove(tx: &mut Tx, text: &str) -> Result<Option<Receipt>> {
    match offer_of(text) {
        Some(id) => agreement::prove(tx, id, text).await,
        None => Ok(None),
    }
}
