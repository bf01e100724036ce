//! The rule of each indicator, read from a file, and how a row's points come about in words.

use super::some;
use domain::{
    calculation::Slope,
    ratio::{Exact, Small},
    tabular::{self, Problem, Problems, Row, note},
};
use std::{collections::HashMap, io::Read};

const COLUMNS: [&str; 4] = ["indicator", "points", "lower_pct", "upper_pct"];

/// Points and thresholds of an indicator.
#[derive(Clone)]
pub struct Rule {
    /// The sum.
    pub slope: Slope,
    /// Points available, as numbers are read.
    pub points: String,
    /// Lower threshold in per cent; empty where the file has none.
    pub lower: String,
    /// Upper threshold in per cent; empty where the file has none.
    pub upper: String,
    /// Upper − lower, or lower − upper where a low percentage is the better one.
    width: String,
    is_low_better: bool,
    all: Small,
}

/// The rule of each indicator; `None` where the file gives it no points.
pub type Rules = HashMap<String, Option<Rule>>;

/// Reads the indicators file; otherwise everything that is wrong with it.
pub fn read(file: impl Read) -> Result<Rules, Problems> {
    let mut first_line = HashMap::new();
    let rows = tabular::rows(file, &COLUMNS, |row, problems| {
        let (code, rule) = (note(row.read(0, "a code", some), problems), rule(row, problems));
        let code = code?;
        if let Some(first) = first_line.insert(code.clone(), row.line) {
            let allowed = format!("a code once, and it stands on line {first}");
            problems.push(Problem::new(row.line, COLUMNS[0], &code, allowed));
        }
        Some((code, rule?))
    })?;
    Ok(rows.into_iter().collect())
}

/// `None` for a row with problems; `Some(None)` for an indicator without points.
fn rule(row: &Row, problems: &mut Problems) -> Option<Option<Rule>> {
    let before = problems.len();
    let mut number = |wanted| {
        let optional = |text: &str| match text {
            "" => Some(None),
            text => text.parse::<Exact>().ok().map(Some),
        };
        let allowed = "a number, like 12.5, or nothing";
        note(row.read(wanted, allowed, optional), problems)
    };
    let (points, lower, upper) = (number(1), number(2), number(3));
    let readable = points.is_some() && lower.is_some() && upper.is_some();
    // What could be read is checked even where its neighbour could not, so that one look finds everything.
    let (given, lower) = (points.flatten(), lower.flatten().filter(|_| upper.is_some()));
    let upper = upper.flatten();
    let slope = Slope::new(&given.clone().unwrap_or_default(), lower.as_ref(), upper.as_ref());
    for refused in slope.as_ref().err().into_iter().flatten() {
        let column = match refused.what {
            "lower" => COLUMNS[2],
            "upper" => COLUMNS[3],
            _ => COLUMNS[1],
        };
        problems.push(Problem {
            row: row.line,
            column: column.into(),
            found: refused.found.clone(),
            allowed: refused.allowed.into(),
        });
    }
    let rule = |points, slope| Rule::new(points, slope, lower.as_ref(), upper.as_ref());
    (readable && problems.len() == before).then(|| Some(rule(given.as_ref()?, slope.ok()?)))
}

impl Rule {
    fn new(points: &Exact, slope: Slope, lower: Option<&Exact>, upper: Option<&Exact>) -> Self {
        let text = |number: Option<&Exact>| number.map(|own| own.to_short(6)).unwrap_or_default();
        let is_low_better = lower.zip(upper).is_some_and(|(lower, upper)| upper < lower);
        let width = lower.zip(upper).map(
            |(lower, upper)| {
                if is_low_better { lower - upper } else { upper - lower }
            },
        );
        Self {
            slope,
            all: if is_low_better { slope.points(0, 1) } else { slope.points(1, 1) },
            points: points.to_short(6),
            lower: text(lower),
            upper: text(upper),
            width: text(width.as_ref()),
            is_low_better,
        }
    }

    /// The percentage to 6 decimals, and the sum in words: `10 × (46 − 40) ÷ 50`.
    pub fn in_words(&self, earned: Small, numerator: i64, denominator: i64) -> (String, String) {
        if denominator == 0 {
            return (String::new(), "nobody in the denominator".into());
        }
        let percent =
            Small { numerator: i128::from(numerator) * 100, denominator: denominator.into() };
        let percent = percent.to_short(6);
        let Self { points, lower, upper, width, is_low_better, all, .. } = self;
        let or_all =
            |threshold: &str| if threshold.is_empty() { "100" } else { threshold }.to_owned();
        let is_all = earned.numerator * all.denominator == all.numerator * earned.denominator;
        let words = match (all.numerator, earned.numerator) {
            (0, _) => "0 points available".into(),
            (_, 0) if *is_low_better => format!("at or above {lower}%: none"),
            (_, 0) if lower.is_empty() => format!("below {}%: none", or_all(upper)),
            (_, 0) if lower == upper => format!("below {upper}%: none"),
            (_, 0) => format!("at or below {lower}%: none"),
            _ if is_all && *is_low_better => format!("at or below {upper}%: all {points}"),
            _ if is_all => format!("at or above {}%: all {points}", or_all(upper)),
            _ if *is_low_better => format!("{points} × ({lower} − {percent}) ÷ {width}"),
            _ => format!("{points} × ({percent} − {lower}) ÷ {width}"),
        };
        (percent, words)
    }
}
