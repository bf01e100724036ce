//! Messages: what Accord writes to people when an offer needs them, in the words of one table.
//!
//! A message says what happened, which services it is about and by when to act, and leads to one page. It names no amount
//! of money and no person.

pub mod access;
pub mod account;
pub mod correction;
pub mod delegation;
pub mod deputy;
pub mod dispute;
pub mod hold;
pub mod question;

use crate::{OfferId, calendar::long_date};
use chrono::NaiveDate;

/// What happened to one or more offers of one provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// They were made.
    Offered,
    /// A direct contract binds the provider without an answer.
    Bound,
    /// They were made again.
    Reissued,
    /// The commissioner, or the response date coming near, asks for the answer.
    Reminder,
    /// Their response date moved later.
    MoreTime,
    /// They were taken back.
    Withdrawn,
    /// A request for the service was not followed.
    TurnedDown,
    /// New terms of a service that the provider takes part in wait for its answer.
    NewTerms,
    /// The provider asks for the service after all.
    Requested,
    /// One side stops after a last day.
    NoticeGiven,
    /// The side that gave notice takes it back.
    NoticeTakenBack,
    /// The commissioner stopped the contract.
    Terminated,
    /// Another organisation accepted them in the provider's place.
    AcceptedFor,
    /// Another organisation rejected them in the provider's place.
    RejectedFor,
    /// Another organisation asked for the service in the provider's place.
    RequestedFor,
}

/// An offer as a message names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// The offer.
    pub offer: OfferId,
    /// Name of its service.
    pub service: String,
    /// Last day for an answer.
    pub respond_by: NaiveDate,
    /// Last day on which the provider takes part; none where it does not.
    pub in_force_until: Option<NaiveDate>,
    /// The words that the other side gave; empty where it gave none.
    pub words: String,
}

/// Between whom the news goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Between<'a> {
    /// Name of the organisation whose act it tells.
    pub from: &'a str,
    /// Name of the provider of the offers.
    pub provider: &'a str,
}

/// A message as it is kept and sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// One line, without an amount.
    pub subject: String,
    /// Paragraphs of plain text.
    pub body: String,
    /// The page where the reader acts, below the address of the service: `/services`.
    pub link: String,
}

impl News {
    /// The message that tells it.
    ///
    /// # Panics
    /// Without an offer there is nothing to tell.
    pub fn message(self, between: Between<'_>, about: &[About]) -> Message {
        let first = about.first().expect("news of at least 1 offer");
        let link = match about {
            [one] => format!("/services/{}", one.offer),
            _ if self.asks_for_an_answer() => "/services?show=to_answer".to_owned(),
            _ => "/services".to_owned(),
        };
        let list: Vec<String> = about.iter().map(|one| self.line(one)).collect();
        let paragraphs = [self.opening(between, about.len()), list.join("\n"), self.advice(first)];
        let body = paragraphs.into_iter().filter(|text| !text.is_empty());
        Message {
            subject: self.subject(between, about),
            body: body.collect::<Vec<_>>().join("\n\n"),
            link,
        }
    }

    fn asks_for_an_answer(self) -> bool {
        matches!(self, Self::Offered | Self::Reissued | Self::Reminder | Self::MoreTime)
    }

