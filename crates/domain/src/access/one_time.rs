//! One-time codes of an authenticator app (RFC 6238: SHA-1, 6 digits, 30 seconds, as every app has them), and recovery codes.

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// Seconds that a code is shown.
const STEP: i64 = 30;
/// A clock may be so many steps off, either way.
const OFF: i64 = 1;
/// Bytes of a secret, as RFC 4226 recommends.
const SECRET: usize = 20;
/// How many recovery codes a person gets.
pub const RECOVERY_CODES: usize = 10;
/// Random bytes of a recovery code: 80 bits, which nobody finds from its hash.
pub const RECOVERY_BYTES: usize = 10;

/// A key of the service, without which the seeds in the database are worth nothing.
#[derive(Clone)]
pub struct Key([u8; 32]);

impl Key {
    /// From the bytes of a file that nobody guesses.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// What tells it from other keys and says nothing about it.
    pub fn name(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(b"name of a key");
        hash.update(self.0);
        crate::hash::hexadecimal(&hash.finalize()[..8])
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({})", self.name())
    }
}

/// What an app and the service share.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; SECRET]);

impl Secret {
    /// The secret of a seed that nobody guesses, with the key where there is one.
    pub fn of(seed: &[u8], key: Option<&Key>) -> Self {
        let mut secret = [0; SECRET];
        match key {
            None => secret.copy_from_slice(&Sha256::digest(seed)[..SECRET]),
            Some(key) => {
                let mut mac =
                    Hmac::<Sha256>::new_from_slice(&key.0).expect("a key of any length will do");
                mac.update(seed);
                secret.copy_from_slice(&mac.finalize().into_bytes()[..SECRET]);
            }
        }
        Self(secret)
    }

    /// In base 32, as people type it into an app.
    pub fn base32(&self) -> String {
        letters(&self.0, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    }

    /// The address that a QR code carries into an app, for the account with this address at this service.
    pub fn address(&self, email: &str, service: &str) -> String {
        let (email, service) = (percent(email), percent(service));
        let secret = self.base32();
        format!("otpauth://totp/{service}:{email}?secret={secret}&issuer={service}")
    }

    /// The step whose code was typed, if it is around now and after the last one that was taken.
    pub fn step(&self, typed: &str, now: DateTime<Utc>, last: i64) -> Option<i64> {
        let typed = digits(typed)?;
        let here = now.timestamp().div_euclid(STEP);
        (here - OFF..=here + OFF).find(|step| *step > last && self.code(*step) == typed)
    }

    /// The code of an instant, as an app shows it.
    pub fn shown(&self, now: DateTime<Utc>) -> String {
        format!("{:06}", self.code(now.timestamp().div_euclid(STEP)))
    }

    fn code(&self, step: i64) -> u32 {
        let mut mac =
            Hmac::<Sha1>::new_from_slice(&self.0).expect("a secret of any length will do");
        mac.update(&step.to_be_bytes());
        let hash = mac.finalize().into_bytes();
        let at = usize::from(hash[hash.len() - 1] & 0xf);
        let part = [hash[at] & 0x7f, hash[at + 1], hash[at + 2], hash[at + 3]];
        u32::from_be_bytes(part) % 1_000_000
    }
}

/// Six digits, with blanks anywhere: apps show `123 456`.
fn digits(typed: &str) -> Option<u32> {
    let plain: String = typed.chars().filter(|one| !one.is_whitespace()).collect();
    let is_code = plain.len() == 6 && plain.bytes().all(|byte| byte.is_ascii_digit());
    plain.parse().ok().filter(|_| is_code)
}

/// Whether what was typed looks like a code from an app, right or wrong.
pub fn looks_like_a_code(typed: &str) -> bool {
    digits(typed).is_some()
}

/// No letters that look like others.
const PLAIN: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A recovery code of random bytes: `7x3k-m2vq-w9hd-0tzs`.
pub fn recovery_code(bytes: [u8; RECOVERY_BYTES]) -> String {
    let plain = letters(&bytes, PLAIN);
    let groups: Vec<&str> = (0..plain.len()).step_by(4).map(|at| &plain[at..at + 4]).collect();
    groups.join("-")
}

/// A recovery code as it was typed, in the one way it is hashed.
pub fn recovery_typed(typed: &str) -> String {
    let plain = |one: char| match one.to_ascii_lowercase() {
        'o' => '0',
        'i' | 'l' => '1',
        other => other,
    };
    typed.chars().filter(|one| !one.is_whitespace() && *one != '-').map(plain).collect()
}

/// Five bits after the other as letters; the bytes must be a multiple of five.
fn letters(bytes: &[u8], alphabet: &[u8; 32]) -> String {
    let mut text = String::new();
    for group in bytes.chunks(5) {
        let bits = group.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        text.extend((0..8).rev().map(|place| {
            let letter = (bits >> (place * 5)) & 31;
            char::from(alphabet[usize::try_from(letter).unwrap_or_default()])
        }));
    }
    text
}

fn percent(text: &str) -> String {
    let one = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    };
    text.bytes().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> Secret {
        Secret(*b"12345678901234567890")
    }

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).expect("an instant")
    }

    /// RFC 6238, appendix B, of which apps show the last 6 digits.
    #[test]
    fn codes_are_those_of_the_standard() {
        for (second, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(secret().shown(at(second)), code, "{second}");
        }
        assert_eq!(secret().base32(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    }

    #[test]
    fn a_code_counts_for_a_while_and_once() {
        let (noon, before) = (at(1_111_111_110), -1);
        let step = 1_111_111_110 / STEP;
        for (typed, second, last, found) in [
            ("050471", 0, before, Some(step)),
            (" 050 471", 0, before, Some(step)),
            ("050471", 30, before, Some(step)),
            ("050471", -30, before, Some(step)),
            ("050471", 60, before, None),
            ("050471", -31, before, None),
            ("050471", 0, step, None),
            ("050471", 0, step - 1, Some(step)),
            // The code before is none any more once a later one was taken.
            ("081804", 0, step, None),
            ("05047", 0, before, None),
            ("0504711", 0, before, None),
            ("+50471", 0, before, None),
            ("", 0, before, None),
        ] {
            let now = noon + chrono::TimeDelta::seconds(second);
            assert_eq!(secret().step(typed, now, last), found, "{typed} after {second} s");
        }
    }

    #[test]
    fn with_a_key_the_seed_alone_tells_nothing() {
        let seed = [7; 32];
        let (one, two) = (Key::of(b"one key"), Key::of(b"another"));
        let secrets = [None, Some(&one), Some(&two)].map(|key| Secret::of(&seed, key).base32());
        assert!(secrets[0] != secrets[1] && secrets[1] != secrets[2] && secrets[0] != secrets[2]);
        assert_eq!(Secret::of(&seed, Some(&one)).base32(), secrets[1]);
        assert_ne!(one.name(), two.name());
    }

    #[test]
    fn an_app_reads_whose_account_it_is() {
        assert_eq!(
            secret().address("o'brien+1@nhs.net", "Accord demo"),
            "otpauth://totp/Accord%20demo:o%27brien%2B1%40nhs.net?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Accord%20demo"
        );
    }

    #[test]
    fn a_recovery_code_is_read_however_it_was_written_down() {
        let code = recovery_code([0, 68, 50, 20, 199, 66, 84, 182, 53, 207]);
        assert_eq!(code, "0123-4567-89ab-cdef");
        for typed in ["0123-4567-89ab-cdef", "O123 4567 89AB CDEF", "oL23456789abcdef"] {
            assert_eq!(recovery_typed(typed), "0123456789abcdef", "{typed}");
        }
    }
}
