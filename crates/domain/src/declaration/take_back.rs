//! Taking a declaration back: the commissioner returns it to its provider, who checks and declares again.

use super::{CannotTakeBack, Declaration, DeclarationState};
use crate::{Actor, Change, Event, Permission, hold::REASON_MAX, nhs_number};

/// Whether a reason for taking declarations back can be kept.
pub fn check_take_back_reason(reason: &str) -> Result<(), CannotTakeBack> {
    match reason.trim().chars().count() {
        0 => Err(CannotTakeBack::NoReason),
        1..=REASON_MAX if nhs_number::is_in(reason) => Err(CannotTakeBack::NhsNumber),
        1..=REASON_MAX => Ok(()),
        _ => Err(CannotTakeBack::ReasonTooLong),
    }
}

impl Declaration {
    /// The commissioner takes it back to its provider, with everything that was agreed to it. What finance has approved
    /// stays, and what no person declared as well: the configuration would declare it again at once.
    pub fn take_back(&self, reason: &str, by: &Actor) -> Result<Change<Self>, CannotTakeBack> {
        check_take_back_reason(reason)?;
        self.can_be_taken_back(by)?;
        let event = Event::DeclarationTakenBack {
            declaration: self.id,
            amount: self.calculated(),
            reason: reason.trim().to_owned(),
        };
        Ok(Change { after: self.returned(), event })
    }

    /// The same question before a reason is given.
    pub fn can_be_taken_back(&self, by: &Actor) -> Result<(), CannotTakeBack> {
        by.must(Permission::Hold)?;
        if by.organisation().is_none_or(|organisation| organisation.id != self.commissioner) {
            return Err(CannotTakeBack::AnotherCommissioner);
        }
        match &self.state {
            DeclarationState::AwaitingProvider => Err(CannotTakeBack::NotDeclared),
            DeclarationState::Approved { .. } => Err(CannotTakeBack::Locked),
            DeclarationState::AwaitingCommissioner { declared }
            | DeclarationState::AwaitingSecond { declared, .. }
            | DeclarationState::AwaitingFinance { declared, .. } => match declared.by.person {
                Some(_) => Ok(()),
                None => Err(CannotTakeBack::NobodyDeclared(declared.by.name.clone())),
            },
        }
    }
}
