//! The made-up figures of a demo: plausible, and the same each time, because the seed is fixed.

use chrono::{Datelike, NaiveDate};
use domain::{
    Field,
    service::{Indicator, IndicatorKind},
};
use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};

const SEED: u64 = 20_250_401;

/// Where figures come from.
pub struct Numbers {
    chance: ChaCha8Rng,
}

impl Numbers {
    /// Starts at the seed.
    pub fn new() -> Self {
        Self { chance: ChaCha8Rng::seed_from_u64(SEED) }
    }

    /// A number from 0 up to and without `bound`.
    pub fn below(&mut self, bound: u32) -> u32 {
        self.chance.random_range(0..bound)
    }

    /// Between two parts in a thousand of a number.
    fn share(&mut self, of: i64, from: u32, to: u32) -> i64 {
        of * i64::from(self.chance.random_range(from..=to)) / 1_000
    }

    /// Registered patients of a practice: 2,900 to 17,500, growing a little each year.
    pub fn list(&mut self, practice: usize, as_at: NaiveDate) -> i64 {
        let steady = 2_900 + (practice as i64 * 7_919) % 14_600;
        steady + i64::from(as_at.year() - 2025) * (practice as i64 % 90) + i64::from(self.below(40))
    }

    /// Figures of one indicator for a list of patients and the months of a period; `maximum` is what a count may not exceed.
    pub fn figures(
        &mut self,
        indicator: &Indicator,
        list: i64,
        months: i64,
        maximum: Option<i64>,
    ) -> Vec<(Field, i64)> {
        match &indicator.kind {
            IndicatorKind::Register { .. } => vec![(Field::Register, self.share(list, 12, 90))],
            IndicatorKind::Fraction { .. } => {
                let denominator = self.share(list, 8, 60).max(1);
                vec![
                    (Field::Numerator, self.share(denominator, 480, 960)),
                    (Field::Denominator, denominator),
                ]
            }
            IndicatorKind::Count { .. } => {
                // Ten-thousandths of the list in each month.
                let count = self.share(list * months, 4, 30) / 10;
                vec![(Field::Count, maximum.map_or(count, |maximum| count.min(maximum)))]
            }
            IndicatorKind::YesNo { .. } => vec![(Field::YesNo, i64::from(self.below(20) > 0))],
            IndicatorKind::PerPatient { .. }
            | IndicatorKind::Block { .. }
            | IndicatorKind::Aspiration { .. } => Vec::new(),
        }
    }
}
