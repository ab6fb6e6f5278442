//! After the sweep: check who is left, count anew, end. Also the early ends. (The scrub, which comes between, is `scrub`.)

use super::{Memory, Step, freeze::membership, receipt, report};
use crate::{
    error::{Error, Result},
    fault, notify,
    service::Engine,
    store::{self, Tx, jobs::JobRow, rule_sql::RuleScope},
};
use domain::{
    access::Actor,
    estimate::took_ms,
    id::{DatasetId, JobId, SegmentId},
    job::{Counts, JobState},
    time::Timestamp,
};

/// Ends a job that has deleted nobody: nothing else changes. The set goes afterwards, slice by slice (see `unneeded`), unless
/// other jobs of a plan have parts of it.
pub(super) async fn end_early(
    engine: &Engine,
    job: &JobRow,
    end: JobState,
    reason: Option<&str>,
) -> Result<Step> {
    let store = &engine.inner.store;
    if super::export::owed(job)? {
        // What was begun of it goes first: once the job is over, nobody looks for it.
        super::export::abandon(engine, JobId(job.id)).await;
    }
    let mut tx = store.write().await?;
    store::job_steps::set_ending(&mut tx, JobId(job.id), None, reason).await?;
    store::job_steps::move_to(&mut tx, store, job, end, store.clock.now()).await?;
    audit_end(&mut tx, engine, job, end, &job.counts()).await?;
    // Of a plan that ends as one, people are told once: by the job with which it began to end.
    if !store::plans::ends_with_the_one_before(&mut tx, job).await? {
        notify::job_end(&mut tx, engine, job, end, &job.counts()).await?;
    }
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

async fn still_there(engine: &Engine, job: &JobRow) -> Result<i64> {
    store::targets::still_there(&mut *engine.inner.store.count().await?, job).await
}

async fn joined_after(engine: &Engine, job: &JobRow) -> Result<i64> {
    let store = &engine.inner.store;
    let mut view = store.view().await?;
    let segments = store::frozen_rules::defs(&mut view, job).await?;
    let scope = RuleScope {
        dataset_id: job.dataset_id,
        now: store.clock.now(),
        segments: &segments,
    };
    let who = membership(job)?;
    let moved = store::frozen_rules::moved(&mut view, job, &who, Timestamp::from_ms(job.now_at)).await?;
    let everyone = moved.by_clock || moved.by_people;
    store::targets::joined_after(&mut view, job, &who, &scope, everyone).await
}

/// Checks who is left: nobody that was counted as deleted may exist; newcomers are counted and not touched.
pub(super) async fn verify(engine: &Engine, job: &JobRow) -> Result<Step> {
    let store = &engine.inner.store;
    let (still, joined) = tokio::try_join!(still_there(engine, job), joined_after(engine, job))?;
    fault::stop_point("verify.counted")?;
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
        store::batch::next_pass(&mut tx, id).await?;
    } else {
        store::job_steps::set_verified(&mut tx, id, joined, now).await?;
        store::job_steps::move_to(&mut tx, store, job, JobState::Scrubbing, now).await?;
    }
    tx.commit().await?;
    Ok(Step::Again)
}

/// Measures the report's side after and makes the receipt's tree; then counts who is in the segment now, and ends the job with
/// that, with what stays in the warehouse and with its receipt, in one transaction.
pub(super) async fn seal(engine: &Engine, job: &JobRow, memory: &mut Memory) -> Result<Step> {
    if let Some(step) = report::after(engine, job, memory).await? {
        return Ok(step);
    }
    if let Some(step) = receipt::tree(engine, job, memory).await? {
        return Ok(step);
    }
    let store = &engine.inner.store;
    let (dataset, segment, id) = (
        DatasetId(job.dataset_id),
        SegmentId(job.segment_id),
        JobId(job.id),
    );
    let deletion = engine.inner.warehouse.deletion(id).await?;
    let kept = deletion.map(|deletion| deletion.kept()).unwrap_or_default();
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
    fault::stop_point("seal.counted")?;
    let counts = job.counts();
    let end = end_of(job, &counts);
    let mut tx = store.write().await?;
    store::job_reports::set_kept(&mut tx, id, kept).await?;
    if let Some(value) = count {
        store::segment_jobs::set_count(&mut tx, segment, value, now).await?;
    }
    receipt::sign(&mut tx, engine, job, memory, (end, kept, now)).await?;
    store::plans::set_took(&mut tx, id, took_ms(&job.phases()?, job.paused_ms, now)).await?;
    store::job_steps::move_to(&mut tx, store, job, end, now).await?;
    audit_end(&mut tx, engine, job, end, &counts).await?;
    notify::job_end(&mut tx, engine, job, end, &counts).await?;
    fault::stop_point("seal.told")?;
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
