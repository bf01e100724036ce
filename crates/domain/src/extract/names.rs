//! The texts of an extract, each kept once: a file names the same service, indicator and field on every row.

use std::{collections::HashMap, sync::Arc};

/// A text of an extract, as its rows refer to it. Two are equal when their texts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(u32);

/// The texts themselves.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    known: HashMap<Arc<str>, Name>,
    texts: Vec<Arc<str>>,
    bytes: usize,
}

impl Names {
    /// More than all codes and field names of a nation; a file of nonsense would go on for ever.
    const MOST_BYTES: usize = 32 * 1024 * 1024;

    /// The name of a text.
    pub(super) fn name(&mut self, text: &str) -> Name {
        if let Some(name) = self.known.get(text) {
            return *name;
        }
        // There are fewer than bytes, and their sum has a bound.
        let name = Name(u32::try_from(self.texts.len()).unwrap_or(u32::MAX));
        let text: Arc<str> = text.into();
        self.bytes += text.len() + size_of::<Arc<str>>() * 4;
        self.known.insert(text.clone(), name);
        self.texts.push(text);
        name
    }

    /// The text of a name.
    pub(super) fn text(&self, name: Name) -> &str {
        self.texts.get(name.0 as usize).map_or("", |text| text)
    }

    /// Whether there are more than an extract can have.
    pub(super) fn is_full(&self) -> bool {
        self.bytes > Self::MOST_BYTES
    }
}
