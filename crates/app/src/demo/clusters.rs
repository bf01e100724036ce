//! A demo's clusters: providers that its ICB chooses together.

use super::history::{History, Told};
use domain::cluster::Details;
use store::cluster;

/// Whose work it is.
const KEEPER: &str = "Ines Prior";

/// Name, what it is for, and every how many of the practices are in it, from which one.
const CLUSTERS: [(&str, &str, usize, usize); 3] = [
    (
        "Minor surgery sites",
        "Practices with a treatment room that is inspected for minor surgery",
        9,
        2,
    ),
    ("Early adopters", "Practices that try new services before others", 14, 0),
    ("Fernleaf system", "Practices that use the Fernleaf clinical system", 9, 3),
];

impl History<'_> {
    /// The clusters are made.
    pub(super) async fn clusters_are_made(&mut self) -> Told {
        let by = self.actor(KEEPER);
        for (name, description, every, first) in CLUSTERS {
            let practices = self.providers.iter().filter(|(code, _)| code.starts_with('Z'));
            let details = Details {
                name: name.to_owned(),
                description: description.to_owned(),
                providers: practices
                    .skip(first)
                    .step_by(every)
                    .map(|(code, _)| code.clone())
                    .collect(),
            };
            cluster::create(self.db, details, &by, &self.now).await?;
        }
        Ok(())
    }
}
