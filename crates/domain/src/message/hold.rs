//! What the people who declare are told when a hold is placed and lifted, and when declarations are taken back.

use super::Message;
use crate::{
    calendar::with_period,
    hold::{Hold, Stops},
};

/// That a hold was placed, or, when it is lifted, that it was.
pub fn message(hold: &Hold) -> Message {
    let Hold { commissioner_name: from, service_name: service, .. } = hold;
    let what = hold.stops.words();
    match &hold.lifted {
        None => Message {
            subject: format!("On hold: {service}"),
            body: format!(
                "{from} has put {what} on hold.\n\n- {service}\n\nThe reason given: {}\n\n{}",
                hold.reason,
                advice(hold.stops)
            ),
            link: "/holds".to_owned(),
        },
        Some(lifted) => {
            let note = match &*lifted.note {
                "" => String::new(),
                note => format!("\n\nThe note given: {note}"),
            };
            Message {
                subject: format!("No longer on hold: {service}"),
                body: format!(
                    "{from} has lifted its hold on {what}.\n\n- {service}{note}\n\n\
                     Where no other hold stands, what waited can go on."
                ),
                link: "/achievement/declare".to_owned(),
            }
        }
    }
}

fn advice(stops: Stops) -> &'static str {
    match stops {
        Stops::Both => "You cannot declare until the hold is lifted, and nothing new is paid.",
        Stops::Declaring => "You cannot declare until the hold is lifted.",
        Stops::Paying => "You can still declare. Nothing new is paid until the hold is lifted.",
    }
}

/// That declarations were taken back, for the people of one provider. Each has its service and its period.
pub fn taken_back(from: &str, declarations: &[(String, String)], reason: &str) -> Message {
    let line = |(service, period): &(String, String)| format!("- {}", with_period(service, period));
    let list: Vec<String> = declarations.iter().map(line).collect();
    let (subject, what) = match declarations {
        [_] => ("Declare again: 1 declaration was taken back".to_owned(), "this declaration"),
        more => (
            format!("Declare again: {} declarations were taken back", more.len()),
            "these declarations",
        ),
    };
    Message {
        subject,
        body: format!(
            "{from} took {what} back to you.\n\n{}\n\nThe reason given: {reason}\n\n\
             Check the achievement, then declare it again.",
            list.join("\n")
        ),
        link: "/achievement/declare".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{By, declaration::Step, hold::Lifted};
    use uuid::Uuid;

    fn hold(stops: Stops, lifted: Option<&str>) -> Hold {
        let at = "2026-05-18T09:00:00Z".parse().expect("an instant");
        let step = Step { by: By::oneself(None, "Tom Hill"), at };
        Hold {
            id: Uuid::nil().into(),
            reference: "H-2026-000001".into(),
            commissioner: Uuid::nil().into(),
            commissioner_name: "NHS Anytown ICB".into(),
            service: Uuid::nil().into(),
            service_name: "Minor surgery".into(),
            cluster: None,
            stops,
            reason: "The extract is wrong.".into(),
            lifted: lifted.map(|note| Lifted { step: step.clone(), note: note.into() }),
            placed: step,
            version: 1,
        }
    }

    #[test]
    fn what_people_are_told_of_a_hold_is_short_and_names_no_amount_and_no_person() {
        let mut messages = vec![
            taken_back("NHS Anytown ICB", &[("Minor surgery".into(), "May 2026".into())], "Wrong."),
            taken_back("NHS Anytown ICB", &vec![("A".into(), "B".into()); 12], "Wrong."),
        ];
        for stops in Stops::ALL {
            for lifted in [None, Some(""), Some("Extracted again.")] {
                messages.push(message(&hold(stops, lifted)));
            }
        }
        for Message { subject, body, link } in messages {
            assert!(subject.chars().count() <= 80, "{subject}");
            assert!(!body.contains('£') && !body.contains("Tom Hill"), "{body}");
            assert!(!body.contains("\n\n\n") && !body.contains("  "), "{body}");
            for sentence in body.split(['.', '\n']) {
                assert!(sentence.split_whitespace().count() <= 20, "{sentence}");
            }
            assert!(link.starts_with('/'), "{link}");
        }
    }

    #[test]
    fn the_reason_and_the_note_are_told() {
        let placed = message(&hold(Stops::Paying, None));
        assert_eq!(placed.subject, "On hold: Minor surgery");
        assert!(placed.body.contains("The reason given: The extract is wrong.\n\nYou can still"));
        let lifted = message(&hold(Stops::Both, Some("Extracted again.")));
        assert!(lifted.body.contains("The note given: Extracted again."), "{}", lifted.body);
    }
}
