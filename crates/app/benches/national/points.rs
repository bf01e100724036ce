//! The national points calculation, 6,400 practices with 76 indicators: in memory and from file to file, beside the same
//! work in DuckDB and in plain SQLite, and at ten times the size.

mod others;

use crate::{
    Done,
    measure::{self, count, heading, say},
};
use domain::{calculation::Slope, ratio::Exact};
use others::{Others, Rounds, Times};
use std::{
    fmt::Write,
    fs,
    hint::black_box,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

const PRACTICES: usize = 6_400;
const INDICATORS: usize = 76;
const ROUNDS: usize = 15;
const FILE_ROUNDS: usize = 5;

/// The rule of an indicator in hundredths of a point and whole per cent.
struct Rule {
    points: i64,
    lower: i64,
    upper: i64,
}

/// Rules and counts of the shape of the framework: a few hundred patients, most practices near the thresholds.
struct Counts {
    rules: Vec<Rule>,
    rows: Vec<(i64, i64)>,
}

impl Counts {
    fn new(practices: usize) -> Self {
        let mut numbers = crate::world::Numbers::new(76);
        let rules = (0..INDICATORS)
            .map(|_| {
                let lower = numbers.between(35, 60);
                Rule {
                    points: numbers.between(4, 140) * 25,
                    lower,
                    upper: lower + numbers.between(20, 39),
                }
            })
            .collect();
        let rows = (0..practices * INDICATORS)
            .map(|_| {
                let denominator = numbers.between(1, 900);
                (denominator * numbers.between(300, 1000) / 1000, denominator)
            })
            .collect();
        Self { rules, rows }
    }

    fn slopes(&self) -> Vec<Slope> {
        let rules = self.rules.iter().map(|rule| {
            let (lower, upper) = (Exact::whole(rule.lower), Exact::whole(rule.upper));
            Slope::new(&Exact::new(rule.points, 100), Some(&lower), Some(&upper))
        });
        rules.map(|slope| slope.expect("points and thresholds are within bounds")).collect()
    }

    /// Every row with the rule of its indicator, as hundredths of a point.
    fn all<R>(&self, rules: &[R], into: &mut Vec<i128>, sum: impl Fn(&R, i64, i64) -> i128) {
        into.clear();
        for rows in self.rows.chunks(INDICATORS) {
            let rows = rows.iter().zip(rules);
            into.extend(
                rows.map(|((numerator, denominator), rule)| sum(rule, *numerator, *denominator)),
            );
        }
    }

    fn exactly(&self, slopes: &[Slope], into: &mut Vec<i128>) {
        self.all(slopes, into, |slope, numerator, denominator| {
            slope.points(numerator, denominator).hundredths()
        });
    }
}

/// The least that whole numbers need: no thresholds with decimals, no direction, no bounds. Written plainly for each
/// kind of number, because generic arithmetic takes twice as long and would flatter ours.
macro_rules! bare {
    ($name:ident, $whole:ty) => {
        #[inline]
        fn $name(&self, numerator: i64, denominator: i64) -> i128 {
            let (points, lower, upper) = (
                <$whole>::from(self.points),
                <$whole>::from(self.lower),
                <$whole>::from(self.upper),
            );
            let (numerator, denominator) = (<$whole>::from(numerator), <$whole>::from(denominator));
            let beyond = 100 * numerator - lower * denominator;
            let width = (upper - lower) * denominator;
            i128::from(if beyond <= 0 {
                0
            } else if beyond >= width {
                points
            } else {
                (2 * points * beyond + width) / (2 * width)
            })
        }
    };
}

impl Rule {
    bare!(barely, i128);
    bare!(barely_in_words, i64);

    #[inline]
    fn roughly(&self, numerator: i64, denominator: i64) -> i128 {
        let (lower, upper) = (self.lower as f64, self.upper as f64);
        let score = 100.0 * numerator as f64 / denominator as f64;
        let part = ((score - lower) / (upper - lower)).clamp(0.0, 1.0);
        (self.points as f64 / 100.0 * part * 100.0).round() as i128
    }
}

/// Measures all of it and says the figures.
pub fn run(folder: &Path) -> Done {
    heading("National points calculation");
    let counts = Counts::new(PRACTICES);
    write(&counts, folder)?;
    let mut others = Others::start(folder);
    in_memory(&counts, &mut others)?;
    let (plain, explained) = file_to_file(folder, &mut others)?;
    ten_times(&counts, folder, &plain, &explained)
}

/// Wall and processor time of work in this process.
fn timed<T>(into: &mut T, work: impl Fn(&mut T)) -> Times {
    // The system brings a thread's time up to date when the thread gives way.
    thread::yield_now();
    let (start, before) = (Instant::now(), measure::processor("self"));
    work(black_box(into));
    let wall = start.elapsed();
    thread::yield_now();
    Times { wall, used: measure::processor("self").saturating_sub(before) }
}

fn in_memory(counts: &Counts, others: &mut Option<Others>) -> Done {
    let slopes = counts.slopes();
    let exactly = |into: &mut Vec<i128>| counts.exactly(&slopes, into);
    let barely = |into: &mut Vec<i128>| counts.all(&counts.rules, into, Rule::barely);
    let in_words = |into: &mut Vec<i128>| counts.all(&counts.rules, into, Rule::barely_in_words);
    let roughly = |into: &mut Vec<i128>| counts.all(&counts.rules, into, Rule::roughly);
    // The results have their place before the clock runs: only the sums are measured.
    let [mut right, mut other] = [const { Vec::new() }; 2];
    exactly(&mut right);
    roughly(&mut other);
    let wrong = right.iter().zip(&other).filter(|(exact, rough)| exact != rough).count();
    barely(&mut other);
    if right != other {
        return Err("the bare loop and the product differ".into());
    }
    if let Some(others) = others {
        others.time("load")?;
    }
    // In turn, so that a busy moment meets all.
    let [mut exact, mut bare, mut words, mut rough] = [const { Rounds::new() }; 4];
    let [mut duck, mut double, mut lite] = [const { Rounds::new() }; 3];
    for round in 0..ROUNDS {
        exact.add(timed(&mut other, exactly));
        bare.add(timed(&mut other, barely));
        words.add(timed(&mut other, in_words));
        rough.add(timed(&mut other, roughly));
        if let Some(others) = others {
            double.add(others.time("duckdb double")?);
            duck.add(others.time("duckdb exact")?);
            if round % 3 == 0 {
                lite.add(others.time("sqlite")?);
            }
        }
    }
    let per_second = counts.rows.len() as f64 / exact.wall().as_secs_f64() / 1e6;
    let text = format!(
        "{} rows, {}; {per_second:.0} million rows a second",
        count(counts.rows.len()),
        exact.text()
    );
    say("in memory, exact, one thread", &text, "under 50 ms");
    let beside = |what: &str, other: &Rounds, more: &str, aim: &str| {
        say(what, &format!("{}{more}; ours takes {}", other.text(), exact.against(other)), aim);
    };
    beside("a bare loop of whole numbers, i128", &bare, "", "ours within 3 times");
    beside("a bare loop of single words, i64", &words, "", "ours within 3 times");
    beside("binary floats", &rough, &format!(", {wrong} rows wrong"), "");
    if let Some(others) = others {
        let sums = right
            .iter()
            .zip(0..)
            .fold((0, 0), |(one, two), (own, row)| (one + own, two + own * (row % 97)));
        for engine in ["duckdb", "sqlite"] {
            if !others.agrees(engine, sums)? {
                return Err(format!("{engine} and the product differ").into());
            }
        }
        beside("DuckDB, HUGEINT, exact", &duck, ", same results", "ours ahead");
        beside("DuckDB, DOUBLE", &double, "", "");
        beside("SQLite in memory, whole numbers", &lite, ", same results", "");
    }
    Ok(())
}

/// From CSV to CSV, with and without the explanation of each row.
fn file_to_file(folder: &Path, others: &mut Option<Others>) -> Done<(Rounds, Rounds)> {
    let [mut plain, mut explained] = [const { Rounds::new() }; 2];
    let [mut duck, mut duck_explained, mut lite] = [const { Rounds::new() }; 3];
    let (mut peak, mut peak_explained) = (0, 0);
    for _ in 0..FILE_ROUNDS {
        plain.add(program(folder, false, &mut peak)?);
        explained.add(program(folder, true, &mut peak_explained)?);
        if let Some(others) = others {
            duck.add(others.time("duckdb files")?);
            duck_explained.add(others.time("duckdb files explained")?);
            lite.add(others.time("sqlite files")?);
        }
    }
    let rows = fs::read_to_string(folder.join("points.csv"))?.lines().count() - 1;
    let text = format!("{} rows, {}; peak {peak} MiB", count(rows), plain.text());
    say("accord calculate points, file to file", &text, "");
    let text = format!("{}; peak {peak_explained} MiB", explained.text());
    say("the same with the explanation of each row", &text, "under 2 s");
    if others.is_some() {
        let beside = |what: &str, other: &Rounds, aim: &str| {
            let text =
                format!("{}; ours explained takes {}", other.text(), explained.against(other));
            say(what, &text, aim);
        };
        beside("DuckDB, CSV to CSV", &duck, "ours within 4 times");
        beside("DuckDB, CSV to CSV with an explanation", &duck_explained, "");
        beside("SQLite on disk, CSV to CSV", &lite, "");
    }
    Ok((plain, explained))
}

/// Ten nations: what a row costs there against what it costs in one.
fn ten_times(counts: &Counts, folder: &Path, plain: &Rounds, explained: &Rounds) -> Done {
    let ten = Counts::new(10 * PRACTICES);
    let (slopes, ten_slopes) = (counts.slopes(), ten.slopes());
    let [mut one, mut all] = [const { Rounds::new() }; 2];
    let [mut results, mut ten_results] = [const { Vec::new() }; 2];
    for round in 0..=FILE_ROUNDS {
        let times = timed(&mut results, |into| counts.exactly(&slopes, into));
        let ten_times = timed(&mut ten_results, |into| ten.exactly(&ten_slopes, into));
        // The first round makes room for the results.
        if round > 0 {
            one.add(times);
            all.add(ten_times);
        }
    }
    let folder = folder.join("ten");
    fs::create_dir(&folder)?;
    write(&ten, &folder)?;
    let [mut ten_plain, mut ten_explained] = [const { Rounds::new() }; 2];
    let mut peak = 0;
    for _ in 0..3 {
        ten_plain.add(program(&folder, false, &mut peak)?);
        ten_explained.add(program(&folder, true, &mut peak)?);
    }
    for (what, ten, one) in [
        ("10 times the rows, in memory", &all, &one),
        ("10 times the rows, file to file", &ten_plain, plain),
        ("10 times the rows, explained", &ten_explained, explained),
    ] {
        say(what, &format!("{}; {}", ten.text(), ten.against(one)), "at most 10 times");
    }
    say("10 times the rows, peak", &format!("{peak} MiB"), "");
    Ok(fs::remove_dir_all(folder)?)
}

/// One run of the program over the files of a folder.
fn program(folder: &Path, explain: bool, peak: &mut u64) -> Done<Times> {
    let [indicators, counts, out] = files(folder);
    let start = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_accord"))
        .args(["calculate", "points"])
        .args(explain.then_some("--explain"))
        .arg("--indicators")
        .arg(indicators)
        .arg("--counts")
        .arg(counts)
        .arg("--out")
        .arg(out)
        .stderr(Stdio::null())
        .spawn()?;
    let process = child.id().to_string();
    let mut used = Duration::ZERO;
    let status = loop {
        *peak = (*peak).max(measure::peak(&process));
        used = used.max(measure::processor(&process));
        match child.try_wait()? {
            Some(status) => break status,
            None => thread::sleep(Duration::from_millis(1)),
        }
    };
    let wall = start.elapsed();
    if status.success() {
        Ok(Times { wall, used })
    } else {
        Err(format!("accord calculate points ended with {status}").into())
    }
}

fn files(folder: &Path) -> [PathBuf; 3] {
    ["indicators.csv", "counts.csv", "points.csv"].map(|name| folder.join(name))
}

fn write(counts: &Counts, folder: &Path) -> Done {
    let [indicators, figures, _] = files(folder);
    let mut text = String::from("indicator,points,lower_pct,upper_pct\n");
    for (number, rule) in counts.rules.iter().enumerate() {
        let (points, part) = (rule.points / 100, rule.points % 100);
        writeln!(text, "IND{number:03},{points}.{part:02},{},{}", rule.lower, rule.upper)?;
    }
    fs::write(indicators, text)?;
    let mut text = String::from("practice_code,indicator,numerator,denominator\n");
    for (practice, rows) in counts.rows.chunks(INDICATORS).enumerate() {
        for (number, (numerator, denominator)) in rows.iter().enumerate() {
            writeln!(text, "P{practice:05},IND{number:03},{numerator},{denominator}")?;
        }
    }
    Ok(fs::write(figures, text)?)
}
