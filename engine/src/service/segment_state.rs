//! What becomes of a segment's people without changing what it means: disabling and enabling.
//!
//! Design notes. A disabled rule segment has its members stored. They are written before it is disabled, in slices, from
//! one view of the data; then rounds follow over those who changed since the view, until nobody did; the last
//! transaction finds nobody, or few, and disables. Between, the rows are noted as not to be believed (`store::members`).

use super::{Engine, segments::free};
use crate::{
    error::Result,
    store::{self, Tx, rule_sql::RuleScope, segments::Catalogue},
};
use domain::{
    access::{Actor, Permission},
    id::{DatasetId, SegmentId},
    problem::{Code, Problem},
    segment::{Segment, SegmentKind, SegmentState},
    time::Timestamp,
};

/// Rounds over those who changed before the lock is taken with some of them still to look at.
const ROUNDS: usize = 4;
/// How often disabling begins anew because a segment that the rule leans on was changed meanwhile.
const ATTEMPTS: usize = 3;

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
            let stored = self.store_members(dataset, id, now, left_over).await;
            tx = match stored {
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

    /// Stores the members as the rule has them at `at`. Gives the transaction in which they are right: it is to disable.
    async fn store_members(
        &self,
        dataset: DatasetId,
        id: SegmentId,
        at: Timestamp,
        mut dirty: bool,
    ) -> Result<Tx> {
        for _ in 0..ATTEMPTS {
            if dirty {
                self.clear_members_rows(id).await?;
            }
            dirty = true;
            let (versions, mut seen) = self.members_round(dataset, id, at, None).await?;
            for _ in 0..ROUNDS {
                let before = seen;
                seen = self.members_round(dataset, id, at, Some(before)).await?.1;
                if seen == before {
                    break;
                }
            }
            let mut tx = self.inner.store.write().await?;
            free(&mut tx, dataset, id).await?;
            let catalogue = store::segments::catalogue(&mut tx, dataset).await?;
            if catalogue.versions != versions {
                continue;
            }
            if store::members::change_seq(&mut tx).await? != seen {
                let scope = RuleScope {
                    dataset_id: dataset.0,
                    now: at,
                    segments: &catalogue.defs,
                };
                let mut after = 0;
                loop {
                    let found = store::members::verdicts(&mut tx, &scope, id, Some(seen), after).await?;
                    let Some((last, _)) = found.last() else { break };
                    after = *last;
                    store::members::apply(&mut tx, id, at, &found).await?;
                }
            }
            return Ok(tx);
        }
        let message = "The segment, or one that its rule refers to, is being changed. Try again in a moment.";
        Err(Problem::because(Code::StateRefused, message).into())
    }

    /// One round on one view of the data: everyone, or those who changed after number `since`. Gives the versions of the
    /// segments and the last change that the view had.
    async fn members_round(
        &self,
        dataset: DatasetId,
        id: SegmentId,
        at: Timestamp,
        since: Option<i64>,
    ) -> Result<(std::collections::BTreeMap<i64, i64>, i64)> {
        let mut view = self.inner.store.view().await?;
        let seen = store::members::change_seq(&mut view).await?;
        let Catalogue { defs, versions, .. } = store::segments::catalogue(&mut view, dataset).await?;
        if since == Some(seen) {
            return Ok((versions, seen));
        }
        let scope = RuleScope {
            dataset_id: dataset.0,
            now: at,
            segments: &defs,
        };
        let mut after = 0;
        loop {
            let found = store::members::verdicts(&mut view, &scope, id, since, after).await?;
            let Some((last, _)) = found.last() else {
                return Ok((versions, seen));
            };
            after = *last;
            let mut tx = self.inner.store.write().await?;
            store::members::apply(&mut tx, id, at, &found).await?;
            tx.commit().await?;
        }
    }

    /// Clears the stored members of a segment that is enabled or removed, and takes the note away.
    pub(super) async fn clear_members(&self, id: SegmentId) -> Result<()> {
        self.clear_members_rows(id).await?;
        let mut tx = self.inner.store.write().await?;
        store::members::settle(&mut tx, id).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn clear_members_rows(&self, id: SegmentId) -> Result<()> {
        let mut after = 0;
        loop {
            let end = store::members::slice_end(&mut *self.inner.store.count().await?, id, after).await?;
            let Some(upto) = end else { return Ok(()) };
            let mut tx = self.inner.store.write().await?;
            store::members::clear_range(&mut tx, id, after, upto).await?;
            tx.commit().await?;
            after = upto;
        }
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
