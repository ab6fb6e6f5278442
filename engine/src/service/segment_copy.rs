//! Copies of segments: the rule of a rule segment, the members of the others.
//!
//! Design notes. Members are copied in slices, so that nobody waits. Until the last one the copy is disabled and its members are
//! noted as not to be believed (`store::members`); a process that dies in between leaves a copy that the next start takes away.

use super::{
    Engine,
    segments::{existing, taken},
};
use crate::{
    error::Result,
    store::{self, ingest_lists},
};
use domain::{
    access::{Actor, Permission},
    id::{DatasetId, SegmentId},
    segment::{Segment, SegmentKind, SegmentSpec, clean_name},
    time::Timestamp,
};

impl Engine {
    /// Makes a segment like another one, under a new name. It is enabled, whatever the other one is; a manual segment or a list gets
    /// the members that the other one has now.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `invalid`, `name_taken`.
    pub async fn clone_segment(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        id: SegmentId,
        name: &str,
    ) -> Result<Segment> {
        actor.require_in(Permission::Edit, dataset)?;
        let original = existing(&mut *self.inner.store.read().await?, dataset, id).await?;
        if original.kind == SegmentKind::Rule {
            let spec = SegmentSpec {
                name: name.to_owned(),
                kind: SegmentKind::Rule,
                rule: original.rule,
            };
            return self
                .make_segment(actor, dataset, spec, Some((original.id, original.name)))
                .await;
        }
        self.copy_members(actor, dataset, &original, &clean_name(name)?)
            .await
    }

    async fn copy_members(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        original: &Segment,
        name: &str,
    ) -> Result<Segment> {
        let _turn = self.inner.memory.settling.lock().await;
        let store = &self.inner.store;
        let now = store.clock.now();
        let mut tx = store.write().await?;
        let inserted = store::segments::insert(&mut tx, dataset, name, original.kind, None, now).await;
        let copy = inserted.map_err(taken)?;
        store::segments::set_disabled(&mut tx, copy, Some(now), now).await?;
        store::members::unsettle(&mut tx, copy).await?;
        tx.commit().await?;
        let filled = self.fill(dataset, original.id, copy, now).await;
        let mut tx = store.write().await?;
        if let Err(error) = filled {
            store::segments::drop_unfinished_copy(&mut tx, copy).await?;
            tx.commit().await?;
            self.clear_members(copy).await?;
            return Err(error);
        }
        store::segments::set_disabled(&mut tx, copy, None, now).await?;
        store::members::settle(&mut tx, copy).await?;
        let mut entry = self.segment_entry("segment.create", dataset, copy, name, None);
        entry.detail["copy_of"] = original.name.as_str().into();
        entry.detail["copy_of_id"] = original.id.0.into();
        store::audit::insert(&mut tx, now, actor, entry).await?;
        tx.commit().await?;
        self.inner.copy.notify_one();
        self.count_soon(dataset, copy).await?;
        self.segment_now(dataset, copy).await
    }

    async fn fill(&self, dataset: DatasetId, from: SegmentId, to: SegmentId, at: Timestamp) -> Result<()> {
        let store = &self.inner.store;
        let slice = i64::from(store::members::SLICE);
        let mut after = 0;
        loop {
            let members = ingest_lists::members_after(&mut *store.count().await?, from, after, slice).await?;
            let Some(last) = members.last().copied() else {
                return Ok(());
            };
            after = last;
            let mut tx = store.write().await?;
            // Who was deleted since the slice was read is left out.
            let members = ingest_lists::members_among(&mut tx, from, &members).await?;
            ingest_lists::join(&mut tx, to, &members, at).await?;
            ingest_lists::note_change(&mut tx, dataset, to, &members, at).await?;
            tx.commit().await?;
        }
    }
}
