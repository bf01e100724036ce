//! Three services offered to every practice by one act, then all of these offers moved by one act each, with a message to
//! somebody at each practice; and their lists.

use crate::{
    Done,
    measure::{self, count, heading, percentile, say},
    world::World,
};
use chrono::Days;
use domain::{Actor, FinancialYear};
use std::time::Duration;
use store::offer::{BulkAct, Filter, Narrowed};

const CODES: [&str; 3] = ["THREE1", "THREE2", "THREE3"];
const TIMES: usize = 100;

/// Confirms, extends, withdraws and reissues all of them, then opens the lists.
pub async fn run(world: &mut World) -> Done {
    heading("Three services to all practices");
    // With time left in the year of these services.
    world.now = domain::Now::at(
        crate::world::day("2026-01-12").and_hms_opt(9, 0, 0).expect("9 in the morning").and_utc(),
    );
    world.publish_copies(&CODES).await?;
    world.somebody_answers_everywhere().await?;
    let region = world.region().await?;
    let codes = CODES.map(str::to_owned);
    let (reference, version) = world.draft(&codes, None, &region).await?;
    measure::forget_peak();
    let (took, confirmed) = measure::timed(world.confirm(&reference, version, &region)).await?;
    let text = format!("{} offers, {took:.2?}", count(confirmed.offers as usize));
    say("confirm, with an event for each", &text, "under 1.5 s");
    let later = confirmed.contract.respond_by + Days::new(14);
    let acts = [
        ("more time for all", BulkAct::Extend(later)),
        ("withdraw all", BulkAct::Withdraw),
        ("reissue all", BulkAct::Reissue),
    ];
    for (name, act) in acts {
        let (filter, now) = (Filter::default(), world.now);
        let done = store::offer::carry_out(
            &world.db,
            &reference,
            (act, &filter),
            now.instant,
            &region,
            &now,
        );
        let (took, done) = measure::timed(async { Ok(done.await?) }).await?;
        let text = format!("{} offers, {took:.2?}", count(done.review.offers as usize));
        say(name, &text, "under 1.5 s");
    }
    let (now, what) = (world.now, ("", world.now.instant));
    let reminded = store::offer::remind(&world.db, &reference, what, &region, &now);
    let (took, reminded) = measure::timed(async { Ok(reminded.await?) }).await?;
    let (offers, people) = (count(reminded.offers as usize), count(reminded.people as usize));
    say("remind all", &format!("{offers} offers, {people} people, {took:.2?}"), "under 1.5 s");
    let mut tx = world.db.read().await?;
    let contract = store::contract::find(&mut tx, &reference, &region).await?;
    let review = store::offer::reminder(&mut tx, &contract, "", &region, &now);
    let (took, _) = measure::timed(async { Ok(review.await?) }).await?;
    drop(tx);
    say("look at a second reminder of all", &format!("{took:.2?}"), "");
    say("peak memory", &format!("{} MiB", measure::peak("self")), "");
    lists(world, &reference, &region).await
}

/// The first and the hundredth page of the lists, asked of the store.
async fn lists(world: &World, reference: &str, by: &Actor) -> Done {
    let year = FinancialYear(2025);
    for (name, provider, skip) in
        [("first page", "", 0), ("100th page", "", 99 * 25), ("by code", "1", 0)]
    {
        let mut times: Vec<Duration> = Vec::new();
        for _ in 0..TIMES {
            let page = measure::timed(async {
                let mut tx = world.db.read().await?;
                let which = Narrowed { year, provider, status: None, service: "" };
                store::offer::years(&mut tx, by).await?;
                Ok(store::offer::matrix(&mut tx, &which, (skip, 25), by, &world.now).await?)
            });
            times.push(page.await?.0);
        }
        let text = format!(
            "median {:.2?}, p95 {:.2?}",
            percentile(&mut times, 0.5),
            percentile(&mut times, 0.95)
        );
        say(&format!("answers of all providers, {name}"), &text, "p95 under 30 ms");
        let mut times: Vec<Duration> = Vec::new();
        for _ in 0..TIMES {
            let page = measure::timed(async {
                let mut tx = world.db.read().await?;
                let contract = store::contract::find(&mut tx, reference, by).await?;
                let filter = Filter { status: Some("pending".into()), provider: "1".into() };
                store::offer::answers(&mut tx, &contract, "1", &world.now).await?;
                let now = &world.now;
                Ok(store::offer::of_commissioner(&mut tx, &contract, &filter, skip, 25, now)
                    .await?)
            });
            times.push(page.await?.0);
        }
        let text = format!(
            "median {:.2?}, p95 {:.2?}",
            percentile(&mut times, 0.5),
            percentile(&mut times, 0.95)
        );
        say(&format!("offers of a contract, filtered, {name}"), &text, "p95 under 30 ms");
    }
    Ok(())
}
