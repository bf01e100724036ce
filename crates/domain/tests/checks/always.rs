//! What is true of every calculation, whatever the rules and figures.

use crate::product::{Earns, Indicator, National, Product, figures, fraction};
use crate::rules::{self, decimal};
use domain::{Field, calculation::Calculation};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, Zero};
use proptest::prelude::*;

/// Rules and counts of one indicator.
#[derive(Clone, Debug)]
struct Row {
    quarters: i64,
    lower: i64,
    upper: i64,
    numerator: i64,
    denominator: i64,
    is_adjusted: bool,
}

impl Row {
    fn available(&self) -> BigRational {
        rules::over(self.quarters, 4)
    }
}

prop_compose! {
    /// Thresholds in any order, as a low percentage may be the better one, but never the same.
    fn a_row()(
        quarters in 1_i64..200, lower in 0_i64..=100, apart in 1_i64..=100,
        denominator in 0_i64..2_000, part in 0_i64..=1_000, is_adjusted: bool,
    ) -> Row {
        let upper = (lower + apart) % 101;
        Row { quarters, lower, upper, numerator: denominator * part / 1_000, denominator, is_adjusted }
    }
}

/// What the rows of a practice earn, with one group that has as many patients on its register as one in ten.
fn pay(rows: &[Row], decimals: Option<u32>) -> Calculation {
    let codes: Vec<String> = (0..rows.len()).map(|number| format!("I{number}")).collect();
    let indicators: Vec<Indicator> = rows
        .iter()
        .zip(&codes)
        .map(|(row, code)| Indicator {
            code: code.clone(),
            points: format!("{}.{:02}", row.quarters / 4, row.quarters % 4 * 25),
            earns: Earns::Between { lower: row.lower.to_string(), upper: row.upper.to_string() },
            group: row.is_adjusted.then(|| "G".to_owned()),
        })
        .collect();
    let is_adjusted = rows.iter().any(|row| row.is_adjusted);
    let national = National {
        point_value: "225.49",
        average_list: 10_184,
        prevalence: if is_adjusted { vec![("G".into(), "7.5".into())] } else { Vec::new() },
        points_decimals: decimals,
    };
    let register = is_adjusted.then_some(("RG", Field::Register, 912));
    let counts = rows.iter().zip(&codes).flat_map(|(row, code)| {
        [
            (code.as_str(), Field::Numerator, row.numerator),
            (code.as_str(), Field::Denominator, row.denominator),
        ]
    });
    Product::of_points(&national, &indicators)
        .pay(&figures(register.into_iter().chain(counts)), 9_120)
}

/// The points of each indicator as its line shows them.
fn shown(paid: &Calculation) -> Vec<BigRational> {
    let own = paid.lines.iter().filter(|line| line.indicator.is_some());
    own.filter_map(|line| line.points.as_deref().map(decimal)).collect()
}

fn points(paid: &Calculation) -> BigRational {
    paid.points.as_ref().map(fraction).unwrap()
}

/// `£1,234.50` in pence.
fn pence(amount: &str) -> i64 {
    amount.replace(['£', ',', '.'], "").parse().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn points_are_never_below_none_or_above_all(
        rows in prop::collection::vec(a_row(), 1..6), decimals in prop::option::of(0_u32..4),
    ) {
        let paid = pay(&rows, decimals);
        let most = |row: &Row| decimals.map_or_else(|| row.available(), |own| rules::rounded(&row.available(), own));
        for (own, row) in shown(&paid).iter().zip(&rows) {
            prop_assert!(!own.is_negative() && *own <= most(row), "{own} of {row:?}");
        }
        prop_assert!(!points(&paid).is_negative() && points(&paid) <= rows.iter().map(most).sum());
        prop_assert!(paid.amount.0 >= 0);
    }

    #[test]
    fn a_larger_numerator_earns_at_least_as_much_or_at_most_where_low_is_better(
        row in a_row(), more in 1_i64..2_000, decimals in prop::option::of(0_u32..4),
    ) {
        let mut larger = row.clone();
        larger.numerator = (row.numerator + more).min(row.denominator);
        let is_low_better = row.upper < row.lower;
        let (before, after) = (pay(&[row], decimals), pay(&[larger], decimals));
        let (least, most) = if is_low_better { (after, before) } else { (before, after) };
        prop_assert!(points(&least) <= points(&most) && least.amount <= most.amount);
    }

    #[test]
    fn the_same_share_of_more_patients_earns_the_same(
        rows in prop::collection::vec(a_row(), 1..5), times in 1_i64..100_000,
    ) {
        let scaled: Vec<Row> = rows.iter().cloned().map(|mut row| {
            row.numerator *= times;
            row.denominator *= times;
            row
        }).collect();
        let (before, after) = (pay(&rows, None), pay(&scaled, None));
        prop_assert_eq!(points(&before), points(&after));
        prop_assert_eq!(before.amount, after.amount);
    }

    #[test]
    fn the_lines_add_up_to_the_total(rows in prop::collection::vec(a_row(), 1..6), decimals in 0_u32..4) {
        let paid = pay(&rows, Some(decimals));
        prop_assert_eq!(shown(&paid).into_iter().sum::<BigRational>(), points(&paid));
        // A line rounds its pounds to be read, so each may be half a penny off; the total is rounded once.
        let lines = paid.lines.iter().filter(|line| line.indicator.is_some() && !line.amount.is_empty());
        let sum: i64 = lines.map(|line| pence(&line.amount)).sum();
        prop_assert!(2 * (sum - paid.amount.0).abs() <= rows.len() as i64 + 1, "{sum} and {}", paid.amount);
        prop_assert_eq!(pence(&paid.lines.last().unwrap().amount), paid.amount.0);
    }

    #[test]
    fn fees_add_up_to_the_penny_and_no_further_than_the_register(
        counts in prop::collection::vec((0_i64..5_000, 0_i64..30_000), 1..5), register in 0_i64..4_000,
    ) {
        let fees: Vec<String> =
            counts.iter().map(|(_, fee)| format!("{}.{:02}", fee / 100, fee % 100)).collect();
        let product = Product::of_items("monthly", &fees.iter().map(String::as_str).collect::<Vec<_>>());
        let codes: Vec<String> = (0..counts.len()).map(|number| format!("C{number}")).collect();
        let given = counts.iter().zip(&codes).map(|((count, _), code)| (code.as_str(), Field::Count, *count));
        let paid = product.pay(&figures(given.chain([("R", Field::Register, register)])), 0);
        let expected: i64 = counts
            .iter()
            .enumerate()
            .map(|(number, (count, fee))| fee * if number == 0 { *count.min(&register) } else { *count })
            .sum();
        prop_assert_eq!(paid.amount.0, expected);
        let lines = paid.lines.iter().filter(|line| line.indicator.is_some() && !line.amount.is_empty());
        prop_assert_eq!(lines.map(|line| pence(&line.amount)).sum::<i64>(), expected);
    }

    #[test]
    fn independent_arithmetic_agrees_on_any_row(row in a_row()) {
        let [lower, upper] = [row.lower, row.upper].map(|own| BigRational::from_integer(BigInt::from(own)));
        let expected = rules::points(&row.available(), &lower, &upper, row.numerator, row.denominator);
        let paid = pay(std::slice::from_ref(&row), None);
        prop_assert_eq!(points(&paid), expected.clone());
        prop_assert!(row.denominator > 0 || expected.is_zero());
    }
}
