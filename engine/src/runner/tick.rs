//! One look at the jobs.

use super::{LOOK_EVERY, Runner, Step};
use crate::{
    error::{Error, Result},
    fault,
    service::Engine,
    store::{self, jobs::JobRow},
};
use domain::{
    id::JobId,
    job::{Intent, JobState},
};

/// After this many restarts in a row without a committed batch a job is given up.
const RESUMES_MAX: i64 = 5;

impl Runner {
    /// Does the next smallest thing.
    ///
    /// 1. Wait until the structural check of the file has passed: nobody is deleted from a damaged file.
    /// 2. Read the unfinished jobs; the one after the job served last comes first.
    /// 3. Let each take one step, until one has done something.
    /// 4. Where none has, remove a slice of a target set that nobody needs any more.
    /// 5. Say how long there is nothing to do.
    pub(super) async fn tick(&mut self, engine: &Engine) -> Result<Step> {
        if !engine.ready() {
            return Ok(Step::Rest(LOOK_EVERY));
        }
        fault::stop_point("runner.look")?;
        let mut jobs = store::jobs::unfinished(&mut *engine.inner.store.read().await?).await?;
        if jobs.is_empty() {
            fault::stop_point("runner.idle")?;
        }
        self.unneeded.look(&jobs);
        self.memories.retain(|id, _| jobs.iter().any(|job| job.id == *id));
        engine
            .inner
            .holds
            .keep(|id| jobs.iter().any(|job| job.id == id.0));
        let after = jobs.partition_point(|job| job.id <= self.served);
        jobs.rotate_left(after);
        let mut rest = LOOK_EVERY;
        for job in jobs {
            let step = match self.step(engine, &job).await {
                Ok(step) => {
                    engine.inner.holds.clear_tried(JobId(job.id));
                    step
                }
                Err(Error::Fenced) => return Err(Error::Fenced),
                Err(error) if error.retryable() => super::hold::database(engine, &job, &error),
                Err(error) => super::hold::failure(engine, &job, &error),
            };
            match step {
                Step::Again => {
                    self.served = job.id;
                    engine.inner.holds.clear(JobId(job.id));
                    return Ok(Step::Again);
                }
                Step::Rest(needed) => rest = rest.min(needed),
            }
        }
        if self.unneeded.step(engine).await? {
            return Ok(Step::Again);
        }
        Ok(Step::Rest(rest))
    }

    /// One step of one job: intent first, then what holds every job, then state.
    async fn step(&mut self, engine: &Engine, job: &JobRow) -> Result<Step> {
        let store = &engine.inner.store;
        let (state, intent) = (job.state()?, job.intent()?);
        if job.epoch != store.epoch {
            return adopt(engine, job).await;
        }
        // Who has begun to go is finished first, whatever people want.
        let half_gone = state == JobState::Deleting && job.going_id.is_some();
        match intent {
            _ if half_gone => {}
            Intent::Cancel if state.before_deleting() => {
                return super::finish::end_early(engine, job, JobState::Cancelled, None).await;
            }
            Intent::Hold if state.may_pause() => {
                if job.paused_at.is_none() {
                    let mut tx = store.write().await?;
                    store::job_steps::set_paused(&mut tx, JobId(job.id), store.clock.now()).await?;
                    tx.commit().await?;
                }
                return Ok(Step::Rest(LOOK_EVERY));
            }
            _ => {}
        }
        let deletes = state == JobState::Deleting;
        if (deletes || state == JobState::Freezing)
            && intent == Intent::Run
            && !half_gone
            && let Some(step) = super::hold::gate(engine, job, deletes).await?
        {
            return Ok(step);
        }
        let memory = self.memories.entry(job.id).or_default();
        match state {
            JobState::Freezing => super::freeze::step(engine, job, memory).await,
            JobState::Scheduled | JobState::Queued => super::begin::step(engine, job, memory).await,
            JobState::Deleting if intent == Intent::Cancel && !half_gone => {
                super::finish::stop_deleting(engine, job).await
            }
            JobState::Deleting => super::batch::step(engine, job, memory).await,
            JobState::Sweeping => super::sweep::step(engine, job, memory).await,
            JobState::Verifying => super::finish::verify(engine, job).await,
            JobState::Scrubbing => super::scrub::step(engine, job, memory).await,
            JobState::Sealing => super::finish::seal(engine, job, memory).await,
            JobState::AwaitingApproval
            | JobState::Completed
            | JobState::CompletedWithLeftovers
            | JobState::Cancelled
            | JobState::Failed => Ok(Step::Rest(LOOK_EVERY)),
        }
    }
}

/// Takes a job up after a start. One that has been taken up again and again without getting anywhere is given up.
async fn adopt(engine: &Engine, job: &JobRow) -> Result<Step> {
    let store = &engine.inner.store;
    let mut tx = store.write().await?;
    store::job_steps::adopt(&mut tx, store, job).await?;
    fault::stop_point("adopt.adopted")?;
    let stuck = job.epoch != 0
        && job.resumes >= RESUMES_MAX
        && job.state()? == JobState::Deleting
        && job.ending.is_none();
    if stuck {
        let reason = format!(
            "Given up: the server was restarted {RESUMES_MAX} times in a row without a batch getting through."
        );
        store::job_steps::set_ending(&mut tx, JobId(job.id), Some("failed"), Some(&reason)).await?;
        let adopted = store::jobs::find(&mut tx, JobId(job.id))
            .await?
            .ok_or(Error::Fenced)?;
        store::job_steps::move_to(&mut tx, store, &adopted, JobState::Sweeping, store.clock.now()).await?;
    }
    tx.commit().await?;
    Ok(Step::Again)
}
