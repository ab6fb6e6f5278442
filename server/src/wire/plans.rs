//! Plans, estimates of jobs, and limits on the wire.

use super::{
    campaigns::said,
    jobs::{Counts, Job, Progress},
};
use domain::plan::PlanState;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The place of a job in its plan.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct PlanPlace {
    /// The plan: the id of its first job.
    pub(crate) id: String,
    /// 1, 2, …
    pub(crate) job: u32,
    /// Of how many.
    pub(crate) of: u32,
}

impl From<domain::plan::PlanPlace> for PlanPlace {
    fn from(it: domain::plan::PlanPlace) -> Self {
        Self {
            id: it.id.to_string(),
            job: it.job,
            of: it.of,
        }
    }
}

/// How long a job was expected to take when it was confirmed.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Estimated {
    /// At best.
    pub(crate) seconds_low: i64,
    /// At worst.
    pub(crate) seconds_high: i64,
    /// Most likely.
    pub(crate) seconds_expected: f64,
    /// `measured`, `probed` or `documented`.
    pub(crate) basis: String,
}

impl From<domain::estimate::Estimated> for Estimated {
    fn from(it: domain::estimate::Estimated) -> Self {
        Self {
            seconds_low: it.seconds_low,
            seconds_high: it.seconds_high,
            seconds_expected: seconds(it.expected_ms),
            basis: it.basis.as_str().to_owned(),
        }
    }
}

/// Milliseconds as seconds.
#[expect(
    clippy::cast_precision_loss,
    reason = "a length of time in seconds; 2^53 milliseconds are out of reach"
)]
pub(crate) const fn seconds(ms: i64) -> f64 {
    ms as f64 / 1e3
}

/// A plan: a deletion in several jobs, taken as one.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Plan {
    /// Its id: that of its first job.
    pub(crate) id: String,
    /// `running`, `completed`, `completed_with_leftovers`, `cancelled` or `failed`.
    pub(crate) state: String,
    /// Of how many jobs.
    pub(crate) of: u32,
    /// The counts of all jobs together.
    pub(crate) counts: Counts,
    /// How far all of it is.
    pub(crate) progress: Progress,
    /// The jobs, in order.
    pub(crate) jobs: Vec<Job>,
}

impl From<domain::plan::Plan> for Plan {
    fn from(it: domain::plan::Plan) -> Self {
        let state = match it.state {
            PlanState::Running => "running",
            PlanState::Completed => "completed",
            PlanState::CompletedWithLeftovers => "completed_with_leftovers",
            PlanState::Cancelled => "cancelled",
            PlanState::Failed => "failed",
        };
        Self {
            id: it.id.to_string(),
            state: state.to_owned(),
            of: u32::try_from(it.jobs.len()).unwrap_or(u32::MAX),
            counts: it.counts.into(),
            progress: it.progress.into(),
            jobs: it.jobs.into_iter().map(Into::into).collect(),
        }
    }
}

/// Limits of the installation.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Limits {
    /// The longest job in seconds: what would take longer is done in several jobs.
    pub(crate) job_seconds_max: i64,
    /// Whether somebody has set it; else it is the usual five days.
    pub(crate) job_seconds_set: bool,
    /// Days after which the keys of new receipts are destroyed: from then on nobody can be proven by them.
    pub(crate) proof_days: i64,
    /// Whether somebody has set it; else it is the usual 731.
    pub(crate) proof_days_set: bool,
}

impl From<engine::Limits> for Limits {
    fn from(it: engine::Limits) -> Self {
        Self {
            job_seconds_max: it.job_seconds_max,
            job_seconds_set: it.job_seconds_set,
            proof_days: it.proof_days,
            proof_days_set: it.proof_days_set,
        }
    }
}

/// A change of limits.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LimitsPatch {
    /// The longest job in seconds; null: five days.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<i64>)]
    pub(crate) job_seconds_max: Option<Option<i64>>,
    /// Days after which the keys of new receipts are destroyed; null: 731.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<i64>)]
    pub(crate) proof_days: Option<Option<i64>>,
}