    fn subject(self, Between { provider, .. }: Between<'_>, about: &[About]) -> String {
        let by = about.iter().map(|one| one.respond_by).min().map(long_date).unwrap_or_default();
        let service = about.first().map_or("", |one| one.service.as_str());
        let count = about.len();
        match (self, count) {
            (Self::Offered, 1) => format!("Respond to a new service offer by {by}"),
            (Self::Offered, _) => format!("Respond to {count} new service offers by {by}"),
            (Self::Bound, 1) => format!("You take part in a service: {service}"),
            (Self::Bound, _) => format!("You take part in {count} services"),
            (Self::Reissued, 1) => format!("Respond to a reissued service offer by {by}"),
            (Self::Reissued, _) => format!("Respond to {count} reissued service offers by {by}"),
            (Self::Reminder, 1) => format!("1 offer needs your answer by {by}"),
            (Self::Reminder, _) => format!("{count} offers need your answer by {by}"),
            (Self::MoreTime, 1) => format!("You have until {by} to answer an offer"),
            (Self::MoreTime, _) => format!("You have until {by} to answer {count} offers"),
            (Self::Withdrawn, 1) => "A service offer was withdrawn".to_owned(),
            (Self::Withdrawn, _) => format!("{count} service offers were withdrawn"),
            (Self::NewTerms, 1) => format!("Answer new terms by {by}: {service}"),
            (Self::NewTerms, _) => format!("Answer new terms of {count} services by {by}"),
            (Self::TurnedDown, _) => format!("Your request was turned down: {service}"),
            (Self::Requested, _) => format!("{provider} requests a service: {service}"),
            (Self::NoticeGiven, _) => format!("Notice was given: {service}"),
            (Self::NoticeTakenBack, _) => format!("Notice was taken back: {service}"),
            (Self::Terminated, _) => format!("Your contract was terminated: {service}"),
            (Self::AcceptedFor, 1) => format!("An offer was accepted for you: {service}"),
            (Self::AcceptedFor, _) => format!("{count} offers were accepted for you"),
            (Self::RejectedFor, 1) => format!("An offer was rejected for you: {service}"),
            (Self::RejectedFor, _) => format!("{count} offers were rejected for you"),
            (Self::RequestedFor, _) => format!("A service was requested for you: {service}"),
        }
    }

    fn opening(self, Between { from, provider }: Between<'_>, count: usize) -> String {
        let services = if count == 1 { "this service" } else { "these services" };
        let offers = if count == 1 { "this offer" } else { "these offers" };
        match self {
            Self::Offered => format!("{from} offers {services} to {provider}."),
            Self::Bound => format!("{from} has a contract with {provider} for {services}."),
            Self::Reissued => format!("{from} offers {services} to {provider} again."),
            Self::Reminder => {
                format!("{from} offers {services} to {provider} and has no answer yet.")
            }
            Self::MoreTime => format!("{from} gives {provider} more time to answer."),
            Self::Withdrawn => format!("{from} no longer offers {services} to {provider}."),
            Self::NewTerms => format!("{from} offers {provider} new terms."),
            Self::TurnedDown => format!("{from} did not reissue the offer to {provider}."),
            Self::Requested => format!("{provider} asks you to offer this service again."),
            Self::NoticeGiven => format!("{from} gave notice on this contract with {provider}."),
            Self::NoticeTakenBack => {
                format!("{from} took back its notice on this contract with {provider}.")
            }
            Self::Terminated => format!("{from} terminated this contract with {provider}."),
            Self::AcceptedFor => format!("{from} accepted {offers} for {provider}."),
            Self::RejectedFor => format!("{from} rejected {offers} for {provider}."),
            Self::RequestedFor => {
                format!("{from} asked the commissioner for this service, for {provider}.")
            }
        }
    }

    /// One service with what matters of it now.
    fn line(self, about: &About) -> String {
        let service = &about.service;
        if self.asks_for_an_answer() || self == Self::NewTerms {
            return format!("- {service}: respond by {}", long_date(about.respond_by));
        }
        match (self, about.in_force_until) {
            (Self::NoticeGiven | Self::Terminated, Some(last_day)) => {
                format!("- {service}: the last day is {}", long_date(last_day))
            }
            (Self::Terminated, None) => format!("- {service}: nothing of it counts"),
            _ => format!("- {service}"),
        }
    }

    fn advice(self, about: &About) -> String {
        match self {
            Self::Offered | Self::Reissued => {
                "Read what a service asks of you, then accept or reject it.".to_owned()
            }
            Self::Reminder | Self::MoreTime => {
                "After the response date you cannot answer. You can then only request the service."
                    .to_owned()
            }
            Self::Bound => "You do not need to answer.".to_owned(),
            Self::NewTerms => "Until you accept them, the terms that you have go on.".to_owned(),
            Self::NoticeTakenBack => "The contract goes on as before.".to_owned(),
            Self::Withdrawn => about.words.clone(),
            Self::AcceptedFor | Self::RequestedFor => delegation::ADVICE.to_owned(),
            Self::RejectedFor => {
                format!("The reason given: {}\n\n{}", about.words, delegation::ADVICE)
            }
            Self::TurnedDown | Self::NoticeGiven | Self::Terminated => {
                format!("The reason given: {}", about.words)
            }
            Self::Requested if about.words.is_empty() => {
                "You can reissue the offer or turn the request down.".to_owned()
            }
            Self::Requested => format!(
                "Their note: {}\n\nYou can reissue the offer or turn the request down.",
                about.words
            ),
        }
    }
}

