//! One notice as an e-mail. Knows the mail server's settings and nothing of what the notice is about.

use domain::notice::{SmtpSettings, SmtpTls};
use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
    transport::smtp::{
        authentication::Credentials,
        client::{Tls, TlsParameters},
    },
};
use std::{error::Error as _, time::Duration};

/// A command to the mail server takes this long at most.
const COMMAND_MAX: Duration = Duration::from_secs(8);

/// What is sent.
pub(super) struct Letter<'a> {
    pub(super) to: &'a str,
    pub(super) subject: &'a str,
    pub(super) text: &'a str,
    /// The same at every try: the letter's own id, by which mailboxes tell a copy.
    pub(super) key: &'a str,
}

/// The text of a letter, out of what a webhook would be sent.
pub(super) fn text(body: &serde_json::Value) -> String {
    let field = |name: &str| body[name].as_str().unwrap_or_default();
    let mut lines = vec![field("text").to_owned(), String::new()];
    for (name, title) in [
        ("dataset", "Dataset"),
        ("job", "Job"),
        ("recurring", "Recurring deletion"),
        ("created_at", "Time"),
    ] {
        if !field(name).is_empty() {
            lines.push(format!("{title}: {}", field(name)));
        }
    }
    lines.join("\r\n")
}

/// Hands it to the mail server. Gives what the server said, or why it did not take it.
pub(super) async fn send(server: &SmtpSettings, letter: &Letter<'_>) -> Result<String, String> {
    let mailbox = |text: &str| {
        text.parse::<Mailbox>()
            .map_err(|_| format!("{text} is no address that mail can be sent to."))
    };
    let message = Message::builder()
        .from(mailbox(&server.from)?)
        .to(mailbox(letter.to)?)
        .subject(letter.subject)
        .message_id(Some(format!("<{}@lethe>", letter.key)))
        .header(ContentType::TEXT_PLAIN)
        .body(letter.text.to_owned())
        .map_err(|error| format!("The letter could not be written: {error}."))?;
    let said = transport(server)?.send(message).await;
    let place = format!("{}:{}", server.host, server.port);
    match said {
        Ok(answer) => {
            let words = answer.first_line().unwrap_or_default();
            Ok(format!("{place} took it: {} {words}", answer.code()))
        }
        Err(error) => {
            // The innermost words say what happened; the outer ones only where.
            let mut words = error.to_string();
            let mut source = error.source();
            while let Some(inner) = source {
                words = inner.to_string();
                source = inner.source();
            }
            Err(format!("{place} did not take it: {words}"))
        }
    }
}

fn transport(server: &SmtpSettings) -> Result<AsyncSmtpTransport<Tokio1Executor>, String> {
    let parameters = || {
        TlsParameters::new(server.host.clone())
            .map_err(|error| format!("TLS to {} is not possible: {error}.", server.host))
    };
    let tls = match server.tls {
        SmtpTls::None => Tls::None,
        SmtpTls::Starttls => Tls::Required(parameters()?),
        SmtpTls::Implicit => Tls::Wrapper(parameters()?),
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host)
        .port(server.port)
        .timeout(Some(COMMAND_MAX))
        .tls(tls);
    if !server.user.is_empty() {
        builder = builder.credentials(Credentials::new(server.user.clone(), server.secret.clone()));
    }
    Ok(builder.build())
}
