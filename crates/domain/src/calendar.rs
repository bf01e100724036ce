//! Time as the field counts it: London's date, financial years from 1 April, the periods of a service and working days.

pub mod bank_holiday;
mod later;
mod working_day;

pub use later::{a_year_later, first_day_a_year_later, last_day_a_year_later};
#[cfg(test)]
pub(crate) use working_day::tests::holidays as holidays_of_2026;
pub use working_day::{BankHolidays, Due, YearNotLoaded};

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, Timelike, Utc};
use chrono_tz::Europe::London;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The moment of an act: the instant that is recorded and the London date that deadlines are reckoned by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// The instant, cut to microseconds because that is what both databases keep.
    pub instant: DateTime<Utc>,
    /// London's calendar date at that instant.
    pub today: NaiveDate,
}

impl Now {
    /// Both faces of one instant.
    pub fn at(instant: DateTime<Utc>) -> Self {
        let instant = DateTime::from_timestamp_micros(instant.timestamp_micros())
            .expect("an instant that was an instant before");
        Self { instant, today: instant.with_timezone(&London).date_naive() }
    }
}

/// The instant at which a clock in London shows this; the earlier one where the clock shows it twice.
pub fn london_instant(shown: NaiveDateTime) -> DateTime<Utc> {
    // In the hour that the spring change leaves out, summer time has not begun.
    shown
        .and_local_timezone(London)
        .earliest()
        .map_or_else(|| shown.and_utc(), |local| local.with_timezone(&Utc))
}

/// `3 April 2026 at 9:32am`, or `at 9am` on the hour, London time.
pub fn long_instant(instant: DateTime<Utc>) -> String {
    let local = instant.with_timezone(&London);
    let time = if local.minute() == 0 { local.format("%-I%P") } else { local.format("%-I:%M%P") };
    format!("{} at {time}", long_date(local.date_naive()))
}

/// `3 April 2026`.
pub fn long_date(date: NaiveDate) -> String {
    date.format("%-d %B %Y").to_string()
}

/// A financial year, named by the calendar year it starts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FinancialYear(pub i32);

impl FinancialYear {
    /// A year of this service's time, 2000 to 2100; none otherwise.
    pub fn new(starts_in: i32) -> Option<Self> {
        (2000..=2100).contains(&starts_in).then_some(Self(starts_in))
    }

    /// The year that a date falls in.
    pub fn containing(date: NaiveDate) -> Self {
        Self(if date.month() >= 4 { date.year() } else { date.year() - 1 })
    }

    /// 1 April.
    pub fn first_day(self) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.0, 4, 1).expect("1 April exists in every year")
    }

    /// 31 March.
    pub fn last_day(self) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.0 + 1, 3, 31).expect("31 March exists in every year")
    }
}

/// `2025 to 2026`.
impl fmt::Display for FinancialYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.0, self.0 + 1)
    }
}

/// How often a service is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Frequency {
    /// Each calendar month.
    Monthly,
    /// Each quarter of the financial year.
    Quarterly,
    /// Once, at the end of the service.
    Annual,
}

impl Frequency {
    /// Months in one period.
    pub fn months(self) -> u32 {
        match self {
            Self::Monthly => 1,
            Self::Quarterly => 3,
            Self::Annual => 12,
        }
    }

    /// As people say it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Monthly => "Monthly",
            Self::Quarterly => "Quarterly",
            Self::Annual => "Annual",
        }
    }
}

/// A stretch of days, both ends included; its last day is the achievement date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Period {
    /// First day.
    pub start: NaiveDate,
    /// Last day: the achievement date that is paid for (CQRS pays only on the exact period end).
    pub end: NaiveDate,
}

impl Period {
    /// The periods of a service that runs from one date to another, in order.
    /// Periods follow calendar months; the first and last may be cut short by the service's own dates.
    pub fn of(frequency: Frequency, from: NaiveDate, to: NaiveDate) -> Vec<Self> {
        let mut periods = Vec::new();
        let mut start = from;
        while start <= to {
            let next = next_boundary(frequency, start);
            let end = (next - Days::new(1)).min(to);
            periods.push(Self { start, end });
            start = next;
        }
        periods
    }

    /// Whether the last day is over on the given date: a period can be declared from the day after.
    pub fn has_ended(self, today: NaiveDate) -> bool {
        today > self.end
    }
}

