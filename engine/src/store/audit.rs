//! Rows of the audit log: written in the transaction of the deed, read newest first, never changed.

use super::Conn;
use crate::error::Result;
use domain::{
    access::Actor,
    audit::{AuditEntry, AuditFilter},
    id::{DatasetId, SegmentId},
    time::Timestamp,
};
use sqlx::{QueryBuilder, Sqlite};

/// What is to be written down. Names no identity of a person.
#[derive(Debug)]
pub(crate) struct Entry {
    /// What was done: `segment.create`.
    pub(crate) action: &'static str,
    /// In which dataset.
    pub(crate) dataset: Option<DatasetId>,
    /// To what: `segment:12`.
    pub(crate) object: String,
    /// More, for people who look into it.
    pub(crate) detail: serde_json::Value,
}

#[derive(sqlx::FromRow)]
struct AuditRow {
    id: i64,
    at: i64,
    actor: String,
    action: String,
    dataset: Option<String>,
    object: String,
    detail: String,
}

impl AuditRow {
    fn show(self) -> AuditEntry {
        AuditEntry {
            id: self.id,
            at: Timestamp::from_ms(self.at),
            actor: self.actor,
            action: self.action,
            dataset: self.dataset,
            object: self.object,
            detail: self.detail,
        }
    }
}

/// Writes an entry.
pub(crate) async fn insert(conn: &mut Conn, at: Timestamp, actor: &Actor, entry: Entry) -> Result<()> {
    sqlx::query(
        "INSERT INTO audit (at, actor, action, dataset_id, object, detail) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(at.ms())
    .bind(&actor.name)
    .bind(entry.action)
    .bind(entry.dataset.map(|dataset| dataset.0))
    .bind(entry.object)
    .bind(entry.detail.to_string())
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether there is an entry of this action about this object.
pub(crate) async fn exists(conn: &mut Conn, action: &str, object: &str) -> Result<bool> {
    Ok(
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM audit WHERE object = $1 AND action = $2)")
            .bind(object)
            .bind(action)
            .fetch_one(conn)
            .await?,
    )
}

/// Up to `rows + 1` entries, newest first, older than number `before` (0: from the newest).
pub(crate) async fn list(
    conn: &mut Conn,
    filter: &AuditFilter,
    before: i64,
    rows: u32,
) -> Result<Vec<AuditEntry>> {
    let mut q: QueryBuilder<Sqlite> = QueryBuilder::new(
        "SELECT a.id, a.at, a.actor, a.action, d.slug AS dataset, a.object, a.detail
         FROM audit a LEFT JOIN datasets d ON d.id = a.dataset_id WHERE ",
    );
    if before > 0 {
        q.push("a.id < ").push_bind(before);
    } else {
        q.push("TRUE");
    }
    if let Some(dataset) = filter.dataset {
        q.push(" AND a.dataset_id = ").push_bind(dataset.0);
    }
    if let Some(prefix) = &filter.object {
        // Bytes, not LIKE: a name may hold % and _.
        q.push(" AND substr(a.object, 1, length(")
            .push_bind(prefix.clone())
            .push(")) = ")
            .push_bind(prefix.clone());
    }
    q.push(" ORDER BY a.id DESC LIMIT ")
        .push_bind(i64::from(rows) + 1);
    let found: Vec<AuditRow> = q.build_query_as().fetch_all(conn).await?;
    Ok(found.into_iter().map(AuditRow::show).collect())
}

/// Up to `rows + 1` entries about a segment and about the deletions of its people, newest first, older than number `before`
/// (0: from the newest).
pub(crate) async fn of_segment(
    conn: &mut Conn,
    dataset: DatasetId,
    segment: SegmentId,
    before: i64,
    rows: u32,
) -> Result<Vec<AuditEntry>> {
    let found: Vec<AuditRow> = sqlx::query_as(
        "SELECT a.id, a.at, a.actor, a.action, NULL AS dataset, a.object, a.detail FROM audit a
         WHERE a.dataset_id = $1 AND ($3 = 0 OR a.id < $3)
           AND (a.object = 'segment:' || $2
             OR a.object IN (SELECT 'job:' || j.id FROM jobs j WHERE j.dataset_id = $1 AND j.segment_id = $2))
         ORDER BY a.id DESC LIMIT $4",
    )
    .bind(dataset.0)
    .bind(segment.0)
    .bind(before)
    .bind(i64::from(rows) + 1)
    .fetch_all(conn)
    .await?;
    Ok(found.into_iter().map(AuditRow::show).collect())
}
