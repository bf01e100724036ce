//! `accord calculate points`: achievement points of every row of a counts file, exact.

use super::{both, named, rule, rule::Rule, same_file, write};
use crate::input::read;
use clap::Args;
use domain::{
    submission::LARGEST,
    tabular::{self, Problem, note},
};
use std::{
    collections::BTreeMap,
    fmt::Display,
    path::{Path, PathBuf},
};

/// Points of each practice and indicator, from counts and thresholds.
///
/// Points are P × (100 × numerator ÷ denominator − lower) ÷ (upper − lower), worked out in whole numbers: none up to the
/// lower threshold, all from the upper one. An upper threshold below the lower one means that a low percentage is the
/// better one. Without thresholds an indicator is all or nothing at 100%.
#[derive(Args)]
#[command(after_long_help = "\
Columns that are read, in any order; others beside them are left alone:
  --indicators  indicator, points, lower_pct, upper_pct. Numbers like 12.5. Points and thresholds may be empty.
  --counts      practice_code, indicator, numerator, denominator. Whole numbers, or empty where there is none.

Columns that are written, a row for each row of the counts and in their order:
  practice_code, indicator, numerator, denominator, points
  points is exact to 15 decimals, and empty where a figure is missing: missing is never zero.
  A denominator of 0 earns 0 points.

Columns that --explain adds:
  available, lower_pct, upper_pct   the rule of the indicator
  score_pct                         the percentage, to 6 decimals
  working                           the sum in words, or why there are no points

Example:
  accord calculate points --indicators indicators.csv --counts counts.csv.gz --out points.csv --explain

Exit status:
  0  the result was written; what was left out is told on standard error
  1  a file was refused or could not be read or written: the reasons are on standard error, and nothing was written
  2  the command was not understood")]
pub struct Points {
    /// CSV with the columns indicator, points, lower_pct and upper_pct; may be gzipped
    #[arg(long, value_name = "FILE")]
    indicators: PathBuf,
    /// CSV with the columns practice_code, indicator, numerator and denominator; may be gzipped
    #[arg(long, value_name = "FILE")]
    counts: PathBuf,
    /// CSV to write: practice_code, indicator, numerator, denominator, points
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Write with each row the rule, the percentage and the sum in words
    #[arg(long)]
    explain: bool,
}

const COLUMNS: [&str; 4] = ["practice_code", "indicator", "numerator", "denominator"];

/// Decimals written at most: more than a double holds of any number of points.
const DECIMALS: usize = 15;

impl Points {
    /// Reads both files, writes the result, and says what became of the rows.
    pub fn run(&self) -> Result<String, String> {
        for input in [&self.indicators, &self.counts] {
            if same_file(input, &self.out) {
                let out = self.out.display();
                return Err(format!("{out} is read by this command: give --out another file."));
            }
        }
        let (indicators, counts) = (read(&self.indicators), read(&self.counts));
        let (indicators, counts) = both(indicators, counts, |problem| vec![problem])?;
        let rules = rule::read(&indicators).map_err(|problems| named(&self.indicators, &problems));
        let known = rules.as_ref().cloned().unwrap_or_default();
        let points =
            table(&counts, &known, self.explain).map_err(|problems| named(&self.counts, &problems));
        let (_, (table, summary)) = both(rules, points, |problems| problems)?;
        write(&self.out, &table).map_err(|error| format!("{}: {error}", self.out.display()))?;
        Ok(summary.sentences(&self.indicators))
    }
}

/// What became of the rows.
#[derive(Default)]
struct Summary {
    calculated: u64,
    without_denominator: u64,
    without_numerator: u64,
    /// Rows of each indicator that the indicators file does not have.
    unknown: BTreeMap<String, u64>,
    /// Rows of each indicator that has no points there.
    pointless: BTreeMap<String, u64>,
    /// Lines whose numerator is above the denominator.
    above: Vec<u64>,
}

/// The result of one row; the last two only where they are asked for.
#[derive(Default)]
struct Earned {
    points: String,
    percent: String,
    working: String,
}

impl Earned {
    fn nothing(why: &str) -> Self {
        Self { working: why.to_owned(), ..Self::default() }
    }
}

