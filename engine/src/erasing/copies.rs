//! Finding copies of people whom the store no longer has, by their identities. Nothing is held open between two looks, and
//! no look takes long. Knows no SQL.

use crate::{
    error::Result,
    service::Engine,
    store::{
        self,
        ingest::{KeyId, KeySet},
        jobs::JobRow,
        warehouse_people::{self as people, KeptCopy, Of, Wanted},
    },
};
use domain::{id::DatasetId, job::JobState};
use std::collections::BTreeMap;

/// The copies of a dataset with any of these identities.
///
/// 1. Whom the look-up still names though the store has them no more: the job that deleted them has not swept yet.
/// 2. Whom jobs deleted that are not over: their lists, as far as the look-up does not name these people any more and they are
///    not marked yet.
/// 3. Whom jobs have marked, by the tags that they left.
pub(crate) async fn find(engine: &Engine, dataset: DatasetId, keys: &[KeyId]) -> Result<Vec<KeptCopy>> {
    let mut wanted = KeySet::default();
    wanted.extend(keys);
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let wanted = Wanted::new(wanted);
    let (store, warehouse) = (&engine.inner.store, &engine.inner.warehouse);
    let mut found: BTreeMap<i64, KeptCopy> = BTreeMap::new();
    let named = store::ingest::named_owners(&mut *store.read().await?, dataset, keys).await?;
    let named: Vec<i64> = named.into_values().collect();
    let mut conn = warehouse.read().await?;
    let dangling = people::among(&mut conn, &store.keys, dataset, &wanted, &named).await?;
    found.extend(dangling.into_iter().map(|copy| (copy.profile, copy)));
    drop(conn);
    let unfinished = store::jobs::unfinished(&mut *store.read().await?).await?;
    for job in &unfinished {
        if job.dataset_id == dataset.0 && takes_look_ups(job)? {
            let of = Of::Listed(job);
            let marked = people::marked_upto(&mut *warehouse.read().await?, job.id).await?;
            let range = (job.range_after.max(marked), job.decided_upto());
            range_of(engine, dataset, of, &wanted, range, &mut found).await?;
        }
    }
    // After the lists: whom a job has marked since they were looked at is found here.
    let marked = people::jobs(&mut *warehouse.read().await?, dataset).await?;
    for job in marked {
        let mut after = 0;
        loop {
            let next = people::next_range(&mut *warehouse.read().await?, job, &wanted, after).await?;
            let Some(range) = next else { break };
            range_of(engine, dataset, Of::Marked(job), &wanted, range, &mut found).await?;
            after = range.1;
        }
    }
    Ok(found.into_values().collect())
}

/// Whether the look-up may no longer name people whom this job has deleted.
fn takes_look_ups(job: &JobRow) -> Result<bool> {
    let state = job.state()?;
    let unswept = state == JobState::Deleting && job.pass == 1 && job.point_deletes == 0;
    Ok(!state.before_deleting() && !unswept)
}

async fn range_of(
    engine: &Engine,
    dataset: DatasetId,
    of: Of<'_>,
    wanted: &Wanted,
    (mut after, upto): (i64, i64),
    found: &mut BTreeMap<i64, KeptCopy>,
) -> Result<()> {
    while after < upto {
        let mut conn = engine.inner.warehouse.read().await?;
        let keys = &engine.inner.store.keys;
        let (copies, last) = people::look(&mut conn, keys, dataset, of, wanted, (after, upto)).await?;
        found.extend(copies.into_iter().map(|copy| (copy.profile, copy)));
        let Some(last) = last else { break };
        after = last;
    }
    Ok(())
}
