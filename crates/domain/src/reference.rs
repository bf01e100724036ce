//! National figures of a year that turn points into pounds: the value of a point, the average list, the prevalences.
//!
//! They come from a file, each with its source and date, and never change once they are in force: a correction is a
//! new version.

use crate::{
    Actor, FinancialYear, NotAllowed, Pence, Permission, PersonId,
    ratio::Exact,
    reader::{Problem, Problems, Reader, within},
    refusal::Refusal,
    status::{self, Status},
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use toml::Table;

/// One version of one set of national figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferenceFigures {
    /// The name that definitions call the set by: `QOF`.
    pub set: String,
    /// The year it is for.
    pub year: FinancialYear,
    /// Pounds for one point.
    pub point_value: Pence,
    /// The national average list of the providers.
    pub average_list: u32,
    /// National prevalence of each group, in per cent. A group that is not there holds what needs it.
    pub prevalence: BTreeMap<String, Exact>,
    /// Who published them, and where.
    pub source: String,
    /// When they were published.
    pub published_on: NaiveDate,
}

/// From 2015 to 2016 up to 2025 to 2026 a point and the average list rose together: what a point pays for each
/// patient of an average list stayed at 2.2142 pence.
///
/// Source: eleven published pairs of QOF; a pair that breaks it had a wrong number in one of the two.
const FROZEN: std::ops::RangeInclusive<i32> = 2015..=2025;
const FROZEN_PENCE: &str = "2.2142";

/// A pair of value and average list that does not keep what eleven years kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "The value of a point over the average list is {found} pence. For {year} it should be {expected} pence. One of the two numbers may be wrong."
)]
pub struct BrokenInvariant {
    /// The year.
    pub year: FinancialYear,
    /// Pence for a patient, to 4 decimals.
    pub found: String,
    /// What it should be.
    pub expected: &'static str,
}

impl ReferenceFigures {
    /// Reads a file of national figures; otherwise everything that is wrong with it.
    pub fn from_toml(text: &str) -> Result<Self, Vec<Problem>> {
        let table = text.parse::<Table>().map_err(|error| {
            let found = error.message().to_owned();
            vec![Problem { at: "the file".into(), found, allowed: "TOML".into() }]
        })?;
        let mut problems = Problems::default();
        let figures = read(&mut Reader::new(String::new(), table, &mut problems));
        if problems.0.is_empty() { Ok(figures) } else { Err(problems.0) }
    }

    /// Pence of a point for each patient of the average list.
    pub fn pence_per_patient(&self) -> Exact {
        Exact::new(self.point_value.0, self.average_list)
    }

    /// Whether the value of a point and the average list fit each other, where that is known.
    pub fn check_invariant(&self) -> Result<(), BrokenInvariant> {
        let found = self.pence_per_patient().to_fixed(4);
        if self.set != "QOF" || !FROZEN.contains(&self.year.0) || found == FROZEN_PENCE {
            return Ok(());
        }
        Err(BrokenInvariant { year: self.year, found, expected: FROZEN_PENCE })
    }
}

fn read(reader: &mut Reader) -> ReferenceFigures {
    let figures = ReferenceFigures {
        set: reader.text("set", 20),
        year: FinancialYear(reader.whole("year", 2000..=2100)),
        point_value: reader.money("point_value"),
        average_list: reader.whole("average_list", 1..=10_000_000),
        prevalence: reader.child("prevalence").map(prevalences).unwrap_or_default(),
        source: reader.text("source", 600),
        published_on: reader.date("published_on"),
    };
    if figures.point_value == Pence(0) && reader.problems.sound(&["point_value"]) {
        reader.problems.add("point_value", "0", "more than 0");
    }
    reader.refuse_unknown_keys();
    figures
}

/// `AF = "2.31"`: the per cent of each group.
pub(crate) fn prevalences(mut reader: Reader) -> BTreeMap<String, Exact> {
    let groups: Vec<String> = reader.table.keys().cloned().collect();
    let mut prevalences = BTreeMap::new();
    for group in groups {
        let percent = reader.decimal(&group);
        let at = within(&reader.place, &group);
        if percent.is_zero() && reader.problems.sound(&[&at]) {
            reader.problems.add(&at, "0", "more than 0");
        }
        prevalences.insert(group, percent);
    }
    prevalences
}

