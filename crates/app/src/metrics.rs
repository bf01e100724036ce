//! Figures for Prometheus, on a port of their own: how the service answers, and how much waits for whom. They hold numbers and
//! names of states, never of people or organisations.

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    http::{StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
    routing::get,
};
use domain::Now;
use prometheus::{
    HistogramOpts, HistogramVec, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry, TextEncoder,
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use store::operation::{self, InState, Waiting};
use tokio::sync::Mutex;

/// Seconds: a page of 25 rows takes some thousandths, a large file seconds.
const SECONDS: [f64; 11] = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 20.0];

/// How long what was counted in the tables counts. Whole tables are read for it, and there may be several that ask often.
const COUNTED_FOR: Duration = Duration::from_secs(60);

/// Everything that is counted.
pub struct Metrics {
    registry: Registry,
    /// When the tables were last counted; nothing before, or when that failed.
    counted: Mutex<Option<Instant>>,
    requests: IntCounterVec,
    seconds: HistogramVec,
    jobs: IntCounterVec,
    job_at: IntGaugeVec,
    emails: IntCounterVec,
    offers: IntGaugeVec,
    declarations: IntGaugeVec,
    database_up: IntGauge,
    connections: IntGaugeVec,
    waiting: IntGaugeVec,
    email_since: IntGauge,
}

impl Metrics {
    /// Nothing counted yet.
    ///
    /// # Errors
    /// When two figures have one name, which is a mistake in this file.
    pub fn new(engine: &str) -> prometheus::Result<Self> {
        let registry = Registry::new();
        let counter = |name: &str, help: &str, labels: &[&str]| {
            let counter = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(counter.clone()))?;
            Ok::<_, prometheus::Error>(counter)
        };
        let gauge = |name: &str, help: &str, labels: &[&str]| {
            let gauge = IntGaugeVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(gauge.clone()))?;
            Ok::<_, prometheus::Error>(gauge)
        };
        let one = |name: &str, help: &str| {
            let gauge = IntGauge::new(name, help)?;
            registry.register(Box::new(gauge.clone()))?;
            Ok::<_, prometheus::Error>(gauge)
        };
        let seconds = HistogramOpts::new("accord_request_seconds", "Time until an answer begins")
            .buckets(SECONDS.to_vec());
        let seconds = HistogramVec::new(seconds, &["method", "route"])?;
        registry.register(Box::new(seconds.clone()))?;
        let info =
            gauge("accord_info", "Always 1; the labels say what runs", &["version", "engine"])?;
        info.with_label_values(&[env!("CARGO_PKG_VERSION"), engine]).set(1);
        Ok(Self {
            requests: counter(
                "accord_requests_total",
                "Requests answered",
                &["method", "route", "status"],
            )?,
            seconds,
            jobs: counter("accord_jobs_total", "Work done beside the pages", &["job", "result"])?,
            job_at: gauge(
                "accord_job_success_timestamp_seconds",
                "When it last went well",
                &["job"],
            )?,
            emails: counter("accord_emails_total", "Emails by what became of them", &["result"])?,
            offers: gauge("accord_offers", "Offers by state", &["state"])?,
            declarations: gauge(
                "accord_declarations",
                "Payment declarations by state",
                &["state"],
            )?,
            database_up: one("accord_database_up", "1 when the database answers")?,
            connections: gauge(
                "accord_database_connections",
                "Connections to the database",
                &["state"],
            )?,
            waiting: gauge("accord_waiting", "What waits, or did not go", &["what"])?,
            email_since: one(
                "accord_email_due_since_seconds",
                "When the oldest email that waits became due, 0 when none does",
            )?,
            registry,
            counted: Mutex::new(None),
        })
    }

    /// Counts a piece of work beside the pages.
    pub fn job(&self, job: &str, went_well: bool, now: &Now) {
        let result = if went_well { "well" } else { "failed" };
        self.jobs.with_label_values(&[job, result]).inc();
        if went_well {
            self.job_at.with_label_values(&[job]).set(now.instant.timestamp());
        }
    }

    /// Counts what became of a round of emails.
    pub fn posted(&self, posted: &crate::mail::Posted) {
        for (result, count) in
            [("sent", posted.sent), ("put off", posted.put_off), ("given up", posted.given_up)]
        {
            self.emails.with_label_values(&[result]).inc_by(count);
        }
    }

    /// Asks the database for what is not counted but there: each time whether it answers, and once a minute for the rest.
    async fn ask(&self, db: &store::Db, now: &Now) -> store::Result<()> {
        let connections = db.connections();
        self.connections.with_label_values(&["in use"]).set(connections.in_use.into());
        self.connections.with_label_values(&["most"]).set(connections.most.into());
        // Held until the tables are counted, so that who asks meanwhile does not count them too.
        let mut counted = self.counted.lock().await;
        if counted.is_some_and(|at| at.elapsed() < COUNTED_FOR) {
            return store::event::latest(&mut db.read().await?).await.map(drop);
        }
        *counted = None;
        self.count_tables(db, now).await?;
        *counted = Some(Instant::now());
        Ok(())
    }

    /// Counts what is in the tables.
    async fn count_tables(&self, db: &store::Db, now: &Now) -> store::Result<()> {
        let mut tx = db.read().await?;
        let all = |gauge: &IntGaugeVec, found: Vec<InState>| {
            for InState { state, records } in found {
                gauge.with_label_values(&[&state]).set(records);
            }
        };
        all(&self.offers, operation::offers(&mut tx).await?);
        all(&self.declarations, operation::declarations(&mut tx).await?);
        let Waiting { holds, files, emails, stuck, given_up, since } =
            operation::waiting(&mut tx, now).await?;
        for (what, count) in [
            ("holds", holds),
            ("payment files to send", files),
            ("emails due", emails),
            ("emails stuck", stuck),
            ("emails given up", given_up),
        ] {
            self.waiting.with_label_values(&[what]).set(count);
        }
        self.email_since.set(since.map_or(0, |since| since.timestamp()));
        Ok(())
    }
}

/// Counts a request by its address as it is registered, and how long its answer took.
pub async fn count(State(metrics): State<Arc<Metrics>>, request: Request, next: Next) -> Response {
    let method = request.method().clone();
    // Anybody can make up a method, and each would be a line for ever.
    let method = if ["GET", "HEAD", "POST"].contains(&method.as_str()) {
        method.to_string()
    } else {
        "other".to_owned()
    };
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let route = route.unwrap_or_else(|| "none".to_owned());
    let begun = Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    metrics.requests.with_label_values(&[&*method, &*route, &*status]).inc();
    metrics.seconds.with_label_values(&[&*method, &*route]).observe(begun.elapsed().as_secs_f64());
    response
}

/// What answers on the port of the figures.
pub fn router(metrics: Arc<Metrics>, db: store::Db, clock: crate::serve::Clock) -> Router {
    let answer = async move || {
        let up = metrics.ask(&db, &clock()).await;
        if let Err(fault) = &up {
            tracing::error!(%fault, "the database does not answer");
        }
        metrics.database_up.set(i64::from(up.is_ok()));
        match TextEncoder::new().encode_to_string(&metrics.registry.gather()) {
            Ok(text) => ([(header::CONTENT_TYPE, prometheus::TEXT_FORMAT)], text).into_response(),
            Err(fault) => {
                tracing::error!(%fault, "the figures cannot be written");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    };
    Router::new().route("/metrics", get(answer))
}
