//! Thousands of generated rows, ties and extremes among them, against arithmetic of our own: none may differ.

use crate::{
    product::{self, Earns, Indicator, National, Product, figures},
    rules::{self, decimal},
};
use domain::Field;
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::Zero;
use std::collections::BTreeMap;

/// Rows on the slope alone, with counts as large as a machine word.
const ROWS: u64 = 24_000;
/// Whole calculations: practices and the indicators of each.
const PRACTICES: u64 = 420;
const INDICATORS: u64 = 60;

/// SplitMix64, so that the same rows come on every machine.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: i64) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % u64::try_from(end).unwrap()) as i64
    }

    fn between(&mut self, start: i64, end: i64) -> i64 {
        start + self.below(end - start + 1)
    }
}

/// One rule and the counts for it.
#[derive(Debug)]
struct Row {
    points: String,
    lower: String,
    upper: String,
    numerator: i64,
    denominator: i64,
}

impl Row {
    fn expected(&self) -> BigRational {
        let [points, lower, upper] =
            [&self.points, &self.lower, &self.upper].map(|own| decimal(own));
        rules::points(&points, &lower, &upper, self.numerator, self.denominator)
    }
}

/// `12.25`, from hundredths, thousandths and so on.
fn text(number: i64, decimals: u32) -> String {
    let scale = 10_i64.pow(decimals);
    format!("{}.{:0width$}", number / scale, number % scale, width = decimals as usize)
}

/// What is special about a row; each kind comes as often as the others.
const KINDS: [&str; 8] = [
    "ordinary",
    "tie",
    "low is better",
    "nobody",
    "huge",
    "at a threshold",
    "decimals",
    "beside a threshold",
];

fn row(numbers: &mut Numbers, kind: &str, largest: i64) -> Row {
    let (low, width) = (numbers.between(20, 60), numbers.between(5, 39));
    let mut row = Row {
        points: text(numbers.between(1, 220) * 25, 2),
        lower: low.to_string(),
        upper: (low + width).to_string(),
        numerator: 0,
        denominator: numbers.between(1, 900),
    };
    let (lower, upper) = (low, low + width);
    match kind {
        "tie" => return tie(numbers, row),
        "low is better" => std::mem::swap(&mut row.lower, &mut row.upper),
        "nobody" => row.denominator = 0,
        "huge" => row.denominator = numbers.between(largest / 2, largest),
        "decimals" => {
            row.points = text(numbers.between(1, 9_999_000_000), 6);
            row.lower = text(numbers.between(0, 60_000_000), 6);
            row.upper = text(numbers.between(60_000_001, 100_000_000), 6);
        }
        "at a threshold" | "beside a threshold" => {
            let hundreds = numbers.between(1, 50);
            row.denominator = 100 * hundreds;
            row.numerator = hundreds * if numbers.below(2) == 0 { lower } else { upper };
            row.numerator += if kind == "at a threshold" { 0 } else { numbers.between(-1, 1) };
            if numbers.below(3) == 0 {
                std::mem::swap(&mut row.lower, &mut row.upper);
            }
            return row;
        }
        _ => {}
    }
    // Around the thresholds, where the sum has something to do.
    let share = numbers.between((lower - 5) * 1_000, ((upper + 5) * 1_000).min(100_000));
    row.numerator = (i128::from(row.denominator) * i128::from(share) / 100_000) as i64;
    row
}

/// Counts whose points lie exactly on half a hundredth: by trial, as most rules have some.
fn tie(numbers: &mut Numbers, mut row: Row) -> Row {
    loop {
        row.points = text(numbers.between(1, 8_000) * 125, 3);
        row.denominator =
            [8, 16, 40, 80, 125, 200, 320, 400, 640, 1000][numbers.below(10) as usize];
        row.upper = (row.lower.parse::<i64>().unwrap()
            + [10, 20, 25, 32, 40][numbers.below(5) as usize])
            .min(100)
            .to_string();
        for _ in 0..20 {
            row.numerator = numbers.between(0, row.denominator);
            if rules::is_tie(&row.expected()) {
                return row;
            }
        }
    }
}

