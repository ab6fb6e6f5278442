//! The SQL of list imports: the segment that a list fills, and its memberships. Knows tables, no files.

use super::{
    Conn, datasets,
    ingest::{bulk, draw_seq, json},
    ingest_events::{Change, log_changes},
};
use crate::error::Result;
use domain::{
    id::{DatasetId, SegmentId},
    time::Timestamp,
};

/// The segment that a list fills.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListSegment {
    pub(crate) id: SegmentId,
    /// As stored: rule, manual, list.
    pub(crate) kind: String,
    /// Whether nobody can join.
    pub(crate) disabled: bool,
}

/// The segment of that name.
pub(crate) async fn segment(conn: &mut Conn, dataset: DatasetId, name: &str) -> Result<Option<ListSegment>> {
    let sql = "SELECT id, kind, state = 'disabled' FROM segments WHERE dataset_id = $1 AND name = $2";
    let row: Option<(i64, String, bool)> = sqlx::query_as(sql)
        .bind(dataset.0)
        .bind(name)
        .fetch_optional(conn)
        .await?;
    Ok(row.map(|(id, kind, disabled)| ListSegment {
        id: SegmentId(id),
        kind,
        disabled,
    }))
}

/// The segment of that number.
pub(crate) async fn segment_by_id(
    conn: &mut Conn,
    dataset: DatasetId,
    id: SegmentId,
) -> Result<Option<(ListSegment, String)>> {
    let sql = "SELECT kind, state = 'disabled', name FROM segments WHERE dataset_id = $1 AND id = $2";
    let row: Option<(String, bool, String)> = sqlx::query_as(sql)
        .bind(dataset.0)
        .bind(id.0)
        .fetch_optional(conn)
        .await?;
    Ok(row.map(|(kind, disabled, name)| (ListSegment { id, kind, disabled }, name)))
}

/// Makes the list.
pub(crate) async fn create(
    conn: &mut Conn,
    dataset: DatasetId,
    name: &str,
    at: Timestamp,
) -> Result<SegmentId> {
    let sql = "INSERT INTO segments (dataset_id, name, kind, count_value, counted_at, created_at, updated_at) \
               VALUES ($1, $2, 'list', 0, $3, $3, $3) RETURNING id";
    Ok(SegmentId(
        sqlx::query_scalar(sql)
            .bind(dataset.0)
            .bind(name)
            .bind(at.ms())
            .fetch_one(conn)
            .await?,
    ))
}

/// Whether nobody can join; `None`: the segment is gone.
pub(crate) async fn disabled(conn: &mut Conn, segment: SegmentId) -> Result<Option<bool>> {
    Ok(
        sqlx::query_scalar("SELECT state = 'disabled' FROM segments WHERE id = $1")
            .bind(segment.0)
            .fetch_optional(conn)
            .await?,
    )
}

/// Which of these people are members.
pub(crate) async fn members_among(conn: &mut Conn, segment: SegmentId, ids: &[i64]) -> Result<Vec<i64>> {
    let sql = "SELECT m.profile_id FROM json_each($2) j CROSS JOIN memberships m ON m.profile_id = j.value AND m.segment_id = $1 WHERE m.member = 1";
    Ok(sqlx::query_scalar(sql)
        .bind(segment.0)
        .bind(json(&ids)?)
        .fetch_all(conn)
        .await?)
}

/// Members with greater ids than `after`, at most `limit`.
pub(crate) async fn members_after(
    conn: &mut Conn,
    segment: SegmentId,
    after: i64,
    limit: i64,
) -> Result<Vec<i64>> {
    let sql = "SELECT profile_id FROM memberships WHERE segment_id = $1 AND member = 1 AND profile_id > $2 ORDER BY profile_id LIMIT $3";
    Ok(sqlx::query_scalar(sql)
        .bind(segment.0)
        .bind(after)
        .bind(limit)
        .fetch_all(conn)
        .await?)
}

/// Lets people who are no members join.
pub(crate) async fn join(conn: &mut Conn, segment: SegmentId, ids: &[i64], at: Timestamp) -> Result<()> {
    let tail =
        "ON CONFLICT (profile_id, segment_id) DO UPDATE SET member = 1, joined_at = excluded.joined_at";
    bulk(
        conn,
        (
            "INSERT INTO memberships (profile_id, segment_id, joined_at)",
            3,
            tail,
        ),
        ids,
        |binds, id| {
            binds.add(*id)?;
            binds.add(segment.0)?;
            binds.add(at.ms())
        },
    )
    .await?;
    Ok(())
}

/// Lets members leave. Gives those who still were there.
pub(crate) async fn leave(conn: &mut Conn, segment: SegmentId, ids: &[i64]) -> Result<Vec<i64>> {
    let sql = "DELETE FROM memberships WHERE segment_id = $1 AND profile_id IN (SELECT value FROM json_each($2)) RETURNING profile_id";
    Ok(sqlx::query_scalar(sql)
        .bind(segment.0)
        .bind(json(&ids)?)
        .fetch_all(conn)
        .await?)
}

/// Notes that the members of a segment changed: a rule of another segment may look at them, so the people count as
/// changed, and what was shown of the segment no longer holds.
pub(crate) async fn note_change(
    conn: &mut Conn,
    dataset: DatasetId,
    segment: SegmentId,
    ids: &[i64],
    at: Timestamp,
) -> Result<()> {
    let Ok(wanted @ 1..) = i64::try_from(ids.len()) else {
        return Ok(());
    };
    let first = draw_seq(conn, wanted).await?;
    let changes: Vec<Change> = (first..)
        .zip(ids)
        .map(|(seq, id)| Change {
            seq,
            profile: *id,
            event: None,
        })
        .collect();
    let tail = ") UPDATE profiles SET changed_seq = v.seq FROM v WHERE profiles.id = v.id";
    bulk(
        conn,
        ("WITH v (id, seq) AS (", 2, tail),
        &changes,
        |binds, change| {
            binds.add(change.profile)?;
            binds.add(change.seq)
        },
    )
    .await?;
    log_changes(conn, dataset, &changes).await?;
    let sql = "UPDATE segments SET version = version + 1, updated_at = $2 WHERE id = $1";
    sqlx::query(sql)
        .bind(segment.0)
        .bind(at.ms())
        .execute(&mut *conn)
        .await?;
    datasets::touch(conn, dataset, at).await
}

/// Counts the members.
pub(crate) async fn count(conn: &mut Conn, segment: SegmentId) -> Result<i64> {
    let sql = "SELECT count(*) FROM memberships WHERE segment_id = $1 AND member = 1";
    Ok(sqlx::query_scalar(sql).bind(segment.0).fetch_one(conn).await?)
}

/// Keeps a count with its time.
pub(crate) async fn save_count(conn: &mut Conn, segment: SegmentId, count: i64, at: Timestamp) -> Result<()> {
    let sql = "UPDATE segments SET count_value = $2, counted_at = $3 WHERE id = $1";
    sqlx::query(sql)
        .bind(segment.0)
        .bind(count)
        .bind(at.ms())
        .execute(conn)
        .await?;
    Ok(())
}
