//! The reason that people give for what they ask and decide about access.

use crate::nhs_number;

/// Longest reason, in characters.
pub const REASON_MAX: usize = 200;

/// Why a reason cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum WrongReason {
    #[error("Enter a reason")]
    Missing,
    #[error("Reason must be {REASON_MAX} characters or less")]
    TooLong,
    #[error(
        "Take the number that looks like an NHS number out of your reason. Write nothing about a patient here"
    )]
    NhsNumber,
}

/// The reason without the blanks around it.
pub fn read_reason(typed: &str) -> Result<String, WrongReason> {
    let reason = typed.trim();
    match reason.chars().count() {
        0 => Err(WrongReason::Missing),
        1..=REASON_MAX if nhs_number::is_in(reason) => Err(WrongReason::NhsNumber),
        1..=REASON_MAX => Ok(reason.to_owned()),
        _ => Err(WrongReason::TooLong),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_short_and_about_no_patient() {
        for (typed, read) in [
            (" Starts on Monday. ", Ok("Starts on Monday.".to_owned())),
            ("  ", Err(WrongReason::Missing)),
            ("About 943 476 5919", Err(WrongReason::NhsNumber)),
        ] {
            assert_eq!(read_reason(typed), read, "{typed}");
        }
        assert!(read_reason(&"x".repeat(REASON_MAX)).is_ok());
        assert_eq!(read_reason(&"x".repeat(REASON_MAX + 1)), Err(WrongReason::TooLong));
    }
}
