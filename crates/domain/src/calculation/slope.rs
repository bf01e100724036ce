//! Points between two thresholds: the sum that is done half a million times a year.

use crate::ratio::{Exact, Small};
use num_bigint::BigInt;
use num_traits::ToPrimitive;

/// Thresholds and points carry at most this many decimals, so that every sum fits in machine words.
const DECIMALS: u32 = 6;
const SCALE: i128 = 1_000_000;
const MOST_POINTS: i128 = 9_999;
const POINTS_ALLOWED: &str = "0 to 9999 with at most 6 decimals";
const PERCENT_ALLOWED: &str = "0 to 100 with at most 6 decimals";

/// The rule of one indicator: no points up to the lower threshold, all from the upper one, a straight line between.
///
/// An upper threshold below the lower one means that a low percentage is the better one. Without a lower threshold it
/// is all or nothing at the upper one; without either it is all or nothing at 100%.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slope {
    /// So many parts of a point and of a per cent make one: a million, or as few as the three numbers need, because
    /// small numbers divide several times as fast.
    scale: i128,
    points: i128,
    lower: i128,
    upper: i128,
}

/// Which of the three numbers is out of bounds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}: found {found}, allowed {allowed}")]
pub struct NotASlope {
    /// `points`, `lower` or `upper`.
    pub what: &'static str,
    /// What was given.
    pub found: String,
    /// What may be given.
    pub allowed: &'static str,
}

impl Slope {
    /// The rule for some points and thresholds in per cent; otherwise every number that is out of bounds.
    pub fn new(
        points: &Exact,
        lower: Option<&Exact>,
        upper: Option<&Exact>,
    ) -> Result<Self, Vec<NotASlope>> {
        let mut refused = Vec::new();
        let mut note =
            |number: Result<i128, NotASlope>| number.map_err(|own| refused.push(own)).ok();
        let points = note(bounded("points", points, MOST_POINTS, POINTS_ALLOWED));
        let mut percent = |what, threshold: Option<&Exact>| {
            threshold.and_then(|own| note(bounded(what, own, 100, PERCENT_ALLOWED)))
        };
        let (low, high) = (percent("lower", lower), percent("upper", upper));
        if lower.is_some() && upper.is_none() {
            refused.push(NotASlope {
                what: "upper",
                found: "nothing".into(),
                allowed: "0 to 100, because there is a lower threshold",
            });
        }
        let upper = high.unwrap_or(100 * SCALE);
        match points {
            Some(points) if refused.is_empty() => {
                let lower = low.unwrap_or(upper);
                Ok(Self { scale: SCALE, points, lower, upper }.in_few_parts())
            }
            _ => Err(refused),
        }
    }

    fn in_few_parts(mut self) -> Self {
        while self.scale > 1
            && [self.points, self.lower, self.upper].iter().all(|own| own % 10 == 0)
        {
            self.scale /= 10;
            self.points /= 10;
            self.lower /= 10;
            self.upper /= 10;
        }
        self
    }

    /// The points for a numerator and a denominator, exact and without overflow for every `i64`.
    /// Nobody in the denominator earns nothing.
    #[inline]
    pub fn points(&self, numerator: i64, denominator: i64) -> Small {
        if denominator <= 0 {
            return Small::ZERO;
        }
        // Everything times the denominator, so that one division at the end is the only one:
        // below 10^2 * 10^6 * 2^63 < 10^27, times points below 10^10 stays below 2^127.
        let denominator = i128::from(denominator);
        let score = 100 * self.scale * i128::from(numerator.max(0));
        let (lower, upper) = (self.lower * denominator, self.upper * denominator);
        let (beyond, width) = if self.upper >= self.lower {
            (score - lower, upper - lower)
        } else {
            (lower - score, lower - upper)
        };
        if beyond >= width {
            Small { numerator: self.points, denominator: self.scale }
        } else if beyond <= 0 {
            Small::ZERO
        } else {
            Small { numerator: self.points * beyond, denominator: self.scale * width }
        }
    }
}

