//! What is wrong with a file: each bad cell with its row and column, the first ones in full and the rest as a number.

use serde::{Deserialize, Serialize};

/// One thing wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("line {row}, {column}: found {found}, allowed {allowed}")]
pub struct Problem {
    /// The line of the file; the header is line 1.
    pub row: u64,
    /// The column's name.
    pub column: String,
    /// What stands there.
    pub found: String,
    /// What may stand there.
    pub allowed: String,
}

impl Problem {
    /// A problem with what stands in a cell.
    pub fn new(row: u64, column: &str, found: &str, allowed: impl Into<String>) -> Self {
        Self { row, column: column.into(), found: quoted(found), allowed: allowed.into() }
    }

    /// A problem with a whole row or file, in words.
    pub fn whole(
        row: u64,
        what: &str,
        found: impl Into<String>,
        allowed: impl Into<String>,
    ) -> Self {
        Self { row, column: what.into(), found: found.into(), allowed: allowed.into() }
    }
}

/// `nothing` or the text in quotes, cut where it is long. What would move a terminal's cursor is replaced.
fn quoted(text: &str) -> String {
    if text.is_empty() { "nothing".into() } else { format!("\"{}\"", shortened(text, 60)) }
}

/// The first characters of a text, without those that are not to be shown.
pub(super) fn shortened(text: &str, most: usize) -> String {
    let shown = |letter: char| if letter.is_control() { '\u{fffd}' } else { letter };
    let mut letters = text.chars();
    let mut short: String = letters.by_ref().take(most).map(shown).collect();
    if letters.next().is_some() {
        short.push('…');
    }
    short
}

/// Everything wrong with a file. A file can be wrong in every cell, so only the first problems are kept in full.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems {
    first: Vec<Problem>,
    more: usize,
}

impl Problems {
    /// How many are kept in full: more than anybody mends before trying again.
    pub const KEPT: usize = 100;

    /// Adds one.
    pub fn push(&mut self, problem: Problem) {
        if self.first.len() < Self::KEPT {
            self.first.push(problem);
        } else {
            self.more += 1;
        }
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.first.is_empty()
    }

    /// How many there are, kept or not.
    pub fn len(&self) -> usize {
        self.first.len() + self.more
    }

    /// How many are not kept.
    pub fn more(&self) -> usize {
        self.more
    }

    /// Those that are kept.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.first.iter()
    }

    /// Adds those of another look at the same file, in the order of its rows.
    pub fn join(mut self, other: Self) -> Self {
        self.first.extend(other.first);
        self = self.in_order();
        self.more += other.more + self.first.len().saturating_sub(Self::KEPT);
        self.first.truncate(Self::KEPT);
        self
    }

    /// Those that are kept in the order of the rows.
    pub fn in_order(mut self) -> Self {
        self.first.sort_by_key(|problem| problem.row);
        self
    }

    /// A line each, each after `before`, and how many more there are.
    pub fn lines(&self, before: &str) -> Vec<String> {
        let mut lines: Vec<String> =
            self.iter().map(|problem| format!("{before}{problem}")).collect();
        if self.more > 0 {
            let more = crate::money::thousands(self.more as u64);
            let plural = if self.more == 1 { "" } else { "s" };
            lines.push(format!("{before}and {more} more problem{plural} like these"));
        }
        lines
    }
}

impl Extend<Problem> for Problems {
    fn extend<T: IntoIterator<Item = Problem>>(&mut self, problems: T) {
        problems.into_iter().for_each(|problem| self.push(problem));
    }
}

impl FromIterator<Problem> for Problems {
    fn from_iter<T: IntoIterator<Item = Problem>>(problems: T) -> Self {
        let mut all = Self::default();
        all.extend(problems);
        all
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self::from_iter([problem])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_problems_are_kept_and_the_rest_are_counted() {
        let bad = |row| Problem::new(row, "VALUE", "x", "a number");
        let few: Problems = (2..4).map(bad).collect();
        assert_eq!((few.len(), few.more(), few.lines("a.csv: ").len()), (2, 0, 2));
        let many: Problems = (10..1_310).map(bad).collect();
        assert_eq!((many.len(), many.more()), (1_300, 1_200));
        let lines = many.lines("a.csv: ");
        assert_eq!(lines.len(), Problems::KEPT + 1);
        assert_eq!(
            lines.last().map(String::as_str),
            Some("a.csv: and 1,200 more problems like these")
        );
        let both = many.join(few);
        assert_eq!((both.len(), both.iter().next().map(|first| first.row)), (1_302, Some(2)));
    }

    #[test]
    fn what_was_found_is_cut_and_holds_nothing_that_moves_a_cursor() {
        let found = |text: &str| Problem::new(2, "VALUE", text, "a number").found;
        assert_eq!(found(""), "nothing");
        assert_eq!(found("\u{1b}[2J=1+1"), "\"\u{fffd}[2J=1+1\"");
        assert_eq!(found(&"é".repeat(61)), format!("\"{}…\"", "é".repeat(60)));
    }
}
