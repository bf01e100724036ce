//! What a new version would move before it counts: one payment, and the sums of all.

use crate::{Pence, achievement::Assessed, ratio::Points};

/// What an achievement comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worth {
    /// The amount; none for a reader who may not see money.
    pub amount: Option<Pence>,
    /// Points, where the service pays points.
    pub points: Option<Points>,
}

/// One achievement as it is and as it would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moves {
    /// What it comes to; none while something holds it.
    pub before: Option<Worth>,
    /// What it would come to; otherwise why there would be no amount.
    pub after: Result<Worth, String>,
}

/// Said of an achievement that would wait for figures that nobody has been asked for so far.
const WAITS: &str = "Figures that the new version asks for are missing.";

impl Moves {
    /// From what is recorded to what would be; none where figures are waited for before and after.
    pub fn between(before: Option<Worth>, after: Assessed) -> Option<Self> {
        let after = match after {
            Assessed::Calculated(result) => {
                Ok(Worth { amount: Some(result.amount), points: result.points })
            }
            Assessed::Held(reason) => Err(reason.to_string()),
            Assessed::Waiting if before.is_none() => return None,
            Assessed::Waiting => Err(WAITS.to_owned()),
        };
        Some(Self { before, after })
    }

    /// How much more would be paid; no amount counts as nothing paid.
    pub fn amount(&self) -> Pence {
        Pence(pence(self.after.as_ref().ok()) - pence(self.before.as_ref()))
    }

    /// How many more points would be earned, where the service pays points.
    pub fn points(&self) -> Option<Points> {
        let points = |worth: Option<&Worth>| worth.and_then(|own| own.points.clone());
        let (before, after) = (points(self.before.as_ref()), points(self.after.as_ref().ok()));
        (before.is_some() || after.is_some())
            .then(|| after.unwrap_or_default() - before.unwrap_or_default())
    }

    /// Whether anything would be different: the amount, the points, or whether there is an amount at all.
    pub fn is_change(&self) -> bool {
        self.amount() != Pence(0)
            || self.points().is_some_and(|points| !points.rounded(2).is_zero())
            || self.before.is_some() != self.after.is_ok()
    }

    /// Without pounds, for a reader who may not see money.
    #[must_use]
    pub fn without_money(mut self) -> Self {
        for worth in [self.before.as_mut(), self.after.as_mut().ok()].into_iter().flatten() {
            worth.amount = None;
        }
        self
    }
}

fn pence(worth: Option<&Worth>) -> i64 {
    worth.and_then(|own| own.amount).map_or(0, |amount| amount.0)
}

/// What many achievements come to together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Achievements that would be paid more, or paid at last.
    pub more: u64,
    /// Achievements that would be paid less, or not yet.
    pub less: u64,
    /// Achievements whose amount stays.
    pub same: u64,
    /// Of those that would be paid more: nothing has held them but what is missing now.
    pub released: u64,
    /// Achievements that would have no amount.
    pub held: u64,
    /// The amounts as they are.
    pub before: Pence,
    /// The amounts as they would be.
    pub after: Pence,
}

impl Totals {
    /// The sums of some achievements.
    pub fn of<'a>(all: impl Iterator<Item = &'a Moves>) -> Self {
        let mut totals = Self::default();
        for moves in all {
            let counter = match moves.amount().0 {
                0 => &mut totals.same,
                more if more > 0 => &mut totals.more,
                _ => &mut totals.less,
            };
            *counter += 1;
            totals.released += u64::from(moves.before.is_none() && moves.after.is_ok());
            totals.held += u64::from(moves.after.is_err());
            totals.before = totals.before + Pence(pence(moves.before.as_ref()));
            totals.after = totals.after + Pence(pence(moves.after.as_ref().ok()));
        }
        totals
    }

    /// How many achievements there are.
    pub fn achievements(&self) -> u64 {
        self.more + self.less + self.same
    }

    /// How much more would be paid in all.
    pub fn amount(&self) -> Pence {
        Pence(self.after.0 - self.before.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calculation::{Calculation, CannotCalculate};

    fn worth(pence: i64, points: i64) -> Worth {
        Worth { amount: Some(Pence(pence)), points: Some(Points::whole(points)) }
    }

    fn comes_to(pence: i64, points: i64) -> Assessed {
        Assessed::Calculated(Calculation {
            points: Some(Points::whole(points)),
            amount: Pence(pence),
            lines: Vec::new(),
            components: Vec::new(),
            definition_version: 1,
            reference_version: None,
        })
    }

    fn held() -> Assessed {
        Assessed::Held(CannotCalculate::TooLarge)
    }

    #[test]
    fn what_is_held_counts_as_nothing_paid_and_what_waits_is_no_row() {
        for (before, after, amount, points) in [
            (Some(worth(1_000, 5)), comes_to(1_200, 6), 200, 1),
            (Some(worth(1_000, 5)), comes_to(1_000, 5), 0, 0),
            (None, comes_to(1_200, 6), 1_200, 6),
            (Some(worth(1_000, 5)), held(), -1_000, -5),
            (Some(worth(1_000, 5)), Assessed::Waiting, -1_000, -5),
        ] {
            let moves = Moves::between(before, after).unwrap();
            assert_eq!(moves.amount(), Pence(amount), "{moves:?}");
            assert_eq!(moves.points(), Some(Points::whole(points)), "{moves:?}");
        }
        let still = Moves::between(None, held()).unwrap();
        assert_eq!((still.amount(), still.points()), (Pence(0), None));
        assert_eq!(Moves::between(None, Assessed::Waiting), None);
    }

    #[test]
    fn the_totals_are_the_sums_of_the_rows() {
        let all: Vec<Moves> = [
            (Some(worth(1_000, 5)), comes_to(1_200, 6)),
            (Some(worth(1_000, 5)), comes_to(900, 5)),
            (Some(worth(1_000, 5)), comes_to(1_000, 5)),
            (None, comes_to(300, 1)),
            (Some(worth(70, 1)), held()),
            (None, held()),
        ]
        .into_iter()
        .filter_map(|(before, after)| Moves::between(before, after))
        .collect();
        let totals = Totals::of(all.iter());
        assert_eq!((totals.more, totals.less, totals.same), (2, 2, 2));
        assert_eq!((totals.released, totals.held, totals.achievements()), (1, 2, 6));
        assert_eq!((totals.before, totals.after), (Pence(3_070), Pence(3_400)));
        assert_eq!(totals.amount(), all.iter().map(Moves::amount).sum());
    }

    #[test]
    fn without_money_the_points_stay() {
        let moves = Moves::between(Some(worth(1_000, 5)), comes_to(1_200, 6)).unwrap();
        let points = moves.points();
        let hidden = moves.without_money();
        assert_eq!(hidden.before, Some(Worth { amount: None, points: Some(Points::whole(5)) }));
        assert_eq!((hidden.amount(), hidden.points()), (Pence(0), points));
    }
}
