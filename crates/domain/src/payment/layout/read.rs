//! Reads the layout of a payment file from TOML, and names everything that is wrong with it.

use super::field::{AMOUNTS, DATES, FORMED, Field, Known, MONTHS, PLAIN, YEARS};
use super::{Column, Each, Layout, Of, Part, Record};
use crate::{
    reader::{Problems, Reader, within},
    service::Problem,
};
use std::collections::BTreeSet;
use toml::Table;

/// Characters of a column's name or constant at most.
const LONGEST: usize = 60;

/// A record as it is written, with the place it stands at.
struct Written {
    place: String,
    each: Option<Each>,
    of: Of,
    columns: Vec<Column>,
}

pub(super) fn read(text: &str) -> Result<Layout, Vec<Problem>> {
    let table = text.parse::<Table>().map_err(|error| {
        let found = error.message().to_owned();
        vec![Problem { at: "the file".into(), found, allowed: "TOML".into() }]
    })?;
    let mut problems = Problems::default();
    let mut reader = Reader::new(String::new(), table, &mut problems);
    let mut layout = Layout {
        code: reader.text("code", 40),
        name: reader.text("name", 60),
        explanation: reader.text("explanation", 400),
        ending: reader.choice("ending", &[("csv", "csv"), ("txt", "txt"), ("dat", "dat")]).into(),
        hash: Layout::hashed(text),
        separator: reader.choice(
            "separator",
            &[("comma", b','), ("semicolon", b';'), ("tab", b'\t'), ("bar", b'|')],
        ),
        ends_in_crlf: reader.choice("line_ending", &[("lf", false), ("crlf", true)]),
        has_header: reader.flag("header"),
        parts: Vec::new(),
    };
    let records = reader.each("record");
    reader.refuse_unknown_keys();
    code_is_plain(&layout.code, &mut problems);
    let mut written = Vec::new();
    for (place, table) in records {
        written.push(record(place, table, &mut problems));
    }
    for own in &written {
        fields_fit_their_record(own, &mut problems);
        names_differ(own, &mut problems);
    }
    if layout.has_header {
        a_header_names_the_columns_of_every_record(&written, &mut problems);
    }
    lines_name_what_they_pay(&written, &mut problems);
    layout.parts = parts(written, &mut problems);
    if problems.0.is_empty() { Ok(layout) } else { Err(problems.0) }
}

fn code_is_plain(code: &str, problems: &mut Problems) {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !code.bytes().all(plain) {
        problems.add("code", format!("\"{code}\""), "lower case letters, digits and hyphens");
    }
}

fn record(place: String, table: Table, problems: &mut Problems) -> Written {
    let mut reader = Reader::new(place.clone(), table, problems);
    let each = reader.choice(
        "each",
        &[("line", Some(Each::Line)), ("payee", Some(Each::Payee)), ("file", None)],
    );
    let of: &[(&str, Of)] = match each {
        Some(_) => &[("payments", Of::Payments), ("recoveries", Of::Recoveries)],
        None => &[("payments", Of::Payments), ("recoveries", Of::Recoveries), ("all", Of::All)],
    };
    let of = reader.choice("of", of);
    let tables = reader.each("column");
    reader.refuse_unknown_keys();
    let at = within(&place, "column");
    if tables.is_empty() && problems.sound(&[&at]) {
        problems.add(&at, "nothing", "at least one column");
    }
    let columns = tables.into_iter().map(|(place, table)| column(place, table, problems)).collect();
    Written { place, each, of, columns }
}

fn column(place: String, table: Table, problems: &mut Problems) -> Column {
    let mut reader = Reader::new(place, table, problems);
    let name = reader.text("name", LONGEST);
    let field = match reader.has("constant") {
        true => Field::Constant(reader.text("constant", LONGEST)),
        false => field(&mut reader),
    };
    reader.refuse_unknown_keys();
    if let Field::Constant(text) = &field
        && text.chars().any(char::is_control)
    {
        let at = within(&reader.place, "constant");
        reader.problems.add(at, "a control character", "text on one line");
    }
    Column { name, field }
}

fn field(reader: &mut Reader) -> Field {
    let plain = PLAIN.iter().map(|(word, _)| *word);
    let words: Vec<&str> = std::iter::once("nothing").chain(plain).chain(FORMED).collect();
    let words: Vec<(&str, &str)> = words.into_iter().map(|word| (word, word)).collect();
    let word = reader.choice("field", &words);
    match word {
        "nothing" => Field::Constant(String::new()),
        "file_date" => Field::FileDate(format(reader, &DATES)),
        "period_start" => Field::PeriodStart(format(reader, &DATES)),
        "period_end" => Field::PeriodEnd(format(reader, &DATES)),
        "payment_month" => Field::PaymentMonth(format(reader, &MONTHS)),
        "payment_year" => Field::PaymentYear(format(reader, &YEARS)),
        "financial_year" => Field::FinancialYear(format(reader, &YEARS)),
        "amount" => Field::Amount(format(reader, &AMOUNTS)),
        "total" => Field::Total(format(reader, &AMOUNTS)),
        _ => PLAIN
            .iter()
            .find(|(own, _)| *own == word)
            .map_or(Field::FileReference, |(_, field)| field.clone()),
    }
}

