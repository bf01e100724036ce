//! Where a figure comes from, in words: the same behind an amount and on the page of its achievement.

use crate::{Now, calendar::long_date};
use chrono::{DateTime, Utc};

/// How figures were handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// A person typed them into a form or into a template.
    Typed,
    /// An extract brought them.
    Extract,
    /// Nobody answered: an answer carried forward, or the default of the definition.
    Assumed,
    /// A person said that nothing was done.
    NilReturn,
    /// A commissioner put one in the place of an extracted one.
    Replacement,
}

/// What the figures of one submission have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance<'a> {
    way: Way,
    by: &'a str,
    file: Option<&'a str>,
    reason: Option<&'a str>,
}

impl<'a> Provenance<'a> {
    /// Who submitted, in which way, and the name of the file where one is known.
    pub fn new(way: Way, by: &'a str, file: Option<&'a str>) -> Self {
        Self { way, by, file, reason: None }
    }

    /// The same with why the person did it, where that was asked.
    pub fn because(self, reason: Option<&'a str>) -> Self {
        Self { reason, ..self }
    }

    /// One of its figures: `By extract (EMIS), counts.csv, row 17`, `Sam Ahmed, typed in`.
    ///
    /// `row` is its line in the file, with the header as line 1; `is_default` says that it stands for an answer that
    /// nobody gave.
    pub fn of(&self, row: Option<i64>, is_default: bool) -> String {
        let by = self.by;
        let mut words = match (self.way, self.file) {
            (Way::Extract, _) => format!("By extract ({by})"),
            (Way::NilReturn, _) => format!("{by}, nil return"),
            (Way::Replacement, _) => format!("{by}, in place of an extracted figure"),
            (Way::Typed, Some(file)) => format!("{by}, in template {file}"),
            (Way::Typed, None) if !is_default => format!("{by}, typed in"),
            (Way::Typed | Way::Assumed, _) => by.to_owned(),
        };
        if let Some(reason) = self.reason {
            words.push_str(&format!(" ({reason})"));
        }
        if let (Some(file), Some(row)) = (self.file, row) {
            words.push_str(&format!(", {file}, row {row}"));
        }
        if is_default {
            let whose = if self.way == Way::Extract { ", its default" } else { "," };
            words.push_str(&format!("{whose} because nobody answered"));
        }
        words
    }
}

/// The day of a submission, to follow where a figure comes from: `, 3 May 2026`, London's.
pub fn submitted_on(at: DateTime<Utc>) -> String {
    format!(", {}", long_date(Now::at(at).today))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_says_who_brought_it_how_and_from_which_row() {
        let table = [
            (Way::Typed, None, None, false, "Sam Ahmed, typed in"),
            (Way::Typed, Some("may.xlsx"), None, false, "Sam Ahmed, in template may.xlsx"),
            (Way::Extract, None, None, false, "By extract (Sam Ahmed)"),
            (Way::Extract, Some("a.csv"), Some(17), false, "By extract (Sam Ahmed), a.csv, row 17"),
            (
                Way::Extract,
                Some("a.csv"),
                Some(17),
                true,
                "By extract (Sam Ahmed), a.csv, row 17, its default because nobody answered",
            ),
            (Way::Assumed, None, None, true, "Sam Ahmed, because nobody answered"),
            (Way::NilReturn, None, None, false, "Sam Ahmed, nil return"),
            (Way::Replacement, None, None, false, "Sam Ahmed, in place of an extracted figure"),
        ];
        for (way, file, row, is_default, words) in table {
            assert_eq!(Provenance::new(way, "Sam Ahmed", file).of(row, is_default), words);
        }
        let replaced = Provenance::new(Way::Replacement, "Sam Ahmed", None);
        assert_eq!(
            replaced.because(Some("a day is missing")).of(None, false),
            "Sam Ahmed, in place of an extracted figure (a day is missing)"
        );
        let late = "2026-05-03T23:30:00Z".parse().expect("an instant");
        assert_eq!(submitted_on(late), ", 4 May 2026");
    }
}
