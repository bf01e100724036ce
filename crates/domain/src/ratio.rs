//! Exact numbers: whole-number fractions that are never rounded until somebody asks for decimals.

use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{Signed, ToPrimitive, Zero};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{
    fmt,
    iter::Sum,
    ops::{Add, Div, Mul, Sub},
    str::FromStr,
};

/// Points of the contract: as exact as every other number on the way to pounds.
pub type Points = Exact;

/// An exact rational number of any size, for sums of fractions with different denominators.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Exact(BigRational);

impl Exact {
    /// `numerator / denominator`. The denominator is not zero: callers divide only by what they have checked.
    pub fn new(numerator: impl Into<BigInt>, denominator: impl Into<BigInt>) -> Self {
        Self(BigRational::new(numerator.into(), denominator.into()))
    }

    /// Nothing.
    pub fn zero() -> Self {
        Self::default()
    }

    /// A whole number.
    pub fn whole(number: impl Into<BigInt>) -> Self {
        Self(BigRational::from_integer(number.into()))
    }

    /// Whether it is exactly nothing.
    pub fn is_zero(&self) -> bool {
        self.0.is_zero()
    }

    /// Whether it is below nothing.
    pub fn is_negative(&self) -> bool {
        self.0.is_negative()
    }

    /// The whole number it is, if it is one.
    pub fn as_whole(&self) -> Option<BigInt> {
        self.0.is_integer().then(|| self.0.to_integer())
    }

    /// Rounded half up (a half goes away from zero) to a number of decimals, still exact.
    pub fn rounded(&self, decimals: u32) -> Self {
        let scale = BigInt::from(10).pow(decimals);
        let scaled = self.0.abs() * &scale;
        let twice: BigInt = scaled.denom() * 2;
        let double: BigInt = scaled.numer() * 2 + scaled.denom();
        let magnitude = double.div_floor(&twice);
        let signed = if self.0.is_negative() { -magnitude } else { magnitude };
        Self(BigRational::new(signed, scale))
    }

    /// Pounds as whole pence, rounded half up; `None` when the amount is beyond what an `i64` holds.
    pub fn to_pence(&self) -> Option<crate::Pence> {
        let pence = (self.clone() * Self::whole(100)).rounded(0);
        pence.0.numer().to_i64().map(crate::Pence)
    }

    /// Written with exactly `decimals` decimals, rounded half up: `9.38`.
    pub fn to_fixed(&self, decimals: u32) -> String {
        let scale = BigInt::from(10).pow(decimals);
        let scaled = (self.rounded(decimals).0 * &scale).to_integer();
        let sign = if scaled.is_negative() { "-" } else { "" };
        let digits = scaled.abs().to_string();
        let places = decimals as usize;
        let digits = format!("{digits:0>width$}", width = places + 1);
        let (whole, fraction) = digits.split_at(digits.len() - places);
        if places == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
    }

    /// Written with as many decimals as it needs and no more than `decimals`: `9`, `9.5`, `9.379630`.
    pub fn to_short(&self, decimals: u32) -> String {
        trim(&self.to_fixed(decimals)).to_owned()
    }
}

/// Without the zeros after the last decimal that says something.
fn trim(fixed: &str) -> &str {
    if fixed.contains('.') { fixed.trim_end_matches('0').trim_end_matches('.') } else { fixed }
}

/// Up to six decimals, enough for a person to check the sum.
impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_short(6))
    }
}

/// Why a text is not an exact decimal number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a number, like 12.50")]
pub struct NotADecimal;

/// Digits with at most one point between them, and perhaps a minus: `12.50`, `40`, `2.266`, `-0.5`.
impl FromStr for Exact {
    type Err = NotADecimal;

    fn from_str(text: &str) -> Result<Self, NotADecimal> {
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (whole, fraction) = match digits.split_once('.') {
            Some((_, "")) => return Err(NotADecimal),
            Some(parts) => parts,
            None => (digits, ""),
        };
        let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !plain(whole) || !plain(fraction) || text.len() > 40 {
            return Err(NotADecimal);
        }
        let number: BigInt = format!("{whole}{fraction}").parse().map_err(|_| NotADecimal)?;
        let places = u32::try_from(fraction.len()).map_err(|_| NotADecimal)?;
        let number = if negative { -number } else { number };
        Ok(Self(BigRational::new(number, BigInt::from(10).pow(places))))
    }
}

/// Kept as `numerator/denominator`, so that nothing is lost on the way to a record and back.
impl Serialize for Exact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("{}/{}", self.0.numer(), self.0.denom()))
    }
}

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let parsed = text.split_once('/').and_then(|(numerator, denominator)| {
            let (numerator, denominator) =
                (numerator.parse::<BigInt>().ok()?, denominator.parse::<BigInt>().ok()?);
            (!denominator.is_zero()).then(|| Self(BigRational::new(numerator, denominator)))
        });
        parsed.ok_or_else(|| serde::de::Error::custom("an exact number is written 35/12"))
    }
}

macro_rules! arithmetic {
    ($($operator:ident $method:ident),*) => {$(
        impl $operator for Exact {
            type Output = Exact;
            fn $method(self, other: Self) -> Self {
                Self(self.0.$method(other.0))
            }
        }
        impl<'a> $operator<&'a Exact> for &Exact {
            type Output = Exact;
            fn $method(self, other: &'a Exact) -> Exact {
                Exact((&self.0).$method(&other.0))
            }
        }
    )*};
}
arithmetic!(Add add, Sub sub, Mul mul, Div div);

impl Sum for Exact {
    fn sum<I: Iterator<Item = Self>>(numbers: I) -> Self {
        numbers.fold(Self::zero(), Add::add)
    }
}

