//! Exact numbers: whole-number fractions that are never rounded until somebody asks for decimals.

mod small;

pub use small::Small;

use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{Signed, ToPrimitive, Zero};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{
    cmp::Ordering,
    fmt,
    iter::Sum,
    ops::{Add, Div, Mul, Sub},
    str::FromStr,
};

/// Points of the contract: as exact as every other number on the way to pounds.
pub type Points = Exact;

/// An exact rational number of any size, for sums of fractions with different denominators.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Exact(Number);

/// Reduced, the denominator above zero. What fits in machine words is kept in them: equal numbers look alike, and the
/// sums of one provider ask for no memory.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Number {
    Words(i64, i64),
    Large(Box<BigRational>),
}
use Number::{Large, Words};

impl Exact {
    /// `numerator / denominator`. The denominator is not zero: callers divide only by what they have checked.
    pub fn new(
        numerator: impl Into<BigInt> + ToPrimitive,
        denominator: impl Into<BigInt> + ToPrimitive,
    ) -> Self {
        match (numerator.to_i128(), denominator.to_i128()) {
            (Some(n), Some(d)) if d > 0 => Self::reduced(n, d),
            _ => Self::large(BigRational::new(numerator.into(), denominator.into())),
        }
    }

    /// Nothing.
    pub fn zero() -> Self {
        Self(Words(0, 1))
    }

    /// A whole number.
    pub fn whole(number: impl Into<BigInt> + ToPrimitive) -> Self {
        Self::new(number, 1)
    }

    /// A fraction of any two numbers, the lower one above zero.
    fn reduced(numerator: i128, denominator: i128) -> Self {
        let words = |n: i128, d: i128| Some((i64::try_from(n).ok()?, i64::try_from(d).ok()?));
        // The greatest common divisor of single words is several times as fast as that of double ones.
        let (n, d) = match words(numerator, denominator) {
            Some((n, d)) => {
                let common = n.unsigned_abs().gcd(&d.unsigned_abs());
                (numerator / i128::from(common), denominator / i128::from(common))
            }
            None => {
                let common = numerator.unsigned_abs().gcd(&denominator.unsigned_abs());
                // It divides the denominator, so it is no larger.
                let common = i128::try_from(common).unwrap_or(1);
                (numerator / common, denominator / common)
            }
        };
        match words(n, d) {
            // The least number has no opposite in the same word.
            Some((n, d)) if n > i64::MIN => Self(Words(n, d)),
            // Reduced already: looking for a common divisor again is most of what a large number costs.
            _ => Self(Large(Box::new(BigRational::new_raw(n.into(), d.into())))),
        }
    }

    fn large(number: BigRational) -> Self {
        match (number.numer().to_i64(), number.denom().to_i64()) {
            (Some(n), Some(d)) if n > i64::MIN => Self(Words(n, d)),
            _ => Self(Large(Box::new(number))),
        }
    }

    /// The same number without bounds, for what does not fit in words.
    fn unbounded(&self) -> BigRational {
        match &self.0 {
            Words(n, d) => BigRational::new_raw((*n).into(), (*d).into()),
            Large(number) => (**number).clone(),
        }
    }

    /// Whether it is exactly nothing.
    pub fn is_zero(&self) -> bool {
        matches!(self.0, Words(0, _))
    }

    /// Whether it is below nothing.
    pub fn is_negative(&self) -> bool {
        match &self.0 {
            Words(n, _) => *n < 0,
            Large(number) => number.is_negative(),
        }
    }

    /// The whole number it is, if it is one.
    pub fn as_whole(&self) -> Option<BigInt> {
        match &self.0 {
            Words(n, d) => (*d == 1).then(|| (*n).into()),
            Large(number) => number.is_integer().then(|| number.to_integer()),
        }
    }

    /// So many units of `1 / scale`, rounded half up and without the sign.
    fn units(&self, scale: u32, decimals: u32) -> Units {
        if let Words(n, d) = self.0 {
            let twice = 10_i128
                .checked_pow(decimals)
                .and_then(|power| power.checked_mul(2 * i128::from(scale)))
                .and_then(|power| power.checked_mul(i128::from(n).abs()));
            if let Some(twice) = twice.and_then(|twice| twice.checked_add(i128::from(d))) {
                return Units::Words(twice / (2 * i128::from(d)));
            }
        }
        let number = self.unbounded();
        let twice = number.numer().abs() * BigInt::from(10).pow(decimals) * (2 * scale);
        Units::Large((twice + number.denom()).div_floor(&(number.denom() * 2)))
    }

