//! `accord calculate`: what indicators earn, from files and without a database.

mod points;
mod rule;

use clap::{Args, Subcommand};
use domain::tabular::Problem;
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

/// What can be calculated from files.
#[derive(Args)]
#[command(after_help = "\
Files are CSV, plain or gzipped, in UTF-8. The first line names the columns: they may stand in any order, and others
beside them are not read. A file with one bad cell is refused whole, with every bad row and column named.

Example:
  accord calculate points --indicators indicators.csv --counts counts.csv.gz --out points.csv

Exit status:
  0  the result was written
  1  a file was refused or could not be read or written: the reasons are on standard error, and nothing was written
  2  the command was not understood")]
pub struct Calculate {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    Points(points::Points),
}

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

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
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
