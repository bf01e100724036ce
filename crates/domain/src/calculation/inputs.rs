//! Everything a calculation is worked out from, kept with its result so that it can be worked out again.

use crate::{
    Pence,
    ratio::{Exact, Points},
    reference::ReferenceFigures,
    submission::{Field, Figures},
};
use chrono::NaiveDate;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{collections::BTreeMap, sync::Arc};

/// What a payment is worked out from, besides the definition.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inputs {
    /// The figures in force. What is not there is missing.
    #[serde(with = "keyed")]
    pub figures: Figures,
    /// Where each figure comes from, in words; a figure without an entry is "Submitted figure". The lines keep it.
    #[serde(skip)]
    pub sources: BTreeMap<(String, Field), String>,
    /// What earlier periods of the service counted, for limits that look back.
    #[serde(with = "keyed", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub earlier: Figures,
    /// Of a network: what each member practice brought, by ODS code. The figures hold their sums already.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", with = "by_member")]
    pub members: BTreeMap<String, Figures>,
    /// Registered patients at the service's list size date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registered: Option<ListSize>,
    /// Weighted patients at the same date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weighted: Option<WeightedList>,
    /// The national figures in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Arc<National>>,
    /// What people have agreed to put in the place of what the rules give, or on top of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub adjustments: Vec<Adjustment>,
    /// What the service that an aspiration is a part of has paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_year: Option<PaidBy>,
    /// What has been paid in advance of this service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid_before: Option<PaidBy>,
}

/// A provider's registered patients on a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListSize {
    /// Patients.
    pub patients: i64,
    /// The date they were counted.
    pub on: NaiveDate,
}

/// A provider's patients weighted by need on a date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeightedList {
    /// Patients, with decimals.
    pub patients: Exact,
    /// The date they were counted.
    pub on: NaiveDate,
}

/// A version of a set of national figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct National {
    /// Which version of its set and year, from 1.
    pub version: u32,
    /// The figures.
    pub figures: ReferenceFigures,
}

impl Inputs {
    /// A figure that is known to be in: whatever is missing has been refused before.
    pub(super) fn figure(&self, code: &str, field: Field) -> i64 {
        self.figures.get(&(code.to_owned(), field)).copied().unwrap_or_default()
    }

    /// What earlier periods counted.
    pub(super) fn earlier(&self, code: &str, field: Field) -> i64 {
        self.earlier.get(&(code.to_owned(), field)).copied().unwrap_or_default()
    }

    /// Where a figure comes from, in words.
    pub(super) fn source(&self, code: &str, field: Field) -> &str {
        self.sources.get(&(code.to_owned(), field)).map_or(SUBMITTED, String::as_str)
    }
}

const SUBMITTED: &str = "Submitted figure";

impl National {
    /// `QOF national figures 2025 to 2026, version 2`, for the source of an input; the figures name their own.
    pub(super) fn source(&self) -> String {
        let figures = &self.figures;
        format!("{} national figures {}, version {}", figures.set, figures.year, self.version)
    }
}

/// Payments of another service to the same provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaidBy {
    /// Its code.
    pub service: String,
    /// The sum.
    pub amount: Pence,
    /// As much of the sum as another service had paid in advance and this one took off again.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub in_advance: Pence,
}

fn is_nothing(amount: &Pence) -> bool {
    amount.0 == 0
}

impl PaidBy {
    /// A payment of which nothing had been paid in advance.
    pub fn new(service: impl Into<String>, amount: Pence) -> Self {
        Self { service: service.into(), amount, in_advance: Pence(0) }
    }

    /// Where the sum comes from, in words.
    pub(super) fn source(&self) -> String {
        let own = "Approved declarations";
        if is_nothing(&self.in_advance) {
            own.to_owned()
        } else {
            format!("{own}, with {} that had been paid in advance", self.in_advance)
        }
    }
}

/// A change of what the rules give, agreed by two people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adjustment {
    /// The indicator whose points it is about; none for an amount on the whole payment.
    pub indicator: Option<String>,
    /// What changes.
    pub change: AdjustmentChange,
    /// Why, and who asked and agreed.
    pub reason: String,
}

/// What an adjustment changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdjustmentChange {
    /// Points on top of what the indicator earned; negative takes away.
    Points(Points),
    /// Points in the place of what the indicator earned, as income protection does with those of an earlier year.
    Instead(Points),
    /// Pounds on top of the payment; negative takes away.
    Amount(Pence),
}

/// Figures as a list, because their keys are pairs and JSON's are texts.
mod keyed {
    use super::*;

    pub(super) fn serialize<V: Serialize, S: Serializer>(
        map: &BTreeMap<(String, Field), V>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_seq(map.iter().map(|((indicator, field), value)| (indicator, field, value)))
    }

    pub(super) fn deserialize<'de, V: Deserialize<'de>, D: Deserializer<'de>>(
        from: D,
    ) -> Result<BTreeMap<(String, Field), V>, D::Error> {
        let rows: Vec<(String, Field, V)> = Vec::deserialize(from)?;
        Ok(rows.into_iter().map(|(indicator, field, value)| ((indicator, field), value)).collect())
    }
}

/// The figures of each member as a list, for the same reason.
mod by_member {
    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Own(#[serde(with = "keyed")] Figures);

    pub(super) fn serialize<S: Serializer>(
        members: &BTreeMap<String, Figures>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_map(members.iter().map(|(code, figures)| (code, Own(figures.clone()))))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<BTreeMap<String, Figures>, D::Error> {
        let members: BTreeMap<String, Own> = BTreeMap::deserialize(from)?;
        Ok(members.into_iter().map(|(code, Own(figures))| (code, figures)).collect())
    }
}
