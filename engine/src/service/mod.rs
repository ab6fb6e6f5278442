//! The use-cases. Every call takes who asks, checks that first, then the guards, does its deed in one transaction
//! together with its audit entry, and wakes the runner. Knows no SQL (that is `store`), no HTTP and no page.

mod access;
mod accounts;
mod audit;
mod campaign_clock;
mod campaign_page;
mod campaigns;
mod datasets;
mod decisions;
mod erasures;
mod estimate;
mod exports;
mod holds;
mod impact;
mod job_lists;
mod jobs;
mod legal_holds;
mod limits;
mod memory;
mod person;
mod plans;
mod profiles;
mod receipts;
mod rechecks;
mod recipients;
mod recurring;
mod reports;
mod request_deeds;
mod request_files;
mod requests;
mod segment_copy;
mod segment_counts;
mod segment_history;
mod segment_members;
mod segment_rule;
mod segment_state;
mod segments;
mod share;
mod start;
pub(crate) mod stored_members;
mod suggestions;
mod suppressions;
mod target_set;
#[cfg(test)]
mod tests;
mod tracking;
mod tries;
pub(crate) mod usage;
mod uses;
mod warehouse;
mod warehouse_export;
mod when;

use crate::{
    clock::Clock,
    error::Result,
    health::{Health, HealthOptions},
    receipt::Signer,
    store::{self, Store},
    warehouse::Warehouse,
};
pub use access::NewSession;
pub(crate) use campaign_clock::keep_time;
use domain::{
    access::{Actor, Permission},
    problem::{Code, Problem},
};
pub use estimate::{Ask, Forecast};
pub(crate) use exports::kept_until;
pub(crate) use holds::{Cause, Holds};
pub use limits::Limits;
use memory::Memory;
pub(crate) use recurring::definition;
pub use request_files::PersonAnswer;
pub use requests::NewOutside;
pub(crate) use start::Standing;
pub use start::{Idempotency, Started};
use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::sync::{Notify, watch};

/// The pause before the structure of the file is checked once more.
const CHECK_AGAIN: Duration = Duration::from_secs(1);

/// How to open a data directory.
#[derive(Debug, Clone)]
pub struct OpenOptions {
    /// The data directory.
    pub dir: PathBuf,
    /// The clock.
    pub clock: Clock,
}

/// A cheap handle on the open engine; clones share it.
#[derive(Debug, Clone)]
pub struct Engine {
    pub(crate) inner: Arc<Inner>,
}

/// What the handles share.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) warehouse: Warehouse,
    /// Signs receipts.
    pub(crate) signer: Signer,
    pub(crate) memory: Memory,
    pub(crate) health: Health,
    /// Why jobs do not move, where that is not worth a write: by the runner, job by job.
    pub(crate) holds: Holds,
    /// Whether the structural check of the file has passed.
    pub(crate) sound: AtomicBool,
    /// Whether this process has carried out jobs.
    pub(crate) worked: AtomicBool,
    /// Whether the file was found to be damaged.
    damaged: AtomicBool,
    /// Rung whenever a job may have something to do: new, resumed, cancelled, warehouse moved.
    pub(crate) wake: Notify,
    /// Rung whenever the warehouse copy has something to take over.
    pub(crate) copy: Notify,
    /// Rung whenever rows of deleted people in the warehouse may be due.
    pub(crate) retain: Notify,
    /// Rung whenever a privacy request may be due.
    pub(crate) requests: Notify,
    /// Held while a privacy request is carried out.
    pub(crate) carrying: tokio::sync::Mutex<()>,
    /// This server as an OpenDSR processor, where the operator has set that up.
    pub(crate) processor: std::sync::OnceLock<crate::privacy::opendsr::Processor>,
    /// Rung whenever somebody was erased from the store.
    pub(crate) erase: Notify,
    /// Rung whenever somebody wants to know whether deleted people live again.
    pub(crate) recheck: Notify,
    /// Held by whoever looks for them.
    pub(crate) rechecking: tokio::sync::Mutex<()>,
}

impl Engine {
    /// Opens a data directory: takes its lock, brings the schema up to date. Starts no task.
    ///
    /// # Errors
    /// `Start` with a sentence for the operator; see `store::open`.
    pub async fn open(options: OpenOptions) -> Result<Self> {
        Self::open_with(options, HealthOptions::default()).await
    }

