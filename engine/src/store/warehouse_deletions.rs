//! Whom of the people in the warehouse a job deleted: marking them, what they counted for, and removing their rows when the
//! term of keeping them is over. Everything is done in slices in id order, and each slice commits with how far it came.
//! Runs on the warehouse's connections, which see lethe.db as `live`.

use super::{
    Conn,
    jobs::{JobRow, to_json},
    keys::Keys,
    measure::{self, At, Source},
    warehouse_people,
};
use crate::error::{Error, Result};
use domain::{
    event::IMPRESSION,
    id::{DatasetId, JobId},
    impact::WarehouseKept,
    metric::Aggregated,
    time::{DAY_MS, Timestamp},
};
use sqlx::Row as _;
use std::collections::BTreeMap;

/// Targets that are marked in one transaction: what they counted for is read, and each commit waits for the disk.
const MARKED_AT_ONCE: i64 = 10_000;
/// People whose rows are removed in one transaction: all of it is written anew.
const REMOVED_AT_ONCE: i64 = 2_000;

/// A job's deletion as the warehouse has it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Deletion {
    pub(crate) job_id: i64,
    pub(crate) dataset_id: i64,
    pub(crate) deleted_at: i64,
    marked_upto: i64,
    marked_at: Option<i64>,
    pub(crate) profiles: i64,
    pub(crate) events: i64,
    went: String,
    projected: String,
    pub(crate) removed_at: Option<i64>,
}

impl Deletion {
    /// Whether all of its people are marked.
    pub(crate) const fn complete(&self) -> bool {
        self.marked_at.is_some()
    }

    /// What is kept of its people now.
    pub(crate) const fn kept(&self) -> WarehouseKept {
        WarehouseKept {
            profiles: self.profiles,
            events: self.events,
        }
    }

    /// What its people counted for.
    pub(crate) fn went(&self) -> Result<Aggregated> {
        read(&self.went)
    }

    /// Impressions by campaign of the people on the list.
    pub(crate) fn projected(&self) -> Result<BTreeMap<String, i64>> {
        read(&self.projected)
    }
}

fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|e| Error::Corrupt(format!("figures of a deletion: {e}")))
}

/// A job's deletion.
pub(crate) async fn find(conn: &mut Conn, job: JobId) -> Result<Option<Deletion>> {
    Ok(sqlx::query_as("SELECT * FROM main.deletions WHERE job_id = $1")
        .bind(job.0)
        .fetch_optional(conn)
        .await?)
}

/// The deletions of a dataset, newest first.
pub(crate) async fn list(conn: &mut Conn, dataset: DatasetId, rows: i64) -> Result<Vec<Deletion>> {
    Ok(sqlx::query_as(
        "SELECT * FROM main.deletions WHERE dataset_id = $1 AND (profiles > 0 OR removed_at IS NOT NULL)
         ORDER BY deleted_at DESC, job_id DESC LIMIT $2",
    )
    .bind(dataset.0)
    .bind(rows)
    .fetch_all(conn)
    .await?)
}

/// How many deletions a dataset has had, and what is kept of their people.
pub(crate) async fn in_all(conn: &mut Conn, dataset: DatasetId) -> Result<(i64, WarehouseKept)> {
    let (jobs, profiles, events) = sqlx::query_as(
        "SELECT count(*), coalesce(sum(profiles), 0), coalesce(sum(events), 0) FROM main.deletions
         WHERE dataset_id = $1 AND (profiles > 0 OR removed_at IS NOT NULL)",
    )
    .bind(dataset.0)
    .fetch_one(conn)
    .await?;
    Ok((jobs, WarehouseKept { profiles, events }))
}

/// When the oldest deletion was whose rows are all still there; `None`: there is none.
pub(crate) async fn oldest_kept(conn: &mut Conn, dataset: DatasetId) -> Result<Option<Timestamp>> {
    let at: Option<i64> =
        sqlx::query_scalar("SELECT min(deleted_at) FROM main.deletions WHERE dataset_id = $1 AND removed_at IS NULL AND profiles > 0")
            .bind(dataset.0)
            .fetch_one(conn)
            .await?;
    Ok(at.map(Timestamp::from_ms))
}

/// What a term that ends at `before` removes at once.
pub(crate) async fn due(conn: &mut Conn, dataset: DatasetId, before: Timestamp) -> Result<WarehouseKept> {
    let (profiles, events) = sqlx::query_as(
        "SELECT coalesce(sum(profiles), 0), coalesce(sum(events), 0) FROM main.deletions
         WHERE dataset_id = $1 AND deleted_at <= $2 AND removed_at IS NULL",
    )
    .bind(dataset.0)
    .bind(before.ms())
    .fetch_one(conn)
    .await?;
    Ok(WarehouseKept { profiles, events })
}

