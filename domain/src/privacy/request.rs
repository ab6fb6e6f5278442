//! A privacy request: what was asked for, how it stands, and what may be done about it in which state. The one table of
//! states is read by the services, the pages and the OpenDSR door.

pub use super::words::{Manner, RequestKind, RequestState, Step};
use super::{ErasureDone, basis::Basis, clock::Regulation};
use crate::{
    id::{RecipientId, RequestId},
    notice::DeliveryState,
    problem::{Code, Problem},
    profile::{IDENTITY_BYTES_MAX, IdentityKind},
    time::{DAY_MS, Timestamp},
};
use serde::{Deserialize, Serialize};

/// Identities of one request at most: one person has a few; a list of people is not one person's request.
pub const SUBJECTS_MAX: usize = 50;
/// Longest text that somebody writes about a request, in characters.
pub const NOTE_CHARS_MAX: usize = 1_000;
/// How long the answer to an access request can be downloaded, in milliseconds: seven days.
pub const RESULTS_MS: i64 = 7 * DAY_MS;
/// How long a record is kept after its end, in months: what the CCPA regulations ask for (§ 7101).
pub const RECORD_MONTHS: u32 = 24;
/// Callbacks of one request at most.
pub const CALLBACKS_MAX: usize = 10;
/// Recipients of one dataset at most: each is told of every erasure.
pub const RECIPIENTS_MAX: usize = 50;

/// What can be done about a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Deed {
    /// Say that receipt was confirmed.
    Confirm,
    /// Say how the identity was verified.
    Verify,
    /// Extend the term.
    Extend,
    /// Carry it out.
    Run,
    /// Take it back.
    Cancel,
    /// Refuse it.
    Decline,
}

impl RequestState {
    /// Whether it has come to its end.
    #[must_use]
    pub const fn ended(self) -> bool {
        !matches!(self, Self::Pending | Self::InProgress)
    }

    /// The one table of what may be done in which state. What is being carried out can be tried again or refused, but no longer
    /// taken back: something may have gone already.
    #[must_use]
    pub const fn may(self, deed: Deed) -> bool {
        match self {
            Self::Pending => true,
            Self::InProgress => !matches!(deed, Deed::Cancel),
            Self::Completed | Self::Cancelled | Self::Declined => false,
        }
    }

    /// Checks it.
    ///
    /// # Errors
    /// `state_refused`.
    pub fn check(self, deed: Deed) -> Result<(), Problem> {
        if self.may(deed) {
            return Ok(());
        }
        let message = match self {
            Self::InProgress => {
                "The request is being carried out already, so it can no longer be cancelled.".to_owned()
            }
            ended => format!(
                "The request is {} already, so nothing can be done about it any more.",
                ended.title().to_lowercase()
            ),
        };
        Err(Problem::because(Code::StateRefused, message))
    }
}

/// One way by which the person is known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Subject {
    /// Of which kind; `None`: nobody said, so any.
    pub kind: Option<IdentityKind>,
    /// The identity.
    pub value: String,
}

/// A request as it is entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRequest {
    /// What is asked for.
    pub kind: RequestKind,
    /// By which law.
    pub regulation: Regulation,
    /// How it came.
    pub manner: Manner,
    /// When it came; `None`: now.
    pub received_at: Option<Timestamp>,
    /// Who it is about.
    pub subjects: Vec<Subject>,
    /// How the person's identity was verified; `None`: not yet.
    pub verified_how: Option<String>,
}

impl NewRequest {
    /// Checks it and brings identities into their usual form, each once.
    ///
    /// # Errors
    /// `invalid` on `identities`, `received_at` or `verified_how`.
    pub fn checked(mut self, now: Timestamp) -> Result<Self, Problem> {
        let refused = |field: &str, message: &str| Err(Problem::because(Code::Invalid, message).on(field));
        if self.received_at.is_some_and(|at| at > now) {
            return refused("received_at", "A request cannot have arrived in the future.");
        }
        let mut subjects = Vec::new();
        for subject in self.subjects {
            let value = match subject.kind {
                Some(kind) => kind.canonical(&subject.value),
                None => IdentityKind::UserId.canonical(&subject.value),
            };
            let Some(value) = value else {
                return Err(Problem::because(
                    Code::Invalid,
                    format!("An identity has 1 to {IDENTITY_BYTES_MAX} bytes and no control characters."),
                )
                .on("identities"));
            };
            let subject = Subject {
                kind: subject.kind,
                value,
            };
            if !subjects.contains(&subject) {
                subjects.push(subject);
            }
        }
        if subjects.is_empty() {
            return refused(
                "identities",
                "Type at least one identity: a user id, e-mail address, phone number or anonymous id.",
            );
        }
        if subjects.len() > SUBJECTS_MAX {
            return refused(
                "identities",
                "One request is about one person: at most 50 identities.",
            );
        }
        self.subjects = subjects;
        self.verified_how = self
            .verified_how
            .map(|text| note(&text, "verified_how"))
            .transpose()?;
        Ok(self)
    }
}

/// A text that somebody wrote about a request, trimmed.
///
/// # Errors
/// `invalid` on the field where it is empty or too long.
pub fn note(text: &str, field: &str) -> Result<String, Problem> {
    let text = text.trim();
    let fits = !text.is_empty()
        && text.chars().count() <= NOTE_CHARS_MAX
        && !text.chars().any(|c| c.is_control() && c != '\n' && c != '\r');
    if fits {
        return Ok(text.to_owned());
    }
    let message = format!("Write a sentence, of at most {NOTE_CHARS_MAX} characters.");
    Err(Problem::because(Code::Invalid, message).on(field))
}

