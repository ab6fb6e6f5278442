//! Rows of the warehouse for an export: a page at a time, after a key, so that nothing is open between two pages.

use super::Conn;
use crate::error::Result;
use domain::id::DatasetId;

/// A person in the copy.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct ProfileCopy {
    pub(crate) id: i64,
    /// JSON: `[[kind, value], …]`.
    pub(crate) identities: String,
    pub(crate) first_seen_at: Option<i64>,
    pub(crate) last_seen_at: Option<i64>,
    pub(crate) created_at: i64,
    pub(crate) attributes: String,
    pub(crate) copied_at: i64,
    /// Whether the store no longer has this person.
    pub(crate) deleted: bool,
}

/// The people of a dataset with ids above `after`.
pub(crate) async fn profiles(
    conn: &mut Conn,
    dataset: DatasetId,
    after: i64,
    rows: i64,
) -> Result<Vec<ProfileCopy>> {
    Ok(sqlx::query_as(
        "SELECT p.id, p.identities, p.first_seen_at, p.last_seen_at, p.created_at, p.attributes, p.copied_at,
           NOT EXISTS (SELECT 1 FROM live.profiles l WHERE l.id = p.id) AS deleted
         FROM live.profile_blocks b CROSS JOIN main.profiles p ON p.id >= max(b.first_id, $2 + 1) AND p.id <= b.last_id
         WHERE b.dataset_id = $1 AND b.last_id > $2 ORDER BY b.first_id, p.id LIMIT $3",
    )
    .bind(dataset.0)
    .bind(after)
    .bind(rows)
    .fetch_all(conn)
    .await?)
}

/// An event in the copy.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct EventCopy {
    pub(crate) profile_id: i64,
    pub(crate) at: i64,
    pub(crate) eid: i64,
    pub(crate) kind: String,
    pub(crate) value_micros: Option<i64>,
    pub(crate) quantity_micros: Option<i64>,
    pub(crate) campaign_id: Option<String>,
    pub(crate) properties: Option<String>,
}

/// The events of a dataset after a key: profile, time, number.
pub(crate) async fn events(
    conn: &mut Conn,
    dataset: DatasetId,
    (profile, at, eid): (i64, i64, i64),
    rows: i64,
) -> Result<Vec<EventCopy>> {
    Ok(sqlx::query_as(
        "SELECT profile_id, at, eid, kind, value_micros, quantity_micros, campaign_id, properties FROM main.events
         WHERE (profile_id, at, eid) > ($2, $3, $4) AND dataset_id = $1 ORDER BY profile_id, at, eid LIMIT $5",
    )
    .bind(dataset.0)
    .bind(profile)
    .bind(at)
    .bind(eid)
    .bind(rows)
    .fetch_all(conn)
    .await?)
}

/// Who was deleted: job, profile, when; after a key of job and profile.
pub(crate) async fn deleted_people(
    conn: &mut Conn,
    dataset: DatasetId,
    (job, profile): (i64, i64),
    rows: i64,
) -> Result<Vec<(i64, i64, i64)>> {
    Ok(sqlx::query_as(
        "SELECT d.job_id, p.profile_id, d.deleted_at FROM main.deletions d CROSS JOIN main.deleted_people p ON p.job_id = d.job_id
         WHERE d.dataset_id = $1 AND d.job_id >= $2 AND (p.job_id, p.profile_id) > ($2, $3)
         ORDER BY d.job_id, p.profile_id LIMIT $4",
    )
    .bind(dataset.0)
    .bind(job)
    .bind(profile)
    .bind(rows)
    .fetch_all(conn)
    .await?)
}
