//! A narrowing: the families of services, and the cluster of providers, to which a person's roles at an organisation are kept.
//!
//! Source: CQRS National, some roles can be limited to chosen payment types; a user limited to a Service Provider Cluster sees
//! only the organisations in the cluster and their descendants.

use crate::{
    ClusterId, OrganisationKind, Permission, Role, organisation::OrganisationKind::Icb,
    service::FAMILIES,
};
use std::collections::BTreeSet;

/// What somebody's roles at one organisation are kept to. What is outside is to them as if it did not exist, and what covers
/// the whole organisation is not theirs to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Narrowing {
    /// Families of services; all where it is empty.
    families: BTreeSet<&'static str>,
    /// A cluster of the organisation's providers; all providers where there is none.
    cluster: Option<OfCluster>,
}

/// A cluster as a narrowing names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfCluster {
    /// Identifier.
    pub id: ClusterId,
    /// Its name now.
    pub name: String,
}

/// Why roles are not kept to what somebody chose.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum WrongNarrowing {
    #[error("family: found {0}, allowed {families}", families = FAMILIES.join(", "))]
    NoFamily(String),
    #[error("Only roles at a commissioner can be kept to a cluster of its providers")]
    NoClusterHere,
    #[error(
        "The role {} covers the whole organisation, so it cannot be kept to some services or providers. Take the role away, or select all services and all providers", .0.name()
    )]
    WholeRole(Role),
    #[error(
        "This person has access already, so what the roles are kept to stays. Select all services and all providers here, and change it on the page of the person"
    )]
    HasAccess,
}

/// What the fact that a role is not given says in place of a pair of roles, where what is narrowed cannot hold it.
pub const NARROWED: &str = "narrowed";

impl Narrowing {
    /// Keeps roles to these families and this cluster; nothing where that is everything. All families are as good as none.
    ///
    /// # Errors
    /// When a name is not that of a family.
    pub fn new<'a>(
        families: impl IntoIterator<Item = &'a str>,
        cluster: Option<OfCluster>,
    ) -> Result<Option<Self>, WrongNarrowing> {
        let known = |name: &str| {
            FAMILIES
                .into_iter()
                .find(|family| *family == name)
                .ok_or_else(|| WrongNarrowing::NoFamily(name.to_owned()))
        };
        let mut families: BTreeSet<_> =
            families.into_iter().map(known).collect::<Result<_, _>>()?;
        if families.len() == FAMILIES.len() {
            families.clear();
        }
        let is_any = !families.is_empty() || cluster.is_some();
        Ok(is_any.then_some(Self { families, cluster }))
    }

    /// The families it names; all count where it names none.
    pub fn families(&self) -> &BTreeSet<&'static str> {
        &self.families
    }

    /// The cluster it names; all providers count where it names none.
    pub fn cluster(&self) -> Option<&OfCluster> {
        self.cluster.as_ref()
    }

    /// Whether a record of a service of this family, of a provider that is in the cluster or not, is inside. The store asks the
    /// same in SQL, of every list.
    pub fn holds(&self, family: &str, is_in_cluster: bool) -> bool {
        (self.families.is_empty() || self.families.contains(family))
            && (self.cluster.is_none() || is_in_cluster)
    }

    /// Whether these roles, at an organisation of this kind, can be kept to it.
    ///
    /// # Errors
    /// Which role cannot, or that the organisation has no providers.
    pub fn can_keep(
        &self,
        roles: &BTreeSet<Role>,
        kind: OrganisationKind,
    ) -> Result<(), WrongNarrowing> {
        if self.cluster.is_some() && !kind.commissions() {
            return Err(WrongNarrowing::NoClusterHere);
        }
        match roles.iter().find(|role| !role.can_be_narrowed()) {
            Some(role) => Err(WrongNarrowing::WholeRole(*role)),
            None => Ok(()),
        }
    }

    /// One text for each narrowing, so that two can be compared: families with `|`, then the cluster.
    pub fn key(&self) -> String {
        let families: Vec<&str> = self.families.iter().copied().collect();
        let cluster = self.cluster.as_ref().map(|one| one.id.to_string()).unwrap_or_default();
        format!("{};{cluster}", families.join("|"))
    }

    /// As people read it: `only QOF and V&I services, only providers of the cluster Coast`.
    pub fn words(&self) -> String {
        let families: Vec<&str> = self.families.iter().copied().collect();
        let services = match families.as_slice() {
            [] => None,
            [one] => Some(format!("only {one} services")),
            [most @ .., last] => Some(format!("only {} and {last} services", most.join(", "))),
        };
        let providers =
            self.cluster.as_ref().map(|one| format!("only providers of the cluster {}", one.name));
        services.into_iter().chain(providers).collect::<Vec<_>>().join(", ")
    }
}

