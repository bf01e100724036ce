//! What a new version of a definition may change: rules and prices, but not what contracts and figures stand on.

use super::{Problem, Service};
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
    use crate::{Service, service::tests::GOOD};

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
        assert_eq!(
            problems(&second.replace("code = \"OTHER\"", "code = \"ELSE\"")),
            [
                "component OTHER: found nothing, allowed every component of the version before, because contracts name it"
            ]
        );
    }
}
