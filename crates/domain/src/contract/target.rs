//! Whom a contract goes to, and why a provider is left out.

use crate::{calendar::long_date, status::Status};
use chrono::NaiveDate;
use std::fmt;

/// Whom a contract goes to. It is worked out for each service when the contract is confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Every open provider of the commissioner.
    All,
    /// The providers that took part to its end, by an offer from the same commissioner, of the service that the new one follows.
    LastYear,
    /// The providers that the commissioner has chosen.
    Chosen,
}

impl Target {
    /// Every choice, in the order of the page.
    pub const ALL: [Self; 3] = [Self::All, Self::LastYear, Self::Chosen];

    /// The name stored and sent by forms.
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::LastYear => "last-year",
            Self::Chosen => "chosen",
        }
    }

    /// Reads the stored name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|target| target.name() == name)
    }

    /// The same for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::All => "All your providers that are open",
            Self::LastYear => "Those who took part last year",
            Self::Chosen => "Providers that you choose",
        }
    }
}

/// Why a provider does not get a service that a contract offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhyLeftOut {
    /// It has closed; its last day.
    Closed(NaiveDate),
    /// It has the service, or an offer of it that is open.
    HasIt {
        /// How that offer stands.
        status: &'static Status,
        /// Reference of its contract; nothing when that is of another commissioner.
        contract: Option<String>,
    },
    /// It did not take part in the service of the year before.
    NotLastYear,
    /// It was chosen, but is not of the kind that the service is for.
    OtherKind,
}

impl fmt::Display for WhyLeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed(on) => write!(f, "Closed on {}", long_date(*on)),
            Self::HasIt { status, contract } => {
                let is_open = ["pending", "requested", "expired"].contains(&status.name);
                let what = if is_open { "an offer of this service" } else { "this service" };
                write!(f, "Already has {what}: {} in ", status.word)?;
                match contract {
                    Some(reference) => write!(f, "contract {reference}"),
                    None => f.write_str("a contract of another commissioner"),
                }
            }
            Self::OtherKind => f.write_str("This service is not for this kind of provider"),
            Self::NotLastYear => f.write_str("Did not take part to the end of last year"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_known_by_the_name_that_is_stored() {
        for target in Target::ALL {
            assert_eq!(Target::from_name(target.name()), Some(target));
        }
        assert_eq!(Target::from_name("everybody"), None);
    }
}