    /// Rounded half up (a half goes away from zero) to a number of decimals, still exact.
    pub fn rounded(&self, decimals: u32) -> Self {
        let sign = if self.is_negative() { -1 } else { 1 };
        match (self.units(1, decimals), 10_i128.checked_pow(decimals)) {
            (Units::Words(units), Some(scale)) => Self::reduced(sign * units, scale),
            (units, _) => {
                let signed: BigInt = units.unbounded() * sign;
                Self::large(BigRational::new(signed, BigInt::from(10).pow(decimals)))
            }
        }
    }

    /// Pounds as whole pence, rounded half up; `None` when the amount is beyond what an `i64` holds.
    pub fn to_pence(&self) -> Option<crate::Pence> {
        let sign = if self.is_negative() { -1 } else { 1 };
        let pence = match self.units(100, 0) {
            Units::Words(units) => i64::try_from(sign * units).ok(),
            Units::Large(units) => (units * sign).to_i64(),
        };
        pence.map(crate::Pence)
    }

    /// Written with exactly `decimals` decimals, rounded half up: `9.38`.
    pub fn to_fixed(&self, decimals: u32) -> String {
        let mut text = match self.units(1, decimals) {
            Units::Words(units) => match u64::try_from(units) {
                Ok(units) => units.to_string(),
                Err(_) => units.to_string(),
            },
            Units::Large(units) => units.to_string(),
        };
        let is_nothing = text == "0";
        let places = decimals as usize;
        if text.len() <= places {
            text.insert_str(0, &"0".repeat(places + 1 - text.len()));
        }
        if places > 0 {
            text.insert(text.len() - places, '.');
        }
        if self.is_negative() && !is_nothing {
            text.insert(0, '-');
        }
        text
    }

    /// Written with as many decimals as it needs and no more than `decimals`: `9`, `9.5`, `9.379630`.
    pub fn to_short(&self, decimals: u32) -> String {
        // A whole number needs none.
        if let Words(n, 1) = self.0 {
            return n.to_string();
        }
        let mut text = self.to_fixed(decimals);
        if text.contains('.') {
            text.truncate(text.trim_end_matches('0').trim_end_matches('.').len());
        }
        text
    }
}

/// A whole number that is not negative.
enum Units {
    Words(i128),
    Large(BigInt),
}

impl Units {
    fn unbounded(self) -> BigInt {
        match self {
            Self::Words(units) => units.into(),
            Self::Large(units) => units,
        }
    }
}

impl Default for Exact {
    fn default() -> Self {
        Self::zero()
    }
}

impl PartialOrd for Exact {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Exact {
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            (Words(a, b), Words(c, d)) => {
                (i128::from(*a) * i128::from(*d)).cmp(&(i128::from(*c) * i128::from(*b)))
            }
            _ => self.unbounded().cmp(&other.unbounded()),
        }
    }
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
        Ok(Self::new(number, BigInt::from(10).pow(places)))
    }
}

/// Kept as `numerator/denominator`, so that nothing is lost on the way to a record and back.
impl Serialize for Exact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&match &self.0 {
            Words(n, d) => format!("{n}/{d}"),
            Large(number) => format!("{}/{}", number.numer(), number.denom()),
        })
    }
}

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let parsed = text.split_once('/').and_then(|(numerator, denominator)| {
            let (numerator, denominator) =
                (numerator.parse::<BigInt>().ok()?, denominator.parse::<BigInt>().ok()?);
            (!denominator.is_zero()).then(|| Self::new(numerator, denominator))
        });
        parsed.ok_or_else(|| serde::de::Error::custom("an exact number is written 35/12"))
    }
}

/// In words; none when it does not fit on the way.
fn sum(a: i64, b: i64, c: i64, d: i64) -> Option<Exact> {
    let [a, b, c, d] = [a, b, c, d].map(i128::from);
    if b == d {
        return Some(Exact::reduced(a + c, b));
    }
    Some(Exact::reduced((a * d).checked_add(c * b)?, b * d))
}

/// In words: four of them multiplied in pairs always fit in double ones.
fn product(a: i64, b: i64, c: i64, d: i64) -> Exact {
    let [a, b, c, d] = [a, b, c, d].map(i128::from);
    Exact::reduced(a * c, b * d)
}

impl<'a> Add<&'a Exact> for &Exact {
    type Output = Exact;
    fn add(self, other: &'a Exact) -> Exact {
        let in_words = match (&self.0, &other.0) {
            (Words(a, b), Words(c, d)) => sum(*a, *b, *c, *d),
            _ => None,
        };
        in_words.unwrap_or_else(|| Exact::large(self.unbounded() + other.unbounded()))
    }
}

