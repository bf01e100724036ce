//! Deputies: a person hands roles over to a colleague of the same organisation, from a day to a day. What a deputy does counts
//! as done by both, wherever nobody may act twice: a deputy is no way round that rule.

mod refused;

pub use refused::{CannotAppoint, CannotEnd};

use crate::{
    Actor, By, Change, DeputyId, Event, Now, OrganisationId, PersonId, Role, access::Place,
    nhs_number,
};
use chrono::{DateTime, Days, NaiveDate, Utc};

/// The roles that are handed over: those by which money moves on. Whoever is away in April must not stop it.
pub const HANDED_OVER: [Role; 4] = [
    Role::DeclarationManagement,
    Role::ApprovalManagement,
    Role::SecondApproval,
    Role::FinanceManagement,
];
/// Most days from the first to the last, both counted. Longer than that is a role of one's own.
pub const DAYS_MAX: u64 = 92;
/// How many days ahead the first may lie: leave is planned for a year.
pub const DAYS_AHEAD: u64 = 365;
/// Longest reason, in characters.
pub const REASON_MAX: usize = 200;

/// What a colleague has handed over to a person, as it stands today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandedOver {
    /// Who handed it over.
    pub principal: PersonId,
    /// Their name.
    pub principal_name: String,
    /// The roles, without those that the principal does not hold any more.
    pub roles: Vec<Role>,
    /// The last day.
    pub last: NaiveDate,
}

/// For whom a person acts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ActsFor {
    /// For nobody else.
    #[default]
    Oneself,
    /// For these colleagues too, where a role of their own does not do.
    Also(Vec<HandedOver>),
    /// For this colleague, in what is done now.
    Only(PersonId),
}

impl ActsFor {
    /// For these colleagues, if there are any.
    pub fn also(colleagues: Vec<HandedOver>) -> Self {
        if colleagues.is_empty() { Self::Oneself } else { Self::Also(colleagues) }
    }
}

/// Roles that one person has handed over to another, who is their deputy in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deputy {
    /// Identifier.
    pub id: DeputyId,
    /// Where both work.
    pub organisation: OrganisationId,
    /// Who handed the roles over.
    pub principal: PersonId,
    /// Their name.
    pub principal_name: String,
    /// Who acts for them.
    pub person: PersonId,
    /// The deputy's name.
    pub name: String,
    /// In which roles.
    pub roles: Vec<Role>,
    /// The first day.
    pub first: NaiveDate,
    /// The last day.
    pub last: NaiveDate,
    /// Why, for colleagues to read.
    pub reason: String,
    /// By whom and when it was ended before its last day was over, where it was.
    pub ended: Option<(By, DateTime<Utc>)>,
    /// Raised by one with each change.
    pub version: i64,
}

/// A colleague who could be the deputy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Colleague {
    /// The person.
    pub id: PersonId,
    /// Name.
    pub name: String,
    /// Roles of their own at the organisation.
    pub roles: Vec<Role>,
    /// Whether their roles are kept to the same services and providers as the actor's, or neither to any.
    pub sees_the_same: bool,
    /// What others have handed over to them, from today on.
    pub deputises: Vec<Deputy>,
}

/// What a person chose and typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appointing {
    /// The roles to hand over.
    pub roles: Vec<Role>,
    /// The first day.
    pub first: NaiveDate,
    /// The last day.
    pub last: NaiveDate,
    /// Why.
    pub reason: String,
}

/// The roles of their own that a person can hand over. Nobody hands on what was handed to them.
pub fn can_hand_over(by: &Actor) -> Vec<Role> {
    match by {
        Actor::Person { roles, .. } => {
            HANDED_OVER.into_iter().filter(|role| roles.contains(role)).collect()
        }
        Actor::System { .. } => Vec::new(),
    }
}

impl Appointing {
    /// The actor hands roles over to a colleague of the organisation acted for.
    pub fn appoint(
        &self,
        id: DeputyId,
        to: Option<&Colleague>,
        by: &Actor,
        now: &Now,
    ) -> Result<Change<Deputy>, CannotAppoint> {
        let own = can_hand_over(by);
        let (Some(principal), Some(organisation), false) =
            (by.person(), by.organisation(), own.is_empty())
        else {
            return Err(CannotAppoint::NothingToHandOver);
        };
        let to = to.ok_or(CannotAppoint::NoSuchColleague)?;
        if to.id == principal {
            return Err(CannotAppoint::Oneself);
        }
        if !to.sees_the_same {
            return Err(CannotAppoint::SeesOther(to.name.clone()));
        }
        self.check_days(now)?;
        self.check_roles(&own, to)?;
        let reason = self.reason()?;
        let roles: Vec<Role> =
            HANDED_OVER.into_iter().filter(|role| self.roles.contains(role)).collect();
        let after = Deputy {
            id,
            organisation: organisation.id,
            principal,
            principal_name: by.name().to_owned(),
            person: to.id,
            name: to.name.clone(),
            roles,
            first: self.first,
            last: self.last,
            reason: reason.clone(),
            ended: None,
            version: 1,
        };
        let event = Event::DeputyAppointed {
            deputy: id,
            organisation: organisation.id,
            principal,
            person: to.id,
            principal_name: after.principal_name.clone(),
            name: after.name.clone(),
            roles: after.roles.iter().map(|role| role.name().to_owned()).collect(),
            first: self.first,
            last: self.last,
            reason,
        };
        Ok(Change { after, event })
    }

