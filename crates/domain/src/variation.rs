//! Variations: a new version of a service's terms that counts for a provider only once it has accepted it.
//!
//! Until then, and after a rejection, the terms in force go on. Source: local contracts are varied by agreement; none of the
//! guides says how, so the way of an offer is followed.

use crate::{
    Actor, Event, NotAllowed, Now, OfferId, Permission,
    calendar::long_date,
    offer::{Move, TEXT_MAX},
    refusal::refusal,
};
use chrono::NaiveDate;

/// Where a variation stands with one provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VariationState {
    /// Waiting for the provider's answer, until the response date.
    Offered,
    /// Accepted: its terms count from their date on.
    Accepted(Move),
    /// Rejected, with the provider's reason as the text: the terms in force go on.
    Rejected(Move),
}

impl VariationState {
    /// The name stored.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Offered => "offered",
            Self::Accepted(_) => "accepted",
            Self::Rejected(_) => "rejected",
        }
    }

    /// Who answered, when anyone did.
    pub fn moved(&self) -> Option<&Move> {
        match self {
            Self::Offered => None,
            Self::Accepted(moved) | Self::Rejected(moved) => Some(moved),
        }
    }
}

/// One version of a service's terms, offered to one provider that takes part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variation {
    /// The offer that is in force.
    pub offer: OfferId,
    /// The version of the definition.
    pub number: u32,
    /// The first achievement date that it would count for.
    pub effective_on: NaiveDate,
    /// Last day for an answer.
    pub respond_by: NaiveDate,
    /// The last day on which the provider takes part; none where it no longer does.
    pub in_force_until: Option<NaiveDate>,
    /// Where it stands.
    pub state: VariationState,
    /// Raised by one with each move.
    pub version: i64,
}

/// Why terms cannot be offered to a provider.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotVary {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error("The provider does not take part on {}, when the new terms start to count.", long_date(*.0))]
    NotInForce(NaiveDate),
    #[error("The provider has the new terms to answer already.")]
    AlreadyOffered,
    #[error("The provider has accepted the new terms already.")]
    AlreadyAccepted,
    #[error("The response date must be after {} and not after {}, when the service ends", long_date(*.0), long_date(*.1))]
    NotWithin(NaiveDate, NaiveDate),
}
refusal!(CannotVary);

/// Why a provider cannot answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotAnswer {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error("You could answer until {}. The terms in force go on.", long_date(*.0))]
    Expired(NaiveDate),
    #[error("You do not take part on {}, when the new terms start to count.", long_date(*.0))]
    NotInForce(NaiveDate),
    #[error("You have accepted these terms already.")]
    AlreadyAccepted,
    #[error("You have rejected these terms already.")]
    AlreadyRejected,
    #[error("Enter why you are rejecting the new terms")]
    NoReason,
    #[error("Your reason must be {TEXT_MAX} characters or less")]
    ReasonTooLong,
    #[error(
        "Take the number that looks like an NHS number out of your reason. Write nothing about a patient here"
    )]
    NhsNumber,
}
refusal!(CannotAnswer);

/// Whether a response date may be set for a service with this last day.
///
/// # Errors
/// Without the permission, and for a date that is not after today and within the service.
pub fn may_offer(
    respond_by: NaiveDate,
    ends_on: NaiveDate,
    by: &Actor,
    now: &Now,
) -> Result<(), CannotVary> {
    by.must(Permission::Commission)?;
    if respond_by <= now.today || respond_by > ends_on {
        return Err(CannotVary::NotWithin(now.today, ends_on));
    }
    Ok(())
}

/// Whether the version may be offered to a provider: it takes part when the terms start to count, and what was offered
/// before, if anything was, has been rejected or has run out.
///
/// # Errors
/// When the provider has no contract at that date, or has the version already.
pub fn may_go_to(
    effective_on: NaiveDate,
    in_force_until: Option<NaiveDate>,
    before: Option<(&VariationState, NaiveDate)>,
    now: &Now,
) -> Result<(), CannotVary> {
    if in_force_until.is_none_or(|last_day| last_day < effective_on) {
        return Err(CannotVary::NotInForce(effective_on));
    }
    match before {
        Some((VariationState::Accepted(_), _)) => Err(CannotVary::AlreadyAccepted),
        Some((VariationState::Offered, respond_by)) if now.today <= respond_by => {
            Err(CannotVary::AlreadyOffered)
        }
        _ => Ok(()),
    }
}

/// A decided answer.
pub type Answered = (Variation, Event);

impl Variation {
    /// Whether the response date passed without an answer.
    pub fn has_expired(&self, today: NaiveDate) -> bool {
        self.state == VariationState::Offered && today > self.respond_by
    }

    /// What both answers ask first.
    fn may_answer(&self, by: &Actor, now: &Now) -> Result<(), CannotAnswer> {
        by.must(Permission::AnswerOffers)?;
        if matches!(self.state, VariationState::Accepted(_)) {
            return Err(CannotAnswer::AlreadyAccepted);
        }
        if now.today > self.respond_by {
            return Err(CannotAnswer::Expired(self.respond_by));
        }
        if self.in_force_until.is_none_or(|last_day| last_day < self.effective_on) {
            return Err(CannotAnswer::NotInForce(self.effective_on));
        }
        Ok(())
    }

