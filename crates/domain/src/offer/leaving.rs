//! How a contract that is in force ends before its service does: by notice of either side, which that side can take back, or
//! by termination.
//!
//! A provider takes part in whole payment periods, so that no amount has to be split: its last day is the end of one.

use super::{Move, Offer, OfferState, TEXT_MAX, Wrong, reason};
use crate::{
    Actor, Change, Event, NotAllowed, Now, OrganisationId, Period, Permission, Service,
    calendar::{Frequency, long_date},
    refusal::refusal,
};
use chrono::NaiveDate;

/// Why a contract cannot be ended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotEnd {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error("This contract is not active, so it cannot be ended.")]
    NotActive,
    #[error("Notice has been given: the contract ends on {}.", long_date(*.0))]
    AlreadyEnds(NaiveDate),
    #[error("The service ended on {}.", long_date(*.0))]
    ServiceEnded(NaiveDate),
    #[error("The contract ends with its last payment period on {}, so notice cannot end it earlier.", long_date(*.0))]
    LastPeriod(NaiveDate),
    #[error("Select the last day of the contract")]
    NoSuchDay,
    #[error("Enter why the contract ends")]
    NoReason,
    #[error("Your reason must be {TEXT_MAX} characters or less")]
    ReasonTooLong,
    #[error(
        "Take the number that looks like an NHS number out of your reason. Write nothing about a patient here"
    )]
    NhsNumber,
}
refusal!(CannotEnd);

/// Why a notice cannot be taken back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotTakeBack {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error("No notice has been given, so there is none to take back.")]
    NoNotice,
    #[error("The contract ended on {}, so the notice cannot be taken back.", long_date(*.0))]
    LastDayOver(NaiveDate),
    #[error("The provider gave notice, so only the provider can take it back.")]
    GivenByProvider,
    #[error("The commissioner gave notice, so only the commissioner can take it back.")]
    GivenByCommissioner,
}
refusal!(CannotTakeBack);

/// What the history knows of a notice: which side gave it, and how the contract came into force before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenNotice {
    /// The organisation that gave it.
    pub by: OrganisationId,
    /// Who accepted, or gave the contract, and when.
    pub accepted: Move,
    /// The organisation from which that was done.
    pub accepted_from: Option<OrganisationId>,
}

/// The days on which a contract can end by notice: ends of payment periods from today on, before the service's own end.
/// Where nothing is paid, ends of months.
pub fn last_days(service: &Service, today: NaiveDate) -> Vec<NaiveDate> {
    let ends = ends(service);
    ends.filter(|end| *end >= today && *end < service.ends_on).collect()
}

/// The last day that still counts when a contract is terminated: the end of the last period that is over, if any is.
pub fn last_day_that_counts(service: &Service, today: NaiveDate) -> Option<NaiveDate> {
    ends(service).take_while(|end| *end < today).last()
}

fn ends(service: &Service) -> impl Iterator<Item = NaiveDate> {
    let periods = match service.payment {
        Some(_) => service.periods(),
        None => Period::of(Frequency::Monthly, service.starts_on, service.ends_on),
    };
    periods.into_iter().map(|period| period.end)
}

impl Offer {
    /// Either side gives notice: the provider takes part until `last_day`, one of [`last_days`]. Says why, in 1 to 500
    /// characters.
    pub fn give_notice(
        &self,
        (last_day, service): (Option<NaiveDate>, &Service),
        why: &str,
        by: &Actor,
        now: &Now,
    ) -> Result<Change<Self>, CannotEnd> {
        by.must(self.permission_to_end(by))?;
        match &self.state {
            OfferState::Accepted(_) => {}
            OfferState::NoticeGiven(_, last_day) => return Err(CannotEnd::AlreadyEnds(*last_day)),
            _ => return Err(CannotEnd::NotActive),
        }
        self.must_run(now)?;
        let allowed = last_days(service, now.today);
        if allowed.is_empty() {
            return Err(CannotEnd::LastPeriod(self.service_ends_on));
        }
        let last_day = last_day.filter(|day| allowed.contains(day)).ok_or(CannotEnd::NoSuchDay)?;
        let why = said(why)?;
        let event = Event::NoticeGiven { offer: self.id, last_day, reason: why.to_owned() };
        Ok(self.moved(OfferState::NoticeGiven(Move::of(by, now, why), last_day), event))
    }

    /// The side that gave notice takes it back before its last day is over: the contract is in force as if none had been
    /// given.
    pub fn take_back_notice(
        &self,
        given: Option<&GivenNotice>,
        by: &Actor,
        now: &Now,
    ) -> Result<Change<Self>, CannotTakeBack> {
        by.must(self.permission_to_end(by))?;
        let (OfferState::NoticeGiven(_, last_day), Some(given)) = (&self.state, given) else {
            return Err(CannotTakeBack::NoNotice);
        };
        if now.today > *last_day {
            return Err(CannotTakeBack::LastDayOver(*last_day));
        }
        if by.organisation().is_none_or(|own| own.id != given.by) {
            return Err(match given.by == self.provider {
                true => CannotTakeBack::GivenByProvider,
                false => CannotTakeBack::GivenByCommissioner,
            });
        }
        let state = OfferState::Accepted(given.accepted.clone());
        let mut change = self.moved(state, Event::NoticeTakenBack { offer: self.id });
        let sides = [self.provider, self.commissioner];
        change.after.answered_from = given.accepted_from.filter(|own| !sides.contains(own));
        Ok(change)
    }

    /// The commissioner stops a contract at once: what counts is what lies in payment periods that are over. Says why, in
    /// 1 to 500 characters.
    pub fn terminate(
        &self,
        service: &Service,
        why: &str,
        by: &Actor,
        now: &Now,
    ) -> Result<Change<Self>, CannotEnd> {
        by.must(Permission::Commission)?;
        if !matches!(self.state, OfferState::Accepted(_) | OfferState::NoticeGiven(..)) {
            return Err(CannotEnd::NotActive);
        }
        self.must_run(now)?;
        // Notice that has run out stays what it is.
        if let OfferState::NoticeGiven(_, last_day) = self.state
            && last_day < now.today
        {
            return Err(CannotEnd::AlreadyEnds(last_day));
        }
        let why = said(why)?;
        let last_day = last_day_that_counts(service, now.today);
        let event = Event::ContractTerminated { offer: self.id, last_day, reason: why.to_owned() };
        Ok(self.moved(OfferState::Terminated(Move::of(by, now, why), last_day), event))
    }

    fn must_run(&self, now: &Now) -> Result<(), CannotEnd> {
        if now.today > self.service_ends_on {
            return Err(CannotEnd::ServiceEnded(self.service_ends_on));
        }
        Ok(())
    }

    /// The right that the person's own side needs.
    fn permission_to_end(&self, by: &Actor) -> Permission {
        let is_provider = by.organisation().is_some_and(|own| own.id == self.provider);
        if is_provider { Permission::AnswerOffers } else { Permission::Commission }
    }
}

fn said(why: &str) -> Result<&str, CannotEnd> {
    reason(why).map_err(|wrong| match wrong {
        Wrong::Empty => CannotEnd::NoReason,
        Wrong::TooLong => CannotEnd::ReasonTooLong,
        Wrong::NhsNumber => CannotEnd::NhsNumber,
    })
}
