//! What an act gives back: the new state with its event, or a named reason why not.

use crate::{Event, OrganisationKind, Permission};

/// A decided change: what is true afterwards, and the fact to record with it.
#[derive(Clone, Debug)]
pub struct Change<T> {
    /// The record as it stands after the act.
    pub after: T,
    /// The fact, written in the same transaction.
    pub event: Event,
}

/// A reason why an act is refused. Its `Display` is the sentence a person reads.
pub trait Refusal: std::error::Error + Send + Sync + 'static {
    /// Whether the person lacks the right itself (answered 403), not just the moment.
    fn is_forbidden(&self) -> bool {
        false
    }
}

/// The person lacks the role that the act needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.sentence())]
pub struct NotAllowed {
    /// What was tried.
    pub permission: Permission,
    /// The kind of organisation the person was acting for.
    pub kind: OrganisationKind,
    /// Whether it is because the person's roles are narrowed, and it covers the whole organisation.
    pub is_narrowed: bool,
}

impl NotAllowed {
    fn sentence(&self) -> String {
        let (roles, act) = (self.permission.roles_in_words(self.kind), self.permission.act());
        match self.is_narrowed {
            true => format!(
                "Your roles are kept to some services or providers, so you cannot {act}: that covers all of them."
            ),
            false => format!("You need the role {roles} to {act}."),
        }
    }
}

impl Refusal for NotAllowed {
    fn is_forbidden(&self) -> bool {
        true
    }
}

/// Declares a refusal whose `NotAllowed` variant is the one that means "forbidden".
macro_rules! refusal {
    ($name:ident) => {
        impl $crate::Refusal for $name {
            fn is_forbidden(&self) -> bool {
                matches!(self, Self::NotAllowed(_))
            }
        }
    };
}
pub(crate) use refusal;