/// The next deletion of a dataset whose rows a term that ends at `before` removes: the oldest.
pub(crate) async fn next_due(
    conn: &mut Conn,
    dataset: DatasetId,
    before: Timestamp,
) -> Result<Option<Deletion>> {
    Ok(sqlx::query_as(
        "SELECT * FROM main.deletions WHERE dataset_id = $1 AND deleted_at <= $2 AND removed_at IS NULL
           AND marked_at IS NOT NULL AND EXISTS (SELECT 1 FROM main.deleted_people p WHERE p.job_id = deletions.job_id)
         ORDER BY deleted_at, job_id LIMIT 1",
    )
    .bind(dataset.0)
    .bind(before.ms())
    .fetch_optional(conn)
    .await?)
}

/// The ended jobs whose people are not marked: those of a release that did not mark.
pub(crate) async fn unmarked(conn: &mut Conn) -> Result<Option<JobId>> {
    let id: Option<i64> = sqlx::query_scalar(
        "SELECT j.id FROM live.jobs j LEFT JOIN main.deletions d ON d.job_id = j.id
         WHERE j.finished_at IS NOT NULL AND j.deleted > 0 AND d.marked_at IS NULL ORDER BY j.id LIMIT 1",
    )
    .fetch_optional(conn)
    .await?;
    Ok(id.map(JobId))
}

/// Marks the next slice of the people whom a job deleted, and adds up what they counted for up to `at`. Whether more
/// follow. On the warehouse's writer.
pub(crate) async fn mark_slice(
    conn: &mut Conn,
    keys: &Keys,
    job: &JobRow,
    (deleted_at, at): (Timestamp, Timestamp),
    now: Timestamp,
) -> Result<bool> {
    let id = JobId(job.id);
    sqlx::query("INSERT INTO main.deletions (job_id, dataset_id, deleted_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
        .bind(job.id)
        .bind(job.dataset_id)
        .bind(deleted_at.ms())
        .execute(&mut *conn)
        .await?;
    let Some(so_far) = find(conn, id).await?.filter(|so_far| !so_far.complete()) else {
        return Ok(false);
    };
    let after = so_far.marked_upto.max(job.range_after);
    let upto: Option<i64> = sqlx::query_scalar(
        "SELECT max(profile_id) FROM (SELECT profile_id FROM live.job_targets WHERE job_id = $1 AND profile_id > $2
           AND profile_id <= $4 ORDER BY profile_id LIMIT $3)",
    )
    .bind(job.set())
    .bind(after)
    .bind(crate::fault::slice(MARKED_AT_ONCE))
    .bind(job.range_upto)
    .fetch_one(&mut *conn)
    .await?;
    let Some(upto) = upto else {
        sqlx::query("UPDATE main.deletions SET marked_at = $2 WHERE job_id = $1")
            .bind(job.id)
            .bind(now.ms())
            .execute(conn)
            .await?;
        return Ok(false);
    };
    sqlx::query(
        "INSERT INTO main.deleted_people (job_id, profile_id)
         SELECT $5, t.profile_id FROM live.job_targets t
         WHERE t.job_id = $1 AND t.profile_id > $2 AND t.profile_id <= $3 AND t.profile_id <= $4
           AND NOT EXISTS (SELECT 1 FROM live.job_outcomes o WHERE o.job_id = $5 AND o.profile_id = t.profile_id)",
    )
    .bind(job.set())
    .bind(after)
    .bind(upto)
    .bind(job.decided_upto())
    .bind(job.id)
    .execute(&mut *conn)
    .await?;
    warehouse_people::tag(conn, keys, (DatasetId(job.dataset_id), id), (after, upto)).await?;
    let sums = measure::slice(conn, Source::Deleted(id), (after, upto), At(at)).await?;
    let mut projected = so_far.projected()?;
    for (campaign, impressions) in shown(conn, job, (after, upto)).await? {
        *projected.entry(campaign).or_default() += impressions;
    }
    let mut went = so_far.went()?;
    went.add(&sums);
    sqlx::query(
        "UPDATE main.deletions SET marked_upto = $2, profiles = profiles + $3, events = events + $4, went = $5, projected = $6
         WHERE job_id = $1",
    )
    .bind(job.id)
    .bind(upto)
    .bind(sums.profiles)
    .bind(sums.events)
    .bind(to_json(&went)?)
    .bind(to_json(&projected)?)
    .execute(conn)
    .await?;
    Ok(true)
}

/// Impressions by campaign of everyone on the list, of the 30 days up to confirmation.
async fn shown(conn: &mut Conn, job: &JobRow, (after, upto): (i64, i64)) -> Result<Vec<(String, i64)>> {
    Ok(sqlx::query_as(
        "SELECT e.campaign_id, count(*) FROM live.job_targets t
         CROSS JOIN main.events e ON e.profile_id = t.profile_id AND e.at > $4 AND e.at <= $5
         WHERE t.job_id = $1 AND t.profile_id > $2 AND t.profile_id <= $3 AND e.kind = $6 AND e.campaign_id IS NOT NULL
         GROUP BY e.campaign_id",
    )
    .bind(job.set())
    .bind(after)
    .bind(upto)
    .bind(job.now_at - 30 * DAY_MS)
    .bind(job.now_at)
    .bind(IMPRESSION)
    .fetch_all(conn)
    .await?)
}

