//! Campaigns by the clock: a scheduled one starts at its first moment, and none outlives its last. Writes the status, so
//! that everything that reads it (decisions, the delete page, a running job's policy) sees the change like any other.

use super::{Engine, campaigns::existing};
use crate::{error::Result, store};
use domain::{access::Actor, campaign::Campaign, id::DatasetId};
use std::time::Duration;
use tokio::sync::watch;

/// How often it looks. Campaigns begin and end by the hour; decisions look at the times themselves, so nobody is served
/// early or late by this.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Looks at the clock until it is told to stop.
pub(crate) async fn keep_time(engine: Engine, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = stop.changed() => continue,
        }
        if let Err(error) = engine.start_and_end_campaigns().await {
            tracing::warn!(%error, "campaigns could not be started or ended by their times; it is tried again");
        }
    }
}

impl Engine {
    /// Starts and ends what is due. Gives how many campaigns changed.
    pub(crate) async fn start_and_end_campaigns(&self) -> Result<usize> {
        let now = self.inner.store.clock.now();
        let due = store::arms::timed(&mut *self.inner.store.read().await?, now).await?;
        let mut changed = 0;
        for (dataset, id) in due {
            changed += usize::from(self.turn(dataset, &id).await?);
        }
        Ok(changed)
    }

    /// Changes one, by what it is when its turn comes.
    async fn turn(&self, dataset: DatasetId, id: &str) -> Result<bool> {
        let now = self.inner.store.clock.now();
        let mut tx = self.inner.store.write().await?;
        let found = existing(&mut tx, dataset, id).await?;
        let Some(status) = found.status.due(now, found.starts_at, found.ends_at) else {
            return Ok(false);
        };
        let campaign = Campaign {
            status,
            updated_at: now,
            ..found
        };
        self.save(tx, &Actor::system(), dataset, campaign, "campaign.due")
            .await?;
        Ok(true)
    }
}
