//! Fractions in machine words, for sums that are done half a million times.

use super::Exact;

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
    #[inline]
    pub fn hundredths(self) -> i128 {
        let (numerator, denominator) = (self.numerator, self.denominator);
        // One division where it fits, which is always but for counts near the end of a word.
        if numerator < i128::MAX / 400 && denominator < i128::MAX / 2 {
            return (numerator * 200 + denominator) / (denominator * 2);
        }
        // Whole part first: the remainder times 200 always fits, the numerator times 200 might not.
        let (whole, rest) = (numerator / denominator, numerator % denominator);
        whole * 100 + (rest * 200 + denominator) / (denominator * 2)
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
