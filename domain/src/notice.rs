//! Notices: word of what a person's deletions came to, in the console, by e-mail and by webhook. What they say names
//! segments and numbers, never anybody who is or was in the dataset.

use crate::{
    guard::grouped,
    id::{JobId, NoticeId, RecurringId},
    job::{Counts, JobState},
    problem::{Code, Problem},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Tries to deliver a notice before it is given up.
pub const TRIES_MAX: i64 = 9;
/// The pause after the first failed try; it grows fourfold with each one, up to `PAUSE_MS_MAX`.
const PAUSE_MS: i64 = 30_000;
/// The longest pause between two tries. With nine tries a receiver may be down for more than a day.
const PAUSE_MS_MAX: i64 = 8 * 3_600_000;
/// Shortest secret of a webhook, in characters: as many as 24 random bytes have.
pub const SECRET_CHARS_MIN: usize = 32;
/// Longest address that is taken, in characters.
pub const ADDRESS_CHARS_MAX: usize = 254;

/// The pause after so many failed tries, in milliseconds; `None`: it is given up.
#[must_use]
pub fn pause_ms(tries: i64) -> Option<i64> {
    let grown = u32::try_from(tries - 1).ok().filter(|_| tries < TRIES_MAX)?;
    Some(
        PAUSE_MS
            .saturating_mul(4_i64.saturating_pow(grown))
            .min(PAUSE_MS_MAX),
    )
}

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// A deletion has ended.
    JobEnded,
    /// A deletion waits for somebody to do something.
    JobWaits,
    /// A recurring deletion was due and nobody was deleted.
    RunRefused,
    /// A due moment of a recurring deletion was missed.
    RunSkipped,
    /// A recurring deletion was stopped by the server.
    RecurringStopped,
    /// Identities of deleted people live again.
    CameBack,
}

impl NoticeKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::JobEnded,
        Self::JobWaits,
        Self::RunRefused,
        Self::RunSkipped,
        Self::RecurringStopped,
        Self::CameBack,
    ];

    /// The text form, as stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::JobEnded => "job_ended",
            Self::JobWaits => "job_waits",
            Self::RunRefused => "run_refused",
            Self::RunSkipped => "run_skipped",
            Self::RecurringStopped => "recurring_stopped",
            Self::CameBack => "came_back",
        }
    }

    /// Reads the text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A notice as its recipient sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Its number.
    pub id: NoticeId,
    /// What it is about.
    pub kind: NoticeKind,
    /// The dataset's short name.
    pub dataset: String,
    /// In a line.
    pub title: String,
    /// In a sentence or two.
    pub text: String,
    /// The job that it is about.
    pub job: Option<JobId>,
    /// The recurring deletion that it is about.
    pub recurring: Option<RecurringId>,
    /// When it was written: in the same moment as what it tells of.
    pub created_at: Timestamp,
    /// When it was marked as read.
    pub read_at: Option<Timestamp>,
}

/// What a job's end comes to: title and text.
#[must_use]
pub fn job_ended(
    id: JobId,
    segment: &str,
    end: JobState,
    counts: &Counts,
    reason: Option<&str>,
) -> (String, String) {
    let number = id.number();
    let (word, more) = match end {
        JobState::Completed if counts.spared > 0 => (
            "completed",
            "The spared no longer matched when their turn came; nobody else of the list is left.",
        ),
        JobState::Completed => ("completed", "Nobody of the list is left."),
        JobState::CompletedWithLeftovers => (
            "completed with leftovers",
            "Some of the list are left; the job's page says who and why.",
        ),
        JobState::Cancelled if counts.deleted == 0 => ("cancelled", "Everybody was kept."),
        JobState::Cancelled => (
            "cancelled",
            "Who was deleted before that stays deleted; the rest were kept.",
        ),
        _ => ("failed", "The job's page says how far it came."),
    };
    let why = reason.map(|reason| format!(" {reason}")).unwrap_or_default();
    let spared = match counts.spared {
        0 => String::new(),
        spared => format!(", {} spared", grouped(spared)),
    };
    let text = format!(
        "{} of {} on the list were deleted{spared}. {more}{why}",
        grouped(counts.deleted),
        grouped(counts.matched)
    );
    (format!("{number} “{segment}”: {word}"), text)
}

