//! The warehouse copy: a task that takes over changes in order and says how far it is. A job never outruns it (fact S4).
//! Knows of jobs only whom they deleted, which it marks; `retention` removes those rows when their term is over.

pub(crate) mod retention;

use crate::{
    error::Result,
    fault,
    service::Engine,
    store::{self, Connection, Pool, Store, Writer, jobs::JobRow, warehouse_deletions::Deletion},
};
use domain::{id::JobId, time::Timestamp};
use std::{
    sync::atomic::{AtomicI64, AtomicUsize, Ordering},
    time::{Duration, Instant},
};
use tokio::sync::watch;

/// The copy is looked after at least this often, though every change rings for it.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// After a failure it waits this long.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// Changes that are taken over in a second, where none has been seen: a slow disk's.
const PER_SECOND: i64 = 20_000;
/// A slice of fewer changes says nothing about speed.
const CHANGES_MIN: i64 = 1_000;
/// Ids that are copied in one transaction where everyone is.
const EVERYONE_SLICE: i64 = 50_000;

/// The open warehouse.
#[derive(Debug)]
pub(crate) struct Warehouse {
    pub(crate) copier: Writer,
    reader: Pool,
    watermark: AtomicI64,
    /// Changes that were taken over in a second, lately.
    per_second: AtomicI64,
    /// When the copy had last taken over all that there was, milliseconds.
    level_at: AtomicI64,
    /// How many need the log of changes to stay as it is: what the copy passes is taken out later.
    kept: AtomicUsize,
}

/// As long as it is there, nothing is taken out of the log of changes.
#[derive(Debug)]
pub(crate) struct KeptLog<'w>(&'w Warehouse);

