//! The national points calculation: 6,400 practices with 76 indicators, in memory and as a program over files.

use crate::{
    Done,
    measure::{self, count, heading, percentile, say},
};
use domain::{calculation::Slope, ratio::Exact};
use std::{
    fmt::Write,
    fs,
    hint::black_box,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

const PRACTICES: usize = 6_400;
const INDICATORS: usize = 76;
const ROUNDS: usize = 15;

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
    fn new() -> Self {
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
        let rows = (0..PRACTICES * INDICATORS)
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
}

/// Measures both and says the figures.
pub fn run(folder: &Path) -> Done {
    let counts = Counts::new();
    in_memory(&counts);
    as_a_program(&counts, folder)
}

fn in_memory(counts: &Counts) {
    heading("National points calculation");
    let slopes = counts.slopes();
    let exactly = || -> Vec<i128> {
        let rows = counts.rows.chunks(INDICATORS);
        rows.flat_map(|rows| rows.iter().zip(&slopes))
            .map(|((numerator, denominator), slope)| {
                slope.points(*numerator, *denominator).hundredths()
            })
            .collect()
    };
    let roughly = || -> Vec<i128> {
        let rows = counts.rows.chunks(INDICATORS);
        rows.flat_map(|rows| rows.iter().zip(&counts.rules))
            .map(|((numerator, denominator), rule)| rule.roughly(*numerator, *denominator))
            .collect()
    };
    let wrong = exactly().iter().zip(roughly()).filter(|(exact, rough)| **exact != *rough).count();
    // In turn, so that a busy moment meets both.
    let (mut exact, mut rough) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        for (times, work) in
            [(&mut exact, &exactly as &dyn Fn() -> Vec<i128>), (&mut rough, &roughly)]
        {
            let start = Instant::now();
            black_box(work());
            times.push(start.elapsed());
        }
    }
    let (rows, median) = (counts.rows.len(), percentile(&mut exact, 0.5));
    let text = format!(
        "{} rows, median {median:.2?}, best {:.2?}, {} million rows a second",
        count(rows),
        percentile(&mut exact, 0.0),
        (rows as f64 / median.as_secs_f64() / 1e6).round()
    );
    say("in memory, exact, one thread", &text, "under 50 ms");
    let ratio = median.as_secs_f64() / percentile(&mut rough, 0.5).as_secs_f64();
    let text = format!(
        "median {:.2?}, {wrong} rows wrong; exact takes {ratio:.2} times as long",
        percentile(&mut rough, 0.5)
    );
    say("the same in binary floats", &text, "");
}

impl Rule {
    fn roughly(&self, numerator: i64, denominator: i64) -> i128 {
        let (lower, upper) = (self.lower as f64, self.upper as f64);
        let score = 100.0 * numerator as f64 / denominator as f64;
        let part = ((score - lower) / (upper - lower)).clamp(0.0, 1.0);
        (self.points as f64 / 100.0 * part * 100.0).round() as i128
    }
}

fn as_a_program(counts: &Counts, folder: &Path) -> Done {
    let [indicators, figures, out] =
        ["indicators.csv", "counts.csv", "points.csv"].map(|name| folder.join(name));
    write(counts, &indicators, &figures)?;
    let mut times = Vec::new();
    let (mut peak, mut used) = (0, Duration::MAX);
    for _ in 0..5 {
        let start = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_accord"))
            .args(["calculate", "points", "--indicators"])
            .arg(&indicators)
            .arg("--counts")
            .arg(&figures)
            .arg("--out")
            .arg(&out)
            .stderr(Stdio::null())
            .spawn()?;
        let process = child.id().to_string();
        let mut last = Duration::ZERO;
        let status = loop {
            peak = peak.max(measure::peak(&process));
            last = last.max(measure::processor(&process));
            match child.try_wait()? {
                Some(status) => break status,
                None => std::thread::sleep(Duration::from_millis(1)),
            }
        };
        times.push(start.elapsed());
        used = used.min(last);
        if !status.success() {
            return Err(format!("accord calculate points ended with {status}").into());
        }
    }
    let rows = fs::read_to_string(&out)?.lines().count() - 1;
    let start = Instant::now();
    let mut cells = 0;
    for record in csv::Reader::from_path(&figures)?.into_byte_records() {
        cells += record?.len();
    }
    let reading = start.elapsed();
    black_box(cells);
    let median = percentile(&mut times, 0.5);
    let text = format!(
        "{} rows, median {median:.2?}, best {:.2?}, {} rows a second, {used:.2?} of processor; peak {peak} MiB",
        count(rows),
        percentile(&mut times, 0.0),
        count((rows as f64 / median.as_secs_f64()) as usize)
    );
    say("accord calculate points, file to file", &text, "");
    let text = format!(
        "{reading:.2?}; the whole takes {:.1} times as long",
        median.as_secs_f64() / reading.as_secs_f64()
    );
    say("reading that file's cells, nothing else", &text, "");
    Ok(())
}

fn write(counts: &Counts, indicators: &Path, figures: &Path) -> Done {
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
    fs::write(figures, text)?;
    Ok(())
}
