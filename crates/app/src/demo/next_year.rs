//! A demo's services of next year, made from this year's as `accord service next-year` makes them, with a few changes
//! that a commissioner sees when it rolls its contracts over.

use super::history::{CATALOGUE, History, Told};
use domain::service::next_year;

/// What differs from this year: a text of this year's definition, and what stands in its place.
const CHANGES: &[(&str, &str)] = &[
    // Advice and guidance.
    ("fee = \"20.00\"", "fee = \"21.00\""),
    (
        "frequency = \"monthly\"\ndeclaration_required = true\napproval_required = false",
        "frequency = \"quarterly\"\ndeclaration_required = true\napproval_required = false",
    ),
    ("before a referral, paid each month.", "before a referral, paid each quarter."),
    // Local services: a price, the time to enter figures, and a component more.
    ("fee = \"3.10\"", "fee = \"3.25\""),
    ("follows = \"LCS2627\"\n", "follows = \"LCS2627\"\nentry_days_after_period_end = 42\n"),
    (
        "[[component]]\ncode = \"MINOR\"",
        "[[component]]\ncode = \"HOLTER\"\nname = \"Heart monitor at home\"\n\n[[component.indicator]]\ncode = \"HOL001\"\nname = \"7-day heart monitor\"\nkind = \"count\"\nfee = \"61.50\"\nunit = \"7-day heart monitors\"\n\n[[component]]\ncode = \"MINOR\"",
    ),
    // A threshold of the framework.
    (
        "name = \"Prescribed lipid-lowering treatment\"\nkind = \"fraction\"\npoints = \"38\"\nlower = \"70\"",
        "name = \"Prescribed lipid-lowering treatment\"\nkind = \"fraction\"\npoints = \"38\"\nlower = \"72\"",
    ),
    // Amounts for each patient.
    ("rate_per_year = \"8.427\"", "rate_per_year = \"8.674\""),
];

/// The audit is not published yet, and neither are the winter visits.
const NOT_YET: &str = "CVDP2627";

impl History<'_> {
    /// Next year's services are published early. Chance has no part in it, so that the rest of the history stays as it is.
    pub(super) async fn next_year_is_published(&mut self) -> Told {
        for text in CATALOGUE.iter().filter(|(year, _)| *year == 2026).flat_map(|(_, all)| all) {
            let Ok(mut later) = next_year(text) else { continue };
            if later.text.contains(NOT_YET) {
                continue;
            }
            for (before, after) in CHANGES {
                later.text = later.text.replacen(before, after, 1);
            }
            self.publish_one(&later.text).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Service;

    #[test]
    fn every_change_is_one_of_a_definition_that_moves_on() {
        let this_year = CATALOGUE.iter().filter(|(year, _)| *year == 2026).flat_map(|(_, all)| all);
        let later: Vec<String> = this_year
            .map(|text| next_year(text).expect("a year that can be moved on").text)
            .collect();
        for (before, after) in CHANGES {
            let changed: Vec<_> = later.iter().filter(|text| text.contains(before)).collect();
            assert_eq!(changed.len(), 1, "{before}");
            let text = changed[0].replacen(before, after, 1);
            assert!(Service::from_toml(&text).is_ok(), "{after}");
        }
    }
}
