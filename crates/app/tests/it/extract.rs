//! Stories of extracts: a good file is loaded and calculated at once, a bad one changes nothing.

use crate::{
    story,
    support::{
        Seat, World,
        figures::{ADVICE, LOCAL, SHINGLES, amount},
    },
};
use domain::{
    Field::{Count, Register},
    Pence,
    achievement::AchievementState,
};
use std::{fs, process::Command};

const HEADER: &str = "QUALITY_SERVICE,NAME,ORG_CODE,ACH_DATE,IND_CODE,FIELD_NAME,VALUE,DEFAULT_VALUES_USED,\
SUBMIT_USER_ID,SUBMIT_DATE,SUBMIT_TIME,LAST_SUBMISSION\n";

/// A row of the shingles extract of April 2025.
fn row(organisation: &str, indicator: &str, value: &str, time: &str, last: &str) -> String {
    format!(
        "SHIN2526,Shingles,{organisation},20250430,{indicator},Count,{value},N,cro-processor,02/05/2025,{time},{last}\n"
    )
}

/// All 5 indicators of a practice, as one submission in force.
fn all(organisation: &str, counts: [u32; 5], time: &str) -> String {
    ["SHIN001", "SHIN002", "SHIN003", "SHIN004", "SHINMI1"]
        .iter()
        .zip(counts)
        .map(|(indicator, count)| row(organisation, indicator, &count.to_string(), time, "Y"))
        .collect()
}

/// Runs `accord import extract` on the world's database; gives the exit status, what it said, and what was wrong.
fn load(world: &World, text: &str) -> (i32, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shingles.csv");
    fs::write(&file, text).unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_accord"))
        .args(["import", "--database", &world.address, "extract"])
        .arg(&file)
        .output()
        .unwrap();
    let text =
        |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&format!("{}: ", file.display()), "");
    (run.status.code().unwrap(), text(&run.stdout), text(&run.stderr))
}

story!(a_good_file_is_loaded_and_calculated_at_once, world, {
    world.takes_part(SHINGLES, &["Y00001", "Y00002"]).await;
    world.set_today("2025-05-02");
    let file = format!(
        "{HEADER}{}{}",
        all("Y00001", [12, 3, 0, 1, 9], "02:03:04"),
        row("Y00002", "SHIN001", "7", "02:03:04", "Y")
    );
    let (status, said, wrong) = load(&world, &file);
    assert_eq!((status, wrong.as_str()), (0, ""));
    assert_eq!(
        said,
        "6 rows read: 6 figures loaded for 2 achievements\n  1 achievement calculated\n  \
         1 achievement waiting for other figures or for the period to end\n"
    );
    let detail = world.newest(Seat::PRACTICE_MANAGER).await;
    // 16 doses × £10.06; the count of patients who declined pays nothing
    assert_eq!(amount(&detail), Pence(16_096));
    assert_eq!(detail.figures[0].by, "cro-processor");
    assert!(detail.figures.iter().all(|figure| figure.is_extracted));
    let other = world.newest(Seat::SECOND_PRACTICE).await;
    assert_eq!(other.state, AchievementState::InProgress);
    assert_eq!(other.missing.len(), 4, "a missing count is missing, never zero");
    world.assert_history_is_whole().await;
});

story!(the_same_file_again_changes_nothing, world, {
    world.takes_part(SHINGLES, &["Y00001"]).await;
    world.set_today("2025-05-02");
    let file = format!("{HEADER}{}", all("Y00001", [12, 3, 0, 1, 9], "02:03:04"));
    load(&world, &file);
    let before = world.newest(Seat::PRACTICE_MANAGER).await;
    let (status, said, _) = load(&world, &file);
    assert_eq!(status, 0);
    assert!(said.contains("1 achievement unchanged, because the file was loaded before"), "{said}");
    let after = world.newest(Seat::PRACTICE_MANAGER).await;
    assert_eq!(after.achievement, before.achievement);
    assert_eq!(after.history.len(), before.history.len());
    assert_eq!(world.facts("extract_loaded").await, 1);
});

