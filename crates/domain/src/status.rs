//! The one table of statuses: words, tag colour and explanation. Pages, exports and help read it, so they cannot drift.
//!
//! Colour says whose turn it is: aqua-green the provider's, yellow the commissioner's or finance's, purple the
//! system's or the payer's, green in force or agreed, white finished, orange needs a look, red refused, grey nobody's.

use serde::Serialize;

/// One status as people meet it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
    /// What has this status: `Offer`, `Contract`, `Achievement data`, `Declaration`, `Payment`,
    /// `Payment file`, `Hold`, `Adjustment`, `Question`.
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

const fn row(
    group: &'static str,
    name: &'static str,
    word: &'static str,
    colour: &'static str,
    explanation: &'static str,
) -> Status {
    Status { group, name, word, provider_word: word, colour, explanation }
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
/// Statuses of questions about a declaration.
pub const QUESTION: &str = "Question";
/// Statuses of versions of national figures.
pub const REFERENCE: &str = "National figures";

/// Every status.
pub const ALL: &[Status] = &[
    row(
        CONTRACT,
        "draft",
        "Draft",
        "grey",
        "The commissioner has not confirmed the contract. No provider can see it.",
    ),
    row(
        CONTRACT,
        "confirmed",
        "Confirmed",
        "green",
        "The contract has been confirmed and its offers have been made.",
    ),
    row(
        CONTRACT,
        "discarded",
        "Discarded",
        "grey",
        "The commissioner gave the draft up before it was confirmed. Nothing was offered.",
    ),
    row(
        OFFER,
        "pending",
        "Pending",
        "aqua-green",
        "The provider has not answered. It can accept or reject the offer.",
    ),
    Status {
        group: OFFER,
        name: "accepted",
        word: "Accepted",
        provider_word: "Active",
        colour: "green",
        explanation: "The provider has accepted. The contract is active, and the provider sees it as Active.",
    },
    row(
        OFFER,
        "rejected",
        "Rejected",
        "red",
        "The provider has rejected the offer. It can request the service again.",
    ),
    row(
        OFFER,
        "requested",
        "Requested",
        "yellow",
        "The provider has asked for the offer again. The commissioner can reissue it.",
    ),
    row(
        OFFER,
        "turned_down",
        "Turned down",
        "red",
        "The commissioner has turned down the provider's request, and has said why.",
    ),
    row(
        OFFER,
        "withdrawn",
        "Withdrawn",
        "grey",
        "The commissioner has taken the offer back. It cannot be answered.",
    ),
    row(
        OFFER,
        "notice_given",
        "Notice given",
        "orange",
        "One side has given notice. The contract is active until its last day.",
    ),
    row(
        OFFER,
        "terminated",
        "Terminated",
        "grey",
        "The commissioner has ended the contract. Payment periods that were over by then still count.",
    ),
    row(
        OFFER,
        "ended",
        "Ended",
        "white",
        "The provider took part until the service or its notice ended. Nothing is left to do.",
    ),
    row(
        OFFER,
        "expired",
        "Expired",
        "grey",
        "The response date has passed without an answer. The provider can request the service.",
    ),
    row(
        ACHIEVEMENT,
        "not_started",
        "Not started",
        "grey",
        "No figures have been submitted for this achievement date.",
    ),
    row(
        ACHIEVEMENT,
        "in_progress",
        "In progress",
        "aqua-green",
        "Some indicators have figures. The others are still missing.",
    ),
    row(
        ACHIEVEMENT,
        "complete",
        "Complete",
        "purple",
        "Every indicator has figures. Accord calculates when the period has ended.",
    ),
    row(
        ACHIEVEMENT,
        "held",
        "Held",
        "orange",
        "Every indicator has figures, but another input is missing, such as the list size.",
    ),
    row(
        ACHIEVEMENT,
        "awaiting_network",
        "Awaiting Network Achievement",
        "aqua-green",
        "Practices of the network have figures missing. The achievement is calculated when the last one is in.",
    ),
    row(
        ACHIEVEMENT,
        "in_network",
        "Submitted for the network",
        "green",
        "The practice has submitted everything. It counts in the network that it is a member of on the achievement date.",
    ),
    row(
        ACHIEVEMENT,
        "calculated",
        "Calculated",
        "green",
        "The achievement has been calculated from the figures in force.",
    ),
    row(
        DECLARATION,
        "awaiting_provider",
        "Awaiting Service Provider Approval",
        "aqua-green",
        "The provider must check the achievement and declare it for payment.",
    ),
    row(
        DECLARATION,
        "awaiting_network",
        "Awaiting Network Achievement",
        "aqua-green",
        "Practices of the network have figures missing, so there is no amount to declare or approve.",
    ),
    row(
        DECLARATION,
        "awaiting_commissioner",
        "Awaiting Commissioning Organisation Approval",
        "yellow",
        "The achievement has been declared. The commissioner must approve it.",
    ),
    row(
        DECLARATION,
        "awaiting_second",
        "Awaiting Second Approval",
        "yellow",
        "The commissioner has approved once. The amount asks for a second person to approve as well.",
    ),
    row(
        DECLARATION,
        "awaiting_finance",
        "Awaiting Finance Approval",
        "yellow",
        "The commissioner has approved. Finance must approve before it can be paid.",
    ),
    row(
        DECLARATION,
        "approved",
        "Approved",
        "green",
        "Finance has approved. The declaration is locked and can go into a payment file.",
    ),
    row(PAYMENT, "not_due", "Not due", "grey", "The declaration has not been approved by finance."),
    row(
        PAYMENT,
        "ready",
        "Approved for payment",
        "yellow",
        "Finance has approved. It goes into the next payment file.",
    ),
    row(
        PAYMENT,
        "held",
        "Held",
        "orange",
        "Finance has approved, and the commissioner has put the payment on hold. It goes into no file until then.",
    ),
    row(
        PAYMENT,
        "in_file",
        "In payment file",
        "purple",
        "The amount is in a payment file that has not been sent to the payer.",
    ),
    row(
        PAYMENT,
        "sent",
        "Sent to the payer",
        "purple",
        "The payer has the payment file and has not answered yet.",
    ),
    row(PAYMENT, "paid", "Paid", "white", "The payer has paid the amount."),
    row(
        PAYMENT,
        "failed",
        "Payment failed",
        "red",
        "The payer could not pay the amount. Finance puts right what is wrong and tries again.",
    ),
    row(
        PAYMENT,
        "settled",
        "Settled outside the files",
        "white",
        "The payer could not pay the amount in any try. Finance settled it another way, and a second person recorded how.",
    ),
    row(HOLD, "on_hold", "On hold", "orange", "What the hold names waits until it is lifted."),
    row(HOLD, "lifted", "Lifted", "white", "The hold stops nothing any more."),
    row(
        PAYMENT_FILE,
        "created",
        "Not sent",
        "yellow",
        "The file is frozen. A second person of finance must check it and send it to the payer.",
    ),
    row(
        PAYMENT_FILE,
        "sent",
        "Sent to the payer",
        "purple",
        "The payer has the file. Its answer is not loaded for every payment yet.",
    ),
    row(
        PAYMENT_FILE,
        "answered",
        "Answered",
        "white",
        "The payer has answered for every payment of the file.",
    ),
    row(
        ADJUSTMENT,
        "asked",
        "Awaiting agreement",
        "yellow",
        "Somebody has asked for the adjustment. A second person must agree before it changes the payment.",
    ),
    row(
        ADJUSTMENT,
        "agreed",
        "Agreed",
        "green",
        "Two people agree. The payment is calculated with it.",
    ),
    row(
        ADJUSTMENT,
        "refused",
        "Refused",
        "red",
        "The second person decided against the adjustment. It changes nothing.",
    ),
    row(
        ADJUSTMENT,
        "withdrawn",
        "Withdrawn",
        "grey",
        "The person who asked for the adjustment took it back. It changes nothing.",
    ),
    row(
        ADJUSTMENT,
        "ending",
        "Agreed, end awaiting agreement",
        "yellow",
        "Somebody found that the adjustment was wrong. It counts until a second person agrees to end it.",
    ),
    row(
        ADJUSTMENT,
        "ended",
        "Ended",
        "white",
        "Two people agreed that the adjustment was wrong. The payment is calculated without it.",
    ),
    row(
        QUESTION,
        "provider",
        "Provider's turn",
        "aqua-green",
        "The provider must answer, or close its own question.",
    ),
    row(
        QUESTION,
        "commissioner",
        "Commissioner's turn",
        "yellow",
        "The commissioner must answer, or close its own question. While its own is open, nobody approves.",
    ),
    row(
        QUESTION,
        "closed",
        "Closed",
        "white",
        "Whoever asked has the answer. Nothing more is written to it.",
    ),
    row(
        REFERENCE,
        "loaded",
        "Waiting",
        "yellow",
        "Loaded from a file. Nothing is calculated with these figures until somebody takes them into use.",
    ),
    row(REFERENCE, "in_force", "In force", "green", "Calculations use these figures."),
    row(
        REFERENCE,
        "superseded",
        "Replaced",
        "white",
        "A newer version has taken the place of these figures.",
    ),
    row(REFERENCE, "set_aside", "Set aside", "grey", "Somebody decided not to use these figures."),
];

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
