//! Deadlines as an iCalendar file: whole days, each with an identifier that stays the same, so that a calendar that reads
//! the file again moves what has moved.
//!
//! Source: RFC 5545.

use super::Deadline;
use crate::{Now, Organisation};
use chrono::{Days, NaiveDate};

/// Bytes of the longest line, without its end (RFC 5545, 3.1).
const LONGEST_LINE: usize = 75;

/// The file of an organisation's deadlines.
pub fn file(deadlines: &[Deadline], organisation: &Organisation, now: &Now) -> String {
    let Organisation { code, name, kind, .. } = organisation;
    let mut lines = vec![
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        "PRODID:-//Accord//Deadlines//EN".to_owned(),
        "CALSCALE:GREGORIAN".to_owned(),
        "METHOD:PUBLISH".to_owned(),
        format!("X-WR-CALNAME:{}", text(&format!("Deadlines of {name}"))),
    ];
    for deadline in deadlines {
        let of = deadline.period.map_or_else(String::new, |period| format!("-{}", period.end));
        lines.extend([
            "BEGIN:VEVENT".to_owned(),
            format!("UID:{code}-{}{of}-{}@accord", deadline.code, deadline.kind.name()),
            format!("DTSTAMP:{}", now.instant.format("%Y%m%dT%H%M%SZ")),
            format!("DTSTART;VALUE=DATE:{}", date(deadline.on)),
            format!("DTEND;VALUE=DATE:{}", date(deadline.on + Days::new(1))),
            format!("SUMMARY:{}", text(&deadline.title(*kind))),
            format!("DESCRIPTION:{}", text(&format!("{name}: {}", deadline.status(now.today)))),
            // Nobody is busy all day because something is due.
            "TRANSP:TRANSPARENT".to_owned(),
            "END:VEVENT".to_owned(),
        ]);
    }
    lines.push("END:VCALENDAR".to_owned());
    lines.iter().map(|line| folded(line)).collect()
}

fn date(day: NaiveDate) -> String {
    day.format("%Y%m%d").to_string()
}

/// A text with its special characters escaped (RFC 5545, 3.3.11).
fn text(plain: &str) -> String {
    let mut escaped = String::with_capacity(plain.len());
    for letter in plain.chars() {
        match letter {
            '\\' | ';' | ',' => escaped.extend(['\\', letter]),
            '\n' => escaped.push_str("\\n"),
            letter if letter.is_control() => {}
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// A line with its end, folded where it is long; never within a letter.
fn folded(line: &str) -> String {
    let mut folded = String::with_capacity(line.len() + 2);
    let mut length = 0;
    for letter in line.chars() {
        if length + letter.len_utf8() > LONGEST_LINE {
            folded.push_str("\r\n ");
            length = 1;
        }
        folded.push(letter);
        length += letter.len_utf8();
    }
    folded.push_str("\r\n");
    folded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        OrganisationId, OrganisationKind,
        deadline::tests::{day, declare},
    };
    use uuid::Uuid;

    fn riverside() -> Organisation {
        Organisation {
            id: OrganisationId(Uuid::nil()),
            code: "Y00001".into(),
            name: "Riverside Surgery".into(),
            kind: OrganisationKind::Practice,
            parent: None,
            closed_on: None,
        }
    }

    fn now() -> Now {
        Now::at("2026-05-01T08:30:00Z".parse().expect("an instant"))
    }

    #[test]
    fn a_deadline_is_a_whole_day_with_an_identifier_that_stays() {
        let one = declare("2026-05-14", 0, 1);
        let file = file(&[one], &riverside(), &now());
        let lines: Vec<&str> = file.split("\r\n").collect();
        assert_eq!(
            lines,
            [
                "BEGIN:VCALENDAR",
                "VERSION:2.0",
                "PRODID:-//Accord//Deadlines//EN",
                "CALSCALE:GREGORIAN",
                "METHOD:PUBLISH",
                "X-WR-CALNAME:Deadlines of Riverside Surgery",
                "BEGIN:VEVENT",
                "UID:Y00001-BLD2627-2026-04-30-declare@accord",
                "DTSTAMP:20260501T083000Z",
                "DTSTART;VALUE=DATE:20260514",
                "DTEND;VALUE=DATE:20260515",
                "SUMMARY:Last day to declare: Blood tests\\, April 2026",
                "DESCRIPTION:Riverside Surgery: To do",
                "TRANSP:TRANSPARENT",
                "END:VEVENT",
                "END:VCALENDAR",
                "",
            ]
        );
    }

    #[test]
    fn long_lines_are_folded_between_letters_and_read_back_whole() {
        let mut long = declare("2026-05-14", 0, 1);
        long.service = "Größe, é; \\ and\na new line ".repeat(6);
        let file = file(&[long.clone()], &riverside(), &now());
        assert!(file.split("\r\n").all(|line| line.len() <= LONGEST_LINE), "{file}");
        assert!(!file.replace("\r\n", "").contains(['\r', '\n']), "{file}");
        let unfolded = file.replace("\r\n ", "");
        let summary = format!("SUMMARY:{}\r\n", text(&long.title(OrganisationKind::Practice)));
        assert!(unfolded.contains(&summary), "{unfolded}");
        assert!(summary.contains("Größe\\, é\\; \\\\ and\\na new line"), "{summary}");
    }

    #[test]
    fn a_day_ends_on_the_next_one_over_the_turn_of_the_year() {
        let file = file(&[declare("2026-12-31", 0, 1)], &riverside(), &now());
        assert!(file.contains("DTEND;VALUE=DATE:20270101"), "{file}");
        assert_eq!(day("2026-12-31").format("%Y%m%d").to_string(), "20261231");
    }
}