/// Removes the rows of the next slice of a deletion's people: events, profile and mark in one transaction, with what is kept
/// counted down; the last slice notes that nothing is left. On the warehouse's writer, which overwrites what it deletes.
pub(crate) async fn remove_slice(conn: &mut Conn, job: JobId, now: Timestamp) -> Result<()> {
    let upto: Option<i64> = sqlx::query_scalar(
        "SELECT max(profile_id) FROM (SELECT profile_id FROM main.deleted_people WHERE job_id = $1 ORDER BY profile_id LIMIT $2)",
    )
    .bind(job.0)
    .bind(crate::fault::slice(REMOVED_AT_ONCE))
    .fetch_one(&mut *conn)
    .await?;
    let upto = upto.unwrap_or(0);
    warehouse_people::untag(conn, job, upto).await?;
    let mut rows = [0, 0, 0];
    let statements = [
        "DELETE FROM main.events WHERE profile_id IN (SELECT profile_id FROM main.deleted_people WHERE job_id = $1 AND profile_id <= $2)",
        "DELETE FROM main.profiles WHERE id IN (SELECT profile_id FROM main.deleted_people WHERE job_id = $1 AND profile_id <= $2)",
        "DELETE FROM main.deleted_people WHERE job_id = $1 AND profile_id <= $2",
    ];
    for (removed, sql) in rows.iter_mut().zip(statements) {
        let done = sqlx::query(sql)
            .bind(job.0)
            .bind(upto)
            .execute(&mut *conn)
            .await?;
        *removed = i64::try_from(done.rows_affected()).unwrap_or(i64::MAX);
    }
    let [events, profiles, _] = rows;
    sqlx::query(
        "UPDATE main.deletions SET profiles = profiles - $2, events = events - $3,
           removed_at = CASE WHEN EXISTS (SELECT 1 FROM main.deleted_people WHERE job_id = $1) THEN NULL ELSE $4 END
         WHERE job_id = $1",
    )
    .bind(job.0)
    .bind(profiles)
    .bind(events)
    .bind(now.ms())
    .execute(conn)
    .await?;
    Ok(())
}

/// Gives a few free pages of the warehouse's file back. Whether more are left.
pub(crate) async fn vacuum_slice(conn: &mut Conn) -> Result<bool> {
    // All rows of the pragma have to be fetched, or it stops after the first page.
    sqlx::query("PRAGMA main.incremental_vacuum(500)")
        .fetch_all(&mut *conn)
        .await?;
    let left: i64 = sqlx::query_scalar("PRAGMA main.freelist_count")
        .fetch_one(conn)
        .await?;
    Ok(left > 0)
}

/// Empties the log of the warehouse's file where no reader is in the way.
pub(crate) async fn empty_log(conn: &mut Conn) -> Result<()> {
    super::pages::busy_timeout(conn, super::pages::BUSY_MS).await?;
    let emptied = sqlx::query("PRAGMA main.wal_checkpoint(TRUNCATE)")
        .fetch_one(&mut *conn)
        .await;
    super::pages::busy_timeout(conn, super::pages::BUSY_USUAL_MS).await?;
    emptied?;
    Ok(())
}

/// The deletions whose rows have been removed since, so that the store can be told: those after number `after`.
pub(crate) async fn removed_after(conn: &mut Conn, after: i64, rows: i64) -> Result<Vec<Deletion>> {
    Ok(sqlx::query_as(
        "SELECT * FROM main.deletions WHERE removed_at IS NOT NULL AND job_id > $1 ORDER BY job_id LIMIT $2",
    )
    .bind(after)
    .bind(rows)
    .fetch_all(conn)
    .await?)
}

/// Rows of a dataset: profiles and events with ids in (`after`, `upto`].
pub(crate) async fn count_slice(
    conn: &mut Conn,
    dataset: DatasetId,
    (after, upto): (i64, i64),
) -> Result<WarehouseKept> {
    let row = sqlx::query(
        "SELECT (SELECT count(*) FROM main.profiles WHERE id > $2 AND id <= $3 AND dataset_id = $1),
                (SELECT count(*) FROM main.events WHERE profile_id > $2 AND profile_id <= $3 AND dataset_id = $1)",
    )
    .bind(dataset.0)
    .bind(after)
    .bind(upto)
    .fetch_one(conn)
    .await?;
    Ok(WarehouseKept {
        profiles: row.try_get(0)?,
        events: row.try_get(1)?,
    })
}
