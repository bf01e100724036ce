//! Receipts: what somebody did, as one plain text that anybody can keep, read and hash.
//!
//! The text is UTF-8 with a line feed after each line. It is a row of sections with an empty line between them; the first
//! line of a section is its heading, and each other line is a name, a colon, a space and a value. A name holds no colon with
//! a space after it. The content hash is the SHA-256 of the whole text.

pub mod agreement;

use crate::OfferId;

/// One part of a receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section<'a> {
    /// Its first line.
    pub heading: &'a str,
    /// Names with their values.
    pub rows: Vec<(&'a str, &'a str)>,
}

/// The name of the row that says which offer a receipt is of.
const OFFER: &str = "Offer";

/// The text as it grows. An empty value has no row.
#[derive(Default)]
struct Text(String);

impl Text {
    /// Begins a section.
    fn heading(&mut self, heading: &str) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        self.line(heading);
    }

    /// A name with its value; a name holds no colon with a space after it.
    fn row(&mut self, name: &str, value: &str) {
        if !value.trim().is_empty() {
            let name = name.replace(": ", ", ");
            self.line(&format!("{}: {value}", name.trim_end_matches(':')));
        }
    }

    /// A line stays one line, whatever a name holds.
    fn line(&mut self, line: &str) {
        let words: Vec<&str> = line.split(|one: char| one.is_control()).collect();
        self.0.push_str(words.join(" ").trim());
        self.0.push('\n');
    }
}

/// What a receipt says, section by section.
pub fn sections(text: &str) -> Vec<Section<'_>> {
    let blocks = text.split("\n\n").map(|block| block.trim_matches('\n'));
    blocks
        .filter(|block| !block.is_empty())
        .map(|block| {
            let mut lines = block.lines();
            let heading = lines.next().unwrap_or_default();
            Section {
                heading,
                rows: lines.map(|line| line.split_once(": ").unwrap_or((line, ""))).collect(),
            }
        })
        .collect()
}

/// Which offer a text says that it is the receipt of.
pub fn offer_of(text: &str) -> Option<OfferId> {
    let first = sections(text).into_iter().next()?;
    first.rows.iter().find(|(name, _)| *name == OFFER)?.1.parse().ok()
}

/// Whether a value tells an amount, which the role View does not see.
pub fn tells_an_amount(value: &str) -> bool {
    value.contains('£')
}
