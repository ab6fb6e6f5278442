//! Free pages and the structure of the file: what only SQLite has.

use super::Conn;
use crate::error::Result;
use sqlx::Row as _;

/// What the write-ahead log holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Log {
    /// Pages in it, copied or not.
    pub(crate) pages: i64,
    /// Pages of it that are in the file already.
    pub(crate) copied: i64,
}

/// How much the write-ahead log holds; does nothing about it.
pub(crate) async fn log(conn: &mut Conn) -> Result<Log> {
    let row = sqlx::query("PRAGMA wal_checkpoint(NOOP)").fetch_one(conn).await?;
    Ok(Log {
        pages: row.try_get(1)?,
        copied: row.try_get(2)?,
    })
}

/// Copies what the write-ahead log has into the file, as far as readers and the writer allow; waits for nobody.
pub(crate) async fn copy_log(conn: &mut Conn) -> Result<()> {
    sqlx::query("PRAGMA wal_checkpoint(PASSIVE)")
        .fetch_one(conn)
        .await?;
    Ok(())
}

/// Pages of the file that belong to nothing.
pub(crate) async fn free_pages(conn: &mut Conn) -> Result<i64> {
    Ok(sqlx::query_scalar("PRAGMA freelist_count")
        .fetch_one(conn)
        .await?)
}

/// The structural check of the file. `Ok(None)`: sound; else what is wrong.
pub(crate) async fn quick_check(conn: &mut Conn) -> Result<Option<String>> {
    let found: String = sqlx::query_scalar("PRAGMA quick_check(1)")
        .fetch_one(conn)
        .await?;
    Ok((found != "ok").then_some(found))
}
