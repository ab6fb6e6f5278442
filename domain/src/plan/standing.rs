//! A plan as it stands: all of its jobs taken as one.

use super::PlanPlace;
use crate::{
    id::JobId,
    job::{Counts, Job, JobState, JobStatus, Progress},
};
use serde::{Deserialize, Serialize};

/// Where a plan stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanState {
    /// Some of its jobs are still to come or run.
    Running,
    /// Every job has run to its end.
    Completed,
    /// Every job has run to its end, and some people are left, each with a reason.
    CompletedWithLeftovers,
    /// People ended it, or some of it.
    Cancelled,
    /// A job failed, and those behind it were not begun.
    Failed,
}

/// A plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Its number: that of its first job.
    pub id: JobId,
    /// Where it stands.
    pub state: PlanState,
    /// Its jobs, in order.
    pub jobs: Vec<Job>,
    /// Their counts together. `joined_after` is that of the job that looked last.
    pub counts: Counts,
    /// How far all of it is.
    pub progress: Progress,
}

impl Plan {
    /// Takes the jobs of a plan together, in order. `None`: there are none, or they belong to no plan.
    #[must_use]
    pub fn of(jobs: Vec<Job>) -> Option<Self> {
        let PlanPlace { id, .. } = jobs.first()?.plan?;
        let counts = sum(jobs.iter());
        let open = || jobs.iter().filter(|job| !job.state.terminal());
        let over = open().next().is_none();
        let fixing = jobs.iter().any(|job| job.state == JobState::Freezing);
        let state = match (fixing, over) {
            (true, _) => JobState::Freezing,
            (_, true) => JobState::Completed,
            _ => JobState::Deleting,
        };
        let batches = jobs.iter().map(|job| job.progress.batches).sum();
        let rate = jobs.iter().rev().find_map(|job| job.progress.rate);
        let mut progress = Progress::of(state, &counts, over, batches, rate);
        // Whom a job has left is not to come any more: the time left is that of the jobs that are not over.
        let to_come = Progress::of(state, &sum(open()), over, batches, rate);
        (progress.eta_low, progress.eta_high) = (to_come.eta_low, to_come.eta_high);
        Some(Self {
            id,
            state: state_of(&jobs),
            counts,
            progress,
            jobs,
        })
    }

    /// The job that runs, or is next.
    #[must_use]
    pub fn current(&self) -> Option<&Job> {
        self.jobs.iter().find(|job| !job.state.terminal())
    }

    /// Whether the job whose turn it is does not move, because of people or because it waits for something.
    #[must_use]
    pub fn rests(&self) -> bool {
        self.current().is_some_and(|job| {
            matches!(
                job.status,
                JobStatus::Paused | JobStatus::Pausing | JobStatus::Waiting | JobStatus::Interrupted
            )
        })
    }
}

fn state_of(jobs: &[Job]) -> PlanState {
    let any = |state| jobs.iter().any(|job| job.state == state);
    match () {
        () if jobs.iter().any(|job| !job.state.terminal()) => PlanState::Running,
        () if any(JobState::Failed) => PlanState::Failed,
        () if any(JobState::Cancelled) => PlanState::Cancelled,
        () if any(JobState::CompletedWithLeftovers) => PlanState::CompletedWithLeftovers,
        () => PlanState::Completed,
    }
}

fn sum<'a>(jobs: impl Iterator<Item = &'a Job>) -> Counts {
    jobs.fold(Counts::default(), |all, job| {
        let one = job.counts;
        Counts {
            matched: all.matched + one.matched,
            deleted: all.deleted + one.deleted,
            spared: all.spared + one.spared,
            held: all.held + one.held,
            failed: all.failed + one.failed,
            gone: all.gone + one.gone,
            left: all.left + one.left,
            joined_after: one.joined_after.or(all.joined_after),
        }
    })
}
