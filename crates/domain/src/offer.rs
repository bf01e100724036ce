//! Offers: one service offered to one provider, and every move it can make.

use crate::{
    Actor, By, Change, ContractId, Event, NotAllowed, Now, OfferId, OrganisationId, Permission,
    ServiceId,
    calendar::long_date,
    refusal::refusal,
    status::{self, Status},
};
use chrono::{DateTime, NaiveDate, Utc};

/// Where an offer stands; each state carries what is true only in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OfferState {
    /// Waiting for the provider's answer, until the response date.
    Pending,
    /// Accepted: the provider takes part.
    Accepted(Move),
    /// Rejected, with the provider's reason as the text.
    Rejected(Move),
    /// Asked for again after a rejection or an expiry, with the provider's words as the text.
    Requested(Move),
    /// Taken back by the commissioner.
    Withdrawn(Move),
}

/// Who moved an offer into its state, when, and with what words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// Who.
    pub by: By,
    /// When.
    pub at: DateTime<Utc>,
    /// The reason or note given; empty where none was asked for.
    pub text: String,
}

impl OfferState {
    /// Every state name, as stored.
    pub const NAMES: [&str; 5] = ["pending", "accepted", "rejected", "requested", "withdrawn"];

    /// The name stored.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted(_) => "accepted",
            Self::Rejected(_) => "rejected",
            Self::Requested(_) => "requested",
            Self::Withdrawn(_) => "withdrawn",
        }
    }

    /// Who moved it here, when anyone did.
    pub fn moved(&self) -> Option<&Move> {
        match self {
            Self::Pending => None,
            Self::Accepted(moved)
            | Self::Rejected(moved)
            | Self::Requested(moved)
            | Self::Withdrawn(moved) => Some(moved),
        }
    }
}

/// One service offered to one provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Identifier.
    pub id: OfferId,
    /// The contract it belongs to.
    pub contract: ContractId,
    /// The service.
    pub service: ServiceId,
    /// The provider.
    pub provider: OrganisationId,
    /// The commissioner.
    pub commissioner: OrganisationId,
    /// Last day for an answer.
    pub respond_by: NaiveDate,
    /// Last day of the service.
    pub service_ends_on: NaiveDate,
    /// Where it stands.
    pub state: OfferState,
    /// Raised by one with each move.
    pub version: i64,
}

/// Longest reason or note, in characters.
pub const TEXT_MAX: usize = 500;

/// Why an offer cannot be accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotAccept {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
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
    #[error("The commissioner has withdrawn this offer. It cannot be accepted.")]
    Withdrawn,
    #[error("You cannot respond because the response date was {}. You can request this service from the commissioner.", long_date(*.0))]
    Expired(NaiveDate),
}
refusal!(CannotAccept);

/// Why an offer cannot be rejected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotReject {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error("This offer is no longer pending, so it cannot be rejected.")]
    NotPending,
    #[error("You cannot respond because the response date was {}. You can request this service from the commissioner.", long_date(*.0))]
    Expired(NaiveDate),
    #[error("Enter why you are rejecting this offer")]
    NoReason,
    #[error("Your reason must be {TEXT_MAX} characters or less")]
    ReasonTooLong,
}
refusal!(CannotReject);

/// Why a service cannot be requested again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotRequest {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error("You have already requested this service. The commissioner has been told.")]
    AlreadyRequested,
    #[error(
        "You can request a service only after you rejected its offer or its response date passed."
    )]
    NotRejected,
    #[error(
        "You already have another offer of this service. Answer that one on your services page."
    )]
    OfferedElsewhere,
    #[error("The service ended on {}, so it cannot be requested.", long_date(*.0))]
    ServiceEnded(NaiveDate),
    #[error("Your message must be {TEXT_MAX} characters or less")]
    NoteTooLong,
}
refusal!(CannotRequest);

