//! Stories of the calendar: bank holidays that an operator loads, dates of a period, and what is due when.

use crate::{
    story,
    support::{Seat, World, figures::ADVICE, money::BLOOD},
};
use domain::{Actor, calendar::bank_holiday};
use std::{fs, process::Command};

/// England and Wales in 2025 and 2026, the years that stories are told in.
pub const BANK_HOLIDAYS: &str = "date,title
2025-01-01,New Year's Day
2025-04-18,Good Friday
2025-04-21,Easter Monday
2025-05-05,Early May bank holiday
2025-05-26,Spring bank holiday
2025-08-25,Summer bank holiday
2025-12-25,Christmas Day
2025-12-26,Boxing Day
2026-01-01,New Year's Day
2026-04-03,Good Friday
2026-04-06,Easter Monday
2026-05-04,Early May bank holiday
2026-05-25,Spring bank holiday
2026-08-31,Summer bank holiday
2026-12-25,Christmas Day
2026-12-28,Boxing Day (substitute day)
";

/// Runs the command on a file with this content; its exit status and everything it said.
fn import(world: &World, name: &str, content: &str) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join(name);
    fs::write(&file, content).expect("a file");
    let run = Command::new(env!("CARGO_BIN_EXE_accord"))
        .args(["import", "--database", &world.address, "bank-holidays"])
        .arg(&file)
        .output()
        .expect("the program runs");
    let said = [run.stdout, run.stderr].concat();
    (run.status.code(), String::from_utf8_lossy(&said).into_owned())
}

async fn known(world: &World) -> usize {
    let mut tx = world.db.read().await.expect("a question");
    store::calendar::bank_holidays(&mut tx).await.expect("bank holidays").all().count()
}

story!(bank_holidays_are_loaded_year_by_year, world, {
    let (code, said) = import(&world, "days.csv", BANK_HOLIDAYS);
    assert_eq!(
        (code, &*said),
        (Some(0), "16 bank holidays loaded\nYears that are known: 2025, 2026\n")
    );
    // The same days again are no fact, whichever file brings them.
    let (code, said) = import(&world, "again.csv", BANK_HOLIDAYS);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.starts_with("16 bank holidays already loaded\n"), "{said}");
    assert_eq!(world.facts("bank_holidays_loaded").await, 1);
    // A year that is named again is replaced as a whole, and the other stays.
    let events: Vec<String> = BANK_HOLIDAYS
        .lines()
        .filter(|line| line.starts_with("2026"))
        .filter_map(|line| line.split_once(','))
        .map(|(date, title)| format!("{{\"title\":\"{title}\",\"date\":\"{date}\"}}"))
        .collect();
    let one_more = "{\"title\":\"Royal occasion\",\"date\":\"2026-06-12\"}";
    let json = format!(
        "{{\"england-and-wales\":{{\"division\":\"england-and-wales\",\"events\":[{},{one_more}]}}}}",
        events.join(",")
    );
    let (code, said) = import(&world, "bank-holidays.json", &json);
    assert_eq!(
        (code, &*said),
        (Some(0), "9 bank holidays loaded\nYears that are known: 2025, 2026\n")
    );
    assert_eq!((known(&world).await, world.facts("bank_holidays_loaded").await), (17, 2));
    world.assert_history_is_whole().await;
});

story!(a_file_with_a_bad_row_changes_nothing, world, {
    import(&world, "days.csv", BANK_HOLIDAYS);
    let bad = BANK_HOLIDAYS.replace("2025", "2027").replace("2027-08-25", "25 August 2027");
    let (code, said) = import(&world, "bad.csv", &bad);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("line 7, date: found \"25 August 2027\", allowed a date from 2000 to 2101, like 2026-12-25"),
        "{said}"
    );
    assert!(said.ends_with("Nothing was saved.\n"), "{said}");
    assert_eq!((known(&world).await, world.facts("bank_holidays_loaded").await), (16, 1));
});

const MANAGER: Seat = Seat::PRACTICE_MANAGER;

/// Blood tests that say by when: 10 working days, 5 more, paid on the 20th.
pub fn dated() -> String {
    BLOOD.replacen("[[component]]", "[dates]\n\n[[component]]", 1)
}

/// Both practices take part, and it is 2 July 2025.
async fn blood_tests_by_dates(world: &World) {
    world.takes_part(&dated(), &["Y00001", "Y00002"]).await;
    world.set_today("2025-07-02");
}

