//! Emails: what waits in the outbox goes to a mail server, or into a folder while somebody develops.

use clap::Args;
use domain::Now;
use lettre::{
    Address, AsyncFileTransport, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
};
use std::path::PathBuf;
use store::{
    Db,
    message::Outgoing,
    person::link::{self, Letter},
};

/// How many messages are taken from the outbox at once.
const AT_ONCE: i64 = 50;

/// Where emails go, and what they say of this service.
#[derive(Args, Clone, Debug)]
pub struct Mail {
    /// Mail server, such as smtps://user:password@mail.example or smtp://mail.example?tls=required; or file:FOLDER to write
    /// emails into a folder. Without it, messages are read on the pages only
    #[arg(long, env = "ACCORD_MAIL", value_name = "ADDRESS", hide_env_values = true)]
    mail: Option<String>,
    /// Sender of emails, such as "Accord <accord@icb.example>"
    #[arg(long, env = "ACCORD_MAIL_FROM", value_name = "SENDER")]
    mail_from: Option<Mailbox>,
    /// Address that people reach the service by, such as `https://accord.icb.example`: links in emails and invitations begin with it
    #[arg(long, env = "ACCORD_ADDRESS", value_name = "ADDRESS", value_parser = address)]
    address: Option<String>,
}

/// The address of the service without a slash at its end.
fn address(text: &str) -> Result<String, String> {
    let address = text.trim_end_matches('/');
    let host = ["https://", "http://"].iter().find_map(|scheme| address.strip_prefix(scheme));
    let is_plain = |host: &&str| {
        !host.is_empty() && !host.contains(|one: char| "/?#@ ".contains(one) || one.is_control())
    };
    let allowed = "allowed https:// or http:// and a host, such as https://accord.icb.example";
    host.filter(is_plain).map(|_| address.to_owned()).ok_or_else(|| allowed.to_owned())
}

impl Mail {
    /// The address that people reach the service by, where it is set.
    pub fn address(&self) -> Option<&str> {
        self.address.as_deref()
    }

    /// The sender that the settings describe, if they describe one.
    ///
    /// # Errors
    /// When the address of the mail server cannot be used, would send people's mail unprotected over a network, or is set
    /// without what emails must say.
    pub fn sender(&self) -> Result<Option<Sender>, String> {
        let Some(mail) = &self.mail else { return Ok(None) };
        let (Some(from), Some(address)) = (&self.mail_from, &self.address) else {
            return Err("emails are sent (--mail), so --mail-from and --address are needed".into());
        };
        let way = if let Some(folder) = mail.strip_prefix("file:") {
            Way::Folder(AsyncFileTransport::new(folder), folder.into())
        } else {
            let is_safe = mail.starts_with("smtps://") || requires_tls(mail) || is_here(mail);
            if !is_safe {
                return Err(
                    "the mail server would be reached without encryption. Use smtps://… or smtp://…?tls=required".into(),
                );
            }
            let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(mail)
                .map_err(|error| format!("the mail server cannot be used: {error}"))?;
            Way::Server(builder.build())
        };
        Ok(Some(Sender { way, from: from.clone(), address: address.clone() }))
    }
}

/// Whether the address of a mail server asks for encryption in its query.
fn requires_tls(mail: &str) -> bool {
    mail.split_once('?')
        .is_some_and(|(_, query)| query.split('&').any(|pair| pair == "tls=required"))
}

/// Whether a mail server is on this machine, so that nobody can read along.
fn is_here(mail: &str) -> bool {
    let Some(rest) = mail.strip_prefix("smtp://") else { return false };
    let server = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let server = server.rsplit_once('@').map_or(server, |(_, server)| server);
    ["127.0.0.1", "localhost", "[::1]"].iter().any(|here| {
        server.strip_prefix(here).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
    })
}

/// Sends emails.
pub struct Sender {
    way: Way,
    from: Mailbox,
    address: String,
}

enum Way {
    Server(AsyncSmtpTransport<Tokio1Executor>),
    Folder(AsyncFileTransport<Tokio1Executor>, PathBuf),
}

/// Why an email did not go.
enum Fault {
    /// The mail server answered no for good, or the address is none.
    Refused(String),
    /// The mail server said to try later.
    Later(String),
    /// The mail server cannot be reached, or does not let Accord in: nothing else would go either.
    Away(String),
}

