//! Rows of the reports of files that changed the members of segments. Knows no import.

use super::Conn;
use crate::error::{Error, Result};
use domain::{
    id::SegmentId,
    membership::{FileReport, KeptReport},
    time::Timestamp,
};

/// Reports kept of each segment: who put a file in looks at its report soon.
const KEPT: i64 = 20;

/// Keeps a report, and lets the oldest go. Gives its number.
pub(crate) async fn insert(
    conn: &mut Conn,
    segment: SegmentId,
    at: Timestamp,
    actor: &str,
    report: &FileReport,
) -> Result<i64> {
    let text = serde_json::to_string(report).map_err(|e| Error::Corrupt(e.to_string()))?;
    let id = sqlx::query_scalar(
        "INSERT INTO segment_files (segment_id, at, actor, report) VALUES ($1, $2, $3, $4) RETURNING id",
    )
    .bind(segment.0)
    .bind(at.ms())
    .bind(actor)
    .bind(text)
    .fetch_one(&mut *conn)
    .await?;
    sqlx::query(
        "DELETE FROM segment_files WHERE segment_id = $1 AND id <=
           (SELECT id FROM segment_files WHERE segment_id = $1 ORDER BY id DESC LIMIT 1 OFFSET $2)",
    )
    .bind(segment.0)
    .bind(KEPT)
    .execute(conn)
    .await?;
    Ok(id)
}

/// A report of the segment; `None`: it is not there, or not any more.
pub(crate) async fn find(conn: &mut Conn, segment: SegmentId, id: i64) -> Result<Option<KeptReport>> {
    let row: Option<(i64, i64, String, String)> =
        sqlx::query_as("SELECT id, at, actor, report FROM segment_files WHERE segment_id = $1 AND id = $2")
            .bind(segment.0)
            .bind(id)
            .fetch_optional(conn)
            .await?;
    let Some((id, at, actor, report)) = row else {
        return Ok(None);
    };
    let report = serde_json::from_str(&report)
        .map_err(|_| Error::Corrupt(format!("the report {id} of a file cannot be read")))?;
    Ok(Some(KeptReport {
        id,
        at: Timestamp::from_ms(at),
        actor,
        report,
    }))
}

/// Takes the reports of a segment away that is removed.
pub(crate) async fn clear(conn: &mut Conn, segment: SegmentId) -> Result<()> {
    sqlx::query("DELETE FROM segment_files WHERE segment_id = $1")
        .bind(segment.0)
        .execute(conn)
        .await?;
    Ok(())
}
