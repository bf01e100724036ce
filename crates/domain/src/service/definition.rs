//! Reads a service definition from TOML and names everything wrong with it at once.

use super::{
    Component, Entry, Indicator, IndicatorKind, PaymentTerms, ProviderKind, Reference, Service,
    rules,
};
use crate::{
    Pence,
    calendar::{FinancialYear, Frequency},
    ratio::Exact,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use toml::{Table, Value};

/// One thing wrong with a definition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{at}: found {found}, allowed {allowed}")]
pub struct Problem {
    /// Where: `component CLIN, indicator AF006, lower`.
    pub at: String,
    /// What stands there.
    pub found: String,
    /// What may stand there.
    pub allowed: String,
}

/// What has been found wrong so far.
#[derive(Default)]
pub(super) struct Problems(Vec<Problem>);

impl Problems {
    pub(super) fn add(
        &mut self,
        at: impl Into<String>,
        found: impl Into<String>,
        allowed: impl Into<String>,
    ) {
        self.0.push(Problem {
            at: at.into(),
            found: found.into(),
            allowed: allowed.into(),
        });
    }

    /// Whether nothing is known to be wrong at these places, so that a rule about them makes sense.
    pub(super) fn sound(&self, places: &[&str]) -> bool {
        !self
            .0
            .iter()
            .any(|problem| places.contains(&problem.at.as_str()))
    }
}

/// The families a service can belong to.
const FAMILIES: [&str; 6] = [
    "QOF",
    "V&I",
    "Network",
    "Local",
    "Manual",
    "Data collection",
];

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
    if problems.0.is_empty() {
        Ok(service)
    } else {
        Err(problems.0)
    }
}

fn service(reader: &mut Reader) -> Service {
    let starts_on = reader.date("starts_on");
    let entry = reader.choice("entry", &ENTRIES);
    let service = Service {
        code: reader.text("code", 20),
        name: reader.text("name", 120),
        summary: reader.text("summary", 600),
        family: reader
            .choice("family", &FAMILIES.map(|family| (family, family)))
            .to_owned(),
        year: FinancialYear(reader.whole("year", 2000..=2100)),
        starts_on,
        ends_on: reader.date("ends_on"),
        provider: reader.choice(
            "provider",
            &[
                ("practice", ProviderKind::Practice),
                ("network", ProviderKind::Network),
            ],
        ),
        entry,
        payment: reader.child("payment").map(payment),
        list_size_date: reader
            .has("list_size_date")
            .then(|| reader.date("list_size_date")),
        reference: reader.child("reference").map(reference),
        points_decimals: reader
            .has("points_decimals")
            .then(|| reader.whole("points_decimals", 0..=12)),
        keeps_extra_fields: reader.has("keeps_extra_fields") && reader.flag("keeps_extra_fields"),
        components: reader
            .each("component")
            .into_iter()
            .map(|part| component(part, reader.problems, entry))
            .collect(),
    };
    reader.refuse_unknown_keys();
    service
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
        pay_code: reader.text("pay_code", 20),
    };
    reader.refuse_unknown_keys();
    terms
}

fn reference(mut reader: Reader) -> Reference {
    let reference = Reference {
        point_value: reader.money("point_value"),
        average_list: reader.whole("average_list", 1..=10_000_000),
        national_prevalence: reader
            .child("national_prevalence")
            .map(prevalences)
            .unwrap_or_default(),
        source: reader.text("source", 600),
    };
    reader.refuse_unknown_keys();
    reference
}

fn prevalences(mut reader: Reader) -> BTreeMap<String, Exact> {
    let groups: Vec<String> = reader.table.keys().cloned().collect();
    groups
        .into_iter()
        .map(|group| (group.clone(), reader.decimal(&group)))
        .collect()
}

