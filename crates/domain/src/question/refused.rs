//! Why a question is not asked, answered or closed: every refusal with its sentence.

use super::Party;
use crate::{
    NotAllowed, calendar::long_instant, declaration::Step, money::thousands, nhs_number,
    refusal::refusal,
};

/// Longest question or answer, in characters.
const LONGEST: usize = 1_000;
/// Longest name of evidence, in characters.
const LONGEST_EVIDENCE: usize = 200;

/// What somebody wrote: the words, and where they can be looked up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// The question or the answer.
    pub text: String,
    /// The name of a file or a link; may be empty.
    pub evidence: String,
}

/// One thing that is wrong with what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Whether it is about the evidence, and not about the text.
    pub is_evidence: bool,
    /// What to do, as the page says it.
    pub message: String,
}

impl Written {
    /// Text and evidence without spaces at their ends, or all that is wrong with them. `what` they are is named.
    pub(super) fn read(&self, what: &str) -> Result<(String, String), Vec<Wrong>> {
        let (text, evidence) = (self.text.trim(), self.evidence.trim());
        let is_longer = |text: &str, most| text.chars().count() > most;
        let patient = |what: &str| {
            format!(
                "Take the number that looks like an NHS number out of your {what}. Write nothing about a patient here"
            )
        };
        let mut wrong = Vec::new();
        let mut add = |is_evidence, message| wrong.push(Wrong { is_evidence, message });
        if text.is_empty() {
            add(false, format!("Enter your {what}"));
        } else if is_longer(text, LONGEST) {
            let most = thousands(LONGEST as u64);
            add(false, format!("Your {what} must be {most} characters or less"));
        } else if nhs_number::is_in(text) {
            add(false, patient(what));
        }
        if is_longer(evidence, LONGEST_EVIDENCE) {
            add(true, format!("Evidence must be {LONGEST_EVIDENCE} characters or less"));
        } else if nhs_number::is_in(evidence) {
            add(true, patient("evidence"));
        }
        if wrong.is_empty() { Ok((text.to_owned(), evidence.to_owned())) } else { Err(wrong) }
    }
}

fn all(wrong: &[Wrong]) -> String {
    wrong.iter().map(|wrong| wrong.message.as_str()).collect::<Vec<_>>().join(". ")
}

/// Why a question cannot be asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotAsk {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error("You cannot ask about this declaration because it is between two other organisations.")]
    AnotherOrganisation,
    #[error(
        "Your organisation has an open question about this declaration already. Add to it, or close it first."
    )]
    AlreadyOpen,
    #[error(
        "The provider has not declared this achievement, so there is nothing to ask about yet."
    )]
    NotDeclared,
    #[error("You cannot ask about this any more because {} approved it for finance on {}.", .0.by.name, long_instant(.0.at))]
    Locked(Step),
    #[error(
        "This declaration cannot be returned because it is made without the provider. Ask without returning it."
    )]
    NotReturnable,
    #[error(
        "This declaration changed while you were writing. Check it, then send your question again."
    )]
    Changed,
    #[error("{}", all(.0))]
    Written(Vec<Wrong>),
}
refusal!(CannotAsk);

/// Why a question cannot be answered or closed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotAnswer {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error("You cannot answer this because it is between two other organisations.")]
    AnotherOrganisation,
    #[error("{} closed this question on {}. Ask another question if something is left.", .0.by.name, long_instant(.0.at))]
    AlreadyClosed(Step),
    #[error("Only the {} can close this question, because it asked.", .0.name())]
    NotYours(Party),
    #[error(
        "Somebody else wrote here after you opened the page. Read what is new, then send again."
    )]
    Changed,
    #[error("{}", all(.0))]
    Written(Vec<Wrong>),
}
refusal!(CannotAnswer);
