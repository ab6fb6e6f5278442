//! When a job may delete: the start that was asked for, a start that is brought forward, and quiet hours that are changed
//! while it waits or runs.

use super::{Engine, jobs::row_in};
use crate::{calendar, error::Result, quiet, store};
use domain::{
    access::{Actor, Permission},
    id::{DatasetId, JobId},
    job::{Intent, Job, JobSpec, JobState, QuietHours, WAIT_SECONDS_MAX},
    problem::{Code, Problem},
    time::Timestamp,
};

/// A start this far in the past still means now: boxes for a time know no seconds, and a form takes a moment to be filled in.
const GRACE_MS: i64 = 120_000;

/// Checks the start and the zone in which it is shown.
pub(super) fn check_start(spec: &mut JobSpec, now: Timestamp) -> Result<(), Problem> {
    if let Some(zone) = spec.start_zone.take() {
        let name = calendar::zone_name(&zone).map_err(|problem| problem.on("start_zone"))?;
        spec.start_zone = Some(name);
    }
    match spec.start_at {
        Some(at) if at.plus_ms(GRACE_MS) < now => Err(Problem::new(Code::StartPast).on("start_at")),
        Some(at) if at > now.plus_ms(WAIT_SECONDS_MAX * 1_000) => {
            Err(Problem::new(Code::StartTooFar).on("start_at"))
        }
        _ => Ok(()),
    }
}

impl Engine {
    /// Sets the hours of every day in which the job deletes nobody, also while it waits or runs; they hold from its next
    /// batch on. `None`: there are none.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `invalid`, `state_refused` where everyone has been decided about.
    pub async fn set_job_quiet_hours(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        id: JobId,
        hours: Option<QuietHours>,
    ) -> Result<Job> {
        actor.require_in(Permission::DeleteInBulk, dataset)?;
        let hours = hours.map(quiet::checked).transpose()?;
        let mut tx = self.inner.store.write().await?;
        let job = row_in(&mut tx, dataset, id).await?;
        let state = job.state()?;
        if !state.before_deleting() && state != JobState::Deleting {
            let message = "Everyone's turn has come, so quiet hours change nothing any more.";
            return Err(Problem::because(Code::StateRefused, message).into());
        }
        let now = self.inner.store.clock.now();
        store::job_times::set_quiet(&mut tx, id, hours.as_ref(), now).await?;
        // The hours belong to the deletion: the later jobs of a plan keep them too.
        for later in store::plans::behind(&mut tx, &job).await? {
            store::job_times::set_quiet(&mut tx, JobId(later.id), hours.as_ref(), now).await?;
        }
        let detail = serde_json::json!({ "quiet_hours": hours, "before": job.quiet_hours()? });
        self.audit_job(&mut tx, actor, "job.quiet_hours_set", dataset, id, detail)
            .await?;
        let job = row_in(&mut tx, dataset, id).await?;
        tx.commit().await?;
        self.inner.wake.notify_one();
        self.show(job)
    }

    /// Lets a job that waits for its start begin at once.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `state_refused` where it does not wait for its start, or is paused: it would stay so.
    pub async fn start_job_now(&self, actor: &Actor, dataset: DatasetId, id: JobId) -> Result<Job> {
        actor.require_in(Permission::DeleteInBulk, dataset)?;
        let mut tx = self.inner.store.write().await?;
        let job = row_in(&mut tx, dataset, id).await?;
        let now = self.inner.store.clock.now();
        let waits =
            matches!(job.state()?, JobState::Freezing | JobState::Scheduled) && job.start_at > now.ms();
        let refusal = match job.intent()? {
            Intent::Run if waits => None,
            Intent::Hold if waits => Some("is paused. Resume it first, then let it start"),
            _ => Some("does not wait for its start"),
        };
        if let Some(refusal) = refusal {
            let message = format!("{} {refusal}.", id.number());
            return Err(Problem::because(Code::StateRefused, message).into());
        }
        store::job_times::start_now(&mut tx, id, now).await?;
        // So do the later jobs of a plan: each waits for the one before it and for nothing else.
        for later in store::plans::behind(&mut tx, &job).await? {
            store::job_times::start_now(&mut tx, JobId(later.id), now).await?;
        }
        let detail = serde_json::json!({ "start_at": job.start_at });
        self.audit_job(&mut tx, actor, "job.start_brought_forward", dataset, id, detail)
            .await?;
        let job = row_in(&mut tx, dataset, id).await?;
        tx.commit().await?;
        self.inner.wake.notify_one();
        self.show(job)
    }
}
