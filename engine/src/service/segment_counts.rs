//! Counts of segments: made whole, kept with their time, never changed by adding or subtracting. A small dataset is counted
//! while the person waits, a large one in the background, and until then the page shows the old number with its time.
//!
//! Design notes. A count is kept only where the segment still is what was counted: with another rule, or enabled in between,
//! it is counted once more.

use super::{Engine, segments::existing};
use crate::{
    error::Result,
    store::{
        self,
        rule_sql::{RuleScope, SegmentDef},
        segments::Counted,
    },
};
use domain::{
    access::{Actor, Permission},
    id::{DatasetId, SegmentId},
    membership::Would,
    segment::{Segment, SegmentKind, SegmentState},
    time::Timestamp,
};
use std::{collections::BTreeMap, sync::MutexGuard};

/// A dataset of so many profiles at most is counted while the person waits; a larger one in the background.
const COUNTED_AT_ONCE: i64 = 200_000;
/// How often a count is made anew because the segment was changed meanwhile.
const ATTEMPTS: usize = 3;
/// What enabling would do is counted anew by who looks at it when it is older than this: people decide on it.
const WOULD_OLD_MS: i64 = 10 * 60_000;
/// The number that the rule of a disabled segment goes by while it is counted as if it were enabled; no segment has it.
const AS_IF_ENABLED: i64 = i64::MAX;

impl Engine {
    /// Counts the segment now and keeps the count with its time.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn refresh_count(&self, actor: &Actor, dataset: DatasetId, id: SegmentId) -> Result<Segment> {
        actor.require_in(Permission::Edit, dataset)?;
        existing(&mut *self.inner.store.read().await?, dataset, id).await?;
        self.recount(dataset, id).await?;
        self.segment_now(dataset, id).await
    }

    /// Counts the segment: now where that is quick, else in the background; `counting` of the answer says which.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn refresh_count_soon(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        id: SegmentId,
    ) -> Result<Segment> {
        actor.require_in(Permission::Edit, dataset)?;
        existing(&mut *self.inner.store.read().await?, dataset, id).await?;
        self.count_soon(dataset, id).await?;
        self.segment_now(dataset, id).await
    }

    /// A segment; of a disabled one that nobody deletes from, also what enabling it would do, counted now where that is quick
    /// and else in the background.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn segment_with_would(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        id: SegmentId,
    ) -> Result<Segment> {
        actor.require_in(Permission::View, dataset)?;
        let segment = self.segment_now(dataset, id).await?;
        let asked = segment.state == SegmentState::Disabled
            && segment.kind == SegmentKind::Rule
            && segment.job.is_none();
        let old = self.inner.store.clock.now().minus_ms(WOULD_OLD_MS);
        if asked && segment.would.is_none_or(|would| would.counted_at < old) {
            self.count_soon(dataset, id).await?;
            return self.segment_now(dataset, id).await;
        }
        Ok(segment)
    }

    /// Counts anew every segment of the dataset whose count is missing or from before `older_than`, one after the other.
    /// Says how many.
    ///
    /// # Errors
    /// Failures of the database.
    pub async fn refresh_stale_counts(&self, dataset: DatasetId, older_than: Timestamp) -> Result<usize> {
        let stale = store::segments::stale(&mut *self.inner.store.read().await?, dataset, older_than).await?;
        for id in &stale {
            self.recount(dataset, *id).await?;
        }
        Ok(stale.len())
    }

    /// Counts a segment: now where that is quick, else in the background.
    pub(super) async fn count_soon(&self, dataset: DatasetId, id: SegmentId) -> Result<()> {
        let most = store::datasets::profiles_at_most(&mut *self.inner.store.read().await?, dataset).await?;
        if most <= COUNTED_AT_ONCE {
            return self.recount(dataset, id).await;
        }
        if self.counting().insert(id, true).is_none() {
            tokio::spawn(self.clone().count_in_background(dataset, id));
        }
        Ok(())
    }

    /// Counts until nothing was asked anew meanwhile.
    async fn count_in_background(self, dataset: DatasetId, id: SegmentId) {
        loop {
            self.counting().insert(id, false);
            if let Err(error) = self.recount(dataset, id).await {
                tracing::warn!(%error, segment = id.0, "a segment could not be counted");
                self.counting().remove(&id);
                return;
            }
            let mut counting = self.counting();
            if counting.get(&id) != Some(&true) {
                counting.remove(&id);
                return;
            }
        }
    }

    fn counting(&self) -> MutexGuard<'_, BTreeMap<SegmentId, bool>> {
        let counting = self.inner.memory.recounting.lock();
        counting.unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The segment with word of whether it is being counted.
    pub(super) fn noted(&self, segment: Segment) -> Segment {
        let counting = self.counting().contains_key(&segment.id);
        Segment { counting, ..segment }
    }

    /// The segment as it is now, or `not_found`.
    pub(super) async fn segment_now(&self, dataset: DatasetId, id: SegmentId) -> Result<Segment> {
        let segment = existing(&mut *self.inner.store.read().await?, dataset, id).await?;
        Ok(self.noted(segment))
    }

    /// Counts a segment in one scan of one view of the data, and keeps what was counted.
    pub(super) async fn recount(&self, dataset: DatasetId, id: SegmentId) -> Result<()> {
        for _ in 0..ATTEMPTS {
            let at = self.inner.store.clock.now();
            let mut view = self.inner.store.view().await?;
            let mut defs = store::segments::defs(&mut view, dataset).await?;
            let Some(def) = defs.get(&id.0) else { return Ok(()) };
            let (enabled, rule) = (def.enabled, def.rule.clone());
            let as_if = rule.clone().filter(|_| !enabled).map(|rule| SegmentDef {
                id: AS_IF_ENABLED,
                kind: SegmentKind::Rule,
                enabled: true,
                rule: Some(rule),
                base_job_id: None,
            });
            let disabled_by_rule = as_if.is_some();
            defs.extend(as_if.map(|def| (AS_IF_ENABLED, def)));
            let scope = RuleScope {
                dataset_id: dataset.0,
                now: at,
                segments: &defs,
            };
            let (members, would) = if disabled_by_rule {
                let [members, matching, both] =
                    store::segments::count_both(&mut view, &scope, id.0, AS_IF_ENABLED).await?;
                let would = Would {
                    matching,
                    joining: matching - both,
                    leaving: members - both,
                    counted_at: at,
                };
                (members, Some(would))
            } else {
                (store::segments::count_members(&mut view, &scope, id).await?, None)
            };
            drop(view);
            let stored = rule.as_ref().map(ToString::to_string);
            let counted = Counted {
                members,
                would,
                at,
                rule: stored.as_deref(),
                enabled,
            };
            let mut tx = self.inner.store.write().await?;
            let kept = store::segments::set_count(&mut tx, id, counted).await?;
            tx.commit().await?;
            if kept {
                return Ok(());
            }
        }
        Ok(())
    }
}
