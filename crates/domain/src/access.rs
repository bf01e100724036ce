//! Access: which roles a person holds at an organisation, and who may change that.
//!
//! Source: CQRS National, user administration (a User Administrator manages the own organisation, an Advanced User
//! Administrator also those below); CQRS Local, accounts are revoked and never deleted.

mod account;
mod client;
pub mod demand;
pub mod lapse;
pub mod one_time;
mod password;
pub mod provider;
mod reason;
pub mod request;
pub mod review;
pub mod separation;
mod standing;
mod throttle;

pub use account::{Account, Wrong};
pub use client::{Client, browser_name};
pub use password::{PASSWORD_MIN, WrongPassword, check_password};
pub use reason::{REASON_MAX, WrongReason, read_reason};
pub use standing::{CannotClose, HeldAt, Whole};
pub use throttle::{Throttle, Tries};

use crate::{
    Actor, Event, Narrowing, NotAllowed, Organisation, OrganisationId, OrganisationKind,
    Permission, PersonId, Role, narrowing::WrongNarrowing, refusal::refusal,
};
use separation::{Separation, Together};
use std::collections::BTreeSet;

/// How long a one-time code is waited for after the password: then one signs in anew.
pub const CODE_BY: chrono::TimeDelta = chrono::TimeDelta::minutes(10);

/// What somebody holds at an organisation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// The roles.
    pub roles: BTreeSet<Role>,
    /// What they are kept to; nothing where they are for everything.
    pub narrowing: Option<Narrowing>,
}

impl From<BTreeSet<Role>> for Held {
    fn from(roles: BTreeSet<Role>) -> Self {
        Self { roles, narrowing: None }
    }
}

/// The roles of one person at one organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// Who.
    pub person: PersonId,
    /// The name.
    pub name: String,
    /// What is held here now; nothing for somebody who is new.
    pub roles: BTreeSet<Role>,
    /// What they are kept to now.
    pub narrowing: Option<Narrowing>,
    /// Whether another person manages people here.
    pub others_manage: bool,
    /// What one person may hold together here.
    pub separation: Separation,
}

/// An organisation whose people somebody wants to manage.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The organisation.
    pub organisation: &'a Organisation,
    /// The organisation two levels above it: the region of a practice.
    pub region: Option<OrganisationId>,
}

/// Why somebody's access stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotManage {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error("You cannot change your own access. Another person who manages people must.")]
    Yourself,
    #[error("{} is not a role of this kind of organisation.", .0.name())]
    RoleNotHere(Role),
    #[error(transparent)]
    Narrowing(#[from] WrongNarrowing),
    #[error("Select at least 1 role. To take all of them away, remove access")]
    NoRole,
    #[error("{0} already has access here. Change the roles instead")]
    AlreadyHere(String),
    #[error(
        "This address was invited by another organisation and has not been used. Give access once the person has logged in there"
    )]
    NotUsedYet,
    #[error(
        "The account with this address is disabled. Whoever manages people where it has access can enable it"
    )]
    Disabled,
    #[error(
        "One person may not {} here. Somebody with the role Organisation Administrator can allow it for a reason", .0.words()
    )]
    NotTogether(Together),
    #[error("You cannot give the role {}, because you do not manage people of organisations below.", .0.name())]
    AboveYours(Role),
    #[error(
        "{0} is the only person who manages people here. Let somebody else manage people first."
    )]
    LastWhoManages(String),
    #[error("{0} can log in already, so there is no invitation to send again.")]
    HasPassword(String),
    #[error(
        "{0} also has access to an organisation whose people you do not manage. The link must come from there."
    )]
    ElsewhereToo(String),
    #[error(
        "Somebody else changed this access while you were looking at it. Check it and try again."
    )]
    Changed,
}
refusal!(CannotManage);

impl<'a> Place<'a> {
    /// The organisation that somebody acts for: what stands above it does not matter.
    pub fn own(organisation: &'a Organisation) -> Self {
        Self { organisation, region: None }
    }

    /// Whether somebody manages the people of this organisation: the own one, or one below with the role for that.
    pub fn must_manage(&self, by: &Actor) -> Result<(), NotAllowed> {
        let own = by.organisation().map(|own| own.id);
        let is_below = own.is_some() && (own == self.organisation.parent || own == self.region);
        let needs = match () {
            () if own == Some(self.organisation.id) => Permission::ManagePeople,
            () if is_below => Permission::ManagePeopleBelow,
            // Nobody has a role for organisations that are not below.
            () => {
                return Err(NotAllowed {
                    permission: Permission::ManagePeople,
                    kind: self.kind(),
                    is_narrowed: false,
                });
            }
        };
        by.must(needs)
    }

