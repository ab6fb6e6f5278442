//! The use-cases. Every call takes who asks, checks that first, then the guards, does its deed in one transaction
//! together with its audit entry, and wakes the runner. Knows no SQL (that is `store`), no HTTP and no page.

use crate::{
    clock::Clock,
    error::Result,
    store::{self, Store},
};
use std::{path::PathBuf, sync::Arc};
use tokio::sync::Notify;

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
    /// Rung whenever a job may have something to do: new, resumed, cancelled, warehouse moved.
    pub(crate) wake: Notify,
    /// Rung whenever the warehouse copy has something to take over.
    pub(crate) copy: Notify,
}

impl Engine {
    /// Opens a data directory: takes its lock, brings the schema up to date. Starts no task.
    ///
    /// # Errors
    /// `Start` with a sentence for the operator; see `store::open`.
    pub async fn open(options: OpenOptions) -> Result<Self> {
        let store = store::open(&options.dir, options.clock).await?;
        Ok(Self { inner: Arc::new(Inner { store, wake: Notify::new(), copy: Notify::new() }) })
    }

    /// Closes the store. Call last.
    pub async fn close(&self) {
        self.inner.store.close().await;
    }
}
