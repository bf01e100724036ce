//! Asking for a correction: of what is locked, one at a time, and never for more than the declaration stands at.

use super::{
    Answer, CannotAsk, Correction, CorrectionState, Direction,
    acts::APPROVE,
    words::{read_evidence, read_reason},
};
use crate::{
    Actor, Change, CorrectionId, DeclarationId, Event, Now, OrganisationId, Pence, Permission,
    declaration::{Bands, Step},
    hold::Held,
    question::Party,
    recovery::notice_until,
};
use chrono::NaiveDate;
use std::borrow::Cow;

/// The largest correction in pence: what is typed above it is a slip of the hand.
const LARGEST: Pence = Pence(100_000_000_000);

/// A declaration that may be corrected, with what became of it since it was locked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Original {
    /// Identifier.
    pub id: DeclarationId,
    /// Its reference.
    pub reference: String,
    /// Whose.
    pub provider: OrganisationId,
    /// When that provider closed, if it has.
    pub provider_closed_on: Option<NaiveDate>,
    /// Who pays.
    pub commissioner: OrganisationId,
    /// Whether finance has approved it.
    pub is_locked: bool,
    /// The amount that was locked.
    pub locked: Pence,
    /// What all corrections that count come to.
    pub corrected: Pence,
    /// The reference of the correction that is open, if one is.
    pub open: Option<String>,
    /// What the commissioner asks for by amount.
    pub bands: Bands,
    /// The open hold that stops agreeing and approving.
    pub held: Option<Held>,
}

/// What somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asking {
    /// Which way; none where nothing was chosen.
    pub direction: Option<Direction>,
    /// How much, above zero; none where nothing that is an amount was typed.
    pub amount: Option<Pence>,
    /// Why.
    pub reason: String,
    /// Where it can be looked up; may be empty.
    pub evidence: String,
    /// What the declaration stood at when the person looked at it.
    pub seen: Pence,
}

impl Original {
    /// What the declaration stands at: the locked amount with the corrections that count.
    pub fn stands_at(&self) -> Pence {
        self.locked + self.corrected
    }

    /// Whether this person could ask for a correction now, and for which side.
    pub fn can_ask(&self, by: &Actor, now: &Now) -> Result<Party, CannotAsk> {
        let party = Party::of(by, self.provider, self.commissioner).ok_or(CannotAsk::NotAParty)?;
        match party {
            Party::Provider => by.must(Permission::Declare)?,
            // Whoever approves there may find that what was approved is wrong.
            Party::Commissioner => {
                if !APPROVE.iter().any(|permission| by.may(*permission)) {
                    by.must(Permission::Approve)?;
                }
            }
        }
        if !self.is_locked {
            return Err(CannotAsk::NotLocked);
        }
        if let Some(on) = self.provider_closed_on.filter(|on| *on < now.today) {
            return Err(CannotAsk::ProviderClosed(on));
        }
        match &self.open {
            Some(open) => Err(CannotAsk::AlreadyOpen(open.clone())),
            None => Ok(party),
        }
    }

    /// As whom somebody asks: as themselves, or for a colleague whose deputy they are.
    pub fn asks_as<'a>(&self, by: &'a Actor) -> Cow<'a, Actor> {
        match Party::of(by, self.provider, self.commissioner) {
            Some(Party::Commissioner) => by.acting_in(&APPROVE),
            _ => by.acting(Permission::Declare),
        }
    }

    /// The amount that is asked for with its sign, of a declaration that stands as it was seen.
    fn amount(&self, asking: &Asking) -> Result<(Direction, Pence), CannotAsk> {
        let stands_at = self.stands_at();
        if asking.seen != stands_at {
            return Err(CannotAsk::StandsElsewhere(stands_at));
        }
        let direction = asking.direction.ok_or(CannotAsk::NoDirection)?;
        let amount = asking.amount.filter(|amount| amount.0 > 0).ok_or(CannotAsk::NoAmount)?;
        if direction == Direction::Reversing && stands_at.0 <= 0 {
            return Err(CannotAsk::NothingToTakeBack(stands_at));
        }
        if direction == Direction::Reversing && amount > stands_at {
            return Err(CannotAsk::MoreThanStands(stands_at));
        }
        if amount > LARGEST {
            return Err(CannotAsk::TooLarge);
        }
        Ok((direction, direction.signed(amount)))
    }

    /// Asks for a correction. A provider that asks has declared with it; what a commissioner asks for, the provider
    /// must answer first.
    pub fn ask(
        &self,
        (id, reference): (CorrectionId, String),
        asking: &Asking,
        by: &Actor,
        now: &Now,
    ) -> Result<Change<Correction>, CannotAsk> {
        let asked_by = self.can_ask(by, now)?;
        let (direction, amount) = self.amount(asking)?;
        let reason = read_reason(&asking.reason)?;
        let evidence = read_evidence(&asking.evidence)?;
        let asked = Step { by: self.asks_as(by).by(), at: now.instant };
        let state = match asked_by {
            Party::Provider => {
                CorrectionState::AwaitingCommissioner { answer: Answer::Agreed(asked.clone()) }
            }
            Party::Commissioner => CorrectionState::AwaitingProvider,
        };
        let event = Event::CorrectionAsked {
            declaration: self.id,
            correction: reference.clone(),
            by: asked_by,
            amount,
            stood_at: self.stands_at(),
            reason: reason.clone(),
            evidence: evidence.clone(),
        };
        let after = Correction {
            id,
            reference,
            declaration: self.id,
            corrects: self.reference.clone(),
            provider: self.provider,
            commissioner: self.commissioner,
            direction,
            amount,
            stood_at: self.stands_at(),
            reason,
            evidence,
            asked_by,
            asked,
            answer_by: notice_until(now.today),
            band: self.bands.of(amount),
            held: self.held.clone(),
            state,
            version: 1,
        };
        Ok(Change { after, event })
    }
}
