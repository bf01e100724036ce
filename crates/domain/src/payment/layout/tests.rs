//! The layouts of payment files: what each writes, and what no layout may say.

use super::{Head, Layout};
use crate::{
    Pence, Period,
    payment::{PaymentLine, Totals},
};
use chrono::NaiveDate;
use proptest::prelude::*;

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn head() -> Head {
    Head {
        reference: "PF-2026-000007".into(),
        commissioner_code: "QZZ".into(),
        commissioner_name: "NHS Anytown ICB".into(),
        made_on: day("2026-05-20"),
    }
}

fn line(number: usize, payee: &str, pence: i64) -> PaymentLine {
    PaymentLine {
        reference: format!("D-2026-{number:06}"),
        payee_code: payee.into(),
        payee_name: format!("Practice {payee}"),
        service_code: "AG2526".into(),
        service_name: "Advice, and guidance".into(),
        pay_code: "AG01".into(),
        period: Period { start: day("2026-03-01"), end: day("2026-03-31") },
        amount: Pence(pence),
    }
}

fn built_in(code: &str) -> Layout {
    Layout::built_in()
        .into_iter()
        .find(|own| own.code == code)
        .expect("a layout that comes with Accord")
}

#[test]
fn the_layouts_that_come_with_accord_can_be_read_and_the_first_is_the_default() {
    let codes: Vec<String> = Layout::built_in().into_iter().map(|own| own.code).collect();
    assert_eq!(codes, ["generic", "contract-variation", "oracle-payables"]);
    assert_eq!(Layout::generic(), Layout::built_in()[0]);
}

#[test]
fn contract_variations_name_the_practice_the_pay_code_and_the_month() {
    let lines = [line(1, "Y00001", 588_000), line(2, "Y00002", -5)];
    assert_eq!(
        built_in("contract-variation").write(&head(), &lines),
        "Practice code,Practice name,Pay code,Variation,Amount,Payment month,Financial year,Service,Period end,Reference\r\n\
         Y00001,Practice Y00001,AG01,PAYMENT,5880.00,05/2026,2025/26,\"Advice, and guidance\",31/03/2026,D-2026-000001\r\n\
         Y00002,Practice Y00002,AG01,RECOVERY,-0.05,05/2026,2025/26,\"Advice, and guidance\",31/03/2026,D-2026-000002\r\n"
    );
}

#[test]
fn an_import_of_payables_has_a_header_and_a_line_for_each_payment() {
    let lines = [line(1, "Y00001", 588_000), line(2, "Y00002", -5), line(3, "Y00001", 100)];
    let header = |number: &str, amount: &str, payee: &str, kind: &str| {
        format!(
            "HEADER,QZZ,ACCORD,D-2026-{number},{amount},2026/05/20,{payee},Practice {payee},{payee},GBP,\
             \"Advice, and guidance\",PF-2026-000007,{kind}\r\n\
             LINE,D-2026-{number},1,ITEM,{amount},2026/05/20,March 2026,AG01,AG2526\r\n"
        )
    };
    assert_eq!(
        built_in("oracle-payables").write(&head(), &lines),
        [
            header("000001", "5880.00", "Y00001", "STANDARD"),
            header("000003", "1.00", "Y00001", "STANDARD"),
            header("000002", "-0.05", "Y00002", "CREDIT"),
        ]
        .concat()
    );
}

/// A layout with rows of payees, and every form of a date, a month, a year and an amount.
const OF_PAYEES: &str = r#"
code = "of-payees"
name = "Of payees"
explanation = "A row for each payee"
ending = "txt"
separator = "bar"
line_ending = "lf"
header = false
[[record]]
each = "payee"
of = "payments"
column = [
    { name = "kind", constant = "H" }, { name = "payee", field = "payee_code" }, { name = "lines", field = "lines" },
    { name = "sum", field = "total", format = "pence" },
]
[[record]]
each = "line"
of = "payments"
column = [
    { name = "kind", constant = "L" }, { name = "number", field = "line_number" },
    { name = "reference", field = "line_reference" }, { name = "amount", field = "amount", format = "pence" },
    { name = "a", field = "file_date", format = "yyyymmdd" }, { name = "b", field = "period_start", format = "dd/mm/yyyy" },
    { name = "c", field = "payment_month", format = "month yyyy" }, { name = "d", field = "payment_month", format = "yyyymm" },
    { name = "e", field = "payment_month" }, { name = "f", field = "payment_year" },
    { name = "g", field = "financial_year", format = "yyyy to yyyy" },
    { name = "h", field = "financial_year", format = "yyyy/yyyy" }, { name = "i", field = "commissioner_name" },
]
[[record]]
each = "line"
of = "recoveries"
column = [{ name = "reference", field = "line_reference" }, { name = "amount", field = "amount" }]
[[record]]
each = "file"
of = "all"
column = [{ name = "lines", field = "lines" }, { name = "sum", field = "total" }]
"#;

