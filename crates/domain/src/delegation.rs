//! Delegations: a provider lets another organisation answer its service offers, until a date. Whether somebody may answer
//! for a provider is decided here, by [`answers_for`], and nowhere else.

use crate::{
    Actor, Change, Event, NotAllowed, Now, Organisation, OrganisationId, Permission, Refusal,
    calendar::long_date, refusal::refusal,
};
use chrono::{DateTime, Months, NaiveDate, Utc};

/// A provider's word that another organisation may answer its offers. There is one for each two organisations: given
/// again, it has another date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delegation {
    /// The provider that is answered for.
    pub provider: OrganisationId,
    /// Its name.
    pub provider_name: String,
    /// The organisation that may answer.
    pub delegate: OrganisationId,
    /// Its name.
    pub delegate_name: String,
    /// The last day on which it may.
    pub until: NaiveDate,
    /// When the provider ended it, where it did.
    pub ended_at: Option<DateTime<Utc>>,
    /// Raised by one each time that it is given or ended.
    pub version: i64,
}

/// How far ahead the last day may lie, in months: over the year that is offered and the next.
pub const MONTHS_AHEAD: u32 = 24;

/// Why somebody may not answer for a provider.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotAnswerFor {
    #[error("This offer is for another provider, which has not said that you can answer for it.")]
    AnotherProvider,
    #[error("{} ended on {} that you can answer for it. Nothing was changed. It now answers for itself.", .0, long_date(*.1))]
    Ended(String, NaiveDate),
    #[error("You could answer for {} until {}. Nothing was changed. It can give you another date.", .0, long_date(*.1))]
    Over(String, NaiveDate),
}
impl Refusal for CannotAnswerFor {}

/// Why an organisation cannot be let to answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotGive {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error("Enter the ODS code of a practice or PCN of your commissioner")]
    NoSuchOrganisation,
    #[error("Enter the ODS code of another organisation: yours answers its own offers already")]
    ToItself,
    #[error("{0} is not a practice or PCN of your commissioner, so it cannot answer for you")]
    OfAnotherCommissioner(String),
    #[error("{} closed on {}, so it cannot answer for you", .0, long_date(*.1))]
    Closed(String, NaiveDate),
    #[error("The last day must be from {} to {}", long_date(*.0), long_date(*.1))]
    NotWithin(NaiveDate, NaiveDate),
    #[error("{} can answer for you until {} already. Enter another last day to change it", .0, long_date(*.1))]
    AlreadyGiven(String, NaiveDate),
}
refusal!(CannotGive);

/// Why a delegation cannot be ended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotEnd {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error("{0} cannot answer for you any more, so there is nothing to end.")]
    AlreadyOver(String),
}
refusal!(CannotEnd);

/// The organisation that a person could answer for others from: its own, where the person answers offers there and it is
/// open.
pub fn delegate(by: &Actor, today: NaiveDate) -> Option<OrganisationId> {
    let own = by.organisation().filter(|own| own.is_open(today))?;
    by.may(Permission::AnswerOffers).then_some(own.id)
}

/// Decides whether an actor answers for a provider on a day: as one of its own people, which gives nothing, or by the
/// delegation that it was given, which is given back. The role that answers offers is asked for beside it.
pub fn answers_for<'d>(
    by: &Actor,
    provider: OrganisationId,
    given: Option<&'d Delegation>,
    today: NaiveDate,
) -> Result<Option<&'d Delegation>, CannotAnswerFor> {
    if by.organisation().is_some_and(|own| own.id == provider) {
        return Ok(None);
    }
    let from = delegate(by, today).ok_or(CannotAnswerFor::AnotherProvider)?;
    let given = given
        .filter(|given| given.provider == provider && given.delegate == from)
        .ok_or(CannotAnswerFor::AnotherProvider)?;
    match given.ended_at {
        Some(at) => Err(CannotAnswerFor::Ended(given.provider_name.clone(), Now::at(at).today)),
        None if !given.stands(today) => {
            Err(CannotAnswerFor::Over(given.provider_name.clone(), given.until))
        }
        None => Ok(Some(given)),
    }
}

/// The last days that can be chosen.
pub fn last_days(today: NaiveDate) -> (NaiveDate, NaiveDate) {
    (today, today.checked_add_months(Months::new(MONTHS_AHEAD)).unwrap_or(today))
}

impl Delegation {
    /// Whether it counts on a day: given, not ended, and its last day is not over.
    pub fn stands(&self, today: NaiveDate) -> bool {
        self.ended_at.is_none() && today <= self.until
    }

    /// The provider that the actor acts for lets an organisation answer until a day, in the place of what it had said of
    /// that organisation before.
    pub fn give(
        before: Option<&Self>,
        to: &Organisation,
        until: NaiveDate,
        by: &Actor,
        now: &Now,
    ) -> Result<Change<Self>, CannotGive> {
        by.must(Permission::Delegate)?;
        let own = by.organisation().ok_or(CannotGive::NoSuchOrganisation)?;
        if to.id == own.id {
            return Err(CannotGive::ToItself);
        }
        if !to.kind.provides() || to.parent.is_none() || to.parent != own.parent {
            return Err(CannotGive::OfAnotherCommissioner(to.name.clone()));
        }
        if let Some(last) = to.closed_on.filter(|_| !to.is_open(now.today)) {
            return Err(CannotGive::Closed(to.name.clone(), last));
        }
        let (first, last) = last_days(now.today);
        if until < first || until > last {
            return Err(CannotGive::NotWithin(first, last));
        }
        let standing = before.filter(|before| before.stands(now.today)).map(|before| before.until);
        if standing == Some(until) {
            return Err(CannotGive::AlreadyGiven(to.name.clone(), until));
        }
        let after = Self {
            provider: own.id,
            provider_name: own.name.clone(),
            delegate: to.id,
            delegate_name: to.name.clone(),
            until,
            ended_at: None,
            version: before.map_or(1, |before| before.version + 1),
        };
        let event = Event::DelegationGiven {
            provider: own.id,
            delegate: to.id,
            name: to.name.clone(),
            until,
            before: standing,
        };
        Ok(Change { after, event })
    }

    /// The provider ends it, from this instant on.
    pub fn end(&self, by: &Actor, now: &Now) -> Result<Change<Self>, CannotEnd> {
        by.must(Permission::Delegate)?;
        let is_own = by.organisation().is_some_and(|own| own.id == self.provider);
        if !is_own || !self.stands(now.today) {
            return Err(CannotEnd::AlreadyOver(self.delegate_name.clone()));
        }
        let event = Event::DelegationEnded {
            provider: self.provider,
            delegate: self.delegate,
            name: self.delegate_name.clone(),
        };
        let after = Self { ended_at: Some(now.instant), version: self.version + 1, ..self.clone() };
        Ok(Change { after, event })
    }
}

#[cfg(test)]
mod tests;
