//! Impact: what deleting a segment's people would do, before it is done.

use crate::{
    estimate::Estimate,
    id::SegmentId,
    profile::ProfileRow,
    time::Timestamp,
    usage::{Usage, UsesList, running_campaigns},
};
use serde::{Deserialize, Serialize};

/// Another segment that loses people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlsoIn {
    /// Its number.
    pub segment: SegmentId,
    /// Its name.
    pub name: String,
    /// How many of those who would go are in it.
    pub profiles: i64,
}

/// Rows that stay in the warehouse copy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WarehouseKept {
    /// Profiles.
    pub profiles: i64,
    /// Events.
    pub events: i64,
}

/// One job of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedJob {
    /// 1, 2, …
    pub job: u32,
    /// How many profiles it deletes.
    pub profiles: i64,
    /// How long it takes, in seconds.
    pub seconds: i64,
}

/// What a deletion would do. Counted exactly, at one moment, on one view of the data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Impact {
    /// How many profiles would go.
    pub profiles: i64,
    /// Of those, with a user_id, e-mail or phone.
    pub named: i64,
    /// Their events.
    pub events: i64,
    /// How many profiles the dataset has.
    pub dataset_profiles: i64,
    /// Whether they are all of them, by an all-matching rule.
    pub everyone: bool,
    /// What leans on the segment.
    pub usage: Vec<Usage>,
    /// The last list of what other systems run on segments: how far `usage` can be relied on for these.
    pub uses_list: UsesList,
    /// Other segments that lose people.
    pub also_in: Vec<AlsoIn>,
    /// The first few who would go.
    pub sample: Vec<ProfileRow>,
    /// What stays in the warehouse.
    pub warehouse: WarehouseKept,
    /// How many are under legal hold and would stay.
    pub held: i64,
    /// How long.
    pub estimate: Estimate,
    /// In how many jobs.
    pub plan: Vec<PlannedJob>,
    /// Changes when the segment, its rule or members' definition, or what uses it changes.
    pub plan_hash: String,
    /// When counted.
    pub counted_at: Timestamp,
}

impl Impact {
    /// How many running campaigns of Lethe's own are affected.
    #[must_use]
    pub fn running_campaigns(&self) -> usize {
        running_campaigns(&self.usage).len()
    }
}