#[test]
fn no_generated_row_differs_from_independent_arithmetic() {
    let mut numbers = Numbers(2013);
    let (mut wrong, mut ties, mut between) = (Vec::new(), 0, 0);
    for (_, kind) in (0..ROWS).zip(KINDS.iter().cycle()) {
        let row = row(&mut numbers, kind, i64::MAX);
        let expected = row.expected();
        let hundredths = rules::rounded(&expected, 2) * BigInt::from(100);
        ties += u32::from(rules::is_tie(&expected));
        between += u32::from(!expected.is_zero() && expected != decimal(&row.points));
        let (exact, rounded) =
            product::row(&row.points, &row.lower, &row.upper, row.numerator, row.denominator);
        if exact != expected || BigRational::from_integer(rounded.into()) != hundredths {
            wrong.push(format!(
                "{kind}: {row:?} earned {exact} and {rounded} hundredths, not {expected}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{} rows differ, the first: {}", wrong.len(), wrong[0]);
    assert!(
        ties >= 3_000 && between >= 9_000,
        "{ties} ties, {between} rows between the thresholds"
    );
}

#[test]
fn no_generated_practice_is_paid_otherwise_than_independent_arithmetic_says() {
    let mut numbers = Numbers(2026);
    let (mut wrong, mut rows, mut ties) = (Vec::new(), 0, 0);
    for practice in 0..PRACTICES {
        // England rounds each indicator's points to 2 decimals, Scotland does not.
        let decimals = [Some(2), None, Some(0)][practice as usize % 3];
        let practice = Practice::new(&mut numbers, decimals);
        rows += practice.rows.len();
        ties += practice.rows.iter().filter(|row| rules::is_tie(&row.expected())).count();
        wrong.extend(practice.differences());
    }
    assert!(wrong.is_empty(), "{} differences, the first: {}", wrong.len(), wrong[0]);
    assert!(rows >= 20_000 && ties >= 2_500, "{rows} rows, {ties} ties");
}

/// A practice with its own rules, national values, list and registers.
struct Practice {
    rows: Vec<Row>,
    /// The group of each row, where it has one.
    groups: Vec<Option<usize>>,
    /// National prevalence and the practice's register of each group.
    registers: Vec<(String, i64)>,
    point_value: String,
    average: i64,
    list: i64,
    decimals: Option<u32>,
}

impl Practice {
    fn new(numbers: &mut Numbers, decimals: Option<u32>) -> Self {
        let list = numbers.between(1, 40_000);
        let registers: Vec<(String, i64)> = (0..numbers.between(1, 5))
            .map(|_| (text(numbers.between(1, 30_000), 3), numbers.between(0, list)))
            .collect();
        let count = registers.len() as i64;
        Self {
            rows: (0..INDICATORS)
                .zip(KINDS.iter().cycle())
                .map(|(_, kind)| row(numbers, kind, 999_999_999))
                .collect(),
            // The first rows see to it that every group is used.
            groups: (0..INDICATORS as i64)
                .map(|own| Some(if own < count { own } else { numbers.between(0, count) }))
                .map(|own| own.filter(|own| *own < count).map(|own| own as usize))
                .collect(),
            registers,
            point_value: text(numbers.between(1, 30_000), 2),
            average: numbers.between(1, 12_000),
            list,
            decimals,
        }
    }

    /// Everything in which the product and the rules do not agree.
    fn differences(&self) -> Vec<String> {
        let paid = self.paid_by_the_product();
        let (mut sum, mut adjusted) = (BigRational::zero(), BigRational::zero());
        let mut expected = BTreeMap::new();
        for (number, row) in self.rows.iter().enumerate() {
            let mut points = row.expected();
            if let Some(decimals) = self.decimals {
                points = rules::rounded(&points, decimals);
            }
            expected.insert(format!("I{number}"), points.clone());
            sum += &points;
            adjusted += points * self.factor(number);
        }
        let pence = rules::pence(&decimal(&self.point_value), self.list, self.average, &adjusted);
        let mut wrong = Vec::new();
        let total = paid.points.as_ref().map(product::fraction);
        if total.as_ref() != Some(&sum) || BigInt::from(paid.amount.0) != pence {
            wrong
                .push(format!("{total:?} points and {}, not {sum} and {pence} pence", paid.amount));
        }
        let mut lines = 0;
        for line in &paid.lines {
            let own = line.indicator.as_ref().and_then(|code| expected.get(code));
            let Some((own, shown)) = own.zip(line.points.as_ref()) else { continue };
            lines += 1;
            if decimal(shown) != rules::rounded(own, self.decimals.unwrap_or(6)) {
                wrong.push(format!("{shown} points, not {own}: {line:?}"));
            }
        }
        assert_eq!(lines, self.rows.len(), "a line for each indicator");
        wrong
    }

    fn factor(&self, number: usize) -> BigRational {
        let own = self.groups[number].map(|group| &self.registers[group]);
        own.map_or_else(
            || rules::over(1, 1),
            |(national, register)| {
                rules::prevalence_factor(*register, self.list, &decimal(national))
            },
        )
    }

    fn paid_by_the_product(&self) -> domain::calculation::Calculation {
        let group = |number: usize| format!("G{number}");
        let national = National {
            point_value: &self.point_value,
            average_list: self.average,
            prevalence: self
                .registers
                .iter()
                .enumerate()
                .map(|(number, (percent, _))| (group(number), percent.clone()))
                .collect(),
            points_decimals: self.decimals,
        };
        let indicators: Vec<Indicator> = self
            .rows
            .iter()
            .zip(&self.groups)
            .enumerate()
            .map(|(number, (row, own))| Indicator {
                code: format!("I{number}"),
                points: row.points.clone(),
                earns: Earns::Between { lower: row.lower.clone(), upper: row.upper.clone() },
                group: own.map(group),
            })
            .collect();
        let registers: Vec<String> =
            (0..self.registers.len()).map(|own| format!("RG{own}")).collect();
        let registers = registers.iter().zip(&self.registers);
        let counts = indicators.iter().zip(&self.rows).flat_map(|(own, row)| {
            [
                (own.code.as_str(), Field::Numerator, row.numerator),
                (own.code.as_str(), Field::Denominator, row.denominator),
            ]
        });
        let given =
            registers.map(|(code, (_, register))| (code.as_str(), Field::Register, *register));
        Product::of_points(&national, &indicators).pay(&figures(given.chain(counts)), self.list)
    }
}
