//! A service as its definition describes it: who provides it, what is counted, when and by what rule it is paid.

mod dates;
mod definition;
mod difference;
mod example;
mod indicator;
mod kinds;
mod left_out;
mod next_year;
mod resolve;
mod rules;
pub mod terms;
mod version;
mod words;

pub use crate::reader::Problem;
pub use dates::{DateRules, Dates, Rule};
pub use definition::FAMILIES;
pub use difference::{Difference, differences, national_differences};
pub use example::Example;
pub use indicator::{
    Above, Band, Cap, CountPays, FractionPays, Indicator, IndicatorKind, Level, ListKind, Maximum,
    Span, Step, YesPays,
};
pub(crate) use kinds::band;
pub use left_out::{LeftOut, care_adjustment_rate};
pub use next_year::{NextYear, next_year};
pub use resolve::{Resolved, Unresolved};

use crate::{
    OrganisationKind,
    calendar::{FinancialYear, Frequency, Period},
};
use chrono::{Days, NaiveDate};
use std::collections::BTreeSet;

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
    /// How many days after the last day of a period providers may still enter its figures; `None` sets no limit.
    ///
    /// Source: CQRS National, adjusting manually submitted data: the permitted entry window.
    pub entry_days: Option<u32>,
    /// By when its periods are declared, approved and paid; `None` sets no day.
    pub dates: Option<DateRules>,
    /// Payment terms; `None` means participation only.
    pub payment: Option<PaymentTerms>,
    /// The code of the service whose last period is the one before this one's first: the same service a year earlier.
    pub follows: Option<String>,
    /// The date whose list size counts, where a payment depends on list size.
    pub list_size_date: Option<NaiveDate>,
    /// The name of the set of national figures that turns its points into pounds: `QOF`. The set of its year counts.
    pub reference: Option<String>,
    /// Decimals that an indicator's points are rounded to, half up; `None` keeps them exact.
    pub points_decimals: Option<u32>,
    /// Whether short codes of an extract that no indicator names are passed over as information; otherwise refused.
    pub keeps_extra_fields: bool,
    /// Codes of indicators that an extract brings and this service does not use.
    pub passes_over: Vec<String>,
    /// From 1; raised by one with each change of the definition.
    pub version: u32,
    /// The first achievement date that this version counts for; `None` for all, as in version 1.
    pub effective_on: Option<NaiveDate>,
    /// Whether this version counts only for the providers that accept it.
    pub is_variation: bool,
    /// Cases with a printed result that the definition reproduces, checked whenever it is read.
    pub examples: Vec<Example>,
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
    /// Whether large amounts ask for a second approval, by the commissioner's bands.
    pub approval_bands: bool,
    /// The payment agency's code for the service.
    pub pay_code: String,
    /// The code of the service that paid in advance of this one, whose payments are taken off.
    pub less_paid_by: Option<String>,
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

    /// The last day on which providers may enter figures of a period, where the definition sets one.
    pub fn entered_until(&self, period: Period) -> Option<NaiveDate> {
        Some(period.end + Days::new(self.entry_days?.into()))
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

    /// The register that gives the prevalence of a group, or the indicator whose denominator does.
    pub fn register_of(&self, group: &str) -> Option<&Indicator> {
        self.indicators()
            .find(|indicator| indicator.prevalence().is_some_and(|(own, _)| own == group))
    }

    /// Whether any of these components is paid by points.
    pub fn pays_points(&self, components: &[String]) -> bool {
        self.included(components).any(|indicator| indicator.points().is_some())
    }

    /// Whether the payment for these components depends on the provider's list of a kind.
    pub fn needs_list(&self, components: &[String], kind: ListKind) -> bool {
        let by_list = |indicator: &Indicator| matches!(&indicator.kind, IndicatorKind::PerPatient { list, .. } if *list == kind);
        (kind == ListKind::Registered && self.pays_points(components))
            || self.included(components).any(by_list)
    }

    /// Whether the payment for these components depends on any list.
    pub fn needs_list_size(&self, components: &[String]) -> bool {
        [ListKind::Registered, ListKind::Weighted]
            .into_iter()
            .any(|kind| self.needs_list(components, kind))
    }

    /// The indicators of the components a contract includes, in the order of the definition.
    pub fn included(&self, components: &[String]) -> impl Iterator<Item = &Indicator> {
        self.components_named(components).into_iter().flat_map(|own| &own.indicators)
    }

    /// The codes of the indicators among them that the provider declares by themselves.
    pub fn subject_to_declare(&self, components: &[String]) -> Vec<String> {
        let own = self.included(components).filter(|own| own.subject_to_declare);
        own.map(|own| own.code.clone()).collect()
    }

    /// Whether its payment depends on what the service with this code has paid: as a part of it, or less it.
    pub fn uses_payment_of(&self, code: &str) -> bool {
        let aspires = |own: &Indicator| matches!(&own.kind, IndicatorKind::Aspiration { of, .. } if of == code);
        let settles = |terms: &PaymentTerms| terms.less_paid_by.as_deref() == Some(code);
        self.payment.as_ref().is_some_and(settles) || self.indicators().any(aspires)
    }

    /// The groups whose national prevalence its points need.
    pub fn prevalence_groups(&self) -> BTreeSet<&String> {
        self.indicators().filter_map(Indicator::adjusted_by).collect()
    }
}

impl Component {
    /// The indicators for which something is entered.
    pub fn entered(&self) -> impl Iterator<Item = &Indicator> {
        self.indicators.iter().filter(|indicator| !indicator.fields().is_empty())
    }
}

#[cfg(test)]
pub(crate) mod tests;
