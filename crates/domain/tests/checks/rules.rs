//! The rules of docs/rules once more, in arithmetic that shares nothing with the product's.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Zero};

/// A fraction of whole numbers.
pub fn over(numerator: i64, denominator: i64) -> BigRational {
    BigRational::new(numerator.into(), denominator.into())
}

/// What a decimal text says.
pub fn decimal(text: &str) -> BigRational {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let ten = BigInt::from(10);
    BigRational::new(format!("{whole}{part}").parse().unwrap(), ten.pow(part.len() as u32))
}

/// Points = P × (100 n ÷ d − L) ÷ (U − L); all of them from U, none up to L, none where nobody is in d. With U below L
/// a low percentage is the better one.
pub fn points(
    available: &BigRational,
    lower: &BigRational,
    upper: &BigRational,
    numerator: i64,
    denominator: i64,
) -> BigRational {
    if denominator == 0 {
        return BigRational::zero();
    }
    let score = over(numerator, denominator) * BigInt::from(100);
    let reached = if upper < lower { score <= *upper } else { score >= *upper };
    let missed = if upper < lower { score >= *lower } else { score <= *lower };
    match (reached, missed) {
        (true, _) => available.clone(),
        (_, true) => BigRational::zero(),
        _ => available * (score - lower) / (upper - lower),
    }
}

/// A number of 0 or more to so many decimals, half up.
pub fn rounded(number: &BigRational, decimals: u32) -> BigRational {
    let scale = BigInt::from(10).pow(decimals);
    let half = BigRational::new(BigInt::one(), BigInt::from(2));
    (number * &scale + half).floor() / scale
}

/// Whether it lies exactly between two hundredths.
pub fn is_tie(number: &BigRational) -> bool {
    let doubled = number * BigInt::from(200);
    doubled.is_integer() && !(doubled / BigInt::from(2)).is_integer()
}

/// Register ÷ list ÷ national prevalence in per cent.
pub fn prevalence_factor(register: i64, list: i64, national: &BigRational) -> BigRational {
    over(register, list) * BigInt::from(100) / national
}

/// £ for a point × list ÷ average list × the sum of points × factors, in whole pence, half up.
pub fn pence(point_value: &BigRational, list: i64, average: i64, adjusted: &BigRational) -> BigInt {
    let pounds = point_value * over(list, average) * adjusted;
    rounded(&(pounds * BigInt::from(100)), 0).to_integer()
}
