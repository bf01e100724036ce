//! Stories of templates: downloaded, filled in, uploaded, checked, and submitted as a whole or not at all.

use crate::{
    story,
    support::{
        Browser, Page, Seat,
        figures::{ADVICE, LOCAL, SHINGLES, amount},
        money::message,
    },
};
use domain::{Field::Register, Pence};
use rust_xlsxwriter::Workbook;

const HERE: &str = "/data/LCS2526/2025-06-30/template";
const ON_BEHALF: &str = "/achievement/record/Y00001/LCS2526/2025-06-30/template";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// The downloaded template with figures in its empty column.
fn filled(template: &Page, figures: &[(&str, &str)]) -> String {
    let fill = |line: &str| {
        let value = figures.iter().find(|(code, _)| line.contains(&format!(",{code},")));
        value.map_or_else(
            || line.to_owned(),
            |(_, figure)| {
                let end = line.rsplit_once(",,").expect("an empty value");
                format!("{},{figure},{}", end.0, end.1)
            },
        )
    };
    template.html.lines().map(fill).collect::<Vec<_>>().join("\r\n")
}

/// Rows of the same columns as a workbook that a person might have made.
fn workbook(csv: &str) -> Vec<u8> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (row, line) in (0_u32..).zip(csv.lines()) {
        for (column, cell) in (0_u16..).zip(line.split(',')) {
            match cell.parse::<f64>() {
                Ok(number) => sheet.write_number(row, column, number),
                Err(_) => sheet.write_string(row, column, cell),
            }
            .expect("a cell");
        }
    }
    workbook.save_to_buffer().expect("a workbook")
}

/// Sends the check page as it is.
async fn send(browser: &Browser, to: &str, page: &Page) -> Page {
    let mut fields = vec![("version", page.value("version")), ("file", page.value("file"))];
    fields.extend(page.values("figure").into_iter().map(|figure| ("figure", figure)));
    fields.extend(page.values("confirmed").into_iter().map(|figure| ("confirmed", figure)));
    let fields: Vec<(&str, &str)> =
        fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    browser.post(&format!("{to}/submit"), &fields).await
}

story!(a_template_is_filled_in_checked_and_submitted_as_a_whole, world, {
    world.takes_part(LOCAL, &["Y00001"]).await;
    world.set_today("2025-07-02");
    let manager = Seat::PRACTICE_MANAGER;
    let at = ("LCS2526", "2025-06-30", "SPIRO");
    world.submit(manager, at, &[("SPI001", Register, "20")]).await.unwrap();
    let sam = world.sign_in(manager).await;
    let date = sam.get("/data/LCS2526/2025-06-30").await;
    date.expect(200).says("Download a template: CSV template or Excel template");
    assert_eq!(date.links(HERE).len(), 3);
    sam.get(HERE).await.expect(200).says("Upload a filled template");
    let template = sam.get(&format!("{HERE}.csv")).await;
    template.expect(200);
    assert_eq!(
        template.headers["content-disposition"],
        "attachment; filename=\"LCS2526-Y00001-2025-06-30.csv\""
    );
    assert_eq!(template.html.lines().count(), 8, "a row for each figure");
    let row = "Y00001,LCS2526,2025-06-30,SPIRO,SPI001,register,\
               Patients referred for spirometry: number of patients,,20,,a whole number";
    assert!(template.html.contains(row), "{}", template.html);

    let file = filled(&template, &[("PHL001", "15"), ("SPI001", "30"), ("SPI002", "25")]);
    let check = sam.upload(HERE, "C:\\Users\\sam\\june.csv", file.as_bytes()).await;
    check
        .expect(200)
        .says("Check these figures")
        .says("These are from june.csv. Nothing has been submitted yet.")
        .says("SPI001 20 30")
        .says("SPI002 Missing 25")
        .says("Figures that change (3)");
    assert_eq!(world.facts("figures_submitted").await, 1, "nothing is recorded yet");
    let sent = send(&sam, HERE, &check).await;
    assert_eq!((sent.status.as_u16(), sent.location()), (303, "/data/LCS2526/2025-06-30"));
    assert!(message(&sent).contains("3 figures submitted."), "{}", message(&sent));
    assert_eq!(world.facts("figures_submitted").await, 2, "two groups by one act");
    send(&sam, HERE, &check).await.expect(409).says("Someone else changed this");
    let again = sam.upload(HERE, "june.csv", file.as_bytes()).await;
    assert_eq!(again.status.as_u16(), 303);
    assert!(message(&again).starts_with("Nothing has changed"));
    let id = world.newest(manager).await.achievement.id;
    let history = sam.get(&format!("/achievement/{id}/submissions")).await;
    history.expect(200).says("3 figures submitted (template june.csv)");
    world.assert_history_is_whole().await;
});

