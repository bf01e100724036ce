//! Clusters: sets of providers that a commissioner keeps under a name, to choose them together.
//!
//! Source: CQRS National's role Organisation Administrator, who maintains provider clusters.

use crate::{
    Actor, Change, ClusterId, Event, NotAllowed, OrganisationId, Permission, nhs_number,
    refusal::refusal,
};
use std::collections::BTreeSet;

/// Longest name, in characters.
pub const NAME_MAX: usize = 80;

/// Longest description, in characters.
pub const DESCRIPTION_MAX: usize = 500;

/// A cluster without its providers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// Identifier.
    pub id: ClusterId,
    /// Short reference: `CL-2026-000001`.
    pub reference: String,
    /// Whose providers they are.
    pub commissioner: OrganisationId,
    /// Name, which no other cluster of the commissioner has, in whatever capitals.
    pub name: String,
    /// What it is for; may be empty.
    pub description: String,
    /// Raised by one with each change.
    pub version: i64,
}

/// What a person typed and chose for a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Details {
    /// Name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// ODS codes of its providers.
    pub providers: BTreeSet<String>,
}

/// Why a cluster cannot be kept, changed or deleted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotCluster {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error("Enter a name for the cluster")]
    NoName,
    #[error("Cluster name must be {NAME_MAX} characters or less")]
    NameTooLong,
    #[error("{}", nhs_number::take_out_of("cluster name"))]
    NameNamesPatient,
    #[error("{}", nhs_number::take_out_of("description"))]
    DescriptionNamesPatient,
    #[error("Your organisation has a cluster called {0}. Enter another name.")]
    NameTaken(String),
    #[error("Description must be {DESCRIPTION_MAX} characters or less")]
    DescriptionTooLong,
    #[error("Select at least 1 provider")]
    NoProviders,
    #[error("{0} is not an open provider of your organisation. Select providers from the list.")]
    NotYourProvider(String),
    #[error(
        "Hold {0} covers the providers of this cluster. Lift the hold first, then delete the cluster."
    )]
    OnHold(String),
    #[error(
        "The roles of {0} are kept to the providers of this cluster. Change what they are kept to first, then delete the cluster."
    )]
    Narrows(String),
}
refusal!(CannotCluster);

/// Whether this actor may keep, change and delete clusters of its organisation.
pub fn may_maintain(by: &Actor) -> Result<(), NotAllowed> {
    by.must(Permission::ManageClusters)
}

impl Details {
    /// The same without spaces around what was typed.
    #[must_use]
    pub fn trimmed(self) -> Self {
        let trimmed = |text: String| text.trim().to_owned();
        Self { name: trimmed(self.name), description: trimmed(self.description), ..self }
    }

    /// Whether this can be kept, each problem with the field it belongs to.
    pub fn check(&self) -> Result<(), Vec<(&'static str, CannotCluster)>> {
        let mut problems = Vec::new();
        if self.name.is_empty() {
            problems.push(("name", CannotCluster::NoName));
        } else if self.name.chars().count() > NAME_MAX {
            problems.push(("name", CannotCluster::NameTooLong));
        } else if nhs_number::is_in(&self.name) {
            problems.push(("name", CannotCluster::NameNamesPatient));
        }
        if self.description.chars().count() > DESCRIPTION_MAX {
            problems.push(("description", CannotCluster::DescriptionTooLong));
        } else if nhs_number::is_in(&self.description) {
            problems.push(("description", CannotCluster::DescriptionNamesPatient));
        }
        if self.providers.is_empty() {
            problems.push(("provider", CannotCluster::NoProviders));
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    /// The first thing that is wrong; pages ask for all of them.
    fn must_be_good(&self) -> Result<(), CannotCluster> {
        self.check().map_err(|problems| {
            problems.into_iter().next().map_or(CannotCluster::NoName, |(_, why)| why)
        })
    }

    /// A new cluster of the actor's organisation.
    pub fn create(
        &self,
        id: ClusterId,
        reference: String,
        commissioner: OrganisationId,
        by: &Actor,
    ) -> Result<Change<Cluster>, CannotCluster> {
        may_maintain(by)?;
        self.must_be_good()?;
        let after = Cluster {
            id,
            reference,
            commissioner,
            name: self.name.clone(),
            description: self.description.clone(),
            version: 1,
        };
        let providers = codes(self.providers.iter());
        let event = Event::ClusterCreated { cluster: id, name: self.name.clone(), providers };
        Ok(Change { after, event })
    }
}

impl Cluster {
    /// The cluster with what was typed and chosen, `before` being its providers so far; nothing when all stays as it is.
    pub fn change(
        &self,
        details: &Details,
        before: &BTreeSet<String>,
        by: &Actor,
    ) -> Result<Option<Change<Self>>, CannotCluster> {
        may_maintain(by)?;
        details.must_be_good()?;
        let after = Self {
            name: details.name.clone(),
            description: details.description.clone(),
            version: self.version + 1,
            ..self.clone()
        };
        let (added, taken_out) = (
            codes(details.providers.difference(before)),
            codes(before.difference(&details.providers)),
        );
        let is_same = self.name == after.name
            && self.description == after.description
            && added.is_empty()
            && taken_out.is_empty();
        let name = after.name.clone();
        let event = Event::ClusterChanged { cluster: self.id, name, added, taken_out };
        Ok((!is_same).then_some(Change { after, event }))
    }

    /// The fact that it is deleted. Contracts keep the providers that were chosen with it.
    pub fn delete(&self, by: &Actor) -> Result<Event, CannotCluster> {
        may_maintain(by)?;
        Ok(Event::ClusterDeleted { cluster: self.id, name: self.name.clone() })
    }
}

fn codes<'a>(codes: impl Iterator<Item = &'a String>) -> Vec<String> {
    codes.cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Organisation, OrganisationKind, Role};
    use uuid::Uuid;

