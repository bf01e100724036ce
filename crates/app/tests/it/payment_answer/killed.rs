//! A process that is killed at any moment between approving and being paid or recovered: nothing that it said is done is
//! lost, nothing is done twice, and every approved pound stays in one place.

use super::walk::{Dice, Step, take};
use crate::{
    correction::walk::{stand, take_correcting},
    story,
    support::World,
};
use chrono::{Days, NaiveDate};
use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    sync::Arc,
};

/// How often a world's process is killed.
const KILLS: u64 = 12;
/// The first day of the walk: every month can be declared.
const FIRST_DAY: &str = "2026-04-02";
/// Days from one process to the next: instalments fall due while the walk goes on.
const DAYS: u64 = 11;
/// Names the world to a process, its day, the seed of what it does, and how many months were earned before.
const WORLD: [&str; 4] =
    ["ACCORD_KILLED_WORLD", "ACCORD_KILLED_DAY", "ACCORD_KILLED_SEED", "ACCORD_KILLED_EARNED"];

fn day_of(kill: u64) -> String {
    let first: NaiveDate = FIRST_DAY.parse().expect("a day");
    (first + Days::new(kill * DAYS)).to_string()
}

async fn events(world: &World) -> i64 {
    #[derive(sqlx::FromRow)]
    struct Count {
        events: i64,
    }
    let mut tx = world.db.read().await.expect("a question");
    let count: Count =
        tx.one("SELECT count(*) AS events FROM event", vec![]).await.expect("a count");
    count.events
}

/// The process that is killed: three people at once do whatever is next with payments and corrections, without an end. It
/// does nothing in a run of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::disallowed_methods, reason = "the story names the world this way")]
async fn works_until_it_is_killed() {
    let [Ok(address), Ok(day), Ok(seed), Ok(earned)] = WORLD.map(std::env::var) else { return };
    let world = Arc::new(World::again(address, &day).await);
    stand(&world).await;
    let work = |seed: u64, mut earned: usize| {
        let world = world.clone();
        async move {
            let mut dice = Dice(seed);
            loop {
                let step = dice.step();
                if matches!(step, Step::Hold(_) | Step::Lift) {
                    continue;
                }
                let (at, before) = (world.clone(), earned);
                let did = tokio::spawn(async move {
                    let mut earned = before;
                    take(&at, step, &mut earned).await;
                    earned
                });
                // What the other one was faster with is refused, and a story's page then panics.
                earned = did.await.unwrap_or(before + 1);
                println!("\nevents {}", events(&world).await);
            }
        }
    };
    let correct = |seed: u64| {
        let world = world.clone();
        async move {
            for turn in 0.. {
                let (at, mut dice, before) =
                    (world.clone(), Dice(seed + turn), events(&world).await);
                // As above: what somebody else was faster with.
                _ = tokio::spawn(async move { take_correcting(&at, &mut dice).await }).await;
                let after = events(&world).await;
                // At first there is nothing to correct.
                if after > before {
                    println!("\nevents {after}");
                }
            }
        }
    };
    let (seed, earned) = (seed.parse().expect("a number"), earned.parse().expect("a number"));
    tokio::join!(work(seed, earned), work(seed + 1_000, earned + 1), correct(seed + 2_000));
}

/// Starts a process on the world, kills it after it has said so many times that something is done, and gives the number of
/// events that it knew of.
fn killed_after(address: &str, kill: u64, says: u64) -> i64 {
    let own = [address.to_owned(), day_of(kill), (100 + kill).to_string(), (kill * 2).to_string()];
    let program = std::env::current_exe().expect("the stories' own program");
    let mut child = Command::new(program)
        .args(["--exact", "payment_answer::killed::works_until_it_is_killed", "--nocapture"])
        .envs(WORLD.iter().zip(own))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the process starts");
    let said = BufReader::new(child.stdout.take().expect("its output"));
    let events = said.lines().map_while(Result::ok).filter_map(|line| {
        line.strip_prefix("events ").and_then(|number| number.parse::<i64>().ok())
    });
    let said: Vec<i64> = events.take(usize::try_from(says).expect("few")).collect();
    child.kill().expect("it runs until it is killed");
    child.wait().expect("it is gone");
    said.into_iter().max().expect("it did something")
}

story!(whenever_the_process_is_killed_nothing_is_lost_or_done_twice, world, {
    world.blood_tests(&["Y00001", "Y00002"]).await;
    world.set_today(FIRST_DAY);
    let mut dice = Dice(7);
    for kill in 0..KILLS {
        let says = u64::from(4 + dice.below(20));
        let address = world.address.clone();
        let run = move || killed_after(&address, kill, says);
        let acknowledged = tokio::task::spawn_blocking(run).await.expect("the process was killed");
        let found = World::again(world.address.clone(), &day_of(kill)).await;
        assert!(events(&found).await >= acknowledged, "kill {kill} lost what was done");
        found.assert_balanced(&format!("kill {kill}")).await;
        found.assert_history_is_whole().await;
    }
    let (approved, places) = world.balance().await;
    assert!(approved > 0 && places.len() > 2, "money moved: {places:?}");
    for kind in ["correction_asked", "correction_finance_approved", "recovery_asked"] {
        assert!(world.facts(kind).await > 0, "never {kind}");
    }
});
