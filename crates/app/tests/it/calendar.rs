//! Stories of the calendar: bank holidays that an operator loads, dates of a period, and what is due when.

use crate::{story, support::World};
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
