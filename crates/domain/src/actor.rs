//! Who acts: a person for an organisation in roles, or the system itself under a name people can read.

use crate::{
    Narrowing, NotAllowed, Organisation, Permission, PersonId, Role,
    deputy::{ActsFor, HandedOver},
};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, fmt, net::IpAddr};

/// The one acting, as each store function takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A signed-in person, acting for one organisation.
    Person {
        /// The person.
        id: PersonId,
        /// Name as history shows it.
        name: String,
        /// The organisation acted for.
        organisation: Organisation,
        /// Roles held at that organisation.
        roles: Vec<Role>,
        /// For which colleagues there, as their deputy.
        acts_for: ActsFor,
        /// From where.
        origin: Origin,
        /// What the roles are kept to; nothing where they are for everything. Colleagues hand roles over only to somebody who
        /// sees the same, so it is that of both.
        narrowing: Option<Box<Narrowing>>,
    },
    /// A command or a rule acting by itself, such as an import or a payment configuration.
    System {
        /// Name as history shows it: `cro-processor`, `No Declaration Required`.
        name: String,
        /// From where.
        origin: Origin,
    },
}

/// From where somebody acts, as the history keeps it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// Nobody knows: behind a proxy that does not say.
    #[default]
    Unknown,
    /// A browser at this address.
    Address(IpAddr),
    /// Whoever runs the service, at its command line.
    CommandLine,
    /// Nobody: the service itself, when it was due.
    Accord,
}

impl Origin {
    /// The words for a command.
    pub const COMMAND_LINE: &str = "command line";
    /// The words for the service itself.
    pub const BY_ITSELF: &str = "Accord";

    /// Of a browser at an address, where it is known.
    pub fn of(address: Option<IpAddr>) -> Self {
        address.map_or(Self::Unknown, |address| Self::Address(address.to_canonical()))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => Ok(()),
            Self::Address(address) => address.fmt(f),
            Self::CommandLine => f.write_str(Self::COMMAND_LINE),
            Self::Accord => f.write_str(Self::BY_ITSELF),
        }
    }
}

impl Actor {
    /// The service itself under a name.
    pub fn system(name: impl Into<String>) -> Self {
        Self::System { name: name.into(), origin: Origin::Accord }
    }

    /// A command of whoever runs the service.
    pub fn command(name: impl Into<String>) -> Self {
        Self::System { name: name.into(), origin: Origin::CommandLine }
    }

    /// The same from somewhere.
    #[must_use]
    pub fn from(mut self, from: Origin) -> Self {
        match &mut self {
            Self::Person { origin, .. } | Self::System { origin, .. } => *origin = from,
        }
        self
    }

    /// From where it is.
    pub fn origin(&self) -> Origin {
        match self {
            Self::Person { origin, .. } | Self::System { origin, .. } => *origin,
        }
    }

    /// Name as history shows it.
    pub fn name(&self) -> &str {
        match self {
            Self::Person { name, .. } | Self::System { name, .. } => name,
        }
    }

    /// The person, when it is one.
    pub fn person(&self) -> Option<PersonId> {
        match self {
            Self::Person { id, .. } => Some(*id),
            Self::System { .. } => None,
        }
    }

    /// The organisation acted for, when a person acts.
    pub fn organisation(&self) -> Option<&Organisation> {
        match self {
            Self::Person { organisation, .. } => Some(organisation),
            Self::System { .. } => None,
        }
    }

    /// Whether the permission table lets this actor do it, by an own role or by one that a colleague handed over. The
    /// system may load data and nothing else.
    pub fn may(&self, permission: Permission) -> bool {
        match self {
            Self::Person { .. } => {
                self.may_as_oneself(permission) || self.handed_over(permission).is_some()
            }
            Self::System { .. } => {
                matches!(
                    permission,
                    Permission::EnterFigures
                        | Permission::MaintainRegister
                        | Permission::UseNationalFigures
                )
            }
        }
    }

    /// Whether a role of their own lets a person do it.
    pub fn may_as_oneself(&self, permission: Permission) -> bool {
        match self {
            Self::Person { organisation, roles, .. } => {
                self.reaches(permission)
                    && roles.iter().any(|role| permission.is_given(*role, organisation.kind))
            }
            Self::System { .. } => false,
        }
    }

    /// Whether what is seen is enough for a permission: some of them are for those alone who see everything.
    fn reaches(&self, permission: Permission) -> bool {
        self.narrowing().is_none() || !permission.is_of_the_whole()
    }

    /// What the roles of a person are kept to, where they are.
    pub fn narrowing(&self) -> Option<&Narrowing> {
        match self {
            Self::Person { narrowing, .. } => narrowing.as_deref(),
            Self::System { .. } => None,
        }
    }

