//! From a fixed list to the first batch: the time, the place, the warehouse, the campaigns, the export where one was asked
//! for, the report's side before. Disabling the segment, which comes last, is `disable`.

use super::{LOOK_EVERY, Memory, Step, disable, export, hold, plan};
use crate::{
    error::Result,
    fault, notify,
    service::Engine,
    store::{self, Conn, jobs::JobRow},
};
use domain::{
    id::{DatasetId, JobId, SegmentId},
    job::{JobState, OnActiveCampaign},
    time::Timestamp,
};
use std::time::{Duration, Instant};

/// Moves on if it may: not before its time, not without the place, not ahead of the warehouse or against the policy.
pub(super) async fn step(engine: &Engine, job: &JobRow, memory: &mut Memory) -> Result<Step> {
    let store = &engine.inner.store;
    let now = store.clock.now();
    let state = job.state()?;
    if let Some(step) = plan::turn(engine, job).await? {
        return Ok(step);
    }
    if let Some(left) = still_waits(job, memory, now)? {
        if state == JobState::Freezing {
            return go(engine, job, JobState::Scheduled).await;
        }
        return Ok(Step::Rest(left.min(LOOK_EVERY)));
    }
    if job.holds_place.is_none() && !take_place(engine, job).await? {
        return if state == JobState::Queued {
            Ok(Step::Rest(LOOK_EVERY))
        } else {
            go(engine, job, JobState::Queued).await
        };
    }
    if let Some(step) = hold::gate(engine, job, true).await? {
        return Ok(step);
    }
    if engine.inner.warehouse.watermark() < job.freeze_seq {
        engine.inner.copy.notify_one();
        return wait(
            engine,
            job,
            "Waiting until the data warehouse has a copy of everyone on the list.",
        )
        .await;
    }
    if let Some(reason) = campaign_in_the_way(&mut *store.read().await?, job).await? {
        return wait_for_somebody(engine, job, &reason).await;
    }
    if let Some(step) = disable::settled(engine, job).await? {
        return Ok(step);
    }
    if export::owed(job)? {
        return export::step(engine, job, memory).await;
    }
    if let Some(step) = super::report::before(engine, job, memory).await? {
        return Ok(step);
    }
    disable::step(engine, job).await
}

/// How long the job has to wait yet; `None`: its time has come. The computer's clock alone does not decide it: what was
/// left of the waiting period when this process first saw the job passes on the monotonic clock as well, so a clock that
/// jumps forward cuts nobody's time to think short. A person may: who has said "start now" has thought.
fn still_waits(job: &JobRow, memory: &mut Memory, now: Timestamp) -> Result<Option<Duration>> {
    if job.start_now_at.is_some() {
        return Ok(None);
    }
    let left = |ms: i64| Duration::from_millis(u64::try_from(ms).unwrap_or(0));
    if memory.waited.is_none() {
        let period = job.spec()?.wait_seconds * 1000;
        let of_it = (job.created_at + period - now.ms()).min(period);
        memory.waited = Some(Instant::now() + left(of_it));
    }
    let waited = memory.waited.map_or(Duration::ZERO, |until| {
        until.saturating_duration_since(Instant::now())
    });
    let longest = left(job.start_at - now.ms()).max(waited);
    Ok((!longest.is_zero()).then_some(longest))
}

async fn go(engine: &Engine, job: &JobRow, next: JobState) -> Result<Step> {
    let store = &engine.inner.store;
    let mut tx = store.write().await?;
    store::job_steps::move_to(&mut tx, store, job, next, store.clock.now()).await?;
    tx.commit().await?;
    Ok(Step::Again)
}

/// Takes the dataset's place, unless another has it or an older job waits for it.
async fn take_place(engine: &Engine, job: &JobRow) -> Result<bool> {
    let store = &engine.inner.store;
    let mut tx = store.write().await?;
    store::job_steps::fence(&mut tx, store, JobId(job.id), job.state()?).await?;
    let before = store::job_steps::queued_before(&mut tx, DatasetId(job.dataset_id), JobId(job.id)).await?;
    if before.is_some() {
        return Ok(false);
    }
    fault::stop_point("begin.place")?;
    let taken = store::job_steps::take_place(&mut tx, JobId(job.id)).await?;
    tx.commit().await?;
    Ok(taken)
}

/// Says what it waits for, where that is new.
pub(super) async fn wait(engine: &Engine, job: &JobRow, reason: &str) -> Result<Step> {
    if job.waiting_for.as_deref() != Some(reason) {
        let mut tx = engine.inner.store.write().await?;
        store::job_steps::set_waiting(&mut tx, JobId(job.id), Some(reason)).await?;
        tx.commit().await?;
    }
    Ok(Step::Rest(Duration::from_millis(50)))
}

/// Says that it waits for what only people can change, and tells who asked for it: they may not be looking.
pub(super) async fn wait_for_somebody(engine: &Engine, job: &JobRow, reason: &str) -> Result<Step> {
    if job.waiting_for.as_deref() != Some(reason) {
        let mut tx = engine.inner.store.write().await?;
        store::job_steps::set_waiting(&mut tx, JobId(job.id), Some(reason)).await?;
        notify::job_waits(&mut tx, engine, job, reason).await?;
        tx.commit().await?;
    }
    // Whoever does something about it rings, and nobody is in a hurry by milliseconds.
    Ok(Step::Rest(LOOK_EVERY))
}

/// A running campaign that uses the segment, where the person has not said to go on regardless.
pub(super) async fn campaign_in_the_way(conn: &mut Conn, job: &JobRow) -> Result<Option<String>> {
    if job.spec()?.on_active_campaign == OnActiveCampaign::Proceed {
        return Ok(None);
    }
    let running =
        crate::service::usage::running_campaigns(conn, DatasetId(job.dataset_id), SegmentId(job.segment_id))
            .await?;
    let reason = |name: &String| {
        format!(
            "The campaign “{name}” is active and uses this segment. The job goes on when it is paused or ended."
        )
    };
    Ok(running.first().map(reason))
}
