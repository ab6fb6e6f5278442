//! Free pages and the structure of the file: what only SQLite has.

use super::Conn;
use crate::error::Result;

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