impl Drop for KeptLog<'_> {
    fn drop(&mut self) {
        self.0.kept.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Warehouse {
    /// Opens the file in the store's directory.
    pub(crate) async fn open(store: &Store) -> Result<Self> {
        let (copier, reader) = store::warehouse::connect(&store.dir).await?;
        let mut conn = reader.acquire().await?;
        let (watermark, moved_at) = store::warehouse::watermark_moved(&mut conn).await?;
        let level = store::warehouse::newest(&mut conn).await? == watermark;
        drop(conn);
        let level_at = if level { store.clock.now() } else { moved_at };
        Ok(Self {
            copier,
            reader,
            watermark: AtomicI64::new(watermark),
            per_second: AtomicI64::new(PER_SECOND),
            level_at: AtomicI64::new(level_at.ms()),
            kept: AtomicUsize::new(0),
        })
    }

    /// How long it takes, by its speed lately, until every change up to this number is in the copy, milliseconds.
    pub(crate) fn behind_ms(&self, seq: i64) -> i64 {
        let behind = (seq - self.watermark()).max(0);
        behind.saturating_mul(1_000) / self.per_second.load(Ordering::Relaxed).max(1)
    }

    /// Closes its connections, so that the write-ahead log is emptied.
    pub(crate) async fn close(&self) {
        self.reader.close().await;
        self.copier.close().await;
    }

    /// Every change up to and including this number is in the copy, durably.
    pub(crate) fn watermark(&self) -> i64 {
        self.watermark.load(Ordering::Acquire)
    }

    /// Takes over what there is, slice by slice.
    pub(crate) async fn catch_up(&self, store: &Store) -> Result<()> {
        loop {
            let (begun, before) = (Instant::now(), self.watermark());
            let (watermark, more) =
                store::warehouse::copy_slice(&self.copier, store.epoch, store.clock.now()).await?;
            self.learn(watermark - before, begun.elapsed());
            fault::stop_point("warehouse.copied")?;
            self.watermark.store(watermark, Ordering::Release);
            self.trim(store, watermark).await?;
            if !more {
                self.level_at.store(store.clock.now().ms(), Ordering::Release);
                return Ok(());
            }
        }
    }

    /// Keeps the log of changes from the present number on: who holds this sees in it everyone who changes meanwhile.
    pub(crate) fn keep_log(&self) -> KeptLog<'_> {
        self.kept.fetch_add(1, Ordering::AcqRel);
        KeptLog(self)
    }

    /// Takes what the copy has passed out of the log, unless somebody needs it: then the next look does.
    async fn trim(&self, store: &Store, watermark: i64) -> Result<()> {
        loop {
            let mut tx = store.write().await?;
            // Asked under the lock: whoever keeps the log begins with a look at the store, and sees what was taken out.
            if self.kept.load(Ordering::Acquire) > 0 {
                return Ok(());
            }
            let more = store::warehouse::trim_log(&mut tx, watermark).await?;
            fault::stop_point("warehouse.trim")?;
            tx.commit().await?;
            if !more {
                return Ok(());
            }
        }
    }

    /// Notes how quick a slice was. A small one says nothing: its commit is what took the time.
    fn learn(&self, changes: i64, took: Duration) {
        if changes >= CHANGES_MIN {
            let speed = changes.saturating_mul(1_000) / crate::clock::millis(took).max(1);
            self.per_second.store(speed.max(1), Ordering::Relaxed);
        }
    }

    /// Copies everyone, in the order of the store, and catches up: for a store that was filled beside the change log.
    pub(crate) async fn take_everyone(&self, store: &Store) -> Result<()> {
        let (first, last) = store::warehouse::ids(&mut *self.reader.acquire().await?).await?;
        let mut after = first - 1;
        while after < last {
            let upto = (after + EVERYONE_SLICE).min(last);
            let mut tx = self.copier.begin(store.epoch).await?;
            store::warehouse::copy_range(&mut tx, after, upto, store.clock.now()).await?;
            tx.commit().await?;
            after = upto;
        }
        self.catch_up(store).await
    }

    /// When the copy had last taken over all that there was: it is behind by no more than what passed since.
    pub(crate) fn level_at(&self) -> Timestamp {
        Timestamp::from_ms(self.level_at.load(Ordering::Acquire))
    }

    /// A connection that reads. Pages and exports let go of it quickly.
    pub(crate) async fn read(&self) -> Result<Connection> {
        Ok(self.reader.acquire().await?)
    }

    /// A job's deletion, as far as it is marked.
    pub(crate) async fn deletion(&self, job: JobId) -> Result<Option<Deletion>> {
        store::warehouse_deletions::find(&mut *self.read().await?, job).await
    }

    /// Marks the next slice of the people whom a job deleted at `deleted_at`, and adds up what they counted for up to
    /// `at`. Whether more follow.
    pub(crate) async fn mark(
        &self,
        store: &Store,
        job: &JobRow,
        deleted_at: Timestamp,
        at: Timestamp,
    ) -> Result<bool> {
        let marked = async {
            let mut tx = self.copier.begin(store.epoch).await?;
            let now = store.clock.now();
            let more =
                store::warehouse_deletions::mark_slice(&mut tx, &store.keys, job, (deleted_at, at), now)
                    .await?;
            fault::stop_point("warehouse.mark")?;
            tx.commit().await?;
            Ok(more)
        };
        self.noting(marked).await
    }

    /// Tells the writer of an error of the disk, so that its connection is opened anew before it is used again.
    pub(crate) async fn noting<T>(&self, deed: impl Future<Output = Result<T>>) -> Result<T> {
        let done = deed.await;
        if let Err(error) = &done {
            self.copier.note(error);
        }
        done
    }
}

/// The task: takes over changes until told to stop.
pub(crate) async fn run(engine: Engine, mut stop: watch::Receiver<bool>) {
    let inner = &engine.inner;
    while !*stop.borrow() {
        let rung = inner.copy.notified();
        let rest = match inner.warehouse.catch_up(&inner.store).await {
            Ok(()) => {
                inner.wake.notify_one();
                LOOK_EVERY
            }
            Err(error) => {
                tracing::warn!(%error, "the warehouse copy could not go on; it will be tried again");
                // Which of the two files it was is not said; opening both anew costs little.
                inner.store.note(&error);
                inner.warehouse.copier.note(&error);
                AFTER_FAILURE
            }
        };
        tokio::select! {
            () = rung => {}
            () = tokio::time::sleep(rest) => {}
            _ = stop.changed() => {}
        }
    }
}
