//! What a password must be: long, and nothing that is known about its person.
//!
//! Source: National Cyber Security Centre, password policy: length counts, forced expiry and rules about kinds of characters
//! do not.

/// Fewest characters.
pub const PASSWORD_MIN: usize = 12;
/// Most characters: hashing takes time with length.
const PASSWORD_MAX: usize = 128;

/// Why a password cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum WrongPassword {
    #[error("Password must be {PASSWORD_MIN} characters or more")]
    TooShort,
    #[error("Password must be {PASSWORD_MAX} characters or less")]
    TooLong,
    #[error("Password must not contain your name or email address")]
    AboutYou,
    #[error("Password must not be the same few characters again and again")]
    Repeated,
}

/// Checks a password for the person with this name and address.
pub fn check_password(password: &str, name: &str, email: &str) -> Result<(), WrongPassword> {
    let count = password.chars().count();
    if count < PASSWORD_MIN {
        return Err(WrongPassword::TooShort);
    }
    if count > PASSWORD_MAX {
        return Err(WrongPassword::TooLong);
    }
    let lower = password.to_lowercase();
    let local = email.split('@').next().unwrap_or_default().to_lowercase();
    let known = name.to_lowercase();
    let mut parts = known.split_whitespace().chain([&*local]);
    // Short names are parts of many words.
    if parts.any(|part| part.chars().count() >= 4 && lower.contains(part)) {
        return Err(WrongPassword::AboutYou);
    }
    let different: std::collections::BTreeSet<char> = lower.chars().collect();
    if different.len() < 5 { Err(WrongPassword::Repeated) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_long_and_says_nothing_about_its_person() {
        let long = "correct horse ".repeat(10);
        for (password, expected) in [
            ("correct horse battery", Ok(())),
            ("12 ½ pünktchen", Ok(())),
            ("short", Err(WrongPassword::TooShort)),
            (&*long, Err(WrongPassword::TooLong)),
            ("ILoveAhmed4ever", Err(WrongPassword::AboutYou)),
            ("the-sam.ahmed-one", Err(WrongPassword::AboutYou)),
            ("abababababab", Err(WrongPassword::Repeated)),
        ] {
            let checked = check_password(password, "Sam Ahmed", "sam.ahmed@nhs.net");
            assert_eq!(checked, expected, "{password}");
        }
    }
}
