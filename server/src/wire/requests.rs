//! Privacy requests on the wire.

use super::{Erased, read_time, time};
use domain::{
    id::RecipientId,
    privacy::{
        basis::Basis,
        clock::{Countdown, Regulation},
        request::{HistoryEntry, Manner, NewRequest, Recipient, Request, RequestKind, Subject, Told},
    },
    problem::{Code, Problem},
    profile::IdentityKind,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One way by which the person is known.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestIdentity {
    /// `user_id`, `email`, `phone`, `anonymous_id`; null: any of them.
    #[serde(default)]
    kind: Option<String>,
    /// The identity.
    value: String,
}

impl RequestIdentity {
    fn read(self) -> Result<Subject, Problem> {
        let kind = self.kind.as_deref().map(|text| {
            let found = IdentityKind::ALL.into_iter().find(|kind| kind.as_str() == text);
            found.ok_or_else(|| {
                let message =
                    "The kind of an identity is user_id, email, phone or anonymous_id, or is left out.";
                Problem::because(Code::Invalid, message).on("identities")
            })
        });
        Ok(Subject {
            kind: kind.transpose()?,
            value: self.value,
        })
    }
}

/// A request to be entered.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPrivacyRequest {
    /// `erasure`, `access` or `portability`.
    kind: String,
    /// `gdpr` or `ccpa`.
    regulation: String,
    /// How it came: `email`, `web_form`, `phone`, `post`, `in_person` or `api` (default).
    manner: Option<String>,
    /// When it arrived; the clock runs from here. Default: now.
    received_at: Option<String>,
    /// Who it is about.
    identities: Vec<RequestIdentity>,
    /// How the person's identity was verified; without it nothing is carried out.
    verified_how: Option<String>,
}

impl NewPrivacyRequest {
    /// What the service is asked.
    pub(crate) fn read(self) -> Result<NewRequest, Problem> {
        let one_of = |field: &str, all: &str| {
            Problem::because(Code::Invalid, format!("{field} is one of {all}.")).on(field)
        };
        let manner = self.manner.as_deref().unwrap_or("api");
        let manner = Manner::parse(manner).filter(|it| *it != Manner::OpenDsr);
        Ok(NewRequest {
            kind: RequestKind::parse(&self.kind)
                .ok_or_else(|| one_of("kind", "erasure, access, portability"))?,
            regulation: Regulation::parse(&self.regulation)
                .ok_or_else(|| one_of("regulation", "gdpr, ccpa"))?,
            manner: manner.ok_or_else(|| one_of("manner", "email, web_form, phone, post, in_person, api"))?,
            received_at: read_time(self.received_at.as_deref(), "received_at")?,
            subjects: self
                .identities
                .into_iter()
                .map(RequestIdentity::read)
                .collect::<Result<_, _>>()?,
            verified_how: self.verified_how,
        })
    }
}

/// A request.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct PrivacyRequest {
    /// Its id.
    pub(crate) id: String,
    /// As people quote it: `P-12`.
    number: String,
    /// The dataset.
    dataset: String,
    /// `erasure`, `access` or `portability`.
    kind: String,
    /// `gdpr` or `ccpa`.
    regulation: String,
    /// How it came.
    manner: String,
    /// `pending`, `in_progress`, `completed`, `cancelled` or `declined`.
    state: String,
    /// When it arrived.
    received_at: String,
    /// Until when its receipt is to be confirmed.
    confirm_by: Option<String>,
    /// When it was.
    confirmed_at: Option<String>,
    /// Until when it must be answered.
    due_at: String,
    /// Days left; below zero: overdue. Null once it has ended.
    days_left: Option<i64>,
    /// The extension: months under the GDPR, days under the CCPA.
    extension: Option<i64>,
    /// Why.
    extension_reason: Option<String>,
    /// How the identity was verified.
    verified_how: Option<String>,
    /// When.
    verified_at: Option<String>,
    /// When the server carries it out by itself.
    run_at: Option<String>,
    /// Who it is about; empty once that has been forgotten.
    identities: Vec<RequestIdentity>,
    /// Keyed names of the identities, which stay.
    names: Vec<String>,
    /// Why it could not be carried out at the last try.
    trouble: Option<String>,
    /// What an erasure came to.
    erased: Option<Erased>,
    /// People found.
    people_found: Option<i64>,
    /// The legal ground of a refusal.
    legal_basis: Option<String>,
    /// In words.
    reason: Option<String>,
    /// When it ended.
    ended_at: Option<String>,
    /// Until when the answer can be downloaded.
    results_until: Option<String>,
    /// Since when nothing says who it was.
    forgotten_at: Option<String>,
    /// The controller's own id.
    subject_request_id: Option<String>,
    /// Receivers that have not been told yet.
    untold: i64,
}

