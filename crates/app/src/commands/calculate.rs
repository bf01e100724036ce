//! `accord calculate`: what indicators earn, from files and without a database.

mod points;
mod rule;

use clap::{Args, Subcommand};
use std::{path::Path, process::ExitCode};

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

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn same_file(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}
