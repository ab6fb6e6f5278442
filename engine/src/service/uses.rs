//! Registered uses: what other systems run on segments. They come by lists (`import::uses`); here they are shown and
//! removed.

use super::Engine;
use crate::{
    error::Result,
    store::{self, audit::Entry},
};
use domain::{
    access::{Actor, Permission},
    id::DatasetId,
    problem::Problem,
    usage::{RegisteredUses, UsesList},
};

impl Engine {
    /// What other systems run on the segments of a dataset, by name, and when the last list of it came.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn registered_uses(&self, actor: &Actor, dataset: DatasetId) -> Result<RegisteredUses> {
        actor.require_in(Permission::View, dataset)?;
        let mut conn = self.inner.store.read().await?;
        Ok(RegisteredUses {
            uses: store::uses::list(&mut conn, dataset).await?,
            list: store::uses::last_list(&mut conn, dataset).await?,
            as_of: self.inner.store.clock.now(),
        })
    }

    /// When the last list came, and how many uses it named.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn uses_list(&self, actor: &Actor, dataset: DatasetId) -> Result<UsesList> {
        actor.require_in(Permission::View, dataset)?;
        store::uses::last_list(&mut *self.inner.store.read().await?, dataset).await
    }

    /// Removes a registered use: it has ended in the other system, or was never meant.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn remove_use(&self, actor: &Actor, dataset: DatasetId, id: &str) -> Result<()> {
        actor.require_in(Permission::Edit, dataset)?;
        let now = self.inner.store.clock.now();
        let mut tx = self.inner.store.write().await?;
        if !store::uses::remove(&mut tx, dataset, id).await? {
            return Err(Problem::not_found("registered use").into());
        }
        let entry = Entry {
            action: "use.remove",
            dataset: Some(dataset),
            object: format!("use:{id}"),
            detail: serde_json::json!({}),
        };
        store::audit::insert(&mut tx, now, actor, entry).await?;
        tx.commit().await?;
        Ok(())
    }
}
