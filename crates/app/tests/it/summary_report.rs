//! Stories of the Achievement Summary Report: as a page and as files that agree with it to the penny.

use crate::{
    achievement::with_results,
    story,
    support::{Browser, Page, Seat, money::BLOOD},
};
use std::io::{Cursor, Read};

/// A file of a table as its rows, the header first.
pub(crate) fn rows(file: &Page) -> Vec<Vec<String>> {
    file.expect(200);
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).from_reader(Cursor::new(&file.bytes));
    let row =
        |row: Result<csv::StringRecord, _>| row.expect("a row").iter().map(str::to_owned).collect();
    reader.records().map(row).collect()
}

/// The cells of a column below its header, of the rows of these kinds.
pub(crate) fn column(rows: &[Vec<String>], name: &str, records: &[&str]) -> Vec<String> {
    let place = rows[0].iter().position(|own| own == name).expect("the column is there");
    let own = rows[1..].iter().filter(|row| records.contains(&&*row[0]));
    own.map(|row| row[place].clone()).collect()
}

/// Pounds with two decimals as pence.
pub(crate) fn pence(text: &str) -> i64 {
    text.replace('.', "").parse().expect("an amount")
}

/// One part of a workbook as text.
fn part(book: &[u8], name: &str) -> String {
    let mut parts = zip::ZipArchive::new(Cursor::new(book)).expect("a workbook");
    let mut text = String::new();
    parts.by_name(name).expect("the part").read_to_string(&mut text).expect("text");
    text
}

/// The numbers of a column of a workbook's sheet, `R`, from the top, in pence; no cell of it is a formula.
pub(crate) fn numbers(file: &Page, letter: &str) -> Vec<i64> {
    file.expect(200);
    let sheet = part(&file.bytes, "xl/worksheets/sheet1.xml");
    assert!(!sheet.contains("<f>") && !sheet.contains("<f "), "a formula is in the sheet");
    let cells = sheet.split("<c r=\"").skip(1).filter(|cell| {
        let place = cell.split('"').next().unwrap_or_default();
        place.trim_end_matches(|one: char| one.is_ascii_digit()) == letter
    });
    let numbers =
        cells.filter(|cell| !cell.split("<v>").next().unwrap_or_default().contains("t=\"s\""));
    numbers
        .filter_map(|cell| cell.split("<v>").nth(1)?.split('<').next())
        .map(|text| (text.parse::<f64>().expect("a number") * 100.0).round() as i64)
        .collect()
}

const AG: &str = "?service=AG2526";

async fn files(browser: &Browser, query: &str) -> (Vec<Vec<String>>, Page) {
    let csv = browser.get(&format!("/achievement/summary.csv{query}")).await;
    let book = browser.get(&format!("/achievement/summary.xlsx{query}")).await;
    (rows(&csv), book)
}

story!(the_summary_report_is_taken_away_as_files_that_agree_with_the_page, world, {
    with_results(&world).await;
    let browser = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let declare = browser.get("/achievement/declare").await;
    declare.says("Run Achievement Summary Report");
    assert_eq!(declare.links("/achievement/summary"), ["/achievement/summary"]);
    let page = browser.get(&format!("/achievement/summary{AG}")).await;
    page.says("Total value: £440.00").says("Commissioner: NHS Anytown ICB");
    page.says("10,184 registered patients on 1 January 2025, not used for this payment");
    page.says("as text (CSV)").says("as a spreadsheet (XLSX)").says("Total £440.00");
    for end in ["csv", "xlsx"] {
        let address = format!("/achievement/summary.{end}{AG}");
        assert_eq!(page.links(&address).len(), 1, "the page leads to its files");
    }
    let (table, book) = files(&browser, AG).await;
    let sum =
        |name| column(&table, "amount_gbp", &[name]).iter().map(|own| pence(own)).sum::<i64>();
    assert_eq!((sum("DATE_TOTAL"), sum("TOTAL")), (44_000, 44_000), "{table:?}");
    assert_eq!(column(&table, "list_size", &["DATE_TOTAL"]), ["10184", "10184"]);
    assert_eq!(column(&table, "list_size_on", &["DATE_TOTAL"]), ["2025-01-01", "2025-01-01"]);
    // Every line of the page is in the file.
    for (what, working) in
        column(&table, "what", &["LINE"]).iter().zip(column(&table, "working", &["LINE"]))
    {
        page.says(what).says(&working);
    }
    assert!(column(&table, "what", &["LINE"]).len() >= 2);
    let of_text: Vec<i64> = column(&table, "amount_gbp", &["LINE", "DATE_TOTAL", "TOTAL"])
        .iter()
        .filter(|own| !own.is_empty())
        .map(|own| pence(own))
        .collect();
    assert_eq!(numbers(&book, "R"), of_text, "both files hold the same amounts");
    let approver = world.sign_in(Seat::APPROVER).await;
    let (same, _) = files(&approver, &format!("{AG}&provider=Y00001")).await;
    assert_eq!(same, table, "the commissioner gets the same file");
});

