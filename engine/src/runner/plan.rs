//! Plans: whose turn it is, and giving each job its part of the set once that is fixed. What a job then does with its part
//! is what any job does.

use super::{LOOK_EVERY, Step, finish};
use crate::{
    error::{Error, Result},
    fault,
    service::Engine,
    store::{
        self,
        jobs::JobRow,
        plans::{Before, Part},
    },
};
use domain::{id::JobId, job::JobState, plan::parts};

/// Whether it is not this job's turn in its plan: it rests while one before it is not over, and ends where one of them has
/// failed, for what stopped that one would stop the others as well. `None`: its turn has come.
pub(super) async fn turn(engine: &Engine, job: &JobRow) -> Result<Option<Step>> {
    if job.plan_no <= 1 {
        return Ok(None);
    }
    // It is given the segment in the transaction that ends the one before it: until then nothing need be asked.
    if job.holds_segment.is_none() {
        return Ok(Some(Step::Rest(LOOK_EVERY)));
    }
    match store::plans::before(&mut *engine.inner.store.read().await?, job).await? {
        Before::Over => Ok(None),
        Before::Open => Ok(Some(Step::Rest(LOOK_EVERY))),
        Before::Failed(first) => {
            let reason = format!(
                "Not begun: {}, an earlier job of the same plan, failed. Nobody of this part was deleted.",
                first.number()
            );
            finish::end_early(engine, job, JobState::Failed, Some(&reason))
                .await
                .map(Some)
        }
    }
}

/// Whether the fixed set has yet to be split among the jobs of the plan.
pub(super) const fn unsplit(job: &JobRow) -> bool {
    job.plan_of > 1 && job.range_upto == i64::MAX
}

/// Splits the fixed set by ranges of ids, in parts of one size. The set does not change any more, so the ranges are looked
/// for on a reader, and writing them is one transaction.
pub(super) async fn split(engine: &Engine, job: &JobRow) -> Result<Step> {
    let store = &engine.inner.store;
    let mut ranges = Vec::new();
    let mut after = 0;
    {
        let mut conn = store.count().await?;
        for people in parts(job.counts().matched, job.plan_of) {
            let upto = if people == 0 {
                after
            } else {
                store::plans::end_of_part(&mut conn, job.set(), after, people)
                    .await?
                    .ok_or_else(|| Error::Corrupt(format!("the set of job {} is too small", job.id)))?
            };
            ranges.push(Part { after, upto, people });
            after = upto;
        }
    }
    let mut tx = store.write().await?;
    store::job_steps::fence(&mut tx, store, JobId(job.id), JobState::Freezing).await?;
    store::plans::split(&mut tx, job.set(), &ranges).await?;
    fault::stop_point("plan.split")?;
    tx.commit().await?;
    Ok(Step::Again)
}
