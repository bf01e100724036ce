//! Indicators: what is entered for each, and how it pays.

use super::{Entry, LeftOut, ProviderKind};
use crate::{
    Pence,
    ratio::{Exact, Points},
    submission::Field,
};
use std::collections::BTreeMap;

/// One thing that is counted, answered or paid by list size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Indicator {
    /// Code, unique in the service: `AF006`.
    pub code: String,
    /// Name in plain English.
    pub name: String,
    /// What is entered and how it pays.
    pub kind: IndicatorKind,
    /// Whose figure it is.
    pub level: Level,
    /// How its figures arrive.
    pub entry: Entry,
    /// The field names an extract uses for its figures.
    pub extract: BTreeMap<Field, String>,
    /// Patients who do not count, by the reasons an extract names: kept and shown, used in no sum.
    pub left_out: Vec<LeftOut>,
    /// Whether the provider declares it by itself before it declares the whole service.
    pub subject_to_declare: bool,
    /// Where its points, thresholds or price come from, as far as it is worth saying.
    pub evidence: Option<String>,
}

/// Whose figure it is and who may enter it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Level {
    /// Each practice's own. Of a service that networks provide, the figures of the practices are summed to the network.
    Practice,
    /// The network's own.
    Network,
    /// Entered by the commissioner; the provider sees it and cannot change it.
    Commissioner,
}

impl Level {
    /// The level of an indicator that names none: its provider's.
    pub fn of(provider: ProviderKind) -> Self {
        match provider {
            ProviderKind::Practice => Self::Practice,
            ProviderKind::Network => Self::Network,
        }
    }
}

/// What is entered for an indicator and how it pays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IndicatorKind {
    /// How many patients are on a register.
    Register {
        /// Points for keeping it, adjusted by the prevalence it gives.
        points: Option<Points>,
        /// The group whose prevalence it gives.
        prevalence_group: Option<String>,
    },
    /// A percentage: a numerator of a denominator.
    Fraction {
        /// How the percentage pays; `None` is management information.
        pays: Option<FractionPays>,
        /// The group whose prevalence adjusts its points.
        prevalence_group: Option<String>,
        /// Whether its own denominator gives that prevalence; otherwise a register does.
        gives_prevalence: bool,
    },
    /// A number of things done.
    Count {
        /// How each of them pays; `None` is management information.
        pays: Option<CountPays>,
        /// The register or count that it may not exceed.
        maximum: Option<Maximum>,
        /// What is counted, in the plural: `blood tests`.
        unit: String,
    },
    /// A question answered yes or no.
    YesNo {
        /// What a yes pays; `None` is management information.
        pays: Option<YesPays>,
        /// What counts when the period has ended and nobody has answered; `None` waits for an answer.
        unanswered: Option<bool>,
        /// Whether a yes stays for the next achievement dates until somebody says no.
        carries_forward: bool,
    },
    /// An amount by list size; nothing is entered.
    PerPatient {
        /// Pounds for each patient and year.
        rate_per_year: Exact,
        /// Which list.
        list: ListKind,
    },
    /// A fixed amount; nothing is entered.
    Block {
        /// Pounds for the whole service.
        amount: Pence,
        /// The share of each period in per cent; empty means equal parts.
        instalments: Vec<Exact>,
    },
    /// A part of an earlier payment, paid in advance of this year's; nothing is entered.
    Aspiration {
        /// The code of the service whose payment it is a part of: last year's.
        of: String,
        /// The part, in per cent.
        share: Exact,
        /// The index that brings last year's payment to this year's values.
        uprating: Exact,
    },
}

/// How a percentage pays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FractionPays {
    /// Points on a straight line between two thresholds.
    Slope {
        /// Points at and beyond the upper threshold.
        points: Points,
        /// Per cent up to which nothing is earned.
        lower: Exact,
        /// Per cent from which everything is earned; below `lower` where a low percentage is the better one.
        upper: Exact,
        /// Points that reaching the lower threshold earns at once; the line covers the rest.
        at_lower: Option<Points>,
    },
    /// All points from a percentage on, none below it.
    AllOrNothing {
        /// The points.
        points: Points,
        /// The percentage.
        from: Exact,
    },
    /// A whole number of points for each step reached; the highest step counts.
    Steps(Vec<Step>),
    /// Pounds for the band the percentage is in.
    Bands(Vec<Band>),
}

/// Points from a percentage on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The percentage.
    pub from: Exact,
    /// The points, in place of those of lower steps.
    pub points: Points,
}

/// Pounds from a number or percentage on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Band {
    /// The number or percentage.
    pub from: Exact,
    /// The amount, in place of those of lower bands.
    pub amount: Pence,
}

