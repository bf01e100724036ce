//! What is done with a recovery: one function for every act says what it leads to, or why not.

use super::{Answered, CannotRecover, How, Plan, Recovery, RecoveryState, notice_until};
use crate::{
    Actor, Change, CorrectionId, DeclarationId, Event, Now, OrganisationId, Pence, Permission,
    correction::read_reason, declaration::Step, question::Party,
};
use chrono::NaiveDate;
use std::borrow::Cow;

/// What may be recovered: a reversing correction that finance has approved, of money that had gone to the payer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// The correction.
    pub correction: CorrectionId,
    /// Its reference.
    pub reference: String,
    /// What it corrects.
    pub declaration: DeclarationId,
    /// From whom.
    pub provider: OrganisationId,
    /// To whom.
    pub commissioner: OrganisationId,
    /// How much, above zero.
    pub whole: Pence,
    /// Whether it is all that this type says it is.
    pub is_due: bool,
}

/// Something that somebody does with a recovery that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// The provider agrees to the plan.
    Agree,
    /// The provider proposes another plan.
    Propose,
    /// The provider says that nothing is to be taken back.
    Dispute,
    /// The commissioner takes the plan that the provider proposed.
    Accept,
    /// The commissioner keeps its own.
    Keep,
    /// The commissioner gives the recovery up.
    Drop,
    /// The notice is over without an answer.
    Stand,
}

impl Act {
    /// Every act.
    pub const ALL: [Self; 7] = [
        Self::Agree,
        Self::Propose,
        Self::Dispute,
        Self::Accept,
        Self::Keep,
        Self::Drop,
        Self::Stand,
    ];

    /// What a form calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Agree => "agree",
            Self::Propose => "propose",
            Self::Dispute => "dispute",
            Self::Accept => "accept",
            Self::Keep => "keep",
            Self::Drop => "drop",
            Self::Stand => "stand",
        }
    }

    /// Reads what a form calls it.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.name() == name)
    }
}

/// Who acts, when, and what they say.
#[derive(Clone, Copy, Debug)]
pub struct Acting<'a> {
    /// Who.
    pub by: &'a Actor,
    /// When.
    pub now: &'a Now,
    /// Why; read only where the act needs it.
    pub reason: &'a str,
    /// The plan that is proposed; read only there.
    pub plan: Plan,
}

impl Acting<'_> {
    fn step(&self) -> Step {
        Step { by: self.by.by(), at: self.now.instant }
    }
}

impl Due {
    /// The first day that an instalment may be asked for, when the notice is given today.
    pub fn earliest(now: &Now) -> NaiveDate {
        after(notice_until(now.today))
    }

    /// Whether this person could ask for it now.
    pub fn can_ask(&self, by: &Actor) -> Result<(), CannotRecover> {
        must_pay(by, (self.provider, self.commissioner))?;
        if self.is_due { Ok(()) } else { Err(CannotRecover::NothingToRecover) }
    }

    /// Asks for the recovery by a plan, with a reason and notice.
    pub fn ask(
        &self,
        plan: Plan,
        reason: &str,
        by: &Actor,
        now: &Now,
    ) -> Result<Change<Recovery>, CannotRecover> {
        self.can_ask(by)?;
        plan.check(self.whole, Self::earliest(now))?;
        let reason = read_reason(reason)?;
        let answer_by = notice_until(now.today);
        let event = Event::RecoveryAsked {
            declaration: self.declaration,
            correction: self.reference.clone(),
            amount: self.whole,
            instalments: plan.instalments,
            first_on: plan.first_on,
            answer_by,
            reason: reason.clone(),
        };
        let after = Recovery {
            correction: self.correction,
            reference: self.reference.clone(),
            declaration: self.declaration,
            provider: self.provider,
            commissioner: self.commissioner,
            whole: self.whole,
            plan,
            reason,
            asked: Step { by: by.acting_in(&PAY).by(), at: now.instant },
            answer_by,
            state: RecoveryState::Asked,
            version: 1,
        };
        Ok(Change { after, event })
    }
}

fn after(day: NaiveDate) -> NaiveDate {
    day.succ_opt().unwrap_or(day)
}

/// Whoever approves or does finance at the organisation that pays.
fn must_pay(
    by: &Actor,
    (provider, commissioner): (OrganisationId, OrganisationId),
) -> Result<(), CannotRecover> {
    if !PAY.iter().any(|permission| by.may(*permission)) {
        by.must(Permission::Approve)?;
    }
    match Party::of(by, provider, commissioner) {
        Some(Party::Commissioner) => Ok(()),
        _ => Err(CannotRecover::AnotherCommissioner),
    }
}

/// Who asks for a recovery and decides about it.
pub const PAY: [Permission; 2] = [Permission::ApproveFinance, Permission::Approve];

/// As whom somebody does it: as themselves, or for a colleague whose deputy they are.
pub fn acts_as(act: Act, by: &Actor) -> Cow<'_, Actor> {
    match act {
        Act::Agree | Act::Propose | Act::Dispute => by.acting(Permission::Declare),
        Act::Accept | Act::Keep | Act::Drop => by.acting_in(&PAY),
        Act::Stand => Cow::Borrowed(by),
    }
}

