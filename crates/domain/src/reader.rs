//! Takes a TOML text apart key by key and notes every key that is wrong, missing or unknown.

use crate::{Pence, ratio::Exact};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

/// One thing wrong with a definition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{at}: found {found}, allowed {allowed}")]
pub struct Problem {
    /// Where: `component CLIN, indicator AF006, lower`.
    pub at: String,
    /// What stands there.
    pub found: String,
    /// What may stand there.
    pub allowed: String,
}

/// What has been found wrong so far.
#[derive(Default)]
pub(crate) struct Problems(pub(crate) Vec<Problem>);

impl Problems {
    pub(crate) fn add(
        &mut self,
        at: impl Into<String>,
        found: impl Into<String>,
        allowed: impl Into<String>,
    ) {
        self.0.push(Problem { at: at.into(), found: found.into(), allowed: allowed.into() });
    }

    /// Whether nothing is known to be wrong at these places, so that a rule about them makes sense.
    pub(crate) fn sound(&self, places: &[&str]) -> bool {
        !self.0.iter().any(|problem| places.contains(&problem.at.as_str()))
    }
}

/// Takes the keys of one table out, one by one; what is left at the end is unknown.
pub(crate) struct Reader<'a> {
    pub(crate) place: String,
    pub(crate) table: Table,
    /// The keys that were asked for: the ones a person may write here.
    asked: Vec<String>,
    pub(crate) problems: &'a mut Problems,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(place: String, table: Table, problems: &'a mut Problems) -> Self {
        Self { place, table, asked: Vec::new(), problems }
    }

    pub(crate) fn has(&mut self, key: &str) -> bool {
        self.asked.push(key.to_owned());
        self.table.contains_key(key)
    }

    /// What a key says, where it is there.
    pub(crate) fn optional<T>(
        &mut self,
        key: &str,
        read: impl FnOnce(&mut Self, &str) -> T,
    ) -> Option<T> {
        self.has(key).then(|| read(self, key))
    }

    fn remove(&mut self, key: &str) -> Option<Value> {
        self.asked.push(key.to_owned());
        self.table.remove(key)
    }

    /// The value of a key as `read` understands it; otherwise a problem and the default.
    fn take<T: Default>(
        &mut self,
        key: &str,
        allowed: &str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> T {
        let value = self.remove(key);
        if let Some(read) = value.as_ref().and_then(read) {
            return read;
        }
        let found = value.as_ref().map_or_else(|| "nothing".to_owned(), shown);
        self.problems.add(within(&self.place, key), found, allowed);
        T::default()
    }

    pub(crate) fn text(&mut self, key: &str, longest: usize) -> String {
        self.take(key, &format!("a text of 1 to {longest} characters"), |value| {
            let text = value.as_str()?.trim();
            (!text.is_empty() && text.chars().count() <= longest).then(|| text.to_owned())
        })
    }

    pub(crate) fn flag(&mut self, key: &str) -> bool {
        self.take(key, "true or false", Value::as_bool)
    }

    pub(crate) fn whole<T: TryFrom<i64> + Default>(
        &mut self,
        key: &str,
        range: std::ops::RangeInclusive<i64>,
    ) -> T {
        let allowed = format!("a whole number from {} to {}", range.start(), range.end());
        self.take(key, &allowed, |value| {
            value
                .as_integer()
                .filter(|number| range.contains(number))
                .and_then(|number| T::try_from(number).ok())
        })
    }

    pub(crate) fn date(&mut self, key: &str) -> NaiveDate {
        self.take(key, "a date, like 2025-04-01", |value| {
            let written = value.as_datetime()?.to_string();
            written.parse::<NaiveDate>().ok()
        })
    }

    /// A decimal is written in quotes, because TOML's own decimals are binary floats.
    pub(crate) fn decimal(&mut self, key: &str) -> Exact {
        self.take(key, "a number of 0 or more in quotes, like \"12.5\"", |value| {
            value.as_str()?.parse().ok().filter(|number: &Exact| !number.is_negative())
        })
    }

    /// A list of decimals, each in quotes; otherwise a problem and an empty list.
    pub(crate) fn decimals(&mut self, key: &str) -> Vec<Exact> {
        self.take(key, "a list of numbers of 0 or more in quotes, like [\"25\", \"75\"]", |value| {
            let number = |entry: &Value| {
                entry.as_str()?.parse().ok().filter(|number: &Exact| !number.is_negative())
            };
            value.as_array()?.iter().map(number).collect()
        })
    }

    pub(crate) fn texts(&mut self, key: &str) -> Vec<String> {
        self.take(key, "a list of texts", |value| {
            value.as_array()?.iter().map(|entry| entry.as_str().map(str::to_owned)).collect()
        })
    }

    pub(crate) fn money(&mut self, key: &str) -> Pence {
        self.take(key, "pounds and pence in quotes, like \"10.06\"", |value| {
            let pounds: Exact =
                value.as_str()?.parse().ok().filter(|pounds: &Exact| !pounds.is_negative())?;
            (pounds.rounded(2) == pounds).then(|| pounds.to_pence()).flatten()
        })
    }

    /// One of the words; otherwise a problem and what the first word means.
    pub(crate) fn choice<T: Copy>(&mut self, key: &str, words: &[(&str, T)]) -> T {
        let all = words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
        let position = self.take(key, &all, |value| {
            let written = value.as_str()?;
            words.iter().position(|(word, _)| *word == written)
        });
        words[position].1
    }

    pub(crate) fn child(&mut self, key: &str) -> Option<Reader<'_>> {
        let place = within(&self.place, key);
        match self.remove(key)? {
            Value::Table(table) => Some(Reader::new(place, table, self.problems)),
            other => {
                self.problems.add(place, shown(&other), "a table");
                None
            }
        }
    }

    /// The tables of a list, each with its place: by code where it has one, otherwise by position.
    pub(crate) fn each(&mut self, key: &str) -> Vec<(String, Table)> {
        let entries = match self.remove(key) {
            Some(Value::Array(entries)) => entries,
            None => return Vec::new(),
            Some(other) => {
                self.problems.add(within(&self.place, key), shown(&other), "a list of tables");
                return Vec::new();
            }
        };
        let mut tables = Vec::new();
        for (position, entry) in entries.into_iter().enumerate() {
            let name = entry
                .get("code")
                .and_then(Value::as_str)
                .map_or_else(|| (position + 1).to_string(), str::to_owned);
            let place = within(&self.place, &format!("{key} {name}"));
            match entry {
                Value::Table(table) => tables.push((place, table)),
                other => self.problems.add(place, shown(&other), "a table"),
            }
        }
        tables
    }

    pub(crate) fn refuse_unknown_keys(&mut self) {
        self.asked.dedup();
        let allowed =
            if self.asked.is_empty() { "no key".to_owned() } else { self.asked.join(", ") };
        for key in self.table.keys() {
            self.problems.add(within(&self.place, key), "an unknown key", &allowed);
        }
    }
}

/// `component CLIN, indicator AF006, lower`.
pub(crate) fn within(place: &str, key: &str) -> String {
    if place.is_empty() { key.to_owned() } else { format!("{place}, {key}") }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Table(_) => "a table".into(),
        Value::Array(_) => "a list".into(),
        Value::String(text) => format!("\"{}\"", text.chars().take(60).collect::<String>()),
        other => other.to_string(),
    }
}
