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
    #[error(
        "Password is one that many people use. Choose 3 or 4 words that do not belong together"
    )]
    Obvious,
    #[error(
        "Password is on a list of passwords that were stolen from other services. Choose 3 or 4 words that do not belong \
         together"
    )]
    Breached,
}
impl crate::Refusal for WrongPassword {}

/// Words that people choose when a password is asked for: with digits and signs around them they are guessed first.
const OBVIOUS: [&str; 34] = [
    "abc",
    "accord",
    "admin",
    "administrator",
    "autumn",
    "changeme",
    "christmas",
    "cqrs",
    "default",
    "england",
    "football",
    "generalpractice",
    "hello",
    "hospital",
    "iloveyou",
    "letmein",
    "liverpool",
    "login",
    "london",
    "manchester",
    "monday",
    "nhs",
    "nhsmail",
    "password",
    "passwort",
    "primarycare",
    "qwerty",
    "secret",
    "spring",
    "summer",
    "surgery",
    "test",
    "welcome",
    "winter",
];

/// Rows of keys and letters that a finger follows.
const ROWS: [&str; 5] = [
    "1234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "qwertyuiopasdfghjklzxcvbnm",
    "qazwsxedcrfvtgbyhnujmikolp",
];

/// Whether a password, in small letters, is one obvious word with digits and signs, that word again and again, or a row.
fn is_obvious(lower: &str) -> bool {
    let plain: String = lower
        .chars()
        .map(|one| match one {
            '@' => 'a',
            '0' => 'o',
            '$' => 's',
            other => other,
        })
        .collect();
    let words = [lower, &*plain]
        .map(|text| text.chars().filter(|one| one.is_alphabetic()).collect::<String>());
    let again =
        |word: &str, letters: &str| !letters.is_empty() && letters.replace(word, "").is_empty();
    let is_word = words.iter().any(|letters| OBVIOUS.iter().any(|word| again(word, letters)));
    let along = |row: &str| {
        let back: String = row.chars().rev().collect();
        [row, &*back].iter().any(|row| row.repeat(PASSWORD_MAX / row.len() + 2).contains(lower))
    };
    is_word || ROWS.iter().any(|row| along(row))
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
    if different.len() < 5 {
        return Err(WrongPassword::Repeated);
    }
    if is_obvious(&lower) { Err(WrongPassword::Obvious) } else { Ok(()) }
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
            ("Password2026!", Err(WrongPassword::Obvious)),
            ("P@ssw0rd1234", Err(WrongPassword::Obvious)),
            ("welcome-welcome", Err(WrongPassword::Obvious)),
            ("123456789012", Err(WrongPassword::Obvious)),
            ("0987654321098", Err(WrongPassword::Obvious)),
            ("qwertyuiopasd", Err(WrongPassword::Obvious)),
            ("Abcdefghijklmn", Err(WrongPassword::Obvious)),
            ("a summer in london", Ok(())),
        ] {
            let checked = check_password(password, "Sam Ahmed", "sam.ahmed@nhs.net");
            assert_eq!(checked, expected, "{password}");
        }
    }
}