/// Where a version of national figures stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReferenceState {
    /// Loaded from a file; nothing is calculated with it.
    Loaded,
    /// The version that calculations use.
    InForce,
    /// Was in force until a newer version took its place.
    Superseded,
    /// Never used, because somebody decided against it.
    SetAside,
}

impl ReferenceState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Loaded, Self::InForce, Self::Superseded, Self::SetAside];

    /// The name in the record and in the status table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Loaded => "loaded",
            Self::InForce => "in_force",
            Self::Superseded => "superseded",
            Self::SetAside => "set_aside",
        }
    }

    /// The state of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Its row of the status table.
    pub fn status(self) -> &'static Status {
        status::of(status::REFERENCE, self.name())
    }
}

/// One version with what decides whether it may be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// The figures.
    pub figures: ReferenceFigures,
    /// Where they stand.
    pub state: ReferenceState,
    /// Who loaded them; none for a command of the operator.
    pub loaded_by: Option<PersonId>,
}

/// Why national figures cannot be taken into use, or set aside.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotUseFigures {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error(
        "National figures count for every commissioner, so only the one at the top can load them and take them into use."
    )]
    NotAtTheTop,
    #[error("These figures are not waiting any more. They are: {0}.")]
    NotWaiting(&'static str),
    #[error(
        "{0} A second person must check the figures against their source and take them into use, not the one who loaded them."
    )]
    NeedsSecondPerson(BrokenInvariant),
}
impl Refusal for CannotUseFigures {
    fn is_forbidden(&self) -> bool {
        matches!(self, Self::NotAllowed(_) | Self::NotAtTheTop)
    }
}

/// Whether the actor decides about national figures at all: loads them, takes them into use or sets them aside.
pub fn decides(by: &Actor) -> Result<(), CannotUseFigures> {
    by.must(Permission::UseNationalFigures)?;
    if by.organisation().is_some_and(|own| own.parent.is_some()) {
        return Err(CannotUseFigures::NotAtTheTop);
    }
    Ok(())
}

impl Loaded {
    /// Whether the version may be taken into use: figures that break what is known need another person than the one
    /// who loaded them, and never a command alone.
    pub fn may_use(&self, by: &Actor) -> Result<(), CannotUseFigures> {
        self.may_decide(by)?;
        match self.figures.check_invariant() {
            Err(broken) if by.person().is_none() || by.person() == self.loaded_by => {
                Err(CannotUseFigures::NeedsSecondPerson(broken))
            }
            _ => Ok(()),
        }
    }

    /// Whether the version may be set aside.
    pub fn may_set_aside(&self, by: &Actor) -> Result<(), CannotUseFigures> {
        self.may_decide(by)
    }

