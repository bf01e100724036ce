//! What is done with a correction that was asked for: one function for every act says what it leads to, or why not.

use super::{Answer, CannotCorrect, Correction, CorrectionState, Direction, read_reason};
use crate::{
    Actor, Change, Event, Now, Pence, Permission,
    declaration::{Band, Step},
    question::Party,
};
use std::borrow::Cow;

/// The approvals of a commissioner: whoever gives one of them may find that what was approved is wrong.
pub(super) const APPROVE: [Permission; 3] =
    [Permission::Approve, Permission::ApproveSecond, Permission::ApproveFinance];

/// Something that somebody does with a correction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// The provider says that it is right.
    Agree,
    /// The provider says that it is wrong.
    Disagree,
    /// The approval that is due: the first or second for the commissioner, or that of finance.
    Approve,
    /// Whoever could approve decides against it.
    Refuse,
    /// The side that asked takes it back.
    Withdraw,
}

impl Act {
    /// Every act.
    pub const ALL: [Self; 5] =
        [Self::Agree, Self::Disagree, Self::Approve, Self::Refuse, Self::Withdraw];

    /// What a form calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Agree => "agree",
            Self::Disagree => "disagree",
            Self::Approve => "approve",
            Self::Refuse => "refuse",
            Self::Withdraw => "withdraw",
        }
    }

    /// Reads what a form calls it.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.name() == name)
    }

    /// Whether it needs a reason.
    pub fn needs_reason(self) -> bool {
        matches!(self, Self::Disagree | Self::Refuse)
    }
}

/// Who acts, when, with which reason, and what the declaration stands at then.
#[derive(Clone, Copy, Debug)]
pub struct Acting<'a> {
    /// Who.
    pub by: &'a Actor,
    /// When.
    pub now: &'a Now,
    /// Why; read only where the act needs it.
    pub reason: &'a str,
    /// What the declaration stands at, without this correction.
    pub stands_at: Pence,
}

impl Acting<'_> {
    fn step(&self) -> Step {
        Step { by: self.by.by(), at: self.now.instant }
    }
}

impl Correction {
    /// What an act leads to, or why it is refused. Buttons, forms and the store ask this.
    pub fn act(&self, act: Act, with: &Acting<'_>) -> Result<Change<Self>, CannotCorrect> {
        let by = self.acts_as(act, with.by);
        let with = &Acting { by: &by, ..*with };
        match act {
            Act::Agree | Act::Disagree => self.answer(act == Act::Agree, with),
            Act::Approve => self.approve(with),
            Act::Refuse => self.refuse(with),
            Act::Withdraw => self.withdraw(with),
        }
    }