    fn check_days(&self, now: &Now) -> Result<(), CannotAppoint> {
        let latest = now.today + Days::new(DAYS_AHEAD);
        if self.first < now.today || self.first > latest {
            return Err(CannotAppoint::FirstNotWithin(now.today, latest));
        }
        let longest = last_day(self.first);
        if self.last < self.first || self.last > longest {
            return Err(CannotAppoint::LastNotWithin(self.first, longest));
        }
        Ok(())
    }

    /// Each role is an own one, and new to the colleague on these days: so there is one person, at most, for whom a deputy
    /// acts in a role.
    fn check_roles(&self, own: &[Role], to: &Colleague) -> Result<(), CannotAppoint> {
        if self.roles.is_empty() {
            return Err(CannotAppoint::NoRole);
        }
        for role in &self.roles {
            if !own.contains(role) {
                return Err(CannotAppoint::NotHeld(*role));
            }
            if to.roles.contains(role) {
                return Err(CannotAppoint::HoldsIt(to.name.clone(), *role));
            }
            let meets = |other: &&Deputy| {
                other.ended.is_none()
                    && other.roles.contains(role)
                    && other.first <= self.last
                    && self.first <= other.last
            };
            if let Some(other) = to.deputises.iter().find(meets) {
                return Err(CannotAppoint::ActsAlready {
                    name: to.name.clone(),
                    principal: other.principal_name.clone(),
                    role: *role,
                    first: other.first,
                    last: other.last,
                });
            }
        }
        Ok(())
    }

    fn reason(&self) -> Result<String, CannotAppoint> {
        let reason = self.reason.trim();
        match reason.chars().count() {
            0 => Err(CannotAppoint::NoReason),
            1..=REASON_MAX if nhs_number::is_in(reason) => Err(CannotAppoint::NhsNumber),
            1..=REASON_MAX => Ok(reason.to_owned()),
            _ => Err(CannotAppoint::ReasonTooLong),
        }
    }
}

/// The latest last day for a first day.
pub fn last_day(first: NaiveDate) -> NaiveDate {
    first + Days::new(DAYS_MAX - 1)
}

impl Deputy {
    /// Whether it counts on a day: not ended, and between its first and its last day. The store asks besides whether the
    /// principal still holds the roles, and whether either account is disabled.
    pub fn stands(&self, today: NaiveDate) -> bool {
        self.ended.is_none() && self.first <= today && today <= self.last
    }

    /// Whether it can count today or later.
    pub fn is_open(&self, today: NaiveDate) -> bool {
        self.ended.is_none() && today <= self.last
    }

    /// Whether this person could end it: either of the two, or who manages people there, which is where both work.
    pub fn can_end(&self, place: Place<'_>, by: &Actor, today: NaiveDate) -> Result<(), CannotEnd> {
        let is_theirs = by.person().is_some_and(|own| own == self.principal || own == self.person);
        if !is_theirs && place.must_manage(by).is_err() {
            return Err(CannotEnd::NotYours(self.name.clone(), self.principal_name.clone()));
        }
        match &self.ended {
            Some((by, at)) => Err(CannotEnd::AlreadyEnded(by.name.clone(), *at)),
            None if today > self.last => Err(CannotEnd::AlreadyOver(self.last)),
            None => Ok(()),
        }
    }

    /// Ends it, from this instant on. What the deputy has done stays done.
    pub fn end(&self, place: Place<'_>, by: &Actor, now: &Now) -> Result<Change<Self>, CannotEnd> {
        self.can_end(place, by, now.today)?;
        let event = Event::DeputyEnded {
            deputy: self.id,
            organisation: self.organisation,
            principal_name: self.principal_name.clone(),
            name: self.name.clone(),
        };
        let by = By::oneself(by.person(), by.name());
        let after =
            Self { ended: Some((by, now.instant)), version: self.version + 1, ..self.clone() };
        Ok(Change { after, event })
    }
}

#[cfg(test)]
mod tests;