/// An exact fraction in machine words, for the one sum that is done half a million times; not reduced.
#[derive(Clone, Copy, Debug)]
pub struct Small {
    /// Above the line; not negative.
    pub numerator: i128,
    /// Below the line; more than zero.
    pub denominator: i128,
}

impl Small {
    /// Nothing.
    pub const ZERO: Self = Self { numerator: 0, denominator: 1 };

    /// In hundredths, rounded half up: England's points, which are totalled at two decimals.
    pub fn hundredths(self) -> i128 {
        // Whole part first: the remainder times 200 always fits, the numerator times 200 might not.
        let (whole, rest) = (self.numerator / self.denominator, self.numerator % self.denominator);
        whole * 100 + (rest * 200 + self.denominator) / (self.denominator * 2)
    }

    /// Written with as many decimals as it needs and no more than `decimals`, rounded half up.
    pub fn to_short(self, decimals: usize) -> String {
        let (mut whole, mut rest) =
            (self.numerator / self.denominator, self.numerator % self.denominator);
        let mut digits = Vec::with_capacity(decimals);
        while rest > 0 && digits.len() < decimals {
            digits.push(b'0' + u8::try_from(rest * 10 / self.denominator).unwrap_or(9));
            rest = rest * 10 % self.denominator;
        }
        let mut carry = rest * 2 >= self.denominator;
        while carry {
            match digits.pop() {
                Some(b'9') => {}
                Some(digit) => {
                    digits.push(digit + 1);
                    carry = false;
                }
                None => {
                    whole += 1;
                    carry = false;
                }
            }
        }
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        let digits: String = digits.into_iter().map(char::from).collect();
        if digits.is_empty() { whole.to_string() } else { format!("{whole}.{digits}") }
    }
}

impl From<Small> for Exact {
    fn from(small: Small) -> Self {
        Self::new(small.numerator, small.denominator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(text: &str) -> Exact {
        text.parse().unwrap()
    }

    #[test]
    fn decimals_are_read_without_floats() {
        for (text, numerator, denominator) in [
            ("12.50", 25, 2),
            ("40", 40, 1),
            ("2.266", 1133, 500),
            ("0.1", 1, 10),
            ("-0.5", -1, 2),
            ("007", 7, 1),
        ] {
            assert_eq!(text.parse(), Ok(Exact::new(numerator, denominator)), "{text}");
        }
        for text in
            ["", "-", ".5", "5.", "1e3", "+1", "1,000", "1.2.3", "£5", "٣", " 1", "NaN", "1/2"]
        {
            assert_eq!(text.parse::<Exact>(), Err(NotADecimal), "{text}");
        }
        assert_eq!("9".repeat(41).parse::<Exact>(), Err(NotADecimal));
    }

    #[test]
    fn a_half_is_rounded_up() {
        for (numerator, denominator, decimals, fixed, short) in [
            (11_775, 1000, 2, "11.78", "11.78"),
            (11_325, 1000, 2, "11.33", "11.33"),
            (3_125, 1000, 2, "3.13", "3.13"),
            (625, 1000, 2, "0.63", "0.63"),
            (2, 3, 4, "0.6667", "0.6667"),
            (1, 3, 0, "0", "0"),
            (1, 2, 0, "1", "1"),
            (9, 1, 2, "9.00", "9"),
            (100, 1, 0, "100", "100"),
            (-5, 1000, 2, "-0.01", "-0.01"),
            (-1, 1000, 2, "0.00", "0"),
        ] {
            let number = Exact::new(numerator, denominator);
            assert_eq!(number.to_fixed(decimals), fixed, "{numerator}/{denominator}");
            assert_eq!(number.to_short(decimals), short, "{numerator}/{denominator}");
        }
    }

    #[test]
    fn pounds_become_pence_once() {
        assert_eq!(exact("6619.977").to_pence(), Some(crate::Pence(661_998)));
        assert_eq!(exact("0.005").to_pence(), Some(crate::Pence(1)));
        assert_eq!(exact("0.00499").to_pence(), Some(crate::Pence(0)));
        assert_eq!(exact("92233720368547758.08").to_pence(), None);
    }

    #[test]
    fn hundredths_of_a_small_fraction_round_like_the_exact_number() {
        for (numerator, denominator) in
            [(11_775, 1000), (3_125, 1000), (0, 7), (9, 1), (2, 3), (1, 200), (1, 201)]
        {
            let small = Small { numerator, denominator };
            let expected = Exact::new(numerator, denominator).rounded(2) * Exact::whole(100);
            assert_eq!(Exact::whole(small.hundredths()), expected, "{numerator}/{denominator}");
        }
    }

    #[test]
    fn a_small_fraction_is_written_like_the_exact_number() {
        for (numerator, denominator) in [
            (0, 1),
            (7, 1),
            (1, 3),
            (2, 3),
            (999_999, 1_000_000),
            (9_999_999, 1_000_000),
            (1999, 2000),
            (1, 8),
            (105, 100),
            (1, 1_000_000_000),
        ] {
            for decimals in [0_u8, 2, 6, 15] {
                assert_eq!(
                    Small { numerator, denominator }.to_short(decimals.into()),
                    Exact::new(numerator, denominator).to_short(decimals.into()),
                    "{numerator}/{denominator} to {decimals} decimals"
                );
            }
        }
    }

    #[test]
    fn a_record_keeps_every_digit() {
        let third = Exact::new(10, 3);
        let kept = serde_json::to_string(&third).unwrap();
        assert_eq!(kept, "\"10/3\"");
        assert_eq!(serde_json::from_str::<Exact>(&kept).unwrap(), third);
        assert!(serde_json::from_str::<Exact>("\"1/0\"").is_err());
    }
}
