//! What a job's report compares: the figures before anybody is deleted, and those after, with what the deleted people
//! counted for. Slice by slice, so that other jobs have their turn; each side is written whole, so a restart finds it or
//! measures it again. Deleting itself is not held up by any of it.

use super::{Memory, Step, begin};
use crate::{
    counting::Count,
    error::{Error, Result},
    fault,
    service::Engine,
    store::{self, job_reports::After, jobs::JobRow},
};
use domain::{
    id::{DatasetId, JobId},
    job::JobState,
    metric::Accumulated,
    time::Timestamp,
};

/// In front of a job that starts at once, so many people at most are counted: some tenths of a second. Of more, the figures
/// before are worked out afterwards, from those after and from what the deleted people counted for.
const COUNTED_AT_ONCE_MAX: i64 = 50_000;
/// A side before that is older than this is measured anew: the job was ready then and had to wait.
const BEFORE_FRESH_MS: i64 = 10 * 60_000;

/// Where measuring is: what a restart may forget.
#[derive(Debug, Default)]
pub(super) struct Work {
    /// When the side before was done, once it is written: how long measuring took makes it no older.
    before_at: Option<Timestamp>,
    /// The count that is under way.
    count: Option<Box<Count>>,
}

/// Measures the side before, the last thing in front of deleting. `None`: it is done.
pub(super) async fn before(engine: &Engine, job: &JobRow, memory: &mut Memory) -> Result<Option<Step>> {
    let store = &engine.inner.store;
    let (dataset, id) = (DatasetId(job.dataset_id), JobId(job.id));
    let now = store.clock.now();
    let fresh = |at: Timestamp| now.ms() - at.ms() < BEFORE_FRESH_MS;
    let work = &mut memory.report;
    if work.count.is_none() {
        if work.before_at.is_none() {
            let found = store::job_reports::find(&mut *store.read().await?, id).await?;
            work.before_at = found.and_then(|it| it.before_at);
        }
        if work.before_at.is_some_and(fresh) {
            return Ok(None);
        }
        let people = store::datasets::profiles_at_most(&mut *store.read().await?, dataset).await?;
        if people > COUNTED_AT_ONCE_MAX {
            if job.state()? == JobState::Freezing {
                write_before(engine, job, now, None).await?;
                work.before_at = Some(now);
                return Ok(Some(Step::Again));
            }
            begin::wait(
                engine,
                job,
                "Counting the figures of the report before anybody is deleted.",
            )
            .await?;
        }
        work.count = Some(Box::new(Count::begin(store, dataset, now, false).await?));
    }
    let Some(mut count) = work.count.take() else {
        return Ok(None);
    };
    if count.step(store).await? {
        work.count = Some(count);
        return Ok(Some(Step::Again));
    }
    write_before(engine, job, count.at(), Some(&count)).await?;
    work.before_at = Some(store.clock.now());
    Ok(Some(Step::Again))
}

async fn write_before(engine: &Engine, job: &JobRow, at: Timestamp, count: Option<&Count>) -> Result<()> {
    let store = &engine.inner.store;
    let totals = totals(engine, job).await?;
    let mut tx = store.write().await?;
    store::job_steps::fence(&mut tx, store, JobId(job.id), job.state()?).await?;
    let people = count.map(|count| &count.people);
    store::job_reports::set_before(&mut tx, JobId(job.id), at, &totals, people).await?;
    fault::stop_point("report.before")?;
    tx.commit().await
}

async fn totals(engine: &Engine, job: &JobRow) -> Result<Accumulated> {
    let mut conn = engine.inner.store.count().await?;
    store::measure::accumulated(&mut conn, DatasetId(job.dataset_id)).await
}

/// Marks the deleted people in the warehouse and measures the side after, in front of the seal. `None`: it is done.
///
/// 1. Note the moment at which windows of days end, once: a restart goes on with it.
/// 2. Mark, and add up what the deleted people counted for; how far that is stands in the warehouse.
/// 3. Forget whose the erased identities were: the marks lead to their copies from here on.
/// 4. Count who is there.
/// 5. Write it all.
pub(super) async fn after(engine: &Engine, job: &JobRow, memory: &mut Memory) -> Result<Option<Step>> {
    let store = &engine.inner.store;
    let (dataset, id) = (DatasetId(job.dataset_id), JobId(job.id));
    let work = &mut memory.report;
    if let Some(mut count) = work.count.take() {
        if count.step(store).await? {
            work.count = Some(count);
        } else {
            write_after(engine, job, &count).await?;
        }
        return Ok(Some(Step::Again));
    }
    let measured = store::job_reports::find(&mut *store.read().await?, id).await?;
    if measured.as_ref().is_some_and(|it| it.people_after.is_some()) {
        return Ok(None);
    }
    let Some(at) = measured.and_then(|it| it.after_at) else {
        let mut tx = store.write().await?;
        store::job_steps::fence(&mut tx, store, id, JobState::Sealing).await?;
        store::job_reports::begin_after(&mut tx, id, store.clock.now()).await?;
        tx.commit().await?;
        return Ok(Some(Step::Again));
    };
    let deleted_at = job.verified_at.map_or(at, Timestamp::from_ms);
    if engine.inner.warehouse.mark(store, job, deleted_at, at).await? {
        return Ok(Some(Step::Again));
    }
    if store::erased_people::any(&mut *store.read().await?, id).await? {
        let mut tx = store.write().await?;
        store::job_steps::fence(&mut tx, store, id, JobState::Sealing).await?;
        store::erased_people::forget_some(&mut tx, id).await?;
        fault::stop_point("report.forgotten")?;
        tx.commit().await?;
        return Ok(Some(Step::Again));
    }
    work.count = Some(Box::new(Count::begin(store, dataset, at, false).await?));
    Ok(Some(Step::Again))
}

async fn write_after(engine: &Engine, job: &JobRow, count: &Count) -> Result<()> {
    let store = &engine.inner.store;
    let id = JobId(job.id);
    let deletion = engine.inner.warehouse.deletion(id).await?;
    let deletion = deletion
        .ok_or_else(|| Error::Corrupt(format!("the deletion of job {id} is not in the warehouse")))?;
    let totals = totals(engine, job).await?;
    let mut tx = store.write().await?;
    store::job_steps::fence(&mut tx, store, id, JobState::Sealing).await?;
    let after = After {
        totals: &totals,
        people: &count.people,
        went: &deletion.went()?,
        projected: &deletion.projected()?,
    };
    store::job_reports::set_after(&mut tx, id, &after).await?;
    fault::stop_point("report.after")?;
    tx.commit().await
}
