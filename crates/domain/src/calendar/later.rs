//! A year later: dates of services, and the names that texts and codes give to a financial year.

use super::FinancialYear;
use chrono::{Datelike, Days, Months, NaiveDate};

impl FinancialYear {
    /// The year after it.
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// A text with this year's name moved on to the next year's, in each way the name is written: `2026 to 2027`,
    /// `2026/27`, `2026-27`, `26/27`. Nothing where the text does not name the year.
    pub fn moved_on_in(self, text: &str) -> Option<String> {
        let mut moved = text.to_owned();
        let mut is_named = false;
        for (before, after) in self.names().into_iter().zip(self.next().names()) {
            // Never twice over the same place: what was moved names the next year, which is not looked for.
            is_named |= alone(&moved, &before).is_some();
            while let Some(at) = alone(&moved, &before) {
                moved.replace_range(at..at + before.len(), &after);
            }
        }
        is_named.then_some(moved)
    }

    /// A code with this year's two pairs of digits moved on: `LCS2627` becomes `LCS2728`. Nothing where it has none.
    pub fn moved_on_in_code(self, code: &str) -> Option<String> {
        let at = alone(code, &self.in_codes())?;
        let mut moved = code.to_owned();
        moved.replace_range(at..at + 4, &self.next().in_codes());
        Some(moved)
    }

    /// `2627`, as codes of services end.
    pub fn in_codes(self) -> String {
        format!("{:02}{:02}", self.0 % 100, (self.0 + 1) % 100)
    }

    /// Every way in which the year is written, each of the same length for every year.
    fn names(self) -> [String; 11] {
        let (first, last) = (self.0, self.0 + 1);
        let (short, end) = (first % 100, last % 100);
        [
            format!("{first} to {last}"),
            format!("{first}/{last}"),
            format!("{first}-{last}"),
            format!("{first}\u{2013}{last}"),
            format!("{first} to {end:02}"),
            format!("{first}/{end:02}"),
            format!("{first}-{end:02}"),
            format!("{first}\u{2013}{end:02}"),
            format!("{short:02}/{end:02}"),
            format!("{short:02}-{end:02}"),
            self.in_codes(),
        ]
    }
}

/// Where a part stands in a text with no other digit beside it.
fn alone(text: &str, part: &str) -> Option<usize> {
    let is_digit = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_digit());
    text.match_indices(part).map(|(at, _)| at).find(|at| {
        !is_digit(text[..*at].chars().next_back())
            && !is_digit(text[*at + part.len()..].chars().next())
    })
}

/// The first day a year later. What began on 29 February begins on 1 March: the year before it lasts until then.
pub fn first_day_a_year_later(day: NaiveDate) -> NaiveDate {
    let is_leap_day = (day.month(), day.day()) == (2, 29);
    let later = a_year_later(day);
    if is_leap_day { later + Days::new(1) } else { later }
}

/// The last day a year later: the day before the first day that would follow it, so that no year overlaps another or
/// leaves a day out. The last day of February stays the last day of February.
pub fn last_day_a_year_later(day: NaiveDate) -> NaiveDate {
    first_day_a_year_later(day + Days::new(1)) - Days::new(1)
}

/// A single day a year later; 29 February becomes 28 February.
pub fn a_year_later(day: NaiveDate) -> NaiveDate {
    day + Months::new(12)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date in the test")
    }

    #[test]
    fn dates_move_on_a_year_and_february_keeps_its_end() {
        // Both days of a service, and a single day on the first of them.
        for ((starts, ends), (first, last), single) in [
            (("2026-04-01", "2027-03-31"), ("2027-04-01", "2028-03-31"), "2027-04-01"),
            (("2027-03-01", "2028-02-29"), ("2028-03-01", "2029-02-28"), "2028-03-01"),
            (("2026-03-01", "2027-02-28"), ("2027-03-01", "2028-02-29"), "2027-03-01"),
            (("2028-02-29", "2029-02-28"), ("2029-03-01", "2030-02-28"), "2029-02-28"),
            (("2027-02-28", "2028-02-27"), ("2028-02-28", "2029-02-27"), "2028-02-28"),
            (("2027-03-01", "2028-02-28"), ("2028-03-01", "2029-02-28"), "2028-03-01"),
            (("2025-10-01", "2026-03-31"), ("2026-10-01", "2027-03-31"), "2026-10-01"),
            (("2024-12-31", "2025-12-30"), ("2025-12-31", "2026-12-30"), "2025-12-31"),
        ] {
            assert_eq!(first_day_a_year_later(day(starts)), day(first), "from {starts}");
            assert_eq!(last_day_a_year_later(day(ends)), day(last), "to {ends}");
            assert_eq!(a_year_later(day(starts)), day(single), "on {starts}");
        }
    }

    #[test]
    fn a_year_follows_a_year_without_a_gap_whatever_day_it_starts_on() {
        let mut start = day("2023-01-01");
        while start < day("2029-01-01") {
            let end = first_day_a_year_later(start) - Days::new(1);
            let (next, last) = (first_day_a_year_later(start), last_day_a_year_later(end));
            assert_eq!(next, end + Days::new(1), "after {end}");
            assert_eq!(first_day_a_year_later(next), last + Days::new(1), "after {last}");
            start = start + Days::new(1);
        }
    }

    #[test]
    fn a_name_moves_on_in_each_way_that_a_year_is_written() {
        for (before, after) in [
            ("Local services 2026 to 2027", Some("Local services 2027 to 2028")),
            ("2026/27 local", Some("2027/28 local")),
            ("Local (2026-27)", Some("Local (2027-28)")),
            ("Local 2026\u{2013}27", Some("Local 2027\u{2013}28")),
            ("Local 2026/2027 and 2026-2027", Some("Local 2027/2028 and 2027-2028")),
            ("Local 26/27, LCS2627", Some("Local 27/28, LCS2728")),
            ("2026 to 2027 and 2026 to 2027", Some("2027 to 2028 and 2027 to 2028")),
            ("Local 2025 to 2026", None),
            ("Local 2027 to 2028", None),
            ("Local 126/27", None),
            ("Room 26271", None),
            ("Winter 2026", None),
            ("", None),
        ] {
            assert_eq!(FinancialYear(2026).moved_on_in(before).as_deref(), after, "{before}");
        }
        let century = FinancialYear(2098).moved_on_in("2098/99, 2098 to 2099");
        assert_eq!(century.as_deref(), Some("2099/00, 2099 to 2100"));
    }

    #[test]
    fn a_code_moves_on_where_it_holds_its_year() {
        for (before, after) in [
            ("LCS2627", Some("LCS2728")),
            ("2627A", Some("2728A")),
            ("LCS", None),
            ("LCS2526", None),
            ("LCS12627", None),
        ] {
            assert_eq!(FinancialYear(2026).moved_on_in_code(before).as_deref(), after, "{before}");
        }
    }
}
