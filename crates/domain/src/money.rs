//! Money: whole pence, and how it is written.

use serde::{Deserialize, Serialize};
use std::{fmt, iter::Sum, ops::Add};

/// An amount in whole pence; negative amounts are recoveries.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Pence(pub i64);

impl Pence {
    /// Reads pounds as files and forms carry them: `5880.00`, `5880.5`, `5880` or `-80.20`, as spreadsheets leave zeros at
    /// the end out.
    pub fn from_plain(text: &str) -> Option<Self> {
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
        let (pounds, pence) = digits.split_once('.').unwrap_or((digits, "0"));
        let whole = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if pounds.is_empty() || !whole(pounds) || !whole(pence) || !(1..=2).contains(&pence.len()) {
            return None;
        }
        let tens = if pence.len() == 1 { 10 } else { 1 };
        let pounds = pounds.parse::<i64>().ok()?.checked_mul(100)?;
        Some(Self(sign * pounds.checked_add(pence.parse::<i64>().ok()? * tens)?))
    }

    /// The amount in pounds with two decimals and no separators, as files carry it: `1234.50`.
    pub fn plain(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let pence = self.0.unsigned_abs();
        format!("{sign}{}.{:02}", pence / 100, pence % 100)
    }
}

/// As people read it: `£1,234.50`.
impl fmt::Display for Pence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let pence = self.0.unsigned_abs();
        write!(f, "{sign}£{}.{:02}", thousands(pence / 100), pence % 100)
    }
}

impl Add for Pence {
    type Output = Self;
    /// Sums of public money stay far below the 92 thousand million million pounds an `i64` holds.
    fn add(self, other: Self) -> Self {
        Self(self.0.checked_add(other.0).expect("an amount beyond every budget"))
    }
}

impl Sum for Pence {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self(0), Add::add)
    }
}

/// A whole number with commas between thousands: `6,410`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_written_with_pounds_commas_and_pence() {
        for (pence, people, file) in [
            (0, "£0.00", "0.00"),
            (5, "£0.05", "0.05"),
            (123_450, "£1,234.50", "1234.50"),
            (100_000_000, "£1,000,000.00", "1000000.00"),
            (-1_005, "-£10.05", "-10.05"),
        ] {
            assert_eq!(Pence(pence).to_string(), people);
            assert_eq!(Pence(pence).plain(), file);
            assert_eq!(Pence::from_plain(file), Some(Pence(pence)));
        }
        assert_eq!(Pence::from_plain("5880.5"), Some(Pence(588_050)));
        for wrong in ["", "-", ".5", "1.", "1.234", "1,000.00", "£5", "one", "99999999999999999999"]
        {
            assert_eq!(Pence::from_plain(wrong), None, "{wrong}");
        }
    }
}
