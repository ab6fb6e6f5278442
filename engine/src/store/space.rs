//! Checkpoints and freed space: what only SQLite has. Runs on the writing connection, outside any transaction.

use super::Conn;
use crate::error::Result;
use sqlx::Row as _;

/// Pages given back to the file system in one go, so that the lock is short.
const PAGES_A_STEP: i64 = 2_000;

/// Gives free pages back and empties the write-ahead log. True where the log is empty now; a reader in the middle of
/// something can prevent it, and then it is done with the next checkpoint.
pub(crate) async fn give_back(conn: &mut Conn) -> Result<bool> {
    loop {
        let before = free_pages(conn).await?;
        if before == 0 {
            break;
        }
        // The pragma gives a row for each page; all of them have to be fetched, or it stops after the first.
        let mut q = sqlx::QueryBuilder::new("PRAGMA incremental_vacuum(");
        q.push(PAGES_A_STEP).push(")");
        q.build().fetch_all(&mut *conn).await?;
        if free_pages(conn).await? >= before {
            break;
        }
    }
    let row = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
        .fetch_one(conn)
        .await?;
    Ok(row.try_get::<i64, _>(0)? == 0)
}

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

async fn free_pages(conn: &mut Conn) -> Result<i64> {
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
