//! The sweep of the identity look-up: dead entries are taken away in key order, slice by slice. They are harmless before
//! that (a reader finds no such person behind them), so the sweep may be interrupted anywhere.

use super::{
    Conn, Store, Tx,
    erased::{self, Erasing, Source},
    gone::Gone,
    ingest::{self, Key, many},
    jobs::JobRow,
};
use crate::error::{Error, Result};
use domain::{
    id::{DatasetId, JobId},
    profile::IdentityKind,
};
use sqlx::{QueryBuilder, Sqlite};

/// A place in the look-up of a dataset: kind and hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    kind: i64,
    hash: Vec<u8>,
}

impl Place {
    /// Before the first entry.
    pub(crate) const fn start() -> Self {
        Self {
            kind: 0,
            hash: Vec::new(),
        }
    }

    /// As stored in `jobs.sweep_cursor`: a byte of kind, then the hash.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![u8::try_from(self.kind).unwrap_or(u8::MAX)];
        bytes.extend_from_slice(&self.hash);
        bytes
    }

    /// Reads what `to_bytes` wrote.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        match bytes.split_first() {
            Some((kind, hash)) => Self {
                kind: i64::from(*kind),
                hash: hash.to_vec(),
            },
            None => Self::start(),
        }
    }
}

/// Where the next slice ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// At this entry, which belongs to the slice.
    At(Place),
    /// At the end of the kind; the next slice begins here.
    Kind(Place),
    /// At the end of the dataset.
    All,
}

/// The end of the slice of up to `entries` entries after `from`. A slice holds one kind.
async fn end(conn: &mut Conn, dataset: i64, from: &Place, entries: i64) -> Result<End> {
    let within: Option<Vec<u8>> = sqlx::query_scalar("SELECT hash FROM identity_lookup WHERE dataset_id = $1 AND kind = $2 AND hash > $3 ORDER BY hash LIMIT 1 OFFSET $4")
        .bind(dataset)
        .bind(from.kind)
        .bind(&from.hash)
        .bind(entries - 1)
        .fetch_optional(&mut *conn)
        .await?;
    if let Some(hash) = within {
        let kind = from.kind;
        return Ok(End::At(Place { kind, hash }));
    }
    let next: Option<i64> =
        sqlx::query_scalar("SELECT min(kind) FROM identity_lookup WHERE dataset_id = $1 AND kind > $2")
            .bind(dataset)
            .bind(from.kind)
            .fetch_one(conn)
            .await?;
    Ok(match next {
        Some(kind) => End::Kind(Place {
            kind,
            hash: Vec::new(),
        }),
        None => End::All,
    })
}

/// A slice of the look-up and the dead entries in it, as somebody saw them who held no lock.
#[derive(Debug, Clone)]
pub(crate) struct Slice {
    /// After this entry.
    pub(crate) from: Place,
    /// Up to here.
    pub(crate) end: End,
    /// Of the dead entries, in key order.
    hashes: Vec<u8>,
    people: Vec<i64>,
}

impl Slice {
    const fn to(&self) -> Option<&Place> {
        match &self.end {
            End::At(place) => Some(place),
            End::Kind(_) | End::All => None,
        }
    }
}

/// Looks for the dead entries among the next `entries` after `from`: those of `gone`, or, without a set, of all of the job's
/// targets who are not there.
pub(crate) async fn look(
    conn: &mut Conn,
    job: &JobRow,
    from: &Place,
    entries: i64,
    gone: Option<&Gone>,
) -> Result<Slice> {
    let mut slice = Slice {
        from: from.clone(),
        end: end(conn, job.dataset_id, from, entries).await?,
        hashes: Vec::new(),
        people: Vec::new(),
    };
    fill(conn, job, &mut slice, gone).await?;
    Ok(slice)
}

/// Looks at the dead entries of a slice once more.
pub(crate) async fn fill(
    conn: &mut Conn,
    job: &JobRow,
    slice: &mut Slice,
    gone: Option<&Gone>,
) -> Result<()> {
    // As one value each: rows would be handed from SQLite's thread to ours one by one.
    let mut q = QueryBuilder::new(
        "SELECT CAST(group_concat(hash, '') AS BLOB), group_concat(profile_id, ',') FROM (SELECT hash, profile_id FROM identity_lookup WHERE ",
    );
    push_dead(&mut q, job, (&slice.from, slice.to()), gone);
    q.push(" ORDER BY hash)");
    let (hashes, people): (Option<Vec<u8>>, Option<String>) = q.build_query_as().fetch_one(conn).await?;
    let people = people.unwrap_or_default();
    slice.people = people.split(',').filter_map(|id| id.parse().ok()).collect();
    slice.hashes = hashes.unwrap_or_default();
    Ok(())
}

