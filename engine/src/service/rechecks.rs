//! Looking whether deleted people live again, on demand, and what the last looks found.

use super::Engine;
use crate::{
    error::Result,
    store::{
        audit::{self, Entry},
        rechecks,
    },
    suppression,
};
use domain::{
    access::{Actor, Permission},
    id::DatasetId,
    suppression::Recheck,
};

/// Looks that a page names.
const SHOWN: u32 = 10;

impl Engine {
    /// The newest looks, and what they found.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn rechecks(&self, actor: &Actor, dataset: DatasetId) -> Result<Vec<Recheck>> {
        actor.require_in(Permission::View, dataset)?;
        rechecks::newest(&mut *self.inner.store.read().await?, dataset, SHOWN).await
    }

    /// Begins a look, unless one is under way; it goes on by itself.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn begin_recheck(&self, actor: &Actor, dataset: DatasetId) -> Result<()> {
        actor.require_in(Permission::Privacy, dataset)?;
        let store = &self.inner.store;
        let now = store.clock.now();
        let mut tx = store.write().await?;
        rechecks::begin(&mut tx, dataset, &actor.name, now).await?;
        let entry = Entry {
            action: "recheck",
            dataset: Some(dataset),
            object: format!("dataset:{}", dataset.0),
            detail: serde_json::json!({}),
        };
        audit::insert(&mut tx, now, actor, entry).await?;
        tx.commit().await?;
        self.inner.recheck.notify_one();
        Ok(())
    }

    /// Looks, and gives what was found.
    ///
    /// # Errors
    /// As `begin_recheck`.
    pub async fn recheck(&self, actor: &Actor, dataset: DatasetId) -> Result<Vec<Recheck>> {
        self.begin_recheck(actor, dataset).await?;
        suppression::carry_out(self, || false).await?;
        rechecks::newest(&mut *self.inner.store.read().await?, dataset, 1).await
    }
}
