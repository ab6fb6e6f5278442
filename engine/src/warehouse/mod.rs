//! The warehouse copy: a task that takes over changes in order and says how far it is. A job never outruns it (fact S4).
//! Knows nothing of jobs but how to count what stays of one.

use crate::{
    error::Result,
    fault,
    service::Engine,
    store::{self, Pool, Store, Writer},
};
use domain::{id::JobId, impact::WarehouseKept};
use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};
use tokio::sync::watch;

/// The copy is looked after at least this often, though every change rings for it.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// After a failure it waits this long.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// Ids that are copied in one transaction where everyone is.
const EVERYONE_SLICE: i64 = 50_000;

/// The open warehouse.
#[derive(Debug)]
pub(crate) struct Warehouse {
    copier: Writer,
    reader: Pool,
    watermark: AtomicI64,
}

impl Warehouse {
    /// Opens the file in the store's directory.
    pub(crate) async fn open(store: &Store) -> Result<Self> {
        let (copier, reader) = store::warehouse::connect(&store.dir).await?;
        let watermark = AtomicI64::new(store::warehouse::watermark(&mut *reader.acquire().await?).await?);
        Ok(Self {
            copier,
            reader,
            watermark,
        })
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
            let (watermark, more) =
                store::warehouse::copy_slice(&self.copier, store.epoch, store.clock.now()).await?;
            fault::stop_point("warehouse.copied")?;
            self.watermark.store(watermark, Ordering::Release);
            trim(store, watermark).await?;
            if !more {
                return Ok(());
            }
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

    /// What stays of the people that a job deleted; `decided`: the greatest id whose turn has come.
    pub(crate) async fn kept(&self, job: JobId, decided: i64) -> Result<WarehouseKept> {
        store::warehouse::kept(&mut *self.reader.acquire().await?, job, decided).await
    }
}

async fn trim(store: &Store, watermark: i64) -> Result<()> {
    loop {
        let mut tx = store.write().await?;
        let more = store::warehouse::trim_log(&mut tx, watermark).await?;
        fault::stop_point("warehouse.trim")?;
        tx.commit().await?;
        if !more {
            return Ok(());
        }
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
