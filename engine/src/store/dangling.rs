//! Entries of the look-up whose people a running job has deleted and whom its sweep has not come to yet. Somebody who
//! brings data about such a person must not take the entry over, or its hash would be kept by nobody: the entry is taken
//! out first, exactly as the sweep would have done it.

use super::{
    Conn, Tx,
    erased::{self, Erasing, Source},
    ingest::{KeyId, json, many},
    ingest_key::hex,
    jobs::{self, JobRow},
    suppressions::{self, Added},
    sweep::push_absent,
};
use crate::error::{Error, Result};
use domain::{
    id::{DatasetId, JobId},
    job::JobState,
    profile::IdentityKind,
    suppression::{Reason, Suppress},
    time::Timestamp,
};
use sqlx::QueryBuilder;
use std::collections::BTreeMap;

/// Takes the dangling entries among these identities out. The caller commits.
pub(crate) async fn settle(tx: &mut Tx, dataset: DatasetId, keys: &[KeyId], now: Timestamp) -> Result<()> {
    let Some(job) = jobs::holder(tx, dataset).await? else {
        return Ok(());
    };
    if !matches!(job.state()?, JobState::Deleting | JobState::Sweeping) || job.point_deletes != 0 {
        return Ok(());
    }
    for kind in IdentityKind::ALL {
        let of_kind: Vec<KeyId> = keys.iter().filter(|key| key.kind == kind).copied().collect();
        if of_kind.is_empty() {
            continue;
        }
        let found = find(tx, &job, kind, &of_kind).await?;
        if !found.is_empty() {
            take(tx, &job, kind, &of_kind, &found, now).await?;
        }
    }
    Ok(())
}

/// Which of the identities have an entry of a person whom the job has deleted: place in `keys`, and person.
async fn find(
    conn: &mut Conn,
    job: &JobRow,
    kind: IdentityKind,
    keys: &[KeyId],
) -> Result<Vec<(usize, i64)>> {
    let hashes: Vec<String> = keys.iter().map(hex).collect();
    let mut q = QueryBuilder::new(
        "SELECT json_group_array(json_array(j.key, identity_lookup.profile_id)) FROM json_each(",
    );
    q.push_bind(json(&hashes)?)
        .push(") j CROSS JOIN identity_lookup ON identity_lookup.dataset_id = ")
        .push_bind(job.dataset_id)
        .push(" AND identity_lookup.kind = ")
        .push_bind(kind.number())
        .push(" AND identity_lookup.hash = unhex(j.value) WHERE ");
    push_absent(&mut q, job);
    many(q.build_query_scalar().fetch_one(conn).await?)
}

/// Keeps the hashes, puts them on the list as of the moment at which each person was deleted, and takes the entries out.
async fn take(
    tx: &mut Tx,
    job: &JobRow,
    kind: IdentityKind,
    keys: &[KeyId],
    found: &[(usize, i64)],
    now: Timestamp,
) -> Result<()> {
    let (dataset, suppress) = (DatasetId(job.dataset_id), job.spec()?.suppress);
    let owned: Vec<(KeyId, i64)> = found
        .iter()
        .filter_map(|(at, person)| Some((*keys.get(*at)?, *person)))
        .collect();
    let taken: Vec<KeyId> = owned.iter().map(|(key, _)| *key).collect();
    let erasing = Erasing {
        dataset,
        source: Source::Job(JobId(job.id)),
        suppress: Suppress::Nothing,
        at: now,
    };
    erased::keep_keys(tx, &erasing, owned).await?;
    // Somebody who was active after that moment comes back as a new person; what is older is late.
    let deleted = deleted_at(tx, job, found, now).await?;
    let mut by_moment: BTreeMap<Timestamp, Vec<KeyId>> = BTreeMap::new();
    for (key, at) in taken.iter().zip(deleted) {
        by_moment.entry(at).or_default().push(*key);
    }
    for (at, mut keys) in by_moment {
        let Some(refusal) = suppress.refusal(at) else {
            break;
        };
        keys.sort_unstable();
        let hashes: Vec<u8> = keys.iter().flat_map(|key| key.hash).collect();
        let added = Added {
            dataset,
            reason: Reason::Job,
            source_id: Some(job.id),
            refusal,
        };
        suppressions::add(tx, &added, kind.number(), &hashes).await?;
    }
    let hashes: Vec<String> = taken.iter().map(hex).collect();
    let done = sqlx::query(
        "DELETE FROM identity_lookup WHERE dataset_id = $1 AND kind = $2 AND hash IN (SELECT unhex(value) FROM json_each($3))",
    )
    .bind(job.dataset_id)
    .bind(kind.number())
    .bind(json(&hashes)?)
    .execute(&mut **tx)
    .await?;
    if usize::try_from(done.rows_affected()) == Ok(taken.len()) {
        Ok(())
    } else {
        Err(Error::Corrupt(format!(
            "entries of people whom job {} deleted were not all taken out",
            job.id
        )))
    }
}

/// When these people were deleted: the moment of their batch; now, for one whose events are still going.
async fn deleted_at(
    conn: &mut Conn,
    job: &JobRow,
    found: &[(usize, i64)],
    now: Timestamp,
) -> Result<Vec<Timestamp>> {
    let rows: String = sqlx::query_scalar(
        "SELECT json_group_array(json_array(first_id, last_id, at, pass)) FROM (SELECT * FROM job_batches WHERE job_id = $1 ORDER BY no)",
    )
    .bind(job.id)
    .fetch_one(conn)
    .await?;
    let batches: Vec<(i64, i64, i64, i64)> = many(rows)?;
    // The first pass goes through the ids in order; later ones go through the failed once more, one by one.
    let (first, later) = batches.split_at(batches.partition_point(|(.., pass)| *pass == 1));
    let at = |person: i64| {
        let again = later
            .iter()
            .rfind(|(from, to, ..)| (*from..=*to).contains(&person));
        let place = first.partition_point(|(_, to, ..)| *to < person);
        let own = again.or_else(|| first.get(place).filter(|(from, ..)| *from <= person));
        own.map_or(now, |(_, _, at, _)| Timestamp::from_ms(*at))
    };
    Ok(found.iter().map(|(_, person)| at(*person)).collect())
}
