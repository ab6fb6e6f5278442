//! Limits that administrators set for the whole installation.

use super::{Engine, require_everywhere};
use crate::{
    error::Result,
    store::{self, audit::Entry},
};
use domain::{
    access::{Actor, Permission},
    plan::{JOB_SECONDS_MAX, checked_limit},
    receipt::PROOF_DAYS,
};

/// The limits as they hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The longest job in seconds: what would take longer is done in several jobs.
    pub job_seconds_max: i64,
    /// Whether somebody has set it.
    pub job_seconds_set: bool,
    /// Days after which the keys of new receipts are destroyed.
    pub proof_days: i64,
    /// Whether somebody has set them.
    pub proof_days_set: bool,
}

impl Engine {
    /// The limits. Everyone may see them: they explain what pages say.
    ///
    /// # Errors
    /// `forbidden`.
    pub async fn limits(&self, actor: &Actor) -> Result<Limits> {
        actor.require(Permission::View)?;
        let mut conn = self.inner.store.read().await?;
        let set = store::settings::number(&mut conn, store::settings::JOB_SECONDS_MAX).await?;
        let days = store::settings::number(&mut conn, store::settings::PROOF_DAYS).await?;
        Ok(Limits {
            job_seconds_max: set.unwrap_or(JOB_SECONDS_MAX),
            job_seconds_set: set.is_some(),
            proof_days: days.unwrap_or(PROOF_DAYS),
            proof_days_set: days.is_some(),
        })
    }

    /// Sets the longest job, in seconds; `None`: back to the usual five days. Jobs that are there already stay as they are.
    ///
    /// # Errors
    /// `forbidden` also for who is bound to one dataset, `invalid`.
    pub async fn set_job_seconds_max(&self, actor: &Actor, seconds: Option<i64>) -> Result<Limits> {
        require_everywhere(actor, Permission::Administer)?;
        let seconds = seconds.map(checked_limit).transpose()?;
        let store = &self.inner.store;
        let mut tx = store.write().await?;
        match seconds {
            Some(seconds) => {
                store::settings::put(&mut tx, store::settings::JOB_SECONDS_MAX, &seconds.to_string()).await?;
            }
            None => store::settings::remove(&mut tx, store::settings::JOB_SECONDS_MAX).await?,
        }
        let entry = Entry {
            action: "settings.changed",
            dataset: None,
            object: "settings:limits".to_owned(),
            detail: serde_json::json!({ "job_seconds_max": seconds }),
        };
        store::audit::insert(&mut tx, store.clock.now(), actor, entry).await?;
        tx.commit().await?;
        self.limits(actor).await
    }
}
