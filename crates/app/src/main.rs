//! What runs: the commands of the accord program.

mod archive;
mod clock;
mod commands;
mod demo;
mod input;
mod jobs;
mod mail;
mod metrics;
mod output;
mod passwords;
mod serve;
mod settings;
mod sign_in_with;

use clap::{ArgMatches, Args, CommandFactory, Parser, Subcommand};
use std::{
    fs::OpenOptions,
    future::Future,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::ExitCode,
};

/// A page is thousands of small pieces of memory, in our code and in SQLite's, and some cross from thread to thread.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Commissioning and payment of services in general practice.
#[derive(Parser)]
#[command(
    name = "accord",
    version,
    about = "Commissioning and payment of services in general practice"
)]
struct Cli {
    /// File of settings in TOML, a line each: what a flag is called, with _ for -. A flag counts before the environment, the
    /// environment before the file
    #[arg(long, env = "ACCORD_CONFIG", value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a demo world and serve it
    Demo(demo::Demo),
    /// Serve the pages, and calculate periods as they end
    Serve(serve::Serve),
    /// Load organisations, list sizes, bank holidays, service definitions, layouts or extracts from files
    Import(commands::import::Import),
    /// Make next year's definition of a service
    Service(commands::next_year::Service),
    /// Add people and give them roles
    Person(commands::person::Person),
    /// Calculate periods that have ended, once
    Work(commands::work::Work),
    /// Write everything that the database holds into one file, while it is in use
    Backup(commands::backup::Backup),
    /// Fill an empty database from a backup
    Restore(commands::restore::Restore),
    /// Fill an empty database from another one, of the same engine or the other
    CopyDatabase(commands::restore::CopyDatabase),
    /// Bring the database to this program's version, or say what that would do
    Migrate(commands::migrate::Migrate),
    /// See emails that did not go, and let them go once more
    Outbox(commands::outbox::Outbox),
    /// Hand over everything that is recorded of one organisation
    Export(commands::export::Export),
    /// Check that the history has not been altered
    Audit(commands::audit::Audit),
    /// Calculate from files, without a database
    Calculate(commands::calculate::Calculate),
    /// Print every setting with its value and where that comes from, without passwords
    Config(commands::doctor::Settings),
    /// Say what is wrong, and how to mend it
    Doctor(commands::doctor::Doctor),
}

/// Which database a command works on.
#[derive(Args, Clone, Debug)]
pub struct Database {
    /// An SQLite file (made when absent), or the address of a PostgreSQL database: postgres://…
    #[arg(
        long,
        env = "ACCORD_DATABASE",
        hide_env_values = true,
        value_name = "FILE or ADDRESS",
        default_value = "accord.db"
    )]
    database: String,
}

impl Database {
    /// Where it is.
    pub fn address(&self) -> &str {
        &self.database
    }

    /// Opens it and brings it to this program's version.
    pub async fn open(&self) -> Result<store::Db, String> {
        let db = open(&self.database).await?;
        store::prepare(&db).await.map_err(unusable)?;
        Ok(db)
    }

    /// Opens it as it is; an SQLite file is made when absent.
    pub async fn new_one(&self) -> Result<store::Db, String> {
        open(&self.database).await
    }

    /// Opens it as it is, when it is there.
    pub async fn as_it_is(&self) -> Result<store::Db, String> {
        as_it_is(&self.database).await
    }
}

fn unusable(error: store::StoreError) -> String {
    format!("the database cannot be used: {error}")
}

/// Opens a database, which an SQLite file becomes when it is absent.
pub async fn open(database: &str) -> Result<store::Db, String> {
    if !store::Db::is_address(database) {
        // For its owner's eyes only, as are the files that SQLite lays beside it. Where it cannot be made, SQLite says why.
        _ = OpenOptions::new().write(true).create_new(true).mode(0o600).open(database);
    }
    store::Db::open(database).await.map_err(unusable)
}

/// Opens a database that is there, as it is.
pub async fn as_it_is(database: &str) -> Result<store::Db, String> {
    if !store::Db::is_address(database) && !Path::new(database).exists() {
        return Err(format!("{database}: there is no such database"));
    }
    open(database).await
}

fn main() -> ExitCode {
    let (cli, matches, file) = match settings::read::<Cli>() {
        Ok(read) => read,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::FAILURE;
        }
    };
    match cli.command {
        Command::Demo(demo) => finish(demo.run()),
        Command::Serve(serve) => finish(serve.run()),
        Command::Import(import) => finish(import.run()),
        Command::Service(service) => finish(service.run()),
        Command::Person(person) => finish(person.run()),
        Command::Work(work) => finish(work.run()),
        Command::Backup(backup) => finish(backup.run()),
        Command::Restore(restore) => finish(restore.run()),
        Command::CopyDatabase(copy) => finish(copy.run()),
        Command::Migrate(migrate) => finish(migrate.run()),
        Command::Outbox(outbox) => finish(outbox.run()),
        Command::Export(export) => finish(export.run()),
        Command::Audit(audit) => finish(audit.run()),
        Command::Calculate(calculate) => calculate.run(),
        Command::Doctor(doctor) => finish(doctor.run(file.as_ref())),
        Command::Config(_) => {
            print!("{}", describe(&matches, file.as_ref()));
            ExitCode::SUCCESS
        }
    }
}

/// The settings that `accord config` was given.
fn describe(matches: &ArgMatches, file: Option<&settings::File>) -> String {
    let cli = Cli::command();
    match (cli.find_subcommand("config"), matches.subcommand()) {
        (Some(command), Some((_, given))) => settings::describe(command, given, file),
        _ => String::new(),
    }
}

/// Runs a command to its end; what went wrong goes to standard error, and the exit status says so.
fn finish(command: impl Future<Output = Result<String, String>>) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("the program cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(command) {
        Ok(said) => {
            print!("{said}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}