    /// The same, with limits of its own for the health of the machine.
    ///
    /// # Errors
    /// As `open`.
    pub async fn open_with(options: OpenOptions, health: HealthOptions) -> Result<Self> {
        let file = options.dir.join("lethe.db");
        let opened = Self::opened(options, health).await;
        opened.map_err(|error| error.at_start(&file))
    }

    async fn opened(options: OpenOptions, health: HealthOptions) -> Result<Self> {
        let store = store::open(&options.dir, options.clock).await?;
        let warehouse = Warehouse::open(&store).await?;
        let signer = Signer::load_or_create(&store.dir)?;
        let inner = Inner {
            signer,
            health: Health::new(&store.dir, health),
            store,
            warehouse,
            memory: Memory::default(),
            holds: Holds::default(),
            sound: AtomicBool::new(false),
            worked: AtomicBool::new(false),
            damaged: AtomicBool::new(false),
            wake: Notify::new(),
            copy: Notify::new(),
            retain: Notify::new(),
            requests: Notify::new(),
            carrying: tokio::sync::Mutex::new(()),
            processor: std::sync::OnceLock::new(),
            erase: Notify::new(),
            recheck: Notify::new(),
            rechecking: tokio::sync::Mutex::default(),
        };
        let engine = Self {
            inner: Arc::new(inner),
        };
        engine.first_dataset().await?;
        engine.settle_members().await?;
        engine.settle_imports().await?;
        Ok(engine)
    }

    /// Closes the store. Call last. A process that carried out jobs wipes dead space once more, as long as a stop may take.
    pub async fn close(&self) {
        if self.ready()
            && self.inner.worked.load(Ordering::Acquire)
            && let Err(error) = crate::runner::scrub::once_more(self).await
        {
            tracing::warn!(%error, "dead space could not be wiped once more before the end");
        }
        self.inner.warehouse.close().await;
        self.inner.store.close().await;
    }

    /// The time by the engine's clock.
    #[must_use]
    pub fn now(&self) -> domain::time::Timestamp {
        self.inner.store.clock.now()
    }

    /// Whether jobs may run: the structural check of the file has passed.
    #[must_use]
    pub fn ready(&self) -> bool {
        self.inner.sound.load(Ordering::Acquire)
    }

    /// The file contradicts itself: no job runs from here on.
    pub(crate) fn found_damaged(&self) {
        self.inner.sound.store(false, Ordering::Release);
        self.inner.damaged.store(true, Ordering::Release);
    }

    /// Whether the file was found to be damaged.
    pub(crate) fn damaged(&self) -> bool {
        self.inner.damaged.load(Ordering::Acquire)
    }
}

/// Checks the structure of the file in the background; no job starts before it has passed.
/// A disk that fails to read looks like damage, so damage must be found twice; a check that cannot be made is made again.
pub(crate) async fn check_structure(engine: Engine, mut stop: watch::Receiver<bool>) {
    let mut found_before = false;
    while !*stop.borrow() {
        let found = async { store::space::quick_check(&mut *engine.inner.store.count().await?).await }.await;
        match found {
            Ok(None) => {
                engine.inner.sound.store(true, Ordering::Release);
                engine.inner.wake.notify_one();
                return;
            }
            Ok(Some(damage)) if found_before => {
                tracing::error!(%damage, "the database file is damaged: nothing will be deleted; restore it from a backup");
                engine.found_damaged();
                return;
            }
            Ok(Some(damage)) => {
                tracing::warn!(%damage, "the database file looks damaged: it is looked at once more");
                found_before = true;
            }
            Err(error) => {
                tracing::error!(%error, "the structure of the database could not be checked: nothing is deleted before it is");
            }
        }
        tokio::select! {
            () = tokio::time::sleep(CHECK_AGAIN) => {}
            _ = stop.changed() => {}
        }
    }
}

/// Checks a permission that concerns more than one dataset: who is bound to a dataset does not have it.
fn require_everywhere(actor: &Actor, permission: Permission) -> Result<()> {
    actor.require(permission)?;
    if actor.dataset.is_some() {
        return Err(Problem::new(Code::Forbidden).into());
    }
    Ok(())
}
