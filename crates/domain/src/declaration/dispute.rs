//! What an approver does who does not agree: approves less, with a reason, or rejects. What is not in dispute is still paid.
//!
//! Source: CQRS Local, each approver can reject a claim with a reason. Approving less is ours.

use super::{CannotApprove, Declaration, DeclarationState};
use crate::{Actor, CalculationId, Change, Event, Now, Pence, hold::REASON_MAX, nhs_number};

/// Why less is paid than was calculated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Less {
    /// What the calculation came to.
    pub calculated: Pence,
    /// Why the commissioner does not pay all of it.
    pub reason: String,
}

impl Declaration {
    /// The commissioner approves a part of the amount, more than nothing and less than all. Everybody after it approves
    /// that part; when the declaration goes back to its provider, the whole amount stands again.
    pub fn approve_less(
        &self,
        seen: CalculationId,
        amount: Pence,
        reason: &str,
        by: &Actor,
        now: &Now,
    ) -> Result<Change<Self>, CannotApprove> {
        let mut change = self.approve(seen, by, now)?;
        if !(1..self.amount.0).contains(&amount.0) {
            return Err(CannotApprove::NotLess(self.amount));
        }
        let (calculated, reason) = (self.amount, read(reason)?);
        change.event = Event::DeclarationApprovedForLess {
            declaration: self.id,
            calculated,
            amount,
            reason: reason.clone(),
        };
        change.after.amount = amount;
        change.after.less = Some(Less { calculated, reason });
        Ok(change)
    }

    /// Whoever could give the next approval refuses it with a reason; the provider puts the figures right or declares
    /// again. What no person declared cannot go back: the configuration would declare it again at once.
    pub fn reject(
        &self,
        seen: CalculationId,
        reason: &str,
        by: &Actor,
    ) -> Result<Change<Self>, CannotApprove> {
        match &self.state {
            DeclarationState::AwaitingProvider => return Err(CannotApprove::NotDeclared),
            DeclarationState::Approved { finance, .. } => {
                return Err(CannotApprove::AlreadyApproved(finance.clone()));
            }
            _ => {}
        }
        let permission = self.next_approval();
        self.must_pay(by, permission)?;
        let by = &by.acting(permission);
        self.must_be_free(seen, by)?;
        if let Some(declared) = self.state.declared().filter(|step| step.by.person.is_none()) {
            return Err(CannotApprove::NobodyDeclared(declared.by.name.clone()));
        }
        let event = Event::DeclarationRejected {
            declaration: self.id,
            amount: self.calculated(),
            reason: read(reason)?,
        };
        Ok(Change { after: self.returned(), event })
    }
}

/// A reason of 1 to [`REASON_MAX`] characters.
fn read(reason: &str) -> Result<String, CannotApprove> {
    let reason = reason.trim();
    match reason.chars().count() {
        0 => Err(CannotApprove::NoReason),
        1..=REASON_MAX if nhs_number::is_in(reason) => Err(CannotApprove::NhsNumber),
        1..=REASON_MAX => Ok(reason.to_owned()),
        _ => Err(CannotApprove::ReasonTooLong),
    }
}
