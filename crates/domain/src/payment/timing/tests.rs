//! Shows by when a file must reach the payer over both clock changes and holidays, and when an answer is chased.

use super::*;
use crate::{
    Organisation, OrganisationKind, PersonId, Role, calendar::holidays_of_2026, deputy::ActsFor,
};
use uuid::Uuid;

fn at(text: &str) -> Now {
    Now::at(text.parse().expect("an instant"))
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn reach(working_day: u32, until: &str) -> Reach {
    Reach { working_day, until: until.parse().expect("a time") }
}

/// The ninth working day of each month, 3pm: the instant asked, what is over, and what comes next.
#[test]
fn a_file_must_reach_the_payer_by_a_time_in_london_on_a_working_day_of_the_month() {
    let ninth = reach(9, "15:00:00");
    let rows = [
        // May 2026 begins on a Friday and has a bank holiday on the fourth.
        ("2026-05-01T08:00:00Z", None, "3pm on Thursday 14 May 2026", "2026-05-14T14:00:00Z"),
        ("2026-05-14T13:59:59Z", None, "3pm on Thursday 14 May 2026", "2026-05-14T14:00:00Z"),
        ("2026-05-14T14:00:00Z", None, "3pm on Thursday 14 May 2026", "2026-05-14T14:00:00Z"),
        (
            "2026-05-14T14:00:01Z",
            Some("3pm on Thursday 14 May 2026"),
            "3pm on Thursday 11 June 2026",
            "2026-06-11T14:00:00Z",
        ),
        // In London it is June already, half an hour past midnight.
        ("2026-05-31T23:30:00Z", None, "3pm on Thursday 11 June 2026", "2026-06-11T14:00:00Z"),
        // Clocks go forward on 29 March: March's time is in winter, April's in summer, over Easter.
        ("2026-03-12T14:59:00Z", None, "3pm on Thursday 12 March 2026", "2026-03-12T15:00:00Z"),
        (
            "2026-03-12T15:01:00Z",
            Some("3pm on Thursday 12 March 2026"),
            "3pm on Wednesday 15 April 2026",
            "2026-04-15T14:00:00Z",
        ),
        // Clocks go back on 25 October.
        ("2026-10-13T14:00:00Z", None, "3pm on Tuesday 13 October 2026", "2026-10-13T14:00:00Z"),
        (
            "2026-10-13T14:30:00Z",
            Some("3pm on Tuesday 13 October 2026"),
            "3pm on Thursday 12 November 2026",
            "2026-11-12T15:00:00Z",
        ),
    ];
    for (now, missed, next, instant) in rows {
        let standing = ninth.standing(&at(now), &holidays_of_2026()).expect("the year is known");
        assert_eq!(standing.missed.map(|one| one.words()).as_deref(), missed, "at {now}");
        assert_eq!(standing.next.words(), next, "at {now}");
        assert_eq!(standing.next.at, at(instant).instant, "at {now}");
    }
    let unknown = ninth.standing(&at("2028-01-03T09:00:00Z"), &holidays_of_2026());
    assert_eq!(unknown, Err(YearNotLoaded(2028)));
    // Every month of a year has the last working day that can be chosen.
    for month in 1..=12 {
        let first = NaiveDate::from_ymd_opt(2026, month, 1).expect("a first day");
        let last = reach(LAST_WORKING_DAY, "15:00:00").in_month(first, &holidays_of_2026());
        assert_eq!(last.expect("a day").on.month(), month);
    }
}

#[test]
fn the_words_count_down_and_say_what_happens_when_it_is_over() {
    let ninth = reach(9, "15:30:00");
    let rows = [
        (
            "2026-05-11T09:00:00Z",
            5,
            "The next file must reach the payer by 3:30pm on Thursday 14 May 2026 (3 working days left).",
        ),
        (
            "2026-05-14T09:00:00Z",
            5,
            "The next file must reach the payer by 3:30pm on Thursday 14 May 2026 (today is the last day).",
        ),
        (
            "2026-05-14T15:00:00Z",
            2,
            "3:30pm on Thursday 14 May 2026 was the last time for this month. These go with the next file, for June 2026: it must reach the payer by 3:30pm on Thursday 11 June 2026 (19 working days left).",
        ),
        (
            "2026-05-14T15:00:00Z",
            0,
            "The next file must reach the payer by 3:30pm on Thursday 11 June 2026 (19 working days left).",
        ),
        (
            "2028-05-14T15:00:00Z",
            2,
            "The bank holidays of 2028 are not loaded, so Accord does not say the date.",
        ),
    ];
    for (now, ready, words) in rows {
        assert_eq!(ninth.sentence(ready, &at(now), &holidays_of_2026()), words, "at {now}");
    }
    let hint = |now| ninth.hint(&at(now), &holidays_of_2026());
    assert_eq!(
        hint("2026-05-11T09:00:00Z"),
        "It must reach the payer by 3:30pm on Thursday 14 May 2026 (3 working days left)."
    );
    assert_eq!(
        hint("2026-05-15T09:00:00Z"),
        "The time for May 2026 is over. It goes with the next file, by 3:30pm on Thursday 11 June 2026 (18 working days left)."
    );
}

/// Sent, expected and chased on which day, and today: whether it is overdue, and whether people are written to.
#[test]
fn an_answer_is_chased_after_working_days_and_not_each_day() {
    let rows = [
        ("2026-05-14", None, None, "2026-05-19", false, false),
        ("2026-05-14", None, None, "2026-05-20", true, true),
        ("2026-05-14", None, Some("2026-05-20"), "2026-05-20", true, false),
        // Over the bank holiday of 25 May.
        ("2026-05-14", None, Some("2026-05-20"), "2026-05-26", true, false),
        ("2026-05-14", None, Some("2026-05-20"), "2026-05-27", true, true),
        // A payer that pays later is not chased before.
        ("2026-05-14", Some("2026-05-29"), None, "2026-06-03", false, false),
        ("2026-05-14", Some("2026-05-29"), None, "2026-06-04", true, true),
        // Over Easter, and over the clock change of 29 March.
        ("2026-04-02", None, None, "2026-04-09", false, false),
        ("2026-04-02", None, None, "2026-04-10", true, true),
        ("2026-03-27", None, None, "2026-04-01", false, false),
        ("2026-03-27", None, None, "2026-04-02", true, true),
        // Clocks go back on 25 October.
        ("2026-10-23", None, None, "2026-10-28", false, false),
        ("2026-10-23", None, None, "2026-10-29", true, true),
    ];
    for (sent, expected, chased, today, overdue, chase) in rows {
        let waiting = Waiting {
            sent_on: day(sent),
            expected_on: expected.map(day),
            chased_on: chased.map(day),
            unanswered: 12,
        };
        let holidays = holidays_of_2026();
        let row = format!("sent {sent}, expected {expected:?}, chased {chased:?}, on {today}");
        assert_eq!(waiting.is_overdue(3, day(today), &holidays), Ok(overdue), "{row}");
        assert_eq!(waiting.is_to_chase(3, day(today), &holidays), Ok(chase), "{row}");
        let answered = Waiting { unanswered: 0, ..waiting };
        assert_eq!(answered.is_to_chase(3, day(today), &holidays), Ok(false), "answered: {row}");
    }
}

#[test]
fn finance_sets_the_times_within_reason() {
    let by = |role, kind| Actor::Person {
        id: PersonId(Uuid::from_u128(1)),
        name: "Ana Ruiz".to_owned(),
        organisation: Organisation {
            id: Uuid::from_u128(7).into(),
            code: "QAA".to_owned(),
            name: "NHS Anytown ICB".to_owned(),
            kind,
            parent: None,
            closed_on: None,
        },
        roles: vec![role],
        acts_for: ActsFor::default(),
        origin: Default::default(),
        narrowing: None,
    };
    let finance = || by(Role::FinanceManagement, OrganisationKind::Icb);
    let timing = |working_day: Option<u32>, chase_after| Timing {
        reach: working_day.map(|number| reach(number, "15:00:00")),
        chase_after,
    };
    let not_allowed = || {
        let (permission, kind) = (Permission::MakePayments, OrganisationKind::Icb);
        CannotSetTiming::NotAllowed(NotAllowed { permission, kind, is_narrowed: false })
    };
    let rows = [
        (timing(Some(9), Some(3)), finance(), Ok(())),
        (timing(None, None), finance(), Ok(())),
        (timing(Some(18), Some(20)), finance(), Ok(())),
        (timing(Some(0), None), finance(), Err(CannotSetTiming::WorkingDay)),
        (timing(Some(19), None), finance(), Err(CannotSetTiming::WorkingDay)),
        (timing(None, Some(0)), finance(), Err(CannotSetTiming::ChaseAfter)),
        (timing(None, Some(21)), finance(), Err(CannotSetTiming::ChaseAfter)),
        (
            timing(None, None),
            by(Role::ApprovalManagement, OrganisationKind::Icb),
            Err(not_allowed()),
        ),
        (
            timing(None, None),
            by(Role::FinanceManagement, OrganisationKind::Region),
            Err(CannotSetTiming::NotPaying),
        ),
    ];
    for (timing, by, result) in rows {
        let before = Setting::of(Uuid::from_u128(7).into());
        assert_eq!(before.change(timing, &by).map(drop), result, "{timing:?} by {by:?}");
    }
    let words = |timing: Timing| timing.words();
    assert_eq!(
        words(timing(Some(9), Some(3))),
        "files reach the payer by 3pm on working day 9 of the month; answers chased after 3 working days"
    );
    assert_eq!(
        words(timing(None, None)),
        "no day for files to reach the payer; answers not chased"
    );
}
