//! Deletions by whether they are over: what somebody looks after, and what has come of the last ones.

use super::Engine;
use crate::{error::Result, store};
use domain::{
    access::{Actor, Permission},
    id::DatasetId,
    job::Job,
};

impl Engine {
    /// The jobs of a dataset that are not over, the one that runs first. With `plans_as_one`, a plan is there by the job whose
    /// turn it is.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn unfinished_jobs(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        plans_as_one: bool,
    ) -> Result<Vec<Job>> {
        actor.require_in(Permission::View, dataset)?;
        let mut conn = self.inner.store.read().await?;
        let rows = store::job_lists::unfinished(&mut conn, dataset, plans_as_one).await?;
        rows.into_iter().map(|row| self.show(row)).collect()
    }

    /// The last `rows` jobs of a dataset that have ended, the newest end first.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn ended_jobs(&self, actor: &Actor, dataset: DatasetId, rows: u32) -> Result<Vec<Job>> {
        actor.require_in(Permission::View, dataset)?;
        let rows = store::job_lists::ended(&mut *self.inner.store.read().await?, dataset, rows).await?;
        rows.into_iter().map(|row| self.show(row)).collect()
    }
}