    /// What a colleague handed over to them and lets them do it.
    fn handed_over(&self, permission: Permission) -> Option<&HandedOver> {
        match self {
            Self::Person { organisation, acts_for: ActsFor::Also(all), .. }
                if self.reaches(permission) =>
            {
                all.iter().find(|one| {
                    one.roles.iter().any(|role| permission.is_given(*role, organisation.kind))
                })
            }
            _ => None,
        }
    }

    /// The actor as who does what needs a permission: for oneself where an own role gives it, otherwise for the colleague
    /// who handed it over. From here on the name reads "Nadia Quinn for Tom Hill", and what is done counts as done by both.
    pub fn acting(&self, permission: Permission) -> Cow<'_, Self> {
        let Self::Person {
            id,
            name,
            organisation,
            roles,
            acts_for: ActsFor::Also(_),
            origin,
            narrowing,
        } = self
        else {
            return Cow::Borrowed(self);
        };
        let (id, organisation, origin) = (*id, organisation.clone(), *origin);
        let narrowing = narrowing.clone();
        let (name, roles, acts_for) = match self.handed_over(permission) {
            Some(one) if !self.may_as_oneself(permission) => (
                format!("{name} for {}", one.principal_name),
                one.roles.clone(),
                ActsFor::Only(one.principal),
            ),
            _ => (name.clone(), roles.clone(), ActsFor::Oneself),
        };
        Cow::Owned(Self::Person { id, name, organisation, roles, acts_for, origin, narrowing })
    }

    /// The same for what any of several permissions allows: one of their own comes before one that was handed over.
    pub fn acting_in(&self, any: &[Permission]) -> Cow<'_, Self> {
        let own = any.iter().find(|permission| self.may_as_oneself(**permission));
        let own = own.or_else(|| any.iter().find(|permission| self.may(**permission)));
        own.map_or(Cow::Borrowed(self), |permission| self.acting(*permission))
    }

    /// Who handed over what the actor does now, once [`Actor::acting`] has said so.
    pub fn principal(&self) -> Option<PersonId> {
        match self {
            Self::Person { acts_for: ActsFor::Only(principal), .. } => Some(*principal),
            _ => None,
        }
    }

    /// What colleagues have handed over to a person, today.
    pub fn deputises(&self) -> &[HandedOver] {
        match self {
            Self::Person { acts_for: ActsFor::Also(all), .. } => all,
            _ => &[],
        }
    }

    /// The same question, answered with the refusal.
    pub fn must(&self, permission: Permission) -> Result<(), NotAllowed> {
        if self.may(permission) {
            return Ok(());
        }
        let kind = self
            .organisation()
            .map_or(crate::OrganisationKind::Region, |organisation| organisation.kind);
        Err(NotAllowed { permission, kind, is_narrowed: !self.reaches(permission) })
    }

    /// Whether pound figures may be shown: the View role never sees one.
    pub fn sees_money(&self) -> bool {
        self.may(Permission::SeeMoney)
    }

    /// Whether prices of services may be shown: to those who see money, to those who offer services or answer offers,
    /// and to those who decide about national figures.
    pub fn sees_prices(&self) -> bool {
        [
            Permission::SeeMoney,
            Permission::AnswerOffers,
            Permission::Commission,
            Permission::UseNationalFigures,
        ]
        .iter()
        .any(|one| self.may(*one))
    }

    /// The roles acted in, as the history keeps them: `Achievement Entry, Declaration Management`; empty for the system.
    pub fn roles_in_words(&self) -> String {
        let Self::Person { roles, .. } = self else { return String::new() };
        let mut roles = roles.clone();
        roles.sort_unstable();
        roles.into_iter().map(Role::name).collect::<Vec<_>>().join(", ")
    }

    /// Who did it, as a step of a declaration keeps it.
    pub fn by(&self) -> By {
        By { person: self.person(), name: self.name().to_owned(), principal: self.principal() }
    }
}

/// Who took a step: a person, or a rule of the configuration (then `person` is empty and the name says which).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct By {
    /// The person; none when the system acted.
    pub person: Option<PersonId>,
    /// The name to show: a deputy's with the name of the person acted for.
    pub name: String,
    /// Whom a deputy acted for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<PersonId>,
}

impl By {
    /// A person for themselves, or the system.
    pub fn oneself(person: Option<PersonId>, name: impl Into<String>) -> Self {
        Self { person, name: name.into(), principal: None }
    }

    /// Whether the given actor is the same person.
    pub fn is(&self, actor: &Actor) -> bool {
        self.person.is_some() && self.person == actor.person()
    }

    /// Whether a person took the step, or a deputy did in their place.
    pub fn is_of(&self, person: PersonId) -> bool {
        self.person == Some(person) || self.principal == Some(person)
    }

    /// Whether the step counts as one of the actor's own, where nobody takes two: what a deputy does is done by the deputy
    /// and by the person acted for. Ask it of who [`Actor::acting`] gives.
    pub fn counts_for(&self, actor: &Actor) -> bool {
        [actor.person(), actor.principal()].into_iter().flatten().any(|one| self.is_of(one))
    }
}

#[cfg(test)]
mod tests;
