//! What only the making of data for measuring needs of the database: to hurry, and to write identities without their
//! look-up entries.

use super::{
    Conn,
    ingest::{Key, bulk},
};
use crate::error::Result;

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
    sqlx::query("PRAGMA cache_size = -65536")
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
