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
use flate2::{Compression, write::GzEncoder};
use std::{
    fs,
    io::Write,
    process::{Command, Stdio},
    time::Duration,
};

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
    load_as(world, "shingles.csv", text.as_bytes())
}

/// The same with a file of another name and with any bytes.
fn load_as(world: &World, name: &str, bytes: &[u8]) -> (i32, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    fs::write(&file, bytes).unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_accord"))
        .args(["import", "--database", &world.address, "extract"])
        .arg(&file)
        .output()
        .unwrap();
    let text =
        |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&format!("{}: ", file.display()), "");
    (run.status.code().unwrap(), text(&run.stdout), text(&run.stderr))
}

fn gzipped(text: &str) -> Vec<u8> {
    let mut packing = GzEncoder::new(Vec::new(), Compression::fast());
    packing.write_all(text.as_bytes()).unwrap();
    packing.finish().unwrap()
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
    assert!(
        detail.figures.iter().all(|own| own.source.starts_with("By extract (cro-processor), "))
    );
    let other = world.newest(Seat::SECOND_PRACTICE).await;
    assert_eq!(other.state, AchievementState::InProgress);
    assert_eq!(other.missing.len(), 4, "a missing count is missing, never zero");
    world.assert_history_is_whole().await;
});

story!(the_same_file_again_changes_nothing_and_says_so, world, {
    world.takes_part(SHINGLES, &["Y00001"]).await;
    world.set_today("2025-05-02");
    let file = format!("{HEADER}{}", all("Y00001", [12, 3, 0, 1, 9], "02:03:04"));
    load(&world, &file);
    let before = world.newest(Seat::PRACTICE_MANAGER).await;
    for text in [file.as_bytes().to_vec(), gzipped(&file)] {
        let (status, said, _) = load_as(&world, "again.csv", &text);
        assert_eq!(status, 0);
        assert!(said.starts_with("again.csv was loaded on "), "{said}");
        let rest = " by accord import extract as shingles.csv. Nothing has changed.\n";
        assert!(said.ends_with(rest), "{said}");
    }
    let after = world.newest(Seat::PRACTICE_MANAGER).await;
    assert_eq!(after.achievement, before.achievement);
    assert_eq!(after.history.len(), before.history.len());
    assert_eq!(world.facts("extract_loaded").await, 1);
});

story!(the_same_submissions_in_another_file_change_nothing, world, {
    world.takes_part(SHINGLES, &["Y00001"]).await;
    world.set_today("2025-05-02");
    let rows = all("Y00001", [12, 3, 0, 1, 9], "02:03:04");
    load(&world, &format!("{HEADER}{rows}"));
    let (status, said, _) = load(&world, &format!("{HEADER}\n{rows}"));
    assert_eq!(status, 0);
    let same = "1 achievement unchanged, because the same figures were loaded before";
    assert!(said.contains(same), "{said}");
    assert_eq!(world.facts("extract_loaded").await, 1);
});

story!(an_older_submission_that_comes_late_is_kept_and_does_not_take_force, world, {
    world.takes_part(SHINGLES, &["Y00001"]).await;
    world.set_today("2025-05-02");
    load(&world, &format!("{HEADER}{}", all("Y00001", [12, 3, 0, 1, 9], "05:03:04")));
    let late = all("Y00001", [99, 99, 99, 99, 99], "02:03:04");
    let (status, said, _) = load(&world, &format!("{HEADER}{late}"));
    assert_eq!(status, 0);
    assert!(said.contains("5 figures of older submissions kept"), "{said}");
    assert_eq!(amount(&world.newest(Seat::PRACTICE_MANAGER).await), Pence(16_096));
    assert_eq!(world.facts("achievement_calculated").await, 1);
    assert_eq!(world.facts("figures_submitted").await, 2);
    let (_, said, _) = load(&world, &format!("{HEADER}\n{late}"));
    assert!(said.contains("1 achievement unchanged"), "{said}");
});

