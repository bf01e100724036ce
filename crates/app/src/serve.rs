//! `accord serve`: the pages on an address, with a bound on everything a client can hold open.

use crate::{
    Database, clock,
    mail::{Mail, Sender},
    passwords::{Passwords, SecretKey},
    sign_in_with::SignInWith,
};
use axum::http::{HeaderName, Request};
use clap::Args;
use domain::access::{
    demand::{Demand, Holders},
    one_time::Key,
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};
use store::person::breached::Breached;
use tokio::{net::TcpListener, sync::Semaphore};
use tower::{Service, ServiceBuilder, util::MapRequestLayer};
use web::{
    Web,
    client::Peer,
    settings::{IDLE_MINUTES, Settings},
    template::Templates,
};

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
    /// Where weaknesses are reported, such as mailto:security@icb.example or a page at https://: shown in /.well-known/security.txt
    #[arg(long, env = "ACCORD_SECURITY_CONTACT", value_name = "ADDRESS", value_parser = security_contact)]
    security_contact: Option<String>,
    /// Header in which the proxy in front names the address of who asks, such as X-Forwarded-For: its last entry is trusted.
    /// Set it only where nobody gets past the proxy. Without it, behind a proxy, attempts are counted by account only
    #[arg(long, env = "ACCORD_CLIENT_ADDRESS_HEADER", value_name = "HEADER")]
    client_address_header: Option<HeaderName>,
    #[command(flatten)]
    mail: Mail,
    #[command(flatten)]
    passwords: Passwords,
    #[command(flatten)]
    secret_key: SecretKey,
    /// Who must sign in with a second factor as well as a password, with commas between: administrators, approvers, finance,
    /// declarers, everybody. Whoever has none yet sets one up before anything else opens
    #[arg(long, env = "ACCORD_SECOND_FACTOR_FOR", value_name = "GROUPS", value_delimiter = ',', value_parser = Holders::read)]
    second_factor_for: Vec<Holders>,
    #[command(flatten)]
    sign_in_with: SignInWith,
    /// Let nobody sign in with a password: everybody does with a provider of --sign-in-with
    #[arg(long, env = "ACCORD_PASSWORDS_OFF", requires = "sign_in_with")]
    passwords_off: bool,
    /// Minutes after which a session ends that nobody uses
    #[arg(long, env = "ACCORD_IDLE_MINUTES", value_name = "MINUTES", default_value_t = IDLE_MINUTES,
        value_parser = clap::value_parser!(i64).range(5..=720))]
    idle_minutes: i64,
}

/// A mailbox or a page, on one line.
fn security_contact(text: &str) -> Result<String, String> {
    let is_line = !text.contains(|one: char| one.is_whitespace() || one.is_control());
    let mailbox = text.strip_prefix("mailto:").and_then(|rest| rest.split_once('@'));
    let is_mailbox = mailbox.is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
    let page = text.strip_prefix("https://");
    let is_page = page.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'));
    let allowed = "allowed mailto: and an address, or https:// and a page, such as mailto:security@icb.example";
    (is_line && (is_mailbox || is_page)).then(|| text.to_owned()).ok_or_else(|| allowed.to_owned())
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
        let (breached, key) = (self.passwords.breached()?, self.secret_key.key()?);
        let listener = TcpListener::bind(self.listen)
            .await
            .map_err(|error| format!("{} cannot be listened on: {error}", self.listen))?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let settings = self.settings(address, breached, key)?;
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
            is_https: self.https,
            sends_mail: sender.is_some(),
            settings,
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

impl Listen {
    /// What pages need to know of the settings.
    fn settings(
        &self,
        listen: SocketAddr,
        breached: Breached,
        key: Option<Key>,
    ) -> Result<Settings, String> {
        if self.https && self.client_address_header.is_none() {
            tracing::warn!(
                "behind a proxy without --client-address-header, attempts to sign in are counted by account only"
            );
        }
        // Without a proxy in front people may well reach the service by where it listens.
        let own = (!self.https).then(|| format!("http://{listen}"));
        let address = self.mail.address().map(ToOwned::to_owned).or(own);
        let providers = self.sign_in_with.providers(address.as_deref())?;
        Ok(Settings {
            address,
            security_contact: self.security_contact.clone(),
            client_header: self.client_address_header.clone(),
            breached,
            secret_key: key,
            providers: Arc::new(providers),
            idle: chrono::TimeDelta::minutes(self.idle_minutes),
            passwords_off: self.passwords_off,
            second_factor_for: Demand(self.second_factor_for.iter().copied().collect()),
        })
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
    let graceful = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let mut stop = std::pin::pin!(told_to_stop());
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
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
        let service = TowerToHyperService::new(told(router.clone(), Peer(peer.ip())));
        let connection = graceful.watch(server.serve_connection(TokioIo::new(stream), service));
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

/// The service of one connection, whose requests know their peer.
fn told(
    router: axum::Router,
    peer: Peer,
) -> impl Service<
    Request<hyper::body::Incoming>,
    Response = axum::response::Response,
    Error = std::convert::Infallible,
    Future: Send,
> + Clone
+ Send {
    let with_peer = move |mut request: Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(peer);
        request
    };
    ServiceBuilder::new().layer(MapRequestLayer::new(with_peer)).service(router)
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
        if let Err(fault) = crate::commands::work::lapse(&db, &clock()).await {
            tracing::error!(%fault, "accounts that nobody uses could not be looked at");
        }
        if let Err(fault) = crate::commands::work::remind_of_reviews(&db, &clock()).await {
            tracing::error!(%fault, "reviews of access that come near could not be told");
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_security_contact_is_a_mailbox_or_a_page_on_one_line() {
        for good in ["mailto:security@icb.example", "https://icb.example/report-a-weakness"] {
            assert_eq!(security_contact(good).as_deref(), Ok(good));
        }
        let wrong = [
            "security@icb.example",
            "http://icb.example/report",
            "https://",
            "mailto:@icb.example",
            "mailto:security@",
            "mailto:security@icb.example\nContact: mailto:somebody@else.example",
        ];
        for wrong in wrong {
            assert!(security_contact(wrong).is_err(), "{wrong}");
        }
    }
}
