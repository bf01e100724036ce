//! Lists of ODS codes, as people paste and upload them.

use crate::calendar::long_date;
use chrono::NaiveDate;

/// An ODS code of a list, with the line it stands on, from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coded {
    /// The line.
    pub line: usize,
    /// The code in capitals.
    pub code: String,
}

/// The ODS codes of a list, one a line or separated by commas, semicolons, tabs or spaces, in its order.
pub fn listed_codes(text: &str) -> Vec<Coded> {
    let apart =
        |letter: char| letter == ',' || letter == ';' || letter == '"' || letter.is_whitespace();
    let codes = |(at, line): (usize, &str)| {
        let codes: Vec<Coded> = line
            .split(apart)
            .map(|code| code.trim_start_matches('\u{feff}'))
            .filter(|code| !code.is_empty())
            .map(|code| Coded { line: at + 1, code: code.to_uppercase() })
            .collect();
        codes
    };
    text.lines().enumerate().flat_map(codes).collect()
}

/// Why a code of a list names no provider that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum WrongCode {
    #[error("{0} is not an ODS code that is known here")]
    Unknown(String),
    #[error("{code} closed on {}", long_date(*.on))]
    Closed { code: String, on: NaiveDate },
    #[error("{code} ({name}) is not a provider of your organisation")]
    NotYours { code: String, name: String },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_codes_is_read_as_people_and_spreadsheets_write_it() {
        let list = "\u{feff}Y00001, y00002\r\n\r\n  \"U00001\";\tY00003\n";
        let found: Vec<_> =
            listed_codes(list).into_iter().map(|one| (one.line, one.code)).collect();
        let expected = [(1, "Y00001"), (1, "Y00002"), (3, "U00001"), (3, "Y00003")];
        assert_eq!(found, expected.map(|(line, code)| (line, code.to_owned())));
        assert_eq!(listed_codes(" \n , ;\n"), []);
    }
}
