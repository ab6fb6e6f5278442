//! Settings that people change in the console, and small notes that the engine keeps for itself.

use super::Conn;
use crate::error::Result;

/// Longest job of a plan, in seconds.
pub(crate) const JOB_SECONDS_MAX: &str = "job_seconds_max";

/// Days after which the keys of a receipt's entries are destroyed.
pub(crate) const PROOF_DAYS: &str = "proof_days";

/// A setting's text.
pub(crate) async fn get(conn: &mut Conn, name: &str) -> Result<Option<String>> {
    Ok(sqlx::query_scalar("SELECT value FROM settings WHERE name = $1")
        .bind(name)
        .fetch_optional(conn)
        .await?)
}

/// A setting that is a number; `None` where it is not set or not one.
pub(crate) async fn number(conn: &mut Conn, name: &str) -> Result<Option<i64>> {
    Ok(get(conn, name).await?.and_then(|text| text.parse().ok()))
}

/// Sets it.
pub(crate) async fn put(conn: &mut Conn, name: &str, value: &str) -> Result<()> {
    sqlx::query("INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value")
        .bind(name)
        .bind(value)
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets it.
pub(crate) async fn remove(conn: &mut Conn, name: &str) -> Result<()> {
    sqlx::query("DELETE FROM settings WHERE name = $1")
        .bind(name)
        .execute(conn)
        .await?;
    Ok(())
}

/// The names that begin so, in order.
pub(crate) async fn names(conn: &mut Conn, prefix: &str) -> Result<Vec<String>> {
    Ok(
        sqlx::query_scalar("SELECT name FROM settings WHERE substr(name, 1, length($1)) = $1 ORDER BY name")
            .bind(prefix)
            .fetch_all(conn)
            .await?,
    )
}