/// Takes the dead entries of a slice. Dead entries may have gone since it was looked at, by an import or an erasure that
/// came first, and none can have come: when fewer are taken than were seen, false, and the caller takes all of it back.
pub(crate) async fn take(
    tx: &mut Tx,
    store: &Store,
    job: &JobRow,
    slice: &Slice,
    gone: Option<&Gone>,
) -> Result<bool> {
    if slice.people.is_empty() {
        return Ok(true);
    }
    erased::keep(
        tx,
        &erasing(store, job)?,
        slice.from.kind,
        &slice.hashes,
        &slice.people,
    )
    .await?;
    let mut q = QueryBuilder::new("DELETE FROM identity_lookup WHERE ");
    push_dead(&mut q, job, (&slice.from, slice.to()), gone);
    let taken = q.build().execute(&mut **tx).await?.rows_affected();
    match usize::try_from(taken) {
        Ok(taken) if taken == slice.people.len() => Ok(true),
        Ok(taken) if taken < slice.people.len() => Ok(false),
        _ => Err(Error::Corrupt(format!(
            "the sweep of job {} took {taken} entries where it had seen {}",
            job.id,
            slice.people.len()
        ))),
    }
}

/// A job's taking of identities at this moment.
fn erasing(store: &Store, job: &JobRow) -> Result<Erasing> {
    Ok(Erasing {
        dataset: DatasetId(job.dataset_id),
        source: Source::Job(JobId(job.id)),
        suppress: job.spec()?.suppress,
        at: store.clock.now(),
    })
}

/// Appends the condition of the dead entries of a slice.
fn push_dead(
    q: &mut QueryBuilder<Sqlite>,
    job: &JobRow,
    (from, to): (&Place, Option<&Place>),
    gone: Option<&Gone>,
) {
    q.push("dataset_id = ")
        .push_bind(job.dataset_id)
        .push(" AND kind = ")
        .push_bind(from.kind)
        .push(" AND hash > ")
        .push_bind(from.hash.clone());
    if let Some(to) = to {
        q.push(" AND hash <= ").push_bind(to.hash.clone());
    }
    q.push(" AND ");
    match gone {
        Some(gone) => push_gone(q, gone),
        None => push_absent(q, job),
    }
}

/// Appends the condition that `profile_id` is a target whom the job deleted. An import writes entries of people who are
/// yet to be made; these are nobody's target.
pub(super) fn push_absent(q: &mut QueryBuilder<Sqlite>, job: &JobRow) {
    q.push("NOT EXISTS (SELECT 1 FROM profiles p WHERE p.id = identity_lookup.profile_id) AND EXISTS (SELECT 1 FROM job_targets t WHERE t.job_id = ")
        .push_bind(job.set())
        .push(" AND t.profile_id = identity_lookup.profile_id AND t.profile_id > ")
        .push_bind(job.range_after)
        .push(" AND t.profile_id <= ")
        .push_bind(job.range_upto)
        .push(") AND NOT EXISTS (SELECT 1 FROM job_outcomes o WHERE o.job_id = ")
        .push_bind(job.id)
        .push(" AND o.profile_id = identity_lookup.profile_id)");
}

/// Appends the condition that `profile_id` is in the set. Below its base `substr` would count from the other end.
pub(super) fn push_gone(q: &mut QueryBuilder<Sqlite>, gone: &Gone) {
    q.push("profile_id >= ").push_bind(gone.base());
    q.push(" AND (substr(").push_bind(gone.digits().to_vec());
    q.push(", (profile_id - ")
        .push_bind(gone.base())
        .push(") / 3 + 1, 1) >> (profile_id - ")
        .push_bind(gone.base())
        .push(") % 3) & 1");
}

/// Takes the look-up entries of these people, whose identities are still there: for a few people of many.
pub(crate) async fn points(tx: &mut Tx, store: &Store, job: &JobRow, ids: &[i64]) -> Result<()> {
    let dataset = DatasetId(job.dataset_id);
    let found: String = sqlx::query_scalar(
        "SELECT json_group_array(json_array(profile_id, kind, value)) FROM identities WHERE profile_id IN (SELECT value FROM json_each($1))",
    )
    .bind(ingest::json(&ids)?)
    .fetch_one(&mut **tx)
    .await?;
    let rows: Vec<(i64, i64, String)> = many(found)?;
    let mut entries = Vec::with_capacity(rows.len());
    for (profile, kind, value) in rows {
        let kind = IdentityKind::from_number(kind)
            .ok_or_else(|| Error::Corrupt(format!("an identity has the unknown kind {kind}")))?;
        entries.push((profile, Key::new(&store.keys, dataset, kind, value)));
    }
    let taken = entries.iter().map(|(person, key)| (key.id(), *person)).collect();
    erased::keep_keys(tx, &erasing(store, job)?, taken).await?;
    ingest::remove_lookups(tx, dataset, &entries).await
}

/// About how many people a dataset has: ids that were drawn for it.
pub(crate) async fn people(conn: &mut Conn, dataset: i64) -> Result<i64> {
    let sql = "SELECT coalesce(sum(next_id - first_id), 0) FROM profile_blocks WHERE dataset_id = $1";
    Ok(sqlx::query_scalar(sql).bind(dataset).fetch_one(conn).await?)
}

/// Decides, before the first batch, that each batch takes its look-up entries along.
pub(crate) async fn set_points(conn: &mut Conn, job: JobId) -> Result<()> {
    sqlx::query("UPDATE jobs SET point_deletes = 1 WHERE id = $1")
        .bind(job.0)
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes how far the sweep has come.
pub(crate) async fn set_cursor(conn: &mut Conn, job: JobId, place: &Place) -> Result<()> {
    sqlx::query("UPDATE jobs SET sweep_cursor = $2 WHERE id = $1")
        .bind(job.0)
        .bind(place.to_bytes())
        .execute(conn)
        .await?;
    Ok(())
}