/// The finished file, row for row in the order of the counts.
fn table(
    bytes: &[u8],
    rules: &rule::Rules,
    explain: bool,
) -> Result<(Vec<u8>, Summary), Vec<Problem>> {
    let mut header = b"practice_code,indicator,numerator,denominator,points".to_vec();
    if explain {
        header.extend(b",available,lower_pct,upper_pct,score_pct,working");
    }
    header.push(b'\n');
    header.reserve(if explain { bytes.len() * 4 } else { bytes.len() });
    let mut out = csv::WriterBuilder::new().flexible(false).from_writer(header);
    let mut summary = Summary::default();
    tabular::rows(bytes, &COLUMNS, |row, problems| -> Option<()> {
        let practice =
            note(row.read(0, "a practice code", |text| (!text.is_empty()).then_some(())), problems);
        let code = note(row.text(1), problems)?;
        if code.is_empty() {
            problems.push(Problem::new(row.line, COLUMNS[1], code, "an indicator code"));
        }
        let allowed = "a whole number from 0 to 999999999, or nothing";
        let numerator = note(row.read(2, allowed, count), problems);
        let denominator = note(row.read(3, allowed, count), problems);
        practice?;
        let rule = rules.get(code);
        let counts = (numerator?, denominator?);
        let earned = summary.earned(row.line, code, rule, counts, explain);
        let own =
            [row.bytes(0), row.bytes(1), row.bytes(2), row.bytes(3), earned.points.as_bytes()];
        // Writing into memory cannot fail, and every record has as many cells as the header.
        if explain {
            let [available, lower, upper] = rule.and_then(Option::as_ref).map_or([""; 3], |rule| {
                [&rule.points, &rule.lower, &rule.upper].map(String::as_str)
            });
            let more = [available, lower, upper, &earned.percent, &earned.working];
            _ = out.write_record(own.into_iter().chain(more.map(str::as_bytes)));
        } else {
            _ = out.write_record(own);
        }
        None
    })?;
    Ok((out.into_inner().unwrap_or_default(), summary))
}

/// A count in plain digits, or nothing.
fn count(text: &str) -> Option<Option<i64>> {
    if text.is_empty() {
        return Some(None);
    }
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = plain.then(|| text.parse::<i64>().ok()).flatten();
    number.filter(|number| *number <= LARGEST).map(Some)
}

impl Summary {
    /// The points of one row, or nothing, and why is counted.
    fn earned(
        &mut self,
        line: u64,
        code: &str,
        rule: Option<&Option<Rule>>,
        (numerator, denominator): (Option<i64>, Option<i64>),
        explain: bool,
    ) -> Earned {
        let Some(rule) = rule else {
            *self.unknown.entry(code.to_owned()).or_default() += 1;
            return Earned::nothing("not among the indicators");
        };
        let Some(denominator) = denominator else {
            self.without_denominator += 1;
            return Earned::nothing("without a denominator");
        };
        let Some(rule) = rule else {
            *self.pointless.entry(code.to_owned()).or_default() += 1;
            return Earned::nothing("an indicator without points");
        };
        // With nobody in the denominator the numerator decides nothing, so it may be missing.
        let Some(numerator) = numerator.or((denominator == 0).then_some(0)) else {
            self.without_numerator += 1;
            return Earned::nothing("without a numerator");
        };
        if numerator > denominator {
            self.above.push(line);
        }
        self.calculated += 1;
        let earned = rule.slope.points(numerator, denominator);
        let points = earned.to_short(DECIMALS);
        if !explain {
            return Earned { points, ..Earned::default() };
        }
        let (percent, working) = rule.in_words(earned, numerator, denominator);
        Earned { points, percent, working }
    }

    fn sentences(&self, indicators: &Path) -> String {
        let total = |rows: &BTreeMap<String, u64>| rows.values().sum::<u64>();
        let left = self.without_denominator
            + self.without_numerator
            + total(&self.unknown)
            + total(&self.pointless);
        let mut text = format!("Points calculated for {} rows.\n", self.calculated);
        let mut say = |rows: u64, why: &dyn Display| {
            if rows > 0 {
                text += &format!("  {rows} {why}\n");
            }
        };
        if left > 0 {
            say(left, &"rows have no points, because a figure is missing:");
        }
        say(self.without_denominator, &"without a denominator");
        say(self.without_numerator, &"without a numerator");
        let file = indicators.display();
        for (rows, why) in
            [(&self.unknown, "that are not in"), (&self.pointless, "without points in")]
        {
            let codes = rows.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            say(total(rows), &format!("of indicators {why} {file}: {codes}"));
        }
        let some = self.above.iter().take(10).map(u64::to_string).collect::<Vec<_>>().join(", ");
        let more = if self.above.len() > 10 { " and more" } else { "" };
        say(
            self.above.len() as u64,
            &format!("rows have a numerator above the denominator. Check lines {some}{more}"),
        );
        text
    }
}
