//! What only measuring needs of the database: to hurry while data is made, to write identities without their look-up
//! entries, the bare statements that Lethe is held against, and how the writer is set.

use super::{
    Conn,
    ingest::{Key, bulk},
    open::WRITER_CACHE,
};
use crate::error::Result;
use domain::{id::DatasetId, time::Timestamp};
use sqlx::{AssertSqlSafe, Row as _};

/// What the writer is asked for: whatever bears on how fast and how safely it writes.
const PRAGMAS: &[&str] = &[
    "journal_mode",
    "synchronous",
    "secure_delete",
    "foreign_keys",
    "temp_store",
    "cache_size",
    "mmap_size",
    "cell_size_check",
    "wal_autocheckpoint",
    "journal_size_limit",
];

/// Writes without waiting for the disk, with room for a large part of the look-up.
pub(crate) async fn hurry(conn: &mut Conn) -> Result<()> {
    sqlx::query("PRAGMA synchronous = OFF")
        .execute(&mut *conn)
        .await?;
    sqlx::query("PRAGMA cache_size = -500000").execute(conn).await?;
    Ok(())
}

/// Puts the writer back to what it is like in production, and everything into the file.
pub(crate) async fn careful(conn: &mut Conn) -> Result<()> {
    sqlx::query("PRAGMA synchronous = FULL")
        .execute(&mut *conn)
        .await?;
    // A constant of ours.
    sqlx::query(AssertSqlSafe(format!("PRAGMA cache_size = {WRITER_CACHE}")))
        .execute(&mut *conn)
        .await?;
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
        .execute(conn)
        .await?;
    Ok(())
}

/// Inserts identities, in key order.
pub(crate) async fn insert_identities(conn: &mut Conn, keys: &mut [(i64, Key)]) -> Result<()> {
    keys.sort_unstable_by(|(a, x), (b, y)| (a, x.kind, &x.value).cmp(&(b, y.kind, &y.value)));
    let head = "INSERT INTO identities (profile_id, kind, value)";
    bulk(conn, (head, 3, ""), keys, |binds, (id, key)| {
        binds.add(*id)?;
        binds.add(key.kind.number())?;
        binds.add(key.value.as_str())
    })
    .await?;
    Ok(())
}

/// The statement that deletes from one table whoever was last seen before a moment.
pub(crate) fn bare_delete(table: &str, column: &str, before: Timestamp) -> String {
    let before = before.ms();
    if table == "profiles" {
        return format!("DELETE FROM profiles WHERE last_seen_at < {before}");
    }
    format!("DELETE FROM {table} WHERE {column} IN (SELECT id FROM profiles WHERE last_seen_at < {before})")
}

/// Counts whoever was last seen before a moment.
pub(crate) async fn bare_count(conn: &mut Conn, dataset: DatasetId, before: Timestamp) -> Result<i64> {
    let count =
        sqlx::query_scalar("SELECT count(*) FROM profiles WHERE dataset_id = $1 AND last_seen_at < $2")
            .bind(dataset.0)
            .bind(before.ms())
            .fetch_one(conn)
            .await?;
    Ok(count)
}

/// Profiles and events of the file.
pub(crate) async fn totals(conn: &mut Conn) -> Result<(i64, i64)> {
    let totals = sqlx::query_as("SELECT (SELECT count(*) FROM profiles), (SELECT count(*) FROM events)")
        .fetch_one(conn)
        .await?;
    Ok(totals)
}

/// The pragmas of a connection as they hold.
pub(crate) async fn pragmas(conn: &mut Conn) -> Result<Vec<(&'static str, String)>> {
    let mut found = Vec::with_capacity(PRAGMAS.len());
    for &name in PRAGMAS {
        // Of a list of ours. Some answer a number, some a word.
        let row = sqlx::query(AssertSqlSafe(format!("PRAGMA {name}")))
            .fetch_one(&mut *conn)
            .await?;
        let value = match row.try_get::<i64, _>(0) {
            Ok(number) => number.to_string(),
            Err(_) => row.try_get(0)?,
        };
        found.push((name, value));
    }
    Ok(found)
}