impl Recovery {
    /// What an act leads to, or why it is refused. Buttons, forms, the store and what the service does by itself ask this.
    pub fn act(&self, act: Act, with: &Acting<'_>) -> Result<Change<Self>, CannotRecover> {
        let by = acts_as(act, with.by);
        let with = &Acting { by: &by, ..*with };
        match act {
            Act::Agree | Act::Propose | Act::Dispute => self.answer(act, with),
            Act::Accept | Act::Keep | Act::Drop => self.decide(act, with),
            Act::Stand => self.stand(with),
        }
    }

    /// Whether an act could be done now, with a reason and a plan that are in order.
    pub fn can(&self, act: Act, with: &Acting<'_>) -> Result<(), CannotRecover> {
        let plan = Plan { instalments: 1, first_on: after(self.answer_by) };
        self.act(act, &Acting { reason: "A reason", plan, ..*with }).map(drop)
    }

    fn decided(&self) -> Result<(), CannotRecover> {
        match &self.state {
            RecoveryState::Asked | RecoveryState::Answered(_) => Ok(()),
            RecoveryState::Agreed { step, .. }
            | RecoveryState::Taken { step, .. }
            | RecoveryState::Dropped { step, .. } => {
                Err(CannotRecover::AlreadyDecided(step.clone()))
            }
        }
    }

    fn answer(&self, act: Act, with: &Acting<'_>) -> Result<Change<Self>, CannotRecover> {
        with.by.must(Permission::Declare)?;
        if Party::of(with.by, self.provider, self.commissioner) != Some(Party::Provider) {
            return Err(CannotRecover::AnotherProvider);
        }
        self.decided()?;
        if self.state != RecoveryState::Asked {
            return Err(CannotRecover::AlreadyAnswered);
        }
        if self.asked.by.counts_for(with.by) {
            return Err(CannotRecover::SamePersonGaveNotice);
        }
        if act == Act::Agree {
            return Ok(self.agreed(How::Agreed, self.plan, None, with));
        }
        let proposal = (act == Act::Propose).then_some(with.plan);
        if let Some(plan) = proposal {
            plan.check(self.whole, after(self.answer_by))?;
        }
        let reason = read_reason(with.reason)?;
        let event = Event::RecoveryAnswered {
            declaration: self.declaration,
            correction: self.reference.clone(),
            instalments: proposal.map(|plan| plan.instalments),
            first_on: proposal.map(|plan| plan.first_on),
            reason: reason.clone(),
        };
        let answered = Answered { step: with.step(), reason, proposal };
        let state = RecoveryState::Answered(answered);
        Ok(Change { after: Self { state, version: self.version + 1, ..self.clone() }, event })
    }

    /// The commissioner decides about what the provider answered. Keeping the plan and giving it up need a second person:
    /// whoever asked does not judge what is said against it.
    fn decide(&self, act: Act, with: &Acting<'_>) -> Result<Change<Self>, CannotRecover> {
        must_pay(with.by, (self.provider, self.commissioner))?;
        self.decided()?;
        let RecoveryState::Answered(answer) = &self.state else {
            return Err(CannotRecover::NotAnswered(self.answer_by));
        };
        if answer.step.by.counts_for(with.by) {
            return Err(CannotRecover::SamePersonAnswered);
        }
        if act == Act::Accept {
            let plan = answer.proposal.ok_or(CannotRecover::NothingProposed)?;
            return Ok(self.agreed(How::Accepted, plan, Some(answer.clone()), with));
        }
        if self.asked.by.counts_for(with.by) {
            return Err(CannotRecover::SamePersonAsked);
        }
        if act == Act::Keep {
            return Ok(self.agreed(How::Kept, self.plan, Some(answer.clone()), with));
        }
        let reason = read_reason(with.reason)?;
        let event = Event::RecoveryDropped {
            declaration: self.declaration,
            correction: self.reference.clone(),
            amount: self.whole,
            reason: reason.clone(),
        };
        let state = RecoveryState::Dropped { step: with.step(), reason, answer: answer.clone() };
        Ok(Change { after: Self { state, version: self.version + 1, ..self.clone() }, event })
    }

    fn stand(&self, with: &Acting<'_>) -> Result<Change<Self>, CannotRecover> {
        self.decided()?;
        if self.state != RecoveryState::Asked {
            return Err(CannotRecover::AlreadyAnswered);
        }
        if with.now.today <= self.answer_by {
            return Err(CannotRecover::NoticeRuns(self.answer_by));
        }
        Ok(self.agreed(How::Silent, self.plan, None, with))
    }

    fn agreed(
        &self,
        how: How,
        plan: Plan,
        answer: Option<Answered>,
        with: &Acting<'_>,
    ) -> Change<Self> {
        let plan = plan.from(with.now.today);
        let event = Event::RecoveryAgreed {
            declaration: self.declaration,
            correction: self.reference.clone(),
            amount: self.whole,
            instalments: plan.instalments,
            first_on: plan.first_on,
            how: how.name().to_owned(),
        };
        let state = RecoveryState::Agreed { how, step: with.step(), answer };
        Change { after: Self { plan, state, version: self.version + 1, ..self.clone() }, event }
    }
}
