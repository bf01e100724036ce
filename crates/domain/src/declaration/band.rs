//! Bands by amount: from which amount on a second person approves for the commissioner, and from which each approver
//! opens the declaration alone.
//!
//! Source: CQRS Local, roles of commissioners: low below £15,000, medium to £49,999, high from £50,000, two tiers of
//! approvers and finance. What each band asks for is ours.

use crate::Pence;

/// From which amounts on more is asked for; nothing where a commissioner does not want it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bands {
    /// Two people approve for the commissioner.
    pub second_from: Option<Pence>,
    /// Whoever approves has opened it, and approves nothing else by the same act.
    pub alone_from: Option<Pence>,
}

impl Default for Bands {
    fn default() -> Self {
        Self { second_from: Some(Pence(1_500_000)), alone_from: Some(Pence(5_000_000)) }
    }
}

/// What is asked for an amount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Band {
    /// One approval for the commissioner, then finance; in bulk too.
    #[default]
    Low,
    /// A second approval for the commissioner.
    Medium,
    /// The same, and each declaration alone.
    High,
}

impl Band {
    /// Every band, the lowest first.
    pub const ALL: [Self; 3] = [Self::Low, Self::Medium, Self::High];

    /// The name stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }

    /// Reads the stored name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|band| band.name() == name)
    }

    /// What it asks for, for who approves; nothing where it asks for nothing more.
    pub fn words(self) -> &'static str {
        match self {
            Self::Low => "",
            Self::Medium => {
                "Medium band: 2 people approve it for the commissioner, then finance does."
            }
            Self::High => {
                "High band: 2 people approve it for the commissioner, then finance does, and each of them opens it alone."
            }
        }
    }
}

impl Bands {
    /// The band of an amount. What is recovered counts like what is paid.
    pub fn of(&self, amount: Pence) -> Band {
        let reaches = |from: Option<Pence>| {
            from.is_some_and(|from| amount.0.unsigned_abs() >= from.0.unsigned_abs())
        };
        if reaches(self.alone_from) {
            Band::High
        } else if reaches(self.second_from) {
            Band::Medium
        } else {
            Band::Low
        }
    }

    /// In words, for the history.
    pub fn words(&self) -> String {
        let or_never =
            |from: Option<Pence>| from.map_or("never".into(), |from| format!("from {from}"));
        format!(
            "second approval {}; one by one {}",
            or_never(self.second_from),
            or_never(self.alone_from)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_has_the_band_that_it_reaches() {
        let usual = Bands::default();
        let second = Bands { second_from: Some(Pence(100)), alone_from: None };
        let alone = Bands { second_from: None, alone_from: Some(Pence(100)) };
        let none = Bands { second_from: None, alone_from: None };
        let rows = [
            (usual, 0, Band::Low),
            (usual, 1_499_999, Band::Low),
            (usual, 1_500_000, Band::Medium),
            (usual, 4_999_999, Band::Medium),
            (usual, 5_000_000, Band::High),
            (usual, -1_499_999, Band::Low),
            (usual, -1_500_000, Band::Medium),
            (usual, i64::MIN, Band::High),
            (second, 100, Band::Medium),
            (second, 99, Band::Low),
            (alone, 100, Band::High),
            (none, i64::MAX, Band::Low),
        ];
        for (bands, pence, band) in rows {
            assert_eq!(bands.of(Pence(pence)), band, "{pence} by {bands:?}");
        }
    }

    #[test]
    fn band_names_read_back() {
        for band in Band::ALL {
            assert_eq!(Band::from_name(band.name()), Some(band));
        }
    }
}
