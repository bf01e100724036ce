//! An offer of one service to every practice, confirmed in one transaction.

use crate::{
    Done,
    measure::{self, count, heading, percentile, say},
    world::World,
};
use std::path::Path;
use store::{Db, args};

/// Confirms the offers of four services, each to all practices.
pub async fn run(world: &mut World, folder: &Path) -> Done {
    heading("Confirm an offer to all practices");
    world.now = domain::Now::at(
        crate::world::day("2026-03-02").and_hms_opt(9, 0, 0).expect("9 in the morning").and_utc(),
    );
    let region = world.region().await?;
    measure::forget_peak();
    let (mut times, mut rows) = (Vec::new(), 0);
    for service in ["SHIN2526", "LCS2526", "CVDP2526", "QOF2526"] {
        let (reference, version) = world.draft(&[service.to_owned()], None, &region).await?;
        let (took, confirmed) = measure::timed(world.confirm(&reference, version, &region)).await?;
        times.push(took);
        rows = confirmed.offers as usize;
    }
    let peak = measure::peak("self");
    let mut floor = Vec::new();
    for number in 0..times.len() {
        floor.push(insert_only(&folder.join(format!("plain{number}.db")), rows).await?);
    }
    let median = percentile(&mut times, 0.5);
    let text = format!(
        "{} offers and {} events, median {median:.2?}, worst {:.2?} of {}, {} offers a second; peak {peak} MiB",
        count(rows),
        count(rows + 1),
        percentile(&mut times, 1.0),
        times.len(),
        count((rows as f64 / median.as_secs_f64()) as usize)
    );
    say("confirm", &text, "under 1 s");
    let floor = percentile(&mut floor, 0.5);
    let text = format!(
        "median {floor:.2?}; confirm takes {:.1} times as long",
        median.as_secs_f64() / floor.as_secs_f64()
    );
    say("as many rows into tables without any index", &text, "");
    Ok(())
}

/// The time to insert rows as wide as offers and events, with nothing decided, checked or indexed.
async fn insert_only(file: &Path, rows: usize) -> Done<std::time::Duration> {
    let db = Db::open(&file.to_string_lossy()).await?;
    let mut tx = db.write().await?;
    tx.script("CREATE TABLE wide (a, b, c, d, e, f, g, h, i, j, k, l, m, n, o); CREATE TABLE fact (a, b, c, d, e, f, g, h, i)")
        .await?;
    tx.commit().await?;
    let id = uuid::Uuid::nil();
    let offers = (0..rows)
        .map(|row| {
            args![
                id,
                id,
                id,
                id,
                id,
                "[\"A\"]",
                "2025-04-01",
                "2026-03-31",
                "pending",
                id,
                "x",
                "x",
                "x",
                "x",
                row as i64
            ]
        })
        .collect();
    let text = "x".repeat(64);
    let fact = "x".repeat(120);
    let events = (0..rows)
        .map(|row| args![row as i64, "2025-04-01", id, "Sam Ahmed", id, "NHS", id, &*fact, &*text])
        .collect();
    let (took, ()) = measure::timed(async {
        let mut tx = db.write().await?;
        tx.insert("INSERT INTO wide (a, b, c, d, e, f, g, h, i, j, k, l, m, n, o)", offers).await?;
        tx.insert("INSERT INTO fact (a, b, c, d, e, f, g, h, i)", events).await?;
        Ok(tx.commit().await?)
    })
    .await?;
    db.close().await;
    Ok(took)
}
