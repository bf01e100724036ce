//! What the facts of corrections and recoveries are called.

use super::Event;
use crate::{Pence, calendar::long_date, recovery};

impl Event {
    pub(super) fn is_about_a_correction(&self) -> bool {
        self.correction().is_some()
    }

    /// The reference of the correction that the fact is about.
    pub fn correction(&self) -> Option<&str> {
        match self {
            Self::CorrectionAsked { correction, .. }
            | Self::CorrectionAnswered { correction, .. }
            | Self::CorrectionApproved { correction, .. }
            | Self::CorrectionSecondApproved { correction, .. }
            | Self::CorrectionFinanceApproved { correction, .. }
            | Self::CorrectionRefused { correction, .. }
            | Self::CorrectionWithdrawn { correction, .. }
            | Self::RecoveryAsked { correction, .. }
            | Self::RecoveryAnswered { correction, .. }
            | Self::RecoveryAgreed { correction, .. }
            | Self::RecoveryDropped { correction, .. } => Some(correction),
            _ => None,
        }
    }

    /// With pounds, also the amount and the reason, which can name pounds.
    pub(super) fn about_corrections(&self, with_money: bool) -> String {
        let correction = self.correction().unwrap_or_default();
        let words = self.correction_words();
        match self.correction_details() {
            (Some(amount), "") if with_money => format!("{correction}: {words}: {amount}"),
            (Some(amount), reason) if with_money => {
                format!("{correction}: {words}: {amount}. {reason}")
            }
            (None, reason) if with_money && !reason.is_empty() => {
                format!("{correction}: {words}: {reason}")
            }
            _ => format!("{correction}: {words}"),
        }
    }

    fn correction_details(&self) -> (Option<Pence>, &str) {
        match self {
            Self::CorrectionAsked { amount, reason, .. }
            | Self::CorrectionAnswered { amount, reason, .. }
            | Self::CorrectionRefused { amount, reason, .. }
            | Self::RecoveryAsked { amount, reason, .. }
            | Self::RecoveryDropped { amount, reason, .. } => (Some(*amount), reason),
            Self::CorrectionApproved { amount, .. }
            | Self::CorrectionSecondApproved { amount, .. }
            | Self::CorrectionFinanceApproved { amount, .. }
            | Self::RecoveryAgreed { amount, .. } => (Some(*amount), ""),
            Self::RecoveryAnswered { reason, .. } => (None, reason),
            _ => (None, ""),
        }
    }

    fn correction_words(&self) -> String {
        let asked = |amount: &Pence| match amount.0 < 0 {
            true => "Reversing declaration",
            false => "Supplementary declaration",
        };
        match self {
            Self::CorrectionAsked { by, amount, .. } => {
                format!("{} asked for by the {}", asked(amount), by.name())
            }
            Self::CorrectionAnswered { agrees: true, .. } => "The provider agreed".into(),
            Self::CorrectionAnswered { .. } => "The provider does not agree".into(),
            Self::CorrectionApproved { without_answer: true, .. } => {
                "Approved by the commissioner. The notice was over without an answer".into()
            }
            Self::CorrectionApproved { .. } => "Approved by the commissioner".into(),
            Self::CorrectionSecondApproved { .. } => {
                "Approved a second time for the commissioner".into()
            }
            Self::CorrectionFinanceApproved { .. } => "Approved by finance".into(),
            Self::CorrectionRefused { .. } => "Refused".into(),
            Self::CorrectionWithdrawn { .. } => "Withdrawn".into(),
            Self::RecoveryAsked { instalments, first_on, answer_by, .. } => format!(
                "Recovery asked for in {} from {}. The provider can answer until {}",
                counted(*instalments),
                long_date(*first_on),
                long_date(*answer_by)
            ),
            Self::RecoveryAnswered { instalments: Some(number), first_on: Some(first), .. } => {
                let (number, first) = (counted(*number), long_date(*first));
                format!("The provider proposed {number} from {first}")
            }
            Self::RecoveryAnswered { .. } => "The provider disputed the recovery".into(),
            Self::RecoveryAgreed { instalments, first_on, how, .. } => {
                let how = recovery::How::from_name(how).map_or("Agreed", recovery::How::words);
                let (number, first) = (counted(*instalments), long_date(*first_on));
                format!("{how}: {number} from {first}")
            }
            _ => "Recovery dropped".into(),
        }
    }
}

/// `1 instalment`, `6 instalments`.
fn counted(instalments: u32) -> String {
    format!("{instalments} instalment{}", if instalments == 1 { "" } else { "s" })
}
