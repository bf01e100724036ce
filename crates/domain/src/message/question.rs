//! What the other party of a declaration reads when something was asked, answered or closed. The words themselves stay on
//! the page, because they can name amounts and go out by email.

use super::Message;
use crate::{
    calendar::{long_date, with_period},
    question::{Party, Question},
};

/// What a question is about, and whose act the message tells.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// Name of the service.
    pub service: &'a str,
    /// The period, in words.
    pub period: &'a str,
    /// Reference of the declaration.
    pub reference: &'a str,
    /// Name of the provider.
    pub provider: &'a str,
    /// Name of the organisation that acted.
    pub from: &'a str,
}

impl About<'_> {
    fn message(&self, what: &str, sentences: &[String]) -> Message {
        let subject = format!("{what} {}", with_period(self.service, self.period));
        // A long name of a service is cut where the line would be cut anyway.
        let subject: String = subject.chars().take(80).collect();
        Message {
            subject,
            body: sentences.join("\n\n"),
            link: format!("/declarations/{}#questions", self.reference),
        }
    }

    fn declaration(&self) -> String {
        format!("payment declaration {} of {}", self.reference, self.provider)
    }
}

/// By when the one whose turn it is answers.
fn turn(question: &Question) -> String {
    question.clock().map_or_else(String::new, |clock| {
        format!("It is your turn. Answer by {}.", long_date(clock.answer_by))
    })
}

/// A question was asked.
pub fn asked(about: &About<'_>, question: &Question) -> Message {
    let mut body = vec![format!("{} asks about {}.", about.from, about.declaration())];
    if question.is_return {
        body.push("It returned the declaration to you. Answer, then declare again.".to_owned());
    } else if question.asked_by == Party::Commissioner {
        body.push("It is not approved while the question is open.".to_owned());
    }
    body.push(turn(question));
    about.message("Question about", &body)
}

/// The other party wrote.
pub fn answered(about: &About<'_>, question: &Question) -> Message {
    let mut body = vec![format!("{} wrote about {}.", about.from, about.declaration())];
    // Whoever writes leaves the turn to the other party, or hands it over.
    body.push(turn(question));
    if question.said.last().is_some_and(|said| said.party != question.asked_by) {
        body.push("Close your question when it is answered.".to_owned());
    }
    about.message("Answer about", &body)
}

/// The party that asked closed it.
pub fn closed(about: &About<'_>) -> Message {
    let body = [
        format!("{} closed its question about {}.", about.from, about.declaration()),
        "You do not need to do anything about it.".to_owned(),
    ];
    about.message("Question closed:", &body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        By,
        question::{QuestionState, Said},
    };
    use uuid::Uuid;

    const ABOUT: About<'_> = About {
        service: "Blood tests near home",
        period: "June 2025",
        reference: "D-2025-000001",
        provider: "Riverside Surgery",
        from: "NHS Anytown ICB",
    };

    fn question(asked_by: Party, said_by: &[Party], turn: Party) -> Question {
        let at = "2025-07-02T12:00:00Z".parse().expect("an instant");
        let said = |party: &Party| Said {
            party: *party,
            text: "Is £420.00 right?".into(),
            evidence: String::new(),
            by: By::oneself(None, "Tom Hill"),
            organisation: "NHS Anytown ICB".into(),
            at,
        };
        Question {
            id: Uuid::from_u128(1).into(),
            declaration: Uuid::from_u128(2).into(),
            provider: Uuid::from_u128(3).into(),
            commissioner: Uuid::from_u128(4).into(),
            asked_by,
            payment: None,
            is_return: false,
            said: said_by.iter().map(said).collect(),
            state: QuestionState::Open { turn, since: at },
            version: 1,
        }
    }

    #[test]
    fn a_message_says_whose_turn_it_is_and_no_amount() {
        use Party::{Commissioner, Provider};
        let asked_one = question(Commissioner, &[Commissioner], Provider);
        let message = asked(&ABOUT, &asked_one);
        assert_eq!(message.subject, "Question about Blood tests near home, June 2025");
        assert_eq!(message.link, "/declarations/D-2025-000001#questions");
        assert_eq!(
            message.body,
            "NHS Anytown ICB asks about payment declaration D-2025-000001 of Riverside Surgery.\n\n\
             It is not approved while the question is open.\n\nIt is your turn. Answer by 12 July 2025."
        );
        let returned = Question { is_return: true, ..asked_one };
        assert!(asked(&ABOUT, &returned).body.contains("Answer, then declare again."));
        let answered_one = question(Commissioner, &[Commissioner, Provider], Commissioner);
        let message = answered(&ABOUT, &answered_one);
        assert!(message.body.contains("It is your turn."), "{}", message.body);
        assert!(message.body.ends_with("Close your question when it is answered."));
        let added = answered(&ABOUT, &question(Commissioner, &[Commissioner; 2], Provider));
        assert!(!added.body.contains("Close your question"), "{}", added.body);
        for message in [message, asked(&ABOUT, &returned), closed(&ABOUT)] {
            let text = format!("{} {}", message.subject, message.body);
            assert!(!text.contains('£') && !text.contains("Tom Hill"), "{text}");
            for sentence in message.body.split(['.', '\n']) {
                assert!(sentence.split_whitespace().count() <= 20, "{sentence}");
            }
        }
    }
}
