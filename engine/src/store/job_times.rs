//! When a job may delete, as people change it while it waits or runs: its quiet hours, and a start that is brought forward.

use super::{Conn, jobs::to_json};
use crate::error::Result;
use domain::{id::JobId, job::QuietHours, time::Timestamp};

/// Other quiet hours than those of the confirmation; `None`: none any more.
pub(crate) async fn set_quiet(
    conn: &mut Conn,
    id: JobId,
    hours: Option<&QuietHours>,
    now: Timestamp,
) -> Result<()> {
    sqlx::query("UPDATE jobs SET quiet_set = 1, quiet_hours = $2, updated_at = $3 WHERE id = $1")
        .bind(id.0)
        .bind(hours.map(to_json).transpose()?)
        .bind(now.ms())
        .execute(conn)
        .await?;
    Ok(())
}

/// Brings the start forward to now.
pub(crate) async fn start_now(conn: &mut Conn, id: JobId, now: Timestamp) -> Result<()> {
    sqlx::query(
        "UPDATE jobs SET start_at = min(start_at, $2), start_now_at = $2, updated_at = $2 WHERE id = $1",
    )
    .bind(id.0)
    .bind(now.ms())
    .execute(conn)
    .await?;
    Ok(())
}
