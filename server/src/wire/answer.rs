//! The answer to a person's request for access or portability, as the file that they get. Access has all that is known, with
//! segments and warehouse copies; portability what the person gave and did (GDPR art. 20), each profile once. Legal holds are
//! not in it: they are about a matter, not about the person.

use super::{Profile, person::EventPart, time};
use domain::privacy::{PersonSegment, request::RequestKind};
use engine::PersonAnswer;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The answer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Answer {
    /// The number of the request.
    pub(crate) request: String,
    /// `access` or `portability`.
    kind: String,
    /// `gdpr` or `ccpa`.
    regulation: String,
    /// When it was put together, from what was known at that moment.
    made_at: String,
    /// What is known: one entry for each profile, and, for access, one for each copy in the warehouse.
    records: Vec<Record>,
}

/// What is known in one place.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
struct Record {
    /// `store` or `warehouse`.
    place: String,
    /// Identities, attributes, times.
    profile: Profile,
    /// All events, oldest first.
    events: Vec<EventPart>,
    /// The segments that the person is in; for access.
    #[serde(skip_serializing_if = "Option::is_none")]
    segments: Option<Vec<InSegment>>,
    /// When the copy was made; for copies.
    #[serde(skip_serializing_if = "Option::is_none")]
    copied_at: Option<String>,
}

/// A segment that the person is in.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
struct InSegment {
    /// Its name.
    name: String,
    /// Since when; null where a rule decides.
    joined_at: Option<String>,
}

impl From<PersonSegment> for InSegment {
    fn from(it: PersonSegment) -> Self {
        Self {
            name: it.name,
            joined_at: it.joined_at.map(time),
        }
    }
}

impl Answer {
    /// The name that the file is to have: plain ASCII.
    pub(crate) fn file_name(&self) -> String {
        format!("{}-{}.json", self.request, self.kind)
    }
}

impl From<PersonAnswer> for Answer {
    fn from(it: PersonAnswer) -> Self {
        let all = it.request.kind == RequestKind::Access;
        let mut records = Vec::new();
        for record in it.records {
            records.extend(record.store.into_iter().map(|part| Record {
                place: "store".to_owned(),
                profile: part.profile.into(),
                events: part.events.into_iter().map(EventPart::from).collect(),
                segments: all.then(|| part.segments.into_iter().map(InSegment::from).collect()),
                copied_at: None,
            }));
            let kept = record
                .warehouse
                .into_iter()
                .filter(|part| all || part.gone_from_store);
            records.extend(kept.map(|part| Record {
                place: "warehouse".to_owned(),
                profile: part.profile.into(),
                events: part.events.into_iter().map(EventPart::from).collect(),
                segments: None,
                copied_at: Some(time(part.copied_at)),
            }));
        }
        Self {
            request: it.request.id.number(),
            kind: it.request.kind.as_str().to_owned(),
            regulation: it.request.regulation.as_str().to_owned(),
            made_at: time(it.at),
            records,
        }
    }
}
