//! `accord serve`: the pages on an address, with a bound on everything a client can hold open.

use crate::{
    Database, clock, jobs,
    mail::Mail,
    metrics::{self, Metrics},
    passwords::{Passwords, SecretKey},
    sign_in_with::SignInWith,
};
use axum::{
    http::{HeaderName, Request},
    middleware::from_fn_with_state,
};
use clap::{ArgAction, Args, builder::BoolishValueParser};
use domain::access::{
    demand::{Demand, Holders},
    one_time::Key,
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use store::person::breached::Breached;
use tokio::{net::TcpListener, sync::Semaphore};
use tower::{Service, ServiceBuilder, util::MapRequestLayer};
use tracing_subscriber::EnvFilter;
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

/// Why a service without passwords and providers does not start.
const NOBODY: &str = "passwords are off (--passwords-off, passwords_off) and no providers are set (--sign-in-with, sign_in_with): nobody could sign in";

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
    /// Address and port for the figures that Prometheus reads, at /metrics; none without it. Let nobody but Prometheus reach it
    #[arg(long, env = "ACCORD_METRICS_LISTEN", value_name = "ADDRESS")]
    metrics_listen: Option<SocketAddr>,
    /// People reach the service by HTTPS, through a proxy in front: cookies travel no other way
    #[arg(long, env = "ACCORD_HTTPS", action = ArgAction::Set, default_value_t = false, num_args = 0..=1,
        require_equals = true, default_missing_value = "true", value_parser = BoolishValueParser::new(),
        value_name = "true or false")]
    https: bool,
    /// What is written to the log: error, warn, info, debug or trace, also for a part of the program alone
    #[arg(long, env = "ACCORD_LOG", value_name = "LEVEL", default_value = "info", value_parser = log)]
    log: String,
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
    #[arg(long, env = "ACCORD_PASSWORDS_OFF", action = ArgAction::Set, default_value_t = false, num_args = 0..=1,
        require_equals = true, default_missing_value = "true", value_parser = BoolishValueParser::new(),
        value_name = "true or false")]
    passwords_off: bool,
    /// Minutes after which a session ends that nobody uses
    #[arg(long, env = "ACCORD_IDLE_MINUTES", value_name = "MINUTES", default_value_t = IDLE_MINUTES,
        value_parser = clap::value_parser!(i64).range(5..=720))]
    idle_minutes: i64,
}

/// A level, or levels of parts, such as `info,sqlx=debug`.
fn log(text: &str) -> Result<String, String> {
    let read = EnvFilter::builder().parse(text);
    read.map(|_| text.to_owned())
        .map_err(|_| "allowed error, warn, info, debug or trace".to_owned())
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
    /// Where emails go.
    pub fn mail(&self) -> &Mail {
        &self.mail
    }

    /// Files that nobody but the service may read.
    pub fn secret_files(&self) -> Vec<PathBuf> {
        let own = [self.secret_key.file(), self.sign_in_with.file()];
        let secrets = self.sign_in_with.secret_files();
        own.into_iter().flatten().map(Path::to_owned).chain(secrets).collect()
    }

    /// Whether the secrets of authenticator apps need more than the database.
    pub fn has_key(&self) -> bool {
        self.secret_key.file().is_some()
    }

    /// Whether nobody could sign in: neither with a password nor with a provider. The command line cannot look after it, because
    /// what the file says takes the place of defaults there.
    fn lets_nobody_in(&self) -> bool {
        self.passwords_off && self.sign_in_with.file().is_none()
    }

    /// Settings that do not fit each other, each with what to do.
    pub fn doubts(&self) -> Vec<(&'static str, &'static str)> {
        let is_https = self.mail.address().map(|address| address.starts_with("https://"));
        let mut doubts = Vec::new();
        if self.lets_nobody_in() {
            doubts.push((
                NOBODY,
                "Set --sign-in-with to the file of providers, or leave --passwords-off out: accord serve does not start so.",
            ));
        }
        if !self.second_factor_for.is_empty() && !self.has_key() {
            doubts.push((
                "a second factor is demanded (second_factor_for) and no key is set (secret_key_file): whoever has a copy of the database makes everybody's codes",
                "Make a key and set --secret-key-file: see docs/operating.md. Apps that were set up before keep working.",
            ));
        }
        if self.https && is_https == Some(false) {
            doubts.push((
                "https is set, and the address begins with http://",
                "Begin --address with https://.",
            ));
        }
        if !self.https && is_https == Some(true) {
            doubts.push((
                "the address begins with https://, and https is not set: cookies travel without encryption as well",
                "Set --https where a proxy with HTTPS is in front.",
            ));
        }
        if self.https && self.client_address_header.is_none() {
            doubts.push((
                "behind a proxy nobody is told apart: attempts to sign in are counted by account only",
                "Set --client-address-header to the header that the proxy writes, such as X-Forwarded-For.",
            ));
        }
        if !self.https && !self.listen.ip().is_loopback() {
            doubts.push((
                "the pages are served to other machines without encryption",
                "Listen on 127.0.0.1, put a proxy with HTTPS in front, and set --https.",
            ));
        }
        doubts
    }

    /// Serves a database until the process is told to stop. The first line printed is the address.
    pub async fn serve(self, db: store::Db, clock: Clock, demo: bool) -> Result<String, String> {
        if self.lets_nobody_in() {
            return Err(NOBODY.to_owned());
        }
        tracing_subscriber::fmt()
            .json()
            .with_span_list(false)
            .with_writer(std::io::stderr)
            .with_env_filter(EnvFilter::new(&self.log))
            .init();
        let sender = self.mail.sender()?;
        let (breached, key) = (self.passwords.breached()?, self.secret_key.key()?);
        let listener = bind(self.listen).await?;
        let watched = match self.metrics_listen {
            Some(at) => Some(bind(at).await?),
            None => None,
        };
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let settings = self.settings(address, breached, key)?;
        if self.passwords_off && !demo {
            let by = domain::Actor::system("Accord");
            let ended = store::session::end_of_passwords(&db, &by).await;
            ended.map_err(|fault| {
                format!("sessions that began with a password could not be ended: {fault}")
            })?;
        }
        println!("Accord is ready at http://{address}");
        if let Some(at) = watched.as_ref().and_then(|listener| listener.local_addr().ok()) {
            println!("Figures are at http://{at}/metrics");
        }
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
        let metrics = Metrics::new(db.engine()).map_err(|error| error.to_string())?;
        let metrics = Arc::new(metrics);
        let mut beside =
            vec![tokio::spawn(jobs::sweep(db.clone(), clock.clone(), metrics.clone()))];
        if let Some(listener) = watched {
            let router = metrics::router(metrics.clone(), db.clone(), clock.clone());
            beside.push(tokio::spawn(answer(listener, router)));
        }
        if let Some(sender) = sender {
            beside.push(tokio::spawn(jobs::post(db.clone(), sender, clock, metrics.clone())));
        }
        let router = web::router(Arc::new(web));
        answer(listener, router.layer(from_fn_with_state(metrics, metrics::count))).await;
        beside.iter().for_each(tokio::task::JoinHandle::abort);
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

async fn bind(at: SocketAddr) -> Result<TcpListener, String> {
    TcpListener::bind(at).await.map_err(|error| format!("{at} cannot be listened on: {error}"))
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
