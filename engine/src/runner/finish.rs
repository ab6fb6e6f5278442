//! After the last batch: sweep the look-up, check who is left, count anew, end. Also the early ends. (The scrub, which comes
//! between, is `scrub`.)

use super::{Memory, Step, freeze::membership};
use crate::{
    error::{Error, Result},
    service::Engine,
    store::{self, Tx, jobs::JobRow, rule_sql::RuleScope, sweep::Place},
};
use domain::{
    access::Actor,
    id::{DatasetId, JobId, SegmentId},
    job::{Counts, JobState},
};
use std::time::{Duration, Instant};

/// Entries of the first slice of the sweep.
pub(super) const SWEEP_FIRST: i64 = 4_000;
/// Entries of a slice at most.
const SWEEP_MAX: i64 = 200_000;
/// A slice should hold the write lock about this long.
const TARGET: Duration = Duration::from_millis(20);

/// Ends a job that has deleted nobody: nothing else changes.
pub(super) async fn end_early(
    engine: &Engine,
    job: &JobRow,
    end: JobState,
    reason: Option<&str>,
) -> Result<Step> {
    let store = &engine.inner.store;
    let mut tx = store.write().await?;
    store::job_steps::set_ending(&mut tx, JobId(job.id), None, reason).await?;
    store::job_steps::move_to(&mut tx, store, job, end, store.clock.now()).await?;
    audit_end(&mut tx, engine, job, end, &job.counts()).await?;
    store::targets::drop_targets(&mut tx, JobId(job.id)).await?;
    tx.commit().await?;
    Ok(Step::Again)
}

/// A cancel takes effect between batches: what was deleted stays deleted, is swept and checked like any other.
pub(super) async fn stop_deleting(engine: &Engine, job: &JobRow) -> Result<Step> {
    let store = &engine.inner.store;
    let mut tx = store.write().await?;
    store::job_steps::set_ending(&mut tx, JobId(job.id), Some("cancelled"), None).await?;
    store::job_steps::move_to(&mut tx, store, job, JobState::Sweeping, store.clock.now()).await?;
    tx.commit().await?;
    Ok(Step::Again)
}

/// One slice of the sweep.
pub(super) async fn sweep(engine: &Engine, job: &JobRow, memory: &mut Memory) -> Result<Step> {
    let store = &engine.inner.store;
    let from = job
        .sweep_cursor
        .as_deref()
        .map_or_else(Place::start, Place::from_bytes);
    let to = store::sweep::skip(&mut *store.read().await?, job.dataset_id, &from, memory.sweep).await?;
    let begun = Instant::now();
    let mut tx = store.write().await?;
    store::job_steps::fence(&mut tx, store, JobId(job.id), JobState::Sweeping).await?;
    store::sweep::slice(&mut tx, job.dataset_id, &from, to.as_ref()).await?;
    match &to {
        Some(place) => store::sweep::set_cursor(&mut tx, JobId(job.id), place).await?,
        None => {
            store::job_steps::move_to(&mut tx, store, job, JobState::Verifying, store.clock.now()).await?
        }
    }
    tx.commit().await?;
    memory.sweep = if begun.elapsed() > TARGET {
        memory.sweep / 2
    } else {
        memory.sweep * 2
    }
    .clamp(500, SWEEP_MAX);
    Ok(Step::Again)
}

/// Checks who is left: nobody that was counted as deleted may exist; newcomers are counted and not touched.
pub(super) async fn verify(engine: &Engine, job: &JobRow) -> Result<Step> {
    let store = &engine.inner.store;
    let (still, joined) = {
        let mut view = store.view().await?;
        let still = store::targets::still_there(&mut view, job).await?;
        let segments = store::segments::defs(&mut view, DatasetId(job.dataset_id)).await?;
        let scope = RuleScope {
            dataset_id: job.dataset_id,
            now: store.clock.now(),
            segments: &segments,
        };
        (
            still,
            store::targets::joined_after(&mut view, job, &membership(job)?, &scope).await?,
        )
    };
    let now = store.clock.now();
    let id = JobId(job.id);
    let mut tx = store.write().await?;
    if still > 0 && job.ending.as_deref() != Some("failed") {
        let reason = format!(
            "{still} people who were counted as deleted are still there. Nothing more was deleted; please report this."
        );
        store::job_steps::set_ending(&mut tx, id, Some("failed"), Some(&reason)).await?;
    }
    let again = still == 0
        && job.ending.is_none()
        && job.counts().failed > 0
        && job.pass <= i64::from(job.spec()?.retry_passes);
    if again {
        store::job_steps::move_to(&mut tx, store, job, JobState::Deleting, now).await?;
        store::targets::next_pass(&mut tx, id).await?;
    } else {
        store::job_steps::set_verified(&mut tx, id, joined, now).await?;
        store::job_steps::move_to(&mut tx, store, job, JobState::Scrubbing, now).await?;
    }
    tx.commit().await?;
    Ok(Step::Again)
}

/// Counts what stays in the warehouse and who is in the segment now, and ends the job with both, in one transaction.
pub(super) async fn seal(engine: &Engine, job: &JobRow) -> Result<Step> {
    let store = &engine.inner.store;
    let (dataset, segment, id) = (
        DatasetId(job.dataset_id),
        SegmentId(job.segment_id),
        JobId(job.id),
    );
    let decided = if job.pass == 1 {
        job.cursor
    } else {
        job.freeze_upto
    };
    let kept = engine.inner.warehouse.kept(id, decided).await?;
    let now = store.clock.now();
    let count = {
        let mut view = store.view().await?;
        let segments = store::segments::defs(&mut view, dataset).await?;
        let scope = RuleScope {
            dataset_id: dataset.0,
            now,
            segments: &segments,
        };
        store::segments::count_members(&mut view, &scope, segment)
            .await
            .ok()
    };
    let counts = job.counts();
    let end = end_of(job, &counts);
    let mut tx = store.write().await?;
    store::job_steps::set_kept(&mut tx, id, kept).await?;
    if let Some(value) = count {
        store::segment_jobs::set_count(&mut tx, segment, value, now).await?;
    }
    store::job_steps::move_to(&mut tx, store, job, end, now).await?;
    audit_end(&mut tx, engine, job, end, &counts).await?;
    tx.commit().await?;
    super::scrub::empty_log(engine).await;
    engine.inner.memory.figures.lock().await.remove(&dataset);
    Ok(Step::Again)
}

/// How it ends: failed where something was wrong, cancelled where people were cut off, else by what is left.
fn end_of(job: &JobRow, counts: &Counts) -> JobState {
    match job.ending.as_deref() {
        Some("failed") => JobState::Failed,
        Some(_) if counts.left > 0 => JobState::Cancelled,
        _ if counts.leftovers() > 0 => JobState::CompletedWithLeftovers,
        _ => JobState::Completed,
    }
}

async fn audit_end(tx: &mut Tx, engine: &Engine, job: &JobRow, end: JobState, counts: &Counts) -> Result<()> {
    let detail = serde_json::to_value(counts).map_err(|e| Error::Corrupt(e.to_string()))?;
    let entry = store::audit::Entry {
        action: "job.ended",
        dataset: Some(DatasetId(job.dataset_id)),
        object: format!("job:{}", job.id),
        detail: serde_json::json!({ "state": end.as_str(), "counts": detail }),
    };
    store::audit::insert(tx, engine.inner.store.clock.now(), &Actor::system(), entry).await
}
