//! Tables of extract files: what is read, and what is said of what cannot be.

use super::*;
use crate::{
    service::{Service, tests::GOOD},
    submission::{Field, Figures},
};

const HEADER: &str = "QUALITY_SERVICE,NAME,ORG_CODE,ACH_DATE,IND_CODE,FIELD_NAME,VALUE,DEFAULT_VALUES_USED,\
    SUBMIT_USER_ID,SUBMIT_DATE,SUBMIT_TIME,LAST_SUBMISSION\n";

fn file(rows: &[&str]) -> String {
    rows.iter().fold(HEADER.to_owned(), |text, row| text + row + "\n")
}

/// A row of the demonstration service with an indicator, field, value and whether it is in force.
fn row(indicator: &str, field: &str, value: &str, last: &str) -> String {
    format!(
        "DEMO2526,Demonstration,A81001,20260331,{indicator},{field},{value},,cro-processor,01/04/2026,02:03:04,{last}"
    )
}

fn told<'p>(problems: impl IntoIterator<Item = &'p Problem>) -> Vec<String> {
    problems.into_iter().map(ToString::to_string).collect()
}

fn now() -> DateTime<Utc> {
    "2026-04-02T12:00:00Z".parse().unwrap()
}

fn parse(file: impl Read) -> Result<Extract, Problems> {
    let (extract, problems) = read(file, "accord import extract", now());
    if problems.is_empty() { Ok(extract) } else { Err(problems) }
}

#[test]
fn the_twelve_columns_are_read() {
    let text = file(&[
        "QOF2526,QOF,A81001,20260331,AF006,\"Of the denominator, those assessed\",68,,cro-processor,01/04/2026,02:03:04,Y",
        "QOF2526,QOF,U12345,20260331,QI001,Yes/No Flag,Yes,Y,cro-processor,01/04/2026,02:03:04,N",
    ]);
    let extract = parse(text.as_bytes()).unwrap();
    let shown = |row: &ExtractRow| {
        let names = [row.service, row.organisation, row.indicator, row.field, row.submitted_by];
        names.map(|name| extract.text(name).to_owned())
    };
    let (first, second) = (extract.rows()[0], extract.rows()[1]);
    assert_eq!(
        shown(&first),
        ["QOF2526", "A81001", "AF006", "Of the denominator, those assessed", "cro-processor"]
    );
    assert_eq!(shown(&second), ["QOF2526", "U12345", "QI001", "Yes/No Flag", "cro-processor"]);
    assert_eq!((first.line, first.achievement_date.to_string().as_str()), (2, "2026-03-31"));
    // 02:03:04 in summer time
    assert_eq!(first.submitted_at.to_rfc3339(), "2026-04-01T01:03:04+00:00");
    assert_eq!(
        (first.value, first.default_used, first.last_submission),
        (Value::Number(68), false, true)
    );
    assert_eq!(
        (second.value, second.default_used, second.last_submission),
        (Value::Answer(true), true, false)
    );
}

#[test]
fn the_seven_columns_of_before_are_read_as_submitted_now_by_who_loads_them() {
    let text = "PRMRY_MDCL_CARE_SRVC_SHRT_NAME,ORG_CODE,ACH_DATE,IND_CODE,FIELD_NAME,VALUE,APPROVED_STATUS\n\
        NCD2122,A81001,20220331,VI-01,Numerator,68,APPROVED\n\
        NCD2122,A81001,20220331,VI01,Numerator,68,APPROVED\n\
        NCD2122,A81001,20220331,VI01,Denominator,73,\n";
    let bad = parse(text.as_bytes()).unwrap_err();
    let allowed = "an indicator code of capital letters and digits";
    assert_eq!(told(bad.iter()), [format!("line 2, IND_CODE: found \"VI-01\", allowed {allowed}")]);
    let extract = parse(text.replacen("VI-01", "VI02", 1).as_bytes()).unwrap();
    assert_eq!((extract.layout, extract.len()), (Layout::Seven, 3));
    for row in extract.rows() {
        assert_eq!(extract.text(row.submitted_by), "accord import extract");
        assert_eq!((row.submitted_at, row.default_used, row.last_submission), (now(), false, true));
    }
    let twice = parse(text.replace("VI-01", "VI01").as_bytes()).unwrap_err();
    assert_eq!(
        told(twice.iter()),
        ["line 3, the whole row: found the figure of line 2 again, allowed each figure once"]
    );
}

