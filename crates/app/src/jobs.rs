//! What is done beside the pages, for as long as they are served: what has become due, and emails.

use crate::{commands::work, mail::Sender, metrics::Metrics, serve::Clock};
use std::{fmt::Display, sync::Arc, time::Duration};

/// How often emails are looked for.
const POST_EVERY: Duration = Duration::from_secs(5);
/// How often periods that have ended and reminders that are due are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// Counts a job, and says in the log what did not go well.
struct Watched {
    metrics: Arc<Metrics>,
    clock: Clock,
}

impl Watched {
    fn job<T, E: Display>(&self, job: &str, done: Result<T, E>) -> Option<T> {
        self.metrics.job(job, done.is_ok(), &(self.clock)());
        done.map_err(|fault| tracing::error!(job, %fault, "work beside the pages failed")).ok()
    }
}

/// Does what has become due, once a minute.
pub async fn sweep(db: store::Db, clock: Clock, metrics: Arc<Metrics>) {
    let mut tick = tokio::time::interval(SWEEP_EVERY);
    let watched = Watched { metrics, clock: clock.clone() };
    loop {
        tick.tick().await;
        watched.job("calculate", work::sweep(&db, &clock()).await);
        watched.job("take back offers", work::take_back(&db, &clock()).await);
        watched.job("settle recoveries", work::stand(&db, &clock()).await);
        watched.job("remind", work::remind(&db, &clock()).await);
        watched.job("begin deputies", work::begin_deputies(&db, &clock()).await);
        watched.job("lapse accounts", work::lapse(&db, &clock()).await);
        watched.job("remind of reviews", work::remind_of_reviews(&db, &clock()).await);
        watched.job("chase payers", work::chase_payers(&db, &clock()).await);
    }
}

/// Sends what waits in the outbox.
pub async fn post(db: store::Db, sender: Sender, clock: Clock, metrics: Arc<Metrics>) {
    let mut tick = tokio::time::interval(POST_EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let watched = Watched { metrics, clock: clock.clone() };
    loop {
        tick.tick().await;
        if let Some(posted) = watched.job("emails", sender.post(&db, &clock()).await) {
            watched.metrics.posted(&posted);
        }
    }
}