    fn actor(role: Role) -> Actor {
        Actor::Person {
            id: Uuid::from_u128(1).into(),
            name: "Ana Ruiz".into(),
            organisation: Organisation {
                id: Uuid::from_u128(2).into(),
                code: "QZZ".into(),
                name: "NHS Anytown ICB".into(),
                kind: OrganisationKind::Icb,
                parent: None,
                closed_on: None,
            },
            roles: vec![role],
            acts_for: crate::deputy::ActsFor::default(),
            origin: Default::default(),
            narrowing: None,
        }
    }

    fn details(name: &str, description: &str, providers: &[&str]) -> Details {
        let providers = providers.iter().map(|code| (*code).to_owned()).collect();
        Details { name: name.into(), description: description.into(), providers }.trimmed()
    }

    fn create(details: &Details, role: Role) -> Result<Change<Cluster>, CannotCluster> {
        let (id, of) = (Uuid::from_u128(3).into(), Uuid::from_u128(2).into());
        details.create(id, "CL-2026-000001".into(), of, &actor(role))
    }

    #[test]
    fn everything_that_is_wrong_is_named_at_once() {
        let (long, longer) = ("x".repeat(NAME_MAX + 1), "y".repeat(DESCRIPTION_MAX + 1));
        let rows: [(Details, &[(&str, CannotCluster)]); 4] = [
            (details("  Coast ", "", &["Y1"]), &[]),
            (
                details("  ", "", &[]),
                &[("name", CannotCluster::NoName), ("provider", CannotCluster::NoProviders)],
            ),
            (
                details(&long, &longer, &["Y1"]),
                &[
                    ("name", CannotCluster::NameTooLong),
                    ("description", CannotCluster::DescriptionTooLong),
                ],
            ),
            (details(&long[1..], &longer[1..], &["Y1"]), &[]),
        ];
        for (details, problems) in rows {
            assert_eq!(details.check().err().unwrap_or_default(), problems, "{details:?}");
            assert_eq!(
                create(&details, Role::OrganisationAdministrator).err(),
                problems.first().map(|(_, why)| why.clone())
            );
        }
    }

    #[test]
    fn a_change_says_who_came_and_who_went() {
        let by = actor(Role::OrganisationAdministrator);
        let first = details("Coast", "", &["Y1", "Y2"]);
        let cluster = create(&first, Role::OrganisationAdministrator).expect("a cluster").after;
        assert!(cluster.change(&first, &first.providers, &by).expect("allowed").is_none());
        let next = details("Coast and hills", "", &["Y2", "Y3"]);
        let change = cluster.change(&next, &first.providers, &by).expect("allowed");
        let Change { after, event } = change.expect("a change");
        assert_eq!((&*after.name, after.version), ("Coast and hills", 2));
        let (name, one) = ("Coast and hills".to_owned(), |code: &str| vec![code.to_owned()]);
        let (added, taken_out) = (one("Y3"), one("Y1"));
        let cluster = cluster.id;
        assert_eq!(event, Event::ClusterChanged { cluster, name, added, taken_out });
    }

    #[test]
    fn only_an_organisation_administrator_maintains_clusters() {
        let good = details("Coast", "", &["Y1"]);
        let cluster = create(&good, Role::OrganisationAdministrator).expect("a cluster").after;
        for role in Role::ALL.into_iter().filter(|role| *role != Role::OrganisationAdministrator) {
            let by = actor(role);
            assert!(matches!(create(&good, role), Err(CannotCluster::NotAllowed(_))), "{role:?}");
            assert!(cluster.change(&good, &good.providers, &by).is_err(), "{role:?}");
            assert!(cluster.delete(&by).is_err(), "{role:?}");
        }
    }
}
