//! What a job writes about its segment: disabling it, and the count at the end.

use super::Conn;
use crate::error::Result;
use domain::{
    id::{JobId, SegmentId},
    time::Timestamp,
};

/// Disables the segment of a job. The members of a rule segment are from now on the job's targets, as corrected.
pub(crate) async fn disable(
    conn: &mut Conn,
    segment: SegmentId,
    job: JobId,
    by_rule: bool,
    now: Timestamp,
) -> Result<()> {
    sqlx::query(
        "UPDATE segments SET base_job_id = CASE WHEN $3 AND state = 'enabled' THEN $2 ELSE base_job_id END,
           disabled_at = CASE WHEN state = 'enabled' THEN $4 ELSE disabled_at END,
           version = version + (state = 'enabled'), updated_at = $4, state = 'disabled'
         WHERE id = $1",
    )
    .bind(segment.0)
    .bind(job.0)
    .bind(by_rule)
    .bind(now.ms())
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether the segment is disabled already: then its stored members stand, and the job changes nothing about them.
pub(crate) async fn disabled(conn: &mut Conn, segment: SegmentId) -> Result<bool> {
    let state: Option<String> = sqlx::query_scalar("SELECT state FROM segments WHERE id = $1")
        .bind(segment.0)
        .fetch_optional(conn)
        .await?;
    Ok(state.as_deref() == Some("disabled"))
}

/// Stores a count that was made at a moment, unless a newer one is there.
pub(crate) async fn set_count(
    conn: &mut Conn,
    segment: SegmentId,
    value: i64,
    counted_at: Timestamp,
) -> Result<()> {
    sqlx::query(
        "UPDATE segments SET count_value = $2, counted_at = $3 WHERE id = $1 AND coalesce(counted_at, $3) <= $3",
    )
    .bind(segment.0)
    .bind(value)
    .bind(counted_at.ms())
    .execute(conn)
    .await?;
    Ok(())
}