/// Why an offer cannot be reissued.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotReissue {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error("This offer has already been reissued. It is waiting for the provider.")]
    AlreadyPending,
    #[error("The provider has not requested this service, so it cannot be reissued.")]
    NotRequested,
    #[error("The service ended on {}, so it cannot be reissued.", long_date(*.0))]
    ServiceEnded(NaiveDate),
}
refusal!(CannotReissue);

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
    /// Whether the response date passed without an answer.
    pub fn has_expired(&self, today: NaiveDate) -> bool {
        self.state == OfferState::Pending && today > self.respond_by
    }

    /// Its row of the status table on a date.
    pub fn status(&self, today: NaiveDate) -> &'static Status {
        let name = if self.has_expired(today) { "expired" } else { self.state.name() };
        status::of(status::OFFER, name)
    }

    /// The same as its provider sees it: what was Active has Ended with its service.
    pub fn provider_status(&self, today: NaiveDate) -> &'static Status {
        match self.state {
            OfferState::Accepted(_) if today > self.service_ends_on => {
                status::of(status::OFFER, "ended")
            }
            _ => self.status(today),
        }
    }

    fn moved(&self, state: OfferState, event: Event) -> Change<Self> {
        Change { after: Self { state, version: self.version + 1, ..self.clone() }, event }
    }

    /// The provider accepts; it takes part from then on.
    pub fn accept(&self, by: &Actor, now: &Now) -> Result<Change<Self>, CannotAccept> {
        by.must(Permission::AnswerOffers)?;
        match &self.state {
            OfferState::Accepted(_) => return Err(CannotAccept::AlreadyAccepted),
            OfferState::Rejected(_) => return Err(CannotAccept::Rejected),
            OfferState::Requested(_) => return Err(CannotAccept::Requested),
            OfferState::Withdrawn(_) => return Err(CannotAccept::Withdrawn),
            OfferState::Pending if self.has_expired(now.today) => {
                return Err(CannotAccept::Expired(self.respond_by));
            }
            OfferState::Pending => {}
        }
        let moved = Move { by: by.by(), at: now.instant, text: String::new() };
        Ok(self.moved(OfferState::Accepted(moved), Event::OfferAccepted { offer: self.id }))
    }

    /// The provider rejects, saying why (1 to 500 characters).
    pub fn reject(
        &self,
        reason: &str,
        by: &Actor,
        now: &Now,
    ) -> Result<Change<Self>, CannotReject> {
        by.must(Permission::AnswerOffers)?;
        if self.state != OfferState::Pending {
            return Err(CannotReject::NotPending);
        }
        if self.has_expired(now.today) {
            return Err(CannotReject::Expired(self.respond_by));
        }
        let reason = reason.trim();
        if reason.is_empty() {
            return Err(CannotReject::NoReason);
        }
        if reason.chars().count() > TEXT_MAX {
            return Err(CannotReject::ReasonTooLong);
        }
        let moved = Move { by: by.by(), at: now.instant, text: reason.to_owned() };
        let event = Event::OfferRejected { offer: self.id, reason: reason.to_owned() };
        Ok(self.moved(OfferState::Rejected(moved), event))
    }

    /// The provider asks for the service after all, with a note of up to 500 characters.
    pub fn request(
        &self,
        note: &str,
        by: &Actor,
        now: &Now,
    ) -> Result<Change<Self>, CannotRequest> {
        by.must(Permission::AnswerOffers)?;
        match &self.state {
            OfferState::Requested(_) => return Err(CannotRequest::AlreadyRequested),
            OfferState::Rejected(_) => {}
            OfferState::Pending if self.has_expired(now.today) => {}
            OfferState::Pending | OfferState::Accepted(_) | OfferState::Withdrawn(_) => {
                return Err(CannotRequest::NotRejected);
            }
        }
        if now.today > self.service_ends_on {
            return Err(CannotRequest::ServiceEnded(self.service_ends_on));
        }
        let note = note.trim();
        if note.chars().count() > TEXT_MAX {
            return Err(CannotRequest::NoteTooLong);
        }
        let moved = Move { by: by.by(), at: now.instant, text: note.to_owned() };
        let event = Event::OfferRequested { offer: self.id, note: note.to_owned() };
        Ok(self.moved(OfferState::Requested(moved), event))
    }

    /// The commissioner offers again after a request; the provider gets four weeks, within the service's dates.
    pub fn reissue(&self, by: &Actor, now: &Now) -> Result<Change<Self>, CannotReissue> {
        by.must(Permission::Commission)?;
        match &self.state {
            OfferState::Requested(_) => {}
            OfferState::Pending => return Err(CannotReissue::AlreadyPending),
            OfferState::Accepted(_) | OfferState::Rejected(_) | OfferState::Withdrawn(_) => {
                return Err(CannotReissue::NotRequested);
            }
        }
        if now.today > self.service_ends_on {
            return Err(CannotReissue::ServiceEnded(self.service_ends_on));
        }
        let respond_by = crate::contract::usual_response_date(now.today).min(self.service_ends_on);
        let mut change =
            self.moved(OfferState::Pending, Event::OfferReissued { offer: self.id, respond_by });
        change.after.respond_by = respond_by;
        Ok(change)
    }

    /// The commissioner takes an offer back that has not been accepted.
    pub fn withdraw(&self, by: &Actor, now: &Now) -> Result<Change<Self>, CannotWithdraw> {
        by.must(Permission::Commission)?;
        match &self.state {
            OfferState::Accepted(_) => return Err(CannotWithdraw::Accepted),
            OfferState::Withdrawn(_) => return Err(CannotWithdraw::AlreadyWithdrawn),
            OfferState::Pending | OfferState::Rejected(_) | OfferState::Requested(_) => {}
        }
        let moved = Move { by: by.by(), at: now.instant, text: String::new() };
        Ok(self.moved(OfferState::Withdrawn(moved), Event::OfferWithdrawn { offer: self.id }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Organisation, OrganisationKind, Role};
    use uuid::Uuid;

    fn actor(kind: OrganisationKind, roles: &[Role]) -> Actor {
        Actor::Person {
            id: Uuid::from_u128(1).into(),
            name: "Sam Ahmed".into(),
            organisation: Organisation {
                id: Uuid::from_u128(2).into(),
                code: "Y00001".into(),
                name: "Riverside Surgery".into(),
                kind,
                parent: None,
                closed_on: None,
            },
            roles: roles.to_vec(),
        }
    }

    fn provider() -> Actor {
        actor(OrganisationKind::Practice, &[Role::ServiceManagement])
    }

    fn commissioner() -> Actor {
        actor(OrganisationKind::Icb, &[Role::CommissioningManagement])
    }

    fn at(day: &str) -> Now {
        Now::at(format!("{day}T12:00:00Z").parse().expect("an instant"))
    }

    fn offer() -> Offer {
        Offer {
            id: Uuid::from_u128(3).into(),
            contract: Uuid::from_u128(4).into(),
            service: Uuid::from_u128(5).into(),
            provider: Uuid::from_u128(2).into(),
            commissioner: Uuid::from_u128(6).into(),
            respond_by: "2026-04-30".parse().expect("a date"),
            service_ends_on: "2027-03-31".parse().expect("a date"),
            state: OfferState::Pending,
            version: 1,
        }
    }

    type Act = fn(&Offer, &Now) -> Result<Offer, String>;

    const ACTS: [(&str, Act); 5] = [
        ("accept", |offer, now| {
            offer.accept(&provider(), now).map(|c| c.after).map_err(|e| format!("{e:?}"))
        }),
        ("reject", |offer, now| {
            offer
                .reject("No staff", &provider(), now)
                .map(|c| c.after)
                .map_err(|e| format!("{e:?}"))
        }),
        ("request", |offer, now| {
            offer.request("", &provider(), now).map(|c| c.after).map_err(|e| format!("{e:?}"))
        }),
        ("reissue", |offer, now| {
            offer.reissue(&commissioner(), now).map(|c| c.after).map_err(|e| format!("{e:?}"))
        }),
        ("withdraw", |offer, now| {
            offer.withdraw(&commissioner(), now).map(|c| c.after).map_err(|e| format!("{e:?}"))
        }),
    ];

    /// The whole machine: the state each act leads to, or the name of the refusal.
    #[test]
    fn every_act_in_every_state_has_one_answer() {
        let moved =
            || Move { by: provider().by(), at: at("2026-04-02").instant, text: String::new() };
        let rows: [(OfferState, &str, [&str; 5]); 6] = [
            (
                OfferState::Pending,
                "2026-04-30",
                ["accepted", "rejected", "NotRejected", "AlreadyPending", "withdrawn"],
            ),
            (
                OfferState::Pending,
                "2026-05-01",
                [
                    "Expired(2026-04-30)",
                    "Expired(2026-04-30)",
                    "requested",
                    "AlreadyPending",
                    "withdrawn",
                ],
            ),
            (
                OfferState::Accepted(moved()),
                "2026-04-30",
                ["AlreadyAccepted", "NotPending", "NotRejected", "NotRequested", "Accepted"],
            ),
            (
                OfferState::Rejected(moved()),
                "2026-04-30",
                ["Rejected", "NotPending", "requested", "NotRequested", "withdrawn"],
            ),
            (
                OfferState::Requested(moved()),
                "2026-05-09",
                ["Requested", "NotPending", "AlreadyRequested", "pending", "withdrawn"],
            ),
            (
                OfferState::Withdrawn(moved()),
                "2026-04-30",
                ["Withdrawn", "NotPending", "NotRejected", "NotRequested", "AlreadyWithdrawn"],
            ),
        ];
        for (state, day, answers) in rows {
            let before = Offer { state, ..offer() };
            for ((act, run), wanted) in ACTS.iter().zip(answers) {
                let got = match run(&before, &at(day)) {
                    Ok(after) => {
                        assert_eq!(after.version, before.version + 1);
                        after.state.name().to_owned()
                    }
                    Err(why) => why,
                };
                assert_eq!(got, wanted, "{act} when {} on {day}", before.state.name());
            }
        }
    }

    #[test]
    fn a_reissued_offer_can_be_answered_for_four_weeks_but_not_after_the_service() {
        let moved = Move { by: provider().by(), at: at("2026-04-02").instant, text: String::new() };
        let asked = Offer { state: OfferState::Requested(moved), ..offer() };
        for (day, respond_by) in [("2026-06-01", "2026-06-29"), ("2027-03-20", "2027-03-31")] {
            let after =
                asked.reissue(&commissioner(), &at(day)).expect("a request to reissue").after;
            assert_eq!(after.respond_by.to_string(), respond_by);
            assert!(after.accept(&provider(), &at(respond_by)).is_ok());
        }
        assert!(matches!(
            asked.reissue(&commissioner(), &at("2027-04-01")),
            Err(CannotReissue::ServiceEnded(_))
        ));
    }

    #[test]
    fn a_rejection_needs_a_reason_of_up_to_500_characters() {
        let long = "x".repeat(TEXT_MAX + 1);
        let now = at("2026-04-10");
        assert_eq!(offer().reject("  ", &provider(), &now).err(), Some(CannotReject::NoReason));
        assert_eq!(
            offer().reject(&long, &provider(), &now).err(),
            Some(CannotReject::ReasonTooLong)
        );
        assert!(offer().reject(&long[1..], &provider(), &now).is_ok());
    }

    #[test]
    fn only_the_right_role_answers() {
        let viewer = actor(OrganisationKind::Practice, &[Role::View, Role::DeclarationManagement]);
        assert!(matches!(
            offer().accept(&viewer, &at("2026-04-10")),
            Err(CannotAccept::NotAllowed(_))
        ));
        let refusal = offer().accept(&viewer, &at("2026-04-10")).expect_err("no role").to_string();
        assert_eq!(refusal, "You need the role Service Management to answer service offers.");
    }

    #[test]
    fn every_state_has_its_row_in_the_status_table() {
        for name in OfferState::NAMES {
            assert_eq!(status::of(status::OFFER, name).name, name);
        }
        assert_eq!(offer().status("2026-05-01".parse().expect("a date")).word, "Expired");
        let accepted = offer().accept(&provider(), &at("2026-04-02")).expect("accepts").after;
        for (day, word) in [("2027-03-31", "Active"), ("2027-04-01", "Ended")] {
            let day = day.parse().expect("a date");
            assert_eq!(accepted.provider_status(day).provider_word, word);
            assert_eq!(accepted.status(day).word, "Accepted");
        }
    }
}
