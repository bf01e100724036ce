//! What people are told about their own account: the links with which they set a password, and that it was changed.

use super::Message;
use crate::calendar::long_instant;
use chrono::{DateTime, TimeDelta, Utc};

/// What a link that sets a password is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkFor {
    /// A new person sets the first password.
    Invitation,
    /// A person has forgotten the password.
    Reset,
}

impl LinkFor {
    /// As stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::Reset => "reset",
        }
    }

    /// The one with a stored name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Invitation, Self::Reset].into_iter().find(|one| one.name() == name)
    }

    /// How long the link works.
    pub fn works(self) -> TimeDelta {
        match self {
            Self::Invitation => TimeDelta::days(7),
            Self::Reset => TimeDelta::minutes(30),
        }
    }

    /// The subject of the email that brings the link, and what stands before the link.
    pub fn letter(self) -> (&'static str, &'static str) {
        match self {
            Self::Invitation => (
                "Set a password for Accord",
                "You were given access to Accord, where services of GP practices are offered, declared and paid.\n\n\
                 Set your password with this link. It works once and for 7 days:",
            ),
            Self::Reset => (
                "Set a new password for Accord",
                "Somebody, probably you, asked for a new password for this email address.\n\n\
                 If it was not you, do nothing: your password stays as it is.\n\n\
                 Set a new password with this link. It works once and for 30 minutes, and a newer one takes its place:",
            ),
        }
    }
}

/// That the password was changed at this instant, for the person whose it is.
pub fn password_changed(at: DateTime<Utc>) -> Message {
    Message {
        subject: "Your password was changed".to_owned(),
        body: format!(
            "Your password for Accord was changed on {}. Everywhere else you were logged out.\n\n\
             If it was not you, set a new password at once, and tell whoever manages people at your organisation.",
            long_instant(at)
        ),
        link: "/password/forgotten".to_owned(),
    }
}

/// That one-time codes were switched on or off at this instant, for the person who is asked for them.
pub fn second_factor(is_on: bool, at: DateTime<Utc>) -> Message {
    let (word, now) = if is_on {
        ("on", "From now on you sign in with your password and a code of your authenticator app.")
    } else {
        ("off", "From now on your password alone is enough to sign in.")
    };
    Message {
        subject: format!("Codes to sign in were switched {word}"),
        body: format!(
            "On {} the codes of your authenticator app were switched {word}. {now}\n\n\
             If it was not you, set a new password at once, and tell whoever manages people at your organisation.",
            long_instant(at)
        ),
        link: "/account".to_owned(),
    }
}

/// That somebody signed in with a recovery code at this instant, and how many are left.
pub fn recovery_code_used(at: DateTime<Utc>, left: i64) -> Message {
    let left = match left {
        0 => "None is left. Switch the codes of your app off and on again to get new ones."
            .to_owned(),
        1 => "1 is left.".to_owned(),
        more => format!("{more} are left."),
    };
    Message {
        subject: "A recovery code was used to sign in".to_owned(),
        body: format!(
            "On {} somebody signed in with your password and one of your recovery codes. {left}\n\n\
             If it was not you, set a new password at once, and tell whoever manages people at your organisation.",
            long_instant(at)
        ),
        link: "/account".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_says_how_long_its_link_works() {
        for (what, words, minutes) in [
            (LinkFor::Invitation, "once and for 7 days", 7 * 24 * 60),
            (LinkFor::Reset, "once and for 30 minutes", 30),
        ] {
            assert!(what.letter().1.contains(words), "{what:?}");
            assert_eq!(what.works(), TimeDelta::minutes(minutes), "{what:?}");
            assert_eq!(LinkFor::from_name(what.name()), Some(what));
        }
    }
}