/// A way out of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// An e-mail to the recipient.
    Mail,
    /// A signed request to the operator's own address.
    Webhook,
}

impl Channel {
    /// Every channel.
    pub const ALL: [Self; 2] = [Self::Mail, Self::Webhook];

    /// The text form, as stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Webhook => "webhook",
        }
    }

    /// As shown.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Mail => "E-mail",
            Self::Webhook => "Webhook",
        }
    }

    /// Reads the text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.as_str() == text)
    }
}

/// How a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// It is tried, or tried again.
    Waiting,
    /// The other side has taken it.
    Sent,
    /// It was tried often enough.
    GivenUp,
}

impl DeliveryState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Sent, Self::GivenUp];

    /// The text form, as stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::GivenUp => "given_up",
        }
    }

    /// As shown.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Waiting => "Waiting",
            Self::Sent => "Delivered",
            Self::GivenUp => "Given up",
        }
    }

    /// Reads the text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// One notice on its way out, as administrators see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// The id that the receiver sees, the same at every try.
    pub key: String,
    /// By which way.
    pub channel: Channel,
    /// Where to.
    pub target: String,
    /// What it is about, in a line.
    pub title: String,
    /// How it stands.
    pub state: DeliveryState,
    /// Tries so far.
    pub tries: i64,
    /// What the other side, or the network, said last.
    pub said: Option<String>,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it is tried next.
    pub next_at: Option<Timestamp>,
}

/// How the connection to the mail server is kept private.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmtpTls {
    /// From the first byte, usually port 465.
    Implicit,
    /// After a greeting, usually port 587; a server that does not offer it is not used.
    Starttls,
    /// Not at all: for a server on the same machine.
    None,
}

impl SmtpTls {
    /// Every way.
    pub const ALL: [Self; 3] = [Self::Starttls, Self::Implicit, Self::None];

    /// The text form, as stored and typed.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Implicit => "implicit",
            Self::Starttls => "starttls",
            Self::None => "none",
        }
    }

    /// As shown.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Implicit => "TLS from the first byte (usually port 465)",
            Self::Starttls => "STARTTLS (usually port 587)",
            Self::None => "None: a server on this machine or network",
        }
    }

    /// Reads the text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tls| tls.as_str() == text)
    }
}

/// The mail server that notices leave by.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SmtpSettings {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is kept private.
    pub tls: SmtpTls,
    /// The name to log in with; empty: nobody logs in.
    pub user: String,
    /// The password that belongs to it. Never shown.
    pub secret: String,
    /// The sender's address.
    pub from: String,
}

/// Keeps the secret out of logs.
impl fmt::Debug for SmtpSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpSettings")
            .field("host", &self.host)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

impl SmtpSettings {
    /// Checks what was typed.
    ///
    /// # Errors
    /// `invalid` on `smtp_host`, `smtp_port`, `smtp_user` or `smtp_from`.
    pub fn check(&self) -> Result<(), Problem> {
        let refused = |field: &str, message: &str| Err(Problem::because(Code::Invalid, message).on(field));
        let host = &self.host;
        if host.is_empty()
            || host.len() > ADDRESS_CHARS_MAX
            || host.contains(|c: char| c.is_whitespace() || "/:@".contains(c))
        {
            return refused(
                "smtp_host",
                "Type the mail server's name, such as mail.example.org.",
            );
        }
        if self.port == 0 {
            return refused("smtp_port", "Type the mail server's port, such as 587.");
        }
        if self.tls == SmtpTls::None && !self.user.is_empty() {
            return refused(
                "smtp_user",
                "A password only travels over TLS. Choose TLS, or leave the user name empty.",
            );
        }
        if !is_address(&self.from) {
            return refused(
                "smtp_from",
                "Type the sender's address, such as lethe@example.org.",
            );
        }
        Ok(())
    }
}

