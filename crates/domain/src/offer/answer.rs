//! What a provider says to an offer: accepts, rejects, changes its answer, asks for the service after all.

use super::{Move, Offer, OfferState, ProviderLeft, TEXT_MAX, Wrong, reason};
use crate::{
    Actor, Change, Delegation, Event, NotAllowed, Now, Permission,
    calendar::long_date,
    delegation::{CannotAnswerFor, answers_for},
    refusal::refusal,
};
use chrono::NaiveDate;

/// Why an offer cannot be accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotAccept {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error(transparent)]
    NotFor(#[from] CannotAnswerFor),
    #[error("You have already accepted this offer.")]
    AlreadyAccepted,
    #[error(
        "You rejected this offer. Request this service from the commissioner if you want it after all."
    )]
    Rejected,
    #[error(
        "You have requested this service. You can accept it when the commissioner reissues the offer."
    )]
    Requested,
    #[error(
        "The commissioner has turned down your request. It cannot be accepted unless it is reissued."
    )]
    TurnedDown,
    #[error("The commissioner has withdrawn this offer. It cannot be accepted.")]
    Withdrawn,
    #[error("This contract ends on {}, so it cannot be accepted again.", long_date(*.0))]
    Ends(NaiveDate),
    #[error("The commissioner has terminated this contract. It cannot be accepted.")]
    Terminated,
    #[error("You cannot respond because the response date was {}. You can request this service from the commissioner.", long_date(*.0))]
    Expired(NaiveDate),
    #[error(
        "You already have another offer of this service. Answer that one on your services page."
    )]
    OfferedElsewhere,
    #[error("{0} This offer cannot be accepted any more.")]
    ProviderLeft(#[from] ProviderLeft),
}
refusal!(CannotAccept);

/// Why an offer cannot be rejected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotReject {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error(transparent)]
    NotFor(#[from] CannotAnswerFor),
    #[error("This offer is no longer pending, so it cannot be rejected.")]
    NotPending,
    #[error(
        "You have accepted this offer, and your answer cannot be changed any more. Give notice if you want to stop."
    )]
    Accepted,
    #[error(
        "Your contract has figures already, so you cannot reject it. Give notice if you want to stop."
    )]
    HasFigures,
    #[error("You cannot respond because the response date was {}. You can request this service from the commissioner.", long_date(*.0))]
    Expired(NaiveDate),
    #[error("Enter why you are rejecting this offer")]
    NoReason,
    #[error("Your reason must be {TEXT_MAX} characters or less")]
    ReasonTooLong,
    #[error(
        "Take the number that looks like an NHS number out of your reason. Write nothing about a patient here"
    )]
    NhsNumber,
}
refusal!(CannotReject);

/// Why a service cannot be requested again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotRequest {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error(transparent)]
    NotFor(#[from] CannotAnswerFor),
    #[error("You have already requested this service. The commissioner has been told.")]
    AlreadyRequested,
    #[error(
        "You can request a service only after you rejected its offer or its response date passed."
    )]
    NotRejected,
    #[error(
        "The commissioner has turned down your request. Contact it if you want this service after all."
    )]
    TurnedDown,
    #[error(
        "You already have another offer of this service. Answer that one on your services page."
    )]
    OfferedElsewhere,
    #[error("The service ended on {}, so it cannot be requested.", long_date(*.0))]
    ServiceEnded(NaiveDate),
    #[error("{0} The service cannot be requested from this commissioner any more.")]
    ProviderLeft(#[from] ProviderLeft),
    #[error("Your message must be {TEXT_MAX} characters or less")]
    NoteTooLong,
    #[error(
        "Take the number that looks like an NHS number out of your message. Write nothing about a patient here"
    )]
    NhsNumber,
}
refusal!(CannotRequest);

/// What is wrong with the reason for a rejection; a page asks before it answers many offers with it.
pub fn wrong_reason(why: &str) -> Option<CannotReject> {
    reason(why).err().map(|wrong| match wrong {
        Wrong::Empty => CannotReject::NoReason,
        Wrong::TooLong => CannotReject::ReasonTooLong,
        Wrong::NhsNumber => CannotReject::NhsNumber,
    })
}

/// The provider in whose place somebody of another organisation answers.
fn for_whom(given: Option<&Delegation>) -> Option<String> {
    given.map(|given| given.provider_name.clone())
}