/// The first day of the period after the one that `day` falls in; quarters and years are financial ones.
fn next_boundary(frequency: Frequency, day: NaiveDate) -> NaiveDate {
    let first = day.with_day(1).expect("every month has a first day");
    let months_into_year = (first.month() + 8) % 12;
    let step = frequency.months() - months_into_year % frequency.months();
    first + Months::new(step)
}

/// `March 2026`, `April to June 2025`, `September 2025 to August 2026`, or `2025 to 2026` for a financial year.
impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole_months = self.start.day() == 1 && (self.end + Days::new(1)).day() == 1;
        let same_year = self.start.year() == self.end.year();
        let year = FinancialYear::containing(self.start);
        if self.start == year.first_day() && self.end == year.last_day() {
            write!(f, "{year}")
        } else if whole_months && same_year && self.start.month() == self.end.month() {
            write!(f, "{}", self.start.format("%B %Y"))
        } else if whole_months && same_year {
            write!(f, "{} to {}", self.start.format("%B"), self.end.format("%B %Y"))
        } else if whole_months {
            write!(f, "{} to {}", self.start.format("%B %Y"), self.end.format("%B %Y"))
        } else {
            write!(f, "{} to {}", long_date(self.start), long_date(self.end))
        }
    }
}

/// A service with its period: `QOF 2025 to 2026` says its year itself, which is not said twice.
pub fn with_period(service: &str, period: &str) -> String {
    if service.ends_with(period) { service.to_owned() } else { format!("{service}, {period}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date in the test")
    }

    #[test]
    fn periods_follow_the_financial_year_and_stay_inside_the_service() {
        for (frequency, from, to, count, first, last) in [
            (Frequency::Monthly, "2025-04-01", "2026-03-31", 12, "April 2025", "March 2026"),
            (
                Frequency::Quarterly,
                "2025-04-01",
                "2026-03-31",
                4,
                "April to June 2025",
                "January to March 2026",
            ),
            (Frequency::Annual, "2025-04-01", "2026-03-31", 1, "2025 to 2026", "2025 to 2026"),
            (
                Frequency::Quarterly,
                "2025-09-01",
                "2026-08-31",
                5,
                "September 2025",
                "July to August 2026",
            ),
        ] {
            let periods = Period::of(frequency, day(from), day(to));
            assert_eq!(periods.len(), count);
            assert_eq!(periods.first().map(ToString::to_string).as_deref(), Some(first));
            assert_eq!(periods.last().map(ToString::to_string).as_deref(), Some(last));
            assert_eq!(periods.first().map(|p| p.start), Some(day(from)));
            assert_eq!(periods.last().map(|p| p.end), Some(day(to)));
        }
    }

    #[test]
    fn deadlines_are_london_days_in_summer_time_too() {
        let instant = "2026-06-30T23:30:00Z".parse().expect("an instant");
        assert_eq!(Now::at(instant).today, day("2026-07-01"));
        assert_eq!(long_instant(instant), "1 July 2026 at 12:30am");
        assert_eq!(
            long_instant("2026-07-01T08:00:00Z".parse().expect("an instant")),
            "1 July 2026 at 9am"
        );
        let winter = "2026-01-31T23:30:00Z".parse().expect("an instant");
        assert_eq!(Now::at(winter).today, day("2026-01-31"));
    }

    #[test]
    fn a_clock_in_london_tells_the_instant() {
        for (shown, instant) in [
            ("2026-06-30T00:30:00", "2026-06-29T23:30:00Z"),
            ("2026-01-31T00:30:00", "2026-01-31T00:30:00Z"),
            ("2026-03-29T01:30:00", "2026-03-29T01:30:00Z"),
            ("2026-10-25T01:30:00", "2026-10-25T00:30:00Z"),
        ] {
            let shown = shown.parse().expect("a date and time");
            assert_eq!(
                london_instant(shown),
                instant.parse::<DateTime<Utc>>().expect("an instant")
            );
        }
    }

    #[test]
    fn a_period_has_ended_on_the_day_after_its_last() {
        let march = Period { start: day("2026-03-01"), end: day("2026-03-31") };
        assert!(!march.has_ended(day("2026-03-31")));
        assert!(march.has_ended(day("2026-04-01")));
    }
}