/// Whether a text can be an e-mail address: something on both sides of one `@`, on one line. The mail server knows the rest.
#[must_use]
pub fn is_address(text: &str) -> bool {
    let plain = text.len() <= ADDRESS_CHARS_MAX
        && !text.contains(|c: char| c.is_whitespace() || c.is_control() || "<>,;\"".contains(c));
    plain
        && text
            .split_once('@')
            .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'))
}

/// What the page of notifications shows. Secrets are not among it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotificationSettings {
    /// Where this person's notices go by e-mail.
    pub own_address: Option<String>,
    /// The mail server without its secret; `None`: none is set, or the person may not see it.
    pub smtp: Option<SmtpShown>,
    /// Whether a mail server is set, for everybody to know.
    pub mail_ready: bool,
    /// Where the webhook goes; `None`: none is set, or the person may not see it.
    pub webhook_url: Option<String>,
    /// The last deliveries, newest first; for administrators.
    pub deliveries: Vec<Delivery>,
}

/// The mail server as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SmtpShown {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is kept private.
    pub tls: SmtpTls,
    /// The name to log in with.
    pub user: String,
    /// Whether a password is kept.
    pub has_secret: bool,
    /// The sender's address.
    pub from: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end() {
        let pauses: Vec<_> = (1..=TRIES_MAX).map(pause_ms).collect();
        assert_eq!(pauses.first(), Some(&Some(30_000)));
        assert_eq!(pauses.last(), Some(&None));
        let known: Vec<i64> = pauses.into_iter().flatten().collect();
        assert!(
            known.is_sorted() && known.iter().sum::<i64>() > 24 * 3_600_000,
            "{known:?}"
        );
        assert_eq!(pause_ms(0), None);
    }

    #[test]
    fn the_end_of_a_job_is_told_in_numbers() {
        let counts = Counts::of(1_200, 1_200, 0, 0, 0, 0);
        let (title, text) = job_ended(JobId(1001), "Lapsed", JobState::Completed, &counts, None);
        assert_eq!(title, "D-1001 “Lapsed”: completed");
        assert_eq!(
            text,
            "1,200 of 1,200 on the list were deleted. Nobody of the list is left."
        );
        let spared = Counts::of(60, 59, 1, 0, 0, 0);
        let (_, text) = job_ended(JobId(1), "L", JobState::Completed, &spared, None);
        assert_eq!(
            text,
            "59 of 60 on the list were deleted, 1 spared. The spared no longer matched when their turn came; nobody else of the list is left."
        );
        let none = Counts::of(5, 0, 0, 0, 0, 0);
        let (_, text) = job_ended(JobId(1), "L", JobState::Cancelled, &none, None);
        assert!(text.contains("Everybody was kept"), "{text}");
    }

    #[test]
    fn addresses_are_told_from_what_is_none() {
        assert!(is_address("ada@example.org"));
        for bad in [
            "",
            "ada",
            "@x",
            "a@",
            "a@b@c",
            "a b@c",
            "a@c\nBcc: x@y",
            "<a@b>",
            "a@b,c@d",
        ] {
            assert!(!is_address(bad), "{bad}");
        }
    }

    #[test]
    fn a_password_never_travels_in_the_open() {
        let smtp = |tls, user: &str| SmtpSettings {
            host: "mail.example.org".to_owned(),
            port: 587,
            tls,
            user: user.to_owned(),
            secret: "s3cret".to_owned(),
            from: "lethe@example.org".to_owned(),
        };
        assert!(smtp(SmtpTls::Starttls, "ada").check().is_ok());
        assert!(smtp(SmtpTls::None, "").check().is_ok());
        let refused = smtp(SmtpTls::None, "ada").check().expect_err("refused");
        assert_eq!(refused.field.as_deref(), Some("smtp_user"));
        assert!(!format!("{:?}", smtp(SmtpTls::None, "")).contains("s3cret"));
    }
}