#[test]
fn every_bad_cell_of_every_row_is_named() {
    let text = file(&[
        "qof,x,a81001,31/03/2026,,,-1,perhaps,,2026-04-01,2:3:4,",
        &row("AF006", "Numerator", "68", "Y"),
        "QOF2526,x,A81001,20260231,AF006,Numerator,6.8,,me,31/02/2026,24:00:00,X",
        "QOF2526,x,A81001,20260331,AF006,Numerator,,,me,01/04/2026,02:03:04,Y",
        "too,few",
    ]);
    assert_eq!(
        told(parse(text.as_bytes()).unwrap_err().iter()),
        [
            "line 2, QUALITY_SERVICE: found \"qof\", allowed a service code of capital letters and digits",
            "line 2, ORG_CODE: found \"a81001\", allowed an ODS code of capital letters and digits",
            "line 2, ACH_DATE: found \"31/03/2026\", allowed a date as yyyymmdd",
            "line 2, IND_CODE: found nothing, allowed an indicator code of capital letters and digits",
            "line 2, FIELD_NAME: found nothing, allowed the name of a field",
            "line 2, VALUE: found \"-1\", allowed a whole number from 0 to 999999999, Yes or No",
            "line 2, DEFAULT_VALUES_USED: found \"perhaps\", allowed Y, N or nothing",
            "line 2, SUBMIT_USER_ID: found nothing, allowed the account that submitted it",
            "line 2, SUBMIT_DATE: found \"2026-04-01\", allowed a date as dd/mm/yyyy",
            "line 2, SUBMIT_TIME: found \"2:3:4\", allowed a time as hh:mm:ss",
            "line 2, LAST_SUBMISSION: found nothing, allowed Y or N",
            "line 4, ACH_DATE: found \"20260231\", allowed a date as yyyymmdd",
            "line 4, VALUE: found \"6.8\", allowed a whole number from 0 to 999999999, Yes or No",
            "line 4, SUBMIT_DATE: found \"31/02/2026\", allowed a date as dd/mm/yyyy",
            "line 4, SUBMIT_TIME: found \"24:00:00\", allowed a time as hh:mm:ss",
            "line 4, LAST_SUBMISSION: found \"X\", allowed Y or N",
            "line 5, VALUE: found nothing, allowed a whole number from 0 to 999999999, Yes or No",
            "line 6, the whole row: found 2 cells, allowed 12 cells, one for each column",
        ]
    );
}

#[test]
fn a_file_without_its_columns_or_rows_is_refused() {
    let columns = |layout: Layout| layout.columns().join(", ");
    let wrong = told(parse(&b"ORG_CODE,VALUE\n"[..]).unwrap_err().iter());
    assert_eq!(
        wrong,
        [format!(
            "line 1, the header: found ORG_CODE, VALUE, allowed the 12 columns {}, or the 7 columns {}",
            columns(Layout::Twelve),
            columns(Layout::Seven)
        )]
    );
    let empty = told(parse(HEADER.as_bytes()).unwrap_err().iter());
    assert_eq!(
        empty,
        ["line 2, the whole row: found a header without rows, allowed at least one row"]
    );
}

#[test]
fn one_figure_has_one_row_in_force() {
    let rows = [
        row("AF006", "Numerator", "60", "N"),
        row("AF006", "Numerator", "68", "Y"),
        row("AF006", "Numerator", "70", "Y"),
    ];
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    assert_eq!(
        told(parse(file(&rows).as_bytes()).unwrap_err().iter()),
        [
            "line 4, LAST_SUBMISSION: found Y on line 3 too, for the same figure, allowed Y on one row of a figure"
        ]
    );
    assert_eq!(parse(file(&rows[..2]).as_bytes()).map(|extract| extract.len()), Ok(2));
}

fn figures_of(rows: &[String]) -> Result<Figures, Vec<String>> {
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let extract = parse(file(&rows).as_bytes()).unwrap();
    figures(&Service::from_toml(GOOD).unwrap(), &extract, extract.rows())
        .map_err(|problems| told(&problems))
}

