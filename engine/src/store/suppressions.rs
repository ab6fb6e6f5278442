//! Identities that are not let in again, as their keyed hashes: putting them on the list. Who asks for them is in
//! `suppressed`, who looks at the list in `suppression_list`.

use super::{Conn, keys::HASH_BYTES};
use crate::error::Result;
use domain::{
    id::DatasetId,
    suppression::{Reason, Refusal},
};

/// What is put on the list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Added {
    pub(crate) dataset: DatasetId,
    pub(crate) reason: Reason,
    /// Of the job or the privacy request.
    pub(crate) source_id: Option<i64>,
    pub(crate) refusal: Refusal,
}

/// Puts hashes of one kind on the list, 16 bytes each, in key order. What is there already keeps whatever refuses more:
/// all data before late data, for good before a time, longer before shorter. A person who was deleted again was deleted
/// at the later moment, and where all data is refused for a time, late data goes on being refused as long as it was.
///
/// Design note. One statement for thousands: it counts through the one bound blob. A statement with many rows of values
/// takes three times as long.
pub(crate) async fn add(conn: &mut Conn, added: &Added, kind: i64, hashes: &[u8]) -> Result<()> {
    let count = i64::try_from(hashes.len() / HASH_BYTES).unwrap_or(i64::MAX);
    sqlx::query(ADD)
        .bind(hashes)
        .bind(count)
        .bind(added.dataset.0)
        .bind(kind)
        .bind(added.reason.as_str())
        .bind(added.source_id)
        .bind(added.refusal.refuses.as_str())
        .bind(added.refusal.added_at.ms())
        .bind(added.refusal.ends_at.map(|at| at.ms()))
        .execute(&mut *conn)
        .await?;
    add_source(conn, added, count).await?;
    changed(conn).await
}

/// Adds to what the deletion has put on the list.
async fn add_source(conn: &mut Conn, added: &Added, identities: i64) -> Result<()> {
    sqlx::query(
        "INSERT INTO suppression_sources (dataset_id, reason, source_id, refuses, added_at, ends_at, identities)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (dataset_id, reason, source_id) DO UPDATE SET
           identities = identities + excluded.identities, refuses = min(refuses, excluded.refuses),
           added_at = max(added_at, excluded.added_at),
           ends_at = CASE WHEN ends_at IS NULL OR excluded.ends_at IS NULL THEN NULL ELSE max(ends_at, excluded.ends_at) END",
    )
    .bind(added.dataset.0)
    .bind(added.reason.as_str())
    .bind(added.source_id.unwrap_or(0))
    .bind(added.refusal.refuses.as_str())
    .bind(added.refusal.added_at.ms())
    .bind(added.refusal.ends_at.map(|at| at.ms()))
    .bind(identities)
    .execute(conn)
    .await?;
    Ok(())
}

/// $1 the hashes, $2 how many. In an upsert the columns without a name before them are those of the row that is there.
const ADD: &str = "WITH RECURSIVE
     low (v) AS MATERIALIZED (SELECT 0 UNION ALL SELECT v + 1 FROM low WHERE v < 255 AND v + 1 < $2),
     high (v) AS MATERIALIZED (SELECT 0 UNION ALL SELECT v + 256 FROM high WHERE v + 256 < $2)
   INSERT INTO suppressions (dataset_id, kind, hash, reason, source_id, refuses, added_at, ends_at)
   SELECT $3, $4, substr($1, (high.v + low.v) * 16 + 1, 16), $5, $6, $7, $8, $9
     FROM high CROSS JOIN low WHERE high.v + low.v < $2
   ON CONFLICT (dataset_id, kind, hash) DO UPDATE SET
     (reason, source_id, refuses, ends_at, late_until) = (
       SELECT CASE WHEN stronger THEN excluded.reason ELSE suppressions.reason END,
              CASE WHEN stronger THEN excluded.source_id ELSE suppressions.source_id END,
              CASE WHEN stronger THEN excluded.refuses ELSE suppressions.refuses END,
              CASE WHEN stronger THEN excluded.ends_at ELSE suppressions.ends_at END,
              nullif(max(coalesce(suppressions.late_until, 0),
                CASE WHEN suppressions.refuses = 'late' THEN coalesce(suppressions.ends_at, 9223372036854775807) ELSE 0 END,
                CASE WHEN excluded.refuses = 'late' THEN coalesce(excluded.ends_at, 9223372036854775807) ELSE 0 END), 0)
       FROM (SELECT (excluded.refuses = 'all', coalesce(excluded.ends_at, 9223372036854775807))
                  > (suppressions.refuses = 'all', coalesce(suppressions.ends_at, 9223372036854775807)) AS stronger)),
     added_at = max(suppressions.added_at, excluded.added_at)";

/// Says that the list is not what it was; see `installation.suppress_seq`.
pub(super) async fn changed(conn: &mut Conn) -> Result<()> {
    sqlx::query("UPDATE installation SET suppress_seq = suppress_seq + 1")
        .execute(conn)
        .await?;
    Ok(())
}
