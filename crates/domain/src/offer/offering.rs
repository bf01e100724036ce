//! What a commissioner does with an offer that is not in force: reissues, turns a request down, extends, withdraws.

use super::{Move, Offer, OfferState, ProviderLeft, TEXT_MAX, Wrong, reason};
use crate::{
    Actor, Change, Event, NotAllowed, Now, Permission, calendar::long_date,
    contract::usual_response_date, refusal::refusal,
};
use chrono::NaiveDate;

/// Why an offer cannot be reissued.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotReissue {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error("This offer is waiting for the provider, so it cannot be reissued.")]
    AlreadyPending,
    #[error("The provider has accepted this offer, so it cannot be reissued.")]
    Accepted,
    #[error("The provider has a contract for this service until {}, so it cannot be reissued.", long_date(*.0))]
    Ended(NaiveDate),
    #[error("The provider has another offer of this service, so this one cannot be reissued.")]
    OfferedElsewhere,
    #[error("The service ended on {}, so it cannot be reissued.", long_date(*.0))]
    ServiceEnded(NaiveDate),
    #[error("{0} The offer cannot be reissued.")]
    ProviderLeft(#[from] ProviderLeft),
    #[error("The response date must be from {} to {}, when the service ends", long_date(*.0), long_date(*.1))]
    NotWithin(NaiveDate, NaiveDate),
}
refusal!(CannotReissue);

/// Why a request cannot be turned down.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotTurnDown {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error("The provider does not request this service, so there is nothing to turn down.")]
    NotRequested,
    #[error("Enter why you are turning this request down")]
    NoReason,
    #[error("Your reason must be {TEXT_MAX} characters or less")]
    ReasonTooLong,
    #[error(
        "Take the number that looks like an NHS number out of your reason. Write nothing about a patient here"
    )]
    NhsNumber,
}
refusal!(CannotTurnDown);

/// Why the response date of an offer cannot be moved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotExtend {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error("This offer does not wait for an answer, so its response date cannot be changed.")]
    NotPending,
    #[error("{0} Withdraw the offer instead.")]
    ProviderLeft(#[from] ProviderLeft),
    #[error("The new response date must be after {} and not after {}, when the service ends", long_date(*.0), long_date(*.1))]
    NotWithin(NaiveDate, NaiveDate),
}
refusal!(CannotExtend);

/// Why an offer cannot be withdrawn.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotWithdraw {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error("The provider has accepted this offer, so it cannot be withdrawn.")]
    Accepted,
    #[error("This offer has already been withdrawn.")]
    AlreadyWithdrawn,
}
refusal!(CannotWithdraw);

impl Offer {
    /// The commissioner offers again what is not in force, with or without a request; the provider gets four weeks,
    /// within the service's dates.
    pub fn reissue(&self, by: &Actor, now: &Now) -> Result<Change<Self>, CannotReissue> {
        self.reissue_until(None, by, now)
    }

    /// The same with the last day for an answer, where the commissioner chooses one: from today to the end of the service.
    pub fn reissue_until(
        &self,
        until: Option<NaiveDate>,
        by: &Actor,
        now: &Now,
    ) -> Result<Change<Self>, CannotReissue> {
        by.must(Permission::Commission)?;
        match &self.state {
            OfferState::Pending if !self.has_expired(now.today) => {
                return Err(CannotReissue::AlreadyPending);
            }
            OfferState::Accepted(_) => return Err(CannotReissue::Accepted),
            OfferState::NoticeGiven(_, last_day) | OfferState::Terminated(_, Some(last_day)) => {
                return Err(CannotReissue::Ended(*last_day));
            }
            OfferState::Terminated(_, None)
            | OfferState::Pending
            | OfferState::Rejected(_)
            | OfferState::Requested(_)
            | OfferState::TurnedDown(_)
            | OfferState::Withdrawn(_) => {}
        }
        self.provider_is_here(now.today)?;
        if now.today > self.service_ends_on {
            return Err(CannotReissue::ServiceEnded(self.service_ends_on));
        }
        let usual = usual_response_date(now.today).min(self.service_ends_on);
        let respond_by = until.unwrap_or(usual);
        if respond_by < now.today || respond_by > self.service_ends_on {
            return Err(CannotReissue::NotWithin(now.today, self.service_ends_on));
        }
        let event = Event::OfferReissued { offer: self.id, respond_by };
        let mut change = self.moved(OfferState::Pending, event);
        change.after.respond_by = respond_by;
        Ok(change)
    }

    /// The commissioner does not follow a request, and says why (1 to 500 characters).
    pub fn turn_down(
        &self,
        why: &str,
        by: &Actor,
        now: &Now,
    ) -> Result<Change<Self>, CannotTurnDown> {
        by.must(Permission::Commission)?;
        if !matches!(self.state, OfferState::Requested(_)) {
            return Err(CannotTurnDown::NotRequested);
        }
        let why = reason(why).map_err(|wrong| match wrong {
            Wrong::Empty => CannotTurnDown::NoReason,
            Wrong::TooLong => CannotTurnDown::ReasonTooLong,
            Wrong::NhsNumber => CannotTurnDown::NhsNumber,
        })?;
        let event = Event::OfferTurnedDown { offer: self.id, reason: why.to_owned() };
        Ok(self.moved(OfferState::TurnedDown(Move::of(by, now, why)), event))
    }

    /// The commissioner gives more time for an answer, also after the response date has passed.
    pub fn extend(
        &self,
        until: NaiveDate,
        by: &Actor,
        now: &Now,
    ) -> Result<Change<Self>, CannotExtend> {
        by.must(Permission::Commission)?;
        if self.state != OfferState::Pending {
            return Err(CannotExtend::NotPending);
        }
        self.provider_is_here(now.today)?;
        let after = self.respond_by.max(now.today);
        if until <= after || until > self.service_ends_on {
            return Err(CannotExtend::NotWithin(after, self.service_ends_on));
        }
        let event = Event::OfferExtended { offer: self.id, respond_by: until };
        let mut change = self.moved(OfferState::Pending, event);
        change.after.respond_by = until;
        Ok(change)
    }

    /// The commissioner takes an offer back that has not been accepted.
    pub fn withdraw(&self, by: &Actor, now: &Now) -> Result<Change<Self>, CannotWithdraw> {
        by.must(Permission::Commission)?;
        match &self.state {
            OfferState::Accepted(_) | OfferState::NoticeGiven(..) | OfferState::Terminated(..) => {
                return Err(CannotWithdraw::Accepted);
            }
            OfferState::Withdrawn(_) => return Err(CannotWithdraw::AlreadyWithdrawn),
            OfferState::Pending
            | OfferState::Rejected(_)
            | OfferState::Requested(_)
            | OfferState::TurnedDown(_) => {}
        }
        let state = OfferState::Withdrawn(Move::of(by, now, ""));
        Ok(self.moved(state, Event::OfferWithdrawn { offer: self.id, because: None }))
    }

    /// Takes an offer back that waits, or that is asked for again, because its provider has left the commissioner or has
    /// closed: its new commissioner may offer it the same service. Nothing where the offer does not wait for anybody.
    pub fn take_back_from_left(&self, by: &Actor, now: &Now) -> Option<Change<Self>> {
        let left = self.provider_left(now.today)?;
        if !matches!(self.state, OfferState::Pending | OfferState::Requested(_)) {
            return None;
        }
        let state = OfferState::Withdrawn(Move::of(by, now, &left.to_string()));
        let because = Some(left.to_string());
        Some(self.moved(state, Event::OfferWithdrawn { offer: self.id, because }))
    }
}
