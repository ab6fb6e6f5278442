//! Beginning a write, also after SQLite has ended the transaction before by itself. Knows nothing of what is written.

use super::{Pool, Tx};
use crate::error::Result;

/// Begins a write transaction on a pool of one writing connection.
///
/// Where the disk is full, SQLite may end a transaction by itself (its documentation: "automatic rollback"). sqlx counts
/// transactions and does not see that: it then takes the connection for one inside a transaction, and begins none on it ever
/// again. Such a connection is closed, and a new one opened in its place.
///
/// # Errors
/// Of the database.
pub(crate) async fn immediate(pool: &Pool) -> Result<Tx> {
    match pool.begin_with("BEGIN IMMEDIATE").await {
        Err(sqlx::Error::InvalidSavePointStatement) => {
            tracing::warn!("SQLite has ended a transaction by itself: the writing connection is opened anew");
            pool.acquire().await?.close().await?;
            Ok(pool.begin_with("BEGIN IMMEDIATE").await?)
        }
        begun => Ok(begun?),
    }
}
