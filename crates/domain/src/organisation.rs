//! Organisations: regions and ICBs commission, PCNs and practices provide.

mod codes;

pub use codes::{Coded, WrongCode, listed_codes};

use crate::OrganisationId;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// What an organisation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OrganisationKind {
    /// An NHS England region.
    Region,
    /// An integrated care board: the commissioner.
    Icb,
    /// A primary care network: provider of network services.
    Pcn,
    /// A GP practice: provider of all other services.
    Practice,
}

impl OrganisationKind {
    /// Every kind, from the top of the tree downwards.
    pub const ALL: [Self; 4] = [Self::Region, Self::Icb, Self::Pcn, Self::Practice];

    /// The name stored and exported.
    pub fn name(self) -> &'static str {
        match self {
            Self::Region => "region",
            Self::Icb => "icb",
            Self::Pcn => "pcn",
            Self::Practice => "practice",
        }
    }

    /// Reads the stored name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// As people say it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Region => "Region",
            Self::Icb => "Integrated care board (ICB)",
            Self::Pcn => "Primary care network (PCN)",
            Self::Practice => "GP practice",
        }
    }

    /// Whether it answers offers and declares.
    pub fn provides(self) -> bool {
        matches!(self, Self::Pcn | Self::Practice)
    }

    /// Whether it offers services and approves.
    pub fn commissions(self) -> bool {
        !self.provides()
    }
}

/// One organisation as the rules need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organisation {
    /// Identifier inside Accord.
    pub id: OrganisationId,
    /// ODS code, as people know it: `A81001`.
    pub code: String,
    /// Name as published by ODS.
    pub name: String,
    /// What it is.
    pub kind: OrganisationKind,
    /// The organisation above it: the ICB of a practice or PCN, the region of an ICB.
    pub parent: Option<OrganisationId>,
    /// Last day it was open, when it has closed.
    pub closed_on: Option<NaiveDate>,
}

impl Organisation {
    /// Whether it still works on a date.
    pub fn is_open(&self, on: NaiveDate) -> bool {
        self.closed_on.is_none_or(|last| on <= last)
    }
}
