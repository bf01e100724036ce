//! Reads a service definition from TOML and names everything wrong with it at once.

use super::{
    Component, Entry, Indicator, LeftOut, Level, PaymentTerms, ProviderKind, Service, dates,
    example, kinds, rules,
};
use crate::{
    calendar::{FinancialYear, Frequency},
    reader::{Problem, Problems, Reader, within},
    submission::{Field, Figures, LARGEST},
};
use std::collections::BTreeMap;
use toml::Table;

/// The families a service can belong to.
/// The families of services, as a definition names them; CQRS calls them payment types.
pub const FAMILIES: [&str; 6] = ["QOF", "V&I", "Network", "Local", "Manual", "Data collection"];

/// A window longer than a year says nothing that no window would not say.
const MOST_ENTRY_DAYS: i64 = 366;

/// Reads and checks a definition.
pub(super) fn read(text: &str) -> Result<Service, Vec<Problem>> {
    let table = text.parse::<Table>().map_err(|error| {
        vec![Problem {
            at: "the definition".into(),
            found: error.message().into(),
            allowed: "TOML".into(),
        }]
    })?;
    let mut problems = Problems::default();
    let service = service(&mut Reader::new(String::new(), table, &mut problems));
    rules::check(&service, &mut problems);
    // An example of a definition that is wrong would only say so again.
    if problems.0.is_empty() {
        example::check(&service, &mut problems);
    }
    if problems.0.is_empty() { Ok(service) } else { Err(problems.0) }
}

fn service(reader: &mut Reader) -> Service {
    let entry = reader.choice("entry", &ENTRIES);
    let provider = reader.choice(
        "provider",
        &[("practice", ProviderKind::Practice), ("network", ProviderKind::Network)],
    );
    let defaults = Defaults { entry, level: Level::of(provider) };
    let service = Service {
        code: reader.text("code", 20),
        name: reader.text("name", 120),
        summary: reader.text("summary", 600),
        family: reader.choice("family", &FAMILIES.map(|family| (family, family))).to_owned(),
        year: FinancialYear(reader.whole("year", 2000..=2100)),
        starts_on: reader.date("starts_on"),
        ends_on: reader.date("ends_on"),
        provider,
        entry,
        entry_days: reader.optional("entry_days_after_period_end", |reader, key| {
            reader.whole(key, 0..=MOST_ENTRY_DAYS)
        }),
        follows: reader.optional("follows", |reader, key| reader.text(key, 20)),
        payment: reader.child("payment").map(payment),
        dates: reader.child("dates").map(dates::read),
        list_size_date: reader.optional("list_size_date", Reader::date),
        reference: reader.optional("reference", |reader, key| reader.text(key, 20)),
        points_decimals: reader
            .optional("points_decimals", |reader, key| reader.whole(key, 0..=12)),
        keeps_extra_fields: reader.optional("keeps_extra_fields", Reader::flag).unwrap_or_default(),
        passes_over: reader.optional("passes_over", Reader::texts).unwrap_or_default(),
        version: reader
            .optional("version", |reader, key| reader.whole(key, 1..=9_999))
            .unwrap_or(1),
        effective_on: reader.optional("effective_on", Reader::date),
        is_variation: reader.optional("variation", Reader::flag).unwrap_or_default(),
        components: reader
            .each("component")
            .into_iter()
            .map(|part| component(part, reader.problems, defaults))
            .collect(),
        examples: reader
            .each("example")
            .into_iter()
            .map(|part| example::read(part, reader.problems))
            .collect(),
    };
    reader.refuse_unknown_keys();
    service
}

/// What an indicator is unless it says otherwise.
#[derive(Clone, Copy)]
struct Defaults {
    entry: Entry,
    level: Level,
}

const ENTRIES: [(&str, Entry); 2] = [("manual", Entry::Manual), ("extract", Entry::Extract)];