#[test]
fn rows_in_force_become_figures_and_a_register_may_stand_with_every_indicator() {
    let figures = figures_of(&[
        row("AF006", "Numerator", "60", "N"),
        row("AF006", "Numerator", "68", "Y"),
        row("AF006", "Denominator", "73", "Y"),
        row("AF006", "Atrial Fibrillation Register", "103", "Y"),
        row("AF001", "Atrial Fibrillation Register", "103", "Y"),
        row("AF006", "AFIBPCADEC", "4", "Y"),
        row("QI001", "Yes/No Flag", "Yes", "Y"),
    ]);
    let expected = [
        (("AF001".to_owned(), Field::Register), 103),
        (("AF006".to_owned(), Field::Numerator), 68),
        (("AF006".to_owned(), Field::Denominator), 73),
        (("QI001".to_owned(), Field::YesNo), 1),
    ];
    assert_eq!(figures, Ok(expected.into_iter().collect()));
}

#[test]
fn rows_that_fit_nowhere_or_contradict_each_other_are_named() {
    let problems = figures_of(&[
        row("AF999", "Numerator", "1", "Y"),
        row("AF006", "Number of patients assessed", "1", "Y"),
        row("AF006", "Atrial Fibrillation Register", "103", "Y"),
        row("AF001", "Atrial Fibrillation Register", "104", "Y"),
        row("QI001", "Yes/No Flag", "2", "Y"),
        row("LD002", "Number of health checks", "Yes", "Y"),
        row("AF006", "Numerator", "9", "Y"),
        row("AF006", "Denominator", "8", "Y"),
    ]);
    assert_eq!(
        problems.unwrap_err(),
        [
            "line 2, IND_CODE: found \"AF999\", allowed an indicator of DEMO2526: AF001, AF006, LD001, LD002, QI001, PP001",
            "line 3, FIELD_NAME: found \"Number of patients assessed\", allowed a field of AF006: Numerator | Denominator",
            "line 5, VALUE: found \"104\", allowed 103, as on line 4 for the same register",
            "line 6, VALUE: found \"2\", allowed Yes, No, 1 or 0",
            "line 7, VALUE: found \"Yes\", allowed a whole number from 0 to 999999999",
            "line 8, VALUE: found \"9\", allowed 8 or less, because the denominator is 8",
        ]
    );
}

#[test]
fn counts_that_are_no_counts_are_refused_each_by_row_and_column() {
    for value in [
        "-1",
        "-0",
        "+1",
        "1.0",
        "1e3",
        "6,8",
        "1,234",
        "1000000000",
        "99999999999999999999",
        "NaN",
        "nan",
        "inf",
        "-inf",
        "null",
        "NULL",
        "0x10",
        "=1+1",
        "@SUM(1)",
        "+1+1",
        "-",
        "1 2",
        "\u{664}",
    ] {
        let text = file(&[&row("AF006", "Numerator", &format!("\"{value}\""), "Y")]);
        let expected = format!(
            "line 2, VALUE: found \"{value}\", allowed a whole number from 0 to 999999999, Yes or No"
        );
        assert_eq!(told(parse(text.as_bytes()).unwrap_err().iter()), [expected]);
    }
}

#[test]
fn a_cell_that_a_spreadsheet_would_run_is_refused_wherever_words_may_stand() {
    let good = row("AF006", "Numerator", "1", "Y");
    for (from, to, expected) in [
        (
            "Demonstration",
            "=HYPERLINK(1)",
            "line 2, NAME: found \"=HYPERLINK(1)\", allowed the name of a service, or nothing, not a formula",
        ),
        (
            "Numerator",
            "@SUM(1)",
            "line 2, FIELD_NAME: found \"@SUM(1)\", allowed the name of a field, not a formula",
        ),
        (
            "cro-processor",
            "-2+3",
            "line 2, SUBMIT_USER_ID: found \"-2+3\", allowed the account that submitted it, not a formula",
        ),
        (
            "cro-processor",
            "a\u{1b}[2J",
            "line 2, SUBMIT_USER_ID: found \"a\u{fffd}[2J\", allowed the account that submitted it, of up to 100 letters",
        ),
        (
            "A81001",
            "=1+1",
            "line 2, ORG_CODE: found \"=1+1\", allowed an ODS code of capital letters and digits",
        ),
    ] {
        let text = file(&[&good.replace(from, to)]);
        assert_eq!(told(parse(text.as_bytes()).unwrap_err().iter()), [expected]);
    }
}

