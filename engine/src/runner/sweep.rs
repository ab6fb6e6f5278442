//! The sweep: after the last batch, the dead entries of the identity look-up are taken away in key order. They are
//! harmless before, so it may be interrupted anywhere; and for a few people of many it has nothing to do, because each
//! batch has taken their entries along.

use super::{Memory, Step};
use crate::{
    error::Result,
    fault,
    service::Engine,
    store::{
        self,
        gone::Gone,
        jobs::JobRow,
        sweep::{End, Place},
    },
};
use domain::{id::JobId, job::JobState};
use std::time::{Duration, Instant};

/// Entries of the first slice.
pub(super) const FIRST: i64 = 8_000;
/// Entries of a slice at least.
const MIN: i64 = 500;
/// Entries of a slice at most.
const MAX: i64 = 400_000;
/// A slice should hold the write lock about this long.
const TARGET: Duration = Duration::from_millis(25);

/// What a look-up entry costs that a batch takes along by itself: its page is read, changed and logged alone. The sweep
/// writes every page once and pays for each entry that it looks at. Measured: about 25 µs and 0.35 µs.
const POINT_TO_SWEPT: i64 = 70;

/// Whether a job of `matched` people in a dataset of about `people` deletes look-up entries batch by batch.
pub(super) const fn points(matched: i64, people: i64) -> bool {
    matched * POINT_TO_SWEPT < people
}

/// What the runner remembers of a sweep: the set of the deleted, and the size of the next slice.
#[derive(Debug, Clone)]
pub(super) struct Sweep {
    gone: Option<Option<Gone>>,
    entries: i64,
}

impl Default for Sweep {
    fn default() -> Self {
        Self {
            gone: None,
            entries: FIRST,
        }
    }
}

/// One slice.
pub(super) async fn step(engine: &Engine, job: &JobRow, memory: &mut Memory) -> Result<Step> {
    let store = &engine.inner.store;
    if job.point_deletes != 0 {
        let mut tx = store.write().await?;
        store::job_steps::move_to(&mut tx, store, job, JobState::Verifying, store.clock.now()).await?;
        tx.commit().await?;
        return Ok(Step::Again);
    }
    let gone = match memory.sweep.gone.take() {
        Some(gone) => gone,
        None => Gone::of(&mut *store.count().await?, job).await?,
    };
    let from = job
        .sweep_cursor
        .as_deref()
        .map_or_else(Place::start, Place::from_bytes);
    let end = store::sweep::end(
        &mut *store.read().await?,
        job.dataset_id,
        &from,
        fault::slice(memory.sweep.entries),
    )
    .await?;
    let mut tx = store.write().await?;
    let begun = Instant::now();
    store::job_steps::fence(&mut tx, store, JobId(job.id), JobState::Sweeping).await?;
    let to = match &end {
        End::At(place) => Some(place),
        End::Kind(_) | End::All => None,
    };
    store::sweep::slice(&mut tx, store, job, (&from, to), gone.as_ref()).await?;
    fault::stop_point("sweep.slice")?;
    match &end {
        End::At(place) | End::Kind(place) => {
            store::sweep::set_cursor(&mut tx, JobId(job.id), place).await?;
            memory.sweep.gone = Some(gone);
        }
        End::All => {
            store::job_steps::move_to(&mut tx, store, job, JobState::Verifying, store.clock.now()).await?;
        }
    }
    tx.commit().await?;
    if matches!(end, End::At(_)) {
        adapt(&mut memory.sweep, begun.elapsed());
    }
    Ok(Step::Again)
}

fn adapt(sweep: &mut Sweep, took: Duration) {
    let fit = u128::from(sweep.entries.unsigned_abs()) * TARGET.as_micros() / took.as_micros().max(1);
    let most = sweep.entries * 2;
    sweep.entries = i64::try_from(fit).unwrap_or(most).min(most).clamp(MIN, MAX);
}
