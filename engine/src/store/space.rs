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

/// How long a checkpoint that is tried beside the work waits for readers: writers wait with it.
const SHRINK_WAIT_MS: i64 = 100;

/// Empties the write-ahead log and cuts it to nothing, unless a reader is in the way for longer than a moment. True where it
/// is empty now.
pub(crate) async fn shrink_log(conn: &mut Conn) -> Result<bool> {
    let usual: i64 = sqlx::query_scalar("PRAGMA busy_timeout")
        .fetch_one(&mut *conn)
        .await?;
    set_busy_timeout(conn, SHRINK_WAIT_MS).await?;
    let row = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
        .fetch_one(&mut *conn)
        .await;
    set_busy_timeout(conn, usual).await?;
    Ok(row?.try_get::<i64, _>(0)? == 0)
}

async fn set_busy_timeout(conn: &mut Conn, ms: i64) -> Result<()> {
    let mut q = sqlx::QueryBuilder::new("PRAGMA busy_timeout = ");
    q.push(ms).build().fetch_all(conn).await?;
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
