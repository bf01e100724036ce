//! The lapse of accounts that nobody uses: after twelve months, never in March, and not without two warnings.
//!
//! Source: CQRS National's yearly lapse took away access in February and March, just before the year end of QOF, and told
//! nobody beforehand. Ours: how long, and the warnings.

use crate::calendar::Now;
use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Utc};

/// Months without signing in after which an account lapses.
pub const UNUSED_MONTHS: u32 = 12;
/// Days before it lapses on which its person is warned first.
pub const FIRST_WARNING: u64 = 30;
/// Days before it lapses on which its person is warned again.
pub const LAST_WARNING: u64 = 7;

/// A day in March moves a month on: then the figures and declarations of a whole year are due, and nobody is stopped.
pub fn not_in_march(day: NaiveDate) -> NaiveDate {
    if day.month() == 3 { day + Months::new(1) } else { day }
}

/// The day from which on an account that was last used on a day does not open.
pub fn lapses_on(used: NaiveDate) -> NaiveDate {
    not_in_march(used + Months::new(UNUSED_MONTHS))
}

/// What somebody was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Warned {
    /// When first.
    pub at: DateTime<Utc>,
    /// The day that they were told.
    pub lapses_on: NaiveDate,
    /// Whether they were warned again.
    pub twice: bool,
}

/// What is to be done about an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Warn first: it lapses on this day.
    Warn(NaiveDate),
    /// Warn again: it lapses on this day.
    WarnAgain(NaiveDate),
    /// It lapses now.
    Lapse,
}

/// What is to be done now about an account that was used last at an instant, made then, or enabled again; nothing before its
/// time. Whoever was warned late, because nobody looked, has the whole time from the warning on.
pub fn step(used: DateTime<Utc>, warned: Option<Warned>, now: &Now) -> Option<Step> {
    match warned.filter(|warned| warned.at > used) {
        None => {
            let planned = lapses_on(Now::at(used).today);
            let earliest = now.today + Days::new(FIRST_WARNING);
            (planned <= earliest).then(|| Step::Warn(not_in_march(planned.max(earliest))))
        }
        Some(warned) if now.today >= warned.lapses_on => Some(Step::Lapse),
        Some(warned) => {
            let is_near = now.today + Days::new(LAST_WARNING) >= warned.lapses_on;
            (is_near && !warned.twice).then_some(Step::WarnAgain(warned.lapses_on))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    fn noon(text: &str) -> Now {
        Now::at(format!("{text}T12:00:00Z").parse().expect("an instant"))
    }

    #[test]
    fn an_account_lapses_after_twelve_months_and_never_in_march() {
        for (used, lapses) in [
            ("2025-05-20", "2026-05-20"),
            ("2025-02-28", "2026-02-28"),
            ("2024-02-29", "2025-02-28"),
            ("2025-03-01", "2026-04-01"),
            ("2025-03-31", "2026-04-30"),
            ("2025-04-01", "2026-04-01"),
        ] {
            assert_eq!(lapses_on(day(used)), day(lapses), "used on {used}");
        }
    }

    #[test]
    fn its_person_is_warned_twice_each_once_and_then_it_lapses() {
        let used = noon("2025-05-20").instant;
        let lapses = day("2026-05-20");
        let warned =
            |at: &str, twice| Some(Warned { at: noon(at).instant, lapses_on: lapses, twice });
        for (warned, today, expected) in [
            (None, "2026-04-19", None),
            (None, "2026-04-20", Some(Step::Warn(lapses))),
            (warned("2026-04-20", false), "2026-04-20", None),
            (warned("2026-04-20", false), "2026-05-12", None),
            (warned("2026-04-20", false), "2026-05-13", Some(Step::WarnAgain(lapses))),
            (warned("2026-04-20", true), "2026-05-19", None),
            (warned("2026-04-20", true), "2026-05-20", Some(Step::Lapse)),
            // A warning from before it was used again says nothing.
            (warned("2025-05-19", true), "2026-05-20", Some(Step::Warn(day("2026-06-19")))),
            // Nobody looked for a long time: the whole time runs from the warning on, and still ends outside March.
            (None, "2026-08-01", Some(Step::Warn(day("2026-08-31")))),
            (None, "2027-02-15", Some(Step::Warn(day("2027-04-17")))),
        ] {
            assert_eq!(step(used, warned, &noon(today)), expected, "{warned:?} on {today}");
        }
    }

    #[test]
    fn whatever_the_day_of_the_last_use_nothing_lapses_in_march_or_unwarned() {
        let mut used = noon("2024-01-01");
        for _ in 0..800 {
            let mut warned: Option<Warned> = None;
            let mut today = used;
            loop {
                today = Now::at(today.instant + Days::new(1));
                match step(used.instant, warned, &today) {
                    None => continue,
                    Some(Step::Warn(lapses_on)) => {
                        assert!(lapses_on >= today.today + Days::new(FIRST_WARNING));
                        warned = Some(Warned { at: today.instant, lapses_on, twice: false });
                    }
                    Some(Step::WarnAgain(_)) => warned.as_mut().expect("warned").twice = true,
                    Some(Step::Lapse) => break,
                }
            }
            assert_ne!(today.today.month(), 3, "used on {}", used.today);
            assert!(warned.expect("warned").twice, "used on {}", used.today);
            used = Now::at(used.instant + Days::new(1));
        }
    }
}