story!(the_older_layout_with_seven_columns_is_loaded_as_submitted_now, world, {
    world.takes_part(SHINGLES, &["Y00001"]).await;
    world.set_today("2025-05-02");
    let row = |indicator: &str, count: u32| {
        format!("SHIN2526,Y00001,20250430,{indicator},Count,{count},APPROVED\n")
    };
    let header = "PRMRY_MDCL_CARE_SRVC_SHRT_NAME,ORG_CODE,ACH_DATE,IND_CODE,FIELD_NAME,VALUE,APPROVED_STATUS\n";
    let counts = [12, 3, 0, 1, 9];
    let codes = ["SHIN001", "SHIN002", "SHIN003", "SHIN004", "SHINMI1"];
    let rows: String = codes.iter().zip(counts).map(|(code, count)| row(code, count)).collect();
    let (status, said, wrong) = load(&world, &format!("{header}{rows}"));
    assert_eq!((status, wrong.as_str()), (0, ""));
    assert!(said.contains("1 achievement calculated"), "{said}");
    let detail = world.newest(Seat::PRACTICE_MANAGER).await;
    assert_eq!(amount(&detail), Pence(16_096));
    assert!(detail.figures[0].source.starts_with("By extract (accord import extract), "));
    let (_, said, _) = load(&world, &format!("{header}{rows}"));
    assert!(said.contains("Nothing has changed."), "{said}");
    let unknown = rows.replace("SHIN2526", "SHIN9999");
    let (status, _, wrong) = load(&world, &format!("{header}{unknown}"));
    assert_eq!(status, 1);
    assert!(
        wrong.starts_with("line 2, PRMRY_MDCL_CARE_SRVC_SHRT_NAME: found \"SHIN9999\""),
        "{wrong}"
    );
});

