//! `accord serve`: the pages on an address, with a bound on everything a client can hold open.

use crate::{
    Database, clock,
    mail::{Mail, Sender},
};
use clap::Args;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};
use tokio::{net::TcpListener, sync::Semaphore};
use web::{Web, template::Templates};

/// Tells handlers what time it is.
pub type Clock = Arc<dyn Fn() -> domain::Now + Send + Sync>;

/// A client that has not sent its header by then is cut off; so is one that is silent between requests.
const HEADER_BY: Duration = Duration::from_secs(10);
/// Connections at once; more wait in the system's queue.
const CONNECTIONS: usize = 1_000;
/// How long requests may finish after the order to stop.
const FINISH_BY: Duration = Duration::from_secs(20);
/// How often emails are looked for.
const POST_EVERY: Duration = Duration::from_secs(5);
/// How often periods that have ended and reminders that are due are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// Serve the pages, and calculate periods as they end.
#[derive(Args)]
pub struct Serve {
    #[command(flatten)]
    database: Database,
    #[command(flatten)]
    listen: Listen,
}

/// Where and how the pages are served.
#[derive(Args, Clone, Debug)]
pub struct Listen {
    /// Address and port to listen on
    #[arg(long, env = "ACCORD_LISTEN", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// People reach the service by HTTPS, through a proxy in front: cookies travel no other way
    #[arg(long, env = "ACCORD_HTTPS")]
    https: bool,
    /// A folder of templates to read at each request, while working on them
    #[arg(long, env = "ACCORD_TEMPLATES", value_name = "FOLDER")]
    templates: Option<PathBuf>,
    #[command(flatten)]
    mail: Mail,
}

impl Serve {
    /// Serves until the process is told to stop.
    pub async fn run(self) -> Result<String, String> {
        let db = self.database.open().await?;
        self.listen.serve(db, Arc::new(clock::now), false).await
    }
}

impl Listen {
    /// Serves a database until the process is told to stop. The first line printed is the address.
    pub async fn serve(self, db: store::Db, clock: Clock, demo: bool) -> Result<String, String> {
        tracing_subscriber::fmt()
            .json()
            .with_writer(std::io::stderr)
            .with_env_filter(
                tracing_subscriber::EnvFilter::try_from_default_env()
                    .unwrap_or_else(|_| "info".into()),
            )
            .init();
        let sender = self.mail.sender()?;
        let listener = TcpListener::bind(self.listen)
            .await
            .map_err(|error| format!("{} cannot be listened on: {error}", self.listen))?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        println!("Accord is ready at http://{address}");
        let templates = match self.templates {
            Some(folder) => Templates::from_folder(folder),
            None => Templates::embedded(),
        };
        let web = Web {
            db: db.clone(),
            clock: clock.clone(),
            templates,
            demo,
            address: self.mail.address(),
            is_https: self.https,
            sends_mail: sender.is_some(),
        };
        let sweeping = tokio::spawn(sweep(db.clone(), clock.clone()));
        let posting = sender.map(|sender| tokio::spawn(post(db.clone(), sender, clock)));
        answer(listener, web::router(Arc::new(web))).await;
        sweeping.abort();
        if let Some(posting) = posting {
            posting.abort();
        }
        db.close().await;
        Ok(String::new())
    }
}

/// Accepts connections until told to stop, then lets the requests under way finish.
async fn answer(listener: TcpListener, router: axum::Router) {
    let mut server = hyper::server::conn::http1::Builder::new();
    server
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_BY)
        .max_headers(100)
        .max_buf_size(64 * 1024);
    let service = TowerToHyperService::new(router);
    let graceful = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let mut stop = std::pin::pin!(told_to_stop());
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(fault) => {
                // Out of file handles, most likely: let some connections end before the next try.
                tracing::warn!(%fault, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let Ok(place) = room.clone().acquire_owned().await else { break };
        // Small answers must not wait for more to come.
        let _ = stream.set_nodelay(true);
        let connection =
            graceful.watch(server.serve_connection(TokioIo::new(stream), service.clone()));
        tokio::spawn(async move {
            if let Err(fault) = connection.await {
                tracing::debug!(%fault, "a connection ended early");
            }
            drop(place);
        });
    }
    drop(listener);
    tokio::select! {
        () = graceful.shutdown() => {}
        () = tokio::time::sleep(FINISH_BY) => tracing::warn!("some requests did not finish in time"),
    }
}

/// Resolves when the process is interrupted or told to terminate.
async fn told_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
        }
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

/// Does what has become due, once a minute, for as long as the pages are served.
async fn sweep(db: store::Db, clock: Clock) {
    let mut tick = tokio::time::interval(SWEEP_EVERY);
    loop {
        tick.tick().await;
        if let Err(fault) = crate::commands::work::sweep(&db, &clock()).await {
            tracing::error!(%fault, "periods that have ended could not be calculated");
        }
        if let Err(fault) = crate::commands::work::take_back(&db, &clock()).await {
            tracing::error!(%fault, "offers to providers that have left could not be taken back");
        }
        if let Err(fault) = crate::commands::work::stand(&db, &clock()).await {
            tracing::error!(%fault, "recoveries whose notice is over could not be settled");
        }
        if let Err(fault) = crate::commands::work::remind(&db, &clock()).await {
            tracing::error!(%fault, "reminders that are due could not be written");
        }
        if let Err(fault) = crate::commands::work::begin_deputies(&db, &clock()).await {
            tracing::error!(%fault, "deputies that begin could not be told");
        }
        if let Err(fault) = crate::commands::work::chase_payers(&db, &clock()).await {
            tracing::error!(%fault, "answers that are overdue could not be chased");
        }
    }
}

/// Sends what waits in the outbox, for as long as the pages are served.
async fn post(db: store::Db, sender: Sender, clock: Clock) {
    let mut tick = tokio::time::interval(POST_EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        if let Err(fault) = sender.post(&db, &clock()).await {
            tracing::error!(%fault, "the outbox could not be worked on");
        }
    }
}