    /// The provider accepts, also after a rejection, until the response date. It cannot be taken back.
    ///
    /// # Errors
    /// As the enum says.
    pub fn accept(&self, by: &Actor, now: &Now) -> Result<Answered, CannotAnswer> {
        self.may_answer(by, now)?;
        let event = Event::VariationAccepted { offer: self.offer, number: self.number };
        Ok((self.answered(VariationState::Accepted(Move::of(by, now, ""))), event))
    }

    /// The provider rejects, and says why (1 to 500 characters): the terms in force go on.
    ///
    /// # Errors
    /// As the enum says.
    pub fn reject(&self, why: &str, by: &Actor, now: &Now) -> Result<Answered, CannotAnswer> {
        self.may_answer(by, now)?;
        if matches!(self.state, VariationState::Rejected(_)) {
            return Err(CannotAnswer::AlreadyRejected);
        }
        let why = match why.trim() {
            "" => return Err(CannotAnswer::NoReason),
            long if long.chars().count() > TEXT_MAX => return Err(CannotAnswer::ReasonTooLong),
            why if crate::nhs_number::is_in(why) => return Err(CannotAnswer::NhsNumber),
            why => why,
        };
        let (offer, number, reason) = (self.offer, self.number, why.to_owned());
        let event = Event::VariationRejected { offer, number, reason };
        Ok((self.answered(VariationState::Rejected(Move::of(by, now, why))), event))
    }

    fn answered(&self, state: VariationState) -> Self {
        Self { state, version: self.version + 1, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::offer::tests::{at, commissioner, day, moved, provider};
    use uuid::Uuid;

    fn variation(state: VariationState) -> Variation {
        Variation {
            offer: Uuid::from_u128(3).into(),
            number: 2,
            effective_on: day("2025-07-01"),
            respond_by: day("2025-06-20"),
            in_force_until: Some(day("2026-03-31")),
            state,
            version: 1,
        }
    }

    /// Each answer in each state, on a day: the state it leads to, or the name of the refusal.
    #[test]
    fn every_answer_in_every_state_has_one_outcome() {
        let (offered, accepted, rejected) = (
            VariationState::Offered,
            VariationState::Accepted(moved()),
            VariationState::Rejected(moved()),
        );
        let rows = [
            (&offered, "2025-06-20", "accepted", "rejected"),
            (&offered, "2025-06-21", "Expired(2025-06-20)", "Expired(2025-06-20)"),
            (&rejected, "2025-06-20", "accepted", "AlreadyRejected"),
            (&rejected, "2025-06-21", "Expired(2025-06-20)", "Expired(2025-06-20)"),
            (&accepted, "2025-06-01", "AlreadyAccepted", "AlreadyAccepted"),
            (&accepted, "2025-06-21", "AlreadyAccepted", "AlreadyAccepted"),
        ];
        for (state, today, accept, reject) in rows {
            let own = variation(state.clone());
            let said = |done: Result<Answered, CannotAnswer>| match done {
                Ok((after, _)) => after.state.name().to_owned(),
                Err(why) => format!("{why:?}"),
            };
            assert_eq!(said(own.accept(&provider(), &at(today))), accept, "{state:?} {today}");
            assert_eq!(
                said(own.reject("No", &provider(), &at(today))),
                reject,
                "{state:?} {today}"
            );
        }
    }

    #[test]
    fn an_answer_needs_the_role_a_reason_and_a_contract() {
        let (own, today) = (variation(VariationState::Offered), at("2025-06-01"));
        assert!(matches!(own.accept(&commissioner(), &today), Err(CannotAnswer::NotAllowed(_))));
        assert_eq!(own.reject(" ", &provider(), &today), Err(CannotAnswer::NoReason));
        let long = "x".repeat(TEXT_MAX + 1);
        assert_eq!(own.reject(&long, &provider(), &today), Err(CannotAnswer::ReasonTooLong));
        for until in [None, Some(day("2025-06-30"))] {
            let left = Variation { in_force_until: until, ..own.clone() };
            let refused = Err(CannotAnswer::NotInForce(day("2025-07-01")));
            assert_eq!(left.accept(&provider(), &today), refused);
        }
    }

    #[test]
    fn new_terms_go_to_who_takes_part_and_does_not_have_them() {
        let (from, until, now) = (day("2025-07-01"), Some(day("2026-03-31")), at("2025-06-10"));
        let (accepted, rejected) =
            (VariationState::Accepted(moved()), VariationState::Rejected(moved()));
        let rows = [
            (until, None, Ok(())),
            (until, Some((&rejected, day("2025-06-01"))), Ok(())),
            (until, Some((&VariationState::Offered, day("2025-06-09"))), Ok(())),
            (
                until,
                Some((&VariationState::Offered, day("2025-06-10"))),
                Err(CannotVary::AlreadyOffered),
            ),
            (until, Some((&accepted, day("2025-06-20"))), Err(CannotVary::AlreadyAccepted)),
            (Some(day("2025-06-30")), None, Err(CannotVary::NotInForce(from))),
            (None, None, Err(CannotVary::NotInForce(from))),
        ];
        for (until, before, expected) in rows {
            assert_eq!(may_go_to(from, until, before, &now), expected, "{until:?} {before:?}");
        }
        let ends_on = day("2026-03-31");
        for (respond_by, is_fine) in [
            ("2025-06-10", false),
            ("2025-06-11", true),
            ("2026-03-31", true),
            ("2026-04-01", false),
        ] {
            let may = may_offer(day(respond_by), ends_on, &commissioner(), &now);
            assert_eq!(may.is_ok(), is_fine, "{respond_by}");
        }
        assert!(may_offer(day("2025-06-20"), ends_on, &provider(), &now).is_err());
    }
}
