//! What each fact about a declaration is called.

use super::{Event, receipt_made};

impl Event {
    pub(super) fn about_declarations(&self) -> String {
        match self {
            Self::DeclarationOpened { .. } => "Ready to declare".into(),
            Self::DeclarationReturned { cause, .. } => format!("Returned to the provider: {cause}"),
            Self::DeclarationTakenBack { reason, .. } => {
                format!("Taken back to the provider by the commissioner: {reason}")
            }
            Self::NotesChanged { .. } => "Notes changed".into(),
            Self::IndicatorsDeclared { indicators, .. } => {
                format!("Declared by themselves: {}", indicators.join(", "))
            }
            Self::AchievementDeclared { .. } => "Achievement declared".into(),
            Self::DeclarationApproved { .. } => "Approved by the commissioner".into(),
            Self::DeclarationApprovedForLess { .. } => {
                "Approved by the commissioner for less than was calculated".into()
            }
            Self::DeclarationRejected { .. } => "Rejected and returned to the provider".into(),
            Self::DeclarationSecondApproved { .. } => {
                "Approved a second time for the commissioner".into()
            }
            Self::DeclarationReceiptMade { content_hash, .. } => receipt_made(content_hash),
            _ => "Approved by finance".into(),
        }
    }

    pub(super) fn is_about_a_declaration(&self) -> bool {
        matches!(
            self,
            Self::DeclarationOpened { .. }
                | Self::DeclarationReturned { .. }
                | Self::DeclarationTakenBack { .. }
                | Self::NotesChanged { .. }
                | Self::IndicatorsDeclared { .. }
                | Self::AchievementDeclared { .. }
                | Self::DeclarationApproved { .. }
                | Self::DeclarationApprovedForLess { .. }
                | Self::DeclarationRejected { .. }
                | Self::DeclarationSecondApproved { .. }
                | Self::DeclarationFinanceApproved { .. }
                | Self::DeclarationReceiptMade { .. }
        )
    }
}