/// How a date, a month, a year or an amount is written; the first way where none is named.
fn format<T: Copy>(reader: &mut Reader, forms: &[(&str, T)]) -> T {
    reader.optional("format", |reader, key| reader.choice(key, forms)).unwrap_or(forms[0].1)
}

fn fields_fit_their_record(own: &Written, problems: &mut Problems) {
    let (allowed, told): (&[Known], _) = match own.each {
        None => (&[Known::Always, Known::Sums], "a field of the file, lines or total"),
        Some(Each::Payee) => (
            &[Known::Always, Known::Sums, Known::Payee],
            "a field of the file or of the payee, lines or total",
        ),
        Some(Each::Line) => (
            &[Known::Always, Known::Payee, Known::Line],
            "a field of the file, of the payee or of the line",
        ),
    };
    for column in &own.columns {
        if !allowed.contains(&column.field.known()) {
            let at = within(&own.place, &format!("column {}, field", column.name));
            problems.add(at, "a field that such a row does not have", told);
        }
    }
}

fn names_differ(own: &Written, problems: &mut Problems) {
    let mut seen = BTreeSet::new();
    for column in own.columns.iter().filter(|column| !column.name.is_empty()) {
        if !seen.insert(&column.name) {
            let at = within(&own.place, "column");
            problems.add(at, format!("{} again", column.name), "each name once in a record");
        }
    }
}

fn a_header_names_the_columns_of_every_record(all: &[Written], problems: &mut Problems) {
    let names = |own: &Written| -> Vec<String> {
        own.columns.iter().map(|column| column.name.clone()).collect()
    };
    let Some(header) = all.first().map(names) else { return };
    for own in all.iter().skip(1).filter(|own| names(own) != header) {
        let at = within(&own.place, "column");
        let allowed =
            format!("the names of the first record, as header = true: {}", header.join(", "));
        problems.add(at, names(own).join(", "), allowed);
    }
}

/// Every payment and every recovery stands in the file once, with its identity and its amount: else the totals that
/// people check would not be those of the file, and no answer would find its line.
/// Whether a constant of the same column differs in two records.
fn are_told_apart(one: &Written, other: &Written) -> bool {
    one.columns.iter().zip(&other.columns).any(|(one, other)| {
        matches!((&one.field, &other.field), (Field::Constant(one), Field::Constant(other)) if one != other)
    })
}

fn lines_name_what_they_pay(all: &[Written], problems: &mut Problems) {
    for (of, word) in [(Of::Payments, "payments"), (Of::Recoveries, "recoveries")] {
        let has = |own: &Written, wanted: fn(&Field) -> bool| {
            own.columns.iter().any(|column| wanted(&column.field))
        };
        let pays = |own: &&Written| {
            own.each == Some(Each::Line)
                && own.of == of
                && has(own, |field| *field == Field::LineReference)
                && has(own, |field| matches!(field, Field::Amount(_)))
        };
        let paying: Vec<&Written> = all.iter().filter(pays).collect();
        if paying.is_empty() {
            let allowed = "a record with each = \"line\", with line_reference and amount";
            problems.add("record", format!("no line of {word}"), allowed);
        }
        // A header and its line both carry the amount, and a constant says which is which.
        let is_twice = |(number, one): (usize, &&Written)| {
            paying[..number].iter().any(|other| !are_told_apart(one, other))
        };
        if paying.iter().enumerate().any(is_twice) {
            let allowed = "records that differ in a constant of the same column";
            problems.add("record", format!("the amount of a line of {word} twice"), allowed);
        }
    }
}

/// Neighbouring records of the same lines are written together, line by line.
fn parts(all: Vec<Written>, problems: &mut Problems) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for own in all {
        let (of, record) = (own.of, Record { columns: own.columns });
        let Some(each) = own.each else {
            parts.push(Part::Whole(of, record));
            continue;
        };
        if let Some(Part::Lines(before, records)) = parts.last_mut()
            && *before == of
        {
            if each == Each::Payee && records.iter().any(|(each, _)| *each == Each::Line) {
                let allowed = "the rows of a payee before those of its lines";
                problems.add(within(&own.place, "each"), "\"payee\" after \"line\"", allowed);
            }
            records.push((each, record));
            continue;
        }
        let again = |part: &Part| matches!(part, Part::Lines(before, _) if *before == of);
        if parts.iter().any(again) {
            let allowed =
                "the records of the same lines beside each other, so that each is paid once";
            problems.add(within(&own.place, "of"), "the same lines again", allowed);
        }
        parts.push(Part::Lines(of, vec![(each, record)]));
    }
    parts
}
