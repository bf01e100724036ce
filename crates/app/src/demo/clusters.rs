//! A demo's clusters: providers that its ICB chooses together.

use super::{
    history::{History, Told},
    places,
};
use domain::{Narrowing, access::Held, cluster::Details};
use store::{
    cluster, organisation,
    person::{access, narrowing},
};

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
        self.somebody_is_narrowed().await
    }

    /// The roles of one approver are kept to the first cluster.
    async fn somebody_is_narrowed(&mut self) -> Told {
        let (by, now) = (self.actor(KEEPER), self.tick());
        let mut tx = self.db.read().await?;
        let code = organisation::find_by_code(&mut tx, places::ICB).await?;
        let at = code.ok_or("an organisation")?;
        let people = access::people(&mut tx, &at, &by).await?;
        let one = people.into_iter().find(|one| one.name == places::NARROWED);
        let one = one.ok_or("somebody to narrow")?;
        let mut clusters = narrowing::clusters(&mut tx, at.id).await?;
        drop(tx);
        clusters.retain(|(_, cluster)| cluster.name == CLUSTERS[0].0);
        let cluster = clusters.pop().map(|(_, cluster)| cluster);
        let narrowing = Narrowing::new([], cluster).map_err(|why| why.to_string())?;
        let held = Held { roles: one.roles.clone(), narrowing };
        access::change(self.db, &at, one.id, (&one.seen(), &held), &by, &now)
            .await
            .map_err(|why| why.to_string())?;
        Ok(())
    }
}
