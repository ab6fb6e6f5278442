//! What becomes of a segment's people without changing what it means: disabling and enabling. How members
//! are stored is `stored_members`.

use super::{Engine, segments::free, stored_members::Order};
use crate::{
    error::Result,
    store::{self, Tx, targets::Membership},
};
use domain::{
    access::{Actor, Permission},
    id::{DatasetId, SegmentId},
    problem::{Code, Problem},
    segment::{Segment, SegmentKind, SegmentState},
    time::Timestamp,
};

impl Engine {
    /// Lets people join again. A rule segment's members are those of its rule from now on. An enabled one stays so.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `segment_busy`.
    pub async fn enable_segment(&self, actor: &Actor, dataset: DatasetId, id: SegmentId) -> Result<Segment> {
        actor.require_in(Permission::Edit, dataset)?;
        let _turn = self.inner.memory.settling.lock().await;
        let now = self.inner.store.clock.now();
        let mut tx = self.inner.store.write().await?;
        let segment = free(&mut tx, dataset, id).await?;
        if segment.state == SegmentState::Enabled {
            return Ok(segment);
        }
        let stored = segment.kind == SegmentKind::Rule;
        if stored {
            store::members::unsettle(&mut tx, id).await?;
        }
        store::segments::set_disabled(&mut tx, id, None, now).await?;
        store::datasets::touch(&mut tx, dataset, now).await?;
        let entry = self.segment_entry("segment.enable", dataset, id, &segment.name, None);
        store::audit::insert(&mut tx, now, actor, entry).await?;
        tx.commit().await?;
        if stored {
            self.clear_members(id).await?;
        }
        self.count_soon(dataset, id).await?;
        self.segment_now(dataset, id).await
    }

    /// Keeps everyone from joining. The members of this moment, less those deleted, still include and exclude.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `segment_busy`; `state_refused` where what the rule leans on keeps changing.
    pub async fn disable_segment(&self, actor: &Actor, dataset: DatasetId, id: SegmentId) -> Result<Segment> {
        actor.require_in(Permission::Edit, dataset)?;
        let _turn = self.inner.memory.settling.lock().await;
        let now = self.inner.store.clock.now();
        let mut tx = self.inner.store.write().await?;
        let segment = free(&mut tx, dataset, id).await?;
        if segment.state == SegmentState::Disabled {
            return Ok(segment);
        }
        if segment.kind == SegmentKind::Rule {
            let left_over = store::members::unsettled(&mut tx, id).await?;
            store::members::unsettle(&mut tx, id).await?;
            tx.commit().await?;
            tx = match self.disabling(dataset, id, now, left_over).await {
                Ok(tx) => tx,
                Err(error) => {
                    self.clear_members(id).await?;
                    return Err(error);
                }
            };
        }
        store::segments::set_disabled(&mut tx, id, Some(now), now).await?;
        store::members::settle(&mut tx, id).await?;
        let entry = self.segment_entry("segment.disable", dataset, id, &segment.name, None);
        store::audit::insert(&mut tx, now, actor, entry).await?;
        tx.commit().await?;
        self.count_soon(dataset, id).await?;
        self.segment_now(dataset, id).await
    }

    /// Stores the members of a rule segment, and gives the transaction in which it may be disabled.
    async fn disabling(&self, dataset: DatasetId, id: SegmentId, at: Timestamp, dirty: bool) -> Result<Tx> {
        let order = Order {
            dataset,
            segment: id,
            who: &Membership::Listed(id.0),
            base: None,
            since: None,
            at,
        };
        let stored = self.store_members(&order, dirty).await?;
        let mut tx = stored.ok_or_else(|| {
            let message =
                "The segment, or one that its rule refers to, is being changed. Try again in a moment.";
            Problem::because(Code::StateRefused, message)
        })?;
        free(&mut tx, dataset, id).await?;
        Ok(tx)
    }

    /// Finishes what an earlier process left: clears stored members that are not to be believed, and takes away copies of
    /// segments that were not finished. Called at the start.
    pub(super) async fn settle_members(&self) -> Result<()> {
        let left = store::members::all_unsettled(&mut *self.inner.store.read().await?).await?;
        for id in left {
            let mut tx = self.inner.store.write().await?;
            store::segments::drop_unfinished_copy(&mut tx, id).await?;
            tx.commit().await?;
            self.clear_members(id).await?;
        }
        Ok(())
    }
}