/// The operator has loaded the bank holidays.
pub async fn load(world: &World) {
    let holidays = bank_holiday::read(BANK_HOLIDAYS.as_bytes()).expect("bank holidays");
    let by = Actor::system("story");
    let now = world.now();
    store::calendar::load_bank_holidays(&world.db, ("story", "0"), &holidays, &by, &now)
        .await
        .expect("bank holidays load");
}

story!(the_terms_of_a_service_say_its_dates, world, {
    blood_tests_by_dates(&world).await;
    let words = "Dates Last day to declare: 10 working days after the period. Last day to approve: 5 working days after \
                 that. Payment: the first 20th after that.";
    let manager = world.sign_in(MANAGER).await;
    manager.get("/catalogue/BLD2526").await.expect(200).says(words);
    world.takes_part(ADVICE, &["Y00001"]).await;
    manager.get("/catalogue/AG2526").await.expect(200).does_not_say("Last day to declare");
});

story!(a_provider_sees_what_is_due_when, world, {
    blood_tests_by_dates(&world).await;
    load(&world).await;
    world.count(MANAGER, "2025-05-31", 40).await;
    world.count(MANAGER, "2025-06-30", 60).await;
    let manager = world.sign_in(MANAGER).await;
    let page = manager.get("/calendar").await;
    page.expect(200)
        .says("Late Date What Quality service Status Date 15 May 2025")
        // Over the early May bank holiday: 10 working days after 30 April.
        .says("15 May 2025 What Last day to declare Quality service Blood tests near home : Last day to declare, 15 May 2025 April 2025 Status Late")
        .says("July 2025 Date What Quality service Status")
        .says("14 July 2025 What Last day to declare Quality service Blood tests near home : Last day to declare, 14 July 2025 June 2025 Status To do 8 working days left")
        .says("21 July 2025 What Last day for the commissioner to approve")
        // 20 August is a Wednesday; 20 July is a Sunday, but comes before the last day to approve of June.
        .says("20 August 2025 What Payment Quality service Blood tests near home : Payment, 20 August 2025 June 2025 Status To be paid");
    world.declare_all(MANAGER).await.expect(303);
    let page = manager.get("/calendar").await;
    page.says("14 July 2025 What Last day to declare Quality service Blood tests near home : Last day to declare, 14 July 2025 June 2025 Status Done");
    // Another month, and nonsense for a month.
    manager.get("/calendar?month=2025-11").await.says("November 2025").says("This month");
    manager.get("/calendar?month=soon").await.says("July 2025").does_not_say("This month");
});

story!(a_commissioner_sees_of_how_many_providers_something_is_due, world, {
    blood_tests_by_dates(&world).await;
    load(&world).await;
    world.count(MANAGER, "2025-06-30", 60).await;
    world.declare_all(MANAGER).await.expect(303);
    let approver = world.sign_in(Seat::APPROVER).await;
    let page = approver.get("/calendar").await;
    page.expect(200)
        .says("Last day for providers to declare, 14 July 2025 June 2025 Status 1 of 2 to do 8 working days left")
        .says("Last day to approve, 21 July 2025 June 2025 Status 2 of 2 to do");
    // Another commissioner commissions none of it.
    let other = world.sign_in(Seat::OTHER_APPROVER).await;
    other
        .get("/calendar")
        .await
        .expect(200)
        .does_not_say("Blood tests")
        .says("Nothing is due in July 2025.");
});

story!(a_year_without_bank_holidays_is_said_and_a_service_without_dates_is_named, world, {
    blood_tests_by_dates(&world).await;
    world.takes_part(ADVICE, &["Y00001"]).await;
    let manager = world.sign_in(MANAGER).await;
    let page = manager.get("/calendar").await;
    page.expect(200)
        .says("The bank holidays of 2025 are not loaded, so Accord does not say the date.")
        .says("Nothing is due in July 2025.")
        .says(
            "Services that set no days to declare, approve or pay Advice and guidance 2025 to 2026",
        );
    load(&world).await;
    manager.get("/calendar").await.does_not_say("are not loaded").says("14 July 2025");
    // From January 2027 on the years are unknown again; the file has what is known.
    manager
        .get("/calendar?month=2026-02")
        .await
        .says("Last day to declare")
        .does_not_say("are not loaded");
});

