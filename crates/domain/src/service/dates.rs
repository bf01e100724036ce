//! By when a period of a service is entered, declared, approved and paid: the rules of the definition, and the dates they give.
//!
//! Source: deadlines that commissioners publish are working days after a period or a day of a month; payments that fall on a
//! day off are made on the working day before it. That a definition says so is ours.

use super::Service;
use crate::{
    calendar::{BankHolidays, Due, Period, YearNotLoaded},
    reader::{Problems, Reader},
};
use chrono::{Datelike, Days, Months, NaiveDate};
use std::collections::BTreeSet;

/// The most working days that a rule may give: two months.
const MOST_WORKING_DAYS: i64 = 60;

/// How a date follows from the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// So many working days after it.
    WorkingDays(u32),
    /// The first day of this number in a month that comes after it, 1 to 31; the last day of a shorter month.
    DayOfMonth(u32),
}

/// The rules of a service that says by when it is declared, approved and paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateRules {
    /// After the last day of the period.
    pub declare_by: Rule,
    /// After the day to declare by, for the commissioner and for finance.
    pub approve_by: Rule,
    /// After the day to approve by.
    pub pay_on: Rule,
}

/// What counts where a definition has `[dates]` and leaves a key out. One without `[dates]` has none of these days.
impl Default for DateRules {
    fn default() -> Self {
        Self {
            declare_by: Rule::WorkingDays(10),
            approve_by: Rule::WorkingDays(5),
            pay_on: Rule::DayOfMonth(20),
        }
    }
}

/// The dates of one period of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dates {
    /// The first day on which figures can be entered.
    pub entry_from: NaiveDate,
    /// The last day on which providers enter figures; none where the definition sets none.
    pub entry_until: Option<NaiveDate>,
    /// The last day to declare on; none where nobody declares, or where the definition sets none. So for the others.
    pub declare_by: Option<Due>,
    /// The last day on which the commissioner and finance approve.
    pub approve_by: Option<Due>,
    /// The day of the payment.
    pub pay_on: Option<Due>,
}

impl Service {
    /// The years whose bank holidays some date of its periods needs, and that are not known.
    pub fn unknown_years(&self, holidays: &BankHolidays) -> BTreeSet<i32> {
        let periods = self.periods().into_iter().map(|period| self.dates(period, holidays));
        let days = periods.flat_map(|own| [own.declare_by, own.approve_by, own.pay_on]);
        days.flatten().filter_map(Result::err).map(|YearNotLoaded(year)| year).collect()
    }

    /// The dates of one of its periods. Whoever asks takes the version of the service that counts for the period's end.
    pub fn dates(&self, period: Period, holidays: &BankHolidays) -> Dates {
        let mut dates = Dates {
            entry_from: period.start,
            entry_until: self.entered_until(period),
            declare_by: None,
            approve_by: None,
            pay_on: None,
        };
        let (Some(rules), Some(terms)) = (self.dates, &self.payment) else { return dates };
        let mut last: Due = Ok(period.end);
        if terms.declaration_required {
            last = last.and_then(|after| rules.declare_by.after(after, holidays));
            dates.declare_by = Some(last);
        }
        last = last.and_then(|after| rules.approve_by.after(after, holidays));
        dates.approve_by = Some(last);
        dates.pay_on = Some(last.and_then(|after| rules.pay_on.paid_after(after, holidays)));
        dates
    }
}

impl DateRules {
    /// The dates of each period, in the words of the terms that a provider agrees to.
    pub fn words(&self, declares: bool) -> String {
        let declare = self.declare_by.words("the period");
        let declare =
            if declares { format!("Last day to declare: {declare}. ") } else { String::new() };
        let before = if declares { "that" } else { "the period" };
        let (approve, pay) = (self.approve_by.words(before), self.pay_on.words("that"));
        format!("{declare}Last day to approve: {approve}. Payment: {pay}.")
    }
}

impl Rule {
    /// The last day of something that may take until then. A day of a month is that day, whether or not people work on it.
    fn after(self, after: NaiveDate, holidays: &BankHolidays) -> Due {
        match self {
            Self::WorkingDays(days) => holidays.add(after, days),
            Self::DayOfMonth(number) => Ok(next_of_number(after, number)),
        }
    }

    /// The day of a payment: a day of a month on which nobody works moves to the working day before it.
    fn paid_after(self, after: NaiveDate, holidays: &BankHolidays) -> Due {
        let Self::DayOfMonth(number) = self else { return self.after(after, holidays) };
        let mut day = next_of_number(after, number);
        loop {
            let paid = holidays.on_or_before(day)?;
            if paid > after {
                return Ok(paid);
            }
            day = next_of_number(day, number);
        }
    }

