//! What a new version of a definition may change: rules and prices, but not what contracts and figures stand on; and
//! which service of the year before a service may go on from.

use super::{Entry, Level, Problem, Service};
use crate::Field;
use std::fmt::Display;

impl Service {
    /// Everything in which this version does not follow the one before it.
    ///
    /// Contracts name components, and figures stand at achievement dates: these stay. A component may be added.
    pub fn follows(&self, before: &Self) -> Result<(), Vec<Problem>> {
        let mut problems = Vec::new();
        let next = before.version + 1;
        same(&mut problems, "version", &self.version, &next);
        same(&mut problems, "year", &self.year, &before.year);
        same(&mut problems, "starts_on", &self.starts_on, &before.starts_on);
        same(&mut problems, "ends_on", &self.ends_on, &before.ends_on);
        if self.provider != before.provider {
            problems.push(Problem {
                at: "provider".into(),
                found: "another kind of provider".into(),
                allowed: "the one of the version before".into(),
            });
        }
        if self.periods() != before.periods() {
            problems.push(Problem {
                at: "payment, frequency".into(),
                found: "other periods".into(),
                allowed: "the periods of the version before".into(),
            });
        }
        for component in &before.components {
            if self.component(&component.code).is_none() {
                problems.push(Problem {
                    at: format!("component {}", component.code),
                    found: "nothing".into(),
                    allowed: "every component of the version before, because contracts name it"
                        .into(),
                });
            }
        }
        if self.is_variation && self.figures() != before.figures() {
            problems.push(Problem {
                at: "variation".into(),
                found: "other components, indicators or figures".into(),
                allowed: "those of the version before: providers hand in the same, whichever terms they have".into(),
            });
        }
        if self.is_variation && self.dates != before.dates {
            problems.push(Problem {
                at: "dates".into(),
                found: "other dates".into(),
                allowed: "those of the version before: a deadline is the same whichever terms a provider has".into(),
            });
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    /// What providers hand in, component by component.
    fn figures(&self) -> Vec<(&str, &str, &[Field], Level, Entry)> {
        self.components
            .iter()
            .flat_map(|component| {
                component.indicators.iter().map(move |own| {
                    (component.code.as_str(), own.code.as_str(), own.fields(), own.level, own.entry)
                })
            })
            .collect()
    }

    /// Everything in which a service is not the one of the year before, as `follows` says that it is.
    pub fn goes_on_from(&self, earlier: &Self) -> Result<(), Vec<Problem>> {
        let mut problems = Vec::new();
        let mut add = |found: String, allowed: &str| {
            let found = format!("{}, a service {found}", earlier.code);
            problems.push(Problem { at: "follows".into(), found, allowed: allowed.into() });
        };
        if earlier.year.0 + 1 != self.year.0 {
            add(format!("of {}", earlier.year), "a service of the year before");
        }
        if earlier.provider != self.provider {
            add(
                format!("for another kind of provider than {}", self.code),
                "a service for the same kind of provider",
            );
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }
}

fn same<T: PartialEq + Display>(problems: &mut Vec<Problem>, at: &str, found: &T, allowed: &T) {
    if found != allowed {
        problems.push(Problem {
            at: at.into(),
            found: found.to_string(),
            allowed: allowed.to_string(),
        });
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        FinancialYear, Service,
        service::{ProviderKind, tests::GOOD},
    };

    #[test]
    fn a_service_goes_on_from_one_of_the_year_before_for_the_same_providers() {
        let service = Service::from_toml(GOOD).unwrap();
        let earlier = |year, provider| {
            let mut earlier = service.clone();
            (earlier.code, earlier.year, earlier.provider) = ("OLD".into(), year, provider);
            let problems = service.goes_on_from(&earlier).err().unwrap_or_default();
            problems.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let (before, same) = (FinancialYear(service.year.0 - 1), service.provider);
        assert_eq!(earlier(before, same), Vec::<String>::new());
        let year =
            "follows: found OLD, a service of 2025 to 2026, allowed a service of the year before";
        assert_eq!(earlier(service.year, same), [year]);
        assert_eq!(
            earlier(before, ProviderKind::Network),
            [
                "follows: found OLD, a service for another kind of provider than DEMO2526, allowed a service for the \
                 same kind of provider"
            ]
        );
    }

    #[test]
    fn a_new_version_keeps_what_contracts_stand_on() {
        let first = Service::from_toml(GOOD).unwrap();
        let second = GOOD.replace(
            "points_decimals = 2",
            "points_decimals = 2\nversion = 2\neffective_on = 2026-03-31",
        );
        let read = |text: &str| Service::from_toml(text).unwrap();
        assert_eq!(read(&second.replace("\"12\"", "\"14\"")).follows(&first), Ok(()));
        let problems = |text: &str| -> Vec<String> {
            let problems = read(text).follows(&first).unwrap_err();
            problems.iter().map(ToString::to_string).collect()
        };
        assert_eq!(problems(GOOD), ["version: found 1, allowed 2"]);
        assert_eq!(
            problems(&second.replace("ends_on = 2026-03-31", "ends_on = 2026-04-30")),
            [
                "ends_on: found 2026-04-30, allowed 2026-03-31",
                "payment, frequency: found other periods, allowed the periods of the version before",
            ]
        );
        // Dates change for everybody, and not for those alone who accept.
        let dated = second.replace("[payment]", "[dates]\n[payment]");
        assert_eq!(read(&dated).follows(&first), Ok(()));
        assert_eq!(
            problems(&dated.replace("version = 2", "version = 2\nvariation = true")),
            [
                "dates: found other dates, allowed those of the version before: a deadline is the same whichever terms a \
                 provider has"
            ]
        );
        assert_eq!(
            problems(&second.replace("code = \"OTHER\"", "code = \"ELSE\"")),
            [
                "component OTHER: found nothing, allowed every component of the version before, because contracts name it"
            ]
        );
    }
}
