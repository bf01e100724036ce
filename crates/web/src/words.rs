//! How amounts, counts, dates and times are written on a page.

use chrono::{DateTime, NaiveDate, Utc};
use domain::Now;
use domain::calendar::{long_date, long_instant, with_period};
use domain::money::Pence;
use minijinja::{Environment, Error, ErrorKind, Value};

/// Adds the filters `money`, `number`, `date`, `datetime`, `plural` and `with_period` to an environment.
pub fn add_to(environment: &mut Environment<'static>) {
    environment.add_filter("money", |pence: i64| Pence(pence).to_string());
    environment.add_filter("number", number);
    environment.add_filter("date", |text: &str| parsed(text, date_of(text).map(long_date)));
    environment
        .add_filter("datetime", |text: &str| parsed(text, text.parse().ok().map(long_instant)));
    environment.add_filter("plural", plural);
    environment.add_filter("with_period", with_period);
}

/// A whole number with its thousands apart: `12345` is "12,345".
#[must_use]
pub fn number(count: i64) -> String {
    let sign = if count < 0 { "-" } else { "" };
    format!("{sign}{}", grouped(count.unsigned_abs()))
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

/// A change of an amount: `£120.00 more`, `£3.10 less`, `No change`.
#[must_use]
pub fn more_or_less(change: Pence) -> String {
    match change.0 {
        0 => "No change".to_owned(),
        more if more > 0 => format!("{change} more"),
        less => format!("{} less", Pence(less.saturating_neg())),
    }
}

/// The day a text names: a date, or the London day of an instant.
fn date_of(text: &str) -> Option<NaiveDate> {
    text.parse()
        .ok()
        .or_else(|| text.parse::<DateTime<Utc>>().ok().map(|instant| Now::at(instant).today))
}

fn parsed(text: &str, written: Option<String>) -> Result<Value, Error> {
    written.map(Value::from).ok_or_else(|| {
        Error::new(
            ErrorKind::InvalidOperation,
            format!("{text:?} is not a date the page can write"),
        )
    })
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

    fn written(template: &str) -> String {
        let mut environment = Environment::new();
        add_to(&mut environment);
        environment.render_str(template, ()).expect("a text")
    }

    #[test]
    fn amounts_and_counts() {
        assert_eq!(written("{{ 123450 | money }}"), "£1,234.50");
        assert_eq!(number(999), "999");
        assert_eq!(number(-1_234_567), "-1,234,567");
        assert_eq!(written("{{ 1 | plural('offer') }}"), "1 offer");
        assert_eq!(written("{{ 0 | plural('offer') }}"), "0 offers");
        assert_eq!(written("{{ 1200 | plural('person', 'people') }}"), "1,200 people");
    }

    #[test]
    fn days_and_times_are_londons() {
        assert_eq!(written("{{ '2026-08-06T08:32:10.5Z' | datetime }}"), "6 August 2026 at 9:32am");
        assert_eq!(written("{{ '2026-08-06T23:30:00Z' | date }}"), "7 August 2026");
        assert_eq!(written("{{ '2026-08-06' | date }}"), "6 August 2026");
        assert_eq!(date_of("06/08/2026"), None);
    }
}