/// How many times an email is tried before Accord gives it up: over about 8 hours.
pub const ATTEMPTS: u32 = 10;

/// Minutes to wait after an attempt that failed, the first of which is number 1: 1, 2, 4 and so on, up to about 4 hours.
pub fn minutes_until_next(attempt: u32) -> u32 {
    1 << attempt.saturating_sub(1).min(8)
}

/// Days after which a message that could not be sent is no longer news, and is not emailed any more.
pub const DAYS_AS_NEWS: u32 = 3;

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const BETWEEN: Between<'_> = Between { from: "NHS Anytown ICB", provider: "Riverside Surgery" };

    fn about(number: u128, service: &str, respond_by: &str) -> About {
        About {
            offer: Uuid::from_u128(number).into(),
            service: service.into(),
            respond_by: respond_by.parse().expect("a date"),
            in_force_until: None,
            words: String::new(),
        }
    }

    const ALL: [News; 15] = [
        News::AcceptedFor,
        News::RejectedFor,
        News::RequestedFor,
        News::NoticeTakenBack,
        News::NewTerms,
        News::Offered,
        News::Bound,
        News::Reissued,
        News::Reminder,
        News::MoreTime,
        News::Withdrawn,
        News::TurnedDown,
        News::Requested,
        News::NoticeGiven,
        News::Terminated,
    ];

    #[test]
    fn one_offer_leads_to_its_page_and_several_to_the_list() {
        let one = [about(1, "Minor surgery", "2026-04-30")];
        let message = News::Reminder.message(BETWEEN, &one);
        assert_eq!(message.subject, "1 offer needs your answer by 30 April 2026");
        assert_eq!(message.link, "/services/00000000-0000-0000-0000-000000000001");
        let two = [about(1, "Minor surgery", "2026-05-07"), about(2, "Phlebotomy", "2026-04-30")];
        let message = News::Reminder.message(BETWEEN, &two);
        assert_eq!(message.subject, "2 offers need your answer by 30 April 2026");
        assert_eq!(message.link, "/services?show=to_answer");
        assert_eq!(
            message.body,
            "NHS Anytown ICB offers these services to Riverside Surgery and has no answer yet.\n\n\
             - Minor surgery: respond by 7 May 2026\n- Phlebotomy: respond by 30 April 2026\n\n\
             After the response date you cannot answer. You can then only request the service."
        );
    }

    #[test]
    fn what_the_other_side_wrote_and_the_last_day_are_told() {
        let ended = About {
            in_force_until: "2026-06-30".parse().ok(),
            words: "No room.".into(),
            ..about(1, "Minor surgery", "2026-04-30")
        };
        let message = News::NoticeGiven.message(BETWEEN, &[ended]);
        assert!(message.body.contains("- Minor surgery: the last day is 30 June 2026"));
        assert!(message.body.ends_with("The reason given: No room."));
    }

    /// The style of the NHS content guide: no amounts, short sentences, no contractions.
    #[test]
    fn every_message_is_short_and_plain() {
        for news in ALL {
            for count in 1..3 {
                let offers: Vec<_> =
                    (0..count).map(|number| about(number, "Minor surgery", "2026-04-30")).collect();
                let Message { subject, body, link } = news.message(BETWEEN, &offers);
                assert!(subject.chars().count() <= 80, "{subject}");
                for text in [&subject, &body] {
                    assert!(
                        !text.contains('£') && !text.contains("n't") && !text.contains("  "),
                        "{text}"
                    );
                }
                for sentence in body.split(['.', '\n']) {
                    assert!(sentence.split_whitespace().count() <= 20, "{sentence}");
                }
                assert!(link.starts_with("/services"), "{link}");
            }
        }
    }

    #[test]
    fn an_email_is_tried_less_and_less_often() {
        let waits: Vec<u32> = (1..ATTEMPTS).map(minutes_until_next).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256]);
        assert_eq!(minutes_until_next(40), 256);
    }
}
