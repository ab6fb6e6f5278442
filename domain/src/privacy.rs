//! A person's legal rights: what is known of one person, in the store and in the warehouse copy, and what an erasure came
//! to. Knows no look-up, no file and no wire form.

pub mod basis;
pub mod clock;
pub mod request;
pub mod words;

use crate::{
    id::{JobId, SegmentId},
    micros::Micros,
    profile::Profile,
    time::Timestamp,
    value::Value,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Identities that may be named in one request: more is a deletion in bulk, or several requests.
pub const ERASED_AT_ONCE_MAX: usize = 10_000;

/// What an erasure of single persons came to, in the store and in the warehouse: one account of both.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasureDone {
    /// Identities that were named, as they were given: one that is given twice counts twice.
    pub requested: i64,
    /// Of these, those of whom something was erased. Two that name the same person count once, so that the same request
    /// again gives 0.
    pub deleted: i64,
    /// Of these, those who are under a legal hold and stay.
    pub held: i64,
    /// Profiles that went from the store: of somebody who was deleted in bulk before, none is there.
    #[serde(default)]
    pub profiles: i64,
    /// Events that went from the store.
    pub events: i64,
    /// Profiles that went from the warehouse, copies of people who were deleted in bulk before included.
    pub warehouse_profiles: i64,
    /// Events that went from the warehouse.
    pub warehouse_events: i64,
}

/// Everything that is known of a person: in the store, and in the warehouse, which keeps copies of people who were deleted
/// in bulk. Never empty. Several records of a kind where the same identity is in several of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PersonRecord {
    /// When it was read.
    pub at: Timestamp,
    /// In the store.
    pub store: Vec<StoreRecord>,
    /// In the warehouse.
    pub warehouse: Vec<WarehouseRecord>,
}

/// A profile of the store, with all that belongs to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoreRecord {
    /// Identities, attributes, times.
    pub profile: Profile,
    /// All events, oldest first.
    pub events: Vec<PersonEvent>,
    /// The segments the person is in.
    pub segments: Vec<PersonSegment>,
    /// The names of the legal holds that are on the person.
    pub holds: Vec<String>,
}

/// A profile of the warehouse.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WarehouseRecord {
    /// Identities, attributes, times.
    pub profile: Profile,
    /// All events, oldest first.
    pub events: Vec<PersonEvent>,
    /// When it was copied last.
    pub copied_at: Timestamp,
    /// The bulk deletion that took the person out of the store; `None`: still in the store, or the job is not over yet.
    pub deleted_by: Option<JobId>,
    /// Whether the store no longer has this profile.
    pub gone_from_store: bool,
}

/// An event of a person, with all that it carries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PersonEvent {
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: String,
    /// Its value.
    pub value: Option<Micros>,
    /// Its quantity.
    pub quantity: Option<Micros>,
    /// Its campaign.
    pub campaign_id: Option<String>,
    /// The rest.
    pub properties: BTreeMap<String, Value>,
}

/// A segment that a person is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonSegment {
    /// Its number.
    pub id: SegmentId,
    /// Its name.
    pub name: String,
    /// Since when; `None` where a rule decides, for which nothing is kept.
    pub joined_at: Option<Timestamp>,
}

/// An erasure of single persons as the record of it shows it. Names nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    /// Its number.
    pub id: i64,
    /// When the store's part was committed.
    pub at: Timestamp,
    /// Who did it.
    pub by: String,
    /// Whether it was done for a privacy request.
    pub requested: bool,
    /// People, as [`ErasureDone::deleted`] counts them.
    pub people: i64,
    /// Profiles that went from the store.
    pub profiles: i64,
    /// Events that went from the store.
    pub events: i64,
    /// Profiles that went from the warehouse.
    pub warehouse_profiles: i64,
    /// Events that went from the warehouse.
    pub warehouse_events: i64,
    /// Since when both files and every stored export hold no byte of these people; `None`: not yet.
    pub scrubbed_at: Option<Timestamp>,
}
