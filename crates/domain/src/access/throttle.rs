//! How often somebody may try: wrong passwords, wrong codes and requests for links, for an account and from an address.
//!
//! Source: National Cyber Security Centre, password policy (throttling); NIST SP 800-63B, 3.2.2. An account is never locked
//! for good, because anybody could do that to anybody. An address may be that of a whole practice or trust, so it is given
//! more tries and waits shorter at first.

use chrono::{DateTime, TimeDelta, Utc};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Throttle {
    /// Wrong passwords of one account.
    PasswordOfAccount,
    /// Wrong passwords from one address.
    PasswordFromAddress,
    /// Wrong one-time codes of one account.
    CodeOfAccount,
    /// Wrong one-time codes from one address.
    CodeFromAddress,
    /// Links to set another password that were asked for one account.
    ResetOfAccount,
    /// Links to set another password that were asked from one address.
    ResetFromAddress,
    /// Ways to a provider of sign-in that were begun from one address and led to no session.
    ProviderFromAddress,
}

/// Tries that were counted, and when the last of them was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tries {
    /// How many.
    pub count: i64,
    /// When the last was.
    pub last_at: DateTime<Utc>,
}

/// After so many tries one waits so many minutes, and after each more twice as long, up to a most.
struct Limit {
    free: i64,
    first: i64,
    most: i64,
}

/// Tries from one address are forgotten when there was none for so long.
const FORGOTTEN: TimeDelta = TimeDelta::minutes(60);

impl Throttle {
    /// Everything that is counted.
    pub const ALL: [Self; 7] = [
        Self::PasswordOfAccount,
        Self::PasswordFromAddress,
        Self::CodeOfAccount,
        Self::CodeFromAddress,
        Self::ResetOfAccount,
        Self::ResetFromAddress,
        Self::ProviderFromAddress,
    ];

    /// As stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::PasswordOfAccount => "password of account",
            Self::PasswordFromAddress => "password from address",
            Self::CodeOfAccount => "code of account",
            Self::CodeFromAddress => "code from address",
            Self::ResetOfAccount => "reset of account",
            Self::ResetFromAddress => "reset from address",
            Self::ProviderFromAddress => "provider from address",
        }
    }

    fn limit(self) -> Limit {
        match self {
            Self::PasswordOfAccount | Self::CodeOfAccount => Limit { free: 5, first: 15, most: 15 },
            Self::PasswordFromAddress | Self::CodeFromAddress => {
                Limit { free: 20, first: 1, most: 15 }
            }
            Self::ResetOfAccount => Limit { free: 3, first: 15, most: 60 },
            Self::ResetFromAddress => Limit { free: 10, first: 1, most: 15 },
            // A whole trust begins its day from one address, and who gets in is not counted.
            Self::ProviderFromAddress => Limit { free: 60, first: 1, most: 15 },
        }
    }

    /// How long after the last try all of them are forgotten.
    pub fn forgotten_after(self) -> TimeDelta {
        match self {
            // Whoever has waited begins anew: a stranger's tries must not make the person wait longer and longer.
            Self::PasswordOfAccount | Self::CodeOfAccount => TimeDelta::minutes(self.limit().most),
            _ => FORGOTTEN,
        }
    }

    /// How many minutes after these tries the next one must still wait; none when it may be made.
    pub fn must_wait(self, tries: Tries, now: DateTime<Utc>) -> Option<i64> {
        let Limit { free, first, most } = self.limit();
        let over = u32::try_from(tries.count - free).ok()?;
        // Doubled more often it would be longer than the longest anyway.
        let wait = (first << over.min(10)).min(most);
        let left = tries.last_at + TimeDelta::minutes(wait) - now;
        // A part of a minute is a minute: who tries after the time that is said may try.
        let minutes = (left.num_seconds() + 59) / 60;
        (left > TimeDelta::zero()).then_some(minutes.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
    }

    #[test]
    fn who_tries_too_often_waits_longer_and_longer_up_to_a_most() {
        use Throttle::{
            CodeOfAccount, PasswordFromAddress, PasswordOfAccount, ProviderFromAddress,
            ResetOfAccount,
        };
        for (what, count, minutes_ago, wait) in [
            (PasswordOfAccount, 4, 0, None),
            (PasswordOfAccount, 5, 0, Some(15)),
            (PasswordOfAccount, 5, 14, Some(1)),
            (PasswordOfAccount, 5, 15, None),
            (PasswordOfAccount, 50, 0, Some(15)),
            (CodeOfAccount, 5, 0, Some(15)),
            (PasswordFromAddress, 19, 0, None),
            (PasswordFromAddress, 20, 0, Some(1)),
            (PasswordFromAddress, 21, 0, Some(2)),
            (PasswordFromAddress, 21, 1, Some(1)),
            (PasswordFromAddress, 24, 0, Some(15)),
            (PasswordFromAddress, 9_000, 0, Some(15)),
            (ProviderFromAddress, 59, 0, None),
            (ProviderFromAddress, 60, 0, Some(1)),
            (ResetOfAccount, 2, 0, None),
            (ResetOfAccount, 3, 0, Some(15)),
            (ResetOfAccount, 4, 0, Some(30)),
            (ResetOfAccount, 5, 0, Some(60)),
            (ResetOfAccount, 6, 0, Some(60)),
        ] {
            let tries = Tries { count, last_at: at(100) };
            let answer = what.must_wait(tries, at(100 + minutes_ago));
            assert_eq!(answer, wait, "{what:?} after {count}, {minutes_ago} minutes ago");
        }
        let tries = Tries { count: 5, last_at: at(0) };
        let nearly = at(15) - TimeDelta::seconds(1);
        assert_eq!(PasswordOfAccount.must_wait(tries, nearly), Some(1));
    }

    #[test]
    fn nothing_is_forgotten_while_it_makes_somebody_wait() {
        for what in Throttle::ALL {
            let tries = Tries { count: 1_000, last_at: at(0) };
            let after = at(0) + what.forgotten_after();
            assert_eq!(what.must_wait(tries, after), None, "{what:?}");
        }
    }
}
