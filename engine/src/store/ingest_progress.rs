//! The table of imports: what was read of which file, so that an interrupted one goes on where it stopped. Written in
//! the transaction of the slice that it speaks of.

use super::Conn;
use crate::error::Result;
use domain::{id::DatasetId, time::Timestamp};

/// How far an import has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Progress {
    /// Rows that begin on this line or before are settled.
    pub(crate) line: i64,
    /// The line that ends the window after it, of which `window_rows` rows are settled; 0: none is.
    pub(crate) window_upto: i64,
    /// Rows of that window, in the order in which they are written.
    pub(crate) window_rows: i64,
    /// The greatest profile id before that window: part of what its order follows from.
    pub(crate) boundary: i64,
    pub(crate) accepted: i64,
    pub(crate) created: i64,
    pub(crate) updated: i64,
    pub(crate) rejected: i64,
    /// Of these, rows of suppressed people.
    pub(crate) suppressed: i64,
    /// Of these, purchases.
    pub(crate) suppressed_purchases: i64,
}

/// What is known of the same file from before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Earlier {
    /// It was never imported.
    Never,
    /// It is being imported now.
    Running,
    /// It stopped on the way.
    Interrupted(i64, Progress),
    /// It was imported at this time.
    Done(i64),
}

#[derive(sqlx::FromRow)]
struct ImportRow {
    id: i64,
    state: String,
    #[sqlx(flatten)]
    at: Progress,
    finished_at: Option<i64>,
}

/// A new import.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Begin<'a> {
    pub(crate) dataset: DatasetId,
    pub(crate) kind: &'static str,
    pub(crate) hash: Option<[u8; 32]>,
    pub(crate) actor: &'a str,
    pub(crate) at: Timestamp,
}

/// The currency of a dataset; `None`: there is no such dataset.
pub(crate) async fn currency(conn: &mut Conn, dataset: DatasetId) -> Result<Option<String>> {
    Ok(sqlx::query_scalar("SELECT currency FROM datasets WHERE id = $1")
        .bind(dataset.0)
        .fetch_optional(conn)
        .await?)
}

/// Imports that a process left running are interrupted: it is gone, or this one could not have opened the directory.
pub(crate) async fn interrupt_all(conn: &mut Conn) -> Result<()> {
    sqlx::query("UPDATE imports SET state = 'interrupted' WHERE state = 'running'")
        .execute(conn)
        .await?;
    Ok(())
}

/// What is known of the same file: the latest time that it was sent.
pub(crate) async fn earlier(conn: &mut Conn, begin: Begin<'_>) -> Result<Earlier> {
    let Some(hash) = begin.hash else {
        return Ok(Earlier::Never);
    };
    let row: Option<ImportRow> = sqlx::query_as(
        "SELECT id, state, line, window_upto, window_rows, boundary, accepted, created, updated, rejected, suppressed, suppressed_purchases, finished_at FROM imports \
         WHERE dataset_id = $1 AND kind = $2 AND content_hash = $3 AND state <> 'failed' ORDER BY id DESC LIMIT 1",
    )
    .bind(begin.dataset.0)
    .bind(begin.kind)
    .bind(hash.as_slice())
    .fetch_optional(conn)
    .await?;
    Ok(match row {
        None => Earlier::Never,
        Some(ImportRow {
            id,
            state,
            at,
            finished_at,
        }) => match state.as_str() {
            "running" => Earlier::Running,
            "interrupted" => Earlier::Interrupted(id, at),
            _ => Earlier::Done(finished_at.unwrap_or_default()),
        },
    })
}

/// Notes that an import begins; gives its number.
pub(crate) async fn begin(conn: &mut Conn, begin: Begin<'_>) -> Result<i64> {
    let id = sqlx::query_scalar(
        "INSERT INTO imports (dataset_id, kind, content_hash, state, actor, started_at) VALUES ($1, $2, $3, 'running', $4, $5) RETURNING id",
    )
    .bind(begin.dataset.0)
    .bind(begin.kind)
    .bind(begin.hash.map(|hash| hash.to_vec()))
    .bind(begin.actor)
    .bind(begin.at.ms())
    .fetch_one(conn)
    .await?;
    Ok(id)
}

/// Notes that an interrupted import goes on.
pub(crate) async fn resume(conn: &mut Conn, id: i64) -> Result<()> {
    sqlx::query("UPDATE imports SET state = 'running' WHERE id = $1")
        .bind(id)
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes how far it has come.
pub(crate) async fn save(conn: &mut Conn, id: i64, progress: Progress) -> Result<()> {
    let sql = "UPDATE imports SET line = $2, accepted = $3, created = $4, updated = $5, rejected = $6, window_upto = $7, window_rows = $8, \
               boundary = $9, suppressed = $10, suppressed_purchases = $11 WHERE id = $1";
    sqlx::query(sql)
        .bind(id)
        .bind(progress.line)
        .bind(progress.accepted)
        .bind(progress.created)
        .bind(progress.updated)
        .bind(progress.rejected)
        .bind(progress.window_upto)
        .bind(progress.window_rows)
        .bind(progress.boundary)
        .bind(progress.suppressed)
        .bind(progress.suppressed_purchases)
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes how it ended: `done`, `interrupted` or `failed`.
pub(crate) async fn end(conn: &mut Conn, id: i64, state: &'static str, at: Timestamp) -> Result<()> {
    sqlx::query("UPDATE imports SET state = $2, finished_at = $3 WHERE id = $1")
        .bind(id)
        .bind(state)
        .bind(at.ms())
        .execute(conn)
        .await?;
    Ok(())
}