story!(every_figure_of_a_file_names_its_file_and_row_and_a_typed_one_does_not, world, {
    world.takes_part(LOCAL, &["Y00001"]).await;
    world.set_today("2025-07-02");
    let row =
        "LCS2526,Local,Y00001,20250630,SPI001,Register,20,Y,cro-processor,02/07/2025,02:00:00,Y\n";
    assert_eq!(load(&world, &format!("{HEADER}\n{row}")).0, 0);
    world
        .submit(
            Seat::PRACTICE_MANAGER,
            ("LCS2526", "2025-06-30", "SPIRO"),
            &[("SPI002", Count, "18")],
        )
        .await
        .unwrap();
    let id = world.newest(Seat::PRACTICE_MANAGER).await.achievement.id;
    let by = world.actor(Seat::PRACTICE_MANAGER).await;
    let mut tx = world.db.read().await.unwrap();
    let sources = store::achievement::find(&mut tx, id, &by, &world.now()).await.unwrap().figures;
    let of = |code: &str| sources.iter().find(|own| own.indicator == code).unwrap();
    let (file, typed) = (of("SPI001"), of("SPI002"));
    let shown =
        "By extract (cro-processor), shingles.csv, row 3, its default because nobody answered";
    assert_eq!(file.source, shown);
    assert_eq!((typed.value, typed.source.ends_with(", typed in")), (Some(18), true));
    let stranger = world.actor(Seat::SECOND_PRACTICE).await;
    assert!(store::achievement::find(&mut tx, id, &stranger, &world.now()).await.is_err());
    drop(tx);
    let browser = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let page = browser.get(&format!("/achievement/{id}")).await;
    assert!(page.text().contains(shown), "{}", page.text());
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

story!(every_kind_of_bad_input_is_named_by_row_and_column_and_nothing_is_saved, world, {
    world.takes_part(SHINGLES, &["Y00001"]).await;
    world.takes_part(LOCAL, &["Y00001"]).await;
    world.set_today("2025-07-02");
    let good = row("Y00001", "SHIN001", "12", "02:03:04", "Y");
    let value = "allowed a whole number from 0 to 999999999, Yes or No";
    let cases = [
        (good.replace(",12,", ",-1,"), format!("line 2, VALUE: found \"-1\", {value}")),
        (good.replace(",12,", ",12.5,"), format!("line 2, VALUE: found \"12.5\", {value}")),
        (good.replace(",12,", ",1000000000,"), format!("line 2, VALUE: found \"1000000000\", {value}")),
        (good.replace(",12,", ",,"), format!("line 2, VALUE: found nothing, {value}")),
        (good.replace(",12,", ",NaN,"), format!("line 2, VALUE: found \"NaN\", {value}")),
        (good.replace(",12,", ",=1+1,"), format!("line 2, VALUE: found \"=1+1\", {value}")),
        (
            good.replace("cro-processor", "@SUM(1)"),
            "line 2, SUBMIT_USER_ID: found \"@SUM(1)\", allowed the account that submitted it, not a formula".into(),
        ),
        (
            good.replace("Count", "Total"),
            "line 2, FIELD_NAME: found \"Total\", allowed a field of SHIN001: Count".into(),
        ),
        (
            format!("{good}{good}"),
            "line 3, LAST_SUBMISSION: found Y on line 2 too, for the same figure, allowed Y on one row of a figure".into(),
        ),
        (
            "LCS2526,Local,Y00001,20250630,SPI002,Numerator,9,N,me,02/07/2025,02:00:00,Y\n".into(),
            "line 2, FIELD_NAME: found \"Numerator\", allowed a field of SPI002: Count".into(),
        ),
    ];
    let events = world.facts("").await;
    for (rows, expected) in cases {
        for (text, name) in [
            (format!("{HEADER}{rows}"), "as it is"),
            (format!("\u{feff}{HEADER}{rows}").replace('\n', "\r\n"), "BOM and CRLF"),
            (format!("{HEADER}{rows}").replace('\n', "\r"), "lone CR"),
            (format!("{HEADER}{rows}").replace('\n', ",,\n"), "empty columns behind"),
        ] {
            let (status, _, wrong) = load(&world, &text);
            assert_eq!((status, wrong), (1, format!("{expected}\nNothing was saved.\n")), "{name}");
        }
    }
    assert_eq!(world.facts("").await, events);
    assert!(world.results(Seat::PRACTICE_MANAGER).await.is_empty());
});

story!(a_gigabyte_of_nonsense_is_refused_in_little_memory, world, {
    let cell = "x".repeat(1 << 16);
    for (start, piece, expected) in [
        ("", "\0", "line 1, the whole file: found a row of more than 256 KiB"),
        (HEADER, &*cell, "line 2, the whole file: found a row of more than 256 KiB"),
        (HEADER, "=1+1,NaN\n", "line 2, the whole row: found 2 cells, allowed 12 cells"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bomb.csv.gz");
        pack(&file, start, piece, 1 << 30);
        let (most, wrong) = measured(&world, &file);
        assert!(wrong.contains(expected), "{wrong}");
        assert!(wrong.ends_with("Nothing was saved.\n"), "{wrong}");
        assert!(wrong.lines().count() <= 102, "{wrong}");
        assert!(most < 100, "{most} MiB for {expected}");
    }
});

/// Writes a packed file of some bytes, all of them a piece again and again.
fn pack(file: &std::path::Path, start: &str, piece: &str, bytes: usize) {
    let mut packing = GzEncoder::new(fs::File::create(file).unwrap(), Compression::fast());
    packing.write_all(start.as_bytes()).unwrap();
    let many = piece.repeat((1 << 20) / piece.len());
    for _ in 0..bytes / many.len() {
        packing.write_all(many.as_bytes()).unwrap();
    }
    packing.finish().unwrap();
}

/// The most memory that loading a file takes, in MiB (0 where the system does not tell), and what was wrong.
fn measured(world: &World, file: &std::path::Path) -> (u64, String) {
    let mut run = Command::new(env!("CARGO_BIN_EXE_accord"))
        .args(["import", "--database", &world.address, "extract"])
        .arg(file)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut most = 0;
    while run.try_wait().unwrap().is_none() {
        let status = fs::read_to_string(format!("/proc/{}/status", run.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok());
        most = most.max(kib.unwrap_or_default() / 1024);
        std::thread::sleep(Duration::from_millis(5));
    }
    let output = run.wait_with_output().unwrap();
    (most, String::from_utf8(output.stderr).unwrap())
}

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
    assert_eq!(register.value, Some(20));
    assert!(register.source.starts_with("By extract (cro-processor)"), "{}", register.source);
});