/// What a round of the outbox came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Posted {
    /// Emails that the mail server took.
    pub sent: u64,
    /// Emails that did not go and are tried again.
    pub put_off: u64,
    /// Emails that were given up.
    pub given_up: u64,
}

/// An email as it goes out.
struct Email {
    /// The same at each attempt, so that a mail system can tell a repeat.
    id: String,
    to: String,
    name: String,
    subject: String,
    text: String,
}

/// What waits to be sent.
enum Waiting {
    Message(Outgoing),
    Link(Letter),
}

impl Waiting {
    async fn claim(db: &Db, now: &Now) -> store::Result<Vec<Self>> {
        // Somebody waits for a link in front of the screen.
        let links = link::claim(db, AT_ONCE, now).await?;
        if !links.is_empty() {
            return Ok(links.into_iter().map(Self::Link).collect());
        }
        let messages = store::message::claim(db, AT_ONCE, now).await?;
        Ok(messages.into_iter().map(Self::Message).collect())
    }

    fn email(&self, address: &str) -> Email {
        match self {
            Self::Message(message) => Email {
                id: message.id().to_string(),
                to: message.email.clone(),
                name: message.name.clone(),
                subject: message.subject.clone(),
                text: format!(
                    "Dear {},\n\n{}\n\n{address}{}\n\nYou get this email because {}. You cannot reply to it.\n",
                    message.name,
                    message.body,
                    message.link,
                    message.because()
                ),
            },
            Self::Link(letter) => {
                let (subject, before) = letter.what.letter();
                Email {
                    // Another attempt brings another link: a mail system must not take it for a repeat.
                    id: format!("{}.{}", letter.id, letter.attempts),
                    to: letter.email.clone(),
                    name: letter.name.clone(),
                    subject: subject.to_owned(),
                    text: format!(
                        "Dear {},\n\n{before}\n\n{address}/password/{}\n\nYou cannot reply to this email.\n",
                        letter.name, letter.token
                    ),
                }
            }
        }
    }

    async fn sent(&self, db: &Db, now: &Now) -> store::Result<()> {
        match self {
            Self::Message(message) => store::message::sent(db, message, now).await,
            Self::Link(letter) => link::sent(db, letter).await,
        }
    }

    async fn failed(&self, db: &Db, why: (&str, bool), now: &Now) -> store::Result<bool> {
        match self {
            Self::Message(message) => store::message::failed(db, message, why, now).await,
            Self::Link(letter) => link::failed(db, letter, why, now).await,
        }
    }
}

impl Sender {
    /// Sends what is due, until nothing is left or the mail server cannot be reached.
    pub async fn post(&self, db: &Db, now: &Now) -> store::Result<Posted> {
        let mut posted = Posted::default();
        loop {
            let due = Waiting::claim(db, now).await?;
            if due.is_empty() {
                return Ok(posted);
            }
            let mut away: Option<String> = None;
            for one in &due {
                let email = one.email(&self.address);
                let id = email.id.clone();
                let sent = match &away {
                    Some(fault) => Err(Fault::Away(fault.clone())),
                    None => self.send(email, now).await,
                };
                let (fault, is_final) = match sent {
                    Ok(()) => {
                        one.sent(db, now).await?;
                        posted.sent += 1;
                        continue;
                    }
                    Err(Fault::Refused(fault)) => (fault, true),
                    Err(Fault::Later(fault)) => (fault, false),
                    Err(Fault::Away(fault)) => {
                        away = Some(fault.clone());
                        (fault, false)
                    }
                };
                if one.failed(db, (&fault, is_final), now).await? {
                    let fault = without_addresses(&fault);
                    tracing::error!(message = %id, fault, "an email was given up");
                    posted.given_up += 1;
                } else {
                    posted.put_off += 1;
                }
            }
            if let Some(fault) = away {
                let fault = without_addresses(&fault);
                tracing::warn!(fault, "the mail server cannot be used");
                return Ok(posted);
            }
        }
    }

    /// Whether the mail server answers and lets Accord in, or the folder is there; sends nothing.
    ///
    /// # Errors
    /// Why not, without a password.
    pub async fn try_out(&self) -> Result<(), String> {
        match &self.way {
            Way::Server(server) => match server.test_connection().await {
                Ok(true) => Ok(()),
                Ok(false) => Err("it does not answer".into()),
                Err(error) => Err(error.to_string()),
            },
            Way::Folder(_, folder) if folder.is_dir() => Ok(()),
            Way::Folder(_, folder) => Err(format!("there is no folder {}", folder.display())),
        }
    }

