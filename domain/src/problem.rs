//! The one table of problem codes: name, HTTP status, and the sentence that says what is wrong and what to do next.
//! Server functions, forms, REST and the command line all draw from it. Knows nothing of what went wrong inside.

use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $status:literal, $sentence:literal;)*) => {
        /// Why something was refused. Stable: scripts rely on the text form.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Code { $($(#[$doc])* $name,)* }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// The text form, as in REST errors and page addresses.
            #[must_use]
            pub const fn as_str(self) -> &'static str { match self { $(Code::$name => $text,)* } }

            /// The HTTP status that fits.
            #[must_use]
            pub const fn status(self) -> u16 { match self { $(Code::$name => $status,)* } }

            /// The sentence shown where no better one is at hand.
            #[must_use]
            pub const fn sentence(self) -> &'static str { match self { $(Code::$name => $sentence,)* } }

            /// Reads the text form.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|code| code.as_str() == text)
            }
        }
    };
}

codes! {
    /// Not logged in, or no valid token.
    Unauthenticated = "unauthenticated", 401, "Log in, or send a valid token.";
    /// Log-in refused.
    LoginFailed = "login_failed", 401, "User name or password is not right.";
    /// Too many tries.
    TooManyTries = "too_many_tries", 429, "Too many tries. Wait a minute, then try again.";
    /// The log-in is older than five minutes and the deed needs the password again.
    PasswordRequired = "password_required", 403, "Give your password once more: the log-in is older than five minutes.";
    /// The password given again was wrong.
    PasswordWrong = "password_wrong", 403, "The password is not right.";
    /// The role or scope does not allow it.
    Forbidden = "forbidden", 403, "Your role does not allow this. Ask an administrator.";
    /// No such thing.
    NotFound = "not_found", 404, "There is nothing at this address. It may have been deleted.";
    /// Without this user nobody could administer the installation.
    LastAdministrator = "last_administrator", 409, "This is the last administrator. Make somebody else administrator first.";
    /// The input cannot be read.
    BadRequest = "bad_request", 400, "The request cannot be read.";
    /// The input is larger than allowed.
    TooLarge = "too_large", 413, "The input is larger than allowed.";
    /// A form came without its file.
    FileMissing = "file_missing", 422, "Choose a file first.";
    /// The body is of a kind that is not read here.
    UnsupportedMedia = "unsupported_media", 415, "Send CSV or newline-delimited JSON, plain or gzip.";
    /// A field is missing or out of range.
    Invalid = "invalid", 422, "A field is missing or not valid.";
    /// The rule does not parse.
    RuleInvalid = "rule_invalid", 422, "The rule cannot be read.";
    /// Segments that refer to each other in a circle.
    RuleCycle = "rule_cycle", 422, "The rule refers to this segment itself, directly or through another one.";
    /// The name is taken.
    NameTaken = "name_taken", 409, "Something of that name exists already. Choose another name.";
    /// No profile has this identity.
    NobodyKnown = "nobody_known", 422, "Nobody in this dataset has that identity. Type a whole user id, e-mail address, phone number or anonymous id.";
    /// Several profiles have this identity, each as another kind.
    SeveralKnown = "several_known", 422, "Several people are known by that text. Type an identity that only one of them has.";
    /// A legal hold is on the person.
    PersonHeld = "person_held", 409, "This person is under legal hold, so nothing of them is erased. End the hold first.";
    /// The segment is used and cannot be removed.
    InUse = "in_use", 409, "It is still used elsewhere. Remove those uses first.";
    /// The segment is disabled: nobody joins.
    SegmentDisabled = "segment_disabled", 409, "The segment is disabled, so nobody can join it. Enable it first.";
    /// The segment's own job is unfinished.
    SegmentBusy = "segment_busy", 409, "A deletion of this segment is not finished yet.";
    /// Another job has the dataset's one place.
    JobActive = "job_active", 409, "Another deletion is running in this dataset. One runs at a time.";
    /// The recount differs from what was confirmed.
    CountMoved = "count_moved", 409, "The number of profiles has changed since you saw it. Look again before you confirm.";
    /// Something that the page showed has changed.
    PlanChanged = "plan_changed", 409, "The segment or what uses it has changed since you saw this page. Look again before you confirm.";
    /// Running campaigns lean on the segment.
    CampaignActive = "campaign_active", 409, "Running campaigns use this segment. Pause them, or confirm that you have seen it.";
    /// The consent box was not ticked.
    ConsentRequired = "consent_required", 422, "Tick the box to say that you understand that deleted users cannot be recovered.";
    /// The typed name is not the segment's.
    NameMismatch = "name_mismatch", 422, "The name you typed is not the segment's name. Type it exactly as shown.";
    /// The typed number is not a number.
    CountInvalid = "count_invalid", 422, "Type the number of profiles as shown above.";
    /// An empty or all-matching rule needs force.
    ForceRequired = "force_required", 422, "This would delete everyone in the dataset. Say so with force if that is meant.";
    /// A very large share of the dataset would go, and nobody has said that they saw it.
    ShareUnseen = "share_unseen", 422, "Most of the dataset would go. Tick the box to say that you have seen it.";
    /// Nobody is in the segment.
    NobodyMatches = "nobody_matches", 409, "Nobody is in this segment, so there is nothing to delete.";
    /// The job's state does not allow it.
    StateRefused = "state_refused", 409, "The job's state does not allow this.";
    /// The start lies in the past.
    StartPast = "start_past", 422, "That moment has passed. Choose a later start, or start at once.";
    /// The start lies too far ahead.
    StartTooFar = "start_too_far", 422, "A deletion starts within a year. Choose an earlier start.";
    /// The clock skips that time on that day.
    TimeSkipped = "time_skipped", 422, "The clock skips that time on that day, because daylight saving begins. Choose another time.";
    /// The segment has a standing confirmation already.
    RecurringExists = "recurring_exists", 409, "This segment has a recurring deletion already. Stop that one first.";
    /// A way out of the console is not set up.
    NotSetUp = "not_set_up", 409, "That is not set up yet. Fill in the settings first.";
    /// Nobody has made sure who asks.
    IdentityUnverified = "identity_unverified", 409, "Say first how the person's identity was verified.";
    /// The first term is over.
    ExtensionLate = "extension_late", 409, "The first term is over. An extension has to be told within it.";
    /// Another request has this id.
    RequestExists = "request_exists", 400, "Another request has this id. Make a new id for each request.";
    /// What was kept for a time has been removed.
    ResultsGone = "results_gone", 410, "The results were kept for seven days and are no longer there.";
    /// Same key, another body.
    IdempotencyMismatch = "idempotency_mismatch", 422, "This Idempotency-Key was used with another request.";
    /// Asked for something that this release does not have.
    NotAvailable = "not_available", 422, "This release does not offer that yet.";
    /// The data directory is held by another process.
    DirectoryHeld = "directory_held", 409, "Another Lethe server holds this data directory.";
    /// A failure inside; the log has more.
    Internal = "internal", 500, "Something failed on the server. It has been logged; nothing was half done.";
    /// Not ready to do this yet.
    NotReady = "not_ready", 503, "The server is still starting. Try again in a moment.";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One machine-readable detail of a problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Detail {
    /// A number, such as the new count.
    Number(i64),
    /// A text, such as a job's id.
    Text(String),
    /// Several texts, such as campaign names.
    List(Vec<String>),
}

/// An expected refusal: code, sentence, the field it concerns, details for machines. Safe to show; nothing internal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Which row of the table.
    pub code: Code,
    /// What is wrong and what to do, one or two sentences.
    pub message: String,
    /// The input field concerned, by its wire name.
    pub field: Option<String>,
    /// Details for machines.
    #[serde(default)]
    pub details: BTreeMap<String, Detail>,
}

