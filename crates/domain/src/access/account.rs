//! The account of a person who is invited: an address of their own, a name and a job title.

use crate::nhs_number;
use std::fmt;

/// Longest address (RFC 5321), in characters.
pub const EMAIL_MAX: usize = 254;
/// Longest name and job title, in characters.
pub const NAME_MAX: usize = 100;

/// Parts before the `@` that name a room or a team. Whoever reads such a mailbox could act under one name.
const SHARED: [&str; 24] = [
    "accounts",
    "admin",
    "administrator",
    "contact",
    "data",
    "enquiries",
    "enquiry",
    "finance",
    "gp",
    "helpdesk",
    "info",
    "mail",
    "manager",
    "office",
    "pcn",
    "practice",
    "practicemanager",
    "reception",
    "secretaries",
    "secretary",
    "support",
    "surgery",
    "team",
    "noreply",
];

/// Who is invited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The address, in lower case.
    pub email: String,
    /// The name.
    pub name: String,
    /// The job title.
    pub job_title: String,
}

/// What is wrong with one field of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum Wrong {
    NoEmail,
    NotAnEmail,
    SharedMailbox,
    NoName,
    NameTooLong,
    NameNamesPatient,
    NoJobTitle,
    JobTitleTooLong,
    JobTitleNamesPatient,
}

impl Wrong {
    /// The field that it is about.
    pub fn field(self) -> &'static str {
        match self {
            Self::NoEmail | Self::NotAnEmail | Self::SharedMailbox => "email",
            Self::NoName | Self::NameTooLong | Self::NameNamesPatient => "name",
            Self::NoJobTitle | Self::JobTitleTooLong | Self::JobTitleNamesPatient => "job_title",
        }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoEmail => f.write_str("Enter an email address"),
            Self::NotAnEmail => {
                f.write_str("Enter an email address in the correct format, like name@nhs.net")
            }
            Self::SharedMailbox => {
                f.write_str("Use a named person's email address. Shared mailboxes cannot be used")
            }
            Self::NoName => f.write_str("Enter a full name"),
            Self::NameTooLong => write!(f, "Full name must be {NAME_MAX} characters or less"),
            Self::NameNamesPatient => f.write_str(&nhs_number::take_out_of("full name")),
            Self::JobTitleNamesPatient => f.write_str(&nhs_number::take_out_of("job title")),
            Self::NoJobTitle => f.write_str("Enter a job title"),
            Self::JobTitleTooLong => write!(f, "Job title must be {NAME_MAX} characters or less"),
        }
    }
}

impl Account {
    /// Reads what was typed; everything that is wrong with it at once.
    pub fn read(email: &str, name: &str, job_title: &str) -> Result<Self, Vec<Wrong>> {
        let account = Self {
            email: email.trim().to_lowercase(),
            name: one_line(name),
            job_title: one_line(job_title),
        };
        let text = |text: &str, [none, long, patient]: [Wrong; 3]| match text.chars().count() {
            0 => Some(none),
            count if count > NAME_MAX => Some(long),
            _ if nhs_number::is_in(text) => Some(patient),
            _ => None,
        };
        let wrong: Vec<Wrong> = [
            wrong_email(&account.email),
            text(&account.name, [Wrong::NoName, Wrong::NameTooLong, Wrong::NameNamesPatient]),
            text(
                &account.job_title,
                [Wrong::NoJobTitle, Wrong::JobTitleTooLong, Wrong::JobTitleNamesPatient],
            ),
        ]
        .into_iter()
        .flatten()
        .collect();
        if wrong.is_empty() { Ok(account) } else { Err(wrong) }
    }
}

/// Without the blanks around it, and one blank where there were several.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn wrong_email(email: &str) -> Option<Wrong> {
    if email.is_empty() {
        return Some(Wrong::NoEmail);
    }
    // Letters that only look like others would make two accounts of one address.
    let plain = email.is_ascii() && email.chars().all(|one| one.is_ascii_graphic());
    let Some((local, domain)) = email.split_once('@').filter(|_| plain) else {
        return Some(Wrong::NotAnEmail);
    };
    let label = |label: &str| {
        !label.is_empty() && label.chars().all(|one| one.is_ascii_alphanumeric() || one == '-')
    };
    let is_domain = domain.contains('.') && domain.split('.').all(label);
    let is_local = !local.is_empty()
        && !local.contains(|one: char| "\"(),:;<>[\\]".contains(one))
        && local.split('.').all(|part| !part.is_empty());
    if !is_domain || !is_local || email.len() > EMAIL_MAX {
        return Some(Wrong::NotAnEmail);
    }
    let letters: String = local.chars().filter(char::is_ascii_alphabetic).collect();
    SHARED.contains(&&*letters).then_some(Wrong::SharedMailbox)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_person_s_own() {
        for (email, wrong) in [
            ("sam.ahmed@nhs.net", None),
            ("  Sam.Ahmed2@NHS.net ", None),
            ("o'brien@riverside-surgery.nhs.uk", None),
            ("", Some(Wrong::NoEmail)),
            ("sam", Some(Wrong::NotAnEmail)),
            ("sam@nhs", Some(Wrong::NotAnEmail)),
            ("sam@@nhs.net", Some(Wrong::NotAnEmail)),
            ("sam@nhs..net", Some(Wrong::NotAnEmail)),
            (".sam@nhs.net", Some(Wrong::NotAnEmail)),
            ("sam ahmed@nhs.net", Some(Wrong::NotAnEmail)),
            ("sam@nhs.net\nBcc: x@y.zz", Some(Wrong::NotAnEmail)),
            ("sаm@nhs.net", Some(Wrong::NotAnEmail)),
            ("reception@nhs.net", Some(Wrong::SharedMailbox)),
            ("practice.manager@nhs.net", Some(Wrong::SharedMailbox)),
            ("admin2@nhs.net", Some(Wrong::SharedMailbox)),
        ] {
            let read = Account::read(email, "Sam Ahmed", "practice manager");
            assert_eq!(read.err(), wrong.map(|wrong| vec![wrong]), "{email}");
        }
        let long = format!("{}@nhs.net", "s".repeat(250));
        assert!(Account::read(&long, "Sam Ahmed", "manager").is_err());
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let read = Account::read("info@nhs.net", " ", &"x".repeat(101));
        let wrong = vec![Wrong::SharedMailbox, Wrong::NoName, Wrong::JobTitleTooLong];
        assert_eq!(read, Err(wrong));
        let read = Account::read("Sam@nhs.net", " Sam \t Ahmed ", "manager").expect("an account");
        assert_eq!((&*read.email, &*read.name), ("sam@nhs.net", "Sam Ahmed"));
    }
}