#[test]
fn the_rows_of_a_payee_stand_above_its_lines_and_add_them_up() {
    let layout = Layout::from_toml(OF_PAYEES).expect("a layout");
    let lines = [
        line(1, "Y00001", 588_000),
        line(2, "Y00002", 40),
        line(3, "Y00001", 100),
        line(4, "Y00001", -50),
    ];
    let rest = "20260520|01/03/2026|May 2026|202605|2026-05|2026-27|2025 to 2026|2025/2026|NHS Anytown ICB";
    assert_eq!(
        layout.write(&head(), &lines),
        format!(
            "H|Y00001|2|588100\nL|1|D-2026-000001|588000|{rest}\nL|3|D-2026-000003|100|{rest}\n\
             H|Y00002|1|40\nL|2|D-2026-000002|40|{rest}\nD-2026-000004|-0.50\n4|5880.90\n"
        )
    );
}

#[test]
fn everything_wrong_with_a_layout_is_named_with_what_is_allowed() {
    let change = |from: &str, to: &str| {
        assert!(OF_PAYEES.contains(from), "{from}");
        let text = OF_PAYEES.replacen(from, to, 1);
        let problems = Layout::from_toml(&text).expect_err(to);
        problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    };
    for (from, to, wanted) in [
        (
            "field = \"payee_code\"",
            "field = \"sort_code\"",
            "record 1, column 2, field: found \"sort_code\", allowed nothing, file_reference, commissioner_code",
        ),
        (
            "\"total\", format = \"pence\"",
            "\"total\", format = \"euros\"",
            "record 1, column 4, format: found \"euros\", allowed pounds, pence",
        ),
        (
            "\"file_date\", format = \"yyyymmdd\"",
            "\"file_date\", format = \"mm/dd/yyyy\"",
            "record 2, column 5, format: found \"mm/dd/yyyy\", allowed yyyy-mm-dd, yyyy/mm/dd, dd/mm/yyyy, yyyymmdd",
        ),
        (
            "{ name = \"lines\", field = \"lines\" }",
            "{ name = \"payee\", field = \"lines\" }",
            "record 1, column: found payee again, allowed each name once in a record",
        ),
        (
            "field = \"payee_code\"",
            "field = \"payee_code\", format = \"pounds\"",
            "record 1, column 2, format: found an unknown key, allowed name, constant, field",
        ),
        (
            "{ name = \"lines\", field = \"lines\" }",
            "{ name = \"lines\", field = \"amount\" }",
            "record 1, column lines, field: found a field that such a row does not have",
        ),
        (
            "separator = \"bar\"",
            "separator = \"|\"",
            "separator: found \"|\", allowed comma, semicolon, tab, bar",
        ),
        ("header = false", "header = true", "record 2, column: found kind, number,"),
        (
            "code = \"of-payees\"",
            "code = \"../x\"",
            "code: found \"../x\", allowed lower case letters",
        ),
        ("ending = \"txt\"", "ending = \"exe\"", "ending: found \"exe\", allowed csv, txt, dat"),
        ("constant = \"L\"", "constant = \"L\\n\"", ""),
        ("constant = \"L\"", "constant = \"L\\nM\"", "found a control character"),
        (
            "each = \"line\"\nof = \"recoveries\"",
            "each = \"line\"\nof = \"payments\"",
            "record: found no line of recoveries, allowed a record with each = \"line\", with line_reference and amount",
        ),
        (
            "{ name = \"reference\", field = \"line_reference\" }, { name = \"amount\", field = \"amount\", format = \"pence\" }",
            "{ name = \"amount\", field = \"amount\", format = \"pence\" }",
            "record: found no line of payments",
        ),
        (
            "[[record]]\neach = \"file\"\nof = \"all\"",
            "[[record]]\neach = \"line\"\nof = \"all\"",
            "allowed payments, recoveries",
        ),
    ] {
        if wanted.is_empty() {
            // The reader takes white space off both ends.
            Layout::from_toml(&OF_PAYEES.replacen(from, to, 1)).expect(to);
            continue;
        }
        let told = change(from, to);
        assert!(told.contains(wanted), "{to}: {told}");
    }
    assert!(Layout::from_toml("x = ").is_err());
}

