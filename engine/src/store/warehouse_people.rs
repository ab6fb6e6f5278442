//! Copies of single people in the warehouse: finding those of people whom the store no longer has, reading one whole, and
//! taking some out. Runs on the warehouse's connections, which see lethe.db as `live`.
//!
//! Design notes. Copies are not indexed by identity: that would cost each change of every person a write in random order,
//! for a question that is rarely asked. When a job marks whom it deleted, it leaves four bytes of the keyed hash of each of
//! their identities, slice by slice: 80 MB for ten million people with two identities each, which are read in a fraction
//! of a second. Only slices that may have the identity are then looked at.

use super::{
    Conn,
    ingest::{Key, json, many},
    ingest_key::KeySet,
    keys::Keys,
    warehouse_rows::ProfileCopy,
};
use crate::error::Result;
use domain::{
    id::{DatasetId, JobId},
    impact::WarehouseKept,
    profile::IdentityKind,
};
use std::collections::HashSet;

/// Bytes of a tag.
const TAG_BYTES: usize = 4;
/// Copies that are looked at with one statement.
const LOOK_AT_ONCE: i64 = 5_000;

/// A copy of somebody whom the store no longer has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeptCopy {
    pub(crate) profile: i64,
    /// The job that took the person out of the store; `None`: it is not over yet.
    pub(crate) job: Option<JobId>,
    pub(crate) keys: Vec<Key>,
}

/// What is looked for.
#[derive(Debug)]
pub(crate) struct Wanted {
    keys: KeySet,
    tags: HashSet<[u8; TAG_BYTES]>,
    /// Whether a tag begins with these two bytes: most are passed over by that alone.
    begins: Vec<bool>,
}

impl Wanted {
    /// Copies with any of these identities.
    pub(crate) fn new(keys: KeySet) -> Self {
        let tags: HashSet<_> = keys.iter().map(|key| tag_of(&key.hash)).collect();
        let mut begins = vec![false; 1 << 16];
        for [a, b, ..] in &tags {
            begins[usize::from(u16::from_be_bytes([*a, *b]))] = true;
        }
        Self { keys, tags, begins }
    }

    /// Whether one of these tags is of a wanted identity.
    fn maybe(&self, tags: &[u8]) -> bool {
        tags.chunks_exact(TAG_BYTES).any(|tag| match *tag {
            [a, b, c, d] => {
                self.begins[usize::from(u16::from_be_bytes([a, b]))] && self.tags.contains(&[a, b, c, d])
            }
            _ => false,
        })
    }

    fn has(&self, key: &Key) -> bool {
        self.keys.contains(&key.id())
    }
}

const fn tag_of(hash: &[u8; super::keys::HASH_BYTES]) -> [u8; TAG_BYTES] {
    let [a, b, c, d, ..] = *hash;
    [a, b, c, d]
}

/// A person in the copy by number and identities.
type Copied = (i64, Vec<(i64, String)>);

fn keys_of(keys: &Keys, dataset: DatasetId, identities: Vec<(i64, String)>) -> Vec<Key> {
    identities
        .into_iter()
        .filter_map(|(kind, value)| Some(Key::new(keys, dataset, IdentityKind::from_number(kind)?, value)))
        .collect()
}

