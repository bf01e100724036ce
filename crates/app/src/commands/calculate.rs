//! `accord calculate points`: achievement points of every row of a counts file, exact, without a database.

use crate::{
    input::{before, open},
    output::Output,
};
use clap::{Args, Subcommand};
use domain::{
    calculation::Slope,
    ratio::Exact,
    submission::LARGEST,
    tabular::{self, Problem, Problems, Row, Table, note},
};
use std::{
    collections::{BTreeSet, HashMap},
    fmt::Display,
    io::{self, Read},
    path::{Path, PathBuf},
    process::ExitCode,
};

/// What can be calculated from files.
#[derive(Args)]
pub struct Calculate {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Points of each practice and indicator, from counts and thresholds
    Points(Points),
}

#[derive(Args)]
struct Points {
    /// CSV with the columns indicator, points, lower_pct and upper_pct; may be gzipped
    #[arg(long, value_name = "FILE")]
    indicators: PathBuf,
    /// CSV with the columns practice_code, indicator, numerator and denominator; may be gzipped
    #[arg(long, value_name = "FILE")]
    counts: PathBuf,
    /// CSV to write: practice_code, indicator, numerator, denominator, points
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

const INDICATOR_COLUMNS: [&str; 4] = ["indicator", "points", "lower_pct", "upper_pct"];
const COUNT_COLUMNS: [&str; 4] = ["practice_code", "indicator", "numerator", "denominator"];

/// Decimals written at most: more than a double holds of any number of points.
const DECIMALS: usize = 15;

impl Calculate {
    /// Runs the command; what is wrong goes to standard error.
    pub fn run(self) -> ExitCode {
        let What::Points(points) = self.what;
        match points.run() {
            Ok(summary) => {
                eprint!("{summary}");
                ExitCode::SUCCESS
            }
            Err(problems) => {
                eprintln!("{problems}\nNothing was written.");
                ExitCode::FAILURE
            }
        }
    }
}

impl Points {
    fn run(&self) -> Result<String, String> {
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
        let slopes =
            slopes(indicators).map_err(|problems| problems.lines(&before(&self.indicators)));
        let known = slopes.as_ref().cloned().unwrap_or_default();
        let points = points(counts, &known, &mut out)
            .map_err(wrong)?
            .map_err(|problems| problems.lines(&before(&self.counts)));
        let (_, summary) = both(slopes, points, |problems| problems)?;
        out.finish().map_err(wrong)?;
        Ok(summary.sentences(&self.indicators))
    }
}

/// Both results, or the problems of both together.
fn both<A, B, E>(
    a: Result<A, E>,
    b: Result<B, E>,
    lines: impl Fn(E) -> Vec<String>,
) -> Result<(A, B), String> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (a, b) => {
            let problems = a.err().into_iter().chain(b.err()).flat_map(lines);
            Err(problems.collect::<Vec<_>>().join("\n"))
        }
    }
}

/// The rule of each indicator; `None` where the file gives it no points.
type Slopes = HashMap<String, Option<Slope>>;

fn slopes(file: impl Read) -> Result<Slopes, Problems> {
    let mut first_line = HashMap::new();
    let rows = tabular::rows(file, &INDICATOR_COLUMNS, |row, problems| {
        let (code, slope) = (note(row.read(0, "a code", some), problems), slope(row, problems));
        let code = code?;
        if let Some(first) = first_line.insert(code.clone(), row.line) {
            let allowed = format!("a code once, and it stands on line {first}");
            problems.push(Problem::new(row.line, INDICATOR_COLUMNS[0], &code, allowed));
        }
        Some((code, slope?))
    })?;
    Ok(rows.into_iter().collect())
}

/// `None` for a row with problems; `Some(None)` for an indicator without points.
fn slope(row: &Row, problems: &mut Problems) -> Option<Option<Slope>> {
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
    let slope =
        Slope::new(&given.clone().unwrap_or_default(), lower.as_ref(), upper.flatten().as_ref());
    for refused in slope.as_ref().err().into_iter().flatten() {
        let column = match refused.what {
            "lower" => INDICATOR_COLUMNS[2],
            "upper" => INDICATOR_COLUMNS[3],
            _ => INDICATOR_COLUMNS[1],
        };
        problems.push(Problem {
            row: row.line,
            column: column.into(),
            found: refused.found.clone(),
            allowed: refused.allowed.into(),
        });
    }
    (readable && problems.len() == before).then(|| given.and(slope.ok()))
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
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

/// Writes the finished file, row for row in the order of the counts.
fn points(
    file: impl Read,
    slopes: &Slopes,
    out: &mut Output,
) -> io::Result<Result<Summary, Problems>> {
    let mut table = match Table::open(file, &COUNT_COLUMNS) {
        Ok(table) => table,
        Err(problems) => return Ok(Err(problems)),
    };
    let mut out = csv::Writer::from_writer(out);
    out.write_record(["practice_code", "indicator", "numerator", "denominator", "points"])?;
    let (mut summary, mut problems) = (Summary::default(), Problems::default());
    while let Some(row) = table.next_row() {
        let points = match row {
            Ok(row) => summary.row(&row, slopes, &mut problems).map(|points| (row, points)),
            Err(problem) => {
                problems.push(problem);
                None
            }
        };
        if let Some((row, points)) = points.filter(|_| problems.is_empty()) {
            let cells = [row.bytes(0), row.bytes(1), row.bytes(2), row.bytes(3), points.as_bytes()];
            out.write_record(cells)?;
        }
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
    /// The points of a row, or nothing; none when a cell of it is bad.
    fn row(&mut self, row: &Row, slopes: &Slopes, problems: &mut Problems) -> Option<String> {
        let practice =
            note(row.read(0, "a practice code", |text| (!text.is_empty()).then_some(())), problems);
        let code = note(row.text(1), problems)?;
        if !(1..=100).contains(&code.len()) {
            problems.push(Problem::new(row.line, COUNT_COLUMNS[1], code, "an indicator code"));
        }
        let allowed = "a whole number from 0 to 999999999, or nothing";
        let numerator = note(row.read(2, allowed, count), problems);
        let denominator = note(row.read(3, allowed, count), problems);
        practice?;
        Some(self.points(row.line, code, slopes.get(code), numerator?, denominator?))
    }

    /// The points of one row, or nothing, and why is counted.
    fn points(
        &mut self,
        line: u64,
        code: &str,
        slope: Option<&Option<Slope>>,
        numerator: Option<i64>,
        denominator: Option<i64>,
    ) -> String {
        let Some(slope) = slope else {
            self.unknown.add(code);
            return String::new();
        };
        let Some(denominator) = denominator else {
            self.without_denominator += 1;
            return String::new();
        };
        let Some(slope) = slope else {
            self.pointless.add(code);
            return String::new();
        };
        // With nobody in the denominator the numerator decides nothing, so it may be missing.
        let Some(numerator) = numerator.or((denominator == 0).then_some(0)) else {
            self.without_numerator += 1;
            return String::new();
        };
        if numerator > denominator {
            self.above.add(line);
        }
        self.calculated += 1;
        slope.points(numerator, denominator).to_short(DECIMALS)
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

fn same_file(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}
