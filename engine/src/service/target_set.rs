//! The people on the list of a deletion, while they wait for it: whether the list may be looked at, and making a segment by
//! hand out of it, which campaigns can leave out and rules can refer to.

use super::{
    Engine,
    segments::{existing, taken},
};
use crate::{
    error::Result,
    store::{self, Conn, jobs::JobRow},
};
use domain::{
    access::{Actor, Permission},
    id::{DatasetId, JobId, SegmentId},
    job::JobState,
    problem::{Code, Problem},
    segment::{Segment, clean_name},
};

/// The job whose list is fixed.
///
/// # Errors
/// `not_found`; `state_refused` while the list is still being fixed.
pub(super) async fn fixed(conn: &mut Conn, dataset: DatasetId, id: JobId) -> Result<JobRow> {
    let job = store::jobs::find(conn, id)
        .await?
        .filter(|job| job.dataset_id == dataset.0)
        .ok_or_else(|| Problem::not_found("job"))?;
    if job.state()? == JobState::Freezing {
        let message = format!(
            "The list of {} is not fixed yet. Ask again in a moment.",
            id.number()
        );
        return Err(Problem::because(Code::StateRefused, message).into());
    }
    Ok(job)
}

impl Engine {
    /// Makes a segment by hand of the people who wait for a deletion. It is filled in slices before it is there, so nobody
    /// ever sees half of it; a process that dies in between leaves nothing.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `invalid`, `name_taken`; `state_refused` where nobody waits for this deletion.
    pub async fn save_targets(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        id: JobId,
        name: &str,
    ) -> Result<Segment> {
        actor.require_in(Permission::Edit, dataset)?;
        let name = clean_name(name)?;
        let store = &self.inner.store;
        let now = store.clock.now();
        let mut tx = store.write().await?;
        let job = fixed(&mut tx, dataset, id).await?;
        still_waits(&job)?;
        let segment = store::target_people::draw_segment(&mut tx, dataset, &name, now)
            .await
            .map_err(taken)?;
        // Members of a segment that is not there are cleared at the next start, as those of one that was removed.
        store::members::unsettle(&mut tx, segment).await?;
        tx.commit().await?;
        let made = self.fill_from_targets(actor, (dataset, segment), id, &name).await;
        if made.is_err() {
            self.clear_members(segment).await?;
        }
        made?;
        existing(&mut *store.read().await?, dataset, segment).await
    }

    async fn fill_from_targets(
        &self,
        actor: &Actor,
        (dataset, segment): (DatasetId, SegmentId),
        job: JobId,
        name: &str,
    ) -> Result<()> {
        let store = &self.inner.store;
        let now = store.clock.now();
        let mut after = 0;
        loop {
            let mut tx = store.write().await?;
            still_waits(&fixed(&mut tx, dataset, job).await?)?;
            let last = store::target_people::fill_slice(&mut tx, segment, job, after, now).await?;
            crate::fault::stop_point("save_targets.slice")?;
            tx.commit().await?;
            let Some(last) = last else { break };
            after = last;
        }
        let members = store::ingest_lists::count(&mut *store.count().await?, segment).await?;
        let mut tx = store.write().await?;
        still_waits(&fixed(&mut tx, dataset, job).await?)?;
        store::target_people::make_filled(&mut tx, dataset, segment, name, members, now)
            .await
            .map_err(taken)?;
        store::members::settle(&mut tx, segment).await?;
        let mut entry = self.segment_entry("segment.create", dataset, segment, name, None);
        entry.detail["of_job"] = job.0.into();
        entry.detail["members"] = members.into();
        store::audit::insert(&mut tx, store.clock.now(), actor, entry).await?;
        tx.commit().await
    }
}

/// Once deleting has begun, the people go one after the other: a segment of them would be of those who happen to be left.
fn still_waits(job: &JobRow) -> Result<()> {
    if job.state()?.before_deleting() {
        return Ok(());
    }
    let number = JobId(job.id).number();
    let message = format!("Nobody waits for {number} any more, so there is no list to save.");
    Err(Problem::because(Code::StateRefused, message).into())
}