fn component((place, table): (String, Table), problems: &mut Problems, entry: Entry) -> Component {
    let mut reader = Reader::new(place, table, problems);
    let component = Component {
        code: reader.text("code", 20),
        name: reader.text("name", 120),
        indicators: reader
            .each("indicator")
            .into_iter()
            .map(|part| indicator(part, reader.problems, entry))
            .collect(),
    };
    reader.refuse_unknown_keys();
    component
}

fn indicator((place, table): (String, Table), problems: &mut Problems, entry: Entry) -> Indicator {
    let mut reader = Reader::new(place, table, problems);
    let mut indicator = Indicator {
        code: reader.text("code", 20),
        name: reader.text("name", 160),
        kind: kind(&mut reader),
        entry: if reader.has("entry") {
            reader.choice("entry", &ENTRIES)
        } else {
            entry
        },
        extract: BTreeMap::new(),
    };
    let fields = indicator.fields();
    let mut names = reader.child("extract");
    for field in fields {
        let own = names.as_mut().and_then(|names| {
            names
                .has(field.key())
                .then(|| names.text(field.key(), 1000))
        });
        indicator.extract.insert(
            *field,
            own.unwrap_or_else(|| field.extract_name().to_owned()),
        );
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

fn kind(reader: &mut Reader) -> IndicatorKind {
    let points = |reader: &mut Reader| reader.has("points").then(|| reader.decimal("points"));
    let group = |reader: &mut Reader| {
        reader
            .has("prevalence_group")
            .then(|| reader.text("prevalence_group", 20))
    };
    match reader.choice(
        "kind",
        &["register", "fraction", "count", "yes_no", "per_patient"].map(|kind| (kind, kind)),
    ) {
        "register" => IndicatorKind::Register {
            points: points(reader),
            prevalence_group: group(reader),
        },
        "fraction" => IndicatorKind::Fraction {
            points: reader.decimal("points"),
            lower: reader.decimal("lower"),
            upper: reader.decimal("upper"),
            prevalence_group: group(reader),
        },
        "count" => IndicatorKind::Count {
            fee: reader.has("fee").then(|| reader.money("fee")),
            maximum: reader.has("maximum").then(|| reader.text("maximum", 20)),
            unit: reader.text("unit", 80),
        },
        "yes_no" => IndicatorKind::YesNo {
            points: points(reader),
        },
        _ => IndicatorKind::PerPatient {
            rate_per_year: reader.decimal("rate_per_year"),
        },
    }
}

/// Takes the keys of one table out, one by one; what is left at the end is unknown.
struct Reader<'a> {
    place: String,
    table: Table,
    /// The keys that were asked for: the ones a person may write here.
    asked: Vec<String>,
    problems: &'a mut Problems,
}

impl<'a> Reader<'a> {
    fn new(place: String, table: Table, problems: &'a mut Problems) -> Self {
        Self {
            place,
            table,
            asked: Vec::new(),
            problems,
        }
    }

    fn has(&mut self, key: &str) -> bool {
        self.asked.push(key.to_owned());
        self.table.contains_key(key)
    }

    fn remove(&mut self, key: &str) -> Option<Value> {
        self.asked.push(key.to_owned());
        self.table.remove(key)
    }

    /// The value of a key as `read` understands it; otherwise a problem and the default.
    fn take<T: Default>(
        &mut self,
        key: &str,
        allowed: &str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> T {
        let value = self.remove(key);
        if let Some(read) = value.as_ref().and_then(read) {
            return read;
        }
        let found = value.as_ref().map_or_else(|| "nothing".to_owned(), shown);
        self.problems.add(within(&self.place, key), found, allowed);
        T::default()
    }

    fn text(&mut self, key: &str, longest: usize) -> String {
        self.take(
            key,
            &format!("a text of 1 to {longest} characters"),
            |value| {
                let text = value.as_str()?.trim();
                (!text.is_empty() && text.chars().count() <= longest).then(|| text.to_owned())
            },
        )
    }

    fn flag(&mut self, key: &str) -> bool {
        self.take(key, "true or false", Value::as_bool)
    }

    fn whole<T: TryFrom<i64> + Default>(
        &mut self,
        key: &str,
        range: std::ops::RangeInclusive<i64>,
    ) -> T {
        let allowed = format!("a whole number from {} to {}", range.start(), range.end());
        self.take(key, &allowed, |value| {
            value
                .as_integer()
                .filter(|number| range.contains(number))
                .and_then(|number| T::try_from(number).ok())
        })
    }

    fn date(&mut self, key: &str) -> NaiveDate {
        self.take(key, "a date, like 2025-04-01", |value| {
            let written = value.as_datetime()?.to_string();
            written.parse::<NaiveDate>().ok()
        })
    }

    /// A decimal is written in quotes, because TOML's own decimals are binary floats.
    fn decimal(&mut self, key: &str) -> Exact {
        self.take(
            key,
            "a number of 0 or more in quotes, like \"12.5\"",
            |value| {
                value
                    .as_str()?
                    .parse()
                    .ok()
                    .filter(|number: &Exact| !number.is_negative())
            },
        )
    }

    fn money(&mut self, key: &str) -> Pence {
        self.take(key, "pounds and pence in quotes, like \"10.06\"", |value| {
            let pounds: Exact = value
                .as_str()?
                .parse()
                .ok()
                .filter(|pounds: &Exact| !pounds.is_negative())?;
            (pounds.rounded(2) == pounds)
                .then(|| pounds.to_pence())
                .flatten()
        })
    }

    /// One of the words; otherwise a problem and what the first word means.
    fn choice<T: Copy>(&mut self, key: &str, words: &[(&str, T)]) -> T {
        let all = words
            .iter()
            .map(|(word, _)| *word)
            .collect::<Vec<_>>()
            .join(", ");
        let position = self.take(key, &all, |value| {
            let written = value.as_str()?;
            words.iter().position(|(word, _)| *word == written)
        });
        words[position].1
    }

    fn child(&mut self, key: &str) -> Option<Reader<'_>> {
        let place = within(&self.place, key);
        match self.remove(key)? {
            Value::Table(table) => Some(Reader::new(place, table, self.problems)),
            other => {
                self.problems.add(place, shown(&other), "a table");
                None
            }
        }
    }

    /// The tables of a list, each with its place: by code where it has one, otherwise by position.
    fn each(&mut self, key: &str) -> Vec<(String, Table)> {
        let entries = match self.remove(key) {
            Some(Value::Array(entries)) => entries,
            None => return Vec::new(),
            Some(other) => {
                self.problems
                    .add(within(&self.place, key), shown(&other), "a list of tables");
                return Vec::new();
            }
        };
        let mut tables = Vec::new();
        for (position, entry) in entries.into_iter().enumerate() {
            let name = entry
                .get("code")
                .and_then(Value::as_str)
                .map_or_else(|| (position + 1).to_string(), str::to_owned);
            let place = within(&self.place, &format!("{key} {name}"));
            match entry {
                Value::Table(table) => tables.push((place, table)),
                other => self.problems.add(place, shown(&other), "a table"),
            }
        }
        tables
    }

    fn refuse_unknown_keys(&mut self) {
        self.asked.dedup();
        let allowed = if self.asked.is_empty() {
            "no key".to_owned()
        } else {
            self.asked.join(", ")
        };
        for key in self.table.keys() {
            self.problems
                .add(within(&self.place, key), "an unknown key", &allowed);
        }
    }
}

/// `component CLIN, indicator AF006, lower`.
pub(super) fn within(place: &str, key: &str) -> String {
    if place.is_empty() {
        key.to_owned()
    } else {
        format!("{place}, {key}")
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Table(_) => "a table".into(),
        Value::Array(_) => "a list".into(),
        Value::String(text) => format!("\"{}\"", text.chars().take(60).collect::<String>()),
        other => other.to_string(),
    }
}
