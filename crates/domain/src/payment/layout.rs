//! The layout of a payment file as data: which rows it has, in which order, and what stands in each column.

mod field;
mod read;
mod write;

pub use field::{AmountForm, DateForm, Field, MonthForm, YearForm};

use crate::{hash::sha256, service::Problem};
use chrono::NaiveDate;

/// The layouts that come with Accord, the first of which is chosen where nobody chooses.
const BUILT_IN: [&str; 3] = [
    include_str!("../../../../layouts/generic.toml"),
    include_str!("../../../../layouts/contract-variation.toml"),
    include_str!("../../../../layouts/oracle-payables.toml"),
];

/// How a payment file is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// What the layout is called in commands and in the history: lower case, digits and hyphens.
    pub code: String,
    /// What people read where they choose it.
    pub name: String,
    /// What it is for, and what must be checked before it is used.
    pub explanation: String,
    /// How the names of its files end, without the dot.
    pub ending: String,
    /// SHA-256 of the text it was read from, in hexadecimal: exactly which layout this is.
    pub hash: String,
    separator: u8,
    ends_in_crlf: bool,
    has_header: bool,
    parts: Vec<Part>,
}

/// What is written next: rows of the file as a whole, or the rows of its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// One row.
    Whole(Of, Record),
    /// The rows of each payee and of each of its lines.
    Lines(Of, Vec<(Each, Record)>),
}

/// Which lines a record is of. What is to be recovered never stands among the payments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    Payments,
    Recoveries,
    All,
}

/// How often a record stands in its part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Each {
    Payee,
    Line,
}

/// The columns of one kind of row, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Record {
    columns: Vec<Column>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Column {
    name: String,
    field: Field,
}

/// What a file says of itself, beside its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Reference of the file: `PF-2026-000012`.
    pub reference: String,
    /// ODS code of the commissioner that pays.
    pub commissioner_code: String,
    /// Its name.
    pub commissioner_name: String,
    /// The day on which the file is made.
    pub made_on: NaiveDate,
}

impl Layout {
    /// The layout that a TOML text describes, or everything that is wrong with it.
    pub fn from_toml(text: &str) -> Result<Self, Vec<Problem>> {
        read::read(text)
    }

    /// The layouts that come with Accord, the default first.
    ///
    /// # Panics
    /// When one of them is wrong; a test reads them all.
    pub fn built_in() -> Vec<Self> {
        let own = |text| Self::from_toml(text).expect("a layout that comes with Accord");
        BUILT_IN.into_iter().map(own).collect()
    }

    /// The layout of a file where nobody chose one.
    ///
    /// # Panics
    /// As [`Layout::built_in`].
    pub fn generic() -> Self {
        Self::from_toml(BUILT_IN[0]).expect("the first layout that comes with Accord")
    }

    fn hashed(text: &str) -> String {
        sha256(text.as_bytes())
    }
}

#[cfg(test)]
mod tests;
