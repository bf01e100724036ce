//! Patients who do not count in a denominator, and the published rate of those whose care was adjusted.

use crate::ratio::Exact;

/// A reason for which patients are left out of a denominator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The field name of an extract: `AFIBPCADEC`.
    pub code: String,
    /// In plain English.
    pub name: String,
    /// Whether it is a personalised care adjustment, which the published rate counts; otherwise an exclusion.
    pub is_care_adjustment: bool,
}

/// The rate of personalised care adjustments in per cent: those patients ÷ (the denominator + those patients).
///
/// The denominator is already without them. `None` where nobody is in either: nobody has no rate.
/// Source: the publication code of NHS England for QOF.
pub fn care_adjustment_rate(adjusted: i64, denominator: i64) -> Option<Exact> {
    let everybody = i128::from(adjusted) + i128::from(denominator);
    (adjusted >= 0 && denominator >= 0 && everybody > 0)
        .then(|| Exact::new(i128::from(adjusted) * 100, everybody))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_rate_counts_adjusted_patients_among_everybody() {
        for (adjusted, denominator, expected) in [
            (0, 100, Some("0")),
            (10, 90, Some("10")),
            (1, 2, Some("33.3333")),
            (7, 0, Some("100")),
            (0, 0, None),
            (-1, 5, None),
            (5, -1, None),
            (i64::MAX, i64::MAX, Some("50")),
        ] {
            let rate = care_adjustment_rate(adjusted, denominator).map(|rate| rate.to_short(4));
            assert_eq!(rate.as_deref(), expected, "{adjusted} of {denominator}");
        }
    }
}
