//! Clock, percentiles, processor time and peak memory, and how a line of figures looks.

use crate::Done;
use std::{
    fs,
    future::Future,
    sync::LazyLock,
    time::{Duration, Instant},
};
use store::Db;

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Time since the first heading.
pub fn since_start() -> Duration {
    START.elapsed()
}

/// The time that some work takes, with what it gives.
pub async fn timed<T>(work: impl Future<Output = Done<T>>) -> Done<(Duration, T)> {
    let start = Instant::now();
    let given = work.await?;
    Ok((start.elapsed(), given))
}

/// The processors, the engine and how busy the machine was before.
pub async fn machine(db: &Db) -> Done<String> {
    #[derive(sqlx::FromRow)]
    struct Version {
        version: String,
    }
    LazyLock::force(&START);
    let Version { version } =
        db.read().await?.one("SELECT sqlite_version() AS version", Vec::new()).await?;
    let cores = std::thread::available_parallelism()?;
    let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        processors.lines().find_map(|line| line.strip_prefix("model name")?.split(':').nth(1));
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    Ok(format!(
        "{cores} cores ({}), load {} before the start; {} {version}, WAL, synchronous=FULL, in one file",
        model.unwrap_or("unknown").trim(),
        load.split(' ').next().unwrap_or("unknown"),
        db.engine()
    ))
}

/// A part of the report.
pub fn heading(text: &str) {
    println!("\n{text}");
}

/// A line of the report: what, figures, and the aim where there is one.
pub fn say(what: &str, figures: &str, aim: &str) {
    let aim = if aim.is_empty() { String::new() } else { format!("  [aim: {aim}]") };
    println!("  {what:<46} {figures}{aim}");
}

/// `6,410`.
pub fn count(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The value below which a part of all lies; sorts them.
pub fn percentile(all: &mut [Duration], part: f64) -> Duration {
    all.sort_unstable();
    let place = (all.len() as f64 * part) as usize;
    all.get(place.min(all.len().saturating_sub(1))).copied().unwrap_or_default()
}

/// `median 1.2ms, p99 3.4ms`.
pub fn spread(all: &mut [Duration]) -> String {
    format!("median {:.3?}, p99 {:.3?}", percentile(all, 0.5), percentile(all, 0.99))
}

/// Peak memory of a process in MiB, 0 where the system does not say.
pub fn peak(process: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok());
    kib.unwrap_or_default() / 1024
}

/// Lets the peak of this process start again.
pub fn forget_peak() {
    // Where the system cannot, the peak is that of everything so far.
    _ = fs::write("/proc/self/clear_refs", "5");
}

/// Processor time that a process's threads have used so far.
pub fn processor(process: &str) -> Duration {
    let threads = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let used = threads.filter_map(|thread| {
        let text = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(used.sum())
}