    /// `10 working days after the period`, `the first 24th after the period`.
    pub fn words(self, after: &str) -> String {
        match self {
            Self::WorkingDays(0) => format!("the last day of {after}"),
            Self::WorkingDays(1) => format!("1 working day after {after}"),
            Self::WorkingDays(days) => format!("{days} working days after {after}"),
            Self::DayOfMonth(number) => {
                let ending = match (number % 10, number / 10) {
                    (1, 0 | 2 | 3) => "st",
                    (2, 0 | 2) => "nd",
                    (3, 0 | 2) => "rd",
                    _ => "th",
                };
                format!("the first {number}{ending} after {after}")
            }
        }
    }
}

/// The first day of this number in a month that is later than a day; the last day of a month that is too short.
fn next_of_number(after: NaiveDate, number: u32) -> NaiveDate {
    let first = after.with_day(1).expect("every month has a first day");
    let in_month = |months: u32| {
        let first = first + Months::new(months);
        let last = first + Months::new(1) - Days::new(1);
        last.with_day(number.min(last.day())).unwrap_or(last)
    };
    (0..3).map(in_month).find(|day| *day > after).unwrap_or_else(|| in_month(3))
}

/// Reads `[dates]`: each key is `{ working_days = 10 }` or `{ day = 24 }`.
pub(super) fn read(mut reader: Reader) -> DateRules {
    let usual = DateRules::default();
    let mut rule = |key: &str, usual: Rule| {
        if !reader.has(key) {
            return usual;
        }
        reader.child(key).map_or(usual, rule_of)
    };
    let rules = DateRules {
        declare_by: rule("declare_by", usual.declare_by),
        approve_by: rule("approve_by", usual.approve_by),
        pay_on: rule("pay_on", usual.pay_on),
    };
    reader.refuse_unknown_keys();
    rules
}

fn rule_of(mut reader: Reader) -> Rule {
    let days = reader
        .optional("working_days", |reader, key| reader.whole(key, 0..=MOST_WORKING_DAYS))
        .map(Rule::WorkingDays);
    let day = reader.optional("day", |reader, key| reader.whole(key, 1..=31)).map(Rule::DayOfMonth);
    reader.refuse_unknown_keys();
    match (days, day) {
        (Some(rule), None) | (None, Some(rule)) => rule,
        (days, _) => {
            let found = if days.is_some() { "both" } else { "neither" };
            reader.problems.add(reader.place, found, "one of working_days and day");
            Rule::WorkingDays(0)
        }
    }
}