impl Permission {
    /// Whether it covers an organisation as a whole: whose roles are narrowed may not do it, since what comes of it, or what is
    /// seen of it, reaches beyond what they see.
    pub fn is_of_the_whole(self) -> bool {
        match self {
            // Who works here, and what everybody does.
            Self::ManagePeople
            | Self::ManagePeopleBelow
            | Self::SeeAudit
            | Self::SeparateDuties => true,
            // Whoever answers in a provider's place answers all offers.
            Self::Delegate => true,
            // Whom a contract reaches is decided over all providers and services.
            Self::ManageClusters | Self::Commission => true,
            // A hold stops a service; a file freezes all that is approved, with its total.
            Self::Hold | Self::SeePayments | Self::MakePayments => true,
            Self::UseNationalFigures | Self::MaintainRegister => true,
            Self::AnswerOffers
            | Self::EnterFigures
            | Self::SeeAchievement
            | Self::SeeMoney
            | Self::Declare
            | Self::Approve
            | Self::ApproveSecond
            | Self::ApproveFinance
            | Self::Adjust
            | Self::AskQuestions
            | Self::RunReports
            | Self::SeeAllTasks
            | Self::SeeNetwork => false,
        }
    }
}

impl Role {
    /// Whether it can be kept to some services or providers. Of some roles nothing that they are for would be left.
    pub fn can_be_narrowed(self) -> bool {
        let whole = [Permission::ManagePeople, Permission::ManageClusters, Permission::Commission];
        !whole.iter().any(|one| one.is_given(self, Icb))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coast() -> OfCluster {
        OfCluster { id: uuid::Uuid::from_u128(7).into(), name: "Coast".into() }
    }

    fn narrowing(families: &[&str], cluster: Option<OfCluster>) -> Narrowing {
        Narrowing::new(families.iter().copied(), cluster).expect("families").expect("a narrowing")
    }

    #[test]
    fn a_narrowing_is_what_both_of_its_parts_let_in() {
        let (qof, both) = (&["QOF"][..], &["QOF", "V&I"][..]);
        for (families, cluster, family, is_in_cluster, holds) in [
            (qof, false, "QOF", false, true),
            (qof, false, "Local", true, false),
            (both, false, "V&I", false, true),
            (&[], true, "Local", true, true),
            (&[], true, "Local", false, false),
            (qof, true, "QOF", true, true),
            (qof, true, "QOF", false, false),
            (qof, true, "Local", true, false),
        ] {
            let own = narrowing(families, cluster.then(coast));
            assert_eq!(own.holds(family, is_in_cluster), holds, "{own:?} {family} {is_in_cluster}");
        }
    }

    #[test]
    fn everything_is_no_narrowing_and_a_name_that_is_none_is_refused() {
        assert_eq!(Narrowing::new([], None), Ok(None));
        assert_eq!(Narrowing::new(FAMILIES, None), Ok(None));
        let wrong = Narrowing::new(["QOF", "Quality"], None).expect_err("no family");
        assert_eq!(
            wrong.to_string(),
            "family: found Quality, allowed QOF, V&I, Network, Local, Manual, Data collection"
        );
    }

    #[test]
    fn a_narrowing_is_said_in_words_and_compared_by_its_key() {
        for (families, cluster, words) in [
            (&["QOF"][..], false, "only QOF services"),
            (&["V&I", "QOF"], false, "only QOF and V&I services"),
            (&["V&I", "QOF", "Local"], false, "only Local, QOF and V&I services"),
            (&[], true, "only providers of the cluster Coast"),
            (&["QOF"], true, "only QOF services, only providers of the cluster Coast"),
        ] {
            assert_eq!(narrowing(families, cluster.then(coast)).words(), words);
        }
        let renamed = OfCluster { name: "Shore".into(), ..coast() };
        assert_eq!(narrowing(&[], Some(renamed)).key(), narrowing(&[], Some(coast())).key());
        assert_ne!(narrowing(&["QOF"], Some(coast())).key(), narrowing(&["QOF"], None).key());
    }

    #[test]
    fn roles_for_the_whole_are_not_narrowed_and_clusters_are_a_commissioner_s() {
        use OrganisationKind::Practice;
        let whole: Vec<Role> =
            Role::ALL.into_iter().filter(|role| !role.can_be_narrowed()).collect();
        assert_eq!(
            whole,
            [
                Role::AdvancedUserAdministrator,
                Role::UserAdministrator,
                Role::OrganisationAdministrator,
                Role::CommissioningManagement,
            ]
        );
        let of = |roles: &[Role]| roles.iter().copied().collect::<BTreeSet<_>>();
        let (qof, cluster) = (narrowing(&["QOF"], None), narrowing(&[], Some(coast())));
        assert_eq!(qof.can_keep(&of(&[Role::View]), Practice), Ok(()));
        assert_eq!(
            cluster.can_keep(&of(&[Role::View]), Practice),
            Err(WrongNarrowing::NoClusterHere)
        );
        assert_eq!(cluster.can_keep(&of(&[Role::ApprovalManagement, Role::View]), Icb), Ok(()));
        assert_eq!(
            qof.can_keep(&of(&[Role::View, Role::UserAdministrator]), Practice),
            Err(WrongNarrowing::WholeRole(Role::UserAdministrator))
        );
    }
}
