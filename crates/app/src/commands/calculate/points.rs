//! `accord calculate points`: achievement points of every row of a counts file, exact.

use super::{both, rule, rule::Rule, same_file};
use crate::{
    input::{before, open},
    output::Output,
};
use clap::Args;
use domain::{
    submission::LARGEST,
    tabular::{Problem, Problems, Row, Table, note},
};
use std::{
    collections::BTreeSet,
    fmt::Display,
    io::{self, Read},
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
        let (indicators, counts) =
            both(open(&self.indicators), open(&self.counts), |problem| vec![problem])?;
        let wrong = |error: io::Error| format!("{}: {error}", self.out.display());
        let mut out = Output::create(&self.out).map_err(wrong)?;
        let rules =
            rule::read(indicators).map_err(|problems| problems.lines(&before(&self.indicators)));
        let known = rules.as_ref().cloned().unwrap_or_default();
        let points = write(counts, &known, self.explain, &mut out)
            .map_err(wrong)?
            .map_err(|problems| problems.lines(&before(&self.counts)));
        let (_, summary) = both(rules, points, |problems| problems)?;
        out.finish().map_err(wrong)?;
        Ok(summary.sentences(&self.indicators))
    }
}

/// What became of the rows.
#[derive(Default)]
struct Summary {
    calculated: u64,
    without_denominator: u64,
    without_numerator: u64,
    /// Rows of indicators that the indicators file does not have.
    unknown: Rows<String>,
    /// Rows of indicators that have no points there.
    pointless: Rows<String>,
    /// Lines whose numerator is above the denominator.
    above: Rows<u64>,
}

/// How many rows there are of a kind, and the first codes or lines to name: a file of nonsense has millions.
#[derive(Default)]
struct Rows<T> {
    rows: u64,
    first: BTreeSet<T>,
}

impl<T: Ord + Display> Rows<T> {
    const NAMED: usize = 10;

    fn add(&mut self, named: impl Into<T>) {
        self.rows += 1;
        if self.first.len() <= Self::NAMED {
            self.first.insert(named.into());
        }
    }

    fn names(&self) -> String {
        let named: Vec<String> = self.first.iter().take(Self::NAMED).map(T::to_string).collect();
        let more = if self.first.len() > Self::NAMED { " and more" } else { "" };
        format!("{}{more}", named.join(", "))
    }
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

const WRITTEN: [&str; 10] = [
    "practice_code",
    "indicator",
    "numerator",
    "denominator",
    "points",
    "available",
    "lower_pct",
    "upper_pct",
    "score_pct",
    "working",
];

/// Writes the finished file, row for row in the order of the counts.
fn write(
    file: impl Read,
    rules: &rule::Rules,
    explain: bool,
    out: &mut Output,
) -> io::Result<Result<Summary, Problems>> {
    let mut table = match Table::open(file, &COLUMNS) {
        Ok(table) => table,
        Err(problems) => return Ok(Err(problems)),
    };
    let width = if explain { WRITTEN.len() } else { COLUMNS.len() + 1 };
    let mut out = csv::Writer::from_writer(out);
    out.write_record(WRITTEN.iter().take(width))?;
    let (mut summary, mut problems) = (Summary::default(), Problems::default());
    while let Some(row) = table.next_row() {
        let row = match row {
            Ok(row) => row,
            Err(problem) => {
                problems.push(problem);
                continue;
            }
        };
        let Some((rule, earned)) = summary.row(&row, rules, explain, &mut problems) else {
            continue;
        };
        if !problems.is_empty() {
            continue;
        }
        let [available, lower, upper] = rule
            .map_or([""; 3], |rule| [&rule.points, &rule.lower, &rule.upper].map(String::as_str));
        let own = [row.bytes(0), row.bytes(1), row.bytes(2), row.bytes(3)];
        let more = [&*earned.points, available, lower, upper, &*earned.percent, &*earned.working];
        out.write_record(own.into_iter().chain(more.map(str::as_bytes)).take(width))?;
    }
    out.flush()?;
    Ok(if problems.is_empty() { Ok(summary) } else { Err(problems) })
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
    /// The rule and result of a row; none when a cell of it is bad.
    fn row<'a>(
        &mut self,
        row: &Row,
        rules: &'a rule::Rules,
        explain: bool,
        problems: &mut Problems,
    ) -> Option<(Option<&'a Rule>, Earned)> {
        let practice =
            note(row.read(0, "a practice code", |text| (!text.is_empty()).then_some(())), problems);
        let code = note(row.text(1), problems)?;
        if !(1..=100).contains(&code.len()) {
            problems.push(Problem::new(row.line, COLUMNS[1], code, "an indicator code"));
        }
        let allowed = "a whole number from 0 to 999999999, or nothing";
        let numerator = note(row.read(2, allowed, count), problems);
        let denominator = note(row.read(3, allowed, count), problems);
        practice?;
        let rule = rules.get(code);
        let earned = self.earned(row.line, code, rule, (numerator?, denominator?), explain);
        Some((rule.and_then(Option::as_ref), earned))
    }

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
            self.unknown.add(code);
            return Earned::nothing("not among the indicators");
        };
        let Some(denominator) = denominator else {
            self.without_denominator += 1;
            return Earned::nothing("without a denominator");
        };
        let Some(rule) = rule else {
            self.pointless.add(code);
            return Earned::nothing("an indicator without points");
        };
        // With nobody in the denominator the numerator decides nothing, so it may be missing.
        let Some(numerator) = numerator.or((denominator == 0).then_some(0)) else {
            self.without_numerator += 1;
            return Earned::nothing("without a numerator");
        };
        if numerator > denominator {
            self.above.add(line);
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
        let left = self.without_denominator
            + self.without_numerator
            + self.unknown.rows
            + self.pointless.rows;
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
            say(rows.rows, &format!("of indicators {why} {file}: {}", rows.names()));
        }
        let lines = self.above.names();
        say(
            self.above.rows,
            &format!("rows have a numerator above the denominator. Check lines {lines}"),
        );
        text
    }
}
