//! Working days: Monday to Friday without the bank holidays of England and Wales, counted only in years whose holidays
//! are known.

use chrono::{Datelike, Days, NaiveDate, Weekday};
use std::collections::{BTreeMap, BTreeSet};

/// That the bank holidays of a year are not known, so that its working days cannot be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("The bank holidays of {0} are not loaded, so Accord does not say the date.")]
pub struct YearNotLoaded(pub i32);

/// A date that working days decide, or why it is not known.
pub type Due = Result<NaiveDate, YearNotLoaded>;

/// The bank holidays that are known. A calendar year with any is known as a whole: half a year is never loaded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BankHolidays {
    titles: BTreeMap<NaiveDate, String>,
    years: BTreeSet<i32>,
}

impl FromIterator<(NaiveDate, String)> for BankHolidays {
    fn from_iter<T: IntoIterator<Item = (NaiveDate, String)>>(days: T) -> Self {
        let titles: BTreeMap<_, _> = days.into_iter().collect();
        let years = titles.keys().map(Datelike::year).collect();
        Self { titles, years }
    }
}

impl BankHolidays {
    /// Each with its title, the earliest first.
    pub fn all(&self) -> impl Iterator<Item = (NaiveDate, &str)> {
        self.titles.iter().map(|(day, title)| (*day, title.as_str()))
    }

    /// The calendar years that are known.
    pub fn years(&self) -> impl Iterator<Item = i32> {
        self.years.iter().copied()
    }

    /// How many of them a year has.
    pub fn in_year(&self, year: i32) -> usize {
        self.titles.keys().filter(|day| day.year() == year).count()
    }

    /// Whether people work on a day. A weekend is none in every year.
    pub fn is_working_day(&self, day: NaiveDate) -> Result<bool, YearNotLoaded> {
        if matches!(day.weekday(), Weekday::Sat | Weekday::Sun) {
            return Ok(false);
        }
        if !self.years.contains(&day.year()) {
            return Err(YearNotLoaded(day.year()));
        }
        Ok(!self.titles.contains_key(&day))
    }

    /// The day itself where people work on it, otherwise the first working day after it.
    pub fn on_or_after(&self, day: NaiveDate) -> Due {
        self.find(day, |day| day + Days::new(1))
    }

    /// The day itself where people work on it, otherwise the last working day before it.
    pub fn on_or_before(&self, day: NaiveDate) -> Due {
        self.find(day, |day| day - Days::new(1))
    }

    fn find(&self, mut day: NaiveDate, next: impl Fn(NaiveDate) -> NaiveDate) -> Due {
        while !self.is_working_day(day)? {
            day = next(day);
        }
        Ok(day)
    }

    /// The first working day after a day.
    pub fn next(&self, day: NaiveDate) -> Due {
        self.on_or_after(day + Days::new(1))
    }

    /// The day on which a number of working days after a day are over; the day itself for none.
    pub fn add(&self, day: NaiveDate, working_days: u32) -> Due {
        (0..working_days).try_fold(day, |day, _| self.next(day))
    }

    /// The working days after one day up to and with a later one; none where it is not later.
    pub fn between(&self, after: NaiveDate, until: NaiveDate) -> Result<u32, YearNotLoaded> {
        let days = after.iter_days().skip(1).take_while(|day| *day <= until);
        days.map(|day| self.is_working_day(day).map(u32::from)).sum()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date in the test")
    }

    /// Of England and Wales in 2026 and at the turn to 2027, as published.
    pub(crate) fn holidays() -> BankHolidays {
        [
            "2026-01-01",
            "2026-04-03",
            "2026-04-06",
            "2026-05-04",
            "2026-05-25",
            "2026-08-31",
            "2026-12-25",
            "2026-12-28",
            "2027-01-01",
        ]
        .map(|text| (day(text), "A bank holiday".to_owned()))
        .into_iter()
        .collect()
    }

    #[test]
    fn working_days_leave_out_weekends_and_bank_holidays() {
        for (from, number, to) in [
            ("2026-03-31", 0, "2026-03-31"),
            ("2026-03-31", 1, "2026-04-01"),
            // Over Easter: Friday and Monday are bank holidays.
            ("2026-04-02", 1, "2026-04-07"),
            ("2026-03-31", 10, "2026-04-16"),
            // Over the turn of the year: Boxing Day is a Saturday and is kept on Monday.
            ("2026-12-24", 1, "2026-12-29"),
            ("2026-12-31", 1, "2027-01-04"),
            // From a Saturday the next working day is Monday.
            ("2026-05-16", 1, "2026-05-18"),
        ] {
            assert_eq!(holidays().add(day(from), number), Ok(day(to)), "{number} after {from}");
            assert_eq!(holidays().between(day(from), day(to)), Ok(number), "{from} to {to}");
        }
        assert_eq!(holidays().between(day("2026-05-20"), day("2026-05-14")), Ok(0));
    }

    #[test]
    fn a_day_off_moves_to_the_working_day_before_or_after_it() {
        for (of, before, after) in [
            ("2026-05-20", "2026-05-20", "2026-05-20"),
            ("2026-09-20", "2026-09-18", "2026-09-21"),
            ("2026-05-25", "2026-05-22", "2026-05-26"),
            ("2026-04-04", "2026-04-02", "2026-04-07"),
        ] {
            assert_eq!(holidays().on_or_before(day(of)), Ok(day(before)), "before {of}");
            assert_eq!(holidays().on_or_after(day(of)), Ok(day(after)), "after {of}");
        }
    }

    #[test]
    fn a_year_that_is_not_loaded_is_said_and_not_guessed() {
        let unknown = Err(YearNotLoaded(2028));
        assert_eq!(holidays().add(day("2027-12-31"), 1), unknown);
        assert_eq!(
            holidays().between(day("2028-01-03"), day("2028-01-04")),
            Err(YearNotLoaded(2028))
        );
        assert_eq!(holidays().is_working_day(day("2028-01-01")), Ok(false), "a Saturday");
        assert_eq!(BankHolidays::default().next(day("2026-05-04")), Err(YearNotLoaded(2026)));
        assert_eq!(
            YearNotLoaded(2028).to_string(),
            "The bank holidays of 2028 are not loaded, so Accord does not say the date."
        );
    }
}