impl Problem {
    /// The table's own sentence.
    #[must_use]
    pub fn new(code: Code) -> Self {
        Self::because(code, code.sentence())
    }

    /// With a sentence that fits this case better than the table's.
    #[must_use]
    pub fn because(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            field: None,
            details: BTreeMap::new(),
        }
    }

    /// Names the input field concerned.
    #[must_use]
    pub fn on(mut self, field: &str) -> Self {
        self.field = Some(field.to_owned());
        self
    }

    /// Adds a number for machines.
    #[must_use]
    pub fn number(mut self, name: &str, value: i64) -> Self {
        self.details.insert(name.to_owned(), Detail::Number(value));
        self
    }

    /// Adds a text for machines.
    #[must_use]
    pub fn text(mut self, name: &str, value: impl Into<String>) -> Self {
        self.details.insert(name.to_owned(), Detail::Text(value.into()));
        self
    }

    /// Adds a list for machines.
    #[must_use]
    pub fn list(mut self, name: &str, value: Vec<String>) -> Self {
        self.details.insert(name.to_owned(), Detail::List(value));
        self
    }

    /// `not_found` for a named kind of thing.
    #[must_use]
    pub fn not_found(what: &str) -> Self {
        Self::because(
            Code::NotFound,
            format!("There is no such {what}. It may have been deleted."),
        )
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_read_back() {
        for code in Code::ALL {
            assert_eq!(Code::parse(code.as_str()), Some(*code));
            assert!((400..600).contains(&code.status()));
            assert!(code.sentence().ends_with('.'));
        }
    }
}
