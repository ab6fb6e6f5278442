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
        sweep::{End, Place, Slice},
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
/// A slice should hold the write lock about this long; some hold it three times as long.
const TARGET: Duration = Duration::from_millis(20);

/// What a look-up entry costs that a batch takes along by itself: its page is read, changed and logged alone. The sweep
/// writes every page once and pays for each entry that it looks at. Measured: about 25 µs and 0.35 µs.
const POINT_TO_SWEPT: i64 = 70;

/// Whether a job of `matched` people in a dataset of about `people` deletes look-up entries batch by batch.
pub(super) const fn points(matched: i64, people: i64) -> bool {
    matched * POINT_TO_SWEPT < people
}

/// What the runner remembers of a sweep: the set of the deleted, the size of the next slice, and that slice, where it was
/// looked at while the one before it was taken.
#[derive(Debug, Clone)]
pub(super) struct Sweep {
    gone: Option<Option<Gone>>,
    entries: i64,
    next: Option<Slice>,
}

impl Default for Sweep {
    fn default() -> Self {
        Self {
            gone: None,
            entries: FIRST,
            next: None,
        }
    }
}

/// One slice: looks at it, unless that was done; takes it, and looks at the next one meanwhile, on the second core.
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
    let entries = fault::slice(memory.sweep.entries);
    let look = async |from: &Place| {
        let mut conn = store.count().await?;
        store::sweep::look(&mut conn, job, from, entries, gone.as_ref()).await
    };
    let from = job
        .sweep_cursor
        .as_deref()
        .map_or_else(Place::start, Place::from_bytes);
    let seen = memory.sweep.next.take().filter(|slice| slice.from == from);
    let slice = match seen {
        Some(slice) => slice,
        None => look(&from).await?,
    };
    let ahead = async {
        match &slice.end {
            End::At(place) | End::Kind(place) => look(place).await.map(Some),
            End::All => Ok(None),
        }
    };
    let (took, ahead) = tokio::join!(take(engine, job, &slice, gone.as_ref()), ahead);
    let (took, ahead) = (took?, ahead?);
    match &slice.end {
        End::All => memory.sweep = Sweep::default(),
        End::Kind(_) => (memory.sweep.gone, memory.sweep.next) = (Some(gone), ahead),
        End::At(_) => {
            (memory.sweep.gone, memory.sweep.next) = (Some(gone), ahead);
            adapt(&mut memory.sweep, took);
        }
    }
    Ok(Step::Again)
}

/// The transaction of a slice. Gives how long it held the lock. Where something of the slice went since it was looked at,
/// it is looked at again under the lock.
async fn take(engine: &Engine, job: &JobRow, slice: &Slice, gone: Option<&Gone>) -> Result<Duration> {
    let store = &engine.inner.store;
    let mut again = None;
    loop {
        let mut tx = store.write().await?;
        let begun = Instant::now();
        store::job_steps::fence(&mut tx, store, JobId(job.id), JobState::Sweeping).await?;
        if let Some(slice) = again.as_mut() {
            store::sweep::fill(&mut tx, job, slice, gone).await?;
        }
        let slice = again.as_ref().unwrap_or(slice);
        if !store::sweep::take(&mut tx, store, job, slice, gone).await? {
            tx.take_back().await?;
            again = Some(slice.clone());
            continue;
        }
        fault::stop_point("sweep.slice")?;
        match &slice.end {
            End::At(place) | End::Kind(place) => {
                store::sweep::set_cursor(&mut tx, JobId(job.id), place).await?;
            }
            End::All => {
                store::job_steps::move_to(&mut tx, store, job, JobState::Verifying, store.clock.now())
                    .await?;
            }
        }
        tx.commit().await?;
        return Ok(begun.elapsed());
    }
}

fn adapt(sweep: &mut Sweep, took: Duration) {
    let fit = u128::from(sweep.entries.unsigned_abs()) * TARGET.as_micros() / took.as_micros().max(1);
    let most = sweep.entries * 2;
    sweep.entries = i64::try_from(fit).unwrap_or(most).min(most).clamp(MIN, MAX);
}
