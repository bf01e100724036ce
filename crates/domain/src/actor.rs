//! Who acts: a person for an organisation in roles, or the system itself under a name people can read.

use crate::{NotAllowed, Organisation, Permission, PersonId, Role};
use serde::{Deserialize, Serialize};

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
    },
    /// A command or a rule acting by itself, such as an import or a payment configuration.
    System {
        /// Name as history shows it: `cro-processor`, `No Declaration Required`.
        name: String,
    },
}

impl Actor {
    /// The system under a name.
    pub fn system(name: impl Into<String>) -> Self {
        Self::System { name: name.into() }
    }

    /// Name as history shows it.
    pub fn name(&self) -> &str {
        match self {
            Self::Person { name, .. } | Self::System { name } => name,
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

    /// Whether the permission table lets this actor do it. The system may load data and nothing else.
    pub fn may(&self, permission: Permission) -> bool {
        match self {
            Self::Person { organisation, roles, .. } => {
                roles.iter().any(|role| permission.is_given(*role, organisation.kind))
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

    /// The same question, answered with the refusal.
    pub fn must(&self, permission: Permission) -> Result<(), NotAllowed> {
        if self.may(permission) {
            return Ok(());
        }
        let kind = self
            .organisation()
            .map_or(crate::OrganisationKind::Region, |organisation| organisation.kind);
        Err(NotAllowed { permission, kind })
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

    /// Who did it, as a step of a declaration keeps it.
    pub fn by(&self) -> By {
        By { person: self.person(), name: self.name().to_owned() }
    }
}

/// Who took a step: a person, or a rule of the configuration (then `person` is empty and the name says which).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct By {
    /// The person; none when the system acted.
    pub person: Option<PersonId>,
    /// The name to show.
    pub name: String,
}

impl By {
    /// Whether the given actor is the same person.
    pub fn is(&self, actor: &Actor) -> bool {
        self.person.is_some() && self.person == actor.person()
    }
}
