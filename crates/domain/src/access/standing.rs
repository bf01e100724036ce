//! Disabling an account everywhere, and enabling it again. It is never deleted: what its person did stays under their name.
//!
//! Source: CQRS National, help accessing CQRS (leaving altogether disables the access).

use super::{Place, WrongReason, manages, read_reason};
use crate::{Actor, Event, NotAllowed, PersonId, Role, refusal::refusal};
use std::collections::BTreeSet;

/// What a person holds at one organisation.
#[derive(Clone, Debug)]
pub struct HeldAt<'a> {
    /// Where.
    pub place: Place<'a>,
    /// The roles.
    pub roles: BTreeSet<Role>,
    /// Whether another person manages people there.
    pub others_manage: bool,
}

/// A person with everything that their account opens.
#[derive(Clone, Debug)]
pub struct Whole<'a> {
    /// Who.
    pub person: PersonId,
    /// The name.
    pub name: String,
    /// Whether the account is disabled, or has lapsed.
    pub is_disabled: bool,
    /// Every organisation with a role of theirs.
    pub held: Vec<HeldAt<'a>>,
}

/// Why an account stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotClose {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error(
        "You cannot disable or enable your own account. Another person who manages people must."
    )]
    Yourself,
    #[error(
        "{0} also has access to an organisation whose people you do not manage. Remove the access to yours instead, or ask somebody who manages both."
    )]
    ElsewhereToo(String),
    #[error(
        "{0} is the only person who manages people at {1}. Let somebody else manage people there first."
    )]
    LastWhoManages(String, String),
    #[error("The account of {0} is disabled already.")]
    DisabledAlready(String),
    #[error("The account of {0} is in use, so there is nothing to enable.")]
    InUse(String),
    #[error(transparent)]
    Reason(#[from] WrongReason),
}
refusal!(CannotClose);

