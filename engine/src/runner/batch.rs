//! One batch: one transaction that deletes people, counts them and moves the cursor. It commits whole or not at all.

use super::{Memory, Step, begin, freeze::membership, hold};
use crate::{
    clock::millis,
    error::{Error, Result},
    service::Engine,
    store::{
        self, Tx,
        jobs::JobRow,
        rule_sql::RuleScope,
        targets::{Range, Tally},
    },
};
use domain::{
    id::{DatasetId, JobId},
    job::{Batch, Intent, JobState, Pace, batch_max},
    time::Timestamp,
};
use std::time::{Duration, Instant};

/// Targets of the first batch.
pub(super) const SIZE_FIRST: i64 = 256;
/// Targets of a batch at most.
const SIZE_MAX: i64 = 20_000;
/// A batch should hold the write lock about this long.
const TARGET: Duration = Duration::from_millis(25);
/// A batch may grow by this much a step, in percent; it is halved at once when it was too long.
const GROWTH_PERCENT: i64 = 150;
/// Tries of the same batch before it is halved, and of one person before they are recorded as failed.
const TRIES_MAX: u8 = 3;

/// One batch, or the end of the pass.
///
/// 1. Rest, where the limit set by the person or the duty cycle says so.
/// 2. Begin; the fence and the intent are read again inside the transaction.
/// 3. Take the next range; stop where the warehouse copy or a campaign stands in the way.
/// 4. Decide who of it is gone or spared; delete the others and all that belongs to them.
/// 5. Row of the batch, counters, cursor, pace; commit.
/// 6. Adapt the size to the time it took.
pub(super) async fn step(engine: &Engine, job: &JobRow, memory: &mut Memory) -> Result<Step> {
    let last = memory.last.as_ref();
    if let Some(rest) = last.and_then(|last| last.rest_left(engine, job.max_rate)) {
        return Ok(Step::Rest(rest));
    }
    match one(engine, job, memory).await {
        Ok(step) => {
            memory.tries = 0;
            Ok(step)
        }
        Err(Error::Fenced) => Err(Error::Fenced),
        Err(error) if error.retryable() => Ok(hold::database(engine, job, &error)),
        Err(error) => failed(engine, job, memory, &error).await,
    }
}

async fn one(engine: &Engine, job: &JobRow, memory: &mut Memory) -> Result<Step> {
    let store = &engine.inner.store;
    let begun = Instant::now();
    let between = memory.last.as_ref().map_or(0, |last| last.between_ms(engine));
    let mut tx = store.write().await?;
    store::job_steps::fence(&mut tx, store, JobId(job.id), JobState::Deleting).await?;
    let job = store::jobs::find(&mut tx, JobId(job.id))
        .await?
        .ok_or(Error::Fenced)?;
    if job.intent()? != Intent::Run {
        return Ok(Step::Again);
    }
    // In the transaction that deletes: a campaign that is activated comes before this batch or finds it done.
    if let Some(reason) = begin::campaign_in_the_way(&mut tx, &job).await? {
        drop(tx);
        return begin::wait(engine, &job, &reason).await;
    }
    let Some(range) = store::targets::next_range(&mut tx, &job, size(&job, memory)).await? else {
        store::job_steps::move_to(&mut tx, store, &job, JobState::Sweeping, store.clock.now()).await?;
        tx.commit().await?;
        return Ok(Step::Again);
    };
    // A retry pass goes one by one: between two failed ones lie people who were deleted before.
    let range = if job.pass == 1 {
        range
    } else {
        Range {
            after: range.upto - 1,
            ..range
        }
    };
    if range.changed > engine.inner.warehouse.watermark() {
        drop(tx);
        engine.inner.copy.notify_one();
        return begin::wait(
            engine,
            &job,
            "Waiting until the data warehouse has a copy of the next people on the list.",
        )
        .await;
    }
    let locked = Instant::now();
    let mut tally = decide(&mut tx, &job, &range).await?;
    tally.ms = millis(begun.elapsed()).max(1);
    let batch = Batch {
        targets: range.targets,
        work_ms: tally.ms,
        max_rate: job.max_rate,
    };
    let cycle = batch.cycle_ms(engine.inner.health.duty(), between);
    let pace = Pace { rate: job.rate }.with(range.targets, cycle);
    store::targets::record_batch(&mut tx, &job, &range, &tally, pace.rate, store.clock.now()).await?;
    check_sum(&mut tx, &job).await?;
    tx.commit().await?;
    adapt(memory, locked.elapsed());
    memory.last = Some(hold::Done {
        batch: Batch {
            work_ms: millis(begun.elapsed()),
            ..batch
        },
        ended: Instant::now(),
    });
    Ok(Step::Again)
}

