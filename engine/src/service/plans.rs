//! Plans as people use them: looking at one as a whole, and what a wish about one of its jobs means for those behind it.

use super::{Engine, jobs::row_in};
use crate::{
    error::Result,
    store::{self, Tx, jobs::JobRow},
};
use domain::{
    access::{Actor, Permission},
    id::{DatasetId, JobId},
    job::{Intent, Job, JobState},
    plan::Plan,
    problem::{Code, Problem},
};

impl Engine {
    /// The plan that a job belongs to, as it stands; `None`: it is a job by itself.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn plan(&self, actor: &Actor, dataset: DatasetId, id: JobId) -> Result<Option<Plan>> {
        let Some(place) = self.job(actor, dataset, id).await?.plan else {
            return Ok(None);
        };
        let rows = store::plans::jobs(&mut *self.inner.store.read().await?, place.id).await?;
        let jobs = rows
            .into_iter()
            .map(|row| self.show(row))
            .collect::<Result<Vec<_>>>()?;
        Ok(Plan::of(jobs))
    }

    /// Ends one job of a plan and leaves those behind it as they are: its people are kept, and the next job goes on.
    ///
    /// # Errors
    /// `state_refused` where it is no job of a plan, its list is not fixed yet, or it cannot be cancelled any more.
    pub async fn cancel_job_alone(&self, actor: &Actor, dataset: DatasetId, id: JobId) -> Result<Job> {
        actor.require_in(Permission::DeleteInBulk, dataset)?;
        let mut tx = self.inner.store.write().await?;
        let job = row_in(&mut tx, dataset, id).await?;
        let (state, intent) = (job.state()?, job.intent()?);
        let refused = |message: &str| Problem::because(Code::StateRefused, message);
        if job.plan_id.is_none() {
            return Err(refused("This job belongs to no plan: cancel it as a whole.").into());
        }
        if state == JobState::Freezing {
            return Err(refused("The list of people is still being fixed. Try again in a moment.").into());
        }
        if !intent.may_become(Intent::Cancel, state) {
            return Err(super::jobs::refused(&job, state, intent, Intent::Cancel).into());
        }
        self.cancel_in(&mut tx, actor, dataset, &job, true).await?;
        let job = row_in(&mut tx, dataset, id).await?;
        tx.commit().await?;
        self.inner.wake.notify_one();
        self.show(job)
    }

    /// Cancels the jobs behind this one in its plan, in the transaction that cancels it.
    pub(super) async fn cancel_behind(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        dataset: DatasetId,
        job: &JobRow,
    ) -> Result<()> {
        for later in store::plans::behind(tx, job).await? {
            if later.intent()?.may_become(Intent::Cancel, later.state()?) {
                self.cancel_in(tx, actor, dataset, &later, false).await?;
            }
        }
        Ok(())
    }

    async fn cancel_in(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        dataset: DatasetId,
        job: &JobRow,
        alone: bool,
    ) -> Result<()> {
        let (id, state) = (JobId(job.id), job.state()?);
        let now = self.inner.store.clock.now();
        store::jobs::set_intent(tx, id, Intent::Cancel, &actor.name, now).await?;
        let detail = serde_json::json!({ "state": state.as_str(), "plan": job.plan_id, "alone": alone });
        self.audit_job(tx, actor, "job.cancelled", dataset, id, detail)
            .await
    }
}
