//! Target sets that nobody needs any more, of jobs that ended before they deleted anybody: removed slice by slice when nothing
//! else is to be done. Which they are is read from the jobs, so a restart goes on with it.

use crate::{
    error::Result,
    fault,
    service::Engine,
    store::{self, jobs::JobRow},
};

/// Rows removed in one transaction: some milliseconds of lock.
const SLICE: i64 = 5_000;

/// Whether there may be any.
#[derive(Debug)]
pub(super) struct Unneeded {
    /// The jobs that were unfinished at the last look: one that is over since may have left its set.
    open: Vec<i64>,
    /// Nothing was found since.
    none: bool,
}

impl Default for Unneeded {
    /// At the start nobody knows.
    fn default() -> Self {
        Self {
            open: Vec::new(),
            none: false,
        }
    }
}

impl Unneeded {
    /// Takes note of the unfinished jobs.
    pub(super) fn look(&mut self, jobs: &[JobRow]) {
        if self.open.iter().any(|id| !jobs.iter().any(|job| job.id == *id)) {
            self.none = false;
        }
        self.open = jobs.iter().map(|job| job.id).collect();
    }

    /// Removes a slice of one. Says whether there was one.
    pub(super) async fn step(&mut self, engine: &Engine) -> Result<bool> {
        if self.none {
            return Ok(false);
        }
        let store = &engine.inner.store;
        let found = store::plans::unneeded_set(&mut *store.read().await?).await?;
        let Some(set) = found else {
            self.none = true;
            return Ok(false);
        };
        let mut tx = store.write().await?;
        store::targets::drop_slice(&mut tx, set, fault::slice(SLICE)).await?;
        fault::stop_point("unneeded.slice")?;
        tx.commit().await?;
        Ok(true)
    }
}
