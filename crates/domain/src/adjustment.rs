//! Adjustments: points or pounds that two people agree on top of what the rules give, or in the place of it.
//!
//! Source: 37 published results of Scottish practices were awarded by hand; income protection pays the points of an
//! earlier year. Who agrees and what is kept is ours.

mod read;
mod refused;
mod used;

pub use read::{Kind, Typed, WHOLE_PAYMENT};
pub use refused::{Asked, CannotAdjust, Wrong};
pub use used::used;

use crate::{
    AchievementId, Actor, AdjustmentId, Change, Event, Now, OrganisationId, Pence, Permission,
    Service,
    calculation::{self, AdjustmentChange, Calculation},
    declaration::{DeclarationState, Step},
    ratio::Points,
    service::Indicator,
    status::{self, Status},
};

/// Where an adjustment stands; each state keeps the steps that led to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AdjustmentState {
    /// A second person must decide. Nothing is paid by it.
    Asked,
    /// In force.
    Agreed {
        /// The second person.
        agreed: Step,
    },
    /// Never in force: the second person decided against it.
    Refused {
        /// The second person.
        refused: Step,
        /// Why.
        reason: String,
    },
    /// Never in force: who asked for it took it back.
    Withdrawn {
        /// Who asked.
        withdrawn: Step,
    },
    /// In force, until a second person agrees that it was wrong.
    Ending {
        /// Who agreed to it.
        agreed: Step,
        /// Who wants it to end.
        asked: Step,
        /// Why.
        reason: String,
    },
    /// Not in force any more.
    Ended {
        /// Who agreed to it.
        agreed: Step,
        /// Who wanted it to end.
        asked: Step,
        /// Why.
        reason: String,
        /// Who agreed that it ends.
        ended: Step,
    },
}

impl AdjustmentState {
    /// Every state name, as stored.
    pub const NAMES: [&str; 6] = ["asked", "agreed", "refused", "withdrawn", "ending", "ended"];

    /// The name stored.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Agreed { .. } => "agreed",
            Self::Refused { .. } => "refused",
            Self::Withdrawn { .. } => "withdrawn",
            Self::Ending { .. } => "ending",
            Self::Ended { .. } => "ended",
        }
    }

    /// Its row of the status table.
    pub fn status(&self) -> &'static Status {
        status::of(status::ADJUSTMENT, self.name())
    }

    /// Whether calculations use the adjustment.
    pub fn is_in_force(&self) -> bool {
        matches!(self, Self::Agreed { .. } | Self::Ending { .. })
    }

    /// Whether a second person must decide.
    pub fn waits(&self) -> bool {
        matches!(self, Self::Asked | Self::Ending { .. })
    }
}

/// A change of one payment that is asked for, and perhaps agreed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adjustment {
    /// Identifier.
    pub id: AdjustmentId,
    /// The achievement whose payment changes.
    pub achievement: AchievementId,
    /// The indicator it is about; none for the whole payment.
    pub indicator: Option<String>,
    /// What changes.
    pub change: AdjustmentChange,
    /// Why.
    pub reason: String,
    /// Where that can be looked up: a letter, a ticket.
    pub evidence: String,
    /// Who asked for it.
    pub asked: Step,
    /// Where it stands.
    pub state: AdjustmentState,
    /// Raised by one with each change.
    pub version: i64,
}

/// The achievement that an adjustment is about, as it stands.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// Which.
    pub achievement: AchievementId,
    /// Who pays.
    pub commissioner: OrganisationId,
    /// Of which service.
    pub service: &'a Service,
    /// Codes of the components that the contract includes.
    pub components: &'a [String],
    /// The calculation in force; none while something is missing.
    pub calculation: Option<&'a Calculation>,
    /// What is adjusted already.
    pub in_force: &'a [calculation::Adjustment],
    /// Where its declaration stands; none before the first calculation.
    pub declaration: Option<&'a DeclarationState>,
}

/// What an agreement does to the payment: before and after, where both are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effect {
    /// The payment without it.
    pub before: Option<Pence>,
    /// The payment with it.
    pub after: Option<Pence>,
}