/// Leaves the tags of a slice of people whom a job deleted, those with ids in (`after`, `upto`], which are marked.
pub(crate) async fn tag(
    conn: &mut Conn,
    keys: &Keys,
    (dataset, job): (DatasetId, JobId),
    (after, upto): (i64, i64),
) -> Result<()> {
    let people: Vec<Copied> = many(
        sqlx::query_scalar(
            "SELECT json_group_array(json_array(w.id, json(w.identities))) FROM main.deleted_people p
             CROSS JOIN main.profiles w ON w.id = p.profile_id WHERE p.job_id = $1 AND p.profile_id > $2 AND p.profile_id <= $3",
        )
        .bind(job.0)
        .bind(after)
        .bind(upto)
        .fetch_one(&mut *conn)
        .await?,
    )?;
    let mut tags = Vec::with_capacity(people.len() * TAG_BYTES * 2);
    for (_, identities) in people {
        for key in keys_of(keys, dataset, identities) {
            tags.extend_from_slice(&tag_of(&key.hash));
        }
    }
    sqlx::query(
        "INSERT OR REPLACE INTO main.deleted_tags (job_id, upto_id, after_id, tags) VALUES ($1, $2, $3, $4)",
    )
    .bind(job.0)
    .bind(upto)
    .bind(after)
    .bind(tags)
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes away the tags of slices whose people have all been removed: those up to `upto`.
pub(crate) async fn untag(conn: &mut Conn, job: JobId, upto: i64) -> Result<()> {
    sqlx::query("DELETE FROM main.deleted_tags WHERE job_id = $1 AND upto_id <= $2")
        .bind(job.0)
        .bind(upto)
        .execute(conn)
        .await?;
    Ok(())
}

/// The jobs of a dataset of whose people copies are kept.
pub(crate) async fn jobs(conn: &mut Conn, dataset: DatasetId) -> Result<Vec<JobId>> {
    let ids: Vec<i64> =
        sqlx::query_scalar("SELECT job_id FROM main.deletions WHERE dataset_id = $1 AND profiles > 0")
            .bind(dataset.0)
            .fetch_all(conn)
            .await?;
    Ok(ids.into_iter().map(JobId).collect())
}

/// The next ids of a job's people above `after` among which somebody with a wanted identity may be: from, up to; and how
/// far that was looked. `None`: there is nobody above.
pub(crate) async fn next_range(
    conn: &mut Conn,
    job: JobId,
    wanted: &Wanted,
    after: i64,
) -> Result<Option<(i64, i64)>> {
    let mut at = after;
    loop {
        let next: Option<(i64, i64, Vec<u8>)> = sqlx::query_as(
            "SELECT after_id, upto_id, tags FROM main.deleted_tags WHERE job_id = $1 AND upto_id > $2 ORDER BY upto_id LIMIT 1",
        )
        .bind(job.0)
        .bind(at)
        .fetch_optional(&mut *conn)
        .await?;
        let Some((from, upto, tags)) = next else {
            // Marked by a release that left no tags, or nobody at all.
            return Ok((at < i64::MAX).then_some((at, i64::MAX)));
        };
        if from > at {
            return Ok(Some((at, from)));
        }
        if wanted.maybe(&tags) {
            return Ok(Some((at, upto)));
        }
        at = upto;
    }
}

/// Looks at some of a job's copies with ids in (`after`, `upto`]. Gives those with a wanted identity, and how far it looked;
/// `None`: to the end.
pub(crate) async fn look(
    conn: &mut Conn,
    keys: &Keys,
    (dataset, job): (DatasetId, JobId),
    wanted: &Wanted,
    (after, upto): (i64, i64),
) -> Result<(Vec<KeptCopy>, Option<i64>)> {
    let (last, found): (Option<i64>, String) = sqlx::query_as(
        "SELECT max(p.profile_id), json_group_array(json_array(w.id, json(w.identities))) FILTER (WHERE w.id IS NOT NULL)
         FROM (SELECT profile_id FROM main.deleted_people WHERE job_id = $1 AND profile_id > $2 AND profile_id <= $3
               ORDER BY profile_id LIMIT $4) p LEFT JOIN main.profiles w ON w.id = p.profile_id",
    )
    .bind(job.0)
    .bind(after)
    .bind(upto)
    .bind(crate::fault::slice(LOOK_AT_ONCE))
    .fetch_one(conn)
    .await?;
    let copies = many::<Copied>(found)?.into_iter();
    let copies = copies.filter_map(|(profile, identities)| {
        let keys = keys_of(keys, dataset, identities);
        keys.iter().any(|key| wanted.has(key)).then_some(KeptCopy {
            profile,
            job: Some(job),
            keys,
        })
    });
    Ok((copies.collect(), last))
}

/// Of these people, the copies of those whom the store no longer has, where they have a wanted identity.
pub(crate) async fn among(
    conn: &mut Conn,
    keys: &Keys,
    dataset: DatasetId,
    wanted: &Wanted,
    ids: &[i64],
) -> Result<Vec<KeptCopy>> {
    let found: Vec<Copied> = many(
        sqlx::query_scalar(
            "SELECT json_group_array(json_array(w.id, json(w.identities))) FROM json_each($1) j
             CROSS JOIN main.profiles w ON w.id = j.value AND w.dataset_id = $2
             WHERE NOT EXISTS (SELECT 1 FROM live.profiles l WHERE l.id = w.id)",
        )
        .bind(json(&ids)?)
        .bind(dataset.0)
        .fetch_one(conn)
        .await?,
    )?;
    let copies = found.into_iter().filter_map(|(profile, identities)| {
        let keys = keys_of(keys, dataset, identities);
        keys.iter().any(|key| wanted.has(key)).then_some(KeptCopy {
            profile,
            job: None,
            keys,
        })
    });
    Ok(copies.collect())
}

/// A copy whole.
pub(crate) async fn one(conn: &mut Conn, dataset: DatasetId, profile: i64) -> Result<Option<ProfileCopy>> {
    Ok(sqlx::query_as(
        "SELECT p.id, p.identities, p.first_seen_at, p.last_seen_at, p.created_at, p.attributes, p.copied_at,
           NOT EXISTS (SELECT 1 FROM live.profiles l WHERE l.id = p.id) AS deleted
         FROM main.profiles p WHERE p.id = $1 AND p.dataset_id = $2",
    )
    .bind(profile)
    .bind(dataset.0)
    .fetch_optional(conn)
    .await?)
}

/// What an erasure took out of the warehouse.
#[derive(Debug, Default)]
pub(crate) struct Removed {
    /// Rows.
    pub(crate) rows: WarehouseKept,
    /// The jobs of which copies went, with what is kept of their people now.
    pub(crate) jobs: Vec<(JobId, WarehouseKept)>,
}

/// Takes these people out: events, profiles, marks, and counts down what is kept of the jobs that deleted them. Done again
/// for the same erasure it takes nothing and gives the same rows. On the warehouse's writer.
pub(crate) async fn remove(conn: &mut Conn, erasure: i64, ids: &[i64]) -> Result<Removed> {
    let ids = json(&ids)?;
    let begun = sqlx::query(
        "INSERT INTO main.erasures (id, profiles, events) VALUES ($1, 0, 0) ON CONFLICT DO NOTHING",
    )
    .bind(erasure)
    .execute(&mut *conn)
    .await?;
    let jobs: Vec<(i64, i64, i64)> = sqlx::query_as(
        "SELECT p.job_id, count(w.id), coalesce(sum((SELECT count(*) FROM main.events e WHERE e.profile_id = p.profile_id)), 0)
         FROM json_each($1) j CROSS JOIN main.deletions d CROSS JOIN main.deleted_people p ON p.job_id = d.job_id AND p.profile_id = j.value
         LEFT JOIN main.profiles w ON w.id = p.profile_id GROUP BY p.job_id",
    )
    .bind(&ids)
    .fetch_all(&mut *conn)
    .await?;
    let mut removed = Removed::default();
    if begun.rows_affected() > 0 {
        for (job, profiles, events) in &jobs {
            sqlx::query(
                "UPDATE main.deletions SET profiles = profiles - $2, events = events - $3 WHERE job_id = $1",
            )
            .bind(job)
            .bind(profiles)
            .bind(events)
            .execute(&mut *conn)
            .await?;
        }
        let mut rows = [0, 0];
        let statements = [
            "DELETE FROM main.events WHERE profile_id IN (SELECT value FROM json_each($1))",
            "DELETE FROM main.profiles WHERE id IN (SELECT value FROM json_each($1))",
        ];
        for (gone, sql) in rows.iter_mut().zip(statements) {
            let done = sqlx::query(sql).bind(&ids).execute(&mut *conn).await?;
            *gone = i64::try_from(done.rows_affected()).unwrap_or(i64::MAX);
        }
        sqlx::query("UPDATE main.erasures SET profiles = $2, events = $3 WHERE id = $1")
            .bind(erasure)
            .bind(rows[1])
            .bind(rows[0])
            .execute(&mut *conn)
            .await?;
    }
    let (profiles, events) = sqlx::query_as("SELECT profiles, events FROM main.erasures WHERE id = $1")
        .bind(erasure)
        .fetch_one(&mut *conn)
        .await?;
    removed.rows = WarehouseKept { profiles, events };
    for (job, ..) in jobs {
        let (profiles, events) =
            sqlx::query_as("SELECT profiles, events FROM main.deletions WHERE job_id = $1")
                .bind(job)
                .fetch_one(&mut *conn)
                .await?;
        removed
            .jobs
            .push((JobId(job), WarehouseKept { profiles, events }));
    }
    Ok(removed)
}

/// Takes away the marks of people who were erased, when the store knows what was taken.
pub(crate) async fn unmark(conn: &mut Conn, ids: &[i64]) -> Result<()> {
    sqlx::query(
        "DELETE FROM main.deleted_people WHERE (job_id, profile_id) IN
           (SELECT d.job_id, j.value FROM json_each($1) j CROSS JOIN main.deletions d)",
    )
    .bind(json(&ids)?)
    .execute(conn)
    .await?;
    Ok(())
}
