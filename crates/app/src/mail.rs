//! Emails: what waits in the outbox goes to a mail server, or into a folder while somebody develops.

use clap::Args;
use domain::Now;
use lettre::{
    Address, AsyncFileTransport, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
};
use store::{Db, message::Outgoing};

/// How many messages are taken from the outbox at once.
const AT_ONCE: i64 = 50;

/// Where emails go, and what they say of this service.
#[derive(Args, Clone, Debug)]
pub struct Mail {
    /// Mail server, such as smtps://user:password@mail.example or smtp://mail.example?tls=required; or file:FOLDER to write
    /// emails into a folder. Without it, messages are read on the pages only
    #[arg(
        long,
        env = "ACCORD_MAIL",
        value_name = "ADDRESS",
        hide_env_values = true,
        requires_all = ["mail_from", "address"]
    )]
    mail: Option<String>,
    /// Sender of emails, such as "Accord <accord@icb.example>"
    #[arg(long, env = "ACCORD_MAIL_FROM", value_name = "SENDER")]
    mail_from: Option<Mailbox>,
    /// Address that people reach the service by, such as `https://accord.icb.example`: links in emails and invitations begin with it
    #[arg(long, env = "ACCORD_ADDRESS", value_name = "ADDRESS")]
    address: Option<String>,
}

impl Mail {
    /// Where people reach the service, where the operator says so.
    pub fn address(&self) -> Option<String> {
        self.address.clone()
    }

    /// The sender that the settings describe, if they describe one.
    ///
    /// # Errors
    /// When the address of the mail server cannot be used, or would send people's mail unprotected over a network.
    pub fn sender(&self) -> Result<Option<Sender>, String> {
        let (Some(mail), Some(from), Some(address)) = (&self.mail, &self.mail_from, &self.address)
        else {
            return Ok(None);
        };
        let way = if let Some(folder) = mail.strip_prefix("file:") {
            Way::Folder(AsyncFileTransport::new(folder))
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
        let address = address.trim_end_matches('/').to_owned();
        Ok(Some(Sender { way, from: from.clone(), address }))
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
    Folder(AsyncFileTransport<Tokio1Executor>),
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

impl Sender {
    /// Sends what is due, until nothing is left or the mail server cannot be reached.
    pub async fn post(&self, db: &Db, now: &Now) -> store::Result<Posted> {
        let mut posted = Posted::default();
        loop {
            let due = store::message::claim(db, AT_ONCE, now).await?;
            if due.is_empty() {
                return Ok(posted);
            }
            let mut away: Option<String> = None;
            for message in &due {
                let sent = match &away {
                    Some(fault) => Err(Fault::Away(fault.clone())),
                    None => self.send(message, now).await,
                };
                let (fault, is_final) = match sent {
                    Ok(()) => {
                        store::message::sent(db, message, now).await?;
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
                if store::message::failed(db, message, (&fault, is_final), now).await? {
                    tracing::error!(message = %message.id(), %fault, "an email was given up");
                    posted.given_up += 1;
                } else {
                    posted.put_off += 1;
                }
            }
            if let Some(fault) = away {
                tracing::warn!(%fault, "the mail server cannot be used");
                return Ok(posted);
            }
        }
    }

    async fn send(&self, outgoing: &Outgoing, now: &Now) -> Result<(), Fault> {
        let to = outgoing.email.parse::<Address>().map_err(|error| {
            Fault::Refused(format!("the email address cannot be used: {error}"))
        })?;
        let text = format!(
            "Dear {},\n\n{}\n\n{}{}\n\nYou get this email because of your role in Accord. You cannot reply to it.\n",
            outgoing.name, outgoing.body, self.address, outgoing.link
        );
        let email = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(Some(outgoing.name.clone()), to))
            .subject(outgoing.subject.clone())
            .date(now.instant.into())
            // The same at each attempt, so that a mail system can tell a repeat.
            .message_id(Some(format!("<{}@{}>", outgoing.id(), self.from.email.domain())))
            .header(ContentType::TEXT_PLAIN)
            .body(text)
            .map_err(|error| Fault::Refused(error.to_string()))?;
        match &self.way {
            Way::Server(server) => match server.send(email).await {
                Ok(_) => Ok(()),
                Err(error) if is_about_us(&error) => Err(Fault::Away(error.to_string())),
                Err(error) if error.is_permanent() => Err(Fault::Refused(error.to_string())),
                Err(error) if error.is_transient() => Err(Fault::Later(error.to_string())),
                Err(error) => Err(Fault::Away(error.to_string())),
            },
            Way::Folder(folder) => {
                folder.send(email).await.map(drop).map_err(|error| Fault::Away(error.to_string()))
            }
        }
    }
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
            address: Some("https://accord.icb.example/".into()),
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
    fn without_a_server_there_is_no_sender() {
        assert!(Mail { mail: None, ..mail("") }.sender().is_ok_and(|sender| sender.is_none()));
    }
}