/// A request as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Its number.
    pub id: RequestId,
    /// The dataset's short name.
    pub dataset: String,
    /// What is asked for.
    pub kind: RequestKind,
    /// By which law.
    pub regulation: Regulation,
    /// How it came.
    pub manner: Manner,
    /// How it stands.
    pub state: RequestState,
    /// Who entered it.
    pub created_by: String,
    /// When it was entered.
    pub created_at: Timestamp,
    /// When it arrived: the clock runs from here.
    pub received_at: Timestamp,
    /// Until when receipt must be confirmed.
    pub confirm_by: Option<Timestamp>,
    /// When it was.
    pub confirmed_at: Option<Timestamp>,
    /// Until when it must be answered.
    pub due_at: Timestamp,
    /// Until when without an extension.
    pub first_due_at: Timestamp,
    /// The extension, in the regulation's unit.
    pub extension: Option<i64>,
    /// Why it was extended.
    pub extension_reason: Option<String>,
    /// When it was extended.
    pub extended_at: Option<Timestamp>,
    /// How the identity was verified; `None`: not yet.
    pub verified_how: Option<String>,
    /// Who did.
    pub verified_by: Option<String>,
    /// When.
    pub verified_at: Option<Timestamp>,
    /// When the server carries it out by itself.
    pub run_at: Option<Timestamp>,
    /// How the person is known; empty once it has been forgotten.
    pub subjects: Vec<Subject>,
    /// Keyed names of the identities, which stay.
    pub names: Vec<String>,
    /// Why it could not be carried out at the last try.
    pub trouble: Option<String>,
    /// What an erasure came to.
    pub account: Option<ErasureDone>,
    /// People found.
    pub records: Option<i64>,
    /// On what ground it was refused.
    pub basis: Option<Basis>,
    /// In words.
    pub reason: Option<String>,
    /// Who ended it.
    pub ended_by: Option<String>,
    /// When.
    pub ended_at: Option<Timestamp>,
    /// Until when the answer can be downloaded.
    pub results_until: Option<Timestamp>,
    /// Since when nothing says who it was.
    pub forgotten_at: Option<Timestamp>,
    /// The controller's own id of it.
    pub outside_id: Option<String>,
    /// The controller: the key id of its token.
    pub controller: Option<String>,
    /// Recipients and controllers that have not been reached yet.
    pub untold: i64,
}

impl Request {
    /// Whether its answer can be downloaded now.
    #[must_use]
    pub fn answer_ready(&self, now: Timestamp) -> bool {
        self.state == RequestState::Completed
            && self.forgotten_at.is_none()
            && self.results_until.is_some_and(|until| now < until)
    }

    /// Whether it was answered within the term, or can still be.
    #[must_use]
    pub fn on_time(&self, now: Timestamp) -> bool {
        self.ended_at.unwrap_or(now) <= self.due_at
    }
}

/// What happened to a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// What.
    pub step: Step,
    /// More, in words.
    pub note: Option<String>,
}

/// Word on its way to a recipient or a controller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The id that the receiver sees, the same at every try.
    pub key: String,
    /// The recipient's name; `None`: a callback to the controller.
    pub recipient: Option<String>,
    /// The host that it goes to: the rest of an address may be a secret.
    pub host: String,
    /// What a callback says.
    pub says: Option<String>,
    /// How it stands.
    pub state: DeliveryState,
    /// Tries so far.
    pub tries: i64,
    /// What the other side said last.
    pub said: Option<String>,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it is tried next.
    pub next_at: Option<Timestamp>,
}

/// Somebody to whom the dataset's data was disclosed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    /// Its number.
    pub id: RecipientId,
    /// Its name.
    pub name: String,
    /// Where it is told.
    pub url: String,
    /// Who entered it.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
}

/// Which requests are asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Which {
    /// Those that are not ended, the most pressing first.
    #[default]
    Open,
    /// Those that are, newest first.
    Ended,
    /// All, newest first.
    All,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ended_stays_so_and_what_runs_cannot_be_taken_back() {
        let all = [
            Deed::Confirm,
            Deed::Verify,
            Deed::Extend,
            Deed::Run,
            Deed::Cancel,
            Deed::Decline,
        ];
        for state in RequestState::ALL {
            for deed in all {
                let running = deed == Deed::Cancel && *state == RequestState::InProgress;
                let want = !(state.ended() || running);
                assert_eq!(state.may(deed), want, "{state:?} {deed:?}");
                assert_eq!(state.check(deed).is_ok(), want);
            }
            assert_eq!(RequestState::parse(state.as_str()), Some(*state));
        }
    }

    #[test]
    fn identities_are_brought_into_form_each_once() {
        let subject = |kind, value: &str| Subject {
            kind,
            value: value.to_owned(),
        };
        let new = |subjects| NewRequest {
            kind: RequestKind::Erasure,
            regulation: Regulation::Gdpr,
            manner: Manner::Email,
            received_at: None,
            subjects,
            verified_how: None,
        };
        let now = Timestamp::from_ms(0);
        let email = Some(IdentityKind::Email);
        let made = new(vec![
            subject(email, " Ada@Example.org"),
            subject(email, "ada@example.org"),
            subject(None, "u1"),
        ]);
        let made = made.checked(now).expect("fits");
        assert_eq!(
            made.subjects,
            [subject(email, "ada@example.org"), subject(None, "u1")]
        );
        let field = |new: NewRequest| new.checked(now).expect_err("refused").field;
        assert_eq!(field(new(vec![])).as_deref(), Some("identities"));
        assert_eq!(
            field(new(vec![subject(None, " \n ")])).as_deref(),
            Some("identities")
        );
        let late = NewRequest {
            received_at: Some(Timestamp::from_ms(1)),
            ..new(vec![subject(None, "u1")])
        };
        assert_eq!(field(late).as_deref(), Some("received_at"));
    }
}
