//! Stories of what machines do: programs that start at once, servers that are silent, clocks that jump.
//!
//! What needs processes of its own, such as a lost primary or a full disk, is rehearsed in `tests/faults/`.

use crate::{
    story,
    support::{Seat, place::Place},
};
use chrono::TimeDelta;
use store::Db;
use tokio::task::JoinSet;

/// Some programs at once on a database without tables: each finds it ready or makes it so.
async fn start_at_once(address: &str) {
    #[derive(sqlx::FromRow)]
    struct Steps {
        steps: i64,
        different: i64,
    }
    let mut starting = JoinSet::new();
    for _ in 0..4 {
        let address = address.to_owned();
        starting.spawn(async move {
            let db = Db::open(&address).await?;
            store::prepare(&db).await?;
            db.close().await;
            Ok::<(), store::StoreError>(())
        });
    }
    while let Some(started) = starting.join_next().await {
        started.expect("it does not panic").expect("it starts");
    }
    let db = Db::open(address).await.expect("the database");
    let mut tx = db.read().await.expect("a question");
    let sql =
        "SELECT count(*) AS steps, count(DISTINCT version) AS different FROM _sqlx_migrations";
    let found: Steps = tx.one(sql, vec![]).await.expect("the steps");
    assert!(found.steps > 40 && found.steps == found.different, "each step is taken once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn programs_that_start_at_once_on_a_new_file_make_its_tables_once() {
    start_at_once(&Place::on_sqlite().address).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn programs_that_start_at_once_on_a_new_server_make_its_tables_once() {
    match Place::on_postgresql().await {
        Some(place) => start_at_once(&place.address).await,
        None => eprintln!("skipped: ACCORD_TEST_POSTGRES names no server"),
    }
}

#[tokio::test]
async fn of_several_servers_the_primary_is_found_although_others_are_silent() {
    let Some(Place { address, .. }) = Place::on_postgresql().await else {
        return eprintln!("skipped: ACCORD_TEST_POSTGRES names no server");
    };
    // Nobody listens on the first port of all.
    let db = Db::open(&address.replacen('@', "@127.0.0.1:1,", 1)).await.expect("the primary");
    store::prepare(&db).await.expect("it takes writes");
    db.close().await;
    let silent = Db::open("postgres://accord@127.0.0.1:1,127.0.0.1:2/accord").await;
    let why = silent.expect_err("nobody answers").to_string();
    assert_eq!(why, "none of the 2 servers answers as a primary that takes writes");
}

story!(a_clock_that_jumps_changes_no_amount_and_no_order, world, {
    world.blood_tests(&["Y00001", "Y00002"]).await;
    let right = world.now().instant;
    let jump = |by: TimeDelta| world.set_now(&(right + by).to_rfc3339());
    let months = [("2025-04-30", 3), ("2025-05-31", 5), ("2025-06-30", 7)];
    let jumps = [TimeDelta::hours(-1), TimeDelta::days(3), TimeDelta::days(-1)];
    for ((date, tests), by) in months.into_iter().zip(jumps) {
        jump(by);
        world.count(Seat::PRACTICE_MANAGER, date, tests).await;
        jump(-by);
        world.count(Seat::SECOND_PRACTICE, date, tests + 1).await;
    }
    for by in [TimeDelta::hours(1), TimeDelta::days(-1), TimeDelta::zero()] {
        jump(by);
        world.declare_all(Seat::PRACTICE_MANAGER).await;
        jump(-by);
        world.declare_all(Seat::SECOND_PRACTICE).await;
        world.approve_all(Seat::APPROVER).await;
        jump(by * 2);
        world.approve_all(Seat::FINANCE).await;
    }
    world.assert_balanced("after the jumps").await;
    world.assert_history_is_whole().await;
    let (approved, _) = world.balance().await;
    assert_eq!(approved, (3 + 5 + 7 + 4 + 6 + 8) * 1_000, "£10.00 for each test");
});
