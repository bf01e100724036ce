//! What the people who declare are told when less is approved than was calculated, and when a declaration is rejected.

use super::Message;
use crate::calendar::with_period;

/// That a part was approved. The amounts stand on the page of the declaration.
pub fn less(from: &str, (service, period): (&str, &str), reference: &str, reason: &str) -> Message {
    let what = with_period(service, period);
    Message {
        subject: format!("Approved for less than was calculated: {what}"),
        body: format!(
            "{from} has approved less than was calculated.\n\n- {what}\n\nThe reason given: {reason}\n\n\
             What was approved goes on to be paid. If you do not agree, ask a question about the declaration before finance \
             approves it."
        ),
        link: format!("/declarations/{reference}"),
    }
}

/// That it was rejected, and is the provider's turn again.
pub fn rejected(
    from: &str,
    (service, period): (&str, &str),
    reference: &str,
    reason: &str,
) -> Message {
    let what = with_period(service, period);
    Message {
        subject: format!("Rejected: {what}"),
        body: format!(
            "{from} has rejected your declaration.\n\n- {what}\n\nThe reason given: {reason}\n\n\
             Correct the figures, or declare it again with a note if you do not agree. Until then it is not paid."
        ),
        link: format!("/declarations/{reference}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_are_told_names_the_service_and_the_reason() {
        let what = ("Minor surgery", "May 2026");
        let part = less("NHS Anytown ICB", what, "D-2026-000001", "3 were counted twice.");
        assert_eq!(part.subject, "Approved for less than was calculated: Minor surgery, May 2026");
        let back = rejected("NHS Anytown ICB", what, "D-2026-000001", "No evidence.");
        assert_eq!(back.subject, "Rejected: Minor surgery, May 2026");
        for (message, reason) in [(part, "3 were counted twice."), (back, "No evidence.")] {
            assert!(message.body.contains(&format!("The reason given: {reason}\n")));
            assert!(message.body.contains("- Minor surgery, May 2026\n"));
            assert_eq!(message.link, "/declarations/D-2026-000001");
        }
    }
}
