//! A demo's new terms: a dearer test of the local services from autumn on, for the practices that accept it. They are there
//! to be offered.

use super::history::{CATALOGUE, History, Told};

/// What differs from the terms of this year: a text of the definition, and what stands in its place.
const CHANGES: [(&str, &str); 2] = [
    (
        "follows = \"LCS2526\"\n",
        "follows = \"LCS2526\"\nversion = 2\neffective_on = 2026-09-30\nvariation = true\n",
    ),
    ("fee = \"38.50\"", "fee = \"41.00\""),
];

/// The definition of this year's local services with the new terms.
fn new_terms() -> String {
    let this_year = CATALOGUE.iter().filter(|(year, _)| *year == 2026).flat_map(|(_, all)| all);
    let local = this_year.copied().find(|text| text.contains(CHANGES[0].0));
    let mut text = local.unwrap_or_default().to_owned();
    for (before, after) in CHANGES {
        text = text.replacen(before, after, 1);
    }
    text
}

impl History<'_> {
    /// New terms are published. Chance has no part in it, so that the rest of the history stays as it is.
    pub(super) async fn new_terms_are_published(&mut self) -> Told {
        self.publish_one(&new_terms()).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Service;

    #[test]
    fn the_new_terms_are_a_variation_with_another_price() {
        let text = new_terms();
        let service = Service::from_toml(&text).expect("a definition");
        assert!(service.is_variation && text.contains("fee = \"41.00\""));
    }
}
