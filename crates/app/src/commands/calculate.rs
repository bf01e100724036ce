//! `accord calculate points`: achievement points of every row of a counts file, exact, without a database.

use crate::input::read;
use clap::{Args, Subcommand};
use domain::{
    calculation::Slope,
    ratio::Exact,
    submission::LARGEST,
    tabular::{self, Problem, Row, note},
};
use std::{
    collections::{BTreeMap, HashMap},
    fmt::Display,
    fs::{self, File, OpenOptions},
    io::{self, Write},
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
        let (indicators, counts) = (read(&self.indicators), read(&self.counts));
        let (indicators, counts) = both(indicators, counts, |problem| vec![problem])?;
        let slopes = slopes(&indicators).map_err(|problems| named(&self.indicators, &problems));
        let known = slopes.as_ref().cloned().unwrap_or_default();
        let points = points(&counts, &known).map_err(|problems| named(&self.counts, &problems));
        let (_, (table, summary)) = both(slopes, points, |problems| problems)?;
        write(&self.out, &table).map_err(|error| format!("{}: {error}", self.out.display()))?;
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

fn named(path: &Path, problems: &[Problem]) -> Vec<String> {
    let line = |problem: &Problem| format!("{}: {problem}", path.display());
    problems.iter().map(line).collect()
}

/// The rule of each indicator; `None` where the file gives it no points.
type Slopes = HashMap<String, Option<Slope>>;

fn slopes(bytes: &[u8]) -> Result<Slopes, Vec<Problem>> {
    let mut first_line = HashMap::new();
    let rows = tabular::rows(bytes, &INDICATOR_COLUMNS, |row, problems| {
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
fn slope(row: &Row, problems: &mut Vec<Problem>) -> Option<Option<Slope>> {
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
    /// Rows of each indicator that the indicators file does not have.
    unknown: BTreeMap<String, u64>,
    /// Rows of each indicator that has no points there.
    pointless: BTreeMap<String, u64>,
    /// Lines whose numerator is above the denominator.
    above: Vec<u64>,
}

/// The finished file, row for row in the order of the counts.
fn points(bytes: &[u8], slopes: &Slopes) -> Result<(Vec<u8>, Summary), Vec<Problem>> {
    let mut table = b"practice_code,indicator,numerator,denominator,points\n".to_vec();
    table.reserve(bytes.len());
    let mut out = csv::WriterBuilder::new().flexible(false).from_writer(table);
    let mut summary = Summary::default();
    tabular::rows(bytes, &COUNT_COLUMNS, |row, problems| -> Option<()> {
        let practice =
            note(row.read(0, "a practice code", |text| (!text.is_empty()).then_some(())), problems);
        let code = note(row.text(1), problems)?;
        if code.is_empty() {
            problems.push(Problem::new(row.line, COUNT_COLUMNS[1], code, "an indicator code"));
        }
        let allowed = "a whole number from 0 to 999999999, or nothing";
        let numerator = note(row.read(2, allowed, count), problems);
        let denominator = note(row.read(3, allowed, count), problems);
        practice?;
        let points = summary.points(row.line, code, slopes.get(code), numerator?, denominator?);
        let cells = [row.bytes(0), row.bytes(1), row.bytes(2), row.bytes(3), points.as_bytes()];
        // Writing into memory cannot fail, and every record has five cells.
        _ = out.write_record(cells);
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
    fn points(
        &mut self,
        line: u64,
        code: &str,
        slope: Option<&Option<Slope>>,
        numerator: Option<i64>,
        denominator: Option<i64>,
    ) -> String {
        let Some(slope) = slope else {
            *self.unknown.entry(code.to_owned()).or_default() += 1;
            return String::new();
        };
        let Some(denominator) = denominator else {
            self.without_denominator += 1;
            return String::new();
        };
        let Some(slope) = slope else {
            *self.pointless.entry(code.to_owned()).or_default() += 1;
            return String::new();
        };
        // With nobody in the denominator the numerator decides nothing, so it may be missing.
        let Some(numerator) = numerator.or((denominator == 0).then_some(0)) else {
            self.without_numerator += 1;
            return String::new();
        };
        if numerator > denominator {
            self.above.push(line);
        }
        self.calculated += 1;
        slope.points(numerator, denominator).to_short(DECIMALS)
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

fn same_file(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

/// Writes beside the file and renames, so that nobody ever reads half of it.
fn write(path: &Path, table: &[u8]) -> io::Result<()> {
    // A device or pipe cannot be replaced by a file.
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return OpenOptions::new().write(true).open(path)?.write_all(table);
    }
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let part = PathBuf::from(name);
    let finish = |mut file: File| {
        file.write_all(table)?;
        file.sync_all()?;
        fs::rename(&part, path)
    };
    let written = OpenOptions::new().write(true).create_new(true).open(&part).and_then(finish);
    if written.is_err() {
        // The half-written file is of no use; the error that counts is the first one.
        _ = fs::remove_file(&part);
    }
    written
}
