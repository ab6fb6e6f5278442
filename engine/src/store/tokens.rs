//! Rows of tokens. Of their secret halves only hashes come this far.

use super::Conn;
use crate::error::{Error, Result};
use domain::{
    access::{Scope, TokenRow},
    id::DatasetId,
    time::Timestamp,
};

fn scope(text: &str) -> Result<Scope> {
    Scope::parse(text).ok_or_else(|| Error::Corrupt(format!("unknown scope {text}")))
}

/// A token as it is checked.
#[derive(sqlx::FromRow)]
struct TokenCheckRow {
    secret_hash: Vec<u8>,
    scope: String,
    dataset_id: Option<i64>,
    used_at: Option<i64>,
}

/// A token as it is checked.
pub(crate) struct TokenCheck {
    pub(crate) secret_hash: Vec<u8>,
    pub(crate) scope: Scope,
    pub(crate) dataset: Option<DatasetId>,
    pub(crate) used_at: Option<Timestamp>,
}

/// A token that was not revoked.
pub(crate) async fn token(conn: &mut Conn, key_id: &str) -> Result<Option<TokenCheck>> {
    let row: Option<TokenCheckRow> = sqlx::query_as(
        "SELECT secret_hash, scope, dataset_id, used_at FROM tokens WHERE key_id = $1 AND revoked_at IS NULL",
    )
    .bind(key_id)
    .fetch_optional(conn)
    .await?;
    let show = |row: TokenCheckRow| {
        Ok(TokenCheck {
            scope: scope(&row.scope)?,
            secret_hash: row.secret_hash,
            dataset: row.dataset_id.map(DatasetId),
            used_at: row.used_at.map(Timestamp::from_ms),
        })
    };
    row.map(show).transpose()
}

/// Notes that a token was used.
pub(crate) async fn touch_token(conn: &mut Conn, key_id: &str, at: Timestamp) -> Result<()> {
    sqlx::query("UPDATE tokens SET used_at = $2 WHERE key_id = $1")
        .bind(key_id)
        .bind(at.ms())
        .execute(conn)
        .await?;
    Ok(())
}

/// A new token.
#[derive(Debug)]
pub(crate) struct InsertToken<'a> {
    pub(crate) key_id: &'a str,
    pub(crate) name: &'a str,
    pub(crate) secret_hash: &'a [u8],
    pub(crate) scope: Scope,
    pub(crate) dataset: Option<DatasetId>,
    pub(crate) created_by: &'a str,
}

/// Inserts a token.
pub(crate) async fn insert_token(conn: &mut Conn, token: &InsertToken<'_>, at: Timestamp) -> Result<()> {
    sqlx::query(
        "INSERT INTO tokens (key_id, name, secret_hash, scope, dataset_id, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(token.key_id)
    .bind(token.name)
    .bind(token.secret_hash)
    .bind(token.scope.as_str())
    .bind(token.dataset.map(|dataset| dataset.0))
    .bind(token.created_by)
    .bind(at.ms())
    .execute(conn)
    .await?;
    Ok(())
}

/// Makes a token useless. Says whether there was such a token, of the dataset where one is named.
pub(crate) async fn revoke_token(
    conn: &mut Conn,
    key_id: &str,
    dataset: Option<DatasetId>,
    at: Timestamp,
) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE tokens SET revoked_at = coalesce(revoked_at, $3) WHERE key_id = $1 AND ($2 IS NULL OR dataset_id = $2)",
    )
    .bind(key_id)
    .bind(dataset.map(|dataset| dataset.0))
    .bind(at.ms())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}

#[derive(sqlx::FromRow)]
struct StoredToken {
    key_id: String,
    name: String,
    scope: String,
    dataset: Option<String>,
    created_by: String,
    created_at: i64,
    used_at: Option<i64>,
    revoked_at: Option<i64>,
}

/// Tokens, newest first; of one dataset where it is named.
pub(crate) async fn tokens(conn: &mut Conn, dataset: Option<DatasetId>) -> Result<Vec<TokenRow>> {
    let rows: Vec<StoredToken> = sqlx::query_as(
        "SELECT t.key_id, t.name, t.scope, d.slug AS dataset, t.created_by, t.created_at, t.used_at, t.revoked_at
         FROM tokens t LEFT JOIN datasets d ON d.id = t.dataset_id WHERE $1 IS NULL OR t.dataset_id = $1
         ORDER BY t.created_at DESC, t.key_id",
    )
    .bind(dataset.map(|dataset| dataset.0))
    .fetch_all(conn)
    .await?;
    let show = |row: StoredToken| {
        Ok(TokenRow {
            scope: scope(&row.scope)?,
            key_id: row.key_id,
            name: row.name,
            dataset: row.dataset,
            created_by: row.created_by,
            created_at: Timestamp::from_ms(row.created_at),
            used_at: row.used_at.map(Timestamp::from_ms),
            revoked_at: row.revoked_at.map(Timestamp::from_ms),
        })
    };
    rows.into_iter().map(show).collect()
}
