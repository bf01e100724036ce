//! What people write with a correction or a recovery: a reason, and where it can be looked up.

use crate::nhs_number;

/// Longest reason, in characters.
pub const REASON_MAX: usize = 500;
/// Longest name of evidence, in characters.
pub const EVIDENCE_MAX: usize = 200;

/// What is wrong with what somebody wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum Wrong {
    #[error("Enter a reason. Both sides read it")]
    NoReason,
    #[error("Reason must be {REASON_MAX} characters or less")]
    ReasonTooLong,
    #[error(
        "Take the number that looks like an NHS number out of your reason. Write nothing about a patient here"
    )]
    ReasonNamesPatient,
    #[error("Evidence must be {EVIDENCE_MAX} characters or less")]
    EvidenceTooLong,
    #[error(
        "Take the number that looks like an NHS number out of your evidence. Write nothing about a patient here"
    )]
    EvidenceNamesPatient,
}

impl Wrong {
    /// Whether it is about the evidence, and not about the reason.
    pub fn is_evidence(self) -> bool {
        matches!(self, Self::EvidenceTooLong | Self::EvidenceNamesPatient)
    }
}

/// A reason of 1 to 500 characters, without spaces at its ends.
pub fn read_reason(reason: &str) -> Result<String, Wrong> {
    let reason = reason.trim();
    match reason.chars().count() {
        0 => Err(Wrong::NoReason),
        1..=REASON_MAX if nhs_number::is_in(reason) => Err(Wrong::ReasonNamesPatient),
        1..=REASON_MAX => Ok(reason.to_owned()),
        _ => Err(Wrong::ReasonTooLong),
    }
}

/// The name of a file or a link, or nothing.
pub(super) fn read_evidence(evidence: &str) -> Result<String, Wrong> {
    let evidence = evidence.trim();
    match evidence.chars().count() {
        0..=EVIDENCE_MAX if nhs_number::is_in(evidence) => Err(Wrong::EvidenceNamesPatient),
        0..=EVIDENCE_MAX => Ok(evidence.to_owned()),
        _ => Err(Wrong::EvidenceTooLong),
    }
}
