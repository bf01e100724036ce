//! A service as its definition describes it: who provides it, what is counted, when and by what rule it is paid.

mod definition;
mod reader;
mod resolve;
mod rules;

pub use reader::Problem;
pub use resolve::{Resolved, Unresolved};

use crate::{
    OrganisationKind, Pence,
    calendar::{FinancialYear, Frequency, Period},
    ratio::{Exact, Points},
    submission::Field,
};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// One service of one financial year. Made only by [`Service::from_toml`], so it always keeps the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Short code that extracts, files and addresses use: `QOF2526`.
    pub code: String,
    /// Name in plain English.
    pub name: String,
    /// One or two sentences a provider reads before it answers an offer.
    pub summary: String,
    /// Family, which CQRS calls payment type: `QOF`, `V&I`, `Network`, `Local`, `Manual` or `Data collection`.
    pub family: String,
    /// The financial year it starts in.
    pub year: FinancialYear,
    /// First day.
    pub starts_on: NaiveDate,
    /// Last day.
    pub ends_on: NaiveDate,
    /// Who can provide it.
    pub provider: ProviderKind,
    /// The parts a contract can include or leave out; on data entry, the indicator groups.
    pub components: Vec<Component>,
    /// How figures arrive, unless an indicator says otherwise.
    pub entry: Entry,
    /// Payment terms; `None` means participation only.
    pub payment: Option<PaymentTerms>,
    /// The date whose list size counts, where a payment depends on list size.
    pub list_size_date: Option<NaiveDate>,
    /// National values, where points are turned into pounds.
    pub reference: Option<Reference>,
    /// Decimals that an indicator's points are rounded to, half up; `None` keeps them exact.
    pub points_decimals: Option<u32>,
    /// Whether short codes of exclusions and personalised care adjustments in an extract are kept as information.
    pub keeps_extra_fields: bool,
}

/// Who provides a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProviderKind {
    /// GP practices.
    Practice,
    /// Primary care networks.
    Network,
}

impl ProviderKind {
    /// The kind of organisation it is.
    pub fn organisation(self) -> OrganisationKind {
        match self {
            Self::Practice => OrganisationKind::Practice,
            Self::Network => OrganisationKind::Pcn,
        }
    }
}

/// How figures arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Entry {
    /// A person types them.
    Manual,
    /// An extract file brings them.
    Extract,
}

/// When and through which steps a service is paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentTerms {
    /// How often.
    pub frequency: Frequency,
    /// Whether the provider must declare; otherwise "No Declaration Required".
    pub declaration_required: bool,
    /// Whether the commissioner must approve; otherwise "No Approval Required".
    pub approval_required: bool,
    /// The payment agency's code for the service.
    pub pay_code: String,
}

/// National values of a year that turn points into pounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Pounds for one point.
    pub point_value: Pence,
    /// The national average list of the providers of this service.
    pub average_list: u32,
    /// National prevalence of each group, in per cent.
    pub national_prevalence: BTreeMap<String, Exact>,
    /// Where the values come from.
    pub source: String,
}

/// A part of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// Short code, unique in the service.
    pub code: String,
    /// Name in plain English.
    pub name: String,
    /// What is counted.
    pub indicators: Vec<Indicator>,
}

/// One thing that is counted, answered or paid by list size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Indicator {
    /// Code, unique in the service: `AF006`.
    pub code: String,
    /// Name in plain English.
    pub name: String,
    /// What is entered and how it pays.
    pub kind: IndicatorKind,
    /// How its figures arrive.
    pub entry: Entry,
    /// The field names an extract uses for its figures.
    pub extract: BTreeMap<Field, String>,
}

/// What is entered for an indicator and how it pays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IndicatorKind {
    /// How many patients are on a register.
    Register {
        /// Points for keeping it.
        points: Option<Points>,
        /// The group whose prevalence it gives.
        prevalence_group: Option<String>,
    },
    /// A percentage that earns points between two thresholds.
    Fraction {
        /// Points at and beyond the upper threshold.
        points: Points,
        /// Per cent up to which nothing is earned.
        lower: Exact,
        /// Per cent from which everything is earned; below `lower` where a low percentage is the better one.
        upper: Exact,
        /// The group whose prevalence adjusts its points.
        prevalence_group: Option<String>,
    },
    /// A number of things done.
    Count {
        /// Pounds for each; `None` is management information.
        fee: Option<Pence>,
        /// The code of the register or count that it may not exceed.
        maximum: Option<String>,
        /// What is counted, in the plural: `blood tests`.
        unit: String,
    },
    /// A question answered yes or no.
    YesNo {
        /// Points for yes; `None` is management information.
        points: Option<Points>,
    },
    /// An amount by list size; nothing is entered.
    PerPatient {
        /// Pounds for each patient and year.
        rate_per_year: Exact,
    },
}

