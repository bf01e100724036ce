//! Receipts: what somebody did, as one plain text that anybody can keep, read and hash.
//!
//! The text is UTF-8 with a line feed after each line. It is a row of sections with an empty line between them; the first
//! line of a section is its heading, and each other line is a name, a colon, a space and a value. A name holds no colon with
//! a space after it. The content hash is the SHA-256 of the whole text.

pub mod agreement;
pub mod money;

use crate::OfferId;

/// One part of a receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section<'a> {
    /// Its first line.
    pub heading: &'a str,
    /// Names with their values.
    pub rows: Vec<(&'a str, &'a str)>,
}

/// What a receipt says that it is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject<'a> {
    /// An offer that was accepted.
    Offer(OfferId),
    /// A declaration that was declared, approved or paid, by its reference.
    Declaration(&'a str),
}

/// The name of the row that says what people call a receipt.
const REFERENCE: &str = "Receipt reference";
/// The name of the row that says which offer a receipt is of.
const OFFER: &str = "Offer";
/// The name of the row that says which declaration a receipt is of.
const DECLARATION: &str = "Declaration";

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

/// The value of a name in the first section.
fn in_head<'a>(text: &'a str, wanted: &str) -> Option<&'a str> {
    let first = sections(text).into_iter().next()?;
    first.rows.into_iter().find(|(name, _)| *name == wanted).map(|(_, value)| value)
}

/// What a text says that it is the receipt of.
pub fn subject(text: &str) -> Option<Subject<'_>> {
    match in_head(text, DECLARATION) {
        Some(reference) => Some(Subject::Declaration(reference)),
        None => in_head(text, OFFER)?.parse().ok().map(Subject::Offer),
    }
}

/// What a text says that the receipt is called.
pub fn reference(text: &str) -> Option<&str> {
    in_head(text, REFERENCE)
}

/// Where a file differs from the text that the history knows under the same reference, in words.
pub fn differences(file: &str, kept: &str) -> Vec<String> {
    if file == kept {
        return Vec::new();
    }
    let (file, kept) = (rows(file), rows(kept));
    let mut told = Vec::new();
    for (place, value) in &kept {
        match file.iter().find(|(own, _)| own == place) {
            Some((_, own)) if own == value => {}
            Some((_, own)) => {
                let name = &place.1;
                told.push(format!(
                    "{name} is \"{own}\" in the file and \"{value}\" in the history"
                ));
            }
            None => told.push(format!("{} is missing in the file", place.1)),
        }
    }
    let is_known = |place| kept.iter().any(|(own, _)| own == place);
    let more = file.iter().filter(|(place, _)| !is_known(place));
    told.extend(more.map(|(place, _)| format!("{} is only in the file", place.1)));
    if told.is_empty() {
        told.push("Empty lines or spaces differ".into());
    }
    told
}

/// Each value by its heading and name; a heading without a value is a row too.
fn rows(text: &str) -> Vec<((String, String), String)> {
    let mut all = Vec::new();
    for section in sections(text) {
        let place = |name: &str| (section.heading.to_owned(), name.to_owned());
        all.push((place(section.heading), String::new()));
        all.extend(section.rows.iter().map(|(name, value)| (place(name), (*value).to_owned())));
    }
    all
}

/// Whether a value tells an amount, which the role View does not see.
pub fn tells_an_amount(value: &str) -> bool {
    value.contains('£')
}
