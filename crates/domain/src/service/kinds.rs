//! Reads the kinds of indicator and the ways each of them pays.

use super::{
    Above, Band, Cap, CountPays, FractionPays, IndicatorKind, ListKind, Maximum, Span, Step,
    YesPays,
};
use crate::{
    ratio::Exact,
    reader::{Problems, Reader},
};
use toml::Table;

const KINDS: [&str; 7] =
    ["register", "fraction", "count", "yes_no", "per_patient", "block", "aspiration"];
const SPANS: [(&str, Span); 2] = [("period", Span::Period), ("service", Span::Service)];

/// The kind of the indicator whose table the reader has open.
pub(super) fn read(reader: &mut Reader) -> IndicatorKind {
    match reader.choice("kind", &KINDS.map(|kind| (kind, kind))) {
        "register" => IndicatorKind::Register {
            points: reader.optional("points", Reader::decimal),
            prevalence_group: group(reader),
        },
        "fraction" => {
            let pays = fraction_pays(reader);
            let prevalence_group = group(reader);
            // Without a group there is no prevalence to give, so the key is unknown there.
            let gives = prevalence_group
                .as_ref()
                .and_then(|_| reader.optional("gives_prevalence", Reader::flag));
            let gives_prevalence = gives.unwrap_or_default();
            IndicatorKind::Fraction { pays, prevalence_group, gives_prevalence }
        }
        "count" => IndicatorKind::Count {
            pays: count_pays(reader),
            maximum: maximum(reader),
            unit: reader.text("unit", 80),
        },
        "yes_no" => IndicatorKind::YesNo {
            pays: yes_pays(reader),
            unanswered: reader.optional("unanswered", |reader, key| {
                reader.choice(key, &[("no", false), ("yes", true)])
            }),
            carries_forward: reader.optional("carries_forward", Reader::flag).unwrap_or_default(),
        },
        "per_patient" => IndicatorKind::PerPatient {
            rate_per_year: reader.decimal("rate_per_year"),
            list: reader
                .optional("list", |reader, key| {
                    let lists =
                        [("registered", ListKind::Registered), ("weighted", ListKind::Weighted)];
                    reader.choice(key, &lists)
                })
                .unwrap_or(ListKind::Registered),
        },
        "block" => IndicatorKind::Block {
            amount: reader.money("amount"),
            instalments: reader.optional("instalments", Reader::decimals).unwrap_or_default(),
        },
        _ => IndicatorKind::Aspiration {
            of: reader.text("of", 20),
            share: reader.decimal("share"),
            uprating: reader.decimal("uprating"),
        },
    }
}

fn group(reader: &mut Reader) -> Option<String> {
    reader.optional("prevalence_group", |reader, key| reader.text(key, 20))
}

/// The one way of paying that a table names; more than one is a problem.
fn one_of<'a>(reader: &mut Reader, ways: &[&'a str]) -> Option<&'a str> {
    let named: Vec<&str> = ways.iter().filter(|way| reader.has(way)).copied().collect();
    if named.len() > 1 {
        let place = reader.place.clone();
        reader.problems.add(place, named.join(" and "), format!("one of {}", ways.join(", ")));
    }
    named.first().copied()
}

fn fraction_pays(reader: &mut Reader) -> Option<FractionPays> {
    match one_of(reader, &["points", "steps", "bands"])? {
        "points" => {
            let points = reader.decimal("points");
            Some(if reader.has("from") {
                FractionPays::AllOrNothing { points, from: reader.decimal("from") }
            } else {
                FractionPays::Slope {
                    points,
                    lower: reader.decimal("lower"),
                    upper: reader.decimal("upper"),
                    at_lower: reader.optional("at_lower", Reader::decimal),
                }
            })
        }
        "steps" => Some(FractionPays::Steps(each(reader, "steps", |from, row| Step {
            from,
            points: row.decimal("points"),
        }))),
        _ => Some(FractionPays::Bands(bands(reader))),
    }
}

fn count_pays(reader: &mut Reader) -> Option<CountPays> {
    match one_of(reader, &["fee", "rate_per_month", "bands"])? {
        "fee" => Some(CountPays::Fee { fee: reader.money("fee"), cap: cap(reader) }),
        "rate_per_month" => Some(CountPays::Monthly { rate: reader.decimal("rate_per_month") }),
        _ => Some(CountPays::Bands(bands(reader))),
    }
}

fn cap(reader: &mut Reader) -> Option<Cap> {
    let mut reader = reader.child("cap")?;
    let cap =
        Cap { items: reader.whole("items", 0..=999_999_999), per: reader.choice("per", &SPANS) };
    reader.refuse_unknown_keys();
    Some(cap)
}

fn maximum(reader: &mut Reader) -> Option<Maximum> {
    let indicator = reader.optional("maximum", |reader, key| reader.text(key, 20))?;
    let per = reader.optional("maximum_per", |reader, key| reader.choice(key, &SPANS));
    let above = reader.optional("above", |reader, key| {
        reader.choice(key, &[("clip", Above::Clip), ("refuse", Above::Refuse)])
    });
    Some(Maximum {
        indicator,
        per: per.unwrap_or(Span::Period),
        above: above.unwrap_or(Above::Clip),
    })
}

fn yes_pays(reader: &mut Reader) -> Option<YesPays> {
    match one_of(reader, &["points", "amount"])? {
        "points" => Some(YesPays::Points(reader.decimal("points"))),
        _ => Some(YesPays::Amount(reader.money("amount"))),
    }
}

fn bands(reader: &mut Reader) -> Vec<Band> {
    each(reader, "bands", |from, row| Band { from, amount: row.money("amount") })
}

/// `[{ from = "50", … }]`, each row with what stands beside its `from`.
fn each<T>(reader: &mut Reader, key: &str, read: impl Fn(Exact, &mut Reader) -> T) -> Vec<T> {
    let rows = reader.each(key);
    let row = |(place, table): (String, Table), problems: &mut Problems| {
        let mut reader = Reader::new(place, table, problems);
        let from = reader.decimal("from");
        let row = read(from, &mut reader);
        reader.refuse_unknown_keys();
        row
    };
    rows.into_iter().map(|own| row(own, reader.problems)).collect()
}

/// The highest band that starts at or below a number; none below the first.
pub(crate) fn band<'a>(bands: &'a [Band], number: &Exact) -> Option<&'a Band> {
    bands.iter().rev().find(|band| band.from <= *number)
}