impl<'a> Sub<&'a Exact> for &Exact {
    type Output = Exact;
    fn sub(self, other: &'a Exact) -> Exact {
        let in_words = match (&self.0, &other.0) {
            (Words(a, b), Words(c, d)) => sum(*a, *b, -*c, *d),
            _ => None,
        };
        in_words.unwrap_or_else(|| Exact::large(self.unbounded() - other.unbounded()))
    }
}

impl<'a> Mul<&'a Exact> for &Exact {
    type Output = Exact;
    fn mul(self, other: &'a Exact) -> Exact {
        match (&self.0, &other.0) {
            (Words(a, b), Words(c, d)) => product(*a, *b, *c, *d),
            _ => Exact::large(self.unbounded() * other.unbounded()),
        }
    }
}

impl<'a> Div<&'a Exact> for &Exact {
    type Output = Exact;
    fn div(self, other: &'a Exact) -> Exact {
        match (&self.0, &other.0) {
            (Words(a, b), Words(c, d)) if *c > 0 => product(*a, *b, *d, *c),
            _ => Exact::large(self.unbounded() / other.unbounded()),
        }
    }
}

macro_rules! owned {
    ($($operator:ident $method:ident),*) => {$(
        impl $operator for Exact {
            type Output = Exact;
            fn $method(self, other: Self) -> Self {
                (&self).$method(&other)
            }
        }
    )*};
}
owned!(Add add, Sub sub, Mul mul, Div div);

impl Sum for Exact {
    fn sum<I: Iterator<Item = Self>>(numbers: I) -> Self {
        numbers.fold(Self::zero(), Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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

    /// Numbers around the ends of a word, where one way of keeping them meets the other.
    fn any_number() -> impl Strategy<Value = (i128, i128)> {
        let edge = prop_oneof![
            Just(0_i128),
            Just(i128::from(i64::MAX)),
            Just(i128::from(i64::MIN)),
            Just(i128::from(i64::MAX) + 1),
            any::<i64>().prop_map(i128::from),
            (-1_000_i128..1_000),
            any::<i128>(),
        ];
        (edge.clone(), edge.prop_map(|number| number.saturating_abs().max(1)))
    }

    fn unbounded((numerator, denominator): (i128, i128)) -> BigRational {
        BigRational::new(numerator.into(), denominator.into())
    }

    proptest! {
        #[test]
        fn words_and_large_numbers_agree(one in any_number(), other in any_number(), decimals in 0_u32..30) {
            let (a, b) = (Exact::new(one.0, one.1), Exact::new(other.0, other.1));
            let (x, y) = (unbounded(one), unbounded(other));
            prop_assert_eq!((&a + &b).unbounded(), &x + &y);
            prop_assert_eq!((&a - &b).unbounded(), &x - &y);
            prop_assert_eq!((&a * &b).unbounded(), &x * &y);
            prop_assert_eq!(a.cmp(&b), x.cmp(&y));
            // Equal numbers look alike, however they came about.
            prop_assert_eq!(&(&a + &b) - &b, a.clone());
            if !b.is_zero() {
                prop_assert_eq!((&a / &b).unbounded(), &x / &y);
                prop_assert_eq!(&(&a / &b) * &b, a.clone());
            }
            let power = BigRational::from_integer(BigInt::from(10).pow(decimals));
            let half = BigRational::new(1.into(), 2.into());
            let magnitude = (x.abs() * &power + half).floor() / &power;
            let rounded = if x.is_negative() { -magnitude } else { magnitude };
            prop_assert_eq!(a.rounded(decimals).unbounded(), rounded.clone());
            prop_assert_eq!(a.to_fixed(decimals).parse::<Exact>().ok().filter(|_| decimals < 20 && one.0.abs() < 1 << 60),
                Some(Exact::large(rounded)).filter(|_| decimals < 20 && one.0.abs() < 1 << 60));
            prop_assert_eq!((a.is_negative(), a.is_zero()), (x.is_negative(), x.is_zero()));
            prop_assert_eq!(a.as_whole(), x.is_integer().then(|| x.to_integer()));
            let hundred = BigRational::from_integer(100.into());
            let pence = Exact::large(&x * hundred).rounded(0).unbounded().to_integer().to_i64();
            prop_assert_eq!(a.to_pence().map(|own| own.0), pence);
            let kept = serde_json::to_string(&a).unwrap();
            prop_assert_eq!(serde_json::from_str::<Exact>(&kept).unwrap(), a);
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
