//! DuckDB and plain SQLite for the same work, through Python; left out, with a line that says so, where they are not to be had.

use crate::{
    Done,
    measure::{percentile, say},
};
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Duration,
};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/national/points/others.py");
const PACKAGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/national/points/others.txt");
/// A Python of its own with the packages in it, kept beside what was built.
const PYTHON: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/others");

/// A Python process that does one piece of work for each line it is sent.
pub struct Others {
    child: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Drop for Others {
    fn drop(&mut self) {
        // It may have gone by itself.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

impl Others {
    /// Starts it with the files of a folder.
    pub fn start(folder: &Path) -> Option<Self> {
        let started = prepare().and_then(|()| Ok(Self::spawn(folder)?));
        let why = match started {
            Ok(others) => return Some(others),
            Err(why) => why.to_string(),
        };
        say("DuckDB and SQLite", &format!("left out, because {why}"), "");
        None
    }

    fn spawn(folder: &Path) -> std::io::Result<Self> {
        let mut child = Command::new(format!("{PYTHON}/bin/python"))
            .arg(SCRIPT)
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let gone = || std::io::Error::other("its pipes are not there");
        let ask = child.stdin.take().ok_or_else(gone)?;
        let answers = BufReader::new(child.stdout.take().ok_or_else(gone)?);
        Ok(Self { child, ask, answers })
    }

    /// The two numbers it answers to a line.
    fn ask<T: std::str::FromStr>(&mut self, what: &str) -> Done<(T, T)> {
        writeln!(self.ask, "{what}")?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        let mut numbers = line.split_whitespace().map(str::parse::<T>);
        match (numbers.next(), numbers.next()) {
            (Some(Ok(one)), Some(Ok(two))) => Ok((one, two)),
            _ => Err(format!("no answer to {what:?}").into()),
        }
    }

    /// Wall and processor time of a piece of work.
    pub fn time(&mut self, what: &str) -> Done<Times> {
        let (wall, used) = self.ask(what)?;
        Ok(Times { wall: Duration::from_secs_f64(wall), used: Duration::from_secs_f64(used) })
    }

    /// Whether the last result of an engine has these two sums.
    pub fn agrees(&mut self, engine: &str, sums: (i128, i128)) -> Done<bool> {
        Ok(self.ask::<i128>(&format!("check {engine}"))? == sums)
    }
}

/// Makes the Python with its packages, unless it is there.
fn prepare() -> Done {
    let wanted = fs::read_to_string(PACKAGES)?;
    let seen = format!("{PYTHON}/installed.txt");
    if fs::read_to_string(&seen).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    let run = |command: &mut Command, what: &str| -> Done {
        let output =
            command.output().map_err(|error| format!("{what} cannot be started: {error}"))?;
        if output.status.success() { Ok(()) } else { Err(format!("{what} failed").into()) }
    };
    run(Command::new("python3").args(["-m", "venv", PYTHON]), "python3")?;
    let install = ["install", "--quiet", "--only-binary", ":all:", "--requirement", PACKAGES];
    run(
        Command::new(format!("{PYTHON}/bin/pip")).args(install),
        "the installation of DuckDB by pip",
    )?;
    fs::write(seen, wanted)?;
    Ok(())
}

/// Wall and processor time of one piece of work.
#[derive(Clone, Copy)]
pub struct Times {
    /// From start to end.
    pub wall: Duration,
    /// On all processors together.
    pub used: Duration,
}

/// The times of one way to do the work.
pub struct Rounds(Vec<Times>);

impl Rounds {
    /// None so far.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Keeps those of a round.
    pub fn add(&mut self, times: Times) {
        self.0.push(times);
    }

    /// Median wall time.
    pub fn wall(&self) -> Duration {
        percentile(&mut self.0.iter().map(|own| own.wall).collect::<Vec<_>>(), 0.5)
    }

    /// Best wall time.
    pub fn best(&self) -> Duration {
        percentile(&mut self.0.iter().map(|own| own.wall).collect::<Vec<_>>(), 0.0)
    }

    /// Median processor time.
    pub fn used(&self) -> Duration {
        percentile(&mut self.0.iter().map(|own| own.used).collect::<Vec<_>>(), 0.5)
    }

    /// `median 5.2ms, best 5.0ms, processor 5.1ms`.
    pub fn text(&self) -> String {
        format!(
            "median {:.2?}, best {:.2?}, processor {:.2?}",
            self.wall(),
            self.best(),
            self.used()
        )
    }

    /// How many times as long as another way this takes: by wall and by processor time.
    pub fn against(&self, other: &Self) -> String {
        let times =
            |own: Duration, other: Duration| own.as_secs_f64() / other.as_secs_f64().max(1e-9);
        format!(
            "{:.2} times the wall time, {:.2} times the processor time",
            times(self.wall(), other.wall()),
            times(self.used(), other.used())
        )
    }
}