    fn may_decide(&self, by: &Actor) -> Result<(), CannotUseFigures> {
        decides(by)?;
        match self.state {
            ReferenceState::Loaded => Ok(()),
            other => Err(CannotUseFigures::NotWaiting(other.status().word)),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::calculation::National;
    use std::sync::Arc;

    /// Version 1 of a set of made-up figures.
    pub(crate) fn national(
        set: &str,
        year: i32,
        point_value: &str,
        average_list: u32,
        prevalence: &[(&str, &str)],
    ) -> Arc<National> {
        let exact = |text: &str| text.parse::<Exact>().unwrap();
        let figures = ReferenceFigures {
            set: set.into(),
            year: FinancialYear(year),
            point_value: exact(point_value).to_pence().unwrap(),
            average_list,
            prevalence: prevalence
                .iter()
                .map(|(group, percent)| ((*group).to_owned(), exact(percent)))
                .collect(),
            source: "made up".into(),
            published_on: FinancialYear(year).first_day(),
        };
        Arc::new(National { version: 1, figures })
    }

    const GOOD: &str = r#"
set = "QOF"
year = 2023
point_value = "213.43"
average_list = 9639
source = "As announced"
published_on = 2023-04-01
[prevalence]
AF = "2.2"
"#;

    #[test]
    fn a_file_says_every_figure_with_its_source_and_date() {
        let figures = ReferenceFigures::from_toml(GOOD).unwrap();
        assert_eq!((figures.point_value, figures.average_list), (Pence(21_343), 9_639));
        assert_eq!(figures.prevalence["AF"], Exact::new(22, 10));
        let wrong = GOOD
            .replace("\"213.43\"", "\"213.432\"")
            .replace("9639", "0")
            .replace("\"2.2\"", "\"0\"")
            .replace("source = \"As announced\"\n", "")
            + "colour = 1";
        let problems: Vec<String> = ReferenceFigures::from_toml(&wrong)
            .unwrap_err()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            problems,
            [
                "point_value: found \"213.432\", allowed pounds and pence in quotes, like \"10.06\"",
                "average_list: found 0, allowed a whole number from 1 to 10000000",
                "prevalence, AF: found 0, allowed more than 0",
                "prevalence, colour: found 1, allowed a number of 0 or more in quotes, like \"12.5\"",
                "source: found nothing, allowed a text of 1 to 600 characters",
            ]
        );
    }

    /// The published pairs of England, and two numbers that were printed wrong.
    #[test]
    fn the_value_of_a_point_over_the_average_list_was_frozen() {
        for (year, value, average, fits) in [
            (2015, "160.15", 7_233, true),
            (2016, "165.18", 7_460, true),
            (2017, "171.20", 7_732, true),
            (2018, "179.26", 8_096, true),
            (2019, "187.74", 8_479, true),
            (2020, "194.83", 8_799, true),
            (2021, "201.16", 9_085, true),
            (2021, "201.16", 9_103, false),
            (2022, "207.56", 9_374, true),
            (2023, "213.43", 9_639, true),
            (2024, "220.62", 9_964, true),
            (2024, "220.62", 9_962, false),
            (2025, "225.49", 10_184, true),
            (2026, "227.95", 10_349, true),
        ] {
            let text = GOOD
                .replace("2023\n", &format!("{year}\n"))
                .replace("213.43", value)
                .replace("9639", &average.to_string());
            let figures = ReferenceFigures::from_toml(&text).unwrap();
            assert_eq!(figures.check_invariant().is_ok(), fits, "{year} {value} {average}");
        }
    }

    fn person(id: u128) -> Actor {
        Actor::Person {
            id: PersonId(uuid::Uuid::from_u128(id)),
            name: "Kate Birch".into(),
            organisation: crate::Organisation {
                id: crate::OrganisationId(uuid::Uuid::nil()),
                code: "Y58".into(),
                name: "Region".into(),
                kind: crate::OrganisationKind::Region,
                parent: None,
                closed_on: None,
            },
            roles: vec![crate::Role::OrganisationAdministrator],
            acts_for: crate::deputy::ActsFor::default(),
            origin: Default::default(),
            narrowing: None,
        }
    }

    #[test]
    fn figures_that_break_what_is_known_need_a_second_person() {
        let whole = ReferenceFigures::from_toml(GOOD).unwrap();
        let broken = ReferenceFigures { average_list: 9_640, ..whole.clone() };
        let loaded = |figures: &ReferenceFigures, state| Loaded {
            figures: figures.clone(),
            state,
            loaded_by: person(1).person(),
        };
        let waiting = ReferenceState::Loaded;
        assert_eq!(loaded(&whole, waiting).may_use(&person(1)), Ok(()));
        assert_eq!(loaded(&whole, waiting).may_use(&Actor::system("import")), Ok(()));
        assert_eq!(loaded(&broken, waiting).may_use(&person(2)), Ok(()));
        for by in [person(1), Actor::system("import")] {
            let refused = loaded(&broken, waiting).may_use(&by);
            assert!(matches!(refused, Err(CannotUseFigures::NeedsSecondPerson(_))), "{by:?}");
        }
        for state in [ReferenceState::InForce, ReferenceState::Superseded, ReferenceState::SetAside]
        {
            let refused = Err(CannotUseFigures::NotWaiting(state.status().word));
            assert_eq!(loaded(&whole, state).may_use(&person(1)), refused);
            assert_eq!(loaded(&whole, state).may_set_aside(&person(1)), refused);
        }
    }
}