impl Offer {
    /// The provider accepts, or whoever it has let answer for it; it takes part from then on. Until the response date it may
    /// do so after it has rejected.
    pub fn accept(
        &self,
        by: &Actor,
        given: Option<&Delegation>,
        now: &Now,
    ) -> Result<Change<Self>, CannotAccept> {
        by.must(Permission::AnswerOffers)?;
        let given = answers_for(by, self.provider, given, now.today)?;
        match &self.state {
            OfferState::Pending if self.has_expired(now.today) => {
                return Err(CannotAccept::Expired(self.respond_by));
            }
            OfferState::Pending => {}
            OfferState::Rejected(_) | OfferState::Requested(_)
                if self.can_change_answer(now.today) => {}
            OfferState::Accepted(_) => return Err(CannotAccept::AlreadyAccepted),
            OfferState::Rejected(_) => return Err(CannotAccept::Rejected),
            OfferState::Requested(_) => return Err(CannotAccept::Requested),
            OfferState::TurnedDown(_) => return Err(CannotAccept::TurnedDown),
            OfferState::Withdrawn(_) => return Err(CannotAccept::Withdrawn),
            OfferState::NoticeGiven(_, last_day) => return Err(CannotAccept::Ends(*last_day)),
            OfferState::Terminated(..) => return Err(CannotAccept::Terminated),
        }
        self.provider_is_here(now.today)?;
        let state = OfferState::Accepted(Move::of(by, now, ""));
        let for_provider = for_whom(given);
        Ok(self.answered(state, given, Event::OfferAccepted { offer: self.id, for_provider }))
    }

    /// The provider rejects, saying why (1 to 500 characters). Until the response date it may do so after it has accepted.
    pub fn reject(
        &self,
        why: &str,
        by: &Actor,
        given: Option<&Delegation>,
        now: &Now,
    ) -> Result<Change<Self>, CannotReject> {
        by.must(Permission::AnswerOffers)?;
        let given = answers_for(by, self.provider, given, now.today)?;
        match &self.state {
            OfferState::Pending if self.has_expired(now.today) => {
                return Err(CannotReject::Expired(self.respond_by));
            }
            OfferState::Pending => {}
            OfferState::Accepted(_) if self.can_change_answer(now.today) => {}
            OfferState::Accepted(_) => return Err(CannotReject::Accepted),
            _ => return Err(CannotReject::NotPending),
        }
        if let Some(wrong) = wrong_reason(why) {
            return Err(wrong);
        }
        let why = why.trim();
        let (reason, for_provider) = (why.to_owned(), for_whom(given));
        let event = Event::OfferRejected { offer: self.id, reason, for_provider };
        Ok(self.answered(OfferState::Rejected(Move::of(by, now, why)), given, event))
    }

    /// The provider asks for the service after all, with a note of up to 500 characters.
    pub fn request(
        &self,
        note: &str,
        by: &Actor,
        given: Option<&Delegation>,
        now: &Now,
    ) -> Result<Change<Self>, CannotRequest> {
        by.must(Permission::AnswerOffers)?;
        let given = answers_for(by, self.provider, given, now.today)?;
        match &self.state {
            OfferState::Requested(_) => return Err(CannotRequest::AlreadyRequested),
            OfferState::TurnedDown(_) => return Err(CannotRequest::TurnedDown),
            OfferState::Rejected(_) => {}
            OfferState::Pending if self.has_expired(now.today) => {}
            _ => return Err(CannotRequest::NotRejected),
        }
        self.provider_is_here(now.today)?;
        if now.today > self.service_ends_on {
            return Err(CannotRequest::ServiceEnded(self.service_ends_on));
        }
        let note = note.trim();
        if note.chars().count() > TEXT_MAX {
            return Err(CannotRequest::NoteTooLong);
        }
        if crate::nhs_number::is_in(note) {
            return Err(CannotRequest::NhsNumber);
        }
        let for_provider = for_whom(given);
        let event = Event::OfferRequested { offer: self.id, note: note.to_owned(), for_provider };
        Ok(self.answered(OfferState::Requested(Move::of(by, now, note)), given, event))
    }

    fn answered(
        &self,
        state: OfferState,
        given: Option<&Delegation>,
        event: Event,
    ) -> Change<Self> {
        let mut change = self.moved(state, event);
        change.after.answered_from = given.map(|given| given.delegate);
        change
    }
}