story!(a_commissioner_fills_in_the_workbook_of_a_provider, world, {
    world.takes_part(LOCAL, &["Y00001"]).await;
    world.set_today("2025-07-02");
    let priya = world.sign_in(Seat::COMMISSIONER).await;
    let date = priya.get("/achievement/record/Y00001/LCS2526/2025-06-30").await;
    assert_eq!(date.expect(200).links(ON_BEHALF).len(), 3);
    let book = priya.get(&format!("{ON_BEHALF}.xlsx")).await;
    assert_eq!(book.expect(200).headers["content-type"], XLSX);
    assert!(book.bytes.starts_with(b"PK"));
    let empty = priya.upload(ON_BEHALF, "empty.xlsx", &book.bytes).await;
    empty.expect(422).says("nothing in any row").says("at least 1 figure in this column");
    let template = priya.get(&format!("{ON_BEHALF}.csv")).await;
    let all = ["PHL001", "SPI001", "SPI002", "ECG001", "ECG002", "MIN001", "MIN002"];
    let figures: Vec<(&str, &str)> = all.iter().map(|code| (*code, "4")).collect();
    let file = workbook(&filled(&template, &figures));
    let check = priya.upload(ON_BEHALF, "book.csv", &file).await;
    check.expect(200).says("You are entering figures for Riverside Surgery (Y00001).");
    assert_eq!(check.values("figure").len(), 7);
    send(&priya, ON_BEHALF, &check).await.expect(303);
    let detail = world.newest(Seat::PRACTICE_MANAGER).await;
    assert!(amount(&detail) > Pence(0), "calculated at once");
    let sam = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let page = sam.get(&format!("/achievement/{}", detail.achievement.id)).await;
    page.expect(200)
        .says("7 figures submitted (template book.csv for Riverside Surgery)")
        .says("Priya Shah, in template book.csv");
    let working = sam.get(&format!("/achievement/{}/working", detail.achievement.id)).await;
    working.expect(200).says("Priya Shah, in template book.csv, 2 July 2025");
});

story!(a_wrong_template_changes_nothing_and_every_wrong_row_is_named, world, {
    world.takes_part(LOCAL, &["Y00001", "Y00002"]).await;
    world.set_today("2025-07-02");
    let sam = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let template = sam.get(&format!("{HERE}.csv")).await;
    let one = |code: &str, figure: &str| filled(&template, &[(code, figure)]);
    let whole = "must be a whole number";
    let ninth = "Y00001,LCS2526,2025-06-30,PHLEB,PHL001,count,,,,7,x";
    for (file, said) in [
        (one("PHL001", "-1"), "must be 0 or more"),
        (one("PHL001", "1.5"), whole),
        (one("PHL001", "many"), whole),
        (one("PHL001", "=1+1"), whole),
        (one("PHL001", "9999999999"), "must be 999,999,999 or less"),
        (
            filled(&template, &[("SPI001", "20"), ("SPI002", "21")]),
            "4 value \"21\" Number of spirometry tests must be 20 or less",
        ),
        (one("PHL001", "1").replace("Y00001", "Y00002"), "2 organisation \"Y00002\" Y00001"),
        (one("PHL001", "1").replace("LCS2526", "AG2526"), "2 service \"AG2526\" LCS2526"),
        (
            one("PHL001", "1").replace("2025-06-30", "2025-09-30"),
            "2 achievement_date \"2025-09-30\" 2025-06-30",
        ),
        (
            one("PHL001", "1").replace("PHL001", "PHL009"),
            "2 indicator \"PHL009\" an indicator of the template",
        ),
        (one("PHL001", "1").replace(",count,", ",register,"), "2 field \"register\" count"),
        (
            format!("{}\r\n{ninth}", one("PHL001", "1")),
            "9 value \"7\" each figure once; it stands in line 2 too",
        ),
        (template.html.clone(), "nothing in any row"),
        ("a,b\n1,2\n".to_owned(), "no such column among a, b"),
        ("%PDF-1.7\0".to_owned(), "a file that cannot be read"),
        ("PK\u{3}\u{4}not a workbook".to_owned(), "a file that cannot be read"),
    ] {
        let page = sam.upload(HERE, "wrong.csv", file.as_bytes()).await;
        page.expect(422).says("so nothing was saved").says(said);
        let book = sam.upload(HERE, "wrong.xlsx", &workbook(&file)).await;
        book.expect(422).says("so nothing was saved");
    }
    let two = filled(&template, &[("PHL001", "x"), ("MIN002", "y")]);
    sam.upload(HERE, "two.csv", two.as_bytes()).await.expect(422).says("The file has 2 problems");
    sam.upload(HERE, "", b"").await.expect(422).says("Select a filled template");
    sam.upload(HERE, "large.csv", &vec![b'x'; 3 << 20]).await.expect(413);
    sam.post(HERE, &[("file", "x")]).await.expect(400);
    sam.post(&format!("{HERE}/submit"), &[("version", "0"), ("figure", "NONE-count=1")])
        .await
        .expect(400);
    assert_eq!(world.facts("figures_submitted").await, 0);
});