/// How things done pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CountPays {
    /// A fee for each.
    Fee {
        /// The fee.
        fee: Pence,
        /// How many are paid at most.
        cap: Option<Cap>,
    },
    /// An amount for each and month, such as a bed of a care home.
    Monthly {
        /// Pounds for each and month.
        rate: Exact,
    },
    /// Pounds for the band the number is in.
    Bands(Vec<Band>),
}

/// What a yes pays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum YesPays {
    /// Points.
    Points(Points),
    /// Pounds.
    Amount(Pence),
}

/// How many items are paid at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cap {
    /// Items.
    pub items: i64,
    /// In which time.
    pub per: Span,
}

/// The time over which a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// One period of the service.
    Period,
    /// All periods of the service so far.
    Service,
}

/// The register or count that a count may not exceed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Maximum {
    /// Its code, in the same component.
    pub indicator: String,
    /// Over which time: each patient once in a period, or once in the service.
    pub per: Span,
    /// What happens to more than that in an extract; typed, it is always refused.
    pub above: Above,
}

/// What happens to a count of an extract above its maximum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Above {
    /// It is paid up to the maximum, and a line says so.
    Clip,
    /// Nothing is calculated until somebody has corrected it.
    Refuse,
}

/// Which list of patients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ListKind {
    /// Registered patients.
    Registered,
    /// Patients weighted by need, or adjusted, as loaded.
    Weighted,
}

impl Indicator {
    /// What is entered for it.
    pub fn fields(&self) -> &'static [Field] {
        match self.kind {
            IndicatorKind::Register { .. } => &[Field::Register],
            IndicatorKind::Fraction { .. } => &[Field::Numerator, Field::Denominator],
            IndicatorKind::Count { .. } => &[Field::Count],
            IndicatorKind::YesNo { .. } => &[Field::YesNo],
            IndicatorKind::PerPatient { .. }
            | IndicatorKind::Block { .. }
            | IndicatorKind::Aspiration { .. } => &[],
        }
    }

    /// The points it can earn.
    pub fn points(&self) -> Option<&Points> {
        match &self.kind {
            IndicatorKind::Register { points, .. } => points.as_ref(),
            IndicatorKind::Fraction { pays: Some(pays), .. } => pays.points(),
            IndicatorKind::YesNo { pays: Some(YesPays::Points(points)), .. } => Some(points),
            _ => None,
        }
    }

    /// Whether it pays; otherwise it is management information.
    pub fn pays(&self) -> bool {
        match &self.kind {
            IndicatorKind::Register { points, .. } => points.is_some(),
            IndicatorKind::Fraction { pays, .. } => pays.is_some(),
            IndicatorKind::Count { pays, .. } => pays.is_some(),
            IndicatorKind::YesNo { pays, .. } => pays.is_some(),
            IndicatorKind::PerPatient { .. }
            | IndicatorKind::Block { .. }
            | IndicatorKind::Aspiration { .. } => true,
        }
    }

    /// The group whose prevalence adjusts its points, where one does.
    pub fn adjusted_by(&self) -> Option<&String> {
        match &self.kind {
            IndicatorKind::Fraction { prevalence_group, .. }
            | IndicatorKind::Register { points: Some(_), prevalence_group } => {
                prevalence_group.as_ref()
            }
            _ => None,
        }
    }

    /// The group whose prevalence it gives, and the field that counts the patients.
    pub fn prevalence(&self) -> Option<(&String, Field)> {
        match &self.kind {
            IndicatorKind::Register { prevalence_group: Some(group), .. } => {
                Some((group, Field::Register))
            }
            IndicatorKind::Fraction {
                prevalence_group: Some(group),
                gives_prevalence: true,
                ..
            } => Some((group, Field::Denominator)),
            _ => None,
        }
    }

    /// What it may not exceed, where there is a limit.
    pub fn maximum(&self) -> Option<&Maximum> {
        match &self.kind {
            IndicatorKind::Count { maximum, .. } => maximum.as_ref(),
            _ => None,
        }
    }

    /// Whether what was counted in earlier periods of the service has a say.
    pub fn looks_back(&self) -> bool {
        match &self.kind {
            IndicatorKind::Count { pays, maximum, .. } => {
                matches!(
                    pays,
                    Some(CountPays::Fee { cap: Some(Cap { per: Span::Service, .. }), .. })
                ) || maximum.as_ref().is_some_and(|own| own.per == Span::Service)
            }
            _ => false,
        }
    }

    /// Whether its points, thresholds or price are general knowledge that no source at hand confirms: the mark `M:`.
    pub fn is_unverified(&self) -> bool {
        self.evidence.as_deref().is_some_and(|evidence| evidence.contains("M:"))
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

impl FractionPays {
    /// The most points it can earn; none where it pays pounds.
    pub fn points(&self) -> Option<&Points> {
        match self {
            Self::Slope { points, .. } | Self::AllOrNothing { points, .. } => Some(points),
            Self::Steps(steps) => steps.last().map(|step| &step.points),
            Self::Bands(_) => None,
        }
    }
}
