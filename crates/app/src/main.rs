//! What runs: the commands of the accord program.

mod commands;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Commissioning and payment of services in general practice.
#[derive(Parser)]
#[command(name = "accord", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Calculate from files, without a database
    Calculate(commands::calculate::Calculate),
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Calculate(calculate) => calculate.run(),
    }
}
