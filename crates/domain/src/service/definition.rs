//! Reads a service definition from TOML and names everything wrong with it at once.

use super::{
    Component, Entry, Indicator, IndicatorKind, PaymentTerms, ProviderKind, Reference, Service,
    reader::{Problem, Problems, Reader, within},
    rules,
};
use crate::{
    calendar::{FinancialYear, Frequency},
    ratio::Exact,
};
use std::collections::BTreeMap;
use toml::Table;

/// The families a service can belong to.
const FAMILIES: [&str; 6] = ["QOF", "V&I", "Network", "Local", "Manual", "Data collection"];

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
    if problems.0.is_empty() { Ok(service) } else { Err(problems.0) }
}

fn service(reader: &mut Reader) -> Service {
    let starts_on = reader.date("starts_on");
    let entry = reader.choice("entry", &ENTRIES);
    let service = Service {
        code: reader.text("code", 20),
        name: reader.text("name", 120),
        summary: reader.text("summary", 600),
        family: reader.choice("family", &FAMILIES.map(|family| (family, family))).to_owned(),
        year: FinancialYear(reader.whole("year", 2000..=2100)),
        starts_on,
        ends_on: reader.date("ends_on"),
        provider: reader.choice(
            "provider",
            &[("practice", ProviderKind::Practice), ("network", ProviderKind::Network)],
        ),
        entry,
        payment: reader.child("payment").map(payment),
        list_size_date: reader.has("list_size_date").then(|| reader.date("list_size_date")),
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
    groups.into_iter().map(|group| (group.clone(), reader.decimal(&group))).collect()
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
        entry: if reader.has("entry") { reader.choice("entry", &ENTRIES) } else { entry },
        extract: BTreeMap::new(),
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

fn kind(reader: &mut Reader) -> IndicatorKind {
    let points = |reader: &mut Reader| reader.has("points").then(|| reader.decimal("points"));
    let group = |reader: &mut Reader| {
        reader.has("prevalence_group").then(|| reader.text("prevalence_group", 20))
    };
    match reader.choice(
        "kind",
        &["register", "fraction", "count", "yes_no", "per_patient"].map(|kind| (kind, kind)),
    ) {
        "register" => {
            IndicatorKind::Register { points: points(reader), prevalence_group: group(reader) }
        }
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
        "yes_no" => IndicatorKind::YesNo { points: points(reader) },
        _ => IndicatorKind::PerPatient { rate_per_year: reader.decimal("rate_per_year") },
    }
}
