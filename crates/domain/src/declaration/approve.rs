//! Approving: once or twice for the commissioner, as the amount asks, then for finance. Nobody acts twice on one row.

use super::{Band, CannotApprove, Declaration, DeclarationState, Step};
use crate::{Actor, CalculationId, Change, Event, Now, Permission, PersonId};

/// How somebody approves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// From the page of the declaration, and nothing else with it.
    Alone,
    /// From a list, perhaps with others.
    InList,
}

impl Declaration {
    /// The approval that this person can give here: the first or second for the commissioner or that of finance, as the
    /// row stands and as their roles allow. One page serves all.
    pub fn approve_next(
        &self,
        seen: CalculationId,
        how: How,
        by: &Actor,
        now: &Now,
    ) -> Result<Change<Self>, CannotApprove> {
        let change = match self.approval_by(by) {
            Permission::ApproveSecond => self.approve_second(seen, by, now),
            Permission::ApproveFinance => self.approve_finance(seen, by, now),
            _ => self.approve(seen, by, now),
        }?;
        if self.band == Band::High && how == How::InList {
            return Err(CannotApprove::OnlyAlone);
        }
        Ok(change)
    }

    /// The permission that the next step of the commissioner needs here; the last one where none is left.
    pub fn next_approval(&self) -> Permission {
        match self.state {
            DeclarationState::AwaitingProvider | DeclarationState::AwaitingCommissioner { .. } => {
                Permission::Approve
            }
            DeclarationState::AwaitingSecond { .. } => Permission::ApproveSecond,
            DeclarationState::AwaitingFinance { .. } | DeclarationState::Approved { .. } => {
                Permission::ApproveFinance
            }
        }
    }

    /// The one of their approvals that a person gives here. Who gives only another reads why that one is not due.
    pub fn approval_by(&self, by: &Actor) -> Permission {
        use Permission::{Approve, ApproveFinance, ApproveSecond};
        [self.next_approval(), Approve, ApproveSecond, ApproveFinance]
            .into_iter()
            .find(|permission| by.may(*permission))
            .unwrap_or(Approve)
    }

    /// The commissioner approves the calculation it has seen. Nobody approves what they declared.
    pub fn approve(
        &self,
        seen: CalculationId,
        by: &Actor,
        now: &Now,
    ) -> Result<Change<Self>, CannotApprove> {
        self.must_pay(by, Permission::Approve)?;
        let by = &by.acting(Permission::Approve);
        let declared = match &self.state {
            DeclarationState::AwaitingProvider => return Err(CannotApprove::NotDeclared),
            DeclarationState::AwaitingCommissioner { declared } => declared,
            DeclarationState::AwaitingSecond { approved, .. }
            | DeclarationState::AwaitingFinance { approved, .. }
            | DeclarationState::Approved { approved, .. } => {
                return Err(CannotApprove::AlreadyApproved(approved.clone()));
            }
        };
        self.must_be_free(seen, by)?;
        let (declared, approved) = (declared.clone(), Step { by: by.by(), at: now.instant });
        let event = Event::DeclarationApproved { declaration: self.id, amount: self.amount };
        let state = match self.band {
            Band::Low => DeclarationState::AwaitingFinance { declared, approved, second: None },
            Band::Medium | Band::High => DeclarationState::AwaitingSecond { declared, approved },
        };
        Ok(self.moved(state, event))
    }