story!(a_list_size_that_pays_is_the_one_of_the_calculation, world, {
    with_results(&world).await;
    let browser = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let before = browser.get("/achievement/summary?service=PTS2526").await;
    before.says("10,184 registered patients on 1 January 2026").does_not_say("not used");
    let (table, _) = files(&browser, "?service=PTS2526").await;
    assert_eq!(column(&table, "list_size_on", &["DATE_TOTAL"]), ["2026-01-01"]);
    assert_eq!(column(&table, "points", &["DATE_TOTAL"]), ["5"]);
});

story!(a_summary_report_without_rows_or_for_others_has_no_file, world, {
    with_results(&world).await;
    let second = world.sign_in(Seat::SECOND_PRACTICE).await;
    let other = world.sign_in(Seat::OTHER_APPROVER).await;
    let own = world.sign_in(Seat::PRACTICE_MANAGER).await;
    for end in ["csv", "xlsx"] {
        let address = format!("/achievement/summary.{end}");
        second.get(&format!("{address}{AG}")).await.expect(404);
        other.get(&format!("{address}{AG}&provider=Y00001")).await.expect(404);
        own.get(&address).await.expect(404);
        own.get(&format!("{address}?service=NONE")).await.expect(404);
        let entry = world.sign_in(Seat::COMMISSIONER).await;
        entry.get(&format!("{address}{AG}&provider=Y00001")).await.expect(403);
    }
});

story!(the_role_view_takes_a_summary_report_without_pounds_away, world, {
    with_results(&world).await;
    for (seat, provider) in
        [(Seat::PRACTICE_VIEW, ""), (Seat::COMMISSIONER_VIEW, "&provider=Y00001")]
    {
        let browser = world.sign_in(seat).await;
        for service in ["AG2526", "PTS2526"] {
            let query = format!("?service={service}{provider}");
            browser.get(&format!("/achievement/summary{query}")).await.does_not_say("£");
            let (table, book) = files(&browser, &query).await;
            assert!(!table[0].iter().any(|name| name.contains("gbp")), "{:?}", table[0]);
            let text = format!("{table:?}{}", part(&book.bytes, "xl/sharedStrings.xml"));
            assert!(!text.contains('£') && !text.contains("440") && !text.contains("1127.45"));
            assert!(numbers(&book, "R").is_empty(), "there is no column of money");
        }
    }
});

story!(a_name_that_is_a_formula_stays_a_name, world, {
    let service = BLOOD.replace("\"Blood tests near home\"", "\"=2+3\"");
    world.takes_part(&service, &["Y00001"]).await;
    world.set_today("2025-07-02");
    world.count(Seat::PRACTICE_MANAGER, "2025-06-30", 42).await;
    let browser = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let (table, book) = files(&browser, "?service=BLD2526").await;
    assert_eq!(column(&table, "service", &["DATE_TOTAL"]), ["'=2+3"]);
    assert!(part(&book.bytes, "xl/sharedStrings.xml").contains("=2+3"));
    assert_eq!(numbers(&book, "R").last(), Some(&42_000));
});
