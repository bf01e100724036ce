//! Extract files: counts of many organisations, in either layout of CQRS, and the figures in their rows.

mod cells;
mod figures;
mod layout;
mod names;

pub use crate::tabular::{Problem, Problems};
pub use figures::{Brought, Reader, figures};
pub use layout::Layout;
pub use names::Name;

use crate::{NotAllowed, refusal::refusal, tabular::Table};
use chrono::{DateTime, NaiveDate, Utc};
use names::Names;
use std::{collections::HashMap, io::Read};

/// The most rows a file may have: ten times the counts of a nation for one service.
pub const MOST_ROWS: usize = 5_000_000;

/// One field of one indicator of one organisation. Its texts are in the file's [`Extract`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExtractRow {
    /// Its line in the file.
    pub line: u32,
    /// Code of the service.
    pub service: Name,
    /// ODS code of the practice or network.
    pub organisation: Name,
    /// The date the figure belongs to.
    pub achievement_date: NaiveDate,
    /// Code of the indicator.
    pub indicator: Name,
    /// Name of the field: words or a short code.
    pub field: Name,
    /// The figure.
    pub value: Value,
    /// Whether a default was put in for an answer nobody gave.
    pub default_used: bool,
    /// The account that submitted it.
    pub submitted_by: Name,
    /// When.
    pub submitted_at: DateTime<Utc>,
    /// Whether it is the row in force; older submissions stay in the file.
    pub last_submission: bool,
}

/// What stands in the column VALUE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// A count, up to [`crate::submission::LARGEST`].
    Number(u32),
    /// An answer.
    Answer(bool),
}

/// The rows of a file that can be used, by service, achievement date and organisation.
#[derive(Clone, Debug)]
pub struct Extract {
    /// The layout that the header shows.
    pub layout: Layout,
    names: Names,
    rows: Vec<ExtractRow>,
}

impl Extract {
    /// How many rows it has.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// A text of one of its rows.
    pub fn text(&self, name: Name) -> &str {
        self.names.text(name)
    }

    /// Its rows, in the order of the file within each organisation.
    pub fn rows(&self) -> &[ExtractRow] {
        &self.rows
    }

    /// The rows of each service, achievement date and organisation; those of a service, and of a date of it, follow
    /// each other.
    pub fn groups(&self) -> impl Iterator<Item = &[ExtractRow]> {
        self.rows.chunk_by(|one, other| key(one) == key(other))
    }
}

fn key(row: &ExtractRow) -> (Name, NaiveDate, Name) {
    (row.service, row.achievement_date, row.organisation)
}

/// The good rows of a file, so that they can be looked at further, and everything that is wrong with the others.
///
/// `by` and `at` stand in for the account and the time where the layout has none: who loads the file, and now.
pub fn read(file: impl Read, by: &str, at: DateTime<Utc>) -> (Extract, Problems) {
    let mut extract = Extract { layout: Layout::Twelve, names: Names::default(), rows: Vec::new() };
    let mut problems = Problems::default();
    let mut table = match Table::open_any(file, &Layout::ALL.map(Layout::columns)) {
        Ok((layout, table)) => {
            extract.layout = Layout::ALL[layout];
            table
        }
        Err(problems) => return (extract, problems),
    };
    let mut cells = cells::Cells::new(extract.layout, by, at);
    while let Some(row) = table.next_row() {
        match row {
            Ok(row) => extract.rows.extend(cells.row(&row, &mut extract.names, &mut problems)),
            Err(problem) => problems.push(problem),
        }
        if let Some(problem) = too_much(&extract, &problems) {
            problems.push(problem);
            break;
        }
    }
    if extract.rows.is_empty() && problems.is_empty() {
        let found = "a header without rows";
        problems.push(Problem::whole(2, "the whole row", found, "at least one row"));
    }
    // Stable, so that the rows of an organisation keep their order.
    extract.rows.sort_by_key(key);
    let repeated = repeated(&extract);
    (extract, problems.join(repeated))
}

/// Why no more of the file is read: it would not fit the memory, or nobody would read what is wrong with it.
fn too_much(extract: &Extract, problems: &Problems) -> Option<Problem> {
    const MOST_PROBLEMS: usize = 1_000_000;
    let found = if extract.rows.len() > MOST_ROWS {
        "more than 5,000,000 rows"
    } else if extract.names.is_full() {
        "more than 32 MiB of different codes and names"
    } else if problems.len() >= MOST_PROBLEMS {
        "1,000,000 problems; the rest was not read"
    } else {
        return None;
    };
    let line = extract.rows.last().map_or(1, |row| u64::from(row.line));
    Some(Problem::whole(line, "the whole file", found, "an extract of a service"))
}

/// Rows that say the same figure of the same submission twice, or that two submissions of it are in force.
fn repeated(extract: &Extract) -> Problems {
    /// Account and time of one that is not in force; of those in force there is only one.
    type Submission = Option<(Name, DateTime<Utc>)>;
    let mut problems = Problems::default();
    let mut seen: HashMap<(Name, Name, Submission), u32> = HashMap::new();
    for rows in extract.groups() {
        seen.clear();
        for row in rows {
            let submission = (!row.last_submission).then_some((row.submitted_by, row.submitted_at));
            let Some(first) = seen.insert((row.indicator, row.field, submission), row.line) else {
                continue;
            };
            let line = u64::from(row.line);
            problems.push(match (extract.layout, row.last_submission) {
                (Layout::Twelve, true) => {
                    let found = format!("Y on line {first} too, for the same figure");
                    Problem::whole(line, "LAST_SUBMISSION", found, "Y on one row of a figure")
                }
                _ => {
                    let found = format!("the figure of line {first} again");
                    Problem::whole(line, "the whole row", found, "each figure once")
                }
            });
        }
    }
    problems
}

/// Why an extract cannot be loaded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotLoad {
    /// The actor may not load data.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// Every bad row and column.
    #[error("{} of the file cannot be used. Nothing was saved.", rows_in_words(.0))]
    Rows(Problems),
}
refusal!(CannotLoad);

fn rows_in_words(problems: &Problems) -> String {
    let mut lines: Vec<u64> = problems.iter().map(|problem| problem.row).collect();
    lines.sort_unstable();
    lines.dedup();
    let rows = if lines.len() == 1 { "1 row".to_owned() } else { format!("{} rows", lines.len()) };
    if problems.more() == 0 { rows } else { format!("At least {rows}") }
}

#[cfg(test)]
mod tests;