/// Only what is paid has periods.
pub(super) fn only_a_paid_service_has_dates(service: &Service, problems: &mut Problems) {
    if service.dates.is_some() && service.payment.is_none() && problems.sound(&["payment", "dates"])
    {
        problems.add("dates", "dates", "only in a service with [payment], which has periods");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{calendar::holidays_of_2026, service::tests::GOOD};

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date in the test")
    }

    fn service(dates: &str) -> Result<Service, Vec<String>> {
        let text = GOOD.replacen("[payment]", &format!("{dates}\n[payment]"), 1);
        Service::from_toml(&text)
            .map_err(|problems| problems.iter().map(ToString::to_string).collect())
    }

    fn period(start: &str, end: &str) -> Period {
        Period { start: day(start), end: day(end) }
    }

    #[test]
    fn a_rule_gives_the_date_that_follows() {
        let holidays = holidays_of_2026();
        for (rule, after, last, paid) in [
            (Rule::WorkingDays(10), "2026-03-31", "2026-04-16", "2026-04-16"),
            (Rule::WorkingDays(0), "2026-03-31", "2026-03-31", "2026-03-31"),
            (Rule::DayOfMonth(24), "2026-03-31", "2026-04-24", "2026-04-24"),
            (Rule::DayOfMonth(24), "2026-03-24", "2026-04-24", "2026-04-24"),
            // 20 September 2026 is a Sunday: a deadline stays, a payment moves to the Friday before.
            (Rule::DayOfMonth(20), "2026-08-31", "2026-09-20", "2026-09-18"),
            // The working day before is the day that the payment must come after: the next month pays.
            (Rule::DayOfMonth(20), "2026-09-18", "2026-09-20", "2026-10-20"),
            (Rule::DayOfMonth(31), "2026-01-31", "2026-02-28", "2026-02-27"),
            (Rule::DayOfMonth(1), "2026-12-31", "2027-01-01", "2027-02-01"),
        ] {
            assert_eq!(rule.after(day(after), &holidays), Ok(day(last)), "{rule:?} after {after}");
            let found = rule.paid_after(day(after), &holidays);
            if after == "2026-12-31" {
                assert_eq!(found, Ok(day("2027-02-01")), "New Year's Day moves before the year");
            } else {
                assert_eq!(found, Ok(day(paid)), "{rule:?} paid after {after}");
            }
        }
    }

    #[test]
    fn each_date_follows_the_one_before_it() {
        let march = period("2026-03-01", "2026-03-31");
        let rules = "[dates]\ndeclare_by = { working_days = 6 }\napprove_by = { working_days = 3 }\npay_on = { day = 15 }";
        let dates = service(rules).unwrap().dates(march, &holidays_of_2026());
        assert_eq!(dates.entry_from, day("2026-03-01"));
        assert_eq!(dates.entry_until, None);
        assert_eq!(dates.declare_by, Some(Ok(day("2026-04-10"))));
        assert_eq!(dates.approve_by, Some(Ok(day("2026-04-15"))));
        assert_eq!(dates.pay_on, Some(Ok(day("2026-05-15"))));
        // What is left out has the default of the program.
        let usual = service("[dates]").unwrap();
        assert_eq!(usual.dates, Some(DateRules::default()));
        let dates = usual.dates(march, &holidays_of_2026());
        assert_eq!(dates.declare_by, Some(Ok(day("2026-04-16"))));
        assert_eq!(dates.approve_by, Some(Ok(day("2026-04-23"))));
        assert_eq!(dates.pay_on, Some(Ok(day("2026-05-20"))));
    }

    #[test]
    fn a_service_that_says_no_dates_has_none_and_an_unknown_year_is_said() {
        let march = period("2026-03-01", "2026-03-31");
        let none = service("").unwrap().dates(march, &holidays_of_2026());
        assert_eq!((none.declare_by, none.approve_by, none.pay_on), (None, None, None));
        let unknown = Some(Err(YearNotLoaded(2026)));
        let dates = service("[dates]").unwrap().dates(march, &BankHolidays::default());
        assert_eq!((dates.declare_by, dates.approve_by, dates.pay_on), (unknown, unknown, unknown));
        let years = |dates: &str, holidays: &BankHolidays| -> Vec<i32> {
            service(dates).unwrap().unknown_years(holidays).into_iter().collect()
        };
        assert_eq!(years("", &BankHolidays::default()), [0; 0]);
        assert_eq!(years("[dates]", &BankHolidays::default()), [2026]);
        assert_eq!(years("[dates]", &holidays_of_2026()), [0; 0]);
        let text = GOOD
            .replacen("declaration_required = true", "declaration_required = false", 1)
            .replacen("[payment]", "[dates]\n[payment]", 1);
        let by_itself = Service::from_toml(&text).unwrap();
        let dates = by_itself.dates(march, &holidays_of_2026());
        assert_eq!((dates.declare_by, dates.approve_by), (None, Some(Ok(day("2026-04-09")))));
    }

    #[test]
    fn a_wrong_rule_is_named() {
        for (rules, problem) in [
            (
                "[dates]\ndeclare_by = {}",
                "dates, declare_by: found neither, allowed one of working_days and day",
            ),
            (
                "[dates]\npay_on = { day = 3, working_days = 4 }",
                "dates, pay_on: found both, allowed one of working_days and day",
            ),
            (
                "[dates]\npay_on = { day = 32 }",
                "dates, pay_on, day: found 32, allowed a whole number from 1 to 31",
            ),
            ("[dates]\napprove_by = 7", "dates, approve_by: found 7, allowed a table"),
            (
                "[dates]\ndue_by = { day = 3 }",
                "dates, due_by: found an unknown key, allowed declare_by, approve_by, pay_on",
            ),
        ] {
            assert_eq!(service(rules), Err(vec![problem.to_owned()]), "{rules}");
        }
    }

    #[test]
    fn a_rule_is_said_in_words() {
        for (rule, words) in [
            (Rule::WorkingDays(10), "10 working days after the period"),
            (Rule::WorkingDays(1), "1 working day after the period"),
            (Rule::WorkingDays(0), "the last day of the period"),
            (Rule::DayOfMonth(1), "the first 1st after the period"),
            (Rule::DayOfMonth(12), "the first 12th after the period"),
            (Rule::DayOfMonth(22), "the first 22nd after the period"),
            (Rule::DayOfMonth(31), "the first 31st after the period"),
        ] {
            assert_eq!(rule.words("the period"), words);
        }
        let rules = DateRules { approve_by: Rule::WorkingDays(1), ..DateRules::default() };
        assert_eq!(
            rules.words(true),
            "Last day to declare: 10 working days after the period. Last day to approve: 1 working day after that. \
             Payment: the first 20th after that."
        );
        assert_eq!(
            rules.words(false),
            "Last day to approve: 1 working day after the period. Payment: the first 20th after that."
        );
    }
}