impl Whole<'_> {
    /// Whether the actor may disable or enable it: not the own one, and only with all of its organisations in hand.
    pub fn must_be_in_hand(&self, by: &Actor) -> Result<(), CannotClose> {
        let mut refused = self.held.iter().filter_map(|one| one.place.must_manage(by).err());
        if let Some(why) = refused.next() {
            // Whoever manages people nowhere here is told which role that takes.
            return Err(match self.held.iter().any(|one| one.place.must_manage(by).is_ok()) {
                true => CannotClose::ElsewhereToo(self.name.clone()),
                false => CannotClose::NotAllowed(why),
            });
        }
        if by.person() == Some(self.person) { Err(CannotClose::Yourself) } else { Ok(()) }
    }

    /// Closes the account at every organisation, for a reason that stays in its history.
    pub fn disable(&self, reason: &str, by: &Actor) -> Result<Event, CannotClose> {
        self.must_be_in_hand(by)?;
        if self.is_disabled {
            return Err(CannotClose::DisabledAlready(self.name.clone()));
        }
        let is_last = |one: &&HeldAt<'_>| {
            manages(&one.roles, one.place.organisation.kind) && !one.others_manage
        };
        if let Some(last) = self.held.iter().find(is_last) {
            let at = last.place.organisation.name.clone();
            return Err(CannotClose::LastWhoManages(self.name.clone(), at));
        }
        Ok(Event::AccountDisabled { person: self.person, reason: read_reason(reason)? })
    }

    /// Opens a disabled or lapsed account again, with the roles that it has.
    pub fn enable(&self, reason: &str, by: &Actor) -> Result<Event, CannotClose> {
        self.must_be_in_hand(by)?;
        if !self.is_disabled {
            return Err(CannotClose::InUse(self.name.clone()));
        }
        Ok(Event::AccountEnabled { person: self.person, reason: read_reason(reason)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Organisation, OrganisationKind, deputy::ActsFor};
    use uuid::Uuid;

    fn organisation(number: u128, kind: OrganisationKind, parent: Option<u128>) -> Organisation {
        Organisation {
            id: Uuid::from_u128(number).into(),
            code: format!("Y{number:05}"),
            name: format!("Surgery {number}"),
            kind,
            parent: parent.map(|parent| Uuid::from_u128(parent).into()),
            closed_on: None,
        }
    }

    fn actor(organisation: &Organisation, role: Role) -> Actor {
        Actor::Person {
            id: PersonId(Uuid::from_u128(1)),
            name: "Nora Page".into(),
            organisation: organisation.clone(),
            roles: vec![role],
            acts_for: ActsFor::Oneself,
            origin: Default::default(),
            narrowing: None,
        }
    }

    fn held(organisation: &Organisation, role: Role, others_manage: bool) -> HeldAt<'_> {
        HeldAt { place: Place::own(organisation), roles: BTreeSet::from([role]), others_manage }
    }

    fn whole(person: u128, is_disabled: bool, held: Vec<HeldAt<'_>>) -> Whole<'_> {
        Whole {
            person: PersonId(Uuid::from_u128(person)),
            name: "Sam Ahmed".into(),
            is_disabled,
            held,
        }
    }

    #[test]
    fn an_account_is_closed_by_who_manages_all_of_it_and_never_the_last_manager() {
        use Role::{AdvancedUserAdministrator, UserAdministrator, View};
        let practice = organisation(1, OrganisationKind::Practice, Some(10));
        let icb = organisation(10, OrganisationKind::Icb, None);
        let nora = actor(&practice, UserAdministrator);
        let ines = actor(&icb, AdvancedUserAdministrator);
        let sam = || String::from("Sam Ahmed");
        let here = |role, others| vec![held(&practice, role, others)];
        let both = || vec![held(&practice, View, true), held(&icb, View, true)];
        let rows = [
            (whole(2, false, here(View, false)), &nora, None),
            (whole(2, false, here(View, false)), &ines, None),
            (whole(2, false, both()), &ines, None),
            (whole(2, false, both()), &nora, Some(CannotClose::ElsewhereToo(sam()))),
            (whole(1, false, here(View, true)), &nora, Some(CannotClose::Yourself)),
            (whole(2, true, here(View, true)), &nora, Some(CannotClose::DisabledAlready(sam()))),
            (whole(2, false, here(UserAdministrator, true)), &nora, None),
            (
                whole(2, false, here(UserAdministrator, false)),
                &ines,
                Some(CannotClose::LastWhoManages(sam(), "Surgery 1".into())),
            ),
        ];
        for (one, by, refused) in rows {
            assert_eq!(one.disable("Has left", by).err(), refused, "{one:?}");
        }
        let view = actor(&practice, View);
        let refused = whole(2, false, here(View, true)).disable("Has left", &view);
        assert!(matches!(refused, Err(CannotClose::NotAllowed(_))));
    }

    #[test]
    fn both_take_a_reason_and_fit_what_the_account_is() {
        let practice = organisation(1, OrganisationKind::Practice, None);
        let nora = actor(&practice, Role::UserAdministrator);
        let open = whole(2, false, vec![held(&practice, Role::View, true)]);
        let closed = Whole { is_disabled: true, ..open.clone() };
        assert_eq!(open.disable(" ", &nora), Err(CannotClose::Reason(WrongReason::Missing)));
        assert_eq!(closed.enable("", &nora), Err(CannotClose::Reason(WrongReason::Missing)));
        assert_eq!(open.enable("Back", &nora), Err(CannotClose::InUse("Sam Ahmed".into())));
        let person = open.person;
        let reason = "Back from leave".to_owned();
        let enabled = Event::AccountEnabled { person, reason };
        assert_eq!(closed.enable(" Back from leave ", &nora), Ok(enabled));
        let own = Whole { person: PersonId(Uuid::from_u128(1)), ..closed };
        assert_eq!(own.enable("Mine", &nora), Err(CannotClose::Yourself));
    }
}
