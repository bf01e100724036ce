//! The one table of statuses: words, tag colour and explanation. Pages, exports and help read it, so they cannot drift.
//!
//! Colour says whose turn it is: aqua-green the provider's, yellow the commissioner's or finance's, purple the
//! system's or the payer's, green in force or agreed, white finished, orange needs a look, red refused, grey nobody's.

mod achieving;
mod paying;

use serde::Serialize;

/// One status as people meet it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
    /// What has this status: `Offer`, `Contract`, `Achievement data`, `Declaration`, `Payment`,
    /// `Payment file`, `Hold`, `Adjustment`, `Correction`, `Recovery`, `Question`.
    pub group: &'static str,
    /// The name stored and exported.
    pub name: &'static str,
    /// The word on the tag.
    pub word: &'static str,
    /// The word the provider sees, where it differs: an accepted offer is "Active" to the provider.
    pub provider_word: &'static str,
    /// Colour of the NHS tag, without its class prefix.
    pub colour: &'static str,
    /// One line that says what it means and who acts next.
    pub explanation: &'static str,
}

/// Statuses of contracts.
pub const CONTRACT: &str = "Contract";
/// Statuses of offers.
pub const OFFER: &str = "Offer";
/// Statuses of the figures for one achievement date.
pub const ACHIEVEMENT: &str = "Achievement data";
/// Statuses of payment declarations, in the words of CQRS National.
pub const DECLARATION: &str = "Declaration";
/// Statuses of money on its way.
pub const PAYMENT: &str = "Payment";
/// Statuses of holds.
pub const HOLD: &str = "Hold";
/// Statuses of payment files.
pub const PAYMENT_FILE: &str = "Payment file";
/// Statuses of adjustments of a payment.
pub const ADJUSTMENT: &str = "Adjustment";
/// Statuses of corrections of a locked declaration.
pub const CORRECTION: &str = "Correction";
/// Statuses of recoveries.
pub const RECOVERY: &str = "Recovery";
/// Statuses of questions about a declaration.
pub const QUESTION: &str = "Question";
/// Statuses of versions of national figures.
pub const REFERENCE: &str = "National figures";

/// Every status.
pub const ALL: &[Status] =
    &joined::<{ achieving::ROWS.len() + paying::ROWS.len() }>(achieving::ROWS, paying::ROWS);

const fn joined<const N: usize>(first: &[Status], second: &[Status]) -> [Status; N] {
    let mut all = [first[0]; N];
    let mut place = 0;
    while place < N {
        all[place] = if place < first.len() { first[place] } else { second[place - first.len()] };
        place += 1;
    }
    all
}

const fn row(
    group: &'static str,
    name: &'static str,
    word: &'static str,
    colour: &'static str,
    explanation: &'static str,
) -> Status {
    Status { group, name, word, provider_word: word, colour, explanation }
}

/// The row of this group with this name, if there is one.
pub fn find(group: &str, name: &str) -> Option<&'static Status> {
    ALL.iter().find(|status| status.group == group && status.name == name)
}

/// Looks a status up. Every caller names a row of the table; a test in each noun's file shows it.
pub fn of(group: &str, name: &str) -> &'static Status {
    find(group, name)
        .expect("every state names a row of the status table; each noun's tests show it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_stands_once_and_one_word_has_one_colour() {
        for (place, one) in ALL.iter().enumerate() {
            for other in &ALL[place + 1..] {
                assert!((one.group, one.name) != (other.group, other.name), "{one:?} twice");
                assert!(
                    one.word != other.word || one.colour == other.colour,
                    "{} has two colours",
                    one.word
                );
            }
        }
    }

    #[test]
    fn colours_are_tag_colours_of_the_design_system() {
        let known = ["grey", "aqua-green", "yellow", "purple", "green", "white", "orange", "red"];
        for status in ALL {
            assert!(known.contains(&status.colour), "{}", status.colour);
        }
    }
}