impl Case<'_> {
    /// Whether this person may adjust payments of this commissioner at all.
    pub fn may_decide(&self, by: &Actor) -> Result<(), CannotAdjust> {
        by.must(Permission::Adjust)?;
        match by.organisation() {
            Some(organisation) if organisation.id == self.commissioner => Ok(()),
            _ => Err(CannotAdjust::AnotherCommissioner),
        }
    }

    /// Whether this person may change the payment now. What finance has approved stays as it is.
    pub fn may_change(&self, by: &Actor) -> Result<(), CannotAdjust> {
        self.may_decide(by)?;
        match self.declaration {
            Some(DeclarationState::Approved { .. }) => Err(CannotAdjust::Locked),
            _ => Ok(()),
        }
    }

    /// Asks for an adjustment; everything that is wrong with what was typed is named at once.
    pub fn ask(
        &self,
        id: AdjustmentId,
        typed: &Typed,
        by: &Actor,
        now: &Now,
    ) -> Result<Change<Adjustment>, CannotAdjust> {
        self.may_change(by)?;
        if self.calculation.is_none() {
            return Err(CannotAdjust::NotCalculated);
        }
        let read = typed.read(self).map_err(CannotAdjust::Typed)?;
        let after = Adjustment {
            id,
            achievement: self.achievement,
            indicator: read.indicator,
            change: read.change,
            reason: read.reason,
            evidence: read.evidence,
            asked: step(by, now),
            state: AdjustmentState::Asked,
            version: 1,
        };
        let event = Event::AdjustmentAsked {
            adjustment: id,
            achievement: self.achievement,
            indicator: after.indicator.clone(),
            change: after.change.clone(),
            reason: after.reason.clone(),
        };
        Ok(Change { after, event })
    }

    /// An indicator that the contract includes.
    fn indicator(&self, code: &str) -> Option<&Indicator> {
        self.service.included(self.components).find(|own| own.code == code)
    }

    /// Whether points are paid in the place of those that an indicator earned.
    fn has_points_instead(&self, code: &str) -> bool {
        self.in_force.iter().any(|own| {
            own.indicator.as_deref() == Some(code)
                && matches!(own.change, AdjustmentChange::Instead(_))
        })
    }

    /// The points that an indicator has now, adjustments in force included; none where nothing is calculated.
    pub fn points_now(&self, code: &str) -> Option<Points> {
        let has_points = |line: &&calculation::Line| {
            line.indicator.as_deref() == Some(code) && line.points.is_some()
        };
        let line = self.calculation?.lines.iter().find(has_points)?;
        line.points.as_deref()?.parse().ok()
    }
}

fn step(by: &Actor, now: &Now) -> Step {
    Step { by: by.acting(Permission::Adjust).by(), at: now.instant }
}

impl Adjustment {
    fn moved(&self, state: AdjustmentState, event: Event) -> Change<Self> {
        Change { after: Self { state, version: self.version + 1, ..self.clone() }, event }
    }

    /// Who must not be the one that decides, where somebody must decide.
    pub fn waits_for_another_than(&self) -> Option<&Step> {
        match &self.state {
            AdjustmentState::Asked => Some(&self.asked),
            AdjustmentState::Ending { asked, .. } => Some(asked),
            _ => None,
        }
    }

    /// Refuses where nobody has to decide, or this person asked.
    fn must_be_second(&self, by: &Actor) -> Result<(), CannotAdjust> {
        match self.waits_for_another_than() {
            Some(asked) if asked.by.counts_for(&by.acting(Permission::Adjust)) => {
                Err(match asked.by.is(by) {
                    true => CannotAdjust::SamePersonAsked,
                    false => CannotAdjust::CountsAsOne(asked.clone()),
                })
            }
            Some(_) => Ok(()),
            None => Err(self.decided()),
        }
    }

    /// The refusal that says who decided, and when.
    fn decided(&self) -> CannotAdjust {
        match &self.state {
            AdjustmentState::Asked => CannotAdjust::NotAgreed,
            AdjustmentState::Agreed { agreed } => CannotAdjust::Agreed(agreed.clone()),
            AdjustmentState::Refused { refused, .. } => CannotAdjust::Refused(refused.clone()),
            AdjustmentState::Withdrawn { withdrawn } => CannotAdjust::Withdrawn(withdrawn.clone()),
            AdjustmentState::Ending { asked, .. } => CannotAdjust::EndAsked(asked.clone()),
            AdjustmentState::Ended { ended, .. } => CannotAdjust::Ended(ended.clone()),
        }
    }

