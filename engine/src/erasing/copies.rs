//! Finding copies of people whom the store no longer has, by their identities. Nothing is held open between two looks, and
//! no look takes long. Knows no SQL.

use crate::{
    error::Result,
    service::Engine,
    store::{
        self,
        ingest::{KeyId, KeySet},
        warehouse_people::{self as people, KeptCopy, Wanted},
    },
};
use domain::id::{DatasetId, JobId};
use std::collections::BTreeMap;

/// The copies of a dataset with any of these identities.
///
/// 1. Whom the look-up still names though the store has them no more: the job that deleted them has not swept yet.
/// 2. Whose entries a job has taken that is not over: whose they were is noted beside the hashes.
/// 3. Whom jobs have marked, by the tags that they left.
pub(crate) async fn find(engine: &Engine, dataset: DatasetId, keys: &[KeyId]) -> Result<Vec<KeptCopy>> {
    let mut wanted = KeySet::default();
    wanted.extend(keys);
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let wanted = Wanted::new(wanted);
    let (store, warehouse) = (&engine.inner.store, &engine.inner.warehouse);
    let mut conn = store.read().await?;
    let named = store::ingest::named_owners(&mut conn, dataset, keys).await?;
    let mut ids: Vec<i64> = named.into_values().collect();
    // After the look-up: what a job has taken out of it since is found here.
    for job in store::jobs::unfinished(&mut conn).await? {
        if job.dataset_id == dataset.0 {
            ids.extend(store::erased_people::find(&mut conn, JobId(job.id), keys).await?);
        }
    }
    drop(conn);
    let dangling = people::among(&mut *warehouse.read().await?, &store.keys, dataset, &wanted, &ids).await?;
    let mut found: BTreeMap<i64, KeptCopy> = dangling.into_iter().map(|copy| (copy.profile, copy)).collect();
    // After what jobs have noted: whom one has marked since is found here.
    let marked = people::jobs(&mut *warehouse.read().await?, dataset).await?;
    for job in marked {
        let mut after = 0;
        loop {
            let next = people::next_range(&mut *warehouse.read().await?, job, &wanted, after).await?;
            let Some(range) = next else { break };
            range_of(engine, (dataset, job), &wanted, range, &mut found).await?;
            after = range.1;
        }
    }
    Ok(found.into_values().collect())
}

async fn range_of(
    engine: &Engine,
    of: (DatasetId, JobId),
    wanted: &Wanted,
    (mut after, upto): (i64, i64),
    found: &mut BTreeMap<i64, KeptCopy>,
) -> Result<()> {
    while after < upto {
        let mut conn = engine.inner.warehouse.read().await?;
        let keys = &engine.inner.store.keys;
        let (copies, last) = people::look(&mut conn, keys, of, wanted, (after, upto)).await?;
        found.extend(copies.into_iter().map(|copy| (copy.profile, copy)));
        let Some(last) = last else { break };
        after = last;
    }
    Ok(())
}
