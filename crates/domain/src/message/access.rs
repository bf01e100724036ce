//! What people are told about access: those who manage people of requests, and those who asked of what became of them. No
//! message names a person.

use super::Message;
use crate::{access::request::DECIDE_WITHIN, calendar::long_date};
use chrono::NaiveDate;

/// The page where requests are decided.
pub const REQUESTS: &str = "/people/requests";

/// The page where access is reviewed.
pub const REVIEW: &str = "/people/review";
/// The page of reviews at organisations below.
pub const REVIEWS_BELOW: &str = "/people/reviews";

/// To those who manage people: somebody asks for access to an organisation.
pub fn requested(organisation: &str, decide_by: NaiveDate) -> Message {
    Message {
        subject: format!("Somebody asks for access to {organisation}"),
        body: format!(
            "Somebody asks for access to {organisation}.\n\nApprove or reject it by {}. After that it lapses.",
            long_date(decide_by)
        ),
        link: REQUESTS.to_owned(),
    }
}

/// To somebody whose account has more roles now.
pub fn approved(organisation: &str) -> Message {
    Message {
        subject: format!("You have access to {organisation}"),
        body: format!(
            "Your request for access to {organisation} was approved.\n\nYou work there with the account that you have."
        ),
        link: "/organisation".to_owned(),
    }
}

/// To whoever asked and gets nothing.
pub fn rejected(organisation: &str, reason: &str) -> Message {
    Message {
        subject: format!("Your request for access to {organisation} was rejected"),
        body: format!(
            "Your request for access to {organisation} was rejected.\n\nThe reason given: {reason}\n\n\
             You can ask again. A request waits for up to {DECIDE_WITHIN} days."
        ),
        link: "/ask-for-access".to_owned(),
    }
}

/// To those who manage people: confirm who has access.
pub fn review(organisation: &str, due_on: NaiveDate) -> Message {
    let due_on = long_date(due_on);
    Message {
        subject: format!("Confirm who has access to {organisation} by {due_on}"),
        body: format!(
            "Once a year you confirm who has access to {organisation}.\n\nDo it by {due_on}. Those who stand out come first."
        ),
        link: REVIEW.to_owned(),
    }
}

/// The same to those above, about organisations that nobody manages the people of.
pub fn reviews_below(organisations: usize, first: NaiveDate) -> Message {
    let first = long_date(first);
    let what = match organisations {
        1 => "1 organisation".to_owned(),
        many => format!("{many} organisations"),
    };
    Message {
        subject: format!("Confirm who has access to {what} below yours"),
        body: format!(
            "Once a year somebody confirms who has access to an organisation.\n\nNobody manages people at {what} below \
             yours, so you do it there. The first is due by {first}."
        ),
        link: REVIEWS_BELOW.to_owned(),
    }
}

/// To somebody whose account is not used.
pub fn lapses(on: NaiveDate) -> Message {
    let on = long_date(on);
    Message {
        subject: format!("Your account lapses on {on} unless you log in"),
        body: format!(
            "You have not logged in to Accord for a long time.\n\nYour account lapses on {on}. Log in before that day to \
             keep it.\n\nIf you do not need it any more, you do not need to do anything."
        ),
        link: "/".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_about_access_are_short_and_plain() {
        let day = "2026-06-30".parse().expect("a date");
        for message in [
            lapses(day),
            review("Riverside Surgery", day),
            reviews_below(12, day),
            requested("Riverside Surgery", day),
            approved("Riverside Surgery"),
            rejected("Riverside Surgery", "We do not know you."),
        ] {
            let Message { subject, body, link } = message;
            assert!(subject.chars().count() <= 80, "{subject}");
            assert!(!body.contains("  ") && !body.contains("\n\n\n"), "{body}");
            for sentence in body.split(['.', '\n']) {
                assert!(sentence.split_whitespace().count() <= 20, "{sentence}");
            }
            assert!(link.starts_with('/'), "{link}");
        }
    }
}