    async fn send(&self, email: Email, now: &Now) -> Result<(), Fault> {
        let to = email.to.parse::<Address>().map_err(|error| {
            Fault::Refused(format!("the email address cannot be used: {error}"))
        })?;
        let email = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(Some(email.name), to))
            .subject(email.subject)
            .date(now.instant.into())
            .message_id(Some(format!("<{}@{}>", email.id, self.from.email.domain())))
            .header(ContentType::TEXT_PLAIN)
            .body(email.text)
            .map_err(|error| Fault::Refused(error.to_string()))?;
        match &self.way {
            Way::Server(server) => match server.send(email).await {
                Ok(_) => Ok(()),
                Err(error) if is_about_us(&error) => Err(Fault::Away(error.to_string())),
                Err(error) if error.is_permanent() => Err(Fault::Refused(error.to_string())),
                Err(error) if error.is_transient() => Err(Fault::Later(error.to_string())),
                Err(error) => Err(Fault::Away(error.to_string())),
            },
            Way::Folder(folder, _) => {
                folder.send(email).await.map(drop).map_err(|error| Fault::Away(error.to_string()))
            }
        }
    }
}

/// What a mail server said without the addresses in it: the log names nobody, and the outbox keeps every word.
fn without_addresses(said: &str) -> String {
    let is_address = |word: &&str| word.contains('@');
    let hide =
        |word: &str| if is_address(&word) { "(address)".to_owned() } else { word.to_owned() };
    said.split_whitespace().map(hide).collect::<Vec<_>>().join(" ")
}

/// Whether the mail server refuses Accord itself, and would refuse every other email too (RFC 4954: a wrong password, or
/// none where one is needed). Somebody mends the setting, and then everything goes.
fn is_about_us(error: &lettre::transport::smtp::Error) -> bool {
    error.status().is_some_and(|code| [530, 534, 535, 538].contains(&u16::from(code)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(address: &str) -> Mail {
        Mail {
            mail: Some(address.into()),
            mail_from: "Accord <accord@icb.example>".parse().ok(),
            address: Some("https://accord.icb.example".into()),
        }
    }

    /// Beyond this machine, mail that says who has to answer what travels encrypted only.
    #[tokio::test]
    async fn mail_leaves_the_machine_encrypted_only() {
        for (address, is_fine) in [
            ("smtps://user:secret@mail.icb.example", true),
            ("smtp://mail.icb.example?tls=required", true),
            ("smtp://127.0.0.1:2525", true),
            ("smtp://localhost", true),
            ("smtp://user:secret@127.0.0.1:2525", true),
            ("file:/tmp/mail", true),
            ("smtp://mail.icb.example", false),
            ("smtp://mail.icb.example?tls=opportunistic", false),
            ("smtp://localhost.icb.example", false),
            ("smtp://127.0.0.1@mail.icb.example", false),
            ("smtp://127.0.0.1:25@mail.icb.example", false),
            ("smtp://mail.icb.example/@127.0.0.1", false),
            ("smtp://user:tls=required@mail.icb.example", false),
            ("smtp://127.0.0.1.icb.example:25", false),
            ("https://mail.icb.example", false),
        ] {
            assert_eq!(mail(address).sender().is_ok(), is_fine, "{address}");
        }
    }

    #[test]
    fn the_log_names_no_address() {
        let said =
            "permanent error (550): 5.1.1 <sam@surgery.example>: Recipient  address rejected";
        let logged = "permanent error (550): 5.1.1 (address) Recipient address rejected";
        assert_eq!(without_addresses(said), logged);
    }

    #[test]
    fn links_begin_with_an_address_and_nothing_else() {
        for (text, read) in [
            ("https://accord.icb.example", Some("https://accord.icb.example")),
            ("https://accord.icb.example/", Some("https://accord.icb.example")),
            ("http://127.0.0.1:8080", Some("http://127.0.0.1:8080")),
            ("accord.icb.example", None),
            ("https://", None),
            ("https://accord.icb.example/path", None),
            ("https://accord.icb.example?x=1", None),
            ("https://user@accord.icb.example", None),
            ("javascript:alert(1)", None),
        ] {
            assert_eq!(address(text).ok().as_deref(), read, "{text}");
        }
    }

    #[test]
    fn without_a_server_there_is_no_sender() {
        assert!(Mail { mail: None, ..mail("") }.sender().is_ok_and(|sender| sender.is_none()));
    }
}