impl PrivacyRequest {
    /// As it stands at a moment.
    pub(crate) fn of(it: Request, now: Timestamp) -> Self {
        let days_left = it
            .ended_at
            .is_none()
            .then(|| match Countdown::of(it.due_at, now) {
                Countdown::Left(days) => days,
                Countdown::Today => 0,
                Countdown::Over(days) => -days,
            });
        Self {
            id: it.id.to_string(),
            number: it.id.number(),
            dataset: it.dataset,
            kind: it.kind.as_str().to_owned(),
            regulation: it.regulation.as_str().to_owned(),
            manner: it.manner.as_str().to_owned(),
            state: it.state.as_str().to_owned(),
            received_at: time(it.received_at),
            confirm_by: it.confirm_by.map(time),
            confirmed_at: it.confirmed_at.map(time),
            due_at: time(it.due_at),
            days_left,
            extension: it.extension,
            extension_reason: it.extension_reason,
            verified_how: it.verified_how,
            verified_at: it.verified_at.map(time),
            run_at: it.run_at.map(time),
            identities: it
                .subjects
                .into_iter()
                .map(|subject| RequestIdentity {
                    kind: subject.kind.map(|kind| kind.as_str().to_owned()),
                    value: subject.value,
                })
                .collect(),
            names: it.names,
            trouble: it.trouble,
            erased: it.account.map(Erased::from),
            people_found: it.records,
            legal_basis: it.basis.map(|basis| basis.article(it.regulation).to_owned()),
            reason: it.reason,
            ended_at: it.ended_at.map(time),
            results_until: it.results_until.map(time),
            forgotten_at: it.forgotten_at.map(time),
            subject_request_id: it.outside_id,
            untold: it.untold,
        }
    }
}

/// What happened to a request, and who was told of it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct PrivacyHistory {
    /// What happened, in order.
    history: Vec<PrivacyStep>,
    /// Who was told.
    told: Vec<PrivacyWord>,
}

/// A step.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
struct PrivacyStep {
    /// When.
    at: String,
    /// Who.
    actor: String,
    /// What: `received`, `confirmed`, `verified`, …
    step: String,
    /// More, in words.
    note: Option<String>,
}

/// Word to a recipient or a controller.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
struct PrivacyWord {
    /// The recipient; null: a callback to the controller.
    recipient: Option<String>,
    /// The host that it goes to.
    host: String,
    /// `waiting`, `sent` or `given_up`.
    state: String,
    /// Tries so far.
    tries: i64,
    /// What the other side said last.
    said: Option<String>,
    /// When it is tried next.
    next_at: Option<String>,
}

impl PrivacyHistory {
    /// In wire form.
    pub(crate) fn of((history, told): (Vec<HistoryEntry>, Vec<Told>)) -> Self {
        let step = |it: HistoryEntry| PrivacyStep {
            at: time(it.at),
            actor: it.actor,
            step: it.step.as_str().to_owned(),
            note: it.note,
        };
        let word = |it: Told| PrivacyWord {
            recipient: it.recipient,
            host: it.host,
            state: it.state.as_str().to_owned(),
            tries: it.tries,
            said: it.said,
            next_at: it.next_at.map(time),
        };
        Self {
            history: history.into_iter().map(step).collect(),
            told: told.into_iter().map(word).collect(),
        }
    }
}

/// How the identity was verified.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Verification {
    /// In a sentence, without any identity.
    pub(crate) verified_how: String,
}

/// A longer term.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Extension {
    /// Months under the GDPR (1 or 2), days under the CCPA (1 to 45).
    pub(crate) by: i64,
    /// Why it is necessary; the person is told.
    pub(crate) reason: String,
}

/// A refusal.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Refusal {
    /// `legal_claims`, `legal_obligation`, `unfounded`, `unverified` or `others_rights`.
    basis: String,
    /// In words; the person is told.
    pub(crate) reason: String,
}

impl Refusal {
    /// The ground.
    pub(crate) fn basis(&self) -> Result<Basis, Problem> {
        Basis::parse(&self.basis).ok_or_else(|| {
            let all = Basis::ALL.map(Basis::as_str).join(", ");
            Problem::because(Code::Invalid, format!("basis is one of {all}.")).on("basis")
        })
    }
}

/// That it is to be carried out now.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RunNow {
    /// For an erasure: that what is erased cannot be recovered is understood.
    pub(crate) consent: bool,
}

/// A recipient of the dataset's data.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct PrivacyRecipient {
    /// Its id.
    id: String,
    /// Its name.
    name: String,
    /// Where it is told.
    url: String,
    /// When it was entered.
    created_at: String,
}

impl From<Recipient> for PrivacyRecipient {
    fn from(it: Recipient) -> Self {
        Self {
            id: it.id.to_string(),
            name: it.name,
            url: it.url,
            created_at: time(it.created_at),
        }
    }
}

/// A recipient to be entered.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRecipient {
    /// Its name.
    pub(crate) name: String,
    /// Where it is told: `https://…`.
    pub(crate) url: String,
    /// Signs what it is told; at least 32 characters.
    pub(crate) secret: String,
}

/// A recipient that was entered.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct NewRecipientId {
    /// Its id.
    pub(crate) id: String,
}

impl From<RecipientId> for NewRecipientId {
    fn from(id: RecipientId) -> Self {
        Self { id: id.to_string() }
    }
}