/// The number in millionths, if it is within bounds and has no more decimals than that.
fn bounded(
    what: &'static str,
    number: &Exact,
    most: i128,
    allowed: &'static str,
) -> Result<i128, NotASlope> {
    let scaled = number.clone() * Exact::whole(BigInt::from(10).pow(DECIMALS));
    let millionths = scaled.as_whole().and_then(|whole| whole.to_i128());
    millionths
        .filter(|millionths| (0..=most * SCALE).contains(millionths))
        .ok_or_else(|| NotASlope { what, found: number.to_short(12), allowed })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn slope(points: &str, lower: &str, upper: &str) -> Slope {
        let number = |text: &str| (!text.is_empty()).then(|| text.parse::<Exact>().unwrap());
        Slope::new(&points.parse().unwrap(), number(lower).as_ref(), number(upper).as_ref())
            .unwrap()
    }

    /// Points as practices in Scotland were awarded them for 2012/13 (published double, so to 1e-9).
    #[test]
    fn published_points_are_reproduced() {
        for (numerator, denominator, points, lower, upper, published) in [
            (35, 52, "17", "50", "90", "7.35576923076923"),
            (38, 44, "3", "40", "90", "2.78181818181818"),
            (4996, 5940, "11", "50", "90", "9.37962962962963"),
            (513, 783, "12", "40", "90", "6.12413793103448"),
            (147, 223, "11", "45", "70", "9.20448430493274"),
            (176, 226, "6", "45", "80", "5.63590391908976"),
            (451, 524, "6", "50", "90", "5.41030534351145"),
            (223, 249, "5", "50", "90", "4.94477911646586"),
            (9, 39, "8", "45", "80", "0"),
            (9, 20, "8", "45", "80", "0"),
            (3, 6, "3", "50", "90", "0"),
            (4, 5, "9", "45", "80", "9"),
            (9, 10, "3", "50", "90", "3"),
            (0, 0, "3", "45", "70", "0"),
            (135, 150, "9", "50", "90", "9"),
            (230, 400, "20", "45", "70", "10"),
        ] {
            let own = Exact::from(slope(points, lower, upper).points(numerator, denominator));
            assert_eq!(
                own.to_short(14),
                published,
                "{numerator}/{denominator}, {points} points, {lower} to {upper}"
            );
        }
    }

    #[test]
    fn ties_at_two_decimals_round_up() {
        // 63% of a 45 to 70 line with 15.625 points is 11.25; the published ties are x.xx5 of the exact value.
        for (points, numerator, denominator, hundredths) in
            [("23.55", 1, 2, 1178), ("22.65", 1, 2, 1133), ("6.25", 1, 2, 313), ("1.25", 1, 2, 63)]
        {
            assert_eq!(
                slope(points, "0", "100").points(numerator, denominator).hundredths(),
                hundredths,
                "{points}"
            );
        }
    }

    #[test]
    fn a_low_percentage_can_be_the_better_one() {
        for (numerator, expected) in [(0, "10"), (10, "10"), (15, "5"), (20, "0"), (80, "0")] {
            let own = Exact::from(slope("10", "20", "10").points(numerator, 100));
            assert_eq!(own.to_short(6), expected, "{numerator}%");
        }
    }

    #[test]
    fn without_a_slope_it_is_all_or_nothing() {
        for (lower, upper, numerator, expected) in [
            ("", "80", 79, "0"),
            ("", "80", 80, "5"),
            ("", "", 99, "0"),
            ("", "", 100, "5"),
            ("80", "80", 79, "0"),
            ("80", "80", 80, "5"),
        ] {
            let own = Exact::from(slope("5", lower, upper).points(numerator, 100));
            assert_eq!(own.to_short(6), expected, "{lower} to {upper} at {numerator}%");
        }
        assert_eq!(
            Exact::from(slope("5", "", "").points(0, 0)),
            Exact::zero(),
            "nobody in the denominator"
        );
    }

    #[test]
    fn every_number_out_of_bounds_is_named() {
        for (points, lower, upper, expected) in [
            ("-1", "40", "90", &["points"][..]),
            ("10000", "40", "90", &["points"]),
            ("0.0000001", "40", "90", &["points"]),
            ("5", "-1", "100.5", &["lower", "upper"]),
            ("-5", "-1", "", &["points", "lower", "upper"]),
            ("5", "40", "", &["upper"]),
        ] {
            let number = |text: &str| (!text.is_empty()).then(|| text.parse::<Exact>().unwrap());
            let (low, high) = (number(lower), number(upper));
            let refused = Slope::new(&points.parse().unwrap(), low.as_ref(), high.as_ref());
            let named: Vec<_> = refused.unwrap_err().iter().map(|own| own.what).collect();
            assert_eq!(named, expected, "{points}, {lower} to {upper}");
        }
    }

    /// The sum as the contract prints it, in numbers of any size.
    fn as_printed(
        points: &Exact,
        lower: &Exact,
        upper: &Exact,
        numerator: i64,
        denominator: i64,
    ) -> Exact {
        let score = Exact::new(numerator, denominator) * Exact::whole(100);
        let (from, to) = if upper >= lower {
            (&score - lower, upper - lower)
        } else {
            (lower - &score, lower - upper)
        };
        if from >= to {
            points.clone()
        } else if from <= Exact::zero() {
            Exact::zero()
        } else {
            points * &(from / to)
        }
    }

    proptest! {
        #[test]
        fn more_patients_never_earn_less_and_points_stay_between_none_and_all(
            points in 0_i64..=9_999_000_000, lower in 0_i64..=100_000_000, upper in 0_i64..=100_000_000,
            numerator in 0_i64..100_000, denominator in 1_i64..100_000,
        ) {
            let millionths = |number: i64| Exact::new(number, 1_000_000);
            let all = millionths(points);
            let (lower, upper) = (millionths(lower), millionths(upper));
            let slope = Slope::new(&all, Some(&lower), Some(&upper)).unwrap();
            let earned = Exact::from(slope.points(numerator, denominator));
            let more = Exact::from(slope.points(numerator + 1, denominator));
            prop_assert!(earned >= Exact::zero() && earned <= all);
            let better = if upper >= lower { more >= earned } else { more <= earned };
            prop_assert!(better);
            prop_assert_eq!(&earned, &as_printed(&all, &lower, &upper, numerator, denominator));
            let rounded = Exact::new(slope.points(numerator, denominator).hundredths(), 100);
            prop_assert_eq!(rounded, earned.rounded(2));
        }

        #[test]
        fn no_figure_is_too_large_for_the_sum(numerator in 0..=i64::MAX, denominator in 1..=i64::MAX) {
            let [all, lower, upper] = ["9999", "0.000001", "99.999999"].map(|text| text.parse::<Exact>().unwrap());
            let slope = Slope::new(&all, Some(&lower), Some(&upper)).unwrap();
            let earned = Exact::from(slope.points(numerator, denominator));
            prop_assert_eq!(earned, as_printed(&all, &lower, &upper, numerator, denominator));
            _ = slope.points(numerator, denominator).hundredths();
        }
    }
}
