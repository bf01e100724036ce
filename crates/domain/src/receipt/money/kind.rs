//! The kinds of act on a declaration that have a receipt, and what each is called.

use crate::{Event, question::Party};

/// The kinds of act that have a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The provider declared.
    Declared,
    /// The commissioner approved.
    Approved,
    /// A second person approved for the commissioner.
    SecondApproved,
    /// Finance approved.
    FinanceApproved,
    /// The payer paid.
    Paid,
    /// Finance settled it another way.
    Settled,
    /// The provider asked for a correction, or agreed to one.
    CorrectionDeclared,
    /// The commissioner approved a correction.
    CorrectionApproved,
    /// A second person approved it for the commissioner.
    CorrectionSecondApproved,
    /// Finance approved it.
    CorrectionFinanceApproved,
    /// The plan of a recovery stands.
    RecoveryAgreed,
}

impl Kind {
    /// Every kind, in the order of the work.
    pub const ALL: [Self; 11] = [
        Self::Declared,
        Self::Approved,
        Self::SecondApproved,
        Self::FinanceApproved,
        Self::Paid,
        Self::Settled,
        Self::CorrectionDeclared,
        Self::CorrectionApproved,
        Self::CorrectionSecondApproved,
        Self::CorrectionFinanceApproved,
        Self::RecoveryAgreed,
    ];

    /// The name stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Declared => "declared",
            Self::Approved => "approved",
            Self::SecondApproved => "second_approved",
            Self::FinanceApproved => "finance_approved",
            Self::Paid => "paid",
            Self::Settled => "settled",
            Self::CorrectionDeclared => "correction_declared",
            Self::CorrectionApproved => "correction_approved",
            Self::CorrectionSecondApproved => "correction_second_approved",
            Self::CorrectionFinanceApproved => "correction_finance_approved",
            Self::RecoveryAgreed => "recovery_agreed",
        }
    }

    /// The heading of its receipt.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Declared => "Receipt of a declaration",
            Self::Approved => "Receipt of an approval",
            Self::SecondApproved => "Receipt of a second approval",
            Self::FinanceApproved => "Receipt of a financial approval",
            Self::Paid => "Receipt of a payment",
            Self::Settled => "Receipt of a payment settled outside the files",
            Self::CorrectionDeclared => "Receipt of an agreement to a correction",
            Self::CorrectionApproved => "Receipt of an approval of a correction",
            Self::CorrectionSecondApproved => "Receipt of a second approval of a correction",
            Self::CorrectionFinanceApproved => "Receipt of a financial approval of a correction",
            Self::RecoveryAgreed => "Receipt of the plan of a recovery",
        }
    }

    /// What was done, as a row of the receipt names it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Declared => "Declared",
            Self::Approved => "Approved by the commissioner",
            Self::SecondApproved => "Approved a second time for the commissioner",
            Self::FinanceApproved => "Approved by finance",
            Self::Paid => "Paid",
            Self::Settled => "Settled outside the files",
            Self::CorrectionDeclared => "Correction agreed by the provider",
            Self::CorrectionApproved => "Correction approved by the commissioner",
            Self::CorrectionSecondApproved => {
                "Correction approved a second time for the commissioner"
            }
            Self::CorrectionFinanceApproved => "Correction approved by finance",
            Self::RecoveryAgreed => "Plan of a recovery",
        }
    }

    /// Of which kind a fact of the history is; none where it has no receipt.
    pub fn of_event(event: &Event) -> Option<Self> {
        Some(match event {
            Event::AchievementDeclared { .. } => Self::Declared,
            Event::DeclarationApproved { .. } | Event::DeclarationApprovedForLess { .. } => {
                Self::Approved
            }
            Event::DeclarationSecondApproved { .. } => Self::SecondApproved,
            Event::DeclarationFinanceApproved { .. } => Self::FinanceApproved,
            Event::PaymentConfirmed { .. } => Self::Paid,
            Event::PaymentSettled { .. } => Self::Settled,
            Event::CorrectionAsked { by: Party::Provider, .. }
            | Event::CorrectionAnswered { agrees: true, .. } => Self::CorrectionDeclared,
            Event::CorrectionApproved { .. } => Self::CorrectionApproved,
            Event::CorrectionSecondApproved { .. } => Self::CorrectionSecondApproved,
            Event::CorrectionFinanceApproved { .. } => Self::CorrectionFinanceApproved,
            Event::RecoveryAgreed { .. } => Self::RecoveryAgreed,
            _ => return None,
        })
    }
}

impl Kind {
    /// The heading already says for whom an approval is.
    pub(super) fn verb(self) -> &'static str {
        match self {
            Self::Declared => "Declared",
            Self::Approved | Self::SecondApproved | Self::FinanceApproved => "Approved",
            Self::Paid => "Paid",
            Self::Settled => "Settled",
            Self::CorrectionDeclared | Self::RecoveryAgreed => "Agreed",
            Self::CorrectionApproved
            | Self::CorrectionSecondApproved
            | Self::CorrectionFinanceApproved => "Approved",
        }
    }
}