fn payment(mut reader: Reader) -> PaymentTerms {
    let frequencies = [
        ("monthly", Frequency::Monthly),
        ("quarterly", Frequency::Quarterly),
        ("annual", Frequency::Annual),
    ];
    let terms = PaymentTerms {
        frequency: reader.choice("frequency", &frequencies),
        declaration_required: reader.flag("declaration_required"),
        approval_required: reader.flag("approval_required"),
        approval_bands: reader.optional("approval_bands", Reader::flag).unwrap_or_default(),
        pay_code: reader.text("pay_code", 20),
        less_paid_by: reader.optional("less_paid_by", |reader, key| reader.text(key, 20)),
    };
    reader.refuse_unknown_keys();
    terms
}

fn component(
    (place, table): (String, Table),
    problems: &mut Problems,
    defaults: Defaults,
) -> Component {
    let mut reader = Reader::new(place, table, problems);
    let component = Component {
        code: reader.text("code", 20),
        name: reader.text("name", 120),
        indicators: reader
            .each("indicator")
            .into_iter()
            .map(|part| indicator(part, reader.problems, defaults))
            .collect(),
    };
    reader.refuse_unknown_keys();
    component
}

const LEVELS: [(&str, Level); 3] = [
    ("practice", Level::Practice),
    ("network", Level::Network),
    ("commissioner", Level::Commissioner),
];

fn indicator(
    (place, table): (String, Table),
    problems: &mut Problems,
    defaults: Defaults,
) -> Indicator {
    let mut reader = Reader::new(place, table, problems);
    let mut indicator = Indicator {
        code: reader.text("code", 20),
        name: reader.text("name", 160),
        kind: kinds::read(&mut reader),
        level: reader
            .optional("level", |reader, key| reader.choice(key, &LEVELS))
            .unwrap_or(defaults.level),
        entry: reader
            .optional("entry", |reader, key| reader.choice(key, &ENTRIES))
            .unwrap_or(defaults.entry),
        extract: BTreeMap::new(),
        left_out: [("exclusion", false), ("care_adjustment", true)]
            .into_iter()
            .flat_map(|(key, is_care_adjustment)| left_out(&mut reader, key, is_care_adjustment))
            .collect(),
        subject_to_declare: reader.optional("subject_to_declare", Reader::flag).unwrap_or_default(),
        evidence: reader.optional("evidence", |reader, key| reader.text(key, 200)),
    };
    let fields = indicator.fields();
    let mut names = reader.child("extract");
    for field in fields {
        let own = names
            .as_mut()
            .and_then(|names| names.has(field.key()).then(|| names.text(field.key(), 1000)));
        indicator.extract.insert(*field, own.unwrap_or_else(|| field.extract_name().to_owned()));
    }
    if let Some(mut names) = names {
        names.refuse_unknown_keys();
    }
    // An unknown kind has no keys of its own to compare with.
    if reader.problems.sound(&[&within(&reader.place, "kind")]) {
        reader.refuse_unknown_keys();
    }
    indicator
}

/// `exclusion = { AFIBEX = "Why" }`: the field names of an extract with their meaning.
fn left_out(reader: &mut Reader, key: &str, is_care_adjustment: bool) -> Vec<LeftOut> {
    let Some(mut reasons) = reader.child(key) else { return Vec::new() };
    let codes: Vec<String> = reasons.table.keys().cloned().collect();
    codes
        .into_iter()
        .map(|code| LeftOut { name: reasons.text(&code, 300), code, is_care_adjustment })
        .collect()
}

/// `{ G001 = { register = 53 } }`: the figures of each indicator by field.
pub(super) fn figures(reader: &mut Reader, key: &str) -> Figures {
    let mut figures = Figures::new();
    let Some(mut indicators) = reader.child(key) else { return figures };
    let codes: Vec<String> = indicators.table.keys().cloned().collect();
    for code in codes {
        let Some(mut fields) = indicators.child(&code) else { continue };
        for field in Field::ALL {
            let figure = fields.optional(field.key(), |reader, key| reader.whole(key, 0..=LARGEST));
            figures.extend(figure.map(|figure| ((code.clone(), field), figure)));
        }
        fields.refuse_unknown_keys();
    }
    figures
}