fn size(job: &JobRow, memory: &Memory) -> i64 {
    if job.pass > 1 {
        return 1;
    }
    batch_max(job.max_rate).map_or(memory.batch, |max| memory.batch.min(max))
}

fn adapt(memory: &mut Memory, took: Duration) {
    memory.batch = if took > TARGET * 2 {
        memory.batch / 2
    } else if took < TARGET {
        memory.batch * GROWTH_PERCENT / 100 + 1
    } else {
        memory.batch
    }
    .clamp(1, SIZE_MAX);
}

/// Sorts the range into gone, spared and deleted.
async fn decide(tx: &mut Tx, job: &JobRow, range: &Range) -> Result<Tally> {
    let id = JobId(job.id);
    let reopened = if job.pass == 1 {
        0
    } else {
        store::targets::reopen_failed(tx, id, range).await?
    };
    let gone = if range.present < range.targets {
        store::targets::mark_gone(tx, id, range).await?
    } else {
        0
    };
    let mut spared = 0;
    if range.changed > job.freeze_seq && job.spec()?.spare_changed {
        let segments = store::segments::defs(tx, DatasetId(job.dataset_id)).await?;
        let scope = RuleScope {
            dataset_id: job.dataset_id,
            now: Timestamp::from_ms(job.now_at),
            segments: &segments,
        };
        spared = store::targets::mark_spared(tx, job, range, &membership(job)?, &scope).await?;
    }
    let deleted = store::targets::delete_range(tx, id, range, gone + spared > 0).await?;
    Ok(Tally {
        deleted: deleted.profiles,
        spared,
        held: 0,
        failed: -reopened,
        gone,
        events: deleted.events,
        ms: 0,
    })
}

/// The sum must hold before anything is committed: a job that miscounts is halted, not finished.
async fn check_sum(tx: &mut Tx, job: &JobRow) -> Result<()> {
    let after = store::jobs::find(tx, JobId(job.id)).await?.ok_or(Error::Fenced)?;
    if after.counts().hold() {
        Ok(())
    } else {
        Err(Error::Corrupt(format!(
            "the counts of job {} do not add up",
            job.id
        )))
    }
}

/// A batch that cannot be done: three tries, then half, down to the one person it hangs on, who is recorded as failed.
async fn failed(engine: &Engine, job: &JobRow, memory: &mut Memory, error: &Error) -> Result<Step> {
    memory.tries += 1;
    tracing::warn!(%error, job = job.id, tries = memory.tries, size = memory.batch, "a batch failed");
    if memory.tries < TRIES_MAX {
        return Ok(Step::Rest(Duration::from_millis(100)));
    }
    memory.tries = 0;
    if memory.batch > 1 && job.pass == 1 {
        memory.batch /= 2;
        return Ok(Step::Again);
    }
    let store = &engine.inner.store;
    let mut tx = store.write().await?;
    store::job_steps::fence(&mut tx, store, JobId(job.id), JobState::Deleting).await?;
    if let Some(range) = store::targets::next_range(&mut tx, job, 1).await? {
        store::targets::mark_failed(
            &mut tx,
            JobId(job.id),
            &range,
            "Could not be deleted after three tries; the server's log says why.",
        )
        .await?;
        let tally = Tally {
            failed: i64::from(job.pass == 1),
            ..Tally::default()
        };
        store::targets::record_batch(&mut tx, job, &range, &tally, job.rate, store.clock.now()).await?;
    }
    tx.commit().await?;
    Ok(Step::Again)
}