/// The page that tells operators what a layout can hold names every field and every format, and no field that is not.
#[test]
fn the_documentation_names_every_field_and_format() {
    use super::field::{AMOUNTS, DATES, FORMED, MONTHS, PLAIN, YEARS};
    let page = include_str!("../../../../../docs/payment-files.md");
    let words = PLAIN.iter().map(|(word, _)| *word).chain(FORMED).chain(["nothing"]);
    let formats = DATES.iter().map(|form| form.0).chain(MONTHS.iter().map(|form| form.0));
    let formats = formats.chain(YEARS.iter().map(|form| form.0));
    let formats = formats.chain(AMOUNTS.iter().map(|form| form.0));
    for word in words.clone().chain(formats) {
        assert!(page.contains(&format!("`{word}`")), "{word} is not in docs/payment-files.md");
    }
    let table = page.split("### Fields").nth(1).and_then(|rest| rest.split("### ").next());
    let rows = table.expect("a table of fields").lines().filter(|row| row.starts_with("| `"));
    for told in rows.filter_map(|row| row.split('|').nth(1)).flat_map(|cell| cell.split(", ")) {
        let told = told.trim().trim_matches('`');
        assert!(words.clone().any(|word| word == told), "{told} is no field");
    }
}

#[test]
fn a_layout_that_would_pay_a_line_twice_is_refused() {
    let again = "[[record]]\neach = \"line\"\nof = \"payments\"\ncolumn = [{ name = \"reference\", field = \"line_reference\" }]\n";
    let problems = Layout::from_toml(&format!("{OF_PAYEES}{again}")).expect_err("payments twice");
    let told = problems[0].to_string();
    assert!(told.starts_with("record 5, of: found the same lines again"), "{told}");
    // Neighbours that are the same in everything: a reader would add them up. A constant tells them apart.
    let text = include_str!("../../../../../layouts/contract-variation.toml");
    let start = text.find("[[record]]").expect("a record");
    let end = start + text[start + 1..].find("[[record]]").expect("another record") + 1;
    let (before, record, after) = (&text[..start], &text[start..end], &text[end..]);
    let problems = Layout::from_toml(&format!("{before}{record}{record}{after}"));
    let told = problems.expect_err("each payment twice")[0].to_string();
    assert!(told.contains("found the amount of a line of payments twice"), "{told}");
    let header = record.replace("\"PAYMENT\"", "\"HEADER\"");
    assert!(Layout::from_toml(&format!("{before}{header}{record}{after}")).is_ok());
}

/// The sums of a file in the layout: of its payments and of its recoveries, as a reader adds them up.
fn added_up(layout: &str, content: &str) -> (i64, i64) {
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(content.as_bytes());
    let mut sums = (0, 0);
    for row in reader.records() {
        let row = row.expect("a row");
        let (kind, amount) = match layout {
            "generic" => (&row[0], &row[8]),
            "contract-variation" => (&row[3], &row[4]),
            _ => (&row[0], &row[4]),
        };
        let pence = || Pence::from_plain(amount).expect("an amount").0;
        match kind {
            "LINE" | "PAYMENT" if pence() >= 0 => sums.0 += pence(),
            "LINE" | "RECOVERY" => sums.1 += pence(),
            _ => {}
        }
    }
    sums
}

proptest! {
    /// The sum of what a reader finds in a file of any layout is the control total that people have checked.
    #[test]
    fn the_total_of_a_file_is_the_control_total_in_every_layout(
        amounts in prop::collection::vec((-5_000_000_i64..5_000_000, 0_u8..4), 1..40),
    ) {
        let lines: Vec<PaymentLine> = amounts
            .iter()
            .enumerate()
            .map(|(number, (pence, payee))| line(number, &format!("Y0000{payee}"), *pence))
            .collect();
        let totals = Totals::of(lines.iter().map(|line| line.amount));
        for layout in Layout::built_in() {
            let content = layout.write(&head(), &lines);
            let sums = added_up(&layout.code, &content);
            prop_assert_eq!(sums, (totals.paid.0, totals.recovered.0), "{}", content);
            for line in &lines {
                prop_assert!(content.contains(&line.reference));
            }
        }
    }
}