impl Service {
    /// Reads a definition; otherwise everything that is wrong with it, in the order of the text.
    pub fn from_toml(text: &str) -> Result<Self, Vec<Problem>> {
        definition::read(text)
    }

    /// The periods it is paid for, in order; none when participation only.
    pub fn periods(&self) -> Vec<Period> {
        self.payment
            .as_ref()
            .map(|terms| Period::of(terms.frequency, self.starts_on, self.ends_on))
            .unwrap_or_default()
    }

    /// All indicators of all components, in order.
    pub fn indicators(&self) -> impl Iterator<Item = &Indicator> {
        self.components.iter().flat_map(|component| &component.indicators)
    }

    /// The indicator with a code.
    pub fn indicator(&self, code: &str) -> Option<&Indicator> {
        self.indicators().find(|indicator| indicator.code == code)
    }

    /// The component with a code.
    pub fn component(&self, code: &str) -> Option<&Component> {
        self.components.iter().find(|component| component.code == code)
    }

    /// The components a contract includes, in the order of the definition.
    pub fn components_named(&self, codes: &[String]) -> Vec<&Component> {
        self.components.iter().filter(|component| codes.contains(&component.code)).collect()
    }

    /// The register that gives the prevalence of a group.
    pub fn register_of(&self, group: &str) -> Option<&Indicator> {
        self.indicators().find(|indicator| {
            matches!(&indicator.kind, IndicatorKind::Register { prevalence_group: Some(own), .. } if own == group)
        })
    }

    /// Whether any of these components is paid by points.
    pub fn pays_points(&self, components: &[String]) -> bool {
        self.components_named(components)
            .iter()
            .flat_map(|component| &component.indicators)
            .any(|indicator| indicator.points().is_some())
    }

    /// Whether the payment for these components depends on the provider's list size.
    pub fn needs_list_size(&self, components: &[String]) -> bool {
        let by_list =
            |indicator: &Indicator| matches!(indicator.kind, IndicatorKind::PerPatient { .. });
        self.pays_points(components)
            || self
                .components_named(components)
                .iter()
                .any(|component| component.indicators.iter().any(by_list))
    }
}

impl Component {
    /// The indicators for which something is entered.
    pub fn entered(&self) -> impl Iterator<Item = &Indicator> {
        self.indicators.iter().filter(|indicator| !indicator.fields().is_empty())
    }
}

impl Indicator {
    /// What is entered for it.
    pub fn fields(&self) -> &'static [Field] {
        match self.kind {
            IndicatorKind::Register { .. } => &[Field::Register],
            IndicatorKind::Fraction { .. } => &[Field::Numerator, Field::Denominator],
            IndicatorKind::Count { .. } => &[Field::Count],
            IndicatorKind::YesNo { .. } => &[Field::YesNo],
            IndicatorKind::PerPatient { .. } => &[],
        }
    }

    /// The points it can earn.
    pub fn points(&self) -> Option<&Points> {
        match &self.kind {
            IndicatorKind::Fraction { points, .. } => Some(points),
            IndicatorKind::Register { points, .. } | IndicatorKind::YesNo { points } => {
                points.as_ref()
            }
            IndicatorKind::Count { .. } | IndicatorKind::PerPatient { .. } => None,
        }
    }

    /// Whether it pays; otherwise it is management information.
    pub fn pays(&self) -> bool {
        match &self.kind {
            IndicatorKind::Count { fee, .. } => fee.is_some(),
            IndicatorKind::PerPatient { .. } => true,
            _ => self.points().is_some(),
        }
    }

    /// What a field of it is called beside the box it is typed in.
    pub fn label(&self, field: Field) -> String {
        match (&self.kind, field) {
            (IndicatorKind::Count { unit, .. }, _) => format!("Number of {unit}"),
            (_, Field::Numerator) => format!("{} numerator", self.code),
            (_, Field::Denominator) => format!("{} denominator", self.code),
            _ => self.name.clone(),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
