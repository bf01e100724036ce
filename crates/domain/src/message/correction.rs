//! What people are told of corrections and recoveries. The amounts stand on the page.

use super::Message;

/// What a message is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// Name of the organisation that acted.
    pub from: String,
    /// The service and the period.
    pub what: String,
    /// Whether money is taken back.
    pub is_reversing: bool,
    /// Reference of the declaration that is corrected.
    pub corrects: String,
    /// Reference of the correction.
    pub reference: String,
}

impl About {
    fn message(&self, subject: &str, said: &str) -> Message {
        let Self { from, what, corrects, reference, .. } = self;
        Message {
            subject: format!("{subject}: {what}"),
            body: format!("{from} {said}\n\n- {what}\n- Correction {reference} of {corrects}"),
            link: format!("/corrections/{reference}"),
        }
    }

    fn kind(&self) -> &'static str {
        if self.is_reversing { "reversing declaration" } else { "supplementary declaration" }
    }
}

/// That the other side asks for one.
pub fn asked(about: &About) -> Message {
    let said = format!("asks for a {}. Say whether it is right.", about.kind());
    about.message("Correction asked for", &said)
}

/// That the provider has answered.
pub fn answered(about: &About) -> Message {
    about.message("Correction answered", "has answered. The correction awaits your approval.")
}

/// That it counts.
pub fn approved(about: &About) -> Message {
    let said = match about.is_reversing {
        true => {
            "has approved a reversing declaration. What has been paid is not taken back before you get notice."
        }
        false => "has approved a supplementary declaration. It goes into the next payment file.",
    };
    about.message("Correction approved", said)
}

/// That it was refused.
pub fn refused(about: &About) -> Message {
    about.message("Correction refused", "has refused the correction. It changes nothing.")
}

/// That it was taken back.
pub fn withdrawn(about: &About) -> Message {
    about.message("Correction withdrawn", "has withdrawn the correction. It changes nothing.")
}

/// That money is going to be taken back, with notice.
pub fn recovery_asked(about: &About) -> Message {
    about.message(
        "Notice of a recovery",
        "gives notice that it takes money back. Agree to the instalments, propose others or dispute the recovery. \
         Without an answer the plan stands when the notice is over.",
    )
}

/// That the provider has answered a notice.
pub fn recovery_answered(about: &About) -> Message {
    about.message(
        "Recovery answered",
        "does not agree to the recovery as it is planned. Decide about its answer.",
    )
}

/// That the plan stands.
pub fn recovery_agreed(about: &About) -> Message {
    about.message(
        "Recovery in instalments",
        "has settled the plan. Each instalment is taken when it is due.",
    )
}

/// That the notice is over without an answer.
pub fn recovery_stands(about: &About) -> Message {
    about.message(
        "Recovery in instalments",
        "tells you that the notice is over without an answer. The plan stands, and each instalment is taken when it is due.",
    )
}

/// That nothing is taken back.
pub fn recovery_dropped(about: &About) -> Message {
    about.message("Recovery dropped", "has dropped the recovery. Nothing is taken back.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_are_told_of_a_correction_names_it_and_no_amount() {
        let about = About {
            from: "NHS Anytown ICB".into(),
            what: "Minor surgery, May 2026".into(),
            is_reversing: true,
            corrects: "D-2026-000001".into(),
            reference: "CR-2026-000002".into(),
        };
        let all = [
            asked,
            answered,
            approved,
            refused,
            withdrawn,
            recovery_asked,
            recovery_answered,
            recovery_agreed,
            recovery_stands,
            recovery_dropped,
        ];
        for words in all {
            let message = words(&about);
            assert!(message.subject.ends_with(": Minor surgery, May 2026"), "{}", message.subject);
            assert!(message.body.starts_with("NHS Anytown ICB "), "{}", message.body);
            assert!(message.body.ends_with("- Correction CR-2026-000002 of D-2026-000001"));
            assert!(!message.body.contains('£'));
            assert_eq!(message.link, "/corrections/CR-2026-000002");
        }
    }
}