story!(deadlines_are_a_file_for_a_calendar_of_ones_own, world, {
    blood_tests_by_dates(&world).await;
    load(&world).await;
    let manager = world.sign_in(MANAGER).await;
    let file = manager.get("/calendar/deadlines.ics").await;
    file.expect(200);
    assert_eq!(file.headers["content-type"], "text/calendar; charset=utf-8");
    assert_eq!(
        file.headers["content-disposition"],
        "attachment; filename=\"deadlines-Y00001.ics\""
    );
    let lines: Vec<&str> = file.html.split("\r\n").collect();
    assert_eq!(lines.first(), Some(&"BEGIN:VCALENDAR"));
    assert!(lines.contains(&"UID:Y00001-BLD2526-2025-06-30-declare@accord"), "{}", file.html);
    assert!(lines.contains(&"DTSTART;VALUE=DATE:20250714"), "{}", file.html);
    // To approve is the commissioner's.
    assert!(!file.html.contains("-approve@accord"), "{}", file.html);
    let approver = world.sign_in(Seat::APPROVER).await;
    let file = approver.get("/calendar/deadlines.ics").await;
    assert!(file.html.contains("UID:QAA-BLD2526-2025-06-30-approve@accord"), "{}", file.html);
    assert!(!file.html.contains("-declare@accord"), "{}", file.html);
});

story!(late_is_after_the_last_day_to_declare, world, {
    blood_tests_by_dates(&world).await;
    load(&world).await;
    world.count(MANAGER, "2025-05-31", 40).await;
    world.count(MANAGER, "2025-06-30", 41).await;
    world.declare_all(MANAGER).await.expect(303);
    let approver = world.sign_in(Seat::APPROVER).await;
    // 10 working days after 31 May are over on 13 June; the limit of 60 days would not have been.
    approver
        .get("/declarations?look=needs")
        .await
        .says("All (2)")
        .says("Needs a look (1)")
        .says("Check: Declared 19 days after 13 June 2025, the last day to declare.");
});

story!(what_waits_counts_down_and_says_what_follows_when_it_is_late, world, {
    blood_tests_by_dates(&world).await;
    load(&world).await;
    world.count(MANAGER, "2025-06-30", 60).await;
    let manager = world.sign_in(MANAGER).await;
    let by = "Declare by 14 July 2025 (8 working days left).";
    manager.get("/").await.says(&format!("Declare 1 achievement {by} Worth £600.00."));
    let declare = manager.get("/achievement/declare").await;
    declare.says(by);
    let reference = declare.value("declaration");
    let page = format!("/declarations/{reference}");
    manager.get(&page).await.says(by);
    let results = manager.get("/achievement").await;
    let achievement = results.links("/achievement/0").swap_remove(0);
    manager.get(&achievement).await.says(by);
    // To the other side it is not an order.
    let approver = world.sign_in(Seat::APPROVER).await;
    approver.get(&page).await.says("Declaring is due by 14 July 2025 (8 working days left).");
    world.set_today("2025-07-15");
    let late = "Declaring was due on 14 July 2025 (1 working day late). You can still declare. It is paid with the \
                next payment file after finance has approved it.";
    let manager = world.sign_in(MANAGER).await;
    manager.get("/").await.says("1 is late and is paid with a later payment file. Worth £600.00.");
    manager.get("/achievement/declare").await.says(late);
    manager.get(&achievement).await.says(late);
    // It is not refused, and the next step has its own day.
    world.declare_all(MANAGER).await.expect(303);
    manager.get(&page).await.says("Approving is due by 21 July 2025 (4 working days left).");
    let approver = world.sign_in(Seat::APPROVER).await;
    let by = "Approve by 21 July 2025 (4 working days left).";
    approver.get("/").await.says(&format!("Approve 1 payment declaration {by} Worth £600.00."));
    world.approve_all(Seat::APPROVER).await.expect(303);
    let finance = world.sign_in(Seat::FINANCE).await;
    finance.get("/").await.says(&format!("Give financial approval to 1 payment declaration {by}"));
    world.approve_all(Seat::FINANCE).await.expect(303);
    manager.get(&page).await.says("The payment is due on 20 August 2025.");
});

story!(what_a_hold_covers_is_not_late_on_the_work_list, world, {
    blood_tests_by_dates(&world).await;
    load(&world).await;
    world.count(MANAGER, "2025-06-30", 60).await;
    world.set_today("2025-07-15");
    let finance = world.sign_in(Seat::FINANCE).await;
    let page = finance.get("/holds/new?service=BLD2526").await;
    page.expect(200);
    let placed = finance
        .post(
            "/holds/new",
            &[("service", "BLD2526"), ("stops", "both"), ("reason", "The extract was wrong.")],
        )
        .await;
    placed.expect(303);
    let manager = world.sign_in(MANAGER).await;
    manager.get("/").await.does_not_say("is late").does_not_say("Declare 1 achievement");
});