    /// A second person approves for the commissioner.
    pub fn approve_second(
        &self,
        seen: CalculationId,
        by: &Actor,
        now: &Now,
    ) -> Result<Change<Self>, CannotApprove> {
        self.must_pay(by, Permission::ApproveSecond)?;
        let by = &by.acting(Permission::ApproveSecond);
        let (declared, approved) = match &self.state {
            DeclarationState::AwaitingProvider => return Err(CannotApprove::NotDeclared),
            DeclarationState::AwaitingCommissioner { .. } => {
                return Err(CannotApprove::NotApprovedByCommissioner);
            }
            DeclarationState::AwaitingSecond { declared, approved } => (declared, approved),
            DeclarationState::AwaitingFinance { approved, second, .. }
            | DeclarationState::Approved { approved, second, .. } => {
                let step = second.as_ref().unwrap_or(approved);
                return Err(CannotApprove::AlreadyApproved(step.clone()));
            }
        };
        self.must_be_free(seen, by)?;
        let event = Event::DeclarationSecondApproved { declaration: self.id, amount: self.amount };
        let state = DeclarationState::AwaitingFinance {
            declared: declared.clone(),
            approved: approved.clone(),
            second: Some(Step { by: by.by(), at: now.instant }),
        };
        Ok(self.moved(state, event))
    }

    /// Finance approves: another person again, and the last change the declaration can have.
    pub fn approve_finance(
        &self,
        seen: CalculationId,
        by: &Actor,
        now: &Now,
    ) -> Result<Change<Self>, CannotApprove> {
        self.must_pay(by, Permission::ApproveFinance)?;
        let by = &by.acting(Permission::ApproveFinance);
        let (declared, approved, second) = match &self.state {
            DeclarationState::AwaitingProvider => return Err(CannotApprove::NotDeclared),
            DeclarationState::AwaitingCommissioner { .. } => {
                return Err(CannotApprove::NotApprovedByCommissioner);
            }
            DeclarationState::AwaitingSecond { .. } => {
                return Err(CannotApprove::NotApprovedTwice);
            }
            DeclarationState::AwaitingFinance { declared, approved, second } => {
                (declared, approved, second)
            }
            DeclarationState::Approved { finance, .. } => {
                return Err(CannotApprove::AlreadyApproved(finance.clone()));
            }
        };
        self.must_be_free(seen, by)?;
        let event = Event::DeclarationFinanceApproved { declaration: self.id, amount: self.amount };
        let state = DeclarationState::Approved {
            declared: declared.clone(),
            approved: approved.clone(),
            second: second.clone(),
            finance: Step { by: by.by(), at: now.instant },
        };
        Ok(self.moved(state, event))
    }

    /// Whose money it is decides who approves, whatever roles are held elsewhere.
    pub(super) fn must_pay(&self, by: &Actor, permission: Permission) -> Result<(), CannotApprove> {
        by.must(permission)?;
        match by.organisation() {
            Some(organisation) if organisation.id == self.commissioner => Ok(()),
            _ => Err(CannotApprove::AnotherCommissioner),
        }
    }

    /// What stops every approval: an open question, own figures, an own step before this one, a hold, and figures that have changed.
    pub(super) fn must_be_free(
        &self,
        seen: CalculationId,
        by: &Actor,
    ) -> Result<(), CannotApprove> {
        // Whoever asked decides when it has its answer.
        if self.open.commissioner.is_some() {
            return Err(CannotApprove::QuestionOpen);
        }
        let submitted = |person: PersonId| self.submitted_by.contains(&person);
        if by.person().is_some_and(submitted) {
            return Err(CannotApprove::SamePersonSubmitted);
        }
        if by.principal().is_some_and(submitted) {
            return Err(CannotApprove::PrincipalSubmitted(by.name().to_owned()));
        }
        use CannotApprove::{SamePersonApproved, SamePersonDeclared};
        let by_itself =
            self.indicators.iter().map(|own| (own.declared.as_ref(), SamePersonDeclared));
        let steps = by_itself.chain([
            (self.state.declared(), SamePersonDeclared),
            (self.state.approved(), SamePersonApproved),
            (self.state.second(), SamePersonApproved),
        ]);
        for (step, own) in steps {
            let Some(step) = step.filter(|step| step.by.counts_for(by)) else { continue };
            let what = if step.by.is(by) { own } else { CannotApprove::CountsAsOne(step.clone()) };
            return Err(what);
        }
        if let Some(held) = &self.held {
            return Err(CannotApprove::Held(held.clone()));
        }
        if seen != self.calculation {
            return Err(CannotApprove::FiguresChanged);
        }
        Ok(())
    }
}
