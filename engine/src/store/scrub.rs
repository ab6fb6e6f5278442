//! What the scrub of a job writes down: how far it is, what it found, and that nothing is left. Fenced like all that the
//! runner writes: the caller calls `job_steps::fence` in the same transaction.

use super::{Conn, Store, jobs::to_json};
use crate::error::{Error, Result};
use domain::{erasure::Erasure, id::JobId, time::Timestamp};

/// The job whose scrub goes first: scrubs run one at a time for the file, and one that has begun is not overtaken.
pub(crate) async fn first(conn: &mut Conn) -> Result<Option<JobId>> {
    let found: Option<i64> = sqlx::query_scalar(
        "SELECT id FROM jobs WHERE state = 'scrubbing' ORDER BY erasure IS NULL, id LIMIT 1",
    )
    .fetch_optional(conn)
    .await?;
    Ok(found.map(JobId))
}

/// Notes that pages up to `cursor` were looked at, and what was found so far.
pub(crate) async fn note(conn: &mut Conn, id: JobId, cursor: u32, erasure: &Erasure) -> Result<()> {
    sqlx::query("UPDATE jobs SET scrub_cursor = $2, erasure = $3 WHERE id = $1")
        .bind(id.0)
        .bind(i64::from(cursor))
        .bind(to_json(erasure)?)
        .execute(conn)
        .await?;
    Ok(())
}

/// Writes down that no dead byte was left at this moment.
pub(crate) async fn proven(conn: &mut Conn, id: JobId, now: Timestamp) -> Result<()> {
    sqlx::query("UPDATE jobs SET scrubbed_at = $2 WHERE id = $1")
        .bind(id.0)
        .bind(now.ms())
        .execute(conn)
        .await?;
    Ok(())
}

/// Fails with `Fenced` when another process owns the store: for the scrub at a clean stop, which is of no job.
pub(crate) async fn own(conn: &mut Conn, store: &Store) -> Result<()> {
    let epoch: i64 = sqlx::query_scalar("SELECT epoch FROM installation")
        .fetch_one(conn)
        .await?;
    if epoch == store.epoch {
        Ok(())
    } else {
        Err(Error::Fenced)
    }
}