story!(a_newer_submission_with_the_same_counts_is_kept_without_a_new_calculation, world, {
    world.takes_part(SHINGLES, &["Y00001"]).await;
    world.set_today("2025-05-02");
    load(&world, &format!("{HEADER}{}", all("Y00001", [12, 3, 0, 1, 9], "02:03:04")));
    load(&world, &format!("{HEADER}{}", all("Y00001", [12, 3, 0, 1, 9], "05:03:04")));
    assert_eq!(world.facts("figures_submitted").await, 2);
    assert_eq!(world.facts("achievement_calculated").await, 1);
});

story!(a_bad_file_changes_nothing_and_every_bad_row_and_column_is_named, world, {
    world.takes_part(SHINGLES, &["Y00001"]).await;
    world.takes_part(LOCAL, &["Y00001"]).await;
    world.set_today("2025-05-02");
    let good = all("Y00001", [12, 3, 0, 1, 9], "02:03:04");
    let bad = [
        row("Y00001", "SHIN009", "1", "02:03:04", "Y"),
        row("Y00002", "SHIN001", "1", "02:03:04", "Y"),
        row("Y99999", "SHIN001", "1", "02:03:04", "Y"),
        row("Y00001", "SHIN001", "1", "02:03:04", "Y").replace("20250430", "20250429"),
        row("Y00001", "SHIN001", "1", "02:03:04", "Y").replace("SHIN2526", "SHIN9999"),
        row("Y00001", "SHIN001", "1", "02:03:04", "Y").replace("20250430", "20990430"),
    ]
    .concat();
    let events = world.facts("").await;
    let (status, said, wrong) = load(&world, &format!("{HEADER}{good}{bad}"));
    assert_eq!((status, said.as_str()), (1, ""));
    let dates = "20250430, 20250531, 20250630, 20250731, 20250831, 20250930, 20251031, 20251130, \
                 20251231, 20260131, 20260228, 20260331";
    assert_eq!(
        wrong.lines().collect::<Vec<_>>(),
        [
            "line 7, IND_CODE: found \"SHIN009\", allowed an indicator of SHIN2526: SHIN001, SHIN002, SHIN003, SHIN004, SHINMI1",
            "line 8, ORG_CODE: found \"Y00002\", allowed an organisation that has accepted an offer of SHIN2526",
            "line 9, ORG_CODE: found \"Y99999\", allowed the ODS code of a known organisation",
            &format!(
                "line 10, ACH_DATE: found \"20250429\", allowed an achievement date of SHIN2526: {dates}"
            ),
            "line 11, QUALITY_SERVICE: found \"SHIN9999\", allowed the code of a published service",
            &format!(
                "line 12, ACH_DATE: found \"20990430\", allowed an achievement date of SHIN2526: {dates}"
            ),
            "Nothing was saved.",
        ]
    );
    assert!(world.results(Seat::PRACTICE_MANAGER).await.is_empty());
    assert_eq!(world.facts("").await, events);
});

story!(unreadable_cells_are_named_too, world, {
    let (status, _, wrong) =
        load(&world, &format!("{HEADER}{}", row("Y00001", "SHIN001", "12.5", "02:03:04", "Y")));
    assert_eq!(status, 1);
    assert_eq!(
        wrong,
        "line 2, VALUE: found \"12.5\", allowed a whole number from 0 to 999999999, Yes or No\nNothing was saved.\n"
    );
});

story!(unreadable_cells_and_unknown_names_are_named_together, world, {
    world.takes_part(SHINGLES, &["Y00001"]).await;
    world.set_today("2025-05-02");
    let unreadable = row("Y00001", "SHIN001", "12.5", "02:03:04", "Y");
    let unknown = row("Z99999", "SHIN001", "12", "02:03:04", "Y");
    let (status, _, wrong) = load(&world, &format!("{HEADER}{unreadable}{unknown}"));
    assert_eq!(status, 1);
    for (place, line) in ["line 2, VALUE: found \"12.5\"", "line 3, ORG_CODE: found \"Z99999\""]
        .into_iter()
        .zip(wrong.lines())
    {
        assert!(line.starts_with(place), "{wrong}");
    }
    assert_eq!(world.facts("figures_submitted").await, 0);
});

