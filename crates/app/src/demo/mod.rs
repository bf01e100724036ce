//! `accord demo`: a made-up world in an SQLite file, always the same, served with its personas on the sign-in page.

mod access;
mod acts;
mod clusters;
mod corrections;
mod delegation;
mod deputy;
mod history;
mod holds;
mod network;
mod new_terms;
mod next_year;
mod numbers;
mod paying;
mod places;
mod question;
mod working_days;

use crate::serve::{Clock, Listen};
use chrono::{DateTime, Utc};
use clap::Args;
use domain::Now;
use std::{fs, io, path::PathBuf, sync::Arc, time::Instant};
use store::Db;

/// The instant a demo's clock starts at, so that its deadlines stand where its history left them.
const STARTS_AT: &str = "2026-05-20T09:00:00Z";

/// Make a demo world and serve it.
#[derive(Args)]
pub struct Demo {
    /// The folder for the demo's SQLite file
    #[arg(long, env = "ACCORD_DEMO_DATA", value_name = "FOLDER", default_value = "data")]
    data: PathBuf,
    /// Serve the world as it was left, instead of making it anew
    #[arg(long)]
    keep: bool,
    /// Make the world and stop
    #[arg(long)]
    only_make: bool,
    #[command(flatten)]
    listen: Listen,
}

impl Demo {
    /// Makes the world unless it is to be kept, then serves it until told to stop.
    pub async fn run(self) -> Result<String, String> {
        let wrong = |error: io::Error| format!("{}: {error}", self.data.display());
        fs::create_dir_all(&self.data).map_err(wrong)?;
        let file = self.data.join("demo.db");
        if !(self.keep && file.exists()) {
            for name in ["demo.db", "demo.db-wal", "demo.db-shm"] {
                match fs::remove_file(self.data.join(name)) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => {
                        return Err(wrong(error));
                    }
                    _ => {}
                }
            }
            eprintln!("Making the demo world…");
            let db = open(&file).await?;
            history::make(&db).await?;
            db.close().await;
        }
        if self.only_make {
            return Ok(format!("The demo world is in {}\n", file.display()));
        }
        let db = open(&file).await?;
        let clock = clock(&db).await?;
        self.listen.serve(db, clock, true).await
    }
}

async fn open(file: &std::path::Path) -> Result<Db, String> {
    let wrong = |error: store::StoreError| format!("the demo's database cannot be used: {error}");
    let db = Db::open(&file.to_string_lossy()).await.map_err(wrong)?;
    store::prepare(&db).await.map_err(wrong)?;
    Ok(db)
}

/// A clock that goes on from the demo's last event.
async fn clock(db: &Db) -> Result<Clock, String> {
    let latest = async { store::event::latest(&mut db.read().await?).await };
    let latest = latest.await.map_err(|error| error.to_string())?;
    let start: DateTime<Utc> =
        STARTS_AT.parse().map_err(|error| format!("{STARTS_AT}: {error}"))?;
    let start = latest.map_or(start, |latest| latest.max(start));
    let since = Instant::now();
    Ok(Arc::new(move || Now::at(start + since.elapsed())))
}
