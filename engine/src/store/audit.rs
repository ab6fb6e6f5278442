//! Rows of the audit log: written in the transaction of the deed, read newest first, never changed.

use super::Conn;
use crate::error::Result;
use domain::{
    access::Actor,
    audit::{AuditEntry, AuditFilter},
    id::DatasetId,
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
    let shown = found.into_iter().map(|row| AuditEntry {
        id: row.id,
        at: Timestamp::from_ms(row.at),
        actor: row.actor,
        action: row.action,
        dataset: row.dataset,
        object: row.object,
        detail: row.detail,
    });
    Ok(shown.collect())
}
