//! Jobs: one bulk deletion, what was asked, where it stands, and the arithmetic that must hold.

mod became;
mod counts;
mod duty;
mod hold;
mod pace;
mod progress;
mod quiet;
mod state;

pub use became::Became;
pub use counts::{Counts, Tally};
pub use duty::{DUTY_PERCENT_MAX, Duty, FOREGROUND_SLOW_MS};
pub use hold::{FREE_BYTES_MIN, HealthLimits, Hold, LOG_BYTES_MAX, MEGABYTE, Readings, size};
pub use pace::{Batch, Pace, batch_max};
pub use progress::Progress;
pub use quiet::{QUIET_HOURS_HELP, QuietHours, TimeOfDay, unknown_zone};
pub use state::{Intent, JobState, JobStatus};

use crate::{
    erasure::Erasure,
    export::Export,
    id::{JobId, SegmentId},
    impact::WarehouseKept,
    suppression::Suppress,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// A password given longer ago than this is asked for again before a deletion.
pub const PASSWORD_FRESH_MS: i64 = 5 * 60 * 1000;
/// Retry passes over the failed where nothing is said.
pub const RETRY_PASSES: u8 = 1;
/// Longest waiting period: a year.
pub const WAIT_SECONDS_MAX: i64 = 366 * 86_400;

/// What to do about running campaigns that use the segment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnActiveCampaign {
    /// Refuse.
    #[default]
    Block,
    /// Start, and pause the job (not the campaign) when one is or turns active.
    Pause,
    /// Go on: the person has seen it.
    Proceed,
}

/// What was asked. Never changed afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobSpec {
    /// The segment.
    pub segment_id: SegmentId,
    /// The consent box.
    pub consent: bool,
    /// The typed name.
    pub confirm_name: String,
    /// The typed number.
    pub confirm_count: i64,
    /// How far the recount may differ.
    #[serde(default)]
    pub count_tolerance: i64,
    /// The plan hash that the page carried.
    #[serde(default)]
    pub plan_hash: Option<String>,
    /// Why, in the person's words.
    #[serde(default)]
    pub reason: Option<String>,
    /// Not before this moment.
    #[serde(default)]
    pub start_at: Option<Timestamp>,
    /// The time zone in which the start is shown, by its IANA name; `None`: UTC alone.
    #[serde(default)]
    pub start_zone: Option<String>,
    /// Waiting period in seconds.
    #[serde(default)]
    pub wait_seconds: i64,
    /// Profiles a second at most; `None`: no limit.
    #[serde(default)]
    pub max_rate: Option<i64>,
    /// The hours of every day in which nobody is deleted; `None`: there are none.
    #[serde(default)]
    pub quiet_hours: Option<QuietHours>,
    /// Whether people who no longer match at their turn stay.
    #[serde(default = "yes")]
    pub spare_changed: bool,
    /// Passes over the failed.
    #[serde(default = "retry_passes")]
    pub retry_passes: u8,
    /// About running campaigns.
    #[serde(default)]
    pub on_active_campaign: OnActiveCampaign,
    /// Whether to wait behind a running job instead of being refused.
    #[serde(default)]
    pub queue: bool,
    /// Whether an all-matching rule is meant.
    #[serde(default)]
    pub force: bool,
    /// Whether the people are written to a file before deleting begins.
    #[serde(default)]
    pub export: bool,
    /// What is refused of these people afterwards.
    #[serde(default = "Suppress::before_it")]
    pub suppress: Suppress,
}

const fn yes() -> bool {
    true
}

const fn retry_passes() -> u8 {
    RETRY_PASSES
}

/// A phase of a job, named as its state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phase {
    /// The state.
    pub name: JobState,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

/// A job as shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Its number.
    pub id: JobId,
    /// The dataset's short name.
    pub dataset: String,
    /// The segment.
    pub segment_id: SegmentId,
    /// The segment's name at confirmation.
    pub segment_name: String,
    /// The rule at confirmation, identity literals hashed.
    pub rule: Option<String>,
    /// Where it stands; written by the runner alone.
    pub state: JobState,
    /// What people see.
    pub status: JobStatus,
    /// What people want; written by people alone.
    pub intent: Intent,
    /// Who wrote the intent last.
    pub intent_by: Option<String>,
    /// Why it does not move, a sentence.
    pub reason_paused: Option<String>,
    /// Who asked.
    pub requested_by: String,
    /// Why, in their words.
    pub reason: Option<String>,
    /// When asked.
    pub created_at: Timestamp,
    /// Not before.
    pub start_at: Timestamp,
    /// The same by the clock of the zone that was named, for people; `None`: none was named.
    pub start_local: Option<String>,
    /// When deleting began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// Why it ended as it did, where that is not plain.
    pub end_reason: Option<String>,
    /// Its phases so far.
    pub phases: Vec<Phase>,
    /// Its place in a plan of several jobs; `None`: it is the only one.
    #[serde(default)]
    pub plan: Option<crate::plan::PlanPlace>,
    /// How long it was expected to take when it was confirmed; `None` for jobs of older releases.
    #[serde(default)]
    pub estimated: Option<crate::estimate::Estimated>,
    /// How long it took, milliseconds, without waiting for its time, its turn and people; `None` before its end.
    #[serde(default)]
    pub took_ms: Option<i64>,
    /// The counts.
    pub counts: Counts,
    /// Events deleted with them.
    pub events_deleted: i64,
    /// How far.
    pub progress: Progress,
    /// Profiles a second at most.
    pub max_rate: Option<i64>,
    /// The hours of every day in which nobody is deleted.
    pub quiet_hours: Option<QuietHours>,
    /// Time spent deleting, in milliseconds: rests, pauses and waiting not counted.
    pub work_ms: i64,
    /// When it was checked who is left.
    pub verified_at: Option<Timestamp>,
    /// When no byte of the deleted was left in the files; `None` where that was not proven.
    pub scrubbed_at: Option<Timestamp>,
    /// What the scrub found and did; `None` before it began.
    pub erasure: Option<Erasure>,
    /// What stays in the warehouse.
    pub warehouse_kept: Option<WarehouseKept>,
    /// What is refused of its people afterwards.
    #[serde(default = "Suppress::before_it")]
    pub suppress: Suppress,
    /// Whether an export was asked for.
    pub export_asked: bool,
    /// The stored export, once it is complete; also after it was wiped.
    pub export: Option<Export>,
    /// The moment to which all of the above belongs.
    pub as_of: Timestamp,
}

/// Why a target was not deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// No longer matched at its turn.
    Spared,
    /// Under legal hold.
    Held,
    /// Could not be deleted, after three tries.
    Failed,
    /// Already gone by another door.
    Gone,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Outcome; 4] = [Self::Spared, Self::Held, Self::Failed, Self::Gone];

    /// The text form, as stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Spared => "spared",
            Self::Held => "held",
            Self::Failed => "failed",
            Self::Gone => "gone",
        }
    }

    /// Reads the text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == text)
    }
}

/// A target that was not deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leftover {
    /// The profile.
    pub profile: crate::id::ProfileId,
    /// Its strongest identity, where it still exists.
    pub title: Option<String>,
    /// What became of it.
    pub outcome: Became,
    /// Why.
    pub reason: String,
}