    fn kind(&self) -> OrganisationKind {
        self.organisation.kind
    }
}

impl Access {
    /// Gives somebody exactly these roles here, kept to what is said: the facts of what is given and taken, none where nothing
    /// changes. Who manages people sees everything, so nobody gives more than they see.
    pub fn change(
        &self,
        Held { roles, narrowing }: &Held,
        place: Place<'_>,
        by: &Actor,
    ) -> Result<Vec<Event>, CannotManage> {
        place.must_manage(by)?;
        self.must_be_somebody_else(by)?;
        if roles.is_empty() {
            return Err(CannotManage::NoRole);
        }
        if let Some(role) = roles.iter().find(|role| !role.exists_at(place.kind())) {
            return Err(CannotManage::RoleNotHere(*role));
        }
        // Whoever could give this role would make somebody who manages more than they do.
        let above = Role::AdvancedUserAdministrator;
        if roles.contains(&above) != self.roles.contains(&above)
            && !by.may(Permission::ManagePeopleBelow)
        {
            return Err(CannotManage::AboveYours(above));
        }
        if let Some(pair) = self.separation.broken(&self.roles, roles) {
            return Err(CannotManage::NotTogether(pair));
        }
        if let Some(narrowing) = narrowing {
            narrowing.can_keep(roles, place.kind())?;
        }
        self.must_leave_a_manager(roles, place)?;
        Ok(self.facts(roles, narrowing.as_ref(), place.organisation.id))
    }

    /// Takes all roles away here.
    pub fn remove(&self, place: Place<'_>, by: &Actor) -> Result<Vec<Event>, CannotManage> {
        place.must_manage(by)?;
        self.must_be_somebody_else(by)?;
        self.must_leave_a_manager(&BTreeSet::new(), place)?;
        // What the roles were kept to stays, for roles that a provider of sign-in gives again.
        Ok(self.facts(&BTreeSet::new(), self.narrowing.as_ref(), place.organisation.id))
    }

    pub(crate) fn must_be_somebody_else(&self, by: &Actor) -> Result<(), CannotManage> {
        if by.person() == Some(self.person) { Err(CannotManage::Yourself) } else { Ok(()) }
    }

    /// Whoever manages an organisation from above can always give the role again; the organisation itself could not.
    fn must_leave_a_manager(
        &self,
        roles: &BTreeSet<Role>,
        place: Place<'_>,
    ) -> Result<(), CannotManage> {
        let kind = place.kind();
        if manages(&self.roles, kind) && !manages(roles, kind) && !self.others_manage {
            return Err(CannotManage::LastWhoManages(self.name.clone()));
        }
        Ok(())
    }

    fn facts(
        &self,
        roles: &BTreeSet<Role>,
        narrowing: Option<&Narrowing>,
        organisation: OrganisationId,
    ) -> Vec<Event> {
        let (person, name) = (self.person, |role: &Role| role.name().to_owned());
        let given = roles.difference(&self.roles).map(|role| Event::RoleGiven {
            person,
            organisation,
            role: name(role),
        });
        let taken = self.roles.difference(roles).map(|role| Event::RoleTaken {
            person,
            organisation,
            role: name(role),
        });
        let key = |one: Option<&Narrowing>| one.map(Narrowing::key);
        let narrowed = (key(self.narrowing.as_ref()) != key(narrowing))
            .then(|| narrowed(person, organisation, narrowing));
        given.chain(taken).chain(narrowed).collect()
    }
}

/// The fact of what somebody's roles at an organisation are kept to from now on.
pub fn narrowed(
    person: PersonId,
    organisation: OrganisationId,
    narrowing: Option<&Narrowing>,
) -> Event {
    let cluster = narrowing.and_then(Narrowing::cluster);
    let families = narrowing.map(Narrowing::families).into_iter().flatten();
    Event::RolesNarrowed {
        person,
        organisation,
        families: families.map(|family| (*family).to_owned()).collect(),
        cluster: cluster.map(|cluster| cluster.id),
        cluster_name: cluster.map(|cluster| cluster.name.clone()).unwrap_or_default(),
    }
}

/// Whether somebody with these roles at an organisation of this kind manages its people.
fn manages(roles: &BTreeSet<Role>, kind: OrganisationKind) -> bool {
    roles.iter().any(|role| Permission::ManagePeople.is_given(*role, kind))
}

#[cfg(test)]
mod tests;