#[test]
fn every_way_a_file_can_be_written_is_read_and_rows_keep_their_lines() {
    let plain =
        file(&[&row("AF006", "Numerator", "68", "Y"), &row("AF006", "Denominator", "73", "Y")]);
    let spaced =
        plain.replace(",Y\n", ",Y,,\n").replace("LAST_SUBMISSION\n", "LAST_SUBMISSION,,\n");
    for (name, text, lines) in [
        ("as it is", plain.clone(), [2, 3]),
        ("CRLF", plain.replace('\n', "\r\n"), [2, 3]),
        ("lone CR", plain.replace('\n', "\r"), [2, 3]),
        ("BOM", format!("\u{feff}{plain}"), [2, 3]),
        ("empty columns behind", spaced, [2, 3]),
        ("blank lines", plain.replace('\n', "\n\n"), [3, 5]),
        ("blank lines and CR", plain.replace('\n', "\r\r"), [3, 5]),
    ] {
        let extract = parse(text.as_bytes()).unwrap();
        let read: Vec<u32> = extract.rows().iter().map(|row| row.line).collect();
        assert_eq!(read, lines, "{name}");
    }
}

#[test]
fn text_that_is_not_utf_8_is_named_by_row_and_column() {
    let text = file(&[&row("AF006", "Numerator", "68", "Y")]);
    let mut windows = text.replace("Demonstration", "Demonstration ~ 1").into_bytes();
    let at = windows.iter().position(|byte| *byte == b'~').unwrap();
    // A dash in Windows-1252.
    windows[at] = 0x96;
    assert_eq!(
        told(parse(windows.as_slice()).unwrap_err().iter()),
        ["line 2, NAME: found \"Demonstration \u{fffd} 1\", allowed text in UTF-8"]
    );
    let utf_16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let packed = b"PK\x03\x04\x14\x00";
    for (bytes, found) in
        [(&utf_16[..], "a file in UTF-16"), (packed, "a spreadsheet or another packed file")]
    {
        let told = told(parse(bytes).unwrap_err().iter());
        assert!(
            told[0].starts_with(&format!("line 1, the whole file: found {found}, allowed CSV")),
            "{told:?}"
        );
    }
}

/// A file that goes on for a gigabyte.
fn endless(piece: &[u8]) -> impl Read {
    let whole = piece.repeat(64 * 1024 / piece.len());
    Endless { whole, left: 1 << 30, at: 0 }
}

struct Endless {
    whole: Vec<u8>,
    left: usize,
    at: usize,
}

impl Read for Endless {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let from = &self.whole[self.at..];
        let length = from.len().min(into.len()).min(self.left);
        into[..length].copy_from_slice(&from[..length]);
        self.at = (self.at + length) % self.whole.len();
        self.left -= length;
        Ok(length)
    }
}

#[test]
fn nonsense_without_an_end_is_given_up_early_and_never_held() {
    let open_quote = format!("{HEADER}\"");
    for (start, piece) in
        [("", &b"\0"[..]), ("", b","), (HEADER, b"x"), (HEADER, b"\n"), (&open_quote, b"x,\n")]
    {
        let told = told(parse(start.as_bytes().chain(endless(piece))).unwrap_err().iter());
        assert_eq!(told.len(), 1, "{piece:?}");
        assert!(told[0].contains("found a row of more than 256 KiB, allowed CSV"), "{told:?}");
    }
}

#[test]
fn a_file_wrong_in_every_row_is_given_up_after_a_million_problems() {
    let all = parse(HEADER.as_bytes().chain(endless(b"a,b\n"))).unwrap_err();
    assert_eq!(all.iter().count(), Problems::KEPT);
    assert_eq!(all.len(), 1_000_001);
}