story!(older_submissions_of_a_file_are_kept_as_superseded, world, {
    world.takes_part(SHINGLES, &["Y00001"]).await;
    world.set_today("2025-05-02");
    let older = row("Y00001", "SHIN001", "10", "01:00:00", "N");
    let file = format!("{HEADER}{older}{}", all("Y00001", [12, 3, 0, 1, 9], "02:03:04"));
    let (_, said, _) = load(&world, &file);
    assert!(said.contains("1 figure of older submissions kept"), "{said}");
    assert_eq!(amount(&world.newest(Seat::PRACTICE_MANAGER).await), Pence(16_096));
    assert_eq!(world.facts("figures_submitted").await, 2);
    load(&world, &file);
    assert_eq!(world.facts("figures_submitted").await, 2, "not twice");
});

story!(a_changed_count_returns_a_declared_achievement_to_its_provider, world, {
    world.takes_part(&ADVICE.replace("\"manual\"", "\"extract\""), &["Y00001"]).await;
    world.set_today("2025-05-02");
    let row = |value: &str, time: &str| {
        format!(
            "{HEADER}AG2526,Advice,Y00001,20250430,AG001,Count,{value},N,cro-processor,02/05/2025,{time},Y\n"
        )
    };
    let (status, _, wrong) = load(&world, &row("10", "02:00:00"));
    assert_eq!((status, wrong.as_str()), (0, ""));
    world.declare_newest(Seat::PRACTICE_MANAGER).await;
    let (_, said, _) = load(&world, &row("12", "03:00:00"));
    assert!(
        said.contains("1 declaration returned to the provider, because figures changed"),
        "{said}"
    );
    let result = world.results(Seat::PRACTICE_MANAGER).await.remove(0);
    assert_eq!(result.declaration.as_deref(), Some("awaiting_provider"));
    assert_eq!(world.facts("declaration_returned").await, 1);
    assert_eq!(world.newest(Seat::PRACTICE_MANAGER).await.earlier.len(), 1);
});

story!(an_extract_leaves_what_finance_has_approved_as_it_is, world, {
    world.takes_part(&ADVICE.replace("\"manual\"", "\"extract\""), &["Y00001", "Y00002"]).await;
    world.set_today("2025-05-02");
    let row = |code: &str, value: &str, time: &str| {
        format!(
            "AG2526,Advice,{code},20250430,AG001,Count,{value},N,cro-processor,02/05/2025,{time},Y\n"
        )
    };
    load(&world, &format!("{HEADER}{}", row("Y00001", "10", "02:00:00")));
    world.declare_newest(Seat::PRACTICE_MANAGER).await;
    world.approve_newest(Seat::FINANCE).await;
    let both = [row("Y00001", "12", "03:00:00"), row("Y00002", "7", "03:00:00")].concat();
    let (status, said, _) = load(&world, &format!("{HEADER}{both}"));
    assert_eq!(status, 0);
    assert!(said.contains("1 achievement calculated"), "{said}");
    assert!(
        said.contains("1 achievement left unchanged, because finance has approved the payment"),
        "{said}"
    );
    assert_eq!(amount(&world.newest(Seat::PRACTICE_MANAGER).await), Pence(20_000));
    assert_eq!(amount(&world.newest(Seat::SECOND_PRACTICE).await), Pence(14_000));
});

story!(figures_from_an_extract_cannot_be_typed_over_by_the_provider, world, {
    world.takes_part(LOCAL, &["Y00001"]).await;
    world.set_today("2025-07-02");
    let file = format!(
        "{HEADER}LCS2526,Local,Y00001,20250630,SPI001,Register,20,N,cro-processor,02/07/2025,02:00:00,Y\n"
    );
    assert_eq!(load(&world, &file).0, 0);
    let boxes = [("SPI001", Register, "900"), ("SPI002", Count, "18")];
    let outcome = world
        .submit(Seat::PRACTICE_MANAGER, ("LCS2526", "2025-06-30", "SPIRO"), &boxes)
        .await
        .unwrap();
    assert_eq!(outcome.figures, 1);
    let detail = world.newest(Seat::PRACTICE_MANAGER).await;
    let register = detail.figures.iter().find(|own| own.indicator == "SPI001").unwrap();
    assert_eq!((register.value, &*register.by), (Some(20), "cro-processor"));
});
