//! How amounts, counts, dates and times are written on a page.

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};
use chrono_tz::Europe::London;
use minijinja::{Environment, Error, ErrorKind, Value};

/// Adds the filters `money`, `number`, `date`, `datetime` and `plural` to an environment.
pub fn add_to(environment: &mut Environment<'static>) {
    environment.add_filter("money", money);
    environment.add_filter("number", number);
    environment.add_filter("date", |text: &str| parsed(text, date_of(text).map(date)));
    environment.add_filter("datetime", |text: &str| parsed(text, text.parse().ok().map(date_and_time)));
    environment.add_filter("plural", plural);
}

/// Pence as pounds: `123450` is "£1,234.50".
#[must_use]
pub fn money(pence: i64) -> String {
    let sign = if pence < 0 { "-" } else { "" };
    let pence = pence.unsigned_abs();
    format!("{sign}£{}.{:02}", grouped(pence / 100), pence % 100)
}

/// A whole number with its thousands apart: `12345` is "12,345".
#[must_use]
pub fn number(count: i64) -> String {
    let sign = if count < 0 { "-" } else { "" };
    format!("{sign}{}", grouped(count.unsigned_abs()))
}

/// A day: "6 August 2026".
#[must_use]
pub fn date(day: NaiveDate) -> String {
    const MONTHS: [&str; 12] =
        ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
    let month = MONTHS.get(day.month0() as usize).copied().unwrap_or_default();
    format!("{} {month} {}", day.day(), day.year())
}

/// An instant as people in London say it: "6 August 2026 at 9:32am".
#[must_use]
pub fn date_and_time(instant: DateTime<Utc>) -> String {
    let there = instant.with_timezone(&London);
    let (afternoon, hour) = there.hour12();
    let half = if afternoon { "pm" } else { "am" };
    let time = match (there.hour(), there.minute()) {
        (0, 0) => "midnight".to_owned(),
        (12, 0) => "midday".to_owned(),
        (_, 0) => format!("{hour}{half}"),
        (_, minute) => format!("{hour}:{minute:02}{half}"),
    };
    format!("{} at {time}", date(there.date_naive()))
}

/// A count with its noun: "1 offer", "12 offers". An unusual plural is given as well.
#[must_use]
pub fn plural(count: i64, one: &str, many: Option<&str>) -> String {
    match (count, many) {
        (1, _) => format!("1 {one}"),
        (_, Some(many)) => format!("{} {many}", number(count)),
        (_, None) => format!("{} {one}s", number(count)),
    }
}

/// The day a text names: a date, or the London day of an instant.
fn date_of(text: &str) -> Option<NaiveDate> {
    text.parse().ok().or_else(|| text.parse::<DateTime<Utc>>().ok().map(|instant| instant.with_timezone(&London).date_naive()))
}

fn parsed(text: &str, written: Option<String>) -> Result<Value, Error> {
    written.map(Value::from).ok_or_else(|| Error::new(ErrorKind::InvalidOperation, format!("{text:?} is not a date the page can write")))
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut written = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            written.push(',');
        }
        written.push(digit);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_and_counts() {
        assert_eq!(money(123_450), "£1,234.50");
        assert_eq!(money(5), "£0.05");
        assert_eq!(money(-100_000_000), "-£1,000,000.00");
        assert_eq!(money(i64::MIN), "-£92,233,720,368,547,758.08");
        assert_eq!(number(999), "999");
        assert_eq!(number(-1_234_567), "-1,234,567");
        assert_eq!(plural(1, "offer", None), "1 offer");
        assert_eq!(plural(0, "offer", None), "0 offers");
        assert_eq!(plural(1_200, "person", Some("people")), "1,200 people");
    }

    #[test]
    fn days_and_times_are_londons() {
        let at = |text: &str| date_and_time(text.parse().expect("an instant"));
        assert_eq!(at("2026-08-06T08:32:10.5Z"), "6 August 2026 at 9:32am");
        assert_eq!(at("2026-08-06T23:00:00Z"), "7 August 2026 at midnight");
        assert_eq!(at("2026-12-01T12:00:59Z"), "1 December 2026 at midday");
        assert_eq!(at("2026-12-01T17:00:00Z"), "1 December 2026 at 5pm");
        assert_eq!(date_of("2026-08-06T23:30:00Z").map(date).as_deref(), Some("7 August 2026"));
        assert_eq!(date_of("2026-08-06").map(date).as_deref(), Some("6 August 2026"));
        assert_eq!(date_of("06/08/2026"), None);
    }
}