story!(an_unlikely_figure_of_a_template_is_asked_about_on_the_check_page, world, {
    world.takes_part(ADVICE, &["Y00001"]).await;
    world.set_today("2025-05-02");
    let here = "/data/AG2526/2025-04-30/template";
    let sam = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let template = sam.get(&format!("{here}.csv")).await;
    let file = filled(&template, &[("AG001", "10185")]);
    let check = sam.upload(here, "april.csv", file.as_bytes()).await;
    check.expect(200).says("That is more than the 10,184 registered patients.");
    assert_eq!(check.value("confirmed"), "AG001-count=10185");
    let unasked = [("version", "0"), ("file", "april.csv"), ("figure", "AG001-count=10185")];
    let asked = sam.post(&format!("{here}/submit"), &unasked).await;
    asked.expect(200).says("Unlikely figures");
    assert_eq!(world.facts("figures_submitted").await, 0);
    send(&sam, here, &asked).await.expect(303);
    let id = world.newest(Seat::PRACTICE_MANAGER).await.achievement.id;
    sam.get(&format!("/achievement/{id}"))
        .await
        .expect(200)
        .says("1 figure submitted (template april.csv, 1 unlikely figure checked and confirmed)");
});

story!(a_template_is_only_for_those_who_may_enter_its_figures, world, {
    world.takes_part(LOCAL, &["Y00001"]).await;
    world.takes_part(SHINGLES, &["Y00001"]).await;
    world.set_today("2025-07-02");
    let extracted = "/data/SHIN2526/2025-04-30";
    let role = "You need the role Achievement Entry";
    let file = b"organisation,service\n";
    for (seat, here, said) in [
        (Seat::PRACTICE_VIEW, HERE, role),
        (Seat::COMMISSIONER_VIEW, ON_BEHALF, role),
        (
            Seat::SECOND_PRACTICE,
            HERE,
            "You cannot submit data because you have not accepted this service.",
        ),
        (Seat::PRACTICE_MANAGER, ON_BEHALF, "This page is for commissioners"),
    ] {
        let browser = world.sign_in(seat).await;
        for end in ["", ".csv", ".xlsx"] {
            browser.get(&format!("{here}{end}")).await.expect(403).says(said);
        }
        browser.upload(here, "a.csv", file).await.expect(403).says(said);
        let fields = [("version", "0"), ("figure", "PHL001-count=1")];
        browser.post(&format!("{here}/submit"), &fields).await.expect(403).says(said);
    }
    let view = world.sign_in(Seat::PRACTICE_VIEW).await;
    view.get("/data/LCS2526/2025-06-30").await.expect(200).does_not_say("Download a template");
    let sam = world.sign_in(Seat::PRACTICE_MANAGER).await;
    sam.get(extracted).await.expect(200).does_not_say("Download a template");
    let refused = sam.get(&format!("{extracted}/template.csv")).await;
    refused.expect(403).says("You cannot enter any of these figures");
    assert_eq!(world.facts("figures_submitted").await, 0);
});