    /// As whom somebody does it: as themselves, or for a colleague whose deputy they are.
    pub fn acts_as<'a>(&self, act: Act, by: &'a Actor) -> Cow<'a, Actor> {
        match (act, self.asked_by) {
            (Act::Agree | Act::Disagree, _) | (Act::Withdraw, Party::Provider) => {
                by.acting(Permission::Declare)
            }
            (Act::Approve | Act::Refuse, _) => by.acting_in(&[self.due()]),
            (Act::Withdraw, Party::Commissioner) => by.acting_in(&APPROVE),
        }
    }

    /// Whether an act could be done now, with a reason that is in order.
    pub fn can(&self, act: Act, with: &Acting<'_>) -> Result<(), CannotCorrect> {
        self.act(act, &Acting { reason: "A reason", ..*with }).map(drop)
    }

    fn moved(&self, state: CorrectionState, event: Event) -> Change<Self> {
        Change { after: Self { state, version: self.version + 1, ..self.clone() }, event }
    }

    fn party(&self, by: &Actor) -> Option<Party> {
        Party::of(by, self.provider, self.commissioner)
    }

    fn must_be_open(&self) -> Result<(), CannotCorrect> {
        match &self.state {
            CorrectionState::Refused { step, .. } | CorrectionState::Withdrawn { step } => {
                Err(CannotCorrect::Ended(step.clone()))
            }
            CorrectionState::Approved { finance, .. } => {
                Err(CannotCorrect::AlreadyApproved(finance.clone()))
            }
            _ => Ok(()),
        }
    }

    fn must_not_be_held(&self) -> Result<(), CannotCorrect> {
        self.held.clone().map_or(Ok(()), |held| Err(CannotCorrect::Held(held)))
    }

    fn answer(&self, agrees: bool, with: &Acting<'_>) -> Result<Change<Self>, CannotCorrect> {
        with.by.must(Permission::Declare)?;
        if self.party(with.by) != Some(Party::Provider) {
            return Err(CannotCorrect::AnotherProvider);
        }
        self.must_be_open()?;
        if self.state != CorrectionState::AwaitingProvider {
            return Err(CannotCorrect::AlreadyAnswered);
        }
        if self.asked.by.counts_for(with.by) {
            return Err(CannotCorrect::SamePersonAsked);
        }
        self.must_not_be_held()?;
        if agrees {
            self.must_stand(with)?;
        }
        let reason = if agrees { String::new() } else { read_reason(with.reason)? };
        let step = with.step();
        let event = Event::CorrectionAnswered {
            declaration: self.declaration,
            correction: self.reference.clone(),
            agrees,
            amount: self.amount,
            reason: reason.clone(),
        };
        let state = match (agrees, self.direction) {
            (true, _) => CorrectionState::AwaitingCommissioner { answer: Answer::Agreed(step) },
            // Nobody is paid more than it wants to be.
            (false, Direction::Supplementary) => CorrectionState::Refused { step, reason },
            // What was paid too much is not the provider's to keep because it says so: those who approve read why.
            (false, Direction::Reversing) => {
                CorrectionState::AwaitingCommissioner { answer: Answer::Disagrees { step, reason } }
            }
        };
        Ok(self.moved(state, event))
    }

    /// The answer that an approval stands on: a reversing correction goes on without one when the notice is over.
    fn answered(&self, now: &Now) -> Result<Answer, CannotCorrect> {
        match (&self.state, self.direction) {
            (CorrectionState::AwaitingProvider, Direction::Supplementary) => {
                Err(CannotCorrect::NotAgreed)
            }
            (CorrectionState::AwaitingProvider, _) if now.today <= self.answer_by => {
                Err(CannotCorrect::NotAnswered(self.answer_by))
            }
            (state, _) => Ok(state.answer().cloned().unwrap_or(Answer::Silent)),
        }
    }

    /// Which approval is due, or would be.
    fn due(&self) -> Permission {
        match self.state {
            CorrectionState::AwaitingSecond { .. } => Permission::ApproveSecond,
            CorrectionState::AwaitingFinance { .. } | CorrectionState::Approved { .. } => {
                Permission::ApproveFinance
            }
            _ => Permission::Approve,
        }
    }

    /// What stops everybody of the commissioner: another organisation, an own step before this one, an end, a hold.
    fn must_be_free(&self, with: &Acting<'_>) -> Result<(), CannotCorrect> {
        if let Err(why) = with.by.must(self.due()) {
            // Who gives another approval reads why that one is not due.
            let own = APPROVE.into_iter().find(|permission| with.by.may(*permission));
            let own = own.ok_or(why)?;
            self.must_be_open()?;
            let last = self.state.second().or(self.state.approved());
            return Err(match (last, own) {
                (None, _) => CannotCorrect::NotApprovedByCommissioner,
                (Some(_), Permission::ApproveFinance) => CannotCorrect::NotApprovedTwice,
                (Some(last), _) => CannotCorrect::AlreadyApproved(last.clone()),
            });
        }
        if self.party(with.by) != Some(Party::Commissioner) {
            return Err(CannotCorrect::AnotherCommissioner);
        }
        self.must_be_open()?;
        if self.asked.by.counts_for(with.by) {
            return Err(CannotCorrect::SamePersonAsked);
        }
        let answered = self.state.answer().and_then(Answer::step);
        let before = [answered, self.state.approved(), self.state.second()];
        if before.into_iter().flatten().any(|step| step.by.counts_for(with.by)) {
            return Err(CannotCorrect::SamePersonAgreed);
        }
        self.must_not_be_held()
    }

    /// What the declaration would stand at was read by whoever agreed: a recovery that was dropped since changes it.
    fn must_stand(&self, with: &Acting<'_>) -> Result<(), CannotCorrect> {
        if with.stands_at == self.stood_at {
            return Ok(());
        }
        Err(CannotCorrect::StandsElsewhere(with.stands_at, self.stood_at))
    }

    fn approve(&self, with: &Acting<'_>) -> Result<Change<Self>, CannotCorrect> {
        self.must_be_free(with)?;
        let answer = self.answered(with.now)?;
        if with.stands_at.0 + self.amount.0 < 0 && self.direction == Direction::Reversing {
            return Err(CannotCorrect::MoreThanStands(with.stands_at));
        }
        self.must_stand(with)?;
        let (declaration, correction) = (self.declaration, self.reference.clone());
        let (amount, step) = (self.amount, with.step());
        Ok(match &self.state {
            CorrectionState::AwaitingSecond { approved, .. } => {
                let state = CorrectionState::AwaitingFinance {
                    answer,
                    approved: approved.clone(),
                    second: Some(step),
                };
                self.moved(
                    state,
                    Event::CorrectionSecondApproved { declaration, correction, amount },
                )
            }
            CorrectionState::AwaitingFinance { approved, second, .. } => {
                let (approved, second) = (approved.clone(), second.clone());
                let state = CorrectionState::Approved { answer, approved, second, finance: step };
                let event = Event::CorrectionFinanceApproved { declaration, correction, amount };
                self.moved(state, event)
            }
            _ => {
                let without_answer = answer == Answer::Silent;
                let state = match self.band {
                    Band::Low => {
                        CorrectionState::AwaitingFinance { answer, approved: step, second: None }
                    }
                    Band::Medium | Band::High => {
                        CorrectionState::AwaitingSecond { answer, approved: step }
                    }
                };
                let event =
                    Event::CorrectionApproved { declaration, correction, amount, without_answer };
                self.moved(state, event)
            }
        })
    }

    fn refuse(&self, with: &Acting<'_>) -> Result<Change<Self>, CannotCorrect> {
        self.must_be_free(with)?;
        // The provider's turn is not the approvers'; the side that asked can withdraw.
        if self.state == CorrectionState::AwaitingProvider {
            return Err(CannotCorrect::NotAnswered(self.answer_by));
        }
        let reason = read_reason(with.reason)?;
        let event = Event::CorrectionRefused {
            declaration: self.declaration,
            correction: self.reference.clone(),
            amount: self.amount,
            reason: reason.clone(),
        };
        Ok(self.moved(CorrectionState::Refused { step: with.step(), reason }, event))
    }

    fn withdraw(&self, with: &Acting<'_>) -> Result<Change<Self>, CannotCorrect> {
        match self.asked_by {
            Party::Provider => with.by.must(Permission::Declare)?,
            Party::Commissioner => {
                if !APPROVE.iter().any(|permission| with.by.may(*permission)) {
                    with.by.must(Permission::Approve)?;
                }
            }
        }
        if self.party(with.by) != Some(self.asked_by) {
            return Err(CannotCorrect::OtherSideAsked);
        }
        self.must_be_open()?;
        let event = Event::CorrectionWithdrawn {
            declaration: self.declaration,
            correction: self.reference.clone(),
        };
        Ok(self.moved(CorrectionState::Withdrawn { step: with.step() }, event))
    }
}
