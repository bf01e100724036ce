//! Cases that a definition carries: inputs with a printed result, worked out whenever the definition is read.

use super::{Service, definition::figures};
use crate::{
    Figures, Pence,
    calculation::{self, Inputs, ListSize, National, PaidBy, WeightedList},
    ratio::{Exact, Points},
    reader::{Problems, Reader, within},
    reference::{ReferenceFigures, prevalences},
};
use chrono::NaiveDate;
use std::{collections::BTreeMap, sync::Arc};
use toml::Table;

/// Inputs with the result that the definition must give for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// What it shows, and where it was printed.
    pub name: String,
    /// The number of the period, from 1.
    pub period: usize,
    /// The components; empty means all.
    pub components: Vec<String>,
    /// The figures, and those of earlier periods.
    pub figures: Figures,
    /// What earlier periods counted.
    pub earlier: Figures,
    /// Registered patients.
    pub list_size: Option<i64>,
    /// Weighted patients.
    pub weighted_list: Option<Exact>,
    /// The value of a point, the average list and prevalences.
    pub national: Option<NationalValues>,
    /// What an aspiration is a part of.
    pub last_year: Option<Pence>,
    /// What was paid in advance.
    pub paid_before: Option<Pence>,
    /// The printed points, where there are any.
    pub points: Option<Points>,
    /// The printed payment.
    pub amount: Pence,
}

/// National values of an example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NationalValues {
    point_value: Pence,
    average_list: u32,
    prevalence: BTreeMap<String, Exact>,
}

pub(super) fn read((place, table): (String, Table), problems: &mut Problems) -> Example {
    let mut reader = Reader::new(place, table, problems);
    let example = Example {
        name: reader.text("name", 200),
        period: reader.optional("period", |reader, key| reader.whole(key, 1..=400)).unwrap_or(1),
        components: reader.optional("components", Reader::texts).unwrap_or_default(),
        figures: figures(&mut reader, "figures"),
        earlier: figures(&mut reader, "earlier"),
        list_size: reader.optional("list_size", |reader, key| reader.whole(key, 1..=100_000_000)),
        weighted_list: reader.optional("weighted_list", Reader::decimal),
        national: reader.child("national").map(national),
        last_year: reader.optional("last_year", Reader::money),
        paid_before: reader.optional("paid_before", Reader::money),
        points: reader.optional("points", Reader::decimal),
        amount: reader.money("amount"),
    };
    reader.refuse_unknown_keys();
    example
}

fn national(mut reader: Reader) -> NationalValues {
    let values = NationalValues {
        point_value: reader.money("point_value"),
        average_list: reader.whole("average_list", 1..=10_000_000),
        prevalence: reader.child("prevalence").map(prevalences).unwrap_or_default(),
    };
    reader.refuse_unknown_keys();
    values
}

/// Works every example out and notes each that comes to something else than printed.
pub(super) fn check(service: &Service, problems: &mut Problems) {
    for (position, example) in service.examples.iter().enumerate() {
        let place = format!("example {}", position + 1);
        let all: Vec<String> = service.components.iter().map(|own| own.code.clone()).collect();
        let components = if example.components.is_empty() { &all } else { &example.components };
        let Some(period) = service.periods().get(example.period - 1).copied() else {
            let allowed = format!("1 to {}", service.periods().len());
            problems.add(within(&place, "period"), example.period.to_string(), allowed);
            continue;
        };
        match calculation::calculate(service, components, period, &example.inputs(service)) {
            Err(reason) => {
                problems.add(&place, reason.to_string(), "inputs that can be worked out");
            }
            Ok(result) => {
                if result.amount != example.amount {
                    let allowed = format!("{}, as the example says", example.amount);
                    problems.add(within(&place, "amount"), result.amount.to_string(), allowed);
                }
                if example.points.is_some() && result.points != example.points {
                    let words =
                        |points: &Option<Points>| points.clone().unwrap_or_default().to_short(6);
                    let allowed = format!("{} points, as the example says", words(&example.points));
                    let found = format!("{} points", words(&result.points));
                    problems.add(within(&place, "points"), found, allowed);
                }
            }
        }
    }
}

impl Example {
    fn inputs(&self, service: &Service) -> Inputs {
        let on = service.list_size_date.unwrap_or(service.starts_on);
        let paid = |amount: Option<Pence>| amount.map(|amount| PaidBy::new("the example", amount));
        Inputs {
            figures: self.figures.clone(),
            earlier: self.earlier.clone(),
            registered: self.list_size.map(|patients| ListSize { patients, on }),
            weighted: self.weighted_list.clone().map(|patients| WeightedList { patients, on }),
            reference: self.national.as_ref().map(|own| Arc::new(own.figures(service, on))),
            last_year: paid(self.last_year),
            paid_before: paid(self.paid_before),
            ..Inputs::default()
        }
    }
}

impl NationalValues {
    fn figures(&self, service: &Service, published_on: NaiveDate) -> National {
        let figures = ReferenceFigures {
            set: service.reference.clone().unwrap_or_default(),
            year: service.year,
            point_value: self.point_value,
            average_list: self.average_list,
            prevalence: self.prevalence.clone(),
            source: "the example".into(),
            published_on,
        };
        National { version: 1, figures }
    }
}