    /// Whether this person may agree now, to the adjustment or to its end.
    pub fn may_agree(&self, case: &Case, by: &Actor) -> Result<(), CannotAdjust> {
        case.may_change(by)?;
        self.must_be_second(by)?;
        if self.state == AdjustmentState::Asked {
            // Figures and other adjustments may have moved the points since it was asked for.
            read::fits(case, self.indicator.as_deref(), &self.change)
                .map_err(|wrong| CannotAdjust::DoesNotFit(wrong.message))?;
        }
        Ok(())
    }

    /// As it would stand if this person agreed now, whether they may or not: to say what that would do.
    pub fn supposed(&self, by: &Actor, now: &Now) -> Self {
        let state = match &self.state {
            AdjustmentState::Asked => AdjustmentState::Agreed { agreed: step(by, now) },
            AdjustmentState::Ending { agreed, asked, reason } => AdjustmentState::Ended {
                agreed: agreed.clone(),
                asked: asked.clone(),
                reason: reason.clone(),
                ended: step(by, now),
            },
            other => other.clone(),
        };
        Self { state, ..self.clone() }
    }

    /// The second person agrees: to the adjustment, or that it ends. `effect` is what that does to the payment.
    pub fn agree(
        &self,
        case: &Case,
        effect: Effect,
        by: &Actor,
        now: &Now,
    ) -> Result<Change<Self>, CannotAdjust> {
        self.may_agree(case, by)?;
        let (adjustment, achievement) = (self.id, self.achievement);
        let Effect { before, after } = effect;
        let event = match &self.state {
            AdjustmentState::Ending { .. } => {
                Event::AdjustmentEnded { adjustment, achievement, before, after }
            }
            _ => Event::AdjustmentAgreed { adjustment, achievement, before, after },
        };
        Ok(self.moved(self.supposed(by, now).state, event))
    }

    /// The second person decides against it: it never comes into force, or it stays in force.
    pub fn refuse(
        &self,
        reason: &str,
        case: &Case,
        by: &Actor,
        now: &Now,
    ) -> Result<Change<Self>, CannotAdjust> {
        case.may_decide(by)?;
        self.must_be_second(by)?;
        let reason = read::reason(reason).map_err(|wrong| CannotAdjust::Typed(vec![wrong]))?;
        let event = Event::AdjustmentRefused {
            adjustment: self.id,
            achievement: self.achievement,
            ending: self.state.is_in_force(),
            reason: reason.clone(),
        };
        let state = match &self.state {
            AdjustmentState::Ending { agreed, .. } => {
                AdjustmentState::Agreed { agreed: agreed.clone() }
            }
            _ => AdjustmentState::Refused { refused: step(by, now), reason },
        };
        Ok(self.moved(state, event))
    }

    /// Who asked takes the question back.
    pub fn withdraw(
        &self,
        case: &Case,
        by: &Actor,
        now: &Now,
    ) -> Result<Change<Self>, CannotAdjust> {
        case.may_decide(by)?;
        match self.waits_for_another_than() {
            Some(asked) if !asked.by.counts_for(&by.acting(Permission::Adjust)) => {
                return Err(CannotAdjust::NotYours(asked.by.name.clone()));
            }
            Some(_) => {}
            None => return Err(self.decided()),
        }
        let event = Event::AdjustmentWithdrawn {
            adjustment: self.id,
            achievement: self.achievement,
            ending: self.state.is_in_force(),
        };
        let state = match &self.state {
            AdjustmentState::Ending { agreed, .. } => {
                AdjustmentState::Agreed { agreed: agreed.clone() }
            }
            _ => AdjustmentState::Withdrawn { withdrawn: step(by, now) },
        };
        Ok(self.moved(state, event))
    }

    /// Somebody finds that an adjustment in force was wrong; a second person must agree that it ends.
    pub fn ask_to_end(
        &self,
        reason: &str,
        case: &Case,
        by: &Actor,
        now: &Now,
    ) -> Result<Change<Self>, CannotAdjust> {
        case.may_change(by)?;
        let AdjustmentState::Agreed { agreed } = &self.state else { return Err(self.decided()) };
        let reason = read::reason(reason).map_err(|wrong| CannotAdjust::Typed(vec![wrong]))?;
        let event = Event::AdjustmentEndAsked {
            adjustment: self.id,
            achievement: self.achievement,
            reason: reason.clone(),
        };
        let (agreed, asked) = (agreed.clone(), step(by, now));
        Ok(self.moved(AdjustmentState::Ending { agreed, asked, reason }, event))
    }
}

#[cfg(test)]
mod tests;
